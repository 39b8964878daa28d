# SPDX-License-Identifier: BSD-3-Clause
"""Instructions drawn from the assembler's tables at random: compared with GNU binutils, told by objdump and assembled again.

    scripts/conformance asmrandom [--arch amd64|arm64] [--seed N] [--each N] [--show N] [--llvm llvm-mc-19]

Every row of the tables gives --each instructions with operands of its classes; the same seed gives the same ones. What binutils sees
otherwise, or doesn't know, is told with its reason where it is known to be no mistake, and otherwise makes the status 1. Then our
disassembler must know every one of them, and what it says must assemble to the same bytes.
Debian's packages: binutils, binutils-aarch64-linux-gnu; with --llvm, an llvm-mc is asked for what binutils doesn't know of arm64.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections import Counter
from typing import NamedTuple

from conformance import asmagain, asmgas, asmgasarm, asmgassve
from pygo_cross.arch.amd64 import table
from pygo_cross.arch.machine import decoder
from pygo_cross.asm.disassemble import Function

TOOLS = {"amd64": ("as", "objcopy", "objdump"), "arm64": (asmgasarm.AS, asmgasarm.OBJCOPY)}
_PIECE = 20_000  # instructions that one run of binutils gets
_BEHIND = {"amd64": b"\x90" * 16, "arm64": b""}
_NO_INSTRUCTION = re.compile("(BYTE|WORD|LONG|QUAD|REP|REPN|XACQUIRE|XRELEASE) ")  # data, and prefixes


class Drawn(NamedTuple):
    """Instructions of one architecture: amd64's with VEX and EVEX, its others; those of arm64, and its SVE."""

    prefixed: list[asmgas.Sample]
    legacy: list[asmgas.Sample]
    arm64: list[asmgasarm.Sample]
    sve: list[asmgasarm.Sample]

    def codes(self) -> list[tuple[str, bytes]]:
        """Rows and bytes."""
        found = [(sample.key, sample.code) for sample in (*self.prefixed, *self.legacy)]
        return found + [(sample.key, sample.word.to_bytes(4, "little")) for sample in (*self.arm64, *self.sve)]


def missing(arch: str) -> list[str]:
    """The programs that aren't there."""
    return [tool for tool in TOOLS[arch] if shutil.which(tool) is None]


def draw(arch: str, seed: int, each: int) -> Drawn:
    """All instructions of a seed."""
    if arch == "arm64":
        return Drawn([], [], asmgasarm.samples(seed, each), asmgassve.samples(seed, each))
    return Drawn(asmgas.samples((table.VEX, table.EVEX), seed, each), asmgas.samples((table.LEGACY,), seed, each), [], [])


def compare(drawn: Drawn, llvm: str = "") -> tuple[asmgas.Result, tuple[tuple[str, str], ...]]:
    """What binutils says of them, and the explanations for what differs."""
    total = asmgas.Result()
    for samples, judge in ((drawn.prefixed, asmgas.compare), (drawn.legacy, asmgas.disassemble)):
        for at in range(0, len(samples), _PIECE):
            total.add(judge(samples[at : at + _PIECE]))
    for chosen in (drawn.arm64, drawn.sve):
        for at in range(0, len(chosen), _PIECE):
            total.add(asmgassve.compare(chosen[at : at + _PIECE], llvm))
    return total, asmgasarm.EXPECTED + asmgassve.EXPECTED if drawn.arm64 else asmgas.EXPECTED


def unread(arch: str, codes: list[tuple[str, bytes]]) -> list[str]:
    """Those that our disassembler doesn't read as what they are."""
    decode = decoder(arch)
    wrong = []
    for row, code in codes:
        found = decode(code + _BEHIND[arch], 0)
        if (found is None or found.size != len(code) or not found.exact) and not _NO_INSTRUCTION.match(row):
            wrong.append(f"{row}: {code.hex()}: {found and found.op}")
    return wrong


def again(arch: str, codes: list[tuple[str, bytes]]) -> asmagain.Result:
    """All of them from their text."""
    pieces = [b"".join(code for _, code in codes[at : at + 40]) for at in range(0, len(codes), 40)]
    return asmagain.assemble_again([Function("random", arch, 0, piece) for piece in pieces], arch)


def main(argv: list[str]) -> int:
    """Prints the score; status 1 if something differs that isn't explained."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/conformance asmrandom", description=__doc__, formatter_class=form)
    parser.add_argument("--arch", choices=sorted(TOOLS), action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=10, metavar="N")
    parser.add_argument("--show", type=int, default=20, metavar="N")
    parser.add_argument("--llvm", default="", metavar="PROGRAM")
    arguments = parser.parse_args(argv)
    status = 0
    for arch in arguments.arch or sorted(TOOLS):
        drawn = draw(arch, arguments.seed, arguments.each)
        lacking = missing(arch)
        if lacking:
            print(f"{arch}: not compared: {', '.join(lacking)} not found", file=sys.stderr)
            status = 1
        else:
            result, expected = compare(drawn, arguments.llvm)
            print(f"{arch}: {result.same} agree, {len(result.different)} differ, {len(result.unknown)} are not known to binutils")
            reasons = Counter(reason for _, reason in result.explained(expected))
            for reason, count in sorted(reasons.items()):
                if reason:
                    print(f"    {count:>6}  {reason}")
            status |= tell("without an explanation", result.unexpected(expected), arguments.show)
        codes = drawn.codes()
        status |= tell("that objdump doesn't read", unread(arch, codes), arguments.show)
        told = again(arch, codes)
        print(f"{arch}: {told.same} are told and assemble to what they were")
        status |= tell("that don't", told.wrong, arguments.show)
    return status


def tell(what: str, wrong: list[str], show: int) -> int:
    """Prints the first of what is wrong; the status."""
    for line in wrong[:show]:
        print(f"  {line}")
    if wrong:
        print(f"  {len(wrong)} {what}")
    return 1 if wrong else 0
