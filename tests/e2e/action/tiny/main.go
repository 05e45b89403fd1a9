// Tiny is a service small enough to be built and measured in seconds.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof"
	"strconv"
)

func count(n int) int {
	seen := make(map[int]int, 16)
	for i := 0; i < n; i++ {
		seen[i%16]++
	}
	return len(seen)
}

func work(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || n > 10000 {
		http.Error(w, "n must be a number from 0 to 10000", http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, count(n))
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	http.HandleFunc("/work", work)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
