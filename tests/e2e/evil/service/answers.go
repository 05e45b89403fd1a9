package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

func forever() {
	time.Sleep(time.Hour)
}

// every lets the n-th, 2n-th ... request behind the warm-up have that answer, with 1 all of them.
func every(n int64, answer http.HandlerFunc) func(http.ResponseWriter, *http.Request, int64) {
	return func(w http.ResponseWriter, r *http.Request, k int64) {
		if k > warmup && k%n == 0 {
			answer(w, r)
			return
		}
		fine(w)
	}
}

// at does something once, in the middle of the answer to request n.
func at(n int64, do func()) func(http.ResponseWriter, *http.Request, int64) {
	return func(w http.ResponseWriter, _ *http.Request, k int64) {
		if k == n {
			do()
		}
		fine(w)
	}
}

// from lets the n-th profile and those behind it have that answer.
func from(n int64, answer http.HandlerFunc) func(http.ResponseWriter, *http.Request, int64) {
	return func(w http.ResponseWriter, r *http.Request, k int64) {
		if k >= n {
			answer(w, r)
			return
		}
		heapWell(w, r)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
}

// hijack takes the connection away from net/http.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	must(err)
	return conn
}

// raw sends these bytes and hangs up.
func raw(bytes string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn := hijack(w)
		io.WriteString(conn, bytes)
		conn.Close()
	}
}

// endless sends the head once and the rest until nobody listens.
func endless(w http.ResponseWriter, head, rest string) {
	conn := hijack(w)
	defer conn.Close()
	_, err := io.WriteString(conn, head)
	for err == nil {
		_, err = io.WriteString(conn, rest)
	}
}

func endlessHeader(w http.ResponseWriter, _ *http.Request) {
	endless(w, "HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("x", 1000)+"\r\n")
}

func endlessInterim(w http.ResponseWriter, _ *http.Request) {
	endless(w, "", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 40))
}

func endlessBody(w http.ResponseWriter, _ *http.Request) {
	endless(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"10000\r\n"+strings.Repeat("x", 0x10000)+"\r\n")
}

// drips is never silent and never done.
func drips(w http.ResponseWriter, _ *http.Request) {
	conn := hijack(w)
	defer conn.Close()
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
	for err == nil {
		time.Sleep(50 * time.Millisecond)
		_, err = io.WriteString(conn, "x")
	}
}

// afterLast ends the process once the last answer is out.
func afterLast(w http.ResponseWriter, _ *http.Request, n int64) {
	if n < all {
		fine(w)
		return
	}
	conn := hijack(w)
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n16384\n")
	time.Sleep(20 * time.Millisecond)
	exits(0, "that was the last one")("")
}
