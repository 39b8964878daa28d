// Results of calls that are in memory, and what has to be called before they can be copied to where they are wanted.
package main

import "sync"

type H [8]byte

//go:noinline
func f(s []byte) (b H) {
	copy(b[:], s)
	return
}

type I interface{ W(p []byte) }
type T struct{ sum uint64 }

func (t *T) W(p []byte) {
	for _, x := range p {
		t.sum = t.sum*31 + uint64(x)
	}
}

//go:noinline
func g(i I, s []byte) {
	t := f(s)
	i.W(t[:])
}

type P [3]*int

//go:noinline
func h(a, b, c *int) P { return P{a, b, c} }

type X struct {
	n int
	p P
}

//go:noinline
func k(x *X, a, b, c *int) { x.p = h(a, b, c) }

func work(n int) {
	xs := []*X{}
	for i := range n {
		t := &T{}
		g(t, []byte{1, 2, 3, 4, 5, 6, 7, 8})
		if t.sum != ref {
			println("other sum", i, t.sum)
			panic(1)
		}
		a, b, c := new(int), new(int), new(int)
		*a, *b, *c = i, i+1, i+2
		x := &X{n: i}
		k(x, a, b, c)
		xs = append(xs, x)
		if *x.p[0] != i || *x.p[1] != i+1 || *x.p[2] != i+2 {
			panic(2)
		}
		if len(xs) > 30 {
			for _, x := range xs {
				if *x.p[0] != x.n || *x.p[2] != x.n+2 {
					panic(3)
				}
			}
			xs = nil
		}
	}
}

var ref uint64

func main() {
	t := &T{}
	for i := range 8 {
		t.W([]byte{byte(i + 1)})
	}
	ref = t.sum
	var w sync.WaitGroup
	for range 3 {
		w.Add(1)
		go func() { work(100); w.Done() }()
	}
	w.Wait()
	println("ok")
}
