# SPDX-License-Identifier: BSD-3-Clause
"""What is inside archives and image layouts: each member's name and digest. Nothing is unpacked to disk.

Archives are read from front to back, piece by piece, and never beyond a limit that the caller sets, whatever they claim to hold.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pygo_cross.build.release.oci import LAYERS, MANIFESTS, Layout, children

_CHUNK: Final = 1 << 20
_MOST: Final = 100_000
_PROGRAMS: Final = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")


class BadArchive(ValueError):
    """The bytes are no archive of the kind that was expected, or hold more than they may: what is wrong."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: `about` is what the archive says of it (mode, owner, time), `program` whether it looks like one."""

    name: str
    size: int
    sha256: str
    program: bool
    about: str


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Turns all that the readers of formats raise into `BadArchive`."""
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError) as error:
        raise BadArchive(f"{what} can't be read: {error or type(error).__name__}") from None
    except (OSError, ValueError, OverflowError) as error:
        raise BadArchive(f"{what} can't be read: {getattr(error, 'strerror', None) or error}") from None


class _Bounded:
    """A file that is read up to a limit in bytes."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self.file, self.left = file, limit

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes. Raises `BadArchive` beyond the limit."""
        data = self.file.read(_CHUNK if size < 0 else min(size, _CHUNK))
        self.left -= len(data)
        if self.left < 0:
            raise BadArchive("it holds more than all that was built")
        return data


def archive_members(path: Path, limit: int) -> list[Member]:
    """The members of a tar or zip archive, by the ending of its name. Raises `BadArchive`."""
    name = path.name.lower()
    with _reading("the archive"):
        if name.endswith(".zip"):
            return _zip_members(path, limit)
        with path.open("rb") as raw:
            if name.endswith((".gz", ".tgz")):
                with gzip.open(raw) as file:
                    return list(_tar_members(file, limit))
            if name.endswith((".xz", ".txz")):
                with lzma.open(raw) as file:
                    return list(_tar_members(file, limit))
            return list(_tar_members(raw, limit))


def _tar_members(file: IO[bytes] | gzip.GzipFile | lzma.LZMAFile, limit: int) -> Iterator[Member]:
    bounded = _Bounded(file, limit)  # type: ignore[arg-type]
    with tarfile.open(fileobj=bounded, mode="r|") as tar:  # type: ignore[call-overload]
        for count, about in enumerate(tar):
            if count >= _MOST:
                raise BadArchive(f"more than {_MOST} members")
            said = f"mode {about.mode:o}, {about.uname or about.uid}:{about.gname or about.gid}, time {about.mtime:.0f}"
            if about.isdir():
                continue
            content = tar.extractfile(about) if about.isreg() else None
            if content is None:
                yield Member(about.name, 0, "", False, f"{said}, a link to {about.linkname}" if about.linkname else f"{said}, no file")
                continue
            with content:
                yield _member(about.name, content, said)
    while bounded.read():  # what follows the end of a tar archive belongs to the checks of its compressor
        pass


def _zip_members(path: Path, limit: int) -> list[Member]:
    found: list[Member] = []
    with zipfile.ZipFile(path) as packed:
        entries = packed.infolist()
        if len(entries) > _MOST:
            raise BadArchive(f"more than {_MOST} members")
        for about in entries:
            if about.is_dir():
                continue
            with packed.open(about) as content:
                bounded = _Bounded(content, limit)
                said = f"mode {about.external_attr >> 16:o}, time {'-'.join(map(str, about.date_time))}"
                found.append(_member(about.filename, bounded, said))
                limit = bounded.left
    return found


def _member(name: str, content: IO[bytes] | _Bounded, said: str) -> Member:
    digest, size, head = hashlib.sha256(), 0, b""
    while piece := content.read(_CHUNK):
        head = head or piece[:4]
        digest.update(piece)
        size += len(piece)
    return Member(name, size, digest.hexdigest(), head in _PROGRAMS, said)


def image_members(folder: Path, limit: int) -> list[Member]:
    """The files in all layers of all images of a layout, whose blobs are what their digests say. Raises `BadArchive` and `UserError`."""
    layout = Layout(folder)
    top = layout.check()
    known = {"oci-layout", "index.json", f"blobs/sha256/{top.digest.removeprefix('sha256:')}"}
    layers: dict[str, str] = {}
    for descriptor, document in layout.manifests(top):
        for blob in children(document, str(folder)):
            known.add(f"blobs/sha256/{blob.digest.removeprefix('sha256:')}")
            if descriptor.media_type in MANIFESTS and blob.media_type in LAYERS:
                layers.setdefault(blob.digest, blob.media_type)
    extra = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    for name in extra:
        if name not in known:
            raise BadArchive(f"{name} belongs to no image of it")
    found: list[Member] = []
    for digest, media_type in layers.items():
        with _reading(f"the layer {digest[:19]}"), layout.blob_path(digest).open("rb") as raw:
            if media_type.endswith("gzip"):
                with gzip.open(raw) as file:
                    found += _tar_members(file, limit)
            else:
                found += _tar_members(raw, limit)
    return found
