// A service that sets the rate of its heap profile itself, so that its exact phase samples. With
// MODE=slow it leaves the rate alone, and is too slow at rate 1.
package main

import (
	"flag"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"time"
)

var isSlow = os.Getenv("MODE") == "slow"

func init() {
	if !isSlow {
		runtime.MemProfileRate = 65536
	}
}

//go:noinline
func load(n int) [][]byte {
	out := make([][]byte, 0, n)
	for i := 0; i < n; i++ {
		out = append(out, make([]byte, 1024))
	}
	return out
}

//go:noinline
func index(n int) map[int]string {
	out := make(map[int]string, n)
	for i := 0; i < n; i++ {
		out[i] = "item"
	}
	return out
}

func work(w http.ResponseWriter, _ *http.Request) {
	if isSlow && runtime.MemProfileRate == 1 {
		time.Sleep(300 * time.Millisecond)
	}
	fmt.Fprintln(w, len(load(items))+len(index(500)))
}

func main() {
	addr := flag.String("addr", "", "")
	flag.Parse()
	http.HandleFunc("/work", work)
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*addr, nil))
	os.Exit(1)
}
