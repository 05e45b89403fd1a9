//go:build go1.23

package main

import (
	"iter"
	"maps"
	"slices"
	"unique"
)

//go:noinline
func mixedMapCollect() { sinkMapII = maps.Collect(maps.All(filledMap)) }

//go:noinline
func mixedMapInsert() {
	m := map[int]int{}
	maps.Insert(m, maps.All(filledMap))
	sinkMapII = m
}

//go:noinline
func mixedMapRangeFunc() {
	m := map[int]int{}
	for k, v := range slices.All(someInts) {
		m[k] = v
	}
	sinkMapII = m
}

//go:noinline
func mixedSliceCollect() { sinkInts = slices.Collect(maps.Keys(filledMap)) }

//go:noinline
func mixedSorted() { sinkInts = slices.Sorted(maps.Values(filledMap)) }

//go:noinline
func kindSliceRepeat() { sinkInts = slices.Repeat(someInts, 3) }

//go:noinline
func kindClosureSeq() { sinkSeq = slices.Values(someInts[:number%9]) }

//go:noinline
func mixedIterPull() {
	next, stop := iter.Pull(slices.Values(someInts))
	n, _ := next()
	sinkCount += n
	stop()
}

//go:noinline
func mixedUnique() {
	for i, word := range words {
		sinkHandle = unique.Make(key{A: i, C: word})
	}
}

var (
	sinkSeq    iter.Seq[int]
	sinkHandle unique.Handle[key]
)

func init() {
	register(
		mixedMapCollect,
		mixedMapInsert,
		mixedMapRangeFunc,
		mixedSliceCollect,
		mixedSorted,
		kindSliceRepeat,
		kindClosureSeq,
		mixedIterPull,
		mixedUnique,
	)
}
