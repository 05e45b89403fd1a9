// Package cart prices baskets and places orders.
package cart

import (
	"errors"
	"fmt"

	"example.com/orders/catalog"
	"example.com/orders/price"
)

// Limits of one request.
const (
	ItemsMax = 100
	UnitsMax = 1000
)

// ErrInvalid is wrapped by every error that is the client's fault.
var ErrInvalid = errors.New("invalid order")

// Item is one position of a request.
type Item struct {
	SKU   string `json:"sku"`
	Units int    `json:"units"`
	Note  string `json:"note"`
}

// Request asks for a quote or places an order.
type Request struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Region   string `json:"region"`
	Items    []Item `json:"items"`
}

// Line is one priced position.
type Line struct {
	SKU      string
	Text     string
	Note     string
	Category string
	Rule     string
	Units    int
	Cents    int64
	Saved    int64
}

// Saving is what a rule would save on the whole basket.
type Saving struct {
	Rule  string
	Cents int64
}

// Order is a priced basket.
type Order struct {
	ID       string
	Customer string
	Region   string
	Lines    []Line
	Savings  []Saving
	Cents    int64
	Saved    int64
}

// Store keeps placed orders.
type Store interface {
	Put(order *Order)
	PutDemo(order *Order)
}

// Service prices baskets with the products and the price book it was given.
type Service struct {
	products *catalog.Catalog
	book     *price.Book
	store    Store
	label    func(name, category, unit string) string
}

// NewService wires a service; orders that are placed go to the store.
func NewService(products *catalog.Catalog, book *price.Book, store Store) *Service {
	return &Service{products: products, book: book, store: store, label: label}
}

func label(name, category, unit string) string {
	return name + " (" + category + ", per " + unit + ")"
}

// Place prices the basket and stores it as an order.
func (s *Service) Place(request *Request) (*Order, error) {
	order, err := s.Quote(request)
	if err != nil {
		return nil, err
	}
	s.store.Put(order)
	return order, nil
}

// Quote prices the basket.
func (s *Service) Quote(request *Request) (*Order, error) {
	if request.ID == "" || len(request.Items) == 0 || len(request.Items) > ItemsMax {
		return nil, fmt.Errorf("%w: needs an id and 1 to %d items", ErrInvalid, ItemsMax)
	}
	items := mergeItems(request.Items)
	products, err := s.find(items)
	if err != nil {
		return nil, err
	}
	sheet := s.book.Price(priceItems(items, products))
	order := &Order{ID: request.ID, Customer: request.Customer, Region: request.Region}
	order.Lines = s.lines(items, products, &sheet)
	order.Savings = s.savings(&sheet)
	for i := range order.Lines {
		order.Cents += order.Lines[i].Cents
		order.Saved += order.Lines[i].Saved
	}
	return order, nil
}

// mergeItems joins positions of the same product, keeping their order.
func mergeItems(items []Item) []Item {
	position := make(map[string]int, len(items))
	merged := make([]Item, 0, len(items))
	for _, item := range items {
		i, seen := position[item.SKU]
		if !seen {
			position[item.SKU] = len(merged)
			merged = append(merged, item)
			continue
		}
		merged[i].Units += item.Units
	}
	return merged
}

func (s *Service) find(items []Item) ([]catalog.Product, error) {
	products := make([]catalog.Product, 0, len(items))
	for _, item := range items {
		product, ok := s.products.Find(item.SKU)
		if !ok {
			return nil, fmt.Errorf("%w: no product %q", ErrInvalid, item.SKU)
		}
		if item.Units < 1 || item.Units > UnitsMax {
			return nil, fmt.Errorf("%w: %d units of %s", ErrInvalid, item.Units, item.SKU)
		}
		products = append(products, product)
	}
	return products, nil
}

func priceItems(items []Item, products []catalog.Product) []price.Item {
	priced := make([]price.Item, len(items))
	for i, product := range products {
		priced[i] = price.Item{Category: product.Category, Units: items[i].Units, Cents: product.Cents}
	}
	return priced
}

func (s *Service) lines(items []Item, products []catalog.Product, sheet *price.Sheet) []Line {
	lines := make([]Line, len(items))
	for i, product := range products {
		best := sheet.Best[i]
		lines[i] = Line{
			SKU:      product.SKU,
			Text:     s.label(product.Name, product.Category, product.Unit),
			Note:     items[i].Note,
			Category: product.Category,
			Rule:     s.book.Rules()[best.Rule].Name,
			Units:    best.Units,
			Cents:    best.Cents,
			Saved:    best.Saved,
		}
	}
	return lines
}

func (s *Service) savings(sheet *price.Sheet) []Saving {
	rules := s.book.Rules()
	savings := make([]Saving, 0, len(rules))
	for r := range rules {
		if cents := sheet.SavedBy(r); cents > 0 {
			savings = append(savings, Saving{Rule: rules[r].Name, Cents: cents})
		}
	}
	return savings
}
