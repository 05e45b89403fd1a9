package catalog

import "testing"

func TestSearchFindsEveryWordCheapestFirst(t *testing.T) {
	found := Demo().Search("blue LAMP", 3)
	if len(found) != 3 {
		t.Fatalf("have %d products, want 3", len(found))
	}
	for i, p := range found {
		if p.Name != "Blue Lamp" {
			t.Errorf("product %d is %q", i, p.Name)
		}
		if i > 0 && p.Cents < found[i-1].Cents {
			t.Errorf("product %d is cheaper than the one before", i)
		}
	}
}

func TestFindKnowsItsSKUs(t *testing.T) {
	c := Demo()
	if p, ok := c.Find("SKU-219"); !ok || p.Category != "outdoor-gear" {
		t.Errorf("have %+v, %v", p, ok)
	}
	if _, ok := c.Find("SKU-220"); ok {
		t.Error("found a product that is not on sale")
	}
}
