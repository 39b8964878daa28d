// Bytes of strings that something writes to, by each way that there is, and bytes that are only looked at: the strings must not change.
package main

import (
	"errors"
	"strings"
	"sync"
	"unsafe"
)

type holder struct {
	b    []byte
	next *holder
}

type writer interface{ write(b []byte) int }
type filler byte

//go:noinline
func (f filler) write(b []byte) int { b[0] = byte(f); return len(b) }

var (
	kept   []byte
	unsure writer = filler('i')
	fill          = func(b []byte) { b[1] = 'f' }
	source        = []byte(strings.Repeat("0123456789abcdef", 5))
)

//go:noinline
func set(b []byte) { b[0] = '!' }

//go:noinline
func through(h *holder) { h.next.b[0] = '?' }

//go:noinline
func same(b []byte) []byte { return b[1:] }

//go:noinline
func element(b []byte) *byte { return &b[2] }

//go:noinline
func keep(b []byte) { kept = b }

//go:noinline
func swap(a, b []byte) ([]byte, []byte) { return b, a }

//go:noinline
func deep(b []byte, n int) {
	if n == 0 {
		b[0] = 'd'
		return
	}
	deep(b, n-1)
}

//go:noinline
func receive(b []byte, c chan byte) {
	select {
	case b[0] = <-c:
	case <-make(chan int):
	}
}

//go:noinline
func sum(b []byte) (t int) {
	for _, c := range b {
		t = 31*t + int(c)
	}
	return
}

//go:noinline
func isNil(b []byte) bool { return b == nil }

//go:noinline
func recovered(s string) (b []byte) {
	b = []byte(s)
	defer func() {
		recover()
		b[0] = 'r'
	}()
	panic(len(b))
}

//go:noinline
func variadic(all ...[]byte) { all[1][0] = 'v' }

//go:noinline
func generic[T ~[]byte | ~string](x T) (t int) {
	for i := 0; i < len(x); i++ {
		t += int(x[i])
	}
	return
}

type named []byte

func (n named) reset() { clear(n) }

type record struct {
	name string
	data []byte
	more [3]int
}

//go:noinline
func (r record) poke() { r.data[0] = 'p' }

