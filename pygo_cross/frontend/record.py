# SPDX-License-Identifier: BSD-3-Clause
"""What a compiled package tells those that import it: a `Record`, which travels in its archive and is kept by its digest.

Stock's export data (`__.PKGDEF`) is for stock's compiler. Ours reads a section of its own in the text in front of the object `_go_.o`,
where tools of stock skip what they don't know: between lines that begin with `$$`, in base 64. It has the exported declarations
(`types/exportwrite.py`) and whatever else a stage wants to say to importers, by name: escape summaries, functions to inline, sources of
generic functions.

The go command tells a compilation the archives of directly imported packages. Declarations mention others too, so a record names all
packages that its own depends on, by digest, and records are kept in a folder by theirs (`Store`). If one is missing there, though the
archive that it came in is still in the go command's cache, the folder is filled again from that cache.
"""

from __future__ import annotations

import binascii
import contextlib
import hashlib
import marshal
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, final

from pygo_cross import wholefile
from pygo_cross.diag import InternalError, Pos, UserError
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.exportread import StaleExportsError, read_exports
from pygo_cross.types.package import Package
from pygo_cross.types.universe import UNSAFE

_MARK: Final = b"\n$$  // pygo "
_END: Final = b"\n$$\n"
_DIGEST: Final = 20


@final
class Record:
    """What importers are told. `imports` are the digests of all packages that this one depends on, by path; `fingerprint` is that of the
    object; `initialised` says that it has a record of initialisation; `sections` is what stages have to say, by name; `sources` are the
    names and contents of the package's files where it declares something generic, which importers make instances of.
    """

    __slots__ = ("exports", "fingerprint", "go_version", "imports", "initialised", "path", "sections", "sources")

    def __init__(self, path: str) -> None:
        self.path = path
        self.go_version = ""
        self.exports = b""
        self.imports: dict[str, str] = {}
        self.fingerprint = bytes(8)
        self.initialised = False
        self.sections: dict[str, bytes] = {}
        self.sources: list[tuple[str, bytes]] = []

    def encode(self) -> bytes:
        """The record as bytes: equal records give equal ones."""
        columns = (
            self.path,
            self.go_version,
            self.exports,
            sorted(self.imports.items()),
            self.fingerprint,
            self.initialised,
            sorted(self.sections.items()),
            self.sources,
        )
        return zlib.compress(marshal.dumps(columns, 2), 3)

    @staticmethod
    def decode(data: bytes) -> Record:
        """The record that bytes are of. Raises ValueError."""
        try:
            columns: tuple[Any, ...] = marshal.loads(zlib.decompress(data))
            record = Record(columns[0])
            _, record.go_version, record.exports, imports, record.fingerprint, record.initialised, sections, record.sources = columns
            record.imports = dict(imports)
            record.sections = dict(sections)
        except (zlib.error, EOFError, TypeError, IndexError, ValueError) as error:
            raise ValueError(f"damaged record of a package: {error}") from None
        return record


def digest(data: bytes) -> str:
    """The name of a record."""
    return hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()


def section(data: bytes) -> bytes:
    """The section of an object's text that has a record."""
    return _MARK + digest(data).encode() + b"\n" + binascii.b2a_base64(data, newline=False) + _END


def find(archive: bytes | memoryview) -> tuple[str, bytes] | None:
    """Digest and bytes of the record in an archive, None if it has none."""
    view = bytes(archive)
    at = view.find(_MARK)
    if at < 0:
        return None
    start = at + len(_MARK)
    line = view.find(b"\n", start)
    end = view.find(_END, line)
    if line < 0 or end < 0:
        return None
    name = view[start:line].decode("ascii", "replace")
    try:
        data = binascii.a2b_base64(view[line + 1 : end])
    except binascii.Error:
        return None
    return (name, data) if digest(data) == name else None


