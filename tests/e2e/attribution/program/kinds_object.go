package main

import (
	"context"
	"errors"
	"reflect"
	"sync"
)

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
func kindObjectSliceLiteral() { sinkInts = []int{1, 2, 3, number} }

//go:noinline
func kindObjectReflect() { sinkValue = reflect.New(reflectPoint) }

//go:noinline
func kindObjectInterface() { sinkShapePointer = &area{number} }

//go:noinline
func kindObjectList() {
	var first *node
	for i := 0; i < 50; i++ {
		first = &node{Next: first, Size: i}
	}
	sinkNode = first
}

//go:noinline
func kindObjectArray() { sinkArray = &[256]int{1, number} }

//go:noinline
func kindObjectGeneric[T any]() *T { return new(T) }

//go:noinline
func kindObjectGenericLiteral[T any](value T) *pair[T] { return &pair[T]{value, value} }

//go:noinline
func kindObjectError() { sinkError = errors.New("no more") }

//go:noinline
func kindObjectContext() { sinkContext = context.WithValue(background, boxedText, boxedText) }

//go:noinline
func kindObjectInlined() { sinkNode = makeNode(number) }

func makeNode(n int) *node { return &node{Size: n} }

//go:noinline
func kindObjectString() {
	s := words[number%7]
	sinkStringPointer = &s
}

//go:noinline
func kindObjectMutex() { sinkMutex = new(sync.Mutex) }

func init() {
	register(
		kindObjectNew,
		kindObjectLiteral,
		kindObjectBig,
		kindObjectMoved,
		kindObjectTiny,
		kindObjectSliceLiteral,
		kindObjectReflect,
		kindObjectInterface,
		kindObjectList,
		kindObjectArray,
		func() { sinkPoint = kindObjectGeneric[point]() },
		func() { sinkNode = kindObjectGeneric[node]() },
		func() { sinkPair = kindObjectGenericLiteral(text) },
		kindObjectError,
		kindObjectContext,
		kindObjectInlined,
		kindObjectString,
		kindObjectMutex,
	)
}
