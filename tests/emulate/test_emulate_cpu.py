# SPDX-License-Identifier: BSD-3-Clause
"""Machine code: faults and their signals, instructions that must not run, the clock, the native hook's code."""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import AMD64_EXIT, ARM64_EXIT, BASE, arm64, elf

from pygo_cross.emulate import Limits, Result, run
from pygo_cross.emulate.machine import newblock, pagetable, vex
from pygo_cross.emulate.machine.engine import _STUBS

Build = Callable[[str, str], Path]

LIMITS = Limits(instructions=500_000)


def amd64_code(text: str, **options: int) -> Result:
    return run(elf("amd64", bytes.fromhex(text) + AMD64_EXIT, **options), limits=LIMITS)


def arm64_code(*words: int, **options: int) -> Result:
    return run(elf("arm64", arm64(*words) + ARM64_EXIT, **options), limits=LIMITS)


@pytest.mark.parametrize(
    ("code", "signal"),
    [("0f0b", 4), ("cc", 5), ("31c9 f7f1", 8), ("31c0 8900", 11), ("31c0 ffe0", 11), ("f4", 11), ("cd80", 11)],
    ids=["ud2", "int3", "division", "store to 0", "jump to 0", "hlt", "int 80"],
)
def test_amd64_faults(code: str, signal: int) -> None:
    result = amd64_code(code)
    assert (result.status, result.signal) == (128 + signal, signal)


PRIVILEGED = {
    "cli": "fa", "in": "ec", "out": "ee", "insb": "6c", "mov cr": "0f20c0", "mov to cr": "0f22c0", "rdmsr": "0f32", "wrmsr": "0f30",
    "invlpg": "0f0138", "lgdt": "0f0110", "sysret": "480f07", "sysexit": "0f35", "sysenter": "0f34", "iret": "48cf", "rdpmc": "0f33",
    "wbinvd": "0f09", "clts": "0f06", "ltr": "0f00d8", "mov dr": "0f21c0", "swapgs": "0f01f8", "xsetbv": "0f01d1", "int 0": "cdff",
    "mov ss": "8ed0", "retf": "6a106a00 cb",
}  # fmt: skip


@pytest.mark.parametrize("code", PRIVILEGED.values(), ids=PRIVILEGED)
def test_amd64_privileged_instructions_fault(code: str) -> None:
    result = amd64_code(f"31c0 31c9 31d2 {code} bf07000000")
    assert result.signal in (4, 11), result.status  # what the model has not is SIGILL


def test_amd64_faults_again_and_again() -> None:
    """A handler skips the instruction and adds the signal's number, for three HLT, two divisions by zero, HLT, CLI, WRMSR, IN, INVLPG."""
    code = (
        "488d358900000041bd0b000000b80d0000004489ef31d241ba080000000f05488d356a0000004183ed034183fd0874dd41bf01000000f4f4f441bf02000000"
        "31c9f7f1f7f1f49041bf01000000fa41bf020000000f3041bf01000000ec41bf030000000f01388b3d44000000b8e70000000f0589f84c01baa80000000105"
        "2e000000c3b80f0000000f05660f1f44000073004000000000000400000400000000830040000000000000000000000000000000000000000000"
    )
    assert run(elf("amd64", bytes.fromhex(code)), limits=LIMITS).status == 8 * 11 + 2 * 8


def arm64_constant(register: int, value: int) -> list[int]:
    return [0xD2800000 | register | (value & 0xFFFF) << 5, 0xF2A00000 | register | (value >> 16 & 0xFFFF) << 5]


@pytest.mark.parametrize(
    "word",
    [0xD5384240, 0xD5100540, 0xD50343DF, 0xD4000002, 0xD4000003, 0xD69F03E0, 0xD508711F, 0xD5181000, 0xD53B9C00, 0xD5381000],
    ids=["mrs currentel", "msr mdscr", "msr daifset", "hvc", "smc", "eret", "ic iallu", "msr sctlr", "mrs pmcr", "mrs sctlr"],
)
def test_arm64_privileged_instructions_are_undefined(word: int) -> None:
    assert arm64_code(word).signal == 4


