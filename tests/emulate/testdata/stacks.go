// Stacks to be compared with what the runtime prints of them: inlined calls, type parameters, callbacks, waiting goroutines.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

type box[P any] struct{ v P }

func (t *box[P]) Method(depth int) int { return outer(depth) }

//go:noinline
func deep(n int) int {
	if n == 0 {
		return leafInlined(n)
	}
	return deep(n-1) + 1
}

func leafInlined(n int) int { return midInlined(n) + 1 }

func midInlined(n int) int { return boom(n) }

var sink []int

func boom(n int) int {
	return sink[n+5]
}

//go:noinline
func outer(depth int) int {
	r := 0
	sort.Slice([]int{1, 2}, func(i, j int) bool {
		r += deep(depth)
		return false
	})
	return r
}

func waiter(mu *sync.Mutex, ch chan int) {
	mu.Lock()
	<-ch
}

var counter int

//go:noinline
func spinInner() { counter++ }

//go:noinline
func spin() {
	for {
		spinInner()
	}
}

//go:noinline
func badCall(f func()) { f() }

func main() {
	mode := os.Args[1]
	var mu sync.Mutex
	mu.Lock()
	ch := make(chan int)
	for range 3 {
		go waiter(&mu, ch)
	}
	go func() { time.Sleep(time.Hour) }()
	go func() { <-ch }()
	time.Sleep(time.Millisecond)
	t := &box[string]{strings.Repeat("x", 3)}
	switch mode {
	case "panic":
		fmt.Println(t.Method(4))
	case "long":
		fmt.Println(t.Method(400))
	case "again":
		defer func() { panic("again") }()
		panic(fmt.Sprint("x", mode))
	case "nil":
		var p *box[int]
		p.v++
	case "throw":
		m := map[int]int{}
		for i := range 1000 {
			m[i] = i
		}
		go func() {
			for {
				m[1]++
			}
		}()
		for {
			m[2]++
		}
	case "lock":
		mu.Unlock()
		mu.Lock()
		mu.Unlock()
		mu.Unlock()
	case "spin":
		spin()
	case "read":
		os.Stdin.Read(make([]byte, 10))
	case "wait":
		var ends [2]int
		syscall.Pipe(ends[:])
		syscall.Read(ends[0], make([]byte, 1))
	case "call":
		_, _, err := syscall.Syscall(9999, 1, 2, 3)
		fmt.Println(err)
	}
}
