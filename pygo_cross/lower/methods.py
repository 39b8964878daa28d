# SPDX-License-Identifier: BSD-3-Clause
"""Methods: calls of them, methods as values with a receiver bound to them, and as functions that take the receiver first.

A method that is promoted from an embedded field is called on that field. One that the constraint of a type parameter has is looked up
again, in the type argument. A method value is a record of code and the receiver; the code is a wrapper `M-fm`.

Facts: the language specification, "Selectors", "Method values", "Method expressions"; src/cmd/compile/internal/noder/reader.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pygo_cross.lower import calls, exprs, places, wrappers
from pygo_cross.lower.interfaces import ITAB_METHODS
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import VOID, P
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import REFLECT_METHOD
from pygo_cross.syntax.nodes import CallExpr, Expr, SelectorExpr
from pygo_cross.types.lookup import find
from pygo_cross.types.objects import FIELD_VAR, Func, Var
from pygo_cross.types.predicates import is_interface, is_type_param
from pygo_cross.types.selection import METHOD_EXPR, Selection
from pygo_cross.types.types import (
    INT,
    STRING,
    TYP,
    UINTPTR,
    UNSAFE_POINTER,
    Basic,
    Interface,
    Named,
    Pointer,
    Signature,
    Struct,
    Type,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


_LOOKUPS: Final = {"Method": INT, "MethodByName": STRING}
# What does the look-up itself is reached through method tables in any case.
_REFLECTION: Final = frozenset(
    [f"reflect.{owner}.{name}" for owner in ("(*rtype)", "(*interfaceType)", "Value") for name in ("Method", "MethodByName")]
)


class Method(NamedTuple):
    """A method of `base`: `path` are the fields that lead to whose method it is, `receiver` what type that is, or a pointer to it, `targs`
    the type arguments of a generic method.
    """

    func: Func
    base: Type
    path: tuple[int, ...]
    receiver: Type
    targs: tuple[Type, ...] = ()


def selected(f: FuncLowering, e: SelectorExpr, selection: Selection) -> Method:
    """The method that a selection selects, with type arguments put in."""
    func, path = selection.obj, selection.index
    base = f.typ(selection.recv)
    assert isinstance(func, Func)
    if base is not selection.recv or is_type_param(selection.recv):
        found = find(base, True, func.pkg, func.name)
        if not isinstance(found.obj, Func) or found.path is None:
            raise f.bug(f"{base} has no method {func.name}")
        func, path = found.obj, found.path
    return Method(func, base, path[:-1], receiver_type(f, func), type_arguments(f, e))


def is_method(f: FuncLowering, e: SelectorExpr) -> bool:
    """Whether a selector expression selects a method."""
    selection = f.package.info.selections.get(e)
    return selection is not None and isinstance(selection.obj, Func)


def type_arguments(f: FuncLowering, e: SelectorExpr) -> tuple[Type, ...]:
    """What a generic method that is selected is instantiated with."""
    instance = f.package.info.instances.get(e.sel)
    return () if instance is None else tuple([f.typ(one) for one in instance.targs])


def receiver_type(f: FuncLowering, method: Func) -> Type:
    """What type a method is declared for."""
    recv = method.signature.recv
    if recv is None:
        raise f.bug(f"a method without a receiver: {method.name}")
    return unalias(f.typ(recv.typ))


# ---- calls


def prepare(f: FuncLowering, e: CallExpr, fun: SelectorExpr, selection: Selection, sig: Signature) -> calls.Prepared:
    """Evaluate the operands of x.M(args) or T.M(x, args)."""
    params, results = calls.types_of(f, sig)
    if selection.kind == METHOD_EXPR:
        info = CallInfo(TextRef(expression_code(f, fun, selection)), params, results)
        return calls.Prepared(ops.CALL_STATIC, info, (), calls.arguments(f, e, sig))
    method = selected(f, fun, selection)
    receiver = bound(f, fun.x, method)
    args = calls.arguments(f, e, sig)
    f.b.pos = e.pos
    return _prepared(f, method, receiver, args, params, results)


def invoke(
    f: FuncLowering, method: Method, receiver: Val, args: Sequence[Val], params: Sequence[Type], results: Sequence[Type]
) -> list[Val]:
    """Call a method of a receiver as the method has it, be it an interface's."""
    return calls.perform(f, _prepared(f, method, receiver, args, params, results))


def _prepared(
    f: FuncLowering, method: Method, receiver: Val, args: Sequence[Val], params: Sequence[Type], results: Sequence[Type]
) -> calls.Prepared:
    _note_reflection(f, method, params, results)
    if is_interface(method.receiver):
        code, data = of_interface(f, receiver, method.func)
        pointer = TYP[UNSAFE_POINTER]
        info = CallInfo(None, [pointer, *params], results, receiver.typ, method_index(receiver.typ, method.func))
        return calls.Prepared(ops.CALL_POINTER, info, (code,), [Val(pointer, (data,)), *args])
    target = TextRef(f.package.needs_method(method.func, method.receiver, method.targs))
    return calls.Prepared(ops.CALL_STATIC, CallInfo(target, [method.receiver, *params], results), (), [receiver, *args])


