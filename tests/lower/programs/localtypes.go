package main

type pair[A, B any] struct {
	a A
	b B
}

func alias[T any](t T) int {
	type U = T
	type L struct{ u U }
	type M = []pair[U, L]
	var u U = t
	m := M{{u, L{u}}, {a: t}}
	f := func(us ...U) int { return len(us) + cap(us[:1:1]) }
	_, is := any(m).([]pair[T, L])
	if !is {
		return -1
	}
	return len(m) + f(t, u, m[0].b.u)
}

func aliased[T any](n int, ts ...T) int {
	type U = []T
	if n == 0 {
		return len(ts)
	}
	var us U = ts
	return aliased(n-1, us...) + len(U{})
}

func main() {
	println(alias(3), alias("x"), alias([3]any{}))
	println(aliased(0, 1), aliased(2, "a", "b", "c"))
}
