# SPDX-License-Identifier: BSD-3-Clause
"""Compares arm64 instructions made from our tables with what GNU as makes of them.

Operands are drawn at random for every form of every mnemonic, the instruction is encoded by us, written in the syntax of the
architecture's manual, and assembled by as. What is written follows from the mnemonic and the operands alone, never from our words.
"""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from conformance.asmgas import Result
from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import constant_class
from pygo_cross.arch.arm64.encode import EncodeError, Encoder
from pygo_cross.arch.arm64.operands import Frame
from pygo_cross.arch.arm64.rewrite import RewriteError, rewrite
from pygo_cross.arch.arm64.rows import Row, rows
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, CONST, MEM, REG, REGLIST, REGREG, SHIFT, SPECIAL, Addr, Prog

AS: Final = "aarch64-linux-gnu-as"
OBJCOPY: Final = "aarch64-linux-gnu-objcopy"
_ARCHITECTURE: Final = (
    "armv8.8-a+sve2+sve2-aes+sve2-sha3+sve2-sm4+sve2-bitperm+crypto+sha3+sm4+memtag+fp16+bf16+i8mm+f32mm+f64mm+profile+rng+ssbs+sb+predres"
)

_words = str.split
Args = tuple[Addr, ...]
Writer = Callable[[str, Args], str | list[str]]


EXPECTED: Final = (
    (r"MSR vcon,spr: msr dit, #0:", "zero is ZR for Go's assembler, so `MSR $0, DIT` moves a register"),
    (r"?MSR vcon,spr: msr (dit|spsel), #", "as takes only one bit for DIT and SPSel"),
    (r"MRS spr,zreg: mrs \w+, gmid_el1:", "Go's assembler has another number for GMID_EL1, which is a mistake"),
    (r"?(MRS spr,zreg|MSR zreg,spr): .*amev", "names that as doesn't know"),
    (r"?(CALL|JMP|RET) o:0: \w+ sp:", "Go's assembler takes RSP and means ZR"),
    (r"?RPRFM ", "newer than as"),
    (r"?V(LD|ST)[234] .*\.1d", "Go's assembler takes lists of D1, which are reserved"),
    (r"?(VREV32|VREV64|VSHADD|VSRHADD|VUHADD|VURHADD) .*: \w+ v\d+\.2d", "Go's assembler takes D2, which is reserved"),
)
"""Rows that GNU sees otherwise or not at all, and why that is no mistake of the tables."""


class Sample:
    """One instruction: Go's mnemonic, suffix and operands, our word, and the ways that the manual's syntax may write it."""

    __slots__ = ("args", "form", "op", "suffix", "texts", "word")

    def __init__(self, op: str, suffix: str, args: Args, form: str, word: int, texts: list[str]) -> None:
        self.op, self.suffix, self.args, self.form, self.word, self.texts = op, suffix, args, form, word, texts

    @property
    def key(self) -> str:
        """The row, for messages."""
        return f"{self.op} {self.form.split()[1]}"


def _r(addr: Addr | int, wide: bool = True) -> str:
    """A general register."""
    number = addr if isinstance(addr, int) else addr.reg
    if number == regs.SP:
        return "sp" if wide else "wsp"
    low = number & 31
    return ("x" if wide else "w") + ("zr" if low == 31 else str(low))


def _f(addr: Addr | int, letter: str) -> str:
    return letter + str((addr if isinstance(addr, int) else addr.reg) & 31)


def _wide(op: str) -> bool:
    return not op.endswith("W")


def _name(op: str) -> str:
    return op.removesuffix("W").lower()


def _v(addr: Addr) -> str:
    """A vector register with its arrangement, or an element."""
    kind = regs.ARRANGEMENTS[addr.reg >> 5 & 15]
    letter, count = kind[0].lower(), kind[1:]
    text = f"v{addr.reg & 31}.{count}{letter}"
    return f"{text}[{addr.index}]" if addr.reg & ~0x1FF == regs.ELEM else text


