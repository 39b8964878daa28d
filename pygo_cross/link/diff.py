# SPDX-License-Identifier: BSD-3-Clause
"""Name the differences between two executables: header fields, sections, functions, symbols, and what the dynamic linker is told.

Made for bringing the linker up against stock Go: it says in which function, table or field the first difference is rather than at which
byte of the file. Invariant: `compare` returns no difference exactly when the files have the same bytes.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from . import functab
from .binfile import LC_NAMES, BinFile, FileSection, FileSymbol, FormatError, dyld_fixups
from .functab import Function

_SEGMENT_FIELDS: Final = ("kind", "flags", "maxprot", "initprot", "address", "physical", "memory_size", "offset", "file_size", "align")
_SECTION_FIELDS: Final = ("kind", "flags", "address", "offset", "size", "align", "link", "info", "entry_size", "name_offset")
_SYMBOL_FIELDS: Final = ("value", "size", "info", "other", "section")
_SHF_COMPRESSED: Final = 0x800
_MARKERS: Final = frozenset(("runtime.text", "runtime.etext"))


class Difference:
    """One difference: `where` (a section, `header`, `symbols`), `text` for people, `details` for programs (JSON values)."""

    __slots__ = ("details", "text", "where")

    def __init__(self, where: str, text: str, **details: object) -> None:
        self.where = where
        self.text = text
        self.details = details


def compare(a: BinFile, b: BinFile, limit: int = 10) -> list[Difference]:
    """All differences between two files, where lists of functions, symbols and places are cut after `limit` of them."""
    if a.data == b.data:
        return []
    if a.format != b.format:
        return [Difference("header", f"one file is {a.format}, the other {b.format}", a=a.format, b=b.format)]
    found: list[Difference] = []
    _fields(found, "header", a.header, b.header)
    _segments(found, a, b)
    _commands(found, a, b)
    _sections(found, a, b, limit)
    _symbols(found, a, b, limit)
    _fixups(found, a, b, limit)
    if not found or len(a.data) != len(b.data):
        place = _first_difference(a.data, b.data)
        text = f"the files have {len(a.data)} and {len(b.data)} bytes, the first difference is at offset {place:#x}"
        found.append(Difference("file", text, a=len(a.data), b=len(b.data), offset=place))
    return found


def _first_difference(a: bytes, b: bytes) -> int:
    """The offset of the first byte that differs, or the length of the shorter one."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:  # the first difference is in [low, high)
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _difference_count(a: bytes, b: bytes) -> int:
    """How many bytes differ, of those both have."""
    size = min(len(a), len(b))
    difference = int.from_bytes(a[:size], "little") ^ int.from_bytes(b[:size], "little")
    return size - difference.to_bytes(size, "little").count(0)


def _fields(found: list[Difference], where: str, a: dict[str, int], b: dict[str, int]) -> None:
    for name in a:
        if a[name] != b.get(name):
            found.append(Difference(where, f"{name} is {a[name]:#x} and {b.get(name, 0):#x}", field=name, a=a[name], b=b.get(name)))


def _record(item: object, names: Sequence[str]) -> dict[str, int]:
    return {name: getattr(item, name) for name in names}


def _segments(found: list[Difference], a: BinFile, b: BinFile) -> None:
    left, right = {segment.name: segment for segment in a.segments}, {segment.name: segment for segment in b.segments}
    for name in [*left, *(name for name in right if name not in left)]:
        if name not in left or name not in right:
            side = "first" if name in left else "second"
            found.append(Difference(f"segment {name}", f"only in the {side} file", only=side))
        else:
            _fields(found, f"segment {name}", _record(left[name], _SEGMENT_FIELDS), _record(right[name], _SEGMENT_FIELDS))


def _commands(found: list[Difference], a: BinFile, b: BinFile) -> None:
    """Mach-O load commands but segments: names and numbers of those that differ, in order."""
    left = [command for command in a.commands if command[0] != 0x19]
    right = [command for command in b.commands if command[0] != 0x19]
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else (0, b"")
        two = right[index] if index < len(right) else (0, b"")
        if one != two:
            names = [LC_NAMES.get(number, f"{number:#x}") if number else "nothing" for number in (one[0], two[0])]
            text = f"{one[1][8:].hex()} and {two[1][8:].hex()}" if one[0] == two[0] else f"{names[0]} and {names[1]}"
            found.append(Difference(f"load command {names[0]}", text, a=one[1].hex(), b=two[1].hex()))


