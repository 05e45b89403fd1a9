// Package price turns baskets into offers: every rule makes an offer for
// every item, and the cheapest offer wins.
package price

// Rule lowers the price of items of one category (or of all, when Category is
// empty) from MinUnits on.
type Rule struct {
	Name       string
	Category   string
	MinUnits   int
	PercentOff int64
}

// Item is what a rule looks at.
type Item struct {
	Category string
	Units    int
	Cents    int64 // of one unit
}

// Key names an offer: which item of the basket, which rule of the book.
type Key struct {
	Item int
	Rule int
}

// Offer is what one rule asks for one item.
type Offer struct {
	Rule  int
	Units int
	Cents int64
	Saved int64
}

// Sheet is a priced basket.
type Sheet struct {
	Offers map[Key]Offer
	Best   []Offer // one for each item
}

// Book applies its rules.
type Book struct {
	rules []Rule
}

// NewBook makes a book of these rules. The first rule is the list price.
func NewBook(rules []Rule) *Book {
	return &Book{rules: rules}
}

// DefaultRules are the rules of the demo shop.
func DefaultRules() []Rule {
	return []Rule{
		{Name: "list price"},
		{Name: "three or more", MinUnits: 3, PercentOff: 5},
		{Name: "ten or more", MinUnits: 10, PercentOff: 12},
		{Name: "spring cleaning", Category: "household", PercentOff: 8},
		{Name: "back to school", Category: "stationery", MinUnits: 2, PercentOff: 15},
		{Name: "planting season", Category: "gardening", MinUnits: 4, PercentOff: 20},
		{Name: "weekly shop", Category: "groceries", MinUnits: 6, PercentOff: 10},
		{Name: "clearance", Category: "electronics", MinUnits: 1, PercentOff: 3},
	}
}

// Rules lists the rules; an Offer's Rule is a position in it.
func (b *Book) Rules() []Rule {
	return b.rules
}

// Price collects the offers for a basket.
func (b *Book) Price(items []Item) Sheet {
	offers := make(map[Key]Offer, len(items)*len(b.rules))
	best := make([]Offer, len(items))
	for i, item := range items {
		for r, rule := range b.rules {
			offer := rule.offer(r, item)
			offers[Key{i, r}] = offer
			if r == 0 || offer.Cents < best[i].Cents {
				best[i] = offer
			}
		}
	}
	return Sheet{Offers: offers, Best: best}
}

// SavedBy is what a rule would save on the whole basket.
func (s *Sheet) SavedBy(rule int) int64 {
	var saved int64
	for i := range s.Best {
		saved += s.Offers[Key{i, rule}].Saved
	}
	return saved
}

func (r *Rule) offer(position int, item Item) Offer {
	full := item.Cents * int64(item.Units)
	var saved int64
	if item.Units >= r.MinUnits && (r.Category == "" || r.Category == item.Category) {
		saved = full * r.PercentOff / 100
	}
	return Offer{Rule: position, Units: item.Units, Cents: full - saved, Saved: saved}
}
