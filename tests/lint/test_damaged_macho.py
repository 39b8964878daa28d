# SPDX-License-Identifier: BSD-3-Clause
"""Damages of Mach-O files, signatures and universal binaries: each is found by its own rule, and by none that has nothing to do with it."""

from __future__ import annotations

import struct

import pytest
from samples import Damage, MachPatch, fat, found, overwrite, rules, stock, strings_command, universal, with_command, without_command


def mach_of(sample: str) -> MachPatch:
    return MachPatch(stock("darwin/" + sample.removeprefix("macho-")))


def rebase_code(p: MachPatch, at: int, *values: int) -> None:
    start = p.get(p.command(0x80000022).offset + 8, 4)
    for index, value in enumerate(values):
        p.data[start + at + index] = value


def bind_code(p: MachPatch, at: int, *values: int) -> None:
    start = p.get(p.command(0x80000022).offset + 16, 4)
    for index, value in enumerate(values):
        p.data[start + at + index] = value


def no_library(p: MachPatch) -> None:
    """Has the first symbol come from a library that is not there."""
    start = p.get(p.command(LC_DYLD_INFO).offset + 16, 4)
    at = next(at for at in range(start, start + 16) if p.data[at] in (0x11, 0x12))
    p.data[at] = 0x1E


def symbol(p: MachPatch, index: int, offset: int, size: int, value: int) -> None:
    p.set(p.get(p.command(2).offset + 8, 4) + 16 * index + offset, size, value)


def dylib_name(p: MachPatch, index: int, name: bytes) -> None:
    command = p.command(0xC, index)
    room = command.view.size - 24
    assert len(name) < room
    p.data[command.offset + 24 : command.offset + 24 + room] = name.ljust(room, b"\0")


LC_SYMTAB, LC_UNIXTHREAD, LC_DYSYMTAB, LC_DYLIB, LC_DYLINKER, LC_UUID, LC_SIGNATURE = 0x2, 0x5, 0xB, 0xC, 0xE, 0x1B, 0x1D
LC_BUILD, LC_DYLD_INFO, LC_MAIN = 0x32, 0x80000022, 0x80000028
CS = "macho-arm64"

