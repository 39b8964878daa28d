# SPDX-License-Identifier: BSD-3-Clause
"""What `go version -m` reads: the release, the modules and the settings that a Go binary says it was built with.

The linker leaves a record behind a 16-byte aligned magic, in a section of its own (`.go.buildinfo`, `__go_buildinfo`);
linkers of other releases may leave it anywhere in the first writable segment. Since Go 1.18 two length-prefixed texts
follow its header, before that the header held pointers to two Go strings. ELF of both sizes and byte orders, Mach-O and
fat files are read.

A file is only ever looked at within its own bounds: counts and lengths out of it are limits of a search, never sizes of
an allocation. Where nothing is found the answer is None; a record that breaks its own format is a `BadBuildInfo`.

Source of the facts: src/debug/buildinfo/buildinfo.go, src/runtime/debug/mod.go (the text), src/debug/elf, src/debug/macho.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Data = bytes | mmap.mmap
"""A whole file."""

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
    """One executable: its loaded ranges as (address, offset in the file, bytes in the file), and the range to search."""

    ranges: list[tuple[int, int, int]]
    start: int = 0
    size: int = 0


def slices(data: Data) -> list[tuple[int, int, int]]:
    """The executables in a file, as (cputype, offset, size): those of a fat Mach-O file, else the file itself with cputype 0.

    What a fat header says beyond the end of the file, or past 64 architectures, is left out.
    """
    magic = data[:4]
    if magic not in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
        return [(0, 0, len(data))]
    count = int.from_bytes(data[4:8], "big")
    layout = struct.Struct(">IIIII" if magic[3] == 0xBE else ">IIQQII")
    found: list[tuple[int, int, int]] = []
    for at in range(min(count, 64)):
        entry = data[8 + at * layout.size : 8 + (at + 1) * layout.size]
        if len(entry) < layout.size:
            break
        cpu, _, offset, size = layout.unpack(entry)[:4]
        if offset + size <= len(data):
            found.append((cpu, offset, size))
    return found


def _image(data: Data, base: int, end: int) -> _Image | None:
    """The executable at [base, end) of a file, None where it is of no format that is read here."""
    magic = data[base : base + 4]
    try:
        if magic == b"\x7fELF":
            return _elf(data, base, end)
        if magic in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"):
            return _macho(data, base, end)
    except (struct.error, IndexError):  # a header that the file cuts off
        return None
    return None


def _inside(base: int, end: int, offset: int, size: int) -> tuple[int, int]:
    """An offset in an executable and a size, as a place in the file and the bytes that are really there."""
    at = base + offset
    return at, max(0, min(size, end - at))


def _elf(data: Data, base: int, end: int) -> _Image | None:
    wide, order = data[base + 4] == 2, "<" if data[base + 5] == 1 else ">"
    header = struct.Struct(order + ("16xHHIQQQIHHHHHH" if wide else "16xHHIIIIIHHHHHH"))
    fields = header.unpack(data[base : base + header.size])
    phoff, shoff, phsize, phnum, shsize, shnum, strndx = fields[4], fields[5], *fields[8:13]
    segment = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    section = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    image = _Image([])
    writable: tuple[int, int] | None = None
    for at in range(phnum):
        place = base + phoff + at * phsize
        if phsize < segment.size or place + segment.size > end:
            break
        words = segment.unpack(data[place : place + segment.size])
        kind, flags = words[0], words[1] if wide else words[6]
        offset, address, size = (words[2], words[3], words[5]) if wide else (words[1], words[2], words[4])
        if kind != 1:  # PT_LOAD
            continue
        there, size = _inside(base, end, offset, size)
        image.ranges.append((address, there, size))
        if flags & 3 == 2 and writable is None:
            writable = address, size

    def header_of(index: int) -> tuple[int, ...] | None:
        place = base + shoff + index * shsize
        if shsize < section.size or not shoff or place + section.size > end:
            return None
        return section.unpack(data[place : place + section.size])

    names = header_of(strndx) if strndx < shnum else None
    if names is not None:
        names_at, names_size = _inside(base, end, names[4], names[5])
        for index in range(shnum):
            words = header_of(index) or ()
            if not words:
                break
            if words[0] < names_size:
                name = data[names_at + words[0] : names_at + min(names_size, words[0] + 16)]
                if name.startswith(b".go.buildinfo\0"):
                    image.start, image.size = words[3], words[5]
                    return image
    if writable is not None:
        image.start, image.size = writable
    return image


def _macho(data: Data, base: int, end: int) -> _Image | None:
    magic = data[base : base + 4]
    little = magic[3] == 0xFE
    order = "<" if little else ">"
    wide = (magic[0] if little else magic[3]) == 0xCF
    count, size = struct.unpack(order + "16xII", data[base : base + 24])
    at = base + (32 if wide else 28)
    last = min(end, at + size)
    segment = struct.Struct(order + ("8x16sQQQQIIII" if wide else "8x16sIIIIIIII"))
    section = struct.Struct(order + ("16s16sQQIIIIIIII" if wide else "16s16sIIIIIIIII"))
    image = _Image([])
    found: tuple[int, int] | None = None
    writable: tuple[int, int] | None = None
    for _ in range(count):
        if at + 8 > last:
            break
        command, length = struct.unpack(order + "II", data[at : at + 8])
        if length < 8 or at + length > last:
            break
        if command == (0x19 if wide else 0x1) and length >= segment.size:  # LC_SEGMENT_64, LC_SEGMENT
            name, address, _, offset, filesize, maxprot, prot, sections, _ = segment.unpack(data[at : at + segment.size])
            there, filesize = _inside(base, end, offset, filesize)
            if not name.startswith(b"__PAGEZERO"):
                image.ranges.append((address, there, filesize))
            if prot == 3 and maxprot == 3 and address and filesize and writable is None:
                writable = address, filesize
            for index in range(min(sections, (length - segment.size) // section.size)):
                place = at + segment.size + index * section.size
                words = section.unpack(data[place : place + section.size])
                if words[0].rstrip(b"\0") == b"__go_buildinfo" and found is None:
                    found = words[2], words[3]
        at += length
    if found or writable:
        image.start, image.size = found or writable or (0, 0)
    return image


def _at(image: _Image, address: int) -> tuple[int, int]:
    """Where `address` stands in the file, and how many bytes of its range follow; (0, 0) where it is in none."""
    for start, offset, size in image.ranges:
        if start <= address < start + size:
            return offset + address - start, size - (address - start)
    return 0, 0


# ---- the record


def read_build_infos(data: Data) -> list[tuple[int, BuildInfo]]:
    """The records of every executable in a file, with its cputype (0 outside fat files). Raises `BadBuildInfo`."""
    found: list[tuple[int, BuildInfo]] = []
    for cpu, offset, size in slices(data):
        info = _read(data, offset, offset + size)
        if info is not None:
            found.append((cpu, info))
    return found


def read_build_info(data: Data) -> BuildInfo | None:
    """The record of a file, of its first executable where it is fat; None where it is no Go binary. Raises `BadBuildInfo`."""
    for _, offset, size in slices(data)[:1]:
        return _read(data, offset, offset + size)
    return None


def read_build_info_of(path: Path) -> BuildInfo | None:
    """`read_build_info` of the file `path`, without reading it whole. Raises `BadBuildInfo` and `OSError`."""
    with path.open("rb") as file:
        if file.seek(0, 2) == 0:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read_build_info(data)


def _read(data: Data, base: int, end: int) -> BuildInfo | None:
    image = _image(data, base, end)
    if image is None or not image.size:
        return None
    texts = _texts(data, image)
    if texts is None or not texts[0]:
        return None
    release, framed = texts
    text = framed[_FRAME:-_FRAME] if len(framed) > 2 * _FRAME and framed[-_FRAME - 1 : -_FRAME] == b"\n" else b""
    return parse_build_info(text, _text(release))


def _texts(data: Data, image: _Image) -> tuple[bytes, bytes] | None:
    """The release and the framed module text; None where the record is not there or points nowhere."""
    at, left = _at(image, image.start)
    stop = at + min(left, image.size)
    skew = (image.start - at) % _ALIGN  # what is aligned is the address
    place = data.find(_MAGIC, at, stop)
    while place >= 0 and (place + skew) % _ALIGN:
        place = data.find(_MAGIC, place + 1, stop)
    if place < 0 or stop - place < _HEADER:
        return None
    header = data[place : place + _HEADER]
    if header[15] & 2:
        release, place = _inline(data, place + _HEADER, at + left)
        return None if place < 0 else (release, _inline(data, place, at + left)[0])
    size = header[14]
    if size not in (4, 8):
        return None
    order = ">" if header[15] & 1 else "<"
    pointers = struct.unpack_from(f"{order}2{'Q' if size == 8 else 'I'}", header, 16)
    return _string(data, image, pointers[0], size, order), _string(data, image, pointers[1], size, order)


def _inline(data: Data, at: int, end: int) -> tuple[bytes, int]:
    """A text behind its length, and the place after it; the place is -1 where the text is not whole."""
    length = shift = 0
    for byte in data[at : min(end, at + 10)]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (data[at : at + length], at + length) if length <= end - at else (b"", -1)
    return b"", -1


def _string(data: Data, image: _Image, address: int, size: int, order: str) -> bytes:
    """The Go string whose header stands at `address`; empty where it points out of the file."""
    at, left = _at(image, address)
    if left < 2 * size:
        return b""
    pointer, length = struct.unpack_from(f"{order}2{'Q' if size == 8 else 'I'}", data, at)
    at, left = _at(image, pointer)
    return data[at : at + length] if length <= left else b""


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
