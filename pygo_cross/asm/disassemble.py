# SPDX-License-Identifier: BSD-3-Clause
"""Functions of Go objects, archives and executables as instructions in Go's syntax.

`read` finds a file's functions and what is known of them: where they are, their source lines, the names that relocations give (Go
objects) or the symbol table does (executables; of stripped ones, Go's own table). `lines` turns one into instructions. What is no
instruction is told as `BYTE $0x..` or, where all instructions are words, `WORD $0x..`, so that nothing is left out.
"""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterator
from typing import Final

from pygo_cross.arch.layout import FACTS
from pygo_cross.arch.machine import ARCHITECTURES, decoder, machine
from pygo_cross.diag import Pos, UserError
from pygo_cross.exe import elf, fat, macho, pclntab
from pygo_cross.exe.pclntab import Pclntab
from pygo_cross.exe.view import FormatError
from pygo_cross.obj import format as obj_format
from pygo_cross.obj import goobj, pctab
from pygo_cross.obj.archive import MAGIC, bad_file, is_archive, is_object_name, map_file, members, split_object
from pygo_cross.obj.builtins import BUILTINS
from pygo_cross.obj.prog import BRANCH, NAME_EXTERN, Addr, Prog
from pygo_cross.obj.reader import Object
from pygo_cross.obj.reloctype import NAMES, R_CALL, R_CALLARM64, R_CALLIND, R_GOTPCREL, R_PCREL
from pygo_cross.obj.symbol import Symbol

_ELF_MACHINES: Final = {62: "amd64", 183: "arm64"}
_ELF_SYMBOL: Final = struct.Struct("<IBBHQQ")
_MACH_SYMBOL: Final = struct.Struct("<IBBHQ")
_SYMTAB: Final = 2  # the number of both ELF's section kind and Mach-O's command
_STT_OBJECT: Final = 1
_STT_FUNC: Final = 2
_MAX_SYMBOLS: Final = 1 << 22

Name = tuple[int, int, str]
"""Where a relocation or symbol is, how large it is, and its name."""


class Function:
    """A function. `places` has (end, file, line) for runs of its code, in ascending order.

    `relocations` are (offset, size, type, addend, name); `quantum` is the architecture's smallest instruction in bytes.
    `home` is the part of a universal file that it is in.
    """

    __slots__ = ("address", "arch", "code", "home", "name", "places", "quantum", "relocations")

    def __init__(self, name: str, arch: str, address: int, code: bytes) -> None:
        self.name, self.arch, self.address, self.code = name, arch, address, code
        self.quantum = FACTS[arch].quantum
        self.home: Binary | None = None
        self.places: list[tuple[int, str, int]] = []
        self.relocations: list[tuple[int, int, int, int, str]] = []


class Line:
    """One instruction as text.

    `known` is False for bytes that are none, `exact` tells whether it assembles to the same bytes; `relocations` are those inside, as text.
    """

    __slots__ = ("address", "code", "exact", "file", "known", "line", "relocations", "text")

    def __init__(self, address: int, code: bytes, text: str, exact: bool) -> None:
        self.address, self.code, self.text, self.exact = address, code, text, exact
        self.file, self.line = "", 0
        self.known = True
        self.relocations: list[str] = []


class Binary:
    """The functions of a file, and the symbols by address that branches and operands may name."""

    def __init__(self) -> None:
        self.functions: list[Function] = []
        self.starts: list[int] = []
        self.symbols: list[Name] = []
        self._table: Pclntab | None = None
        self._entries: dict[int, int] = {}

    def set_table(self, table: Pclntab, text: int) -> None:
        """Go's own table of functions, of an executable whose text begins at an address."""
        self._table = table
        self._entries = {text + entry: index for index, entry in enumerate(table.functions[: 2 * table.function_count : 2])}

    def places(self, function: Function) -> list[tuple[int, str, int]]:
        """The source lines of a function; none where they are not known, or are damaged."""
        if function.places or self._table is None or function.address not in self._entries:
            return function.places
        table, quantum = self._table, function.quantum
        try:
            numbers, rows, first = table.source_tables(self._entries[function.address])
            found = pctab.decode(numbers, quantum)
            names = {number: table.file_name(first, number) for _, number in found}
            return _merge(pctab.decode(rows, quantum), found, names)
        except (FormatError, ValueError):
            return []

    def name_at(self, address: int, *, start: bool = False) -> str:
        """A symbol and an offset for an address, or ""; with `start` only a symbol that begins there."""
        at = bisect.bisect_right(self.starts, address) - 1
        if at < 0:
            return ""
        begin, size, name = self.symbols[at]
        if address >= begin + max(size, 1) or (start and address > begin):
            return ""
        return f"{name}+{address - begin:#x}" if address > begin else name


