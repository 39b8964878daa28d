// SPDX-License-Identifier: BSD-3-Clause

// Package features has one of everything: what is found out about it is compared with stock's.
package features

import (
	"errors"
	. "slices"
	str "strings"
	"unsafe"
)

type (
	Number interface {
		~int | ~int64 | ~float64
	}
	Pair[K comparable, V any] struct {
		Key K
		Val V
		*List[V]
	}
	List[T any] struct {
		next *List[T]
		item T
	}
	Alias[T any] = map[string]List[T]
	Tree         struct {
		left, right *Tree
		str.Builder
		Number func(...any) (n int, err error)
	}
	Shape interface {
		Area() float64
		interface{ Name() string }
	}
	Square float64
	set    map[string]struct{}
)

func (l *List[T]) All() func(yield func(int, T) bool) {
	return func(yield func(int, T) bool) {
		for i := 0; l != nil; i, l = i+1, l.next {
			if !yield(i, l.item) {
				return
			}
		}
	}
}

func (l *List[T]) Map[R any](f func(T) R) (out []R) {
	for _, v := range l.All() {
		out = append(out, f(v))
	}
	return
}

func (s Square) Area() float64 { return float64(s * s) }
func (Square) Name() string    { return "square" }

const (
	A, B = iota, 1 << (iota + 62)
	C, D
	big      = 1 << 400
	ratio    = big / 3.0
	half     = 0x1p-1
	mask     = ^uint8(0)
	i        = 2 + 3i
	text     = "a" + "\xff\u00e9"
	size     = unsafe.Sizeof(Pair[int8, string]{})
	distance = unsafe.Offsetof(Tree{}.Number)
	long     = len([...]string{9: "x"})
	huge     = 1e4000 * 1e4000
)

var (
	first, second       = two()
	third         Shape = Square(fourth)
	fourth              = float64(fifth) + half
	fifth               = func() int { return len(table) }()
	table               = map[Pair[string, int]][]set{{Key: "a"}: {{"b": {}}, nil}}
	_             error = errors.ErrUnsupported
	pointers            = []*Tree{{left: &Tree{}}, nil}
)

func init() { first++ }

func two() (int, error) { return int(A), nil }

func Sum[T Number, S ~[]T](values S) (total T) {
	for _, v := range values {
		total += v
	}
	return total
}

func apply[T, R any](x T, f func(T) R) R { return f(x) }

func identity[T any](x T) T { return x }

func everything(ch chan<- int, in <-chan string, args ...interface{ String() string }) (n int, err error) {
outer:
	for range 3 {
		switch x := third.(type) {
		case nil:
			continue outer
		case Square, *Square:
			_ = x
		case interface{ Area() float64 }:
			n += int(x.Area())
		default:
			break outer
		}
	}
	for i, c := range "héllo" {
		n += i + int(c)
	}
	for k, v := range (&List[rune]{}).All() {
		defer println(k, v, recover())
	}
	for i := range uint8(len(args)) {
		_ = args[i].String
	}
	select {
	case ch <- 1:
	case s, ok := <-in:
		_, _ = s, ok
	default:
		goto end
	}
	if v, ok := table[Pair[string, int]{}]; ok && v != nil {
		m := make(set, n)
		m["x"] = struct{}{}
		delete(m, "x")
		clear(m)
		_, present := m[text[:1]]
		_ = !present
	}
	{
		var f func(Square) float64 = Square.Area
		g := third.Name
		h := (*Tree).WriteString
		t := Tree{Number: func(...any) (int, error) { return 0, err }}
		t.Number(f, g, h)
		t.WriteByte('x')
		n, err = t.Number()
		_ = apply(n, func(x int) string { return str.Repeat("x", x) })
		_ = apply[int](1, identity)
		_ = Sum([]Square2{1, 2})
		_ = Sum[float64]([]float64{})
		_ = (&List[int]{}).Map(func(int) []byte { return nil })
		_ = Max([]int{1})
		var a Alias[complex64]
		_ = a["x"].item * complex64(complex(1, real(i)))
		_ = min(1, 2.5, float32(n))
		array := [...]int{5: 1, 2, 0: 3}
		_ = array[1:n:cap(array)]
		p := &array
		_ = p[2] << n >> 1.0
		*p = [7]int{}
		_ = [2]int(array[:2])
		_ = unsafe.String(new(byte('a')), 1)
		_ = interface{}(t) == third
		x, y := 1, 2.
		x <<= 3
		_ = y == 2 && !(x > 1) || false
		_ = func() { x++; y, z := 'a', nil == err; _, _ = y, z }
	}
end:
	return
}

type Square2 int
