# SPDX-License-Identifier: BSD-3-Clause
"""Write an `Image` as a static ELF executable, through LIEF, byte for byte as stock Go writes it.

LIEF cannot make a file from nothing, and its `Binary.add` chooses addresses itself. So it is given a skeleton to parse that holds only
the right *number* of program and section headers; every field and content is then set through LIEF's setters, and LIEF builds the
file. Nothing that was placed moves (`verify` proves it after each link). Two things are ours: the symbol table and its strings go in
as section contents, with LIEF's own rebuilding of them switched off; and the section names, which LIEF always orders its own way,
are put in stock's order afterwards.

What goes where is in asmbElf, elfSortShdrs, elfWriteShstrtab (cmd/link/internal/ld/elf.go) and genelfsym, putelfsym (symtab.go).
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Any, Final

from ..diag import InternalError
from .image import SYMBOL_IMPORT, SYMBOL_TEXT, Image, Section, Segment

_MACHINE: Final = {"amd64": 62, "arm64": 183}

_HEADER_SIZE: Final = 64
_SEGMENT_SIZE: Final = 56
_SECTION_SIZE: Final = 64
_SYMBOL: Final = struct.Struct("<IBBHQQ")

_PT_LOAD: Final = 1
_PT_NOTE: Final = 4
_PT_PHDR: Final = 6
_PT_GNU_STACK: Final = 0x6474E551
_PF_X, _PF_W, _PF_R = 1, 2, 4

_SHT_PROGBITS: Final = 1
_SHT_SYMTAB: Final = 2
_SHT_STRTAB: Final = 3
_SHT_NOTE: Final = 7
_SHT_NOBITS: Final = 8
_SHF_WRITE, _SHF_ALLOC, _SHF_EXECINSTR, _SHF_COMPRESSED = 1, 2, 4, 0x800

_STT_OBJECT: Final = 1
_STT_FUNC: Final = 2
_STT_FILE: Final = 4
_SHN_ABS: Final = 0xFFF1

_NOTE_GO_BUILD_ID: Final = 4
_NOTE_GNU_BUILD_ID: Final = 3


class _SegmentHeader:
    """A program header to be written."""

    __slots__ = ("address", "align", "file_size", "flags", "kind", "memory_size", "offset")

    def __init__(self, kind: int, flags: int, offset: int, address: int, file_size: int, memory_size: int, align: int) -> None:
        self.kind = kind
        self.flags = flags
        self.offset = offset
        self.address = address
        self.file_size = file_size
        self.memory_size = memory_size
        self.align = align


class _SectionHeader:
    """A section header to be written, with its content; `source` is the section of the image it stands for."""

    __slots__ = ("address", "align", "content", "entry_size", "flags", "info", "kind", "link", "name", "offset", "size", "source")

    def __init__(self, name: str, kind: int, flags: int, address: int, offset: int, size: int, align: int) -> None:
        self.name = name
        self.kind = kind
        self.flags = flags
        self.address = address
        self.offset = offset
        self.size = size
        self.align = align
        self.link = self.info = self.entry_size = 0
        self.content: bytes | bytearray | memoryview = b""
        self.source: Section | None = None


def write_elf(image: Image) -> bytearray:
    """The file for `image`, whole. `InternalError` if the image asks for what a static ELF executable cannot hold."""
    if image.dylibs or image.binds or image.stub_symbols or image.got_symbols or image.relrodata is not None:
        raise InternalError("write ELF", "the image needs a dynamic linker; only static executables at a fixed address are supported")
    notes = _notes(image)
    sections = _image_sections(image) + notes
    sections.sort(key=lambda header: (0, header.address, header.size) if header.flags & _SHF_ALLOC else (1, 0, 0))
    end = (image.dwarf.offset + image.dwarf.file_length + 7) & ~7
    if not image.strip:
        symtab, strtab = _symbol_sections(image, sections, end)
        sections += [symtab, strtab]
        end = strtab.offset + strtab.size
    names, name_offsets = _section_names(sections)
    shstrtab = _SectionHeader(".shstrtab", _SHT_STRTAB, 0, 0, end, len(names), 1)
    shstrtab.content = names
    sections.append(shstrtab)
    segments = _segment_headers(image, notes)

    table = _HEADER_SIZE + _SEGMENT_SIZE * len(segments)
    limit = min((note.offset for note in notes), default=image.header_size)
    if table + _SECTION_SIZE * (len(sections) + 1) > limit:
        raise InternalError("write ELF", f"{len(sections)} section headers do not fit before offset {limit:#x}")
    data = _through_lief(image, segments, sections)
    for index, offset in enumerate(name_offsets, 1):
        struct.pack_into("<I", data, table + _SECTION_SIZE * index, offset)
    data[shstrtab.offset : shstrtab.offset + shstrtab.size] = names
    return data


def _segment_headers(image: Image, notes: list[_SectionHeader]) -> list[_SegmentHeader]:
    """The program headers, in stock's order."""
    stack = _SegmentHeader(_PT_GNU_STACK, _PF_R | _PF_W, 0, 0, 0, 0, 8)
    loads = [_load(image, segment) for segment in (image.text, image.rodata, image.data) if segment is not None]
    headers = [_SegmentHeader(_PT_PHDR, _PF_R, _HEADER_SIZE, image.base + _HEADER_SIZE, 0, 0, image.round)]
    if notes:
        # Stock fills the one PT_NOTE in for each note, so it is left describing the last.
        last = notes[-1]
        headers.append(_SegmentHeader(_PT_NOTE, _PF_R, last.offset, last.address, last.size, last.size, last.align))
    headers += [*loads, stack]
    headers[0].file_size = headers[0].memory_size = _SEGMENT_SIZE * len(headers)
    return headers


