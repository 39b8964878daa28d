package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"tbmod/q"
)

type T struct{ a, b int }

func (t T) Val(x int) int   { return q.Div(t.a, x) }
func (t *T) Ptr(x int) int  { return t.a / x }
func (t *T) Deep(x int) int { return t.mid(x) + 1 }
func (t *T) mid(x int) int  { return t.Ptr(x) * 2 }

type I interface{ Val(int) int }
type J interface {
	I
	Ptr(int) int
}
type E struct{ T }
type EP struct{ *T }
type EI struct{ I }

//go:noinline
func zero() int { return 0 }

//go:noinline
func nilT() *T { return nil }

//go:noinline
func neg() int { return -1 }

func inl1(x int) int { return inl2(x) + 1 }
func inl2(x int) int { return 10 / x }

type Num interface{ ~int | ~float64 }

func gen[N Num](x N, f func(N) N) N { return f(x) }
func genIdx[S ~[]E, E any](s S, i int) E {
	return s[i]
}

type G[K comparable, V any] struct{ m map[K]V }

func (g *G[K, V]) put(k K, v V) { g.m[k] = v }
func (g G[K, V]) each(f func(K, V)) {
	for k, v := range g.m {
		f(k, v)
	}
}

type MyErr struct{ s string }

func (e MyErr) Error() string { return "myerr " + e.s }

type Str string

func (s Str) String() string { return "Str:" + string(s) }

//go:noinline
func three(a, b, c int) int {
	return a + b + c
}

var cases = map[string]func(){}