# In files that are signed again after the damage.
MACHO_DAMAGES = {
    "processor": Damage(CS, lambda p: p.header(cpu=0x01000012), "macho-cpu", ("go-target",)),
    "variant": Damage(CS, lambda p: p.header(subtype=9), "macho-cpu"),
    "other processor": Damage(
        "macho-amd64",
        lambda p: p.header(cpu=0x0100000C, subtype=0),
        "go-target",
        (
            "macho-command",
            "macho-signature-missing",
            "macho-segment-align",
            "macho-pagezero",
            "go-pclntab",
            "macho-entry",
        ),
    ),
    "core dump": Damage(CS, lambda p: p.header(type=4), "macho-type", ("macho-exec-segment",)),
    "reserved field": Damage(CS, lambda p: p.header(reserved=1), "macho-flags"),
    "unknown flag": Damage(CS, lambda p: p.header(flags=p.get(24, 4) | 0x40000000), "macho-flags"),
    "executable stack": Damage(CS, lambda p: p.header(flags=p.get(24, 4) | 0x20000), "macho-stack-exec"),
    "no PIE on arm64": Damage(CS, lambda p: p.header(flags=p.get(24, 4) & ~0x200000), "macho-pie"),
    "no PIE on amd64": Damage("macho-amd64", lambda p: p.header(flags=p.get(24, 4) & ~0x200000), "macho-not-pie"),
    "no DYLDLINK": Damage(CS, lambda p: p.header(flags=p.get(24, 4) & ~4), "macho-flags"),
    "NOUNDEFS with imports": Damage(CS, lambda p: p.header(flags=p.get(24, 4) | 1), "macho-flags"),
    "number of commands": Damage(CS, lambda p: p.header(ncmds=p.get(16, 4) + 1), "macho-commands"),
    "too few commands": Damage("macho-amd64", lambda p: p.header(ncmds=p.get(16, 4) - 1), "macho-commands"),
    "size of commands": Damage(CS, lambda p: p.header(sizeofcmds=p.get(20, 4) + 8), "macho-commands"),
    "commands over the file": Damage(CS, lambda p: p.header(sizeofcmds=1 << 30), "macho-commands", ("macho-text",)),
    "odd command": Damage("macho-amd64", lambda p: p.field(LC_BUILD, 4, 25), "macho-commands"),
    "command of nothing": Damage("macho-amd64", lambda p: p.field(LC_BUILD, 4, 0), "macho-commands"),
    "command over the end": Damage("macho-amd64", lambda p: p.field(LC_BUILD, 4, 1 << 20), "macho-commands"),
    "number of sections": Damage(CS, lambda p: p.segment("__TEXT", count=900), "macho-command"),
    "short command": Damage(
        CS,
        lambda p: (p.set(p.command(LC_UUID).offset, 4, LC_MAIN), without_command(p, LC_MAIN)),
        "macho-uuid",
        (
            "macho-entry",
            "macho-command",
        ),
    ),
    "string outside": Damage(CS, lambda p: p.field(LC_DYLINKER, 8, 4000), "macho-command"),
    "string among fields": Damage(CS, lambda p: p.field(LC_DYLIB, 8, 4), "macho-command", ("macho-dyld-info",)),
    "tools": Damage(CS, lambda p: p.field(LC_BUILD, 20, 100000), "macho-command"),
    "thread's flavor": Damage("macho-amd64", lambda p: p.field(LC_UNIXTHREAD, 8, 6), "macho-command"),
    "thread's size": Damage("macho-amd64", lambda p: p.field(LC_UNIXTHREAD, 12, 1 << 30), "macho-command"),
    "unknown command": Damage(CS, lambda p: with_command(p, struct.pack("<IIQ", 0x77, 16, 0)), "macho-command-unknown"),
    "required command": Damage(CS, lambda p: with_command(p, struct.pack("<IIQ", 0x80000077, 16, 0)), "macho-command-required"),
    "two UUIDs": Damage(CS, lambda p: with_command(p, struct.pack("<II", LC_UUID, 24) + b"u" * 16), "macho-command-duplicate"),
    "two entries": Damage(
        "macho-amd64", lambda p: with_command(p, struct.pack("<IIQQ", LC_MAIN, 24, 0x1000, 0)), "macho-command-duplicate", ("macho-entry",)
    ),
    "no symbols": Damage(CS, lambda p: without_command(p, LC_SYMTAB), "macho-command-missing"),
    "no groups of symbols": Damage(CS, lambda p: without_command(p, LC_DYSYMTAB), "macho-command-missing", ("macho-dysymtab",)),
    "no dynamic linker": Damage(CS, lambda p: without_command(p, LC_DYLINKER), "macho-command-missing"),
    "no entry": Damage(CS, lambda p: without_command(p, LC_MAIN), "macho-command-missing"),
    "no UUID": Damage(CS, lambda p: without_command(p, LC_UUID), "macho-uuid"),
    "UUID of zeros": Damage(CS, lambda p: p.field(LC_UUID, 8, 0, 16), "macho-uuid-zero"),
    "for iOS": Damage(CS, lambda p: p.field(LC_BUILD, 8, 2), "macho-platform"),
    "no version": Damage(CS, lambda p: without_command(p, LC_BUILD), "macho-no-minimum"),
    "version 0": Damage(CS, lambda p: p.field(LC_BUILD, 12, 0), "macho-no-minimum"),
    "macOS before arm64": Damage(CS, lambda p: p.field(LC_BUILD, 12, 10 << 16 | 9 << 8), "macho-minimum-os"),
    "macOS of the future": Damage(CS, lambda p: p.field(LC_BUILD, 12, 99 << 16), "macho-minimum-os"),
    "macOS newer than the SDK": Damage(CS, lambda p: p.field(LC_BUILD, 16, 12 << 16), "macho-minimum-os"),
    "no SDK": Damage(CS, lambda p: p.field(LC_BUILD, 16, 0), "macho-sdk"),
    "old SDK": Damage("macho-amd64", lambda p: (p.field(LC_BUILD, 16, 0xA0800), p.field(LC_BUILD, 12, 0xA0700)), "macho-sdk"),
    "segment over the file": Damage(
        "macho-amd64", lambda p: p.segment("__LINKEDIT", file_size=1 << 30, memory_size=1 << 30), "macho-segment-bounds"
    ),
    "segment larger in the file": Damage(
        CS,
        lambda p: p.segment("__DATA", memory_size=0x4000),
        "macho-segment-bounds",
        (
            "macho-section-bounds",
            "macho-dyld-info",
        ),
    ),
    "address wraps": Damage(CS, lambda p: p.segment("__DATA", memory_size=-1), "macho-segment-bounds", ("macho-segment-overlap",)),
    "segment not at a page": Damage(
        CS,
        lambda p: p.segment("__DATA", address=p.get_segment("__DATA").address + 0x1000),
        "macho-segment-align",
        (
            "macho-section-bounds",
            "macho-dyld-info",
            "go-build-info",
        ),
    ),
    "segments overlap": Damage(
        CS, lambda p: p.segment("__TEXT", memory_size=p.get_segment("__TEXT").memory_size + 0x4000), "macho-segment-overlap"
    ),
    "bytes of two segments": Damage(
        CS,
        lambda p: p.segment("__DATA_CONST", file_size=0x40000, memory_size=0x40000),
        "macho-segment-overlap",
    ),
    "segments out of order": Damage(
        CS,
        lambda p: p.segment("__DATA", offset=0x4000),
        "macho-segment-order",
        (
            "macho-segment-overlap",
            "macho-section-bounds",
            "go-build-info",
        ),
    ),
    "protections beyond": Damage(CS, lambda p: p.segment("__DATA", maxprot=1), "macho-segment-protection"),
    "unknown protection": Damage(CS, lambda p: p.segment("__DATA", maxprot=0x13, initprot=0x13), "macho-segment-protection"),
    "__TEXT can't run": Damage(CS, lambda p: p.segment("__TEXT", initprot=1), "macho-segment-protection", ("macho-entry", "macho-section")),
    "writable code": Damage(CS, lambda p: p.segment("__TEXT", initprot=7), "macho-segment-wx"),
    "executable data": Damage(CS, lambda p: p.segment("__DATA", initprot=7, maxprot=7), "macho-segment-wx"),
    "two of one name": Damage(
        CS,
        lambda p: overwrite(
            p,
            b"__DATA\0\0\0\0\0\0\0\0\0\0" + struct.pack("<Q", p.get_segment("__DATA").address),
            b"__TEXT\0\0\0\0\0\0\0\0\0\0" + struct.pack("<Q", p.get_segment("__DATA").address),
        ),
        "macho-segment-duplicate",
        ("macho-segment-protection", "macho-section"),
    ),
    "small __PAGEZERO": Damage(CS, lambda p: p.segment("__PAGEZERO", memory_size=0x4000), "macho-pagezero"),
    "__PAGEZERO elsewhere": Damage(CS, lambda p: p.segment("__PAGEZERO", address=0x4000, memory_size=0xFFFFC000), "macho-pagezero"),
    "__TEXT without the header": Damage(
        "macho-amd64",
        lambda p: p.segment("__TEXT", offset=0x1000),
        "macho-text",
        (
            "macho-segment-overlap",
            "macho-section-bounds",
            "macho-entry",
        ),
    ),
    "__LINKEDIT is not last": Damage(
        "macho-amd64",
        lambda p: p.segment("__LINKEDIT", file_size=0x10, memory_size=0x1000, offset=0x1000),
        "macho-linkedit",
        (
            "macho-segment-order",
            "macho-segment-overlap",
            "macho-linkedit-bounds",
        ),
    ),
    "no __LINKEDIT": Damage("macho-amd64", lambda p: overwrite(p, b"__LINKEDIT\0", b"__LANKEDIT\0"), "macho-linkedit"),
    "section outside": Damage(
        CS,
        lambda p: p.section("__rodata", address=0x200000000),
        "macho-section-bounds",
        (
            "macho-section-overlap",
            "macho-section-align",
            "macho-symtab",
        ),
    ),
    "section elsewhere in the file": Damage(
        CS, lambda p: p.section("__go_module", offset=p.get_section("__go_module").offset + 16), "macho-section-bounds"
    ),
    "section too large": Damage(CS, lambda p: p.section("__data", size=1 << 40), "macho-section-bounds", ("macho-section-overlap",)),
    "section not aligned": Damage(CS, lambda p: p.section("__data", align=14), "macho-section-align"),
    "section's alignment": Damage(CS, lambda p: p.section("__data", align=200), "macho-section-align"),
    "sections overlap": Damage(CS, lambda p: p.section("__go_fipsinfo", size=0x200), "macho-section-overlap"),
    "section of another segment": Damage(
        CS, lambda p: overwrite(p, b"__go_module\0\0\0\0\0__DATA\0", b"__go_module\0\0\0\0\0__TEXT\0"), "macho-section"
    ),
    "type of a section": Damage(CS, lambda p: p.section("__data", flags=0x55), "macho-section"),
    "relocations": Damage(CS, lambda p: p.section("__data", reloc_count=3), "macho-section"),
    "stubs of no size": Damage(CS, lambda p: p.section("__symbol_stub1", reserved2=0), "macho-section"),
    "entry at nothing": Damage(CS, lambda p: p.field(LC_MAIN, 8, 1 << 40, 8), "macho-entry"),
    "entry in data": Damage(CS, lambda p: p.field(LC_MAIN, 8, p.get_section("__data").offset, 8), "macho-entry"),
    "entry in read-only data": Damage(CS, lambda p: p.field(LC_MAIN, 8, 0x9C000, 8), "macho-entry"),
    "odd entry": Damage(CS, lambda p: p.field(LC_MAIN, 8, p.file.entry - 0x100000000 + 2, 8), "macho-entry"),
    "entry of amd64": Damage("macho-amd64", lambda p: p.field(LC_UNIXTHREAD, 16 + 128, 3, 8), "macho-entry"),
    "encrypted": Damage(CS, lambda p: with_command(p, struct.pack("<6I", 0x2C, 24, 0x4000, 0x4000, 1, 0)), "macho-encrypted"),
    "other dynamic linker": Damage(CS, lambda p: overwrite(p, b"/usr/lib/dyld\0", b"/usr/lib/dxld\0"), "macho-dylinker"),
    "library of Homebrew": Damage(CS, lambda p: dylib_name(p, 1, b"/opt/homebrew/lib/libz.d"), "macho-dylib"),
    "library beside": Damage(CS, lambda p: dylib_name(p, 1, b"@rpath/libx.dylib"), "macho-dylib"),
    "library up from the system": Damage(CS, lambda p: dylib_name(p, 1, b"/usr/lib/../../tmp/x"), "macho-dylib"),
    "relative library": Damage(CS, lambda p: dylib_name(p, 1, b"libx.dylib"), "macho-dylib-relative"),
    "library twice": Damage(CS, lambda p: dylib_name(p, 1, b"/usr/lib/libSystem.B.dylib"), "macho-dylib-duplicate"),
    "no libSystem": Damage(CS, lambda p: dylib_name(p, 0, b"/usr/lib/libz.1.dylib"), "macho-command-missing"),
    "rpath": Damage(CS, lambda p: with_command(p, strings_command(0x8000001C, b"/opt/lib")), "macho-rpath"),
    "dyld's environment": Damage(CS, lambda p: with_command(p, strings_command(0x27, b"DYLD_X=1")), "macho-rpath"),
    "symbols outside": Damage(CS, lambda p: p.field(LC_SYMTAB, 8, 0x10), "macho-linkedit-bounds", ("macho-symtab", "macho-dysymtab")),
    "many symbols": Damage(CS, lambda p: p.field(LC_SYMTAB, 12, 0x0FFFFFFF), "macho-linkedit-bounds", ("macho-dysymtab",)),
    "names outside": Damage(CS, lambda p: p.field(LC_SYMTAB, 20, 1 << 30), "macho-linkedit-bounds"),
    "symbols not aligned": Damage(
        "macho-amd64",
        lambda p: p.field(LC_DYLD_INFO, 8, p.get(p.command(LC_DYLD_INFO).offset + 8, 4) + 1),
        "macho-linkedit-align",
        (
            "macho-linkedit-overlap",
            "macho-dyld-info",
        ),
    ),
    "parts overlap": Damage(
        CS, lambda p: p.field(LC_DYLD_INFO, 12, p.get(p.command(LC_DYLD_INFO).offset + 12, 4) + 64), "macho-linkedit-overlap"
    ),
    "symbol's name": Damage(CS, lambda p: symbol(p, 5, 0, 4, 1 << 30), "macho-symtab"),
    "symbol's section": Damage(CS, lambda p: symbol(p, 5, 5, 1, 200), "macho-symtab"),
    "symbol's address": Damage(CS, lambda p: symbol(p, 5, 8, 8, 1 << 60), "macho-symtab"),
    "symbol's type": Damage(CS, lambda p: symbol(p, 5, 4, 1, 0x06), "macho-symtab"),
    "groups of symbols": Damage(CS, lambda p: p.field(LC_DYSYMTAB, 12, 5), "macho-dysymtab"),
    "undefined symbols": Damage(CS, lambda p: p.field(LC_DYSYMTAB, 24, 0), "macho-dysymtab"),
    "too many local symbols": Damage(CS, lambda p: p.field(LC_DYSYMTAB, 12, 1 << 30), "macho-dysymtab"),
    "indirect symbols": Damage(CS, lambda p: p.field(LC_DYSYMTAB, 60, 3), "macho-dysymtab"),
    "an indirect symbol": Damage(CS, lambda p: p.set(p.get(p.command(LC_DYSYMTAB).offset + 56, 4), 4, 99999), "macho-dysymtab"),
    "rebase of no segment": Damage(CS, lambda p: rebase_code(p, 1, 0x2F), "macho-dyld-info"),
    "rebase of code": Damage(CS, lambda p: rebase_code(p, 1, 0x21), "macho-dyld-info"),
    "rebase outside": Damage(CS, lambda p: rebase_code(p, 1, 0x23, 0xFF, 0xFF, 0xFF, 0x7F, 0x51), "macho-dyld-info"),
    "unknown rebase": Damage(CS, lambda p: rebase_code(p, 1, 0xF3), "macho-dyld-info"),
    "rebases without an end": Damage(CS, lambda p: [rebase_code(p, 1, *[0xA0 | 0x80] * 8)], "macho-dyld-info"),
    "huge count of rebases": Damage(CS, lambda p: rebase_code(p, 1, 0x23, 0x00, 0x60, *[0xFF] * 8, 0x7F, 0x00), "macho-dyld-info"),
    "bind of no library": Damage(CS, no_library, "macho-dyld-info"),
    "unknown bind": Damage(CS, lambda p: bind_code(p, 1, 0xE0), "macho-dyld-info"),
    "bind of code": Damage(CS, lambda p: bind_code(p, 1, 0x71), "macho-dyld-info"),
    "bytes behind": Damage(CS, lambda p: p.data.extend(b"payload!"), "macho-trailing-data"),
    "cut": Damage(CS, lambda p: p.data.__delitem__(slice(len(p.data) - 4096, None)), "macho-segment-bounds", ("macho-linkedit-bounds",)),
    "Go's build id": Damage(CS, lambda p: p.data.__setitem__(p.get_section("__text").offset + 20, 1), "go-build-id"),
    "build info": Damage(CS, lambda p: p.flip(p.get_section("__go_buildinfo").offset + 3), "go-build-info"),
    "pclntab": Damage(CS, lambda p: p.flip(p.get_section("__gopclntab").offset), "go-pclntab"),
}

