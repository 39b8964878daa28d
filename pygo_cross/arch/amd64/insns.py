# SPDX-License-Identifier: BSD-3-Clause
"""amd64's machine operations for the compiler, and what each is in assembly.

A row: the operation's name, sets of registers of its arguments (a letter each, `_SETS`; `m` at the end is a memory operand), that of its
result, and its template. Letters of flags: `2` the result is in the register of the first argument, `r` and `w` read and write
memory, `f` may fault, `i` is best in place, `M` is cheap to make again, `e` the result is written early, `k` the arguments commute.

Templates are instructions in Go's syntax, separated by `;`; of templates separated by `|`, the first is for a result in the register of
the first argument, the second of three for one in that of the second, the last for all others. Operands: `d` the result, a digit that
argument, `m` the memory operand, `$` the value's constant, `$(0)` the address so many bytes from an argument, `$f` the constant in memory
(`$f:3f800000` that float's bits); anything else stands for itself. `1:` is a label. Templates that begin with `!` are made by code
generation, which knows these operations by that word.
Facts: GOROOT/src/cmd/compile/internal/amd64/ssa.go, internal/ssa/_gen/AMD64Ops.go.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64.emission import CODE
from pygo_cross.arch.insn import (
    CALL,
    COMMUTES,
    EARLY_RESULT,
    FAULTS,
    FIRST_FLOAT,
    IN_PLACE,
    PURE,
    READS,
    REMAT,
    TWO_ADDRESS,
    WRITES,
    Feature,
    Insn,
    InsnTable,
    RegisterFile,
)

FIRST: Final = 1000

_AX: Final = 1 << 0
_CX: Final = 1 << 1
_DX: Final = 1 << 2
_SI: Final = 1 << 6
_DI: Final = 1 << 7
_R11: Final = 1 << 11
_G: Final = 0xFFFF & ~(1 << 4 | 1 << 5 | 1 << 14)  # no SP, BP, g (R15 is the assembler's with -dynlink, which we have not)
_F: Final = 0x7FFF << FIRST_FLOAT  # X15 is zero
_X14: Final = 1 << FIRST_FLOAT + 14
_SETS: Final = {
    "g": _G,
    "f": _F,
    "a": _AX,
    "c": _CX,
    "d": _DX,
    "S": _SI,
    "D": _DI,
    "x": _G & ~_CX,
    "n": _G & ~_AX,
    "u": _G & ~(_AX | _DX),
    "t": _G & ~(_AX | _CX),
    "q": _F & ~(_X14 | _X14 >> 1),
    "-": 0,
}
_FLAGS: Final = {
    "2": TWO_ADDRESS,
    "r": READS,
    "w": WRITES,
    "f": FAULTS,
    "M": REMAT,
    "e": EARLY_RESULT,
    "k": COMMUTES,
    "i": IN_PLACE,
}

_rows: dict[int, Insn] = {}
_numbers: dict[str, int] = {}
_templates: dict[int, str] = {}
_next = [FIRST]


def _row(name: str, inputs: str, output: str, template: str, flags: str = "", clobbers: int = 0, addresses: int = _G) -> None:
    """One operation; three with a memory operand, whose registers are of the set `addresses`."""
    bits = _bits(flags)
    sets, memory = _inputs(inputs)
    first = op = _next[0]
    _numbers[name] = first
    result = _SETS[output]
    if not memory:
        _rows[op] = Insn(op, name, sets, result, bits, clobbers)
        _templates[op] = template
        _next[0] = op + 1
        return
    for registers in (0, 1, 2):
        taken = f"{name}/{registers}"
        _rows[op] = Insn(op, taken, sets + (addresses,) * registers, result, bits & ~REMAT if registers else bits, clobbers)
        _templates[op] = template
        _numbers[taken] = op
        op += 1
    _next[0] = op


@cache
def _bits(flags: str) -> int:
    bits = 0
    for letter in flags:
        bits |= _FLAGS[letter]
    return bits if bits & (WRITES | FAULTS | READS) else bits | PURE


@cache
def _inputs(inputs: str) -> tuple[tuple[int, ...], bool]:
    """The sets of registers of arguments, and whether memory stands behind them."""
    return tuple([_SETS[letter] for letter in inputs.removesuffix("m")]), inputs.endswith("m")


def _values() -> None:
    _row("ZERO", "", "g", "XORL d,d", "M")
    _row("MOVLconst", "", "g", "MOVL $,d", "M")
    _row("MOVQconst", "", "g", "MOVQ $,d", "M")
    _row("FZERO", "", "f", "XORPS d,d", "M")
    _row("MOVSSconst", "", "f", "MOVSS $f,d", "M")
    _row("MOVSDconst", "", "f", "MOVSD $f,d", "M")
    _row("LEAQ", "m", "g", "LEAQ m,d", "M")
    _row("LEAL", "m", "g", "LEAL m,d")
    _row("GETG", "", "g", "MOVQ R14,d", "M")
    _row("GETGTLS", "", "g", "MOVQ (TLS),d", "")
    for name, move in (
        ("MOVBQZX", "MOVBLZX"),
        ("MOVWQZX", "MOVWLZX"),
        ("MOVLQZX", "MOVL"),
        ("MOVBQSX", "MOVBQSX"),
        ("MOVWQSX", "MOVWQSX"),
        ("MOVLQSX", "MOVLQSX"),
        ("MOVBLSX", "MOVBLSX"),
        ("MOVWLSX", "MOVWLSX"),
    ):
        _row(name, "g", "g", f"{move} 0,d")
        _row(name + "load", "m", "g", f"{move} m,d", "r")
    _row("MOVQload", "m", "g", "MOVQ m,d", "r")
    _row("MOVSSload", "m", "f", "MOVSS m,d", "r")
    _row("MOVSDload", "m", "f", "MOVSD m,d", "r")
    _row("MOVUPSload", "m", "f", "MOVUPS m,d", "r")
    for width in "BWLQ":
        _row(f"MOV{width}store", "gm", "-", f"MOV{width} 0,m", "w")
        _row(f"MOV{width}storeconst", "m", "-", f"MOV{width} $,m", "w")
    for width in ("SS", "SD", "UPS"):
        _row(f"MOV{width}store", "fm", "-", f"MOV{width} 0,m", "w")
    _row("MOVUPSzero", "m", "-", "MOVUPS X15,m", "w")
    _row("MOVQi2f", "g", "f", "MOVQ 0,d")
    _row("MOVLi2f", "g", "f", "MOVL 0,d")
    _row("MOVQf2i", "f", "g", "MOVQ 0,d")
    _row("MOVLf2i", "f", "g", "MOVL 0,d")


def _integers() -> None:
    for w in "QL":
        _row(f"ADD{w}", "gg", "g", f"ADD{w} 1,d | ADD{w} 0,d | LEA{w} (0)(1*1),d", "ki")
        _row(f"ADD{w}const", "g", "g", f"ADD{w} $,d | LEA{w} $(0),d", "i")
        _row(f"INC{w}", "g", "g", f"INC{w} d | LEA{w} $(0),d", "i")
        _row(f"DEC{w}", "g", "g", f"DEC{w} d | LEA{w} $(0),d", "i")
        for op in ("SUB", "AND", "OR", "XOR"):
            _row(f"{op}{w}", "gg", "g", f"{op}{w} 1,d", "2" if op == "SUB" else "2k")
            if op != "SUB":  # that is an addition
                _row(f"{op}{w}const", "g", "g", f"{op}{w} $,d", "2")
        for op in ("ADD", "SUB", "AND", "OR", "XOR"):
            _row(f"{op}{w}load", "gm", "g", f"{op}{w} m,d", "2r")
        _row(f"IMUL{w}", "gg", "g", f"IMUL{w} 1,d", "2k")
        _row(f"IMUL{w}load", "gm", "g", f"IMUL{w} m,d", "2r")
        _row(f"IMUL3{w}", "g", "g", f"IMUL3{w} $,0,d")
        for op in ("NEG", "NOT", "BSWAP"):
            _row(f"{op}{w}", "g", "g", f"{op}{w} d", "2")
        bits = 64 if w == "Q" else 32
        for op in ("SHL", "SHR", "SAR"):
            _row(f"{op}{w}const", "g", "g", f"{op}{w} $,d", "2")
            _row(f"{op}{w}", "xc", "x", f"{op}{w} CX,d", "2")
            for count in "BWLQ":
                if op == "SAR":
                    text = f"CMP{count} CX,${bits}; JCS 1; MOVL ${bits - 1},CX; 1:; SAR{w} CX,d"
                else:
                    text = f"{op}{w} CX,d; CMP{count} CX,${bits}; SBB{w} CX,CX; AND{w} CX,d"
                _row(f"{op}{w}.{count}", "xc", "x", text, "2", _CX)
        # The quotient of the least number and -1 does not fit, which DIV traps; to Go it is the number itself.
        sign = "CQO" if w == "Q" else "CDQ"
        _row(f"DIV{w}", "au", "a", f"CMP{w} 1,$-1; JEQ 1; {sign}; IDIV{w} 1; JMP 2; 1:; NEG{w} AX; 2:", "", _DX)
        _row(f"MOD{w}", "au", "d", f"CMP{w} 1,$-1; JEQ 1; {sign}; IDIV{w} 1; JMP 2; 1:; XORL DX,DX; 2:", "", _AX)
        _row(f"DIV{w}safe", "au", "a", f"{sign}; IDIV{w} 1", "", _DX)
        _row(f"MOD{w}safe", "au", "d", f"{sign}; IDIV{w} 1", "", _AX)
        _row(f"DIV{w}U", "au", "a", f"XORL DX,DX; DIV{w} 1", "", _DX)
        _row(f"MOD{w}U", "au", "d", f"XORL DX,DX; DIV{w} 1", "", _AX)
        _row(f"HMUL{w}", "au", "d", f"IMUL{w} 1", "", _AX)
        _row(f"HMUL{w}U", "au", "d", f"MUL{w} 1", "", _AX)
    for w in "QLWB":
        _row(f"ROL{w}const", "g", "g", f"ROL{w} $,d", "2")
        _row(f"ROL{w}", "xc", "x", f"ROL{w} CX,d", "2")
        for op in ("ADD", "SUB", "AND", "OR", "XOR"):
            _row(f"{op}{w}modify", "gm", "-", f"{op}{w} 0,m", "rw")
            _row(f"{op}{w}constmodify", "m", "-", f"{op}{w} $,m", "rw")
    for op in ("BTS", "BTC", "BTR"):
        for w in "QL":
            _row(f"{op}{w}", "gg", "g", f"{op}{w} 1,d", "2")
        _row(f"{op}Qconst", "g", "g", f"{op}Q $,d", "2")
    _row("ADCcarry", "nnn", "n", "MOVQ 2,d; NEGQ d; MOVQ 0,AX; ADCQ 1,AX; SBBQ d,d; NEGQ d", "e", _AX)
    _row("SBBborrow", "nnn", "n", "MOVQ 2,d; NEGQ d; MOVQ 0,AX; SBBQ 1,AX; SBBQ d,d; NEGQ d", "e", _AX)
    _row("CTZQ", "n", "n", "BSFQ 0,d; MOVL $64,AX; CMOVQEQ AX,d", "", _AX)
    _row("CTZL", "g", "g", "BTSQ $32,d; BSFQ d,d", "2")
    _row("CTZW", "g", "g", "BTSL $16,d; BSFL d,d", "2")
    _row("CTZB", "g", "g", "BTSL $8,d; BSFL d,d", "2")
    _row("CLZQ", "n", "n", "BSRQ 0,d; MOVQ $-1,AX; CMOVQEQ AX,d; NEGQ d; ADDQ $63,d", "", _AX)
    for name, zero_extend, bits in (("L", "MOVL", 32), ("W", "MOVWLZX", 16), ("B", "MOVBLZX", 8)):
        _row(f"CLZ{name}", "g", "g", f"{zero_extend} 0,d; ADDQ d,d; INCQ d; BSRQ d,d; NEGQ d; ADDQ ${bits},d")
    _row("POPCNTQ", "g", "g", "POPCNTQ 0,d")
    _row("POPCNTL", "g", "g", "POPCNTL 0,d")


def _floats() -> None:
    for w, pack in (("SD", "PD"), ("SS", "PS")):
        for op in ("ADD", "SUB", "MUL", "DIV"):
            _row(f"{op}{w}", "ff", "f", f"{op}{w} 1,d", "2k" if op in ("ADD", "MUL") else "2")
            _row(f"{op}{w}load", "fm", "f", f"{op}{w} m,d", "2r")
            _row(f"{op}{w}const", "f", "f", f"{op}{w} $f,d", "2")
        _row(f"SQRT{w}", "f", "f", f"SQRT{w} 0,d")
        _row(f"MIN{w}", "ff", "f", f"MIN{w} 1,d", "2")
        _row(f"ROUND{w}", "f", "f", f"ROUND{w} $,0,d")
        _row(f"VFMADD231{w}", "fff", "f", f"VFMADD231{w} 2,1,d", "2")
        for integer in ("SQ", "SL"):
            # The instruction keeps the rest of its register, so that it would wait for who wrote that last.
            _row(f"CVT{integer}2{w}", "g", "f", f"XORPS d,d; CVT{integer}2{w} 0,d")
            _row(f"CVTT{w}2{integer}", "f", "g", f"CVTT{w}2{integer} 0,d")
        # Above 2^63 half of it is converted, rounded to odd, and doubled.
        _row(
            f"CVTUQ2{w}",
            "t",
            "f",
            f"XORPS d,d; TESTQ 0,0; JLT 1; CVTSQ2{w} 0,d; JMP 2; "
            f"1:; MOVQ 0,AX; MOVQ 0,CX; SHRQ $1,AX; ANDL $1,CX; ORQ CX,AX; CVTSQ2{w} AX,d; ADD{w} d,d; 2:",
            "",
            _AX | _CX,
        )
        two63 = "43E0000000000000" if w == "SD" else "5F000000"
        _row(
            f"CVTT{w}2UQ",
            "q",
            "g",
            f"MOV{w} $f:{two63},X14; UCOMI{w} X14,0; JCC 1; CVTT{w}2SQ 0,d; JMP 2; "
            f"1:; MOVUPS 0,X13; SUB{w} X14,X13; CVTT{w}2SQ X13,d; BTSQ $63,d; 2:",
            "",
            _X14 | _X14 >> 1,
        )
        _row(f"AND{pack}", "ff", "f", f"AND{pack} 1,d", "2k")
    _row("CVTSD2SS", "f", "f", "CVTSD2SS 0,d")
    _row("CVTSS2SD", "f", "f", "CVTSS2SD 0,d")
    _row("PXOR", "ff", "f", "PXOR 1,d", "2k")
    _row("POR", "ff", "f", "POR 1,d", "2k")


def _memory() -> None:
    for w in "BWLQ":
        _row(f"XCHG{w}", "gm", "g", f"XCHG{w} d,m", "2rw")
        _row(f"XADD{w}lock", "gm", "g", f"LOCK; XADD{w} d,m", "2rw")
        _row(f"CAS{w}", "anm", "n", f"LOCK; CMPXCHG{w} 1,m; SETEQ d", "rw", _AX)
        for op in ("AND", "OR"):
            _row(f"{op}{w}lock", "gm", "-", f"LOCK; {op}{w} 0,m", "rw")
            move = {"B": "MOVBLZX", "W": "MOVWLZX"}.get(w, "MOV" + w)
            text = f"{move} m,AX; 1:; MOVQ AX,CX; {op}{w} 0,CX; LOCK; CMPXCHG{w} CX,m; JNE 1"
            _row(f"{op}{w}old", "tm", "a", text, "rw", _CX, _SETS["t"])
    _row("NILCHECK", "m", "-", "TESTB AX,m", "rf")
    _row("PREFETCHT0", "m", "-", "PREFETCHT0 m", "w")
    _row("PAUSE", "", "-", "PAUSE", "w")
    # 64 bytes each time, CX times.
    stores = "; ".join(f"MOVUPS X15,{at}(DI)" for at in (0, 16, 32, 48))
    _row("ZEROLOOP", "Dc", "-", f"1:; {stores}; ADDQ $64,DI; DECQ CX; JNE 1", "w", _DI | _CX)
    moves = "; ".join(f"MOVUPS {at}(SI),X14; MOVUPS X14,{at}(DI)" for at in (0, 16, 32, 48))
    _row("MOVELOOP", "DSc", "-", f"1:; {moves}; ADDQ $64,SI; ADDQ $64,DI; DECQ CX; JNE 1", "rw", _DI | _SI | _CX | _X14)
    _row("REPSTOSQ", "Dca", "-", "REP; STOSQ", "w", _DI | _CX)
    _row("REPMOVSQ", "DSc", "-", "REP; MOVSQ", "rw", _DI | _SI | _CX)


CONDITIONS: Final = ("EQ", "NE", "LT", "GE", "LE", "GT", "CS", "CC", "LS", "HI", "EQF", "NEF")
"""In pairs of which one is true where the other is not. CS and so on are of unsigned numbers; EQF, NEF of floats that may be NaN."""

_COMPARES: Final = (
    *((f"CMP{w}", "gg", f"CMP{w} 0,1", "") for w in "QLWB"),
    *((f"CMP{w}const", "g", f"CMP{w} 0,$", "") for w in "QLWB"),
    *((f"CMP{w}load", "gm", f"CMP{w} m,0", "r") for w in "QLWB"),
    *((f"CMP{w}constload", "m", f"CMP{w} m,$", "r") for w in "QLWB"),
    *((f"TEST{w}", "gg", f"TEST{w} 0,1", "") for w in "QLWB"),
    *((f"TEST{w}const", "g", f"TEST{w} $,0", "") for w in "QLWB"),
    *((f"BT{w}", "gg", f"BT{w} 1,0", "") for w in "QL"),
    *((f"BT{w}const", "g", f"BT{w} $,0", "") for w in "QL"),
    *((f"UCOMI{w}", "ff", f"UCOMI{w} 1,0", "") for w in ("SD", "SS")),
    *((f"UCOMI{w}const", "f", f"UCOMI{w} $f,0", "") for w in ("SD", "SS")),
)


def _control() -> None:
    """What has parts behind the function, or depends on a call's signature."""
    _row("CALLstatic", "", "-", "!call")
    _row("CALLclosure", "", "-", "!closure CALL (DX)")
    _row("CALLpointer", "", "-", "!pointer CALL 0")
    for op in (_numbers["CALLstatic"], _numbers["CALLclosure"], _numbers["CALLpointer"]):
        _rows[op].flags = CALL
    _row("RET", "", "-", "!ret")
    _row("JUMPTABLE", "n", "-", "!table", "", _AX)
    # Index and length, in registers, as constants (of the index: XC, of the length: CX) or, of the length, in memory.
    for name, inputs, compare, below, within in (
        ("", "gg", "CMPQ 0,1", "CC", "HI"),
        ("const", "g", "CMPQ 0,$", "CC", "HI"),
        ("index", "g", "CMPQ 0,$", "LS", "CS"),
    ):
        _row("BOUNDS" + name, inputs, "-", f"!bounds {compare}; J{below} stub", "f")
        _row("SLICEBOUNDS" + name, inputs, "-", f"!bounds {compare}; J{within} stub", "f")
    _row("WB", "", "-", "!barrier", "rw", _R11 | _X14)


