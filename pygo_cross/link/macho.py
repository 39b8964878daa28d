# SPDX-License-Identifier: BSD-3-Clause
"""Write an `Image` as a Mach-O executable for macOS, through LIEF, byte for byte as stock Go's internal linker writes it.

As with ELF, LIEF parses a skeleton that holds each load command with its size and nothing else, every field is then set through LIEF's
setters, and LIEF builds the file with its own encoding of `__LINKEDIT` switched off (it would round and reorder). That segment's bytes
are ours: rebase and bind opcodes, symbols, indirect symbols, strings and, on arm64, the signature, which is made of the
file with a signature of zeros and then set in a second pass.

What goes where is in asmbMacho, machoshbits, machowrite, machosymorder, machosymtab, machoDyldInfo and doMachoLink
(cmd/link/internal/ld/macho.go).
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Any, Final

from ..diag import InternalError
from ..obj.leb import uleb
from .gosort import sort_permutation
from .image import SYMBOL_IMPORT, SYMBOL_TEXT, Image, ImageSymbol, Section, Segment
from .sign import sign, signature_size

_CPU: Final = {"amd64": (0x01000007, 3), "arm64": (0x0100000C, 0)}
_MH_MAGIC_64: Final = 0xFEEDFACF
_MH_EXECUTE: Final = 2
_MH_NOUNDEFS, _MH_DYLDLINK, _MH_PIE = 0x1, 0x4, 0x200000

_LC_SYMTAB: Final = 0x2
_LC_UNIXTHREAD: Final = 0x5
_LC_DYSYMTAB: Final = 0xB
_LC_LOAD_DYLIB: Final = 0xC
_LC_LOAD_DYLINKER: Final = 0xE
_LC_SEGMENT_64: Final = 0x19
_LC_UUID: Final = 0x1B
_LC_CODE_SIGNATURE: Final = 0x1D
_LC_BUILD_VERSION: Final = 0x32
_LC_DYLD_INFO_ONLY: Final = 0x80000022
_LC_MAIN: Final = 0x80000028

_S_ZEROFILL: Final = 0x1
_S_NON_LAZY_SYMBOL_POINTERS: Final = 0x6
_S_SYMBOL_STUBS: Final = 0x8
_S_ATTR_PURE_INSTRUCTIONS: Final = 0x80000000
_S_ATTR_DEBUG: Final = 0x02000000
_S_ATTR_SOME_INSTRUCTIONS: Final = 0x00000400
_SG_READ_ONLY: Final = 0x10
_STUB_SIZE: Final = 6  # of amd64; stock says so on arm64 too

_X86_THREAD_STATE64: Final = 4
_X86_THREAD_STATE64_WORDS: Final = 42
_RIP_WORD: Final = 32

_DYLINKER: Final = "/usr/lib/dyld"
_LIBSYSTEM: Final = "/usr/lib/libSystem.B.dylib"
_MIN_OS: Final = [13, 0, 0]
_SDK: Final = [26, 2, 0]
# Functions whose 64-bit inode form has a name of its own on amd64 (collectmachosyms).
_INODE64: Final = frozenset(("fdopendir", "readdir_r", "getfsstat"))

_N_SECT: Final = 0x0E
_N_EXT: Final = 0x01
_SYMBOL: Final = struct.Struct("<IBBHQ")
_NO_SYMBOL: Final = 0xFFFFFFFF

_REBASE_SET_TYPE_POINTER: Final = 0x11
_REBASE_SET_SEGMENT: Final = 0x20
_REBASE_ONCE: Final = 0x51
_BIND_SET_TYPE_POINTER: Final = 0x51
_BIND_SET_SEGMENT: Final = 0x70
_BIND_SET_ORDINAL: Final = 0x10
_BIND_SET_ORDINAL_ULEB: Final = 0x20
_BIND_FLAT_LOOKUP: Final = 0x30 | -2 & 15
_BIND_SET_SYMBOL: Final = 0x40
_BIND_ONCE: Final = 0x90


class _SegmentCommand:
    """An LC_SEGMENT_64 to be written; `content` is that of the whole segment."""

    __slots__ = ("address", "content", "file_size", "flags", "initprot", "maxprot", "memory_size", "name", "offset", "sections")

    def __init__(
        self, name: str, address: int, memory_size: int, offset: int, file_size: int, maxprot: int, initprot: int, flags: int = 0
    ) -> None:
        self.name = name
        self.address = address
        self.memory_size = memory_size
        self.offset = offset
        self.file_size = file_size
        self.maxprot = maxprot
        self.initprot = initprot
        self.flags = flags
        self.sections: list[_SectionHeader] = []
        self.content: bytes | bytearray = b""


class _SectionHeader:
    """A section header to be written. `align` is a power of two's exponent."""

    __slots__ = ("address", "align", "flags", "kind", "name", "offset", "reserved1", "reserved2", "size")

    def __init__(self, name: str, section: Section, offset: int) -> None:
        self.name = name
        self.address = section.address
        self.size = section.size
        self.offset = offset
        self.align = (section.align - 1).bit_length()
        self.kind = self.flags = self.reserved1 = self.reserved2 = 0