@pytest.mark.parametrize(
    "word",
    [0xD503203F, 0xD503205F, 0xD503207F, 0xD50B7520, 0xD50B7B20, 0xD53B0020, 0xD53B00E0, 0xD53B4400, 0xD51B4400, 0xD5033FDF, 0xD503233F],
    ids=["yield", "wfe", "wfi", "ic ivau", "dc cvau", "ctr", "dczid", "mrs fpcr", "msr fpcr", "isb", "paciasp"],
)
def test_arm64_instructions_of_user_mode_are_allowed(word: int) -> None:
    # x0 points to memory; msr fpcr needs a value without meaning
    setup = arm64_constant(0, BASE + 0x100 if word != 0xD51B4400 else 0)
    assert arm64_code(*setup, word, 0xD28000E0).status == 7


@pytest.mark.parametrize("word", [0x2EDC1FB7, 0x6EDA0D6F, 0x6ED33DF7, 0x1EE02820, 0x04E0E3E0], ids=["", "", "", "fadd h", "cntb"])
def test_half_precision_and_sve_are_not_there(word: int) -> None:
    """The first three are no instructions, and would end the host process by an assertion."""
    assert arm64_code(word).signal == 4


def test_arm64_identification_registers_are_those_of_hwcap() -> None:
    # ubfx x0, x0, shift, 4 of ID_AA64ISAR0_EL1 (AES 4, SHA1 8, SHA2 12, CRC32 16, ATOMIC 20, SHA3 32) and ID_AA64PFR0_EL1 (SVE 32)
    expected = {(0, 4): 2, (0, 8): 1, (0, 12): 2, (0, 16): 1, (0, 20): 2, (0, 32): 1, (1, 12): 1, (1, 4): 0}
    for (register, shift), value in expected.items():
        read = 0xD5380600 | register << 5
        assert arm64_code(read, 0xD3400000 | shift << 16 | (shift + 3) << 10).status == value
    assert arm64_code(0xD5380400, 0xD3608C00).status == 0  # no SVE
    assert arm64_code(0xD5380000, 0xD3407C00, 0xD3483C00).status == 0x05  # MIDR_EL1


@pytest.mark.parametrize(
    ("leaf", "shift_and_register"),
    [(1, "c1e918 89cf"), (1, "c1ea18 89d7"), (7, "89df"), (0, "89c7"), (0x80000001, "c1ea18 89d7"), (0x40000000, "89c7"), (13, "89c7")],
)
def test_cpuid_is_the_table(leaf: int, shift_and_register: str) -> None:
    from pygo_cross.emulate.machine import amd64

    eax, ebx, ecx, edx = amd64.cpuid(leaf, 0)
    value = {"89cf": ecx, "89d7": edx, "89df": ebx, "89c7": eax}[shift_and_register[-4:]]
    value >>= 24 if shift_and_register.startswith("c1") else 0
    result = amd64_code(f"b8{struct.pack('<I', leaf).hex()} 31c9 0fa2 {shift_and_register}")
    assert result.status == value & 0xFF


def test_what_is_not_told_is_not_there() -> None:
    from pygo_cross.emulate.machine import amd64

    ecx = amd64.cpuid(1, 0)[2]
    assert not ecx & (1 << 12 | 1 << 26 | 1 << 27 | 1 << 28 | 1 << 29 | 1 << 30)  # FMA, XSAVE, OSXSAVE, AVX, F16C, RDRAND
    assert not amd64.cpuid(7, 0)[1] & (1 << 5 | 1 << 16 | 1 << 18 | 1 << 29)  # AVX2, AVX-512, RDSEED, SHA


@pytest.mark.parametrize(
    ("words", "signal"),
    [((0,), 4), ((0xD4200000,), 5), ((0xD2800001, 0xF9000020), 11), ((0xD2800001, 0xD61F0020), 11), ((0xD4000003,), 4)],
    ids=["udf", "brk", "store to 0", "jump to 0", "smc"],
)
def test_arm64_faults(words: tuple[int, ...], signal: int) -> None:
    result = arm64_code(*words)
    assert (result.status, result.signal) == (128 + signal, signal)