var ways = []func(s string) any{
	func(s string) any { b := []byte(s); b[0]++; return sum(b) },
	func(s string) any { b := []byte(s); set(b); return sum(b) },
	func(s string) any { b := []byte(s); set(b[2:4]); return sum(b) },
	func(s string) any { b := []byte(s); same(b)[0] = 1; return sum(b) },
	func(s string) any { b := []byte(s); *element(b) = 1; return sum(b) },
	func(s string) any { b := []byte(s); keep(b); kept[0] = 'k'; return sum(b) },
	func(s string) any { b := []byte(s); unsure.write(b); return sum(b) },
	func(s string) any { b := []byte(s); fill(b); return sum(b) },
	func(s string) any { b := []byte(s); f := func() { b[0] = 2 }; f(); return sum(b) },
	func(s string) any { b := []byte(s); f := set; f(b); return sum(b) },
	func(s string) any { b := []byte(s); defer func() { b[0] = 2 }(); return sum(b) },
	func(s string) any { b := []byte(s); defer set(b); return sum(b) },
	func(s string) any {
		b := []byte(s)
		var w sync.WaitGroup
		w.Add(1)
		go func() { b[0] = 'g'; w.Done() }()
		w.Wait()
		return sum(b)
	},
	func(s string) any { b := []byte(s); copy(b, source); return sum(b) },
	func(s string) any { b := []byte(s); copy(b[1:], "xyz"); return sum(b) },
	func(s string) any { b := []byte(s); clear(b); return sum(b) },
	func(s string) any { b := []byte(s); b = append(b[:1], source...); return sum(b) },
	func(s string) any { b := []byte(s); c := append(b[:1], 'x', 'y'); return sum(b) + sum(c) },
	func(s string) any { b := []byte(s); b = append(b, 'x'); b[0] = 'z'; return sum(b) },
	func(s string) any { h := holder{b: []byte(s)}; h.b[0] = 'h'; return sum(h.b) },
	func(s string) any { h := &holder{b: []byte(s)}; g := holder{next: h}; through(&g); return sum(h.b) },
	func(s string) any { a, b := swap([]byte(s), source); a[0], b[0] = 's', 't'; set(b); return sum(b) },
	func(s string) any { b := []byte(s); deep(b, 3); return sum(b) },
	func(s string) any { b := []byte(s); c := make(chan byte, 1); c <- 'c'; receive(b, c); return sum(b) },
	func(s string) any { b := []byte(s); c := make(chan byte, 1); c <- 'c'; b[0] = <-c; return sum(b) },
	func(s string) any { b := []byte(s); c := make(chan []byte, 1); c <- b; (<-c)[0] = 'c'; return sum(b) },
	func(s string) any { b := []byte(s); m := map[int][]byte{1: b}; m[1][0] = 'm'; return sum(b) },
	func(s string) any { b := []byte(s); var x any = b; x.([]byte)[0] = 'x'; return sum(b) },
	func(s string) any { b := []byte(s); a := (*[4]byte)(b); a[0] = 'a'; return sum(b) },
	func(s string) any { b := []byte(s); a := (*[4]byte)(b); *a = [4]byte{1, 2, 3, 4}; return sum(b) },
	func(s string) any { b := []byte(s); *(*uint32)(unsafe.Pointer(&b[0])) = 5; return sum(b) },
	func(s string) any {
		b := []byte(s)
		for i, x := range source[:len(b)] {
			b[i] = x
		}
		return sum(b)
	},
	func(s string) any { b := []byte(s); b[0], b[1] = b[1], b[0]; return sum(b) },
	func(s string) any { b := []byte(s); b[len(s)-1] ^= 8; return sum(b) },
	func(s string) any { return sum(recovered(s)) },
	func(s string) any { b := []byte(s); variadic(nil, b); return sum(b) },
	func(s string) any { b := named(s); b.reset(); return sum(b) },
	func(s string) any { r := record{data: []byte(s)}; r.poke(); return sum(r.data) },
	func(s string) any { r := record{data: []byte(s)}; r.data[1]--; q := r; q.poke(); return sum(q.data) },
	func(s string) any { var all [][]byte; all = append(all, []byte(s)); all[0][0] = 0; return sum(all[0]) },
	func(s string) any {
		var last []byte
		for i := range 3 {
			b := []byte(s[i:])
			if last != nil {
				last[0] = 'l'
			}
			last = b
		}
		return sum(last)
	},
	func(s string) any {
		b, c := []byte(s), source
		if len(s) > 3 {
			c = b
		}
		c[0] = 'p'
		return sum(b)
	},
	// These only look.
	func(s string) any { return sum([]byte(s)) + sum([]byte(s[1:])) },
	func(s string) any { return generic([]byte(s)) + generic(s) },
	func(s string) any { return isNil([]byte(s[:0])) || isNil([]byte(s)) },
	func(s string) any { return isNil([]byte("")) || []byte(empty) == nil || isNil([]byte(empty)) },
	func(s string) any { b := []byte(s); f := func() int { return sum(b) }; return f() },
	func(s string) any {
		// The string is in the frame, and in the next round another is there.
		var last []byte
		t := 0
		for i := range 4 {
			x := s[:i] + "."
			b := []byte(x)
			t = 7*t + sum(last) + sum(b)
			last = b
		}
		return t
	},
	func(s string) any {
		b := []byte(strings.Repeat(s, 3))
		b2 := []byte(string(append(source[:3:3], s...)))
		grow(100)
		return sum(b) + 3*sum(b2)
	},
	func(s string) any { return cap([]byte(s)) >= len(s) },
	func(s string) any {
		b := []byte(errors.New(s).Error())
		return string(b[:3]) == s[:3] && string(b) == s
	},
}

var empty string

//go:noinline
func grow(n int) int {
	var pad [200]byte
	if n == 0 {
		return int(pad[n])
	}
	return grow(n-1) + int(pad[n])
}

//go:noinline
func try(i int, f func(string) any, s string) {
	before := strings.Clone(s)
	got := f(s)
	switch got := got.(type) {
	case int:
		print(i, " ", got)
	case bool:
		print(i, " ", got)
	}
	if s != before {
		print(" the string is another")
	}
	println()
}

func main() {
	for i, f := range ways {
		try(i, f, "a constant")
		try(i, f, strings.Repeat("long and made ", 4))
	}
}
