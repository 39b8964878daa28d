package main

type Shape interface {
	Area() int
	Name() string
}

type Namer interface{ Name() string }

type Square struct{ side int }

func (s Square) Area() int    { return s.side * s.side }
func (s Square) Name() string { return "square" }

type Rect struct {
	a, b, c, d, e int
}

func (r *Rect) Area() int    { return r.a * r.b }
func (r *Rect) Name() string { return "rect" }
func (r Rect) Sum() int      { return r.a + r.b + r.c + r.d + r.e }

type Big struct {
	Rect
	name string
	tail [5]int
}

func (b Big) Name() string { return b.name }

type Ptr struct{ *Square }

type Deep struct {
	Namer
	n int
}

type Int int

func (i Int) Name() string { return "int" }
func (i Int) Area() int    { return int(i) }

type Func func() string

func (f Func) Name() string { return f() }

type empty struct{}

func (empty) Name() string { return "empty" }

func describe(s Shape) { println(s.Name(), s.Area()) }

func what(x any) {
	switch v := x.(type) {
	case nil:
		println("nil", v == nil)
	case int:
		println("int", v+1)
	case uint8, uint16:
		println("small", v == uint8(3))
	case string:
		println("string", len(v), v)
	case []int:
		println("slice", len(v), cap(v))
	case Big:
		println("big", v.name, v.tail[4], v.Area(), v.Sum())
	case *Rect:
		println("*rect", v.a)
	case error:
		println("error", v.Error())
	case Shape:
		println("shape", v.Name(), v.Area())
	case interface{ Name() string }:
		println("namer", v.Name())
	case func() int:
		println("func", v())
	case bool:
		println("bool", v)
	case float64:
		println("float", v == 2.5)
	case [3]int:
		println("array", v[0], v[1], v[2])
	default:
		println("other")
	}
}

type failure struct{ code int }

func (f *failure) Error() string { return "failure" }

func fail(code int) error {
	if code == 0 {
		return nil
	}
	return &failure{code}
}

func variadic(prefix string, args ...any) int {
	n := 0
	for _, a := range args {
		switch v := a.(type) {
		case int:
			n += v
		case string:
			n += len(v)
		}
	}
	println(prefix, len(args), n)
	return n
}

func asserts(x any) {
	i, ok := x.(int)
	println(i, ok)
	s, ok := x.(string)
	println(s, ok)
	a, ok := x.([3]int)
	println(a[1], ok)
	n, ok := x.(Namer)
	println(n == nil, ok)
	if ok {
		println(n.Name())
	}
	e, ok := x.(interface{})
	println(e == x, ok)
	_, ok = x.(Shape)
	println(ok)
}

type abc interface {
	ab
	bc
}
type ab interface{ a(); b() }
type bc interface{ b(); c() }
type letters struct{ n int }

func (l *letters) a() { l.n = l.n*10 + 1 }
func (l *letters) b() { l.n = l.n*10 + 2 }
func (l *letters) c() { l.n = l.n*10 + 3 }

type held struct{ abc }

func bound[T abc](x T) []func() { return []func(){x.a, x.b, x.c} }

// Methods of interfaces that the static type embeds, as values.
func embedded() {
	l := &letters{}
	var x abc = l
	for _, f := range append(bound[abc](x), x.a, x.b, x.c, held{x}.c, (&held{x}).b, interface{ bc }(x).c) {
		f()
	}
	println(l.n)
}

func main() {
	embedded()
	describe(Square{3})
	describe(&Square{4})
	describe(&Rect{a: 2, b: 5})
	b := Big{Rect{1, 2, 3, 4, 5}, "big", [5]int{9, 8, 7, 6, 5}}
	describe(&b)
	describe(Ptr{&Square{7}})
	describe(&Ptr{&Square{8}})
	describe(Int(12))
	d := Deep{Func(func() string { return "deep" }), 3}
	println(d.Name(), d.Namer.Name())
	var n Namer = d
	println(n.Name())
	n = &d
	println(n.Name())
	n = empty{}
	println(n.Name())
	var s Shape = &b
	n = s
	println(n.Name())
	for _, x := range []any{nil, 5, uint8(3), uint16(3), "abc", []int{1, 2}, b, &b.Rect, fail(3), Square{2}, d, func() int { return 6 }, true, 2.5, [3]int{1, 2, 3}, int8(4)} {
		what(x)
	}
	asserts(7)
	asserts("xyz")
	asserts([3]int{4, 5, 6})
	asserts(Int(5))
	asserts(nil)
	variadic("none")
	variadic("some", 1, "two", 3.0, nil, 40)
	variadic("given", []any{1, 2}...)
	println(fail(0) == nil, fail(1) == nil, fail(1) != nil)
	var err error = fail(2)
	if f, ok := err.(*failure); ok {
		println(f.code)
	}
	e1, e2 := fail(1), fail(1)
	println(e1 == e2, e1 == e1)
	methods()
	comparisons()
	constants()
}

