# SPDX-License-Identifier: BSD-3-Clause
"""Looks into archives: tar (plain or packed with gzip, bzip2, xz), zip, and single packed files.

Nothing is ever unpacked to disk, so a hostile path does no harm here; it is told, since it would where the archive is unpacked. Members are
read one by one within limits of size and number, and what is no binary is passed over without being read. What is wrong with an archive
within an archive is nobody's business who unpacks the outer one, so only binaries are looked for there.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, Final

from pygo_cross.exe.view import text
from pygo_cross.lint.check import is_binary, is_object, is_program
from pygo_cross.lint.finding import Record

MAX_MEMBER: Final = 1 << 30  # bytes of one binary
_MAX_TOTAL: Final = 4 << 30  # bytes that one archive may unpack to
_MAX_HEADERS: Final = 16 << 20  # bytes between two members
_MAX_MEMBERS: Final = 200_000
_MAX_DEPTH: Final = 3  # archives within archives
_HEAD: Final = 512

_DAMAGE: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def kind_of(head: bytes) -> str:
    """What kind of archive begins so: `tar`, `zip`, `gzip`, `bzip2`, `xz`, or nothing."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    if head.startswith(b"BZh"):
        return "bzip2"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    return ""


class _TooMuchError(ValueError):
    """The archive is beyond a limit of ours."""


