package main

import (
	"errors"
	"runtime"
	"strconv"
)

func grow(n int) int {
	var x [100]int
	if n == 0 {
		return x[3]
	}
	return grow(n-1) + x[n%100]
}

type big struct {
	a [100]int
	s *string
}

func result(n int) (b big, e error) {
	x := "value" + strconv.Itoa(n)
	b.s = &x
	b.a[99] = n
	defer func() {
		if r := recover(); r != nil {
			grow(50)
			runtime.GC()
			e = errors.New(strconv.Itoa(r.(int)) + *b.s)
		}
	}()
	if n > 2 {
		panic(n)
	}
	return
}

func escaping() (r int, f func() int) {
	defer func() { recover() }()
	f = func() int { r++; return r }
	r = 5
	grow(100)
	runtime.GC()
	panic("escaping")
}

func nested(depth int) (out string) {
	defer func() {
		r := recover()
		text, ok := r.(string)
		if !ok {
			text = r.(error).Error()
		}
		out = strconv.Itoa(depth) + text + out
	}()
	if depth > 0 {
		out = nested(depth - 1)
		defer func() { panic("again" + strconv.Itoa(depth)) }()
	}
	var p *big
	_ = p.s
	return "never"
}

func many(n int) (s string) {
	for i := range n {
		defer func() {
			s += strconv.Itoa(i)
			if i%7 == 3 {
				if recover() != nil {
					s += "!"
				}
				if i > 5 {
					panic(i)
				}
			}
		}()
	}
	panic("many")
}

func conditional(n int) (s string, err error) {
	defer func() { s += "1" }()
	if n > 1 {
		defer func() { s += "2" }()
	}
	if n > 2 {
		text := new(string)
		*text = strconv.Itoa(n)
		defer func() {
			if recover() != nil {
				err = errors.New("recovered " + *text)
			}
			s += *text
		}()
	}
	grow(n)
	if n > 3 {
		runtime.GC()
		panic("large")
	}
	return "s", nil
}

func numbers(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func loops(n int) (s []int) {
	for x := range numbers(n) {
		defer func() { s = append(s, x) }()
		if x == 3 {
			return []int{100}
		}
	}
	return nil
}

func panics() {
	defer func() { println("r", recover().(string)) }()
	defer func() {
		defer func() {
			println("q", recover().(string))
			panic("three")
		}()
		panic("two")
	}()
	panic("one")
}

const tracing = false

// What defers is gone, but the runtime comes by in a panic.
func never(n int) int {
	if tracing {
		defer println("never")
	}
	if n > 1 {
		panic("through")
	}
	return n
}

func main() {
	func() {
		defer func() { println(recover().(string)) }()
		println(never(1), never(2))
	}()
	for i := range 5 {
		b, e := result(i)
		println(b.a[99], *b.s, e != nil && e.Error() != "")
	}
	r, f := escaping()
	println(r, f(), f())
	println(nested(3))
	println(many(5))
	for i := range 6 {
		s, err := conditional(i)
		println(s, err != nil)
	}
	println(len(loops(10)), loops(10)[4], len(loops(2)))
	panics()
	func() {
		defer func() { println(recover() != nil) }()
		println(many(12))
	}()
	small := map[string]*int{}
	for i := range 40 {
		small[strconv.Itoa(i)] = &i
		if i%10 == 0 {
			runtime.GC()
		}
	}
	sum := 0
	for _, p := range small {
		sum += *p
	}
	println(len(small), sum)
}
