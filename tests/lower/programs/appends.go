package main

type wide struct {
	p *int
	a [3]int
}

func show(s []int) {
	print(len(s), ":")
	for _, x := range s {
		print(x, " ")
	}
	println()
}

func zeros(n int) (s string) {
	defer func() {
		if recover() != nil {
			s = "panic"
		}
	}()
	x := append([]byte("ab"), make([]byte, n)...)
	for _, c := range x {
		s += string(rune('0' + int(c)%10))
	}
	return s
}

func main() {
	s := []int{1, 2, 3, 4, 5}
	show(append(s[:2], make([]int, 2)...))
	show(s)
	show(append(s[:4:4], make([]int, 3)...))
	show(append(s, make([]int, 0)...))
	println(zeros(0), zeros(3), zeros(-1))
	one := 1
	w := []wide{{p: &one}, {p: &one, a: [3]int{1, 2, 3}}}
	w = append(w[:1], make([]wide, 1)...)
	println(w[0].p == &one, w[1].p == nil, w[1].a[2])
	m := map[string][]int{}
	k := "k"
	m[k] = append(m[k], 1)
	m[k] = append(m[k], 2, 3)
	m["j"] = append(m[k][:3:3], 4)
	m[k] = append(m[k], m[k]...)
	m["x"] = append(m["x"])
	show(m[k])
	show(m["j"])
	println(len(m))
	type holder struct{ m map[[2]int][]string }
	h := &holder{map[[2]int][]string{}}
	i := 3
	h.m[[2]int{i, 1}] = append(h.m[[2]int{i, 1}], "a")
	ms := []map[int][]any{{}, {}}
	ms[1][i] = append(ms[1][i], 1, "s", nil)
	println(len(h.m), len(ms[0]), len(ms[1][3]))
	c := make([]int, 3)
	println(copy(c, s), copy(c[1:], c), copy(c, []int(nil)))
	show(c)
	b := make([]byte, 4)
	println(copy(b, "hello"))
	println(string(b))
	println(copy(b[2:], b))
	println(string(b))
	p := make([]*int, 2)
	println(copy(p, []*int{nil, &one, nil}), p[1] == &one)
	var e []struct{}
	println(copy(e, make([]struct{}, 3)), len(append(e, struct{}{}, struct{}{})))
}