# In the signature itself, or in what it covers.
SIGNATURE_DAMAGES = {
    "one byte of code": Damage(CS, lambda p: p.flip(p.get_section("__text").offset + 0x5000), "macho-page-hash"),
    "one byte of the header": Damage(CS, lambda p: p.flip(0x0F00), "macho-page-hash"),
    "one byte of the last page": Damage(CS, lambda p: p.flip(p.get(p.command(LC_SIGNATURE).offset + 8, 4) - 2), "macho-page-hash"),
    "one hash": Damage(CS, lambda p: p.flip(len(p.data) - 40), "macho-page-hash"),
    "no signature": Damage(CS, lambda p: without_command(p, LC_SIGNATURE), "macho-signature-missing"),
    "signature of no bytes": Damage(CS, lambda p: p.field(LC_SIGNATURE, 12, 0), "macho-signature-missing"),
    "signature not aligned": Damage(
        CS,
        lambda p: p.field(LC_SIGNATURE, 8, p.get(p.command(LC_SIGNATURE).offset + 8, 4) + 4),
        "macho-signature-place",
        (
            "macho-signature-blob",
            "macho-linkedit-bounds",
            "macho-page-hash",
        ),
    ),
    "signature ends early": Damage(
        CS,
        lambda p: p.field(LC_SIGNATURE, 12, 4096),
        "macho-signature-place",
        (
            "macho-signature-blob",
            "macho-page-hash",
            "macho-code-directory",
        ),
    ),
    "magic": Damage(CS, lambda p: p.flip(p.directory() - 20), "macho-signature-blob"),
    "size": Damage(CS, lambda p: p.set(p.directory() - 16, 4, 1 << 30, big=True), "macho-signature-blob"),
    "number of blobs": Damage(
        CS, lambda p: p.set(p.directory() - 12, 4, 1 << 30, big=True), "macho-signature-blob", ("macho-code-directory",)
    ),
    "blob outside": Damage(CS, lambda p: p.set(p.directory() - 4, 4, 1 << 24, big=True), "macho-signature-blob", ("macho-code-directory",)),
    "no code directory": Damage(CS, lambda p: p.set(p.directory() - 8, 4, 4, big=True), "macho-code-directory"),
    "directory's magic": Damage(CS, lambda p: p.directory_field(0, 0xFADE0C99), "macho-code-directory"),
    "directory's version": Damage(CS, lambda p: p.directory_field(8, 0x10000), "macho-code-directory"),
    "adhoc": Damage(CS, lambda p: p.directory_field(12, 0), "macho-cms"),
    "linker-signed alone": Damage(CS, lambda p: p.directory_field(12, 0x20000), "macho-signature-flags", ("macho-cms",)),
    "flags": Damage(CS, lambda p: p.directory_field(12, 0x20002 | 0x4), "macho-signature-flags"),
    "place of the hashes": Damage(CS, lambda p: p.directory_field(16, 1 << 20), "macho-code-directory"),
    "place of the identifier": Damage(CS, lambda p: p.directory_field(20, 1 << 20), "macho-code-directory", ("macho-signature-weak",)),
    "empty identifier": Damage(CS, lambda p: p.set(p.directory() + p.get(p.directory() + 20, 4, big=True), 1, 0), "macho-signature-weak"),
    "special slots": Damage(CS, lambda p: p.directory_field(24, 100), "macho-code-directory"),
    "number of hashes": Damage(CS, lambda p: p.directory_field(28, 5), "macho-code-directory"),
    "code limit": Damage(CS, lambda p: p.directory_field(32, 0x8000), "macho-code-limit", ("macho-code-directory",)),
    "size of a hash": Damage(CS, lambda p: p.directory_field(36, 20, 1), "macho-code-directory"),
    "type of a hash": Damage(CS, lambda p: p.directory_field(37, 9, 1), "macho-code-directory"),
    "size of a page": Damage(CS, lambda p: p.directory_field(39, 3, 1), "macho-code-directory"),
    "scatter list": Damage(CS, lambda p: p.directory_field(44, 90), "macho-code-directory"),
    "executable segment's place": Damage(CS, lambda p: p.directory_field(64, 0x4000, 8), "macho-exec-segment"),
    "executable segment's end": Damage(CS, lambda p: p.directory_field(72, 0x4000, 8), "macho-exec-segment"),
    "not a program": Damage(CS, lambda p: p.directory_field(80, 0, 8), "macho-exec-segment"),
    "executable segment's flags": Damage(CS, lambda p: p.directory_field(80, 0x8001, 8), "macho-exec-segment"),
}