def read(path: str) -> Binary:
    """The functions of a file. Raises UserError for one that has none or is not of a kind that we read."""
    view = map_file(path)
    binary = Binary()
    if is_archive(view):
        for name, body in members(path, view):
            if is_object_name(name) and bytes(body[:10]) == b"go object ":
                _read_object(path, body, binary)
    elif bytes(view[:10]) == b"go object ":
        _read_object(path, view, binary)
    else:
        try:
            if fat.is_fat(view):
                whole = fat.read(view)
                for part in whole.slices:
                    _add_part(path, whole.content(part), binary)
            elif bytes(view[:4]) == elf.MAGIC:
                _read_elf(path, elf.read(view), binary)
            elif bytes(view[:4]) in macho.MAGICS:
                _read_macho(path, macho.read(view), binary)
            else:
                raise bad_file(path, f"not a Go object, an archive ({MAGIC.decode().strip()}), ELF or Mach-O")
        except (FormatError, struct.error) as error:
            raise bad_file(path, str(error)) from None
    return binary


def _add_part(path: str, view: memoryview, binary: Binary) -> None:
    """The functions for one architecture of a universal file; addresses are its own."""
    part = Binary()
    _read_macho(path, macho.read(view), part)
    for function in part.functions:
        function.home = part
    binary.functions += part.functions


def _arch(path: str, name: str) -> str:
    if name not in ARCHITECTURES:
        raise UserError.one("unknown-arch", f"no disassembler for {name or 'this machine'}", pos=Pos(path))
    return name


def _read_object(path: str, body: memoryview, binary: Binary) -> None:
    """The functions of a Go object."""
    text, data = split_object(path, body)
    words = text.split(None, 4)
    arch = _arch(path, words[3] if len(words) > 3 else "")
    obj = Object(path, data)
    bases = {
        goobj.PKG_SELF: 0,
        goobj.PKG_HASHED64: obj.ndef,
        goobj.PKG_HASHED: obj.ndef + obj.nhashed64,
        goobj.PKG_NONE: obj.ndef + obj.nhashed64 + obj.nhashed,
    }

    others = {(package, index): name for package, index, name in obj.ref_names()}
    packages = obj.packages()

    def name_of(package: int, index: int) -> str:
        if package == goobj.PKG_BUILTIN:
            return BUILTINS[index][0] if index < len(BUILTINS) else f"builtin#{index}"
        base = bases.get(package)
        if base is None:
            name = others.get((package, index), "")
            return name or (f"{packages[package]}#{index}" if package < len(packages) else "")
        return obj.name(base + index) if base + index < obj.nsym else ""

    def table(package: int, index: int) -> list[pctab.Step]:
        base = bases.get(package)
        if base is None or base + index >= obj.nall:
            raise bad_file(path, "corrupt object file: a function's table is not in it")
        try:
            return pctab.decode(obj.data(base + index), FACTS[arch].quantum)
        except ValueError as error:
            raise bad_file(path, f"corrupt object file: {error}") from None

    files = dict(enumerate(obj.files()))
    for index, kind in enumerate(obj.kinds()[: obj.nall]):
        if kind not in (goobj.STEXT, goobj.STEXTFIPS):
            continue
        function = Function(obj.name(index), arch, 0, bytes(obj.data(index)))
        for offset, size, kind_, addend, package, target in obj.relocs(index):
            name = name_of(package, target) if package or target else ""
            function.relocations.append((offset, size, kind_ & 0x7FFF, addend, name))
        tables = {found: (package, target) for found, package, target in obj.auxs(index)}
        if goobj.AUX_PCLINE in tables and goobj.AUX_PCFILE in tables:
            function.places = _merge(table(*tables[goobj.AUX_PCLINE]), table(*tables[goobj.AUX_PCFILE]), files)
        binary.functions.append(function)


