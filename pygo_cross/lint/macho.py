# SPDX-License-Identifier: BSD-3-Clause
"""Mach-O: does macOS start it, is what it maps safe, and do its load commands say one thing?

What the kernel asks is in xnu's bsd/kern/mach_loader.c; what dyld asks, in its mach_o/Header.cpp and dyld3/MachOAnalyzer.cpp
(validSegments, validLinkeditLayout, validMain, validEmbeddedPaths), whose checks are on for every SDK from macOS 11.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from pygo_cross.exe import macho as exe
from pygo_cross.exe.macho import MachO, MachSection, MachSegment
from pygo_cross.lint import linkedit, signature
from pygo_cross.lint.finding import Record

_PAGE: Final = {"amd64": 0x1000, "386": 0x1000, "arm64": 0x4000}
_SUBTYPES: Final = {exe.CPU_X86_64: (3, 4, 8), exe.CPU_ARM64: (0, 1, 2), exe.CPU_X86: (3,), exe.CPU_ARM: (9, 11, 12, 0)}
_ONCE: Final = (
    exe.LC_SYMTAB, exe.LC_DYSYMTAB, exe.LC_UUID, exe.LC_MAIN, exe.LC_UNIXTHREAD, exe.LC_CODE_SIGNATURE, exe.LC_LOAD_DYLINKER,
    exe.LC_ID_DYLIB, exe.LC_DYLD_INFO, exe.LC_DYLD_INFO_ONLY, exe.LC_DYLD_CHAINED_FIXUPS, exe.LC_DYLD_EXPORTS_TRIE,
    exe.LC_FUNCTION_STARTS, exe.LC_DATA_IN_CODE, exe.LC_VERSION_MIN_MACOSX, exe.LC_ENCRYPTION_INFO, exe.LC_ENCRYPTION_INFO_64, 0x2A,
)  # fmt: skip
_MACOS: Final = 1
_PLATFORMS: Final = {1: "macOS", 2: "iOS", 3: "tvOS", 4: "watchOS", 5: "bridgeOS", 6: "Catalyst", 7: "the iOS simulator", 11: "visionOS"}
# The first macOS that ran on the processor, by Apple's release notes; the newest major release that is out (they skip from 15 to 26).
_FIRST_OS: Final = {"arm64": (11, 0), "amd64": (10, 4), "386": (10, 4)}
_NEWEST_OS: Final = 26
_OLDEST_SDK: Final = (10, 9)  # of what Apple notarizes
_SYSTEM_FOLDERS: Final = ("/usr/lib/", "/System/Library/", "/System/iOSSupport/")
_LIBSYSTEM: Final = ("/usr/lib/libSystem.B.dylib", "/usr/lib/libSystem.dylib")
_KIND_MOST: Final = 0x16  # the last type of section


def check(record: Record, file: MachO) -> None:
    """Looks at a thin Mach-O file."""
    record.format, record.system, record.arch = "macho", "darwin", file.arch
    record.faults("macho-", file.faults)
    _header(record, file)
    if file.file_type in (exe.MH_OBJECT, exe.MH_CORE, exe.MH_DSYM):
        record.facts["debug_only"] = file.file_type == exe.MH_DSYM
        return  # nothing of what follows holds for them
    _commands(record, file)
    _segments(record, file)
    for segment in file.segments:
        for section in segment.sections:
            _section(record, file, segment, section)
        _section_overlap(record, segment)
    _places(record, file)
    _entry(record, file)
    _versions(record, file)
    _libraries(record, file)
    linkedit.check(record, file)
    signature.check(record, file, needed=file.arch == "arm64" and file.file_type in (exe.MH_EXECUTE, exe.MH_DYLIB, exe.MH_BUNDLE))
    _facts(record, file)


def _header(record: Record, file: MachO) -> None:
    if not file.little or file.cpu_type not in _SUBTYPES:
        record.report("macho-cpu", f"the processor is {file.cpu_type:#x}" + ("" if file.little else ", in big-endian order"), 4)
    elif file.cpu_subtype & exe.CPU_SUBTYPE_MASK not in _SUBTYPES[file.cpu_type]:
        record.report("macho-cpu", f"there is no variant {file.cpu_subtype & exe.CPU_SUBTYPE_MASK:#x} of {file.arch}", 8)
    elif (file.cpu_type in (exe.CPU_X86_64, exe.CPU_ARM64)) != (file.bits == 64):
        record.report("macho-cpu", f"a file of {file.bits} bits is none for {file.arch}", 4)
    if file.file_type not in (exe.MH_EXECUTE, exe.MH_DYLIB, exe.MH_BUNDLE, exe.MH_DSYM):
        kind = exe.FILE_TYPES.get(file.file_type, f"of type {file.file_type}")
        record.report("macho-type", f"the file is {kind}", 12)
    if file.bits == 64 and file.view.u32(28):
        record.report("macho-flags", f"the reserved field holds {file.view.u32(28):#x}, not 0", 28)
    unknown = file.flags & ~sum(exe.FLAG_NAMES)
    if unknown:
        record.report("macho-flags", f"flags {unknown:#x} are not known", 24)
    if file.flags & exe.MH_ALLOW_STACK_EXECUTION:
        record.report("macho-stack-exec", "the header's flag ALLOW_STACK_EXECUTION is set", 24)
    if file.file_type != exe.MH_EXECUTE:
        return
    if not file.flags & exe.MH_DYLDLINK and file.dylibs:
        record.report("macho-flags", "libraries are needed, and the flag DYLDLINK is not set", 24)
    if not file.flags & exe.MH_PIE:
        if file.arch == "arm64":
            record.report("macho-pie", "the header's flag PIE is not set", 24)
        elif file.flags & exe.MH_DYLDLINK:
            record.report("macho-not-pie", "the header's flag PIE is not set", 24)


def _commands(record: Record, file: MachO) -> None:
    counts: dict[int, int] = {}
    for command in file.commands:
        number = command.number
        counts[number] = counts.get(number, 0) + 1
        if number not in exe.COMMAND_NAMES:
            rule = "macho-command-required" if number & exe.LC_REQ_DYLD else "macho-command-unknown"
            record.report(rule, f"load command {number:#x} is not known", command.offset)
        if counts[number] == 2 and number in _ONCE:
            record.report("macho-command-duplicate", f"{command.name} is there twice", command.offset)
    if counts.get(exe.LC_MAIN) and counts.get(exe.LC_UNIXTHREAD):
        record.report("macho-command-duplicate", "LC_MAIN and LC_UNIXTHREAD both say where the program begins")
    fixups = [counts.get(exe.LC_DYLD_CHAINED_FIXUPS, 0), counts.get(exe.LC_DYLD_INFO, 0) + counts.get(exe.LC_DYLD_INFO_ONLY, 0)]
    if all(fixups):
        record.report("macho-command-duplicate", "LC_DYLD_CHAINED_FIXUPS and LC_DYLD_INFO_ONLY both say what to bind")
    if any(fault.part == "commands" for fault in file.faults):
        return  # what is missing is behind the damage
    for number in (exe.LC_SYMTAB, exe.LC_DYSYMTAB):
        if number not in counts and file.file_type in (exe.MH_EXECUTE, exe.MH_DYLIB):
            record.report("macho-command-missing", f"there is no {exe.COMMAND_NAMES[number]}")
    if file.file_type != exe.MH_EXECUTE or not file.flags & exe.MH_DYLDLINK:
        return
    if exe.LC_LOAD_DYLINKER not in counts:
        record.report("macho-command-missing", "there is no LC_LOAD_DYLINKER")
    if exe.LC_MAIN not in counts and exe.LC_UNIXTHREAD not in counts:
        record.report("macho-command-missing", "there is neither LC_MAIN nor LC_UNIXTHREAD: nothing says where the program begins")
    if exe.LC_ID_DYLIB in counts:
        record.report("macho-command", "LC_ID_DYLIB is a library's, and the file is a program")


def _protection(value: int) -> str:
    return "".join(char if value & bit else "-" for char, bit in (("r", 1), ("w", 2), ("x", 4)))


def _segments(record: Record, file: MachO) -> None:
    page = _PAGE.get(file.arch, 0x1000)
    names: set[str] = set()
    for segment in file.segments:
        at = segment.command.offset
        if segment.name in names:
            record.report("macho-segment-duplicate", f"two segments are called {segment.name}", at)
        names.add(segment.name)
        if not file.view.holds(segment.offset, segment.file_size):
            end = segment.offset + segment.file_size
            what = f"{segment.label} has bytes {segment.offset:#x} to {end:#x} of a file of {file.view.size:#x}"
            record.report("macho-segment-bounds", what, at)
        # Debug information that is not mapped has bytes in the file and no memory.
        if segment.file_size > segment.memory_size and segment.memory_size:
            what = f"{segment.label} has {segment.file_size:#x} bytes in the file and {segment.memory_size:#x} in memory"
            record.report("macho-segment-bounds", what, at)
        if not segment.memory_size and segment.file_size and segment.initprot:
            record.report("macho-segment-bounds", f"{segment.label} has bytes in the file, protections, and no memory", at)
        if segment.address + segment.memory_size > 1 << file.bits:
            record.report("macho-segment-bounds", f"{segment.label} reaches over the last address", at)
        if segment.address % page or (segment.offset % page and segment.file_size):
            what = f"{segment.label} is at {segment.address:#x}, and at {segment.offset:#x} in the file; pages have {page:#x} bytes"
            record.report("macho-segment-align", what, at)
        if (segment.initprot | segment.maxprot) & ~7 or segment.initprot & ~segment.maxprot:
            what = f"{segment.label} has protections {segment.initprot:#x}, and {segment.maxprot:#x} at most"
            record.report("macho-segment-protection", what, at)
        if segment.initprot & exe.VM_WRITE and segment.initprot & exe.VM_EXECUTE:
            record.report("macho-segment-wx", f"{segment.label} is {_protection(segment.initprot)}", at)
        elif segment.name in _PROTECTIONS and segment.initprot != _PROTECTIONS[segment.name]:
            wanted = _protection(_PROTECTIONS[segment.name])
            record.report("macho-segment-protection", f"{segment.label} is {_protection(segment.initprot)}, not {wanted}", at)
    _segment_order(record, file)


_PROTECTIONS: Final = {"__TEXT": 5, "__LINKEDIT": 1, "__PAGEZERO": 0}


def _segment_order(record: Record, file: MachO) -> None:
    for a, b in pairwise(file.segments):
        if a.address > b.address or (a.offset > b.offset and a.file_size and b.file_size):
            record.report("macho-segment-order", f"{b.label} comes after {a.label}, and its place does not", b.command.offset)
    mapped = sorted((s for s in file.segments if s.memory_size), key=lambda s: s.address)
    for a, b in pairwise(mapped):
        if a.address + a.memory_size > b.address:
            record.report("macho-segment-overlap", f"{a.label} and {b.label} share addresses from {b.address:#x}", b.command.offset)
    filled = sorted((s for s in file.segments if s.file_size), key=lambda s: s.offset)
    for a, b in pairwise(filled):
        if a.offset + a.file_size > b.offset:
            record.report("macho-segment-overlap", f"{a.label} and {b.label} share bytes of the file from {b.offset:#x}", b.command.offset)


def _section(record: Record, file: MachO, segment: MachSegment, section: MachSection) -> None:
    at = section.header_offset
    if section.segment != segment.name:
        record.report("macho-section", f"{section.label} is in {segment.label}", at)
    if section.kind > _KIND_MOST:
        record.report("macho-section", f"{section.label} is of type {section.kind:#x}, which is not known", at)
    if section.kind in (exe.S_SYMBOL_STUBS,) and (not section.reserved2 or section.size % section.reserved2):
        record.report("macho-section", f"{section.label} has {section.size} bytes in stubs of {section.reserved2} each", at)
    if section.reloc_count:
        record.report("macho-section", f"{section.label} has {section.reloc_count} relocations, which a linked file has not", at)
    if section.align > 31:
        record.report("macho-section-align", f"{section.label} has an alignment of 2^{section.align}", at)
    elif section.align <= 15 and section.address % (1 << section.align) and segment.memory_size:
        record.report("macho-section-align", f"{section.label} at {section.address:#x} is not aligned to {1 << section.align}", at)
    end = section.address + section.size
    if segment.memory_size and (section.address < segment.address or end > segment.address + segment.memory_size):
        what = f"{section.label} has addresses {section.address:#x} to {end:#x}, outside of {segment.label}"
        record.report("macho-section-bounds", what, at)
    elif section.in_file and section.size:
        if section.offset < segment.offset or section.offset + section.size > segment.offset + segment.file_size:
            what = f"{section.label} has bytes {section.offset:#x} to {section.offset + section.size:#x}, outside of {segment.label}"
            record.report("macho-section-bounds", what, at)
        elif section.offset - segment.offset != section.address - segment.address:
            what = f"{section.label} is at {section.offset:#x} in the file, where {segment.label} has others than {section.address:#x}"
            record.report("macho-section-bounds", what, at)
    if section.flags & exe.S_ATTR_PURE_INSTRUCTIONS and segment.memory_size and not segment.initprot & exe.VM_EXECUTE:
        record.report("macho-section", f"{section.label} holds code, and {segment.label} is {_protection(segment.initprot)}", at)


def _section_overlap(record: Record, segment: MachSegment) -> None:
    sections = sorted((s for s in segment.sections if s.size), key=lambda s: s.address)
    for a, b in pairwise(sections):
        if a.address + a.size > b.address:
            record.report("macho-section-overlap", f"{a.label} and {b.label} share addresses from {b.address:#x}", b.header_offset)


def _places(record: Record, file: MachO) -> None:
    """__PAGEZERO first, __TEXT with the header, __LINKEDIT last."""
    if any(fault.part in ("commands", "command") for fault in file.faults):
        return
    text, linkedit_segment = file.segment("__TEXT"), file.segment("__LINKEDIT")
    program = file.file_type == exe.MH_EXECUTE
    if program and file.flags & exe.MH_DYLDLINK:
        zero = file.segment("__PAGEZERO")
        least = 0x100000000 if file.arch == "arm64" else 0x1000
        if zero is None:
            record.report("macho-pagezero", "there is no segment __PAGEZERO")
        elif zero.address or zero.memory_size < least or zero.file_size:
            what = f"__PAGEZERO is {zero.memory_size:#x} bytes at {zero.address:#x}, not {least:#x} at least at 0"
            record.report("macho-pagezero", what, zero.command.offset)
    if text is None:
        record.report("macho-text", "there is no segment __TEXT")
    else:
        if text.offset or not text.file_size:
            what = f"__TEXT begins at {text.offset:#x} of the file, with {text.file_size:#x} bytes"
            record.report("macho-text", what, text.command.offset)
        first = min((s.offset for s in text.sections if s.in_file and s.size), default=text.file_size)
        end = file.header_size + file.sizeofcmds
        if end > first or end > text.file_size:
            what = f"the load commands end at {end:#x}, and the first section begins at {first:#x}"
            record.report("macho-text", what, text.command.offset)
    if linkedit_segment is None:
        record.report("macho-linkedit", "there is no segment __LINKEDIT")
        return
    last = max(file.segments, key=lambda s: s.offset + s.file_size)
    end = linkedit_segment.offset + linkedit_segment.file_size
    if last is not linkedit_segment and last.offset + last.file_size > end:
        record.report("macho-linkedit", f"{last.label} is behind __LINKEDIT", linkedit_segment.command.offset)
    elif end < file.view.size:
        record.report("macho-trailing-data", f"{file.view.size - end} bytes are behind __LINKEDIT, which ends at {end:#x}", end)


def _entry(record: Record, file: MachO) -> None:
    if file.entry is None:
        return
    at = file.find(exe.LC_MAIN, exe.LC_UNIXTHREAD)[0].offset
    segment = file.segment_at(file.entry)
    if segment is None or file.offset_of(file.entry) is None:
        record.report("macho-entry", f"the program begins at {file.entry:#x}, where nothing of the file is loaded", at)
    elif not segment.initprot & exe.VM_EXECUTE:
        what = f"the program begins at {file.entry:#x}, in {segment.label}, which is {_protection(segment.initprot)}"
        record.report("macho-entry", what, at)
    elif file.arch == "arm64" and file.entry % 4:
        record.report("macho-entry", f"the program begins at {file.entry:#x}, which is no place of an instruction", at)
    else:
        section = next((s for s in segment.sections if s.address <= file.entry < s.address + s.size), None)
        if section is None or not section.flags & (exe.S_ATTR_PURE_INSTRUCTIONS | exe.S_ATTR_SOME_INSTRUCTIONS):
            where = section.label if section else f"no section of {segment.label}"
            record.report("macho-entry", f"the program begins at {file.entry:#x}, in {where}, which holds no code", at)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version[:2] if len(version) > 2 and not version[2] else version))


def _versions(record: Record, file: MachO) -> None:
    if file.uuid is not None:
        record.facts["uuid"] = file.uuid.hex()
        if not any(file.uuid):
            record.report("macho-uuid-zero", "the UUID is all zero", file.find(exe.LC_UUID)[0].offset)
    elif file.file_type in (exe.MH_EXECUTE, exe.MH_DYLIB, exe.MH_BUNDLE) and not any(f.part.startswith("command") for f in file.faults):
        record.report("macho-uuid", "there is no LC_UUID")
    if not file.builds:
        if not any(fault.part.startswith("command") for fault in file.faults):
            record.report("macho-no-minimum", "there is neither LC_BUILD_VERSION nor LC_VERSION_MIN_MACOSX")
        return
    build = next((build for build in file.builds if build.platform == _MACOS), None)
    if build is None:
        names = ", ".join(_PLATFORMS.get(build.platform, f"platform {build.platform}") for build in file.builds)
        record.report("macho-platform", f"the file is for {names}", file.builds[0].command.offset)
        return
    minimum, sdk = build.minimum, build.sdk
    record.facts["minimum_os"], record.facts["sdk"] = _dotted(minimum), _dotted(sdk)
    at = build.command.offset
    if not any(minimum):
        record.report("macho-no-minimum", "the least macOS is 0", at)
    elif minimum[:2] < _FIRST_OS.get(file.arch, (10, 0)):
        first = _dotted(_FIRST_OS[file.arch])
        record.report("macho-minimum-os", f"the least macOS is {_dotted(minimum)}, and {first} was the first on {file.arch}", at)
    elif minimum[0] > _NEWEST_OS:
        record.report("macho-minimum-os", f"the least macOS is {_dotted(minimum)}, and the newest that is known {_NEWEST_OS}", at)
    elif any(sdk) and minimum > sdk:
        record.report("macho-minimum-os", f"the least macOS, {_dotted(minimum)}, is newer than the SDK, {_dotted(sdk)}", at)
    if not any(sdk):
        record.report("macho-sdk", "the SDK is 0", at)
    elif sdk[:2] < _OLDEST_SDK:
        record.report("macho-sdk", f"the SDK is {_dotted(sdk)}, and Apple notarizes from {_dotted(_OLDEST_SDK)}", at)


def _libraries(record: Record, file: MachO) -> None:
    for command, name in file.dylinkers:
        if name != "/usr/lib/dyld":
            record.report("macho-dylinker", f"the dynamic linker is {name}", command.offset)
    record.facts["dylibs"] = [name for _, name in file.dylibs]
    seen: set[str] = set()
    for command, name in file.dylibs:
        if name in seen:
            record.report("macho-dylib-duplicate", f"the library {name} is needed twice", command.offset)
        seen.add(name)
        if name.startswith("/"):
            if not name.startswith(_SYSTEM_FOLDERS) or "/../" in name or name.startswith("/usr/lib/../"):
                record.report("macho-dylib", f"the library {name} is needed", command.offset)
        elif name.startswith(("@rpath/", "@executable_path/", "@loader_path/")):
            record.report("macho-dylib", f"the library {name} is needed, from beside the program", command.offset)
        else:
            record.report("macho-dylib-relative", f"the library {name or 'without a name'} is needed", command.offset)
    for command, name in file.rpaths:
        record.report("macho-rpath", f"libraries are looked for in {name}", command.offset)
    program = file.file_type == exe.MH_EXECUTE and file.flags & exe.MH_DYLDLINK
    if program and not seen & set(_LIBSYSTEM) and not any(fault.part.startswith("command") for fault in file.faults):
        record.report("macho-command-missing", "libSystem is not among the libraries, without which dyld starts nothing")
    for command in file.find(exe.LC_ENCRYPTION_INFO, exe.LC_ENCRYPTION_INFO_64):
        if command.view.size >= 20:
            offset, size, scheme = command.view.unpack("3I", 8)
            what = f"bytes {offset:#x} to {offset + size:#x} are encrypted by scheme {scheme}" if scheme else "there is room for encryption"
            record.report("macho-encrypted", what, command.offset)
    for command in file.find(exe.LC_DYLD_ENVIRONMENT):
        record.report("macho-rpath", "LC_DYLD_ENVIRONMENT sets variables of dyld", command.offset, "link without -dyld_env")


def _facts(record: Record, file: MachO) -> None:
    record.facts["pie"] = bool(file.flags & exe.MH_PIE)
    record.facts["flags"] = [name for bit, name in exe.FLAG_NAMES.items() if file.flags & bit]
    debug = file.segment("__DWARF")
    record.facts["debug_bytes"] = debug.file_size if debug is not None else 0
