package main

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
)

type point struct{ X, Y, Z, W int }

type node struct {
	Next *node
	Name string
	Size int
}

type key struct {
	A, B int
	C    string
}

type shape interface{ Area() int }

func (p point) Area() int { return p.X * p.Y }

// Sinks make values escape.
var (
	sinkMapSI   map[string]int
	sinkMapII   map[int]int
	sinkMap32   map[uint32]int
	sinkMapPtr  map[*node]int
	sinkMapKey  map[key]int
	sinkMapAny  map[interface{}]int
	sinkBytes   []byte
	sinkInts    []int
	sinkNodes   []*node
	sinkRunes   []rune
	sinkStrings []string
	sinkString  string
	sinkAny     interface{}
	sinkShape   shape
	sinkPoint   *point
	sinkNode    *node
	sinkArray   *[256]int
	sinkInt     *int
	sinkFunc    func() int
	sinkChanInt chan int
	sinkChanPtr chan *node
	sinkValue   reflect.Value

	size      = 300 // a variable: the compiler must not know it
	text      = strings.Repeat("abcdefgh", 20)
	textBytes = []byte(text)
	textRunes = []rune(text)
	someInts  = make([]int, 300)
	someNodes = make([]*node, 300)
	words     = makeWords(300)
	number    = 123456
	aPoint    = point{1, 2, 3, 4}

	reflectMap   = reflect.TypeOf(map[string]int{})
	reflectSlice = reflect.TypeOf([]int{})
	reflectPoint = reflect.TypeOf(point{})
	reflectKeys  = makeValues(words)
	reflectOne   = reflect.ValueOf(1)
)

func makeWords(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "word-" + strconv.Itoa(i)
	}
	return all
}

func makeValues(words []string) []reflect.Value {
	all := make([]reflect.Value, len(words))
	for i, word := range words {
		all[i] = reflect.ValueOf(word)
	}
	return all
}

//go:noinline
func kindMapMakeSmall() { sinkMapSI = make(map[string]int) }

//go:noinline
func kindMapMakeHint() { sinkMapSI = make(map[string]int, 100) }

//go:noinline
func kindMapMakeVariable() { sinkMapII = make(map[int]int, size) }

//go:noinline
func kindMapGrowString() {
	m := make(map[string]int)
	for i, word := range words {
		m[word] = i
	}
	sinkMapSI = m
}

//go:noinline
func kindMapGrowInt() {
	m := map[int]int{}
	for i := 0; i < size; i++ {
		m[i]++
	}
	sinkMapII = m
}

//go:noinline
func kindMapGrow32() {
	m := map[uint32]int{}
	for i := 0; i < size; i++ {
		m[uint32(i)] = i
	}
	sinkMap32 = m
}

//go:noinline
func kindMapGrowPointer() {
	m := map[*node]int{}
	for i := range someNodes {
		m[someNodes[i]] = i
	}
	sinkMapPtr = m
}

//go:noinline
func kindMapGrowStruct() {
	m := map[key]int{}
	for i, word := range words {
		m[key{i, i, word}] = i
	}
	sinkMapKey = m
}

//go:noinline
func kindMapOnStackGrows() {
	m := make(map[int]int)
	for i := 0; i < size; i++ {
		m[i] = i
	}
	number += len(m) - size
}

//go:noinline
func kindMapLiteralSmall() { sinkMapSI = map[string]int{"a": 1, "b": 2, "c": number} }

//go:noinline
func kindMapLiteralLarge() {
	sinkMapII = map[int]int{
		1: number, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10, 11: 11, 12: 12, 13: 13,
		14: 14, 15: 15, 16: 16, 17: 17, 18: 18, 19: 19, 20: 20, 21: 21, 22: 22, 23: 23, 24: 24,
		25: 25, 26: 26, 27: 27, 28: 28, 29: 29, 30: 30,
	}
}

//go:noinline
func kindMapDelete() {
	m := make(map[int]int)
	for i := 0; i < size; i++ {
		m[i] = i
		if i%3 == 0 {
			delete(m, i-1)
		}
	}
	sinkMapII = m
}

//go:noinline
func kindMapReflect() {
	m := reflect.MakeMapWithSize(reflectMap, 200)
	for _, k := range reflectKeys {
		m.SetMapIndex(k, reflectOne)
	}
	sinkValue = m
}

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
func kindStringOfBytes() { sinkString = string(textBytes) }

