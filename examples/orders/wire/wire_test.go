package wire

import (
	"encoding/json"
	"testing"

	"example.com/orders/cart"
)

func TestOrderIsJSON(t *testing.T) {
	order := cart.Order{
		ID: "a", Customer: "O'\"Neil\\\n", Region: "\u00fcber\u2028", Cents: 12, Saved: 3,
		Lines:   []cart.Line{{SKU: "x", Units: 2, Cents: 5}, {SKU: "y", Note: "\x00", Units: 1, Cents: 7}},
		Savings: []cart.Saving{{Rule: "r", Cents: 3}},
	}
	var have struct {
		ID, Customer, Region string
		Cents                int64
		Lines                []struct {
			SKU, Note string
			Units     int
		}
	}
	if err := json.Unmarshal(Order(&order), &have); err != nil {
		t.Fatal(err)
	}
	if have.Customer != order.Customer || have.Region != order.Region || have.Cents != 12 {
		t.Errorf("have %+v", have)
	}
	if len(have.Lines) != 2 || have.Lines[1].Note != "\x00" || have.Lines[0].Units != 2 {
		t.Errorf("have lines %+v", have.Lines)
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	if have := string(Products(nil)); have != "{\"products\":[]}\n" {
		t.Errorf("have %s", have)
	}
	if have := string(Report(nil)); have != "{\"rows\":[]}\n" {
		t.Errorf("have %s", have)
	}
}
