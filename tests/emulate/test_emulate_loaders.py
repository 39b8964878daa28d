# SPDX-License-Identifier: BSD-3-Clause
"""Loaders: what they read, and that a file that lies is refused and never more than that."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import AMD64_EXIT, ARM64_EXIT, BASE, TARGETS, arm64, elf

from pygo_cross.emulate import Limits, run
from pygo_cross.emulate.errors import EmulatorError
from pygo_cross.emulate.loader import image

Build = Callable[[str, str], Path]

CPU = {"amd64": 0x01000007, "arm64": 0x0100000C}


def command(number: int, body: bytes) -> bytes:
    body = body.ljust((len(body) + 7) & -8, b"\0")
    return struct.pack("<II", number, 8 + len(body)) + body


def segment(name: str, address: int, size: int, offset: int, file_size: int, protection: int) -> bytes:
    return command(0x19, struct.pack("<16sQQQQIIII", name.encode(), address, size, offset, file_size, protection, protection, 0, 0))


def macho(arch: str, code: bytes, data: bytes = b"", extra: bytes = b"", linkedit: bytes = b"", main: bool = True) -> bytes:
    """An executable with __TEXT (code at 0x4000 in it), __DATA and __LINKEDIT, one page of 16 KiB each."""
    page = 0x4000
    commands = [
        segment("__PAGEZERO", 0, 1 << 32, 0, 0, 0),
        segment("__TEXT", 1 << 32, 2 * page, 0, 2 * page, 5),
        segment("__DATA", (1 << 32) + 2 * page, page, 2 * page, page, 3),
        segment("__LINKEDIT", (1 << 32) + 3 * page, page, 3 * page, len(linkedit), 1),
        extra,
    ]
    if main:
        commands.append(command(0x80000028, struct.pack("<QQ", page, 0)))
    blob = b"".join(commands)
    count = 5 + sum(1 for part in (extra,) if part) - (0 if main else 1)
    header = struct.pack("<8I", 0xFEEDFACF, CPU[arch], 0, 2, count, len(blob), 0x200085, 0)
    return (header + blob).ljust(page, b"\0") + code.ljust(page, b"\0") + data.ljust(page, b"\0") + linkedit


# Calls the function whose address is the first word of __DATA with 7, then returns 3 from main.
ARM64_CALL = arm64(0xA9BF7BFD, 0xD2C00029, 0xF2A00009, 0xF2900009, 0xF9400129, 0xD28000E0, 0xD63F0120, 0xD2800060, 0xA8C17BFD, 0xD65F03C0)
AMD64_CALL = bytes.fromhex("48b80080000001000000 488b00 bf07000000 ffd0 b803000000 c3")


def chained_fixups(symbol: str, kind: int = 6) -> bytes:
    """Chained fixups with one import and one chain: __DATA+0 binds it, __DATA+8 is a pointer to the image's start plus 0x40."""
    starts = struct.pack("<I5I", 4, 0, 0, 24, 0, 0)[: 4 + 4 * 4].ljust(24, b"\0")
    per_segment = struct.pack("<IHHQIHH", 24, 0x4000, kind, 0x8000, 0, 1, 0)
    table = starts + per_segment
    table = table.ljust((len(table) + 7) & -8, b"\0")
    header_size = 32
    imports_at = header_size + len(table)
    header = struct.pack("<7I", 0, header_size, imports_at, imports_at + 4, 1, 1, 0).ljust(header_size, b"\0")
    return header + table + struct.pack("<I", 1) + symbol.encode() + b"\0"


@pytest.mark.parametrize(("arch", "code"), [("arm64", ARM64_CALL), ("amd64", AMD64_CALL)])
def test_main_returns_its_status(arch: str, code: bytes) -> None:
    plain = arm64(0xD2800060, 0xD65F03C0) if arch == "arm64" else bytes.fromhex("b803000000c3")
    assert run(macho(arch, plain)).status == 3


@pytest.mark.parametrize(("arch", "code"), [("arm64", ARM64_CALL), ("amd64", AMD64_CALL)])
def test_chained_fixups_are_applied(arch: str, code: bytes) -> None:
    data = struct.pack("<QQ", 1 << 63 | 2 << 51, 0x40)
    fixups = chained_fixups("__exit")
    extra = command(0x80000034, struct.pack("<II", 0xC000, len(fixups)))
    binary = macho(arch, code, data, extra, fixups)
    assert run(binary).status == 7
    loaded = image.load(binary)
    assert loaded.binds == [((1 << 32) + 0x8000, "__exit", 0)]
    assert struct.unpack_from("<Q", loaded.segments[1].data, 8) == ((1 << 32) + 0x40,)


@pytest.mark.parametrize(("arch", "code"), [("arm64", ARM64_CALL), ("amd64", AMD64_CALL)])
def test_bind_opcodes_are_applied(arch: str, code: bytes) -> None:
    opcodes = b"\x11\x40__exit\0\x51\x72\x00\x90\x00"
    info = struct.pack("<10I", 0, 0, 0xC000, len(opcodes), 0, 0, 0, 0, 0, 0)
    assert run(macho(arch, code, b"", command(0x80000022, info), opcodes)).status == 7
    lazy = b"\x72\x00\x11\x40__exit\0\x90\x00"
    info = struct.pack("<10I", 0, 0, 0, 0, 0, 0, 0xC000, len(lazy), 0, 0)
    assert run(macho(arch, code, b"", command(0x22, info), lazy)).status == 7


