package cart

import (
	"errors"
	"testing"

	"example.com/orders/catalog"
	"example.com/orders/price"
)

type lastOrder struct{ order *Order }

func (l *lastOrder) Put(order *Order)     { l.order = order }
func (l *lastOrder) PutDemo(order *Order) { l.order = order }

func newTestService(store Store) *Service {
	return NewService(catalog.Demo(), price.NewBook(price.DefaultRules()), store)
}

func TestPlaceStoresThePricedOrder(t *testing.T) {
	var stored lastOrder
	request := Request{ID: "a", Region: "islands", Items: []Item{
		{SKU: "SKU-100", Units: 2}, {SKU: "SKU-101", Units: 1}, {SKU: "SKU-100", Units: 1},
	}}
	order, err := newTestService(&stored).Place(&request)
	if err != nil {
		t.Fatal(err)
	}
	if stored.order != order {
		t.Error("the order was not stored")
	}
	if len(order.Lines) != 2 || order.Lines[0].Units != 3 {
		t.Fatalf("positions were not merged: %+v", order.Lines)
	}
	if order.Lines[0].Rule != "spring cleaning" || order.Cents != order.Lines[0].Cents+order.Lines[1].Cents {
		t.Errorf("have %+v", order)
	}
	if order.Lines[0].Text != "Blue Lamp (household, per piece)" {
		t.Errorf("have label %q", order.Lines[0].Text)
	}
}

func TestQuoteRefusesWhatItCannotPrice(t *testing.T) {
	cases := []struct {
		name    string
		request Request
	}{
		{"no id", Request{Items: []Item{{SKU: "SKU-100", Units: 1}}}},
		{"no items", Request{ID: "a"}},
		{"unknown product", Request{ID: "a", Items: []Item{{SKU: "SKU-1", Units: 1}}}},
		{"no units", Request{ID: "a", Items: []Item{{SKU: "SKU-100"}}}},
	}
	for _, c := range cases {
		if _, err := newTestService(&lastOrder{}).Quote(&c.request); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: have error %v", c.name, err)
		}
	}
}