func methods() {
	sq := Square{5}
	f := sq.Area
	sq.side = 6
	println(f(), sq.Area())
	r := &Rect{a: 3, b: 4, c: 5}
	g := r.Area
	h := r.Sum
	r.a = 10
	println(g(), h())
	var s Shape = sq
	k := s.Name
	println(k())
	m := Square.Area
	println(m(Square{9}))
	p := (*Square).Area
	println(p(&Square{10}))
	q := (*Rect).Area
	println(q(r))
	i := Shape.Area
	println(i(Square{11}))
	b := Big{Rect: Rect{6, 7, 8, 9, 10}}
	j := b.Area
	b.a = 100
	println(j(), (*Big).Sum(&b), Big.Sum(b))
	println((Square).Area(Square{12}), Shape.Name(r))
	l := Ptr{&sq}.Area
	sq.side = 1
	println(l())
	t := Ptr.Area
	println(t(Ptr{&sq}))
}

type pair struct {
	a any
	s string
	f float64
	_ int
	b byte
}

type words struct {
	a, b, c, d, e, g int
	h                byte
	i                byte
}

func comparisons() {
	var x, y any = 1, 1
	println(x == y, x != y, x == 1, x == 2, x == "1", 1 == y)
	x, y = "ab", "a"+"b"
	println(x == y, x == "ab")
	x, y = pair{1, "x", 1.5, 7, 2}, pair{1, "x", 1.5, 7, 2}
	println(x == y, x == pair{1, "x", 1.5, 7, 3})
	p, q := pair{1, "x", 1.5, 7, 2}, pair{1, "x", 1.5, 8, 2}
	println(p == q)
	q.s = "z"
	q.a = []int{1}
	println(p == q)
	v, w := words{1, 2, 3, 4, 5, 6, 7, 8}, words{1, 2, 3, 4, 5, 6, 7, 8}
	println(v == w)
	w.i = 9
	println(v == w)
	a, b := [5]string{"a", "b", "c", "d", "e"}, [5]string{"a", "b", "c", "d", "e"}
	println(a == b)
	b[4] = "f"
	println(a == b, a != b)
	c, d := [3]int{1, 2, 3}, [3]int{1, 2, 3}
	println(c == d)
	var e error
	var any1 any = e
	println(any1 == nil, e == any1)
	var s Shape = Square{3}
	var n Namer = Square{3}
	println(s == n, s == Square{3}, s == any(Square{4}))
	z, u := complex(1, 2), complex(1, 3)
	println(z == u, z == complex(1, 2))
	f1, f2 := [2]float64{1, 2}, [2]float64{1, 2}
	println(f1 == f2)
	var ch1, ch2 chan int
	println(ch1 == ch2, ch1 == nil)
	switch x {
	case 1:
		println("one")
	case p:
		println("pair")
	}
	type blank struct {
		_ int
		x int32
	}
	println(blank{1, 2} == blank{3, 2})
	var no1, no2 [0]func()
	_, _ = no1, no2
}

func constants() {
	for _, s := range []string{"", "a", "ab", "abc", "abcdefgh", "abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq", "b"} {
		println(s == "", s == "a", "abc" == s, s == "abcdefgh", s != "abcdefghijklmnop", s == "abcdefghijklmnopq")
	}
	args := []any{1, -5, "s", 2.5, 'x', true, uint8(200), int8(-3), 1 << 40, float32(1), complex(1, 2), ""}
	n := 0
	for _, a := range args {
		switch a := a.(type) {
		case int:
			n += a
		case string:
			n += len(a)
		case uint8:
			n += int(a)
		case int8:
			n += int(a)
		case rune:
			n += int(a)
		case complex128:
			n += int(real(a)) + int(imag(a))
		}
	}
	println(n)
	var small any = byte(n)
	println(small.(byte))
	i := int8(n)
	small = i
	println(small.(int8))
}
