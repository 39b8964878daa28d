# SPDX-License-Identifier: BSD-3-Clause
"""Functions of the runtime that compiled code calls.

GOROOT declares them in src/cmd/compile/internal/typecheck/_builtin/runtime.go; the declarations are parsed and checked as any Go file's, so
no table of ours has to follow a release. `any` there stands for whatever type the call has: it is passed as the pointer that it is part
of (*any, []any, map[any]any, chan any), or, alone, as one pointer.
"""

from __future__ import annotations

import re
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

_SOURCE: Final = "src/cmd/compile/internal/typecheck/_builtin/runtime.go"
_HEAD: Final = b'package runtime\nimport "unsafe"\n'
_FUNCTION: Final = re.compile(rb"^func (\w+)\(.*\n(?:[ \t)].*\n)*", re.MULTILINE)
"""A declaration: what is between it and the next is indented, or closes it."""


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
        self._path = goroot / _SOURCE
        self._declared = {one[1].decode(): one[0] for one in _FUNCTION.finditer(self._path.read_bytes())}
        self._calls: dict[str, CallInfo] = {}

    def call(self, name: str) -> CallInfo:
        """How a function of the runtime is called."""
        found = self._calls.get(name)
        if found is None and name in _MORE:
            found = self._calls[name] = CallInfo(TextRef("runtime." + name), *_MORE[name])
        if found is None:
            sig = self._check(name).signature
            params = [_plain(var.typ) for var in sig.params.vars]
            results = [_plain(var.typ) for var in sig.results.vars]
            found = self._calls[name] = CallInfo(TextRef("runtime." + name), params, results)
        return found

    def _check(self, name: str) -> Func:
        """The declaration of a function, checked alone: a package needs few of them."""
        if name not in self._declared:
            raise InternalError("lower", f"the runtime has no function {name}")
        fset = FileSet()
        parsed = parse(fset.add(str(self._path), _HEAD + self._declared[name]))
        if parsed.file is None:
            raise InternalError("lower", f"the runtime's declaration of {name} can't be parsed", str(self._path))

        def importer(path: str) -> Package:
            if path == "unsafe":
                return UNSAFE
            raise ImportFailure(f"no package {path}")

        package = Package("runtime", "runtime")
        Checker(Config(importer, Sizes(), lambda error: None), fset, package).check_files([parsed.file])
        func = package.scope.lookup(name)
        assert isinstance(func, Func)
        return func


def _plain(typ: Type) -> Type:
    return TYP[UNSAFE_POINTER] if unalias(typ) is EMPTY_INTERFACE and typ is not EMPTY_INTERFACE else typ