def _sections(found: list[Difference], a: BinFile, b: BinFile, limit: int) -> None:
    left, right = _by_label(a), _by_label(b)
    for label in [*left, *(label for label in right if label not in left)]:
        one, two = left.get(label), right.get(label)
        if one is None or two is None:
            side = "first" if one is not None else "second"
            found.append(Difference(label, f"only in the {side} file", only=side))
            continue
        _fields(found, label, _record(one, _SECTION_FIELDS), _record(two, _SECTION_FIELDS))
        if label in (".symtab", ".strtab"):
            continue  # compared symbol by symbol
        left_bytes, right_bytes = a.content(one), b.content(two)
        if left_bytes == right_bytes:
            continue
        left_plain, right_plain = _uncompressed(left_bytes, one), _uncompressed(right_bytes, two)
        if left_plain != right_plain:  # else only the compression differs
            left_bytes, right_bytes = left_plain, right_plain
        if one.name in (".text", "__text"):
            _text(found, a, b, one, two, limit)
        else:
            _content(found, a, b, one, two, left_bytes, right_bytes, limit)
    order = [label for label in left if label in right]
    if order != [label for label in right if label in left]:
        found.append(Difference("sections", "the order differs", a=order))


def _uncompressed(content: bytes, section: FileSection) -> bytes:
    """The content of a debug section as it was before compression; as it is, if it is not compressed or not well."""
    if section.segment and content.startswith(b"ZLIB"):
        start = 12
    elif not section.segment and section.flags & _SHF_COMPRESSED:
        start = 24
    else:
        return content
    try:
        return zlib.decompress(content[start:])
    except zlib.error:
        return content


def _by_label(file: BinFile) -> dict[str, FileSection]:
    """Sections by name; a second one of the same name gets a number."""
    table: dict[str, FileSection] = {}
    for section in file.sections:
        label, number = section.label, 2
        while label in table:
            label, number = f"{section.label}#{number}", number + 1
        table[label] = section
    return table


def _content(
    found: list[Difference], a: BinFile, b: BinFile, one: FileSection, two: FileSection, left: bytes, right: bytes, limit: int
) -> None:
    """A section that is not code: how much differs, and the first places by the name of what is there."""
    describe = _describer(a, one) or _describer(b, two)
    count = _difference_count(left, right)
    places: list[tuple[int, str]] = []
    seen: set[str] = set()
    offset = 0
    end = min(len(left), len(right))
    while len(places) < limit:
        offset += _first_difference(left[offset:], right[offset:])
        if offset >= end:
            break
        name = describe(offset) if describe else ""
        if name.partition(" +")[0] not in seen:
            places.append((offset, name))
            seen.add(name.partition(" +")[0])
        offset = _same_from(left, right, offset)
    text = f"{count} bytes differ" if len(left) == len(right) else f"{len(left)} and {len(right)} bytes, of which {count} differ"
    if places:
        text += ": " + ", ".join(f"+{place:#x}" + (f" ({name})" if name else "") for place, name in places)
        if describe is None:
            text += f" [{left[places[0][0] :][:16].hex()} and {right[places[0][0] :][:16].hex()}]"
    found.append(Difference(one.label, text, count=count, places=places))


def _same_from(a: bytes, b: bytes, offset: int) -> int:
    """The end of the run of differing words that `offset` is in."""
    offset &= ~7
    end = min(len(a), len(b))
    while offset < end and a[offset : offset + 8] != b[offset : offset + 8]:
        offset += 8
    return offset


