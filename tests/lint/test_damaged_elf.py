# SPDX-License-Identifier: BSD-3-Clause
"""Damages of ELF files and of Go's records: each is found by its own rule, and by no rule that has nothing to do with it."""

from __future__ import annotations

import struct

import pytest
from samples import Damage, ElfPatch, overwrite, pie, rules, stock

from pygo_cross.exe import elf

LOAD, DYNAMIC, INTERP, NOTE, PHDR, TLS = elf.PT_LOAD, elf.PT_DYNAMIC, elf.PT_INTERP, elf.PT_NOTE, elf.PT_PHDR, elf.PT_TLS
STACK, RELRO = elf.PT_GNU_STACK, elf.PT_GNU_RELRO


def elf_of(sample: str) -> ElfPatch:
    return ElfPatch(
        {
            "elf": lambda: stock("linux/amd64"),
            "elf-arm64": lambda: stock("linux/arm64"),
            "pie": lambda: pie("linux/amd64"),
        }[sample]()
    )


def last_load(p: ElfPatch, **change: int) -> None:
    segment = p.get_segment(LOAD, -1)
    p.segment(LOAD, -1, **{name: getattr(segment, name) + value for name, value in change.items()})


def grow(p: ElfPatch, name: str, by: int) -> None:
    p.section(name, size=p.get_section(name).size + by)


def in_section(p: ElfPatch, name: str, at: int, size: int, value: int) -> None:
    p.set(p.get_section(name).offset + at, size, value)


def pclntab(p: ElfPatch, at: int, size: int, value: int) -> None:
    in_section(p, ".gopclntab", at, size, value)


def function_record(p: ElfPatch, at: int, value: int) -> None:
    """Changes the record of function 100: where its code begins (0), or where its name is (4)."""
    base = p.get_section(".gopclntab").offset
    functions = base + p.get(base + 64, 8)
    record = functions + p.get(functions + 8 * 100 + 4, 4)
    p.set(record + at, 4, value)


def in_info(p: ElfPatch, old: bytes, new: bytes) -> None:
    """Replaces words of the build information; the program has them a second time, for itself."""
    assert len(old) == len(new)
    section = p.get_section(".go.buildinfo")
    at = p.data.index(old, section.offset, section.offset + section.size)
    p.data[at : at + len(old)] = new


def add_note(p: ElfPatch) -> None:
    """Makes the note of GNU's build id another one of Go's."""
    section = p.get_section(".note.gnu.build-id")
    p.data[section.offset : section.offset + section.size] = struct.pack("<III4s20s", 4, 20, 4, b"Go\0\0", b"x" * 20)


