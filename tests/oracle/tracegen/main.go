// Writes an execution trace of a program that does a little of everything a trace can show:
// collections with assists, stops of other kinds, locks, channels, selects, sleeps, sockets, pipes,
// goroutines that come and go, and a CPU profile at the same time.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

var sink [][]byte

type node struct {
	next *node
	fill [12]uint64
}

var chain *node

func allocate(stop <-chan struct{}) {
	var mine [64][]byte
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
			mine[i%len(mine)] = make([]byte, 4096+i%512)
			chain = &node{next: nil}
		}
	}
}

func lock(mutex *sync.Mutex, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			mutex.Lock()
			for i := 0; i < 1000; i++ {
				runtime.KeepAlive(i)
			}
			mutex.Unlock()
		}
	}
}

func echo(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			buffer := make([]byte, 64)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				if _, err := conn.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
	}
}

func talk(address string, stop <-chan struct{}) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	buffer := make([]byte, 64)
	for {
		select {
		case <-stop:
			return
		default:
			if _, err := conn.Write([]byte("ping")); err != nil {
				panic(err)
			}
			if _, err := conn.Read(buffer); err != nil {
				panic(err)
			}
			time.Sleep(200 * time.Microsecond)
		}
	}
}

func pass(stop <-chan struct{}) {
	values := make(chan int)
	go func() {
		for i := range values {
			_ = i
		}
	}()
	defer close(values)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case values <- i:
		}
		if i%100 == 0 {
			go func() { _, _ = os.ReadFile("/proc/self/stat") }()
		}
	}
}

func measure(stop <-chan struct{}) {
	var stats runtime.MemStats
	for {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
			runtime.ReadMemStats(&stats)
		}
	}
}

func main() {
	output := flag.String("o", "trace.out", "")
	length := flag.Duration("for", 300*time.Millisecond, "")
	profile := flag.Bool("cpu", false, "")
	flag.Parse()
	runtime.GOMAXPROCS(2)
	var head *node
	for i := 0; i < 100000; i++ {
		head = &node{next: head}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go echo(listener)
	stop := make(chan struct{})
	mutex := &sync.Mutex{}
	jobs := []func(){
		func() { allocate(stop) }, func() { allocate(stop) }, func() { allocate(stop) },
		func() { lock(mutex, stop) }, func() { lock(mutex, stop) },
		func() { talk(listener.Addr().String(), stop) },
		func() { pass(stop) }, func() { measure(stop) }, func() { switches(stop) },
	}
	var wait sync.WaitGroup
	for _, job := range jobs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			job()
		}()
	}
	time.Sleep(50 * time.Millisecond)
	var out, cpu bytes.Buffer
	if *profile {
		if err := pprof.StartCPUProfile(&cpu); err != nil {
			panic(err)
		}
	}
	if err := trace.Start(&out); err != nil {
		panic(err)
	}
	time.Sleep(*length)
	trace.Stop()
	if *profile {
		pprof.StopCPUProfile()
	}
	close(stop)
	wait.Wait()
	runtime.KeepAlive(head)
	if err := os.WriteFile(*output, out.Bytes(), 0o644); err != nil {
		panic(err)
	}
	fmt.Println(runtime.Version(), out.Len(), "bytes")
}
