package main

type T struct{ n int }

func (t T) Map[U any](f func(int) U) U { return f(t.n) }

type L[E any] struct{ e []E }

func (l *L[E]) Each[U any](f func(E) U) []U {
	var r []U
	for _, e := range l.e {
		r = append(r, f(e))
	}
	return r
}

type W struct{ *L[int] }

func main() {
	t := T{4}
	println(t.Map(func(i int) string { return "x" }))
	println(t.Map[int](func(i int) int { return i * 2 }))
	l := &L[int]{[]int{1, 2}}
	println(len(l.Each(func(i int) bool { return i > 1 })))
	f := t.Map[bool]
	println(f(func(i int) bool { return i > 3 }))
	g := T.Map[int8]
	println(g(t, func(i int) int8 { return int8(i) }))
	w := W{l}
	println(w.Each[int](func(i int) int { return i + 1 })[1])
}
