// Goroutines handing values over through channels.
package main

import "fmt"

func main() {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		close(pong)
	}()
	value := 0
	for range 100_000 {
		ping <- value
		value = <-pong
	}
	close(ping)
	fmt.Println(value)
}