def _merge(lines: list[pctab.Step], numbers: list[pctab.Step], files: dict[int, str]) -> list[tuple[int, str, int]]:
    """Runs of one file and line."""
    places = []
    at = 0
    for end, line in lines:
        while at < len(numbers) - 1 and numbers[at][0] < end:
            places.append((numbers[at][0], files.get(numbers[at][1], ""), line))
            at += 1
        places.append((end, files.get(numbers[at][1], "") if numbers else "", line))
    return places


def _add_symbols(binary: Binary, found: list[Name]) -> None:
    binary.symbols = sorted(found, key=lambda symbol: symbol[:2])
    binary.starts = [start for start, _, _ in binary.symbols]


def _add_table(binary: Binary, found: list[Name], table: bytes, text: int, size: int) -> dict[int, str]:
    """Go's own table, for source lines, and for the functions' names where the file has no symbols for them.

    Returns its names by address.
    """
    try:
        functions = pclntab.read(table, little=True)
        names = [name.decode("utf-8", "replace") for name in functions.function_names()] if functions.release >= "1.18" else []
    except FormatError:
        return {}
    if not names:
        return {}
    starts = [text + entry for entry in functions.functions[::2]]
    if not any(text <= start < text + size for start, _, _ in found):
        found += [(start, end - start, name) for start, end, name in zip(starts, starts[1:], names, strict=False)]
    binary.set_table(functions, text)
    return dict(zip(starts, names, strict=False))


def _add_section(binary: Binary, arch: str, name: str, address: int, code: bytes) -> None:
    """The functions of a section, by the symbols in it; the section itself where there are none."""
    end = address + len(code)
    inside = [symbol for symbol in binary.symbols if address <= symbol[0] < end]
    if not inside:
        binary.functions.append(Function(name, arch, address, code))
    for at, (start, size, symbol) in enumerate(inside):
        stop = inside[at + 1][0] if at + 1 < len(inside) else end
        stop = min(stop, start + size if size else stop)
        if stop > start:
            binary.functions.append(Function(symbol, arch, start, code[start - address : stop - address]))