class _LinkEdit:
    """The content of `__LINKEDIT` before the signature, and the sizes of its parts in file order."""

    __slots__ = ("binds", "content", "import_count", "indirect_count", "indirect_offset", "rebases", "strings_offset", "symbol_count")

    def __init__(self) -> None:
        self.content = b""
        self.rebases = self.binds = self.strings_offset = self.indirect_offset = 0
        self.symbol_count = self.import_count = self.indirect_count = 0


def write_macho(image: Image) -> bytearray:
    """The file for `image`, whole and, on arm64, signed."""
    segments = _segment_commands(image)
    linkedit = _linkedit(image, segments)
    last = segments[-1]
    signed = image.goarch == "arm64"
    code_size = last.offset + len(linkedit.content)
    size = len(linkedit.content) + (signature_size(code_size) if signed else 0)
    last.memory_size = last.file_size = size
    last.content = linkedit.content + bytes(size - len(linkedit.content))

    from_start = struct.Struct("<II")
    commands: list[tuple[int, bytes]] = [(_LC_BUILD_VERSION, bytes(16))]
    if image.goarch == "amd64":
        commands.append((_LC_UNIXTHREAD, from_start.pack(_X86_THREAD_STATE64, _X86_THREAD_STATE64_WORDS) + bytes(168)))
    else:
        commands.append((_LC_MAIN, bytes(16)))
    info, table = last.offset, last.offset + linkedit.rebases + linkedit.binds
    local_count = linkedit.symbol_count - linkedit.import_count
    strings = linkedit.strings_offset
    if image.pie:
        fixups = struct.pack("<10I", info, linkedit.rebases, info + linkedit.rebases, linkedit.binds, 0, 0, 0, 0, 0, 0)
        commands.append((_LC_DYLD_INFO_ONLY, fixups))
    commands += [
        (_LC_SYMTAB, struct.pack("<4I", table, linkedit.symbol_count, info + strings, len(linkedit.content) - strings)),
        (
            _LC_DYSYMTAB,
            struct.pack("<6I", 0, local_count, local_count, 0, local_count, linkedit.import_count)
            + bytes(24)
            + struct.pack("<2I", info + linkedit.indirect_offset, linkedit.indirect_count)
            + bytes(16),
        ),
        (_LC_LOAD_DYLINKER, _path_command(12, _DYLINKER)),
        *((_LC_LOAD_DYLIB, _path_command(24, name)) for name in image.dylibs),
    ]
    if image.host_id != "none":
        commands.append((_LC_UUID, bytes(16)))
    if signed:
        commands.append((_LC_CODE_SIGNATURE, from_start.pack(code_size, size - len(linkedit.content))))

    flags = (_MH_PIE | _MH_DYLDLINK if image.pie else 0) | (0 if linkedit.import_count else _MH_NOUNDEFS)
    skeleton = _skeleton(image, segments, commands, flags)
    if len(skeleton) > image.header_size:
        raise InternalError("write Mach-O", f"load commands of {len(skeleton)} bytes do not fit into {image.header_size}")
    return _through_lief(image, skeleton, segments, commands, linkedit, signed)


