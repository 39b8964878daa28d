# SPDX-License-Identifier: BSD-3-Clause
"""How much of the test data of Go's assembler ours passes: expected bytes, printed forms, expected errors, for each file.

    scripts/asm_conformance [--arch amd64] [--show N] [FILE...]
    scripts/asm_conformance --std [--os linux] [--arch amd64] [--capture FOLDER]

FILE names a data file without .s (`amd64enc`); all of the architecture without. --show prints the first N lines that differ.
--std assembles every file of std and cmd that `go build` does, and compares the objects with those of go tool asm, byte for byte;
what the go command does is captured by a build first, which is kept in FOLDER.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance import asmdata
from conformance.asmcapture import capture
from pygo_cross.asm.assemble import assemble, symbol_abis
from pygo_cross.asm.main import Flags
from pygo_cross.diag import UserError


def main(argv: list[str]) -> int:
    """Prints the scores; status 1 if a line differs."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/asm_conformance", description=__doc__, formatter_class=form)
    parser.add_argument("--arch", choices=sorted(asmdata.ENCODINGS), default="amd64")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--std", action="store_true")
    parser.add_argument("--os", choices=["linux", "darwin"], default="linux")
    parser.add_argument("--capture", type=Path, default=Path(tempfile.gettempdir()) / "pygo-asm-capture-std")
    arguments = parser.parse_args(argv)
    beside = Path(sys.executable).with_name("go")
    go = str(beside) if beside.exists() else "go"
    goroot = Path(subprocess.run([go, "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip())
    if arguments.std:
        return compare_std(go, goroot, arguments.os, arguments.arch, arguments.capture)
    folder = goroot / "src/cmd/asm/internal/asm/testdata"
    scores: list[tuple[str, asmdata.Score]] = []
    for path in asmdata.files(folder, asmdata.ENCODINGS[arguments.arch]):
        if not arguments.files or path.stem in arguments.files:
            scores.append(("bytes", asmdata.score_encodings(path, arguments.arch, goroot)))
            scores.append(("printed", asmdata.score_printing(path, arguments.arch, goroot)))
    for name, flags in asmdata.ERRORS[arguments.arch]:
        if not arguments.files or name in arguments.files:
            scores.append(("errors", asmdata.score_errors(folder / f"{name}.s", arguments.arch, goroot, flags)))
    for kind, score in scores:
        print(f"{score.name:<24} {kind:<8} {score.good:>6} of {score.total:>6}")
        for message in score.wrong[: arguments.show]:
            print(f"    {message}")
    for kind in ("bytes", "printed", "errors"):
        chosen = [score for found, score in scores if found == kind]
        print(f"{'all':<24} {kind:<8} {sum(score.good for score in chosen):>6} of {sum(score.total for score in chosen):>6}")
    return 0 if all(score.good == score.total for _, score in scores) else 1


def compare_std(go: str, goroot: Path, goos: str, goarch: str, folder: Path) -> int:
    """Compares all objects of std and cmd; status 1 if one differs."""
    calls = capture(go, goos, goarch, ["std", "cmd"], folder / f"{goos}_{goarch}")
    same = 0
    for call in calls:
        os.chdir(call.folder)
        try:
            flags = Flags(call.arguments, call.environment | {"GOROOT": str(goroot)})
            if call.symbol_abis:
                out = io.StringIO()
                symbol_abis(flags.files, flags.options, out)
                data = out.getvalue().encode()
            else:
                data = (flags.env.header() + "!\n").encode() + assemble(flags.files, flags.options)
        except UserError as error:
            print(f"{call.package}: {call.source}: {error}")
            continue
        if data == call.output.read_bytes():
            same += 1
        else:
            print(f"{call.package}: {call.source}: differs")
    print(f"{goos}/{goarch}: {same} of {len(calls)} objects and symbol lists are equal")
    return 0 if same == len(calls) else 1
