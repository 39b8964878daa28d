# SPDX-License-Identifier: BSD-3-Clause
"""Variables of a package and their first values: data where that is known, else what `init` assigns, in the order that the checker found
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import calls, places, stmts
from pygo_cross.lower.captured import in_memory
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.values import Place
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import P
from pygo_cross.ssa.refs import DataRef, TextRef
from pygo_cross.ssa.unit import Data, FuncInfo
from pygo_cross.types.objects import Var

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering


def variables(package: PackageLowering) -> None:
    """All variables of a package, and what gives them their first values."""
    scope = package.package.scope
    sizes = package.shapes.sizes
    unit = package.unit
    for name in scope.names():
        obj = scope.lookup(name)
        if isinstance(obj, Var):
            unit.data.append(Data(package.names.object(obj), sizes.sizeof(obj.typ), sizes.alignof(obj.typ), obj.typ))
    if package.info.init_order:
        name = f"{unit.path}.init"
        unit.inits.insert(0, TextRef(name))
        package.ask(name, lambda: _assign(package, name))


def _assign(package: PackageLowering, name: str) -> None:
    """The function that gives variables the values that are not there from the beginning."""
    order = package.info.init_order
    shared: set[Var] = set()
    for one in order:
        shared |= in_memory(one.rhs, package.info)
    f = FuncLowering(package, name, FuncInfo(name, (), (), 0, 0), shared)  # nobody wrote it
    for one in order:
        f.b.pos = one.rhs.pos
        values = stmts.values_of(f, [one.rhs], len(one.lhs))
        for var, value in zip(one.lhs, values, strict=True):
            if var.name != "_":
                address = f.emit(ops.ADDR, P, (), 0, DataRef(package.names.object(var)))
                places.write(f, Place(var.typ, address=address), calls.assigned(f, value, var.typ))
    f.b.ret([])
    package.unit.funcs.append(f.b.finish())
