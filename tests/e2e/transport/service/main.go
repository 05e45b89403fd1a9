// A service that answers the same over each transport: plain or TLS, TCP or a unix socket, HTTP/1.1,
// HTTP/2 and calls of gRPC.
package main

import (
	"encoding/binary"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"strings"
	"time"
)

var kept []byte

func spend() {
	kept = make([]byte, spareBytes)
}

// work answers as many bytes as asked for.
func work(w http.ResponseWriter, r *http.Request) {
	spend()
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	w.Header().Set("X-Protocol", r.Proto)
	_, _ = w.Write(make([]byte, size))
}

func echo(w http.ResponseWriter, r *http.Request) {
	spend()
	_, _ = io.Copy(w, r.Body)
}

// call is unary gRPC by hand: one message in, the same message out, the outcome in the trailers.
func call(w http.ResponseWriter, r *http.Request) {
	spend()
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	fail := func(status, why string) {
		w.Header().Set("Grpc-Status", status)
		w.Header().Set("Grpc-Message", why)
	}
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || len(body) < 5 || body[0] != 0 || binary.BigEndian.Uint32(body[1:]) != uint32(len(body)-5):
		fail("3", "not one message")
	case r.Header.Get("Te") != "trailers" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"):
		fail("3", "not gRPC")
	case strings.HasSuffix(r.URL.Path, "/Find"):
		fail("5", "no such thing")
	default:
		_, _ = w.Write(body)
		w.Header().Set("Grpc-Status", "0")
	}
}

func listen(address string) net.Listener {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	address := flag.String("addr", "", "where to listen: host:port, or the path of a socket")
	second := flag.String("second", "", "where to answer /healthz and /debug/pprof/, when not there")
	cert := flag.String("cert", "", "certificate, for TLS")
	key := flag.String("key", "", "its key")
	only := flag.Bool("h2", false, "HTTP/2 only")
	own := flag.String("own", "", "makes a certificate for itself and writes it there")
	late := flag.Duration("late", 0, "how long after the second listener the first one comes")
	flag.Parse()

	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/work", work)
	http.HandleFunc("/echo", echo)
	http.HandleFunc("/shop.Orders/", call)

	if *second != "" {
		listener := listen(*second)
		go func() { log.Fatal(http.Serve(listener, nil)) }()
		time.Sleep(*late)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!*only)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(os.Getenv("H2C") != "")
	server := &http.Server{Protocols: protocols, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams}}
	listener := listen(*address)
	if *own != "" {
		makeOwn(*own)
		*cert, *key = *own, *own
	}
	if *cert != "" {
		log.Fatal(server.ServeTLS(listener, *cert, *key))
	}
	log.Fatal(server.Serve(listener))
}
