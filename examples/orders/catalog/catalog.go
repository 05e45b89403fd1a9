// Package catalog holds what the shop sells. It never changes after start.
package catalog

import "strconv"

// Product is one thing on sale; prices are in cents.
type Product struct {
	SKU      string
	Name     string
	Text     string
	Category string
	Unit     string
	Cents    int64
}

// Catalog finds products by SKU and by words.
type Catalog struct {
	products []Product
	bySKU    map[string]int
}

var (
	categories = []string{"household", "stationery", "gardening", "electronics", "groceries", "outdoor-gear"}
	looks      = []string{"Blue", "Heavy", "Folding", "Quiet", "Spare"}
	things     = []string{"Lamp", "Box", "Rack", "Cable", "Bottle", "Tarp"}
	units      = []string{"piece", "pair", "pack"}
)

// New indexes the products.
func New(products []Product) *Catalog {
	c := &Catalog{products: products, bySKU: make(map[string]int, len(products))}
	for i, p := range products {
		c.bySKU[p.SKU] = i
	}
	return c
}

// Demo is a fixed assortment of 120 products named SKU-100 to SKU-219.
func Demo() *Catalog {
	products := make([]Product, 0, 120)
	for i := 0; i < cap(products); i++ {
		look, thing := looks[i%len(looks)], things[i/len(looks)%len(things)]
		category := categories[i%len(categories)]
		products = append(products, Product{
			SKU:      "SKU-" + strconv.Itoa(100+i),
			Name:     look + " " + thing,
			Text:     "A " + look + " " + thing + " for your " + category + " shelf, series " + strconv.Itoa(1+i/30),
			Category: category,
			Unit:     units[i%len(units)],
			Cents:    int64(199 + i*37%4801),
		})
	}
	return New(products)
}

// Categories lists the categories in a fixed order.
func (c *Catalog) Categories() []string {
	return categories
}

// Find returns the product with this SKU.
func (c *Catalog) Find(sku string) (Product, bool) {
	i, ok := c.bySKU[sku]
	if !ok {
		return Product{}, false
	}
	return c.products[i], true
}
