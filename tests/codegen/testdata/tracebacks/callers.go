package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

type T struct {
	a, b int
	next *T
	m    map[string]int
	arr  [4]int
	s    []int
	f    func(int) int
}

type I interface{ M(int) int }

func (t *T) M(x int) int { return t.b / x }

//go:noinline
func zero() int { return 0 }

//go:noinline
func big() int { return 100 }

//go:noinline
func nilT() *T { return nil }

//go:noinline
func one(x int) int { return x + 1 }

//go:noinline
func use(xs ...any) { _ = fmt.Sprint(xs...) }

var cases = map[string]func(){}
var order []string

func add(n string, f func()) { cases[n] = f; order = append(order, n) }

func fact(n int) int {
	if n <= 1 {
		panic("bottom")
	}
	return n * fact(n-1)
}

func tree(n int) int {
	if n == 0 {
		var a []int
		return a[n]
	}
	return tree(n-1) + tree(n-1)
}

func ping(n int) { if n == 0 { panic("ping") }; pong(n - 1) }
func pong(n int) { if n == 0 { panic("pong") }; ping(n - 1) }

type opt func(*T)

func WithA(n int) opt { return func(t *T) { t.a = 10 / n } }
func WithB(n int) opt {
	return func(t *T) {
		func() {
			t.b = 10 / n
		}()
	}
}
func New(opts ...opt) *T {
	t := &T{}
	for _, o := range opts {
		o(t)
	}
	return t
}

func names(n int) {
	pcs := make([]uintptr, 20)
	k := runtime.Callers(n, pcs)
	fr := runtime.CallersFrames(pcs[:k])
	for {
		f, more := fr.Next()
		fn := ""
		if f.Func != nil {
			fn = f.Func.Name()
		}
		file := f.File
		if i := strings.LastIndex(file, "/"); i >= 0 {
			file = file[i+1:]
		}
		fmt.Println(f.Function, file, f.Line, fn)
		if !more {
			break
		}
	}
}

