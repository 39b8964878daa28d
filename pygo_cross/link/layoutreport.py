# SPDX-License-Identifier: BSD-3-Clause
"""The report of a link: everything that is in the executable, how large it is, and why it is there.

Written where PYGO_CROSS_LINK_REPORT says, for tools that show it to people; the executable is the same with it and without.
It is one JSON object, compressed with gzip:

- `version` (1), `goos`, `goarch`, `entry` (name of the entry symbol), `size` (of the file, in bytes);
- `packages`, `sections` (Go's names), `classes`, `reasons`: texts that the columns refer to by number;
- `symbols`: columns of one length, a row a symbol, in address order: `name`; `package`; `section`; `class`; `size` in memory;
  `tables`, the bytes of pclntab that are there for the function's sake; `reason`, how it was first reached; `parent`, the row
  that reached it, counted from 1 (0: none); `cause`, for a method the row of the function whose code makes it callable;
- `rest`: what no symbol has, as rows of group, name and bytes: headers, symbol table, debug information, padding.

The sizes of symbols, without those of class `zeroed`, which take no room in the file, their tables and the rest add up to `size`.
A symbol that was reached from one inside another, as types are from the stack maps of a function, has the outer one as parent.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Final

from pygo_cross import wholefile
from pygo_cross.diag import InternalError, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.binfile import BinFile
from pygo_cross.link.context import Link
from pygo_cross.link.image import Image
from pygo_cross.link.reach import REASONS, TABLE
from pygo_cross.link.symbols import abi_suffix

VERSION: Final = 1

CODE: Final = 0
READ_ONLY: Final = 1
STRINGS: Final = 2
TYPES: Final = 3
TABLES: Final = 4
DATA: Final = 5
ZEROED: Final = 6
CLASSES: Final = ("code", "read-only data", "strings", "types", "tables", "data", "zeroed")

LINKER: Final = len(REASONS)
"""The reason of what the linker makes itself."""

_CLASS: Final = {
    kinds.SGOSTRING: STRINGS,
    kinds.STYPE: TYPES,
    kinds.SGCBITS: TABLES,
    kinds.SGCMASK: ZEROED,
    kinds.SGOFUNC: TABLES,
    kinds.SPCLNTAB: TABLES,
    kinds.SMACHOPLT: CODE,
}
_DYLD_PARTS: Final = ("rebase", "bind", "weak bind", "lazy bind", "export")


def _class_of(kind: int) -> int:
    known = _CLASS.get(kind)
    if known is not None:
        return known
    if kinds.is_text(kind):
        return CODE
    if kind < kinds.SFIRSTWRITABLE:
        return READ_ONLY
    return DATA if kind < kinds.SBSS else ZEROED


class _Numbers:
    """Texts by number, in the order in which they were first asked for."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, text: str) -> int:
        """The number of a text."""
        return self.known.setdefault(text, len(self.known))


