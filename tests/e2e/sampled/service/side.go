package main

const items = 40
