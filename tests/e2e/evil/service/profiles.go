package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/pprof"
	"runtime"
)

type recorder struct {
	body   bytes.Buffer
	header http.Header
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func heapWell(w http.ResponseWriter, r *http.Request) {
	pprof.Handler("heap").ServeHTTP(w, r)
}

func heapBytes(r *http.Request) []byte {
	answer := &recorder{}
	heapWell(answer, r)
	return answer.body.Bytes()
}

func heapCut(w http.ResponseWriter, r *http.Request) {
	whole := heapBytes(r)
	w.Write(whole[:len(whole)/2])
}

// heapPlain is a profile that net/http/pprof would have packed.
func heapPlain(w http.ResponseWriter, r *http.Request) {
	reader, err := gzip.NewReader(bytes.NewReader(heapBytes(r)))
	must(err)
	io.Copy(w, reader)
}

// heapOfText is the profile's text where the packed one was asked for.
func heapOfText(w http.ResponseWriter, r *http.Request) {
	r.URL.RawQuery = "debug=1"
	heapWell(w, r)
}

func heapBomb(w http.ResponseWriter, _ *http.Request) {
	zeros := make([]byte, 1<<20)
	writer, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	for i := 0; i < 300; i++ {
		writer.Write(zeros)
	}
	writer.Close()
}

func rateOff(w http.ResponseWriter, _ *http.Request, n int64) {
	if n > warmup {
		runtime.MemProfileRate = 0
	}
	fine(w)
}

// rateOn is as usual again when somebody looks.
func rateOn(w http.ResponseWriter, r *http.Request, _ int64) {
	runtime.MemProfileRate = 1
	heapWell(w, r)
}