def render(link: Link, image: Image, file: BinFile) -> bytes:
    """The report of a finished link; `file` is what `image` was written to."""
    loader, trace = link.loader, link.trace
    if trace is None or link.table_bytes is None:
        raise InternalError("report", "the link was done without a trace")
    tables = dict(zip(link.textp, link.table_bytes(), strict=True))
    packages, sections = _Numbers(), _Numbers()
    row_of: dict[int, int] = {}
    names: list[str] = []
    columns: dict[str, list[int]] = {name: [] for name in ("package", "section", "class", "size", "tables", "reason")}
    add_package, add_section, add_class, add_size, add_tables, add_reason = (column.append for column in columns.values())
    rest: list[tuple[str, str, int]] = [("headers", "file headers", image.header_size)]
    kind, groups, reasons = loader.kind, link.groups, trace.reasons
    for segment in link.segments:
        for section in segment.sections:
            if segment is image.dwarf:
                rest.append(("debug information", section.name, section.size))
                continue
            if section.name == ".gopclntab":
                rest.append(("tables", "file names and what functions share", section.size - sum(tables.values())))
                continue
            number, taken = sections.of(section.name), 0
            for sym in link.section_syms[id(section)]:
                size = loader.size(sym)
                if not size and sym not in trace.parents:
                    continue
                name = loader.name(sym)
                row_of[sym] = len(row_of) + 1
                names.append(name + abi_suffix(loader, sym, name) if kind[sym] <= kinds.STEXTEND else name)
                add_package(packages.of(loader.package(sym)))
                add_section(number)
                add_class(_class_of(groups.get(sym) or kind[sym]))
                add_size(size)
                add_tables(tables.get(sym, 0))
                add_reason(reasons.get(sym, LINKER))
                taken += size
            if section.address < segment.address + segment.file_length:
                rest.append(("padding", section.name, section.size - taken))
    tail = list(_tail(file))
    between = len(file.data) - _in_file(link, image) - image.header_size - sum(row[2] for row in tail)
    rest += [*tail, ("padding", "between sections", between)]
    parents = trace.parents
    columns["parent"] = [_nearest(sym, parents, row_of) for sym in row_of]
    # What is reached by way of a symbol without a place of its own is reached by a table.
    reason = columns["reason"]
    for row, sym in enumerate(row_of):
        if parents.get(sym) and parents[sym] not in row_of:
            reason[row] = TABLE
    causes = trace.causes
    columns["cause"] = [row_of.get(causes[sym], 0) if sym in causes else 0 for sym in row_of]
    report = {
        "version": VERSION,
        "goos": image.goos,
        "goarch": image.goarch,
        "entry": link.options.entry,
        "size": len(file.data),
        "packages": list(packages.known),
        "sections": list(sections.known),
        "classes": CLASSES,
        "reasons": [*REASONS, "linker"],
        "symbols": {"name": names, **columns},
        "rest": [row for row in rest if row[2]],
    }
    text = json.dumps(report, separators=(",", ":"), ensure_ascii=True)
    import gzip  # most links report nothing

    return gzip.compress(text.encode(), 6, mtime=0)


def _nearest(sym: int, parents: dict[int, int], row_of: dict[int, int]) -> int:
    """The row of the nearest symbol on the way back to the entry that has one; 0 for none."""
    parent = parents.get(sym, 0)
    while parent and parent not in row_of:
        parent = parents.get(parent, 0)
    return row_of.get(parent, 0)


def _in_file(link: Link, image: Image) -> int:
    """The bytes of all sections that the file holds."""
    total = 0
    for segment in link.segments:
        end = segment.address + segment.file_length
        total += sum(section.size for section in segment.sections if section.address < end)
    return total


def _tail(file: BinFile) -> Iterator[tuple[str, str, int]]:
    """What the file holds beside headers and the image's sections."""
    if file.format == "elf":
        for section in file.sections:
            if section.kind in (2, 3):
                yield "symbol table", section.name, section.size
        return
    for number, raw in file.commands:
        if number == 0x2:
            _, count, _, size = struct.unpack_from("<4I", raw, 8)
            yield "symbol table", "symbols", 16 * count
            yield "symbol table", "names", size
        elif number == 0xB:
            yield "symbol table", "indirect symbols", 4 * struct.unpack_from("<I", raw, 60)[0]
        elif number == 0x1D:
            yield "signature", "code signature", struct.unpack_from("<I", raw, 12)[0]
        elif number == 0x80000022:
            for name, size in zip(_DYLD_PARTS, struct.unpack_from("<10I", raw, 8)[1::2], strict=True):
                yield "dynamic linking", name, size


def write(path: str, report: bytes) -> None:
    """Write a report to the file `path`, whole or not at all. Raises UserError."""
    try:
        wholefile.put(path, report)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "set PYGO_CROSS_LINK_REPORT to another file"
        raise UserError.one("cannot-write", f"cannot write the report: {reason}", hint, Pos(path)) from None
