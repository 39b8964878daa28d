// Checks and comparisons that look as if they were decided.
package main

import "unsafe"

//go:noinline
func huge(x int) bool {
	if x >= 0 {
		if uint(x) < 1<<63+5 {
			return x > 10
		}
	}
	return false
}

//go:noinline
func huge2(x int) bool {
	if x >= 0 {
		if uint(x) >= 1<<63+5 {
			return false
		}
		return x > 10
	}
	return false
}

//go:noinline
func huge3(x int32, a []int) int {
	if x >= 0 && uint32(x) < 0xfffffff0 {
		if int(x) < len(a) {
			return a[x]
		}
		return 7
	}
	return -1
}

//go:noinline
func made(n int) int {
	if n < 0 {
		return -1
	}
	s := make([]int, n)
	if n > 3 {
		s[2] = 5
		return s[2] + s[n-1]
	}
	return n
}

//go:noinline
func unsafeSlice(p *int, n, k int) int {
	if n < 0 {
		return -1
	}
	s := unsafe.Slice(p, n)
	if k < 0 {
		return n
	}
	return s[k]
}

//go:noinline
func unsafeString(p *byte, n, k int) int {
	neg := n < 0
	if n < -5 {
		return -2
	}
	if neg {
		return -1
	}
	s := unsafe.String(p, n)
	if k < 0 {
		return n
	}
	return int(s[k])
}

//go:noinline
func between(a []int, i, j, k int) int {
	n := j - i
	if n < 0 {
		return -1
	}
	s := a[i:j]
	return s[k] + n
}

//go:noinline
func from(a []int, i, k int) int {
	n := len(a) - i
	if n < 0 {
		return -1
	}
	s := a[i:]
	return s[k] + n
}

//go:noinline
func madeLate(n int) (r int) {
	defer func() { recover() }()
	r = 1
	s := make([]int, n)
	r = 2
	if n < 0 {
		r = 3
	}
	s[0] = 1
	return
}

//go:noinline
func madeInLoop(n int, c chan int) int {
	for i := 0; i < 3; i++ {
		if n < 0 {
			return i
		}
		s := make([]byte, n)
		if n > 0 {
			s[0] = 1
		}
		n -= 2
	}
	return 9
}

//go:noinline
func over(i int8) int {
	n := 0
	for ; i >= 0; i++ {
		n++
	}
	return n
}

//go:noinline
func counters(i uint8) int {
	n := 0
	for ; i < 255; i++ {
		n++
	}
	for i = 3; i > 0; i-- {
		n++
	}
	for i = 3; i != 0; i-- {
		n++
		if i > 100 {
			n += 1000
		}
	}
	return n
}

//go:noinline
func ranges(a []int, lo, hi int) int {
	s := 0
	for i := lo; i < hi; i++ {
		if i < 0 {
			s += 100
			continue
		}
		s += a[i]
	}
	for i := hi; i > lo; i -= 2 {
		if i >= len(a) || i < 0 {
			s += 1000
			continue
		}
		s += a[i]
	}
	return s
}

//go:noinline
func quotient(x, y int) (int, bool) {
	if x%y < 0 {
		return -1, x < 0
	}
	z := x / y
	return z, z <= x
}

//go:noinline
func next(x int) int {
	y := x + 1
	if y > x {
		return 1
	}
	return 2
}

//go:noinline
func below(x, y int) int {
	if x < y {
		if x+1 <= y {
			return 1
		}
		return 3
	}
	if x > y-1 {
		return 4
	}
	return 2
}

func main() {
	second()
	println(huge(20), huge(3), huge(-1), huge2(20), huge2(3))
	a := []int{1, 2, 3, 4}
	println(huge3(2, a), huge3(9, a), huge3(-3, a))
	println(made(-5), made(2), made(6))
	println(unsafeSlice(&a[0], -5, 1), unsafeSlice(&a[0], 4, 1), unsafeSlice(&a[0], 4, -1))
	b := []byte("hello")
	println(unsafeString(&b[0], -5, 1), unsafeString(&b[0], 4, 1), unsafeString(&b[0], 4, -1), unsafeString(&b[0], -9, -1))
	println(between(a, 3, 1, 0), between(a, 1, 3, 0), from(a, 7, 1), from(a, 1, 1))
	println(madeLate(-1), madeLate(3))
	println(madeInLoop(3, nil), madeInLoop(-3, nil), madeInLoop(30, nil))
	println(over(100), counters(250))
	println(ranges(a, -3, 3), ranges(a, 1, 3))
	println(quotient(-7, 2))
	println(quotient(7, -2))
	const big = 1<<63 - 1
	println(next(big), next(4), below(big, big), below(big, -big-1), below(-big-1, -big-1), below(1, 2))
}

//go:noinline
func zeroSized(z []struct{}) int {
	if len(z) > 1<<50 {
		return 1
	}
	return 2
}

