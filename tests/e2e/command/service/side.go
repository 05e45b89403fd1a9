package main

import "strings"

func work(path string) string {
	return strings.Repeat(path, 64)
}
