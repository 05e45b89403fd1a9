package main

// What a change plants.
const (
	garbage  = 256 << 10 // bytes of each answer that nobody keeps
	gcTarget = 100       // GOGC
)
