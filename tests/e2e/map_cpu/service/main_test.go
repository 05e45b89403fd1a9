package main

import "testing"

func BenchmarkWork(b *testing.B) {
	for i := 0; i < 1<<14; i++ {
		places[point{i, 7}] = i
	}
	for i := 0; i < b.N; i++ {
		work()
	}
}
