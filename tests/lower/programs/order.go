package main

var trace string

func t(name string, v int) int { trace += name + " "; return v }

func show(what string) { println(what, trace); trace = "" }

func next(p *int) int { *p++; return *p }

type pair struct{ a, b int }

func (p pair) sum(x int) int { return p.a + p.b + x }

var global = 1

func bump() int { global *= 2; return global }

func main() {
	a := []int{1, 2, 3}
	i := 0
	i, a[i] = 1, 9
	println(i, a[0])
	a[t("i", 0)], a[t("j", 1)] = t("x", 5), t("y", 6)
	show("assign")
	x := 1
	arr := [3]int{x, next(&x), x}
	println(arr[0], arr[1], arr[2])
	y := 1
	f := func() int { y *= 2; return y }
	println(y+f()+y, y-(y+f()))
	p := pair{y, f()}
	println(p.a, p.b)
	println(global+bump(), global+(bump()-global))
	global += bump()
	println(global)
	a[y-y] = next(&a[0])
	k := 0
	at := func() int { k++; return k }
	a[k] = at()
	println(a[0], a[1], a[2])
	q := &p
	change := func() int { q = &pair{100, 200}; return 1 }
	println(q.sum(change()), q.a)
	ok := t("l", 0) == 1 && t("r", 0) == 0 || t("o", 1) == 1
	println(ok)
	show("logic")
	big := [5]int{1, 2, 3}
	first := func(v [5]int, _ int) int { return v[0] }
	println(first(big, func() int { big[0] = 7; return 0 }()))
	println(a[:k+1][at()-1], a[k-2])
	s := "x"
	g := func() string { s = "y"; return "g" }
	println(s + g() + s)
	atOnce()
	bounds()
	places()
	within()
	joined()
}

type big struct{ a, b, c, d, e int }

//go:noinline
func shown(one, two any) {
	switch one := one.(type) {
	case bool:
		println(one, two.(int))
	case int:
		println(one, two.(int))
	case big:
		println(one.a, one.e, two.(int))
	case pair:
		println(one.a, one.b, two.(int))
	case func() int:
		println(one(), two.(int))
	case byte:
		println(one, two.(int))
	}
}

func (b big) last() int { return b.e }

// What stock takes for a call is evaluated before the calls behind it; other operands are read after them.
func atOnce() {
	var x int
	var s string
	var list []int
	var i any
	var b big
	bs := []byte("a")
	m := map[string]int{"a": 1, "b": 2}
	reset := func() {
		x, s, list, i, b, bs[0] = 1, "a", []int{1}, 1, big{1, 2, 3, 4, 5}, 'a'
	}
	f := func() int {
		x, s, list, i, b, bs[0] = 3, "bcd", []int{3, 3, 3}, 3, big{6, 7, 8, 9, 10}, 'b'
		return x + recursive(2)
	}
	reset()
	n, k, l := len(list), f(), len(list)
	println(n, k, l)
	reset()
	c, k, d := cap(list), f(), complex(float64(x), 0)
	println(c, k, int(real(d)))
	reset()
	e, k, g := min(x, 2), f(), max(x, 2)
	println(e, k, g)
	reset()
	bytes, k, runes := []byte(s), f(), []rune(s)
	println(len(bytes), k, len(runes))
	reset()
	one, k, two := i.(int), f(), i.(int)
	println(one, k, two)
	reset()
	h, k := m[string(bs)], f()
	println(h, k)
	reset()
	same, k := b == big{1, 2, 3, 4, x}, f()
	println(same, k)
	reset()
	later, k := x == 1, f()
	println(later, k)
	reset()
	lit, k := map[string]int{s: x}, f()
	println(lit["a"], k)
	reset()
	all := map[string]int{"p": x, "q": f(), "r": x}
	println(all["p"], all["q"], all["r"])
	reset()
	shown(x == 1, f())
	reset()
	shown(x, f())
	reset()
	shown(b, f())
	reset()
	shown(pair{x, x}, f())
	reset()
	shown(b.last, f())
	reset()
	shown(s[0], f())
	reset()
	anys := []any{x == 1, x, f()}
	println(anys[0].(bool), anys[1].(int))
	reset()
	result := func() (any, int) { return x == 1, f() }
	y, _ := result()
	println(y.(bool))
	reset()
	var z any
	z, x = pair{x, 2}, f()
	println(z.(pair).a)
	var ok bool
	calls := 0
	place := func(p *int) *int { calls = calls*10 + 1; x = 7; return p }
	given := func() any { calls = calls*10 + 2; list = []int{9, 9}; i = recursive(0); return x }
	reset()
	*place(&calls), ok = given().(int)
	println(calls, ok)
	reset()
	list[x-x], ok = given().(int)
	println(list[0], ok, calls)
	letters := []byte("abc")
	set := func(c byte) []byte { letters[1] = c; return letters[:2] }
	texts := []string{string(letters), string(set('x')), string(append(letters[:1], 'y'))}
	println(texts[0], texts[1], texts[2])
	ints := [2][2]byte{[2]byte(letters), [2]byte(set('z'))}
	println(ints[0][1], ints[1][1])
}

type grid struct {
	rows  [3]int
	cells []int
}

var (
	table   []int
	numbers map[int]int
	sheet   *grid
	fixed   *[3]int
)

