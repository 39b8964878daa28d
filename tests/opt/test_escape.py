# SPDX-License-Identifier: BSD-3-Clause
"""Escape analysis: summaries, what stays in the frame, and programs in which it must not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import Result, optimise_unit, verifying
from pygo_cross.ssa import ops
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Unit
from pygo_cross.types.sizes import Sizes

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import Machine
from test_lower import lower

HEAD = """package main

type node struct { next *node; v int; rest [6]int }

var global *node
var function func() int

func keep(n *node) { global = n }
func not(n *node) int { if n == nil { return 0 }; return n.v }
func same(n *node) *node { return n }
func next(n *node) *node { return n.next }
func first(n node) *node { return n.next }
func content(n *node) { global = n.next }
func deep(n *node, d int) *node { if d == 0 { return n }; return deep(n.next, d-1) }
func call(f func() int) int { return f() }
func many(ns ...*node) int { return ns[0].v + len(ns) }
func last(ns ...*node) *node { return ns[len(ns)-1] }
func pair(a, b *node) (*node, *node) { return b, a }
func whole(n *node) { *n = node{next: global} }
func into(n, m *node) { n.next = m }

type list struct { all, other []*node }

func own(l *list) { l.other = l.all[1:2]; l.all = l.all[2:] }
func others(l, m *list) { l.all = m.all[1:] }

type large struct { a, b, c, d, e *node }

