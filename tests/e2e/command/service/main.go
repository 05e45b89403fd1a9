// A small service for load tools: what a request allocates is up to side.go.
package main

import (
	"flag"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	spoil := flag.String("spoil", "", "file to write a result of a load into, at each request")
	flag.Parse()
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		if *spoil != "" {
			_ = os.WriteFile(*spoil, []byte(`{"metrics": {"http_reqs": {"count": 7}}}`), 0o600)
		}
		fmt.Fprintln(w, work(r.URL.Path))
	})
	http.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no", http.StatusInternalServerError)
	})
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		fmt.Fprintln(w, work(r.URL.Path))
	})
	http.HandleFunc("/die", func(w http.ResponseWriter, r *http.Request) { os.Exit(3) })
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	if err := http.ListenAndServe(*addr, nil); err != nil {
		panic(err)
	}
}