def test_protection_holds() -> None:
    store = f"b8{struct.pack('<I', BASE).hex()} c60001 bf07000000"  # mov eax, BASE; mov byte [rax], 1; mov edi, 7
    assert amd64_code(store, flags=7).status == 7
    assert amd64_code(store, flags=5).signal == 11
    assert amd64_code(store, flags=6).signal == 11  # not executable


@pytest.mark.parametrize("prefix", ["", "eb00"], ids=["first block", "later block"])
@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("c5fdfec0", "AVX"),
        ("c5f877", "AVX"),
        ("c4e27d58c0", "AVX"),
        ("62f17d48fec0", "AVX-512"),
        ("0fc7f0", "RDRAND"),
        ("480fc7f8", "RDRAND"),
        ("c4e278f7c1", "AVX, VEX map 2 0xf7"),  # bextr
        ("c4e278f5c1", "AVX, VEX map 2 0xf5"),  # bzhi
        ("c4e278f3c9", "AVX, VEX map 2 0xf3"),  # blsr
        ("c4e27bf5c1", "AVX, VEX map 2 0xf5"),  # pdep of 32 bits
        ("660f3802c0", "PHADDW"),
        ("66450f3806c9", "PHADDW"),
        ("660f3a63c10c", "PCMPxSTRx"),
        ("660f3a61c108", "PCMPxSTRx"),
        ("66480f3a61c10c", "PCMPxSTRx"),
        ("b800000080ba01000000660f3a61c10c", "PCMPESTRI with a length"),
        ("ba00000080b801000000660f3a61c10c", "PCMPESTRI with a length"),
    ],
)
def test_what_would_run_wrongly_is_refused(prefix: str, code: str, name: str) -> None:
    result = amd64_code(f"{prefix} {code} bf07000000")
    assert (result.status, result.error_code) == (125, "unsupported-instruction")
    assert name in result.error


@pytest.mark.parametrize("prefix", ["", "eb00"], ids=["first block", "later block"])
def test_what_is_right_runs(prefix: str) -> None:
    assert amd64_code(f"{prefix} 66410f3802c0 bf07000000").status == 7  # phaddd xmm0, xmm8
    # movd xmm0, "bc"; movd xmm1, "abcd"; pcmpestri xmm0, xmm1, 0x0c with lengths 2 and 4: found at 1; seven times over
    code = "b862630000 660f6ec0 b861626364 660f6ec8 31ff b802000000 ba04000000 660f3a61c10c 01cf ffc3 83fb07 7cf1"
    assert amd64_code(f"31db {prefix} {code}").status == 7
    # pdep rax, rax, rcx of 64 bits: 0b11 to where rcx has bits
    assert amd64_code(f"{prefix} b803000000 b914000000 c4e2fbf5c1 89c7").status == 0x14


def test_avx_that_does_not_run_is_no_matter() -> None:
    # cmp eax, eax; je over; vpaddd; over: mov edi, 7
    assert amd64_code("39c0 7404 c5fdfec0 bf07000000").status == 7


def test_bmi_is_right() -> None:
    # mov eax, 0b1100; mov ecx, 0b1010; andn edi, eax, ecx; shlx and so on are of the same kind
    assert amd64_code("b80c000000 b90a000000 c4e278f2f9").status == 0b0010


def test_code_may_change_itself() -> None:
    # f at +0x100: mov eax, 5; ret. Called three times, its constant being 5, 9, 2.
    code = bytes.fromhex("488d3df9000000 31db ffd7 01c3 c6470109 ffd7 01c3 c6470102 ffd7 01c3 89df") + AMD64_EXIT
    assert run(elf("amd64", code.ljust(0x100, b"\x90") + bytes.fromhex("b805000000c3")), limits=LIMITS).status == 16
    # mov byte [rip+1], 7 changes the instruction behind it: mov edi, 5
    assert amd64_code("c6050100000007 bf05000000").status == 7
    # The same for arm64, with dc cvau; dsb; ic ivau; dsb; isb between: movz x0, 5 becomes movz x0, 9.
    words = [*arm64_constant(9, BASE + 0x200), 0xD2800013, *arm64_constant(10, 0xD2800120), 0xD63F0120, 0x8B000273]
    words += [0xB900012A, 0xD50B7B29, 0xD5033B9F, 0xD50B7529, 0xD5033B9F, 0xD5033FDF, 0xD63F0120, 0x8B000273, 0xAA1303E0]
    image = (arm64(*words) + ARM64_EXIT).ljust(0x200, b"\0") + arm64(0xD28000A0, 0xD65F03C0)
    assert run(elf("arm64", image), limits=LIMITS).status == 14


