# SPDX-License-Identifier: BSD-3-Clause
"""Many packages, in the order in which they need each other: `Program`.

A package that was asked for is checked whole. Of what it imports only the declarations count: they come from `exports` where an entry is
there, else the package is checked without the bodies of its functions. What imports a package with mistakes is left out, as the go
command leaves it. Facts about the compiler's flags: src/cmd/go/internal/work/gc.go; src/cmd/internal/objabi/pkgspecial.go.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from pygo_cross.frontend.exports import Exports, entry_name
from pygo_cross.frontend.mistakes import MOST, Mistakes
from pygo_cross.frontend.package import CheckedPackage, check_package, hide_unexported
from pygo_cross.load.package import OTHER_LISTS
from pygo_cross.load.package import Package as Files
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.checker import ImportFailure
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE

NEWEST: Final = "go1.27"
"""The language version of what has no module."""

# Of the standard library, what has functions without a body that package runtime supplies.
_FORWARD: Final = frozenset(
    ("bytes", "internal/poll", "net", "os", "runtime/metrics", "runtime/pprof", "runtime/trace", "sync", "syscall", "time")
)
_RUNTIME: Final = frozenset(
    (
        "runtime",
        *(f"internal/runtime/{name}" for name in ("atomic", "cgroup", "exithook", "gc", "gc/scan", "maps", "math", "sys")),
        *(f"internal/runtime/syscall/{name}" for name in ("linux", "windows")),
        *("internal/abi", "internal/bytealg", "internal/byteorder", "internal/chacha8rand", "internal/coverage/rtcov", "internal/cpu"),
        *("internal/goarch", "internal/godebugs", "internal/goexperiment", "internal/goos", "internal/profilerecord"),
        *("internal/strconv", "internal/stringslite"),
    )
)
_COMPILED: Final = tuple(name for name in OTHER_LISTS if name != "HFiles")


class Outcome(NamedTuple):
    """What came of a package that was asked for. `checked` is None where it could not be parsed, or was left out (`skipped`)."""

    files: Files
    mistakes: Mistakes
    checked: CheckedPackage | None
    skipped: bool = False


def is_runtime(path: str) -> bool:
    """Whether a package is compiled as part of the runtime."""
    return path in _RUNTIME


def language(files: Files) -> str:
    """The language version that a package is compiled with: that of its module."""
    if files.module is None:
        return NEWEST
    version = str(files.module.get("GoVersion") or "1.16")
    return "go" + ".".join(version.split("rc")[0].split("beta")[0].split(".")[:2])


def is_complete(files: Files) -> bool:
    """Whether all functions of a package are written in Go."""
    if files.standard and files.import_path in _FORWARD:
        return False
    return not files.cgo_files and not any(files.others.get(name) for name in _COMPILED)


def _read_file(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()


def _imported_ones(packages: list[Files]) -> list[Files]:
    """Without the packages that only the toolchain adds to a program, which nothing in its source imports."""
    by_path = {files.import_path: files for files in packages}
    pending = [files for files in packages if not files.dep_only and not files.test_main]
    needed: set[str] = set()
    while pending:
        files = pending.pop()
        if files.import_path not in needed:
            needed.add(files.import_path)
            paths = [files.import_map.get(path, path) for path in files.raw_imports]
            pending += [by_path[path] for path in paths if path in by_path]
    return [files for files in packages if files.import_path in needed]


class Program:
    """Checks packages, dependencies first. `limit` is how many mistakes of a package are reported, 0 for all."""

    def __init__(self, exports: Exports, limit: int = MOST, read: Callable[[str], bytes] | None = None) -> None:
        self.fset = FileSet()
        self.sizes = Sizes()
        self.exports = exports
        self.limit = limit
        self._read = read or _read_file
        self._packages: dict[str, Package] = {}
        self._entries: dict[str, str] = {}
        self._failed: set[str] = set()

    def check(self, packages: Iterable[Files]) -> Iterator[Outcome]:
        """Check packages that stand behind what they import; gives those that were asked for, and others with mistakes.

        Files that can't be read raise OSError.
        """
        for files in _imported_ones(list(packages)):
            if files.import_path == "unsafe" or files.test_main or files.error is not None:
                continue
            if any(self._imported(files, path) in self._failed for path in files.raw_imports):
                self._failed.add(files.import_path)
                yield Outcome(files, Mistakes(self.fset), None, True)
                continue
            outcome = self._check(files)
            if outcome is not None and outcome.mistakes:
                self._failed.add(files.import_path)
            if outcome is None:
                continue
            if not files.dep_only or outcome.mistakes:
                yield outcome
            if outcome.checked is not None:
                hide_unexported(outcome.checked.package)

    def _imported(self, files: Files, path: str) -> str:
        return files.import_map.get(path, path)

    def _by_path(self, files: Files) -> Callable[[str], Package]:
        """What gives the packages that a package's exports mention: those that it depends on, by the paths that they are compiled as."""
        names = {name.partition(" ")[0]: name for name in files.deps}
        return lambda path: UNSAFE if path == "unsafe" else self._packages[names[path]]

    def _check(self, files: Files) -> Outcome | None:
        path = files.import_path.partition(" ")[0]
        version = language(files)
        # Whole paths: positions in what a package exports have them.
        names = [os.path.join(files.directory, name) for name in files.go_files]
        sources = [(name, self._read(name)) for name in names]

        def importer(imported: str) -> Package:
            if imported == "unsafe":
                return UNSAFE
            found = self._packages.get(self._imported(files, imported))
            if found is None:
                raise ImportFailure(f"package {imported} is not in std")
            return found

        imports = [(name, self._entries.get(self._imported(files, name), "")) for name in files.raw_imports]
        entry = self._entries[files.import_path] = entry_name(path, version, sources, imports)
        if files.dep_only:
            known = self.exports.read(entry, self.fset, self._by_path(files))
            if known is not None:
                self._packages[files.import_path] = known
                return None
        mistakes = Mistakes(self.fset, self.limit)
        added = [self.fset.add(name, source) for name, source in sources]
        rules = DirectiveRules(files.standard, path in _RUNTIME)
        checked = check_package(
            self.fset,
            path,
            added,
            importer,
            self.sizes,
            mistakes,
            go_version=version,
            rules=rules,
            complete=is_complete(files),
            ignore_func_bodies=files.dep_only,
        )
        if checked is not None and not mistakes:
            self.exports.write(entry, checked.package, self.fset)
            self._packages[files.import_path] = checked.package
        return Outcome(files, mistakes, checked)
