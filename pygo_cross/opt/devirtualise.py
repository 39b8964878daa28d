# SPDX-License-Identifier: BSD-3-Clause
"""Calls through interfaces whose type is known are calls of that type's methods, and what is asked of known types has its answer.

Before: v1 = Addr {go:itab.T,I}; v2 = Load v1 [24]; CallPointer v2 v3; after: CallStatic {T.M} with the value that v3 points to. A method
that T has from an embedded field is called by its wrapper. Comparisons of descriptors and of method tables, the type of a table and the
hash of a type are constants, and the runtime need not be asked for the table of a known type for another interface.

A method of an instance of something generic, or of a type without a name, has code in this object only if something asks for it: such
calls stay as they are unless that is so.
Facts: src/cmd/compile/internal/devirtualize.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import I32, B, P
from pygo_cross.ssa.refs import OR_NIL, CallInfo, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.unit import Unit
from pygo_cross.types.linknames import TypeNames, link_hash
from pygo_cross.types.lookup import find, missing_method
from pygo_cross.types.objects import Func as Method
from pygo_cross.types.predicates import identical
from pygo_cross.types.types import Interface, Named, Pointer, Type, deref, unalias

_METHODS: Final = 24  # where a method table has the code of its methods, and what else it has
_TYPE: Final = 8
_HASH: Final = 16


def devirtualise(
    unit: Unit, context: Context, tidy: Callable[[Func], None], skips: Callable[[Func], bool] = lambda func: False
) -> None:
    """Look at all functions of a package, but for those that are to be left out. `tidy` is run on one whose branches have changed."""
    names = context.names
    if names is None:
        return
    there = {func.symbol for func in unit.funcs}
    for func in unit.funcs:
        if not skips(func):
            devirtualised(func, context, names, there, tidy)


def devirtualised(func: Func, context: Context, names: TypeNames, there: Container[str], tidy: Callable[[Func], None]) -> bool:
    """Look at a function, of a package that has the functions `there`; whether there are calls of functions now that had been none."""
    done = False
    while True:
        again = False
        asked: list[Value] = []
        for block in func.blocks:
            for value in block.values:
                if value.op == ops.CALL_POINTER:
                    done |= _call(func, value, context, names, there)
                elif value.op == ops.CALL_STATIC:
                    if isinstance(value.aux, CallInfo) and value.aux.interface is not None:
                        asked.append(value)
                elif value.op == ops.LOAD:
                    _load(value, names)
                elif value.op in (ops.EQ, ops.NE):
                    again |= _comparison(value)
        for call in asked:
            again |= _assertion(func, call)
        if not again:
            return done
        tidy(func)  # what a table was asked for is called through it, and what a branch leads to is the only way


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


def _comparison(value: Value) -> bool:
    """Whether the answer is known."""
    x, y = (_known(arg) for arg in value.args)
    if x is None or y is None:
        other = value.args[1 if y is None else 0]
        if x is y or not other.is_const or other.imm:
            return False
        same = False  # nil
    elif type(x) is not type(y):
        return False
    else:
        same = identical(x.typ, y.typ)
        if same and isinstance(x, ItabRef) and isinstance(y, ItabRef):
            same = identical(x.interface, y.interface)
    value.reset(ops.CONST, (), int(same == (value.op == ops.EQ)))
    return True


def _assertion(func: Func, call: Value) -> bool:
    """The method table of a known type for another interface (`interfaces._find_itab`): neither the runtime is asked nor its cache."""
    info = call.aux
    assert isinstance(info, CallInfo) and info.interface is not None
    known = _known(call.args[1])
    if not isinstance(known, TypeRef):
        return False
    lacks = missing_method(known.typ, info.interface, True) is not None
    if lacks and info.method != OR_NIL:
        return False  # it panics
    found = [value for block in func.blocks for value in block.values if value.op == ops.RESULT and value.args[0] is call]
    if call.uses != len(found):
        return False
    _skip_cache(func, call)
    for value in found:
        if lacks:
            value.reset(ops.CONST)
        else:
            value.reset(ops.ADDR, (), 0, ItabRef(known.typ, info.interface))
    call.set_args(())
    call.block.values.remove(call)
    return True


def _skip_cache(func: Func, call: Value) -> None:
    """Let the way lead past the search of a cache that ends in a call: two branches, one on what the cache has, one whether it has any."""
    block = call.block
    if len(block.preds) != 1:
        return
    (other,) = block.preds
    if other.kind != ops.IF or len(other.preds) != 1:
        return
    (head,) = other.preds
    if head.kind != ops.IF:
        return
    (same,) = head.controls
    if same.op not in (ops.EQ, ops.NE) or call.args[1] not in same.args:
        return
    for one, to in ((head, other), (other, block)):
        one.set_controls([func.const(one, B, int(one.succs[0] is to))])
    cache = next(arg for arg in same.args if arg is not call.args[1])
    while cache.op in (ops.LOAD, ops.ADD_PTR):
        cache = cache.args[0]
    if cache.op == ops.ATOMIC_LOAD and cache.args[0] is call.args[0]:
        cache.reset(ops.LOAD, (call.args[0],), cache.imm)  # nothing needs it now


def _call(func: Func, call: Value, context: Context, names: TypeNames, there: Container[str]) -> bool:
    code, data = call.args[0], call.args[1]
    info = call.aux
    if code.op != ops.LOAD or code.imm < _METHODS or not isinstance(info, CallInfo) or info.interface is None:
        return False
    table = _known(code.args[0])
    if not isinstance(table, ItabRef):
        return False
    typ = unalias(table.typ)
    under = table.interface.underlying()
    if not isinstance(under, Interface):
        return False
    wanted = under.type_set().methods[(code.imm - _METHODS) // context.shapes.sizes.word]
    found = find(typ, True, wanted.pkg, wanted.name)
    method = found.obj
    if not isinstance(method, Method) or found.path is None or method.signature.recv is None:
        return False
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
        return False
    args = [data]
    if by_value:
        leaves = context.shapes.leaves(through)
        if leaves is not None:
            args = _loads(func, call, data, [(leaf.kind, leaf.offset) for leaf in leaves], isinstance(typ, Pointer))
    called = CallInfo(TextRef(name), (through, *info.params[1:]), info.results)
    call.reset(ops.CALL_STATIC, (*args, *call.args[2:]), 0, called)
    return True


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
