// Slices that grow and are returned: as they are, cut, inside a struct, beside the address of an element. Nothing of them may stay in the
// frame. Whoever computes with capacities sees the runtime's.
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
		overwrite(20)
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
