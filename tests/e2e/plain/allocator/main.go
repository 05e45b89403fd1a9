// Allocator allocates the same bytes in every run and writes heap profiles of them.
// usage: allocator FILE RATE GROWTH FORM
// GROWTH is how much more `grown` allocates, in percent; FORM is heap, delta
// (heap?seconds=1) or cpu.
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"runtime"
	rpprof "runtime/pprof"
	"strconv"
	"time"
)

var sink []byte

//go:noinline
func small(n int) {
	for i := 0; i < n; i++ {
		sink = make([]byte, 48)
	}
}

//go:noinline
func grown(n int) {
	for i := 0; i < n; i++ {
		sink = make([]byte, 512)
	}
}

//go:noinline
func mixed(n int) {
	for i := 0; i < n; i++ {
		sink = make([]byte, 1024)
		if i%64 == 0 {
			sink = make([]byte, 32768)
		}
		if i%512 == 0 {
			sink = make([]byte, 200000)
		}
	}
}

//go:noinline
func rare(n int) {
	for i := 0; i < n; i++ {
		sink = make([]byte, 256)
	}
}

func work(growth int) {
	small(60000)
	grown(16000 * (100 + growth) / 100)
	mixed(5120)
	rare(1000)
}

func get(path string) []byte {
	rec := httptest.NewRecorder()
	pprof.Handler("heap").ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Body.Bytes()
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	rate, err := strconv.Atoi(os.Args[2])
	fail(err)
	growth, err := strconv.Atoi(os.Args[3])
	fail(err)
	runtime.MemProfileRate = rate
	file, err := os.Create(os.Args[1])
	fail(err)
	defer file.Close()
	switch os.Args[4] {
	case "cpu":
		fail(rpprof.StartCPUProfile(file))
		work(growth)
		rpprof.StopCPUProfile()
	case "delta":
		done := make(chan []byte)
		go func() { done <- get("/debug/pprof/heap?seconds=1") }()
		time.Sleep(300 * time.Millisecond) // until the handler has taken its first profile
		work(growth)
		runtime.GC()
		runtime.GC()
		_, err = file.Write(<-done)
		fail(err)
	default:
		work(growth)
		// A profile lags by up to two collections.
		runtime.GC()
		runtime.GC()
		fail(rpprof.Lookup("heap").WriteTo(file, 0))
	}
}
