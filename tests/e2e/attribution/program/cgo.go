//go:build attribution_cgo

package main

/*
static char *greeting(void)
{
    return "a text that C made, long enough to be worth a copy of its own";
}
*/
import "C"

import "unsafe"

//go:noinline
func kindStringCgo() { sinkString = C.GoString(C.greeting()) }

//go:noinline
func kindSliceCgo() { sinkBytes = C.GoBytes(unsafe.Pointer(C.greeting()), 60) }

func init() { register(kindStringCgo, kindSliceCgo) }
