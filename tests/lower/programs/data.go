package main

type point struct{ x, y int }

type big struct {
	a [4]int
	p point
	s string
	n *big
}

var table = [...]string{"zero", "one", "two", 5: "five"}

var total = sum(1, 2, 3) + len(table)

var ps = &point{3, 4}

func sum(xs ...int) (s int) {
	for _, x := range xs {
		s += x
	}
	return
}

func (p point) dot(q point) int { return p.x*q.x + p.y*q.y }

func (p *point) move(dx, dy int) *point {
	p.x += dx
	p.y += dy
	return p
}

func (b *big) depth() int {
	n := 0
	for b != nil {
		n++
		b = b.n
	}
	return n
}

func swap(b big) big {
	b.a[0], b.a[3] = b.a[3], b.a[0]
	b.p.x, b.p.y = b.p.y, b.p.x
	return b
}

func reverse(s []int) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

func primes(n int) []int {
	composite := make([]bool, n+1)
	var found []int
	for i := 2; i <= n; i++ {
		if composite[i] {
			continue
		}
		found = append(found, i)
		for j := i * i; j <= n; j += i {
			composite[j] = true
		}
	}
	return found
}

var given = &point{1, 2}
var shared = given
var words = [2]string{"a", "bc"}
var more = [2][2]string{words, {"d", "e"}}
var count = changed()
var afterwards = given
var list = words

func changed() int {
	given = &point{3, 4}
	words[1] = "changed"
	return 5
}

type series []point

var ofSeries = map[string]*series{"a": {{1, 2}}, "b": {}}
var ofMaps = []*map[string]int{{"a": 1}, {}}
var ofArrays = []*[3]int{{1, 2}, {2: 5}}

func pointersTo[E any](v E) []*[]*map[int]E { return []*[]*map[int]E{{{4: v}}, {}} }

func main() {
	local := [...]*map[string]int{1: {"b": len(ofMaps)}}
	println((*ofSeries["a"])[0].y, len(*ofSeries["b"]), (*ofMaps[0])["a"], len(*ofMaps[1]), ofArrays[0][1], ofArrays[1][2], (*local[1])["b"])
	println((*(*pointersTo("v")[0])[0])[4], len(*pointersTo(1)[1]))
	println(total, ps.x, ps.dot(point{1, 1}))
	println(ps.move(1, 1).dot(point{x: 2}))
	p := point{5, 6}
	q := p
	q.move(10, 10).x++
	println(p.x, p.y, q.x, q.y, p == q, p == point{5, 6})
	b := big{a: [4]int{1, 2, 3, 4}, p: p, s: "b"}
	b.n = &big{s: "inner", n: &big{}}
	c := swap(b)
	println(b.a[0], b.a[3], b.p.x, c.a[0], c.a[3], c.p.x, c.s, c.n.s, c.depth())
	for i, name := range table {
		if name == "" {
			continue
		}
		print(i, "=", name, " ")
	}
	println()
	xs := primes(60)
	reverse(xs)
	println(len(xs), xs[0], xs[len(xs)-1], sum(xs...), sum(xs[1:4]...), len(xs[2:5:9]), cap(xs[2:5:9]))
	s := "hello, world"
	println(s[7:], s[:5], len(s[3:3]), s[1], s < "help", s[:5] == "hello", s >= "z")
	arr := [3]point{{1, 2}, {3, 4}}
	for i := range arr {
		arr[i].move(i, i)
	}
	sl := arr[:]
	sl[2] = point{9, 9}
	println(arr[0].x, arr[1].y, arr[2].x, len(sl), cap(sl[1:]))
	n := copy(xs, xs[3:])
	println(n, xs[0])
	pp := &p
	pp.x = 42
	px := &pp.y
	*px *= 2
	println(p.x, p.y, (*pp).dot(*pp))
	m := new(int)
	*m = 7
	k := new(*m + 1)
	println(*m, *k)
	println(shared.x, shared == given, afterwards == given, afterwards.x, count)
	println(more[0][1], more[1][0], list[1], words[0])
}
