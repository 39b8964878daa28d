package main

type thing struct{ n int }

func (t thing) show(s string)     { println("show", t.n, s) }
func (t *thing) change(by int)    { t.n += by; println("change", t.n) }
func (t *thing) done() (int, int) { println("done", t.n); return t.n, 0 }

type shower interface{ show(string) }

func order() {
	for i := range 3 {
		defer println("deferred", i)
	}
	x := 1
	defer println("x", x)
	x = 2
	t := thing{5}
	defer t.show("value")
	defer t.change(1)
	defer t.done()
	var s shower = t
	defer s.show("interface")
	f := func(a, b int) { println("f", a, b, x) }
	defer f(x, 3)
	f = nil
	t.n = 9
}

func named() (r int, err string) {
	defer func() {
		if e := recover(); e != nil {
			err = e.(string)
			r *= 2
		}
	}()
	r = 21
	panic("oops")
}

func unnamed() int {
	defer func() { recover() }()
	panic(1)
}

func changed() (r int) {
	defer func() { r++ }()
	return 41
}

type big struct{ a, b, c, d, e, f int }

func large() (b big) {
	defer func() {
		recover()
		b.f = 6
	}()
	b = big{a: 1, b: 2}
	if b.a == 1 {
		panic("large")
	}
	return big{}
}

func several() (a int, b string, c float64) {
	defer func() { recover() }()
	a, b, c = 1, "b", 2.5
	var p *int
	*p = 1
	return 9, "z", 0
}

func nested() {
	defer func() {
		println("outer", recover().(string))
	}()
	defer func() {
		defer func() {
			println("inner", recover().(string))
		}()
		panic("second")
	}()
	panic("first")
}

func replaced() {
	defer func() { println(recover().(int)) }()
	defer func() { panic(2) }()
	panic(1)
}

func helper() any { return recover() }

func notDirect() {
	defer func() {
		println("direct", recover() != nil)
	}()
	defer func() {
		println("helper", helper() != nil)
	}()
	defer recover()
	panic("x")
}

func helped() {
	defer helper()
	panic("helped")
}

func conditional(n int) (s string) {
	if n > 1 {
		defer func() { s += "a" }()
	}
	if n > 2 {
		defer func() { s += "b" }()
	}
	if n == 0 {
		return "none"
	}
	return "some"
}

func loops() (n int) {
	for i := 0; i < 4; i++ {
		defer func() { n += i }()
		if i == 2 {
			return 100
		}
	}
	return 0
}

func builtins() {
	m := map[int]int{1: 1, 2: 2}
	func() {
		defer delete(m, 1)
		println(len(m))
	}()
	println(len(m))
	s := []int{1, 2, 3}
	func() {
		defer copy(s, []int{7, 8})
		defer clear(s)
	}()
	println(s[0], s[1], s[2])
	func() {
		defer func() { println(recover().(string)) }()
		defer panic("deferred")
	}()
}

func gotos() (n int) {
	i := 0
again:
	defer func() { n++ }()
	i++
	if i < 3 {
		goto again
	}
	return 10
}

func closures() []func() int {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i += 10; return i })
	}
	return fs
}

func main() {
	order()
	println(named())
	println(unnamed())
	println(changed())
	b := large()
	println(b.a, b.b, b.f)
	a, s, c := several()
	println(a, s, int(c*10))
	nested()
	replaced()
	notDirect()
	helped()
	println(conditional(0), conditional(2), conditional(3))
	println(loops())
	builtins()
	println(gotos())
	for _, f := range closures() {
		println(f(), f())
	}
}
