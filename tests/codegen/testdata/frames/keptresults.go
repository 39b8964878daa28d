// Results of calls that are in memory, and go into objects of the heap while the collector marks: the barrier is a call as well.
package main

import (
	"runtime"
	"sync/atomic"
)

type event struct {
	p [3]*int
	n [4]int
}

//go:noinline
func read(a, b, c *int, i int) (event, bool) {
	return event{[3]*int{a, b, c}, [4]int{i, i + 1, i + 2, i + 3}}, i >= 0
}

//go:noinline
func two(a *int, i int) (x, y event) {
	x, _ = read(a, a, a, i)
	y, _ = read(a, a, a, -i)
	return
}

var kept [64]*event

//go:noinline
func keep(e *event, i int) {
	kept[i%len(kept)] = e
}

func (e *event) check(p *int, i int) {
	if e.p != [3]*int{p, p, p} || e.n != [4]int{i, i + 1, i + 2, i + 3} {
		println("lost", i, e.n[0], e.n[1], e.n[2], e.n[3], e.p[0] == p, e.p[1] == p, e.p[2] == p)
		panic("lost")
	}
}

func work(n int) {
	p := new(int)
	fields := new(struct{ a, b event })
	for i := 1; i < n; i++ {
		e, ok := read(p, p, p, i)
		if !ok {
			break
		}
		keep(&e, i)
		e.check(p, i)
		x, y := two(p, i)
		keep(&x, i+20)
		keep(&y, i+40)
		x.check(p, i)
		y.check(p, -i)
		fields.a, fields.b = two(p, i)
		fields.a.check(p, i)
		fields.b.check(p, -i)
		q := read2(p, i)
		keep(q, i+50)
		q.check(p, i)
	}
}

//go:noinline
func wrapped(p *int, i int) struct {
	n int
	e event
} {
	e, _ := read(p, p, p, i)
	return struct {
		n int
		e event
	}{i, e}
}

//go:noinline
func read2(p *int, i int) *event {
	e := wrapped(p, i).e
	return &e
}

var cycles atomic.Int32

func main() {
	stop, done := make(chan bool), make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				done <- true
				return
			default:
				runtime.GC()
				cycles.Add(1)
			}
		}
	}()
	// By collections, not by rounds: where the world stops, each round makes some of its own.
	for i := 0; cycles.Load() < 60 || i < 8; i++ {
		work(10)
	}
	stop <- true
	<-done
	println("ok")
}
