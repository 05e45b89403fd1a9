// Heapgen writes one heap in both of Go's forms, profile.proto and text,
// to DIR/NAME.pb.gz and DIR/NAME_debug1.txt.
// usage: heapgen DIR NAME RATE
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
)

var kept [][]byte

type stack[T any] struct{ items []T }

//go:noinline
func (s *stack[T]) Push(item T) { s.items = append(s.items, item) }

//go:noinline
func fill(n int) map[string]int {
	m := make(map[string]int)
	for i := 0; i < n; i++ {
		m["key"+strconv.Itoa(i)] = i
	}
	return m
}

//go:noinline
func keep(n, size int) {
	for i := 0; i < n; i++ {
		kept = append(kept, make([]byte, size))
	}
}

//go:noinline
func recurse(depth int) string {
	if depth == 0 {
		return strings.Repeat("x", 1000)
	}
	return recurse(depth-1) + "y"
}

func write(path, name string, debug int) {
	f, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if err := pprof.Lookup(name).WriteTo(f, debug); err != nil {
		panic(err)
	}
}

func main() {
	rate, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	runtime.MemProfileRate = rate
	var s stack[string]
	for i := 0; i < 100; i++ {
		s.Push(strconv.Itoa(i + 1000))
	}
	keep(50, 4096)
	keep(20, 100000)
	for i := 0; i < 200; i++ {
		fill(100)
	}
	done := make(chan string)
	go func() { done <- recurse(12) }()
	fmt.Fprintln(os.Stderr, len(<-done), len(s.items))
	runtime.GC()
	runtime.GC()
	base := filepath.Join(os.Args[1], os.Args[2])
	write(base+".pb.gz", "heap", 0)
	write(base+"_debug1.txt", "heap", 1)
}
