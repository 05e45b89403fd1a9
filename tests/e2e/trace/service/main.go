// Allocates fast enough over a heap that takes long enough to mark that requests assist, and has a
// handler for execution traces unless MODE says otherwise.
package main

import (
	"flag"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

type link struct {
	next *link
	fill [6]uint64
}

const (
	garbage = 96 // blocks of 4 KiB that each answer needs for a while
	wasted  = 0  // and more of them that nobody needs
)

var (
	chain *link
	once  sync.Mutex
	sink  [][]byte

	refuses atomic.Bool
)

func work(w http.ResponseWriter, r *http.Request) {
	if refuses.Load() {
		http.Error(w, "not while I am traced", http.StatusServiceUnavailable)
		return
	}
	var mine [][]byte
	for i := 0; i < garbage+wasted; i++ {
		mine = append(mine, make([]byte, 4096))
	}
	once.Lock()
	sink = mine
	once.Unlock()
	fmt.Fprintln(w, "done")
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	flag.Parse()
	for i := 0; i < 300000; i++ {
		chain = &link{next: chain}
	}
	http.HandleFunc("/work", work)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	handler := http.Handler(http.DefaultServeMux)
	if os.Getenv("MODE") == "no-trace" {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/trace") {
				http.Error(w, "tracing is not for you", http.StatusForbidden)
				return
			}
			http.DefaultServeMux.ServeHTTP(w, r)
		})
	}
	if os.Getenv("MODE") == "no-work" {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/trace") {
				refuses.Store(true)
				defer refuses.Store(false)
			}
			http.DefaultServeMux.ServeHTTP(w, r)
		})
	}
	if os.Getenv("MODE") == "hangs" {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/trace") {
				select {}
			}
			http.DefaultServeMux.ServeHTTP(w, r)
		})
	}
	if err := http.ListenAndServe(*addr, handler); err != nil {
		panic(err)
	}
}
