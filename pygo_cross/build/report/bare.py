# SPDX-License-Identifier: BSD-3-Clause
"""What a binary tells of itself where its linker left no report: functions by Go's own table, everything else by section.

The table (pclntab) is in stripped programs too. It has each function's entry and name; a function ends where the next begins. Facts:
pcHeader in src/runtime/symtab.go, the tables' use in moduledataverify1 there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from pygo_cross.build.report.contents import CLASSES, REASONS, Contents, group_of
from pygo_cross.exe import elf, macho
from pygo_cross.exe.buildinfo import BuildInfo
from pygo_cross.exe.view import FormatError

_MAGIC: Final = 0xFFFFFFF1
_HEADER: Final = struct.Struct("<IBBBB8Q")
_SECTIONS: Final = {
    "text": "code", "plt": "code", "symbol_stub1": "code", "rodata": "read-only data", "typelink": "types", "itablink": "types",
    "go.type": "types", "go_type": "types", "gosymtab": "tables", "gopclntab": "tables", "go.func": "tables", "go_func": "tables",
    "go.buildinfo": "data", "go_buildinfo": "data", "go.fipsinfo": "data", "go_fipsinfo": "data", "go.module": "data", "go_module": "data",
    "noptrdata": "data", "data": "data", "got": "symbol table", "nl_symbol_ptr": "symbol table", "symtab": "symbol table",
    "strtab": "symbol table", "shstrtab": "symbol table",
}  # fmt: skip
"""Groups of sections, by their names without dots and underscores in front."""


class Section:
    """A section that the file holds."""

    __slots__ = ("content", "name", "offset", "size")

    def __init__(self, name: str, offset: int, size: int, content: memoryview) -> None:
        self.name = name
        self.offset = offset
        self.size = size
        self.content = content


def read_binary(data: bytes, info: BuildInfo | None) -> Contents | None:
    """The contents of an ELF or Mach-O file; None for any other, and for one whose sections can't be where it says."""
    try:
        sections = list(_elf_sections(data) if data[:4] == elf.MAGIC else _macho_sections(data))
    except FormatError:
        return None
    contents = Contents(len(data))
    tables = next((section for section in sections if _plain(section.name) == "gopclntab"), None)
    text = next((section for section in sections if _plain(section.name) == "text"), None)
    functions = _functions(tables.content, text.size) if tables is not None and text is not None else []
    code, unknown = CLASSES.index("code"), REASONS.index("unknown")
    numbers: dict[str, int] = {}
    for name, size in functions:
        package = package_of(name)
        contents.names.append(name)
        contents.package.append(numbers.setdefault(package, len(numbers)))
        contents.sizes.append(size)
    count = len(functions)
    contents.kind, contents.reason = [code] * count, [unknown] * count
    contents.tables, contents.parent, contents.cause = [0] * count, [0] * count, [0] * count
    contents.packages = [info.path if package == "main" and info is not None and info.path else package for package in numbers]
    contents.groups = [group_of(package, info) for package in numbers]
    end = 0
    gaps = 0
    for section in sorted(sections, key=lambda section: (section.offset, section.size)):
        if section.offset < end:
            return None
        if not end:
            contents.rest.append(("headers", "file headers", section.offset))
        else:
            gaps += section.offset - end
        end = section.offset + section.size
        left = section.size - (sum(contents.sizes) if section is text else 0)
        plain = _plain(section.name)
        group = "debug information" if plain.startswith(("debug_", "zdebug_")) else _SECTIONS.get(plain, "other sections")
        contents.rest.append(("padding" if section is text else group, section.name, left))
    contents.rest.append(("padding", "between sections", gaps))
    contents.rest.append(("other sections" if end else "headers", "not in any section", len(data) - end))
    contents.rest = [row for row in contents.rest if row[2]]
    return contents


def _plain(name: str) -> str:
    return name.lstrip("._")


def _elf_sections(data: bytes) -> Iterator[Section]:
    file = elf.read(data)
    for section in file.sections:
        if section.in_file and section.size and section.kind != elf.SHT_NOTE and file.view.holds(section.offset, section.size):
            yield Section(section.name, section.offset, section.size, file.content(section))


def _macho_sections(data: bytes) -> Iterator[Section]:
    file = macho.read(data)
    for section in file.sections:
        if section.in_file and section.size and file.view.holds(section.offset, section.size):
            yield Section(section.name, section.offset, section.size, file.content(section))


def _functions(table: memoryview, limit: int) -> list[tuple[str, int]]:
    """Name and size of each function, in address order; nothing where the table can't be read. `limit` is the size of all code."""
    if len(table) < _HEADER.size:
        return []
    header = _HEADER.unpack_from(table)
    count, names, start = header[5], header[8], header[12]
    if header[0] != _MAGIC or header[4] != 8 or not 0 < count < len(table) // 8 or start + 8 * count + 4 > len(table):
        return []
    raw = bytes(table)
    rows = struct.unpack_from(f"<{2 * count + 1}I", raw, start)
    found: list[tuple[str, int]] = []
    for at in range(0, 2 * count, 2):
        entry, record, end = rows[at], start + rows[at + 1], rows[at + 2]
        if not entry <= end <= limit or record + 8 > len(raw):
            return []
        begin = names + int.from_bytes(raw[record + 4 : record + 8], "little")
        stop = raw.find(b"\0", begin)
        if stop < 0 or stop - begin > 1 << 16:
            return []
        found.append((raw[begin:stop].decode("utf-8", "surrogateescape"), end - entry))
    return found


def package_of(name: str) -> str:
    """The import path in a symbol's name; '' where it has none (src/debug/gosym/symtab.go, PackageName)."""
    if name.startswith(("go:", "type:")):
        return ""
    stem = name.partition("[")[0]
    slash = stem.rfind("/") + 1
    package, dot, _ = stem[slash:].partition(".")
    # Dots in the last element are escaped.
    return unquote(re.sub(r"%(?![0-9a-fA-F]{2})", "%25", stem[:slash] + package), errors="surrogateescape") if dot else ""
