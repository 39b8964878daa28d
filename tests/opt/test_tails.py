# SPDX-License-Identifier: BSD-3-Clause
"""Returns that are the same."""

from __future__ import annotations

import pytest

from pygo_cross.opt.tails import tails
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.verify import verify

TEXT = """func f(b, b, i64) i64 {{
b0:
v0 b = Param
v1 b = Param [1]
v2 i64 = Param [2]
If v0 -> b1 b2
b1: <- b0
{one}
Ret v3
b2: <- b0
v9 = CallStatic {{g}}
If v1 -> b3 b4
b3: <- b2
{two}
Ret v4
b4: <- b2
v5 i64 = Const [7]
Ret v5
}}"""


def returns(one: str, two: str) -> int:
    (func,) = parse_funcs(TEXT.format(one=one, two=two))
    tails(func)
    verify(func, "tails")
    return _count(func)


def _count(func: Func) -> int:
    return sum(block.kind == ops.RET for block in func.blocks)


@pytest.mark.parametrize(
    ("one", "two", "left"),
    [
        ("v3 i64 = Const [3]", "v4 i64 = Const [3]", 2),
        ("v3 i64 = Const [3]", "v4 i64 = Const [4]", 3),
        ("v3 i64 = Const [7]", "v4 i64 = Const [7]", 1),
        ("v3 i64 = Add v2 v2", "v4 i64 = Add v2 v2", 2),
        ("v6 i64 = Const [3]\nv3 i64 = Add v2 v6", "v7 i64 = Const [3]\nv4 i64 = Add v2 v7", 2),
        ("v6 i64 = Const [3]\nv3 i64 = Add v2 v6", "v7 i64 = Const [3]\nv4 i64 = Add v7 v2", 3),
        ("v3 i64 = Bounds v2 v2", "v4 i64 = Bounds v2 v2", 3),  # a traceback says where
    ],
)
def test_returns_are_merged(one: str, two: str, left: int) -> None:
    assert returns(one, two) == left


def test_a_branch_between_equal_returns_goes() -> None:
    ends = "b1: <- b0\nv1 i64 = Const [3]\nRet v1\nb2: <- b0\nv2 i64 = Const [3]\nRet v2"
    (func,) = parse_funcs(f"func f(b) i64 {{\nb0:\nv0 b = Param\nIf v0 -> b1 b2\n{ends}\n}}")
    tails(func)
    verify(func, "tails")
    assert [block.kind for block in func.blocks] == [ops.RET]