def _path_command(offset: int, path: str) -> bytes:
    """The payload of a command that names a file, the name `offset` bytes from the command's start and padded to 8."""
    raw = path.encode()
    return struct.pack("<I", offset) + bytes(offset - 12) + raw + bytes(8 - (offset + len(raw)) % 8)


def _segment_commands(image: Image) -> list[_SegmentCommand]:
    """The segments with their sections and contents; `__LINKEDIT`, last, still empty."""
    step = image.round
    text_size = _round_up(image.header_size + image.text.length, step)
    zero = _SegmentCommand("__PAGEZERO", 0, image.base, 0, 0, 0, 0)
    text = _SegmentCommand("__TEXT", image.base, text_size, 0, text_size, 7, 5)
    commands = [zero, text]
    _add_sections(image, text, image.text)
    end = text_size
    if image.rodata is not None:
        raise InternalError("write Mach-O", "read-only data belongs into the text or the relrodata segment")
    if image.relrodata is not None and image.relrodata.length:
        commands.append(_plain_segment("__DATA_CONST", image.relrodata, 3, _SG_READ_ONLY))
        _add_sections(image, commands[-1], image.relrodata)
        end += _round_up(image.relrodata.file_length, step)
    commands.append(_plain_segment("__DATA", image.data, 3))
    _add_sections(image, commands[-1], image.data)
    end += _round_up(image.data.file_length, step)
    if image.dwarf.sections:
        commands.append(_plain_segment("__DWARF", image.dwarf, 0))
        commands[-1].memory_size = 0
        _add_sections(image, commands[-1], image.dwarf)
        end += _round_up(image.dwarf.file_length, step)
    address = _round_up(image.data.address + image.data.length, step)
    commands.append(_SegmentCommand("__LINKEDIT", address, 0, end, 0, 1, 1))
    return commands


def _plain_segment(name: str, segment: Segment, protection: int, flags: int = 0) -> _SegmentCommand:
    return _SegmentCommand(name, segment.address, segment.length, segment.offset, segment.file_length, protection, protection, flags)


