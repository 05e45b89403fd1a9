// Package api is the HTTP face of the service.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"example.com/orders/cache"
	"example.com/orders/cart"
	"example.com/orders/catalog"
	"example.com/orders/report"
	"example.com/orders/store"
	"example.com/orders/wire"
)

const (
	bodyBytesMax   = 64 << 10
	searchCountMax = 20
)

// API routes requests to the packages that answer them.
type API struct {
	mux      *http.ServeMux
	products *catalog.Catalog
	carts    *cart.Service
	orders   *store.Store
	docs     *cache.Cache
}

// New wires the routes.
func New(products *catalog.Catalog, carts *cart.Service, orders *store.Store, docs *cache.Cache) *API {
	a := &API{mux: http.NewServeMux(), products: products, carts: carts, orders: orders, docs: docs}
	a.mux.HandleFunc("/healthz", a.health)
	a.mux.HandleFunc("/orders", a.post(a.carts.Place, http.StatusCreated))
	a.mux.HandleFunc("/quotes", a.post(a.carts.Quote, http.StatusOK))
	a.mux.HandleFunc("/orders/", a.get(a.order))
	a.mux.HandleFunc("/reports/categories", a.get(a.categories))
	a.mux.HandleFunc("/search", a.get(a.search))
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mux.ServeHTTP(w, r)
}

func (a *API) health(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "ok\n")
}

// post answers with the priced basket and keeps the document for later reads.
func (a *API) post(handle func(*cart.Request) (*cart.Order, error), status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			reply(w, http.StatusMethodNotAllowed, wire.Error("use POST"))
			return
		}
		request, err := decode(r)
		if err != nil {
			reply(w, http.StatusBadRequest, wire.Error(err.Error()))
			return
		}
		order, err := handle(request)
		if errors.Is(err, cart.ErrInvalid) {
			reply(w, http.StatusUnprocessableEntity, wire.Error(err.Error()))
			return
		}
		if err != nil {
			reply(w, http.StatusInternalServerError, wire.Error("try again later"))
			return
		}
		doc := wire.Order(order)
		a.docs.Put(order.ID, doc)
		reply(w, status, doc)
	}
}

func (a *API) get(handle func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			reply(w, http.StatusMethodNotAllowed, wire.Error("use GET"))
			return
		}
		handle(w, r)
	}
}

// order prefers the document as it was sent when the order was placed.
func (a *API) order(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/orders/")
	if doc, ok := a.docs.Get(id); ok {
		reply(w, http.StatusOK, doc)
		return
	}
	order, ok := a.orders.Get(id)
	if !ok {
		reply(w, http.StatusNotFound, wire.Error("no order "+id))
		return
	}
	reply(w, http.StatusOK, wire.Order(order))
}

func (a *API) categories(w http.ResponseWriter, r *http.Request) {
	region := r.URL.Query().Get("region")
	rows := report.ByCategory(a.orders.Demo(), region, len(a.products.Categories()))
	reply(w, http.StatusOK, wire.Report(rows))
}

func (a *API) search(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("q")
	if strings.TrimSpace(query) == "" {
		reply(w, http.StatusBadRequest, wire.Error("q is empty"))
		return
	}
	reply(w, http.StatusOK, wire.Products(a.products.Search(query, searchCountMax)))
}

func decode(r *http.Request) (*cart.Request, error) {
	if r.ContentLength < 1 || r.ContentLength > bodyBytesMax {
		return nil, fmt.Errorf("the body must have 1 to %d bytes and say how many", bodyBytesMax)
	}
	body := make([]byte, r.ContentLength)
	for have := 0; have < len(body); {
		n, err := r.Body.Read(body[have:])
		have += n
		if err != nil && have < len(body) {
			return nil, err
		}
	}
	request := new(cart.Request)
	if err := json.Unmarshal(body, request); err != nil {
		return nil, err
	}
	return request, nil
}

func reply(w http.ResponseWriter, status int, doc []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(doc)))
	w.WriteHeader(status)
	w.Write(doc)
}
