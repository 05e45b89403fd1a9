package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What follows allocates several kinds at once: the hidden frames of each record tell which.

//go:noinline
func mixedSprintf() { sinkString = fmt.Sprintf("%d %s", number, words[3]) }

//go:noinline
func mixedErrorf() { sinkError = fmt.Errorf("word %q: %w", words[number%7], errors.New(text)) }

//go:noinline
func mixedMapAppend() {
	m := map[string][]int{}
	for i, word := range words {
		m[word[:6]] = append(m[word[:6]], i)
	}
	sinkMapSlices = m
}

//go:noinline
func mixedMapBoxedKeys() {
	m := map[interface{}]int{}
	for i := 0; i < size; i++ {
		m[number+i] = i
	}
	sinkMapAny = m
}

//go:noinline
func mixedMapStringKeys() {
	m := map[string]string{}
	for i := 0; i < size; i++ {
		m["key-"+strconv.Itoa(number+i)] = string(textBytes)
	}
	sinkMapSS = m
}

//go:noinline
func mixedCaptureByReference() {
	count := number
	sinkFunc = func() int {
		count++
		return count
	}
}

//go:noinline
func mixedJSONDecode() {
	var out map[string]interface{}
	if err := json.Unmarshal(jsonText, &out); err != nil {
		panic(err)
	}
	sinkAny = out
}

//go:noinline
func mixedJSONDecodeStruct() {
	var out struct {
		Name  string
		Tags  []string
		Count map[string]int
	}
	if err := json.Unmarshal(jsonText, &out); err != nil {
		panic(err)
	}
	sinkStrings = out.Tags
}

//go:noinline
func mixedJSONEncode() {
	out, err := json.Marshal(filledMap)
	if err != nil {
		panic(err)
	}
	sinkBytes = out
}

//go:noinline
func mixedSyncMap() {
	var m sync.Map
	for i, word := range words[:100] {
		m.Store(word, i)
	}
	m.Range(func(k, v interface{}) bool { return true })
	sinkAny, _ = m.Load(words[0])
}

//go:noinline
func mixedSyncPool() {
	pool := sync.Pool{New: func() interface{} { return new(point) }}
	a, b := pool.Get(), pool.Get()
	pool.Put(a)
	pool.Put(b)
}

//go:noinline
func mixedContext() {
	ctx, cancel := context.WithCancel(background)
	sinkContext, sinkCancel = ctx, cancel
	cancel()
}

//go:noinline
func mixedRegexp() { sinkAny = regexp.MustCompile("(a|b)+[c-f]{2,3}x?") }

//go:noinline
func mixedGoroutines() {
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		i := i
		all.Add(1)
		go func() {
			defer all.Done()
			boxes[0] = number + i
		}()
		all.Wait()
	}
}

//go:noinline
func mixedTimers() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	sinkAny = timer
}

//go:noinline
func mixedReflectCall() { sinkAny = reflect.ValueOf(aNode.total).Call(nil)[0].Interface() }

//go:noinline
func mixedReflectAppend() {
	v := reflect.ValueOf(&sinkInts).Elem()
	v.Set(reflect.Append(v, reflectOne))
}

//go:noinline
func mixedReflectMap() {
	m := reflect.MakeMap(reflectMap)
	for i, k := range reflectKeys[:100] {
		m.SetMapIndex(k, reflect.ValueOf(number+i))
	}
	iter := m.MapRange()
	for iter.Next() {
		sinkAny = iter.Key().Interface()
	}
	sinkValue = m
}

//go:noinline
func mixedSort() {
	s := append([]string(nil), words...)
	sort.Slice(s, func(i, j int) bool { return s[i] > s[j] })
	sinkStrings = s
}

//go:noinline
func mixedBuffers() {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	fmt.Fprintf(w, "%s %d", text, number)
	w.Flush()
	sinkString = b.String()
}

//go:noinline
func mixedDefer() {
	for i := 0; i < 50; i++ {
		i := i
		defer func() { sinkCount += i }()
	}
}

//go:noinline
func mixedWriterAt() { sinkAny = strings.NewReplacer("a", "b", "cc", "d").Replace(text) }

//go:noinline
func mixedReflectString() { sinkValue = reflect.ValueOf(textBytes).Convert(reflectString) }

//go:noinline
func mixedFormatFloat() {
	for i := 0; i < perCall; i++ {
		sinkString = strconv.FormatFloat(float64(number+i)/7, 'g', -1, 64)
	}
}

// Of make and copy, up to Go 1.22 profiles have no frame of strings.Clone where it is inlined.
//
//go:noinline
func mixedStringClone() { sinkString = strings.Clone(text) }

func init() {
	register(
		mixedSprintf,
		mixedErrorf,
		mixedMapAppend,
		mixedMapBoxedKeys,
		mixedMapStringKeys,
		mixedCaptureByReference,
		mixedJSONDecode,
		mixedJSONDecodeStruct,
		mixedJSONEncode,
		mixedSyncMap,
		mixedSyncPool,
		mixedContext,
		mixedRegexp,
		mixedGoroutines,
		mixedTimers,
		mixedReflectCall,
		mixedReflectAppend,
		mixedStringClone,
		mixedFormatFloat,
		mixedReflectString,
		mixedReflectMap,
		mixedSort,
		mixedBuffers,
		mixedDefer,
		mixedWriterAt,
	)
}
