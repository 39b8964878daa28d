# SPDX-License-Identifier: BSD-3-Clause
"""Compares amd64 instructions made from our tables with GNU binutils.

For every row operands are drawn at random and the instruction is encoded by us. Those with VEX and EVEX are written in AT&T syntax (whose
operand order is Go's) and assembled by as; it may choose another of several encodings by itself, so it is asked for each of them. All
others are read by objdump: mnemonic (att.txt has those that Go calls otherwise), operands and size must be ours.
"""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pygo_cross.arch.amd64 import table
from pygo_cross.arch.amd64.encode import EncodeError, Encoder
from pygo_cross.arch.amd64.registers import NUMBERS
from pygo_cross.arch.amd64.registers import name as register_name
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, CONST, MEM, REG, REGLIST, Addr

_LONG: Final = dict(
    zip(["AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"], ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"], strict=True)
)
_SLOT: Final = 32
_CANDIDATES: Final = ("", "{store} ", "{vex3} ", "{load} ")
_WIDE_INDEX: Final = {"xv": ("X", 16), "yv": ("Y", 16), "Xv": ("X", 32), "Yv": ("Y", 32), "Zv": ("Z", 32)}
_REGISTERS: Final = {
    "x": ("X", 16),
    "X": ("X", 32),
    "y": ("Y", 16),
    "Y": ("Y", 32),
    "Z": ("Z", 32),
    "mm": ("M", 8),
    "K": ("K", 8),
}
_RANGES: Final = {
    "zero": (0, 0),
    "one": (1, 1),
    "u2": (0, 3),
    "u7": (0, 127),
    "u8": (0, 255),
    "i8": (-128, 127),
    "s32": (-(1 << 31), (1 << 31) - 1),
    "i32": (-(1 << 31), (1 << 31) - 1),
    "i64": (-(1 << 63), (1 << 63) - 1),
}


_split = str.split
EXPECTED: Final = (
    (r"VMOVQ .*[rXx]m", "there are two encodings of loads, and as takes the other"),
    (r"(BYTE|WORD|LONG|QUAD) ", "data, not instructions"),
    (r"(LOCK|REP|REPN|XACQUIRE|XRELEASE|UD1) ", "a prefix, which objdump reads with what follows"),
    (r"XCHG[LQ] (ax,r|r,ax)", "of AX with itself it is a NOP, in Go's assembler too"),
    (r"FCOMDP?P? st0,st|FUCOMPP st0,st", "Go's assembler takes any register for one that is implied"),
    (r"BOUNDW |POPAW |PUSHAW |(PUSH|POP)[WL] [cdes]s|MOVL .*tr[67]", "not for 64 bits, which Go's assembler doesn't mind"),
    (r"JCXZW ", "Go's assembler makes JCXZQ of it"),
)
"""Rows that GNU sees otherwise or not at all, and why that is no mistake of the tables; with ? only if not at all."""

# Go's assembler takes registers where these have memory alone: what it makes then is another instruction, or none.
_MEMORY_ALONE: Final = re.compile(r"(CMPXCHG(8|16)B|INVPCID|INVLPG|MOV[HL]PD|MOVNT\w+|XRSTOR\w*|XSAVE\w*)\Z")
# Go's assembler takes MMX registers for general ones here, and means those of the same number.
_GENERAL_ALONE: Final = re.compile(r"(PEXTR|PINSR)[BDQ]\Z|MOVQ\Z")


@dataclass
class Sample:
    """One instruction: Go's mnemonic, suffix and operands, our bytes, and its AT&T form."""

    op: str
    suffix: str
    args: tuple[Addr, ...]
    row: table.Row
    code: bytes
    text: str

    @property
    def key(self) -> str:
        """The row, for messages."""
        return " ".join(self.row.text.split()[:2])


@dataclass
class Result:
    """How many instructions agree, those that do not, and those that the other assembler does not know: (row, what is to be told)."""

    same: int = 0
    different: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """More of them."""
        self.same += other.same
        self.different += other.different
        self.unknown += other.unknown

    def explained(self, expected: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
        """What doesn't agree, as a line, and why; "" for what nothing explains."""
        for lines, known in ((self.different, True), (self.unknown, False)):
            for row, text in lines:
                yield f"{row}: {text}", explanation(f"{row}: {text}", expected, known)

    def unexpected(self, expected: tuple[tuple[str, str], ...]) -> list[str]:
        """What neither agrees nor is explained."""
        return [line for line, reason in self.explained(expected) if not reason]


def explanation(line: str, expected: tuple[tuple[str, str], ...], known: bool) -> str:
    """Why an instruction may differ, or "". A pattern with ? in front is for those that GNU doesn't know."""
    for pattern, reason in expected:
        if re.match(pattern.removeprefix("?"), line) and not (known and pattern[0] == "?"):
            return reason
    return ""


def _general(chance: random.Random) -> int:
    return chance.choice([number for number in NUMBERS.values() if number >> 8 == 1 and number & 0xFF != 4])


def _memory(chance: random.Random, index: int = 0) -> Addr:
    addr = Addr(MEM, _general(chance), chance.choice([0, 8, 64, -64, 127, -128, 128, 4096, -4096, 7]))
    if index:
        addr.index, addr.scale = index, chance.choice([1, 2, 4, 8])
    elif chance.random() < 0.4:
        addr.index, addr.scale = _general(chance), chance.choice([1, 2, 4, 8])
    return addr


def draw(pattern: str, chance: random.Random) -> Addr | None:
    """An operand that a pattern of the tables takes; None for those that only stand for themselves in special rows."""
    if pattern in _WIDE_INDEX:
        letter, count = _WIDE_INDEX[pattern]
        return _memory(chance, NUMBERS[f"{letter}{chance.randrange(count)}"])
    if pattern in ("X4", "Y4", "Z4"):
        low = NUMBERS[f"{pattern[0]}{chance.randrange(0, 29, 4)}"]
        addr = Addr(REGLIST, low, low + 3)
        return addr
    if pattern in _RANGES:
        low, high = _RANGES[pattern]
        return Addr(CONST, 0, chance.randint(low, high))
    if pattern == "k":
        return Addr(REG, NUMBERS[f"K{chance.randrange(1, 8)}"])
    if pattern == "m":
        return _memory(chance)
    if pattern in ("rm", "xm", "ym", "Xm", "Ym", "Zm", "Km", "mmrm", "rmb", "rm8"):
        if chance.random() < 0.5:
            return _memory(chance)
        return draw({"mmrm": "mm", "rmb": "rb", "rm8": "r8"}.get(pattern, pattern[:-1]), chance)
    if pattern in ("r", "rx"):
        return Addr(REG, _general(chance) if pattern == "r" else NUMBERS[chance.choice(["AX", "BX", "CX", "DX"])])
    if pattern in ("rb", "r8"):
        names = ["AL", "BL", "DL", "R8B", "R15B", "SIB", "DIB"] if pattern == "rb" else ["AL", "BL", "SI", "DI", "R9", "R14B"]
        return Addr(REG, NUMBERS[chance.choice(names)])
    if pattern in _REGISTERS:
        letter, count = _REGISTERS[pattern]
        return Addr(REG, NUMBERS[f"{letter}{chance.randrange(count)}"])
    if pattern == "x0":
        return Addr(REG, NUMBERS["X0"])
    if pattern in ("st", "st0"):
        return Addr(REG, NUMBERS[f"F{chance.randrange(1, 8) if pattern == 'st' else 0}"])
    upper = pattern.upper()
    return Addr(REG, NUMBERS[upper]) if upper in NUMBERS and upper != "TLS" else None


def _att(addr: Addr, wide: bool) -> str:
    """An operand in AT&T syntax."""
    if addr.type == CONST:
        return f"${addr.offset}"
    if addr.type == MEM:
        index = f",{_att_register(addr.index, True)},{addr.scale}" if addr.index else ""
        return f"{addr.offset or ''}({_att_register(addr.reg, True)}{index})"
    return _att_register(addr.reg, wide)


def _att_register(number: int, wide: bool) -> str:
    name = register_name(number)
    kind = number >> 8
    if kind == 1:
        if name in _LONG:
            return "%r" + _LONG[name][1:] if wide else "%" + _LONG[name]
        return f"%{name.lower()}" + ("" if wide else "d")
    prefix = {6: "xmm", 7: "ymm", 8: "zmm", 9: "k", 5: "mm"}[kind]
    return f"%{prefix}{number & 0xFF}"


_DROPPED: Final = re.compile(r"(ANDN|BEXTR|BLSI|BLSMSK|BLSR|BZHI|MULX|PDEP|PEXT|RORX|SARX|SHLX|SHRX|VCVTT?S[SD]2U?SI|VCVTT?SH2U?SI)[LQ]\Z")
# Go's mnemonics that have no direct counterpart: as names them by the size of their operands.
_RENAMED: Final = {"VMOVQ": "vmovq", "VMOVD": "vmovd"}


def _mnemonic(op: str) -> str:
    match = _DROPPED.match(op)
    return match[1].lower() if match else _RENAMED.get(op, op.lower())


def write(op: str, suffix: str, args: tuple[Addr, ...], row: table.Row) -> str:
    """An instruction in AT&T syntax."""
    operands = []
    mask = f"{{{_att(args[row.mask], True)}}}" if row.mask >= 0 else ""
    broadcast = "BCST" in suffix
    for at, arg in enumerate(args):
        if at == row.mask:
            continue
        text = _att(arg, row.rex_w) if arg.type != REGLIST else _att_register(arg.reg, True)
        if arg.type == MEM and broadcast:
            text += f"{{1to{row.unit // row.broadcast}}}"
        operands.append(text)
    if mask:
        operands[-1] += mask + ("{z}" if suffix.endswith("Z") else "")
    first = suffix.split(".")[0]
    if first.endswith("SAE"):
        # Behind an immediate, and behind the integer that is converted.
        place = 1 if row.immediate == 0 or re.match(r"VCVTU?SI2S", op) else 0
        operands.insert(place, "{" + first.lower().replace("_", "-") + "}")
    return f"{_mnemonic(op)} {','.join(operands)}"


def _suffixes(row: table.Row, args: tuple[Addr, ...], chance: random.Random) -> list[str]:
    """The suffixes that fit a row and these operands."""
    if row.encoding != table.EVEX:
        return [""]
    in_memory = row.rm >= 0 and args[row.rm].type == MEM
    result = [""]
    if row.broadcast and in_memory:
        result.append("BCST")
    if row.rounding and not in_memory:
        result.append(chance.choice(("RN_SAE", "RD_SAE", "RU_SAE", "RZ_SAE")))
    if row.sae and not in_memory:
        result.append("SAE")
    if row.zeroing and row.mask >= 0 and args[-1].type != MEM:
        # Go's assembler takes zeroing with a target in memory too, which no processor does.
        result += [f"{suffix}.Z".removeprefix(".") for suffix in result]
    return result


def _narrower(op: str, pattern: str) -> str:
    """A pattern without what Go's assembler takes for it though the instruction has none."""
    if _MEMORY_ALONE.match(op) and pattern in ("rm", "rmb", "xm"):
        return "m"
    return "rm" if pattern == "mmrm" and _GENERAL_ALONE.match(op) else pattern


def _branches(op: str, row: table.Row, chance: random.Random) -> Iterator[Sample]:
    """Both sizes of a branch: their distances are what only a whole function knows."""
    for opcode, size in ((row.short, 1), (row.long, 4)):
        if opcode:
            distance = chance.randint(-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1)
            yield Sample(op, "", (Addr(BRANCH, 0, distance),), row, opcode + distance.to_bytes(size, "little", signed=True), "")


def samples(encoding: tuple[int, ...], seed: int, each: int = 1) -> list[Sample]:
    """Instructions for every row of these encodings (`table.LEGACY`, `VEX`, `EVEX`)."""
    chance = random.Random(seed)
    encoder = Encoder(Context("amd64", "linux"))
    result = []
    for op in table.mnemonics():
        for row in table.rows(op):
            if row.encoding not in encoding:
                continue
            if row.action == table.BRANCH and len(row.takes) == 1:
                result += _branches(op, row, chance)
            if row.action not in (table.PLAIN, table.SHRINK):
                continue
            patterns = row.text.split()[1].split(",") if row.takes else []
            for _ in range(each):
                drawn = [draw(_narrower(op, pattern), chance) for pattern in patterns]
                if None in drawn:
                    continue
                args = tuple(arg for arg in drawn if arg is not None)
                for suffix in _suffixes(row, args, chance):
                    if encoder.find(op, suffix, args) is not row:
                        continue
                    try:
                        (code, _), _ = encoder.encode(op, suffix, args)
                    except EncodeError:
                        continue
                    text = write(op, suffix, args, row) if row.encoding != table.LEGACY else ""
                    result.append(Sample(op, suffix, args, row, code, text))
    return result


def assemble(lines: list[str]) -> list[bytes | None]:
    """What as makes of each line; None for what it does not take."""
    refused: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        source, output, flat = Path(folder, "a.s"), Path(folder, "a.o"), Path(folder, "a.bin")
        while True:
            text = [f"1: {'' if at in refused else line}; 2: .org {at * _SLOT + _SLOT - 1}; .byte 2b-1b" for at, line in enumerate(lines)]
            source.write_text("\n".join(text) + "\n")
            done = subprocess.run(["as", "--64", "-o", output, source], capture_output=True, text=True)
            if done.returncode == 0:
                break
            found = {int(number) - 1 for number in re.findall(r"a\.s:(\d+): Error", done.stderr)}
            assert found - refused, done.stderr
            refused |= found
        subprocess.run(["objcopy", "-O", "binary", "-j", ".text", output, flat], check=True)
        data = flat.read_bytes()
    result: list[bytes | None] = []
    for at in range(len(lines)):
        slot = data[at * _SLOT : (at + 1) * _SLOT]
        result.append(None if at in refused else slot[: slot[-1]])
    return result


def _without_length(code: bytes) -> bytes:
    """An EVEX instruction with its vector length 0."""
    return code[:3] + bytes((code[3] & 0x9F,)) + code[4:]


def compare(chosen: list[Sample]) -> Result:
    """Compares instructions with prefixes VEX and EVEX with as."""
    lines = []
    for sample in chosen:
        for candidate in _CANDIDATES:
            if sample.row.encoding == table.EVEX:
                candidate += "{evex} "
            lines.append(candidate + sample.text)
    made = assemble(lines)
    result = Result()
    count = len(_CANDIDATES)
    for at, sample in enumerate(chosen):
        theirs = made[at * count : (at + 1) * count]
        ours = sample.code
        if sample.suffix in ("SAE", "SAE.Z") and sample.code[0] == 0x62:
            # The vector length means nothing then; Go keeps the instruction's.
            theirs = [code and _without_length(code) for code in theirs]
            ours = _without_length(ours)
        if ours in theirs:
            result.same += 1
        elif all(code is None for code in theirs):
            result.unknown.append((sample.key, f"{sample.suffix} {sample.text}"))
        else:
            seen = {code.hex() for code in theirs if code}
            result.different.append((sample.key, f"{sample.suffix} {sample.text}: ours {sample.code.hex()}, as {sorted(seen)}"))
    return result


# What objdump prints in front of an instruction for a REX or operand size prefix that changes nothing in it.
_EMPTY_PREFIX: Final = re.compile(r"(rex(\.[WRXB]+)?|data16)\s+")
_CONDITIONS: Final = {
    "CC": "ae", "CS": "b", "EQ": "e", "GE": "ge", "GT": "g", "HI": "a", "LE": "le", "LS": "be", "LT": "l", "MI": "s", "NE": "ne",
    "OC": "no", "OS": "o", "PC": "np", "PL": "ns", "PS": "p",
}  # fmt: skip
_PREDICATES: Final = ("eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord")
_ORDERLESS: Final = re.compile(r"(XCHG|TEST)[BWLQ]\Z")
_REVERSED: Final = re.compile(r"(CMP[BWLQ]|FUCOMIP?)\Z")
_PREDICATED: Final = re.compile(r"CMP([PS][SD])\Z")
_PRODUCTS: Final = {0x00: "lqlq", 0x01: "hqlq", 0x02: "lqhq", 0x03: "hqhq", 0x10: "lqhq", 0x11: "hqhq"}
_MEMORY: Final = re.compile(r"(?:%[a-z]s:)?(-?0x[0-9a-f]+)?\((%\w+)?(?:,(%\w+),(\d))?\)\Z")
_HIGH_BYTES: Final = {"ah": 0, "ch": 1, "dh": 2, "bh": 3}
_NAMED: Final = {name.lower(): number for number, name in enumerate(["AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"])}


def _renamed() -> dict[str, list[str]]:
    """Objdump's words for Go's, from att.txt."""
    with open(Path(__file__).with_name("att.txt"), encoding="ascii") as stream:
        rows = [line.split() for line in stream if line[0] not in "#\n"]
    return {row[0]: row[1:] for row in rows}


def _their_names(sample: Sample, renamed: dict[str, list[str]]) -> list[str]:
    """What objdump may call an instruction."""
    op = sample.op
    match = re.match(r"(CMOV)([WLQ])(..)\Z|(SET)()(..)\Z", op)
    if match:
        kind, size, condition = [part for part in match.groups() if part is not None]
        return [kind.lower() + _CONDITIONS[condition] + size.lower()]
    if sample.row.action == table.BRANCH and op[1:] in _CONDITIONS:
        return ["j" + _CONDITIONS[op[1:]]]
    if sample.row.action == table.SHRINK:
        # The shortest one that makes the number.
        return ["movl", "movq", "movabsq"]
    match = _PREDICATED.match(op)
    if match and 0 <= sample.args[2].offset < 8:
        return [f"cmp{_PREDICATES[sample.args[2].offset]}{match[1].lower()}"]
    if op == "PCLMULQDQ" and sample.args[0].offset in _PRODUCTS:
        return [f"pclmul{_PRODUCTS[sample.args[0].offset]}dq"]
    return renamed.get(op, [op.lower()])


def _general_number(text: str) -> int | None:
    """The number of a general register of any size."""
    match = re.match(r"r(\d+)[bwd]?\Z", text)
    if match:
        return int(match[1])
    if text in _NAMED:
        return _NAMED[text]
    if text[0] in "er" and text[1:] in _NAMED:
        return _NAMED[text[1:]]
    if text.endswith("l") and (text[:-1] in _NAMED or text[:-1] + "x" in _NAMED):
        return _NAMED.get(text[:-1], _NAMED.get(text[:-1] + "x"))
    return None


Operand = tuple[object, ...]


def _their_operand(text: str) -> Operand:
    """An operand of objdump's, so that it can be compared."""
    text = text.removeprefix("*")
    if text.startswith("$"):
        return ("number", int(text[1:], 16))
    if text.startswith("%") and "(" not in text[:5]:
        name = text[1:]
        number = _general_number(name)
        if number is not None:
            return ("general", number)
        if name in _HIGH_BYTES:
            return ("high", _HIGH_BYTES[name])
        return ("other", {"st": "st0"}.get(name, name))
    if text.startswith("%st("):
        return ("other", f"st{text[4]}")
    match = _MEMORY.match(text)
    if match is None:
        return ("unread", text)
    base = _general_number(match[2][1:]) if match[2] else None
    index = _general_number(match[3][1:]) if match[3] else None
    return ("memory", int(match[1] or "0", 16), base, index, int(match[4]) if match[3] else 0)


def _our_operand(addr: Addr) -> Operand:
    if addr.type == CONST:
        return ("number", addr.offset)
    if addr.type == MEM:
        index = addr.index & 0xFF if addr.index else None
        return ("memory", addr.offset, addr.reg & 0xFF, index, addr.scale if addr.index else 0)
    name = register_name(addr.reg)
    kind = addr.reg >> 8
    if kind in (1, 2):
        return ("general", addr.reg & 0xFF)
    if name in ("AH", "BH", "CH", "DH"):
        return ("high", _HIGH_BYTES[name.lower()])
    prefix = {5: "mm", 6: "xmm", 4: "st"}.get(kind)
    return ("other", f"{prefix}{addr.reg & 0xFF}" if prefix else re.sub(r"^dr", "db", name.lower()))


def _equal(ours: Operand, theirs: Operand, sample: Sample, pattern: str) -> bool:
    if ours[0] == theirs[0] == "number":
        assert isinstance(ours[1], int) and isinstance(theirs[1], int)
        size = sample.row.text.split()[-1]
        width = 8 if size == "ib" and theirs[1] < 256 else 16 if size == "iw" else {"B": 8, "W": 16, "L": 32}.get(sample.op[-1], 64)
        return not (ours[1] - theirs[1]) % (1 << width)
    return ours == theirs


def _same_operands(sample: Sample, text: str) -> bool:
    """Whether objdump's operands are ours; what stands for itself alone may be left out."""
    theirs = [_their_operand(part) for part in re.split(r",(?![^(]*\))", text.strip())] if text.strip() else []
    patterns = sample.row.text.split()[1].split(",") if sample.row.takes else []
    pairs = [(_our_operand(arg), pattern) for arg, pattern in zip(sample.args, patterns, strict=True)]
    if _PREDICATED.match(sample.op):
        pairs = pairs[:2] if 0 <= sample.args[2].offset < 8 else [pairs[2], *pairs[:2]]
    if _REVERSED.match(sample.op):
        pairs.reverse()
    if sample.op == "PCLMULQDQ" and len(theirs) == 2:
        pairs = pairs[1:]
    roles = sample.row.text.split()[2]
    if "d" in roles:
        # One register that is read and written.
        pairs.append(pairs[-1])
    elif len(theirs) < len(pairs):
        pairs = [pair for pair, role in zip(pairs, roles, strict=True) if role not in "-x"]
    elif not pairs:
        theirs = []
    elif sample.op in ("INB", "INW", "INL"):
        theirs = theirs[:1]
    elif sample.op in ("OUTB", "OUTW", "OUTL"):
        theirs = theirs[1:]
    if len(theirs) != len(pairs):
        return False
    if all(_equal(ours, their, sample, pattern) for (ours, pattern), their in zip(pairs, theirs, strict=True)):
        return True
    if not _ORDERLESS.match(sample.op):
        return False
    return all(_equal(ours, their, sample, pattern) for (ours, pattern), their in zip(pairs, reversed(theirs), strict=True))


def disassemble(chosen: list[Sample]) -> Result:
    """Has objdump read our bytes of instructions without VEX and EVEX: the mnemonic, the operands and the size must be ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "code")
        path.write_bytes(b"".join(sample.code.ljust(_SLOT, b"\x90") for sample in chosen))
        command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "suffix", "--insn-width=16", path]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    starts: dict[int, str] = {}
    for line in output.splitlines():
        match = re.match(r"\s*([0-9a-f]+):\t(?:[0-9a-f]{2} )+\s*\t?(.*)", line)
        if match:
            starts[int(match[1], 16)] = match[2]
    result = Result()
    renamed = _renamed()
    for at, sample in enumerate(chosen):
        start = at * _SLOT
        text = starts.get(start, "")
        if "(bad)" in text or not text:
            result.unknown.append((sample.key, f"ours {sample.code.hex()}: {text}"))
            continue
        name, _, operands = _EMPTY_PREFIX.sub("", text).partition(" ")
        whole = start + len(sample.code) in starts and not any(place in starts for place in range(start + 1, start + len(sample.code)))
        if sample.row.action == table.BRANCH:
            target = start + len(sample.code) + sample.args[0].offset & (1 << 64) - 1
            sound = int(operands.split()[0], 16) == target
        else:
            sound = _same_operands(sample, operands)
        if whole and sound and name.removesuffix(".s") in _their_names(sample, renamed):
            result.same += 1
        else:
            result.different.append((sample.key, f"ours {sample.code.hex()}: {text}"))
    return result
