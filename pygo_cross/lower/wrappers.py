# SPDX-License-Identifier: BSD-3-Clause
"""Wrappers: functions that only call a method, of another receiver or with it from somewhere else.

- `(*T).M` for a method of T: what interfaces and reflection call where T is no pointer. With a nil pointer it panics and says which method.
- `S.M` and `(*S).M` for a method that S has from an embedded field.
- `I.M` for an interface's method, which the expression I.M is.
- `M-fm`, the code of method values: the receiver is in the closure.

They are not frames of their own to tracebacks and to recover. Objects may have the same wrapper (the linker takes one); one for a declared
type, and for the pointer to it, is in the object of the package that declares it, so nobody else need make it.

Facts: src/cmd/compile/internal/noder/reader.go (wrapType and what follows); src/cmd/compile/internal/reflectdata/reflect.go (NeedEmit).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pygo_cross.diag import InternalError
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import B, P
from pygo_cross.ssa.unit import DUPOK, NEEDS_CONTEXT, WRAPPER, FuncInfo
from pygo_cross.types.lookup import find
from pygo_cross.types.methodset import method_set
from pygo_cross.types.objects import Func
from pygo_cross.types.predicates import identical, is_interface
from pygo_cross.types.subst import Substitution
from pygo_cross.types.types import Interface, Named, Pointer, Signature, Struct, Tuple, Type, unalias

if TYPE_CHECKING:
    from pygo_cross.lower.methods import Method
    from pygo_cross.lower.package import PackageLowering


def method(package: PackageLowering, receiver: Type, func: Func, targs: tuple[Type, ...] = ()) -> str:
    """The link name of a method's code for receivers of a type; where that takes a wrapper, it is made if it is this package's to make."""
    from pygo_cross.lower.methods import Method

    receiver = unalias(receiver)
    found = find(receiver, True, func.pkg, func.name)
    if not isinstance(found.obj, Func) or found.path is None:
        raise InternalError("lower", "a method that is not there", f"{receiver}.{func.name}")
    func = found.obj
    assert func.signature.recv is not None
    declared = unalias(func.signature.recv.typ)
    if len(found.path) == 1 and not is_interface(declared) and identical(declared, receiver):
        return package.needs_method(func, declared, targs)
    name = package.names.method(func, receiver, targs)
    if package.is_ours(receiver):
        made = Method(func, receiver, found.path[:-1], declared, targs)
        package.ask(name, lambda: _wrapper(package, name, made))
    return name


def of_type(package: PackageLowering, typ: Type) -> None:
    """Make all wrappers that a type's descriptor, or a method table, can refer to: of the type and of the pointer to it."""
    typ = unalias(typ)
    if isinstance(typ, Pointer):
        typ = unalias(typ.elem)
    if isinstance(typ.underlying(), Pointer):
        return
    if isinstance(typ.underlying(), Interface):
        return
    if not isinstance(typ, (Named, Struct)):
        return
    for receiver in (typ, Pointer(typ)):
        for selection in method_set(receiver):
            func = selection.obj
            assert isinstance(func, Func)
            if not func.signature.tparams:
                method(package, receiver, func)


def of_package(package: PackageLowering, declared: Iterable[Type]) -> None:
    """Make the wrappers of the types that a package declares; those that functions declare are nobody else's business."""
    for typ in declared:
        if isinstance(typ, Named) and not typ.tparams:
            of_type(package, typ)
            under = typ.underlying()
            if isinstance(under, Interface) and under.type_set().is_method_set():
                for func in under.type_set().methods:
                    method(package, typ, func)


def _signature(package: PackageLowering, m: Method) -> Signature:
    """The signature of a method with its type arguments."""
    sig = m.func.signature
    if not m.targs:
        return sig
    subst = Substitution(sig.tparams, m.targs, package.context)
    params, results = (Tuple([var.clone(subst.typ(var.typ)) for var in one.vars]) for one in (sig.params, sig.results))
    return Signature(params, results, sig.variadic)


def _start(package: PackageLowering, name: str, params: list[Type], sig: Signature, flags: int) -> FuncLowering:
    info = FuncInfo(name, params, [var.typ for var in sig.results.vars], 0, 0, flags | WRAPPER | DUPOK)
    return FuncLowering(package, name, info, set())


def _finish(f: FuncLowering, m: Method, receiver: Val, args: list[Val], sig: Signature) -> None:
    from pygo_cross.lower import stmts
    from pygo_cross.lower.methods import along, invoke

    params = [var.typ for var in sig.params.vars]
    results = invoke(f, m, along(f, receiver, m), args, params, f.info.results)
    stmts.finish(f, results)
    f.package.unit.funcs.append(f.b.finish())


def _wrapper(package: PackageLowering, name: str, m: Method) -> None:
    sig = _signature(package, m)
    f = _start(package, name, [m.base, *[var.typ for var in sig.params.vars]], sig, 0)
    receiver, *args = package.parameters(f)
    if isinstance(m.base, Pointer) and not m.path and not isinstance(m.receiver, Pointer):
        wrong, right = f.b.new_block(), f.b.new_block()
        f.b.branch(f.emit(ops.EQ, B, (receiver.one, f.b.const(P, 0))), wrong, right, -1)
        f.b.begin(wrong)
        f.panic("panicwrap")
        f.b.begin(right)
    _finish(f, m, receiver, args, sig)


def method_value(package: PackageLowering, m: Method) -> str:
    """The link name of the code of a method value, whose closure has the receiver."""
    name = package.names.method(m.func, m.receiver, m.targs) + "-fm"
    package.ask(name, lambda: _method_value(package, name, m))
    return name


def _method_value(package: PackageLowering, name: str, m: Method) -> None:
    from pygo_cross.lower.methods import record_type

    sig = _signature(package, m)
    f = _start(package, name, [var.typ for var in sig.params.vars], sig, NEEDS_CONTEXT)
    context = f.emit(ops.CLOSURE, P)
    args = package.parameters(f)
    receiver = f.load(m.receiver, context, package.shapes.sizes.offsetsof(record_type(m.receiver))[1])
    _finish(f, m._replace(path=()), receiver, args, sig)
