package main

import (
	"fmt"
	"strconv"
	"strings"
)

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
func kindStringConcat4() { sinkString = text + "-" + words[number%7] + "+" }

//go:noinline
func kindStringConcatLoop() {
	s := ""
	for _, word := range words[:50] {
		s += word
	}
	sinkString = s
}

//go:noinline
func kindStringRune() {
	for i := 0; i < perCall; i++ {
		sinkString = string(rune(number + i))
	}
}

//go:noinline
func kindStringBuilderWrites() {
	var b strings.Builder
	for _, word := range words {
		b.WriteString(word)
		b.WriteByte(' ')
		b.WriteRune('-')
	}
	sinkString = b.String()
}

//go:noinline
func kindStringBuilderFprintf() {
	var b strings.Builder
	for i := 0; i < 40; i++ {
		b.Write(textBytes)
	}
	sinkString = b.String()
}

//go:noinline
func kindStringRepeat() { sinkString = strings.Repeat(text, 10) }

//go:noinline
func kindStringReplace() { sinkString = strings.ReplaceAll(text, "cd", "--") }

//go:noinline
func kindStringUpper() { sinkString = strings.ToUpper(text) }

//go:noinline
func kindStringMap() { sinkString = strings.Map(func(r rune) rune { return r + 1 }, text) }

//go:noinline
func kindStringOfBuffer() { sinkString = fullBuffer.String() }

//go:noinline
func kindStringSprint() { sinkString = fmt.Sprint(boxedText) }

//go:noinline
func kindStringSprintf() { sinkString = fmt.Sprintf("%s-%v", boxedText, boxedText) }

func init() {
	register(
		kindStringOfBytes,
		kindStringOfRunes,
		kindStringConcat2,
		kindStringConcat3,
		kindStringConcat5,
		kindStringConcatMany,
		kindStringBuilderGrow,
		kindStringJoin,
		kindStringItoa,
		kindStringConcat4,
		kindStringConcatLoop,
		kindStringRune,
		kindStringBuilderWrites,
		kindStringBuilderFprintf,
		kindStringRepeat,
		kindStringReplace,
		kindStringUpper,
		kindStringMap,
		kindStringOfBuffer,
		kindStringSprint,
		kindStringSprintf,
	)
}
