# SPDX-License-Identifier: BSD-3-Clause
"""What pygo-cross keeps between builds, beside the go command's cache: records of packages, what stock made, what packages export.

Every file is written beside its place and renamed, and says by a digest what it has to hold, so a build that was killed, a full disk or two
builds at once leave whole files or none. Everything can be made again: removing any of it costs time alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pygo_cross.build.stockcache import intact
from pygo_cross.frontend.record import digest
from pygo_cross.types.exportformat import CHECKSUM_SIZE, MAGIC

_DAY: Final = 86400
_YOUNG: Final = 60.0  # seconds
_UNUSED: Final = 10.0  # days: more than the go command's five, so that records outlive the archives that they are about


class Kind(NamedTuple):
    """One of the caches: its folder, what is in it, and what tells that a file of a name is what it was."""

    folder: str
    about: str
    intact: Callable[[str, bytes], bool]


def _export_is_intact(name: str, data: bytes) -> bool:
    start = len(MAGIC) + CHECKSUM_SIZE
    return data.startswith(MAGIC) and hashlib.blake2b(data[start:], digest_size=CHECKSUM_SIZE).digest() == data[len(MAGIC) : start]


KINDS: Final = (
    Kind("records", "what compiled packages tell their importers", lambda name, data: digest(data) == name),
    Kind("stock", "packages that stock's compiler made", lambda name, data: intact(data)),
    Kind("exports", "what checked packages export", _export_is_intact),
)


class Contents(NamedTuple):
    """How much there is of a kind: files and bytes, and how many days ago the oldest was used."""

    kind: Kind
    files: int
    size: int
    oldest: float


def folder_of(environment: Mapping[str, str]) -> Path | None:
    """Where pygo-cross keeps things: PYGO_CROSS_CACHE, else the user's caches; None without a home."""
    named = environment.get("PYGO_CROSS_CACHE")
    if named:
        return Path(named).absolute()
    home = environment.get("HOME", "")
    caches = environment.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    return Path(caches) / "pygo_cross" if caches.startswith("/") else None


def _files(root: Path, kind: Kind) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Name, place and facts of each entry, and of what a killed build left beside them (name empty)."""
    for path in sorted((root / kind.folder).glob("??/*")):
        with contextlib.suppress(OSError):
            found = path.stat()
            yield ("" if path.name.startswith(".") else path.parent.name + path.name), path, found


def contents(root: Path, now: float | None = None) -> list[Contents]:
    """How much there is."""
    now = time.time() if now is None else now
    result = []
    for kind in KINDS:
        found = [facts for _, _, facts in _files(root, kind)]
        oldest = max((now - facts.st_mtime for facts in found), default=0.0) / _DAY
        result.append(Contents(kind, len(found), sum(facts.st_size for facts in found), oldest))
    return result


def _object_is_intact(name: str, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == name


OBJECTS: Final = Kind("objects", "the go command's, with packages that we compiled", _object_is_intact)
"""The go command's cache: what a file holds is its name, but that command looks at sizes alone. It trims it itself."""


def objects_of(environment: Mapping[str, str]) -> Path | None:
    """Where the go command keeps objects, under us (build/goroot.py) or by itself."""
    named = environment.get("GOCACHE", "")
    if not named and environment.get("PYGO_CROSS_CACHE"):
        named = str(Path(environment["PYGO_CROSS_CACHE"]).absolute() / "go-build")
    home = environment.get("HOME", "")
    caches = environment.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    named = named or (f"{caches}/go-build" if caches else "")
    return Path(named) if named.startswith("/") else None


def objects(folder: Path, now: float | None = None) -> Contents:
    """How much the go command keeps."""
    now = time.time() if now is None else now
    found = []
    for path in folder.glob("??/*-d"):
        with contextlib.suppress(OSError):
            found.append(path.stat())
    oldest = max((now - facts.st_mtime for facts in found), default=0.0) / _DAY
    return Contents(OBJECTS, len(found), sum(facts.st_size for facts in found), oldest)


def verify_objects(folder: Path) -> list[Path]:
    """The files of the go command's cache that are not what they were; they are removed, and it makes them again."""
    bad = []
    for path in sorted(folder.glob("??/*-d")):
        with contextlib.suppress(OSError):
            if not OBJECTS.intact(path.name[:-2], path.read_bytes()) and not _is_young(path):
                bad.append(path)
                path.unlink()
    return bad


def verify(root: Path) -> list[Path]:
    """The files that are not what they were; they are removed."""
    bad = []
    for kind in KINDS:
        for name, path, _ in _files(root, kind):
            try:
                sound = bool(name) and kind.intact(name, path.read_bytes())
            except OSError:
                continue
            if not sound and (name or _is_old(path)):
                bad.append(path)
                with contextlib.suppress(OSError):
                    path.unlink()
    return bad


def _is_old(path: Path) -> bool:
    """Whether a file beside an entry is nobody's any more: whoever writes one does so at once."""
    try:
        return time.time() - path.stat().st_mtime > _DAY
    except OSError:
        return False


def _is_young(path: Path) -> bool:
    """Whether a file may be about to be written: the go command writes into the place itself."""
    return time.time() - path.stat().st_mtime < _YOUNG


def tend(root: Path) -> None:
    """Once a day, remove what was not used of late, as the go command does with its cache."""
    stamp = root / "trimmed"
    with contextlib.suppress(OSError):
        if stamp.exists() and time.time() - stamp.stat().st_mtime < _DAY:
            return
        root.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        trim(root, _UNUSED)


def trim(root: Path, days: float, now: float | None = None) -> tuple[int, int]:
    """Remove what was not used for so many days; how many files and bytes that were."""
    now = time.time() if now is None else now
    files = size = 0
    for kind in KINDS:
        for _, path, facts in _files(root, kind):
            if now - facts.st_mtime > days * _DAY:
                with contextlib.suppress(OSError):
                    path.unlink()
                    files += 1
                    size += facts.st_size
    return files, size