_LIST_KINDS: Final = {(0, 0): "8b", (1, 0): "16b", (0, 1): "4h", (1, 1): "8h", (0, 2): "2s", (1, 2): "4s", (0, 3): "1d", (1, 3): "2d"}
_LIST_COUNTS: Final = {7: 1, 10: 2, 6: 3, 2: 4}


def _list(addr: Addr) -> str:
    packed = addr.offset
    kind = _LIST_KINDS[packed >> 30 & 1, packed >> 10 & 3]
    return "{" + ", ".join(f"v{packed + at & 31}.{kind}" for at in range(_LIST_COUNTS[packed >> 12 & 15])) + "}"


def _word(addr: Addr) -> str:
    return str(regs.WORDS[addr.offset][0]).lower()


def _at(addr: Addr, suffix: str = "") -> str:
    """An operand in memory."""
    base = _r(addr.reg)
    if suffix == "P":
        return f"[{base}], {_r(addr.index) if addr.index else f'#{addr.offset}'}"
    if suffix == "W":
        return f"[{base}, #{addr.offset}]!"
    if addr.index:
        amount = addr.index >> 5 & 7
        if regs.EXTENDED <= addr.index < regs.SHIFTED:
            extension = regs.EXTENSIONS[addr.index >> 8 & 7].lower()
            return f"[{base}, {_r(addr.index & 31, extension[-1] == 'x')}, {extension}{f' #{amount}' if amount else ''}]"
        return f"[{base}, {_r(addr.index & 31)}{f', lsl #{amount}' if addr.index >= regs.SHIFTED else ''}]"
    return f"[{base}, #{addr.offset}]" if addr.offset else f"[{base}]"


def _shifted(addr: Addr, wide: bool) -> str:
    kind = ("lsl", "lsr", "asr", "ror")[addr.offset >> 22 & 3]
    return f"{_r(addr.offset >> 16 & 31, wide)}, {kind} #{addr.offset >> 10 & 63}"


def _extended(addr: Addr, wide: bool) -> str:
    kind = regs.EXTENSIONS[addr.reg >> 8 & 7].lower()
    return f"{_r(addr.reg & 31, wide and kind[-1] == 'x')}, {kind} #{addr.reg >> 5 & 7}"


def _to(distance: int) -> str:
    return f".{distance:+d}"


# Arithmetic and logic.


def _source(addr: Addr, wide: bool) -> str:
    if addr.type == SHIFT:
        return _shifted(addr, wide)
    if addr.type == CONST:
        value = addr.offset & ((1 << 64) - 1 if wide else 0xFFFFFFFF)
        return f"#{value:#x}"
    return _extended(addr, wide) if addr.reg >= regs.EXTENDED else _r(addr, wide)


_COMPARES: Final = frozenset(_words("CMP CMPW CMN CMNW TST TSTW"))
_ONE_SOURCE: Final = frozenset(_words("NEG NEGW NEGS NEGSW MVN MVNW NGC NGCW NGCS NGCSW"))


def _arithmetic(op: str, args: Args) -> str:
    if op.startswith("CRC32"):
        m, n, d = (args[0], args[1], args[-1]) if len(args) == 3 else (args[0], args[1], args[1])
        return f"{op.lower()} {_r(d, False)}, {_r(n, False)}, {_r(m, op[-1] == 'X')}"
    wide = _wide(op)
    source = args[0]
    if source.type == CONST and _name(op) in ("bic", "orn", "eon", "bics"):
        # Only the inverse is an instruction.
        value = ~source.offset & ((1 << 64) - 1 if wide else 0xFFFFFFFF)
        real = {"bic": "and", "orn": "orr", "eon": "eor", "bics": "ands"}[_name(op)]
        return f"{real} {_r(args[-1], wide)}, {_r(args[1], wide)}, #{value:#x}"
    text = _source(source, wide)
    if op in _COMPARES or op in _ONE_SOURCE:
        return f"{_name(op)} {_r(args[1], wide)}, {text}"
    return f"{_name(op)} {_r(args[-1], wide)}, {_r(args[1] if len(args) == 3 else args[-1], wide)}, {text}"


