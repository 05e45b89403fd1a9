// Allocates per answer what side.go says, and prints as MODE says.
package main

import (
	"flag"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

type link struct {
	next *link
	fill [6]uint64
}

var (
	sink  []byte
	kept  [][]byte
	chain *link
	count atomic.Int64
	every int64 = slowEvery
)

// Memory that nobody wrote to is not resident.
func touched(bytes int) []byte {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	return block
}

//go:noinline
func remember() {
	if leaked > 0 {
		kept = append(kept, make([]byte, leaked))
	}
}

func work(w http.ResponseWriter, r *http.Request) {
	remember()
	n := count.Add(1)
	if n == jumpAt {
		kept = append(kept, touched(32<<20))
	}
	// At no regular distance: what is regular meets what is regular by chance as well.
	if n%gcEvery == n/gcEvery*37%gcEvery {
		runtime.GC()
	}
	// No two sleep alike, so that which of them are the slowest does not hang on the collector.
	if every > 0 && n%every == 0 {
		time.Sleep(time.Duration(20+n/every*7%30) * time.Millisecond)
	}
	for left := garbage; left > 0; left -= 32 << 10 {
		sink = touched(32 << 10)
	}
	if os.Getenv("MODE") == "talk" {
		for i := 0; i < 20; i++ {
			fmt.Fprintf(os.Stderr, "request %d of %s\n", i, r.URL.Path)
		}
	}
	fmt.Fprintln(w, "done")
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	flag.Parse()
	debug.SetGCPercent(gcTarget)
	for i := 0; i < 64; i++ {
		kept = append(kept, touched(128<<10))
	}
	for i := 0; i < chained; i++ {
		chain = &link{next: chain}
	}
	if os.Getenv("MODE") == "silent" {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			panic(err)
		}
		if err := syscall.Dup3(int(null.Fd()), 2, 0); err != nil {
			panic(err)
		}
	}
	http.HandleFunc("/work", work)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	if err := http.ListenAndServe(*addr, nil); err != nil {
		panic(err)
	}
}
