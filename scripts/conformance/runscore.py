# SPDX-License-Identifier: BSD-3-Clause
"""Single-file programs, such as the run tests of Go's test folder, compiled by us: do they behave as when stock Go has compiled them?

    scripts/conformance run [--folder /usr/share/go-1.19/test] [--list FILE] [-n N] [NAME...]

Each program is built by stock Go and by `--own` for linux/amd64; both are run here, and have to print the same and end with the same
status. With `--target darwin/amd64` ours is built for that and run under emulation. What differs is told with its first difference;
`--keep` leaves both binaries.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance.mixed import PATTERNS, Kit
from conformance.suite import Done, execute, judge, programs
from pygo_cross.build.goroot import find_goroot

_OWN = f"{sys.executable} -m pygo_cross build --target {{target}} -o {{out}} {{src}}"


class Runner:
    """How programs are built and run."""

    def __init__(self, folder: Path, own: str, target: str, seconds: float, keep: Path | None, kit: Kit | None) -> None:
        self.folder = folder
        self.own = own
        self.target = target
        self.seconds = seconds
        self.keep = keep
        self.kit = kit
        self.go = str(find_goroot() / "bin/go")

    def judge(self, name: str) -> tuple[str, str]:
        """The verdict on a program, and what to say of it."""
        with tempfile.TemporaryDirectory() as scratch:
            stock, own = Path(scratch) / "stock", Path(scratch) / "own"
            source = self.folder / name
            done = self._build([self.go, "build", "-o", str(stock), str(source)])
            if done:
                return "no reference", done
            if self.kit is not None:
                done = self.kit.compile([str(source)], str(own))
            else:
                done = self._build([word.format(src=source, out=own, target=self.target) for word in shlex.split(self.own)])
            if done:
                return "not built", done
            want, got = self._run(stock, False), self._run(own, not self.target.startswith("linux/amd64"))
            verdict = judge(got, want)
            if self.keep is not None and not verdict.startswith("same"):
                place = self.keep / name
                place.mkdir(parents=True, exist_ok=True)
                for binary in (stock, own):
                    shutil.copy(binary, place)
            return verdict, _difference(got, want)

    def _build(self, command: list[str]) -> str:
        environment = {**os.environ, "GOFLAGS": "", "GO111MODULE": "off", "CGO_ENABLED": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False, cwd=self.folder)
        return "" if done.returncode == 0 else (done.stderr.strip() or f"exit status {done.returncode}")

    def _run(self, binary: Path, emulated: bool) -> Done:
        command = [sys.executable, "-m", "pygo_cross", "run", str(binary)] if emulated else [str(binary)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GOROOT": str(find_goroot())}
        if emulated:
            environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent.parent)
        return execute(command, self.folder, environment, None, self.seconds)


def _difference(got: Done, want: Done) -> str:
    ours, theirs = got.output.decode("utf-8", "replace").splitlines(), want.output.decode("utf-8", "replace").splitlines()
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if one != other:
            return f"line {number}: {one[:200]!r}, not {other[:200]!r}"
    if len(ours) != len(theirs):
        longer = ours if len(ours) > len(theirs) else theirs
        return f"{len(ours)} lines, not {len(theirs)}: {longer[min(len(ours), len(theirs))][:200]!r}"
    return ""


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="programs (default: those of --list, else all run tests of the folder)")
    parser.add_argument("--folder", type=Path, default=Path("/usr/share/go-1.19/test"))
    parser.add_argument("--list", type=Path, help="a file of names, one a line")
    parser.add_argument("-n", type=int, default=0, help="so many, spread evenly")
    parser.add_argument("-j", type=int, default=2, help="programs at a time (default 2)")
    parser.add_argument("--own", default=_OWN, help="the command that builds {src} to {out} for {target} (default: this checkout's)")
    parser.add_argument("--quick", type=Path, metavar="FOLDER", help="compile only the program itself, here; FOLDER keeps what that needs")
    parser.add_argument("--target", default="linux/amd64", help="linux/amd64 runs natively, others under emulation")
    parser.add_argument("--seconds", type=float, default=60, help="how long a program may run (default 60)")
    parser.add_argument("--keep", type=Path, help="a folder for the binaries that differ")
    options = parser.parse_args(argv)
    names = options.names or programs(options.folder, options.list, options.n)
    kit = Kit(options.quick, PATTERNS) if options.quick else None
    runner = Runner(options.folder, options.own, options.target, options.seconds, options.keep, kit)
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(options.j) as pool:
        for name, (verdict, detail) in zip(names, pool.map(runner.judge, names), strict=True):
            counts[verdict] += 1
            if not verdict.startswith("same"):
                print(f"{name}: {verdict}: {' | '.join(detail.splitlines()[:4])[:400]}", flush=True)
    fine = sum(count for verdict, count in counts.items() if verdict.startswith("same"))
    judged = len(names) - counts["no reference"]
    print(f"{options.target}: {fine} of {judged} as compiled by stock Go ({', '.join(f'{n} {verdict}' for verdict, n in counts.items())})")
    return 0 if fine == judged else 1
