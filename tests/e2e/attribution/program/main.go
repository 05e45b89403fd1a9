// Command attribution allocates in functions whose names tell the kind of
// what they allocate, and writes its own allocation profile.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
)

const (
	repetitions = 20
	perCall     = 64
)

// cases grows by files with a build constraint for the release that they need.
var cases []func()

func register(more ...func()) { cases = append(cases, more...) }

// startGoroutines keeps many alive at once, so that descriptors are made instead of reused.
func startGoroutines() {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := 0; i < 200; i++ {
		all.Add(1)
		go func() {
			<-gate
			all.Done()
		}()
	}
	close(gate)
	all.Wait()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: attribution PROFILE")
		os.Exit(2)
	}
	for i := 0; i < repetitions; i++ {
		for _, run := range cases {
			run()
		}
	}
	startGoroutines()
	runtime.GC()
	runtime.GC()
	file, err := os.Create(os.Args[1])
	if err == nil {
		err = pprof.Lookup("allocs").WriteTo(file, 0)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
