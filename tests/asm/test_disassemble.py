# SPDX-License-Identifier: BSD-3-Clause
"""Disassembling is the way back: what is told assembles to the same bytes, and nothing is left out."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pytest

from pygo_cross.arch.amd64.decode import decode
from pygo_cross.arch.arm64 import rows, table
from pygo_cross.arch.arm64.decode import decode as decode_arm64
from pygo_cross.asm import disassemble
from pygo_cross.asm.assemble import make_context, read
from pygo_cross.diag import UserError

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../scripts"))

from conformance import asmdata


@pytest.mark.parametrize("pattern", ["amd64enc", "amd64enc_extra", "avx512enc/avx512f"])
def test_every_instruction_of_the_test_data(goroot, pattern):
    (path,) = asmdata.files(goroot / "src/cmd/asm/internal/asm/testdata", (pattern,))
    options = asmdata._options("amd64", goroot)
    context = make_context(options)
    read([str(path)], context, options)
    count = 0
    for symbol in context.text:
        for prog in symbol.func.progs:
            if prog.size:
                code = bytes(symbol.data[prog.pc : prog.pc + prog.size])
                found = decode(code + b"\x90" * 4)
                assert found is not None and found.size == len(code) and found.exact, (prog.op, code.hex())
                count += 1
    assert count > 900


@pytest.mark.parametrize("pattern", ["arm64", "arm64enc"])
def test_every_word_of_the_test_data(goroot, pattern):
    (path,) = asmdata.files(goroot / "src/cmd/asm/internal/asm/testdata", (pattern,))
    options = asmdata._options("arm64", goroot)
    context = make_context(options)
    read([str(path)], context, options)
    count = 0
    for symbol in context.text:
        for prog in symbol.func.progs:
            if prog.size == 4 and prog.op != "WORD":
                code = bytes(symbol.data[prog.pc : prog.pc + 4])
                found = decode_arm64(code)
                assert found is not None and found.exact, (prog.op, code[::-1].hex())
                count += 1
    assert count > 450


@pytest.mark.parametrize(
    ("word", "text", "exact"),
    [
        (0xF80F83E9, "MOVD\tR9, 248(RSP)", False),  # not scaled, which the assembler would
        (0xD2808005, "MOVZ\t$1024, R5", True),  # a move that MOVD has another instruction for
        (0x923B3ACD, "AND\t$4503462189465568, R22, R13", False),  # bits that can be said in several ways
        (0xC87F22C8, "LDXP\t(R22), (R8, R8)", False),
        (0xD5331405, "MRS\tGMID_EL1, R5", True),  # as Go's assembler has it
        (0x5E040681, "VMOV\tV20.S[0], V1", True),
        (0x1800065B, "MOVWU\t50(PC), R27", False),  # a literal
        (0x10000040, "ADR\t8(PC), R0", True),
        (0x04A00000 | 1 << 16 | 2 << 5 | 3, "ZADD\tZ1.S, Z2.S, Z3.S", True),
        (0x72F32D6A, "", True),  # MOVK of 32 bits has two places
        (0x0B85B7F6, "", True),
        (0x4EF1B8E4, "", True),
    ],
)
def test_words_of_arm64(word, text, exact):
    found = decode_arm64(word.to_bytes(4, "little"))
    if not text:
        assert found is None
        return
    function = disassemble.Function("f", "arm64", 0, word.to_bytes(4, "little"))
    (line,) = disassemble.lines(function, disassemble.Binary())
    assert (line.text, line.exact) == (text, exact)


def test_every_encoder_of_one_word_can_be_read():
    have = {row.form.encoder for row in rows.rows()}
    every = {form.encoder for op in table.mnemonics() for form in table.forms(op) if form.size == 4}
    # Data, frames and thread-local storage: their words are other instructions too.
    assert every - have == {"word", "movframe", "threadle"}
    assert {op for op in table.mnemonics() if any(form.size == 4 for form in table.forms(op))} - {row.op for row in rows.rows()} == {"WORD"}


SOURCE = """
TEXT ·f(SB), 0, $256-8
	MOVQ x+0(FP), AX
	CALL ·g(SB)
	MOVQ $a<>+8(SB), CX
	CMPQ a<>+16(SB), $7
	JNE done
	VADDPD.BCST.Z 64(AX)(CX*8), Z1, K3, Z20
	MOVB SI, (R9)
	ADDB $1, AX
	LOCK
	XADDQ AX, (BX)
	REP
	MOVSB
	MOVQ CR3, R11
	JMP done
	PCALIGN $16
done:
	RET
