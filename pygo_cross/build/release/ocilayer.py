# SPDX-License-Identifier: BSD-3-Clause
"""Layers: written so that equal content is equal bytes, and checked where somebody else wrote them.

What is written: a tar of sorted members with numeric owners, one time for all and no names of users, in gzip with a header of our
own (no name, no time, no operating system). The uncompressed bytes, by which an image knows its layers, are the same everywhere;
the compressed ones depend on the zlib that Python was built with.

What is checked: layers are never unpacked here, but whoever runs the image unpacks them. So a layer of a base image has to be
whole, has to be what its two digests say, may not grow beyond a bound, and none of its members may lead out of the image.

Source of the facts: POSIX pax, GNU tar's long names, RFC 1952, the OCI image specification's layer.md.
"""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pygo_cross.build.release.oci import bad_image

_GZIP_HEADER: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LEVEL: Final = 6
"""9 takes three times as long for half a percent of a Go program."""
_CHUNK: Final = 1 << 20
_MAX_LAYER: Final = 32 << 30
_MAX_RATIO: Final = 1000
"""Deflate makes at most 1032 bytes of one; a real layer is far from that."""
_MAX_MEMBERS: Final = 2_000_000
_MAX_NAME: Final = 1 << 20
"""Bytes of an extended header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file or folder of a layer. `name` is a path without a leading slash; `source` is a folder when None."""

    name: str
    source: Path | bytes | None = None
    mode: int = 0o755
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A layer on disk: digest and size of the file, and the digest of what is in the gzip."""

    digest: str
    size: int
    diff_id: str


class _Gzip(io.RawIOBase):
    """A file that compresses what it is given and hashes both sides of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.inner, self.outer = hashlib.sha256(), hashlib.sha256()
        self.packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self.crc = self.length = self.size = 0
        self._put(_GZIP_HEADER)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.inner.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.length += len(data)
        self._put(self.packer.compress(data))
        return len(data)

    def end(self) -> None:
        """Writes what is left."""
        self._put(self.packer.flush() + struct.pack("<II", self.crc, self.length & 0xFFFFFFFF))

    def _put(self, data: bytes) -> None:
        self.outer.update(data)
        self.size += len(data)
        self.file.write(data)


def write_layer(out: Path, members: Iterable[Member], epoch: int) -> Written:
    """Writes a layer with these members, and the folders above them, to the new file `out`. Raises `OSError`."""
    wanted = {member.name: member for member in members}
    for name in list(wanted):
        for parent in Path(name).parents:
            if str(parent) != ".":
                wanted.setdefault(str(parent), Member(name=str(parent)))
    with out.open("xb") as file:
        gzip = _Gzip(file)
        with tarfile.open(fileobj=gzip, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK) as archive:
            for name in sorted(wanted):
                _add(archive, wanted[name], epoch)
        gzip.end()
    return Written(f"sha256:{gzip.outer.hexdigest()}", gzip.size, f"sha256:{gzip.inner.hexdigest()}")


def _add(archive: tarfile.TarFile, member: Member, epoch: int) -> None:
    info = tarfile.TarInfo(member.name + ("/" if member.source is None else ""))
    info.mode, info.uid, info.gid, info.mtime = member.mode, member.owner, member.owner, epoch
    if member.source is None:
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    elif isinstance(member.source, bytes):
        info.size = len(member.source)
        archive.addfile(info, io.BytesIO(member.source))
    else:
        with member.source.open("rb") as source:
            info.size = member.source.stat().st_size
            archive.addfile(info, source)


# ---- checks


def compress(source: IO[bytes], out: Path) -> Written:
    """Writes an uncompressed layer in gzip to the new file `out`. Raises `OSError`."""
    with out.open("xb") as file:
        gzip = _Gzip(file)
        while piece := source.read(_CHUNK):
            gzip.write(piece)
        gzip.end()
    return Written(f"sha256:{gzip.outer.hexdigest()}", gzip.size, f"sha256:{gzip.inner.hexdigest()}")


