# SPDX-License-Identifier: BSD-3-Clause
"""Check that a file that was just written says what its `Image` says.

LIEF reports many of its failures only in its log, and moves what does not fit where it was put. So each file is read back by
`binfile`, which shares no code with LIEF or the writers, and every byte is accounted for: headers and load commands, the content of each
section at its place, symbols and their strings, the dynamic linker's fixups, the signature's hashes, and zeros everywhere else.
What does not agree is a bug of ours: `InternalError` of stage "verify", naming the section or field.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

from ..diag import InternalError
from .binfile import BinFile, FileSection, FileSegment, FormatError, dyld_fixups, read
from .image import SYMBOL_IMPORT, SYMBOL_TEXT, Image, ImageSymbol, Section, Segment

_ELF_MACHINE: Final = {"amd64": 62, "arm64": 183}
_MACHO_CPU: Final = {"amd64": (0x01000007, 3), "arm64": (0x0100000C, 0)}
_PT_LOAD, _PT_NOTE, _PT_PHDR, _PT_GNU_STACK = 1, 4, 6, 0x6474E551
_SHT_PROGBITS, _SHT_SYMTAB, _SHT_STRTAB, _SHT_NOTE, _SHT_NOBITS = 1, 2, 3, 7, 8
_ELF_IDENT: Final = 0x7F454C46_02010100_00000000_00000000  # 64 bits, little-endian, System V

# Kind, attributes and stub size of the sections that are not plain data.
_MACHO_TEXT: Final = (0, 0x80000400, 0)
_MACHO_STUBS: Final = (8, 0x80000400, 6)
_MACHO_POINTERS: Final = (6, 0, 0)
_MACHO_ZERO: Final = (1, 0, 0)
_MACHO_DATA: Final = (0, 0, 0)
_MACHO_DEBUG: Final = (0, 0x02000000, 0)
# Segments by name: the most that protection may become, what it is at first, flags.
_MACHO_PROTECTION: Final = {
    "__PAGEZERO": (0, 0, 0),
    "__TEXT": (7, 5, 0),
    "__DATA_CONST": (3, 3, 0x10),
    "__DATA": (3, 3, 0),
    "__DWARF": (0, 0, 0),
    "__LINKEDIT": (1, 1, 0),
}


def verify(image: Image, data: bytes) -> BinFile:
    """Check the bytes of a whole file against the image it was written from; return them as they were read."""
    try:
        file = read(data)
        spans = _verify_elf(image, file) if image.goos == "linux" else _verify_macho(image, file)
    except (FormatError, struct.error, StopIteration, UnicodeDecodeError) as error:
        raise InternalError("verify", f"the file that was written cannot be read: {error}") from error
    _verify_zeros(data, spans)
    return file


def _expect(what: str, found: object, wanted: object) -> None:
    """Raise unless `found` is `wanted`."""
    if found != wanted:
        shown = [f"{value:#x}" if isinstance(value, int) else repr(value) for value in (found, wanted)]
        raise InternalError("verify", f"the file has {shown[0]} where the image has {shown[1]}", what)


def _verify_zeros(data: bytes, spans: list[tuple[int, int]]) -> None:
    """Check that spans (offset, size) do not overlap, that the file ends with the last, and that between them all is zero."""
    end = 0
    for offset, size in sorted(span for span in spans if span[1]):
        if offset < end:
            raise InternalError("verify", f"two parts of the file overlap at offset {offset:#x}")
        if data.count(0, end, offset) != offset - end:
            raise InternalError("verify", f"the file has bytes between {end:#x} and {offset:#x} that belong to nothing")
        end = offset + size
    _expect("file size", len(data), end)


def _verify_section(image: Image, data: bytes, segment: Segment, section: Section, found: FileSection) -> None:
    """One section's place and content; the caller checks its name and flags."""
    in_file = section.address < segment.address + segment.file_length
    _expect(f"{section.name} size", found.size, section.size)
    _expect(f"{section.name} presence in the file", found.in_file, in_file)
    if not in_file:
        if image.goos == "darwin":
            _expect(f"{section.name} offset", found.offset, 0)
        return
    _expect(f"{section.name} offset", found.offset, segment.offset + section.address - segment.address)
    with memoryview(data) as view:
        if section.content is not None and view[found.offset : found.offset + found.size] != memoryview(section.content).cast("B"):
            raise InternalError("verify", "the content is not the image's", section.name)