def _describer(file: BinFile, section: FileSection) -> Callable[[int], str] | None:
    """A function from an offset in `section` to the name of what is there, if the file says anything about it."""
    if section.name in (".go.module", "__go_module"):
        return functab.moduledata_field
    parts = functab.pclntab_parts(file) if section.name in (".gopclntab", "__gopclntab") else None
    if parts is not None:
        starts = [offset for _, offset in parts]

        def part(offset: int) -> str:
            name, start = parts[bisect_right(starts, offset) - 1]
            return f"{name} +{offset - start:#x}"

        return part
    symbols = sorted(
        (symbol.value, symbol.name) for symbol in file.symbols if section.address <= symbol.value < section.address + section.size
    )
    if not symbols or not section.allocated:
        return None
    values = [value for value, _ in symbols]

    def symbol_at(offset: int) -> str:
        index = bisect_right(values, section.address + offset) - 1
        return f"{symbols[index][1]} +{section.address + offset - values[index]:#x}" if index >= 0 else ""

    return symbol_at


def _functions(file: BinFile, section: FileSection) -> list[Function]:
    """The functions of the text section: from the symbol table, which knows more, or else from pclntab."""
    number = file.sections.index(section) + (0 if file.format == "elf" else 1)
    prefix = "" if file.format == "elf" else "_"
    symbols = sorted(
        (
            symbol
            for symbol in file.symbols
            if symbol.section == number and symbol.name.removeprefix(prefix) not in _MARKERS and symbol.info & 15 in (2, 14)
        ),
        key=lambda symbol: symbol.value,
    )
    if not symbols:
        return functab.functions(file) or []
    ends = [symbol.value for symbol in symbols[1:]] + [section.address + section.size]
    return [Function(symbol.name, symbol.value, end - symbol.value) for symbol, end in zip(symbols, ends, strict=True)]


def _text(found: list[Difference], a: BinFile, b: BinFile, one: FileSection, two: FileSection, limit: int) -> None:
    """Code, function by function; functions of the same name are told apart by their order."""
    left, right = _keyed(_functions(a, one)), _keyed(_functions(b, two))
    if not left or not right:
        _content(found, a, b, one, two, a.content(one), b.content(two), limit)
        return
    label = one.label
    for side, these, those in (("first", left, right), ("second", right, left)):
        only = [_key_name(key) for key in these if key not in those]
        if only:
            text = f"{len(only)} functions only in the {side} file: {_list(only, limit)}"
            found.append(Difference(label, text, only=side, functions=only))
    common = [key for key in left if key in right]
    position = {key: index for index, key in enumerate(right)}
    moved = [_key_name(common[index]) for index in _out_of_order([position[key] for key in common])]
    if moved:
        found.append(Difference(label, f"the order differs for {len(moved)}: {_list(moved, limit)}", moved=moved))
    shifted = next((key for key in common if left[key].address != right[key].address), None)
    if shifted is not None:
        addresses = left[shifted].address, right[shifted].address
        text = f"addresses differ, first that of {_key_name(shifted)}: {addresses[0]:#x} and {addresses[1]:#x}"
        found.append(Difference(label, text, function=_key_name(shifted), a=addresses[0], b=addresses[1]))
    differing = []
    for key in common:
        one_bytes, two_bytes = _bytes_of(a, one, left[key]), _bytes_of(b, two, right[key])
        if one_bytes != two_bytes:
            place = _first_difference(one_bytes, two_bytes)
            mine, theirs = one_bytes[place : place + 8].hex(), two_bytes[place : place + 8].hex()
            differing.append((_key_name(key), place, len(one_bytes), len(two_bytes), mine, theirs))
    if differing:
        listed = [
            f"{name} +{place:#x}" + (f" ({size} and {other} bytes)" if size != other else "") + f" [{mine} and {theirs}]"
            for name, place, size, other, mine, theirs in differing
        ]
        resized = sum(1 for item in differing if item[2] != item[3])
        text = f"{len(differing)} of {len(common)} functions differ ({resized} in size): {_list(listed, limit)}"
        found.append(Difference(label, text, count=len(differing), functions=[list(item[:4]) for item in differing]))


def _keyed(items: list[Function]) -> dict[tuple[str, int], Function]:
    seen: dict[str, int] = defaultdict(int)
    table = {}
    for item in items:
        table[item.name, seen[item.name]] = item
        seen[item.name] += 1
    return table


def _key_name(key: tuple[str, int]) -> str:
    return f"{key[0]}#{key[1] + 1}" if key[1] else key[0]


def _bytes_of(file: BinFile, section: FileSection, function: Function) -> bytes:
    start = section.offset + function.address - section.address
    return file.data[start : start + function.size]


