// A slice that two loops may make grow and one place returns: whichever did, its first elements must not stay in the frame.
package main

type call struct {
	kids []int
	root bool
}
type calls struct{ c []call }

//go:noinline
func empty(k int) bool { return k > 100 }

//go:noinline
func children(i int, cs *calls) []int {
	var kids []int
	if i != -1 {
		for _, k := range cs.c[i].kids {
			if !empty(k) {
				kids = append(kids, k)
			}
		}
	} else {
		for k := 0; k < len(cs.c); k += 1 {
			if cs.c[k].root && !empty(k) {
				kids = append(kids, k)
			}
		}
	}
	return kids
}

//go:noinline
func clobber(n int) int {
	var x [64]int
	for i := range x {
		x[i] = n * 7777777
	}
	return x[n]
}

func main() {
	cs := &calls{[]call{{[]int{1}, true}, {nil, false}, {nil, true}}}
	for i := -1; i < 3; i++ {
		k := children(i, cs)
		clobber(3)
		println(i, len(k))
		for _, x := range k {
			println(" ", x)
		}
	}
}