def _verify_elf(image: Image, file: BinFile) -> list[tuple[int, int]]:
    header = file.header
    table = 64 + 56 * len(file.segments)
    wanted_header = {
        "ident": _ELF_IDENT, "type": 2, "machine": _ELF_MACHINE[image.goarch], "version": 1, "entry": image.entry, "phoff": 64,
        "shoff": table, "flags": 0, "ehsize": 64, "phentsize": 56, "phnum": len(file.segments), "shentsize": 64,
        "shnum": len(file.sections), "shstrndx": len(file.sections) - 1,
    }  # fmt: skip
    for field, value in wanted_header.items():
        _expect(f"ELF header field {field}", header[field], value)
    spans = [(0, table + 64 * len(file.sections))]
    spans += [(section.offset, section.size) for section in file.sections if section.in_file]
    _verify_program_headers(image, file)

    number_of: dict[int, int] = {}
    places = {(found.name, found.offset): number for number, found in enumerate(file.sections)}
    count = 0
    for segment in image.segments():
        for section in segment.sections:
            number = places.get((section.name, segment.offset + section.address - segment.address))
            if number is None:
                raise InternalError("verify", "the section is not in the file, or not at its offset", section.name)
            found = file.sections[number]
            debug = segment is image.dwarf
            kind = _SHT_PROGBITS if section.address < segment.address + segment.file_length else _SHT_NOBITS
            flags = 0x800 * section.compressed if debug else 2 | section.rwx >> 1 & 1 | section.rwx << 2 & 4
            _expect_section(found, 0 if debug else section.address, kind, flags, section.align)
            _verify_section(image, file.data, segment, section, found)
            number_of[id(section)] = number
            count += 1
    notes = [found for found in file.sections if found.kind == _SHT_NOTE]
    _expect("section count", len(file.sections), 1 + count + len(notes) + (1 if image.strip else 3))
    _verify_notes(image, file, notes)

    wanted = [
        (_printed(symbol), symbol.address, symbol.size, (0 if local else 16) | (2 if symbol.kind == SYMBOL_TEXT else 1), number)
        for local in (True, False)
        for symbol in image.symbols
        if symbol.local is local and (number := number_of.get(id(symbol.section))) is not None
    ]
    symbols = [(symbol.name, symbol.value, symbol.size, symbol.info, symbol.section) for symbol in file.symbols]
    _verify_symbols(symbols[2:], [] if image.strip else wanted)
    _expect_section(file.sections[-1], 0, _SHT_STRTAB, 0, 1)
    if not image.strip:
        local_count = 2 + sum(symbol.local for symbol in image.symbols)
        _expect_section(file.sections[-3], 0, _SHT_SYMTAB, 0, 8, len(file.sections) - 2, local_count, 24)
        _expect_section(file.sections[-2], 0, _SHT_STRTAB, 0, 1)
        _expect("the first two symbols", symbols[:2], [("", 0, 0, 0, 0), ("go.go", 0, 0, 4, 0xFFF1)])
        _expect("visibility of symbols", {symbol.other for symbol in file.symbols}, {0})
    null = file.sections[0]
    _expect("null section", (null.name, null.offset, null.size), ("", 0, 0))
    _expect_section(null, 0, 0, 0, 0)
    return spans


def _expect_section(
    found: FileSection, address: int, kind: int, flags: int, align: int, link: int = 0, info: int = 0, entry_size: int = 0
) -> None:
    """Check all of an ELF section header but name, offset and size."""
    names = ("address", "kind", "flags", "align", "link", "info", "entry_size")
    for name, value in zip(names, (address, kind, flags, align, link, info, entry_size), strict=True):
        _expect(f"{found.name} {name}", getattr(found, name), value)