func (l large) kept() int { global = l.c; return 1 }
func (l large) read() int { return l.c.v }
"""
APART = HEAD.replace("\nfunc ", "\n//go:noinline\nfunc ")


def analysed(source: str) -> tuple[Unit, Result]:
    unit = lower(source)
    return unit, optimise_unit(unit, Context(Shapes(Sizes())), watch=verifying)


def made_of(unit: Unit) -> tuple[int, int]:
    """Slots, and objects of the heap that the code makes."""
    calls = [value for func in unit.funcs for block in func.blocks for value in block.values if value.op == ops.CALL_STATIC]
    makers = ("runtime.newobject", "runtime.makeslice", "runtime.mallocgc")
    return sum(len(func.slots) for func in unit.funcs), sum(str(call.aux).startswith(makers) for call in calls)


def test_summaries() -> None:
    _, result = analysed(APART + "func main() {}\n")
    keep, nothing, write = (0, 0), (), (-1, 0)
    assert {name.removeprefix("main."): rows[:-1] for name, rows in result.summaries.items() if name != "main.main"} == {
        "keep": (keep,),
        "not": (nothing,),
        "same": ((1, 0),),
        "next": ((1, 1),),
        "first": ((1, 0),),
        "content": ((0, 1),),
        "deep": ((1, 0), nothing),
        "call": (nothing,),
        "many": (nothing, nothing, nothing),
        "last": ((1, 1), nothing, nothing),
        "pair": ((2, 0), (1, 0)),
        "whole": (write,),
        "into": (write, keep),
        "own": (write,),
        "others": (write, (0, 1)),
        "large.kept": (nothing, nothing, keep, nothing, nothing),
        "large.read": (nothing,) * 5,
        "(*large).kept": ((0, 1),),
        "(*large).read": (nothing,),
    }


@pytest.mark.parametrize(
    ("body", "heap"),
    [
        ("println(not(&node{}))", 0),
        ("keep(&node{})", 1),
        ("println(not(same(&node{})))", 0),
        ("keep(same(&node{}))", 1),
        ("keep(next(&node{next: &node{}}))", 1),
        ("content(&node{next: &node{}})", 1),
        ("println(not(first(node{next: &node{}})))", 0),
        ("println(not(deep(&node{}, 0)))", 0),
        ("x := 1; println(call(func() int { x++; return x }))", 0),
        ("x := 1; function = func() int { x++; return x }", 2),
        ("x := 1; n := &node{}; f := func() *node { x++; return n }; keep(f())", 1),
        ("x := 1; n := &node{}; f := func() { x++; keep(n) }; f()", 1),
        ("l := large{c: &node{}}; println(call(func() int { keep(l.c); return l.c.v }))", 1),
        ("l := large{c: &node{}}; println(call(func() int { return call(func() int { global = l.c; return 1 }) }))", 1),
        ("l := large{c: &node{}}; f := func() *node { l := l; return l.c }; println(not(f())); keep(f())", 1),
        ("l := large{c: &node{}}; println(call(func() int { return l.c.v }))", 0),
        ("l := large{c: &node{}}; println(call(l.kept))", 1),
        ("l := large{c: &node{}}; println(call(l.read))", 0),
        ("println(many(&node{}, &node{}))", 0),
        ("keep(last(&node{}, &node{}))", 2),
        ("a, b := pair(&node{}, &node{}); keep(a); println(not(b))", 1),
        ("n := &node{}; into(n, &node{}); println(not(n))", 1),
        ("l := &list{all: []*node{{}, {v: 3}, {}}}; own(l); println(len(l.all), l.other[0].v)", 0),
        ("l := &list{all: make([]*node, 3)}; others(l, l); println(len(l.all))", 1),
        ("s := make([]int, 10); s[1] = 2; println(len(s))", 0),
        ("s := make([]int, 10, 10_000); s[1] = 2; println(len(s))", 1),
        ("s := make([]*node, 3); s[1] = &node{}; println(s[1].v)", 0),
        ("n := 3; s := make([]int, n); n = len(s); println(n)", 0),
        ("for i := 0; i < 3; i++ { n := &node{v: i}; println(n.v) }", 0),
        ("var l *node; for i := 0; i < 3; i++ { n := &node{v: i}; println(not(l)); l = n }", 1),
        ("var l node; for i := 0; i < 3; i++ { n := &node{v: i}; println(not(l.next)); l.next = n }; into(&l, nil)", 1),
        ("var l *node; for i := 0; i < 3; i++ { n := node{v: i, next: l}; for j := 0; j < 2; j++ { l = &n } }; println(l.v)", 1),
        ("i := 0; var l *node\nagain:\nn := &node{v: i, next: l}; l = n; i++; if i < 3 { goto again }; println(l.next.v)", 1),
    ],
)
def test_what_is_in_the_heap(body: str, heap: int) -> None:
    main = f"func main() {{ {body} }}\n"
    shapes = Shapes(Sizes())
    printed = Machine(lower(HEAD + main), shapes).run()
    for head in (APART, HEAD):
        unit, _ = analysed(head + main)
        assert Machine(unit, shapes).run() == printed
        in_heap = made_of(unit)[1]
        assert in_heap == heap if head is APART else in_heap <= heap


def test_imported_summaries_count() -> None:
    source = "package main\n\nfunc other(p *[9]int)\n\nfunc main() { var x [9]int; other(&x) }\n"
    for summaries, heap in (({}, 1), ({"main.other": ((), ())}, 0), ({"main.other": ((0, 1), ())}, 0), ({"main.other": ((0, 0), ())}, 1)):
        unit = lower(source)
        optimise_unit(unit, Context(Shapes(Sizes()), summaries=summaries))
        assert made_of(unit)[1] == heap


def test_assembly_that_keeps_nothing() -> None:
    source = "package main\n\n%s\nfunc other(p *[9]int)\n\nfunc main() { var x [9]int; other(&x) }\n"
    for directive, heap in (("//go:noescape", 0), ("", 1)):
        assert made_of(analysed(source.replace("%s", directive))[0])[1] == heap


def test_what_a_package_says_of_the_runtime_is_not_true_of_what_lowering_calls() -> None:
    head = "package main\n\nimport \"unsafe\"\n\n%sfunc assign(t, m unsafe.Pointer, key string) unsafe.Pointer\n\n"
    body = "func main() { m := map[string]int{}; b := []byte{1, 2}; m[string(b)] = 3; keep = m; _ = assign }\n\nvar keep map[string]int\n"
    without, linked = (head % directives for directives in ("", "//go:noescape\n//go:linkname assign runtime.mapassign_faststr\n"))
    assert made_of(analysed(linked + body)[0]) == made_of(analysed(without + body)[0])


@pytest.mark.parametrize(
    ("body", "buffers"),
    [
        ("var s []int; for i := range size() { s = append(s, i) }; println(sum(s))", 1),
        ("var s []int; for i := range size() { s = append(s, i) }; numbers = s", 0),
        ("var s []int; for i := range size() { s = append(s, i); s = append(s, 2) }; println(sum(s))", 1),
        ("var a, b []int; for i := range size() { b = append(a[:0:0], i, 1); println(sum(a)+sum(b)); a = b }", 1),
        ("var a []int; for i := range size() { var b []int; b = append(b, i); b = append(b, 3); println(sum(a)+sum(b)) }", 1),
        ("x := append([]*int(nil), &size2); println(*x[0])", 1),
        ("type wide [5]int; x := append([]wide(nil), wide{1}); println(x[0][0])", 0),
        ("s := make([]byte, size()); s[1] = 2; println(len(s), cap(s), s[0], s[1])", 1),
        ("s := make([]byte, 3, size()+30); s[1] = 2; println(len(s), cap(s), s[0], s[1])", 1),
        ("s := make([]int16, size(), 16); s[1] = 2; println(len(s), cap(s), s[0], s[1])", 1),
        ("var all [][]int; for i := range size() { s := make([]int, i); all = append(all, s) }; println(len(all[1]), len(all[2]))", 0),
    ],
)
def test_slices_of_unknown_size(body: str, buffers: int) -> None:
    head = """package main
