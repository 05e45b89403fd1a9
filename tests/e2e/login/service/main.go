// Answers to whom it let in, and to nobody whom another process let in.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
)

func secret() string {
	var bytes [16]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		panic(err)
	}
	return "s3cret-" + hex.EncodeToString(bytes[:])
}

var token, session, form, tenant = secret(), secret(), secret(), secret()

// page gives what a login form holds.
func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Form", form)
	fmt.Fprintln(w, "<form>")
}

func login(w http.ResponseWriter, r *http.Request) {
	var body struct{ User, Form string }
	err := json.NewDecoder(r.Body).Decode(&body)
	isJSON := len(r.Header["Content-Type"]) == 1 && r.Header.Get("Content-Type") == "application/json"
	if err != nil || !isJSON || body.User != "load" || body.Form != form {
		http.Error(w, "who?", http.StatusBadRequest)
		return
	}
	answer(w)
}

func work(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("session")
	body, _ := io.ReadAll(r.Body)
	ok := err == nil && cookie.Value == session && r.Header.Get("Authorization") == "Bearer "+token &&
		strings.HasPrefix(r.URL.Path, "/tenants/"+tenant+"/") && string(body) == "form="+form
	if !ok {
		http.Error(w, "not yours", http.StatusUnauthorized)
		return
	}
	fmt.Fprintln(w, "done")
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "")
	flag.Parse()
	http.HandleFunc("/page", page)
	http.HandleFunc("/login", login)
	http.HandleFunc("/tenants/", work)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	if err := http.ListenAndServe(*addr, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
