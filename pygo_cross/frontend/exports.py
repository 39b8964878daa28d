# SPDX-License-Identifier: BSD-3-Clause
"""What packages export, kept in a folder, so that a package whose inputs have not changed is not read again.

The name of an entry is a digest of all that it depends on: the package's path, language version and sources, the entries of what it
imports, and the code of this front end. An entry is written beside its place and renamed, so that others see it whole or not at all; a
folder that can't be written to keeps nothing, and what is damaged is as good as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pygo_cross
from pygo_cross import syntax, types, wholefile
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.exportread import Importer, StaleExportsError, read_exports
from pygo_cross.types.exportwrite import write_exports
from pygo_cross.types.package import Package


@cache
def code_digest() -> bytes:
    """A digest of what makes and reads entries: the release, and the modules of the front end by size and time."""
    made = hashlib.blake2b(f"{pygo_cross.__version__} {pygo_cross.GO_RELEASE}".encode(), digest_size=16)
    for package in (syntax, types):
        root = Path(next(iter(package.__path__)))
        for path in sorted(root.rglob("*.py")):
            found = path.stat()
            made.update(f"{path.relative_to(root)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return made.digest()


def entry_name(path: str, go_version: str, sources: Iterable[tuple[str, bytes]], imports: Iterable[tuple[str, str]]) -> str:
    """The name of a package's entry: `sources` are names and contents of its files, `imports` paths and names of entries."""
    made = hashlib.blake2b(code_digest(), digest_size=20)
    made.update(f"{path}\0{go_version}\0".encode())
    for name, source in sources:
        made.update(f"{name}\0{len(source)}\0".encode())
        made.update(source)
    for imported, entry in sorted(imports):
        made.update(f"{imported}\0{entry}\0".encode())
    return made.hexdigest()


class Exports:
    """The entries in a folder; without one, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def _place(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / name[:2] / name[2:]

    def read(self, name: str, fset: FileSet, importer: Importer) -> Package | None:
        """The package that an entry has, None if there is no such entry."""
        place = self._place(name)
        if place is None:
            return None
        try:
            return read_exports(place.read_bytes(), fset, importer)
        except (OSError, StaleExportsError):
            return None

    def write(self, name: str, package: Package, fset: FileSet) -> None:
        """Keep what a package exports; it was checked without a mistake."""
        place = self._place(name)
        if place is None:
            return
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            wholefile.put(str(place), write_exports(package, fset))
