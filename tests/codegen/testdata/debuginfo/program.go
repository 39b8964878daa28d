package main

type point struct{ x, y int }

//go:noinline
func touch(p *int) { *p++ }

//go:noinline
func both(n int, s string, f float64, p *point, c func(int) int, any any) (sum int, err error) {
	local := [4]int{n, p.x, len(s), int(f)}
	touch(&local[n&3])
	return local[0] + local[3] + c(n), nil
}

//go:noinline
func (p point) scaled(by int8, on bool) point {
	if on {
		p.x *= int(by)
	}
	return p
}

//go:noinline
func stacked(a, b, c, d, e, f, g, h, i, j int, many [3]string) int {
	return a + b + c + d + e + f + g + h + i + j + len(many[1])
}

func main() {
	k := 3
	n, _ := both(1, "s", 2, &point{3, 4}, func(i int) int { k += i; return k }, nil)
	println(n, point{1, 2}.scaled(3, n > 0).x, stacked(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, [3]string{"a", "b", "c"}))
}
