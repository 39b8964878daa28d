# SPDX-License-Identifier: BSD-3-Clause
"""How fast compiled programs run: those that our compiler makes beside stock Go's, with allocations and size.

The programs of `programs/` are built both ways for linux/amd64 and run in turns, so that a change in the machine's load meets both; they
have to print the same. Times are the least CPU seconds (user and system) of several runs, since what else the machine does only adds to
them; allocations are what the program counts itself, sizes those of the stripped binaries. `--stock none` has the standard library
compiled by us as well. With `--go1 FOLDER` the benchmark functions of a folder of tests (Go's test/bench/go1) are measured
instead: nanoseconds of an operation, and allocations. What is only a few allocations more is told, but counted as equal: a program starts
with some that it does not ask for.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pygo_cross.build.goroot import find_goroot

PROGRAMS = Path(__file__).resolve().parent / "programs"
_BENCHMARK = re.compile(r"^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*?(\d+) allocs/op", re.MULTILINE)
_OWN = f"{sys.executable} -m pygo_cross build -ldflags=-s\\ -w -o {{out}} {{src}}"
_FEW = 100
"""Allocations more or less that are not counted."""
_OWN_TEST = f"{{go}} test -c -toolexec={shlex.quote(f'{sys.executable} -m pygo_cross toolexec')} -o {{out}} {{src}}"


def build(command: str, out: Path, sources: list[str], cwd: Path) -> None:
    """Run a build command. Raises SystemExit if it fails."""
    words: list[str] = []
    for word in shlex.split(command):
        words += sources if word == "{src}" else [word.format(out=out, go=find_goroot() / "bin/go")]
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, errors="replace", check=False, cwd=cwd)
    if done.returncode:
        raise SystemExit(f"bench: {shlex.join(words)} failed: {done.stderr[-2000:]}")


def run(binary: Path, folder: Path) -> tuple[float, bytes, int]:
    """CPU seconds, what it prints, and how many objects it has allocated. Raises SystemExit if the program fails."""
    out, err = folder / "out", folder / "err"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, str(err), flags, 0o600)]
    pid = os.posix_spawn(str(binary), [str(binary)], {"PATH": "/usr/bin:/bin"}, file_actions=actions)
    _pid, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"bench: {binary.name} ended with status {os.waitstatus_to_exitcode(status)}: {err.read_text()[-1000:]}")
    found = re.search(rb"mallocs (\d+)", err.read_bytes())
    return usage.ru_utime + usage.ru_stime, out.read_bytes(), int(found[1]) if found else 0


def _compared(own: int, stock: int, few: int) -> float:
    """A ratio of allocations."""
    return 1.0 if abs(own - stock) <= few else round(own / max(stock, 1), 3)


def measure(name: str, own: str, count: int, folder: Path) -> dict[str, Any]:
    """One program."""
    sources = [str(PROGRAMS / f"{name}.go"), str(PROGRAMS / "report.go")]
    build(own, folder / "own", sources, folder)
    build("{go} build '-ldflags=-s -w' -o {out} {src}", folder / "stock", sources, folder)
    times: dict[str, list[float]] = {"own": [], "stock": []}
    prints: dict[str, bytes] = {}
    mallocs: dict[str, int] = {}
    for _ in range(count):
        for kind, found in times.items():
            seconds, prints[kind], mallocs[kind] = run(folder / kind, folder)
            found.append(seconds)
    if prints["own"] != prints["stock"]:
        raise SystemExit(f"bench: {name} prints {prints['own'][:200]!r}, and stock's {prints['stock'][:200]!r}")
    row: dict[str, Any] = {"program": name}
    for kind, found in times.items():
        row[kind] = round(min(found), 3)
    row["ratio"] = round(row["own"] / max(row["stock"], 0.001), 2)
    row["mallocs"] = _compared(mallocs["own"], mallocs["stock"], _FEW)
    row["more"] = mallocs["own"] - mallocs["stock"]
    row["size"] = round((folder / "own").stat().st_size / (folder / "stock").stat().st_size, 3)
    return row


def go1(tests: Path, own: str, count: int, pattern: str, folder: Path) -> list[dict[str, Any]]:
    """The benchmark functions of a folder of tests."""
    build(own, folder / "own.test", ["."], tests)
    build("{go} test -c -o {out} {src}", folder / "stock.test", ["."], tests)
    found: dict[str, dict[str, list[float]]] = {}
    allocated: dict[tuple[str, str], int] = {}
    for _ in range(count):
        for kind in ("own", "stock"):
            command = [str(folder / f"{kind}.test"), "-test.run=^$", f"-test.bench={pattern}", "-test.benchtime=300ms", "-test.benchmem"]
            done = subprocess.run(command, cwd=tests, capture_output=True, text=True, check=False)
            for name, nanoseconds, allocations in _BENCHMARK.findall(done.stdout):
                allocated[name, kind] = int(allocations)
                found.setdefault(name, {"own": [], "stock": []})[kind].append(float(nanoseconds))
    rows = []
    for name, both in found.items():
        if both["own"] and both["stock"]:
            ours, theirs = min(both["own"]), min(both["stock"])
            own_count, stock_count = allocated[name, "own"], allocated[name, "stock"]
            row: dict[str, Any] = {"program": name, "own": ours, "stock": theirs, "ratio": round(ours / theirs, 2)}
            rows.append(row | {"mallocs": _compared(own_count, stock_count, 0), "more": own_count - stock_count})
        else:
            rows.append({"program": name, "problem": f"only {'own' if both['own'] else 'stock'} ran"})
    return rows


def main(argv: list[str]) -> int:
    """The command."""
    names = sorted(path.stem for path in PROGRAMS.glob("*.go") if path.stem != "report")
    parser = argparse.ArgumentParser(prog="scripts/bench code", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", default=names, help=f"of {', '.join(names)}; default all")
    parser.add_argument("-n", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--stock", metavar="PATTERN", help="packages that stock Go compiles in ours too, as for build")
    parser.add_argument("--own", default=_OWN, help="builds {src} to {out} (default: this checkout's)")
    parser.add_argument("--go1", type=Path, metavar="FOLDER", help="a folder of tests with benchmarks, measured instead")
    parser.add_argument("--own-test", default=_OWN_TEST, help="builds the test binary {out} of a folder")
    parser.add_argument("--bench", default=".", help="which benchmarks of --go1")
    parser.add_argument("--json", action="store_true", help="print a list of records")
    options = parser.parse_args(argv)
    if options.stock:
        os.environ["PYGO_CROSS_STOCK"] = options.stock
    rows = []
    with tempfile.TemporaryDirectory() as name:
        if options.go1:
            rows = go1(options.go1.resolve(), options.own_test, options.n, options.bench, Path(name))
        else:
            rows = [measure(program, options.own, options.n, Path(name)) for program in options.programs]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print("  ".join(f"{key} {value}" if key != "program" else f"{value:24}" for key, value in row.items()))
    for key in ("ratio", "mallocs", "size"):
        values = [row[key] for row in rows if row.get(key)]
        if values:
            print(f"{key}: geometric mean {math.exp(statistics.fmean(map(math.log, values))):.3f}, largest {max(values)}")
    return 0
