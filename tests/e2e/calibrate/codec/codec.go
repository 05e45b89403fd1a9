// Package codec allocates the same in each call.
package codec

import "strconv"

// Encode joins the numbers below n.
func Encode(n int) string {
	out := []byte{}
	for i := 0; i < n; i++ {
		out = strconv.AppendInt(out, int64(i), 10)
	}
	return string(out)
}