@final
class Store:
    """Records by digest, in a folder; without one, only what this process has read. `shipped` is another, which is only read: an image has
    one with the standard library's.
    """

    def __init__(self, folder: Path | None, go_cache: Path | None = None, shipped: Path | None = None) -> None:
        self.folder = folder
        self._go_cache = go_cache
        self._shipped = shipped
        self._known: dict[str, bytes] = {}

    def _place(self, name: str) -> Path | None:
        return None if self.folder is None else _place(self.folder, name)

    def add(self, name: str, data: bytes) -> None:
        """Keep a record."""
        if name in self._known:
            return
        self._known[name] = data
        place = self._place(name)
        if place is not None and not place.exists():
            with contextlib.suppress(OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
                wholefile.put(str(place), data)

    def get(self, name: str) -> bytes | None:
        """The bytes of a record."""
        known = self._known.get(name)
        if known is None:
            known = self._read(name)
            if known is None and self._shipped is not None:
                known = _intact(_place(self._shipped, name), name)
            if known is None and self._refill():
                known = self._known.get(name)
            if known is not None:
                self._known[name] = known
        return known

    def _read(self, name: str) -> bytes | None:
        place = self._place(name)
        data = None if place is None else _intact(place, name)
        if place is not None:
            with contextlib.suppress(OSError):
                if data is not None:
                    os.utime(place)  # what is used is not trimmed
                else:
                    place.unlink(missing_ok=True)  # what is damaged is written again
        return data

    def _refill(self) -> bool:
        """Take all records out of the go command's cache, once."""
        folder, self._go_cache = self._go_cache, None
        if folder is None:
            return False
        for path in _archives(folder):
            with contextlib.suppress(OSError):
                found = find(path.read_bytes())
                if found is not None:
                    self.add(*found)
        return True


def _place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name[2:]


def _intact(place: Path, name: str) -> bytes | None:
    """The record in a file, if it is what the name says."""
    try:
        data = place.read_bytes()
    except OSError:
        return None
    return data if digest(data) == name else None


def _archives(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("??/*-d")):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if file.read(8) == b"!<arch>\n":
                yield path


@final
class Imports:
    """The packages that one compilation can import, by path. `archives` are those that the go command names, `mapped` what import paths
    stand for (vendored packages).
    """

    def __init__(self, fset: FileSet, archives: Mapping[str, str], mapped: Mapping[str, str], store: Store) -> None:
        self.fset = fset
        self.store = store
        self._archives = archives
        self._mapped = mapped
        self._packages: dict[str, Package] = {"unsafe": UNSAFE}
        self._records: dict[str, Record] = {}
        self.digests: dict[str, str] = {}

    def __contains__(self, path: str) -> bool:
        path = self._mapped.get(path, path)
        return path == "unsafe" or path in self._archives

    def resolve(self, path: str) -> str:
        """The package that an import path of a source file means."""
        return self._mapped.get(path, path)

    def package(self, path: str) -> Package:
        """What a package exports. Raises KeyError for one that is neither imported nor needed by what is."""
        known = self._packages.get(path)
        if known is None:
            record = self.record(path)
            try:
                known = read_exports(record.exports, self.fset, self.package)
            except StaleExportsError as error:
                raise InternalError("import", str(error), path) from None
            self._packages[path] = known
        return known

    def record(self, path: str) -> Record:
        """The record of a package. Raises KeyError."""
        known = self._records.get(path)
        if known is not None:
            return known
        archive = self._archives.get(path)
        if archive is not None:
            name, data = _from_archive(path, archive)
            self.store.add(name, data)
        else:
            name = self.digests[path]
            found = self.store.get(name)
            if found is None:
                what = f"what package {path} exports is neither in our cache nor in the go command's"
                raise UserError.one("missing-record", what, "build with -a once")
            data = found
        record = Record.decode(data)
        if record.path != path:
            raise UserError.one("other-package", f"the archive that is named for package {path} is of package {record.path}")
        self._records[path] = record
        self.digests[path] = name
        for other, other_name in record.imports.items():
            self.digests.setdefault(other, other_name)
        return record

    def load_all(self) -> None:
        """Read the records of all directly imported packages, so that `digests` is complete."""
        for path in self._archives:
            if path != "unsafe":
                self.record(path)


def _from_archive(path: str, archive: str) -> tuple[str, bytes]:
    try:
        data = Path(archive).read_bytes()
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(archive)) from None
    found = find(data)
    if found is None:
        what = f"package {path} was not compiled for us: its archive has no record"
        raise UserError.one("missing-record", what, "build all of the program with pygo-cross", Pos(archive))
    return found


def read_import_config(path: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a file of -importcfg says: archives by package path, and package paths by import path. Raises UserError."""
    archives: dict[str, str] = {}
    mapped: dict[str, str] = {}
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(path)) from None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        verb, _, rest = line.partition(" ")
        before, equals, after = rest.strip().partition("=")
        if not equals or not before or not after or verb not in ("packagefile", "importmap"):
            raise UserError.one("bad-importcfg", f"unknown line: {line}", pos=Pos(path, number))
        if verb == "packagefile":
            archives[before] = after
        else:
            mapped[before] = after
    return archives, mapped


def default_store(environment: Mapping[str, str]) -> Store:
    """The store that the environment says: in PYGO_CROSS_CACHE, or the user's caches; PYGO_CROSS_RECORDS has what was shipped."""
    named = environment.get("PYGO_CROSS_CACHE")
    home = environment.get("HOME", "")
    caches = environment.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    folder = Path(named).absolute() / "records" if named else Path(caches) / "pygo_cross/records" if caches.startswith("/") else None
    go_cache = environment.get("GOCACHE") or (f"{caches}/go-build" if caches.startswith("/") else "")
    shipped = environment.get("PYGO_CROSS_RECORDS", "")
    return Store(folder, Path(go_cache) if go_cache.startswith("/") else None, Path(shipped) if shipped.startswith("/") else None)
