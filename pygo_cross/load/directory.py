# SPDX-License-Identifier: BSD-3-Clause
"""A folder as a package: its files sorted into those that belong to a build and those that don't.

One `Folder` has both views that the go command takes: the strict one of go/build, which reports what is wrong, and the
lax one (`imports()`, `has_go`) that looks for modules, and passes over files it can't read the constraints of. Where
go/build and the go command's index of modules differ in what they report, this is the index; but files that are out by
their names alone are not read, so what is wrong with those is not reported.
Facts: src/go/build/build.go (Import, matchFile), src/cmd/go/internal/{modindex/read.go,imports}.
"""

from __future__ import annotations

import os
from typing import Final

from pygo_cross.diag import Pos
from pygo_cross.load.constraint import ConstraintError, MultipleConstraints, should_build
from pygo_cross.load.context import Context
from pygo_cross.load.header import Header, place, read_header
from pygo_cross.load.headerparse import HeaderError

# Which list of a package the files with an ending go into.
_KINDS: Final = {
    ".c": "CFiles", ".cc": "CXXFiles", ".cpp": "CXXFiles", ".cxx": "CXXFiles", ".m": "MFiles", ".h": "HFiles", ".hh": "HFiles",
    ".hpp": "HFiles", ".hxx": "HFiles", ".f": "FFiles", ".F": "FFiles", ".for": "FFiles", ".f90": "FFiles", ".s": "SFiles",
    ".S": "SFiles", ".sx": "SFiles", ".swig": "SwigFiles", ".swigcxx": "SwigCXXFiles", ".syso": "SysoFiles",
}  # fmt: skip

# One place that a path or pattern stands at: file and offset.
Places = dict[str, list[tuple[str, int]]]


class FolderError(Exception):
    """What is wrong with a folder as a package; `pos` is known where it is wrong inside a file."""

    def __init__(self, message: str, pos: Pos | None = None) -> None:
        super().__init__(message)
        self.pos = pos


class NoGoError(FolderError):
    """A folder without Go files that count."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"no buildable Go source files in {folder}")
        self.folder = folder


class Part:
    """The files of one of the three packages that a folder can hold, and what they ask for."""

    __slots__ = ("directives", "embeds", "files", "imports")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.imports: Places = {}
        self.embeds: Places = {}
        self.directives: list[str] = []

    def add(self, name: str, path: str, header: Header) -> None:
        self.files.append(name)
        imports, embeds = self.imports, self.embeds
        for item, offset in header.imports:
            if item in imports:
                imports[item].append((path, offset))
            else:
                imports[item] = [(path, offset)]
        for item, offset in header.embeds:
            embeds.setdefault(item, []).append((path, offset))
        if header.directives:
            self.directives += [text for text, _ in header.directives]


class Folder:
    """A folder's files by list name (`others`), its Go files by part, and the first thing that is wrong (`error`)."""

    __slots__ = (
        "_lax_imports", "_lax_tests", "cgo", "code", "directory", "error", "go_count", "has_go", "ignored", "ignored_others", "invalid",
        "name", "others", "stopped", "tests", "xtests",
    )  # fmt: skip

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.name = ""
        self.code, self.tests, self.xtests = Part(), Part(), Part()
        self.ignored: list[str] = []
        self.invalid: list[str] = []
        self.ignored_others: list[str] = []
        self.others: dict[str, list[str]] = {}
        self.cgo: list[str] = []
        self.error: Exception | None = None
        self.has_go = False
        self.go_count = 0
        self.stopped = False
        self._lax_imports: set[str] = set()
        self._lax_tests: set[str] = set()

    def imports(self) -> tuple[list[str], list[str]]:
        """What the lax view says is imported, by the package and by its tests."""
        return sorted(self._lax_imports), sorted(self._lax_tests)

    def _bad(self, name: str, error: Exception) -> None:
        if self.error is None:
            self.error = error
        if name not in self.invalid:
            self.invalid.append(name)

    def _add_go(self, name: str, path: str, context: Context | None, first: list[str]) -> None:
        """Adds a file that is in by its name; without a context, whatever its constraints say."""
        test = name.endswith("_test.go")
        try:
            header = read_header(path)
        except HeaderError as error:
            self._bad(name, FolderError(f"read {path}: {error}"))
            return
        except OSError as error:
            self._bad(name, FolderError(f"open {path}: {(error.strerror or str(error)).lower()}"))
            return
        try:
            built = should_build(header.text, context.match if context is not None else _always) or context is None
        except MultipleConstraints as error:
            self._bad(name, FolderError(f"{name}: {error}"))
            return
        except ConstraintError as error:
            # The rest of the folder is not looked at; nor is what was found so far of imports.
            self.error = FolderError(f"{name}: {error}")
            self.stopped = True
            return
        if header.broken is not None:
            if header.broken.plain:
                self._bad(name, FolderError(f"{place(path, header.broken.offset)}: {header.broken}"))
            else:
                self._bad(name, FolderError(str(header.broken), place(path, header.broken.offset)))
        cgo = any(item == "C" for item, _ in header.imports)
        if built and not cgo:
            self.go_count += 1
            lax = self._lax_tests if test else self._lax_imports
            lax.update([item for item, _ in header.imports])
        if not built:
            self.ignored.append(name)
            return
        package = header.name
        if package == "documentation":
            self.ignored.append(name)
            return
        xtest = False
        if test and package.endswith("_test") and self.name != package:
            xtest = True
            package = package[: -len("_test")]
        if not self.name:
            self.name = package
            first[0] = name
        elif package != self.name:
            self._bad(name, FolderError(f"found packages {self.name} ({first[0]}) and {package} ({name}) in {self.directory}"))
        if cgo:
            if test:
                self._bad(name, FolderError(f"use of cgo in test {name} not supported"))
            else:
                self.ignored.append(name)
                self.cgo.append(name)
                return
        (self.xtests if xtest else self.tests if test else self.code).add(name, path, header)


