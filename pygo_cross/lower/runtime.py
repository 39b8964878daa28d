# SPDX-License-Identifier: BSD-3-Clause
"""Functions of the runtime that compiled code calls.

GOROOT declares them in src/cmd/compile/internal/typecheck/_builtin/runtime.go; the declarations are parsed and checked as any Go file, so
no table of ours has to follow a release. `any` there stands for whatever type the call has: it is passed as the pointer that it is part
of (*any, []any, map[any]any, chan any), or, alone, as one pointer.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

from pygo_cross.diag import InternalError
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.checker import Checker, Config, ImportFailure
from pygo_cross.types.objects import Func
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import EMPTY_INTERFACE, TYP, UNSAFE_POINTER, Type, unalias
from pygo_cross.types.universe import UNSAFE

# Functions that the declarations leave out, since calls of them are made in another way by stock's compiler.
_MORE: Final[dict[str, tuple[tuple[Type, ...], tuple[Type, ...]]]] = {
    "newproc": ((TYP[UNSAFE_POINTER],), ()),
    "deferproc": ((TYP[UNSAFE_POINTER],), ()),
    "deferprocStack": ((TYP[UNSAFE_POINTER],), ()),
    "deferprocat": ((TYP[UNSAFE_POINTER], EMPTY_INTERFACE), ()),
    "deferreturn": ((), ()),
}

_SOURCE = "src/cmd/compile/internal/typecheck/_builtin/runtime.go"


class Runtime:
    """What the runtime offers, by name."""

    _known: ClassVar[dict[Path, Runtime]] = {}

    @classmethod
    def of(cls, goroot: Path) -> Runtime:
        """That of a GOROOT, whose declarations are read once in a process."""
        known = cls._known.get(goroot)
        if known is None:
            known = cls._known[goroot] = cls(goroot)
        return known

    def __init__(self, goroot: Path) -> None:
        path = goroot / _SOURCE
        fset = FileSet()
        parsed = parse(fset.add(str(path), path.read_bytes()))
        if parsed.file is None:
            raise InternalError("lower", "the runtime's declarations can't be parsed", str(path))

        def importer(name: str) -> Package:
            if name == "unsafe":
                return UNSAFE
            raise ImportFailure(f"no package {name}")

        self.package = Package("runtime", "runtime")
        Checker(Config(importer, Sizes(), lambda error: None), fset, self.package).check_files([parsed.file])
        self._calls: dict[str, CallInfo] = {}

    def call(self, name: str) -> CallInfo:
        """How a function of the runtime is called."""
        found = self._calls.get(name)
        if found is None and name in _MORE:
            found = self._calls[name] = CallInfo(TextRef("runtime." + name), *_MORE[name])
        if found is None:
            func = self.package.scope.lookup(name)
            if not isinstance(func, Func):
                raise InternalError("lower", f"the runtime has no function {name}")
            sig = func.signature
            params = [_plain(var.typ) for var in sig.params.vars]
            results = [_plain(var.typ) for var in sig.results.vars]
            found = self._calls[name] = CallInfo(TextRef("runtime." + name), params, results)
        return found


def _plain(typ: Type) -> Type:
    return TYP[UNSAFE_POINTER] if unalias(typ) is EMPTY_INTERFACE and typ is not EMPTY_INTERFACE else typ