def _comparisons() -> None:
    """For each comparison: J (a branch, of blocks) and SET (a boolean), and of registers CMOV (of integers) and SEL (of floats), for each
    condition.
    """
    for name, inputs, compare, flags in _COMPARES:
        is_float = name.startswith("UCOMI")
        # The result begins as the first argument, and becomes the second if the condition holds.
        shifted = _shift(compare, 2)
        for cond in CONDITIONS:
            if cond.endswith("F") and not is_float:
                continue
            two_jumps = cond.endswith("F")
            _row(f"J{cond}.{name}", inputs, "-", compare, flags)
            if two_jumps:
                joined = "ANDL" if cond == "EQF" else "ORL"
                first, second = ("EQ", "PC") if cond == "EQF" else ("NE", "PS")
                _row(f"SET{cond}.{name}", inputs, "n", f"{compare}; SET{first} d; SET{second} AX; {joined} AX,d", flags, _AX)
            else:
                _row(f"SET{cond}.{name}", inputs, "g", f"{compare}; SET{cond} d", flags)
            if inputs.endswith("m"):
                continue
            for w in "QL":
                if cond == "EQF":
                    continue
                moves = f"CMOV{w}NE 1,d; CMOV{w}PS 1,d" if two_jumps else f"CMOV{w}{cond} 1,d"
                _row(f"CMOV{w}{cond}.{name}", "gg" + inputs, "g", f"{shifted}; {moves}", "2" + flags)
            if cond == "EQF":
                continue
            if two_jumps:
                text = f"{shifted}; JNE 1; JPC 2; 1:; MOVUPS 1,d; 2:"
            else:
                other = CONDITIONS[CONDITIONS.index(cond) ^ 1]
                text = f"{shifted}; J{other} 2; MOVUPS 1,d; 2:"
            _row(f"SEL{cond}.{name}", "ff" + inputs, "f", text, "2" + flags)


