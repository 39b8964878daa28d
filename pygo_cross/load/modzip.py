# SPDX-License-Identifier: BSD-3-Clause
"""The zip file of a module: what it may hold, its hash, and unpacking it.

An archive is trusted no further than its hash: before anything is written, every name has to be one that all systems can
have, below the module's own prefix, once only, and the sizes that it states have to be within limits; while it is
unpacked, no file may be larger than stated. Facts: src/cmd/vendor/golang.org/x/mod/zip/zip.go.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import zipfile
import zlib
from typing import Final

from pygo_cross.load.errors import LoadError
from pygo_cross.load.gosum import hash_files
from pygo_cross.load.modpath import ModuleVersion, PathError, check, check_file_path, quote

MAX_ZIP: Final = 500 << 20
_MAX_MOD: Final = 16 << 20
_MAX_LICENCE: Final = 16 << 20
_BAD: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class _Collisions:
    """Names seen so far, by how a file system without case would have them."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, bool]] = {}

    def check(self, path: str, is_folder: bool) -> str:
        """What is wrong with another entry, or nothing. The folders above it are entries too."""
        while path:
            folded = path.casefold()
            known = self.seen.get(folded)
            if known is None:
                self.seen[folded] = (path, is_folder)
            elif known[0] != path:
                return f"case-insensitive file name collision: {quote(known[0])} and {quote(path)}"
            elif known[1] != is_folder:
                return f"entry {quote(path)} is both a file and a directory"
            elif not is_folder:
                return f"multiple entries for file {quote(path)}"
            path, is_folder = posixpath.dirname(path), True
        return ""


def _entries(module: ModuleVersion, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive. Raises `LoadError` with everything that is wrong with their names and sizes."""
    prefix = f"{module.path}@{module.version}/"
    collisions = _Collisions()
    total = 0
    wrong: list[str] = []
    too_large = ""
    files: list[zipfile.ZipInfo] = []
    for entry in archive.infolist():
        name = entry.orig_filename
        if not name.startswith(prefix):
            wrong.append(f"{name}: path does not have prefix {quote(prefix)}")
            continue
        name = name[len(prefix) :]
        if not name:
            continue
        is_folder = name.endswith("/")
        name = name.removesuffix("/")
        why = _wrong_name(name) or collisions.check(name, is_folder)
        if why:
            wrong.append(f"{entry.orig_filename}: {why}")
            continue
        if is_folder:
            continue
        base = posixpath.basename(name)
        if base.lower() == "go.mod" and name != "go.mod":
            why = "go.mod file not in module root directory" if base != name else "go.mod files must have lowercase names"
        elif name == "go.mod" and entry.file_size > _MAX_MOD:
            why = f"go.mod file too large (max size is {_MAX_MOD} bytes)"
        elif name == "LICENSE" and entry.file_size > _MAX_LICENCE:
            why = f"LICENSE file too large (max size is {_MAX_LICENCE} bytes)"
        total += entry.file_size
        if total > MAX_ZIP and not too_large:
            too_large = f"total uncompressed size of module contents too large (max size is {MAX_ZIP} bytes)"
        if why:
            wrong.append(f"{entry.orig_filename}: {why}")
        else:
            files.append(entry)
    if too_large or wrong:
        raise LoadError(too_large or "\n".join(wrong))
    return files


def _wrong_name(name: str) -> str:
    if posixpath.normpath(name) != name:
        return "file path is not clean"
    try:
        check_file_path(name)
    except PathError as error:
        return str(error)
    return ""


def check_prefix(module: ModuleVersion, path: str) -> None:
    """Raises `LoadError` where the file is no archive, or holds what is not the module's."""
    prefix = f"{module.path}@{module.version}/"
    try:
        with zipfile.ZipFile(path, metadata_encoding="utf-8") as archive:
            for entry in archive.infolist():
                if not entry.orig_filename.startswith(prefix):
                    raise LoadError(f"zip for {prefix[:-1]} has unexpected file {entry.orig_filename}")
    except _BAD as error:
        raise LoadError(f"zip: not a valid zip file ({error})") from None


def hash_zip(path: str) -> str:
    """The h1 hash of an archive's files. Raises `LoadError` where it can't be read, or unpacks to more than it states."""
    found: list[tuple[str, bytes]] = []
    total = 0
    try:
        with zipfile.ZipFile(path, metadata_encoding="utf-8") as archive:
            for entry in archive.infolist():
                name = entry.orig_filename
                if "\n" in name:
                    raise LoadError("dirhash: filenames with newlines are not supported")
                total += entry.file_size
                if total > MAX_ZIP:
                    raise LoadError(f"total uncompressed size of module contents too large (max size is {MAX_ZIP} bytes)")
                digest = hashlib.sha256()
                with archive.open(entry) as file:
                    while data := file.read(1 << 20):
                        digest.update(data)
                found.append((name, digest.digest()))
    except _BAD as error:
        raise LoadError(f"zip: not a valid zip file ({error})") from None
    return hash_files(found)


def unzip(folder: str, module: ModuleVersion, path: str) -> None:
    """Unpacks a module into a folder that isn't there yet. Raises `LoadError`; the folder may then hold a part."""
    try:
        check(module)
        if os.path.getsize(path) > MAX_ZIP:
            raise LoadError(f"module zip file is too large ({os.path.getsize(path)} bytes; limit is {MAX_ZIP} bytes)")
        prefix = len(f"{module.path}@{module.version}/")
        with zipfile.ZipFile(path, metadata_encoding="utf-8") as archive:
            entries = _entries(module, archive)
            os.makedirs(folder, exist_ok=True)
            made: set[str] = set()
            for entry in entries:
                target = os.path.join(folder, entry.orig_filename[prefix:])
                parent = os.path.dirname(target)
                if parent not in made:
                    os.makedirs(parent, exist_ok=True)
                    made.add(parent)
                _write(archive, entry, target)
    except LoadError as error:
        raise LoadError(f"unzip {path}: {error}") from None
    except _BAD as error:
        raise LoadError(f"unzip {path}: {error}") from None


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: str) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    left = entry.file_size
    with os.fdopen(handle, "wb") as out, archive.open(entry) as file:
        while data := file.read(1 << 20):
            left -= len(data)
            if left < 0:
                what = f"uncompressed size of file {entry.orig_filename} is larger than declared size ({entry.file_size} bytes)"
                raise LoadError(what)
            out.write(data)
