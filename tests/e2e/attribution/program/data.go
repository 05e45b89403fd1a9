package main

import (
	"bufio"
	"bytes"
	"context"
	"reflect"
	"strconv"
	"strings"
	"sync"
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

type pair[T any] struct{ First, Second T }

type shape interface{ Area() int }

type area struct{ size int }

type problem struct {
	code int
	text string
}

type handler struct{ run func() int }

func (p point) Area() int       { return p.X * p.Y }
func (a *area) Area() int       { return a.size }
func (p problem) Error() string { return p.text }
func (n *node) total() int      { return n.Size }

func (n *node) signal(done chan<- struct{}) { done <- struct{}{} }

// Sinks make values escape.
var (
	sinkMapSI         map[string]int
	sinkMapII         map[int]int
	sinkMapSS         map[string]string
	sinkMap32         map[uint32]int
	sinkMapPtr        map[*node]int
	sinkMapKey        map[key]int
	sinkMapAny        map[interface{}]int
	sinkMapFloat      map[float64]int
	sinkMapArray      map[[4]int]bool
	sinkMapBigValue   map[int][40]int
	sinkMapBigKey     map[[20]int]int
	sinkMapSet        map[string]struct{}
	sinkMapNested     map[int]map[int]int
	sinkMapNodes      map[int]*node
	sinkMapSlices     map[string][]int
	sinkIndex         index
	sinkBytes         []byte
	sinkInts          []int
	sinkGrid          [][]int
	sinkKeys          []key
	sinkNodes         []*node
	sinkRunes         []rune
	sinkStrings       []string
	sinkString        string
	sinkStringPointer *string
	sinkAny           interface{}
	sinkError         error
	sinkShape         shape
	sinkShapePointer  shape
	sinkPoint         *point
	sinkNode          *node
	sinkPair          *pair[string]
	sinkArray         *[256]int
	sinkInt           *int
	sinkMutex         *sync.Mutex
	sinkFunc          func() int
	sinkStringFunc    func() string
	sinkMaker         func() func() int
	sinkChanInt       chan int
	sinkChanPtr       chan *node
	sinkChanEmpty     chan struct{}
	sinkChanChan      chan chan int
	sinkChanBig       chan [64]int
	sinkValue         reflect.Value
	sinkReader        *bufio.Reader
	sinkContext       context.Context
	sinkCancel        context.CancelFunc
	sinkCount         int

	size       = 300 // a variable: the compiler must not know it
	text       = strings.Repeat("abcdefgh", 20)
	textBytes  = []byte(text)
	textRunes  = []rune(text)
	someInts   = make([]int, 300)
	someNodes  = makeNodes(300)
	words      = makeWords(300)
	joined     = strings.Join(words, ",")
	spaced     = strings.Join(words, "  ")
	number     = 123456
	aPoint     = point{1, 2, 3, 4}
	aNode      = &node{Size: 7}
	someShape  = shape(aPoint)
	boxedText  = interface{}(text)
	boxedKeys  = makeBoxed(words)
	boxes      = make([]interface{}, perCall)
	boxMap     = map[int]interface{}{0: nil}
	handlers   = make([]handler, perCall)
	doneChan   = make(chan struct{})
	filledMap  = makeIntMap(200)
	fullBuffer = bytes.NewBufferString(text + text)
	reader     bytes.Reader
	background = context.Background()
	jsonText   = []byte(`{"name": "` + text + `", "tags": ["a", "b", "` + text + `"],
		"count": {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
		"eight": 8, "nine": 9, "ten": 10}}`)

	reflectMap    = reflect.TypeOf(map[string]int{})
	reflectSlice  = reflect.TypeOf([]int{})
	reflectPoint  = reflect.TypeOf(point{})
	reflectString = reflect.TypeOf("")
	reflectKeys   = makeValues(words)
	reflectOne    = reflect.ValueOf(1)
)

func makeWords(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "word-" + strconv.Itoa(i)
	}
	return all
}

func makeNodes(n int) []*node {
	all := make([]*node, n)
	for i := range all {
		all[i] = &node{Size: i}
	}
	return all
}

func makeBoxed(words []string) []interface{} {
	all := make([]interface{}, len(words))
	for i, word := range words {
		all[i] = word
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

func makeIntMap(n int) map[int]int {
	m := map[int]int{}
	for i := 0; i < n; i++ {
		m[i] = i
	}
	return m
}
