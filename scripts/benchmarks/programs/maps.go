// Maps: by integers, by strings, by structs; growing, reading, deleting, iterating.
package main

import (
	"fmt"
	"strconv"
)

type point struct{ x, y int32 }

func main() {
	defer report()
	sum := 0
	for round := range 6 {
		ints, names, points := map[int]int{}, map[string]int{}, map[point]int{}
		for i := range 100_000 {
			ints[i*7919%1000003] += i
			points[point{int32(i % 317), int32(i % 211)}]++
		}
		for i := range 50_000 {
			names[strconv.Itoa(i*31+round)] = i
		}
		for i := range 300_000 {
			sum += ints[i] + names["31"] + points[point{int32(i % 400), 7}]
		}
		for i := range 50_000 {
			delete(ints, i)
		}
		for key, value := range ints {
			sum += key ^ value
		}
	}
	fmt.Println(sum)
}