def check_layer(path: Path, where: str, diff_id: str) -> None:
    """Checks a layer of a base image, in gzip or plain: whole, of this digest uncompressed, and with no member that leads out.

    Raises `UserError`.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            stream = _Stream(_plain(file, path.stat().st_size, where), digest, where)
            _check_members(stream, where)
            stream.drain()
    except OSError as error:
        raise bad_image(where, f"can't be read: {error.strerror}") from None
    if f"sha256:{digest.hexdigest()}" != diff_id:
        raise bad_image(where, "the layer's content is not what the image's config says", "get the image again")


def _plain(file: IO[bytes], size: int, where: str) -> Iterator[bytes]:
    """The uncompressed bytes of a layer."""
    head = file.read(4)
    file.seek(0)
    if head == b"\x28\xb5\x2f\xfd":
        raise bad_image(where, "a layer in zstd, which can't be checked here", "use a base image whose layers are in gzip")
    if head[:2] != b"\x1f\x8b":
        while piece := file.read(_CHUNK):
            yield piece
        return
    limit = min(_MAX_LAYER, max(size, 4096) * _MAX_RATIO)
    total = 0
    unpacker = zlib.decompressobj(31)
    fresh = True
    while piece := file.read(1 << 16):
        while piece:
            try:
                data = unpacker.decompress(piece, _CHUNK)
            except zlib.error:
                raise bad_image(where, "a layer that is not whole gzip", "get the image again") from None
            fresh = False
            total += len(data)
            if total > limit:
                raise bad_image(where, f"a layer of {size:,} bytes that has more than {limit:,} inside", "use another base image")
            if data:
                yield data
            piece = unpacker.unconsumed_tail
            if unpacker.eof:
                piece = unpacker.unused_data
                unpacker, fresh = zlib.decompressobj(31), True  # gzip files may follow each other
    if not fresh:
        raise bad_image(where, "a layer that is not whole gzip", "get the image again")


class _Stream:
    """Reads a stream of pieces forwards, hashing all of it."""

    def __init__(self, pieces: Iterator[bytes], digest: hashlib._Hash, where: str) -> None:
        self.pieces, self.digest, self.where = pieces, digest, where
        self.piece, self.at = b"", 0

    def _more(self) -> bool:
        """Goes on to the next piece."""
        self.piece, self.at = next(self.pieces, b""), 0
        self.digest.update(self.piece)
        return bool(self.piece)

    def read(self, size: int) -> bytes:
        """So many bytes, or what is left."""
        parts: list[bytes] = []
        while size and (self.at < len(self.piece) or self._more()):
            part = self.piece[self.at : self.at + size]
            self.at += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over so many bytes. Raises `UserError` where there are fewer."""
        while size:
            if self.at == len(self.piece) and not self._more():
                raise bad_image(self.where, "a layer whose tar is cut off", "get the image again")
            step = min(size, len(self.piece) - self.at)
            self.at += step
            size -= step

    def drain(self) -> None:
        """Passes over all that is left."""
        while self._more():
            pass


def _check_members(stream: _Stream, where: str) -> None:
    """Walks the headers of a tar. Raises `UserError` at the first that is wrong."""
    known: dict[bytes, bytes] = {}  # what extended headers said of the next member
    blank = 0
    for _ in range(_MAX_MEMBERS):
        header = stream.read(512)
        if not header.strip(b"\0"):
            blank += 1
            if blank == 2 or len(header) < 512:
                return
            continue
        blank = 0
        if len(header) < 512 or sum(header[:148]) + 8 * 32 + sum(header[156:]) != _number(header[148:156], where):
            raise bad_image(where, "a layer that is not a tar", "get the image again")
        size, kind = _number(header[124:136], where), header[156:157]
        if kind in (b"x", b"g", b"L", b"K"):
            if size > _MAX_NAME:
                raise bad_image(where, f"a layer with an extended header of {size:,} bytes")
            data = stream.read(size + -size % 512)[:size]
            if kind == b"x":
                known |= _pax(data, where)
            elif kind != b"g":
                known[b"path" if kind == b"L" else b"linkpath"] = data.rstrip(b"\0")
            continue
        if b"size" in known:
            size = _number(known[b"size"], where, 10)
        prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
        name = header[:100].split(b"\0")[0]
        _check_name(known.get(b"path") or (prefix + b"/" + name if prefix else name), where)
        if kind == b"1":
            _check_name(known.get(b"linkpath") or header[157:257].split(b"\0")[0], where)
        known = {}
        if kind not in (b"1", b"2", b"3", b"4", b"5", b"6"):  # links, devices, folders and pipes have no content
            stream.skip(size + -size % 512)
    raise bad_image(where, f"a layer of more than {_MAX_MEMBERS:,} members")


def _check_name(name: bytes, where: str) -> None:
    # A leading slash is common, and means the image's own root.
    if b".." in name.split(b"/") or not name:
        shown = name[:100].decode("utf-8", "backslashreplace")
        raise bad_image(where, f"a layer with a member called {shown!r}, which leads out of the image", "use another base image")


def _number(text: bytes, where: str, base: int = 8) -> int:
    """A number of a header: octal digits, or binary where the first bit is set (GNU tar)."""
    if base == 8 and text[:1] == b"\x80":
        return int.from_bytes(text[1:], "big")
    digits = text.strip(b"\0 ")
    if not digits:
        return 0
    if not digits.isdigit() or len(digits) > 20 or (base == 8 and any(digit > 0x37 for digit in digits)):
        raise bad_image(where, "a layer that is not a tar", "get the image again")
    return int(digits, base)


def _pax(data: bytes, where: str) -> dict[bytes, bytes]:
    """The records of an extended header: `LENGTH KEY=VALUE` and a newline, LENGTH being that of the whole record."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 21)
        if space < 0:
            raise bad_image(where, "a layer with a broken extended header")
        length = _number(data[at:space], where, 10)
        record = data[space + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or record[-1:] != b"\n" or length <= space + 1 - at or at + length > len(data):
            raise bad_image(where, "a layer with a broken extended header")
        found[key] = value
        at += length
    return found
