// Goroutines that race for channels: the order in which they get there is the scheduler's.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

func main() {
	runtime.GOMAXPROCS(4)
	ch := make(chan string)
	var group sync.WaitGroup
	for worker := range 6 {
		group.Add(1)
		go func() {
			defer group.Done()
			total := 0
			for i := range 3 {
				for j := range 20000 {
					total += j * i
				}
				ch <- fmt.Sprintf("%c%d", 'a'+worker, i)
			}
		}()
	}
	go func() { group.Wait(); close(ch) }()
	var order []string
	for item := range ch {
		order = append(order, item)
	}
	fmt.Println(strings.Join(order, " "))
}
