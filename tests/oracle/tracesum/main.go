// Sums execution traces with golang.org/x/exp/trace, to be compared with memgate's own reader:
// one line "file name value" for each figure.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"golang.org/x/exp/trace"
)

var waits = map[string]string{
	"sync": "sync", "sync.(*Cond).Wait": "sync",
	"chan send": "channel", "chan receive": "channel",
	"select": "select", "network": "network", "sleep": "sleep",
	"GC mark assist wait for work": "collector", "GC background sweeper wait": "collector",
	"GC weak to strong wait": "collector", "wait until GC ends": "collector",
	"system goroutine wait": "runtime", "preempted": "runtime", "wait for debug call": "runtime",
}

type sum struct{ count, ns, max int64 }

func (s *sum) add(from, until trace.Time) {
	ns := int64(until - from)
	s.count++
	s.ns += ns
	s.max = max(s.max, ns)
}

type goroutine struct {
	state         trace.GoState
	since         trace.Time
	cut           bool
	wait          string
	assist        bool
	assistSince   trace.Time
	assistResumed trace.Time
	assistRunning int64
	assistOver    bool
	stop          string
	stopSince     trace.Time
}

func (g *goroutine) pauseAssist(now trace.Time) {
	if g.assist && !g.assistOver {
		g.assistRunning += int64(now - g.assistResumed)
	}
}

type totals struct {
	sums        map[string]*sum
	goroutines  map[trace.GoID]*goroutine
	begin, last trace.Time
	events      int64
	running     int64
	ending      int64
	active      int64
	isActive    bool
	activeSince trace.Time
}

func (t *totals) sum(name string) *sum {
	if t.sums[name] == nil {
		t.sums[name] = &sum{}
	}
	return t.sums[name]
}

func (t *totals) leave(g *goroutine, now trace.Time) {
	switch g.state {
	case trace.GoWaiting:
		t.sum("wait."+g.wait).add(g.since, now)
	case trace.GoSyscall:
		t.sum("syscalls").add(g.since, now)
	case trace.GoRunnable:
		if !g.cut {
			t.sum("scheduling").add(g.since, now)
		}
	case trace.GoRunning:
		g.pauseAssist(now)
	}
}

func (t *totals) transition(ev trace.Event) {
	st := ev.StateTransition()
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	now := ev.Time()
	g := t.goroutines[id]
	if g == nil {
		g = &goroutine{state: to, since: now, wait: "other"}
		if from == trace.GoUndetermined {
			g.since, g.cut, g.wait = t.begin, true, "earlier"
		}
		t.goroutines[id] = g
		return
	}
	if from == to {
		return
	}
	t.leave(g, now)
	g.state, g.since, g.cut = to, now, false
	switch to {
	case trace.GoWaiting:
		g.wait = "other"
		if name, ok := waits[st.Reason]; ok {
			g.wait = name
		}
	case trace.GoRunning:
		g.assistResumed = now
	case trace.GoNotExist:
		delete(t.goroutines, id)
	}
}

func (t *totals) endAssist(g *goroutine, now trace.Time) {
	if g.state == trace.GoRunning {
		g.pauseAssist(now)
	}
	t.sum("assists").add(g.assistSince, now)
	t.running += g.assistRunning
	if g.assistOver {
		t.ending += g.assistRunning
	}
	g.assist = false
}

func stopName(kind string) string {
	switch kind {
	case "stop-the-world (GC sweep termination)", "stop-the-world (GC mark termination)":
		return "gc_stops"
	case "stop-the-world (start trace)":
		return "start_stops"
	}
	return "other_stops"
}

func (t *totals) rangeEvent(ev trace.Event) {
	r := ev.Range()
	now := ev.Time()
	var g *goroutine
	if r.Scope.Kind == trace.ResourceGoroutine {
		g = t.goroutines[r.Scope.Goroutine()]
	}
	begins := ev.Kind() == trace.EventRangeBegin
	switch {
	case r.Name == "GC concurrent mark phase":
		switch ev.Kind() {
		case trace.EventRangeEnd:
			t.active += int64(now - t.activeSince)
			t.isActive = false
		case trace.EventRangeActive:
			if !t.isActive {
				t.isActive, t.activeSince = true, t.begin
			}
		default:
			t.isActive, t.activeSince = true, now
		}
	case r.Name == "GC mark assist" && ev.Kind() == trace.EventRangeEnd:
		t.endAssist(g, now)
	case r.Name == "GC mark assist" && !g.assist:
		g.assist, g.assistSince, g.assistRunning, g.assistOver = true, now, 0, false
		if !begins {
			g.assistSince = t.begin
		}
		g.assistResumed = g.assistSince
	case g != nil && begins && len(r.Name) > 14 && r.Name[:14] == "stop-the-world":
		g.stop, g.stopSince = stopName(r.Name), now
		g.pauseAssist(now)
		g.assistOver = true
	case g != nil && g.stop != "" && ev.Kind() == trace.EventRangeEnd:
		t.sum(g.stop).add(g.stopSince, now)
		g.stop = ""
	}
}

func (t *totals) take(ev trace.Event) {
	if ev.Kind() == trace.EventSync {
		if t.begin == 0 {
			t.begin = ev.Time()
		}
		return
	}
	t.events++
	t.last = ev.Time()
	switch ev.Kind() {
	case trace.EventStateTransition:
		t.transition(ev)
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		t.rangeEvent(ev)
	}
}

func (t *totals) finish() {
	for _, g := range t.goroutines {
		if g.stop != "" {
			t.sum(g.stop).add(g.stopSince, t.last)
		}
		if g.assist {
			t.endAssist(g, t.last)
		}
		if g.state != trace.GoRunnable {
			t.leave(g, t.last)
		}
	}
	if t.isActive {
		t.active += int64(t.last - t.activeSince)
	}
}

func (t *totals) print(file string) {
	fmt.Println(file, "from", int64(t.begin))
	fmt.Println(file, "until", int64(t.last))
	fmt.Println(file, "events", t.events)
	fmt.Println(file, "gc_active", t.active)
	fmt.Println(file, "assist_running", t.running)
	fmt.Println(file, "assist_ending", t.ending)
	var names []string
	for name := range t.sums {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		s := t.sums[name]
		fmt.Println(file, name, s.count, s.ns, s.max)
	}
}

func read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := trace.NewReader(file)
	if err != nil {
		return err
	}
	t := &totals{sums: map[string]*sum{}, goroutines: map[trace.GoID]*goroutine{}}
	for {
		ev, err := reader.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		t.take(ev)
	}
	t.finish()
	t.print(path)
	return nil
}

func main() {
	for _, path := range os.Args[1:] {
		if err := read(path); err != nil {
			fmt.Fprintln(os.Stderr, path, err)
			os.Exit(1)
		}
	}
}
