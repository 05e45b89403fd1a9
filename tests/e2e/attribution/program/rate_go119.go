//go:build !go1.20

package main

import "runtime"

// Go 1.19 sets MemProfileRate in an initialiser that runs after GODEBUG was
// read, so memprofilerate has no effect there.
func init() { runtime.MemProfileRate = 1 }
