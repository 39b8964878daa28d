// Frames under the collector and on stacks that move: slots that are written on one way only, pointers to slots and through them, large frames,
// arguments on the stack, deferred calls, results that recovery reads.
package main

import (
	"errors"
	"runtime"
	"strconv"
	"sync"
)

type list struct {
	next *list
	v    *int
}

//go:noinline
func mk(i int) *int { p := new(int); *p = i; return p }

//go:noinline
func churn() {
	var keep [8][]byte
	for i := 0; i < 12; i++ {
		keep[i%8] = make([]byte, 100+i)
	}
	runtime.KeepAlive(&keep)
}

// A slot that is written on one way only.
//
//go:noinline
func oneway(c bool) (r int) {
	var a [5]*int
	if c {
		for i := range a {
			a[i] = mk(i)
		}
	}
	churn()
	for _, p := range a {
		if p != nil {
			r += *p
		}
	}
	return
}

//go:noinline
func use(p **int) int { churn(); return **p }

// pointers to slots kept through growth
//
//go:noinline
func grow(n int, pp **int, l *list) int {
	var here list
	here.next = l
	here.v = *pp
	x := mk(n)
	if n == 0 {
		s := 0
		for q := &here; q != nil; q = q.next {
			s += *q.v
		}
		churn()
		return s
	}
	r := grow(n-1, &x, &here)
	**pp++
	return r + *x
}

//go:noinline
func big(i int) int {
	var buf [700]*int
	for j := range buf {
		if j%7 == i%7 {
			buf[j] = mk(j)
		}
	}
	churn()
	s := 0
	for _, p := range buf {
		if p != nil {
			s += *p
		}
	}
	return s
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k, l *int, s string, t []int, u any) int {
	churn()
	r := *a + *b + *c + *d + *e + *f + *g + *h + *i + *j + *k + *l + len(s) + len(t)
	if n, ok := u.(int); ok {
		r += n
	}
	return r
}

var errX = errors.New("x")

//go:noinline
func deferred(n int) (res *int, err error) {
	p := mk(n)
	defer func() {
		if e := recover(); e != nil {
			churn()
			res = mk(*p + 1)
			err = e.(error)
		}
	}()
	defer func() { churn(); *p += 10 }()
	if n%3 == 0 {
		panic(errX)
	}
	if n%3 == 1 {
		var m []int
		_ = m[n]
	}
	return p, nil
}

//go:noinline
func loopdefer(n int) (s string) {
	for i := 0; i < n; i++ {
		q := mk(i)
		defer func(x *int) { churn(); s += strconv.Itoa(*x + *q) + "," }(mk(i * 100))
	}
	churn()
	return "r:"
}

func seq(n int) func(func(*int) bool) {
	return func(yield func(*int) bool) {
		for i := 0; i < n; i++ {
			churn()
			if !yield(mk(i)) {
				return
			}
		}
	}
}

type pair struct {
	a, b *int
	s    string
	e    error
}

//go:noinline
func pairs(n int) pair {
	p := pair{mk(n), mk(n + 1), strconv.Itoa(n * 1000), errX}
	churn()
	q := p
	churn()
	q.a = mk(*p.a + *q.b)
	return q
}

func main() {
	t := 0
	for i := 0; i < 8; i++ {
		t += oneway(i%2 == 0)
	}
	println("oneway", t)
	x := mk(1)
	println("use", use(&x))
	println("grow", grow(500, &x, &list{nil, mk(5)}), *x)
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for g := 0; g < 12; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			y := mk(g)
			r := grow(50+g, &y, nil) + big(g)
			mu.Lock()
			sum += r
			mu.Unlock()
		}()
	}
	wg.Wait()
	println("sum", sum)
	println("many", many(mk(1), mk(2), mk(3), mk(4), mk(5), mk(6), mk(7), mk(8), mk(9), mk(10), mk(11), mk(12), "abc", []int{1, 2}, 7))
	for i := 1; i < 7; i++ {
		r, err := deferred(i)
		if err != nil {
			println(i, *r, err.Error())
		} else {
			println(i, *r, "ok")
		}
	}
	println(loopdefer(5))
	k := 0
	for p := range seq(10) {
		churn()
		if *p == 8 {
			break
		}
		k += *p
	}
	println("seq", k)
	q := pairs(3)
	churn()
	println(*q.a, *q.b, q.s, q.e.Error())
	m := map[string]*list{}
	for i := 0; i < 60; i++ {
		m[strconv.Itoa(i)] = &list{v: mk(i)}
	}
	churn()
	s := 0
	for kk, v := range m {
		n, _ := strconv.Atoi(kk)
		s += n - *v.v
	}
	println("map", len(m), s)
	ch := make(chan *pair, 3)
	go func() {
		for i := 0; i < 20; i++ {
			v := pairs(i)
			select {
			case ch <- &v:
			}
		}
		close(ch)
	}()
	c := 0
	for v := range ch {
		churn()
		c += *v.a + len(v.s)
	}
	println("chan", c)
}
