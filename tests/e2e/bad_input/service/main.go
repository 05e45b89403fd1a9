// Evil is a service that goes wrong in the way MODE names, and only on the candidate's side.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	mode     = os.Getenv("MODE")
	requests int64
	sink     []byte
	zeros    = bytes.Repeat([]byte{0}, 1<<20)
)

// What a request costs on both sides, so that there is something to measure.
func work(w http.ResponseWriter, r *http.Request) {
	n := atomic.AddInt64(&requests, 1)
	sink = make([]byte, 16<<10)
	if evil && n > 30 {
		misbehave(w, n)
	}
	fmt.Fprintln(w, len(sink))
}

// Behind the warm-up, so that the load itself meets it.
func misbehave(w http.ResponseWriter, n int64) {
	switch mode {
	case "errors":
		if n%100 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	case "killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "profile-paused":
		runtime.MemProfileRate = 0
	case "grow":
		grown()
	}
}

func grown() {
	sink = make([]byte, 64<<10)
}

func zip(part []byte, times int) []byte {
	var packed bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	for i := 0; i < times; i++ {
		writer.Write(part)
	}
	writer.Close()
	return packed.Bytes()
}

// heap answers instead of net/http/pprof where the mode asks for it.
func heap(w http.ResponseWriter, r *http.Request) {
	switch mode {
	case "redirect":
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	case "profile-404":
		http.NotFound(w, r)
	case "profile-page":
		fmt.Fprintln(w, "<html>please log in</html>")
	case "profile-cut":
		answer := &recorder{}
		pprof.Handler("heap").ServeHTTP(answer, r)
		w.Write(answer.body.Bytes()[:answer.body.Len()/2])
	case "profile-bomb":
		w.Write(zip(zeros, 300))
	case "profile-empty":
	case "profile-paused":
		// As usual again when somebody looks.
		runtime.MemProfileRate = 1
		pprof.Handler("heap").ServeHTTP(w, r)
	default:
		pprof.Handler("heap").ServeHTTP(w, r)
	}
}

type recorder struct {
	body   bytes.Buffer
	header http.Header
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func startBadly(addr string) {
	switch mode {
	case "exits":
		fmt.Fprintln(os.Stderr, "\x1b[31m::error::no database")
		os.Exit(2)
	case "never-listens":
		time.Sleep(time.Hour)
	case "port-given-away":
		_, port, _ := net.SplitHostPort(addr)
		file := os.Getenv("PORT_FILE")
		os.WriteFile(file+".part", []byte(port), 0o600)
		os.Rename(file+".part", file)
		time.Sleep(time.Hour)
	case "not-ready":
		http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	case "profile-off":
		runtime.MemProfileRate = 0
	case "profile-rate":
		runtime.MemProfileRate = 4096
	}
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	if evil {
		startBadly(*addr)
	}
	if !evil || mode != "not-ready" {
		http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	}
	http.HandleFunc("/work", work)
	// The default mux has net/http/pprof's own handler below the same path.
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if evil && strings.HasSuffix(r.URL.Path, "/pprof/heap") {
			heap(w, r)
			return
		}
		http.DefaultServeMux.ServeHTTP(w, r)
	})
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, front))
}
