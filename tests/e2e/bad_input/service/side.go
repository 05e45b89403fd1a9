package main

// The candidate of every row is this file with true.
const evil = false
