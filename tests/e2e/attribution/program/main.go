// Command attribution allocates in functions whose names tell the kind of
// what they allocate, and writes what was recorded twice: as a profile,
// and as the truth that its check compares with.
//
//	attribution PROFILE TRUTH
//	attribution -cpu PROFILE     a CPU profile of the same work, for PGO
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"time"
)

const (
	repetitions = 20
	perCall     = 64
	cpuTime     = 2 * time.Second
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

// warmUp fills the pools that cases take from: they are not what a case asks for.
func warmUp() {
	startGoroutines()
	for i := 0; i < 3; i++ {
		sinkString = fmt.Sprintf("%s%s%s", text, text, text)
	}
}

func runCases() {
	for _, run := range cases {
		run()
	}
}

func writeHeap(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("allocs").WriteTo(file, 0); err != nil {
		return err
	}
	return file.Close()
}

// Records become visible two collections later; from then on nothing may change them.
func measure(profile, truth string) error {
	for i := 0; i < repetitions; i++ {
		runCases()
	}
	runtime.GC()
	runtime.GC()
	if err := writeTruth(truth); err != nil {
		return err
	}
	return writeHeap(profile)
}

func measureCPU(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < cpuTime; {
		runCases()
	}
	pprof.StopCPUProfile()
	return file.Close()
}

func run() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: attribution PROFILE TRUTH | attribution -cpu PROFILE")
	}
	if os.Args[1] == "-cpu" {
		return measureCPU(os.Args[2])
	}
	// One processor and no collection between: pools stay filled, both outputs see the same records.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	warmUp()
	return measure(os.Args[1], os.Args[2])
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
