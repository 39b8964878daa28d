# SPDX-License-Identifier: BSD-3-Clause
"""What a Mach-O file has macOS's dynamic linker do: rebase and bind opcodes, chained fixups, the trie of exports.

Each reader follows the instructions as dyld would and tells where they would reach outside of what they may touch; none of them does
anything. Counts out of the file are never looped over before they are known to lie inside a segment.

Format: xnu, EXTERNAL_HEADERS/mach-o/loader.h and fixup-chains.h; the opcodes as dyld has them in mach_o/BindOpcodes and RebaseOpcodes.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.exe.macho import VM_WRITE, MachO, MachSegment, Part
from pygo_cross.exe.view import Fault, FormatError, View, uleb

_MASK: Final = (1 << 64) - 1
_MOST_FAULTS: Final = 20
_LONGEST: Final = 4096  # bytes of a symbol's name that a node may add


class Fixups:
    """What was found: how many pointers are moved and bound, the symbols that are bound, and what is wrong."""

    __slots__ = ("binds", "faults", "ordinals", "rebases", "symbols")

    def __init__(self) -> None:
        self.rebases = 0
        self.binds = 0
        self.symbols: set[str] = set()
        self.ordinals: set[int] = set()
        self.faults: list[Fault] = []

    def fault(self, part: str, message: str, offset: int | None = None) -> None:
        """Adds one, up to a number: an opcode too few makes nonsense of all that follow."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(part, message, offset))


def opcodes(file: MachO) -> Fixups:
    """Follows LC_DYLD_INFO."""
    found = Fixups()
    for name in ("rebases", "binds", "weak binds", "lazy binds"):
        part = file.part(name)
        if part is None or not file.view.holds(part.offset, part.size):
            continue  # a part outside the file is told as that
        code = file.view.take(part.offset, part.size)
        try:
            if name == "rebases":
                _rebase(file, part, code, found)
            else:
                _bind(file, part, code, found)
        except (IndexError, FormatError):
            found.fault("dyld-info", f"the {name} end within an instruction", part.offset + part.size)
    return found