def read_folder(directory: str, context: Context) -> Folder:
    """Reads a folder for a build. Raises `OSError` where the folder itself can't be read; all else is in the result's `error`."""
    folder = Folder(directory)
    with os.scandir(directory) as entries:
        listing = sorted(entries, key=_name)
    first = [""]
    upper: list[str] = []
    for entry in listing:
        name = entry.name
        dot = name.rfind(".")
        if dot < 0:
            continue
        ending = name[dot:]
        kind = "" if ending == ".go" else _KINDS.get(ending)
        if kind is None:
            continue
        if not entry.is_file():
            if ending == ".go" and entry.is_symlink() and not os.path.exists(entry.path) and name[0] not in "_.":
                folder._bad(name, FolderError(f"open {entry.path}: no such file or directory"))
            continue
        if ending == ".go":
            folder.has_go = True
        if name[0] in "_.":
            continue
        if not context.fits(name):
            (folder.ignored if not kind else folder.ignored_others).append(name)
        elif not kind:
            folder._add_go(name, os.path.join(directory, name), context, first)
            if folder.stopped:
                break
        elif ending in (".S", ".sx"):
            upper.append(name)
        elif ending == ".syso" or _other_fits(entry.path, context):
            folder.others.setdefault(kind, []).append(name)
        else:
            folder.ignored_others.append(name)
    if folder.stopped:
        for part in (folder.code, folder.tests, folder.xtests):
            part.imports, part.embeds = {}, {}
        return folder
    if upper:
        folder.ignored_others = sorted(folder.ignored_others + upper)
    if folder.error is None and not (folder.code.files or folder.tests.files or folder.xtests.files):
        folder.error = NoGoError(directory)
    return folder


def _always(tag: str) -> bool:
    return True


def read_files(directory: str, names: list[str]) -> Folder:
    """Files of one folder as a package, in this order, whatever their constraints say. Raises `OSError` for one that isn't there."""
    folder = Folder(directory)
    folder.has_go = True
    first = [""]
    for name in names:
        os.stat(os.path.join(directory, name))
        if name[0] not in "_." and not folder.stopped:
            folder._add_go(name, os.path.join(directory, name), None, first)
    if folder.error is None and not (folder.code.files or folder.tests.files or folder.xtests.files):
        folder.error = NoGoError(directory)
    return folder


def has_go_files(directory: str) -> bool:
    """Whether a folder is there and has a file of any kind that ends in .go, as `Folder.has_go` of a folder that is read."""
    try:
        with os.scandir(directory) as entries:
            return any(entry.name.endswith(".go") and entry.is_file() for entry in entries)
    except OSError:
        return False


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _other_fits(path: str, context: Context) -> bool:
    """Whether the constraints in the comments at the start of a file that is not Go hold; one that can't be read does not fit."""
    try:
        with open(path, "rb") as file:
            data = file.read(1 << 16)
            if b"go:build" not in data and b"+build" not in data:
                return True
            data += file.read()
    except OSError:
        return False
    try:
        return should_build(data, context.match)
    except ConstraintError:
        return False