func again() {
	table, numbers = []int{1, 2, 3}, map[int]int{1: 5}
	sheet, fixed = &grid{cells: []int{4, 5, 6}}, &[3]int{7, 8, 9}
}

// renew makes all of them anew; what is indexed by its result is what it has made.
func renew(n int) int {
	table, numbers = []int{10, 20, 30, 40}, map[int]int{1: 50}
	sheet, fixed = &grid{[3]int{1, 2, 3}, []int{40, 50, 60, 70}}, &[3]int{70, 80, 90}
	return n
}

func told(name string) {
	println(name, table[0], table[1], table[2], len(table), numbers[1], len(numbers))
	println(sheet.rows[0], sheet.rows[1], sheet.cells[1], fixed[0], fixed[1])
	again()
}

func places() {
	again()
	i := 0
	table[renew(3)] = 9
	told("element")
	table[renew(1)]++
	told("counted")
	(numbers[renew(1)])++
	told("map")
	numbers[renew(2)] = 9
	told("put in")
	v, ok := numbers[renew(1)]
	println(v, ok)
	told("looked up")
	sheet.rows[renew(1)] = 9
	told("field")
	sheet.cells[renew(1)] -= 9
	told("slice of a field")
	fixed[renew(1)]++
	told("array")
	table[renew(1)], ok = 9, true
	told("two")
	*(&table[renew(1)]) = 9
	told("address")
	for i, table[renew(1)] = range table[:1] {
	}
	println(i)
	told("range")

	// A key is evaluated once.
	calls := 0
	f := func() int { return 6 }
	bytes := func() []byte { calls++; return []byte("k") }
	counts := map[string]int{"k": 6}
	counts[string(bytes())] /= f() - 4
	counts[string(bytes())] <<= f() - 4
	(counts[string(bytes())]) += f()
	(counts[string(bytes())]) = counts["k"] + f()
	println(counts["k"], calls)
	element := func() int { table[0] = 11; return 1 }
	again()
	for i, table[element()] = range table {
		break
	}
	println(table[0], table[1])
}

type five struct{ a, b, c, d, e int }

func made(name string) five { global++; return five{a: t(name, global)} }

type holder struct {
	first five
	any   any
	more  []any
	last  five
}

// within makes calls within something that is evaluated with the calls of a statement: they stay in their order.
func within() {
	count := func(h holder) int { return h.first.a + h.any.(five).a + len(h.more) + h.last.a }
	println(global, count(holder{first: made("a"), any: made("b"), more: []any{made("c"), t("d", 1), made("e")}, last: made("f")}), global)
	show("literal")
	println(global, t("a", 1) == t("b", 2), global)
	show("equal")
	println(global, made("a") == made("b"), made("c") != made("d"), global)
	show("structs")
	table := map[int]five{0: {a: 1}, 1: {a: 2}}
	change := func() five { table[1] = five{a: 3}; return five{a: 3} }
	println(table[1] == change(), global)
	table[1] = five{a: 2}
	println(change() == table[1], [2]int{t("a", 1), t("b", 2)} == [2]int{t("c", 1), t("d", 2)})
	show("arrays")
}

// joined appends to elements of maps: what is appended is evaluated once.
func joined() {
	calls := 0
	next := func() int { calls++; return calls }
	lists := map[string][]int{}
	keys := []string{"a", "b"}
	for i := range keys {
		lists[keys[i]] = append(lists[keys[i]], next(), next())
		lists[keys[i]] = append(lists[keys[i]], lists[keys[i]][:next()&1]...)
	}
	println(calls, len(lists["a"]), len(lists["b"]), lists["a"][1], lists["b"][1])
	change := func() int { keys = []string{"x", "y"}; return 0 }
	lists[keys[0]] = append(lists[keys[0]], change())
	println(len(lists["a"]), len(lists["x"]))
	key := "a"
	lists[key] = append(lists[key], func() int { key = "y"; return 1 }())
	println(len(lists["a"]), len(lists["y"]))
	lists[key] = append(lists[key], calls, next(), calls)
	println(lists[key][1], lists[key][3])
}

func recursive(n int) int {
	if n == 0 {
		return 0
	}
	return recursive(n - 1)
}

type lexer struct {
	text string
	at   int
}

func (l *lexer) next() int { l.at += 2; return l.at }

func (l *lexer) other() int { l.text = "ABCDEFGHIJ"; return l.at }

func bounds() {
	l := &lexer{"abcdefghij", 0}
	println(l.text[l.at:l.next()], l.text[l.at-1:l.next()], l.text[l.at+0:l.next()])
	println(l.text[:l.other()], l.text[len(l.text)-6:l.next()])
	at := &l.at
	l.at = 1
	println(l.text[*at:l.next()], l.text[min(l.at, 2):l.next()])
	global = 1
	println(l.text[global:bump()+2], l.text[int(int8(global)):bump()+4], l.text[(global):bump()])
	five := []int{1, 2, 3, 4, 5}
	ends := [2]int{0, 3}
	move := func(n int) int { ends[0]++; ends[1]++; five = five[1:]; return n }
	part := five[ends[0]:ends[1]:move(4)]
	println(part[0], len(part), cap(part), ends[0])
	ends[1] = 2
	part = five[ends[0]:move(2):ends[1]]
	println(part[0], len(part), cap(part), ends[0])
	part = five[len(five)-2 : move(2)]
	println(len(part), len(five))
}