def test_what_must_not_run_is_refused_where_other_code_has_run() -> None:
    # The function of no-ops at +0x100 is called, vzeroupper written over it, and it is called again; with getpid in between, or without.
    for between, function in (("", "9090909090c3"), ("b827000000 0f05 488d3dde000000", "909090 b827000000 0f05 c3")):
        code = bytes.fromhex(f"488d3df9000000 ffd7 66c707c5f8 c6470277 {between} ffd7 bf07000000") + AMD64_EXIT
        assert run(elf("amd64", code.ljust(0x100, b"\x90") + bytes.fromhex(function)), limits=LIMITS).status == 125


@pytest.mark.parametrize(("protection", "flags", "status"), [(0, 0x4022, 0), (0, 0x22, 0), (3, 0x22, 12), (3, 0x4022, 12)])
def test_a_terabyte(protection: int, flags: int, status: int) -> None:
    """It may be reserved; wanting to use it is ENOMEM."""
    words = [0xD2800000, 0xD2C02001, 0xD2800002 | protection << 5, 0xD2800003 | flags << 5, 0x92800004, 0xD2800005, 0xD2801BC8, 0xD4000001]
    words += [0xEB1F001F, 0x5400006B, 0xD2800000, 0x14000002, 0xCB0003E0]  # 0, or the error number
    assert arm64_code(*words).status == status


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_a_stack_without_end(arch: str) -> None:
    result = amd64_code("50 ebfd") if arch == "amd64" else arm64_code(0xA9BF07E0, 0x17FFFFFF)
    assert result.signal == 11 or result.error_code == "limit-instructions"
    code = {"amd64": bytes.fromhex("4881ec00100000 50 ebf6"), "arm64": arm64(0xD14007FF, 0xA9BF07E0, 0x17FFFFFE)}[arch]
    assert run(elf(arch, code)).signal == 11


def test_clocks_are_virtual() -> None:
    once = amd64_code("0f31 89c7").status
    assert [amd64_code("0f31 89c7").status for _ in range(5)] == [once] * 5
    once = arm64_code(0xD53BE040).status  # mrs x0, cntvct_el0
    assert [arm64_code(0xD53BE040).status for _ in range(5)] == [once] * 5
    # The frequency matches the counter: 1 GHz, whose lowest byte but one is 0xca.
    assert arm64_code(0xD53BE000, 0xD348FC00).status == 1_000_000_000 >> 8 & 0xFF


def test_lengths_are_those_of_the_go_disassembler(build: Build, goroot: Path, tmp_path: Path) -> None:
    out = tmp_path / "hello"
    source = Path(__file__).parent / "testdata/hello.go"
    environment = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    go = str(goroot / "bin/go")
    subprocess.run([go, "build", "-trimpath", "-o", str(out), str(source)], env=environment, check=True, capture_output=True)
    listing = subprocess.run([go, "tool", "objdump", str(out)], env=environment, check=True, capture_output=True, text=True).stdout
    seen = refused = 0
    known: set[str] = set()
    for code, text in re.findall(r"^\s+\S+\s+0x[0-9a-f]+\s+([0-9a-f]{2,30})\s+(.*)$", listing, re.MULTILINE):
        if code in known or text.startswith("?"):
            continue
        known.add(code)
        data = bytes.fromhex(code)
        size, found = vex.decode(data + bytes(16), 0)
        seen += 1
        if size == 0:
            refused += 1
            assert data[0] in (0xC4, 0xC5, 0x62) or b"\x0f\xc7" in data, (code, text, found)
        else:
            assert size == len(data), (code, text)
    assert seen > 10_000
    assert refused > 50


