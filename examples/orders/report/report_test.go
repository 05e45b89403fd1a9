package report

import (
	"reflect"
	"testing"

	"example.com/orders/cart"
)

func TestByCategoryAddsUpAndSorts(t *testing.T) {
	orders := []*cart.Order{
		{Region: "islands", Lines: []cart.Line{{Category: "b", Units: 1, Cents: 10}, {Category: "a", Units: 2, Cents: 5}}},
		{Region: "islands", Lines: []cart.Line{{Category: "b", Units: 3, Cents: 30}}},
		{Region: "north-east", Lines: []cart.Line{{Category: "b", Units: 1, Cents: 7}}},
	}
	all := []Row{
		{Group{"a", "islands"}, 1, 2, 5},
		{Group{"b", "islands"}, 2, 4, 40},
		{Group{"b", "north-east"}, 1, 1, 7},
	}
	if have := ByCategory(orders, "", 2); !reflect.DeepEqual(have, all) {
		t.Errorf("have %+v", have)
	}
	if have := ByCategory(orders, "north-east", 2); !reflect.DeepEqual(have, all[2:]) {
		t.Errorf("have %+v", have)
	}
}
