package codec

import "testing"

var sink string

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		sink = Encode(100)
	}
}