def test_the_hook_for_arm64_hosts() -> None:
    """Runs the arm64 stub as a guest: it must return while the counter is positive, and else continue at the address behind it."""
    stub = _STUBS["aarch64"]
    counter = BASE + 0x2000

    def call(value: int, size: int) -> tuple[int, int]:
        # x1 arbitrary, w2 size with garbage above, x3 counter; lr -> returned
        words = [
            0xD2A00000 | 3 | (counter >> 16 & 0xFFFF) << 5,  # movz x3, hi, lsl 16
            0xF2800000 | 3 | (counter & 0xFFFF) << 5,  # movk x3, lo
            0xD2800000 | 2 | size << 5,  # movz x2, size
            0xF2E00000 | 2 | 0xFFFF << 5,  # movk x2, 0xffff, lsl 48: garbage
            0x94000000 | 11,  # bl stub (11 words on)
            0xD2800020,  # returned: movz x0, 1
            0x14000002,  # b exit
            0xD2800040,  # stopped: movz x0, 2
            0xF9400065,  # exit: ldr x5, [x3]
            0xD37DF0A5,  # lsl x5, x5, 3
            0x8B050000,  # add x0, x0, x5
            0xD2800BC8,
            0xD4000001,
        ]
        words[4] = 0x94000000 | (len(words) - 4)
        code = arm64(*words) + stub + struct.pack("<Q", BASE + 7 * 4)
        data = struct.pack("<q", value)
        return divmod(run(elf("arm64", code.ljust(0x2000, b"\0") + data), limits=LIMITS).status, 8)

    assert call(30, 10) == (20, 1)
    assert call(10, 10) == (0, 2)
    assert call(11, 10) == (1, 1)


def test_the_page_walk_for_arm64_hosts() -> None:
    """Runs the arm64 page walk as a guest, over tables of the guest's: it answers with the entry, or notes what it has none for."""
    walk = pagetable._WALK["aarch64"]
    words, entry, top, second = (BASE + 0x2000 + 0x100 * i for i in range(4))

    def call(address: int, kind: int) -> bytes:
        load = [
            instruction
            for register, value in ((1, address), (2, kind), (3, entry), (4, words))
            for instruction in (
                0xD2800000 | register | (value & 0xFFFF) << 5,
                0xF2A00000 | register | (value >> 16 & 0xFFFF) << 5,
                0xF2C00000 | register | (value >> 32 & 0xFFFF) << 5,
            )
        ]
        after = [
            0xD2800000 | 1 | (words & 0xFFFF) << 5,  # write(1, words, 0x120): what it was, and the entry
            0xF2A00000 | 1 | (words >> 16) << 5,
            0xB9002020,  # str w0, [x1, 32]: what it returned
            0xD2800020,
            0xD2800000 | 2 | 0x120 << 5,
            0xD2800808,
            0xD4000001,
            0xD2800000,
            0xD2800BC8,
            0xD4000001,
        ]
        code = arm64(*load, 0x94000000 | (len(after) + 1), *after) + walk
        tables = struct.pack("<4Q", top, 0, 0, 7).ljust(0x100, b"\0") + bytes(0x100)
        tables += struct.pack("<2Q", 0, second).ljust(0x100, b"\0") + struct.pack("<3Q", 0x7000 | 7, 0, 0x9000 | 1)
        return run(elf("arm64", code.ljust(0x2000, b"\0") + tables), limits=LIMITS).stdout

    def answer(address: int, kind: int) -> tuple[int, ...]:
        out = call(address, kind)
        return (*struct.unpack_from("<3Q", out, 8), *struct.unpack_from("<I", out, 32), *struct.unpack_from("<QI", out, 0x100))

    gib = 1 << 30
    assert answer(gib, 18) == (0, 0, 8, 1, 0x7000, 7)
    assert answer(gib + 0x2000, 16) == (0, 0, 8, 1, 0x9000, 1)
    assert answer(gib + 0x2000, 17) == (gib + 0x2000, 17, 8, 0, 0, 0)
    assert answer(gib + 0x1000, 16) == (gib + 0x1000, 16, 8, 0, 0, 0)
    assert answer(0x5000, 18) == (0x5000, 18, 8, 0, 0, 0)
    assert answer(1 << 47, 16) == (1 << 47, 16, 8, 0, 0, 0)