func init() {
	c := cases
	c["inline"] = func() { inl1(zero()) }
	c["deep"] = func() { (&T{}).Deep(zero()) }
	c["nilrecv"] = func() { fmt.Println(nilT().Ptr(1)) }
	c["nilmid"] = func() { fmt.Println(nilT().Deep(1)) }
	c["ival"] = func() { var i I = T{1, 2}; fmt.Println(i.Val(zero())) }
	c["ivalptr"] = func() { var i I = &T{1, 2}; fmt.Println(i.Val(zero())) }
	c["ivalnil"] = func() { var i I = nilT(); fmt.Println(i.Val(zero())) }
	c["iemb"] = func() { var i I = E{}; fmt.Println(i.Val(zero())) }
	c["iembp"] = func() { var i J = EP{&T{}}; fmt.Println(i.Ptr(zero())) }
	c["iembpn"] = func() { var i J = EP{}; fmt.Println(i.Ptr(zero())) }
	c["iembpv"] = func() { var i J = EP{}; fmt.Println(i.Val(zero())) }
	c["iembi"] = func() { var i I = &EI{T{}}; fmt.Println(i.Val(zero())) }
	c["iembin"] = func() { var i I = &EI{}; fmt.Println(i.Val(zero())) }
	c["nilif"] = func() { var i I; fmt.Println(i.Val(zero())) }
	c["mval"] = func() { f := T{}.Val; defer f(1); f(zero()) }
	c["mvali"] = func() { var i I = T{}; f := i.Val; f(zero()) }
	c["mvaldefer"] = func() { var i I = T{}; f := i.Val; defer f(zero()) }
	c["mexpr"] = func() { f := (*T).Val; f(&T{}, zero()) }
	c["mexpri"] = func() { f := I.Val; f(&T{}, zero()) }
	c["mexprn"] = func() { f := (*T).Val; f(nilT(), zero()) }
	c["gomval"] = func() { var i I = T{}; go i.Val(zero()); select {} }
	c["gofn"] = func() { go func(x int) { fmt.Println(1 / x) }(zero()); select {} }
	c["goinl"] = func() { go inl1(zero()); select {} }
	c["defer1"] = func() {
		defer fmt.Println("d1")
		defer func() {
			inl1(zero())
		}()
		fmt.Println("x")
	}
	c["defer2"] = func() {
		defer func() {
			r := recover()
			panic(fmt.Sprint("again ", r))
		}()
		inl1(zero())
	}
	c["defer3"] = func() {
		defer func() { panic("two") }()
		defer func() { panic("one") }()
		panic("zero")
	}
	c["deferloop"] = func() {
		for i := 0; i < 3; i++ {
			defer func(i int) {
				fmt.Println(6 / i)
			}(i)
		}
	}
	c["repanic"] = func() {
		defer func() {
			e := recover()
			panic(e)
		}()
		panic(errors.New("boo"))
	}
	c["goexit"] = func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { panic("in goexit") }()
			runtime.Goexit()
		}()
		wg.Wait()
	}
	c["gen"] = func() { gen(zero(), func(x int) int { return 1 / x }) }
	c["genf"] = func() { gen(1.5, func(x float64) float64 { panic(x) }) }
	c["genidx"] = func() { genIdx([]string{"a"}, 5) }
	c["genidx2"] = func() { genIdx([]T{{1, 2}}, neg()) }
	c["gput"] = func() { var g G[string, int]; g.put("a", 1) }
	c["geach"] = func() { g := G[string, T]{map[string]T{"a": {}}}; g.each(func(k string, v T) { v.Ptr(zero()) }) }
	c["nilmap"] = func() { var m map[string]int; m["a"] = 1 }
	c["nilmapf"] = func() { var m map[int32]*T; m[1] = nil }
	c["hash"] = func() { m := map[any]int{}; m[[]int{1}] = 2 }
	c["hash2"] = func() { m := map[any]int{}; m[struct{ f any }{func() {}}] = 2 }
	c["eq"] = func() { var a, b any = []int{1}, []int{1}; fmt.Println(a == b) }
	c["eq2"] = func() { a, b := [2]any{1, map[int]int{}}, [2]any{1, map[int]int{}}; fmt.Println(a == b) }
	c["idx"] = func() { s := make([]int, 3); fmt.Println(s[zero()+3]) }
	c["idxn"] = func() { s := make([]int, 3); fmt.Println(s[neg()]) }
	c["idxu8"] = func() { var a [4]int; i := uint8(zero() + 200); fmt.Println(a[i]) }
	c["idxi8"] = func() { var a [4]int; i := int8(neg()); fmt.Println(a[i]) }
	c["idxu64"] = func() { var a [4]int; i := uint64(neg()); fmt.Println(a[i]) }
	c["idxstr"] = func() { s := "abc"; fmt.Println(s[zero()+3]) }
	c["sl1"] = func() { s := make([]int, 3, 5); fmt.Println(s[zero()+6:]) }
	c["sl2"] = func() { s := make([]int, 3, 5); fmt.Println(s[:zero()+6]) }
	c["sl3"] = func() { s := make([]int, 3, 5); fmt.Println(s[zero()+3 : zero()+2]) }
	c["sl4"] = func() { s := make([]int, 3, 5); fmt.Println(s[zero() : zero()+2 : zero()+6]) }
	c["sl5"] = func() { s := make([]int, 3, 5); fmt.Println(s[zero() : zero()+4 : zero()+3]) }
	c["sl6"] = func() { s := make([]int, 3, 5); fmt.Println(s[zero()+3 : zero()+2 : zero()+5]) }
	c["sl7"] = func() { s := "hello"; fmt.Println(s[zero()+6:]) }
	c["sl8"] = func() { s := "hello"; fmt.Println(s[:neg()]) }
	c["sl9"] = func() { s := "hello"; fmt.Println(s[zero()+4 : zero()+2]) }
	c["sl10"] = func() { var a [7]int; fmt.Println(a[:zero()+8]) }
	c["sl11"] = func() { var a [7]int; fmt.Println(a[zero()+2 : zero()+1]) }
	c["sl12"] = func() { var a *[7]int; fmt.Println(a[:zero()+1]) }
	c["sl13"] = func() { var a [7]int; fmt.Println(a[uint32(zero()+20):]) }
	c["sl14"] = func() { var a [7]int; fmt.Println(a[: uint64(neg()) : zero()+7]) }
	c["sl15"] = func() { s := make([]int, 3, 5); i := int8(neg()); fmt.Println(s[i:]) }
	c["conv"] = func() { s := make([]int, 3, 5); fmt.Println([4]int(s)) }
	c["convp"] = func() { s := make([]int, 3, 5); fmt.Println((*[4]int)(s)) }
	c["makes"] = func() { fmt.Println(make([]int, neg())) }
	c["makec"] = func() { fmt.Println(make([]int, 2, zero()+1)) }
	c["makech"] = func() { fmt.Println(make(chan int, neg())) }
	c["makebig"] = func() { n := zero() + 1; fmt.Println(len(make([]T, n<<60))) }
	c["shift"] = func() { fmt.Println(1 << neg()) }
	c["div"] = func() { fmt.Println(1 / zero()) }
	c["mod"] = func() { fmt.Println(uint8(1) % uint8(zero())) }
	c["ta1"] = func() { var x any; fmt.Println(x.(int)) }
	c["ta2"] = func() { var x any = "s"; fmt.Println(x.(int)) }
	c["ta3"] = func() { var x any = T{}; fmt.Println(x.(J)) }
	c["ta4"] = func() { var x I = T{}; fmt.Println(x.(J)) }
	c["ta5"] = func() { var x I; fmt.Println(x.(J)) }
	c["ta6"] = func() { var x I; fmt.Println(x.(T)) }
	c["ta7"] = func() { var x any = &T{}; fmt.Println(x.(*E)) }
	c["ta8"] = func() { var x any = q.T{}; fmt.Println(x.(T)) }
	c["ta9"] = func() { type T struct{}; var x any = T{}; fmt.Println(x.(q.T)) }
	c["ta10"] = func() { var x any = G[int, T]{}; fmt.Println(x.(G[int, string])) }
	c["chanclose"] = func() { var c chan int; close(c) }
	c["chanclose2"] = func() { c := make(chan int); close(c); close(c) }
	c["chansend"] = func() { c := make(chan int); close(c); c <- 1 }
	c["deadlock"] = func() { c := make(chan int); <-c }
	c["deadsel"] = func() { c := make(chan int); select { case <-c: case c <- 1: } }
	c["deadmu"] = func() { var m sync.Mutex; m.Lock(); m.Lock() }
	c["nilfunc"] = func() { var f func(); f() }
	c["nilfuncd"] = func() { var f func(); defer f() }
	c["nilfuncg"] = func() { var f func(); go f() }
	c["panicnil"] = func() { panic(nil) }
	c["perr"] = func() { panic(MyErr{"x"}) }
	c["pstr"] = func() { panic(Str("x")) }
	c["pint"] = func() { panic(int8(-3)) }
	c["pf"] = func() { panic(1.5) }
	c["pc"] = func() { panic(complex(1, 2)) }
	c["pst"] = func() { panic(T{1, 2}) }
	c["pfmt"] = func() { panic(fmt.Errorf("w %w\nnew", MyErr{"in"})) }
	c["multi"] = func() {
		x := three(
			three(1, 2, 3),
			inl1(
				zero()),
			three(4,
				5, 6),
		)
		fmt.Println(x)
	}
	c["multi2"] = func() {
		a := []int{1, 2}
		s := "a" +
			fmt.Sprint(
				a[0],
				a[zero()+2],
			) +
			"b"
		fmt.Println(s)
	}
	c["multi3"] = func() {
		t := nilT()
		if zero() == 0 &&
			t.a == 3 ||
			t.b == 4 {
			fmt.Println("x")
		}
	}
	c["chain"] = func() {
		strings.NewReplacer("a", "b").
			Replace(strings.
				Repeat("x",
					neg()))
	}
	c["lit"] = func() {
		x := []T{
			{1, 2},
			{3,
				4 / zero()},
		}
		fmt.Println(x)
	}
	c["ret"] = func() {
		f := func() (int,
			int) {
			return 1,
				2 / zero()
		}
		fmt.Println(f())
	}
	c["sortcb"] = func() {
		s := []int{3, 2, 1}
		sort.Slice(s, func(i, j int) bool { return s[i] < s[j+5] })
	}
	c["once"] = func() { var o sync.Once; o.Do(func() { inl1(zero()) }) }
	c["rangefunc"] = func() {
		for x := range q.Seq(5) {
			if x == 3 {
				inl1(zero())
			}
		}
	}
	c["rangefunc2"] = func() {
		for x := range q.Bad(5) {
			if x == 3 {
				break
			}
		}
	}
	c["rangedefer"] = func() {
		for x := range q.Seq(5) {
			defer func() { fmt.Println(x, 3/(x-2)) }()
		}
	}
	c["stack"] = func() { printStack() }
	c["stackinl"] = func() { q.Call(printStack) }
	c["callers"] = func() { q.Call(func() { callers(0) }) }
	c["callers1"] = func() { defer callers(1); q.Call(func() { callers(2) }) }
	c["callersd"] = func() {
		defer func() { callers(0); recover(); callers(0) }()
		inl1(zero())
	}
	c["caller"] = func() { caller(); q.Call(caller); T{}.caller(); f := T{}.caller; f(); var k K = T{}; k.caller(); var k2 K = &T{}; k2.caller(); (&E{}).caller(); fe := (&E{}).caller; fe() }
	c["callerg"] = func() { callerG(1); callerG("x"); callerG(T{}); var g GC[int]; g.caller(); f := g.caller; f(); var k K = g; k.caller() }
	c["callerdefer"] = func() {
		defer caller()
		defer func() {
			defer caller()
			caller()
		}()
		var k K = T{}
		defer k.caller()
		if zero() == 1 {
			return
		}
		for i := range 2 {
			if i == 5 {
				return
			}
		}
	}
	c["callergo"] = func() {
		var wg sync.WaitGroup
		wg.Add(3)
		go func() { defer wg.Done(); callers(0) }()
		wg.Add(-2); wg.Wait()
	}
	c["funcs"] = func() {
		for _, f := range []any{inl1, printStack, T.Val, (*T).Val, (*T).Ptr, T{}.Val, I.Val, E.Val, (*E).Ptr, gen[int], genIdx[[]int], (*G[int, int]).put, func() {}, fmt.Println, strings.ToUpper, G[string, T].each, (*GC[T]).caller} {
			pc := q.PC(f)
			fn := runtime.FuncForPC(pc)
			file, line := fn.FileLine(pc)
			fmt.Println(fn.Name(), base(file), line, fn.Entry() == pc)
		}
	}
	c["frames"] = func() { frames() }
	c["recurse"] = func() { rec(0) }
	c["big"] = func() { bigargs([10]int{1}, "abc", []int{1}, 1.5, struct{ a, b any }{1, 2}, map[int]int{}, nil) }
	c["args"] = func() { manyargs(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }
	c["settrace"] = func() {
		debug.SetTraceback("system")
		go func() { select {} }()
		runtime.Gosched()
		panic("sys")
	}
	c["fault"] = func() {
		debug.SetPanicOnFault(true)
		p := q.Addr(0x1000)
		fmt.Println(*p)
	}
	c["fault2"] = func() { fmt.Println(q.Addr(0x123456789)) ; fmt.Println(*q.Addr(0x10)) }
	c["bigoff"] = func() { fmt.Println(q.NilBig().C) }
	c["swap"] = func() { s := []int{1}; i, j := zero(), 1; s[i], s[j] = s[j], s[i] }
	c["opassign"] = func() { m := map[string][]int{}; m["a"][zero()] += 1 }
	c["strcat"] = func() { var t *q.T; s := "a" + t.S + "b"; fmt.Println(s) }
	c["switch"] = func() {
		switch x := zero(); {
		case x > 1:
		case 5/x > 1:
			fmt.Println()
		}
	}
	c["forpost"] = func() {
		a := []int{1, 2, 3}
		for i := 0; a[i] > 0; i++ {
		}
	}
	c["copyarr"] = func() { var p *[1000]int; x := *p; fmt.Println(x) }
	c["ifaceeq"] = func() { var e1, e2 error = errS{[]int{}}, errS{[]int{}}; fmt.Println(e1 == e2) }
	c["append"] = func() { var p *[]int; *p = append(*p, 1) }
	c["append2"] = func() { s := []int{}; s = append(s, s[:zero()+1:zero()][0]) }
	c["clear"] = func() { var m map[any]int; clear(m); m2 := map[any]int{}; delete(m2, func() {}) }
	c["minmax"] = func() { a := []int{1}; fmt.Println(min(a[0], a[zero()+1])) }
	c["exitinit"] = func() { q.InitPanic() }
	c["wrapcall"] = func() { var s fmt.Stringer = (*Str)(nil); fmt.Println(s.String()) }
	c["fmtpanic"] = func() { var s fmt.Stringer = (*Str)(nil); fmt.Println(s); var e error = pe{}; fmt.Println(e) }
	c["lockout"] = func() { var m sync.Mutex; m.Unlock() }
	c["wg"] = func() { var w sync.WaitGroup; w.Done() }
}

