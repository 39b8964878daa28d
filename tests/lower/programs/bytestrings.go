package main

func change(b []byte) string { b[0] = 'z'; return "zbc" }

func main() {
	b := []byte("abc")
	m := map[string]int{"abc": 1, "zbc": 2}
	println(m[string(b)])
	v, ok := m[string(b[:2])]
	println(v, ok)
	m[string(b)] = 5
	b[0] = 'q'
	println(m["abc"], m["qbc"], len(m))
	println(string(b) == "qbc", string(b) != string(b[1:]), string(b) < "r", "qb" == string(b[:2]))
	println(string(b) == change(b), string(b))
	s := "<" + string(b) + ">"
	b[1] = 'x'
	t := "" + string(b) + ""
	b[1] = 'y'
	println(s, t)
	u := "(" + string(b) + change(b) + ")"
	println(len(u))
	switch string(b) {
	case "abc":
		println("abc")
	case "zyc":
		b[0] = 'n'
		println("zyc", string(b))
	}
	for i, c := range []byte("héy") {
		print(i, ":", c, " ")
	}
	println()
	type name string
	n := map[name]bool{"nyc": true}
	println(n[name(b)])
}