@pytest.mark.parametrize(
    ("code", "inside", "looked"),
    [
        (b"\x90\x0f\x05\xc3", True, 0),
        (b"\x90\xc4\xe2\x90", True, 1),
        (b"\x90\xc4\x58\x90", True, 0),
        (b"\x90\x62\xf1\x90", True, 1),
        (b"\x90\x62\x0c\x90", True, 0),
        (b"\x90\x90\x90\x62", True, 1),
        (b"\xc5\x90\x90\x90", True, 1),
        (b"\x90\x0f\xc7\x90", True, 1),
        (b"\x90\xc7\x0f\x90", True, 0),
        (b"\xc7\x90\x90\x90", True, 0),
        (b"\x90\x90\x90\x90\xc5", True, 0),
        (b"\x90\x90\x90\x90", False, 1),
    ],
)
def test_the_block_filter_for_arm64_hosts(code: bytes, inside: bool, looked: int) -> None:
    """Runs the arm64 filter of new blocks as a guest: it must call on only for blocks outside the window or with suspicious bytes."""
    block, words, data = BASE + 0x2000, BASE + 0x2100, BASE + 0x2500
    head = [
        0xD2800000 | 1 | (block & 0xFFFF) << 5,
        0xF2A00000 | 1 | (block >> 16) << 5,
        0xD2800000 | 3 | (words & 0xFFFF) << 5,
        0xF2A00000 | 3 | (words >> 16) << 5,
        0x94000000 | 5,  # bl filter
        0xD2800000,  # returned: movz x0, 0
        0xD2800BC8,
        0xD4000001,
        0,
    ]
    body = arm64(*head) + newblock._FILTER["aarch64"]
    called = BASE + len(body)
    body += arm64(0xD2800020, 0xD2800BC8, 0xD4000001)
    memory = struct.pack("<QHH", 0x5000, 1, 4).ljust(0x100, b"\0")
    window = struct.pack("<4Q", 0x5000 if inside else 0x5001, 0x6000, data, called)
    memory += (window + newblock._FIRST + newblock._SECOND).ljust(0x400, b"\0")
    assert run(elf("arm64", body.ljust(0x2000, b"\0") + memory + code), limits=LIMITS).status == looked


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_random_code_ends_with_a_status(arch: str) -> None:
    for seed in range(150):
        code = random.Random(seed).randbytes(300)
        result = run(elf(arch, code), limits=Limits(instructions=50_000))
        assert 0 <= result.status <= 255


def test_a_system_call_given_nonsense_fails() -> None:
    """Every call of the table with hostile arguments: pointers to nowhere, huge sizes, negative numbers."""
    from pygo_cross.emulate.linux.table import ROWS

    values = [0, 1, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, BASE + 0x8000, 0xDEAD0000, 1 << 46, 0xFFFFFFFF]
    generator = random.Random(1)
    skip = {"exit", "exit_group", "rt_sigreturn", "kill", "tkill", "tgkill"}
    for round_ in range(6):
        code = b""
        for name, _, number, *_ in ROWS:
            if number < 0 or name in skip:
                continue
            for register in range(6):
                value = generator.choice(values)
                for part in range(4):
                    base = 0xF2800000 if part else 0xD2800000
                    code += arm64(base | part << 21 | (value >> 16 * part & 0xFFFF) << 5 | register)
            code += arm64(0xD2800008 | number << 5, 0xD4000001)
        result = run(elf("arm64", code + arm64(0xD28000E0) + ARM64_EXIT, size=0x20000), limits=Limits(instructions=100_000))
        assert result.status in (7, 124, 125) or result.signal, (round_, result.error)