def _multiply(op: str, args: Args) -> str:
    name = _name(op)
    if op[0] == "F":
        letter = op[-1].lower()
        m, a, n, d = (_f(arg, letter) for arg in args)
        return f"{op[:-1].lower()} {d}, {n}, {m}, {a}"
    wide = _wide(op)
    sources = wide and not (name[0] in "su" and not name.endswith("h"))
    m, n, d = _r(args[0], sources), _r(args[-2], sources), _r(args[-1], wide)
    return f"{name} {d}, {n}, {m}, {_r(args[1], wide)}" if len(args) == 4 else f"{name} {d}, {n}, {m}"


def _select(op: str, args: Args) -> str:
    if op.startswith("FCSEL"):
        condition, n, m, d = args
        letter = op[-1].lower()
        return f"fcsel {_f(d, letter)}, {_f(n, letter)}, {_f(m, letter)}, {_word(condition)}"
    wide = _wide(op)
    registers = [_r(args[-1], wide), *(_r(arg, wide) for arg in args[1:-1])]
    return f"{_name(op)} {', '.join(registers)}, {_word(args[0])}"


def _compare_if(op: str, args: Args) -> str:
    wide = _wide(op)
    return f"{_name(op)} {_r(args[1], wide)}, {_source(args[2], wide)}, #{args[3].offset}, {_word(args[0])}"


def _shift(op: str, args: Args) -> str:
    wide = _wide(op)
    return f"{_name(op)} {_r(args[-1], wide)}, {_r(args[1], wide)}, #{args[0].offset}"


def _field(op: str, args: Args) -> str:
    wide = _wide(op)
    return f"{_name(op)} {_r(args[3], wide)}, {_r(args[1], wide)}, #{args[0].offset}, #{args[2].offset}"


def _extract(op: str, args: Args) -> str:
    wide = _wide(op)
    return f"{_name(op)} {_r(args[3], wide)}, {_r(args[2], wide)}, {_r(args[1], wide)}, #{args[0].offset}"


_EXTENDS: Final = {
    "MOVB": "sxtb {x}, {w}", "MOVH": "sxth {x}, {w}", "MOVW": "sxtw {x}, {w}", "SXTB": "sxtb {x}, {w}", "SXTH": "sxth {x}, {w}",
    "SXTW": "sxtw {x}, {w}", "SXTBW": "sxtb {d}, {w}", "SXTHW": "sxth {d}, {w}", "UXTBW": "uxtb {d}, {w}", "UXTHW": "uxth {d}, {w}",
    "MOVBU": "ubfx {x}, {n}, #0, #8", "UXTB": "ubfx {x}, {n}, #0, #8", "MOVHU": "ubfx {x}, {n}, #0, #16", "UXTH": "ubfx {x}, {n}, #0, #16",
    "UXTW": "ubfx {x}, {n}, #0, #32", "MOVWU": "mov {d}, {w}",
}  # fmt: skip


def _extend(op: str, args: Args) -> str:
    pattern = "mov {d}, {w}" if args[0].reg == regs.ZR else _EXTENDS[op]
    return pattern.format(x=_r(args[1]), d=_r(args[1], False), n=_r(args[0]), w=_r(args[0], False))


def _bits(op: str, args: Args) -> str:
    wide = _wide(op)
    return f"{_name(op)} {_r(args[1], wide)}, {_r(args[0], wide)}"


# Branches and the system.


def _branch(op: str, args: Args) -> str:
    name = {"JMP": "b", "CALL": "bl"}.get(op) or f"b.{op[1:].lower()}"
    return f"{name} {_to(args[0].offset)}"


def _branch_register(op: str, args: Args) -> str:
    return f"{({'JMP': 'br', 'CALL': 'blr', 'RET': 'ret'})[op]} {_r(args[0])}"


