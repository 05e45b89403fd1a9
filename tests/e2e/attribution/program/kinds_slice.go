package main

import (
	"bufio"
	"bytes"
	"io"
	"reflect"
	"strconv"
	"strings"
)

//go:noinline
func kindSliceMake() { sinkInts = make([]int, size) }

//go:noinline
func kindSliceMakeFixed() { sinkBytes = make([]byte, 4096) }

//go:noinline
func kindSliceMakePointers() { sinkNodes = make([]*node, size) }

//go:noinline
func kindSliceMakeBig() { sinkBytes = make([]byte, 100000) }

//go:noinline
func kindSliceMakeCopy() {
	b := make([]byte, len(textBytes))
	copy(b, textBytes)
	sinkBytes = b
}

//go:noinline
func kindSliceMakeCopyPointers() {
	b := make([]*node, len(someNodes))
	copy(b, someNodes)
	sinkNodes = b
}

//go:noinline
func kindSliceAppend() {
	var s []int
	for i := 0; i < size; i++ {
		s = append(s, i)
	}
	sinkInts = s
}

//go:noinline
func kindSliceAppendPointers() {
	var s []*node
	for i := 0; i < size; i++ {
		s = append(s, someNodes[i])
	}
	sinkNodes = s
}

//go:noinline
func kindSliceAppendClone() { sinkInts = append([]int(nil), someInts...) }

//go:noinline
func kindSliceAppendString() { sinkBytes = append(textBytes[:0:0], text...) }

//go:noinline
func kindSliceBytesOfString() { sinkBytes = []byte(text) }

//go:noinline
func kindSliceRunesOfString() { sinkRunes = []rune(text) }

//go:noinline
func kindSliceStrings() { sinkStrings = make([]string, 0, size) }

//go:noinline
func kindSliceBuffer() {
	var b bytes.Buffer
	for i := 0; i < 100; i++ {
		b.WriteString(text)
	}
	sinkBytes = b.Bytes()
}

//go:noinline
func kindSliceReflect() { sinkValue = reflect.MakeSlice(reflectSlice, 20000, 20000) }

//go:noinline
func kindSliceAppendMany() {
	var s []string
	for i := 0; i < 10; i++ {
		s = append(s, words...)
	}
	sinkStrings = s
}

//go:noinline
func kindSliceOfSlices() {
	s := make([][]int, 50)
	for i := range s {
		s[i] = make([]int, size)
	}
	sinkGrid = s
}

//go:noinline
func kindSliceStructs() {
	var s []key
	for i := 0; i < size; i++ {
		s = append(s, key{A: i})
	}
	sinkKeys = s
}

//go:noinline
func kindSliceGeneric[T any](value T) []T {
	var s []T
	for i := 0; i < size; i++ {
		s = append(s, value)
	}
	return s
}

//go:noinline
func kindSliceSplit() { sinkStrings = strings.Split(joined, ",") }

//go:noinline
func kindSliceFields() { sinkStrings = strings.Fields(spaced) }

//go:noinline
func kindSliceBytesJoin() { sinkBytes = bytes.Join([][]byte{textBytes, textBytes}, textBytes) }

//go:noinline
func kindSliceBytesRepeat() { sinkBytes = bytes.Repeat(textBytes, 20) }

//go:noinline
func kindSliceBytesUpper() { sinkBytes = bytes.ToUpper(textBytes) }

//go:noinline
func kindSliceAppendInt() {
	var b []byte
	for i := 0; i < size; i++ {
		b = strconv.AppendInt(b, int64(number+i), 10)
	}
	sinkBytes = b
}

//go:noinline
func kindSliceReadAll() {
	reader.Reset(textBytes)
	sinkBytes, _ = io.ReadAll(&reader)
}

//go:noinline
func kindSliceBufioReader() { sinkReader = bufio.NewReaderSize(&reader, 1<<16) }

//go:noinline
func kindSliceKeys() {
	s := make([]int, 0, len(filledMap))
	for k := range filledMap {
		s = append(s, k)
	}
	sinkInts = s
}

func init() {
	register(
		kindSliceMake,
		kindSliceMakeFixed,
		kindSliceMakePointers,
		kindSliceMakeBig,
		kindSliceMakeCopy,
		kindSliceMakeCopyPointers,
		kindSliceAppend,
		kindSliceAppendPointers,
		kindSliceAppendClone,
		kindSliceAppendString,
		kindSliceBytesOfString,
		kindSliceRunesOfString,
		kindSliceStrings,
		kindSliceBuffer,
		kindSliceReflect,
		kindSliceAppendMany,
		kindSliceOfSlices,
		kindSliceStructs,
		func() { sinkInts = kindSliceGeneric(number) },
		func() { sinkStrings = kindSliceGeneric(text) },
		kindSliceSplit,
		kindSliceFields,
		kindSliceBytesJoin,
		kindSliceBytesRepeat,
		kindSliceBytesUpper,
		kindSliceAppendInt,
		kindSliceReadAll,
		kindSliceBufioReader,
		kindSliceKeys,
	)
}
