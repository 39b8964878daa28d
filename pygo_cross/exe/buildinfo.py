# SPDX-License-Identifier: BSD-3-Clause
"""What `go version -m` reads: the release, the modules and the settings that a Go binary says it was built with.

The linker leaves a record behind a 16-byte aligned magic, in a section of its own (`.go.buildinfo`, `__go_buildinfo`);
linkers of other releases may leave it anywhere in the first writable segment. Since Go 1.18 two length-prefixed texts
follow its header, before that the header held pointers to two Go strings. ELF of both sizes and byte orders, Mach-O and
fat files are read.

A file is only ever looked at within its own bounds: counts and lengths out of it are limits of a search, never sizes of
an allocation. Where nothing is found the answer is None; a record that breaks its own format is a `BadBuildInfo`.

Source of the facts: src/debug/buildinfo/buildinfo.go, src/runtime/debug/mod.go (the text).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pygo_cross.exe import elf, fat, macho
from pygo_cross.exe.view import FormatError

_MAGIC: Final = b"\xff Go buildinf:"
_ALIGN: Final = 16
_HEADER: Final = 32
_FRAME: Final = 16
"""Bytes of the sentinels that the go command puts around the module text."""


class BadBuildInfo(ValueError):
    """A record of build information that can't be what a linker wrote: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module of a build. `sum` is go.sum's `h1:` text, empty where none was known; `replace` is what stood in for it."""

    path: str
    version: str
    sum: str = ""
    replace: Module | None = None

    @property
    def used(self) -> Module:
        """The module that was compiled: this one, or its replacement."""
        return self.replace or self


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """The record of one binary. `path` is the main package; `main` is None outside module mode; `settings` keep their order."""

    go_version: str
    path: str = ""
    main: Module | None = None
    deps: tuple[Module, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, name: str) -> str:
        """The value of a setting (`GOOS`, `vcs.revision`, `-ldflags`), empty where it is not there."""
        return next((value for key, value in self.settings if key == name), "")


# ---- where in a file


@dataclass(slots=True)
class _Image:
    """One executable: its loaded ranges as (address, offset, bytes in the file), and the range to search."""

    data: memoryview
    ranges: list[tuple[int, int, int]]
    start: int
    size: int

    def at(self, address: int) -> tuple[int, int]:
        """Where `address` stands in the file, and how many bytes of its range follow; (0, 0) where it is in none."""
        for start, offset, size in self.ranges:
            if start <= address < start + size and offset < len(self.data):
                place = offset + address - start
                return place, max(0, min(offset + size, len(self.data)) - place)
        return 0, 0


def _image(data: memoryview) -> _Image | None:
    """The executable in `data`, None where it is of no format that is read here or holds no data."""
    try:
        if bytes(data[:4]) == elf.MAGIC:
            return _elf(data)
        if bytes(data[:4]) in macho.MAGICS:
            return _macho(data)
    except FormatError:  # a header that the file cuts off
        return None
    return None


def _elf(data: memoryview) -> _Image | None:
    file = elf.read(data)
    ranges = [(load.address, load.offset, load.file_size) for load in file.loads]
    section = file.section(".go.buildinfo")
    if section is not None:
        return _Image(data, ranges, section.address, section.size)
    for load in file.loads:
        if load.flags & (elf.PF_X | elf.PF_W) == elf.PF_W:
            return _Image(data, ranges, load.address, load.file_size)
    return None


def _macho(data: memoryview) -> _Image | None:
    file = macho.read(data)
    ranges = [(part.address, part.offset, part.file_size) for part in file.segments if part.name != "__PAGEZERO"]
    section = file.section("__go_buildinfo")
    if section is not None:
        return _Image(data, ranges, section.address, section.size)
    writable = macho.VM_READ | macho.VM_WRITE
    for part in file.segments:
        if part.initprot == part.maxprot == writable and part.address and part.file_size:
            return _Image(data, ranges, part.address, part.file_size)
    return None


# ---- the record


def read_build_infos(data: bytes | memoryview) -> list[tuple[int, BuildInfo]]:
    """The records of every executable in a file, with its cputype (0 outside fat files). Raises `BadBuildInfo`."""
    whole = memoryview(data)
    if not fat.is_fat(whole):
        parts = [(0, whole)]
    else:
        try:
            file = fat.read(whole)
        except FormatError:
            return []
        parts = [(part.cpu_type, file.content(part)) for part in file.slices]
    found = [(cpu, _read(part)) for cpu, part in parts]
    return [(cpu, info) for cpu, info in found if info is not None]


def read_build_info(data: bytes | memoryview) -> BuildInfo | None:
    """The record of a file, the first where it is fat; None where it is no Go binary. Raises `BadBuildInfo`."""
    return next((info for _, info in read_build_infos(data)), None)


def read_build_info_of(path: Path) -> BuildInfo | None:
    """`read_build_info` of the file `path`. Raises `BadBuildInfo` and `OSError`."""
    return read_build_info(path.read_bytes())


def _read(data: memoryview) -> BuildInfo | None:
    image = _image(data)
    texts = _texts(image) if image is not None else None
    if texts is None or not texts[0]:
        return None
    release, framed = texts
    text = framed[_FRAME:-_FRAME] if len(framed) > 2 * _FRAME and framed[-_FRAME - 1 : -_FRAME] == b"\n" else b""
    return parse_build_info(text, _text(release))


def _texts(image: _Image) -> tuple[bytes, bytes] | None:
    """The release and the framed module text; None where the record is not there or points nowhere."""
    at, left = image.at(image.start)
    searched = bytes(image.data[at : at + min(left, image.size)])
    place = searched.find(_MAGIC)
    while place >= 0 and (image.start + place) % _ALIGN:  # what is aligned is the address
        place = searched.find(_MAGIC, place + 1)
    header = searched[place : place + _HEADER]
    if place < 0 or len(header) < _HEADER:
        return None
    if header[15] & 2:
        # The texts may lie behind the section's end; they do not behind the segment's.
        rest = image.data[at + place + _HEADER : at + left]
        release, after = _inline(rest, 0)
        return None if after < 0 else (release, _inline(rest, after)[0])
    size = header[14]
    if size not in (4, 8):
        return None
    order = ">" if header[15] & 1 else "<"
    pointers = struct.unpack_from(f"{order}2{'Q' if size == 8 else 'I'}", header, 16)
    return _string(image, pointers[0], size, order), _string(image, pointers[1], size, order)


def _inline(data: memoryview, at: int) -> tuple[bytes, int]:
    """A text behind its length, and the place after it; the place is -1 where the text is not whole."""
    length = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (bytes(data[at : at + length]), at + length) if length <= len(data) - at else (b"", -1)
    return b"", -1


def _string(image: _Image, address: int, size: int, order: str) -> bytes:
    """The Go string whose header stands at `address`; empty where it points out of the file."""
    at, left = image.at(address)
    if left < 2 * size:
        return b""
    pointer, length = struct.unpack_from(f"{order}2{'Q' if size == 8 else 'I'}", image.data, at)
    at, left = image.at(pointer)
    return bytes(image.data[at : at + length]) if length <= left else b""


# ---- the text


def parse_build_info(text: bytes, go_version: str) -> BuildInfo:
    """The record's module text, line by line; lines of kinds that are not known are passed over. Raises `BadBuildInfo`."""
    path = ""
    main: Module | None = None
    deps: list[Module] = []
    settings: list[tuple[str, str]] = []
    last = ""  # what a replacement may follow: "mod", "dep" or nothing
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        kind, tab, rest = line.partition(b"\t")
        if not tab:
            continue
        try:
            if kind == b"path":
                path = _text(rest)
            elif kind in (b"mod", b"dep"):
                module = _module(rest, (2, 3))
                last = kind.decode()
                if last == "mod":
                    main = module
                else:
                    deps.append(module)
            elif kind == b"=>":
                replacement = _module(rest, (3,))
                if last == "mod" and main is not None:
                    main = Module(main.path, main.version, main.sum, replacement)
                elif last == "dep":
                    deps[-1] = Module(deps[-1].path, deps[-1].version, deps[-1].sum, replacement)
                else:
                    raise BadBuildInfo("a replacement of no module")
                last = ""
            elif kind == b"build":
                settings.append(_setting(rest))
        except BadBuildInfo as error:
            raise BadBuildInfo(f"build information, line {number}: {error}") from None
    return BuildInfo(go_version, path, main, tuple(deps), tuple(settings))


