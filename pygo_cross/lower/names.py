# SPDX-License-Identifier: BSD-3-Clause
"""Link names: how functions, methods, variables and instances are called in objects, as stock Go calls them.

Facts: src/cmd/compile/internal/ir/func.go (closureName), src/cmd/compile/internal/noder/reader.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from pygo_cross.types.linknames import path_prefix
from pygo_cross.types.objects import Func, Object
from pygo_cross.types.package import Package
from pygo_cross.types.types import Named, Pointer, Type, unalias
from pygo_cross.types.typestring import type_string


def package_prefix(package: Package | None) -> str:
    """What stands before the dot of a package's link names; programs are `main`, whatever their path."""
    if package is None:
        return "go"
    return "main" if package.name == "main" else path_prefix(package.path)


def type_name(typ: Type) -> str:
    """A type as it stands in link names: packages by their whole paths."""
    return type_string(typ, package_prefix)


def object_name(obj: Object, targs: Sequence[Type] = ()) -> str:
    """The link name of a package-level function or variable; with type arguments that of an instance."""
    name = f"{package_prefix(obj.pkg)}.{obj.name}"
    return name + "[" + ",".join(type_name(one) for one in targs) + "]" if targs else name


def method_name(method: Func, receiver: Type) -> str:
    """The link name of a method for a receiver's type: `p.T.M` or `p.(*T).M`."""
    pointer = False
    base = unalias(receiver)
    if isinstance(base, Pointer):
        pointer, base = True, unalias(base.elem)
    if isinstance(base, Named):
        name = base.obj.name
        if base.targs:
            name += "[" + ",".join(type_name(one) for one in base.targs) + "]"
        owner = package_prefix(base.obj.pkg)
        return f"{owner}.(*{name}).{method.name}" if pointer else f"{owner}.{name}.{method.name}"
    return f"{type_name(receiver)}.{method.name}"


def literal_name(outer: str, number: int, at_package_level: bool) -> str:
    """The link name of a function literal: the outer function's with `.func1`, ...; `.1` behind that of another literal; `glob..func1` in
    the first value of a variable.
    """
    if at_package_level:
        return f"{outer}.init.func{number}" if not outer.endswith(".init") else f"{outer}.func{number}"
    last = outer.rpartition(".")[2]
    if last.startswith("func") and last[4:].isdigit():
        return f"{outer}.{number}"
    if last.isdigit():
        return f"{outer}.{number}"
    return f"{outer}.func{number}"
