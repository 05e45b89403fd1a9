package price

import "testing"

func TestPriceTakesTheCheapestOffer(t *testing.T) {
	book := NewBook(DefaultRules())
	cases := []struct {
		name string
		item Item
		rule string
		want int64
	}{
		{"one lamp", Item{"outdoor-gear", 1, 1000}, "list price", 1000},
		{"three", Item{"outdoor-gear", 3, 1000}, "three or more", 2850},
		{"ten of a category rule", Item{"gardening", 10, 100}, "planting season", 800},
		{"category without its minimum", Item{"stationery", 1, 100}, "list price", 100},
	}
	for _, c := range cases {
		sheet := book.Price([]Item{c.item})
		best := sheet.Best[0]
		if best.Cents != c.want || book.Rules()[best.Rule].Name != c.rule {
			t.Errorf("%s: have %d by rule %d, want %d by %q", c.name, best.Cents, best.Rule, c.want, c.rule)
		}
	}
}

func TestSavedByAddsUpOneRule(t *testing.T) {
	sheet := NewBook(DefaultRules()).Price([]Item{{"household", 3, 1000}, {"groceries", 4, 500}})
	if have := sheet.SavedBy(1); have != 150+100 {
		t.Errorf("have %d, want 250", have)
	}
}
