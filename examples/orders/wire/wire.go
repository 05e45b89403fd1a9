// Package wire writes the JSON documents of the service. It appends to one
// buffer, so a response costs one allocation.
package wire

import (
	"strconv"
	"unicode/utf8"

	"example.com/orders/cart"
	"example.com/orders/catalog"
	"example.com/orders/report"
)

const hex = "0123456789abcdef"

// Order renders an order or a quote.
func Order(order *cart.Order) []byte {
	doc := make([]byte, 0, 512+224*len(order.Lines))
	doc = field(doc, `{"id":`, order.ID)
	doc = field(doc, `,"customer":`, order.Customer)
	doc = field(doc, `,"region":`, order.Region)
	doc = number(doc, `,"cents":`, order.Cents)
	doc = number(doc, `,"saved":`, order.Saved)
	doc = append(doc, `,"lines":[`...)
	for i := range order.Lines {
		line := &order.Lines[i]
		doc = field(comma(doc, i), `{"sku":`, line.SKU)
		doc = field(doc, `,"text":`, line.Text)
		doc = field(doc, `,"note":`, line.Note)
		doc = field(doc, `,"rule":`, line.Rule)
		doc = number(doc, `,"units":`, int64(line.Units))
		doc = number(doc, `,"cents":`, line.Cents)
		doc = number(doc, `,"saved":`, line.Saved)
		doc = append(doc, '}')
	}
	doc = append(doc, `],"savings":[`...)
	for i, saving := range order.Savings {
		doc = field(comma(doc, i), `{"rule":`, saving.Rule)
		doc = number(doc, `,"cents":`, saving.Cents)
		doc = append(doc, '}')
	}
	return append(doc, "]}\n"...)
}

// Products renders search results.
func Products(products []catalog.Product) []byte {
	doc := make([]byte, 0, 64+224*len(products))
	doc = append(doc, `{"products":[`...)
	for i := range products {
		doc = field(comma(doc, i), `{"sku":`, products[i].SKU)
		doc = field(doc, `,"name":`, products[i].Name)
		doc = field(doc, `,"text":`, products[i].Text)
		doc = field(doc, `,"category":`, products[i].Category)
		doc = number(doc, `,"cents":`, products[i].Cents)
		doc = append(doc, '}')
	}
	return append(doc, "]}\n"...)
}

// Report renders the rows of a report.
func Report(rows []report.Row) []byte {
	doc := make([]byte, 0, 64+128*len(rows))
	doc = append(doc, `{"rows":[`...)
	for i := range rows {
		doc = field(comma(doc, i), `{"category":`, rows[i].Category)
		doc = field(doc, `,"region":`, rows[i].Region)
		doc = number(doc, `,"lines":`, int64(rows[i].Lines))
		doc = number(doc, `,"units":`, int64(rows[i].Units))
		doc = number(doc, `,"cents":`, rows[i].Cents)
		doc = append(doc, '}')
	}
	return append(doc, "]}\n"...)
}

// Error renders a message for the client.
func Error(message string) []byte {
	doc := make([]byte, 0, 32+len(message))
	doc = field(doc, `{"error":`, message)
	return append(doc, "}\n"...)
}

func comma(doc []byte, position int) []byte {
	if position == 0 {
		return doc
	}
	return append(doc, ',')
}

func field(doc []byte, name, value string) []byte {
	return quote(append(doc, name...), value)
}

func number(doc []byte, name string, value int64) []byte {
	return strconv.AppendInt(append(doc, name...), value, 10)
}

// quote appends a JSON string; what is not UTF-8 becomes U+FFFD.
func quote(doc []byte, value string) []byte {
	doc = append(doc, '"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			doc = append(doc, '\\', byte(r))
		case r < ' ':
			doc = append(doc, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			doc = utf8.AppendRune(doc, r)
		}
	}
	return append(doc, '"')
}