def _out_of_order(positions: list[int]) -> list[int]:
    """The fewest indices without which `positions`, which are all different, ascend."""
    ends: list[int] = []  # the least last position of an ascending run of each length, and where that is
    places: list[int] = []
    before: list[int] = []
    for index, position in enumerate(positions):
        length = bisect_right(ends, position)
        before.append(places[length - 1] if length else -1)
        ends[length : length + 1] = [position]
        places[length : length + 1] = [index]
    kept = set()
    index = places[-1] if places else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return [index for index in range(len(positions)) if index not in kept]


def _list(items: list[str], limit: int) -> str:
    return ", ".join(items[:limit]) + (f", and {len(items) - limit} more" if len(items) > limit else "")


def _symbols(found: list[Difference], a: BinFile, b: BinFile, limit: int) -> None:
    left, right = _keyed_symbols(a), _keyed_symbols(b)
    for side, these, those in (("first", left, right), ("second", right, left)):
        only = [_key_name(key) for key in these if key not in those]
        if only:
            found.append(Difference("symbols", f"{len(only)} only in the {side} file: {_list(only, limit)}", only=side, symbols=only))
    common = [key for key in left if key in right]
    position = {key: index for index, key in enumerate(right)}
    moved = [_key_name(common[index]) for index in _out_of_order([position[key] for key in common])]
    if moved:
        found.append(Difference("symbols", f"the order differs for {len(moved)}: {_list(moved, limit)}", moved=moved))
    for name in _SYMBOL_FIELDS:
        differing = [
            (_key_name(key), getattr(left[key], name), getattr(right[key], name))
            for key in common
            if getattr(left[key], name) != getattr(right[key], name)
        ]
        if differing:
            listed = [f"{symbol} {mine:#x} and {theirs:#x}" for symbol, mine, theirs in differing]
            text = f"{name} differs for {len(differing)} of {len(common)}: {_list(listed, limit)}"
            found.append(Difference("symbols", text, field=name, symbols=[list(item) for item in differing]))
    tables = [file.data[file.strings[0] : sum(file.strings)] for file in (a, b)]
    if tables[0] != tables[1]:
        place = _first_difference(tables[0], tables[1])
        text = f"string tables of {len(tables[0])} and {len(tables[1])} bytes differ from +{place:#x} on"
        found.append(Difference("symbols", text, offset=place))


def _keyed_symbols(file: BinFile) -> dict[tuple[str, int], FileSymbol]:
    seen: dict[str, int] = defaultdict(int)
    table = {}
    for symbol in file.symbols:
        table[symbol.name, seen[symbol.name]] = symbol
        seen[symbol.name] += 1
    return table


def _fixups(found: list[Difference], a: BinFile, b: BinFile, limit: int) -> None:
    """Rebases, binds and the code signature of Mach-O files."""
    try:
        left, right = dyld_fixups(a), dyld_fixups(b)
    except FormatError as error:
        found.append(Difference("dyld info", str(error)))
        return
    rebases = [[f"{address:#x}" for address in side[0]] for side in (left, right)]
    binds = [[f"{address:#x} {name} ({library})" for address, library, name in side[1]] for side in (left, right)]
    for what, (one, two) in (("rebases", rebases), ("binds", binds)):
        if one == two:
            continue
        for side, these, those in (("first", one, set(two)), ("second", two, set(one))):
            only = [item for item in these if item not in those]
            if only:
                found.append(Difference(what, f"{len(only)} only in the {side} file: {_list(only, limit)}", only=side, items=only))
        if sorted(one) == sorted(two):
            place = next(index for index, item in enumerate(one) if item != two[index])
            text = f"the order differs, from number {place} on: {one[place]} and {two[place]}"
            found.append(Difference(what, text, index=place))
    signatures = [file.command(0x1D) for file in (a, b)]
    places = [(int.from_bytes(raw[8:12], "little"), int.from_bytes(raw[12:16], "little")) for raw in signatures if raw and len(raw) >= 16]
    if len(places) == 2 and a.data[places[0][0] :][: places[0][1]] != b.data[places[1][0] :][: places[1][1]]:
        found.append(Difference("signature", "the code signatures differ, as they must when anything else does"))