def _round_up(value: int, to: int) -> int:
    return -(-value // to) * to


def _add_sections(image: Image, command: _SegmentCommand, segment: Segment) -> None:
    """Give `command` the headers and contents of the sections of `segment`."""
    content = bytearray(command.file_size)
    for section in segment.sections:
        in_file = section.address < segment.address + segment.file_length
        offset = segment.offset + section.address - segment.address
        header = _SectionHeader(("__" + section.name[1:].replace(".", "_"))[:16], section, offset if in_file else 0)
        if not in_file:
            header.kind = _S_ZEROFILL
        if section.rwx & 1:
            header.flags |= _S_ATTR_SOME_INSTRUCTIONS
        if section.name == ".text":
            header.flags |= _S_ATTR_PURE_INSTRUCTIONS
        elif section.name == ".plt":
            header.name = "__symbol_stub1"
            header.kind = _S_SYMBOL_STUBS
            header.flags = _S_ATTR_PURE_INSTRUCTIONS | _S_ATTR_SOME_INSTRUCTIONS
            header.reserved2 = _STUB_SIZE
        elif section.name == ".got":
            header.kind = _S_NON_LAZY_SYMBOL_POINTERS
            header.reserved1 = len(image.stub_symbols)  # where its entries begin in the indirect symbol table
        if segment is image.dwarf:
            header.flags |= _S_ATTR_DEBUG
        command.sections.append(header)
        if section.content is not None:
            if len(section.content) != section.size or (not in_file and section.size):
                raise InternalError("write Mach-O", f"{len(section.content)} bytes given for {section.size} in the file", section.name)
            content[offset - command.offset : offset - command.offset + section.size] = section.content
        elif in_file and section.size:
            raise InternalError("write Mach-O", "no content for a section in the file", section.name)
    if len(content) != command.file_size:
        raise InternalError("write Mach-O", "sections reach over the segment's end", command.name)
    command.content = content


def _external_name(image: Image, symbol: ImageSymbol) -> str:
    """The name of `symbol` outside, without the leading underscore."""
    if symbol.kind == SYMBOL_IMPORT and image.goarch == "amd64" and symbol.dylib == _LIBSYSTEM and symbol.name in _INODE64:
        return symbol.name + "$INODE64"
    return symbol.name


def _table_symbols(image: Image) -> list[ImageSymbol]:
    """The symbols that go into the table, in its order: those defined here by name, then the imports by name.

    The order of equal names (a function's two ABIs) is what stock's unstable sort makes of it, so the same sort is needed and the same
    order before it: both text markers first, then functions, data and imports as they come.
    """
    symbols = image.symbols
    if image.strip:
        symbols = [symbol for symbol in symbols if symbol.kind == SYMBOL_IMPORT]
    else:
        marker = next((symbol for symbol in symbols if symbol.kind == SYMBOL_TEXT and symbol.name == "runtime.etext"), None)
        if marker is not None and symbols[0] is not marker:
            symbols = [symbols[0], marker, *(symbol for symbol in symbols[1:] if symbol is not marker)]
    keys = [(symbol.kind == SYMBOL_IMPORT, _external_name(image, symbol)) for symbol in symbols]
    return [symbols[index] for index in sort_permutation(keys)]


def _linkedit(image: Image, segments: list[_SegmentCommand]) -> _LinkEdit:
    """Make the content of `__LINKEDIT` up to the signature: rebases, binds, symbols, indirect symbols, strings."""
    result = _LinkEdit()
    symbols = _table_symbols(image)
    number_of: dict[int, int] = {}
    for segment in (image.text, image.relrodata, image.data, image.dwarf):
        for section in segment.sections if segment is not None else ():
            number_of[id(section)] = len(number_of) + 1
    index_of: dict[int, int] = {}
    strings = bytearray(b" \0")  # the linker of old wants it to begin so
    table = bytearray()
    pack = _SYMBOL.pack
    for symbol in symbols:
        index_of[id(symbol)] = len(index_of)
        name = _external_name(image, symbol).replace("·", ".") + symbol.abi
        if symbol.kind == SYMBOL_IMPORT:
            table += pack(len(strings), _N_EXT, 0, 0, 0)
            result.import_count += 1
        else:
            number = number_of.get(id(symbol.section))
            if number is None:
                raise InternalError("write Mach-O", "a symbol that is defined needs a section of the image", symbol.name)
            table += pack(len(strings), _N_SECT, number, 0, symbol.address)
        strings += b"_" + name.encode("utf-8", "surrogateescape") + b"\0"
    indirect = [index_of.get(id(symbol), _NO_SYMBOL) for symbol in (*image.stub_symbols, *image.got_symbols)]

    rebases = bytearray((_REBASE_SET_TYPE_POINTER,))
    places = _Places(segments)
    for address in image.rebases:
        number, offset = places.find(address)
        rebases.append(_REBASE_SET_SEGMENT | number)
        rebases += uleb(offset)
        rebases.append(_REBASE_ONCE)
    rebases += bytes(8 - len(rebases) % 8)  # the end marker is a zero too
    binds = bytearray((_BIND_SET_TYPE_POINTER,))
    for address, symbol in image.binds:
        number, offset = places.find(address)
        binds.append(_BIND_SET_SEGMENT | number)
        binds += uleb(offset)
        binds += _ordinal(image, symbol)
        binds.append(_BIND_SET_SYMBOL)
        binds += b"_" + _external_name(image, symbol).encode() + b"\0"
        binds.append(_BIND_ONCE)
    binds += bytes(16 - len(binds) % 16)

    if not image.pie:
        if image.rebases or image.binds:
            raise InternalError("write Mach-O", "a program that is not moved has fixups")
        rebases.clear()
        binds.clear()
    result.rebases, result.binds = len(rebases), len(binds)
    result.symbol_count, result.indirect_count = len(symbols), len(indirect)
    result.indirect_offset = len(rebases) + len(binds) + len(table)
    content = bytes(rebases + binds + table) + struct.pack(f"<{len(indirect)}I", *indirect)
    result.strings_offset = len(content)
    content += strings
    result.content = content + bytes(-len(content) % 16)
    return result


class _Places:
    """Finds the segment of an address. Numbers count all segment commands, `__PAGEZERO` being 0."""

    __slots__ = ("ranges",)

    def __init__(self, segments: list[_SegmentCommand]) -> None:
        self.ranges = [
            (segment.address, segment.address + segment.file_size, number, segment.name)
            for number, segment in enumerate(segments)
            if segment.name in ("__TEXT", "__DATA_CONST", "__DATA")
        ]

    def find(self, address: int) -> tuple[int, int]:
        """Segment number and offset in it; stock counts from the first byte after the headers for text, where no pointer may be."""
        for start, end, number, name in self.ranges:
            if start <= address < end and name != "__TEXT":
                return number, address - start
        raise InternalError("write Mach-O", f"the dynamic linker is to set a pointer at {address:#x}, which is not in the file's data")


def _ordinal(image: Image, symbol: ImageSymbol) -> bytes:
    """The opcode that names the library of `symbol`; for one of none that is loaded, the search through all."""
    if symbol.dylib not in image.dylibs:
        return bytes((_BIND_FLAT_LOOKUP,))
    number = image.dylibs.index(symbol.dylib) + 1
    return bytes((_BIND_SET_ORDINAL | number,)) if number < 16 else bytes((_BIND_SET_ORDINAL_ULEB,)) + uleb(number)


def _uuid(image: Image, segments: list[_SegmentCommand], linkedit: _LinkEdit) -> list[int]:
    """LC_UUID (addbuildinfo and asmbMacho): from the -B flag, the build id or else the file before its headers are written."""
    chosen = bytes.fromhex(image.host_id[2:]) if image.host_id.startswith("0x") else b""
    if len(chosen) >= 16:
        return list(chosen[:16])
    source = "" if image.host_id.startswith("0x") else image.host_id_source or image.build_id
    if source:
        digest = sha256(source.encode())
    else:
        digest = sha256(bytes(image.header_size))
        end = image.header_size
        for segment in segments[1:]:
            content = linkedit.content if segment.name == "__LINKEDIT" else segment.content
            digest.update(bytes(max(0, segment.offset - end)))
            digest.update(memoryview(content)[max(0, end - segment.offset) :])
            end = segment.offset + len(content)
    raw = bytearray(digest.digest()[:16])
    raw[0] ^= 0xFF  # cmd/internal/hash inverts it
    raw[6] = raw[6] & 0x0F | 0x30  # version 3, variant 1: from a hash (uuidFromHash)
    raw[8] = raw[8] & 0x3F | 0x80
    return list(raw)


def _skeleton(image: Image, segments: list[_SegmentCommand], commands: list[tuple[int, bytes]], flags: int) -> bytes:
    """Header and load commands with their numbers, sizes, counts and string offsets; placeholder names, nothing else."""
    parts = []
    for segment in segments:
        size = 72 + 80 * len(segment.sections)
        parts.append(struct.pack("<II16s40xII", _LC_SEGMENT_64, size, b"__SEGMENT", len(segment.sections), 0))
        parts += [struct.pack("<16s16s48x", b"__s%d" % index, b"__SEGMENT") for index in range(len(segment.sections))]
    for number, payload in commands:
        if number in (_LC_UNIXTHREAD, _LC_LOAD_DYLINKER, _LC_LOAD_DYLIB):
            # LIEF wants to find the string or the thread state where the command says it is.
            parts.append(struct.pack("<II", number, 8 + len(payload)) + payload)
        else:
            parts.append(struct.pack("<II", number, 8 + len(payload)) + bytes(len(payload)))
    raw = b"".join(parts)
    cpu, subtype = _CPU[image.goarch]
    return struct.pack("<8I", _MH_MAGIC_64, cpu, subtype, _MH_EXECUTE, len(segments) + len(commands), len(raw), flags, 0) + raw


def _through_lief(
    image: Image,
    skeleton: bytes,
    segments: list[_SegmentCommand],
    commands: list[tuple[int, bytes]],
    linkedit: _LinkEdit,
    signed: bool,
) -> bytearray:
    """Have LIEF build the file from finished commands and contents, and sign it."""
    import lief  # 0.3 to 0.5 s and 50 MB: only for those who write

    macho: Any = lief.MachO
    with lief.logging.level_scope(lief.logging.LEVEL.OFF):  # it misses segments and strings, which are not there yet
        fat = macho.parse(list(skeleton))
    binary = fat.take(macho.Header.CPU_TYPE.from_value(_CPU[image.goarch][0])) if fat is not None else None
    if binary is None:
        raise InternalError("write Mach-O", "LIEF does not parse the skeleton")
    targets = list(binary.commands)
    if len(targets) != len(segments) + len(commands):
        raise InternalError("write Mach-O", f"LIEF sees {len(targets)} load commands of {len(segments) + len(commands)}")
    for target, segment in zip(targets, segments, strict=False):
        _set_segment(macho, target, segment)
    libraries = iter(image.dylibs)
    for target, (number, payload) in zip(targets[len(segments) :], commands, strict=True):
        if number == _LC_BUILD_VERSION:
            target.platform = macho.BuildVersion.PLATFORMS.MACOS
            target.minos = _MIN_OS
            target.sdk = _SDK
        elif number == _LC_MAIN:
            target.entrypoint = image.entry - image.base
            target.stack_size = 0
        elif number == _LC_UNIXTHREAD:
            state = bytearray(4 * _X86_THREAD_STATE64_WORDS)
            struct.pack_into("<Q", state, 4 * _RIP_WORD, image.entry)
            target.state = list(state)
        elif number == _LC_LOAD_DYLINKER:
            target.name = _DYLINKER
        elif number == _LC_LOAD_DYLIB:
            target.name = next(libraries)
            target.timestamp = 0
            target.current_version = target.compatibility_version = [0, 0, 0]
        elif number == _LC_UUID:
            target.uuid = _uuid(image, segments, linkedit)
        else:
            target.data = list(struct.pack("<II", number, 8 + len(payload)) + payload)
    config = macho.Builder.config_t()
    config.linkedit = False
    data = bytearray(binary.write_to_bytes(config))
    if signed:
        last = segments[-1]
        end = last.offset + len(linkedit.content)
        signature = sign(memoryview(data)[:end], 0, segments[1].file_size)
        targets[len(segments) - 1].content = memoryview(linkedit.content + signature)
        data = bytearray(binary.write_to_bytes(config))
    return data


def _set_segment(macho: Any, target: Any, segment: _SegmentCommand) -> None:
    """Set LIEF's segment command `target` and its sections."""
    target.name = segment.name
    target.virtual_address = segment.address
    target.virtual_size = segment.memory_size
    target.file_offset = segment.offset
    target.file_size = segment.file_size
    target.max_protection = segment.maxprot
    target.init_protection = segment.initprot
    target.flags = segment.flags
    if segment.file_size:
        target.content = memoryview(segment.content)
    for field, section in zip(target.sections, segment.sections, strict=True):
        field.name = section.name
        field.segment_name = segment.name
        field.virtual_address = section.address
        field.size = section.size
        field.offset = section.offset
        field.alignment = section.align
        field.flags = section.flags  # LIEF keeps the type apart
        field.type = macho.Section.TYPE.from_value(section.kind)
        field.reserved1 = section.reserved1
        field.reserved2 = section.reserved2