def _load(image: Image, segment: Segment) -> _SegmentHeader:
    """PT_LOAD for `segment`, extended down to a page boundary; the text segment takes the file's headers in."""
    extra = image.header_size if segment is image.text else segment.address % image.round
    return _SegmentHeader(
        _PT_LOAD,
        segment.rwx,  # the bits are ELF's own
        segment.offset - extra,
        segment.address - extra,
        segment.file_length + extra,
        segment.length + extra,
        image.round,
    )


def _image_sections(image: Image) -> list[_SectionHeader]:
    """Headers for the sections of the image, in its order."""
    headers = []
    for segment in image.segments():
        debug = segment is image.dwarf
        for section in segment.sections:
            flags = _SHF_ALLOC
            if section.rwx & 1:
                flags |= _SHF_EXECINSTR
            if section.rwx & 2:
                flags |= _SHF_WRITE
            if debug:
                flags = _SHF_COMPRESSED if section.compressed else 0
            kind = _SHT_PROGBITS if section.address < segment.address + segment.file_length else _SHT_NOBITS
            offset = segment.offset + section.address - segment.address
            header = _SectionHeader(section.name, kind, flags, 0 if debug else section.address, offset, section.size, section.align)
            header.source = section
            if section.content is not None:
                if len(section.content) != section.size or (kind == _SHT_NOBITS and section.size):
                    raise InternalError("write ELF", f"{len(section.content)} bytes given for {section.size} in the file", section.name)
                header.content = section.content
            elif kind == _SHT_PROGBITS and section.size:
                raise InternalError("write ELF", "no content for a section in the file", section.name)
            headers.append(header)
    return headers


def _notes(image: Image) -> list[_SectionHeader]:
    """The notes of the host's id and of Go's build id, downwards from the end of the header area; each only if there is such an id."""
    notes: list[_SectionHeader] = []
    end = image.header_size
    for name, owner, tag, value in (
        (".note.gnu.build-id", b"GNU\0", _NOTE_GNU_BUILD_ID, _gnu_build_id(image)),
        (".note.go.buildid", b"Go\0\0", _NOTE_GO_BUILD_ID, image.build_id.encode()),
    ):
        if not value:
            continue
        content = struct.pack("<III", len(owner), len(value), tag) + owner + value + bytes(-len(value) % 4)
        end -= len(content)
        note = _SectionHeader(name, _SHT_NOTE, _SHF_ALLOC, image.base + end, end, len(content), 4)
        note.content = content
        notes.append(note)
    return notes


def _gnu_build_id(image: Image) -> bytes:
    """What NT_GNU_BUILD_ID holds (addbuildinfo in elf.go; the inverted byte is from cmd/internal/hash); empty for no note."""
    if image.host_id.startswith("0x"):
        return bytes.fromhex(image.host_id[2:])
    source = image.host_id_source or image.build_id
    if image.host_id == "none" or not source:
        return b""
    digest = sha256(source.encode()).digest()
    return bytes((digest[0] ^ 0xFF,)) + digest[1:20]