func Seq(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func Map[K comparable, V any](m map[K]V, f func(K, V)) {
	for k, v := range m {
		f(k, v)
	}
}

type Stack[E any] struct{ xs []E }

func (s *Stack[E]) Pop() E {
	x := s.xs[len(s.xs)-1]
	s.xs = s.xs[:len(s.xs)-1]
	return x
}

var globalFn = func() { names(1) }
var globalNested = func() func() { return func() { names(1) } }()

type method struct{}

func (method) Val()  { names(1) }
func (*method) Ptr() { names(1) }

func caller() string { _, f, l, ok := runtime.Caller(1); return fmt.Sprint(f[strings.LastIndex(f, "/"):], l, ok) }

func init() {
	add("fact", func() { fact(5) })
	add("tree", func() { tree(3) })
	add("pingpong", func() { ping(5) })
	add("withA", func() { New(WithA(zero())) })
	add("withB", func() { New(WithA(1), WithB(zero())) })
	add("multi1", func() {
		x := one(
			one(1) +
				10/
					zero() +
				one(2),
		)
		use(x)
	})
	add("multi2", func() {
		t := &T{
			a: one(1),
			b: 5,
			s: []int{
				1,
				10 / zero(),
			},
		}
		use(t)
	})
	add("multi3", func() {
		a := []int{1, 2}
		use(
			a[0],
			a[one(0)],
			a[big()],
		)
	})
	add("multi4", func() {
		s := fmt.Sprintf("%d %d",
			nilT().a,
			1)
		use(s)
	})
	add("multi5", func() {
		t := &T{}
		t.
			next.
			next.a = 1
	})
	add("multi6", func() {
		var m map[string]int
		m["a"+
			"b"] = one(
			2)
	})
	add("multi7", func() {
		var x any = "s"
		use(1,
			x.(int),
			2)
	})
	add("multi8", func() {
		if one(1) == 2 &&
			one(2) == 3 &&
			nilT().
				a == 4 {
			use(1)
		}
	})
	add("multi9", func() {
		for i := 0; i < 10/
			zero(); i++ {
			use(i)
		}
	})
	add("multi10", func() {
		switch one(1) {
		case 1,
			10 / zero():
			use(1)
		}
	})
	add("multi11", func() {
		var f func(int) int
		use(
			f(
				one(1),
			),
		)
	})
	add("multi12", func() {
		t := &T{}
		x, y := t.a,
			t.next.a
		use(x, y)
	})
	add("multi13", func() {
		a := []int{1, 2, 3}
		b := a[one(0):
			big()]
		use(b)
	})
	add("multi14", func() {
		s := "abc"
		c := s[1] +
			s[big()]
		use(c)
	})
	add("multi15", func() {
		var i I
		use(one(1),
			i.M(
				one(2)),
		)
	})
	add("multi16", func() {
		var i I = &T{}
		use(one(1),
			i.M(
				zero()),
		)
	})
	add("retmulti", func() {
		f := func() (int, int) {
			return one(1),
				10 /
					zero()
		}
		use(f())
	})
	add("closeclosed", func() {
		c := make(chan int)
		close(c)
		defer func() {
			close(
				c)
		}()
	})
	add("sendclosed", func() {
		c := make(chan int, 1)
		close(c)
		select {
		case c <- one(
			1):
		default:
		}
	})
	add("sendclosed2", func() {
		c := make(chan int, 1)
		d := make(chan int)
		close(c)
		select {
		case c <- 1:
		case <-d:
		}
	})
	add("nilmapnested", func() {
		m := map[string]map[string]int{}
		m["a"]["b"]++
	})
	add("mapnilkey", func() {
		m := map[any]int{}
		m[[]int{1}] = 2
	})
	add("slice3", func() { a := make([]int, 2, 4); n := big(); use(a[0:1:n]) })
	add("makeneg", func() { n := zero() - 1; use(make([]int, n)) })
	add("makechan", func() { n := zero() - 1; use(make(chan int, n)) })
	add("shiftneg", func() { n := zero() - 1; use(1 << n) })
	add("arrptr", func() { a := make([]int, 2); use((*[4]int)(a)) })
	add("arrconv", func() { a := make([]int, 2); use([4]int(a)) })
	add("unsafe", func() { var p *[4]int; for i := range p { use(p[i]) } })
	add("nilarr", func() { var p *[4]int; for i, v := range p { use(i, v) } })
	add("deferpanic", func() {
		defer func() {
			defer func() {
				panic(fmt.Sprint("second ", recover()))
			}()
			panic("inner")
		}()
		panic("first")
	})
	add("deferloop", func() {
		for i := 0; i < 3; i++ {
			defer func() {
				if i == 1 {
					panic(i)
				}
			}()
		}
	})
	add("deferargs", func() {
		defer use(one(1), 10/zero())
	})
	add("defernil", func() {
		var f func()
		defer f()
		use(1)
	})
	add("defermethod", func() {
		defer nilT().M(1)
		use(2)
	})
	add("goexitdefer", func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { names(1) }()
			runtime.Goexit()
		}()
		wg.Wait()
	})
	add("recoverreraise", func() {
		defer func() {
			if r := recover(); r != nil {
				panic(r)
			}
		}()
		fact(2)
	})
	add("recovererr", func() {
		defer func() {
			r := recover()
			panic(fmt.Errorf("wrapped: %w", r.(error)))
		}()
		_ = nilT().a
		tree(0)
	})
	add("goroutine1", func() {
		done := make(chan int)
		go func(x int) {
			func() {
				panic(x)
			}()
		}(one(1))
		<-done
	})
	add("goroutine2", func() {
		go fact(3)
		time.Sleep(time.Second)
	})
	add("goroutine3", func() {
		t := nilT()
		go t.M(1)
		time.Sleep(time.Second)
	})
	add("goroutine4", func() {
		f := func() { go func() { go func() { panic("deep") }() }() }
		f()
		time.Sleep(time.Second)
	})
	add("callers", func() { names(0) })
	add("callers1", func() { func() { names(1) }() })
	add("callers2", func() { func() { func() { names(1) }() }() })
	add("callersdefer", func() { defer func() { names(1) }(); use(1) })
	add("callersdefer2", func() { defer func() { recover(); names(1) }(); panic(1) })
	add("callersmeth", func() { method{}.Val(); (&method{}).Ptr(); (&method{}).Val(); f := method{}.Val; f(); g := (*method).Ptr; g(&method{}) })
	add("callersiface", func() { var x interface{ Val() } = &method{}; x.Val(); var y interface{ Ptr() } = &method{}; y.Ptr(); defer x.Val() })
	add("callersglob", func() { globalFn(); globalNested() })
	add("callersrange", func() {
		for i := range Seq(2) {
			names(1)
			func() { names(1) }()
			use(i)
		}
	})
	add("callersrangedefer", func() {
		for i := range Seq(2) {
			defer func() { names(1); use(i) }()
		}
	})
	add("callerssort", func() { n := 0; sort.Slice([]int{2, 1}, func(i, j int) bool { if n == 0 { names(1) }; n++; return i < j }) })
	add("callersonce", func() { var o sync.Once; o.Do(func() { names(1) }) })
	add("callersmapf", func() { Map(map[string]int{"a": 1}, func(k string, v int) { names(1) }) })
	add("caller", func() { fmt.Println(caller(), func() string { return caller() }()) })
	add("callersgo", func() { c := make(chan int); go func() { names(1); c <- 1 }(); <-c })
	add("callersstr", func() { strings.Map(func(r rune) rune { names(1); return r }, "a") })
	add("callersreflect", func() { reflect.ValueOf(func() { names(1) }).Call(nil); reflect.ValueOf(method{}).MethodByName("Val").Call(nil) })
	add("fpc", func() {
		pr := func(f any) { fmt.Println(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()) }
		pr(fact)
		pr(method.Val)
		pr((*method).Ptr)
		pr((*method).Val)
		pr(method{}.Val)
		pr(func() {})
		pr(func() func() { return func() {} }())
		pr(WithA(1))
		pr(WithB(2))
		pr(globalFn)
		pr(globalNested)
		pr(Seq(1))
		pr(Map[string, int])
		pr((*Stack[int]).Pop)
		pr(new(Stack[int]).Pop)
		pr(Seq)
		pr(errors.New)
		pr(interface{ M(int) int }.M)
		pr((&T{}).M)
		pr(cases["fpc"])
		pr(strings.NewReader("").Read)
		pr(io.ReadAll)
	})
	add("genpop", func() { var s Stack[string]; use(s.Pop()) })
	add("genpop2", func() { var s Stack[T]; x := s.Pop(); use(x) })
	add("genmap", func() { Map(map[int]T{1: {}}, func(k int, v T) { use(v.arr[big()%7]) }) })
	add("stack", func() { s := string(debug.Stack()); fmt.Println(s) })
	add("stackgo", func() { c := make(chan string); go func() { c <- string(debug.Stack()) }(); fmt.Println(<-c) })
	add("labels", func() {
		pprof.Do(context.Background(), pprof.Labels("k", "v"), func(ctx context.Context) {
			fmt.Println(pprof.Label(ctx, "k"))
			panic("labelled")
		})
	})
	add("profile", func() {
		c := make(chan int)
		for i := 0; i < 2; i++ {
			go func() { <-c }()
		}
		time.Sleep(10 * time.Millisecond)
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
	})
	add("errjoin", func() { panic(errors.Join(errors.New("a"), errors.New("b"))) })
	add("panicstruct", func() { panic(T{a: 1}) })
	add("panicptr", func() { panic(&T{}) })
	add("manyargs", func() { many(1, "two", []int{3}, 4.5, nil, map[string]int{}, func() {}, struct{ a, b int }{1, 2}) })
	add("strargs", func() { strargs("hello", []byte("x"), zero()) })
	add("results", func() { a, b := results(zero()); use(a, b) })
	add("clo", func() {
		x, y := one(1), one(2)
		f := func(z int) int { x++; return x + y + z/zero() }
		use(f(1), x)
	})
	add("clonest", func() {
		x := one(1)
		f := func() func() int { return func() int { return x / zero() } }
		use(f()())
	})
	add("shadow", func() {
		for i := range 3 {
			func() {
				if i == 2 {
					panic(i)
				}
			}()
		}
	})
	add("gotos", func() {
		i := 0
	loop:
		if i < 3 {
			i++
			goto loop
		}
		use([]int{}[i])
	})
	add("typeswitch", func() {
		var x any = 3
		switch v := x.(type) {
		case string:
			use(v)
		case int:
			use(v / zero())
		}
	})
	add("copyover", func() { var a *[10]int; b := a[:]; use(copy(b, []int{1})) })
	add("strconv", func() { var b []byte; use(string(b[:big()])) })
	add("minmax", func() { use(min(one(1), 10/zero())) })
	add("clearnil", func() { var p *map[int]int; clear(*p) })
	add("appendnil", func() { var p *[]int; *p = append(*p, one(1)) })
	add("embed", func() { type E struct{ *T }; var e E; use(e.a) })
	add("embedm", func() { type E struct{ *T }; var e E; use(e.M(1)) })
	add("embedi", func() { type E struct{ I }; var e E; use(e.M(1)) })
	add("methval", func() { f := nilT().M; use(f(1)) })
	add("methexpr", func() { f := (*T).M; use(f(nil, 1)) })
}

//go:noinline
func many(a int, b string, c []int, d float64, e error, f map[string]int, g func(), h struct{ a, b int }) {
	panic("many")
}

//go:noinline
func strargs(s string, b []byte, n int) int {
	if len(s) > 3 {
		return len(b) / n
	}
	return one(n)
}

//go:noinline
func results(n int) (a int, err error) {
	defer func() {
		if a == 3 {
			panic("three")
		}
	}()
	a = 3
	err = errors.New("x")
	return
}

func main() {
	if len(os.Args) < 2 {
		fmt.Println(strings.Join(order, " "))
		return
	}
	cases[os.Args[1]]()
}
