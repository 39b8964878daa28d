// A slice that two loops may make grow and one place returns: whichever did, its first elements must not stay in the frame.
// Slices that are made and filled by one call: with room left, with too little, from a string, of lengths that no slice has.
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

//go:noinline
func bytes(s []byte, n int) []byte {
	made := make([]byte, n)
	copy(made, s)
	return made
}

//go:noinline
func terminated(s string) []byte {
	made := make([]byte, len(s)+1)
	copy(made, s)
	return made
}

//go:noinline
func pointers(s []*int, n int) []*int {
	made := make([]*int, n)
	copy(made, s)
	return made
}

//go:noinline
func cloned(s [][3]string) [][3]string {
	made := make([][3]string, len(s))
	copy(made, s)
	return made
}

func fails(f func()) {
	defer func() { println(recover().(error).Error()) }()
	f()
}

//go:noinline
func made(n int) {
	var all [][]byte
	var some []*int
	for i := range n {
		all = append(all, bytes([]byte("abcdefgh"), i), terminated("wxyz"[:i%4]))
		x := i
		some = append(pointers(some, i%5), &x, nil)
		three := cloned([][3]string{{"a", string(rune('a' + i%26)), "c"}, {2: "d"}})
		println(three[0][1], three[1][2], len(three))
	}
	clobber(3)
	for _, one := range all {
		print(string(one), len(one), " ")
	}
	for _, one := range some {
		if one != nil {
			print(*one, " ")
		}
	}
	println()
	fails(func() { bytes(nil, -n) })
	fails(func() { bytes([]byte("ab"), n<<58) })
	fails(func() { pointers(nil, -n) })
	fails(func() { pointers(some, 1<<62) })
}

func main() {
	made(19)
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