def _read_elf(path: str, file: elf.Elf, binary: Binary) -> None:
    arch = _arch(path, _ELF_MACHINES.get(file.machine, f"ELF machine {file.machine}") if file.bits == 64 and file.little else "")
    found: list[Name] = []
    for section in file.sections:
        if section.kind != _SYMTAB or not 0 < section.link < len(file.sections):
            continue
        strings = _content(file.view.data, file.sections[section.link].offset, file.sections[section.link].size)
        table = _content(file.view.data, section.offset, section.size)
        for record in list(_ELF_SYMBOL.iter_unpack(table[: len(table) // 24 * 24]))[:_MAX_SYMBOLS]:
            if record[1] & 15 in (_STT_OBJECT, _STT_FUNC) and record[3]:
                found.append((record[4], record[5], _string(strings, record[0])))
    text, functions = file.section(".text"), file.section(".gopclntab")
    if text is not None and functions is not None:
        _add_table(binary, found, _content(file.view.data, functions.offset, functions.size), text.address, text.size)
    _add_symbols(binary, found)
    for section in file.sections:
        if section.name == ".text" and section.in_file:
            _add_section(binary, arch, section.name, section.address, _content(file.view.data, section.offset, section.size))


def _read_macho(path: str, file: macho.MachO, binary: Binary) -> None:
    arch = _arch(path, {"x86_64": "amd64"}.get(file.arch, file.arch))
    found: list[Name] = []
    section = file.section("__text")
    for command in file.find(_SYMTAB):
        offset, count, strings_at, strings_size = struct.unpack_from("<4I", bytes(command.view.data[8:24]).ljust(16, b"\0"))
        strings = _content(file.view.data, strings_at, strings_size)
        table = _content(file.view.data, offset, min(count, _MAX_SYMBOLS) * _MACH_SYMBOL.size)
        for start, kind, _, _, value in _MACH_SYMBOL.iter_unpack(table[: len(table) // 16 * 16]):
            # Defined in a section, and no debugging entry.
            if kind & 0xE0 == 0 and kind & 0x0E == 0x0E:
                found.append((value, 0, _string(strings, start)))
    if section is None:
        return
    functions = file.section("__gopclntab")
    names: dict[int, str] = {}
    if functions is not None:
        names = _add_table(binary, found, bytes(file.content(functions)), section.address, section.size)
    # All names have an underscore in front, but for those that Go's table has as they are.
    found = [(start, size, symbol if names.get(start) == symbol else symbol.removeprefix("_")) for start, size, symbol in found]
    end = section.address + section.size
    # Of several symbols at one place the last counts, which the marks of where the text begins and ends shouldn't be.
    ordered = sorted(
        (symbol for symbol in found if section.address <= symbol[0] < end),
        key=lambda symbol: (symbol[0], symbol[2] not in ("runtime.text", "runtime.etext"), symbol[2]),
    )
    sized = [(start, (ordered[at + 1][0] if at + 1 < len(ordered) else end) - start, name) for at, (start, _, name) in enumerate(ordered)]
    _add_symbols(binary, sized)
    _add_section(binary, arch, section.name, section.address, bytes(file.content(section)))


def _content(data: memoryview, offset: int, size: int) -> bytes:
    """A part of a file, as much of it as there is."""
    return bytes(data[offset : offset + size])


def _string(strings: bytes, at: int) -> str:
    end = strings.find(b"\0", at)
    return strings[at : end if end >= 0 else len(strings)].decode("utf-8", "replace")


def lines(function: Function, binary: Binary) -> Iterator[Line]:
    """A function's instructions."""
    binary = function.home or binary
    quantum = function.quantum
    show = machine(function.arch).show_disassembled
    decode = decoder(function.arch)
    code = function.code
    relocations = sorted(function.relocations)
    starts = [relocation[0] for relocation in relocations]
    places = binary.places(function)
    ends = [place[0] for place in places]
    at = 0
    while at < len(code):
        found = decode(code, at)
        if found is None:
            size = quantum if at + quantum <= len(code) else 1
            value = int.from_bytes(code[at : at + size], "little")
            line = Line(function.address + at, code[at : at + size], f"WORD\t${value:#010x}" if size == 4 else f"BYTE\t${value:#04x}", True)
            line.known = False
        else:
            size = found.size
            inside = relocations[bisect.bisect_left(starts, at) : bisect.bisect_left(starts, at + size)]
            text = found.text
            if found.distance is not None:
                after = function.address + at + size
                args = tuple(_resolved(arg, function, after, found.distance, at + size, inside, binary) for arg in found.args)
                text = obj_format.instruction(Prog(found.op, args, None, 0, found.suffix), show)
            elif not text:
                text = found.text = obj_format.instruction(Prog(found.op, found.args, None, 0, found.suffix), show)
            line = Line(function.address + at, code[at : at + size], text, found.exact)
            for offset, length, kind, addend, name in inside:
                if kind != R_CALLIND:
                    line.relocations.append(
                        f"[{offset - at}:{offset - at + length}]{NAMES.get(kind, kind)}:{name}{f'{addend:+d}' if addend else ''}"
                    )
        if ends:
            place = places[min(bisect.bisect_right(ends, at), len(ends) - 1)]
            line.file, line.line = place[1], place[2]
        yield line
        at += size


def _resolved(
    arg: Addr, function: Function, after: int, distance: int, end: int, inside: list[tuple[int, int, int, int, str]], binary: Binary
) -> Addr:
    """An operand that means a place, with the name of the place where that is known.

    Where every instruction is of one size, a branch to no function's start is told as the number of instructions from itself.
    """
    if arg.type != BRANCH and (arg.name != NAME_EXTERN or arg.sym is None):
        return arg
    for offset, size, kind, addend, name in inside:
        if name and kind in (R_CALL, R_CALLARM64, R_PCREL, R_GOTPCREL):
            new = Addr(arg.type, 0, 0, NAME_EXTERN, Symbol(name))
            new.offset = addend + end - (offset + size) if kind == R_PCREL else addend
            return new
    quantum = function.quantum
    address = after + distance
    name = binary.name_at(address, start=quantum > 1)
    if not name and not binary.symbols and 0 <= address - function.address < len(function.code):
        # In a Go object no function has an address yet.
        inner = address - function.address
        name = f"{function.name}+{inner:#x}" if inner and quantum == 1 else "" if inner else function.name
    if quantum > 1:
        return Addr(arg.type, 0, 0, NAME_EXTERN, Symbol(name)) if name else Addr(BRANCH, 0, (distance + quantum) // quantum)
    return Addr(arg.type, 0, 0, NAME_EXTERN, Symbol(name or f"{address:#x}"))