def _branch_zero(op: str, args: Args) -> str:
    return f"{_name(op)} {_r(args[0], _wide(op))}, {_to(args[1].offset)}"


def _branch_bit(op: str, args: Args) -> str:
    return f"{op.lower()} {_r(args[1])}, #{args[0].offset}, {_to(args[2].offset)}"


def _with_number(op: str, args: Args) -> str:
    return f"{op.lower()} #{args[0].offset}" if args else op.lower()


def _plain(op: str, args: Args) -> str:
    return {"NOOP": "nop"}.get(op, op.lower())


def _read_system(op: str, args: Args) -> str:
    return f"mrs {_r(args[1])}, {_system_name(args[0].reg)}"


def _write_system(op: str, args: Args) -> str:
    return f"msr {_system_name(args[1].reg)}, {_r(args[0])}"


def _system_name(number: int) -> str:
    # What a guest sees of the interrupt controller has the numbers of what the host sees.
    return regs.name(number).lower().replace("icv_", "icc_")


def _write_state(op: str, args: Args) -> str:
    name = _word(args[1]) if args[1].type == SPECIAL else regs.name(args[1].reg).lower()
    return f"msr {name}, #{args[0].offset}"


def _system(op: str, args: Args) -> str:
    value = args[0].offset
    fields = f"#{value >> 16 & 7}, c{value >> 12 & 15}, c{value >> 8 & 15}, #{value >> 5 & 7}"
    register = _r(args[1]) if len(args) > 1 else "xzr"
    return f"sysl {register}, {fields}" if op == "SYSL" else f"sys {fields}, {register}"


def _cache(op: str, args: Args) -> str:
    return f"{op.lower()} {', '.join([_word(args[0]), *(_r(arg) for arg in args[1:])])}"


def _landing(op: str, args: Args) -> str:
    return f"bti {_word(args[0])}"


def _prefetch(op: str, args: Args) -> str:
    what = f"#{args[1].offset}" if args[1].type == CONST else _word(args[1])
    return f"prfm {what}, {_at(args[0])}"


def _range_prefetch(op: str, args: Args) -> str:
    what = f"#{args[2].offset}" if args[2].type == CONST else _word(args[2])
    return f"rprfm {what}, {_r(args[1])}, {_at(args[0])}"


# Loads and stores.

_ATOMIC: Final = re.compile(r"(LDADD|LDCLR|LDEOR|LDOR|SWP|CAS)(AL|A|L|)([BHWD])\Z")


def _atomic(op: str, args: Args) -> str:
    match = _ATOMIC.match(op)
    assert match is not None
    name = {"LDOR": "ldset"}.get(match[1], match[1].lower())
    size = match[3].lower() if match[3] in "BH" else ""
    wide = match[3] == "D"
    return f"{name}{match[2].lower()}{size} {_r(args[0], wide)}, {_r(args[2], wide)}, {_at(args[1])}"


def _compare_pair(op: str, args: Args) -> str:
    wide = op[-1] == "D"
    registers = ", ".join(_r(number, wide) for pair in (args[0], args[2]) for number in (pair.reg, pair.offset))
    return f"casp {registers}, {_at(args[1])}"


def _exclusive(op: str, args: Args) -> str:
    """LDAR, STLXR and their like."""
    wide = op[-1] not in "BHW"
    data = next(arg for arg in args if arg.type in (REG, REGREG))
    place = next(arg for arg in args if arg.type == MEM)
    registers = [_r(data.reg, wide)] if data.type == REG else [_r(data.reg, wide), _r(data.offset, wide)]
    if len(args) == 3:
        registers.insert(0, _r(args[2], False))
    return f"{_name(op)} {', '.join(registers)}, {_at(place)}"