var numbers []int
var size2 = 4
//go:noinline
func size() int { return size2 }
//go:noinline
func sum(s []int) (t int) { for _, x := range s { t = 3*t + x }; return }
"""
    source = head + f"func main() {{ {body} }}\n"
    shapes = Shapes(Sizes())
    unit, _ = analysed(source)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
    assert sum(slot.size == 32 for func in unit.funcs for slot in func.slots) == buffers


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("s := string(some); println(table[s])", []),
        ("s := string(some); delete(table, s); println(len(table))", []),
        ("s := string(some); some[0]++; println(table[s])", ["slicebytetostring"]),
        ("s := string(some); println(table[s], s)", ["slicebytetostring"]),
        ("table[string(some)] = 2; println(len(table))", ["slicebytetostring"]),
        ("println(len(string(some)), len([]byte(text)))", []),
        ("println(len([]rune(text)))", ["countrunes"]),
        ("println(len([]rune(string(some))))", ["slicebytetostring", "countrunes"]),
    ],
)
def test_conversions_that_need_no_copy(body: str, calls: list[str]) -> None:
    head = "package main\nvar some = []byte{97, 98, 99}\nvar text = `some täxt`\nvar table = map[string]int{`abc`: 5}\n"
    source = head + f"func main() {{ {body} }}\n"
    shapes = Shapes(Sizes())
    unit, _ = analysed(source)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
    names = [str(value.aux) for func in unit.funcs for block in func.blocks for value in block.values if value.op == ops.CALL_STATIC]
    assert [name[8:] for name in names if "slicebyte" in name or "toslice" in name or "countrunes" in name] == calls


@pytest.mark.parametrize(
    ("body", "copies"),
    [
        ("b := []byte(text); println(sum(b), sum(same(b)[1:]), b[0], len(b), cap(b) > 0)", 0),
        ("b := []byte(text); b[0]++; println(sum(b))", 1),
        ("b := []byte(text); set(b); println(sum(b))", 1),
        ("b := []byte(text); set(same(b)); println(sum(b))", 1),
        ("b := []byte(text); setOf(&holder{b}); println(sum(b))", 1),
        ("b := []byte(text); println(sumOf(&holder{b}), sumOf(&holder{b[1:]}))", 0),
        ("b := []byte(text); kept = b; println(sum(b))", 1),
        ("b := []byte(text); if len(b) > 50 { kept = b }; println(sum(b))", 1),
        ("b := []byte(text); f := func() { set(b) }; f(); println(sum(b))", 1),
        ("b := []byte(text); f := func() int { return sum(b) }; println(f())", 0),
        ("b := []byte(text); function(b); println(sum(b))", 1),
        ("b := []byte(text); copy(b, text[3:]); println(sum(b))", 1),
        ("b := []byte(text); c := make([]byte, 8); copy(c, b); println(sum(c))", 0),
        ("b := []byte(text); c := append(b[:3], 5); println(sum(b), len(c))", 1),
        ("b := []byte(text); var x [4]byte; a := &x; if len(b) > 50 { a = (*[4]byte)(b) }; *a = [4]byte{}; println(sum(b))", 1),
        ("t := 0; for i := range text { t += sum([]byte(text[i:])) }; println(t)", 0),
        ("println([]byte(text[:0]) == nil, []byte(none) == nil)", 0),
        ("var last []byte; for i := range 4 { x := text[:i] + text; println(sum(last)); last = []byte(x) }", 0),
    ],
)
def test_bytes_that_nobody_writes_to_are_the_string_s(body: str, copies: int) -> None:
    head = """package main
