package cart

import "strconv"

// Regions lists the regions in a fixed order.
var Regions = []string{"north-west", "north-east", "south-west", "south-east", "islands"}

// LoadDemo stores count fixed orders named demo-0, demo-1 and so on.
func (s *Service) LoadDemo(count int) error {
	for n := 0; n < count; n++ {
		request := Request{
			ID:       "demo-" + strconv.Itoa(n),
			Customer: "customer-" + strconv.Itoa(n%17),
			Region:   Regions[n%len(Regions)],
		}
		for i := 0; i < 5; i++ {
			sku := "SKU-" + strconv.Itoa(100+(n*7+i*23)%120)
			request.Items = append(request.Items, Item{SKU: sku, Units: 1 + (n+i)%12})
		}
		order, err := s.Quote(&request)
		if err != nil {
			return err
		}
		s.store.PutDemo(order)
	}
	return nil
}
