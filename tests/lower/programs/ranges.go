package main

var calls int

func array() [3]int { calls++; return [3]int{1, 2, 3} }

func pointer() *[2]int { calls++; return nil }

type wide [5]struct{ a, b int }

func main() {
	for range array() {
		calls++
	}
	for i := range array() {
		calls += i
	}
	for i, _ := range pointer() {
		calls += 10 * i
	}
	for i, x := range (*[0]int)(nil) { // nothing is looked at
		println(i, x)
	}
	println(calls)
	clears()
	a := [3]int{1, 2, 3}
	for i, x := range a {
		a[2] = 10
		print(i, x, " ")
	}
	for i, x := range &a {
		a[2] = 20
		print(i, x, " ")
	}
	s := a[:]
	for i, x := range s {
		s = nil
		a[1] = 7
		print(i, x, " ")
	}
	println()
	// The second target is found before the first is assigned.
	i := 0
	b := []int{0, 0, 0, 0}
	for i, b[i] = range []int{5, 6, 7} {
	}
	println(i, b[0], b[1], b[2], b[3])
	var w wide
	w[3].b = 4
	for i, x := range w {
		w[4].a = 9
		print(i, x.a, x.b, " ")
	}
	println()
	for i, r := range "aé\xff世" {
		print(i, ":", r, " ")
	}
	for i := range "é" {
		print(i)
	}
	for range "ab" {
		print(".")
	}
	println()
	var n int8
	for n = range int8(3) {
	}
	for range n {
		print("-")
	}
	for i := range uint8(200) {
		if i > 197 {
			print(i)
		}
	}
	for i := range -5 {
		print("never", i)
	}
	const big = 3
	for i := range big {
		i *= 2
		print(" ", i)
	}
	println()
outer:
	for i := range 3 {
		for _, x := range []string{"a", "b", "c"} {
			if x == "b" && i == 1 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			switch x {
			case "c":
				continue
			default:
				if i == 0 && x == "b" {
					break
				}
				print(i, x, " ")
			}
		}
	}
	println()
}

type pair struct {
	a int
	b string
}

func clears() {
	s := []int{1, 2, 3}
	for i := range s {
		s[i] = 0
	}
	println(s[0], s[2])
	f := []float64{1, 2}
	for i := range f {
		f[i] = 0.0
	}
	println(f[1] == 0)
	a := []any{1, "x"}
	for i := range a {
		a[i] = 0
	}
	println(a[1] == 0)
	for i := range a {
		a[i] = nil
	}
	println(a[1] == nil)
	p := []pair{{1, "x"}, {2, "y"}}
	for i := range p {
		p[i] = pair{}
	}
	println(p[1].a, p[1].b == "")
	t := [][]int{{1, 2}, {3}}
	for i := range t[0] {
		t[0][i] = 0
	}
	for i := range t[0] {
		t[1][0] = 5 + i
	}
	println(t[0][1], t[1][0])
	var none []int
	for i := range none {
		none[i] = 0
	}
	j := 0
	for j = range s {
		s[j] = 0
	}
	println(j)
	m := map[string]int{"a": 1, "b": 2}
	for k := range m {
		delete(m, k)
	}
	println(len(m))
	n := map[any]int{1: 1}
	for k := range n {
		delete(n, k)
	}
	println(len(n))
}
