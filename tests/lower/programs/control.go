package main

func classify(n int) string {
	switch {
	case n < 0:
		return "negative"
	case n == 0:
		return "zero"
	}
	switch n % 5 {
	case 0, 1:
		return "low"
	case 2:
		fallthrough
	case 3:
		return "middle"
	default:
		return "high"
	}
}

func find(grid [][]int, want int) (int, int) {
outer:
	for i, row := range grid {
		for j, v := range row {
			switch {
			case v == want:
				return i, j
			case v > want:
				continue outer
			case v < 0:
				break outer
			}
		}
	}
	return -1, -1
}

func jump(n int) int {
	i, s := 0, 0
again:
	if i < n {
		s += i
		i++
		goto again
	}
	return s
}

func counter() func() int {
	n := 0
	return func() int {
		n++
		return n
	}
}

func apply(f func(int) int, xs ...int) []int {
	var out []int
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func named(a int) (q, r int) {
	defer2 := func(x int) { q += x }
	q, r = a/3, a%3
	defer2(100)
	return
}

type number interface{ ~int | ~float64 }

func mapped[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func largest[T number](xs ...T) T {
	best := xs[0]
	for _, x := range xs[1:] {
		if x > best {
			best = x
		}
	}
	return best
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) { s.items = append(s.items, x) }

func (s *stack[T]) pop() T {
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x
}

func falls(i int) (r string) {
	switch i {
	case 0:
		goto last
	last:
		fallthrough
	case 1:
		r += "1"
	again:
		if len(r) < 4 {
			r += "."
			goto again
		}
		fallthrough
	default:
		r += "d"
	case 3:
	}
	return r
}

func nowhere(i int) int {
	var a [0][5]int
	var s struct {
		n int
		b [0]string
	}
	if i == 0 {
		return s.n
	}
	a[i][1]++
	s.b[i] += "x"
	return a[i][2]
}

func main() {
_:
_:
	println(falls(0), falls(1), falls(2), falls(3), nowhere(0))
	for n := -1; n < 6; n++ {
		print(classify(n), " ")
	}
	println()
	i, j := find([][]int{{1, 2, 9}, {3, 4, 5}, {-1}}, 4)
	println(i, j, jump(10))
	c, d := counter(), counter()
	c()
	c()
	println(c(), d())
	k := 10
	for _, x := range apply(func(x int) int { k += x; return x * k }, 1, 2, 3) {
		print(x, " ")
	}
	println(k, fib(15))
	println(named(17))
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		print(f(), f(), " ")
	}
	println()
	for _, s := range mapped([]int{1, 2, 3}, func(x int) string { return "abcdef"[x : x+2] }) {
		print(s, " ")
	}
	println(largest(3, 9, 2), largest(1.5, 0.5) == 1.5)
	var s stack[string]
	s.push("a")
	s.push("b")
	println(s.pop(), s.pop(), len(s.items))
	x := 1
	{
		x := 2
		x++
	}
	if y := x + 1; y > 1 {
		println(x, y)
	} else if y > 0 {
		println("no")
	}
	for x < 100 {
		x *= 3
		if x > 50 {
			break
		}
	}
	println(x)
}
