# SPDX-License-Identifier: BSD-3-Clause
"""Runs single-file programs, such as the run tests of Go's own test folder, under emulation, and compares what they print and their status.

The reference is the same program, of the same target, run directly: on linux/amd64 by the host, on linux/arm64 by qemu-user. A program for
macOS is laid beside the native linux/amd64 one, as most of these programs do not depend on the system.

Output is stdout and stderr together. It is compared exactly; where only numbers in hexadecimal differ (addresses in a traceback), the
program is counted as equal but for addresses.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.testrun import end, start
from conformance.toolchain import Toolchain

_RUN: Final = re.compile(r"^//\s?run\s*$", re.MULTILINE)
_HEAD: Final = 2000
_ADDRESS: Final = re.compile(rb"0x[0-9a-f]+|\+0x[0-9a-f]+|(?<=goroutine )\d+")


def programs(folder: Path, listed: Path | None, sample: int) -> list[str]:
    """The programs of a folder, relative to it: those that a list names, else all that say `// run` and need no arguments."""
    if listed is not None:
        names = [line.split("\t")[0].strip() for line in listed.read_text(encoding="utf-8").splitlines()]
        names = [name for name in names if name.endswith(".go")]
    else:
        found = sorted(folder.rglob("*.go"))
        names = [str(path.relative_to(folder)) for path in found if _RUN.search(path.read_text(encoding="utf-8", errors="replace")[:_HEAD])]
    return spread(names, sample)


def spread(names: list[str], sample: int) -> list[str]:
    """So many of the names, spread evenly; 0 for all."""
    return [names[number * len(names) // sample] for number in range(sample)] if sample and sample < len(names) else names


@dataclass
class Done:
    """How a program ended: its status as a shell has it (128+n for a signal), None if it took too long; and its output."""

    status: int | None
    output: bytes


def execute(command: list[str], cwd: Path, env: dict[str, str], user: int | None, seconds: float) -> Done:
    """Run a command to its end."""
    process = start(command, cwd, env, user)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        return Done(None, b"")
    end(process)
    return Done(process.returncode if process.returncode >= 0 else 128 - process.returncode, output)


def judge(ours: Done, reference: Done) -> str:
    """same, "same but for addresses", timeout, or what differs."""
    if ours.status is None:
        return "timeout"
    if ours.status != reference.status:
        return f"status {ours.status}, not {reference.status}"
    if ours.output == reference.output:
        return "same"
    if _ADDRESS.sub(b"?", ours.output) == _ADDRESS.sub(b"?", reference.output):
        return "same but for addresses"
    return "other output"


class Suite:
    """A folder of programs, and how they are built and run."""

    def __init__(self, tools: Toolchain, folder: Path, seconds: float) -> None:
        self.tools = tools
        self.folder = folder
        self.seconds = seconds
        self.root = Path(__file__).resolve().parent.parent.parent
        self.qemu = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")

    def build(self, program: str, target: str, out: Path) -> str:
        """Build a program; returns what the go command complained about."""
        done = self.tools.go("build", "-o", str(out), str(self.folder / program), target=target, cwd=self.folder)
        return "" if done.returncode == 0 else done.stderr.strip()

    def reference(self, binary: Path, target: str) -> Done | None:
        """What a Linux program does when it is run directly; None where nothing here can run it."""
        command = [str(binary)]
        if target == "linux/arm64":
            if self.qemu is None:
                return None
            command.insert(0, self.qemu)
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "USER": "user", "GOROOT": str(self.tools.goroot)}
        return execute(command, self.folder, env, self.tools.user, self.seconds)

    def emulated(self, binary: Path) -> Done:
        """What the emulator makes of a program."""
        command = [sys.executable, "-P", "-m", "pygo_cross.emulate.goexec", str(binary)]
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GOROOT": str(self.tools.goroot)}
        env |= {"PYTHONPATH": str(self.root), "PWD": str(self.folder)}
        return execute(command, self.folder, env, None, self.seconds)

    def run(self, program: str, targets: list[str]) -> dict[str, dict[str, Any]]:
        """One program on some targets: by target, the verdict and, where it is not "same", the two outputs' ends."""
        verdicts: dict[str, dict[str, Any]] = {}
        with tempfile.TemporaryDirectory(dir=self.tools.cache) as scratch:
            os.chmod(scratch, 0o755)
            native: Done | None = None
            for target in sorted(targets, key=lambda target: target != "linux/amd64"):
                out = Path(scratch) / target.replace("/", "_")
                complaint = self.build(program, target, out)
                if complaint:
                    verdicts[target] = {"verdict": "does not build", "detail": complaint[-500:]}
                    continue
                if target.startswith("darwin/"):
                    native = native or self._native(program, Path(scratch))
                    reference = native
                else:
                    reference = self.reference(out, target)
                    native = reference if target == "linux/amd64" else native
                if reference is None or reference.status is None:
                    verdicts[target] = {"verdict": "no reference"}
                    continue
                ours = self.emulated(out)
                verdicts[target] = {"verdict": judge(ours, reference)}
                if verdicts[target]["verdict"] != "same":
                    ends = {"ours": ours.output, "reference": reference.output}
                    verdicts[target] |= {key: value[-1000:].decode("utf-8", "replace") for key, value in ends.items()}
        return verdicts

    def _native(self, program: str, scratch: Path) -> Done | None:
        out = scratch / "native"
        return self.reference(out, "linux/amd64") if not self.build(program, "linux/amd64", out) else None


def run_suite(
    tools: Toolchain, folder: Path, names: list[str], targets: list[str], seconds: float, jobs: int, results: Path, resume: bool
) -> int:
    """Run the programs, keep and print the results; returns the exit status."""
    known: dict[str, dict[str, dict[str, Any]]] = json.loads(results.read_text(encoding="utf-8")) if resume and results.exists() else {}
    suite = Suite(tools, folder, seconds)

    def one(name: str) -> None:
        todo = [target for target in targets if target not in known.get(name, {})]
        if not todo:
            return
        verdicts = suite.run(name, todo)
        known.setdefault(name, {}).update(verdicts)
        for target, verdict in verdicts.items():
            if verdict["verdict"] != "same":
                print(f"{name} {target}: {verdict['verdict']}", flush=True)

    def save() -> None:
        results.parent.mkdir(parents=True, exist_ok=True)
        scratch = results.with_name(f"{results.name}.{os.getpid()}")
        scratch.write_text(json.dumps(dict(known), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        scratch.replace(results)

    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        for number, _ in enumerate(pool.map(one, names), 1):
            if number % 10 == 0:
                save()
    save()
    different = 0
    for target in targets:
        verdicts = [known[name][target]["verdict"] for name in names]
        counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
        fine = sum(verdict.startswith("same") for verdict in verdicts)
        judged = sum(verdict not in ("does not build", "no reference") for verdict in verdicts)
        different += judged - fine
        print(f"{target}: {fine} of {judged} as the reference ({', '.join(f'{count} {verdict}' for verdict, count in counts.items())})")
    return 1 if different else 0
