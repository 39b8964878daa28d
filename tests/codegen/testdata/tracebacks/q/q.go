package q

import (
	"iter"
	"reflect"
	"unsafe"
)

type T struct{ S string }

func Div(a, b int) int { return div(a, b) + 1 }
func div(a, b int) int { return a / b }

func Call(f func()) { f() }

func Seq(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
func Bad(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			yield(i)
		}
	}
}
func PC(f any) uintptr { return reflect.ValueOf(f).Pointer() }

//go:noinline
func Addr(x uintptr) *int { return (*int)(unsafe.Pointer(x)) }

type Big struct {
	A [1 << 20]byte
	C int
}

//go:noinline
func NilBig() *Big { return nil }

func InitPanic() { lateInit() }

var fns = []func(){func() { var a []int; _ = a[len(a)] }}

func lateInit() { fns[0]() }
