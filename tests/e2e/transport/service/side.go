package main

// spareBytes is what each request allocates besides; a planted change makes it more.
const spareBytes = 512
