// Package store keeps orders in memory: the demo orders for good, placed
// orders until their slot is needed again.
package store

import (
	"hash/fnv"
	"sync"

	"example.com/orders/cart"
)

// Store holds a fixed number of placed orders, so its size does not depend on
// how many orders were ever placed.
type Store struct {
	mu     sync.RWMutex
	recent []*cart.Order
	demo   []*cart.Order
	byID   map[string]*cart.Order // demo orders only
}

// New makes a store with room for this many placed orders.
func New(slots int) *Store {
	return &Store{recent: make([]*cart.Order, slots), byID: map[string]*cart.Order{}}
}

// Put stores an order in the slot of its id, in place of the order there.
func (s *Store) Put(order *cart.Order) {
	slot := s.slot(order.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent[slot] = order
}

// PutDemo stores an order that is never dropped. Call it before serving.
func (s *Store) PutDemo(order *cart.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.demo = append(s.demo, order)
	s.byID[order.ID] = order
}

// Get returns the order with this id, if it is still there.
func (s *Store) Get(id string) (*cart.Order, bool) {
	slot := s.slot(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if order, ok := s.byID[id]; ok {
		return order, true
	}
	if order := s.recent[slot]; order != nil && order.ID == id {
		return order, true
	}
	return nil, false
}

// Demo lists the demo orders, oldest first. Do not change them.
func (s *Store) Demo() []*cart.Order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.demo
}

func (s *Store) slot(id string) int {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return int(hash.Sum32() % uint32(len(s.recent)))
}