def _verify_program_headers(image: Image, file: BinFile) -> None:
    kinds = [segment.kind for segment in file.segments]
    loads = [segment for segment in (image.text, image.rodata, image.data) if segment is not None]
    notes = [_PT_NOTE] if image.build_id or _host_id(image) else []
    _expect("program headers", kinds, [_PT_PHDR, *notes, *[_PT_LOAD] * len(loads), _PT_GNU_STACK])
    for found, segment in zip([found for found in file.segments if found.kind == _PT_LOAD], loads, strict=True):
        head = image.header_size if segment is image.text else 0
        _expect_fields(found, "load segment", (segment.offset - head, segment.address - head, segment.file_length + head))
        _expect_program_header(found, segment.length + head, segment.rwx, image.round)
    first, last = file.segments[0], file.segments[-1]
    _expect_fields(first, "PT_PHDR", (64, image.base + 64, 56 * len(kinds)))
    _expect_program_header(first, 56 * len(kinds), 4, image.round)
    _expect_fields(last, "PT_GNU_STACK", (0, 0, 0))
    _expect_program_header(last, 0, 6, 8)


def _expect_program_header(found: FileSegment, memory_size: int, flags: int, align: int) -> None:
    """Check what `_expect_fields` does not."""
    _expect("physical address", found.physical, found.address)
    for name, value in (("memory_size", memory_size), ("flags", flags), ("align", align)):
        _expect(f"program header {name}", getattr(found, name), value)


def _expect_fields(found: FileSegment, what: str, wanted: tuple[int, int, int]) -> None:
    """Check offset, address and size in the file."""
    for field, value in zip(("offset", "address", "file_size"), wanted, strict=True):
        _expect(f"{what} {field}", getattr(found, field), value)


def _verify_notes(image: Image, file: BinFile, notes: list[FileSection]) -> None:
    """Each note is well-formed and mapped where it says; Go's holds the build id."""
    wanted = {".note.go.buildid"} if image.build_id else set()
    if _host_id(image):
        wanted.add(".note.gnu.build-id")
    _expect("notes", {note.name for note in notes}, wanted)
    for note in notes:
        _expect_section(note, image.base + note.offset, _SHT_NOTE, 2, 4)
        raw = file.content(note)
        owner, size, tag = struct.unpack_from("<III", raw)
        _expect(f"{note.name} size", note.size, 12 + (owner + 3 & ~3) + (size + 3 & ~3))
        value = raw[16 : 16 + size]
        _expect(f"{note.name} padding", raw[16 + size :].strip(b"\0"), b"")
        if note.name == ".note.go.buildid":
            _expect(note.name, (owner, tag, raw[12:16], value), (4, 4, b"Go\0\0", image.build_id.encode()))
        else:
            _expect(note.name, (owner, tag, raw[12:16], value), (4, 3, b"GNU\0", _host_id(image)))
    if notes:
        note = min(notes, key=lambda note: note.offset)
        header = next(segment for segment in file.segments if segment.kind == _PT_NOTE)
        _expect_fields(header, "PT_NOTE", (note.offset, note.address, note.size))
        _expect_program_header(header, note.size, 4, 4)


def _host_id(image: Image) -> bytes:
    """The id for the host that the image asks for: as given, or a hash (cmd/internal/hash inverts the first byte); empty for none."""
    if image.host_id.startswith("0x"):
        return bytes.fromhex(image.host_id[2:])
    source = image.host_id_source or image.build_id
    if image.host_id == "none" or not source:
        return b""
    digest = bytearray(sha256(source.encode()).digest())
    digest[0] ^= 0xFF
    return bytes(digest[:20])


def _printed(symbol: ImageSymbol) -> str:
    """A symbol's name as tools show it, without Mach-O's underscore."""
    return (symbol.name + symbol.abi).replace("·", ".")


