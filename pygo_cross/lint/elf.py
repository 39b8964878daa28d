# SPDX-License-Identifier: BSD-3-Clause
"""ELF: does Linux load it, is what it loads safe, and do its tables say one thing?

What the kernel asks of segments is in Linux's fs/binfmt_elf.c; of the dynamic section, in the generic part of the System V ABI, chapter 5,
and in what glibc's and musl's dynamic linkers refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from pygo_cross.exe import elf as exe
from pygo_cross.exe.elf import Dynamic, Elf, ElfSegment
from pygo_cross.lint import elfsections
from pygo_cross.lint.finding import Record

_PAGE: Final = 4096
_PAGE_64K: Final = 65536

# Machine: GOARCH, width in bits, little-endian only.
_MACHINES: Final = {
    exe.EM_386: ("386", 32, True), exe.EM_X86_64: ("amd64", 64, True), exe.EM_ARM: ("arm", 32, False), exe.EM_AARCH64: ("arm64", 64, False),
    8: ("mips", 0, False), 20: ("ppc", 32, False), 21: ("ppc64", 64, False), 22: ("s390x", 0, False), 2: ("sparc", 32, False),
    43: ("sparc64", 64, False), 243: ("riscv64", 64, True), 258: ("loong64", 64, True),
}  # fmt: skip
_OSABI: Final = {0: "System V", 2: "NetBSD", 3: "GNU", 6: "Solaris", 9: "FreeBSD", 12: "OpenBSD"}
_MACHINES_WITHOUT_FLAGS: Final = (exe.EM_X86_64, exe.EM_AARCH64, exe.EM_386)
_INTERPRETERS: Final = {
    "amd64": ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/libx32/ld-linux-x32.so.2"),
    "arm64": ("/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"),
    "386": ("/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"),
    "arm": ("/lib/ld-linux.so.3", "/lib/ld-linux-armhf.so.3", "/lib/ld-musl-armhf.so.1", "/lib/ld-musl-arm.so.1"),
}
_INTERPRETERS_ANYWHERE: Final = (
    "/libexec/ld-elf.so.1", "/usr/libexec/ld.elf_so", "/usr/libexec/ld.so", "/system/bin/linker64", "/system/bin/linker",
)  # fmt: skip
_OLDEST_GLIBC: Final = (2, 28)  # of the oldest distributions that are looked after (RHEL 8, Debian 10)
_ONCE: Final = (exe.PT_DYNAMIC, exe.PT_INTERP, exe.PT_PHDR, exe.PT_TLS, exe.PT_GNU_STACK, exe.PT_GNU_RELRO)
# Segments that are read from memory when a program starts; a note is not.
_IN_LOAD: Final = (exe.PT_DYNAMIC, exe.PT_INTERP, exe.PT_PHDR, exe.PT_TLS, exe.PT_GNU_EH_FRAME, exe.PT_GNU_RELRO)
_RWX: Final = {0: "---", 1: "--x", 2: "-w-", 3: "-wx", 4: "r--", 5: "r-x", 6: "rw-", 7: "rwx"}


def check(record: Record, file: Elf, *, go: bool) -> None:
    """Looks at an ELF file; `go` says that it was compiled from Go."""
    record.format, record.system = "elf", "linux"
    _header(record, file)
    if file.type in (exe.ET_REL, exe.ET_CORE):
        return  # nothing of what follows holds for them
    code = file.section(".text")
    if code is not None and code.kind == exe.SHT_NOBITS and code.size:
        record.facts["debug_only"] = True  # what `objcopy --only-keep-debug` leaves: headers of a program without its content
        return
    loads = file.loads
    if file.type in (exe.ET_EXEC, exe.ET_DYN) and not any(fault.part == "program-headers" for fault in file.faults) and not loads:
        record.report("elf-no-load", "no segment is loaded", file.phoff)
    for segment in file.segments:
        _segment(record, file, segment)
    _loads(record, file, loads)
    dynamic = exe.dynamic(file)
    _stack(record, file)
    _interpreter(record, file, dynamic)
    _entry(record, file, dynamic)
    if dynamic is not None:
        _dynamic(record, file, dynamic, go=go)
    elfsections.check(record, file)
    _notes(record, file)
    _facts(record, file, dynamic)
    record.faults("elf-", file.faults)


def _header(record: Record, file: Elf) -> None:
    if file.ident_version != 1 or file.version != 1:
        record.report("elf-header", f"the version of the format is {file.ident_version} and {file.version}, not 1", 6)
    size = 64 if file.bits == 64 else 52
    if file.ehsize != size:
        record.report("elf-header", f"the header says to have {file.ehsize} bytes, not {size}", 40 if file.bits == 32 else 52)
    known = _MACHINES.get(file.machine)
    if known is None:
        record.arch = hex(file.machine)
        record.report("elf-machine", f"machine {file.machine} is not known", 18)
    else:
        name, bits, little = known
        record.arch = name
        if (bits and bits != file.bits) or (little and not file.little):
            order = "little" if file.little else "big"
            record.report("elf-machine", f"a file of {file.bits} bits in {order}-endian order is none for {name}", 4)
        if file.machine in _MACHINES_WITHOUT_FLAGS and file.flags:
            record.report("elf-machine", f"the flags are {file.flags:#x}, and {name} has none", 48 if file.bits == 64 else 36)
    if file.osabi not in _OSABI:
        record.report("elf-osabi", f"the ABI is number {file.osabi}, which is none of theirs", 7)
    elif file.osabi == 0 and file.abiversion:
        record.report("elf-osabi", f"System V's ABI has no version {file.abiversion}", 8)
    if file.type not in (exe.ET_EXEC, exe.ET_DYN):
        kind = {exe.ET_REL: "an object file", exe.ET_CORE: "a core dump"}.get(file.type, f"of type {file.type:#x}")
        record.report("elf-type", f"the file is {kind}", 16)


def _segment(record: Record, file: Elf, segment: ElfSegment) -> None:
    at = segment.header_offset
    if segment.kind == exe.PT_GNU_STACK:
        return  # its place means nothing
    if not file.view.holds(segment.offset, segment.file_size) and segment.file_size:
        what = f"{segment.label} has bytes {segment.offset:#x} to {segment.offset + segment.file_size:#x} of a file of {file.view.size:#x}"
        record.report("elf-segment-bounds", what, at)
    if segment.kind in (exe.PT_LOAD, exe.PT_TLS) and segment.file_size > segment.memory_size:
        what = f"{segment.label} has {segment.file_size:#x} bytes in the file and {segment.memory_size:#x} in memory"
        record.report("elf-segment-bounds", what, at)
    if segment.address + segment.memory_size > 1 << file.bits:
        record.report("elf-segment-bounds", f"{segment.label} reaches over the last address", at)
    if segment.align & (segment.align - 1):
        record.report("elf-segment-align", f"{segment.label} has an alignment of {segment.align:#x}, which is no power of two", at)
    elif segment.kind == exe.PT_LOAD:
        page = max(segment.align, _PAGE)
        if segment.align < _PAGE:
            record.report("elf-segment-align", f"{segment.label} is aligned to {segment.align:#x}, which is less than a page", at)
        if (segment.address - segment.offset) % page:
            what = f"{segment.label} is at {segment.offset:#x} in the file and {segment.address:#x} in memory, not at one place of a page"
            record.report("elf-segment-align", what, at)
        if file.machine == exe.EM_AARCH64 and _PAGE <= segment.align < _PAGE_64K:
            record.report("elf-page-size", f"{segment.label} is aligned to {segment.align:#x}", at)
    elif segment.kind in (exe.PT_TLS, exe.PT_DYNAMIC) and segment.align > 1 and segment.address % segment.align:
        record.report("elf-segment-align", f"{segment.label} at {segment.address:#x} is not aligned to {segment.align:#x}", at)
    if segment.kind in (exe.PT_LOAD, exe.PT_GNU_RELRO) and segment.flags & exe.PF_W and segment.flags & exe.PF_X:
        record.report("elf-segment-wx", f"{segment.label} is {_RWX[segment.flags & 7]}", at)
    if segment.kind in _IN_LOAD and segment.file_size and file.loads:
        _covered(record, file, segment)


def _covered(record: Record, file: Elf, segment: ElfSegment) -> None:
    """A segment inside another says the same of where file and memory meet."""
    load = file.load_at(segment.address)
    end = segment.address + segment.file_size
    # What becomes read-only may reach to the end of a page.
    slack = _PAGE_64K if segment.kind == exe.PT_GNU_RELRO else 0
    if load is None or end > load.address + max(load.file_size, load.memory_size if slack else 0) + slack:
        rule = "elf-relro-bounds" if segment.kind == exe.PT_GNU_RELRO else "elf-segment-cover"
        record.report(rule, f"{segment.label} at {segment.address:#x} is in no loaded segment", segment.header_offset)
    elif segment.offset - load.offset != segment.address - load.address:
        what = f"{segment.label} is at {segment.offset:#x} in the file, where {load.label} has other addresses than {segment.address:#x}"
        record.report("elf-segment-cover", what, segment.header_offset)
    elif segment.kind == exe.PT_GNU_RELRO and not load.flags & exe.PF_W:
        what = f"{segment.label} is in {load.label}, which can't be written"
        record.report("elf-relro-bounds", what, segment.header_offset)


def _loads(record: Record, file: Elf, loads: list[ElfSegment]) -> None:
    for a, b in pairwise(loads):
        if a.address > b.address:
            record.report("elf-segment-order", f"{b.label} at {b.address:#x} comes after {a.label} at {a.address:#x}", b.header_offset)
    for a, b in pairwise(sorted(loads, key=lambda segment: (segment.address, segment.index))):
        if a.address + a.memory_size > b.address:
            record.report("elf-segment-overlap", f"{a.label} and {b.label} share addresses from {b.address:#x}", b.header_offset)
    seen: set[int] = set()
    for segment in file.segments:
        if segment.kind in _ONCE and segment.kind in seen:
            record.report("elf-segment-duplicate", f"{segment.label} is not the only one of its kind", segment.header_offset)
        seen.add(segment.kind)
    table = file.segment(exe.PT_PHDR)
    if table is not None and table.offset != file.phoff:
        what = f"{table.label} says that the table of segments is at {table.offset:#x}, and the header {file.phoff:#x}"
        record.report("elf-segment-cover", what, table.header_offset)


def _stack(record: Record, file: Elf) -> None:
    stack = file.segment(exe.PT_GNU_STACK)
    if not file.segments or file.type not in (exe.ET_EXEC, exe.ET_DYN) or file.osabi not in (0, 3):
        return
    if stack is None:
        record.report("elf-stack-missing", "there is no segment GNU_STACK", file.phoff)
    elif stack.flags & exe.PF_X:
        record.report("elf-stack-exec", f"{stack.label} is {_RWX[stack.flags & 7]}", stack.header_offset)


def _interpreter(record: Record, file: Elf, dynamic: Dynamic | None) -> None:
    segment = file.segment(exe.PT_INTERP)
    if segment is None:
        if file.type == exe.ET_EXEC and dynamic is not None and dynamic.needed:
            record.report("elf-interp", f"{dynamic.needed[0]} is needed, and no dynamic linker is named", file.phoff)
        return
    if not file.view.holds(segment.offset, segment.file_size):
        return  # told as a segment outside the file
    raw = file.view.take(segment.offset, segment.file_size)
    at = segment.offset
    if not 2 <= len(raw) <= 4096 or raw[-1] or 0 in raw[:-1] or not raw[:-1].isascii():
        record.report("elf-interp", f"the name of the dynamic linker is no text of {len(raw)} bytes that a zero ends", at)
        return
    name = raw[:-1].decode()
    record.facts["interpreter"] = name
    if not name.startswith("/"):
        record.report("elf-interp", f"the dynamic linker {name!r} is named by a relative path", at)
        return
    for arch, names in _INTERPRETERS.items():
        if name in names and arch != record.arch:
            record.report("elf-interp", f"the dynamic linker {name} is one for {arch}", at)
            return
    if record.arch in _INTERPRETERS and name not in (*_INTERPRETERS[record.arch], *_INTERPRETERS_ANYWHERE):
        record.report("elf-interp-unknown", f"the dynamic linker is {name}", at)
    if file.segment(exe.PT_DYNAMIC) is None:
        record.report("elf-interp", f"the dynamic linker {name} is named, and there is no dynamic section", at)


def _entry(record: Record, file: Elf, dynamic: Dynamic | None) -> None:
    library = file.type == exe.ET_DYN and file.segment(exe.PT_INTERP) is None
    if not file.loads or (library and not file.entry):
        return
    load = file.load_at(file.entry)
    if load is None or file.entry - load.address >= load.file_size:
        record.report("elf-entry", f"the program begins at {file.entry:#x}, where nothing of the file is loaded", 24)
    elif not load.flags & exe.PF_X:
        record.report("elf-entry", f"the program begins at {file.entry:#x}, in {load.label}, which is {_RWX[load.flags & 7]}", 24)
    elif file.machine == exe.EM_AARCH64 and file.entry % 4:
        record.report("elf-entry", f"the program begins at {file.entry:#x}, which is no place of an instruction", 24)


def _dynamic(record: Record, file: Elf, dynamic: Dynamic, *, go: bool) -> None:
    flags, flags_1 = dynamic.value(exe.DT_FLAGS) or 0, dynamic.value(exe.DT_FLAGS_1) or 0
    section = file.section(".dynamic")
    if section is not None and section.offset != dynamic.offset:
        what = f"section .dynamic is at {section.offset:#x}, and the segment at {dynamic.offset:#x}"
        record.report("elf-dynamic", what, section.header_offset)
    for tag, name in ((exe.DT_SYMTAB, "the symbol table"), (exe.DT_HASH, "the hash table"), (exe.DT_GNU_HASH, "the hash table")):
        value = dynamic.value(tag)
        if value is not None and file.offset_of(value, 16) is None:
            record.report("elf-dynamic", f"{name} at {value:#x} is not mapped from the file", dynamic.offset)
    entry = dynamic.value(exe.DT_SYMENT)
    if entry is not None and entry != (24 if file.bits == 64 else 16):
        record.report("elf-dynamic", f"a symbol is said to have {entry} bytes", dynamic.offset)
    _relocations(record, file, dynamic, allowed=bool(flags & exe.DF_TEXTREL) or dynamic.value(exe.DT_TEXTREL) is not None)
    if flags & exe.DF_TEXTREL or dynamic.value(exe.DT_TEXTREL) is not None:
        record.report("elf-textrel", "the dynamic section says that code is relocated (TEXTREL)", dynamic.offset)

    now = bool(flags & exe.DF_BIND_NOW or flags_1 & exe.DF_1_NOW) or dynamic.value(exe.DT_BIND_NOW) is not None
    relro = file.segment(exe.PT_GNU_RELRO)
    record.facts["relro"] = "none" if relro is None else "full" if now else "partial"
    if relro is None:
        # Go's own linker has it for PIE alone, so it is nothing that somebody forgot.
        if go and file.type == exe.ET_EXEC:
            what = "there is no segment GNU_RELRO, as in all of Go that is no PIE"
            record.report("elf-partial-relro", what, todo="build with -buildmode=pie")
        else:
            record.report("elf-no-relro", "there is no segment GNU_RELRO", file.phoff)
    elif not now and dynamic.needed:
        record.report("elf-partial-relro", "functions are bound when they are first called (no BIND_NOW)", dynamic.offset)

    _paths(record, dynamic)
    _libraries(record, file, dynamic)


def _paths(record: Record, dynamic: Dynamic) -> None:
    if dynamic.strings is None:
        return
    for tag, name in ((exe.DT_RPATH, "DT_RPATH"), (exe.DT_RUNPATH, "DT_RUNPATH")):
        for value, at in dynamic.values(tag):
            try:
                folders = dynamic.strings.string(value).split(":")
            except ValueError as error:
                record.report("elf-dynamic", f"{name}: {error}", at)
                continue
            for folder in folders:
                shown = folder or "the working directory"
                if not folder.startswith(("/", "$ORIGIN", "${ORIGIN}")) or folder.startswith(("/tmp", "/var/tmp", "/dev/shm")):
                    record.report("elf-rpath-unsafe", f"{name} has {shown}, where anyone may put a library", at)
                else:
                    record.report("elf-rpath", f"{name} has {shown}", at)


def _libraries(record: Record, file: Elf, dynamic: Dynamic) -> None:
    record.facts["needed"] = list(dynamic.needed)
    seen: set[str] = set()
    for name in dynamic.needed:
        if "/" in name:
            record.report("elf-needed", f"the library {name} is needed by its path", dynamic.offset)
        if not name:
            record.report("elf-needed", "a library without a name is needed", dynamic.offset)
        elif name in seen:
            record.report("elf-needed", f"the library {name} is needed twice", dynamic.offset)
        seen.add(name)
    versions = exe.needed_versions(file, dynamic)
    numbers = [found for _, name in versions if (found := _glibc(name)) is not None]
    if numbers:
        newest = max(numbers)
        record.facts["glibc"] = ".".join(map(str, newest))
        if newest[:2] > _OLDEST_GLIBC:
            oldest = ".".join(map(str, _OLDEST_GLIBC))
            record.report("elf-glibc", f"glibc {'.'.join(map(str, newest))} is needed, and there are systems with {oldest}")


def _glibc(version: str) -> tuple[int, ...] | None:
    """The number in GLIBC_2.34."""
    if not version.startswith("GLIBC_2."):
        return None
    parts = version.removeprefix("GLIBC_").split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts) else None


def _relocations(record: Record, file: Elf, dynamic: Dynamic, *, allowed: bool) -> None:
    """Every relocation has its target in memory that can be written, unless the file says that code is relocated."""
    wide = file.bits == 64
    sizes = {exe.DT_RELA: 24 if wide else 12, exe.DT_REL: 16 if wide else 8}
    tables = [
        (exe.DT_RELA, exe.DT_RELASZ, exe.DT_RELAENT, sizes[exe.DT_RELA]),
        (exe.DT_REL, exe.DT_RELSZ, exe.DT_RELENT, sizes[exe.DT_REL]),
        (exe.DT_JMPREL, exe.DT_PLTRELSZ, -1, sizes.get(dynamic.value(exe.DT_PLTREL) or 0, 0)),
    ]
    for tag, size_tag, entry_tag, entry in tables:
        place, size = dynamic.value(tag), dynamic.value(size_tag)
        if place is None or not size:
            continue
        if not entry:
            record.report("elf-reloc", "nothing says which form the relocations of calls have", dynamic.offset)
            continue
        told = dynamic.value(entry_tag) if entry_tag >= 0 else entry
        offset = file.offset_of(place, size)
        if told != entry or size % entry:
            record.report("elf-reloc", f"relocations of {size:#x} bytes, each of {told}, are not of {entry} bytes each", dynamic.offset)
        elif offset is None:
            record.report("elf-reloc", f"the relocations at {place:#x}, {size:#x} bytes, are not mapped from the file", dynamic.offset)
        else:
            _targets(record, file, offset, size, entry, allowed=allowed)


def _targets(record: Record, file: Elf, offset: int, size: int, entry: int, *, allowed: bool) -> None:
    word = file.bits // 8
    words = memoryview(file.view.take(offset, size))
    order = "little" if file.little else "big"
    targets: list[int]
    if file.little and word == 8:
        targets = words.cast("Q")[:: entry // 8].tolist()
    else:
        targets = [int.from_bytes(words[at : at + word], "little" if order == "little" else "big") for at in range(0, size, entry)]
    inside = _inside(file)
    for index, target in enumerate(targets):
        flags = inside(target)
        if flags is None:
            what = f"relocation {index} of {len(targets)} is for {target:#x}, which is not loaded"
            record.report("elf-reloc", what, offset + index * entry)
        elif not flags & exe.PF_W and not allowed:
            what = f"relocation {index} of {len(targets)} is for {target:#x}, which can't be written"
            record.report("elf-textrel", what, offset + index * entry)


def _inside(file: Elf) -> Callable[[int], int | None]:
    """The flags of the loaded segment that an address is in, the last one that was hit first."""
    low, high, flags = 1, 0, 0

    def look(address: int) -> int | None:
        nonlocal low, high, flags
        if not low <= address < high:
            load = file.load_at(address)
            if load is None:
                return None
            low, high, flags = load.address, load.address + load.memory_size, load.flags
        return flags

    return look


def _notes(record: Record, file: Elf) -> None:
    go: list[str] = []
    for note in exe.notes(file):
        if not isinstance(note, exe.Note):
            record.faults("elf-", [note])
            continue
        if note.owner == "GNU" and note.kind == 3:
            record.facts["build_id"] = note.content.hex()
        elif note.owner == "Go" and note.kind == 4:
            text = note.content.decode("ascii", "replace")
            if not text.isprintable() or "\ufffd" in text or not text:
                record.report("go-build-id", "the note with Go's build id holds no text", note.offset)
            go.append(text)
    if go:
        record.facts["go_build_id"] = go[0]
    if len(set(go)) > 1:
        record.report("go-build-id", "there are notes with different build ids of Go")


def _facts(record: Record, file: Elf, dynamic: Dynamic | None) -> None:
    pie = file.type == exe.ET_DYN
    record.facts["pie"] = pie
    record.facts["static"] = dynamic is None or not dynamic.needed
    record.facts["stripped"] = file.section(".symtab") is None
    size = sum(section.size for section in file.sections if section.name.startswith((".debug_", ".zdebug_")))
    record.facts["debug_bytes"] = size
    # Go's own linker makes a PIE where it was asked for one; that a static program stays where it is has no news in it.
    if not pie and dynamic is not None and file.type == exe.ET_EXEC:
        record.report("elf-not-pie", "the program is of type EXEC")
