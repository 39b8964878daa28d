# SPDX-License-Identifier: BSD-3-Clause
"""What functions cost to be inlined, beside what stock's compiler says of them."""

from __future__ import annotations

import re
from pathlib import Path

from go_programs import go
from test_lower import lower

from pygo_cross.opt.inline import inline
from pygo_cross.ssa.unit import FuncInfo

SOURCE = """package main

type pair struct { a, b int }
type inner struct { n int; m map[string]int }
type outer struct { first int; inner; p *inner; next *outer; arr [4]int; s []int; f func(int) int }
type shape interface { area(int) int }
type number int

var sink any
var table = map[string]int{}

func (p pair) sum() int { return p.a + p.b }
func (i *inner) bump() { i.n++ }
func (i inner) get() int { return i.n }
func (n number) area(x int) int { return int(n) * x }
func two(n int) (int, bool) { return n + 1, n > 2 }
func numbers(xs ...int) int { return len(xs) }
func anything(xs ...any) int { return len(xs) }
func toInterface(n number) shape { return n }
func nothing() {}

func names(x int) int { y := x; var z int; var w = 3; z, y = y, w; return z + y }
func several(x int) (r int) { a, ok := two(x); if ok { r = a }; return }
func passedOn(x int) (int, bool) { return two(x) }
func asArguments(x int) int { return numbers(x, 1, 2) + numbers() + anything(x, "s", nil, sink) }
func results(o *outer) (any, error) { return o.first, nil }
func fields(o *outer) int { return o.n + o.inner.n + o.p.n + o.next.next.first + o.arr[1] + o.s[2] }
func methods(o *outer) int { o.bump(); o.p.bump(); o.inner.bump(); return o.get() + o.p.get() + pair{1, 2}.sum() }
func dynamic(s shape, f func(int) int, o *outer) int { return s.area(1) + f(2) + o.f(3) }
func slices(s []int, a *[4]int, b [4]int, t string) int {
	return len(s[0:]) + len(s[1:len(s)]) + len(s[:2:3]) + len(a[:]) + len(b[1:2]) + len(t[1:])
}
func lits() any { return []any{1, &pair{1, 2}, pair{b: 2}, [2]int{1: 3}, map[string]*pair{"x": {1, 2}}, struct{}{}} }
func conversions(x int, p *int, f float64, b []byte) int { return int(number(x)) + int(f) + int(int64(x)) + int(uint8(x)) + len(string(b)) }
func strings(a, b string) string { return a + b + "x" + a[1:] }
func conditions(x int) int { if x > 1 && x < 9 || !(x == 3) { return -x }; if false { return x * 2 } else if x > 3 { x++ }; return ^x }
func loops(s []int, m map[string]int) int {
	t := 0
	for i, v := range s { t += i * v }
	for k := range m { delete(m, k) }
	for range 3 { t++ }
	for i := 0; i < 4; i++ { if i == t { continue }; break }
	for t < 100 { t *= 2 }
	return t
}
func switches(x int, s any) int {
	switch x { case 1, 2: return 1; case 3: fallthrough; default: return 2 }
	switch { case x > 4: return 4 }
	switch v := s.(type) { case int: return v; case nil: return 1; case string, bool: _ = v }
	return 0
}
func channels(c chan any, d chan int) int { c <- 1; v, ok := <-d; select { case c <- v: default: }; if ok { return <-d }; return cap(c) }
func builtins(s []int, d []any, m map[any]int) []int {
	s = append(s, 1, 2)
	d = append(d, 1)
	copy(s, s)
	clear(m)
	delete(m, 1)
	_ = min(len(s), cap(s))
	m[2] = 4
	_ = new(int)
	_ = make([]int, 3, 4)
	return make([]int, len(s))
}
func makes() (map[int]int, chan int) { return make(map[int]int), make(chan int, 2) }
func panics(x int) int { if x > 3 { panic("x") }; if x > 2 { panic(sink) }; return 100 / x }
func closures(x int) func() int { f := func() int { return x }; return f }
func pointers(p **int, o *outer) *int { *(*p) = 1; q := &o.first; r := &o.next; _ = r; return q }
func assertions(x any) int { n, ok := x.(int); if ok { return n }; return x.(number).area(2) }
func labelled(x int) int {
again:
	for x > 1 { x--; if x == 3 { continue again }; goto done }
done:
	return x
}
func recursive(n int) int { if n == 0 { return 1 }; return n * recursive(n-1) }
func even(n int) bool { if n == 0 { return true }; return odd(n - 1) }
func odd(n int) bool { if n == 0 { return false }; return even(n - 1) }
func main() {}
func values(p pair) (func() int, func(pair) int) { return p.sum, pair.sum }
"""


def test_costs_are_stock_s(tmp_path: Path) -> None:
    file = tmp_path / "p.go"
    file.write_text(SOURCE)
    told = go("tool", "compile", "-p", "main", "-m=2", "-o", str(tmp_path / "p.o"), str(file))
    wanted = {}
    for name, cost in re.findall(r"inline (\S+)(?: with|: function too complex:) cost (\d+)", told):
        wanted["main." + name] = int(cost)
    unit = lower(SOURCE)
    inline(unit.funcs, lambda func: False, lambda name: None)
    got = {func.symbol: func.info.price for func in unit.funcs if isinstance(func.info, FuncInfo)}
    costs = {name: sum((price.nodes, *[alone for _, alone in price.calls])) for name, price in got.items() if price is not None}
    assert len(wanted) > 35
    assert {name: costs[name] for name in wanted} == wanted
