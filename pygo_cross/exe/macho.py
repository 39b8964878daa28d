# SPDX-License-Identifier: BSD-3-Clause
"""Reads Mach-O files of either width and byte order: header, load commands, segments, sections, and where `__LINKEDIT` has what.

Every load command is kept with its bytes; those that a program for macOS may have are taken apart. A `Fault` is told where a command
does not hold what it must, so that nothing below it can be read; whether the numbers make a program that runs is for others to judge.

Format: xnu, EXTERNAL_HEADERS/mach-o/loader.h and nlist.h.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.exe.view import Fault, FormatError, View, text

# The magic as it stands in the file: width and byte order.
MAGICS: Final = {
    b"\xcf\xfa\xed\xfe": (64, True), b"\xce\xfa\xed\xfe": (32, True), b"\xfe\xed\xfa\xcf": (64, False), b"\xfe\xed\xfa\xce": (32, False),
}  # fmt: skip

CPU_X86, CPU_X86_64, CPU_ARM, CPU_ARM64, CPU_ARM64_32 = 7, 0x01000007, 12, 0x0100000C, 0x0200000C
CPU_SUBTYPE_MASK: Final = 0x00FFFFFF  # the high byte holds capabilities
ARCH_NAMES: Final = {CPU_X86: "386", CPU_X86_64: "amd64", CPU_ARM: "arm", CPU_ARM64: "arm64", CPU_ARM64_32: "arm64_32"}

MH_OBJECT, MH_EXECUTE, MH_CORE, MH_DYLIB, MH_DYLINKER, MH_BUNDLE, MH_DSYM = 1, 2, 4, 6, 7, 8, 10
FILE_TYPES: Final = {
    1: "object", 2: "executable", 4: "core", 6: "dylib", 7: "dynamic linker", 8: "bundle", 9: "dylib stub", 10: "dSYM", 11: "kext",
}  # fmt: skip

MH_NOUNDEFS, MH_DYLDLINK, MH_TWOLEVEL = 0x1, 0x4, 0x80
MH_ALLOW_STACK_EXECUTION, MH_PIE = 0x20000, 0x200000
FLAG_NAMES: Final = {
    0x1: "NOUNDEFS", 0x2: "INCRLINK", 0x4: "DYLDLINK", 0x8: "BINDATLOAD", 0x10: "PREBOUND", 0x20: "SPLIT_SEGS", 0x40: "LAZY_INIT",
    0x80: "TWOLEVEL", 0x100: "FORCE_FLAT", 0x200: "NOMULTIDEFS", 0x400: "NOFIXPREBINDING", 0x800: "PREBINDABLE",
    0x1000: "ALLMODSBOUND", 0x2000: "SUBSECTIONS_VIA_SYMBOLS", 0x4000: "CANONICAL", 0x8000: "WEAK_DEFINES", 0x10000: "BINDS_TO_WEAK",
    0x20000: "ALLOW_STACK_EXECUTION", 0x40000: "ROOT_SAFE", 0x80000: "SETUID_SAFE", 0x100000: "NO_REEXPORTED_DYLIBS", 0x200000: "PIE",
    0x400000: "DEAD_STRIPPABLE_DYLIB", 0x800000: "HAS_TLV_DESCRIPTORS", 0x1000000: "NO_HEAP_EXECUTION", 0x2000000: "APP_EXTENSION_SAFE",
    0x4000000: "NLIST_OUTOFSYNC_WITH_DYLDINFO", 0x8000000: "SIM_SUPPORT", 0x10000000: "IMPLICIT_PAGEZERO", 0x80000000: "DYLIB_IN_CACHE",
}  # fmt: skip

LC_REQ_DYLD: Final = 0x80000000
LC_SEGMENT, LC_SYMTAB, LC_THREAD, LC_UNIXTHREAD, LC_DYSYMTAB = 0x1, 0x2, 0x4, 0x5, 0xB
LC_LOAD_DYLIB, LC_ID_DYLIB, LC_LOAD_DYLINKER = 0xC, 0xD, 0xE
LC_LOAD_WEAK_DYLIB, LC_SEGMENT_64, LC_UUID, LC_RPATH, LC_CODE_SIGNATURE = 0x80000018, 0x19, 0x1B, 0x8000001C, 0x1D
LC_SEGMENT_SPLIT_INFO, LC_REEXPORT_DYLIB, LC_LAZY_LOAD_DYLIB, LC_ENCRYPTION_INFO = 0x1E, 0x8000001F, 0x20, 0x21
LC_DYLD_INFO, LC_DYLD_INFO_ONLY, LC_LOAD_UPWARD_DYLIB = 0x22, 0x80000022, 0x80000023
LC_VERSION_MIN_MACOSX, LC_FUNCTION_STARTS, LC_DYLD_ENVIRONMENT, LC_MAIN, LC_DATA_IN_CODE = 0x24, 0x26, 0x27, 0x80000028, 0x29
LC_DYLIB_CODE_SIGN_DRS, LC_ENCRYPTION_INFO_64, LC_LINKER_OPTIMIZATION_HINT, LC_BUILD_VERSION = 0x2B, 0x2C, 0x2E, 0x32
LC_DYLD_EXPORTS_TRIE, LC_DYLD_CHAINED_FIXUPS = 0x80000033, 0x80000034

COMMAND_NAMES: Final = {
    0x1: "LC_SEGMENT", 0x2: "LC_SYMTAB", 0x3: "LC_SYMSEG", 0x4: "LC_THREAD", 0x5: "LC_UNIXTHREAD", 0x6: "LC_LOADFVMLIB",
    0x7: "LC_IDFVMLIB", 0x8: "LC_IDENT", 0x9: "LC_FVMFILE", 0xA: "LC_PREPAGE", 0xB: "LC_DYSYMTAB", 0xC: "LC_LOAD_DYLIB",
    0xD: "LC_ID_DYLIB", 0xE: "LC_LOAD_DYLINKER", 0xF: "LC_ID_DYLINKER", 0x10: "LC_PREBOUND_DYLIB", 0x11: "LC_ROUTINES",
    0x12: "LC_SUB_FRAMEWORK", 0x13: "LC_SUB_UMBRELLA", 0x14: "LC_SUB_CLIENT", 0x15: "LC_SUB_LIBRARY", 0x16: "LC_TWOLEVEL_HINTS",
    0x17: "LC_PREBIND_CKSUM", 0x80000018: "LC_LOAD_WEAK_DYLIB", 0x19: "LC_SEGMENT_64", 0x1A: "LC_ROUTINES_64", 0x1B: "LC_UUID",
    0x8000001C: "LC_RPATH", 0x1D: "LC_CODE_SIGNATURE", 0x1E: "LC_SEGMENT_SPLIT_INFO", 0x8000001F: "LC_REEXPORT_DYLIB",
    0x20: "LC_LAZY_LOAD_DYLIB", 0x21: "LC_ENCRYPTION_INFO", 0x22: "LC_DYLD_INFO", 0x80000022: "LC_DYLD_INFO_ONLY",
    0x80000023: "LC_LOAD_UPWARD_DYLIB", 0x24: "LC_VERSION_MIN_MACOSX", 0x25: "LC_VERSION_MIN_IPHONEOS", 0x26: "LC_FUNCTION_STARTS",
    0x27: "LC_DYLD_ENVIRONMENT", 0x80000028: "LC_MAIN", 0x29: "LC_DATA_IN_CODE", 0x2A: "LC_SOURCE_VERSION",
    0x2B: "LC_DYLIB_CODE_SIGN_DRS", 0x2C: "LC_ENCRYPTION_INFO_64", 0x2D: "LC_LINKER_OPTION", 0x2E: "LC_LINKER_OPTIMIZATION_HINT",
    0x2F: "LC_VERSION_MIN_TVOS", 0x30: "LC_VERSION_MIN_WATCHOS", 0x31: "LC_NOTE", 0x32: "LC_BUILD_VERSION",
    0x80000033: "LC_DYLD_EXPORTS_TRIE", 0x80000034: "LC_DYLD_CHAINED_FIXUPS", 0x80000035: "LC_FILESET_ENTRY", 0x36: "LC_ATOM_INFO",
    0x37: "LC_FUNCTION_VARIANTS", 0x38: "LC_FUNCTION_VARIANT_FIXUPS", 0x39: "LC_TARGET_TRIPLE",
}  # fmt: skip

DYLIB_COMMANDS: Final = (LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB, LC_LAZY_LOAD_DYLIB, LC_LOAD_UPWARD_DYLIB)
_MOST_SEGMENTS: Final = 256
_STRING_COMMANDS: Final = (*DYLIB_COMMANDS, LC_ID_DYLIB, LC_LOAD_DYLINKER, LC_RPATH, LC_DYLD_ENVIRONMENT)
# Commands of one layout: offset and size of a part of __LINKEDIT.
_LINKEDIT_COMMANDS: Final = {
    LC_CODE_SIGNATURE: "code signature", LC_SEGMENT_SPLIT_INFO: "split segment information", LC_FUNCTION_STARTS: "function starts",
    LC_DATA_IN_CODE: "data in code", LC_DYLIB_CODE_SIGN_DRS: "designated requirements of libraries",
    LC_LINKER_OPTIMIZATION_HINT: "linker optimization hints", LC_DYLD_EXPORTS_TRIE: "exports", LC_DYLD_CHAINED_FIXUPS: "chained fixups",
    0x36: "atom information",
}  # fmt: skip
_PLATFORM_OF_MINIMUM: Final = {LC_VERSION_MIN_MACOSX: 1, 0x25: 2, 0x2F: 3, 0x30: 4}
# The least size in bytes of the commands whose fields are read below.
_LEAST: Final = {
    LC_SYMTAB: 24, LC_DYSYMTAB: 80, LC_UUID: 24, LC_MAIN: 24, LC_BUILD_VERSION: 24, LC_DYLD_INFO: 48, LC_DYLD_INFO_ONLY: 48,
    LC_ENCRYPTION_INFO: 20, LC_ENCRYPTION_INFO_64: 24, LC_UNIXTHREAD: 16, LC_VERSION_MIN_MACOSX: 16, 0x25: 16, 0x2F: 16, 0x30: 16,
}  # fmt: skip

S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL = 1, 0xC, 0x12
S_NON_LAZY_SYMBOL_POINTERS, S_LAZY_SYMBOL_POINTERS, S_SYMBOL_STUBS = 6, 7, 8
S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS = 0x80000000, 0x400
VM_READ, VM_WRITE, VM_EXECUTE = 1, 2, 4


class Command:
    """A load command: its number, where it stands, and its bytes, of which the first eight are number and size."""

    __slots__ = ("number", "offset", "view")

    def __init__(self, number: int, offset: int, view: View) -> None:
        self.number = number
        self.offset = offset
        self.view = view

    @property
    def name(self) -> str:
        """LC_ and so on, or the number."""
        return COMMAND_NAMES.get(self.number, f"load command {self.number:#x}")


class MachSection:
    """A section header. `align` is the exponent of a power of two; `kind` the type byte of the flags, `flags` the rest."""

    __slots__ = (
        "address", "align", "flags", "header_offset", "kind", "name", "offset", "reloc_count", "reloc_offset", "reserved1", "reserved2",
        "segment", "size",
    )  # fmt: skip

    def __init__(self) -> None:
        self.name = self.segment = ""
        self.header_offset = self.address = self.size = self.offset = self.align = self.kind = self.flags = 0
        self.reloc_offset = self.reloc_count = self.reserved1 = self.reserved2 = 0

    @property
    def in_file(self) -> bool:
        """Whether `size` bytes at `offset` are its content."""
        return self.kind not in (S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL)

    @property
    def label(self) -> str:
        """What people call it."""
        return f"section {self.segment},{self.name}"


class MachSegment:
    """An LC_SEGMENT or LC_SEGMENT_64, with its sections."""

    __slots__ = ("address", "command", "file_size", "flags", "initprot", "maxprot", "memory_size", "name", "offset", "sections")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.name = ""
        self.address = self.memory_size = self.offset = self.file_size = self.maxprot = self.initprot = self.flags = 0
        self.sections: list[MachSection] = []

    @property
    def label(self) -> str:
        """What people call it."""
        return f"segment {self.name}"


class Part:
    """A part of __LINKEDIT that a command tells of. `align` in bytes is what dyld asks for."""

    __slots__ = ("align", "command", "name", "offset", "size")

    def __init__(self, name: str, command: Command, offset: int, size: int, align: int) -> None:
        self.name = name
        self.command = command
        self.offset = offset
        self.size = size
        self.align = align


class BuildVersion:
    """Platform, least OS and SDK; versions as (major, minor, patch)."""

    __slots__ = ("command", "minimum", "platform", "sdk")

    def __init__(self, command: Command, platform: int, minimum: int, sdk: int) -> None:
        self.command = command
        self.platform = platform
        self.minimum = version(minimum)
        self.sdk = version(sdk)


def version(packed: int) -> tuple[int, int, int]:
    """The version in a number of Apple's form, xxxx.yy.zz."""
    return packed >> 16, packed >> 8 & 0xFF, packed & 0xFF


