package main

import (
	"reflect"
)

//go:noinline
func kindChannelBuffered() { sinkChanInt = make(chan int, 100) }

//go:noinline
func kindChannelUnbuffered() { sinkChanInt = make(chan int) }

//go:noinline
func kindChannelPointers() { sinkChanPtr = make(chan *node, size) }

//go:noinline
func kindChannelReflect() { sinkValue = reflect.MakeChan(reflect.TypeOf(sinkChanInt), 1000) }

//go:noinline
func kindChannelEmpty() { sinkChanEmpty = make(chan struct{}, size) }

//go:noinline
func kindChannelOfChannels() { sinkChanChan = make(chan chan int, 10) }

//go:noinline
func kindChannelGeneric[T any](n int) chan T { return make(chan T, n) }

//go:noinline
func kindChannelBig() { sinkChanBig = make(chan [64]int, 20) }

func init() {
	register(
		kindChannelBuffered,
		kindChannelUnbuffered,
		kindChannelPointers,
		kindChannelReflect,
		kindChannelEmpty,
		kindChannelOfChannels,
		func() { sinkChanInt = kindChannelGeneric[int](10) },
		func() { sinkChanPtr = kindChannelGeneric[*node](10) },
		kindChannelBig,
	)
}