ELF_DAMAGES = {
    "class": Damage("elf", lambda p: p.set(4, 1, 3), "elf-header"),
    "byte order": Damage("elf", lambda p: p.set(5, 1, 7), "elf-header"),
    "ident version": Damage("elf", lambda p: p.set(6, 1, 2), "elf-header"),
    "version": Damage("elf", lambda p: p.header(version=0), "elf-header"),
    "header size": Damage("elf", lambda p: p.header(ehsize=52), "elf-header"),
    "cut in the header": Damage("elf", lambda p: p.data.__delitem__(slice(40, None)), "elf-header"),
    "unknown machine": Damage("elf", lambda p: p.header(machine=0x1234), "elf-machine", ("go-target",)),
    "machine of 32 bits": Damage("elf", lambda p: p.header(machine=3), "elf-machine", ("go-target",)),
    "other machine": Damage("elf", lambda p: p.header(machine=183), "go-target", ("elf-page-size", "go-pclntab")),
    "machine flags": Damage("elf", lambda p: p.header(flags=5), "elf-machine"),
    "ABI": Damage("elf", lambda p: p.set(7, 1, 99), "elf-osabi"),
    "ABI version": Damage("elf", lambda p: p.set(8, 1, 1), "elf-osabi"),
    "object file": Damage("elf", lambda p: p.header(type=1), "elf-type"),
    "core dump": Damage("elf", lambda p: p.header(type=4), "elf-type"),
    "segments behind the file": Damage("elf", lambda p: p.header(phoff=1 << 40), "elf-program-headers", ("elf-section-overlap",)),
    "segment size": Damage("elf", lambda p: p.header(phentsize=32), "elf-program-headers"),
    "many segments": Damage("elf", lambda p: p.header(phnum=0xFFFF), "elf-program-headers", ("elf-section-overlap",)),
    "no segment": Damage("elf", lambda p: p.header(phnum=0), "elf-no-load"),
    "nothing loaded": Damage("elf", lambda p: [p.segment(LOAD, 0, kind=0) for _ in range(3)], "elf-no-load"),
    "cut": Damage(
        "elf",
        lambda p: p.data.__delitem__(slice(len(p.data) // 2, None)),
        "elf-segment-bounds",
        ("elf-section-headers", "elf-section-bounds", "elf-section-names", "go-pclntab", "go-build-info"),
    ),
    "a byte less": Damage("elf", lambda p: p.data.pop(), "elf-section-bounds", ("elf-section-headers", "elf-section-names")),
    "segment over the end": Damage("elf", lambda p: last_load(p, file_size=1 << 30, memory_size=1 << 30), "elf-segment-bounds"),
    "more in the file": Damage("elf", lambda p: p.segment(LOAD, -1, memory_size=16), "elf-segment-bounds", ("elf-section-segment",)),
    "address wraps": Damage("elf", lambda p: last_load(p, memory_size=-1 << 20), "elf-segment-bounds", ("elf-section-segment",)),
    "alignment": Damage("elf", lambda p: p.segment(LOAD, 1, align=0x1800), "elf-segment-align"),
    "no alignment": Damage("elf", lambda p: p.segment(LOAD, 1, align=0), "elf-segment-align"),
    "place in a page": Damage("elf", lambda p: last_load(p, offset=16), "elf-segment-align", ("elf-section-segment", "go-build-info")),
    "4 KiB pages on arm64": Damage("elf-arm64", lambda p: [p.segment(LOAD, i, align=0x1000) for i in range(3)], "elf-page-size"),
    "order": Damage(
        "elf",
        lambda p: p.data.__setitem__(
            slice(p.get_segment(LOAD, 0).header_offset, p.get_segment(LOAD, 2).header_offset),
            p.data[p.get_segment(LOAD, 1).header_offset : p.get_segment(LOAD, 2).header_offset]
            + p.data[p.get_segment(LOAD, 0).header_offset : p.get_segment(LOAD, 1).header_offset],
        ),
        "elf-segment-order",
    ),
    "overlap": Damage("elf", lambda p: p.segment(LOAD, 0, memory_size=0x200000), "elf-segment-overlap", ("elf-section-segment",)),
    "table of segments elsewhere": Damage("elf", lambda p: p.segment(PHDR, 0, offset=0x1040, address=0x401040), "elf-segment-cover"),
    "table of segments not loaded": Damage("elf", lambda p: p.segment(PHDR, 0, address=0x10), "elf-segment-cover"),
    "two stacks": Damage("elf", lambda p: p.segment(NOTE, 0, kind=STACK, flags=6), "elf-segment-duplicate"),
    "writable code": Damage("elf", lambda p: p.segment(LOAD, 0, flags=7), "elf-segment-wx"),
    "executable data": Damage("elf", lambda p: p.segment(LOAD, -1, flags=7), "elf-segment-wx"),
    "executable stack": Damage("elf", lambda p: p.segment(STACK, 0, flags=7), "elf-stack-exec"),
    "no stack": Damage("elf", lambda p: p.segment(STACK, 0, kind=0), "elf-stack-missing"),
    "entry at nothing": Damage("elf", lambda p: p.header(entry=0x10), "elf-entry"),
    "entry in data": Damage("elf", lambda p: p.header(entry=p.get_section(".data").address), "elf-entry"),
    "entry in zeros": Damage("elf", lambda p: p.header(entry=p.get_section(".noptrbss").address), "elf-entry"),
    "odd entry": Damage("elf-arm64", lambda p: p.header(entry=p.file.entry + 2), "elf-entry"),
    "code can't run": Damage("elf", lambda p: p.segment(LOAD, 0, flags=4), "elf-entry", ("elf-section-segment",)),
    "data can't be written": Damage("elf", lambda p: p.segment(LOAD, -1, flags=4), "elf-section-segment"),
    "sections behind the file": Damage("elf", lambda p: p.header(shoff=1 << 33), "elf-section-headers", ("elf-trailing-data",)),
    "section size": Damage("elf", lambda p: p.header(shentsize=40), "elf-section-headers", ("elf-trailing-data",)),
    "many sections": Damage("elf", lambda p: p.header(shnum=0xFEFF), "elf-section-headers", ("elf-trailing-data",)),
    "no table of sections": Damage("elf", lambda p: p.header(shoff=0), "elf-section-headers", ("elf-trailing-data",)),
    "names' index": Damage("elf", lambda p: p.header(shstrndx=3), "elf-section-names"),
    "name outside": Damage("elf", lambda p: p.section(".rodata", name=0xFFFFFF), "elf-section-names"),
    "section over the end": Damage("elf", lambda p: p.section(".debug_info", size=1 << 40), "elf-section-bounds"),
    "section's alignment": Damage("elf", lambda p: p.section(".rodata", align=48), "elf-section-align"),
    "section not aligned": Damage("elf", lambda p: p.section(".noptrdata", align=1 << 20), "elf-section-align"),
    "sections overlap": Damage("elf", lambda p: grow(p, ".noptrdata", 64), "elf-section-overlap"),
    "section over headers": Damage("elf", lambda p: p.section(".debug_abbrev", offset=0x40), "elf-section-overlap"),
    "section not in its segment": Damage("elf", lambda p: p.section(".rodata", address=0x10000000), "elf-section-segment", ("elf-symtab",)),
    "section elsewhere in the file": Damage(
        "elf",
        lambda p: p.section(".go.type", offset=p.get_section(".go.type").offset + 16),
        "elf-section-segment",
        ("elf-section-overlap",),
    ),
    "symbols without names": Damage("elf", lambda p: p.section(".symtab", link=3), "elf-section-link", ("elf-symtab",)),
    "names of symbols are not there": Damage("elf", lambda p: p.section(".symtab", link=999), "elf-section-link"),
    "symbol's size": Damage("elf", lambda p: p.section(".symtab", entry_size=16), "elf-symtab"),
    "first global symbol": Damage("elf", lambda p: p.section(".symtab", info=1 << 20), "elf-symtab"),
    "symbol's name": Damage("elf", lambda p: in_section(p, ".symtab", 24 * 40, 4, 0x7FFFFFFF), "elf-symtab"),
    "symbol's section": Damage("elf", lambda p: in_section(p, ".symtab", 24 * 40 + 6, 2, 0x3FFF), "elf-symtab"),
    "symbol's address": Damage("elf", lambda p: in_section(p, ".symtab", 24 * 40 + 8, 8, 1 << 50), "elf-symtab"),
    "note's size": Damage("elf", lambda p: in_section(p, ".note.go.buildid", 4, 4, 1 << 20), "elf-note"),
    "note's owner": Damage("elf", lambda p: in_section(p, ".note.go.buildid", 0, 4, 0xFFFFFFF0), "elf-note"),
    "Go's build id": Damage("elf", lambda p: in_section(p, ".note.go.buildid", 20, 4, 0x01FF02FE), "go-build-id"),
    "two build ids of Go": Damage("elf", add_note, "go-build-id"),
    "bytes behind": Damage("elf", lambda p: p.data.extend(b"payload"), "elf-trailing-data"),
    "interpreter without an end": Damage("pie", lambda p: p.set(p.get_segment(INTERP).offset + 27, 1, 0x41), "elf-interp"),
    "interpreter cut": Damage("pie", lambda p: p.set(p.get_segment(INTERP).offset + 5, 1, 0), "elf-interp"),
    "relative interpreter": Damage("pie", lambda p: p.set(p.get_segment(INTERP).offset, 1, 0x2E), "elf-interp"),
    "interpreter of another machine": Damage(
        "pie", lambda p: overwrite(p, b"/lib64/ld-linux-x86-64.so.2\0", b"/lib/ld-linux-aarch64.so.1\0\0"), "elf-interp"
    ),
    "unknown interpreter": Damage(
        "pie", lambda p: overwrite(p, b"/lib64/ld-linux-x86-64.so.2\0", b"/opt/x/ld-linux-x86-64.so.2"[:27] + b"\0"), "elf-interp-unknown"
    ),
    "interpreter outside": Damage("pie", lambda p: p.segment(INTERP, 0, offset=1 << 40), "elf-segment-bounds", ("elf-segment-cover",)),
    "no dynamic section": Damage("pie", lambda p: p.segment(DYNAMIC, 0, kind=0), "elf-interp"),
    "dynamic section without an end": Damage("pie", lambda p: p.segment(DYNAMIC, 0, file_size=64), "elf-dynamic"),
    "dynamic section elsewhere": Damage(
        "pie",
        lambda p: p.segment(DYNAMIC, 0, offset=p.get_segment(DYNAMIC).offset - 64, address=p.get_segment(DYNAMIC).address - 64),
        "elf-dynamic",
        ("elf-reloc",),
    ),
    "strings not mapped": Damage("pie", lambda p: p.dynamic(elf.DT_STRTAB, 0x1234), "elf-dynamic"),
    "symbols not mapped": Damage("pie", lambda p: p.dynamic(elf.DT_SYMTAB, 1 << 40), "elf-dynamic"),
    "size of a symbol": Damage("pie", lambda p: p.dynamic(elf.DT_SYMENT, 23), "elf-dynamic"),
    "hash table not mapped": Damage("pie", lambda p: p.dynamic(elf.DT_HASH, 3), "elf-dynamic"),
    "relocations not mapped": Damage("pie", lambda p: p.dynamic(elf.DT_RELA, 1 << 41), "elf-reloc"),
    "relocations of odd size": Damage("pie", lambda p: p.dynamic(elf.DT_RELASZ, 25), "elf-reloc"),
    "relocation's size": Damage("pie", lambda p: p.dynamic(elf.DT_RELAENT, 16), "elf-reloc"),
    "relocation of nothing": Damage("pie", lambda p: in_section(p, ".rela", 24 * 7, 8, 0x77777777), "elf-reloc"),
    "relocation of code": Damage("pie", lambda p: in_section(p, ".rela", 24 * 7, 8, p.get_section(".text").address + 64), "elf-textrel"),
    "TEXTREL": Damage("pie", lambda p: p.dynamic(elf.DT_FLAGS_1, 0, elf.DT_TEXTREL), "elf-textrel"),
    "no RELRO": Damage("pie", lambda p: p.segment(RELRO, 0, kind=0), "elf-no-relro"),
    "RELRO of code": Damage(
        "pie", lambda p: p.segment(RELRO, 0, offset=0x1000, address=0x401000, file_size=64, memory_size=64), "elf-relro-bounds"
    ),
    "RELRO of nothing": Damage("pie", lambda p: p.segment(RELRO, 0, address=1 << 40), "elf-relro-bounds"),
    "TLS larger in the file": Damage("pie", lambda p: p.segment(TLS, 0, file_size=64), "elf-segment-bounds", ("elf-segment-cover",)),
    "build info's magic": Damage("elf", lambda p: in_section(p, ".go.buildinfo", 3, 1, 0), "go-build-info"),
    "build info's length": Damage("elf", lambda p: in_section(p, ".go.buildinfo", 32, 8, 0x7FFFFFFFFFFFFFFF), "go-build-info"),
    "build info's words": Damage("elf", lambda p: in_info(p, b"build\tGOARCH=amd64", b"build\tGOARCH:amd64"), "go-build-info"),
    "GOOS": Damage("elf", lambda p: in_info(p, b"\nbuild\tGOOS=linux", b"\nbuild\tGOOS=plan9"), "go-target"),
    "GOARCH": Damage("elf", lambda p: in_info(p, b"\nbuild\tGOARCH=amd64", b"\nbuild\tGOARCH=arm64"), "go-target"),
    "GOAMD64": Damage("elf", lambda p: in_info(p, b"\nbuild\tGOAMD64=v1", b"\nbuild\tGOAMD64=v7"), "go-target"),
    "old release": Damage("elf", lambda p: in_section(p, ".go.buildinfo", 33 + 4, 2, 0x3931), "go-version-old"),
    "unfinished release": Damage("elf", lambda p: in_info(p, b"\x08go1.27.3", b"\x08go1.27rc"), "go-version"),
    "pclntab's magic": Damage("elf", lambda p: pclntab(p, 0, 4, 0x12345678), "go-pclntab"),
    "pclntab's header": Damage("elf", lambda p: pclntab(p, 7, 1, 3), "go-pclntab"),
    "pclntab's pointers": Damage("elf", lambda p: pclntab(p, 7, 1, 4), "go-pclntab"),
    "number of functions": Damage("elf", lambda p: pclntab(p, 8, 8, 1 << 40), "go-pclntab"),
    "order of functions": Damage(
        "elf", lambda p: pclntab(p, p.get(p.get_section(".gopclntab").offset + 64, 8) + 800, 4, 0xFFFFFF00), "go-pclntab"
    ),
    "a function's code": Damage("elf", lambda p: function_record(p, 0, 0x123), "go-pclntab"),
    "a function's name": Damage("elf", lambda p: function_record(p, 4, 0x7FFFFFFF), "go-pclntab"),
}


@pytest.mark.parametrize("name", ELF_DAMAGES)
def test_elf(name: str) -> None:
    damage = ELF_DAMAGES[name]
    patch = elf_of(damage.sample)
    damage.apply(patch)
    broken = rules(patch.bytes())
    assert damage.rule in broken, broken
    assert broken <= {damage.rule, *damage.also}


@pytest.mark.parametrize("sample", ["elf", "elf-arm64", "pie"])
def test_nothing_in_the_elf_samples(sample: str) -> None:
    assert rules(elf_of(sample).bytes()) == set()
