# SPDX-License-Identifier: BSD-3-Clause
"""print and println, value by value (src/cmd/compile/internal/walk/builtin.go, walkPrint)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.lower.convert import number
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import F32, I64
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.syntax.nodes import CallExpr
from pygo_cross.types.predicates import is_boolean, is_complex, is_float, is_integer, is_string, is_unsigned
from pygo_cross.types.types import Interface, Named, Slice, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

# Types of package runtime whose values are printed in a way of their own.
_OWN: Final = {"hex": "printhex", "quoted": "printquoted"}


def call(f: FuncLowering, e: CallExpr, line: bool) -> list[Val]:
    """print(...), and println(...) with spaces between and a newline behind."""
    from pygo_cross.lower import calls

    values = [f.kept(one) for one in calls.evaluated(f, e.arg_list)]
    f.runtime("printlock")
    for i, one in enumerate(values):
        if line and i:
            f.runtime("printsp")
        _one(f, one)
    if line:
        f.runtime("printnl")
    f.runtime("printunlock")
    return []


def _one(f: FuncLowering, one: Val) -> None:
    under = one.typ.underlying()
    own = _own(one.typ)
    if is_string(under):
        f.runtime(own or "printstring", one)
    elif is_boolean(under):
        f.runtime("printbool", one)
    elif is_integer(under):
        unsigned = is_unsigned(under)
        f.runtime(own or ("printuint" if unsigned else "printint"), number(f, one.one, I64, unsigned))
    elif is_float(under):
        f.runtime("printfloat32" if one.one.kind == F32 else "printfloat64", one.one)
    elif is_complex(under):
        f.runtime("printcomplex64" if one.parts[0].kind == F32 else "printcomplex128", one)
    elif isinstance(under, Interface):
        _whole(f, "printiface" if under.type_set().methods else "printeface", one)
    elif isinstance(under, Slice):
        _whole(f, "printslice", one)
    else:
        f.runtime("printpointer", one.one)


def _own(typ: Type) -> str:
    if isinstance(typ, Named) and typ.obj.pkg is not None and typ.obj.pkg.path == "runtime":
        return _OWN.get(typ.obj.name, "")
    return ""


def _whole(f: FuncLowering, name: str, one: Val) -> None:
    """A function of the runtime that takes a value of whatever type."""
    f.call(ops.CALL_STATIC, CallInfo(TextRef("runtime." + name), (one.typ,), ()), (), (one,))
