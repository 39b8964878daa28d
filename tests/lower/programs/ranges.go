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
	println(calls)
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