class _Limited(io.RawIOBase):
    """A stream that gives no more than is allowed of it, so that what it unpacks to can't fill the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._total = _MAX_TOTAL
        self.allowed = _MAX_HEADERS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raw = self._stream.read(min(len(buffer), 1 << 20))
        self.allowed -= len(raw)
        self._total -= len(raw)
        if self.allowed < 0 or self._total < 0:
            raise _TooMuchError("it unpacks to more than the limits")
        buffer[: len(raw)] = raw
        return len(raw)


class Reader:
    """Reads the binaries in one archive; what is wrong with the archive itself goes into `record`."""

    def __init__(self, path: str) -> None:
        self.record = Record(path)
        self.record.format = "archive"
        self._names: set[str] = set()
        self._links: set[str] = set()

    def binaries(self, stream: IO[bytes], kind: str, depth: int = 0, within: str = "") -> Iterator[tuple[str, bytes]]:
        """The path in the archive and the bytes of every binary, in the archive's order."""
        try:
            if kind == "zip":
                yield from self._zip(stream, depth, within)
            elif kind == "tar":
                yield from self._tar(_Limited(stream), depth, within)
            else:
                openers: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
                opened = openers[kind](stream, "rb")
                yield from self._packed(opened, depth, within)
        except _DAMAGE as error:
            if not depth or isinstance(error, _TooMuchError):
                where = f"{_shown(within)}: " if within else ""
                self.record.report("file-archive", f"{where}it can't be read to its end: {_shown(str(error))}")

    def _packed(self, opened: IO[bytes], depth: int, within: str) -> Iterator[tuple[str, bytes]]:
        """A packed file: a tar archive, or one binary by itself."""
        limited = _Limited(opened)
        buffered = io.BufferedReader(limited, 1 << 16)
        head = buffered.peek(_HEAD)[:_HEAD]
        if kind_of(head) == "tar" or not head.strip(b"\0"):
            yield from self._tar(limited, depth, within, buffered)
        elif is_binary(head):
            limited.allowed = MAX_MEMBER
            yield within, buffered.read()

    def _tar(self, limited: _Limited, depth: int, within: str, stream: IO[bytes] | None = None) -> Iterator[tuple[str, bytes]]:
        source: Any = stream or io.BufferedReader(limited, 1 << 16)
        count = 0
        with tarfile.open(fileobj=source, mode="r|") as tar:
            limited.allowed = _MAX_HEADERS
            while (member := tar.next()) is not None:
                count += 1
                if count > _MAX_MEMBERS:
                    raise _TooMuchError(f"it has more than {_MAX_MEMBERS} members")
                tar.members = []  # type: ignore[attr-defined]  # or they would all be kept
                limited.allowed = _MAX_HEADERS + member.size
                target = member.linkname if member.issym() or member.islnk() else None
                if not depth:
                    self._member(member.name, None if member.isdir() else member.mode, target, member.islnk())
                if not member.isreg() or member.issparse():
                    continue
                content = tar.extractfile(member)
                if content is None:
                    continue
                yield from self._content(content, _join(within, member.name), member.size, member.mode, depth)

    def _zip(self, stream: IO[bytes], depth: int, within: str) -> Iterator[tuple[str, bytes]]:
        left = _MAX_TOTAL
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > _MAX_MEMBERS:
                raise _TooMuchError(f"it has more than {_MAX_MEMBERS} members")
            for member in archive.infolist():
                mode = member.external_attr >> 16 if member.create_system == 3 else 0
                link = mode & 0o170000 == 0o120000
                folder = member.is_dir() or mode & 0o170000 == 0o040000
                target = None
                if link and member.file_size <= 4096 and not member.flag_bits & 1:
                    target = archive.read(member).decode("utf-8", "surrogateescape")
                # Names with backslashes mean folders where people unpack them by Windows' rules.
                if not depth:
                    path = member.orig_filename.replace("\\", "/")
                    self._member(path, mode & 0o7777 if mode and not folder else None, target)
                if folder or link:
                    continue
                if member.flag_bits & 1:
                    self.record.report("file-archive", f"{_shown(member.filename)} is encrypted")
                    continue
                left -= member.file_size
                if left < 0:
                    raise _TooMuchError("it unpacks to more than the limits")
                with archive.open(member) as content:
                    executable = mode & 0o7777 if mode else 0o755
                    yield from self._content(content, _join(within, member.filename), member.file_size, executable, depth)

    def _content(self, content: IO[bytes], name: str, size: int, mode: int, depth: int) -> Iterator[tuple[str, bytes]]:
        """A member that is a file: a binary, or an archive again."""
        head = content.read(_HEAD)
        if is_binary(head):
            if is_object(head):
                return
            if size > MAX_MEMBER:
                raise _TooMuchError(f"{_shown(name)} has {size} bytes, more than the limit of {MAX_MEMBER}")
            if not mode & 0o111 and not depth and is_program(head) and not name.endswith((".so", ".dylib")):
                self.record.report("archive-mode", f"{_shown(name)} is a program and can't be executed (mode {mode & 0o7777:04o})")
            yield name, head + content.read()
        elif depth < _MAX_DEPTH and (kind := kind_of(head)):
            if size > MAX_MEMBER:
                raise _TooMuchError(f"{_shown(name)} has {size} bytes, more than the limit of {MAX_MEMBER}")
            yield from self.binaries(io.BytesIO(head + content.read()), kind, depth + 1, name)

    def _member(self, path: str, mode: int | None, target: str | None, hard: bool = False) -> None:
        """What holds of each member, whatever it is. `mode` is None for folders and where none is told; `target` is a link's."""
        name, plain = _shown(path), path.removeprefix("./").rstrip("/")
        if _leads_out(path):
            self.record.report("archive-path", f"{name} leads out of the folder that it is unpacked in")
        elif target is not None and _leads_out(target if hard else _resolved(plain, target)):
            self.record.report("archive-path", f"{name} is a link to {_shown(target)}, out of the folder that it is unpacked in")
        elif any(plain.startswith(link + "/") for link in self._links):
            self.record.report("archive-path", f"{name} is behind a link of the archive")
        if target is not None and not hard and len(self._links) < 1000:
            self._links.add(plain)
        if plain in self._names and mode is not None:
            self.record.report("archive-duplicate", f"{name} is there twice")
        self._names.add(plain)
        if mode is not None and target is None and mode & 0o6002:
            self.record.report("archive-mode", f"{name} has mode {mode & 0o7777:04o}: setuid, or for all to write")


def _join(within: str, name: str) -> str:
    return f"{within}: {name}" if within else name


def _shown(name: str) -> str:
    """A name out of an archive as it may be printed."""
    return text(name.encode("utf-8", "surrogateescape"))


def _leads_out(path: str) -> bool:
    """Whether a path is absolute, of Windows, or goes above where it begins."""
    if path.startswith("/") or "\0" in path or path[1:3] in (":/", ":\\"):
        return True
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False


def _resolved(name: str, target: str) -> str:
    """Where a symbolic link points, from the archive's root."""
    return target if target.startswith("/") else "/".join([*name.split("/")[:-1], target])
