# SPDX-License-Identifier: BSD-3-Clause
"""Copies by way of a temporary are made at once, where nothing happens in between."""

from __future__ import annotations

import pytest

from pygo_cross.opt.context import Context
from pygo_cross.opt.forward import forward
from pygo_cross.ssa import ops
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.printer import print_func, print_value
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.verify import verify
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import INT, TYP, Array, Struct, Type

CONTEXT = Context(Shapes(Sizes()))
HEAD = "func f(p, p) p {\nb0:\n  v0 p = Param\n  v1 p = Param [1]\n  v2 p = Alloc {T}\n"


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("  v3 = Move v2 v1 [32]\n  v4 = Move v0 v2 [32]\n", ["Move v0 v1 [32]"]),
        ("  v4 = Move v0 v2 [32]\n", ["Zero v0 [32]"]),
        ("  v3 = Zero v2 [32]\n  v4 = Move v0 v2 [32]\n", ["Zero v0 [32]"]),
        ("  v5 p = Alloc {T}\n  v3 = Move v5 v2 [32]\n  v4 = Move v0 v5 [32]\n", ["Zero v0 [32]"]),
        ("  v3 = Move v2 v1 [32]\n  v5 = Store v1 v0\n  v4 = Move v0 v2 [32]\n", None),  # the source changes
        ("  v3 = Move v2 v1 [32]\n  v5 = Store v2 v0\n  v4 = Move v0 v2 [32]\n", None),
        ("  v3 = Move v2 v1 [16]\n  v4 = Move v0 v2 [32]\n", None),  # a part
        ("  v3 = Move v2 v1 [32]\n  v4 = Move v0 v2 [32]\n  v5 p = Load v2\n", None),  # wanted again
        ("  v6 = CallStatic {g}\n  v7 p = Result v6\n  v3 = Move v2 v7 [32]\n  v8 p = Alloc {T}\n  v4 = Move v8 v2 [32]\n", None),
    ],
)
def test_forward(body: str, left: list[str] | None) -> None:
    four = Struct([Var(FIELD_VAR, 0, None, name, TYP[INT]) for name in "abcd"])
    assert forwarded(HEAD + body + "  Ret v1\n}\n", four) == left


@pytest.mark.parametrize(
    ("to", "left"),
    [
        ("v0 p = Param", None),  # both may be parts of one slice
        ("v0 p = Alloc {T}", ["Move v0 v1 [32]"]),
    ],
)
def test_arrays_may_overlap(to: str, left: list[str] | None) -> None:
    head = HEAD.replace("v0 p = Param", to)
    assert forwarded(head + "  v3 = Move v2 v1 [32]\n  v4 = Move v0 v2 [32]\n  Ret v1\n}\n", Array(TYP[INT], 4)) == left


def forwarded(text: str, typ: Type) -> list[str] | None:
    """What is left of a function with variables of a type; None if it is as it was."""
    (func,) = parse_funcs(text)
    for value in func.entry.values:
        if value.op == ops.ALLOC:
            value.aux = typ
    before = print_func(func)
    forward(func, CONTEXT)
    verify(func, "forward")
    if print_func(func) == before:
        return None
    return [print_value(value).split(" = ")[1] for value in func.entry.values if value.op not in (ops.PARAM, ops.ALLOC)]
