package main

//go:noinline
func kindBoxingStruct() { sinkAny = aPoint }

//go:noinline
func kindBoxingInt() {
	for i := 0; i < perCall; i++ {
		sinkAny = number + i
	}
}

//go:noinline
func kindBoxingUint32() {
	for i := 0; i < perCall; i++ {
		sinkAny = uint32(number + i)
	}
}

//go:noinline
func kindBoxingString() { sinkAny = words[number%9] }

//go:noinline
func kindBoxingSlice() { sinkAny = someInts[:number%9] }

//go:noinline
func kindBoxingKey() { sinkAny = key{number, 2, text} }

//go:noinline
func kindBoxingMethods() { sinkShape = aPoint }

//go:noinline
func kindBoxingFloat() {
	for i := 0; i < perCall; i++ {
		sinkAny = float64(number+i) / 3
	}
}

//go:noinline
func kindBoxingArray() { sinkAny = [6]int{number} }

//go:noinline
func kindBoxingError() { sinkError = problem{number, text} }

//go:noinline
func kindBoxingGeneric[T any](value T) interface{} { return value }

//go:noinline
func kindBoxingInSlice() {
	for i := range boxes {
		boxes[i] = number + i
	}
}

//go:noinline
func kindBoxingMapValue() {
	for i := 0; i < perCall; i++ {
		boxMap[0] = words[i]
	}
}

//go:noinline
func kindBoxingReturned() { sinkAny = boxed(number) }

//go:noinline

func boxed(n int) interface{} { return key{A: n} }

func init() {
	register(
		kindBoxingStruct,
		kindBoxingInt,
		kindBoxingUint32,
		kindBoxingString,
		kindBoxingSlice,
		kindBoxingKey,
		kindBoxingMethods,
		kindBoxingFloat,
		kindBoxingArray,
		kindBoxingError,
		func() { sinkAny = kindBoxingGeneric(number) },
		func() { sinkAny = kindBoxingGeneric(aPoint) },
		kindBoxingInSlice,
		kindBoxingMapValue,
		kindBoxingReturned,
	)
}
