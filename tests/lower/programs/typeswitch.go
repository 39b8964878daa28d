package main

type T0 struct{}
type T1 int
type T2 string
type T3 []int
type T4 struct{ a, b, c, d, e, f int }
type T5 func()
type T6 map[int]int
type T7 *int
type T8 [2]int
type T9 float64

func (T1) M()      {}
func (*T4) M()     {}
func (T9) M() int  { return 9 }
func (T2) N() bool { return true }

type M interface{ M() }
type N interface{ N() bool }
type MN interface {
	M
	N
}

type both struct{ T2 }

func (both) M() {}

func many(x any) int {
	switch x := x.(type) {
	case T0:
		return 0
	case T1:
		return 100 + int(x)
	case T2:
		return 200 + len(x)
	case T3:
		return 300 + len(x)
	case T4:
		return 400 + x.f
	case T5:
		x()
		return 500
	case *T4:
		return 600 + x.e
	case T8:
		return 800 + x[1]
	case T9:
		return 900 + x.M()
	case int, uint, int8, uint8:
		if x == 3 {
			return 1003
		}
		return 1000
	case error:
		return 1100 + len(x.Error())
	case MN:
		x.M()
		if x.N() {
			return 1200
		}
	case N:
		return 1300
	case nil:
		return 1400
	case any:
		_, ok := x.(bool)
		if ok {
			return 1501
		}
		return 1500
	}
	return -1
}

func few(x M) int {
	switch x := x.(type) {
	case T1:
		return int(x)
	case *T4:
		return x.a
	case nil:
		return -2
	default:
		_ = x
		return -3
	}
}

func ifaces(x M) string {
	switch y := x.(type) {
	case N:
		if y.N() {
			return "N"
		}
	case interface{ Other() }:
		y.Other()
		return "other"
	case any:
		if y == x {
			return "any"
		}
	}
	return "nothing"
}

type bad struct{}

func (bad) Error() string { return "bad" }

func same[A, B any](x any) string {
	switch y := x.(type) {
	case A:
		_ = y
		return "A"
	case B:
		_ = y
		return "B"
	case []A:
		return "[]A"
	}
	return "none"
}

func loop(xs ...any) (n int) {
outer:
	for _, x := range xs {
		switch x.(type) {
		case int:
			continue outer
		case string:
			break
		case bool:
			break outer
		default:
			n += 100
		}
		n++
	}
	return
}

func initialised() {
	switch x, y := any(1), 2; z := x.(type) {
	case int:
		println(z + y)
	}
	switch any("s").(type) {
	}
	switch x := any("s").(type) {
	default:
		println(x.(string))
	}
}

func captured(x any) func() int {
	switch x := x.(type) {
	case int:
		return func() int { x++; return x }
	case [3]int:
		p := &x[1]
		return func() int { *p++; return x[1] }
	}
	return nil
}

func main() {
	n := 1
	for _, x := range []any{T0{}, T1(1), T2("ab"), T3{1, 2, 3}, T4{f: 4}, T5(func() {}), T6{}, T7(&n), T8{1, 2}, T9(1), &T4{e: 7}, 3, uint(3), int8(3), uint8(4), bad{}, both{}, struct{ T2 }{}, nil, true, "x", &n} {
		println(many(x))
	}
	println(few(T1(5)), few(&T4{a: 6}), few(nil), few(both{}))
	for range 3 {
		println(ifaces(both{}), ifaces(T1(1)), ifaces(nil))
	}
	println(same[int, string](1), same[int, string]("a"), same[int, int](2), same[int, string]([]int{}), same[error, any](bad{}), same[error, any](1), same[error, any](nil))
	println(loop(1, "a", 2, 2.5, "b", true, "c"))
	initialised()
	f := captured(5)
	println(f(), f())
	g := captured([3]int{1, 2, 3})
	println(g(), g(), captured("") == nil)
}