GLOBL a<>(SB), $64
"""


def text_of(path) -> str:
    """All functions of a file, as lines of text."""
    binary = disassemble.read(str(path))
    return "\n".join(line.text for function in binary.functions for line in disassemble.lines(function, binary))


def test_an_object(assemblers):
    assemblers.write(SOURCE)
    (assemblers.folder / "a.o").write_bytes(assemblers.ours())
    binary = disassemble.read(str(assemblers.folder / "a.o"))
    (function,) = binary.functions
    assert function.name == "main.f"
    lines = list(disassemble.lines(function, binary))
    assert b"".join(line.code for line in lines) == function.code
    text = [line.text for line in lines]
    for wanted in (
        "CALL\tmain.g(SB)",
        "LEAQ\ta+8(SB), CX",
        "CMPQ\ta+16(SB), $7",
        "VADDPD.BCST.Z\t64(AX)(CX*8), Z1, K3, Z20",
        "MOVB\tSIB, (R9)",
    ):
        assert wanted in text, text
    for wanted in ("ADDB\t$1, AX", "LOCK", "XADDQ\tAX, (BX)", "REP", "MOVSB", "MOVL\tCR3, R11", "CALL\truntime.morestack_noctxt(SB)"):
        assert wanted in text, text
    place = next(line for line in lines if line.text.startswith("VADDPD"))
    assert (os.path.basename(place.file), place.line) == ("a.s", 8)
    assert not any(line.text.startswith("BYTE") for line in lines)


ARM64 = """
TEXT ·f(SB), 0, $256-8
	MOVD x+0(FP), R1
	CALL ·g(SB)
	MOVD $a<>+8(SB), R2
	MOVK $(5<<48), R2
	CMP $7, R2
	BEQ done
	VLD1.P 32(R3), [V4.B16, V5.B16]
	CASALD R18_PLATFORM, (R2), g
	VADD V1.S4, V2.S4, V3.S4
	LDP.P 16(R3), (R4, R5)
	AND $0xff00ff00ff00ff00, R4, R5
	FMOVD $(1.5), F1
	MRS DCZID_EL0, R1
	WORD $0x12345
done:
	RET
GLOBL a<>(SB), $64
"""


def test_an_object_for_arm64(assemblers):
    assemblers.goarch = "arm64"
    assemblers.write(ARM64)
    (assemblers.folder / "a.o").write_bytes(assemblers.ours())
    (function,) = disassemble.read(str(assemblers.folder / "a.o")).functions
    lines = list(disassemble.lines(function, disassemble.Binary()))
    assert b"".join(line.code for line in lines) == function.code
    text = [line.text for line in lines]
    for wanted in (
        "CALL\tmain.g(SB)",
        "ADRP\t0(PC), R2",
        "MOVK\t$(5<<48), R2",
        "BEQ\t9(PC)",
        "VLD1.P\t32(R3), [V4.B16, V5.B16]",
        "CASALD\tR18_PLATFORM, (R2), g",
        "VADD\tV1.S4, V2.S4, V3.S4",
        "LDP.P\t16(R3), (R4, R5)",
        "AND\t$-71777214294589696, R4, R5",
        "FMOVD\t$(1.5), F1",
        "MRS\tDCZID_EL0, R1",
        "WORD\t$0x00012345",
        "LDP\t-8(RSP), (R29, R30)",
        "RET",
        "CALL\truntime.morestack_noctxt(SB)",
    ):
        assert wanted in text, (wanted, text)
    assert [line.relocations for line in lines if line.text.startswith("ADRP")] == [["[0:8]R_ADDRARM64:a+8"]]
    assert [line.code.hex() for line in lines if not line.known] == ["45230100"]


def test_the_command(assemblers, cli):
    assemblers.write(SOURCE)
    (assemblers.folder / "a.o").write_bytes(assemblers.ours())
    done = cli("objdump", "a.o", cwd=assemblers.folder)
    assert done.returncode == 0
    assert done.stdout.startswith(f"TEXT main.f(SB) {assemblers.folder}/a.s\n")
    assert "CALL\tmain.g(SB)\t[1:5]R_CALL:main.g" in done.stdout
    record = json.loads(cli("objdump", "--json", "-s", "^main\\.f$", "a.o", cwd=assemblers.folder).stdout)
    assert record["name"] == "main.f" and record["instructions"][0]["line"] == 2
    assert cli("objdump", "-s", "nothing", "a.o", cwd=assemblers.folder).returncode == 1
    assert cli("objdump", "-s", "(", "a.o", cwd=assemblers.folder).returncode == 2
    for name in ("missing", "a.s"):
        done = cli("objdump", name, cwd=assemblers.folder)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1


def test_stock_objects(assemblers, goroot):
    """Functions of the standard library, from stock Go's assembler."""
    source = goroot / "src/crypto/md5/md5block_amd64.s"
    assert assemblers.stock(str(source), package="crypto/md5").returncode == 0
    text = text_of(assemblers.folder / "stock.o")
    assert text.count("\n") > 500 and "BYTE" not in text


def test_an_executable(assemblers, goroot):
    tool = subprocess.run([str(goroot / "bin/go"), "tool", "-n", "asm"], capture_output=True, text=True).stdout.strip()
    binary = disassemble.read(tool)
    if not binary.functions or binary.functions[0].arch != "amd64":
        pytest.skip("the host's tools are not for amd64")
    total = unknown = 0
    for function in binary.functions[:300]:
        for line in disassemble.lines(function, binary):
            total += 1
            unknown += line.text.startswith("BYTE") and line.code != b"\xcc"
    assert total > 3000 and not unknown


def test_bytes_at_random(assemblers):
    chance = random.Random(7)
    for _ in range(20_000):
        code = chance.randbytes(chance.randrange(1, 16))
        found = decode(code)
        assert found is None or 0 < found.size <= len(code)


def test_damaged_objects(assemblers):
    assemblers.write(SOURCE)
    data = assemblers.ours()
    chance = random.Random(3)
    path = assemblers.folder / "bad.o"
    for _ in range(300):
        bad = bytearray(data)
        for _ in range(chance.randrange(1, 4)):
            bad[chance.randrange(100, len(bad))] = chance.randrange(256)
        path.write_bytes(bad[: chance.randrange(1, len(bad)) if chance.random() < 0.3 else len(bad)])
        try:
            text_of(path)
        except UserError as error:
            assert error.diagnostics