def _number(code: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, of bytes: this is where the time goes."""
    byte = code[at]
    at += 1
    value = byte & 0x7F
    shift = 7
    while byte >= 0x80:
        byte = code[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if shift > 70:
            raise FormatError("a number of more than 64 bits")
    return value & _MASK, at


def _rebase(file: MachO, part: Part, code: bytes, found: Fixups) -> None:
    size = file.bits // 8
    segment: MachSegment | None = None
    address, kind, low_end, high_end = 0, 0, 0, 0
    at, end = 0, len(code)

    def touch(count: int, step: int) -> None:
        if segment is None:
            found.fault("dyld-info", "a pointer is moved before a segment is named", part.offset + at)
        elif not kind:
            found.fault("dyld-info", "a pointer is moved before its type is told", part.offset + at)
        elif not low_end <= address or address + (count - 1) * step + size > high_end:
            found.fault("dyld-info", f"a pointer is moved at {address:#x}, outside of {segment.label}", part.offset + at)

    while at < end:
        opcode, low = code[at] & 0xF0, code[at] & 15
        at += 1
        if opcode == 0x20:
            segment = file.segments[low] if low < len(file.segments) else None
            offset, at = _number(code, at)
            if segment is None:
                found.fault("dyld-info", f"pointers are moved in segment {low}, which is not there", part.offset + at)
                return
            if not segment.initprot & VM_WRITE:
                found.fault("dyld-info", f"pointers are moved in {segment.label}, which can't be written", part.offset + at)
                return
            low_end, high_end = segment.address, segment.address + segment.memory_size
            address = low_end + offset & _MASK
        elif opcode == 0x50 or opcode == 0x60:
            count = low
            if opcode == 0x60:
                count, at = _number(code, at)
            if count:
                touch(count, size)
            found.rebases += count
            address = address + count * size & _MASK
        elif opcode == 0x00:
            break
        elif opcode == 0x10:
            kind = low
            if not 1 <= kind <= 3:
                found.fault("dyld-info", f"there is no type {kind} of a pointer", part.offset + at)
        elif opcode == 0x30:
            offset, at = _number(code, at)
            address = address + offset & _MASK
        elif opcode == 0x40:
            address = address + low * size & _MASK
        elif opcode == 0x70:
            offset, at = _number(code, at)
            touch(1, size)
            found.rebases += 1
            address = address + offset + size & _MASK
        elif opcode == 0x80:
            count, at = _number(code, at)
            skip, at = _number(code, at)
            if count:
                touch(count, skip + size)
            found.rebases += count
            address = address + count * (skip + size) & _MASK
        else:
            found.fault("dyld-info", f"there is no rebase instruction {opcode | low:#x}", part.offset + at - 1)
            return
        if len(found.faults) >= _MOST_FAULTS:
            return


def _bind(file: MachO, part: Part, code: bytes, found: Fixups) -> None:
    size = file.bits // 8
    lazy = part.name == "lazy binds"
    segment: MachSegment | None = None
    address = 0
    ordinal: int | None = 0 if part.name == "weak binds" else None
    symbol = ""
    at, end = 0, len(code)

    def touch(count: int, step: int) -> None:
        found.binds += count
        if segment is None:
            found.fault("dyld-info", "a pointer is bound before a segment is named", part.offset + at)
        elif not symbol:
            found.fault("dyld-info", "a pointer is bound before a symbol is named", part.offset + at)
        elif ordinal is None:
            found.fault("dyld-info", f"{symbol} is bound before a library is named", part.offset + at)
        elif not segment.address <= address or address + (count - 1) * step + size > segment.address + segment.memory_size:
            found.fault("dyld-info", f"{symbol} is bound at {address:#x}, outside of {segment.label}", part.offset + at)
        else:
            found.symbols.add(symbol)
            found.ordinals.add(ordinal)

    while at < end and len(found.faults) < _MOST_FAULTS:
        opcode, low = code[at] & 0xF0, code[at] & 15
        at += 1
        if opcode == 0x00:
            if not lazy:
                break
        elif opcode == 0x10 or opcode == 0x20:
            ordinal = low
            if opcode == 0x20:
                ordinal, at = _number(code, at)
            if ordinal > len(file.dylibs):
                found.fault("dyld-info", f"a symbol is to come from library {ordinal} of {len(file.dylibs)}", part.offset + at)
        elif opcode == 0x30:
            ordinal = low - 16 if low else 0
            if ordinal < -3:
                found.fault("dyld-info", f"there is no special library {ordinal}", part.offset + at)
        elif opcode == 0x40:
            stop = code.find(0, at)
            if stop < 0:
                raise IndexError
            symbol, at = code[at:stop].decode("utf-8", "backslashreplace"), stop + 1
        elif opcode == 0x50:
            if not 1 <= low <= 3:
                found.fault("dyld-info", f"there is no type {low} of a pointer", part.offset + at)
        elif opcode == 0x60:
            _, at = _number(code, at)
        elif opcode == 0x70:
            segment = file.segments[low] if low < len(file.segments) else None
            offset, at = _number(code, at)
            if segment is None:
                found.fault("dyld-info", f"pointers are bound in segment {low}, which is not there", part.offset + at)
                return
            if not segment.initprot & VM_WRITE:
                found.fault("dyld-info", f"pointers are bound in {segment.label}, which can't be written", part.offset + at)
                return
            address = segment.address + offset & _MASK
        elif opcode == 0x80:
            offset, at = _number(code, at)
            address = address + offset & _MASK
        elif opcode == 0x90:
            touch(1, size)
            address = address + size & _MASK
        elif opcode == 0xA0:
            offset, at = _number(code, at)
            touch(1, size)
            address = address + offset + size & _MASK
        elif opcode == 0xB0:
            touch(1, size)
            address = address + (low + 1) * size & _MASK
        elif opcode == 0xC0:
            count, at = _number(code, at)
            skip, at = _number(code, at)
            if count:
                touch(count, skip + size)
            address = address + count * (skip + size) & _MASK
        else:
            found.fault("dyld-info", f"there is no bind instruction {opcode | low:#x}", part.offset + at - 1)
            return


# ---- chained fixups

# Of the pointer formats that user programs have: bytes of a step, bits of `next` and where they are, bit that tells a bind, bits of its
# ordinal, and whether a pointer that is moved holds an offset from the image's start (True) or an address.
_POINTERS: Final = {
    1: (8, 11, 51, 62, 16, False),  # arm64e
    2: (4, 12, 51, 63, 24, False),  # 64 bits
    6: (4, 12, 51, 63, 24, True),  # 64 bits, offsets
    9: (8, 11, 51, 62, 16, True),  # arm64e, of user space
    12: (8, 11, 51, 62, 24, True),  # the same with 24 bits of ordinals
}
_START_NONE: Final = 0xFFFF
_START_MULTI: Final = 0x8000


def chained(file: MachO) -> Fixups:
    """Follows LC_DYLD_CHAINED_FIXUPS."""
    found = Fixups()
    part = file.part("chained fixups")
    if part is None or not file.view.holds(part.offset, part.size):
        return found
    view = file.view.part(part.offset, part.size)
    try:
        version, starts, imports, symbols, count, form, packed = view.unpack("7I", 0)
        if version != 0:
            raise FormatError(f"there is no version {version} of them")
        size = {1: 4, 2: 8, 3: 16}.get(form)
        if size is None:
            raise FormatError(f"there is no format {form} of imports")
        if packed != 0:
            raise FormatError("the names of their symbols are compressed")
        if not view.holds(imports, count * size):
            raise FormatError(f"{count} imports at {imports:#x} reach over their end")
        _imports(file, view, found, (imports, count, form, size, symbols))
        _starts(file, part, view, found, starts, count)
    except FormatError as error:
        found.fault("chained-fixups", f"the chained fixups: {error}", part.offset)
    return found


def _imports(file: MachO, view: View, found: Fixups, table: tuple[int, int, int, int, int]) -> None:
    at, count, form, size, symbols = table
    for index in range(count):
        raw = view.u64(at + index * size) if form == 3 else view.u32(at + index * size)
        ordinal, name = (raw & 0xFFFF, raw >> 32) if form == 3 else (raw & 0xFF, raw >> 9)
        if ordinal >= (0xFFF0 if form == 3 else 0xF0):
            ordinal -= 0x10000 if form == 3 else 0x100
        if ordinal > len(file.dylibs) or ordinal < -3:
            found.fault("chained-fixups", f"import {index} is to come from library {ordinal} of {len(file.dylibs)}")
        found.ordinals.add(ordinal)
        found.symbols.add(view.string(symbols + name))
        if len(found.faults) >= _MOST_FAULTS:
            return


def _starts(file: MachO, part: Part, view: View, found: Fixups, starts: int, imports: int) -> None:
    count = view.u32(starts)
    if count != len(file.segments):
        raise FormatError(f"they tell of {count} segments, and the file has {len(file.segments)}")
    for index in range(count):
        offset = view.u32(starts + 4 + 4 * index)
        if not offset:
            continue
        at = starts + offset
        size, page, form = view.u32(at), view.u16(at + 4), view.u16(at + 6)
        place, pages = view.u64(at + 8), view.u16(at + 20)
        segment = file.segments[index]
        if form not in _POINTERS:
            raise FormatError(f"pointers of {segment.label} have format {form}, which is none of a program's")
        if page not in (0x1000, 0x4000) or size < 22 + 2 * pages:
            raise FormatError(f"what they say of {segment.label} is not whole")
        base = file.segment("__TEXT")
        if base is not None and place != segment.address - base.address:
            found.fault("chained-fixups", f"the chains of {segment.label} are told to be at {place:#x} from the start", part.offset + at)
            continue
        if (pages - 1) * page >= segment.memory_size:
            found.fault("chained-fixups", f"{pages} pages are more than {segment.label} has", part.offset + at)
            continue
        for number in range(pages):
            start = view.u16(at + 22 + 2 * number)
            if start == _START_NONE:
                continue
            if start & _START_MULTI or start >= page:
                found.fault("chained-fixups", f"the chain of page {number} of {segment.label} begins outside of it", part.offset + at)
                continue
            _chain(file, found, segment, number * page, start, (form, page, imports))
            if len(found.faults) >= _MOST_FAULTS:
                return


def _chain(file: MachO, found: Fixups, segment: MachSegment, first: int, start: int, facts: tuple[int, int, int]) -> None:
    """Follows the chain of one page, which only goes up and ends with the page."""
    form, page, imports = facts
    if found.rebases + found.binds > file.view.size:
        raise FormatError("there are more pointers than the file has room for")
    step, width, shift, bind_bit, ordinal_bits, relative = _POINTERS[form]
    base = file.segment("__TEXT")
    low = base.address if base else 0
    high = max((s.address + s.memory_size for s in file.segments), default=0)
    at = start
    while True:
        if at + 8 > page and at >= page:
            found.fault("chained-fixups", f"the chain at {segment.address + first + start:#x} leaves its page")
            return
        offset = segment.offset + first + at
        if first + at + 8 > segment.file_size or not file.view.holds(offset, 8):
            found.fault("chained-fixups", f"a pointer at {segment.address + first + at:#x} is not in the file", offset)
            return
        raw = file.view.u64(offset)
        if raw >> bind_bit & 1:
            found.binds += 1
            if raw & (1 << ordinal_bits) - 1 >= imports:
                what = f"the pointer at {segment.address + first + at:#x} is bound to an import that is not there"
                found.fault("chained-fixups", what, offset)
        else:
            found.rebases += 1
            if step == 4 or not raw >> 63:  # signed pointers have other fields
                target = raw & (1 << 36) - 1 if step == 4 else raw & (1 << 43) - 1
                target += low if relative else 0
                if not low <= target <= high:
                    what = f"the pointer at {segment.address + first + at:#x} is moved to {target:#x}, outside of the program"
                    found.fault("chained-fixups", what, offset)
        following = raw >> shift & (1 << width) - 1
        if not following:
            return
        at += following * step
        if len(found.faults) >= _MOST_FAULTS:
            return


# ---- exports


def exports(file: MachO) -> tuple[int, list[Fault]]:
    """Walks the trie of exported symbols: their number, and what is wrong with it. Each node is visited once."""
    part = file.part("exports")
    if part is None or not part.size or not file.view.holds(part.offset, part.size):
        return 0, []
    view = file.view.part(part.offset, part.size)
    faults: list[Fault] = []
    count = 0
    seen = {0}
    waiting = [0]
    try:
        while waiting:
            at = waiting.pop()
            size, at = uleb(view, at)
            end = at + size
            if not view.holds(at, size):
                raise FormatError(f"the node at {at:#x} reaches over their end")
            if size:
                count += 1
                flags, inner = uleb(view, at)
                if not flags & 8:  # not another library's
                    address, inner = uleb(view, inner)
                    base = file.segment("__TEXT")
                    if flags & 3 != 2 and base is not None and file.segment_at(base.address + address) is None:
                        what = f"a symbol is exported from {base.address + address:#x}, outside of the program"
                        faults.append(Fault("exports", what, part.offset))
                if inner > end and not flags & 8:
                    raise FormatError(f"what the node at {at:#x} says is longer than it")
            children, at = view.u8(end), end + 1
            for _ in range(children):
                stop = bytes(view.data[at : at + _LONGEST]).find(0)
                if stop < 0:
                    raise FormatError(f"a name at {at:#x} has no end")
                child, at = uleb(view, at + stop + 1)
                if child in seen or not view.holds(child, 1):
                    raise FormatError(f"a node at {child:#x} is outside of them, or is in them twice")
                seen.add(child)
                waiting.append(child)
            if len(faults) >= _MOST_FAULTS:
                break
    except FormatError as error:
        faults.append(Fault("exports", f"the exports: {error}", part.offset))
    return count, faults