_LOADS: Final = {
    "MOVD": ("ldr", "x"), "MOVW": ("ldrsw", "x"), "MOVWU": ("ldr", "w"), "MOVH": ("ldrsh", "x"), "MOVHU": ("ldrh", "w"),
    "MOVB": ("ldrsb", "x"), "MOVBU": ("ldrb", "w"), "FMOVS": ("ldr", "s"), "FMOVD": ("ldr", "d"), "FMOVQ": ("ldr", "q"),
}  # fmt: skip
_STORES: Final = {
    "MOVD": ("str", "x"), "MOVW": ("str", "w"), "MOVWU": ("str", "w"), "MOVH": ("strh", "w"), "MOVHU": ("strh", "w"), "MOVB": ("strb", "w"),
    "MOVBU": ("strb", "w"), "FMOVS": ("str", "s"), "FMOVD": ("str", "d"), "FMOVQ": ("str", "q"),
}  # fmt: skip


def _access(suffix: str) -> Writer:
    def write(op: str, args: Args) -> str:
        load = args[0].type == MEM
        name, letter = (_LOADS if load else _STORES)[op]
        data, place = (args[1], args[0]) if load else args
        register = _f(data, letter) if letter in "sdq" else _r(data, letter == "x")
        return f"{name} {register}, {_at(place, suffix)}"

    return write


def _access_pair(suffix: str) -> Writer:
    def write(op: str, args: Args) -> str:
        load = args[0].type == MEM
        pair, place = (args[1], args[0]) if load else args
        numbers = (pair.reg, pair.offset)
        if op[0] == "F":
            registers = ", ".join(_f(number, op[-1].lower()) for number in numbers)
        else:
            registers = ", ".join(_r(number, op in ("LDP", "STP", "LDPSW")) for number in numbers)
        return f"{'ldpsw' if op == 'LDPSW' else 'ldp' if load else 'stp'} {registers}, {_at(place, suffix)}"

    return write


# Moves and floating point.


def _move(op: str, args: Args) -> str:
    name = "mvn" if op.startswith("MVN") else "mov"
    return f"{name} {_r(args[1], not op.endswith('W'))}, {_r(args[0], not op.endswith('W'))}"


def _move_constant(op: str, args: Args) -> list[str]:
    wide = op != "MOVW"
    value = args[0].offset & ((1 << 64) - 1 if wide else 0xFFFFFFFF)
    target = _r(args[1], wide)
    return [
        f"mov {target}, #{value:#x}",
        f"mov {target}, {'xzr' if wide else 'wzr'}" if not value else f"orr {target}, {'xzr' if wide else 'wzr'}, #{value:#x}",
    ]


def _move_group(op: str, args: Args) -> str:
    value = args[0].offset & (1 << 64) - 1
    shift = next(shift for shift in (0, 16, 32, 48) if not value & ~(0xFFFF << shift))
    return f"{_name(op)} {_r(args[1], _wide(op))}, #{value >> shift}, lsl #{shift}"


_BETWEEN: Final = re.compile(r"(SCVTF|UCVTF|FCVTZS|FCVTZU)(W?)([SD])(W?)\Z")


def _convert(op: str, args: Args) -> str:
    match = _BETWEEN.match(op)
    if match is not None:
        wide = not (match[2] or match[4])
        source, target = args
        if op[0] == "F":
            return f"{match[1].lower()} {_r(target, wide)}, {_f(source, match[3].lower())}"
        return f"{match[1].lower()} {_f(target, match[3].lower())}, {_r(source, wide)}"
    if op in ("FMOVD", "FMOVS"):
        letter, wide = op[-1].lower(), op[-1] == "D"
        texts = [_f(arg, letter) if regs.is_float(arg.reg) else _r(arg, wide) for arg in args]
        return f"fmov {texts[1]}, {texts[0]}"
    if op.startswith("FCVT"):
        return f"fcvt {_f(args[1], op[5].lower())}, {_f(args[0], op[4].lower())}"
    letter = op[-1].lower()
    return f"{op[:-1].lower()} {_f(args[1], letter)}, {_f(args[0], letter)}"


