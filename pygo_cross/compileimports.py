# SPDX-License-Identifier: BSD-3-Clause
"""What a compilation asks of imported packages, answered from their records: for lowering (`Asked`), inlining (`Bodies`)
and escape analysis (`Summaries`).

Link names say by their prefix which package declares them; a section of a record is decoded when something of that package is asked for
first. `Prefixes` knows which package a prefix is of. The names of the sections are here, for `compile.py`, which writes them.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

from pygo_cross.frontend.record import Imports
from pygo_cross.lower import imports as lowering
from pygo_cross.obj.context import path_to_prefix
from pygo_cross.opt.bodies import decode, tell
from pygo_cross.opt.summaries import Summary, weakest
from pygo_cross.ssa.func import Func
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.types.package import More, Package

LINKNAMES: Final = "linknames"
"""The section of a record with what directives of the package call its objects."""
IMPORT_MAP: Final = "importmap"
"""The section of a record with what import paths in the package's sources stand for, where that is another path (vendored packages)."""
UINTPTR_ESCAPES: Final = "uintptrescapes"
"""The section of a record with the link names of the functions that say so."""
SUMMARIES: Final = "escape"
"""The section of a record with the summaries of escape analysis."""
VARIABLES: Final = " variables"
"""Behind the name of a function whose body is in export data: what debuggers are told of it."""


@final
class Prefixes:
    """Imported packages by the prefix of their link names. All records have to be loaded (`Imports.load_all`)."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self.paths: Final = {path_to_prefix(path): path for path in imports.digests}

    def package(self, prefix: str) -> Package | None:
        """What the package exports; None if there is none of this prefix."""
        path = self.paths.get(prefix)
        return None if path is None else self._imports.package(path)

    def section(self, prefix: str, name: str) -> list[Any]:
        """A section of the package's record; empty if it has none."""
        path = self.paths.get(prefix)
        return [] if path is None else read_section(self._imports, path, name)


def read_section(imports: Imports, path: str, name: str) -> list[Any]:
    """A section of a package's record; empty if it has none."""
    data = imports.record(path).sections.get(name)
    return [] if data is None else list(marshal.loads(data))


def package_of(name: str) -> str:
    """The prefix of a link name that says which package declares it."""
    end = name.find("[")
    start = name.rfind("/", 0, end if end >= 0 else len(name)) + 1
    return name[: name.find(".", start)]


@final
class Asked(lowering.Imports):
    """What lowering asks of imported packages."""

    def __init__(self, imports: Imports, prefixes: Prefixes) -> None:
        self._imports = imports
        self._prefixes = prefixes
        self._linknames: dict[str, dict[str, str]] = {}
        self._escaping: dict[str, frozenset[str]] = {}

    def uintptr_escapes(self, name: str) -> bool:
        """Whether a function says so."""
        prefix = package_of(name)
        known = self._escaping.get(prefix)
        if known is None:
            known = self._escaping[prefix] = frozenset(self._prefixes.section(prefix, UINTPTR_ESCAPES))
        return name in known

    def linknames(self, path: str) -> Mapping[str, str]:
        """What directives of a package call its objects."""
        known = self._linknames.get(path)
        if known is None:
            known = self._linknames[path] = dict(read_section(self._imports, path, LINKNAMES)) if path != "unsafe" else {}
        return known

    def source(self, path: str) -> lowering.Source:
        """The files of a package that declares something generic."""
        record = self._imports.record(path)
        if not record.sources:
            return super().source(path)
        files = [self._imports.fset.add(name, source) for name, source in record.sources]
        mapped: dict[str, str] = dict(read_section(self._imports, path, IMPORT_MAP))

        def imported(path: str) -> Package:
            return self._imports.package(mapped.get(path, path))

        return lowering.Source(files, record.go_version, imported, DirectiveRules(True, False))


@final
class Bodies:
    """Imported packages' functions that may be inlined, by link name, each read when it is asked for first, with their variables if these
    are wanted."""

    def __init__(self, prefixes: Prefixes, variables: bool) -> None:
        self._prefixes = prefixes
        self._variables = variables
        self._packages: dict[str, More | None] = {}
        self._known: dict[str, Func | None] = {}

    def find(self, name: str) -> Func | None:
        """The function; None if it may not be inlined."""
        if name in self._known:
            return self._known[name]
        found = self._known[name] = self._read(name)
        return found

    def _read(self, name: str) -> Func | None:
        prefix = package_of(name)
        if prefix not in self._packages:
            package = self._prefixes.package(prefix)
            self._packages[prefix] = None if package is None else package.more
        more = self._packages[prefix]
        data = None if more is None else more.data.get(name)
        if more is None or data is None:
            return None
        func = decode(data, more.typ, more.pos)
        names = more.data.get(name + VARIABLES) if self._variables else None
        if names is not None:
            tell(func, names, more.typ, more.pos)
        return func


@final
class Summaries(Mapping[str, Summary]):
    """The escape summaries of imported packages' functions by link name, read when they are asked for.

    Those of instances are in the records of all packages that have made them. Where these differ the weakest holds: the linker takes the
    code of any.
    """

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._known: dict[str, dict[str, Summary]] = {}
        self._instances: dict[str, Summary] | None = None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._of(name)

    def __getitem__(self, name: str) -> Summary:
        return self._of(name)[name]

    def __iter__(self) -> Iterator[str]:
        for prefix in self._prefixes.paths:
            yield from self._package(prefix)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, name: str) -> dict[str, Summary]:
        if "[" not in name:
            return self._package(package_of(name))
        if self._instances is None:
            self._instances = {}
            for prefix in self._prefixes.paths:
                for one, rows in self._package(prefix).items():
                    if "[" in one:
                        self._instances[one] = weakest(self._instances.get(one, rows), rows)
        return self._instances

    def _package(self, prefix: str) -> dict[str, Summary]:
        known = self._known.get(prefix)
        if known is None:
            known = self._known[prefix] = dict(self._prefixes.section(prefix, SUMMARIES))
        return known
