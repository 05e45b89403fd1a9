package main

import (
	"net/http"
	"runtime"
	"time"
)

// Every kind; expected.tsv says what becomes of it.
var kinds = map[string]kind{
	"none": {},

	// Before it is ready.
	"exits":              {start: exits(2, "\x1b[31m::error::no database")},
	"exits-well":         {start: exits(0, "nothing to do")},
	"panics":             {start: func(string) { panic("no database") }},
	"says-port-taken":    {start: exits(1, "listen tcp: bind: address already in use")},
	"never-listens":      {start: func(string) { forever() }},
	"listens-late":       {start: func(string) { time.Sleep(time.Minute) }},
	"listens-elsewhere":  {listen: elsewhere},
	"slow-start":         {start: func(string) { time.Sleep(500 * time.Millisecond) }},
	"ready-503":          {ready: status(http.StatusServiceUnavailable)},
	"ready-302":          {ready: redirect},
	"ready-hangs":        {ready: func(http.ResponseWriter, *http.Request) { forever() }},
	"ready-garbage":      {ready: raw("\x00\xff\x1b[2J::error::gone\r\n")},
	"ready-closes":       {ready: raw("")},
	"ready-half-header":  {ready: raw("HTTP/1.1 200 OK\r\nContent-Le")},
	"ready-endless":      {ready: endlessHeader},
	"ready-endless-body": {ready: endlessBody},
	"never-accepts":      {listen: neverAccepts},

	// Who listens.
	"second-listener": {listen: secondListener},
	"stranger-beside": {listen: strangerBeside},
	"stops-listening": {listen: closable, work: at(50, func() { opened.Close() })},
	"more-ports":      {start: morePorts},

	// Answers.
	"answers-500":     {work: every(1, status(http.StatusInternalServerError))},
	"some-500":        {work: every(50, status(http.StatusInternalServerError))},
	"garbage":         {work: every(50, raw("\x00\xff\x1b[2J::error::gone\r\n\r\n"))},
	"half-header":     {work: every(50, raw("HTTP/1.1 200 OK\r\nContent-Le"))},
	"half-body":       {work: every(50, raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"))},
	"endless-header":  {work: every(50, endlessHeader)},
	"endless-interim": {work: every(50, endlessInterim)},
	"endless-body":    {work: every(50, endlessBody)},
	"drips":           {work: every(50, drips)},
	"bad-chunk":       {work: every(50, raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"))},
	"huge-length":     {work: every(50, raw("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\nx"))},
	"two-lengths":     {work: every(50, raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"))},
	"answers-twice":   {work: every(50, raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"))},
	"upgrades":        {work: every(50, raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"))},
	"redirects":       {work: every(1, redirect)},
	"closes":          {work: every(1, raw(""))},
	"closes-politely": {work: func(w http.ResponseWriter, _ *http.Request, _ int64) {
		w.Header().Set("Connection", "close")
		fine(w)
	}},
	"old-http": {work: func(w http.ResponseWriter, r *http.Request, _ int64) {
		sink = make([]byte, 16<<10)
		raw("HTTP/1.0 200 OK\r\n\r\nold\n")(w, r)
	}},
	"hangs": {work: at(50, forever)},

	// Its end.
	"killed":        {work: at(50, kill(9))},
	"faults":        {work: at(50, kill(11))},
	"stops":         {work: at(50, stopItself)},
	"exits-loaded":  {work: at(50, func() { exits(0, "done")("") })},
	"panics-loaded": {work: at(50, func() { go panic("under load") })},
	"eats-memory":   {work: at(50, eatMemory)},
	"dies-at-end":   {work: afterLast},
	"kills-keeper":  {work: at(50, func() { killParent(1, 9) })},
	"terms-gate":    {work: at(50, func() { killParent(2, 15) })},
	"ignores-term":  {start: func(string) { ignoreTerm() }},
	"spins":         {start: func(string) { spin() }},
	"daemonises":    {start: daemonises},
	"leaves-child":  {start: func(string) { child("sleep 300") }},
	"leaves-port":   {listen: leavesPort, work: at(50, kill(9))},
	"leaves-many":   {start: leavesMany},
	"holds-output":  {start: func(string) { child("sleep 300") }, work: at(50, kill(9))},

	// Output and files.
	"floods-output":    {start: func(string) { floods() }},
	"floods-and-exits": {start: func(string) { floodsAndExits() }},
	"closes-output":    {start: func(string) { closesOutput() }},
	"writes-dir":       {start: func(string) { writesDir() }},
	"deep-dir":         {start: func(string) { deepDir() }},
	"locked-dir":       {start: func(string) { lockedDir() }},
	"links-out":        {start: func(string) { linksOut() }},
	"deletes-dir":      {start: func(string) { deletesDir() }},
	"deletes-tree":     {start: func(string) { deletesTree() }},

	// Profiles.
	"heap-404":     {heap: from(1, http.NotFound)},
	"heap-302":     {heap: from(1, redirect)},
	"heap-page":    {heap: from(1, text("<html>please log in</html>"))},
	"heap-empty":   {heap: from(1, text(""))},
	"heap-cut":     {heap: from(1, heapCut)},
	"heap-plain":   {heap: from(1, heapPlain)},
	"heap-bomb":    {heap: from(1, heapBomb)},
	"heap-endless": {heap: from(1, endlessBody)},
	"heap-hangs":   {heap: from(3, func(http.ResponseWriter, *http.Request) { forever() })},
	"heap-drips":   {heap: from(3, drips)},
	"heap-dies":    {heap: from(3, func(http.ResponseWriter, *http.Request) { kill(9)() })},
	"heap-text":    {heap: from(1, heapOfText)},
	"text-garbage": {text: func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.Write([]byte("\x00\xff::error::\n")) }},
	"text-cut":     {text: func(w http.ResponseWriter, _ *http.Request, plain []byte) { w.Write(plain[:len(plain)/2]) }},
	"rate-off":     {start: func(string) { runtime.MemProfileRate = 0 }},
	"rate-other":   {start: func(string) { runtime.MemProfileRate = 4096 }},
	"rate-changes": {work: at(50, func() { runtime.MemProfileRate = 4096 })},
	"rate-pauses":  {work: rateOff, heap: rateOn},
	"cpu-hangs":    {cpu: func(http.ResponseWriter, *http.Request) { forever() }},
	"cpu-404":      {cpu: http.NotFound},
	"cpu-garbage":  {cpu: text("garbage")},
	"cpu-dies":     {cpu: func(http.ResponseWriter, *http.Request) { kill(9)() }},
}
