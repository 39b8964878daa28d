// Allocation and garbage collection: binary trees, most of which die young.
package main

import "fmt"

type node struct{ left, right *node }

func build(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{build(depth - 1), build(depth - 1)}
}

func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	defer report()
	kept := build(17)
	total := 0
	for range 300 {
		total += build(13).count()
	}
	fmt.Println(total, kept.count())
}
