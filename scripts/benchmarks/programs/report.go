package main

import "runtime"

// report says on stderr how many objects were allocated.
func report() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	println("mallocs", m.Mallocs)
}
