package main

import (
	"runtime"
	"unsafe"
)

type embedded struct {
	x, y int
	next *embedded
}

type outer struct {
	i int
	e *embedded
	a [3]int
}

type promoted struct {
	*embedded
	z int
}

// What panics in an assignment of several places leaves those before it assigned.
func try(f func()) {
	defer func() {
		if e := recover(); e != nil {
			println(e.(error).Error())
		}
	}()
	f()
}

func inOrder() {
	m := map[int]int{}
	var none *outer
	var nothing map[int]int
	var array *[3]int
	var q promoted
	list, i := []int{1, 2}, 5
	p := &outer{e: &embedded{1, 2, nil}}
	try(func() { m[1], *none = 1, outer{} })
	try(func() { m[2], none.i = 2, 3 })
	try(func() { m[3], q.x = 3, 3 })
	try(func() { m[4], list[i] = 4, 3 })
	try(func() { m[5], array[i-4] = 5, 3 })
	try(func() { m[6], p.e.next.x = 6, 3 })
	try(func() { m[7], nothing[3] = 7, 3 })
	try(func() { m[8], p.a[i] = 8, 3 })
	try(func() { m[9], none.e.x = 9, 3 })
	for k := 1; k < 10; k++ {
		print(m[k], " ")
	}
	old := p
	p, p.i = &outer{i: 5}, 7
	println(old.i, p.i)
	i, list[1] = 0, i
	i, list[i] = 1, 77
	list, list[0] = []int{5}, 78
	println(i, len(list), list[0])
	f := func() (int, int) { i = 1; return 4, 5 }
	list[0], list[i-1] = f()
	println(list[0])
}

var array = [...]int{1, 2, 3, 4}
var words = map[string]int{"a": 1, "b": 2}
var text = make([]byte, 3)

func two() (a, b int)              { return 7, 3 }
func floats() (a, b float64)       { return 7, 3 }
func entry() (map[string]int, string) { return words, "a" }
func pointer() (unsafe.Pointer, uintptr) { return unsafe.Pointer(&array[0]), 8 }
func part() (*int, int)            { return &array[1], 2 }
func more() ([]int, int)           { return array[:1:1], 9 }
func source() ([]byte, string)     { return text, "hey" }

// Predeclared functions take all results of a call.
func spread() {
	println(min(two()), max(floats()), real(complex(floats())))
	delete(entry())
	println(len(words), *(*int)(unsafe.Add(pointer())), unsafe.Slice(part())[1], append(more())[1], copy(source()), string(text))
}

// Arrays behind slices may be partly the same memory.
func overlap() {
	var x [64]byte
	var p [9]*int
	for i := range x {
		x[i] = byte(i)
	}
	for i := range p {
		p[i] = &array[i&3]
	}
	*(*[32]byte)(x[4:36]) = *(*[32]byte)(x[2:34])
	*(*[6]*int)(p[2:]) = *(*[6]*int)(p[1:])
	for _, one := range x {
		print(one, " ")
	}
	for _, one := range p {
		print(*one, " ")
	}
	println()
}

func made(v string) unsafe.Pointer {
	s := &v
	runtime.SetFinalizer(s, func(p *string) { *p = "gone" })
	return unsafe.Pointer(s)
}

//go:noinline
//go:uintptrescapes
func looked(done chan bool, p uintptr, rest ...uintptr) {
	runtime.GC()
	runtime.GC()
	println(*(*string)(unsafe.Pointer(p)), *(*string)(unsafe.Pointer(rest[0])))
	if done != nil {
		done <- true
	}
}

//go:noinline
//go:uintptrescapes
func grown(p, q uintptr) {
	deep(1000)
	*(*int)(unsafe.Pointer(p)) = 42
	*(*int)(unsafe.Pointer(q)) = 43
}

func deep(n int) (sum int) {
	var room [64]int
	if n > 0 {
		room[n%64] = deep(n - 1)
	}
	for _, one := range room {
		sum += one + 1
	}
	return sum
}

