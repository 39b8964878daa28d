// Slices that grow and are returned: as they are, cut, inside a struct, beside the address of an element. Nothing of them may stay in the
// frame. Whoever computes with capacities sees the runtime's. Small variables whose addresses are kept share objects: each keeps its value
// when nothing but it is reachable any more.
package main

type pair struct{ all, even []string }

//go:noinline
func cut(n int, whole bool) []int {
	var s []int
	for i := 0; i < n; i++ {
		s = append(s, i)
	}
	if whole {
		return s
	}
	return s[1:]
}

//go:noinline
func element(n int, whole bool) ([]int, *int) {
	var s []int
	for i := 0; i < n; i++ {
		s = append(s, i)
	}
	if whole {
		return s, nil
	}
	return nil, &s[1]
}

//go:noinline
func both(n int) pair {
	var s, u []string
	for i := 0; i < n; i++ {
		s = append(s, string(rune('a'+i)))
		if i%2 == 0 {
			u = append(u, s[i])
		}
	}
	return pair{s, u}
}

//go:noinline
func early(n int) (r []string) {
	for i := 0; i < n; i++ {
		if i == 3 {
			return r[:2]
		}
		r = append(r, string(rune('k'+i)))
	}
	return
}

//go:noinline
func capacities() (found [6]int) {
	var b []byte
	for i := range found {
		b = append(b[:cap(b)], make([]byte, 1)...)
		found[i] = cap(b)
	}
	return
}

type small struct {
	a *int8
	b *int32
	c *int64
	d func() int
}

//go:noinline
func smalls(n int) (all []small) {
	for i := range n {
		a, b, c := int8(i), int32(i*3), int64(i)<<40
		var d [3]byte
		d[i%3] = byte(i)
		one := small{&a, &b, &c, func() int { d[0]++; return int(d[0]) + int(d[1])<<8 + int(d[2])<<16 }}
		switch i % 4 {
		case 1:
			one.a, one.c = nil, nil
		case 2:
			one.b, one.d = nil, nil
		}
		all = append(all, one)
	}
	return
}

//go:noinline
func sum(all []small) (s int) {
	for _, one := range all {
		if one.a != nil {
			s = s*31 + int(*one.a) + int(*one.c)
			*one.a++
			*one.c++
		}
		if one.b != nil {
			s = s*31 + int(*one.b) + one.d()
			*one.b++
		}
	}
	return
}

//go:noinline
func overwrite(n int) int {
	var a [64]int
	for i := range a {
		a[i] = n * i
	}
	if n > 0 {
		return overwrite(n-1) + a[n%64]
	}
	return a[3]
}

func main() {
	for _, n := range capacities() {
		println(n)
	}
	for n := 2; n < 7; n++ {
		a, b := cut(n, true), cut(n, false)
		c, none := element(n, true)
		_, p := element(n, false)
		s, r := both(n), early(n)
		t := smalls(n * 4)
		overwrite(20)
		println(sum(t), sum(t))
		println(n, len(c), none == nil, *p)
		for i, x := range b {
			println(x, a[i], c[i])
		}
		for _, list := range [][]string{s.all, s.even, r} {
			for _, x := range list {
				print(x, " ")
			}
			println()
		}
	}
}
