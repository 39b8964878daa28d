# SPDX-License-Identifier: BSD-3-Clause
"""New objects: zeros that are stored first go, and small ones come from their size class."""

from __future__ import annotations

import pytest

from pygo_cross.opt.context import NEW_OBJECT, Context
from pygo_cross.opt.fresh import sizes, zeros
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.refs import TypeRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import INT, TYP, UINT8, Array, Pointer, Type

CONTEXT = Context(Shapes(Sizes()))
HEAD = """func f(p, i64) p {
b0:
  v0 p = Param
  v9 i64 = Param [1]
  v8 i64 = Const
  v7 i64 = Const [8]
  v1 p = Addr {type}
  v2 = CallStatic v1 {runtime.newobject}
  v3 p = Result v2
"""


def made(body: str, typ: Type) -> Func:
    (func,) = parse_funcs(HEAD + body + "  Ret v3\n}\n")
    for value in func.entry.values:
        if value.op == ops.ADDR:
            value.aux = TypeRef(typ)
        elif str(value.aux) == "runtime.newobject":
            value.aux = NEW_OBJECT
    return func


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("  v4 = Store v3 v8\n  v5 = Store v3 v8 [8]\n", 0),
        ("  v6 p = AddPtr v3 v7\n  v4 = Store v6 v8\n", 0),
        ("  v6 p = AddPtr v3 v9\n  v4 = Store v6 v8\n", 1),  # who knows where
        ("  v4 = Store v3 v9\n  v5 = Store v3 v8\n", 2),  # that was something else before
        ("  v4 = Store v3 v9\n  v5 = Store v3 v8 [8]\n", 1),
        ("  v4 = Store v0 v3\n  v5 = Store v3 v8\n", 2),  # others know the object
        ("  v4 = Store v0 v9\n  v5 = Store v3 v8\n", 1),
        ("  v4 = CallStatic v3 {main.g}\n  v5 = Store v3 v8\n", 1),
        ("  v4 = Zero v3 [16]\n  v5 = Store v3 v8\n", 0),
        ("  v4 = Store v3 v9\n  v5 = Zero v3 [16]\n", 2),
    ],
)
def test_zeros(body: str, left: int) -> None:
    func = made(body, Array(TYP[INT], 2))
    zeros(func, CONTEXT)
    verify(func, "zeros")
    assert sum(value.op in (ops.STORE, ops.ZERO) for value in func.entry.values) == left


@pytest.mark.parametrize(
    ("typ", "name"),
    [
        (TYP[INT], "TinySC2"),
        (Array(TYP[INT], 2), "SmallNoScanSC2"),
        (Array(TYP[UINT8], 17), "SmallNoScanSC3"),
        (Pointer(TYP[INT]), "SmallScanNoHeaderSC1"),
        (Array(Pointer(TYP[INT]), 10), "SmallScanNoHeaderSC7"),
        (Array(TYP[INT], 11), ""),
    ],
)
def test_sizes(typ: Type, name: str) -> None:
    func = made("", typ)
    sizes(func, CONTEXT)
    verify(func, "sizes")
    (call,) = (value for value in func.entry.values if value.op == ops.CALL_STATIC)
    assert str(call.aux) == ("runtime.mallocgc" + name if name else "runtime.newobject")
    assert len(call.args) == (3 if name else 1)
