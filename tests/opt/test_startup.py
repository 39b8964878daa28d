# SPDX-License-Identifier: BSD-3-Clause
"""First values that inlining makes known, and those that only look so."""

from __future__ import annotations

import sys
from pathlib import Path

from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import optimise_unit, verifying
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Data, Unit
from pygo_cross.types.sizes import Sizes

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import Machine
from test_lower import prepare

DECLARED = """package main

type text struct{ s string; n int }

func made(s string) *text { return &text{s, 3} }

func seven() int { return 7 }

func main() { show() }
"""


def compiled(source: str, imports: str = "") -> tuple[dict[str, Data], Unit, str]:
    """The package's variables by name, the package, and what it prints."""
    lowering = prepare(DECLARED.replace("\n", f"\n{imports}\n", 1) + source)
    context = Context(Shapes(Sizes()), names=lowering.names.types)
    optimise_unit(lowering.unit, context, watch=verifying)
    printed = Machine(lowering.unit, context.shapes, lowering.methods_of).run()
    return {data.name: data for data in lowering.unit.data}, lowering.unit, printed


def has_init(unit: Unit) -> bool:
    return any(func.symbol == "main.init" for func in unit.funcs)


def test_objects_and_numbers_become_data() -> None:
    data, unit, printed = compiled('var X, N = made("x"), seven()\nfunc show() { println(X.s, X.n, N) }\n')
    assert printed == "x 3 7\n" and not has_init(unit) and not unit.inits
    (address,) = data["main.X"].addresses
    assert str(address.target) == "main..init_0"
    assert data["main..init_0"].contents[8:] == (1).to_bytes(8, "little") + (3).to_bytes(8, "little")
    assert data["main.N"].contents == (7).to_bytes(8, "little")


def test_what_init_looks_at_before_stays_what_it_is() -> None:
    source = """
var Before = look()
var After int

//go:noinline
func look() int { return After }

func init() {
	println(After)
	After = seven()
}
func show() { println(Before, After) }
"""
    data, _, printed = compiled(source)
    assert printed == "0\n0 7\n" and not data["main.After"].contents


def test_what_happens_in_a_branch_or_a_loop_is_no_first_value() -> None:
    source = """
var A, B, C int

//go:noinline
func many() int { return 2 }

var _ = func() int {
	if many() == 3 {
		A = 1
	}
	for i := 0; i < many(); i++ {
		B = i
	}
	C = 5
	return 0
}()

func show() { println(A, B, C) }
"""
    data, _, printed = compiled(source)
    assert printed == "0 1 5\n"
    assert not data["main.A"].contents and not data["main.B"].contents


def test_what_new_makes_is_in_the_heap() -> None:
    data, unit, printed = compiled("var P = new(text)\nfunc show() { println(P.n, P.s) }\n")
    assert printed == "0 \n" and has_init(unit) and not data["main.P"].addresses


def test_what_a_pointer_from_memory_leads_to_may_be_any_variable() -> None:
    source = """
var cond bool
var x, other int
var p, q = &x, &other
var X, Before, After = written(), x, read()

func written() int {
	pp := &p
	if cond { pp = &q }
	**pp = 5
	x = 7
	return x
}

func read() int {
	pp := &p
	if cond { pp = &q }
	before := **pp
	x = 9
	return before
}

func show() { println(X, Before, After, x) }
"""
    assert compiled(source)[2] == "7 7 7 9\n"


def test_what_was_given_and_changed_in_part_is_not_known() -> None:
    source = """
var N uint32
var L, M = changed(), N

func changed() uint32 {
	N = 0x01020304
	*(*uint8)(unsafe.Add(unsafe.Pointer(&N), 1)) = 5
	return N
}

func show() { println(L == 0x01020504, M == 0x01020504) }
"""
    assert compiled(source, 'import "unsafe"')[2] == "true true\n"