def test_a_function_that_is_not_there_is_named() -> None:
    fixups = chained_fixups("_frobnicate")
    extra = command(0x80000034, struct.pack("<II", 0xC000, len(fixups)))
    binary = macho("arm64", ARM64_CALL, struct.pack("<Q", 1 << 63), extra, fixups)
    result = run(binary)
    assert (result.status, result.missing) == (3, {"frobnicate": 1})
    strict = run(binary, strict=True)
    assert strict.status == 125 and "frobnicate" in strict.error


def test_bind_opcodes_that_lie() -> None:
    for opcodes in (
        b"\x40__exit",  # no end
        b"\x40__exit\0\x79\x00\x90",  # no such segment
        b"\x40__exit\0\x72\xff\xff\xff\xff\x0f\x90",  # outside
        b"\x40__exit\0\x72\x00\xc0\xff\xff\xff\xff\x0f\x00",  # very many
        b"\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",  # a number without end
        b"\xd0",
    ):
        info = struct.pack("<10I", 0, 0, 0xC000, len(opcodes), 0, 0, 0, 0, 0, 0)
        result = run(macho("arm64", ARM64_CALL, b"", command(0x80000022, info), opcodes))
        assert (result.status, result.error_code) == (126, "bad-binary"), opcodes


def test_universal_binaries() -> None:
    slices = [macho("amd64", bytes.fromhex("b803000000c3")), macho("arm64", arm64(0xD2800080, 0xD65F03C0))]
    place = 0x4000
    header = struct.pack(">II", 0xCAFEBABE, 2)
    body = b""
    for arch, data in zip(("amd64", "arm64"), slices, strict=True):
        header += struct.pack(">IIIII", CPU[arch], 0, place + len(body), len(data), 14)
        body += data.ljust((len(data) + 0x3FFF) & -0x4000, b"\0")
    fat = header.ljust(place, b"\0") + body
    assert run(fat).status == 3
    assert run(fat, arch="arm64").status == 4
    assert run(slices[0], arch="arm64").status == 126
    assert run(header + b"").status == 126
    assert run(struct.pack(">II", 0xCAFEBABE, 0xFFFFFFFF)).status == 126


def test_elf_lies_are_refused() -> None:
    good = elf("amd64", AMD64_EXIT)
    assert run(good).error == ""
    for offset, data in (
        (4, b"\x01"),  # 32 bits
        (5, b"\x02"),  # big-endian
        (16, b"\x01\0"),  # an object
        (18, b"\x08\0"),  # another machine
        (32, b"\xff" * 8),  # program headers outside
        (54, b"\x38\x01"),  # of another size
        (56, b"\xff\xff"),  # very many
        (64 + 8, b"\xff" * 8),  # a segment outside of the file
        (64 + 16, b"\xff" * 8),  # of the address space
        (64 + 16, bytes(8)),  # at 0
        (64 + 32, b"\xff" * 8),  # too long in the file
        (64 + 40, b"\x01" + bytes(7)),  # shorter in memory
    ):
        bad = bytearray(good)
        bad[offset : offset + len(data)] = data
        result = run(bytes(bad))
        assert result.status == 126 and result.error, (offset, result)


def test_interpreter_is_refused_by_name() -> None:
    bad = bytearray(elf("amd64", AMD64_EXIT))
    bad[64:68] = struct.pack("<I", 3)
    result = run(bytes(bad))
    assert (result.status, result.error_code) == (125, "dynamic-linking")


def test_position_independent_executables_run() -> None:
    binary = bytearray(elf("arm64", arm64(0xD28000E0) + ARM64_EXIT))
    binary[16:18] = struct.pack("<H", 3)
    assert run(bytes(binary)).status == 7
    assert image.load(bytes(binary)).entry > BASE


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_files_end_with_a_status(build: Build, target: str) -> None:
    data = build("hello", target).read_bytes()
    for seed in range(20):
        generator = random.Random(seed)
        mutant = bytearray(data)
        for _ in range(generator.choice((1, 2, 5, 20))):
            place = generator.randrange(generator.choice((0x200, 0x1000, len(mutant))))
            kind = generator.randrange(3)
            if kind == 0:
                mutant[place] = generator.randrange(256)
            elif kind == 1:
                mutant[place : place + 8] = b"\xff" * 8
            else:
                mutant[place : place + 4] = generator.randbytes(4)
        if generator.random() < 0.2:
            mutant = mutant[: generator.randrange(len(mutant))]
        result = run(bytes(mutant), limits=Limits(instructions=400_000, memory=1 << 30))
        assert 0 <= result.status <= 255


def test_headers_of_noise_are_refused() -> None:
    for seed in range(300):
        generator = random.Random(seed)
        magic = generator.choice((b"\x7fELF\x02\x01", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"))
        try:
            image.load(magic + generator.randbytes(generator.randrange(600)))
        except EmulatorError as error:
            assert error.status in (125, 126)
