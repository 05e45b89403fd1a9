// Package report adds up the demo orders.
package report

import (
	"sort"

	"example.com/orders/cart"
)

// Group is what rows are added up by.
type Group struct {
	Category string
	Region   string
}

// Row is the total of one group.
type Row struct {
	Group
	Lines int
	Units int
	Cents int64
}

// ByCategory adds up order lines by category and region. An empty region
// means all of them. Rows are sorted by category, then region.
func ByCategory(orders []*cart.Order, region string, categories int) []Row {
	totals := make(map[Group]Row, categories*len(cart.Regions))
	for _, order := range orders {
		if region != "" && order.Region != region {
			continue
		}
		for i := range order.Lines {
			line := &order.Lines[i]
			key := Group{line.Category, order.Region}
			row := totals[key]
			row.Group = Group{line.Category, order.Region}
			row.Lines++
			row.Units += line.Units
			row.Cents += line.Cents
			totals[key] = row
		}
	}
	rows := make([]Row, 0, len(totals))
	for _, row := range totals {
		rows = append(rows, row)
	}
	sort.Slice(rows, func(a, b int) bool {
		if rows[a].Category != rows[b].Category {
			return rows[a].Category < rows[b].Category
		}
		return rows[a].Region < rows[b].Region
	})
	return rows
}