def _verify_symbols(found: list[tuple[str, int, int, int, int]], wanted: list[tuple[str, int, int, int, int]]) -> None:
    """Compare entries (name, address, size, type and binding, section number) one by one."""
    _expect("symbol count", len(found), len(wanted))
    for one, two in zip(found, wanted, strict=True):
        if one != two:
            _expect(f"symbol {two[0]}", one, two)


def _verify_macho(image: Image, file: BinFile) -> list[tuple[int, int]]:
    header = file.header
    _expect("CPU", (header["cputype"], header["cpusubtype"]), _MACHO_CPU[image.goarch])
    undefined = any(symbol.section == 0 for symbol in file.symbols)
    flags = 0x200004 * image.pie | (not undefined)
    _expect("file type and flags", (header["filetype"], header["flags"], header["reserved"]), (2, flags, 0))
    commands_end = 32 + header["sizeofcmds"]
    if commands_end > image.header_size:
        raise InternalError("verify", f"the load commands end at {commands_end:#x}, behind the header area")
    _verify_macho_segments(image, file)
    _verify_commands(image, file)

    spans = [(0, commands_end)]
    number_of: dict[int, int] = {}
    for segment in image.segments():
        for section in segment.sections:
            number = len(number_of)
            if number >= len(file.sections):
                raise InternalError("verify", "the section is not in the file", section.name)
            found = file.sections[number]
            _expect(f"{section.name} address", found.address, section.address)
            _expect(f"{section.name} alignment", found.align, section.align)
            _expect(f"{section.name} relocations and reserved fields", (found.relocs, found.entry_size), (0, 0))
            name, wanted = _macho_kind(image, segment, section)
            _expect(f"{section.name} name", found.name, name)
            _expect(f"{section.name} kind, attributes, stub size", (found.kind, found.flags, found.info), wanted)
            _expect(f"{section.name} indirect symbols", found.link, len(image.stub_symbols) if name == "__got" else 0)
            _verify_section(image, file.data, segment, section, found)
            number_of[id(section)] = number + 1
            if found.in_file:
                spans.append((found.offset, found.size))
    _expect("section count", len(file.sections), len(number_of))
    homes = [segment.name for segment in file.segments for _ in range(segment.section_count)]
    _expect("segments of sections", [found.segment for found in file.sections], homes)
    return spans + _verify_linkedit(image, file, number_of)


def _macho_kind(image: Image, segment: Segment, section: Section) -> tuple[str, tuple[int, int, int]]:
    """The name and the kind, attributes and stub size that a section has in the file."""
    if section.name == ".plt":
        return "__symbol_stub1", _MACHO_STUBS
    if section.name == ".got":
        return "__got", _MACHO_POINTERS
    name = "__" + section.name.removeprefix(".").replace(".", "_")[:14]
    if section.name == ".text":
        return name, _MACHO_TEXT
    if segment is image.dwarf:
        return name, _MACHO_DEBUG
    return name, _MACHO_DATA if section.address < segment.address + segment.file_length else _MACHO_ZERO


