package cache

import "testing"

func TestGetReturnsTheNewestCopy(t *testing.T) {
	c := New(4)
	doc := []byte("one")
	c.Put("a", doc)
	doc[0] = 'x'
	if have, ok := c.Get("a"); !ok || string(have) != "one" {
		t.Errorf("have %q, %v", have, ok)
	}
	c.Put("a", []byte("two"))
	if have, _ := c.Get("a"); string(have) != "two" {
		t.Errorf("have %q, want two", have)
	}
	if _, ok := c.Get("b"); ok {
		t.Error("found a document that was never stored")
	}
}
