package main

type point struct{ x, y int32 }

type wide struct {
	name string
	rest [40]int
}

type table map[string][]int

func count(words []string) map[string]int {
	m := make(map[string]int, len(words))
	for _, w := range words {
		m[w]++
	}
	return m
}

func order(trace *string, s string, n int) int {
	*trace += s
	return n
}

func nested() {
	m := map[string]map[int]string{"a": {1: "one", 2: "two"}, "b": nil}
	println(len(m), len(m["a"]), len(m["b"]), m["a"][2], m["c"][1])
	m["d"] = map[int]string{}
	m["d"][7] = "seven"
	v, ok := m["d"][7]
	println(v, ok)
	_, ok = m["x"]
	println(ok)
	delete(m, "a")
	println(len(m))
	clear(m)
	println(len(m))
}

func keys() {
	a := map[point]int{{1, 2}: 3, {x: 4}: 5}
	println(a[point{1, 2}], a[point{4, 0}], a[point{2, 1}])
	b := map[[2]string]bool{{"a", "b"}: true}
	println(b[[2]string{"a", "b"}], b[[2]string{"b", "a"}])
	c := map[any]string{1: "int", "s": "string", point{1, 1}: "point", nil: "nil", int8(1): "int8"}
	println(c[1], c["s"], c[point{1, 1}], c[nil], c[int8(1)], c[2.5])
	d := map[*int]int{}
	x, y := 1, 2
	d[&x], d[&y] = 10, 20
	println(d[&x], d[&y], len(d))
	e := map[float64]int{0: 1}
	e[-0.0]++
	println(e[0], len(e))
	g := map[bool]uint8{true: 255}
	g[true]++
	g[false]--
	println(g[true], g[false])
	h := map[struct{ s string }]int{{"k"}: 9}
	println(h[struct{ s string }{"k"}])
	i := map[[1]int32]int{{5}: 6}
	println(i[[1]int32{5}])
	var none map[int]int
	println(none[1], len(none))
	delete(none, 1)
}

func large() {
	m := map[int]wide{}
	w := wide{name: "w"}
	w.rest[39] = 5
	m[1] = w
	println(m[1].rest[39], m[1].name, m[2].rest[0], m[2].name == "")
	t := table{"x": {1}}
	t["x"] = append(t["x"], 2, 3)
	t["y"] = append(t["y"], 4)
	println(len(t["x"]), t["x"][2], t["y"][0])
}

func assign() {
	var trace string
	m := map[int]int{}
	f := func() map[int]int { trace += "m"; return m }
	f()[order(&trace, "k", 1)] = order(&trace, "v", 5)
	f()[order(&trace, "k", 1)] += order(&trace, "v", 6)
	m[1], m[2] = m[2], m[1]
	println(trace, m[1], m[2])
	s := map[string]string{}
	s["a"] += "x"
	s["a"] += "y"
	println(s["a"])
	m[9] <<= 3
	m[1] /= 2
	println(len(m))
}

func ranges() {
	m := map[int]string{1: "a", 2: "b", 3: "c", 4: "d"}
	sum, text := 0, 0
	for k, v := range m {
		sum += k
		text += int(v[0])
	}
	println(sum, text)
	for k := range m {
		delete(m, k)
	}
	println(len(m))
	n := 0
	var last int
	for last = range map[int]int{7: 1} {
		n++
	}
	for range map[int]int{1: 1, 2: 2} {
		n++
	}
	println(n, last)
	var kept []func() int
	for k := range map[int]bool{3: true} {
		kept = append(kept, func() int { k++; return k })
	}
	println(kept[0](), kept[0]())
	var none map[string]int
	for range none {
		println("none")
	}
}

func main() {
	m := count([]string{"a", "b", "a", "c", "a"})
	println(m["a"], m["b"], m["d"], len(m))
	nested()
	keys()
	large()
	assign()
	ranges()
}