def _float(op: str, args: Args) -> str:
    letter = op[-1].lower()
    if op.startswith("FMOV"):
        return f"fmov {_f(args[1], letter)}, {_f(args[0], letter)}"
    return f"{op[:-1].lower()} {_f(args[-1], letter)}, {_f(args[1], letter)}, {_f(args[0], letter)}"


def _float_constant(op: str, args: Args) -> str:
    return f"fmov {_f(args[1], op[-1].lower())}, #{args[0].value!r}"


def _float_compare(op: str, args: Args) -> str:
    letter = op[-1].lower()
    other = _f(args[0], letter) if args[0].type == REG else "#0.0"
    return f"{op[:-1].lower()} {_f(args[1], letter)}, {other}"


def _float_compare_if(op: str, args: Args) -> str:
    letter = op[-1].lower()
    return f"{op[:-1].lower()} {_f(args[2], letter)}, {_f(args[1], letter)}, #{args[3].offset}, {_word(args[0])}"


# Vectors.

_CRYPTO_SCALARS: Final = {
    "SHA1C": "qs", "SHA1M": "qs", "SHA1P": "qs", "SHA256H": "qq", "SHA256H2": "qq", "SHA512H": "qq", "SHA512H2": "qq",
}  # fmt: skip


def _crypto(op: str, args: Args) -> str:
    name = op.lower()
    if op == "SHA1H":
        return f"sha1h {_f(args[1], 's')}, {_f(args[0], 's')}"
    if op in _CRYPTO_SCALARS:
        d, n = _CRYPTO_SCALARS[op]
        return f"{name} {_f(args[2], d)}, {_f(args[1], n)}, {_v(args[0])}"
    return f"{name} {', '.join(_v(arg) for arg in reversed(args))}"


def _vector(op: str, args: Args) -> str:
    operands = [f"#{arg.offset}" if arg.type == CONST else "#0.0" if arg.type not in (REG, REGLIST) else _v(arg) for arg in args]
    if args[0].type == REG:
        operands.reverse()
    else:
        # A number stands last.
        operands = [operands[-1], *reversed(operands[1:-1]), operands[0]]
    return f"{op[1:].lower()} {', '.join(operands)}"


def _across(op: str, args: Args) -> str:
    letter = regs.ARRANGEMENTS[args[0].reg >> 5 & 15][0].lower()
    if op == "VUADDLV":
        letter = {"b": "h", "h": "s", "s": "d"}[letter]
    return f"{op[1:].lower()} {_f(args[1], letter)}, {_v(args[0])}"


def _table(op: str, args: Args) -> str:
    return f"{op[1:].lower()} {_v(args[2])}, {_list(args[1])}, {_v(args[0])}"


def _lane_out(op: str, args: Args) -> str:
    return f"umov {_r(args[1], '.d' in _v(args[0]))}, {_v(args[0])}"


def _lane_in(op: str, args: Args) -> str:
    return f"ins {_v(args[1])}, {_r(args[0], '.d' in _v(args[1]))}"


def _scalar_lane(op: str, args: Args) -> str:
    letter = regs.ARRANGEMENTS[args[0].reg >> 5 & 15].lower()
    return f"dup {_f(args[1], letter)}, {_v(args[0])}"


def _duplicate(op: str, args: Args) -> str:
    return f"dup {_v(args[1])}, {_r(args[0], _v(args[1]).endswith('d'))}"


def _structure(suffix: str) -> Writer:
    def write(op: str, args: Args) -> str:
        place = next(arg for arg in args if arg.type == MEM)
        data = next(arg for arg in args if arg.type != MEM)
        text = _list(data) if data.type == REGLIST else re.sub(r"(v\d+\.\w)(\[\d+\])", r"{\1}\2", _v(data))
        return f"{op[1:].lower()} {text}, {_at(place, suffix)}"

    return write


def _scalar(op: str, args: Args) -> str:
    return f"{op[1:].lower()} {_f(args[-1], 'd')}, {_f(args[1], 'd')}, {_f(args[0], 'd')}"


