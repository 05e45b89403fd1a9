package main

func nothing() {}

//go:noinline
func kindOtherDefer() {
	for i := 0; i < 500; i++ {
		defer nothing()
	}
}

func init() {
	register(
		kindOtherDefer,
	)
}
