# SPDX-License-Identifier: BSD-3-Clause
"""Variables of a package and their first values: data where that is known, else what `init` assigns, in the order that the checker found
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import calls, coverage, embed, exprs, places, stmts
from pygo_cross.lower.captured import in_memory
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.staticdata import Filler
from pygo_cross.lower.values import Place
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import P
from pygo_cross.ssa.refs import DataRef, TextRef
from pygo_cross.ssa.unit import Data, FuncInfo
from pygo_cross.syntax.nodes import VarDecl
from pygo_cross.types.objects import Var

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering


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
    f = FuncLowering(package, name, FuncInfo(name, (), (), 0, 0), shared)  # nobody wrote it
    if package.coverage is not None:
        coverage.register(f, package.coverage)
    for one in order:
        f.b.pos = one.rhs.pos
        if len(one.lhs) == 1 and one.lhs[0] in data:
            filler = Filler(f, True)
            filler.fill(data[one.lhs[0]], 0, one.lhs[0].typ, one.rhs)
            for where, offset, typ, value in filler.pending:
                f.b.pos = value.pos
                address = f.emit(ops.ADDR, P, (), 0, DataRef(where.name))
                places.write(f, Place(typ, address=address, offset=offset), calls.assigned(f, exprs.expr(f, value), typ))
            continue
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
