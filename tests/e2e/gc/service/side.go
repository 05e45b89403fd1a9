package main

// What a change plants.
const (
	garbage   = 256 << 10 // bytes of each answer that nobody keeps
	gcTarget  = 100       // GOGC
	chained   = 0         // objects that a collection has to walk through one after the other
	gcEvery   = 1 << 40   // of so many requests one waits for a collection of its own
	leaked    = 0         // bytes of each answer that are kept
	jumpAt    = 0         // the request that keeps 32 MiB; 0: none
	slowEvery = 0         // each so many requests one sleeps, whatever the collector does; 0: none
)
