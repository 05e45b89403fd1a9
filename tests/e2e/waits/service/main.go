// Waits is a service whose requests take a while and count themselves under a lock. RATES "off"
// leaves the block and mutex profiles off, as Go does; PROFILE "off" does not serve them.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"sync"
	"time"
)

type ledger struct {
	lock  sync.Mutex
	count int
}

var (
	book  ledger
	never = make(chan int)
)

//go:noinline
func (l *ledger) add() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	if plantedLock {
		time.Sleep(time.Millisecond)
	}
	l.count++
	return l.count
}

//go:noinline
func await() {
	<-never
}

//go:noinline
func watch() {
	go func() {
		await()
	}()
}

func work() int {
	if !plantedLock {
		time.Sleep(time.Millisecond)
	}
	if plantedLeak {
		watch()
	}
	return book.add()
}

func main() {
	addr := flag.String("addr", "", "host:port")
	flag.Parse()
	if os.Getenv("RATES") != "off" {
		runtime.SetMutexProfileFraction(1)
		runtime.SetBlockProfileRate(1)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, work()) })
	mux.Handle("/debug/pprof/heap", pprof.Handler("heap"))
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	if os.Getenv("PROFILE") != "off" {
		for _, name := range []string{"block", "mutex", "goroutine"} {
			mux.Handle("/debug/pprof/"+name, pprof.Handler(name))
		}
	}
	log.Fatal(http.ListenAndServe(*addr, mux))
}
