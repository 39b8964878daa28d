# SPDX-License-Identifier: BSD-3-Clause
"""Time, CPU and memory of programs under emulation, beside qemu-user and native runs.

The programs of `guests/` are built by the go command and run as processes of their own, in turns, so that a change in the machine's load
meets all of them. Numbers are medians; the ratio is ours to qemu-user's. Programs are checked to print the same everywhere.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

GUESTS = Path(__file__).resolve().parent / "guests"
ROOT = GUESTS.parent.parent.parent
_QEMU = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}


def build(program: str, arch: str, folder: Path) -> Path:
    """The program for Linux on `arch`. Raises SystemExit if the go command fails."""
    out = folder / f"{program}-{arch}"
    environment = {**os.environ, "GOOS": "linux", "GOARCH": arch, "CGO_ENABLED": "0", "GOFLAGS": "", "GO111MODULE": "off"}
    done = subprocess.run(["go", "build", "-o", str(out), str(GUESTS / f"{program}.go")], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: cannot build {program} for {arch}: {done.stderr.strip()}")
    return out


def measure(command: list[str], environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Wall and CPU seconds, peak memory in MiB and the output of one run. Raises SystemExit if it fails."""
    output = folder / "output"
    began = time.perf_counter()
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)],
    )
    _pid, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"bench: {' '.join(command)} failed with status {status}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / unit, "output": output.read_bytes()}


def bench(program: str, arch: str, count: int, folder: Path) -> dict[str, Any]:
    """One program: ours, qemu-user if it is installed, native if the host is of this architecture."""
    binary = str(build(program, arch, folder))
    counters = folder / "counters.json"
    commands = {"ours": [sys.executable, "-m", "pygo_cross.emulate", "--json", str(counters), binary]}
    qemu = shutil.which(_QEMU[arch]) or shutil.which(_QEMU[arch] + "-static")
    if qemu:
        commands["qemu"] = [qemu, binary]
    if _MACHINE.get(os.uname().machine) == arch and sys.platform == "linux":
        commands["native"] = [binary]
    # Modules are compiled once, as after an installation, whatever the caller's environment says.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder / "pycache")}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for number in range(count + 1):
        for name, command in commands.items():
            found = measure(command, environment, folder)
            if number:
                runs[name].append(found)
    if len({run["output"] for each in runs.values() for run in each}) > 1:
        raise SystemExit(f"bench: {program} for {arch} does not print the same everywhere")
    result: dict[str, Any] = {"program": program, "arch": arch}
    for name, each in runs.items():
        for what in ("wall", "cpu", "memory"):
            result[f"{name}_{what}"] = round(statistics.median(run[what] for run in each), 3)
    executed = json.loads(counters.read_text(encoding="utf-8"))["counters"]["instructions"]
    result["million_instructions_per_second"] = round(executed / result["ours_cpu"] / 1e6, 1)
    if qemu:
        result["cpu_ratio"] = round(result["ours_cpu"] / result["qemu_cpu"], 2)
        result["wall_ratio"] = round(result["ours_wall"] / result["qemu_wall"], 2)
    return result


def main(argv: list[str]) -> int:
    """The command."""
    programs = sorted(path.stem for path in GUESTS.glob("*.go"))
    parser = argparse.ArgumentParser(prog="bench emulate", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--programs", default=",".join(programs), help=f"which to run (default {','.join(programs)})")
    parser.add_argument("--arch", default="amd64,arm64", help="for which architectures (default both)")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there")
    options = parser.parse_args(argv)
    results = []
    print(f"{'program':10}{'arch':7}{'ours: wall':>12}{'cpu s':>8}{'MiB':>7}{'qemu: cpu s':>13}{'ratio':>7}{'native':>8}{'M instr/s':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for program in options.programs.split(","):
            for arch in options.arch.split(","):
                found = bench(program, arch, options.n, Path(folder))
                results.append(found)
                print(
                    f"{program:10}{arch:7}{found['ours_wall']:12.2f}{found['ours_cpu']:8.2f}{found['ours_memory']:7.0f}"
                    f"{found.get('qemu_cpu', math.nan):13.2f}{found.get('cpu_ratio', math.nan):7.2f}"
                    f"{found.get('native_cpu', math.nan):8.2f}{found['million_instructions_per_second']:11.1f}",
                    flush=True,
                )
    ratios = [found["cpu_ratio"] for found in results if "cpu_ratio" in found]
    if ratios:
        print(f"geometric mean of the CPU ratio to qemu-user: {math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0