@pytest.mark.parametrize("name", MACHO_DAMAGES)
def test_macho(name: str) -> None:
    damage = MACHO_DAMAGES[name]
    patch = mach_of(damage.sample)
    damage.apply(patch)
    if not {"macho-commands"} & {damage.rule} and len(patch.data) >= len(mach_of(damage.sample).data):
        patch.sign()
    broken = rules(patch.bytes())
    assert damage.rule in broken, broken
    # The commands that are read no further hide the signature, or parts of the header that it covers are not as they were.
    assert (
        broken <= {damage.rule, *damage.also, "macho-page-hash"}
        if damage.rule == "macho-commands"
        else broken <= {damage.rule, *damage.also}
    )


@pytest.mark.parametrize("name", SIGNATURE_DAMAGES)
def test_signature(name: str) -> None:
    damage = SIGNATURE_DAMAGES[name]
    patch = mach_of(damage.sample)
    header = patch.bytes()[:4096]
    damage.apply(patch)
    broken = rules(patch.bytes())
    if damage.rule != "macho-page-hash" and patch.bytes()[:4096] != header:
        broken.discard("macho-page-hash")  # the load command, too, is in a page that was signed
    assert damage.rule in broken, broken
    assert broken <= {damage.rule, *damage.also}


FAT_DAMAGES = {
    "many architectures": Damage("", lambda p: p.data.__delitem__(slice(20, None)), "fat-header"),
    "no architecture": Damage("", lambda p: p.set(4, 4, 0, big=True), "fat-empty", ("fat-trailing-data",)),
    "outside": Damage("", lambda p: p.set(8 + 20 + 12, 4, 1 << 31, big=True), "fat-bounds", ("fat-trailing-data",)),
    "not aligned": Damage("", lambda p: p.set(8 + 16, 4, 15, big=True), "fat-align"),
    "small alignment": Damage("", lambda p: p.set(8 + 20 + 16, 4, 12, big=True), "fat-align"),
    "large alignment": Damage("", lambda p: p.set(8 + 16, 4, 40, big=True), "fat-align"),
    "overlap": Damage(
        "", lambda p: p.set(8 + 12, 4, p.get(8 + 12, 4, big=True) + 0x8000, big=True), "fat-overlap", ("macho-trailing-data",)
    ),
    "twice": Damage("", lambda p: p.data.__setitem__(slice(28, 36), p.data[8:16]), "fat-duplicate", ("fat-mismatch", "fat-align")),
    "other processor": Damage("", lambda p: p.set(8, 4, 7, big=True), "fat-mismatch"),
    "no Mach-O file": Damage("", lambda p: p.set(p.get(8 + 8, 4, big=True), 4, 0), "fat-mismatch"),
    "wide table": Damage("", lambda p: None, "fat-wide"),
    "bytes behind": Damage("", lambda p: p.data.extend(b"payload"), "fat-trailing-data"),
    "damage inside": Damage("", lambda p: p.flip(len(p.data) - 40), "macho-page-hash"),
    "cut": Damage("", lambda p: p.data.__delitem__(slice(len(p.data) - 100, None)), "fat-bounds", ("fat-trailing-data",)),
}


