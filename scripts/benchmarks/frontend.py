# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and memory of our front end over all packages that a program is made of, and of Go's own parsers.

    scripts/bench frontend [--runs N] [PACKAGE...]

For each package (fmt and cmd/compile, if none is named) all files of its closure for linux/amd64. `scan` is the scanner alone, `parse`
the scanner and the parser. Each run is a process of its own, without the garbage collector, that has read the files before; the first
pass of a process is counted, so nothing is remembered from another. The best of the runs counts; beside it go/parser and cmd/compile's
parser on the same files, in one thread.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pygo_cross.build.goroot import find_goroot

ROOT = Path(__file__).resolve().parents[2]


def closure(package: str) -> list[str]:
    """The files of a package and all that it imports."""
    settings = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    settings.pop("GOROOT", None)
    form = '{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\\n"}}{{end}}'
    command = [str(find_goroot() / "bin/go"), "list", "-deps", "-f", form, package]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout.split()


def measure(stage: str, files: list[str]) -> dict[str, float]:
    """One pass over the files in this process: CPU seconds, and MiB that it took beyond what was there before."""
    from pygo_cross.syntax.directives import DirectiveRules
    from pygo_cross.syntax.parser import parse
    from pygo_cross.syntax.scanner import scan
    from pygo_cross.syntax.source import FileSet

    sources = [Path(name).read_bytes() for name in files]
    gc.disable()
    fset = FileSet()
    rules = DirectiveRules(std=True, runtime=True)
    kept: list[object] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    for name, source in zip(files, sources, strict=True):
        if stage == "scan":
            scan(source, 1)
        else:
            kept.append(parse(fset.add(name, source), rules))
    spent = time.process_time() - start
    return {"seconds": spent, "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def main(argv: list[str]) -> int:
    """Measure and print."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/bench frontend", description=__doc__, formatter_class=form)
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("packages", nargs="*", default=["fmt", "cmd/compile"], metavar="PACKAGE")
    parser.add_argument("--stage", choices=["scan", "parse"], help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.stage:
        print(json.dumps(measure(arguments.stage, sys.stdin.read().split())))
        return 0
    sys.path.append(str(ROOT / "tests/syntax"))
    import goparsers

    with tempfile.TemporaryDirectory(prefix="pygo-frontend-") as scratch:
        oracle = goparsers.build_oracle(Path(scratch))
        for package in arguments.packages:
            files = closure(package)
            lines = sum(Path(name).read_bytes().count(b"\n") for name in files)
            print(f"{package}: {len(files)} files, {lines:,} lines")
            for stage in ("scan", "parse"):
                command = [sys.executable, str(ROOT / "scripts/bench"), "frontend", "--stage", stage]
                runs = [
                    json.loads(subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True).stdout)
                    for _ in range(arguments.runs)
                ]
                seconds, memory = min(run["seconds"] for run in runs), min(run["memory"] for run in runs)
                print(f"  {stage:<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second {memory:7.0f} MiB")
            times = []
            for _ in range(arguments.runs):
                with goparsers.Oracle(oracle) as running:
                    times.append([float(word) for word in running.ask("time", "x", "\n".join(files).encode()).split()])
            for number, name in enumerate(("go/parser", "cmd/compile")):
                seconds = min(found[number] for found in times)
                print(f"  {name:<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second")
    return 0
