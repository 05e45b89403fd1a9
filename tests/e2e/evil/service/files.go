package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

var line = []byte(strings.Repeat("x", 200) + "\n")

func floods() {
	go func() {
		for {
			os.Stdout.Write(line)
		}
	}()
}

func floodsAndExits() {
	block := bytes.Repeat(line, 1000)
	for i := 0; i < 100; i++ {
		os.Stdout.Write(block)
	}
	exits(3, "enough said")("")
}

func closesOutput() {
	os.Stdout.Close()
	os.Stderr.Close()
}

func dir() string {
	return os.Getenv("DIR")
}

func writesDir() {
	block := make([]byte, 1<<20)
	for i := 0; i < 20; i++ {
		must(os.WriteFile(filepath.Join(dir(), strings.Repeat("f", i+1)), block, 0o600))
	}
	must(os.WriteFile(filepath.Join(dir(), "\x1b[2J\n::error::"), nil, 0o600))
}

// deepDir makes paths longer than a system call takes.
func deepDir() {
	name := strings.Repeat("d", 200)
	must(os.Chdir(dir()))
	for i := 0; i < 100; i++ {
		must(os.Mkdir(name, 0o700))
		must(os.Chdir(name))
	}
	must(os.WriteFile("file", line, 0o600))
}

// lockedDir takes away the right to look inside.
func lockedDir() {
	path := filepath.Join(dir(), "locked")
	must(os.Mkdir(path, 0o700))
	must(os.WriteFile(filepath.Join(path, "file"), line, 0o400))
	must(os.Chmod(path, 0))
}

// linksOut leaves links to a directory that is not memgate's to remove.
func linksOut() {
	must(os.Symlink(os.Getenv("KEEP"), filepath.Join(dir(), "link")))
	must(os.Symlink("..", filepath.Join(dir(), "up")))
}

func deletesDir() {
	must(os.RemoveAll(dir()))
}

func deletesTree() {
	tree, err := os.Getwd()
	must(err)
	must(os.RemoveAll(tree))
}
