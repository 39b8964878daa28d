# SPDX-License-Identifier: BSD-3-Clause
"""Inlining: what is inlined and what is not, what the program does, and what tracebacks are told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pygo_cross.diag import InternalError
from pygo_cross.opt.bodies import Body, decode
from pygo_cross.opt.callgraph import callees
from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import optimise_unit, verifying
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import FuncInfo, Unit
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import TYP, Type

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import GoPanic, Machine
from test_lower import PROGRAMS, lower

SHAPES = Shapes(Sizes())


def optimised(source: str) -> Unit:
    unit = lower("package main\n\n" + source)
    optimise_unit(unit, Context(SHAPES), watch=verifying)
    return unit


def main_of(unit: Unit) -> Func:
    (func,) = (func for func in unit.funcs if func.symbol == "main.main")
    return func


def called(func: Func) -> list[str]:
    """What a function calls, but the runtime."""
    found = [str(value.aux) for block in func.blocks for value in block.values if isinstance(value.aux, CallInfo)]
    return [name for name in found if not name.startswith("runtime.")]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("func add(a, b int) int { return a + b }; func main() { println(add(1, 2)) }", []),
        ("func max(a, b int) int { if a < b { return b }; return a }; func main() { x := 3; println(max(x, 2), max(1, x)) }", []),
        ('func two(a int) (int, string) { return a + 1, "x" }; func main() { n, s := two(4); println(n, s) }', []),
        (
            "func f(n int) int { if n == 0 { panic(1) }; return 7 / n }; func g(n int) int { return f(n) + f(n+1) }; "
            "func main() { println(g(2)) }",
            [],
        ),
        (
            "type t struct { a, b, c, d, e int }; func (x t) sum() int { x.a++; return x.a + x.e }; "
            "func main() { x := t{a: 1, e: 5}; println(x.sum(), x.a) }",
            [],
        ),
        ("func f(n int) int { if n < 2 { return n }; return f(n-1) + f(n-2) }; func main() { println(f(9)) }", ["main.f"]),
        ("//go:noinline\nfunc f() int { return 1 }\nfunc main() { println(f()) }", ["main.f"]),
        ("func f() any { return recover() }; func main() { println(f() == nil) }", ["main.f"]),
        (
            "func f(n int) { for i := 0; i < n; i++ { println(i, i*i, i+2, i/2, i<<3, i|1, i&2, i^9, -i, i%4) } }; func main() { f(2) }",
            [],
        ),
        (
            "func f(n int) { for i := 0; i < n; i++ { println(i*i, i+2, i/2, i<<3, i|1, i&2, i^9, i%4, i-n, n*i, i&^n, n<<i, i^n, n/7); "
            "println(i*n, i+n, n-1, i>>1, n|1, n&2, n^9, n%4, n) } }; func main() { f(2) }",
            ["main.f"],
        ),
        (
            "func each(n int, f func(int)) { for i := 0; i < n; i++ { f(i) } }; "
            "func main() { s := 0; each(5, func(i int) { s += i }); println(s) }",
            [],
        ),
        ("func main() { n := 1; func() { n++; println(n) }(); println(n) }", []),
        ("func never() { for { println(1); panic(2) } }; func main() { defer func() { recover() }(); never() }", []),
        ("func main() { n := 1; defer func() { println(n) }(); n++ }", ["func"]),
        ("func f() { println(1) }; func main() { defer f(); println(2) }", ["main.f"]),
        (
            "func seq(yield func(int) bool) { for i := 0; yield(i); i++ {} }; "
            "func main() { for i := range seq { if i > 3 { break }; println(i) } }",
            [],
        ),
    ],
)
def test_what_is_inlined(source: str, left: list[str]) -> None:
    unit = optimised(source)
    assert sorted(set(called(main_of(unit)))) == left
    assert Machine(unit, SHAPES).run() == Machine(lower("package main\n\n" + source), SHAPES).run()


def test_inlined_calls_are_told() -> None:
    unit = optimised(
        """