type wg2 struct{}
type pe struct{}

func (pe) Error() string { panic("perr") }

type errS struct{ s any }

func (errS) Error() string { return "" }

type K interface{ caller() }

func (t T) caller() { callers(1) }

type GC[X any] struct{ x X }

func (g GC[X]) caller() { callers(0) }
func callerG[X any](x X) {
	func() { callers(0) }()
	caller()
}

//go:noinline
func rec(n int) int {
	if n == 200 {
		return inl1(zero())
	}
	return rec(n+1) + 1
}

//go:noinline
func bigargs(a [10]int, s string, sl []int, f float64, e struct{ a, b any }, m map[int]int, p *T) {
	fmt.Println(p.a)
}

//go:noinline
func manyargs(a, b, c, d, e, f, g, h, i, j, k, l int) int {
	return a / (l - 12) 
}

func frames() {
	var pcs [20]uintptr
	n := runtime.Callers(0, pcs[:])
	fr := runtime.CallersFrames(pcs[:n])
	for {
		f, more := fr.Next()
		fn := ""
		if f.Func != nil {
			fn = f.Func.Name()
		}
		fmt.Println(f.Function, base(f.File), f.Line, fn)
		if !more {
			break
		}
	}
	for _, pc := range pcs[:n] {
		fn := runtime.FuncForPC(pc - 1)
		file, line := fn.FileLine(pc - 1)
		fmt.Println(fn.Name(), base(file), line)
	}
}
func base(s string) string { return s[strings.LastIndex(s, "/")+1:] }

func printStack() { os.Stdout.Write(debug.Stack()) }
func caller() {
	for i := 0; i < 5; i++ {
		pc, file, line, ok := runtime.Caller(i)
		if !ok {
			break
		}
		fmt.Println(runtime.FuncForPC(pc).Name(), base(file), line)
	}
}
func callers(skip int) {
	var pcs [30]uintptr
	n := runtime.Callers(skip, pcs[:])
	fr := runtime.CallersFrames(pcs[:n])
	for {
		f, more := fr.Next()
		fmt.Println(" ", f.Function, base(f.File), f.Line)
		if !more {
			break
		}
	}
}

func main() {
	if len(os.Args) < 2 {
		var ks []string
		for k := range cases {
			ks = append(ks, k)
		}
		sort.Strings(ks)
		fmt.Println(strings.Join(ks, "\n"))
		return
	}
	cases[os.Args[1]]()
}
