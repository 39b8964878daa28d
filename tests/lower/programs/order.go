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
}
