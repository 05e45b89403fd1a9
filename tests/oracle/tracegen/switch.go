//go:build go1.23

package main

import (
	"iter"
	"time"
)

func count(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}

// Coroutines, which switch without the scheduler (Go 1.23); paced, since they alone would fill more
// than the 64 MiB that memgate reads.
func switches(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			next, end := iter.Pull(iter.Seq[int](count))
			for i := 0; i < 20; i++ {
				next()
			}
			end()
			time.Sleep(100 * time.Microsecond)
		}
	}
}
