// Values of many shapes compared, as themselves and in interfaces, and as keys of maps.
package main

type number int

func (n number) M() int { return int(n) }

type method interface{ M() int }

type mixed struct {
	a int8
	_ [3]byte
	f float32
	s string
	x any
	t string
	m method
	b bool
}

type long struct {
	head [40]byte
	list [5]struct {
		s string
		n int16
	}
	tail [3]float64
	last [9]uint8
}

type nested struct {
	mixed
	long  *long
	pairs [33][2]uint16
	c     complex128
	each  [2]mixed
}

func zero() float64 { return 0 }

func count[T comparable](name string, values ...T) {
	keys, any_keys, pairs := map[T]int{}, map[any]int{}, map[[2]T]int{}
	equal, in_any, beside, hidden := 0, 0, 0, 0
	for _, x := range values {
		for _, y := range values {
			equal = equal*2 + is(x == y)
			in_any = in_any*2 + is(any(x) == any(y))
			beside = beside*2 + is(any(x) == y)
			hidden = hidden*2 + is([3]T{x, y, x} != [3]T{y, x, x})
			pairs[[2]T{x, y}]++
		}
		keys[x]++
		any_keys[x]++
		any_keys[[1]T{x}]++
	}
	println(name, equal, in_any, beside, hidden, len(keys), len(any_keys), len(pairs), keys[values[0]])
}

func is(b bool) int {
	if b {
		return 1
	}
	return 0
}

func main() {
	nan, minus := zero()/zero(), -zero()
	one := mixed{a: 1, s: "s", x: 1, t: "t", m: number(1)}
	two, three, four := one, one, one
	two.f, two.t = float32(minus), string([]byte{'t'})
	three.x, three.m = "x", number(2)
	four.f = float32(nan)
	count("mixed", one, two, three, four)
	a, b, c := long{}, long{}, long{}
	b.list[4].s = "z"
	c.tail[1] = minus
	count("long", a, b, c)
	n, o, p := nested{mixed: one, long: &a}, nested{mixed: two, long: &a}, nested{mixed: one, long: &b}
	q := n
	q.pairs[32][1] = 7
	r := n
	r.each[1].s = "r"
	count("nested", n, o, p, q, r)
	count("any", any(1), any(int8(1)), any(nil), any("1"), any(one), any(two), any(&one), any([2]any{1, "2"}), any(struct{}{}))
	count("method", method(number(1)), method(nil), method(number(2)), method(number(1)))
	count("float", 0, minus, 1.5, nan)
	count("complex", complex(0, 1), complex(minus, 1), complex(nan, 0))
	count("bytes", [7]byte{1}, [7]byte{6: 1}, [7]byte{1})
	count("empty", struct{}{}, struct{}{})
	count("strings", [3]string{"a", "bb", "ccc"}, [3]string{"a", "bb", string([]byte("ccc"))}, [3]string{"a", "bb", "ccd"})
	for _, x := range []any{[]int{}, struct{ f func() }{}, [1]any{map[int]int{}}, [2]any{1, []int{}}} {
		func() {
			defer func() { println(recover().(error).Error()) }()
			println(x == x)
		}()
	}
	println(any([2]any{1, []int{}}) == any([2]any{2, []int{}}))
}
