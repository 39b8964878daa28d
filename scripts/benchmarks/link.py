# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and peak memory of a link: ours beside `go tool link`.

Both link the same inputs, captured from `go build`, as processes of their own, in turns, so that a change in the machine's load meets both.
Numbers are medians; CPU time is user and system time of the process, memory its largest resident set.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from capture import Captured, Captures
from programs import HELLO

_MODES = {"stripped": ("-s", "-w"), "symbols": ("-w",), "full": ()}


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds and peak memory in MiB of one run. Raises SystemExit if it fails."""
    pid = os.posix_spawn(command[0], command, environment)
    _pid, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"bench: {' '.join(command[:4])} … failed")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def bench(captured: Captured, flags: tuple[str, ...], count: int, folder: Path) -> dict[str, Any]:
    """Both linkers, `count` times each after one run that fills the caches of the system and of Python."""
    output = folder / "program"
    commands = {
        "ours": (captured.our_command(output, *flags), captured.our_environment()),
        "stock": (captured.stock_command(output, *flags), captured.stock_environment()),
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(count + 1):
        for name, (command, environment) in commands.items():
            found = measure(command, environment)
            if number:
                runs[name].append(found)
    result: dict[str, Any] = {}
    for name, found in runs.items():
        result[f"{name}_cpu_seconds"] = round(statistics.median(cpu for cpu, _ in found), 3)
        result[f"{name}_memory_mib"] = round(statistics.median(memory for _, memory in found), 1)
    result["cpu_ratio"] = round(result["ours_cpu_seconds"] / result["stock_cpu_seconds"], 2)
    result["memory_ratio"] = round(result["ours_memory_mib"] / result["stock_memory_mib"], 2)
    return result


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench link", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--programs", default="hello,cmd/go", help="hello or packages of the Go distribution (default hello,cmd/go)")
    parser.add_argument("--target", default="linux/amd64", help="os/arch (default linux/amd64)")
    parser.add_argument(
        "--mode", choices=sorted(_MODES), default="stripped", help="stripped: -s -w; symbols: -w; full: debug information too"
    )
    parser.add_argument("--json", action="store_true", help="print a list of records instead of a table")
    options = parser.parse_args(argv)
    if options.n < 1:
        parser.error("-n must be at least 1")
    goos, _, goarch = options.target.partition("/")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        captures = Captures(Path(folder) / "captures")
        for program in options.programs.split(","):
            captured = captures.get(goos, goarch, HELLO, package="." if program == "hello" else program)
            row = {"program": program, "target": options.target, "mode": options.mode, "runs": options.n}
            rows.append(row | bench(captured, _MODES[options.mode], options.n, Path(folder)))
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    print(f"{options.target}, {options.mode}, median of {options.n}")
    print(f"{'':10}{'ours':>18}{'go tool link':>20}{'ratio':>16}")
    for row in rows:
        print(
            f"{row['program']:10}{row['ours_cpu_seconds']:8.2f} s {row['ours_memory_mib']:4.0f} MiB"
            f"{row['stock_cpu_seconds']:10.2f} s {row['stock_memory_mib']:4.0f} MiB{row['cpu_ratio']:10.1f} {row['memory_ratio']:5.1f}"
        )
    return 0