def _verify_commands(image: Image, file: BinFile) -> None:
    """The load commands that are neither segments nor about `__LINKEDIT`."""
    start = 0x5 if image.goarch == "amd64" else 0x80000028
    signature = [0x1D] if image.goarch == "arm64" else []
    uuid = [] if image.host_id == "none" else [0x1B]
    fixups = [0x80000022] if image.pie else []
    order = [0x32, start, *fixups, 0x2, 0xB, 0xE, *[0xC] * len(image.dylibs), *uuid, *signature]
    _expect("load commands", [number for number, _ in file.commands if number != 0x19], order)
    _expect("entry", file.entry, image.entry)
    libraries = iter(image.dylibs)
    for number, raw in file.commands:
        payload = raw[8:]
        if number == 0x32:  # macOS, from 13.0, SDK 26.2, no tools
            _expect("LC_BUILD_VERSION", struct.unpack("<4I", payload), (1, 13 << 16, 26 << 16 | 2 << 8, 0))
        elif number == 0x80000028:
            _expect("LC_MAIN stack size", payload[8:], bytes(8))
        elif number == 0x5:
            _expect("thread state", struct.unpack_from("<II", payload), (4, 42))
            _expect("registers but the program counter", payload[8:136] + payload[144:], bytes(160))
        elif number == 0xE:
            _expect("dynamic linker", payload, struct.pack("<I", 12) + b"/usr/lib/dyld".ljust(20, b"\0"))
        elif number == 0xC:
            name = next(libraries).encode()
            _expect("library", payload, struct.pack("<4I", 24, 0, 0, 0) + name + bytes(8 - len(name) % 8))
        elif number == 0x1B:
            wanted = _host_id(image)[:16]
            if image.host_id.startswith("0x") and len(wanted) == 16:
                _expect("UUID", payload, wanted)
                continue
            _expect("UUID version", (payload[6] >> 4, payload[8] >> 6), (3, 2))
            if wanted and not image.host_id.startswith("0x"):
                _expect("UUID", payload.hex()[:12] + payload.hex()[13:16], wanted.hex()[:12] + wanted.hex()[13:16])
                _expect("UUID", payload.hex()[17:], wanted.hex()[17:])


