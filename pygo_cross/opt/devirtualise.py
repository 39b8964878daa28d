# SPDX-License-Identifier: BSD-3-Clause
"""Calls through interfaces whose type is known are calls of that type's methods, and what is asked of known types has its answer.

Before: v1 = Addr {go:itab.T,I}; v2 = Load v1 [24]; CallPointer v2 v3; after: CallStatic {T.M} with the value that v3 points to. A method
that T has from an embedded field is called by its wrapper. Comparisons of descriptors and of method tables, the type of a table and the
hash of a type are constants.

A method of an instance of something generic, or of a type without a name, has code in this object only if something asks for it: such
calls stay as they are unless that is so.
Facts: src/cmd/compile/internal/devirtualize.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import I32, P
from pygo_cross.ssa.refs import CallInfo, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.unit import Unit
from pygo_cross.types.linknames import TypeNames, link_hash
from pygo_cross.types.lookup import find
from pygo_cross.types.objects import Func as Method
from pygo_cross.types.predicates import identical
from pygo_cross.types.types import Interface, Named, Pointer, Type, deref, unalias

_METHODS: Final = 24  # where a method table has the code of its methods, and what else it has
_TYPE: Final = 8
_HASH: Final = 16


def devirtualise(unit: Unit, context: Context, skips: Callable[[Func], bool] = lambda func: False) -> None:
    """Look at all functions of a package, but for those that are to be left out."""
    names = context.names
    if names is None:
        return
    there = {func.symbol for func in unit.funcs}
    for func in unit.funcs:
        if skips(func):
            continue
        for block in func.blocks:
            for value in block.values:
                if value.op == ops.CALL_POINTER:
                    _call(func, value, context, names, there)
                elif value.op == ops.LOAD:
                    _load(value, names)
                elif value.op in (ops.EQ, ops.NE):
                    _comparison(value)


def _known(value: Value) -> ItabRef | TypeRef | None:
    """What an address is of, behind copies and checks."""
    while value.op in (ops.COPY, ops.NIL_CHECK):
        value = value.args[0]
    if value.op == ops.ADDR and value.imm == 0 and isinstance(value.aux, (ItabRef, TypeRef)):
        return value.aux
    return None


def _load(value: Value, names: TypeNames) -> None:
    if value.imm not in (_TYPE, _HASH):
        return
    known = _known(value.args[0])
    if known is None:
        return
    if value.imm == _TYPE and value.kind == P and isinstance(known, ItabRef):
        value.reset(ops.ADDR, (), 0, TypeRef(known.typ))
    elif value.imm == _HASH and value.kind == I32:
        number = int.from_bytes(link_hash(names.link(unalias(known.typ)))[:4], "little", signed=True)
        value.reset(ops.CONST, (), number)


def _comparison(value: Value) -> None:
    x, y = (_known(arg) for arg in value.args)
    if x is None or y is None or type(x) is not type(y):
        return
    same = identical(x.typ, y.typ)
    if same and isinstance(x, ItabRef) and isinstance(y, ItabRef):
        same = identical(x.interface, y.interface)
    value.reset(ops.CONST, (), int(same == (value.op == ops.EQ)))


def _call(func: Func, call: Value, context: Context, names: TypeNames, there: set[str]) -> None:
    code, data = call.args[0], call.args[1]
    info = call.aux
    if code.op != ops.LOAD or code.imm < _METHODS or not isinstance(info, CallInfo) or info.interface is None:
        return
    table = _known(code.args[0])
    if not isinstance(table, ItabRef):
        return
    typ = unalias(table.typ)
    under = table.interface.underlying()
    if not isinstance(under, Interface):
        return
    wanted = under.type_set().methods[(code.imm - _METHODS) // context.shapes.sizes.word]
    found = find(typ, True, wanted.pkg, wanted.name)
    method = found.obj
    if not isinstance(method, Method) or found.path is None or method.signature.recv is None:
        return
    receiver = unalias(method.signature.recv.typ)
    direct = context.shapes.is_direct(typ)
    through: Type
    if len(found.path) == 1 and identical(receiver, typ):
        through, by_value = typ, not direct
    elif len(found.path) == 1 and isinstance(typ, Pointer) and identical(receiver, typ.elem):
        through, by_value = receiver, True
    else:
        through, by_value = (typ if direct else Pointer(typ)), False
    name = names.method(through, method)
    if name not in there and not _has_code(typ):
        return
    args = [data]
    if by_value:
        leaves = context.shapes.leaves(through)
        if leaves is not None:
            args = _loads(func, call, data, [(leaf.kind, leaf.offset) for leaf in leaves], isinstance(typ, Pointer))
    called = CallInfo(TextRef(name), (through, *info.params[1:]), info.results)
    call.reset(ops.CALL_STATIC, (*args, *call.args[2:]), 0, called)


def _has_code(typ: Type) -> bool:
    """Whether the object of the package that declares a type has the code of all its methods."""
    base = unalias(deref(typ)[0])
    if not isinstance(base, Named) or base.targs or base.obj.pkg is None:
        return False
    return base.obj.parent is base.obj.pkg.scope


def _loads(func: Func, call: Value, data: Value, leaves: list[tuple[int, int]], check: bool) -> list[Value]:
    """The scalars of a receiver, loaded from memory in front of a call."""
    block = call.block
    new: list[Value] = []
    if check:
        data = func.make(block, ops.NIL_CHECK, P, (data,), 0, None, call.pos)
        new.append(data)
    loads = [func.make(block, ops.LOAD, kind, (data,), offset, None, call.pos) for kind, offset in leaves]
    for one in (*new, *loads):
        one.inline = call.inline
    at = block.values.index(call)
    block.values[at:at] = [*new, *loads]
    return loads
