package main

// What the candidate's branches plant.
const (
	plantedLock = false // the work is done under the lock
	plantedLeak = false // a goroutine per request stays
)
