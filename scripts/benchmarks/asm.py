# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and memory of our assembler and of go tool asm, over all assembly of runtime and crypto.

    scripts/bench asm [--arch amd64] [--runs N] [--capture FOLDER]

First each file by a process of its own; `one process` is ours without starting Python each time. Then all calls of a build, symbol lists
included, as the go command makes them: stock's assembler by itself, and ours as `builder: pygo` has it (toolexec.sh). The best of the runs
counts. The calls are captured by a build first, which is kept in FOLDER.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.asmcapture import Call

ROOT = Path(__file__).resolve().parent.parent.parent


def _children(commands: list[tuple[list[str], str, dict[str, str]]]) -> float:
    """The CPU seconds of these commands."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command, folder, environment in commands:
        subprocess.run(command, cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _as_built(
    calls: list[Call], scratch: Path, start: list[str], environment: dict[str, str]
) -> list[tuple[list[str], str, dict[str, str]]]:
    """All calls for each package in the order and with the folder that the go command has for them."""
    commands = []
    for number, package in enumerate(sorted({call.package for call in calls})):
        folder = scratch / str(number)
        folder.mkdir()
        own = sorted((call for call in calls if call.package == package), key=lambda call: not call.symbol_abis)
        for call in own:
            words = list(call.arguments)
            for at, word in enumerate(words[:-1]):
                header = Path(words[at + 1]) / "go_asm.h"
                if word == "-I" and header.exists():
                    shutil.copy(header, folder)
                    words[at + 1] = str(folder)
            name = "symabis" if call.symbol_abis else f"{Path(call.source).stem}.o"
            words[words.index("-o") + 1] = str(folder / name)
            commands.append(([*start, *words], call.folder, environment))
    return commands


def _largest(command: list[str], folder: str, environment: dict[str, str]) -> int:
    """The peak memory of a command, in KiB."""
    probe = "import resource,subprocess,sys; subprocess.run(sys.argv[1:], check=True); "
    probe += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", probe, *command], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return int(done.stdout)


def main(argv: list[str]) -> int:
    """Prints a table."""
    parser = argparse.ArgumentParser(prog="scripts/bench asm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--capture", type=Path, default=Path(tempfile.gettempdir()) / "pygo-asm-capture")
    arguments = parser.parse_args(argv)
    sys.path.insert(0, str(ROOT / "scripts"))
    from conformance.asmcapture import capture

    from pygo_cross.asm.assemble import assemble
    from pygo_cross.asm.main import Flags

    beside = Path(sys.executable).with_name("go")
    go = str(beside) if beside.exists() else "go"
    environment = os.environ | {"GOOS": "linux", "GOARCH": arguments.arch, "PYTHONPATH": str(ROOT)}
    environment["GOROOT"] = subprocess.run([go, "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip()
    patterns = ["runtime", "internal/runtime/...", "crypto/..."]
    calls = capture(go, "linux", arguments.arch, patterns, arguments.capture / f"linux_{arguments.arch}")
    every, calls = calls, [call for call in calls if not call.symbol_abis]
    tool = subprocess.run([go, "tool", "-n", "asm"], check=True, capture_output=True, text=True).stdout.strip()
    lines = sum(Path(call.source).read_text(encoding="utf-8").count("\n") for call in calls)
    print(f"{len(calls)} files, {lines} lines, linux/{arguments.arch}")
    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "out.o")

        def commands(start: list[str]) -> list[tuple[list[str], str, dict[str, str]]]:
            return [
                ([*start, *[output if word == "output.o" else word for word in call.arguments]], call.folder, environment) for call in calls
            ]

        def together() -> float:
            start = time.process_time()
            for call in calls:
                os.chdir(call.folder)
                flags = Flags(call.arguments, environment)
                assemble(flags.files, flags.options)
            return time.process_time() - start

        stock, ours = commands([tool]), commands([sys.executable, "-P", "-m", "pygo_cross", "asm"])
        measures: dict[str, Callable[[], float]] = {
            "go tool asm": lambda: _children(stock),
            "pygo-cross asm": lambda: _children(ours),
            "one process": together,
        }
        reference = 0.0
        for name, measure in measures.items():
            seconds = min(measure() for _ in range(arguments.runs))
            reference = reference or seconds
            print(f"{name:<16} {seconds:7.3f} s CPU  {seconds / reference:5.1f} times")
        from pygo_cross.build.builders import toolexec_variables

        script = ["/bin/sh", str(ROOT / "pygo_cross/build/toolexec.sh"), sys.executable, tool]
        reference = 0.0
        for name, start in (("go tool asm", [tool]), ("builder: pygo", script)):
            seconds = 1e9
            for run in range(arguments.runs):
                folder = Path(scratch) / f"{len(name)}-{run}"
                folder.mkdir()
                seconds = min(seconds, _children(_as_built(every, folder, start, environment | toolexec_variables("all"))))
            reference = reference or seconds
            print(f"{name:<16} {seconds:7.3f} s CPU  {seconds / reference:5.1f} times, {len(every)} calls as in a build")
        for name, called in (("go tool asm", stock), ("pygo-cross asm", ours)):
            print(f"{name:<16} {max(_largest(*one) for one in called) / 1024:7.1f} MiB at most")
    return 0