//go:noinline
func kindStringOfRunes() { sinkString = string(textRunes) }

//go:noinline
func kindStringConcat2() { sinkString = text + words[number%7] }

//go:noinline
func kindStringConcat3() { sinkString = text + "-" + words[number%7] }

//go:noinline
func kindStringConcat5() { sinkString = text + "-" + words[number%7] + "+" + text }

//go:noinline
func kindStringConcatMany() {
	sinkString = text + "a" + text + "b" + text + words[1] + text + words[2]
}

//go:noinline
func kindStringBuilderGrow() {
	var b strings.Builder
	b.Grow(5000)
	for i := 0; i < 10; i++ {
		b.WriteString(text)
	}
	sinkString = b.String()
}

//go:noinline
func kindStringJoin() { sinkString = strings.Join(words, ",") }

//go:noinline
func kindStringItoa() {
	for i := 0; i < perCall; i++ {
		sinkString = strconv.Itoa(number*perCall + i)
	}
}

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
func kindObjectNew() { sinkPoint = new(point) }

//go:noinline
func kindObjectLiteral() { sinkNode = &node{Name: text, Size: size} }

//go:noinline
func kindObjectBig() { sinkArray = new([256]int) }

//go:noinline
func kindObjectMoved() {
	p := aPoint
	p.X++
	sinkPoint = &p
}

//go:noinline
func kindObjectTiny() {
	for i := 0; i < perCall; i++ {
		sinkInt = new(int)
	}
}

//go:noinline
func kindObjectClosure() {
	a, b, c := number, size, len(text)
	sinkFunc = func() int { return a + b + c }
}

//go:noinline
func kindObjectMethodValue() { sinkFunc = aPoint.Area }

//go:noinline
func kindObjectSliceLiteral() { sinkInts = []int{1, 2, 3, number} }

//go:noinline
func kindObjectReflect() { sinkValue = reflect.New(reflectPoint) }

//go:noinline
func kindChannelBuffered() { sinkChanInt = make(chan int, 100) }

//go:noinline
func kindChannelUnbuffered() { sinkChanInt = make(chan int) }

//go:noinline
func kindChannelPointers() { sinkChanPtr = make(chan *node, size) }

//go:noinline
func kindChannelReflect() { sinkValue = reflect.MakeChan(reflect.TypeOf(sinkChanInt), 1000) }

func nothing() {}

//go:noinline
func kindOtherDefer() {
	for i := 0; i < 500; i++ {
		defer nothing()
	}
}

func init() {
	register(
		kindMapMakeSmall, kindMapMakeHint,
		kindMapMakeVariable, kindMapGrowString,
		kindMapGrowInt, kindMapGrow32,
		kindMapGrowPointer, kindMapGrowStruct,
		kindMapOnStackGrows, kindMapLiteralSmall,
		kindMapLiteralLarge, kindMapDelete,
		kindMapReflect,
		kindSliceMake, kindSliceMakeFixed,
		kindSliceMakePointers, kindSliceMakeBig,
		kindSliceMakeCopy, kindSliceMakeCopyPointers,
		kindSliceAppend, kindSliceAppendPointers,
		kindSliceAppendClone, kindSliceAppendString,
		kindSliceBytesOfString, kindSliceRunesOfString,
		kindSliceStrings, kindSliceBuffer,
		kindSliceReflect,
		kindStringOfBytes, kindStringOfRunes,
		kindStringConcat2, kindStringConcat3,
		kindStringConcat5, kindStringConcatMany,
		kindStringBuilderGrow, kindStringJoin,
		kindStringItoa,
		kindBoxingStruct, kindBoxingInt,
		kindBoxingUint32, kindBoxingString,
		kindBoxingSlice, kindBoxingKey,
		kindBoxingMethods,
		kindObjectNew, kindObjectLiteral,
		kindObjectBig, kindObjectMoved,
		kindObjectTiny, kindObjectClosure,
		kindObjectMethodValue, kindObjectSliceLiteral,
		kindObjectReflect,
		kindChannelBuffered, kindChannelUnbuffered,
		kindChannelPointers, kindChannelReflect,
		kindOtherDefer,
	)
}
