# SPDX-License-Identifier: BSD-3-Clause
"""A package: all of its functions, and instances of generic ones as they turn out to be needed.

`lower_package` goes through the declarations in source order, then through what these have asked for: function literals and instances, each
once. Package-level variables are data that is zero; values that are given to them are assigned by `init`, in the order that the checker
found out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pygo_cross.diag import InternalError
from pygo_cross.lower import calls, places, stmts
from pygo_cross.lower.captured import in_memory
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.names import literal_name, method_name, object_name, package_prefix
from pygo_cross.lower.runtime import Runtime
from pygo_cross.lower.values import Place
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import P
from pygo_cross.ssa.refs import DataRef, TextRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import DUPOK, NEEDS_CONTEXT, NOINLINE, NOSPLIT, Data, FuncInfo, Unit
from pygo_cross.syntax import directives
from pygo_cross.syntax.directives import Pragma
from pygo_cross.syntax.nodes import BlockStmt, File, FuncDecl, FuncLit, Name, Node
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.info import Info
from pygo_cross.types.context import Context
from pygo_cross.types.objects import Func, Var
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.subst import Substitution
from pygo_cross.types.types import Named, Pointer, Signature, Type


class _Pending:
    """A function that is to be lowered: literals and instances are lowered behind what asks for them."""

    __slots__ = ("body", "captured", "flags", "name", "sig", "subst")

    def __init__(
        self, name: str, sig: Signature, body: BlockStmt, flags: int, subst: Substitution | None, captured: Sequence[Var] = ()
    ) -> None:
        self.name = name
        self.sig = sig
        self.body = body
        self.flags = flags
        self.subst = subst
        self.captured = tuple(captured)


class PackageLowering:
    """The state of one package's lowering."""

    def __init__(self, goroot: Path, fset: FileSet, package: Package, files: Sequence[File], info: Info, sizes: Sizes) -> None:
        self.fset = fset
        self.package = package
        self.files = files
        self.info = info
        self.shapes = Shapes(sizes)
        self.runtime = Runtime(goroot)
        self.context = Context()
        self.unit = Unit(package_prefix(package), package.name)
        self._pending: list[_Pending] = []
        self._asked: set[str] = set()
        self._declared: dict[Func, FuncDecl] = {}
        self._literals: dict[str, int] = {}

    def lower(self) -> Unit:
        """All of the package."""
        inits = 0
        for file in self.files:
            for decl in file.decl_list:
                if isinstance(decl, FuncDecl):
                    obj = self.info.defs.get(decl.name)
                    if not isinstance(obj, Func):
                        continue
                    self._declared[obj] = decl
        for obj, decl in self._declared.items():
            if decl.recv is None and obj.name == "init":
                name = f"{self.unit.path}.init.{inits}"
                inits += 1
                self._declare(name, obj, decl)
                self.unit.inits.append(TextRef(name))
            elif decl.recv is None and not obj.signature.tparams:
                self._declare(object_name(obj), obj, decl)
            elif decl.recv is not None and not obj.signature.rparams and not obj.signature.tparams and obj.name != "_":
                recv = obj.signature.recv
                assert recv is not None
                self._declare(method_name(obj, recv.typ), obj, decl)
        self._variables()
        while self._pending:
            self._lower(self._pending.pop(0))
        return self.unit

    def _declare(self, name: str, obj: Func, decl: FuncDecl) -> None:
        if decl.body is not None and name not in self._asked:
            self._asked.add(name)
            self._pending.append(_Pending(name, obj.signature, decl.body, _flags(decl.pragma), None))

    def _variables(self) -> None:
        scope = self.package.scope
        for name in scope.names():
            obj = scope.lookup(name)
            if isinstance(obj, Var):
                sizes = self.shapes.sizes
                self.unit.data.append(Data(object_name(obj), sizes.sizeof(obj.typ), sizes.alignof(obj.typ), obj.typ))
        if self.info.init_order:
            name = f"{self.unit.path}.init"
            f = FuncLowering(self, name, FuncInfo(name, (), (), 0, 0), self._shared())
            for one in self.info.init_order:
                f.b.pos = one.rhs.pos
                values = stmts.values_of(f, [one.rhs], len(one.lhs))
                for var, value in zip(one.lhs, values, strict=True):
                    if var.name != "_":
                        address = f.emit(ops.ADDR, P, (), 0, DataRef(object_name(var)))
                        places.write(f, Place(var.typ, address=address), calls.assigned(f, value, var.typ))
            f.b.ret([])
            self.unit.funcs.append(f.b.finish())
            self.unit.inits.insert(0, TextRef(name))

    def _shared(self) -> set[Var]:
        found: set[Var] = set()
        for one in self.info.init_order:
            found |= in_memory(one.rhs, self.info)
        return found

    def _lower(self, job: _Pending) -> None:
        sig = job.sig
        params = ([sig.recv] if sig.recv is not None else []) + sig.params.vars
        subst = job.subst

        def put(typ: Type) -> Type:
            return typ if subst is None else subst.typ(typ)

        results = [put(var.typ) for var in sig.results.vars]
        info = FuncInfo(job.name, [put(var.typ) for var in params], results, job.body.pos, job.body.rbrace)
        info.flags = job.flags | (NEEDS_CONTEXT if job.captured else 0)
        f = FuncLowering(self, job.name, info, in_memory(job.body, self.info) | set(job.captured), subst)
        if job.captured:
            context = f.emit(ops.CLOSURE, P)
            for i, var in enumerate(job.captured):
                address = f.emit(ops.LOAD, P, (context,), 8 * (i + 1))
                f.addresses[var] = address
                f.b.write(var, address)
        self._parameters(f, params)
        if sig.results.vars and sig.results.vars[0].name:
            f.results = list(sig.results.vars)
            for var, typ in zip(f.results, info.results, strict=True):
                f.declare(var, f.zero(typ))
        stmts.block(f, job.body.list)
        if f.b.block is not None:
            if info.results:
                f.b.exit()  # the checker has seen that nothing gets here
            else:
                f.b.ret([])
        for block in f.labels.values():
            f.b.seal(block)
        self.unit.funcs.append(f.b.finish())

    def _parameters(self, f: FuncLowering, params: Sequence[Var]) -> None:
        index = 0
        for var, typ in zip(params, f.info.params, strict=True):
            leaves = self.shapes.leaves(typ)
            kinds = [P] if leaves is None else [leaf.kind for leaf in leaves]
            parts = [f.emit(ops.PARAM, kind, (), index + i) for i, kind in enumerate(kinds)]
            index += len(kinds)
            value = f.gathered(typ, parts)
            if var.name not in ("", "_"):
                f.declare(var, value)

    # ---- what functions ask for

    def literal(self, outer: FuncLowering, e: FuncLit) -> tuple[str, list[Var]]:
        """The name of a function literal, and the variables of functions around it that it uses."""
        number = self._literals.get(outer.func.symbol, 0) + 1
        self._literals[outer.func.symbol] = number
        name = literal_name(outer.func.symbol, number, False)
        captured = [var for var in outer.addresses if isinstance(var, Var) and _mentions(e, var, self.info)]
        sig = self.info.types[e.type].typ
        if not isinstance(sig, Signature):
            raise InternalError("lower", "a function literal without a signature", name)
        self._pending.append(_Pending(name, sig, e.body, 0, outer.subst, captured))
        return name, captured

    def needs(self, obj: Func, targs: tuple[Type, ...]) -> str:
        """An instance of a generic function: its link name; it is lowered here, whichever package declares it."""
        origin = obj.origin
        name = object_name(origin, targs)
        if name not in self._asked:
            self._asked.add(name)
            decl = self._declared.get(origin)
            if decl is None or decl.body is None:
                raise InternalError("lower", "an instance of another package's function is not lowered yet", name)
            subst = Substitution(origin.signature.tparams, targs, self.context)
            self._pending.append(_Pending(name, origin.signature, decl.body, _flags(decl.pragma) | DUPOK, subst))
        return name

    def needs_method(self, method: Func, receiver: Type) -> str:
        """The link name of a method for a receiver; of a generic type's instance it is lowered here."""
        name = method_name(method, receiver)
        base = receiver.elem if isinstance(receiver, Pointer) else receiver
        if isinstance(base, Named) and base.targs and name not in self._asked:
            self._asked.add(name)
            origin = method.origin
            decl = self._declared.get(origin)
            if decl is None or decl.body is None:
                raise InternalError("lower", "a method of another package's generic type is not lowered yet", name)
            subst = Substitution(origin.signature.rparams, base.targs, self.context)
            self._pending.append(_Pending(name, origin.signature, decl.body, _flags(decl.pragma) | DUPOK, subst))
        return name


def _flags(pragma: Pragma | None) -> int:
    if pragma is None:
        return 0
    flags = 0
    if pragma.flags & directives.NOSPLIT:
        flags |= NOSPLIT
    if pragma.flags & directives.NOINLINE:
        flags |= NOINLINE
    return flags


def _mentions(e: FuncLit, var: Var, info: Info) -> bool:
    from pygo_cross.lower.captured import children

    stack: list[Node] = [e.body]
    while stack:
        one = stack.pop()
        if isinstance(one, Name):
            if info.uses.get(one) is var:
                return True
            continue
        stack += children(one)
    return False


def lower_package(goroot: Path, fset: FileSet, package: Package, files: Sequence[File], info: Info, sizes: Sizes) -> Unit:
    """SSA of a package that was checked without a mistake."""
    return PackageLowering(goroot, fset, package, files, info, sizes).lower()
