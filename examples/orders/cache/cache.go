// Package cache keeps rendered documents for clients that ask again.
package cache

import "sync"

type entry struct {
	id  string
	doc []byte
}

// Cache holds the newest documents and drops the oldest.
type Cache struct {
	mu      sync.Mutex
	entries []entry
	next    int
}

// New makes a cache of this many documents.
func New(size int) *Cache {
	return &Cache{entries: make([]entry, size)}
}

// Put stores a copy of the document in place of the oldest one.
func (c *Cache) Put(id string, doc []byte) {
	kept := append([]byte(nil), doc...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[c.next] = entry{id, kept}
	c.next = (c.next + 1) % len(c.entries)
}

// Get returns the newest document with this id. Do not change it.
func (c *Cache) Get(id string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.entries {
		e := &c.entries[(c.next+len(c.entries)-1-i)%len(c.entries)]
		if e.doc != nil && e.id == id {
			return e.doc, true
		}
	}
	return nil, false
}
