// Structs with pointers among numbers that are copied and cleared in the heap, while the collector marks.
package main

type record struct {
	name string
	a, b int
	tag  string
	on   bool
	n    int32
	p    *int
}

type node struct {
	name       string
	v          [1]float64
	a, b, c, d int32
	x, y       uint16
	z          float32
	next       *node
	f, g, h    int64
}

type lists struct {
	a, b []byte
	n    int
}

//go:noinline
func setRecord(s []record, i int, r *record) { s[i] = *r }

//go:noinline
func clearRecord(s []record, i int) { s[i] = record{} }

//go:noinline
func setNode(s []node, i int, r *node) { s[i] = *r }

//go:noinline
func clearNode(s []node, i int) { s[i] = node{} }

//go:noinline
func setLists(s []lists, i int, r *lists) { s[i] = *r }

func digits(n int) string {
	s := ""
	for ; n != 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

func sum(s string) (n int) {
	for _, c := range s {
		n = n*7 + int(c)
	}
	return
}

func missing(s []record, from, to *record) {
	defer func() { println(recover() != nil, s[0].a, s[0].p != nil) }()
	if to == nil {
		to = from
		from = nil
	}
	*to = *from
}

func main() {
	records, nodes, both := make([]record, 20), make([]node, 20), make([]lists, 20)
	for round := range 12 {
		for i := range records {
			x := i * round
			setRecord(records, i, &record{digits(x), i, -i, digits(x + 1), i%2 == 0, int32(i), &x})
			numbers := [1]float64{float64(i)}
			setNode(nodes, i, &node{digits(x), numbers, 1, int32(i), 3, 4, 5, uint16(i), 1.5, &node{name: digits(i)}, 7, 8, int64(i)})
			setLists(both, i, &lists{[]byte(digits(i)), []byte(digits(x)), i})
			if i%7 == round%7 {
				clearRecord(records, i)
				clearNode(nodes, (i+1)%20)
			}
		}
		n := 0
		for i := range records {
			r, o, l := &records[i], &nodes[i], &both[i]
			n = n*31 + sum(r.name) + r.a + r.b*3 + sum(r.tag) + int(r.n)
			if r.p != nil && r.on {
				n += *r.p
			}
			n += sum(o.name) + int(o.v[0]) + int(o.a+o.b+o.c+o.d) + int(o.x+o.y) + int(o.z*2) + int(o.f+o.g+o.h)
			if o.next != nil {
				n += sum(o.next.name)
			}
			n += sum(string(l.a)) + sum(string(l.b)) + l.n
		}
		println(n)
	}
	missing(records, &records[3], nil)
	missing(records, nil, &records[0])
}
