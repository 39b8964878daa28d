# SPDX-License-Identifier: BSD-3-Clause
"""Compares instructions made from our tables with what GNU as makes of them.

For every row with VEX or EVEX, operands are drawn at random; the instruction is encoded by us, written in AT&T syntax (whose operand
order is Go's), and assembled by as. It may choose another of several encodings by itself, so it is asked for each of them. For rows
without such prefixes objdump reads our bytes: it must know them, and see one instruction that ends where ours does.
"""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pygo_cross.arch.amd64 import table
from pygo_cross.arch.amd64.encode import EncodeError, Encoder
from pygo_cross.arch.amd64.registers import NUMBERS
from pygo_cross.arch.amd64.registers import name as register_name
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import CONST, MEM, REG, REGLIST, Addr

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


@dataclass
class Sample:
    """One instruction: Go's mnemonic, suffix and operands, our bytes, and its AT&T form."""

    op: str
    suffix: str
    args: tuple[Addr, ...]
    row: table.Row
    code: bytes
    text: str


@dataclass
class Result:
    """How many instructions agree, those that do not, and those that the other assembler does not know."""

    same: int = 0
    different: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


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


def _suffixes(row: table.Row, args: tuple[Addr, ...]) -> list[str]:
    """The suffixes that fit a row and these operands."""
    if row.encoding != table.EVEX:
        return [""]
    in_memory = row.rm >= 0 and args[row.rm].type == MEM
    result = [""]
    if row.zeroing and row.mask >= 0 and args[-1].type != MEM:
        # Go's assembler takes zeroing with a target in memory too, which no processor does.
        result.append("Z")
    if row.broadcast and in_memory:
        result.append("BCST")
    if row.rounding and not in_memory:
        result.append("RU_SAE")
    if row.sae and not in_memory:
        result.append("SAE")
    return result


def samples(encoding: tuple[int, ...], seed: int, each: int = 1) -> list[Sample]:
    """Instructions for every row of these encodings (`table.LEGACY`, `VEX`, `EVEX`)."""
    chance = random.Random(seed)
    encoder = Encoder(Context("amd64", "linux"))
    result = []
    for op in table.mnemonics():
        for row in table.rows(op):
            if row.encoding not in encoding or row.action != table.PLAIN:
                continue
            patterns = row.text.split()[1].split(",") if row.takes else []
            for _ in range(each):
                drawn = [draw(pattern, chance) for pattern in patterns]
                if None in drawn:
                    continue
                args = tuple(arg for arg in drawn if arg is not None)
                for suffix in _suffixes(row, args):
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
        if sample.suffix == "SAE" and sample.code[0] == 0x62:
            # The vector length means nothing then; Go keeps the instruction's.
            theirs = [code and _without_length(code) for code in theirs]
            sample.code = _without_length(sample.code)
        if sample.code in theirs:
            result.same += 1
        elif not any(theirs):
            result.unknown.append(f"{sample.op}.{sample.suffix}: {sample.text}")
        else:
            seen = {code.hex() for code in theirs if code}
            result.different.append(f"{sample.op}.{sample.suffix}: {sample.text}: ours {sample.code.hex()}, as {sorted(seen)}")
    return result


def disassemble(chosen: list[Sample]) -> Result:
    """Has objdump read our bytes of instructions without prefixes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "code")
        path.write_bytes(b"".join(sample.code.ljust(_SLOT, b"\x90") for sample in chosen))
        command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--insn-width=16", path]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    starts: dict[int, str] = {}
    for line in output.splitlines():
        match = re.match(r"\s*([0-9a-f]+):\t(?:[0-9a-f]{2} )+\s*\t?(.*)", line)
        if match:
            starts[int(match[1], 16)] = match[2]
    result = Result()
    for at, sample in enumerate(chosen):
        start = at * _SLOT
        text = starts.get(start, "")
        if "(bad)" in text or not text:
            result.unknown.append(f"{sample.op}: {sample.code.hex()}: {sample.row.text}")
        elif start + len(sample.code) in starts and not any(start < place < start + len(sample.code) for place in starts):
            result.same += 1
        else:
            result.different.append(f"{sample.op}: {sample.code.hex()}: {text}: {sample.row.text}")
    return result
