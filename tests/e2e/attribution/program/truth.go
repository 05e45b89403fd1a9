package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// The frames that runtime/pprof hides.
func isRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}

// caseOf is the case that a function is part of: main.kindMapClone of main.kindMapClone.func1.
func caseOf(function string) string {
	name := strings.TrimPrefix(function, "main.")
	if name == function || !strings.HasPrefix(name, "kind") && !strings.HasPrefix(name, "mixed") {
		return ""
	}
	if end := strings.IndexAny(name, ".[-"); end >= 0 {
		name = name[:end]
	}
	return name
}

// writeRecord writes "bytes objects case leaf line chain", separated by tabs: the first case in the
// stack, the first frame that profiles show, and the hidden frames before it, innermost first.
func writeRecord(out *bufio.Writer, record *runtime.MemProfileRecord) {
	test, leaf, line := "-", "-", 0
	var chain []string
	frames := runtime.CallersFrames(record.Stack())
	for more := true; more && test == "-"; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if leaf == "-" && isRuntime(frame.Function) {
			chain = append(chain, frame.Function)
		} else if leaf == "-" {
			leaf, line = frame.Function, frame.Line
		}
		if name := caseOf(frame.Function); name != "" {
			test = name
		}
	}
	fmt.Fprintf(out, "%d\t%d\t%s\t%s\t%d\t%s\n", record.AllocBytes, record.AllocObjects, test, leaf, line,
		strings.Join(chain, "<"))
}

// writeTruth writes what the runtime itself recorded, with all frames, without the pprof package.
func writeTruth(path string) error {
	count, _ := runtime.MemProfile(nil, true)
	records := make([]runtime.MemProfileRecord, count+100)
	count, ok := runtime.MemProfile(records, true)
	if !ok {
		return fmt.Errorf("%d records are more than expected", count)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	for i := range records[:count] {
		writeRecord(out, &records[i])
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}
