# SPDX-License-Identifier: BSD-3-Clause
"""The listings of -S and of -d=pctab of all assembly of runtime and crypto, line by line what go tool asm prints.

    python3 scripts/conformance asmlisting [--arch arm64] [--os linux] [-S -S] [--pctab TABLE] [--shown 10] [--capture FOLDER] [PATTERN…]
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import os
import re
import subprocess
import tempfile
from pathlib import Path

from conformance.asmcapture import Call, capture
from pygo_cross.asm.assemble import assemble
from pygo_cross.asm.main import Flags
from pygo_cross.build.goroot import find_goroot

PATTERNS = ["runtime", "internal/runtime/...", "internal/bytealg", "crypto/...", "math/big"]


def stock_listing(tool: Path, call: Call, flags: list[str], environment: dict[str, str]) -> list[str]:
    """What stock prints."""
    arguments = [os.devnull if word == "output.o" else word for word in call.arguments]
    done = subprocess.run([tool, *flags, *arguments], cwd=call.folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").splitlines()


def our_listing(call: Call, flags: list[str], environment: dict[str, str]) -> list[str]:
    """What we print."""
    out = io.StringIO()
    with contextlib.chdir(call.folder):
        asked = Flags([*flags, *call.arguments], environment)
        assemble(asked.files, asked.options, out)
    return out.getvalue().splitlines()


def without_addresses(lines: list[str]) -> list[str]:
    """One line of -d=pctab has an address of stock's own memory."""
    return [re.sub(r"^(wrote \d+ bytes to) 0x[0-9a-f]+$", r"\1 0x0", line) for line in lines]


def main(argv: list[str]) -> int:
    """Prints how many listings are equal, and how others differ."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance asmlisting", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arch", default="amd64", choices=("amd64", "arm64"))
    parser.add_argument("--os", default="linux", choices=("linux", "darwin"))
    parser.add_argument("-S", action="count", default=0, help="as often as the assemblers are given it (default: once)")
    parser.add_argument("--pctab", default="", help="with -d=pctab=TABLE")
    parser.add_argument("--shown", type=int, default=10, help="how many lines that differ are shown")
    parser.add_argument("--capture", type=Path, default=Path(tempfile.gettempdir()) / "pygo-asm-listing")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    arguments = parser.parse_args(argv)
    arguments.S = arguments.S or int(not arguments.pctab)
    goroot = find_goroot()
    environment = os.environ | {"GOOS": arguments.os, "GOARCH": arguments.arch, "GOROOT": str(goroot)}
    patterns = arguments.patterns or PATTERNS
    asked = ["-S"] * arguments.S + ([f"-d=pctab={arguments.pctab}"] if arguments.pctab else [])
    calls = capture(str(goroot / "bin/go"), arguments.os, arguments.arch, patterns, arguments.capture / f"{arguments.os}_{arguments.arch}")
    tool = next((goroot / "pkg/tool").iterdir()) / "asm"
    equal = total = lines = wrong = shown = 0
    for call in calls:
        if call.symbol_abis:
            continue
        total += 1
        theirs = without_addresses(stock_listing(tool, call, asked, environment))
        ours = our_listing(call, asked, environment)
        lines += len(theirs)
        equal += theirs == ours
        if theirs == ours:
            continue
        for line in difflib.unified_diff(theirs, ours, call.source, "ours", n=0, lineterm=""):
            wrong += line[0] == "-" and not line.startswith("---")
            if shown < arguments.shown:
                print(line)
                shown += 1
    print(f"{arguments.os}/{arguments.arch}: {equal} of {total} listings are equal; {lines} lines, {wrong} of which are not ours")
    return 0 if equal == total else 1
