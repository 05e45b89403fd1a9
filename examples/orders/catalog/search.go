package catalog

import (
	"sort"
	"strings"
)

// Search returns the products whose name or text holds every word of the
// query, cheapest first, at most limit of them.
func (c *Catalog) Search(query string, limit int) []Product {
	words := strings.Fields(strings.ToLower(query))
	found := c.filter(func(p *Product) bool {
		text := strings.ToLower(p.Name + " " + p.Text)
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return true
	})
	sort.Slice(found, func(a, b int) bool {
		if found[a].Cents != found[b].Cents {
			return found[a].Cents < found[b].Cents
		}
		return found[a].SKU < found[b].SKU
	})
	if len(found) > limit {
		found = found[:limit]
	}
	return found
}

func (c *Catalog) filter(keep func(p *Product) bool) []Product {
	var kept []Product
	for i := range c.products {
		if keep(&c.products[i]) {
			kept = append(kept, c.products[i])
		}
	}
	return kept
}
