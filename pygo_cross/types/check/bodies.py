# SPDX-License-Identifier: BSD-3-Clause
"""Bodies of another package's functions, checked one at a time when somebody wants them: an instance of a generic function needs its body.

The package is known by its declarations already (from export data, or from a check without bodies), and its types have to stay the objects
that they are. So its files are collected again into a scope of their own, where a name that is known stands for the known object; what is
not known (functions, constants and types that only bodies use) is declared there and checked when it is met. A function that is wanted is
checked anew with its signature, so that its parameters are the objects that the body uses.

The package has been compiled, so there are no mistakes to be found in it: one is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pygo_cross.diag import InternalError
from pygo_cross.syntax.nodes import Expr, File, FuncDecl, IndexExpr, Name, Operation, ParenExpr
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check import decl, recording, resolve, version
from pygo_cross.types.check.checker import Checker, Config, DeclInfo, Importer
from pygo_cross.types.check.errors import TypeError_
from pygo_cross.types.check.info import Info
from pygo_cross.types.objects import Func, Object
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes

_EXPECTED: Final = frozenset(("invalid-recv", "unused-import"))
"""Mistakes that only come of a known package's types belonging to another object than the one that is checked."""


class _Collector(resolve._Collector):
    """Collects what a package declares, but for what is known of it."""

    def __init__(self, check: Checker, known: Package) -> None:
        super().__init__(check)
        self.known = known
        self.functions: dict[tuple[str, str], tuple[FuncDecl, DeclInfo]] = {}

    def declare(self, name: Name, obj: Object, info: DeclInfo) -> None:
        """A known object stays what it is."""
        found = self.known.declared(name.value) if name.value != "_" else None
        if found is None:
            super().declare(name, obj, info)
            return
        self.check.info.defs[name] = found
        self.pkg.scope.insert(found)

    def function(self, decl: FuncDecl) -> None:
        """Functions are declared; their bodies wait."""
        info = self.info()
        info.fdecl = decl
        name = decl.name.value
        if decl.recv is not None:
            self.functions[receiver_name(decl.recv.type), name] = decl, info
            base = self.known.declared(receiver_name(decl.recv.type))
            if base is None:
                super().function(decl)
            return
        if name in ("init", "_"):
            return
        self.functions["", name] = decl, info
        found = self.known.declared(name)
        if found is None:
            super().function(decl)
        else:
            self.pkg.scope.insert(found)


def receiver_name(e: Expr) -> str:
    """The name of the type that a receiver is of."""
    while not isinstance(e, Name):
        if isinstance(e, (ParenExpr, IndexExpr)) or (isinstance(e, Operation) and e.y is None):
            e = e.x
        else:
            return ""
    return e.value


@final
class Bodies:
    """The functions of one package. What is found out about them goes into `info`; `file_versions` are the files' language versions."""

    def __init__(
        self, known: Package, files: Sequence[File], fset: FileSet, importer: Importer, sizes: Sizes, go_version: str, info: Info
    ) -> None:
        self._known = known
        twin = Package(known.path, known.name)
        twin.go_version = known.go_version
        config = Config(importer, sizes, self._mistake, go_version, True, False, True)
        self._check = check = Checker(config, fset, twin, info)
        version.init_files(check, files)
        self._collector = collector = _Collector(check, known)
        self.file_versions = versions = check.info.file_versions[-len(files) :]
        del check.info.file_versions[-len(files) :]  # the table is that of the package that is compiled
        for file, one in zip(files, versions, strict=True):
            collector.file(file, one)
        collector.bind_methods()
        # Descriptors ask for methods of types that only bodies use.
        for obj in check.decls:
            if type(obj) is Func:
                obj.resolver = self._resolve
        self._functions = collector.functions
        self._checked: dict[tuple[str, str], tuple[Func, FuncDecl]] = {}

    def _mistake(self, error: TypeError_) -> None:
        if error.code not in _EXPECTED and not error.soft:
            place = self._check.fset.position(error.pos)
            raise InternalError("types", f"in a body of an imported package: {error.message}", self._known.path, place)

    def _resolve(self, func: Func) -> None:
        """The signature of a function that nothing has asked for yet."""
        decl.obj_decl(self._check, func)
        if self._check.config.ignore_func_bodies:  # else a body is being checked, and what is put off waits for its end
            self._check.process_delayed(0)

    def function(self, receiver: str, name: str) -> tuple[Func, FuncDecl]:
        """A function (`receiver` empty) or a method of a declared type, with its body checked. The Func is one that nobody else knows."""
        key = receiver, name
        checked = self._checked.get(key)
        if checked is None:
            found = self._functions.get(key)
            if found is None:
                raise InternalError("types", f"the package declares no {receiver}.{name}".replace(" .", " "), self._known.path)
            fdecl, info = found
            check = self._check
            obj = Func(fdecl.name.pos, check.pkg, name)
            check.decls[obj] = info
            check.config.ignore_func_bodies = False
            check.wanted = obj
            try:
                decl.obj_decl(check, obj)
                check.process_delayed(0)
            finally:
                check.config.ignore_func_bodies = True
            check.cleanup()
            recording.record_untyped(check)
            checked = self._checked[key] = obj, fdecl
        return checked
