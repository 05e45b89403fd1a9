//go:build go1.22

package main

import (
	"slices"
)

//go:noinline
func kindSliceConcat() { sinkInts = slices.Concat(someInts, someInts) }

func init() {
	register(
		kindSliceConcat,
	)
}