func inner(p *int) int { return *p }
func outer(p *int) int { return inner(p) + 1 }
func main() { var p *int; println(outer(p)) }
"""
    )
    func = main_of(unit)
    assert isinstance(func.info, FuncInfo)
    assert [(one.parent, one.callee) for one in func.info.inlined] == [(0, "main.outer"), (1, "main.inner")]
    (check,) = (value for block in func.blocks for value in block.values if value.op == ops.NIL_CHECK)
    assert check.inline == 2
    with pytest.raises(GoPanic):
        Machine(unit, SHAPES).run()


LITERALS = """
var out int
type option func(int)
func add(n int) option { return func(m int) { func() { out += n * m }() } }
func twice(f func()) func() { return func() { defer func() { out++ }(); f(); f() } }
func numbers(n int) func(func(int) bool) { return func(yield func(int) bool) { for i := 0; i < n && yield(i); i++ {} } }
//go:noinline
func all(m int, options ...option) { for _, o := range options { o(m) } }
//go:noinline
func call(f func()) { f() }
func main() {
	all(2, add(1), add(out))
	call(func() { all(3, add(1), add(out)); call(twice(func() { out += 100 })); for i := range numbers(4) { out += i } })
	func() { k := out; call(func() { println(k); call(func() { println(k + 1) }) }) }()
	println(out)
}
"""


def test_inlined_literals_are_called_as_where_they_are_made_says() -> None:
    unit = optimised(LITERALS)
    made = {func.symbol: sorted(name for name in callees(func) if not name.startswith("runtime.")) for func in unit.funcs}
    # In a literal what is inlined makes literals of a literal; a literal that is inlined makes them as if it were declared.
    assert made["main.main"] == ["main.add.func1", "main.all", "main.call", "main.main.func1", "main.main.func2.func1"]
    assert made["main.main.func1"] == ["main.add.1", "main.all", "main.call", "main.main.func1.1", "main.twice.1"]
    assert made["main.main.func2.func1"] == ["main.call", "main.main.func2.func1.1"]
    assert made["main.twice.1"] == ["main.twice.1.1"] and made["main.twice.func1"] == ["main.twice.func1.1"]
    inlined = {func.symbol: [one.callee for one in func.info.inlined] for func in unit.funcs if isinstance(func.info, FuncInfo)}
    assert inlined["main.add.func1"] == ["main.add.func1.1"] and inlined["main.add.1"] == ["main.add.1.1"]
    assert inlined["main.main.func1"][-3:] == ["main.numbers", "main.numbers.1", "main.main.func1-range1"]
    assert {name for names in inlined.values() for name in names} <= set(made)
    assert Machine(unit, SHAPES).run() == Machine(lower("package main\n" + LITERALS), SHAPES).run()


class Numbers:
    """Types by numbers, as export data has them; positions move."""

    def __init__(self) -> None:
        self.types: list[Type] = []

    def type(self, t: Type) -> int:
        self.types.append(t)
        return len(self.types) - 1

    def pos(self, pos: int) -> int:
        return pos + 1000


def test_bodies_come_back_from_export_data() -> None:
    unit = lower((PROGRAMS / "data.go").read_text())
    numbers = Numbers()
    for func in unit.funcs:
        data = Body(func).encode(numbers)
        assert data is not None
        made = decode(data, numbers.types.__getitem__, lambda pos: pos - 1000)
        verify(made, "decode")
        # Values are numbered anew, in the order of blocks.
        assert re.sub(r"v\d+", "v", print_func(made)) == re.sub(r"v\d+", "v", print_func(func))
        assert [value.pos for block in made.blocks for value in block.values] == [
            value.pos for block in func.blocks for value in block.values
        ]


def test_what_has_a_local_type_is_not_written() -> None:
    class Nameless(Numbers):
        def type(self, t: Type) -> int:
            raise InternalError("types", "a type that is local to a function is exported")

    (func,) = lower("package main\n\nfunc main() { x := new([9]int); x[1]++ }").funcs
    assert Body(func).encode(Nameless()) is None


def test_another_package_s_function_is_inlined() -> None:
    (other,) = (
        func
        for func in lower("package main\n\nfunc Add(a, b int) int { return a + b }\n\nfunc main() {}").funcs
        if func.symbol == "main.Add"
    )
    data = Body(other).encode(Numbers())
    assert data is not None
    unit = lower("package main\n\nfunc Add(a, b int) int\n\nfunc main() { println(Add(3, 4)) }")
    bodies = {"main.Add": decode(data, lambda number: TYP[number], lambda pos: pos)}
    optimise_unit(unit, Context(SHAPES, bodies=bodies.get), watch=verifying)
    assert called(main_of(unit)) == [] and Machine(unit, SHAPES).run() == "7\n"


ITERATOR = """
func Each(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if i%3 == 1 { if !yield(i * 7 % 5) { return }; continue }
			if i%3 == 2 { if !yield(i * 3) { return }; continue }
			if i%5 == 4 { if !yield((i*11 - n + i) * (i ^ 3)) { return }; continue }
			if !yield(i) || !yield(-i) { return }
		}
	}
}
"""


def test_another_package_s_iterator_is_inlined_where_it_is_called_once() -> None:
    numbers = Numbers()
    found = optimise_unit(lower(f"package main\n\n{ITERATOR}\nfunc main() {{}}"), Context(SHAPES)).bodies
    assert list(found) == ["main.Each", "main.Each.func1"]
    bodies = {}
    for name, body in found.items():
        data = body.encode(numbers)
        assert data is not None
        bodies[name] = decode(data, numbers.types.__getitem__, lambda pos: pos - 1000)
    once = "sum := 0; for x := range Each(7) { if x == 99 { break }; sum = sum*2 + x }; println(sum)"
    twice = "each := Each(7); for x := range each { println(x) }; for x := range each { println(-x) }"
    head = "package main\n\nfunc Each(n int) func(yield func(int) bool)\n\n"
    for text, left in ((once, []), (twice, ["func", "func"])):
        unit = lower(f"{head}func main() {{ {text} }}")
        optimise_unit(unit, Context(SHAPES, bodies=bodies.get), watch=verifying)
        assert called(main_of(unit)) == left
        if not left:
            assert Machine(unit, SHAPES).run() == Machine(lower(f"package main\n{ITERATOR}func main() {{ {text} }}"), SHAPES).run()


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("println(x + 1)", True),
        ("println(other(x))", True),
        ("f := func() int { return 1 }; kept = f", False),  # a literal has a number that another compiler need not give it
        ("println(generic(x))", False),
        ("kept = nil", True),
        ("values = []any{x, 5.5}", False),  # numbers and strings in interfaces are data
    ],
)
def test_what_only_we_make_is_in_no_body_of_a_package_that_is_not_ours(body: str, plain: bool) -> None:
    head = "var kept func() int; var values []any; func other(x int) int { return x }; func generic[T any](x T) T { return x }"
    unit = lower(f"package main\n\n{head}\n\nfunc F(x int) {{ {body} }}\n\nfunc main() {{}}")
    (func,) = (func for func in unit.funcs if func.symbol == "main.F")
    assert Body(func).is_plain() is plain


def test_importers_are_told_before_code_is_made() -> None:
    unit = lower("package main\n\nfunc F(p *int) int { return *p }\n\nfunc main() {}")
    result = optimise_unit(unit, Context(SHAPES), watch=verifying, told_only=True)
    assert list(result.bodies) == ["main.F"] and result.summaries["main.F"] == ((), ())


STARTUP = """
type err struct{ text string }
func (e *err) Error() string { return e.text }
func New(text string) error { return &err{text} }
type point struct { x, y int }
func at(x, y int) *point { return &point{x, y} }
//go:noinline
func dynamic() int { return len(name) }
var name string
"""

def test_what_calls_itself_is_inlined_once_on_the_way() -> None:
    source = (
        'func rec(n int) { if n == 0 { panic("x") }; rec(n - 1) }\n'
        "func even(n int) bool { if n == 0 { panic(1) }; return odd(n - 1) }\n"
        "func odd(n int) bool { if n == 0 { return false }; return even(n - 1) }\n"
        "func main() { println(even(3)); rec(4) }"
    )
    unit = optimised(source)
    inlined = {func.symbol: [one.callee for one in func.info.inlined] for func in unit.funcs if isinstance(func.info, FuncInfo)}
    left = {func.symbol: called(func) for func in unit.funcs}
    assert left["main.rec"] == ["main.rec"] and left["main.odd"] == ["main.odd"] and left["main.even"] == ["main.odd"]
    assert left["main.main"] == ["main.odd", "main.rec"]
    assert inlined["main.rec"] == ["main.rec"] and inlined["main.odd"] == ["main.even"] and inlined["main.even"] == []



@pytest.mark.parametrize(
    ("source", "stores"),
    [
        ('var a, b = New("a"), New("b"); func main() { println(a.Error(), b.Error(), a == b) }', 0),
        ('var a = New("a"); var b = a; var l = []error{a, New("c"), b}; func main() { println(b == a, l[1].Error(), l[2] == a) }', 0),
        ("var p = at(1, 2); var q = [3]*point{p, at(3, 4)}; func main() { println(p.x, p.y, q[0] == p, q[1].y, q[2] == nil) }", 0),
        # What has been set by a call, or by the linker, is read when it is there.
        ("var p = at(1, 2); var n = set(); var q = p; func set() int { p = nil; return dynamic() }; func main() { println(q == p, n) }", 2),
        ("var n = dynamic(); var m = set(); func set() int { name = `x`; return 1 }; func main() { println(n, m, name) }", 3),
        ("var s = name; func main() { println(s) }", 2),
        ("var p = at(1, dynamic()); func main() { println(p.x, p.y) }", 3),
    ],
)
def test_first_values_that_calls_give_are_data(source: str, stores: int) -> None:
    unit = optimised(STARTUP + source)
    left = [value for func in unit.funcs if func.symbol == "main.init" for block in func.blocks for value in block.values]
    assert sum(value.op == ops.STORE for value in left) == stores and bool(unit.inits) == bool(left)
    assert Machine(unit, SHAPES).run() == Machine(lower(f"package main\n\n{STARTUP}{source}"), SHAPES).run()
