package main

import (
	"reflect"
)

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
func kindMapMakeHint8() { sinkMapSI = make(map[string]int, 8) }

//go:noinline
func kindMapMakeInt64() { sinkMapII = make(map[int]int, int64(size)) }

//go:noinline
func kindMapMakeThenFill() {
	m := make(map[string]int, len(words))
	for i, word := range words {
		m[word] = i
	}
	sinkMapSI = m
}

//go:noinline
func kindMapGrowFloat() {
	m := map[float64]int{}
	for i := 0; i < size; i++ {
		m[float64(i)/3] = i
	}
	sinkMapFloat = m
}

//go:noinline
func kindMapGrowInterface() {
	m := map[interface{}]int{}
	for i, k := range boxedKeys {
		m[k] = i
	}
	sinkMapAny = m
}

//go:noinline
func kindMapGrowArray() {
	m := map[[4]int]bool{}
	for i := 0; i < size; i++ {
		m[[4]int{i, 1, 2, 3}] = true
	}
	sinkMapArray = m
}

// Keys and values above 128 bytes are stored behind pointers.

//go:noinline
func kindMapBigValue() {
	m := map[int][40]int{}
	for i := 0; i < 100; i++ {
		m[i] = [40]int{i}
	}
	sinkMapBigValue = m
}

//go:noinline
func kindMapBigKey() {
	m := map[[20]int]int{}
	for i := 0; i < 100; i++ {
		m[[20]int{i}] = i
	}
	sinkMapBigKey = m
}

//go:noinline
func kindMapSet() {
	m := map[string]struct{}{}
	for _, word := range words {
		m[word] = struct{}{}
	}
	sinkMapSet = m
}

//go:noinline
func kindMapNested() {
	m := map[int]map[int]int{}
	for i := 0; i < 50; i++ {
		m[i] = map[int]int{i: 1}
	}
	sinkMapNested = m
}

//go:noinline
func kindMapValuesPointers() {
	m := map[int]*node{}
	for i, n := range someNodes {
		m[i] = n
	}
	sinkMapNodes = m
}

//go:noinline
func kindMapOfSlices() {
	m := map[string][]int{}
	for _, word := range words {
		m[word] = someInts[:3]
	}
	sinkMapSlices = m
}

//go:noinline
func kindMapRefill() {
	m := map[int]int{}
	for round := 0; round < 3; round++ {
		for i := 0; i < size; i++ {
			m[i*round] = i
		}
		for k := range m {
			delete(m, k)
		}
	}
	sinkMapII = m
}

//go:noinline
func kindMapCopyByRange() {
	m := make(map[int]int)
	for k, v := range filledMap {
		m[k] = v
	}
	sinkMapII = m
}

//go:noinline
func kindMapInsertPassed(m map[string]int) {
	for i, word := range words {
		m[word] += i
	}
}

//go:noinline
func kindMapGeneric[K comparable, V any](keys []K, value V) map[K]V {
	m := make(map[K]V)
	for _, k := range keys {
		m[k] = value
	}
	return m
}

type index map[string]map[key]bool

//go:noinline
func kindMapNamedType() {
	m := index{}
	for i, word := range words[:40] {
		m[word] = map[key]bool{{i, i, word}: true}
	}
	sinkIndex = m
}

//go:noinline
func kindMapInClosure() {
	func() {
		m := map[int]int{}
		for i := 0; i < size; i++ {
			m[i] = i
		}
		sinkMapII = m
	}()
}

func init() {
	register(
		kindMapMakeSmall,
		kindMapMakeHint,
		kindMapMakeVariable,
		kindMapGrowString,
		kindMapGrowInt,
		kindMapGrow32,
		kindMapGrowPointer,
		kindMapGrowStruct,
		kindMapOnStackGrows,
		kindMapLiteralSmall,
		kindMapLiteralLarge,
		kindMapDelete,
		kindMapReflect,
		kindMapMakeHint8,
		kindMapMakeInt64,
		kindMapMakeThenFill,
		kindMapGrowFloat,
		kindMapGrowInterface,
		kindMapGrowArray,
		kindMapBigValue,
		kindMapBigKey,
		kindMapSet,
		kindMapNested,
		kindMapValuesPointers,
		kindMapOfSlices,
		kindMapRefill,
		kindMapCopyByRange,
		func() { kindMapInsertPassed(map[string]int{}) },
		func() { sinkMapSI = kindMapGeneric(words, number) },
		func() { sinkMapII = kindMapGeneric(someInts[:1], number) },
		kindMapNamedType,
		kindMapInClosure,
	)
}
