// Methods called through wrappers: what they panic with, what recovers in them, what tracebacks say of them.
package main

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
)

type I interface{ M() int }
type J interface {
	I
	N() string
}
type T struct{ a, b int }

func (t T) M() int { return t.a }

type P struct{ x int }

func (p *P) M() int { return p.x }

type E struct{ T }
type EP struct{ *T }
type EI struct{ I }
type D int

func (D) M() int { panic("deep") }

type F func()

func (f F) M() int { f(); return 1 }

func text(x any) string {
	switch x := x.(type) {
	case nil:
		return "nil"
	case string:
		return x
	case error:
		return x.Error()
	}
	return "other"
}

func try(name string, f func()) {
	defer func() {
		r := recover()
		if e, ok := r.(runtime.Error); ok {
			var te *runtime.TypeAssertionError
			println(name, "runtime error:", e.Error(), errors.As(e, &te))
		} else {
			println(name, text(r))
		}
	}()
	f()
}

//go:noinline
func hide(x any) any { return x }

type rec struct{}

func (rec) R() { println("recovered:", text(recover())) }

type prec struct{ rec }
type R interface{ R() }

func stack() string {
	pc := make([]uintptr, 20)
	n := runtime.Callers(2, pc)
	fr := runtime.CallersFrames(pc[:n])
	var s []string
	for {
		f, more := fr.Next()
		s = append(s, f.Function+":"+strconv.Itoa(f.Line))
		if !more || f.Function == "main.main" {
			break
		}
	}
	return strings.Join(s, " ")
}

type S struct{ n int }

func (s S) Stack() string   { return stack() }
func (s *S) PStack() string { return stack() }

type SE struct{ S }
type SEE struct{ *SE }
type St interface {
	Stack() string
	PStack() string
}

func main() {
	try("a1", func() { _ = hide(1).(string) })
	try("a2", func() { _ = hide(nil).(string) })
	try("a3", func() { _ = hide(1).(I) })
	try("a4", func() { _ = hide(nil).(I) })
	try("a5", func() { var i I = T{}; _ = i.(J) })
	try("a6", func() { var i I = T{}; _ = i.(*P) })
	try("a7", func() { var i I; _ = i.(*P) })
	try("a8", func() { _ = hide(P{}).(I) })
	try("a9", func() { _ = hide([]int{}) == hide([]int{}) })
	try("a10", func() { _ = hide(map[int]int{}) == hide(map[int]int{}) })
	try("a11", func() { _ = hide(struct{ f func() }{}) == hide(struct{ f func() }{}) })
	try("a12", func() { m := map[any]int{}; m[hide([]int{})] = 1 })
	try("n1", func() { var i I; i.M() })
	try("n2", func() { var i I; _ = i.M })
	try("n3", func() { var t *T; var i I = t; i.M() })
	try("n4", func() { var p *P; var i I = p; i.M() })
	try("n5", func() { var e *E; var i I = e; i.M() })
	try("n6", func() { var e EP; e.M() })
	try("n7", func() { var e EI; e.M() })
	try("n8", func() { var e *EI; var i I = e; i.M() })
	try("n9", func() { f := (*T).M; f(nil) })
	try("n10", func() { f := I.M; f(nil) })
	try("n11", func() { var t *T; _ = t.M })
	try("d1", func() { var i I = D(1); i.M() })
	try("d2", func() { d := D(1); var i I = &d; i.M() })
	try("d3", func() { EI{D(2)}.M() })
	func() {
		defer rec{}.R()
		panic("r1")
	}()
	func() {
		var r R = prec{}
		defer r.R()
		panic("r2")
	}()
	func() {
		var r R = &prec{}
		defer r.R()
		panic("r3")
	}()
	func() {
		f := (&prec{}).R
		defer f()
		panic("r4")
	}()
	try("r5", func() {
		defer func() { rec{}.R() }()
		panic("r5")
	})
	func() {
		f := (*prec).R
		defer f(&prec{})
		panic("r6")
	}()
	func() {
		f := R.R
		defer f(prec{})
		panic("r7")
	}()
	var st St = &SEE{&SE{S{1}}}
	println(st.Stack())
	println(st.PStack())
	f := st.Stack
	println(f())
	g := (*SEE).PStack
	println(g(&SEE{&SE{S{1}}}))
	st = &S{}
	println(st.Stack())
	h := St.PStack
	println(h(st))
	var anon I = struct{ T }{T{10, 1}}
	println(anon.M())
	var anonp I = &struct {
		a string
		*P
	}{"", &P{11}}
	println(anonp.M())
	F(func() { println(stack()) }).M()
	var i I = F(func() { println(stack()) })
	i.M()
}
