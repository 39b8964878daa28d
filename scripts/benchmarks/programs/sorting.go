// Package sort and package slices: calls through interfaces, generic code, closures.
package main

import (
	"fmt"
	"slices"
	"sort"
)

type pair struct {
	name string
	rank int
}

func main() {
	defer report()
	seed := uint32(1)
	next := func() int {
		seed = seed*1664525 + 1013904223
		return int(seed >> 8)
	}
	total := 0
	for range 4 {
		numbers := make([]int, 200_000)
		pairs := make([]pair, 50_000)
		for i := range numbers {
			numbers[i] = next()
		}
		for i := range pairs {
			pairs[i] = pair{fmt.Sprint(next()), next()}
		}
		more := slices.Clone(numbers)
		sort.Ints(numbers)
		sort.Sort(sort.Reverse(sort.IntSlice(more)))
		sort.Slice(pairs, func(i, j int) bool { return pairs[i].name < pairs[j].name })
		slices.SortFunc(pairs, func(a, b pair) int { return a.rank - b.rank })
		total += numbers[1000] + more[7] + pairs[99].rank
	}
	fmt.Println(total)
}
