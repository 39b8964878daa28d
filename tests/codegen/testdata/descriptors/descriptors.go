// Package descriptors has types of every kind, all of which need descriptors.
package descriptors

import (
	"unsafe"

	inner "example.com/v1.x/descriptors/in.ner"
)

var Sink []any

func keep(values ...any) { Sink = append(Sink, values...) }

type (
	Int     int
	text    string
	Floats  [2]float64
	Words   []text
	Channel chan<- Int
	Table   map[text]Floats
	Pointer *Int
	Func    func(Int, ...text) (bool, error)
	Any     any
	byName  interface {
		inner.Closed
		Get() int
		other(Words) Channel
	}
	Raw unsafe.Pointer
)

func (Int) Value() int        { return 0 }
func (*Int) Pointer() *Int    { return nil }
func (i Int) private()        {}
func (t text) Len(_ ...byte)  {}
func (f Func) Call()          {}
func (t Table) Put(k text)    {}

type Fields struct {
	A int8 `json:"a,omitempty" other:"\"quoted\" é\n"`
	b int16
	_ int32
	Int
	*inner.Open
	inner.Closed
	inner.Byte
	error
	Alias
	C complex128
	d [3]Words
	F func(struct{ x, Y int }) interface{ m() }
}

type Alias = text

type padded struct {
	a int8
	b int64
	c string
}

type tail struct {
	a int32
	b [0]int64
	c struct{}
}

type direct struct{ p [1]*padded }

func (direct) Direct()    {}
func (*direct) Indirect() {}

type large struct {
	words [200]*int
	more  string
}

type keys struct {
	a, b float32
	_    int32
	c    complex64
	s    [5]string
	t    [4]struct {
		x int8
		y any
	}
	i interface{ M() }
	z [3][2]float64
	q [40]bool
}

type recursive struct {
	next *recursive
	all  []recursive
	by   map[*recursive]func(recursive) recursive
}

type generic[T any] struct {
	value T
	next  *generic[T]
}

func (g *generic[T]) Next() *generic[T] { return g.next }
func (g generic[T]) peek(T) T           { return g.value }

func local() {
	type Local struct{ n int }
	type same struct {
		Local
		p *Local
	}
	keep(Local{}, same{}, map[Local]*same{})
	func() {
		type Local[]int
		keep(Local{}, struct{ Local }{})
	}()
}

func All() {
	keep(Int(0), text(""), Floats{}, Words{}, Channel(nil), Table{}, Pointer(nil), Func(nil), Raw(nil))
	keep(new(Any), new(byName), new(Int), new(Pointer), new(*Int))
	keep(Fields{}, padded{}, tail{}, direct{}, large{}, recursive{}, &recursive{})
	keep(map[keys]int{}, map[[200]byte]large{}, map[any]struct{}{}, map[interface{ M() }]string{}, map[float64]Int{})
	keep(map[[2]int32]bool{}, map[string]chan (<-chan int){}, map[[3]int8]<-chan (chan int){}, map[struct{}]int{}, map[[1]string]int{})
	keep(generic[int]{}, &generic[generic[text]]{}, generic[struct{ a inner.Byte }]{}, inner.Pair[text, *Int]{}, &inner.Pair[int, error]{})
	keep(struct {
		inner.Open
		n int `tag`
	}{}, &struct{ *Int }{}, struct{ *inner.Open }{}, struct{ inner.Closed }{}, struct{ inner.Pair[int, int] }{})
	keep(func(a int, b ...string) (x, y error) { return nil, nil }, func() func() { return nil }, [0]func(){}, [5]tail{}, []error{})
	keep(new(interface{ M(interface{ m() }) }), new(struct{}), uintptr(0), complex64(0), 'x', byte(0), [][]byte{}, [1]any{})
	var closed inner.Closed = inner.Open{}
	var get interface{ Get() int } = &inner.Open{}
	var value interface{ Value() int } = Int(0)
	var first interface{ First() text } = inner.Pair[text, int]{}
	var both interface {
		Direct()
	} = direct{}
	keep(closed, get, value, first, both)
	local()
}
