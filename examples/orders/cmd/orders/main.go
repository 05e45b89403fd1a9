// Command orders serves the order API, a health check and the pprof handlers.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/orders/api"
	"example.com/orders/cache"
	"example.com/orders/cart"
	"example.com/orders/catalog"
	"example.com/orders/price"
	"example.com/orders/store"
)

const (
	recentOrders    = 32
	recentDocuments = 64
	demoOrders      = 80
)

func main() {
	addr := flag.String("addr", envOr("ADDR", "127.0.0.1:8080"), "`host:port` to listen on")
	flag.Parse()
	if err := run(*addr); err != nil {
		log.Fatal(err)
	}
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// run serves until SIGINT or SIGTERM, then lets requests in flight finish.
func run(addr string) error {
	handler, err := newHandler()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("listening on %s", listener.Addr())

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	drain, cancelDrain := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancelDrain()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func newHandler() (http.Handler, error) {
	products := catalog.Demo()
	orders := store.New(recentOrders)
	carts := cart.NewService(products, price.NewBook(price.DefaultRules()), orders)
	if err := carts.LoadDemo(demoOrders); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api.New(products, carts, orders, cache.New(recentDocuments)))
	mux.Handle("/debug/pprof/", http.DefaultServeMux)
	return mux, nil
}
