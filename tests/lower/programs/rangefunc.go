package main

func seq(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func find(n, want int) (int, bool) {
	for x := range seq(n) {
		for y := range seq(n) {
			if x*y == want {
				return x, true
			}
		}
	}
	return -1, false
}

func labels() {
outer:
	for i := 0; i < 3; i++ {
	mid:
		for x := range seq(5) {
			for y := range seq(5) {
				if y == 2 {
					continue mid
				}
				if x == 3 {
					continue outer
				}
				if i == 2 {
					break outer
				}
				if x == 2 && i == 1 {
					break mid
				}
				println(i, x, y)
			}
		}
		println("end", i)
	}
}

func gotos() {
	n := 0
again:
	for x := range seq(4) {
		n++
		if x == 2 && n < 8 {
			goto again
		}
	}
	println(n)
}

func sum() (s int) {
	for x := range seq(10) {
		if x == 7 {
			break
		}
		if x%2 == 1 {
			continue
		}
		s += x
	}
	for range seq(3) {
		s++
	}
	return
}

type pair struct{ a, b, c, d, e int }

func two(yield func(string, pair) bool) {
	_ = yield("a", pair{1, 2, 3, 4, 5}) && yield("b", pair{e: 9})
}

func early() pair {
	for k, v := range two {
		if k == "b" {
			return v
		}
	}
	return pair{}
}

func fns() {
	var fs []func() int
	for x := range seq(3) {
		fs = append(fs, func() int { x *= 10; return x })
	}
	for _, f := range fs {
		println(f(), f())
	}
	var i int
	for i = range seq(4) {
	}
	println(i)
}

func deferred() (r int) {
	for x := range seq(3) {
		defer func() { r = r*10 + x }()
	}
	return 0
}

func unmentioned(n int) (r int, s string) {
	for x := range seq(n) {
		if x == 2 {
			r := 7
			return x + r, "found"
		}
	}
	return
}

func recovered() (r string) {
	defer func() { recover() }()
	for range seq(3) {
		r := "x"
		defer panic(r)
		return "returned"
	}
	return "never"
}

// What is assigned is assigned one by one, and before the loop knows that it is over.
func assigned() {
	var a [3]int
	i := 0
	pairs := func(yield func(int, int) bool) { _ = yield(1, 10) && yield(2, 20) && yield(0, 30) }
	for i, a[i] = range pairs {
	}
	println(i, a[0], a[1], a[2])
	func() {
		defer func() { println(recover() != nil) }()
		for i = range func(yield func(int) bool) { yield(4); yield(5) } {
			break
		}
	}()
	println(i)
}

func main() {
	assigned()
	println(unmentioned(1))
	println(unmentioned(5))
	println(recovered())
	println(find(10, 35))
	println(find(4, 35))
	labels()
	gotos()
	println(sum())
	p := early()
	println(p.a, p.e)
	fns()
	println(deferred())
}
