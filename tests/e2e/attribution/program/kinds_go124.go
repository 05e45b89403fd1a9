//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

//go:noinline
func mixedWeak() { sinkWeak = weak.Make(&node{Size: number}) }

//go:noinline
func mixedCleanup() {
	n := &node{Size: number}
	runtime.AddCleanup(n, func(count int) { sinkCount += count }, 1)
	sinkNode = n
}

var sinkWeak weak.Pointer[node]

func init() {
	register(
		mixedWeak,
		mixedCleanup,
	)
}
