# SPDX-License-Identifier: BSD-3-Clause
"""Loads of what is known to be in memory."""

from __future__ import annotations

import pytest

from pygo_cross.opt.context import Context
from pygo_cross.opt.dead import dead
from pygo_cross.opt.loads import loads
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes

CONTEXT = Context(Shapes(Sizes()))


def operations(func: Func) -> list[str]:
    """The names of all operations, in order."""
    return [ops.NAMES[value.op] for block in func.blocks for value in block.values]


@pytest.mark.parametrize(
    ("between", "kept"),
    [
        ("", False),
        ("v9 = Store v0 v3 [16]", False),  # beside it
        ("v9 = Store v0 v3 [4]", True),  # over its half
        ("v9 = Store v1 v3", True),  # may be the same place
        ("v8 p = Addr {p.x}\nv9 = Store v8 v3", True),  # the parameter may point there
        ("v8 p = NilCheck v0", False),
        ("v9 = CallStatic {f}", True),
    ],
)
def test_a_load_of_what_is_known_goes(between: str, kept: bool) -> None:
    text = f"""b0:
v0 p = Param
v1 p = Param [1]
v3 i64 = Param [2]
v4 i64 = Load v0 [8]
{between}
v6 i64 = Load v0 [8]
v7 i64 = Add v4 v6
Ret v7"""
    (func,) = parse_funcs(f"func f(p, p, i64) i64 {{\n{text}\n}}")
    loads(func, CONTEXT)
    dead(func)
    verify(func, "loads")
    assert operations(func).count("Load") == 1 + kept


def test_what_was_stored_is_not_loaded() -> None:
    text = """b0:
v0 p = Param
v1 i64 = Param [1]
v2 b = Param [2]
v3 = Store v0 v1 [8]
If v2 -> b1 b2
b1: <- b0
v4 i64 = Load v0 [8]
v5 = Store v0 v4 [8]
Plain -> b2
b2: <- b0 b1
v6 i64 = Load v0 [8]
Ret v6"""
    (func,) = parse_funcs(f"func f(p, i64, b) i64 {{\n{text}\n}}")
    loads(func, CONTEXT)
    dead(func)
    verify(func, "loads")
    assert operations(func).count("Load") == 1
    assert operations(func).count("Store") == 1
