# SPDX-License-Identifier: BSD-3-Clause
"""How many of the errorcheck programs of Go 1.19's test directory get the errors that stock's compiler reports today.

    python3 scripts/conformance errorcheck [--show N] [--failures FILE] [FILE...]

FILE names a program (`fixedbugs/bug191.go`, or its end); without, all that are kept (conformance/errorprograms.py says which). A
program passes if errors are reported at the same lines; its wording is equal if every message is, with its column and further lines.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from conformance import errorprograms, gopackages
from conformance.checking import Session
from conformance.failures import Failures


def main(argv: list[str]) -> int:
    """Prints the score; status 1 if a program's lines differ."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance errorcheck", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--show", type=int, default=0, metavar="N", help="what is wrong with a program, N lines of each")
    parser.add_argument("--failures", type=Path, metavar="FILE", help="write what went wrong most often")
    parser.add_argument(
        "--cache", type=Path, default=Path.home() / ".cache/pygo_cross/facts", metavar="FOLDER", help="keeps what stock says"
    )
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args(argv)
    sys.setrecursionlimit(20_000)
    gc.disable()
    kept = errorprograms.still_reported(options.cache)
    kept = [
        (program, said) for program, said in kept if not options.files or any(str(program.path).endswith(name) for name in options.files)
    ]
    session = Session("amd64")
    std = errorprograms.imports([program for program, _ in kept])
    session.load(gopackages.load(std, tests=False) if std else [])
    failures = Failures()
    lines = wording = 0
    for program, said in kept:
        ours, crash = session.compile_errors(program.path, program.flags)
        wrong: list[str] = []
        if crash:
            failures.add_crash(crash, str(program.path))
            wrong.append(crash.strip().splitlines()[-1])
        stock = [(message.line, message.column, message.text) for message in said]
        found = [(message.line, message.column, message.text) for message in ours]
        same_lines = {line for line, _, _ in stock} == {line for line, _, _ in found} and not crash
        lines += same_lines
        wording += stock == found
        if stock != found and not crash:
            wrong += [f"stock: {_text(program.path, row)}" for row in stock if row not in found]
            wrong += [f"ours:  {_text(program.path, row)}" for row in found if row not in stock]
            wrong = wrong or ["the same messages in another order"]
        for line in wrong:
            if not crash:
                failures.add(f"{'WORDING' if same_lines else 'LINES'} {Failures.general(line)[:110]}", line)
        if wrong and options.show:
            print(f"{program.path}{'' if same_lines else ' (lines)'}:")
            for line in wrong[: options.show]:
                print(f"  {line}")
    print(f"{len(kept)} programs: lines equal in {lines}, all messages equal in {wording}")
    if options.failures:
        options.failures.write_text(failures.text(60), encoding="utf-8")
    return 0 if lines == len(kept) else 1


def _text(path: Path, row: tuple[int, int, str]) -> str:
    line, column, text = row
    return f"{path.name}:{line}:{column}: {text}".replace("\n", "\\n")
