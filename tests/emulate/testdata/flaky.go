// Fails under some interleavings: two goroutines count without a lock, and a step of one may fall within a step of the other.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

//go:noinline
func next(value int) int { return value + 1 }

func main() {
	runtime.GOMAXPROCS(2)
	var group sync.WaitGroup
	counter := 0
	for range 2 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 5_000 {
				counter = next(counter)
			}
		}()
	}
	group.Wait()
	if counter != 10_000 {
		fmt.Println("lost", 10_000-counter)
		os.Exit(3)
	}
}
