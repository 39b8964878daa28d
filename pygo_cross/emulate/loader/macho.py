# SPDX-License-Identifier: GPL-2.0-or-later
"""Loads Mach-O executables for darwin/amd64 and darwin/arm64 (Apple's mach-o/loader.h and fixup-chains.h).

The image stays where it was linked, so pointers that dyld would slide are right as they are; what has to be done is to bind imported
symbols, from dyld's opcodes or from chained fixups, and, in the latter case, to decode the pointers themselves.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.errors import NotRunnable
from pygo_cross.emulate.loader import refuse
from pygo_cross.emulate.loader.image import Image, Reader, Segment, bad

_FAT: Final = {0xCAFEBABE: struct.Struct(">IIIII"), 0xCAFEBABF: struct.Struct(">IIQQII")}
_HEADER: Final = struct.Struct("<IIIIIIII")
_COMMAND: Final = struct.Struct("<II")
_SEGMENT: Final = struct.Struct("<II16sQQQQIIII")
_MAIN: Final = struct.Struct("<IIQQ")
_DYLD_INFO: Final = struct.Struct("<II10I")
_LINKEDIT: Final = struct.Struct("<IIII")

_CPUS: Final = {0x01000007: "amd64", 0x0100000C: "arm64"}

_LC_UNIXTHREAD: Final = 0x5
_LC_SEGMENT_64: Final = 0x19
_LC_DYLD_INFO: Final = (0x22, 0x80000022)
_LC_MAIN: Final = 0x80000028
_LC_CHAINED: Final = 0x80000034

# Flavor of the thread state, and where in its words the pc is.
_THREAD_PC: Final = {"amd64": (4, 16), "arm64": (6, 32)}

_MAX_BINDS: Final = 1 << 20


def load(data: bytes, want_arch: str = "") -> Image:
    """The image of a Mach-O file, or of one slice of a universal one."""
    reader = Reader(data)
    (magic,) = struct.unpack(">I", data[:4])
    if magic in _FAT:
        return _load(_slice(reader, magic, want_arch))
    image = _load(data)
    if want_arch and image.arch != want_arch:
        raise NotRunnable("wrong-machine", f"the binary is for {image.arch}, not for {want_arch}")
    return image


def _slice(reader: Reader, magic: int, want_arch: str) -> bytes:
    (count,) = reader.unpack(struct.Struct(">I"), 4, "the universal header")
    layout = _FAT[magic]
    if count > 64:
        raise bad("the universal header has too many slices")
    for i in range(count):
        cpu, _, offset, size = reader.unpack(layout, 8 + i * layout.size, f"universal slice {i}")[:4]
        arch = _CPUS.get(cpu)
        if arch is not None and want_arch in ("", arch):
            return reader.bytes(offset, size, f"universal slice {i}")
    raise NotRunnable("wrong-machine", f"the universal binary has no slice for {want_arch or 'amd64 or arm64'}")


def _load(data: bytes) -> Image:
    reader = Reader(data)
    magic, cpu, _, kind, count, size, _, _ = reader.unpack(_HEADER, 0, "the Mach-O header")
    if magic != 0xFEEDFACF:
        raise refuse.not_a_binary(data)
    refuse.check_macho(cpu, kind)
    image = Image("darwin", _CPUS[cpu], -1, [], file=data)
    mapped: list[Segment] = []  # by index, __PAGEZERO included
    base = -1
    entry_offset = -1
    dyld_info: tuple[int, ...] = ()
    chained: tuple[int, ...] = ()
    place = _HEADER.size
    end = place + size
    for i in range(count):
        what = f"Mach-O load command {i}"
        command, length = reader.unpack(_COMMAND, place, what)
        if length < 8 or place + length > end:
            raise bad(f"{what} has a wrong size")
        if command == _LC_SEGMENT_64:
            segment, offset, file_size = _segment(reader, place, what)
            mapped.append(segment)
            if segment.name != "__PAGEZERO" and segment.size:
                image.segments.append(segment)
                if offset == 0 and file_size:
                    base = segment.address
        elif command == _LC_MAIN:
            _, _, entry_offset, image.stack_size = reader.unpack(_MAIN, place, what)
        elif command == _LC_UNIXTHREAD:
            image.entry = _thread_entry(reader, place, length, image.arch)
        elif command in _LC_DYLD_INFO:
            dyld_info = reader.unpack(_DYLD_INFO, place, what)[2:]
        elif command == _LC_CHAINED:
            chained = reader.unpack(_LINKEDIT, place, what)[2:]
        place += length
    if not image.segments or base < 0:
        raise bad("the Mach-O file has no segment with its header")
    if entry_offset >= 0:
        image.entry, image.entry_is_main = base + entry_offset, True
    if image.entry < 0:
        raise bad("the Mach-O file has no entry point")
    if dyld_info:
        # rebase, bind, weak bind, lazy bind, export: an offset and a size each
        for start, length, lazy in ((2, 3, False), (4, 5, False), (6, 7, True)):
            stream = reader.bytes(dyld_info[start], dyld_info[length], "the Mach-O bind information")
            _bind(stream, mapped, image, lazy)
    if chained:
        _chained(Reader(reader.bytes(chained[0], chained[1], "the Mach-O chained fixups")), mapped, base, image)
    return image


def _segment(reader: Reader, place: int, what: str) -> tuple[Segment, int, int]:
    _, _, name, address, size, offset, file_size, _, protection, _, _ = reader.unpack(_SEGMENT, place, what)
    text = "".join(chr(byte) if 32 < byte < 127 else "?" for byte in name.rstrip(b"\0"))  # type: ignore[attr-defined]
    if not size:
        # Debugging information (__DWARF) is in the file only.
        return Segment(address, 0, 0, b"", text), offset, 0
    if file_size > size:
        raise bad(f"segment {text} has more bytes in the file than in memory")
    content = reader.bytes(offset, file_size, f"segment {text}")
    return Segment(address, size, protection & 7, content, text), offset, file_size


def _thread_entry(reader: Reader, place: int, length: int, arch: str) -> int:
    flavor, words = reader.unpack(struct.Struct("<II"), place + 8, "the Mach-O thread state")
    wanted, index = _THREAD_PC[arch]
    if flavor != wanted or length < 16 + 8 * (index + 1) or words * 4 + 16 > length:
        raise bad("the Mach-O thread state is not of its architecture")
    return reader.unpack(struct.Struct("<Q"), place + 16 + 8 * index, "the Mach-O thread state")[0]


def _uleb(stream: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(stream) or shift > 63:
            raise bad("a number in the Mach-O bind information has no end")
        byte = stream[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at


def _bind(stream: bytes, segments: list[Segment], image: Image, lazy: bool) -> None:
    """Interpret bind opcodes; `lazy` streams end each entry by a DONE."""
    at = address = 0
    addend = 0
    symbol = ""
    limit = (0, 0)
    binds = image.binds

    def bind(count: int, step: int) -> None:
        nonlocal address
        if len(binds) + count > _MAX_BINDS:
            raise bad("the Mach-O file binds too many symbols")
        for _ in range(count):
            if not limit[0] <= address <= limit[1] - 8:
                raise bad(f"the binding of {symbol or 'a symbol'} lies outside of its segment")
            binds.append((address, symbol, addend))
            address = address + step & 0xFFFFFFFFFFFFFFFF

    while at < len(stream):
        opcode, immediate = stream[at] & 0xF0, stream[at] & 0x0F
        at += 1
        if opcode == 0x00:  # DONE
            if not lazy:
                return
        elif opcode in (0x10, 0x30, 0x50):  # ordinal in the opcode, special ordinal, type
            pass
        elif opcode == 0x20:  # ordinal
            _, at = _uleb(stream, at)
        elif opcode == 0x40:  # symbol
            stop = stream.find(b"\0", at)
            if stop < 0:
                raise bad("a symbol's name in the Mach-O bind information has no end")
            symbol = stream[at:stop].decode("utf-8", "replace")
            at = stop + 1
        elif opcode == 0x60:  # addend, signed
            start = at
            addend, at = _uleb(stream, at)
            bits = 7 * (at - start)
            if bits < 64 and addend >> (bits - 1) & 1:
                addend -= 1 << bits
        elif opcode == 0x70:  # segment and offset
            offset, at = _uleb(stream, at)
            if immediate >= len(segments):
                raise bad("the Mach-O bind information names a segment that is not there")
            segment = segments[immediate]
            limit = (segment.address, segment.address + segment.size)
            address = segment.address + offset
        elif opcode == 0x80:  # add to the address
            offset, at = _uleb(stream, at)
            address = address + offset & 0xFFFFFFFFFFFFFFFF
        elif opcode == 0x90:  # bind
            bind(1, 8)
        elif opcode == 0xA0:  # bind, then add
            offset, at = _uleb(stream, at)
            bind(1, 8 + offset)
        elif opcode == 0xB0:  # bind, then add a scaled immediate
            bind(1, 8 + 8 * immediate)
        elif opcode == 0xC0:  # several, with gaps
            count, at = _uleb(stream, at)
            gap, at = _uleb(stream, at)
            bind(count, 8 + gap)
        else:
            raise bad(f"the Mach-O bind information has an unknown opcode {opcode:#x}")


def _imports(reader: Reader) -> list[tuple[str, int]]:
    _, _, table, symbols, count, kind, compressed = reader.unpack(struct.Struct("<7I"), 0, "the chained fixups' header")
    layouts = {1: struct.Struct("<I"), 2: struct.Struct("<Ii"), 3: struct.Struct("<QQ")}
    if kind not in layouts or compressed or count > _MAX_BINDS:
        raise bad("the chained fixups have an unknown format of imports")
    found = []
    layout = layouts[kind]
    for i in range(count):
        fields = reader.unpack(layout, table + i * layout.size, f"chained import {i}")
        name = fields[0] >> 9 if kind < 3 else fields[0] >> 32
        found.append((reader.cstring(symbols + name, len(reader.data), f"chained import {i}"), fields[1] if kind > 1 else 0))
    return found


def _chained(reader: Reader, segments: list[Segment], base: int, image: Image) -> None:
    """Walk the chains of pointers in each page."""
    imports = _imports(reader)
    starts = reader.unpack(struct.Struct("<7I"), 0, "the chained fixups' header")[1]
    (count,) = reader.unpack(struct.Struct("<I"), starts, "the chained fixups")
    if count > len(segments):
        raise bad("the chained fixups name a segment that is not there")
    for i in range(count):
        (offset,) = reader.unpack(struct.Struct("<I"), starts + 4 + 4 * i, "the chained fixups")
        if not offset:
            continue
        place = starts + offset
        what = f"the chained fixups of segment {segments[i].name}"
        _, page_size, kind, _, _, pages = reader.unpack(struct.Struct("<IHHQIH"), place, what)
        if kind not in (2, 6):
            raise NotRunnable("pointer-format", f"the binary has chained pointers of format {kind}; 2 and 6 can be read")
        content = bytearray(segments[i].data)
        for page in range(pages):
            (start,) = reader.unpack(struct.Struct("<H"), place + 22 + 2 * page, what)
            if start != 0xFFFF:
                at = page * page_size + start
                _chain(content, at, segments[i], base if kind == 6 else 0, imports, image)
        segments[i].data = bytes(content)


def _chain(content: bytearray, at: int, segment: Segment, base: int, imports: list[tuple[str, int]], image: Image) -> None:
    while True:
        if at + 8 > len(content):
            raise bad(f"a chained pointer lies outside of segment {segment.name}")
        (value,) = struct.unpack_from("<Q", content, at)
        following = value >> 51 & 0xFFF
        if value >> 63:
            ordinal = value & 0xFFFFFF
            if ordinal >= len(imports) or len(image.binds) >= _MAX_BINDS:
                raise bad("a chained pointer names an import that is not there")
            name, addend = imports[ordinal]
            image.binds.append((segment.address + at, name, addend + (value >> 24 & 0xFF)))
        else:
            target = (value & 0xFFFFFFFFF) + base | (value >> 36 & 0xFF) << 56
            struct.pack_into("<Q", content, at, target & 0xFFFFFFFFFFFFFFFF)
        if not following:
            return
        at += 4 * following
