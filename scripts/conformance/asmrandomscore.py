# SPDX-License-Identifier: BSD-3-Clause
"""Instructions drawn from the assembler's tables at random, compared with GNU binutils.

    scripts/conformance asmrandom [--arch amd64|arm64] [--seed N] [--each N] [--show N] [--llvm llvm-mc-19]

Every row of the tables gives --each instructions with operands of its classes; the same seed gives the same ones. What binutils sees
otherwise, or doesn't know, is told with its reason where it is known to be no mistake, and otherwise makes the status 1.
Debian's packages: binutils, binutils-aarch64-linux-gnu; with --llvm, an llvm-mc is asked for what binutils doesn't know of SVE.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Callable

from conformance import asmgas, asmgasarm, asmgassve
from pygo_cross.arch.amd64 import table

TOOLS = {"amd64": ("as", "objcopy", "objdump"), "arm64": (asmgasarm.AS, asmgasarm.OBJCOPY)}
_PIECE = 20_000  # instructions that one run of binutils gets


def missing(arch: str) -> list[str]:
    """The programs that aren't there."""
    return [tool for tool in TOOLS[arch] if shutil.which(tool) is None]


def compare(arch: str, seed: int, each: int, llvm: str = "") -> tuple[asmgas.Result, tuple[tuple[str, str], ...]]:
    """All instructions of a seed, and the explanations for what differs."""
    total = asmgas.Result()

    def add(chosen: list[asmgas.Sample], judge: Callable[[list[asmgas.Sample]], asmgas.Result]) -> None:
        for at in range(0, len(chosen), _PIECE):
            total.add(judge(chosen[at : at + _PIECE]))

    if arch == "amd64":
        add(asmgas.samples((table.VEX, table.EVEX), seed, each), asmgas.compare)
        add(asmgas.samples((table.LEGACY,), seed, each), asmgas.disassemble)
        return total, asmgas.EXPECTED
    drawn = asmgasarm.samples(seed, each)
    for at in range(0, len(drawn), _PIECE):
        total.add(asmgasarm.compare(drawn[at : at + _PIECE]))
    drawn = asmgassve.samples(seed, each)
    for at in range(0, len(drawn), _PIECE):
        total.add(asmgassve.compare(drawn[at : at + _PIECE], llvm))
    return total, asmgasarm.EXPECTED + asmgassve.EXPECTED


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
        lacking = missing(arch)
        if lacking:
            print(f"{arch}: not compared: {', '.join(lacking)} not found", file=sys.stderr)
            status = 1
            continue
        result, expected = compare(arch, arguments.seed, arguments.each, arguments.llvm)
        print(f"{arch}: {result.same} agree, {len(result.different)} differ, {len(result.unknown)} are not known to binutils")
        reasons = Counter(asmgas.explanation(row, expected) for row, _ in (*result.different, *result.unknown))
        for reason, count in sorted(reasons.items()):
            if reason:
                print(f"    {count:>6}  {reason}")
        wrong = result.unexpected(expected)
        for line in wrong[: arguments.show]:
            print(f"  {line}")
        if wrong:
            print(f"  {len(wrong)} without an explanation")
            status = 1
    return status
