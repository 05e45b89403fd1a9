// Lookup is a service whose requests burn CPU time on hashes and, where it is planted, about as much
// again on a map with struct keys. PROFILE says what it serves of net/http/pprof: "off" is heap
// alone, "busy" keeps a CPU profile of its own, "hang" never answers. With "slow" the first request
// takes a second, as where a cache is filled.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/pprof"
	"os"
	runtimepprof "runtime/pprof"
	"sync"
	"time"
)

type point struct{ x, y int }

var (
	first  sync.Once
	block  = make([]byte, 1<<19)
	places = make(map[point]int, 1<<14)
)

func hash() byte {
	return sha256.Sum256(block)[0]
}

func lookUp() int {
	sum := 0
	for i := 0; i < 1<<13; i++ {
		sum += places[point{i & (1<<14 - 1), 7}]
	}
	return sum
}

func work() int {
	sum := int(hash())
	if planted {
		sum += lookUp()
	}
	return sum
}

func main() {
	addr := flag.String("addr", "", "host:port")
	flag.Parse()
	for i := 0; i < 1<<14; i++ {
		places[point{i, 7}] = i
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		if os.Getenv("PROFILE") == "slow" {
			first.Do(func() { time.Sleep(time.Second) })
		}
		fmt.Fprintln(w, work())
	})
	mux.Handle("/debug/pprof/heap", pprof.Handler("heap"))
	switch os.Getenv("PROFILE") {
	case "off":
	case "hang":
		mux.HandleFunc("/debug/pprof/profile", func(w http.ResponseWriter, r *http.Request) { select {} })
	default:
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	}
	if os.Getenv("PROFILE") == "busy" {
		if err := runtimepprof.StartCPUProfile(io.Discard); err != nil {
			log.Fatal(err)
		}
	}
	log.Fatal(http.ListenAndServe(*addr, mux))
}
