package main

import "errors"

var values = []int{3, 1, 2}

//go:noinline
func stop(n int) int { return n }

func squared(n int, what string) (s int) {
	twice := stop(n)
	s = twice * n
	return s + len(what)
}

//go:noinline
func summed(ns []int, what string) (int, error) {
	total := 0
	moved := 1
	keep := func() { moved++ }
	for i, n := range ns {
		total += squared(n, what) * i
		stop(total)
	}
	keep()
	stop(moved)
	if total < 0 {
		return 0, errors.New(what)
	}
	return total, nil
}

func main() {
	n, err := summed(values, "x")
	println(n, err == nil)
}
