# SPDX-License-Identifier: BSD-3-Clause
"""Compares SVE instructions made from our table with what GNU as makes of them.

Words are drawn at random for every row, and their operands read; what they are in the syntax of the architecture's manual follows from
the mnemonic and the operands alone. as must make the same word of it. A quarter of the rows is newer than Debian's as; an llvm-mc of
version 19 knows two thirds of those.
"""

from __future__ import annotations

import random
import re
import subprocess
from typing import Final

from conformance import asmgasarm
from conformance.asmgas import Result
from conformance.asmgasarm import Sample
from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64 import sve
from pygo_cross.arch.arm64.syntax import show_operand
from pygo_cross.obj.prog import CONST, FCONST, MEM, REG, REGLIST, SPECIAL, Addr, Prog

Args = tuple[Addr, ...]

_NO_PROG: Final = Prog("", (), None, 0)
_ELEMENTS: Final = {"B16": "16b", "H8": "8h", "S4": "4s", "D2": "2d"}
_NARROW: Final = re.compile(r"CTERM..W|PWHILE..W|Z(CPY|DUP|INSR|INDEX|LASTA|LASTB|CLASTA|CLASTB)W|P.Q(DEC|INC)PW")
"""Mnemonics whose general registers are of 32 bits, or one of them."""
_SIZED: Final = re.compile(r"Z((?:AND|EOR|OR|F?ADD|SADD|UADD|[FSU]M(?:AX|IN)(?:NM)?)V|CPY|INSR|CLASTA|CLASTB|LASTA|LASTB|FADDA)([BHSD])")
"""Mnemonics that end with the size of their scalar."""

_NEWER: Final = (
    r"\S+ .*PN[a-z]",
    r"\S+ .*(\.\.[24]\]|\[Pd)",
    r"Z\S+ Zn\.[-BHSDQ]+,Pg\.Z,Zd",
    r"Z(LD|ST)\d\S+ .*\[Zt\.Q",
    r"Z(ADD|AND|EOR|OR|SMAX|SMIN|UMAX|UMIN|FADD|FMAX|FMIN|FMAXNM|FMINNM)QV ",
    r"Z(ADD|SUB|MAD|MLA)PT |Z(ADDQP|ADDSUBP|SUBP|COMPACT Zn.BH,|EXPAND|DUPQ|EXTQ|REVD|[SU]ABAL|[SU]CLAMP|FCLAMP|FAMAX|FAMIN) ?",
    r"Z(BF|F)[12]CVT|ZBF(ADD|CLAMP|MAX|MAXNM|MIN|MINNM|ML[AS]|MLSL[BT]|MMLA Zm.H,Zn.H,Zd.H|MUL|SCALE|SUB) ?",
    r"ZF(DOT|MLAL[BT] Zm.B|MLALL[BT][BT]|MMLA Zm.(B|H,Zn.H,Zd.[HS])|RINT(32|64)[XZ])",
    r"ZLUTI[246] |ZPMOV |P(FIRST|LAST)P |Z[SU]CVTF(LT)? Zn.-BHS,|Z[SU]DOT Zm.(B(\[i\])?,Zn.B,Zd.H|H(\[i\])?,Zn.H,Zd.S)",
    r"ZTB[LX]Q |ZUZPQ[12] |ZZIPQ[12] ",
)
EXPECTED: Final = tuple((f"?({pattern})", "SVE 2.1 to 2.3, newer than as") for pattern in _NEWER)


def _name(op: str) -> str:
    """The manual's mnemonic."""
    if _NARROW.fullmatch(op) or _SIZED.fullmatch(op):
        op = op[:-1]
    return (op if op in ("SETFFR", "RDVL", "ADDVL", "ADDPL") or op.startswith("CTERM") else op[1:]).lower()


def _register(number: int, wide: bool, scalar: str) -> str:
    """A register, with its arrangement or predication."""
    if number == regs.SP:
        return "sp" if wide else "wsp"
    if regs.is_general(number):
        low = number & 31
        return ("x" if wide else "w") + ("zr" if low == 31 else str(low))
    plain, dot, suffix = regs.name(number).lower().partition(".")
    if plain[0] == "v" and not dot:
        return scalar + plain[1:]
    if suffix in ("m", "z"):
        return f"{plain}/{suffix}"
    return plain + dot + _ELEMENTS.get(suffix.upper(), suffix)


