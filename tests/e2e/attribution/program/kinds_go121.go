//go:build go1.21

package main

import (
	"maps"
	"slices"
)

//go:noinline
func kindMapClone() { sinkMapII = maps.Clone(clonedMap) }

//go:noinline
func kindSliceClone() { sinkInts = slices.Clone(someInts) }

//go:noinline
func kindSliceGrow() { sinkInts = slices.Grow([]int(nil), size) }

var clonedMap = makeIntMap(200)

func makeIntMap(n int) map[int]int {
	m := map[int]int{}
	for i := 0; i < n; i++ {
		m[i] = i
	}
	return m
}

func init() {
	register(kindMapClone, kindSliceClone,
		kindSliceGrow)
}
