# SPDX-License-Identifier: BSD-3-Clause
"""Calls through interfaces whose type is known."""

from __future__ import annotations

import sys
from pathlib import Path

from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import optimise_unit, verifying
from pygo_cross.ssa import ops
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.sizes import Sizes

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import Machine
from test_lower import PROGRAMS, prepare

SOURCE = """package main

type I interface{ M(int) int }

type value struct{ a, b int }

//go:noinline
func (v value) M(x int) int { return v.a + v.b + x }

type pointer struct{ a int }

//go:noinline
func (p *pointer) M(x int) int { return p.a + x }

type promoted struct{ *pointer }

type function func(int) int

//go:noinline
func (f function) M(x int) int { return f(x) }

func call(i I) int { return i.M(1) }

func of_value() int { return call(value{1, 2}) }

func of_pointer() int { return call(&pointer{3}) }

func of_pointer_to_value() int { return call(&value{4, 5}) }

func of_promoted() int { return call(promoted{&pointer{6}}) }

func of_function() int { return call(function(func(x int) int { return 7 + x })) }

func of_any(x any) int {
	switch x := x.(type) {
	case string:
		return len(x)
	case int:
		return x
	}
	return 0
}

func of_int() int { return of_any(5) }

func of_other(i I) (int, bool) {
	j, ok := i.(interface{ N() })
	if ok {
		j.N()
	}
	if _, there := i.(interface{ Missing() }); there {
		return 0, false
	}
	return i.(interface { M(int) int; N() }).M(2), ok
}

//go:noinline
func (p *pointer) N() { p.a++ }

func of_asserted() (int, bool) {
	i := I(&pointer{10})
	j, ok := i.(interface{ N() })
	if ok {
		j.N()
	}
	if _, there := i.(interface{ Missing() }); there {
		return 0, false
	}
	return i.(interface { M(int) int; N() }).M(2), ok
}

func unknown(i I) int { return i.M(1) }

func main() {
	println(of_value(), of_pointer(), of_pointer_to_value(), of_promoted(), of_function(), of_int(), unknown(value{8, 9}))
	println(of_asserted())
	println(of_other(&pointer{20}))
}
"""


def test_calls_of_known_types() -> None:
    lowering = prepare(SOURCE)
    context = Context(Shapes(Sizes()), names=lowering.names.types)
    optimise_unit(lowering.unit, context, watch=verifying)
    calls: dict[str, list[str]] = {}
    for func in lowering.unit.funcs:
        found = calls[func.symbol] = []
        for block in func.blocks:
            for value in block.values:
                if value.op in (ops.CALL_STATIC, ops.CALL_POINTER):
                    assert isinstance(value.aux, CallInfo)
                    found.append(str(value.aux.target))
    assert calls["main.of_value"] == ["main.value.M"]
    assert calls["main.of_pointer"] == ["main.(*pointer).M"]
    assert calls["main.of_pointer_to_value"] == ["main.value.M"]
    assert calls["main.of_promoted"] == ["main.promoted.M"]
    assert calls["main.of_function"] == ["main.function.M"]
    assert calls["main.unknown"] == ["None"]
    assert calls["main.of_int"] == []
    assert calls["main.of_asserted"] == ["main.(*pointer).N", "main.(*pointer).M"]
    assert Machine(lowering.unit, context.shapes, lowering.methods_of).run() == "4 4 10 7 8 5 18\n13 true\n23 true\n"


def test_programs_print_the_same() -> None:
    for name in ("interfaces", "typeswitch", "genericmethods"):
        source = (PROGRAMS / f"{name}.go").read_text()
        plain = prepare(source)
        before = Machine(plain.unit, Shapes(Sizes()), plain.methods_of).run()
        lowering = prepare(source)
        context = Context(Shapes(Sizes()), names=lowering.names.types)
        optimise_unit(lowering.unit, context, watch=verifying)
        assert Machine(lowering.unit, context.shapes, lowering.methods_of).run() == before
