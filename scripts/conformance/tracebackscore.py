# SPDX-License-Identifier: BSD-3-Clause
"""What tracebacks, runtime.Callers and names of functions tell of programs compiled by us, beside stock's, line by line.

    python3 scripts/conformance traceback --quick FOLDER [--show N] [PROGRAM.go...]

A program prints the names of its cases when it has no argument, and else goes on to the case that is named; those of
tests/codegen/testdata/tracebacks are tried unless others are named. Only the program is compiled by us; the standard library is stock's,
with records of its declarations kept in FOLDER, so that none of its functions is inlined: a case that has to do with that differs.
Addresses are not compared, nor values that a traceback marks with a question mark.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import tempfile
from pathlib import Path

from conformance.mixed import PATTERNS, Kit
from conformance.testprograms import Package

_PROGRAMS = Path(__file__).resolve().parent.parent.parent / "tests/codegen/testdata/tracebacks"
_HIDDEN = (
    (re.compile(r" \+0x[0-9a-f]+$", re.MULTILINE), ""),
    (re.compile(r" (fp|sp|pc)=0x[0-9a-f]+"), ""),
    (re.compile(r"\bgoroutine \d+( gp=\S+ m=\S+( mp=\S+)?)? "), "goroutine N "),
    (re.compile(r"in goroutine \d+"), "in goroutine N"),
    (re.compile(r"0x[0-9a-f]+\?"), "?"),
    (re.compile(r"0x[0-9a-f]{6,}"), "P"),
)


def _run(binary: Path, *words: str) -> str:
    done = subprocess.run([binary, *words], capture_output=True, text=True, errors="replace", check=False, timeout=120)
    told = f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    for pattern, text in _HIDDEN:
        told = pattern.sub(text, told)
    return told


def main(argv: list[str]) -> int:
    """Run the comparison; gives how many cases differ, at most 1 as an exit status."""
    parser = argparse.ArgumentParser(prog="conformance traceback", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--show", type=int, default=12, help="lines of difference to show of a case")
    parser.add_argument("programs", nargs="*", type=Path)
    options = parser.parse_args(argv)
    kit = Kit(options.quick, PATTERNS)
    shared = [Package("tbmod/q", [str(_PROGRAMS / "q/q.go")])]
    tried = different = 0
    for program in options.programs or sorted(_PROGRAMS.glob("*.go")):
        with tempfile.TemporaryDirectory() as scratch:
            ours, stock = Path(scratch) / "ours", Path(scratch) / "stock"
            packages = [*shared, Package("main", [str(program.resolve())])]
            for binary, by_stock in ((ours, False), (stock, True)):
                message = kit.build(packages, str(binary), [], strip=False, stock=by_stock)
                if message:
                    print(f"{program.name}: {message}")
                    return 1
            for case in subprocess.run([stock], capture_output=True, text=True, check=True).stdout.split():
                tried += 1
                got, wanted = _run(ours, case), _run(stock, case)
                if got != wanted:
                    different += 1
                    print(f"{program.name} {case}:")
                    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "stock", "ours", n=0, lineterm="")
                    print("\n".join([line for line in lines if line[:3] not in ("---", "+++")][: options.show]))
    print(f"{tried - different} of {tried} cases as under stock Go")
    return int(different > 0)
