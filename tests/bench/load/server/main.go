// Command server answers GET / with twelve bytes and notes when each request arrived.
//
//	GET /          "Hello world\n"
//	GET /arrivals  the times of arrival since the last call, in ns since the start, one a line
//
// With --stall D every request that comes in the first D of each --every waits until D is over.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const arrivalsMax = 4 << 20

var (
	start    = time.Now()
	arrivals = make([]int64, arrivalsMax)
	count    atomic.Int64
	stall    = flag.Duration("stall", 0, "how long to stand still")
	every    = flag.Duration("every", 2*time.Second, "how often")
)

func hello(w http.ResponseWriter, r *http.Request) {
	now := time.Since(start)
	if at := count.Add(1) - 1; at < arrivalsMax {
		arrivals[at] = int64(now)
	}
	if phase := now % *every; phase < *stall {
		time.Sleep(*stall - phase)
	}
	io.WriteString(w, "Hello world\n")
}

func list(w http.ResponseWriter, r *http.Request) {
	out := bufio.NewWriter(w)
	defer out.Flush()
	len := count.Swap(0)
	if len > arrivalsMax {
		len = arrivalsMax
	}
	for _, at := range arrivals[:len] {
		fmt.Fprintln(out, at)
	}
}

func main() {
	flag.Parse()
	for i := range arrivals { // the pages are there before the first request
		arrivals[i] = 1
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/", hello)
	http.HandleFunc("/arrivals", list)
	log.Fatal(http.Serve(listener, nil))
}