def of_interface(f: FuncLowering, value: Val, method: Func) -> tuple[Value, Value]:
    """The code of a method for what an interface holds, and what it takes as the receiver; a nil interface ends in a panic."""
    itab = f.emit(ops.NIL_CHECK, P, (value.parts[0],))
    code = f.emit(ops.LOAD, P, (itab,), ITAB_METHODS + f.shapes.sizes.word * method_index(value.typ, method))
    return code, value.parts[1]


def method_index(interface: Type, method: Func) -> int:
    """Where method tables for an interface type have a method."""
    under = interface.underlying()
    assert isinstance(under, Interface)
    wanted = method.id()
    return next(i for i, one in enumerate(under.type_set().methods) if one.id() == wanted)


def _note_reflection(f: FuncLowering, method: Method, params: Sequence[Type], results: Sequence[Type]) -> None:
    """Let the linker know where a method may be looked up by its name or number: then it has to keep all that are exported.

    Facts: src/cmd/compile/internal/walk/expr.go (usemethod).
    """
    kind = _LOOKUPS.get(method.func.name)
    if kind is None or len(params) != 1 or not results or f.func.symbol in _REFLECTION:
        return
    param, result = params[0].underlying(), unalias(results[0])
    if not isinstance(param, Basic) or param.kind != kind or not isinstance(result, Named) or result.obj.pkg is None:
        return
    if result.obj.pkg.path == "reflect" and result.obj.name in ("Method", "Value"):
        f.info.flags |= REFLECT_METHOD


# ---- receivers


def bound(f: FuncLowering, e: Expr, method: Method) -> Val:
    """x as the receiver of a method: its embedded field, its address taken or followed as the method wants it."""
    typ = f.type_of(e)
    if not method.path and isinstance(typ.underlying(), Pointer) == isinstance(method.receiver, Pointer):
        return Val(method.receiver, exprs.expr(f, e).parts) if isinstance(method.receiver, Pointer) else exprs.expr(f, e)
    if places.is_place(f, e) and not isinstance(typ.underlying(), Pointer):
        return along(f, places.place(f, e), method)
    return along(f, exprs.expr(f, e), method)


def along(f: FuncLowering, base: Val | Place | places.Part, method: Method) -> Val:
    """The receiver of a method, from what it is selected of."""
    for i in method.path:
        if isinstance(base, Val):
            under = base.typ.underlying()
            if not isinstance(under, Pointer):
                base = exprs.field(f, base, i)
                continue
            base = Place(f.typ(under.elem), address=places.checked(f, base.one))
        base = places.step(f, base, i)
    under = base.typ.underlying()
    wanted = method.receiver
    if isinstance(under, Pointer):
        pointer = base if isinstance(base, Val) else places.read(f, base)
        if isinstance(wanted, Pointer):
            return Val(wanted, pointer.parts)
        return f.load(wanted, places.checked(f, pointer.one))
    if not isinstance(wanted, Pointer):
        return base if isinstance(base, Val) else places.read(f, base)
    if isinstance(base, Val):
        return Val(wanted, (f.in_place(base),))
    if isinstance(base, places.Part) or base.address is None:
        raise f.bug("a method with a pointer receiver of what is in no memory")
    return Val(wanted, (f.offset(base.address, base.offset),))


# ---- values


def expression_code(f: FuncLowering, e: SelectorExpr, selection: Selection) -> str:
    """The link name of the function T.M."""
    func = selection.obj
    assert isinstance(func, Func)
    return wrappers.method(f.package, f.typ(selection.recv), func, type_arguments(f, e))


def value(f: FuncLowering, e: SelectorExpr, selection: Selection) -> Val:
    """T.M, and x.M with x evaluated now."""
    typ = f.type_of(e)
    if selection.kind == METHOD_EXPR:
        return Val(typ, (f.emit(ops.ADDR, P, (), 0, FuncValueRef(expression_code(f, e, selection))),))
    method = selected(f, e, selection)
    receiver = bound(f, e.x, method)
    if is_interface(method.receiver):
        f.emit(ops.NIL_CHECK, P, (receiver.parts[0],))
        # The interface that is at hand, not an embedded one that declares the method: the code looks into a method table of the former.
        method = method._replace(receiver=unalias(receiver.typ))
    code = wrappers.method_value(f.package, method)
    record = f.temporary(record_type(receiver.typ))
    f.emit(ops.STORE, VOID, (record, f.emit(ops.ADDR, P, (), 0, TextRef(code))), 0)
    f.store(receiver, record, _receiver_offset(f, receiver.typ))
    return Val(typ, (record,))


def _receiver_offset(f: FuncLowering, typ: Type) -> int:
    return f.shapes.sizes.offsetsof(record_type(typ))[1]


def record_type(receiver: Type) -> Struct:
    """What a method value is: the address of code, and the receiver."""
    return Struct([Var(FIELD_VAR, 0, None, "F", TYP[UINTPTR]), Var(FIELD_VAR, 0, None, "R", receiver)])