class MachO:
    """A Mach-O file, read. `dylibs` are (command, path); `entry` is an address, None where the file does not say."""

    __slots__ = (
        "bits", "builds", "commands", "cpu_subtype", "cpu_type", "dylibs", "dylinkers", "dysymtab", "entry", "faults", "file_type",
        "flags", "little", "ncmds", "parts", "rpaths", "segments", "sizeofcmds", "symtab", "uuid", "view",
    )  # fmt: skip

    def __init__(self, view: View, bits: int, little: bool) -> None:
        self.view = view
        self.bits = bits
        self.little = little
        self.cpu_type = self.cpu_subtype = self.file_type = self.ncmds = self.sizeofcmds = self.flags = 0
        self.faults: list[Fault] = []
        self.commands: list[Command] = []
        self.segments: list[MachSegment] = []
        self.parts: list[Part] = []
        self.dylibs: list[tuple[Command, str]] = []
        self.dylinkers: list[tuple[Command, str]] = []
        self.rpaths: list[tuple[Command, str]] = []
        self.builds: list[BuildVersion] = []
        self.uuid: bytes | None = None
        self.symtab: tuple[int, int, int, int] | None = None  # symbols' offset and count, strings' offset and size
        self.dysymtab: tuple[int, ...] | None = None  # the eighteen fields of LC_DYSYMTAB
        self.entry: int | None = None

    @property
    def arch(self) -> str:
        """GOARCH of the file, or the number of its cpu."""
        return ARCH_NAMES.get(self.cpu_type, hex(self.cpu_type))

    @property
    def header_size(self) -> int:
        """Bytes before the load commands."""
        return 32 if self.bits == 64 else 28

    @property
    def sections(self) -> list[MachSection]:
        """All sections, in the order in which symbols count them, from 1."""
        return [section for segment in self.segments for section in segment.sections]

    def segment(self, name: str) -> MachSegment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def section(self, name: str) -> MachSection | None:
        """The first section of that name, in whatever segment."""
        return next((section for segment in self.segments for section in segment.sections if section.name == name), None)

    def find(self, *numbers: int) -> list[Command]:
        """The commands of those numbers."""
        return [command for command in self.commands if command.number in numbers]

    def part(self, name: str) -> Part | None:
        """The part of __LINKEDIT of that name."""
        return next((part for part in self.parts if part.name == name), None)

    def content(self, section: MachSection) -> memoryview:
        """The bytes of a section in the file; none where they are not all inside it."""
        if not section.in_file or not self.view.holds(section.offset, section.size):
            return memoryview(b"")
        return self.view.data[section.offset : section.offset + section.size]

    def segment_at(self, address: int) -> MachSegment | None:
        """The segment that maps `address`."""
        return next((s for s in self.segments if s.address <= address < s.address + s.memory_size), None)

    def offset_of(self, address: int, size: int = 1) -> int | None:
        """Where in the file `size` bytes at `address` are, None if they are not all mapped from it."""
        segment = self.segment_at(address)
        if segment is None or size < 0 or address + size > segment.address + segment.file_size:
            return None
        offset = segment.offset + address - segment.address
        return offset if self.view.holds(offset, size) else None


