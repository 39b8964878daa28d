# SPDX-License-Identifier: BSD-3-Clause
"""Variables of a package and their first values: data where that is known, else what `init` assigns, in the order that the checker found
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.lower import calls, coverage, embed, exprs, literals, places, stmts
from pygo_cross.lower.captured import children, in_memory
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.staticdata import Filler
from pygo_cross.lower.values import Place
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import VOID, P
from pygo_cross.ssa.refs import CallInfo, DataRef, TextRef
from pygo_cross.ssa.unit import NOINLINE, PACKAGE_INIT, Data, FuncInfo
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import CallExpr, CompositeLit, Expr, KeyValueExpr, Name, Node, Operation, ParenExpr, SelectorExpr, VarDecl
from pygo_cross.types.objects import PkgName, Var
from pygo_cross.types.types import Map

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering

_LARGE_MAP: Final = 20
"""Of a map whose literal has so many nodes a function of its own gives the contents (src/cmd/compile/internal/staticinit/sched.go)."""
_PARTS: Final = (CompositeLit, KeyValueExpr, ParenExpr)


def variables(package: PackageLowering) -> None:
    """All variables of a package, and what gives them their first values."""
    scope = package.package.scope
    sizes = package.shapes.sizes
    unit = package.unit
    data: dict[Var, Data] = {}
    for name in scope.names():
        obj = scope.lookup(name)
        if isinstance(obj, Var):
            data[obj] = made = Data(package.names.object(obj), sizes.sizeof(obj.typ), sizes.alignof(obj.typ), obj.typ)
            unit.data.append(made)
            if package.coverage is not None:
                coverage.variable(package.coverage, name, made)
    for file in package.files:
        for decl in file.decl_list:
            if isinstance(decl, VarDecl) and decl.pragma is not None and decl.pragma.embeds:
                var = package.info.defs.get(decl.name_list[0])
                if isinstance(var, Var) and var in data:
                    embed.variable(package, decl, var, data[var])
    if package.info.init_order or package.coverage is not None:
        name = f"{unit.path}.init"
        package.ask(name, lambda: _assign(package, name, data))


def _assign(package: PackageLowering, name: str, data: dict[Var, Data]) -> None:
    """First values as data, and a function that gives variables what is not known before the program runs, if there is anything."""
    order = package.info.init_order
    shared: set[Var] = set()
    for one in order:
        shared |= in_memory(one.rhs, package.info)
    f = FuncLowering(package, name, FuncInfo(name, (), (), 0, 0, PACKAGE_INIT), shared)  # nobody wrote it
    if package.coverage is not None:
        coverage.register(f, package.coverage)
    maps = 0
    given: dict[Var, Data] | None = {}  # what variables have, as long as no code has run that could change it
    for one in order:
        f.b.pos = one.rhs.pos
        if len(one.lhs) == 1 and one.lhs[0] in data and _is_large_map(package, one.lhs[0], one.rhs):
            fill = TextRef(f"{package.unit.path}.map.init.{maps}")
            maps += 1
            _fill_map(package, fill, data[one.lhs[0]], one.rhs)
            f.emit(ops.CALL_STATIC, VOID, (), 0, CallInfo(fill, (), ()))
            continue
        if len(one.lhs) == 1 and one.lhs[0] in data:
            filler = Filler(f, True, given)
            filler.fill(data[one.lhs[0]], 0, one.lhs[0].typ, one.rhs)
            for where, offset, typ, value in filler.pending:
                f.b.pos = value.pos
                address = f.emit(ops.ADDR, P, (), 0, DataRef(where.name))
                places.write(f, Place(typ, address=address, offset=offset), literals.element(f, value, typ))
            if given is not None and not filler.pending:
                given[one.lhs[0]] = data[one.lhs[0]]
            elif _runs_code(one.rhs):
                given = None
            continue
        if _runs_code(one.rhs):
            given = None
        results = stmts.values_of(f, [one.rhs], len(one.lhs))
        for var, result in zip(one.lhs, results, strict=True):
            if var.name != "_":
                address = f.emit(ops.ADDR, P, (), 0, DataRef(package.names.object(var)))
                places.write(f, Place(var.typ, address=address), calls.assigned(f, result, var.typ))
    if package.coverage is not None:
        coverage.hook(f, package.coverage)
    f.b.ret([])
    func = f.b.finish()
    if len(func.blocks) > 1 or func.entry.values:
        package.unit.funcs.append(func)
        package.unit.inits.insert(0, TextRef(name))


def _runs_code(e: Expr) -> bool:
    """Whether an expression may call a function, or wait while others run."""
    todo: list[Node] = [e]
    while todo:
        node = todo.pop()
        if isinstance(node, CallExpr) or (isinstance(node, Operation) and node.op == tk.RECV):
            return True
        todo += children(node)
    return False


def _is_large_map(package: PackageLowering, var: Var, e: Expr) -> bool:
    """Whether a variable is a map whose contents are many, and the making of which nobody notices: a program that does not use the map need
    not make it.
    """
    if not isinstance(var.typ.underlying(), Map) or package.coverage is not None:
        return False
    count = 0
    todo: list[Node] = [e]
    while todo:
        node = todo.pop()
        count += 1
        found = package.info.types.get(node) if isinstance(node, Expr) else None
        if (found is not None and found.val is not None) or isinstance(node, Name):
            continue
        if isinstance(node, SelectorExpr) and isinstance(node.x, Name) and isinstance(package.info.uses.get(node.x), PkgName):
            continue
        if not isinstance(node, _PARTS) and not (isinstance(node, Operation) and node.op == tk.AND and node.y is None):
            return False
        todo += children(node)
    return count >= _LARGE_MAP


def _fill_map(package: PackageLowering, name: TextRef, data: Data, e: Expr) -> None:
    """A function that gives a map its contents. It is in a program if the map is."""
    f = FuncLowering(package, name.name, FuncInfo(name.name, (), (), e.pos, 0, NOINLINE), in_memory(e, package.info))
    f.b.pos = e.pos
    address = f.emit(ops.ADDR, P, (), 0, DataRef(data.name))
    assert data.typ is not None
    places.write(f, Place(data.typ, address=address), calls.assigned(f, exprs.expr(f, e), data.typ))
    f.b.ret([])
    package.unit.funcs.append(f.b.finish())
    data.keeps.append(name)
