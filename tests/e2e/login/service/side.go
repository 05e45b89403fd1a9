package main

import (
	"encoding/json"
	"net/http"
)

func answer(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: session, HttpOnly: true})
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"data": []any{map[string]any{"token": token, "tenant": tenant}}})
}