def _memory(addr: Addr) -> str:
    """A place in memory."""
    if not addr.index:
        base = _register(addr.reg, True, "")
        if not addr.offset:
            return f"[{base}]"
        return f"[{base}, #{addr.offset}{', mul vl' if addr.scale else ''}]"
    text = f"[{_register(addr.index, True, '')}, {_register(addr.reg, True, '')}"
    amount = addr.scale >> 12 & 7
    extension = ("", "uxtw", "sxtw")[addr.scale >> 9 & 3] or ("lsl" if amount else "")
    if extension:
        text += f", {extension}{f' #{amount}' if amount else ''}"
    return text + "]"


def _operand(op: str, addr: Addr, wide: bool, scalar: str) -> str:
    kind = addr.type
    if kind == MEM:
        return _memory(addr)
    if kind == CONST:
        return f"#{addr.offset}"
    if kind == FCONST:
        return f"#{addr.value}"
    if kind == REGLIST:
        return "{" + show_operand(addr, _NO_PROG)[1:-1].lower() + "}"
    if kind == SPECIAL:
        return show_operand(addr, _NO_PROG).lower()
    assert kind == REG
    text = _register(addr.reg, wide, scalar)
    indexed = regs.Z_ELEM <= addr.reg < regs.P_ARNG
    return f"{text}[{addr.index}]" if indexed else text


def write(op: str, args: Args) -> str:
    """An instruction in the manual's syntax."""
    narrow = _NARROW.fullmatch(op) is not None
    sized = _SIZED.fullmatch(op)
    scalar = sized[2].lower() if sized else "d"
    texts = [_operand(op, addr, not narrow, scalar) for addr in args]
    if op in ("PSQDECPW", "PSQINCPW"):
        # The destination has 64 bits.
        texts[-1] = _operand(op, args[-1], True, scalar)
    if not op.startswith(("ZST", "PST")):
        texts.reverse()
    return f"{_name(op)} {', '.join(texts)}".rstrip()


def samples(seed: int, each: int) -> list[Sample]:
    """Up to `each` instructions of every row."""
    chance = random.Random(seed)
    result = []
    for mnemonic in sve.LINES:
        for line, row in zip(sve.LINES[mnemonic], sve.rows(mnemonic), strict=True):
            form = " ".join([*line.split()[1:], "-"])
            for _ in range(each):
                args = row.decode(row.value | chance.getrandbits(32) & ~row.mask & 0xFFFFFFFF)
                word = row.encode(args) if args is not None else None
                if args is not None and word is not None:
                    result.append(Sample(mnemonic, "", args, form, word, [write(mnemonic, args)]))
    return result


def llvm(lines: list[str], program: str) -> list[int | None]:
    """What an llvm-mc makes of each line; None for what it does not take."""
    command = [program, "-triple=aarch64", "-mattr=+all", "-show-encoding"]
    # MOVPRFX makes demands on the line behind it.
    text = "".join(f"{line}\nnop\n" for line in lines)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    refused = {int(number) // 2 for number in re.findall(r"^<stdin>:(\d+):\d+: error", done.stderr, re.MULTILINE)}
    codes = re.findall(r"encoding: \[(.*)\]", done.stdout)
    rest = iter([int.from_bytes(bytes(int(byte, 16) for byte in code.split(",")), "little") for code in codes])
    result: list[int | None] = []
    for at in range(len(lines)):
        result.append(None if at in refused else next(rest))
        next(rest)
    return result


def compare(chosen: list[Sample], program: str = "") -> Result:
    """Compares instructions with as, and those that it doesn't know with an llvm-mc, if one is given."""
    result = asmgasarm.compare(chosen)
    if not program:
        return result
    unknown = {text for _, text in result.unknown}
    asked = [sample for sample in chosen if f"{sample.texts[0]}: ours {sample.word:08x}" in unknown]
    result.unknown = []
    for sample, word in zip(asked, llvm([sample.texts[0] for sample in asked], program), strict=True):
        row = sample.key
        if word == sample.word:
            result.same += 1
        elif word is None:
            result.unknown.append((row, f"{sample.texts[0]}: ours {sample.word:08x}"))
        else:
            result.different.append((row, f"{sample.texts[0]}: ours {sample.word:08x}, llvm-mc {word:08x}"))
    return result
