package main

// planted is true on the candidate's branch.
const planted = false