@pytest.mark.parametrize("name", FAT_DAMAGES)
def test_fat(name: str) -> None:
    damage = FAT_DAMAGES[name]
    patch = MachPatch(wide(universal()) if name == "wide table" else universal())
    damage.apply(patch)
    broken = rules(patch.bytes())
    assert damage.rule in broken, broken
    assert broken <= {damage.rule, *damage.also}


def wide(data: bytes) -> bytes:
    """The same file with a table of 64-bit offsets."""
    rows = [struct.unpack_from(">5I", data, 8 + 20 * index) for index in range(2)]
    head = struct.pack(">II", 0xCAFEBABF, 2)
    head += b"".join(struct.pack(">IIQQII", cpu, subtype, offset, size, align, 0) for cpu, subtype, offset, size, align in rows)
    return head + data[len(head) :]


@pytest.mark.parametrize("sample", ["macho-amd64", "macho-arm64"])
def test_nothing_in_the_macho_samples(sample: str) -> None:
    data = mach_of(sample).bytes()
    assert rules(data) == set()
    assert MachPatch(data).sign().bytes() == data


def test_nothing_in_a_universal_binary() -> None:
    assert rules(universal()) == set()
    assert [f.rule for f in found(fat((0x01000007, 3, 12, stock("darwin/amd64"))))] == ["go-no-vcs"]
