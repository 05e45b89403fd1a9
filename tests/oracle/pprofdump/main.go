// Pprofdump prints what google/pprof's own reader makes of profiles, as
// tab-separated lines that memgate's decoder must reproduce.
//
// Flat goes to the first line of the first location; cum counts a
// function's name once per sample, however often it recurs.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/google/pprof/profile"
)

type cost struct{ flat, cum int64 }

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, path := range os.Args[1:] {
		dump(out, path)
	}
}

func dump(out *bufio.Writer, path string) {
	file := filepath.Base(path)
	data, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintf(out, "%s\tunreadable\n", file)
		return
	}
	p, err := profile.ParseData(data)
	if err != nil {
		fmt.Fprintf(out, "%s\trefused\n", file)
		return
	}
	fmt.Fprintf(out, "%s\tsamples\t%d\n", file, len(p.Sample))
	fmt.Fprintf(out, "%s\tperiod\t%d\n", file, p.Period)
	for i, t := range p.SampleType {
		dumpType(out, file, p, i, visible(t.Type)+"/"+visible(t.Unit))
	}
}

func dumpType(out *bufio.Writer, file string, p *profile.Profile, i int, name string) {
	var total int64
	costs := map[string]*cost{}
	for _, s := range p.Sample {
		total += s.Value[i]
		charge(costs, s, s.Value[i])
	}
	fmt.Fprintf(out, "%s\ttype\t%d\t%s\t%d\n", file, i, name, total)
	names := make([]string, 0, len(costs))
	for f := range costs {
		names = append(names, f)
	}
	sort.Strings(names)
	for _, f := range names {
		fmt.Fprintf(out, "%s\tfunc\t%d\t%s\t%d\t%d\n", file, i, visible(f), costs[f].flat, costs[f].cum)
	}
}

func charge(costs map[string]*cost, s *profile.Sample, value int64) {
	seen := map[string]bool{}
	for depth, location := range s.Location {
		for inline, line := range location.Line {
			f := line.Function.Name
			if costs[f] == nil {
				costs[f] = &cost{}
			}
			if depth == 0 && inline == 0 {
				costs[f].flat += value
			}
			if !seen[f] {
				costs[f].cum += value
			}
			seen[f] = true
		}
	}
}

// visible keeps one record on one line whatever bytes a name has.
func visible(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] < 0x20 || name[i] >= 0x7f || name[i] == '\\' {
			fmt.Fprintf(&b, "\\x%02x", name[i])
		} else {
			b.WriteByte(name[i])
		}
	}
	return b.String()
}
