//go:build go1.21

package main

import (
	"maps"
	"slices"
	"sync"
)

//go:noinline
func kindMapClone() { sinkMapII = maps.Clone(filledMap) }

//go:noinline
func kindMapCloneSmall() { sinkMapSI = maps.Clone(smallMap) }

//go:noinline
func kindMapCopy() {
	m := map[int]int{}
	maps.Copy(m, filledMap)
	sinkMapII = m
}

//go:noinline
func kindSliceClone() { sinkInts = slices.Clone(someInts) }

//go:noinline
func kindSliceGrow() { sinkInts = slices.Grow([]int(nil), size) }

//go:noinline
func kindSliceInsert() { sinkInts = slices.Insert(someInts[:size:size], 5, 1, 2, 3) }

//go:noinline
func kindSliceReplace() { sinkInts = slices.Replace(slices.Clone(someInts), 3, 4, 1, 2, 3) }

//go:noinline
func mixedOnce() { sinkFunc = sync.OnceValue(func() int { return number }) }

var smallMap = map[string]int{"a": 1, "b": 2}

func init() {
	register(
		kindMapClone,
		kindMapCloneSmall,
		kindMapCopy,
		kindSliceClone,
		kindSliceGrow,
		kindSliceInsert,
		kindSliceReplace,
		mixedOnce,
	)
}
