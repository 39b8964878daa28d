// Calls: defers, closures, interfaces, method values, recursion.
package main

import "fmt"

type shape interface{ area() int }
type square struct{ side int }
type rect struct{ w, h int }

func (s square) area() int { return s.side * s.side }
func (r *rect) area() int  { return r.w * r.h }

type lock struct{ held, count int }

func (l *lock) lock()   { l.held++ }
func (l *lock) unlock() { l.held--; l.count++ }

func guarded(l *lock, f func(int) int, v int) int {
	l.lock()
	defer l.unlock()
	return f(v)
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	defer report()
	var l lock
	total := 0
	shapes := []shape{square{3}, &rect{2, 5}, square{4}, &rect{1, 9}}
	for i := range 20_000_000 {
		total += guarded(&l, func(v int) int { return v + total&1 }, i)
		total += shapes[i%4].area()
	}
	fmt.Println(total, l.count, fib(38))
}