_WRITERS: Final[dict[str, Writer]] = {
    **dict.fromkeys(_words("rrr shiftreg addimm shifted extended bitmask rrzero negate"), _arithmetic),
    "muladd": _multiply,
    "select": _select,
    "compareif": _compare_if,
    "shiftimm": _shift,
    **dict.fromkeys(_words("bitfield bitalias"), _field),
    "extract": _extract,
    "extend": _extend,
    "bits": _bits,
    **dict.fromkeys(_words("branch branchcond"), _branch),
    "branchreg": _branch_register,
    "branchzero": _branch_zero,
    "branchbit": _branch_bit,
    **dict.fromkeys(_words("exception clrex barrier hint"), _with_number),
    "plain": _plain,
    "undefined": lambda op, args: "udf #0",
    "readsys": _read_system,
    "writesys": _write_system,
    "writepstate": _write_state,
    "system": _system,
    "cache": _cache,
    "landing": _landing,
    "prefetch": _prefetch,
    "rangeprefetch": _range_prefetch,
    "adr": lambda op, args: f"adr {_r(args[1])}, {_to(args[0].offset)}",
    "atomic": _atomic,
    "casp": _compare_pair,
    **dict.fromkeys(_words("loadexclusive storeexclusive"), _exclusive),
    "move": _move,
    "movconst": _move_constant,
    "movk": _move_group,
    "convert": _convert,
    "float": _float,
    "floatconst": _float_constant,
    "floatcompare": _float_compare,
    "floatcompareif": _float_compare_if,
    **dict.fromkeys(_words("crypto2 crypto3 sha3"), _crypto),
    **dict.fromkeys(_words("vector2 vector3 vector4 vzero lanelane duplane vimmediate vlong vwide vwiden vshift vextract xar"), _vector),
    "across": _across,
    "vtable": _table,
    "laneout": _lane_out,
    "lanein": _lane_in,
    "scalarlane": _scalar_lane,
    "duplicate": _duplicate,
    "vscalar": _scalar,
}
_WITH_SUFFIX: Final[dict[str, Callable[[str], Writer]]] = {
    **dict.fromkeys(_words("load store loadback storeback loadindexed storeindexed"), _access),
    **dict.fromkeys(_words("loadpair storepair"), _access_pair),
    **dict.fromkeys(_words("vload vstore vloadlane vstorelane"), _structure),
}
_NAMELESS: Final = {"adrp": "as leaves it to the linker"}


def write(op: str, suffix: str, args: Args, encoder: str) -> list[str]:
    """The ways that an instruction may be written for as."""
    writer = _WITH_SUFFIX[encoder](suffix) if encoder in _WITH_SUFFIX else _WRITERS[encoder]
    text = writer(op, args)
    return [text] if isinstance(text, str) else text


def _operands(row: Row, chance: random.Random) -> Args | None:
    """Operands for a form: what the fields of a random word say."""
    for _ in range(40):
        args = row.read(row.base | chance.getrandbits(32) & ~row.word_mask)
        if args is not None:
            return args
    return None


def _listed(row: Row, chance: random.Random) -> list[Args]:
    """Operands for a form that has one for each name of a list: all of them, since random fields are seldom a name."""
    kind = row.form.encoder
    general = Addr(REG, regs.GP + chance.randrange(31))
    if kind in ("readsys", "writesys"):
        wanted = "r" if kind == "readsys" else "w"
        found = [Addr(REG, regs.SYSTEM + at) for at, (_, _, access) in enumerate(regs.SYSTEM_REGISTERS) if wanted in access]
        return [(name, general) if kind == "readsys" else (general, name) for name in found]
    if kind == "cache":
        names = [(Addr(SPECIAL, 0, at), word) for at, word in enumerate(regs.WORDS) if word[1] == row.op.lower()]
        return [(name, general) if word[3] == "Rt" else (name,) for name, word in names if (word[3] == "Rt") == (len(row.patterns) == 2)]
    return []


