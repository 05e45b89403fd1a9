// Cpugen writes the CPU profile of a program that works with maps of every kind of key, and for as
// long without them: cpugen FILE MILLISECONDS.
package main

import (
	"encoding/json"
	"log"
	"os"
	"runtime/pprof"
	"sort"
	"strconv"
	"time"
)

type point struct{ x, y, z int }

var (
	sink  int
	texts = make([]string, 4096)
)

//go:noinline
func structKeys(m map[point]int, n int) {
	for i := 0; i < n; i++ {
		sink += m[point{i & 4095, i & 1, 7}]
	}
}

//go:noinline
func stringKeys(m map[string]int, n int) {
	for i := 0; i < n; i++ {
		m[texts[i&4095]] += i
	}
}

//go:noinline
func interfaceKeys(m map[interface{}]int, n int) {
	for i := 0; i < n; i++ {
		m[i&255] = i
		delete(m, (i+7)&255)
	}
}

//go:noinline
func iterate(m map[int]int, n int) {
	for i := 0; i < n/4096; i++ {
		for k, v := range m {
			sink += k ^ v
		}
	}
}

//go:noinline
func grow(n int) {
	m := map[int]int{}
	for i := 0; i < n/8; i++ {
		m[i] = i
	}
	sink += len(m)
}

//go:noinline
func decode(n int) {
	for i := 0; i < n/2000; i++ {
		m := map[string]int{}
		if err := json.Unmarshal([]byte(`{"a":1,"b":2,"c":3}`), &m); err != nil {
			log.Fatal(err)
		}
		sink += len(m)
	}
}

//go:noinline
func noMaps(n int) {
	list := make([]int, n/4)
	for i := range list {
		list[i] = i * 2654435761 % 1000003
	}
	sort.Ints(list)
	sink += list[0]
}

func main() {
	milliseconds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Create(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	points, strings, any, ints := map[point]int{}, map[string]int{}, map[interface{}]int{}, map[int]int{}
	for i := range texts {
		texts[i] = "key-" + strconv.Itoa(i)
		points[point{i, i & 1, 7}] = i
		ints[i] = i
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		log.Fatal(err)
	}
	const n = 50000
	for end := time.Now().Add(time.Duration(milliseconds) * time.Millisecond); time.Now().Before(end); {
		structKeys(points, n)
		stringKeys(strings, n)
		interfaceKeys(any, n)
		iterate(ints, n)
		grow(n)
		decode(n)
		noMaps(n)
	}
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
