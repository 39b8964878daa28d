// Goroutines handing values over through channels, with select.
package main

import "fmt"

func main() {
	defer report()
	ping, pong, quit := make(chan int), make(chan int), make(chan bool)
	go func() {
		for {
			select {
			case v := <-ping:
				pong <- v + 1
			case <-quit:
				close(pong)
				return
			}
		}
	}()
	value := 0
	for range 800_000 {
		ping <- value
		value = <-pong
	}
	close(quit)
	<-pong
	buffered := make(chan int, 64)
	go func() {
		for i := range 3_000_000 {
			buffered <- i
		}
		close(buffered)
	}()
	for v := range buffered {
		value += v & 1
	}
	fmt.Println(value)
}
