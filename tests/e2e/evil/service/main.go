// Evil is a service that goes wrong in the way MODE names, on one side, from its START-th start on.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// A kind replaces parts of a service that does as it should.
type kind struct {
	start  func(addr string)                                          // before it listens
	listen func(addr string) net.Listener                             // instead of net.Listen
	ready  http.HandlerFunc                                           // GET /healthz
	work   func(w http.ResponseWriter, r *http.Request, n int64)      // the n-th GET /work
	heap   func(w http.ResponseWriter, r *http.Request, n int64)      // the n-th GET of a heap profile
	text   func(w http.ResponseWriter, r *http.Request, plain []byte) // the heap's debug=1 text
	cpu    http.HandlerFunc                                           // GET of a CPU profile
}

// Requests of the warm-up, and of all of a trial: what the policy of the rows says.
const (
	warmup = 10
	all    = 110
)

var (
	requests int64
	heaps    int64
	sink     []byte
	self     kind
	address  string
)

func fine(w http.ResponseWriter) {
	sink = make([]byte, 16<<10)
	fmt.Fprintln(w, len(sink))
}

func work(w http.ResponseWriter, r *http.Request) {
	n := atomic.AddInt64(&requests, 1)
	if self.work != nil {
		self.work(w, r, n)
		return
	}
	fine(w)
}

func heap(w http.ResponseWriter, r *http.Request) {
	n := atomic.AddInt64(&heaps, 1)
	isText := r.URL.Query().Get("debug") == "1"
	if isText && self.text != nil {
		answer := &recorder{}
		pprof.Handler("heap").ServeHTTP(answer, r)
		self.text(w, r, answer.body.Bytes())
		return
	}
	if !isText && self.heap != nil {
		self.heap(w, r, n)
		return
	}
	pprof.Handler("heap").ServeHTTP(w, r)
}

func ready(w http.ResponseWriter, r *http.Request) {
	if self.ready != nil {
		self.ready(w, r)
	}
}

// The default mux has net/http/pprof's own handlers below the same paths.
func front(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/pprof/heap"):
		heap(w, r)
	case strings.HasSuffix(r.URL.Path, "/pprof/profile") && self.cpu != nil:
		self.cpu(w, r)
	default:
		http.DefaultServeMux.ServeHTTP(w, r)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// note appends to a file that outlives the process; its size before.
func note(name, text string) int64 {
	file, err := os.OpenFile(os.Getenv(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	defer file.Close()
	at, err := file.Seek(0, 2)
	must(err)
	_, err = file.WriteString(text)
	must(err)
	return at
}

// isTurn tells whether this start of the evil side is one that goes wrong.
func isTurn() bool {
	if !evil {
		return false
	}
	first, err := strconv.ParseInt(os.Getenv("START"), 10, 64)
	must(err)
	return note("STARTS", ".")+1 >= first
}

func listenWell(addr string) net.Listener {
	listener, err := net.Listen("tcp", addr)
	must(err)
	return listener
}

func main() {
	flag.StringVar(&address, "addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	mode := os.Getenv("MODE")
	asked, known := kinds[mode]
	if !known {
		log.Fatalf("no kind is called %q", mode)
	}
	if isTurn() {
		self = asked
	}
	note("ADDRESSES", address+"\n")
	if self.start != nil {
		self.start(address)
	}
	http.HandleFunc("/healthz", ready)
	http.HandleFunc("/work", work)
	listen := listenWell
	if self.listen != nil {
		listen = self.listen
	}
	must(http.Serve(listen(address), http.HandlerFunc(front)))
}
