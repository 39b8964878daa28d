# SPDX-License-Identifier: BSD-3-Clause
"""Records of functions that use variables of functions around them: a word of code address, then what is captured.

A variable that is never assigned again after its declaration is captured by value if it is small; of any other the record has the
address (`captured` says which are to be in memory for that). Facts: src/cmd/compile/internal/escape/escape.go (flowClosure),
src/cmd/compile/internal/ir/func.go.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import VOID, P
from pygo_cross.ssa.refs import BytesRef, FuncValueRef, TextRef
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.types import TYP, UINTPTR, UNSAFE_POINTER, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_MOST: Final = 128  # bytes of a variable that is captured by value


class Captured(NamedTuple):
    """A variable that is captured, by value or by its address. `constants` are operation, kind, imm and aux of each scalar of one that is
    known where it is captured: the function has that instead.
    """

    var: Var
    by_value: bool
    constants: tuple[tuple[int, int, int, object], ...] = ()


def captured(f: FuncLowering, used: Container[Var]) -> list[Captured]:
    """Those of a function's variables that are used by one inside of it."""
    sizes = f.shapes.sizes
    found: list[Captured] = []
    for var in [var for var in f.known if var in used]:
        by_value = var not in f.in_memory and sizes.sizeof(f.typ(var.typ)) <= _MOST
        found.append(Captured(var, by_value, _constants(f, var) if by_value else ()))
    return found


def _constants(f: FuncLowering, var: Var) -> tuple[tuple[int, int, int, object], ...]:
    """The scalars of a variable that is not assigned again, if they are constants."""
    parts = f.known[var]
    if not all(part.op == ops.CONST or (part.op == ops.ADDR and isinstance(part.aux, BytesRef)) for part in parts):
        return ()
    return tuple([(part.op, part.kind, part.imm, part.aux) for part in parts])


def _record(f: FuncLowering, variables: Sequence[Captured]) -> tuple[Type, list[int]]:
    """The type of a record, and where its variables are. To the collector the code is no pointer."""
    fields = [Var(FIELD_VAR, 0, None, "F", TYP[UINTPTR])]
    for i, one in enumerate(variables):
        fields.append(Var(FIELD_VAR, 0, None, f"X{i}", f.typ(one.var.typ) if one.by_value else TYP[UNSAFE_POINTER]))
    record = Struct(fields)
    return record, list(f.shapes.sizes.offsetsof(record))[1:]


def make(f: FuncLowering, name: str, variables: Sequence[Captured]) -> Value:
    """A function value; with nothing captured it is read-only data."""
    variables = [one for one in variables if not one.constants]
    if not variables:
        return f.emit(ops.ADDR, P, (), 0, FuncValueRef(name))
    typ, offsets = _record(f, variables)
    record = f.temporary(typ)
    f.emit(ops.STORE, VOID, (record, f.emit(ops.ADDR, P, (), 0, TextRef(name))), 0)
    for one, offset in zip(variables, offsets, strict=True):
        if one.by_value:
            f.store(f.read(f.place(one.var)), record, offset)
        else:
            f.emit(ops.STORE, VOID, (record, f.b.read(one.var)), offset)
    return record


def bind(f: FuncLowering, variables: Sequence[Captured]) -> None:
    """At the beginning of a function, the variables that it has captured."""
    for one in variables:
        if one.constants:
            f.tell(one.var)
            f.known[one.var] = parts = [f.emit(op, kind, (), imm, aux) for op, kind, imm, aux in one.constants]
            for i, part in enumerate(parts):
                f.b.write((one.var, i), part)
    variables = [one for one in variables if not one.constants]
    if not variables:
        return
    context = f.emit(ops.CLOSURE, P)
    _, offsets = _record(f, variables)
    for one, offset in zip(variables, offsets, strict=True):
        var = one.var
        f.known[var] = ()
        if one.by_value and f.shapes.is_value(f.typ(var.typ)):
            f.tell(var)
            for i, part in enumerate(f.load(f.typ(var.typ), context, offset).parts):
                f.b.write((var, i), part)
            continue
        if one.by_value:
            address = f.offset(context, offset)
        else:
            address = f.emit(ops.LOAD, P, (context,), offset)
            f.in_memory.add(var)
        f.addresses[var] = address
        f.tell(var, in_memory=True)
        f.b.write(var, address)