var text, none = `some text`, ``
var kept []byte
type holder struct { b []byte }
var function = func(b []byte) { b[1] = 'f' }
//go:noinline
func sum(s []byte) (t int) { for _, x := range s { t = 3*t + int(x) }; return }
//go:noinline
func set(b []byte) { b[0] = 's' }
//go:noinline
func same(b []byte) []byte { return b }
//go:noinline
func setOf(h *holder) { h.b[0] = 'h' }
//go:noinline
func sumOf(h *holder) int { return sum(h.b) }
"""
    source = head + f"func main() {{ {body}; println(text) }}\n"
    shapes = Shapes(Sizes())
    unit, _ = analysed(source)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
    calls = [value for func in unit.funcs for block in func.blocks for value in block.values if value.op == ops.CALL_STATIC]
    assert sum(str(call.aux).startswith("runtime.stringtoslicebyte") for call in calls) == copies
    # What shares a string that is put together in a round is needed in the next: it is in the heap.
    assert sum(str(call.aux).startswith("runtime.concat") and call.args[0].is_const for call in calls) == ("last = " in body)


def test_the_body_of_a_range_does_not_have_what_is_ranged_over() -> None:
    source = "package main\nfunc sum(f func(func(int) bool)) (s int) { for x := range f { s += x }; return }\nfunc main() {}\n"
    assert analysed(source)[1].summaries["main.sum"][0] == ()


@pytest.mark.parametrize(
    ("body", "buffers"),
    [
        ("var s []int; for i := range n { s = append(s, i) }; return s", 1),
        ("var s []int; for i := range n { s = append(s, i); if s[i] > 2 { return nil } }; return s", 1),
        ("return append([]int(nil), n)", 0),  # once: it would only be moved
        ("return append(append([]int(nil), n), 5)", 1),
        ("var s []int; for i := range n { s = append(s, i); if i > 2 { return s } }; return s", 0),
        ("var s []int; for i := range n { s = append(s, i); kept = &s[0] }; return s", 0),
        ("var s []int; for i := range n { s = append(s, i); kept = &n; if cap(s) > 2 { break } }; return s", 0),
        ("var s, t []int; for i := range n { if i & 1 == 0 { t = s; s = nil }; s = append(s, i) }; if n > 2 { t[0]++ }; return s", 1),
    ],
)
def test_slices_that_are_returned(body: str, buffers: int) -> None:
    head = "package main\nvar kept *int\n//go:noinline\nfunc make_(n int) []int { BODY }\n".replace("BODY", body)
    source = head + "func main() { for n := range 7 { s := make_(n); println(len(s)); for _, x := range s { println(x) } } }\n"
    shapes = Shapes(Sizes())
    unit, _ = analysed(source)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
    assert sum(slot.size == 32 for func in unit.funcs for slot in func.slots) == buffers


def test_captured_constants_are_constants() -> None:
    source = """package main
var sink any
func result() (f func() int, n int) { f = func() int { return n }; return f, 5 }
func main() {
	text, n := `abc`, 2000
	var fs []func() any
	for i := range 3 {
		fs = append(fs, func() any { return text }, func() any { return func() any { return n }() }, func() any { return i })
	}
	var n2, n3 int = 5, 0
	later, n4 := result()
	n4++
	println(later(), n4)
	n3 = 4
	fs = append(fs, func() any { return n3 })
	g := func() { sink = n2 }
	n2 = 6
	g()
	println(fs[0]().(string), fs[1]().(int), fs[2]().(int), fs[5]().(int), sink.(int), fs[9]().(int))
}
"""
    shapes = Shapes(Sizes())
    unit, _ = analysed(source)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run() == "5 6\nabc 2000 0 1 6 4\n"
    boxes = [str(value.aux) for func in unit.funcs for block in func.blocks for value in block.values if "convT" in str(value.aux)]
    assert boxes == ["runtime.convT64"] * 4  # of i, and of n2 and n3, which are assigned again; g is inlined as well

