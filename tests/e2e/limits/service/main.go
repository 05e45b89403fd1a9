// Looks at what it is held to and kept from, as MODE says, and refuses to serve where it finds
// something else.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

var (
	kept [][]byte
	sink []byte
)

// Memory that nobody wrote to is not resident.
func touched(bytes int) []byte {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	return block
}

func work(w http.ResponseWriter, r *http.Request) {
	kept = append(kept, touched(keepBytes))
	sink = touched(4096)
	fmt.Fprintln(w, "done")
}

// A child that needs more than there is; the service goes on if it is let.
func raiseHog() {
	if err := exec.Command(os.Args[0], "--hog").Run(); err != nil {
		log.Print("the child: ", err)
	}
}

func hog() {
	for {
		kept = append(kept, touched(1<<20))
	}
}

// A group within our own group of the memory controller, as a service that is root can make it.
func nest() error {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(groups), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) == 3 && (parts[1] == "memory" || parts[1] == "") {
			for _, top := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
				dir := filepath.Join(top, parts[2], "inner")
				if strings.Contains(dir, "/memgate-") && os.Mkdir(dir, 0o755) == nil {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("no group could be made in %q", groups)
}

// Nothing but a loopback, no listener of the machine's, and no process but ours.
func lookAround() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	if len(interfaces) != 1 || interfaces[0].Flags&net.FlagUp == 0 {
		return fmt.Errorf("interfaces: %v", interfaces)
	}
	if conn, err := net.DialTimeout("tcp", os.Getenv("OUTSIDE"), time.Second); err == nil {
		conn.Close()
		return fmt.Errorf("%s outside answers", os.Getenv("OUTSIDE"))
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	if len(processes) != 2 {
		return fmt.Errorf("processes: %v", processes)
	}
	return nil
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	isHog := flag.Bool("hog", false, "")
	flag.Parse()
	log.Print("GOMEMLIMIT=", os.Getenv("GOMEMLIMIT"), ";")
	if *isHog {
		hog()
	}
	modes := map[string]func() error{"look": lookAround, "nest": nest}
	if mode := modes[os.Getenv("MODE")]; mode != nil {
		if err := mode(); err != nil {
			log.Fatal(err)
		}
	}
	if os.Getenv("MODE") == "child" {
		raiseHog()
	}
	http.HandleFunc("/work", work)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe(*addr, nil))
}
