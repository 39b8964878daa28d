# SPDX-License-Identifier: BSD-3-Clause
"""Programs that tests of the linter damage, and ways to damage them: fields of headers by their names, and signing again."""

from __future__ import annotations

import functools
import hashlib
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from go_programs import go

from pygo_cross.exe import elf, macho
from pygo_cross.exe.elf import Elf, ElfSection, ElfSegment
from pygo_cross.exe.macho import Command, MachO, MachSection, MachSegment
from pygo_cross.lint.check import check
from pygo_cross.lint.finding import Finding

HELLO = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'
BARE = 'package main\n\nfunc main() { println("hello") }\n'  # where flags have all that is imported compiled for them alone
VERSION = "v1.2.3"  # of the samples, so that they know their version


@functools.cache
def stock(target: str, *flags: str, source: str = HELLO, cgo: bool = False) -> bytes:
    """What stock Go makes of a small program, trimmed unless flags say otherwise, in a file of its own."""
    goos, goarch = target.split("/")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "go.mod").write_text("module example.com/hello\n\ngo 1.27\n")
        Path(folder, "main.go").write_text(source)
        out = Path(folder, "hello")
        trim = () if any(flag.startswith("-trimpath") for flag in flags) else ("-trimpath",)
        arguments = ["build", *trim, *flags, "-o", str(out), "."]
        go(*arguments, cwd=Path(folder), GOOS=goos, GOARCH=goarch, CGO_ENABLED="1" if cgo else "0", GOFLAGS="")
        return out.read_bytes()


@functools.cache
def compiled(*flags: str, source: str = 'int puts(const char *); int main(void) { return puts("hello"); }') -> bytes | None:
    """What the C compiler of this machine makes of a small program; None where there is none."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "hello")
        Path(folder, "main.c").write_text(source)
        done = subprocess.run([compiler, *flags, "-o", str(out), "main.c"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return out.read_bytes()


def pie(target: str) -> bytes:
    """A small program of stock Go that can lie anywhere."""
    return stock(target, "-buildmode=pie", source=BARE)


def fat(*parts: tuple[int, int, int, bytes]) -> bytes:
    """A fat file of (cpu, subtype, exponent of the alignment, file)."""
    places, at = [], 8 + 20 * len(parts)
    for _, _, align, data in parts:
        at = -(-at >> align << align) if at % (1 << align) == 0 else ((at >> align) + 1) << align
        places.append(at)
        at += len(data)
    head = struct.pack(">II", 0xCAFEBABE, len(parts))
    for (cpu, subtype, align, data), place in zip(parts, places, strict=True):
        head += struct.pack(">5I", cpu, subtype, place, len(data), align)
    out = bytearray(head)
    for (_, _, _, data), place in zip(parts, places, strict=True):
        out += bytes(place - len(out)) + data
    return bytes(out)


def universal() -> bytes:
    """The program for both processors."""
    return fat((0x01000007, 3, 12, stock("darwin/amd64")), (0x0100000C, 0, 14, stock("darwin/arm64")))


def found(data: bytes) -> list[Finding]:
    """All findings of a file, at any severity."""
    return [finding for record in check("sample", data) for finding in record.findings]


def rules(data: bytes) -> set[str]:
    """The rules at error or warning that a file breaks."""
    return {finding.rule for finding in found(data) if finding.severity != "info"}


@dataclass(frozen=True)
class Damage:
    """What is done to a sample, the rule that finds it, and the rules that may find it too."""

    sample: str
    apply: Callable[..., object]
    rule: str
    also: tuple[str, ...] = ()


class Patch:
    """A copy of a file with changes. Offsets are in bytes; numbers are little-endian unless they are told to be `big`."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def set(self, at: int, size: int, value: int, *, big: bool = False) -> None:
        assert 0 <= at <= len(self.data) - size
        self.data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "big" if big else "little")

    def get(self, at: int, size: int, *, big: bool = False) -> int:
        return int.from_bytes(self.data[at : at + size], "big" if big else "little")

    def flip(self, at: int) -> None:
        self.data[at] ^= 0xFF

    def bytes(self) -> bytes:
        return bytes(self.data)


class ElfPatch(Patch):
    """Of a 64-bit ELF file."""

    HEADER: ClassVar = {
        "type": (16, 2), "machine": (18, 2), "version": (20, 4), "entry": (24, 8), "phoff": (32, 8), "shoff": (40, 8), "flags": (48, 4),
        "ehsize": (52, 2), "phentsize": (54, 2), "phnum": (56, 2), "shentsize": (58, 2), "shnum": (60, 2), "shstrndx": (62, 2),
    }  # fmt: skip
    SEGMENT: ClassVar = {
        "kind": (0, 4), "flags": (4, 4), "offset": (8, 8), "address": (16, 8), "physical": (24, 8), "file_size": (32, 8),
        "memory_size": (40, 8), "align": (48, 8),
    }  # fmt: skip
    SECTION: ClassVar = {
        "name": (0, 4), "kind": (4, 4), "flags": (8, 8), "address": (16, 8), "offset": (24, 8), "size": (32, 8), "link": (40, 4),
        "info": (44, 4), "align": (48, 8), "entry_size": (56, 8),
    }  # fmt: skip

    @property
    def file(self) -> Elf:
        return elf.read(bytes(self.data))

    def header(self, **fields: int) -> ElfPatch:
        for name, value in fields.items():
            self.set(*self.HEADER[name], value)
        return self

    def segment(self, kind: int, index: int = 0, /, **fields: int) -> ElfPatch:
        """Changes the fields of a segment, the `index`th of its kind; numbers below 0 count from the end."""
        at = [s for s in self.file.segments if s.kind == kind][index].header_offset
        for name, value in fields.items():
            offset, size = self.SEGMENT[name]
            self.set(at + offset, size, value)
        return self

    def get_segment(self, kind: int, index: int = 0) -> ElfSegment:
        return [s for s in self.file.segments if s.kind == kind][index]

    def section(self, name: str, /, **fields: int) -> ElfPatch:
        at = self.get_section(name).header_offset
        for field, value in fields.items():
            offset, size = self.SECTION[field]
            self.set(at + offset, size, value)
        return self

    def get_section(self, name: str) -> ElfSection:
        section = self.file.section(name)
        assert section is not None, name
        return section

    def dynamic(self, tag: int, value: int, new_tag: int | None = None) -> ElfPatch:
        """Changes the first entry of a tag."""
        table = elf.dynamic(self.file)
        assert table is not None
        at = next(offset for found, _, offset in table.entries if found == tag)
        self.set(at, 8, tag if new_tag is None else new_tag)
        self.set(at + 8, 8, value)
        return self


