// What tracebacks tell: frames, arguments, inlined calls, lines; in the end of a panic that nobody recovers.
package main

import (
	"runtime"
	"strings"
)

type T struct{ a, b int }
type S struct {
	x T
	y string
	z [2]int16
}

//go:noinline
func leaf(n int) {
	buf := make([]byte, 10000)
	buf = buf[:runtime.Stack(buf, false)]
	for _, l := range strings.Split(string(buf), "\n") {
		if i := strings.Index(l, " +0x"); i >= 0 {
			l = l[:i]
		}
		println(l)
	}
	if n < 0 {
		println(n)
	}
}

//go:noinline
func a1(a, b, c, d, e int) int {
	leaf(a)
	return a + b + c + d + e
}

//go:noinline
func a2(s string, t []int, u any, f float64, g float32, b bool, i8 int8) int {
	r := a1(1, 2, 3, 4, 5)
	if b {
		r += len(s) + len(t) + int(f) + int(g) + int(i8)
	}
	_, ok := u.(int)
	if ok {
		r++
	}
	return r + len(t) + len(s)
}

//go:noinline
func (t *T) m(x int, y S) int {
	return a2("abc", []int{1}, 5, 2.5, 1.5, true, 3) + t.a + x + y.x.a + len(y.y) + int(y.z[1])
}

type I interface{ m(int, S) int }

type E struct{ *T }
type EI struct{ I }

func clo(i I) func() int {
	k := 7
	return func() int {
		k++
		return i.m(k, S{T{1, 2}, "q", [2]int16{4, 5}})
	}
}

//go:noinline
func call(f func() int) int { return f() }

func init() { call(clo(&T{5, 6})) }

//go:noinline
func gen[X any]() (x X) {
	call(clo(E{&T{7, 8}}))
	return x
}

func small(n int) int {
	if n > 2 {
		leaf(n)
	}
	return n
}

//go:noinline
func inlined() { small(small(three) + 1) }

var three = 3
var nothing *T

// A load that is part of the comparison that is part of the branch.
func holds(t *T, n int) bool {
	if n > 2 &&
		t.a == n {
		return n > 5
	}
	return true
}

var shut = make(chan int)

func refused() {
	select {
	case shut <- 1:
	}
}

func refusedAtOnce() {
	defer refused()
	select {
	default:
	case shut <- 1:
	}
}

func main() {
	defer func() {
		close(shut)
		defer refusedAtOnce()
		e := recover()
		leaf(0)
		println(e.(error).Error())
		if holds(nothing, three) {
			var m map[string]int
			m["a"] = 1
		}
	}()
	gen[int]()
	gen[string]()
	inlined()
	call(clo(&EI{}))
}