def _module(rest: bytes, columns: tuple[int, ...]) -> Module:
    cells = [_text(cell) for cell in rest.split(b"\t")]
    if len(cells) not in columns:
        raise BadBuildInfo(f"a module of {len(cells)} columns")
    return Module(cells[0], cells[1], cells[2] if len(cells) > 2 else "")


_QUOTED = re.compile(rb'"(?:[^"\\\n]|\\.)*"|`[^`]*`', re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)", re.DOTALL)
_LETTERS: Final = dict(zip(b'abfnrtv\\"', b'\a\b\f\n\r\t\v\\"', strict=True))


def _setting(rest: bytes) -> tuple[str, str]:
    quoted = _QUOTED.match(rest)
    if quoted:
        key, rest = _unquote(quoted.group()), rest[quoted.end() :]
        if not rest.startswith(b"="):
            raise BadBuildInfo("a setting without =")
        value = rest[1:]
    else:
        key, equals, value = rest.partition(b"=")
        if not equals or not key or _needs_quotes(key):
            raise BadBuildInfo("a setting without = or without a name")
    if value[:1] in (b'"', b"`"):
        whole = _QUOTED.fullmatch(value)
        if not whole:
            raise BadBuildInfo("a setting whose quotes are not closed")
        value = _unquote(value)
    elif _needs_quotes(value):
        raise BadBuildInfo("a setting that lacks its quotes")
    return _text(key), _text(value)


def _needs_quotes(text: bytes) -> bool:
    return any(byte in b' \t\r\n"`' for byte in text)


def _unquote(quoted: bytes) -> bytes:
    """What a Go string literal stands for (strconv.Unquote, for the two forms that the record has)."""
    if quoted[:1] == b"`":
        return quoted[1:-1].replace(b"\r", b"")

    def one(match: re.Match[bytes]) -> bytes:
        letter, hexadecimal, octal, short, long = match.groups()
        if letter:
            return bytes([_LETTERS[letter[0]]])
        if hexadecimal or octal:
            value = int(hexadecimal or octal, 16 if hexadecimal else 8)
            if value < 256:
                return bytes([value])
        elif short or long:
            code = int(short or long, 16)
            if code < 0x110000 and not 0xD800 <= code < 0xE000:
                return chr(code).encode()
        raise BadBuildInfo("a setting with an unknown escape")

    return _ESCAPE.sub(one, quoted[1:-1])


def _text(raw: bytes) -> str:
    """Text for people and JSON; bytes that are not UTF-8 are shown as escapes."""
    return raw.decode("utf-8", "backslashreplace")


def modules(info: BuildInfo) -> Iterator[Module]:
    """The main module, where there is one, and the dependencies, as the record has them."""
    if info.main is not None:
        yield info.main
    yield from info.deps
