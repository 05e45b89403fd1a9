// A service that says what it was started with.
package main

import (
	"flag"
	"fmt"
	"net/http"
	_ "net/http/pprof"
	"os"
	"sort"
)

func main() {
	addr := flag.String("addr", "", "")
	flag.Parse()
	env := os.Environ()
	sort.Strings(env)
	for _, line := range env {
		fmt.Println("env", line)
	}
	http.HandleFunc("/work", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "done") })
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*addr, nil))
	os.Exit(1)
}
