# SPDX-License-Identifier: BSD-3-Clause
"""SVE: every row of its table, both ways, beside go tool asm; and what is said of operands that no row takes."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys

import pytest

from pygo_cross.arch.arm64 import sve
from pygo_cross.arch.arm64.syntax import show_disassembled
from pygo_cross.arch.machine import machine
from pygo_cross.asm.assemble import make_context, read
from pygo_cross.asm.lexer import tokens
from pygo_cross.asm.operands import OperandParser
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import Prog

# Stock takes these shifts for others than Arm's manual does (docs/assembler.md).
OTHER_SHIFT = {"ZSQRSHRN", "ZSQRSHRUN", "ZUQRSHRN"}
# Stock refuses a shift by all bits of an element, and a list that begins again with the first register.
_REFUSED = re.compile(r"\$(8, .*\.B|16, .*\.H|32, .*\.S|64, .*\.D)|31\.\w,Z0|P15\.\w, P0|\[Z31\.")
_NO_PROG = Prog("", (), None, 0)


def samples(seed, count):
    """For each row, words that are its own, with their operands as text."""
    rnd = random.Random(seed)
    for mnemonic in sve.LINES:
        for row in sve.rows(mnemonic):
            found = 0
            for _ in range(40):
                word = row.value | rnd.getrandbits(32) & ~row.mask & 0xFFFFFFFF
                args = row.decode(word)
                # Bits that Go's assembler would write in another way: an unusual mask, or zero shifted left.
                if args is None or row.encode(args) != word:
                    continue
                yield row, word, args, [show_disassembled(arg, _NO_PROG) for arg in args]
                found += 1
                if found == count:
                    break
            assert found, f"no instruction has the row {mnemonic} {row.value:08x}"


def test_words_read_back():
    context = Context("arm64", "linux")
    parser = OperandParser(context, machine("arm64"), "", False)
    known = {}
    for row, word, _, texts in samples(1, 3):
        assert row.mnemonic in sve.LINES
        parsed = tuple(parser.parse(tokens(text)) for text in texts)
        line = f"{row.mnemonic} {', '.join(texts)}"
        assert sve.encode(row.mnemonic, parsed) == word, line
        # No line has two encodings.
        assert known.setdefault(line, word) == word
        mnemonic, again = sve.decode(word)
        assert sve.encode(mnemonic, again) == word, line


def function(lines):
    """A function of these lines."""
    return "TEXT f(SB), 4, $0\n" + "".join(f"\t{line}\n" for line in lines) + "\tRET\n"


def test_same_as_stock(assemblers):
    lines = []
    words = []
    for row, word, _, texts in samples(2, 1):
        text = ", ".join(texts)
        if row.mnemonic not in OTHER_SHIFT and not _REFUSED.search(text):
            lines.append(f"{row.mnemonic} {text}")
            words.append(word)
    stock, ours, context = assemblers.told(function(lines))
    assert not stock
    assert not ours
    code = b"".join(word.to_bytes(4, "little") for word in words)
    assert bytes(context.text[0].data).startswith(code)
    assert code in (assemblers.folder / "stock.o").read_bytes()
    assert len(lines) > 1300


UNREADABLE = """\
(Z1.X)(R2)|(Z1.D.UXTX)(R2)|(R1.B)(R2)|(Z1.D)(R2.B)|(Z1.D)(Z2.X)|(Z1.)(R2)|(Z1.D)(Z2.)|(Z1.D<<)(R2)
(Z1.D<<x)(R2)|(Z1.D)(R2|(Z1.D)x|(VL*)(R1)|(VL*2)|(VL*x)(R1)|(2*VL)(R1)|(VL)(R1)|(VL*2)(foo)|(VL*2)()
$(VL*2)(R1)|(--VL*2)(R1)|VLx3|foo(Z1.D)|[Z1.B-Z2.H]|[Z1.B-P2.B]|[Z1.B,Z3.B]|[Z1.B,P2.B]|[Z1]|[Z1.X]|[Z1.B|[]
[F1.B]|[Z1.B,Z2.B,Z3.B,Z4.B,Z5.B]|[P1.B-P2.B]|[R1,$2](P3.X)|[R1,$2](P3)|[R1,$x](P3.B)|[R1,$2](X3.B)|Z1.|Z1.X
Z1.B.H|Z1.B[|Z1.B[x]|Z1.B[99999]|Z40.B|Z(40).B|P1.Q8|P1.|PN16.B|Z1<<2
R1(5)<<2|[ZR.B-Z2.B]|P15<<1.5|(R(1))|[R1,$2](P3.)|(VL*2)B@>1|(VL*2)(VL*2)|(VL*2)Z1.S3]"""
REFUSED = """\
ZADD Z1.B, Z2.H, Z3.B|ZADD Z1.B, Z2.B, P1.Z, Z2.B|ZADD Z1.B, Z2.B, P8.M, Z2.B|ZADD Z1.B, Z2.B, P1.M, Z3.B
ZADD $-1, Z1.B, Z1.B|SETFFR R1|ZADD $257, Z1.H, Z1.H|ZLD1B (R1), P1.Z, [Z1.B]|ZLD1B (VL*8)(R1), P1.Z, [Z1.B]
ZLD1B (-VL*9)(R1), P1.Z, [Z1.B]|ZLD1D (R1<<2)(R2), P1.Z, [Z1.D]|ZLD1B (R1)(R2), P1.M, [Z1.B]
ZLD1B (R1)(R2), P1.Z, Z1.B|ZLD1B 32(Z1.D), P1.Z, [Z2.D]|ZLD1B (R1)(R2), P1.Z, [Z1.B, Z2.B]|PPTRUE PN3.B
ZLD1B (R1)(R2), PN8.Z, [Z1.B-Z2.B]|ZLD1B (R1)(R2), PN8.Z, [Z1.B-Z3.B]|ZMUL Z8.H[1], Z1.H, Z2.H
ZMUL Z1.H[8], Z1.H, Z2.H|ZDUP Z1.B[64], Z2.B|ZFADD $(0.25), Z1.S, P1.M, Z1.S|ZFCPY $(0.3), P1.M, Z1.S
ZAND $5, Z1.B, Z1.B|ZASR $0, Z1.B, Z1.B|ZLSL $8, Z1.B, Z1.B|ZCMLA $45, Z1.B, Z2.B, Z3.B
ZPRFB (R1)(R2), P1, PLIL1KEEP|ZST1B [Z1.B], P1.Z, (R1)(R2)|PSEL [R13, $1](P3.B), P1, P2|ZDUP RSP, Z1.Q
ZADD Z1.B|ZEXT $300, Z1.B, Z1.B, Z1.B"""


WRONG = {
    "parsed": [f"ZADD {one}, Z1.B, Z2.B" for one in re.split("[|\n]", UNREADABLE)],
    "encoded": re.split("[|\n]", REFUSED),
}


@pytest.mark.parametrize("when", WRONG)
def test_errors_are_those_of_stock(assemblers, when):
    lines = WRONG[when]
    stock, ours, _ = assemblers.told(function(lines))
    for number, line in enumerate(lines, 2):
        assert ours.get(number) == stock.get(number), line
    assert len(ours) == len(lines)


def test_more_than_a_row_holds(assemblers):
    # Stock makes other instructions of these: registers of another kind, sizes that the mnemonic doesn't have, numbers that are cut.
    lines = [
        "ZADD P1.B, P2.B, P3.B",
        "PAND Z4.B, Z2.B, P1.Z, Z14.B",
        "ZANDVB Z6.D, P3, V2",
        "ZADD $256, Z1.B, Z1.B",
        "ZCMPEQ $0x100000001, Z1.B, P1.Z, P2.B",
        "ZSHRNB $9, Z1.H, Z2.B",
        "ZLD1RB x+8(FP), P1.Z, [Z1.B]",
        "ZLD1B (VL*1)(Z3), P1.Z, [Z1.B]",
        "ZADD.P Z1.B, Z2.B, Z3.B",
    ]
    _, ours, _ = assemblers.told(function(lines))
    assert [ours[number][:30] for number in range(2, len(lines) + 2)] == ["illegal combination from SVE: "] * len(lines)


# Instructions of SVE 2.3 that neither the test data of Go's assembler nor an assembler here has, with the words that LLVM's own tests
# expect (llvm/test/MC/AArch64/SVE2p3).
NEWEST = """ZADDQP Z31.H, Z31.H, Z31.H 047f7bff|ZADDSUBP Z31.S, Z31.S, Z31.S 04bf7fff|ZSABAL Z2.B, Z1.B, Z0.H 4442d420
ZUABAL Z31.S, Z31.S, Z31.D 44dfdfff|ZSUBP Z31.H, Z31.H, P7.M, Z31.H 4450bfff|ZSQRSHRN $3, [Z30.H-Z31.H], Z31.B 45ad2bdf
ZSQRSHRN $8, [Z0.H-Z1.H], Z0.B 45a82800|ZSQRSHRUN $1, [Z30.H-Z31.H], Z31.B 45af0bdf|ZUQRSHRN $1, [Z30.H-Z31.H], Z31.B 45af3bdf
ZSQSHRN $1, [Z30.H-Z31.H], Z21.B 45af03d5|ZSQSHRN $16, [Z30.S-Z31.S], Z31.H 45b003df|ZSQSHRUN $1, [Z0.S-Z1.S], Z0.H 45bf2000
ZUQSHRN $8, [Z30.H-Z31.H], Z31.B 45a813df|ZLUTI6 Z31, [Z31.B, Z0.B], Z10.B 453fafea|ZLUTI6 Z31[1], [Z31.H, Z0.H], Z21.H 45ffaff5
ZSDOT Z2.B, Z1.B, Z0.H 44420020|ZSDOT Z7.B[7], Z31.B, Z31.H 447f03ff|ZUDOT Z10.B, Z10.B, Z10.H 444a054a
ZUDOT Z7.B[1], Z31.B, Z31.H 442f07ff|ZFCVTZSN [Z30.D-Z31.D], Z31.S 65cd33df|ZFCVTZUN [Z30.H-Z31.H], Z0.B 654d37c0
ZSCVTF Z31.H, Z31.S 658c33ff|ZSCVTFLT Z31.S, Z31.D 65cc3bff|ZBFMMLA Z2.H, Z1.H, Z0.H 64e2e020"""


def test_the_newest_are_as_llvm_has_them(assemblers):
    lines = [line.rpartition(" ") for line in re.split("[|\n]", NEWEST)]
    _, ours, context = assemblers.told(function([line for line, _, _ in lines]))
    assert not ours
    code = bytes(context.text[0].data)
    assert [code[4 * at : 4 * at + 4][::-1].hex() for at in range(len(lines))] == [word for _, _, word in lines]


def test_asks_for_the_experiment(assemblers):
    assemblers.goarch = "arm64"
    path = assemblers.write(function(["ZADD Z1.B, Z2.B, Z3.B"]))
    options = assemblers.options()
    context = make_context(options)
    read([str(path)], context, options)
    assert [diagnostic.pos.line for diagnostic in context.errors] == [2]
    assert context.errors[0].message.endswith("SVE needs GOEXPERIMENT=simd")
    assert assemblers.stock().returncode


def test_others_load_no_table(assemblers):
    path = assemblers.write(function(["MOVD R1, R2", "VADD V1.B16, V2.B16, V3.B16"]))
    code = (
        "import sys; from pygo_cross.asm.main import asm_main; "
        f"status = asm_main(['-p', 'main', '-o', {str(path.with_name('a.o'))!r}, {str(path)!r}]); "
        "sys.exit(status or any('sve' in name for name in sys.modules))"
    )
    assert not subprocess.run([sys.executable, "-c", code], env=os.environ | {"GOARCH": "arm64", "GOOS": "linux"}).returncode