def encode(encoder: Encoder, op: str, suffix: str, args: Args) -> int | None:
    """Our word of an instruction; None if it is refused or takes several."""
    prog = Prog(op, args, None, 0, suffix)
    for arg in args:
        if arg.type == BRANCH:
            prog.target = Prog("NOP", (), None, 0)
            prog.target.pc = arg.offset
    encoder.begin(Frame(0, 0), [])
    try:
        made = rewrite(encoder.context, prog)
        words = encoder.encode(made[0]) if len(made) == 1 else []
    except (EncodeError, RewriteError):
        return None
    return words[0] if len(words) == 1 else None


_DESTINATION_TWICE: Final = frozenset(_words("rrr shiftreg addimm shifted extended bitmask float muladd vscalar"))


def _shorter(kind: str, args: Args) -> Args:
    """Another way to write an instruction: a destination that is a source too, a vector without its arrangement."""
    if len(args) == 3 and kind in _DESTINATION_TWICE:
        return args[0], args[2]
    if kind in ("crypto2", "crypto3"):
        return tuple(Addr(REG, regs.VECTOR | arg.reg & 31) for arg in args)
    return args


def samples(seed: int, each: int) -> list[Sample]:
    """Up to `each` instructions of every form that is one word."""
    chance = random.Random(seed)
    encoder = Encoder(Context("arm64", "linux"))
    result = []
    for row in rows():
        kind = row.form.encoder
        if kind in _NAMELESS:
            continue
        listed = _listed(row, chance)
        for args in listed or (_operands(row, chance) for _ in range(each)):
            if args is None:
                break
            if kind == "movconst" and args[1].reg == regs.SP and constant_class(args[0].offset, 64) in ("mbcon", "movcon"):
                # Go's assembler moves these to ZR, and so do we.
                continue
            word = encode(encoder, row.op, row.form.suffix, args)
            if word is not None:
                texts = write(row.op, row.form.suffix, args, kind)
                result.append(Sample(row.op, row.form.suffix, args, row.form.text, word, texts))
            short = _shorter(kind, args)
            word = encode(encoder, row.op, row.form.suffix, short) if short != args and chance.random() < 0.3 else None
            if word is not None:
                full = (short[0], short[1], short[1]) if len(short) == 2 < len(args) else args
                result.append(Sample(row.op, row.form.suffix, short, row.form.text, word, write(row.op, row.form.suffix, full, kind)))
    return result


def assemble(lines: list[str]) -> list[int | None]:
    """What as makes of each line; None for what it does not take."""
    refused: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        source, output, flat = Path(folder, "a.s"), Path(folder, "a.o"), Path(folder, "a.bin")
        while True:
            text = ["nop" if at in refused else line for at, line in enumerate(lines)]
            source.write_text("\n".join([f".arch {_ARCHITECTURE}", *text]) + "\n")
            done = subprocess.run([AS, "-o", output, source], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            found = {int(number) - 2 for number in re.findall(r"a\.s:(\d+): Error", done.stderr)}
            assert found - refused and min(found) >= 0, done.stderr
            refused |= found
        subprocess.run([OBJCOPY, "-O", "binary", "-j", ".text", output, flat], check=True)
        data = flat.read_bytes()
    assert len(data) == 4 * len(lines)
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    return [None if at in refused else word for at, word in enumerate(words)]


def compare(chosen: list[Sample]) -> Result:
    """Compares instructions with as."""
    lines = [text for sample in chosen for text in sample.texts]
    made = iter(assemble(lines))
    result = Result()
    for sample in chosen:
        theirs = [next(made) for _ in sample.texts]
        if sample.word in theirs:
            result.same += 1
        elif not any(word is not None for word in theirs):
            result.unknown.append((sample.key, f"{sample.texts[0]}: ours {sample.word:08x}"))
        else:
            seen = sorted(f"{word:08x}" for word in theirs if word is not None)
            result.different.append((sample.key, f"{sample.texts[0]}: ours {sample.word:08x}, as {', '.join(seen)}"))
    return result
