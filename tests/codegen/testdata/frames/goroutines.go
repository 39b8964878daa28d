package main

import (
	"runtime"
	"strconv"
	"sync"
)

type message struct {
	id   int
	text string
	data [6]int
}

func produce(n int, out chan<- message, wg *sync.WaitGroup) {
	defer wg.Done()
	for i := range n {
		out <- message{id: i, text: "m" + strconv.Itoa(i), data: [6]int{i, i * 2, 5: i * 3}}
	}
}

func pingPong() {
	a, b := make(chan int), make(chan int)
	go func() {
		for x := range a {
			b <- x + 1
		}
		close(b)
	}()
	s := 0
	for i := range 300 {
		a <- i
		s += <-b
	}
	close(a)
	_, ok := <-b
	println(s, ok)
}

func selects() {
	a, b := make(chan int, 1), make(chan string, 1)
	done := make(chan struct{})
	go func() {
		for i := range 10 {
			if i%2 == 0 {
				a <- i
			} else {
				b <- "s" + strconv.Itoa(i)
			}
			runtime.Gosched()
		}
		close(done)
	}()
	n, m := 0, 0
loop:
	for {
		select {
		case x := <-a:
			n += x
		case s, ok := <-b:
			if !ok {
				break
			}
			m += len(s)
		case <-done:
			break loop
		}
	}
	for {
		select {
		case x := <-a:
			n += x
			continue
		case s := <-b:
			m += len(s)
			continue
		default:
		}
		break
	}
	println(n, m)
	var none chan int
	select {
	case none <- 1:
		println("never")
	case <-none:
		println("never")
	default:
		println("default")
	}
	array, i := [3]int{}, 1
	c := make(chan int, 3)
	c <- 7
	c <- 8
	var ok bool
	select {
	case array[i], ok = <-c:
	}
	i = 2
	select {
	case array[i] = <-c:
	default:
	}
	table := map[string]int{}
	c <- 3
	select {
	case table["x"] = <-c:
	case <-none:
	}
	println(array[0], array[1], array[2], ok, table["x"], len(c), cap(c))
	told := func(s string, v int) int { println(s); return v }
	select {
	case c <- told("first", 9):
	case none <- told("second", 9):
	}
	println(<-c)
}

func sieve(n int) {
	numbers := make(chan int)
	go func() {
		for i := 2; ; i++ {
			numbers <- i
		}
	}()
	for range n {
		prime := <-numbers
		print(prime, " ")
		rest := make(chan int)
		go func(in <-chan int, out chan<- int, prime int) {
			for {
				if i := <-in; i%prime != 0 {
					out <- i
				}
			}
		}(numbers, rest, prime)
		numbers = rest
	}
	println()
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add(k int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += k
}

type adder interface{ add(int) }

type big struct {
	p    *int
	rest [30]int
}

func statements() {
	var wg sync.WaitGroup
	c := &counter{}
	for i := range 100 {
		wg.Add(1)
		go func() { defer wg.Done(); c.add(i) }()
	}
	wg.Wait()
	closed := make(chan bool)
	var a adder = c
	func() {
		defer a.add(5)
		go close(closed)
		<-closed
	}()
	add := c.add
	result := make(chan int)
	go func(b big, more ...string) {
		add(len(more))
		result <- *b.p + b.rest[29]
	}(big{&c.n, [30]int{29: 1000}}, "a", "b")
	println(<-result, c.n)
	ended := make(chan string)
	go func() {
		defer func() { ended <- "recovered " + strconv.FormatBool(recover() != nil) }()
		runtime.Goexit()
	}()
	println(<-ended)
	go func() {
		defer func() { ended <- recover().(error).Error() }()
		close(closed)
	}()
	println(<-ended)
}

func main() {
	out := make(chan message, 4)
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go produce(50, out, &wg)
	}
	go func() { wg.Wait(); close(out) }()
	sum, count := 0, 0
	for m := range out {
		sum += m.data[5] + len(m.text)
		count++
	}
	println(sum, count)
	pingPong()
	selects()
	sieve(15)
	statements()
}
