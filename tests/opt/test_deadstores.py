# SPDX-License-Identifier: BSD-3-Clause
"""Stores that nobody can see."""

from __future__ import annotations

import pytest

from pygo_cross.opt.context import Context
from pygo_cross.opt.deadstores import deadstores
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes

CONTEXT = Context(Shapes(Sizes()))


def stores(text: str, head: str = "f(p, p, i64, i64)") -> int:
    """How many stores, clearings and moves are left of a function."""
    (func,) = parse_funcs(f"func {head} {{\n{text}\n}}")
    deadstores(func, CONTEXT)
    verify(func, "dead stores")
    return _count(func)


def _count(func: Func) -> int:
    return sum(value.op in (ops.STORE, ops.ZERO, ops.MOVE) for block in func.blocks for value in block.values)


@pytest.mark.parametrize(
    ("between", "kept"),
    [
        ("", False),
        ("v9 i64 = Load v0 [16]", False),  # beside it
        ("v9 i8 = Load v0 [15]", True),  # its last byte
        ("v9 i64 = Load v1", True),  # may be the same place
        ("v9 = Store v1 v2 [8]", False),  # who writes sees nothing
        ("v9 = Move v1 v0 [16]", True),
        ("v9 = Move v1 v0 [8]", False),
        ("v9 p = NilCheck v1", True),  # who recovers may look
        ("v9 = CallStatic {f}", True),
        ("v9 i64 = AtomicAdd v1 v2", True),
    ],
)
def test_what_is_overwritten_goes(between: str, kept: bool) -> None:
    params = "v0 p = Param\nv1 p = Param [1]\nv2 i64 = Param [2]\nv3 i64 = Param [3]"
    found = stores(f"b0:\n{params}\nv4 = Store v0 v2 [8]\n{between}\nv5 = Store v0 v3 [8]\nRet")
    assert found == 1 + kept + ("Store" in between) + ("Move" in between)


def test_several_stores_overwrite_one() -> None:
    text = """b0:
v0 p = Param
v1 i32 = Param [1]
v2 i64 = Param [2]
v3 = Store v0 v2 [4]
v4 = Store v0 v1 [4]
v5 = Store v0 v1 [8]
Ret"""
    assert stores(text, "f(p, i32, i64)") == 2
    assert stores(text.replace("v5 = Store v0 v1 [8]", "v5 = Store v0 v1 [12]"), "f(p, i32, i64)") == 3


def test_every_way_has_to_write() -> None:
    text = """b0:
v0 p = Param
v1 b = Param [1]
v2 i64 = Param [2]
v3 = Store v0 v2
If v1 -> b1 b2
b1: <- b0
v4 = Store v0 v2
Plain -> b3
b2: <- b0
{}
Plain -> b3
b3: <- b1 b2
Ret"""
    assert stores(text.format("v5 = Store v0 v2"), "f(p, b, i64)") == 2
    assert stores(text.format(""), "f(p, b, i64)") == 2


def test_a_round_of_a_loop_is_not_the_next() -> None:
    """What the head of a loop writes comes too late for what the last round has written."""
    text = """b0:
v0 p = Param
v1 b = Param [1]
v2 i64 = Param [2]
Plain -> b1
b1: <- b0 b1
v3 i64 = Load v0
v4 = Store v0 v2
v5 = Store v0 v3
If v1 -> b1 b2
b2: <- b1
Ret"""
    assert stores(text, "f(p, b, i64)") == 1


LOCAL = """b0:
v0 i64 = Param
v1 p = Param [1]
v2 p = Alloc {{{typ}}}
v3 = Store v2 v{stored} [8]
{more}
v9 i64 = Load v2
Ret v9"""


def test_variables_that_are_not_read_any_more() -> None:
    """The last store is into what the function does not read again, also over a call, which can't know the variable."""
    assert stores(LOCAL.format(typ="[2]int", stored=0, more=""), "f(i64, p) i64") == 0
    assert stores(LOCAL.format(typ="[2]int", stored=0, more="v4 = CallStatic {g}"), "f(i64, p) i64") == 0
    assert stores(LOCAL.format(typ="[2]int", stored=0, more="v4 = CallStatic v2 {g}"), "f(i64, p) i64") == 1
    assert stores(LOCAL.format(typ="[2]int", stored=0, more="v4 i64 = Load v2 [8]"), "f(i64, p) i64") == 1


def test_the_collector_looks_at_pointers() -> None:
    """It looks at the variable in calls, so what it has then must be a pointer."""
    assert stores(LOCAL.format(typ="[2]*int", stored=1, more="v4 = CallStatic {g}"), "f(i64, p) i64") == 1
    assert stores(LOCAL.format(typ="[2]*int", stored=1, more="v4 = Store v2 v1 [8]"), "f(i64, p) i64") == 1