def _verify_macho_segments(image: Image, file: BinFile) -> None:
    names = ["__PAGEZERO", "__TEXT"]
    wanted: list[Segment] = []
    for name, segment in (("__DATA_CONST", image.relrodata), ("__DATA", image.data), ("__DWARF", image.dwarf)):
        if segment is not None and segment.sections:
            names.append(name)
            wanted.append(segment)
    _expect("segments", [segment.name for segment in file.segments], [*names, "__LINKEDIT"])
    zero, text, *others, last = file.segments
    for found in file.segments:
        _expect(f"{found.name} protection and flags", (found.maxprot, found.initprot, found.flags), _MACHO_PROTECTION[found.name])
    _expect_fields(zero, "__PAGEZERO", (0, 0, 0))
    _expect("__PAGEZERO size", zero.memory_size, image.base)
    size = -(-(image.header_size + image.text.length) // image.round) * image.round
    _expect_fields(text, "__TEXT", (0, image.base, size))
    end = text.address + text.memory_size
    for found, segment in zip(others, wanted, strict=True):
        _expect_fields(found, found.name, (segment.offset, segment.address, segment.file_length))
        _expect(f"{found.name} memory size", found.memory_size, 0 if segment is image.dwarf else segment.length)
        if found.address < end:
            raise InternalError("verify", "the segment overlaps the one before it in memory", found.name)
        end = found.address + found.memory_size
    _expect("__TEXT memory size", text.memory_size, size)
    _expect("__LINKEDIT address", last.address, -(-(image.data.address + image.data.length) // image.round) * image.round)
    _expect("__LINKEDIT memory size", last.memory_size, last.file_size)


def _verify_linkedit(image: Image, file: BinFile, number_of: dict[int, int]) -> list[tuple[int, int]]:
    """The content of `__LINKEDIT`; returns the parts it consists of."""
    info, symtab, dysymtab = file.command(0x80000022), file.command(0x2), file.command(0xB)
    if (info is None and image.pie) or symtab is None or dysymtab is None:
        raise InternalError("verify", "LC_DYLD_INFO_ONLY, LC_SYMTAB or LC_DYSYMTAB is missing")
    if info is None:
        # As one that has no fixups, which would stand where the symbols do.
        info = bytes(8) + struct.pack("<4I", *[struct.unpack_from("<I", symtab, 8)[0], 0] * 2) + bytes(24)
    rebases, binds = dyld_fixups(file)
    _expect("rebases", rebases, image.rebases)
    ordinals = {name: number for number, name in enumerate(image.dylibs, 1)}
    wanted = [(address, ordinals.get(symbol.dylib, -2), symbol.name) for address, symbol in image.binds]
    _expect("binds", [(address, ordinal, _plain(name)) for address, ordinal, name in binds], wanted)

    keep = [symbol for symbol in image.symbols if symbol.kind == SYMBOL_IMPORT or not image.strip]
    entries = [
        (_printed(symbol), symbol.address, 0, 1 if symbol.kind == SYMBOL_IMPORT else 14, number_of.get(id(symbol.section), 0))
        for symbol in keep
    ]
    found = [(_plain(symbol.name), symbol.value, symbol.size, symbol.info, symbol.section) for symbol in file.symbols]
    _verify_symbols(sorted(found), sorted(entries))
    imports = [entry for entry in found if entry[4] == 0]
    counts = struct.unpack_from("<18I", dysymtab, 8)
    local = len(found) - len(imports)
    _expect("symbol ranges", counts[:6], (0, local, local, 0, local, len(imports)))
    _expect("other tables", (counts[6:12], counts[14:]), ((0,) * 6, (0,) * 4))
    _expect("other dynamic linker data", struct.unpack_from("<6I", info, 24), (0,) * 6)
    _expect("descriptions of symbols", {symbol.other for symbol in file.symbols}, {0})
    keep.sort(key=lambda symbol: (symbol.kind == SYMBOL_IMPORT, symbol.name))
    order = [_without_abi(symbol.name.replace("·", ".")) for symbol in keep]
    if [_without_abi(name) for name, *_ in found] != order:
        raise InternalError("verify", "the symbols are not in order")
    indirect = struct.unpack_from(f"<{counts[13]}I", file.data, counts[12])
    names = [found[index][0] if index < len(found) else "" for index in indirect]
    _expect("indirect symbols", names, [symbol.name for symbol in (*image.stub_symbols, *image.got_symbols)])

    numbers = struct.unpack_from("<4I", info, 8) + struct.unpack_from("<4I", symtab, 8)
    spans = [(numbers[0], numbers[1]), (numbers[2], numbers[3]), (numbers[4], 16 * numbers[5]), (numbers[6], numbers[7])]
    spans.append((counts[12], 4 * counts[13]))
    _expect("start of the strings", file.data[numbers[6] : numbers[6] + 2], b" \0")
    if image.goarch == "arm64":
        spans.append(verify_signature(file))
    linkedit = file.segments[-1]
    _expect("__LINKEDIT offset", linkedit.offset, numbers[0])
    _expect("__LINKEDIT size", linkedit.offset + linkedit.file_size, len(file.data))
    return spans


def _without_abi(name: str) -> str:
    return name.removesuffix(".abi0").removesuffix(".abi1")


def _plain(name: str) -> str:
    """A Mach-O name without the underscore in front and the mark of a 64-bit inode function behind."""
    return name.removeprefix("_").removesuffix("$INODE64")


def verify_signature(file: BinFile) -> tuple[int, int]:
    """Check each page's hash and the limits that the signature states; returns its place in the file."""
    command = file.command(0x1D)
    if command is None:
        raise InternalError("verify", "the file is not signed")
    offset, size = struct.unpack_from("<II", command, 8)
    _expect("end of the signature", offset + size, len(file.data))
    blob = file.data[offset:]
    magic, length, count, slot, start = struct.unpack_from(">5I", blob)
    _expect("signature", (magic, length, count, slot), (0xFADE0CC0, size, 1, 0))
    directory = blob[start:]
    fields = struct.unpack_from(">9I4B", directory)
    hashes, slots, limit, page = fields[4], fields[7], fields[8], 1 << fields[12]
    _expect("code directory", (fields[0], fields[1], fields[9], fields[10]), (0xFADE0C02, size - start, 32, 2))
    _expect("signed bytes", limit, offset)
    _expect("pages", slots, -(-limit // page))
    text = next(segment for segment in file.segments if segment.name == "__TEXT")
    _expect("executable segment", struct.unpack_from(">3Q", directory, 64), (text.offset, text.file_size, 1))
    for number in range(slots):
        digest = sha256(file.data[number * page : min((number + 1) * page, limit)]).digest()
        if digest != directory[hashes + 32 * number : hashes + 32 * number + 32]:
            raise InternalError("verify", f"the hash of page {number} is wrong", "signature")
    return offset, size