class MachPatch(Patch):
    """Of a 64-bit little-endian Mach-O file."""

    HEADER: ClassVar = {
        "cpu": (4, 4),
        "subtype": (8, 4),
        "type": (12, 4),
        "ncmds": (16, 4),
        "sizeofcmds": (20, 4),
        "flags": (24, 4),
        "reserved": (28, 4),
    }
    SEGMENT: ClassVar = {
        "address": (24, 8), "memory_size": (32, 8), "offset": (40, 8), "file_size": (48, 8), "maxprot": (56, 4), "initprot": (60, 4),
        "count": (64, 4), "flags": (68, 4),
    }  # fmt: skip
    SECTION: ClassVar = {
        "address": (32, 8), "size": (40, 8), "offset": (48, 4), "align": (52, 4), "reloc_offset": (56, 4), "reloc_count": (60, 4),
        "flags": (64, 4), "reserved1": (68, 4), "reserved2": (72, 4),
    }  # fmt: skip

    @property
    def file(self) -> MachO:
        return macho.read(bytes(self.data))

    def header(self, **fields: int) -> MachPatch:
        for name, value in fields.items():
            self.set(*self.HEADER[name], value)
        return self

    def segment(self, name: str, /, **fields: int) -> MachPatch:
        at = self.get_segment(name).command.offset
        for field, value in fields.items():
            offset, size = self.SEGMENT[field]
            self.set(at + offset, size, value)
        return self

    def get_segment(self, name: str) -> MachSegment:
        segment = self.file.segment(name)
        assert segment is not None, name
        return segment

    def section(self, name: str, /, **fields: int) -> MachPatch:
        at = self.get_section(name).header_offset
        for field, value in fields.items():
            offset, size = self.SECTION[field]
            self.set(at + offset, size, value)
        return self

    def get_section(self, name: str) -> MachSection:
        section = self.file.section(name)
        assert section is not None, name
        return section

    def command(self, number: int, index: int = 0) -> Command:
        return self.file.find(number)[index]

    def field(self, number: int, offset: int, value: int, size: int = 4, index: int = 0) -> MachPatch:
        """Changes a number in a load command, `offset` bytes from its start."""
        self.set(self.command(number, index).offset + offset, size, value)
        return self

    def directory(self) -> int:
        """Where the code directory begins, by the signature's own index."""
        start = self.get(self.command(0x1D).offset + 8, 4)
        return start + self.get(start + 16, 4, big=True)

    def directory_field(self, offset: int, value: int, size: int = 4) -> MachPatch:
        self.set(self.directory() + offset, size, value, big=True)
        return self

    def sign(self) -> MachPatch:
        """Makes the hashes of all pages again, where there is a signature."""
        if not self.file.find(0x1D):
            return self
        at = self.directory()
        hashes, slots, limit = (self.get(at + offset, 4, big=True) for offset in (16, 24, 28 + 4))
        slots = self.get(at + 28, 4, big=True)
        for index in range(slots):
            page = bytes(self.data[index * 4096 : min(index * 4096 + 4096, limit)])
            self.data[at + hashes + 32 * index : at + hashes + 32 * (index + 1)] = hashlib.sha256(page).digest()
        return self


def without_command(patch: MachPatch, number: int) -> MachPatch:
    """Takes a load command out; those behind it move up."""
    command = patch.command(number)
    size = command.view.size
    end = 32 + patch.get(20, 4)
    patch.data[command.offset : end] = patch.data[command.offset + size : end] + bytes(size)
    return patch.header(ncmds=patch.get(16, 4) - 1, sizeofcmds=patch.get(20, 4) - size)


def with_command(patch: MachPatch, raw: bytes) -> MachPatch:
    """Adds a load command behind the others, into the room before the first section."""
    end = 32 + patch.get(20, 4)
    assert len(raw) % 8 == 0 and not any(patch.data[end : end + len(raw)])
    patch.data[end : end + len(raw)] = raw
    return patch.header(ncmds=patch.get(16, 4) + 1, sizeofcmds=patch.get(20, 4) + len(raw))


def strings_command(number: int, text: bytes, fields: Iterable[int] = ()) -> bytes:
    """A load command that holds a path behind `fields`."""
    head = b"".join(struct.pack("<I", field) for field in fields)
    start = 12 + len(head)
    size = -(-(start + len(text) + 1) // 8) * 8
    return (struct.pack("<III", number, size, start) + head + text).ljust(size, b"\0")


def overwrite(p: Patch, old: bytes, new: bytes) -> None:
    """Replaces the one place of `old` by as many bytes."""
    assert len(old) == len(new)
    at = p.data.index(old)
    p.data[at : at + len(old)] = new
