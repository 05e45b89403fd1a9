package main

//go:noinline
func kindClosureCapture() {
	a, b, c := number, size, len(text)
	sinkFunc = func() int { return a + b + c }
}

//go:noinline
func kindClosureMethodValue() { sinkFunc = aPoint.Area }

//go:noinline
func kindClosureMethodValuePointer() { sinkFunc = aNode.total }

//go:noinline
func kindClosureInterfaceMethod() { sinkFunc = someShape.Area }

//go:noinline
func kindClosureNested() {
	a := number
	sinkMaker = func() func() int {
		b := a + size
		return func() int { return a + b }
	}
	sinkFunc = sinkMaker()
}

//go:noinline
func kindClosureGeneric[T any](value T) func() T { return func() T { return value } }

//go:noinline
func kindClosureInField() {
	n := number
	handlers[0].run = func() int { return n }
}

//go:noinline
func kindClosureInSlice() {
	for i := range handlers {
		i := i
		handlers[i].run = func() int { return i }
	}
}

//go:noinline
func kindClosureGo() {
	done := doneChan
	n := number
	for i := 0; i < perCall; i++ {
		go func() {
			sinkCount += n
			done <- struct{}{}
		}()
		<-done
	}
}

//go:noinline
func kindClosureGoMethod() {
	for i := 0; i < perCall; i++ {
		go aNode.signal(doneChan)
		<-doneChan
	}
}

//go:noinline
func kindClosureInlined() { sinkFunc = adder(number) }

func adder(n int) func() int { return func() int { return n + size } }

func init() {
	register(
		kindClosureCapture,
		kindClosureMethodValue,
		kindClosureMethodValuePointer,
		kindClosureInterfaceMethod,
		kindClosureNested,
		func() { sinkFunc = kindClosureGeneric(number) },
		func() { sinkStringFunc = kindClosureGeneric(text) },
		kindClosureInField,
		kindClosureInSlice,
		kindClosureGo,
		kindClosureGoMethod,
		kindClosureInlined,
	)
}