def _shift(template: str, by: int) -> str:
    """The template of an operation whose arguments stand behind others."""
    return "".join(
        str(int(char) + by) if char in "01" and template[at - 1] in " ," and template[at + 1 : at + 2] in ("", ",") else char
        for at, char in enumerate(template)
    )


_values()
_integers()
_floats()
_memory()
_control()
_comparisons()

REGISTERS: Final = RegisterFile(
    {
        **{number: regs.GP << 8 | number for number in range(16)},
        **{FIRST_FLOAT + number: regs.XMM << 8 | number for number in range(16)},
    },
    _G,
    _F,
    (0, 1, 3, 7, 6, 8, 9, 10, 11, 2, 12, 13, 15, *range(FIRST_FLOAT, FIRST_FLOAT + 15)),
    2,
    14,
)

FEATURES: Final = (
    Feature("PopCount", 2, "runtime.x86HasPOPCNT", "internal/runtime/sys.OnesCount64"),
    Feature("Floor", 2, "runtime.x86HasSSE41", "math.Floor"),
    Feature("Ceil", 2, "runtime.x86HasSSE41", "math.Ceil"),
    Feature("TruncFloat", 2, "runtime.x86HasSSE41", "math.Trunc"),
    Feature("RoundEven", 2, "runtime.x86HasSSE41", "math.RoundToEven"),
    Feature("Fma", 3, "runtime.x86HasFMA", "math.FMA"),
)
"""By levels of GOAMD64."""

TABLE: Final = InsnTable(_rows, _numbers, _templates, CONDITIONS, REGISTERS, regs.NUMBERS, CODE, FEATURES)