def read(data: bytes | memoryview) -> MachO:
    """Read a thin Mach-O file. Raises `FormatError` where there is no whole header."""
    raw = memoryview(data)
    found = MAGICS.get(bytes(raw[:4]))
    if found is None:
        raise FormatError("no Mach-O magic")
    bits, little = found
    view = View(raw, little=little)
    file = MachO(view, bits, little)
    _, file.cpu_type, file.cpu_subtype, file.file_type, file.ncmds, file.sizeofcmds, file.flags = view.unpack("7I", 0)
    if bits == 64:
        view.u32(28)
    _read_commands(file)
    for command in file.commands:
        if len(file.segments) > _MOST_SEGMENTS:
            file.faults.append(Fault("commands", f"there are more than {_MOST_SEGMENTS} segments", command.offset))
            break
        least = _LEAST.get(command.number, 8)
        if command.number in _LINKEDIT_COMMANDS:
            least = 16
        if command.view.size < least:
            file.faults.append(Fault("command", f"{command.name} has {command.view.size} bytes, not {least}", command.offset))
            continue
        _read_command(file, command)
    return file


def _read_commands(file: MachO) -> None:
    at = file.header_size
    end = at + file.sizeofcmds
    if end > file.view.size:
        file.faults.append(Fault("commands", f"the load commands end at {end:#x}, after the file's end at {file.view.size:#x}", 20))
        end = file.view.size
    for index in range(file.ncmds):
        if at + 8 > end:
            what = f"there is room for {index} load commands, and the header tells of {file.ncmds}"
            file.faults.append(Fault("commands", what, 16))
            return
        number, size = file.view.u32(at), file.view.u32(at + 4)
        if size < 8 or size % (file.bits // 8):
            what = f"load command {index} has a size of {size} bytes, which is not a multiple of {file.bits // 8} from 8"
            file.faults.append(Fault("commands", what, at))
            return
        if at + size > end:
            file.faults.append(Fault("commands", f"load command {index} reaches over the end of the commands, {end:#x}", at))
            return
        file.commands.append(Command(number, at, file.view.part(at, size)))
        at += size
    if at != file.header_size + file.sizeofcmds:
        what = f"{file.ncmds} load commands take {at - file.header_size} bytes, and the header says {file.sizeofcmds}"
        file.faults.append(Fault("commands", what, 20))


def _read_command(file: MachO, command: Command) -> None:
    """Take one command apart; its size is that of its number at least."""
    number, view = command.number, command.view
    if number in (LC_SEGMENT, LC_SEGMENT_64):
        _read_segment(file, command)
    elif number in _STRING_COMMANDS:
        name = _command_string(file, command)
        if name is None:
            return
        if number in DYLIB_COMMANDS:
            file.dylibs.append((command, name))
        elif number == LC_LOAD_DYLINKER:
            file.dylinkers.append((command, name))
        elif number == LC_RPATH:
            file.rpaths.append((command, name))
    elif number in _LINKEDIT_COMMANDS:
        align = 16 if number == LC_CODE_SIGNATURE else file.bits // 8
        file.parts.append(Part(_LINKEDIT_COMMANDS[number], command, view.u32(8), view.u32(12), align))
    elif number == LC_UUID:
        file.uuid = view.take(8, 16)
    elif number == LC_BUILD_VERSION:
        if view.u32(20) * 8 + 24 > view.size:
            what = f"LC_BUILD_VERSION tells of {view.u32(20)} tools, for which it is too small"
            file.faults.append(Fault("command", what, command.offset))
        file.builds.append(BuildVersion(command, view.u32(8), view.u32(12), view.u32(16)))
    elif number in _PLATFORM_OF_MINIMUM:
        file.builds.append(BuildVersion(command, _PLATFORM_OF_MINIMUM[number], view.u32(8), view.u32(12)))
    elif number == LC_MAIN:
        text_segment = file.segment("__TEXT")
        file.entry = view.u64(8) + (text_segment.address if text_segment else 0)
    elif number == LC_UNIXTHREAD:
        _read_thread(file, command)
    elif number == LC_SYMTAB:
        symbols, count, strings, size = view.unpack("4I", 8)
        file.symtab = symbols, count, strings, size
        file.parts.append(Part("symbols", command, symbols, count * (16 if file.bits == 64 else 12), file.bits // 8))
        file.parts.append(Part("strings", command, strings, size, 1))
    elif number == LC_DYSYMTAB:
        fields = file.dysymtab = view.unpack("18I", 8)
        for name, at, width in (
            ("table of contents", 6, 8), ("module table", 8, 56), ("external references", 10, 4), ("indirect symbols", 12, 4),
            ("external relocations", 14, 8), ("local relocations", 16, 8),
        ):  # fmt: skip
            if fields[at + 1]:
                file.parts.append(Part(name, command, fields[at], fields[at + 1] * width, 4))
    elif number in (LC_DYLD_INFO, LC_DYLD_INFO_ONLY):
        for index, name in enumerate(("rebases", "binds", "weak binds", "lazy binds", "exports")):
            offset, size = view.u32(8 + 8 * index), view.u32(12 + 8 * index)
            if size:
                file.parts.append(Part(name, command, offset, size, file.bits // 8))


def _command_string(file: MachO, command: Command) -> str | None:
    """The path that a command holds, None with a fault where it holds none."""
    least = 24 if command.number in (*DYLIB_COMMANDS, LC_ID_DYLIB) else 12
    try:
        at = command.view.u32(8)
        if at < least:
            raise FormatError(f"a string at {at:#x} is among the command's fields")
        return command.view.string(at)
    except FormatError as error:
        file.faults.append(Fault("command", f"{command.name}: {error}", command.offset))
        return None


def _read_segment(file: MachO, command: Command) -> None:
    wide = command.number == LC_SEGMENT_64
    if wide != (file.bits == 64):
        file.faults.append(Fault("command", f"{command.name} in a file of {file.bits} bits", command.offset))
        return
    least, section_size = (72, 80) if wide else (56, 68)
    view = command.view
    if view.size < least:
        file.faults.append(Fault("command", f"{command.name} has {view.size} bytes, not {least}", command.offset))
        return
    segment = MachSegment(command)
    segment.name = text(view.take(8, 16).rstrip(b"\0"))
    (
        segment.address, segment.memory_size, segment.offset, segment.file_size, segment.maxprot, segment.initprot, count, segment.flags,
    ) = view.unpack("4Q4I" if wide else "8I", 24)  # fmt: skip
    file.segments.append(segment)
    if least + count * section_size != view.size:
        what = f"{segment.label} tells of {count} sections, which do not fill its command of {view.size} bytes"
        file.faults.append(Fault("command", what, command.offset))
        count = min(count, (view.size - least) // section_size)
    for index in range(count):
        at = least + index * section_size
        section = MachSection()
        section.header_offset = command.offset + at
        section.name = text(view.take(at, 16).rstrip(b"\0"))
        section.segment = text(view.take(at + 16, 16).rstrip(b"\0"))
        (
            section.address, section.size, section.offset, section.align, section.reloc_offset, section.reloc_count, flags,
            section.reserved1, section.reserved2,
        ) = view.unpack("QQ7I" if wide else "9I", at + 32)  # fmt: skip
        section.kind, section.flags = flags & 0xFF, flags & ~0xFF
        segment.sections.append(section)


# Of a thread's state: flavor, its words, and the place of the program counter in bytes after them.
_THREADS: Final = {CPU_X86_64: (4, 42, 16 * 8, 8), CPU_X86: (1, 16, 10 * 4, 4), CPU_ARM64: (6, 68, 32 * 8, 8)}


def _read_thread(file: MachO, command: Command) -> None:
    known = _THREADS.get(file.cpu_type)
    flavor, words = command.view.u32(8), command.view.u32(12)
    if known is None:
        return
    if (flavor, words) != known[:2] or command.view.size < 16 + 4 * words:
        what = f"LC_UNIXTHREAD has a state of flavor {flavor} and {words} words, not {known[0]} and {known[1]}"
        file.faults.append(Fault("command", what, command.offset))
        return
    file.entry = command.view.word(16 + known[2], known[3] * 8)