// What a uintptr was made of lives as long as the call, and does not move.
func escaping() {
	done := make(chan bool)
	go looked(done, uintptr(made("a")), uintptr(made("b")))
	<-done
	defer looked(nil, uintptr(made("c")), uintptr(made("d")))
	go func() {
		var x, y int
		grown(uintptr(unsafe.Pointer(&x)), uintptr(unsafe.Pointer(&y)))
		println(x, y)
		done <- true
	}()
	<-done
}

//go:noinline
func far(p *[1 << 33]byte) byte { return p[1<<32+256<<20] }

type object struct {
	x, y int
	p    *int
}

// A new object that another address may lead to is no longer known to be zero.
//
//go:noinline
func chosen(other *object, new_ bool, v *int) *object {
	o := new(object)
	q := other
	if new_ {
		q = o
	}
	q.x, q.p = 5, v
	o.x, o.p = 0, nil
	return o
}

// Through a variable an array overlaps itself as it does without one.
//
//go:noinline
func byWay(s []int) {
	from, to := (*[4]int)(s), (*[4]int)(s[2:])
	t := *from
	*to = t
}

func copied() {
	v := 3
	other := new(object)
	for _, new_ := range []bool{true, false} {
		o := chosen(other, new_, &v)
		println(o.x, o.p == nil, other.x, other.p == nil)
	}
	s := []int{1, 2, 3, 4, 5, 6, 7, 8}
	byWay(s)
	for _, x := range s {
		println(x)
	}
}

// What a value panics of comes before what the place that it is put into does.
func valueFirst(zero int, none []int, p *[9]int, m map[int]any) {
	try(func() { none[zero] = 1 / zero })
	try(func() { none[zero] = p[zero] })
	try(func() { p[1] = none[zero+2] })
	try(func() { *p = [9]int{1 / zero} })
	try(func() { m[1] = none[zero+3] })
	try(func() { none[zero] /= zero })
	try(func() { none[zero], p[1] = 1/zero, 2 })
}

type target struct{ f, g int }

var counted = 1

func counting(p *target) *target { counted += 10; return p }
func countingIndex(i int) int    { counted += 100; return i }

// What the place calls comes before the value is read.
func callsOfPlaces() {
	var t target
	s := []int{0, 0}
	counting(&t).f = counted
	s[countingIndex(1)] = counted
	*(&counting(&t).g) = counted
	println(t.f, s[1], t.g)
	y := 5
	p := func() *int { y *= 2; return &y }
	*p() = y + 1
	s[func() int { y++; return 0 }()] = y
	c := make(chan *target, 1)
	c <- &t
	(<-c).f = y
	println(y, s[0], t.f)
}

// Which of two panics of one statement comes: no array has no bounds; assertions and slices are made before elements are read.
func whichFirst(at, n int, array *[5]int, list []int, x any) {
	fields := &struct{ list, other []int }{[]int{1, 2, 3}, list}
	try(func() { println(array[at]) })
	try(func() { array[at] = n })
	try(func() { array[at], n = n, at })
	try(func() { println(list[at] + x.(int)) })
	try(func() { println(len(list[at:n]), list[at]) })
	try(func() { fields.other[at] += len(fields.list[at:n]) })
	try(func() { println(append(fields.list[:n], fields.list[n+1:]...)[n], list[at], x.(int)) })
	try(func() { println(*(*int)(nil), list[n:at][n]) })
	try(func() { fields.other = append(fields.list[:n:n], len(fields.list[n:]), x.(pair).n); println(len(fields.other), fields.other[n+1]) })
}

type pair struct{ n, m int }

func main() {
	whichFirst(9, 1, nil, []int{1, 2}, "")
	whichFirst(1, 1, &[5]int{1, 2, 3, 4, 5}, []int{1, 2}, pair{7, 8})
	callsOfPlaces()
	valueFirst(0, nil, nil, nil)
	inOrder()
	copied()
	spread()
	overlap()
	escaping()
	try(func() { println(far(nil)) })
}
