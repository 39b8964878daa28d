# SPDX-License-Identifier: BSD-3-Clause
"""What does not change in a loop."""

from __future__ import annotations

import pytest

from pygo_cross.opt.hoist import hoist
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.verify import verify

LOOP = """func f(p, p, i64, i64) i64 {{
b0:
v0 p = Param
v1 p = Param [1]
v2 i64 = Param [2]
v3 i64 = Param [3]
v4 i64 = Const
v5 i64 = Const [1]
Plain -> b1
b1: <- b0 b2
v6 i64 = Phi v4 v20
v7 i64 = Phi v4 v21
{head}
v9 b = LtS v6 v3
If v9 -> b2 b3
b2: <- b1
{body}
v20 i64 = Add v6 v5
v21 i64 = Add v7 v{used}
Plain -> b1
b3: <- b1
Ret v7
}}"""


def hoisted(head: str = "", body: str = "", used: int = 10) -> list[str]:
    """The operations that a loop loses."""
    text = LOOP.format(head=head, body=body, used=used)
    (func,) = parse_funcs(text)
    before = _inside(func)
    hoist(func)
    verify(func, "hoist")
    after = _inside(func)
    return [ops.NAMES[value.op] for value in before if value not in after]


def _inside(func: Func) -> list[Value]:
    return [value for block in func.blocks if block.id in (1, 2) for value in block.values]


@pytest.mark.parametrize(
    ("head", "body", "gone"),
    [
        ("", "v10 i64 = Mul v2 v3", ["Mul"]),
        ("", "v10 i64 = Mul v2 v6", []),
        ("", "v11 i64 = Mul v2 v3\nv10 i64 = Xor v11 v2", ["Mul", "Xor"]),
        ("", "v10 i64 = Add v2 v5", []),  # machines add constants in addresses
        ("", "v10 i64 = DivS v2 v3", []),  # the divisor may be 0 where the loop is not executed
        ("v10 i64 = DivS v2 v3", "", ["DivS"]),
        ("", "v11 i64 = Const [7]\nv10 i64 = DivS v2 v11", ["DivS"]),
        ("", "v11 = CallStatic {g}\nv10 i64 = Mul v2 v3", []),  # it would be in memory
        ("", "v11 = CallStatic {g}\nv12 i64 = Const [7]\nv10 i64 = DivS v2 v12", ["DivS"]),
    ],
)
def test_operations(head: str, body: str, gone: list[str]) -> None:
    assert hoisted(head, body) == gone


@pytest.mark.parametrize(
    ("head", "body", "gone"),
    [
        ("v8 p = NilCheck v0\nv10 i64 = Load v8", "", ["NilCheck", "Load"]),
        ("v8 p = NilCheck v0\nv10 i64 = Load v8", "v11 = Store v1 v2", ["NilCheck"]),  # may be the same place
        ("v8 p = NilCheck v0\nv10 i64 = Load v8", "v11 = Store v8 v2 [8]", ["NilCheck", "Load"]),
        ("v8 p = NilCheck v0\nv10 i64 = Load v8", "v11 = CallStatic {g}", ["NilCheck"]),
        ("v8 p = NilCheck v0\nv10 i64 = Load v8", "v11 i64 = AtomicAdd v1 v2", ["NilCheck"]),
        ("", "v8 p = NilCheck v0\nv10 i64 = Load v8", []),  # perhaps the loop is not executed
        ("v11 = Store v1 v2\nv8 p = NilCheck v0\nv10 i64 = Load v8 [8]", "", []),  # who recovers sees what was written
        ("v11 p = NilCheck v1\nv12 i64 = Load v11\nv10 i64 = Bounds v2 v12", "", ["NilCheck", "Load", "Bounds"]),
        ("", "v8 p = Addr {p.x}\nv10 i64 = Load v8", ["Load"]),  # is there in any case
        ("v8 p = AddPtr v0 v2\nv10 i64 = Load v8", "", ["AddPtr", "Load"]),
        ("v8 p = AddPtr v0 v2\nv10 i64 = Load v8", "v11 = Store v0 v2", []),  # an address alone is of no use
        ("", "v8 p = AddPtr v0 v2\nv10 i64 = PtrToInt v8", []),  # may point nowhere
    ],
)
def test_memory(head: str, body: str, gone: list[str]) -> None:
    assert hoisted(head, body) == gone


def test_what_a_loop_waits_for_is_loaded_each_time() -> None:
    assert hoisted("v8 p = Addr {p.x}\nv10 i64 = Load v8\nv11 b = Eq v10 v4", "") == []


def test_registers_are_left() -> None:
    """A loop that has all registers in use keeps its operations."""
    many = "\n".join(f"v{30 + i} i64 = Mul v{2 + i % 2} v{29 + i if i else 3}" for i in range(12))
    assert len(hoisted("", many + "\nv10 i64 = Xor v6 v41")) == 12  # a chain: one value
    many = "\n".join(f"v{30 + i} i64 = Mul v2 v{29 + i if i else 3}\nv{50 + i} i64 = Xor v{30 + i} v6" for i in range(12))
    assert 0 < len(hoisted("", many + "\nv10 i64 = Xor v6 v41")) < 8


def test_out_of_two_loops() -> None:
    """The block in front of the inner loop is in the outer one, and lets go of it too."""
    text = """func f(b, i64, i64) i64 {
b0:
v0 b = Param
v1 i64 = Param [1]
v2 i64 = Param [2]
v3 i64 = Const
Plain -> b1
b1: <- b0 b3
v4 i64 = Phi v3 v7
If v0 -> b2 b3
b2: <- b1 b2
v5 i64 = Phi v4 v6
v8 i64 = Mul v1 v2
v6 i64 = Add v5 v8
If v0 -> b2 b3
b3: <- b1 b2
v7 i64 = Phi v4 v6
v9 i64 = Mul v1 v1
If v0 -> b1 b4
b4: <- b3
v10 i64 = Add v7 v9
Ret v10
}"""
    (func,) = parse_funcs(text)
    hoist(func)
    verify(func, "hoist")
    inner, outer = [value.block for block in func.blocks for value in block.values if value.op == ops.MUL][::-1]
    assert (inner.id, outer.id) == (5, 0)  # the inner loop is not in every round of the outer one
