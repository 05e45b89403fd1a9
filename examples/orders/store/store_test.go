package store

import (
	"strconv"
	"testing"

	"example.com/orders/cart"
)

func TestStoreStaysBounded(t *testing.T) {
	s := New(8)
	s.PutDemo(&cart.Order{ID: "demo-0"})
	for i := 0; i < 1000; i++ {
		s.Put(&cart.Order{ID: strconv.Itoa(i)})
	}
	kept := 0
	for i := 0; i < 1000; i++ {
		if _, ok := s.Get(strconv.Itoa(i)); ok {
			kept++
		}
	}
	if kept == 0 || kept > 8 {
		t.Errorf("%d orders kept in 8 slots", kept)
	}
	if _, ok := s.Get("999"); !ok {
		t.Error("the newest order is gone")
	}
	if _, ok := s.Get("demo-0"); !ok {
		t.Error("a demo order was dropped")
	}
}
