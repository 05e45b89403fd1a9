package main

// spareBytes is what each request allocates besides; a planted change makes it more.
const spareBytes = 512

// maxStreams is how many requests of HTTP/2 a connection may carry at a time; another change makes it less.
const maxStreams = 100