def _symbol_sections(image: Image, sections: list[_SectionHeader], offset: int) -> tuple[_SectionHeader, _SectionHeader]:
    """`.symtab` at `offset` and `.strtab` behind it: all local symbols, then all global ones, each in the image's order."""
    index_of = {id(header.source): index for index, header in enumerate(sections, 1) if header.source is not None}
    strings = bytearray(b"\0go.go\0")
    table = bytearray(_SYMBOL.size) + _SYMBOL.pack(1, _STT_FILE, 0, _SHN_ABS, 0, 0)
    first_global = 0
    pack = _SYMBOL.pack
    for binding, local in ((0, True), (0x10, False)):
        if not local:
            first_global = len(table) // _SYMBOL.size
        for symbol in image.symbols:
            if symbol.local is not local:
                continue
            index = index_of.get(id(symbol.section))
            if index is None or symbol.kind == SYMBOL_IMPORT:
                raise InternalError("write ELF", "a symbol of a static program needs a section of the image", symbol.name)
            info = binding | (_STT_FUNC if symbol.kind == SYMBOL_TEXT else _STT_OBJECT)
            table += pack(len(strings), info, 0, index, symbol.address, symbol.size)
            strings += (symbol.name + symbol.abi).replace("·", ".").encode("utf-8", "surrogateescape")
            strings.append(0)
    symtab = _SectionHeader(".symtab", _SHT_SYMTAB, 0, 0, offset, len(table), 8)
    symtab.content = table
    symtab.link = len(sections) + 2  # .strtab, which follows
    symtab.info = first_global
    symtab.entry_size = _SYMBOL.size
    strtab = _SectionHeader(".strtab", _SHT_STRTAB, 0, 0, offset + len(table), len(strings), 1)
    strtab.content = strings
    return symtab, strtab


def _section_names(sections: list[_SectionHeader]) -> tuple[bytes, list[int]]:
    """The content of `.shstrtab` and where in it the name of each section, and its own as the last, begins."""
    names = bytearray(1)
    offsets = []
    seen: dict[str, int] = {}
    for name in [*(header.name for header in sections), ".shstrtab"]:
        if name not in seen:
            seen[name] = len(names)
            names += name.encode() + b"\0"
        offsets.append(seen[name])
    return bytes(names), offsets


def _skeleton(machine: int, segments: int, sections: int) -> bytes:
    """An ELF file of so many empty headers. Each placeholder has a byte of its own: LIEF tells contents apart by offset and size."""
    table = _HEADER_SIZE + _SEGMENT_SIZE * segments
    end = table + _SECTION_SIZE * (sections + 1)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, 0, _HEADER_SIZE, table, 0,
        _HEADER_SIZE, _SEGMENT_SIZE, segments, _SECTION_SIZE, sections + 1, sections,
    )  # fmt: skip
    placeholders = b"".join(
        struct.pack("<IIQQQQIIQQ", 0, _SHT_STRTAB if index == sections - 1 else _SHT_PROGBITS, 0, 0, end + index, 1, 0, 0, 1, 0)
        for index in range(sections)
    )
    return header + bytes(_SEGMENT_SIZE * segments) + bytes(_SECTION_SIZE) + placeholders + bytes(sections)


def _through_lief(image: Image, segments: list[_SegmentHeader], sections: list[_SectionHeader]) -> bytearray:
    """Have LIEF build the file from finished headers and contents."""
    import lief  # 0.3 to 0.5 s and 50 MB: only for those who write

    elf: Any = lief.ELF
    binary = elf.parse(_skeleton(_MACHINE[image.goarch], len(segments), len(sections)))
    if binary is None:
        raise InternalError("write ELF", "LIEF does not parse the skeleton")
    binary.header.entrypoint = image.entry
    for target, segment in zip(binary.segments, segments, strict=True):
        target.type = elf.Segment.TYPE.from_value(segment.kind)
        target.raw_flags = segment.flags
        target.file_offset = segment.offset
        target.virtual_address = target.physical_address = segment.address
        target.physical_size = segment.file_size
        target.virtual_size = segment.memory_size
        target.alignment = segment.align
    # The null section must not be touched: LIEF aborts the process.
    for target, section in zip(list(binary.sections)[1:], sections, strict=True):
        target.name = section.name
        target.type = elf.Section.TYPE.from_value(section.kind)
        target.flags = section.flags
        target.virtual_address = section.address
        target.file_offset = section.offset
        target.size = section.size
        target.link = section.link
        target.information = section.info
        target.alignment = section.align
        target.entry_size = section.entry_size
        if section.kind != _SHT_NOBITS and section.size:
            target.content = memoryview(section.content)
    config = elf.Builder.config_t()
    config.static_symtab = False  # .symtab and .strtab are contents like any other
    return bytearray(binary.write_to_bytes(config))
