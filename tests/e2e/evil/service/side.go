package main

// The evil side of every row is this file with true.
const evil = false
