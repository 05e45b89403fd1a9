package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"example.com/orders/cache"
	"example.com/orders/cart"
	"example.com/orders/catalog"
	"example.com/orders/price"
	"example.com/orders/store"
)

func newTestAPI(t *testing.T) *API {
	products := catalog.Demo()
	orders := store.New(8)
	carts := cart.NewService(products, price.NewBook(price.DefaultRules()), orders)
	if err := carts.LoadDemo(80); err != nil {
		t.Fatal(err)
	}
	return New(products, carts, orders, cache.New(8))
}

func send(a *API, method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	return recorder
}

func TestAPlacedOrderCanBeReadAgain(t *testing.T) {
	a := newTestAPI(t)
	placed := send(a, "POST", "/orders", `{"id":"x","items":[{"sku":"SKU-100","units":2}]}`)
	if placed.Code != http.StatusCreated {
		t.Fatalf("have %d: %s", placed.Code, placed.Body)
	}
	read := send(a, "GET", "/orders/x", "")
	if read.Code != http.StatusOK || !bytes.Equal(read.Body.Bytes(), placed.Body.Bytes()) {
		t.Errorf("have %d: %s", read.Code, read.Body)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	a := newTestAPI(t)
	cases := []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/orders", "", 405},
		{"POST", "/search?q=a", "{}", 405},
		{"POST", "/orders", "", 400},
		{"POST", "/orders", "{", 400},
		{"POST", "/orders", `{"id":"x","items":[]}`, 422},
		{"GET", "/search?q=", "", 400},
		{"GET", "/nothing", "", 404},
	}
	for _, c := range cases {
		if have := send(a, c.method, c.path, c.body); have.Code != c.want {
			t.Errorf("%s %s: have %d, want %d", c.method, c.path, have.Code, c.want)
		}
	}
}

// The load that the gate drives must stay valid: a status that is not
// expected voids a run.
func TestTheRequestFileGetsWhatItExpects(t *testing.T) {
	file, err := os.Open("../load/orders.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a := newTestAPI(t)
	lines := bufio.NewScanner(file)
	for k := 0; lines.Scan(); k++ {
		var request struct {
			Method, Path, Body string
			Expect             []int
		}
		text := strings.ReplaceAll(lines.Text(), "{k}", strconv.Itoa(k))
		if err := json.Unmarshal([]byte(text), &request); err != nil {
			t.Fatalf("line %d: %v", k+1, err)
		}
		have := send(a, request.Method, request.Path, request.Body)
		if len(request.Expect) != 1 || have.Code != request.Expect[0] {
			t.Errorf("line %d: have %d, want %v: %s", k+1, have.Code, request.Expect, have.Body)
		}
		if !json.Valid(have.Body.Bytes()) {
			t.Errorf("line %d: not JSON: %s", k+1, have.Body)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}