//go:noinline
func zeroSized2(z [][0]int, k int) int {
	if len(z)*4 < 0 {
		return 1
	}
	if len(z)+1 < len(z) {
		return 5
	}
	_ = z[k]
	return 2
}

//go:noinline
func difference(x, y int) bool {
	if x >= 0 && y <= x {
		d := x - y
		return d >= 0
	}
	return false
}

//go:noinline
func down(s []int, n int) (r int) {
	defer func() {
		if recover() != nil {
			r -= 1000
		}
	}()
	for i := n; ; i-- {
		if i < 0 {
			r += 7
		}
		r += s[i]
	}
}

//go:noinline
func upBy3(s []int, i, n int) (r int) {
	defer func() {
		if recover() != nil {
			r -= 1000
		}
	}()
	for i < n {
		r += s[i]
		i += 3
	}
	if i < 0 {
		return 5
	}
	return
}

//go:noinline
func unsignedBelow(x, y uint) int {
	if x < y {
		if x+1 > y {
			return 1
		}
		if y-1 < x {
			return 2
		}
		if int(x) < int(y) {
			return 3
		}
		return 4
	}
	return 5
}

//go:noinline
func narrow(n uint8, s []byte) (t int) {
	for i := n; i < 250; i += 10 {
		t++
		if int(i) < len(s) {
			t += int(s[i])
		}
		if t > 100 {
			break
		}
	}
	return
}

//go:noinline
func narrowSigned(n int8) (t int) {
	for i := n; i < 120; i += 10 {
		t++
		if i < n {
			t += 1000
		}
		if t > 100000 {
			break
		}
	}
	return
}

//go:noinline
func extended(x int32, y int64) int {
	if int64(x) > y {
		if x-1 >= int32(y) {
			return 1
		}
		return 2
	}
	return 3
}

//go:noinline
func stack(n int) (t int) {
	var s []int
	for i := range n {
		s = append(s, i)
		t += s[len(s)-1]
		if len(s) > 3 {
			s = s[:len(s)-2]
		}
		if len(s) < 0 {
			t += 99999
		}
	}
	for len(s) > 0 {
		t = t*3 + s[len(s)-1]
		s = s[:len(s)-1]
	}
	return
}

//go:noinline
func slices(s []int, i, j, k int) (r int) {
	defer func() {
		if recover() != nil {
			r = -r - 1
		}
	}()
	r = 1
	t := s[i:j]
	r = 2
	if k <= len(t) {
		r = 3
		u := t[k:]
		r = 4 + len(u)
		r += t[k-1]
	}
	return
}

//go:noinline
func remainder(x, n int, s []int) (r int) {
	defer func() {
		if recover() != nil {
			r = -77
		}
	}()
	r = x % n
	if r < 0 {
		return -5
	}
	return s[x%len(s)]
}

//go:noinline
func masked(x int, s []int) (r int) {
	defer func() {
		if recover() != nil {
			r = -77
		}
	}()
	return s[x&(len(s)-1)]
}

//go:noinline
func middle(s []int, x int) (r int) {
	defer func() {
		if recover() != nil {
			r = -77
		}
	}()
	mid := (x + len(s)) / 2
	r = s[mid]
	mid = int(uint(x+len(s)) >> 1)
	r += s[mid]
	return
}

func second() {
	println(zeroSized(make([]struct{}, 1<<60)), zeroSized(nil), zeroSized2(make([][0]int, 1<<61), 1<<60), zeroSized2(make([][0]int, 1<<63-1), 5))
	const big = 1<<63 - 1
	println(difference(5, -big), difference(5, 3), difference(0, -big-1), difference(3, 5))
	s := []int{1, 2, 3, 4, 5}
	println(down(s, 3), down(s, -1), down(s, 9))
	println(upBy3(s, -1, 3), upBy3(s, 0, 5), upBy3(s, 0, 9), upBy3(s, big-1, big), upBy3(s, -big, -big+2))
	println(unsignedBelow(1, 2), unsignedBelow(^uint(0)-1, ^uint(0)), unsignedBelow(1, 1<<63), unsignedBelow(1<<63, 1<<63+1), unsignedBelow(0, 0))
	println(narrow(3, []byte("hello")), narrow(249, nil), narrow(250, nil), narrow(245, nil), narrowSigned(3), narrowSigned(119), narrowSigned(-128))
	println(extended(-1<<31, -1<<40), extended(5, 4), extended(5, 1<<32))
	println(stack(2), stack(30))
	for _, q := range [][3]int{{0, 5, 2}, {1, 4, 0}, {-1, 3, 1}, {2, 1, 0}, {0, 6, 1}, {0, 3, -1}, {0, 3, 4}, {2, 2, 0}} {
		print(slices(s, q[0], q[1], q[2]), " ")
	}
	println(remainder(-7, 3, s), remainder(7, -3, s), remainder(-6, 3, s), masked(-1, s), masked(6, s), masked(3, nil), middle(s, -9), middle(s, 2), middle(s, big))
}
