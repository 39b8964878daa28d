# SPDX-License-Identifier: BSD-3-Clause
"""Single-file programs, such as the run tests of Go's test folder, compiled by us: do they behave as when stock Go has compiled them?

    scripts/conformance run [--folder /usr/share/go-1.19/test] [--list FILE] [-n N] [NAME...]

With `--quick` the program alone is compiled by us, in this process, and the rest of the folder's programs can be tried as well: `--kind`
names what their first lines say (`conformance/testprograms.py`). Programs that only have to compile are held to that; with `errorcheck`,
messages have to be equal.

Each program is built by stock Go and by `--own` for linux/amd64; both are run here, and have to print the same and end with the same
status; what Go's test folder expects is fine as well. With `--target darwin/amd64` ours is built for that and run under emulation. What
differs is told with its first difference; `--keep` leaves both binaries.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from conformance import testprograms
from conformance.mixed import PATTERNS, Kit
from conformance.suite import Done, execute, judge, programs, spread
from conformance.testprograms import Package, Program
from pygo_cross.build.goroot import find_goroot

_OWN = f"{sys.executable} -m pygo_cross build --target {{target}} -o {{out}} {{src}}"


class Runner:
    """How programs are built and run."""

    def __init__(
        self,
        folder: Path,
        own: str,
        target: str,
        seconds: float,
        keep: Path | None,
        kit: Kit | None,
        reference: Kit | None,
        env: dict[str, str],
        check: bool,
    ) -> None:
        self.folder = folder
        self.own = own
        self.target = target
        self.seconds = seconds
        self.keep = keep
        self.kit = kit
        self.reference = reference
        self.env = env
        self.flags = ["-d=ssa/check"] if check else []
        self.go = str(find_goroot() / "bin/go")

    def judge(self, name: str) -> tuple[str, str]:
        """The verdict on a program, and what to say of it."""
        with tempfile.TemporaryDirectory() as scratch:
            program = testprograms.read(self.folder, name)
            stock, own = Path(scratch) / "stock", Path(scratch) / "own"
            if program.kind == "runoutput":
                done = self._generate(program, stock)
                if done:
                    return "no reference", done
            linked = program.kind not in testprograms.COMPILED and program.kind != "errorcheck"
            if program.kind in testprograms.RUN and self.kit is not None and self._as_expected(program, own):
                return "same", ""
            done = self._by_stock(program, str(stock), linked)
            if program.kind == "errorcheck":
                said = self._by_us(program, str(own), False)
                return _compare_messages(_messages(said), _messages(done))
            if done:
                return "no reference", done
            done = self._by_us(program, str(own), linked)
            if done:
                return "not built", done
            if not linked:
                return "same", ""
            want, got = self._run(stock, False, program), self._run(own, not self.target.startswith("linux/amd64"), program)
            verdict = judge(got, want)
            if self.keep is not None and not verdict.startswith("same"):
                place = self.keep / name
                place.mkdir(parents=True, exist_ok=True)
                for binary in (stock, own):
                    shutil.copy(binary, place)
            return verdict, _difference(got, want)

    def _as_expected(self, program: Program, own: Path) -> bool:
        """Whether ours prints what the folder says that it has to; if so, stock need not be asked."""
        if self._by_us(program, str(own), True):
            return False
        got = self._run(own, not self.target.startswith("linux/amd64"), program)
        expected = (self.folder / program.name).with_suffix(".out")
        return got.status == 0 and got.output == (expected.read_bytes() if expected.exists() else b"")

    def _generate(self, program: Program, binary: Path) -> str:
        """A program that prints a program: it becomes that."""
        done = self._by_stock(program, str(binary), True)
        if done:
            return done
        printed = self._run(binary, False, program)
        if printed.status != 0:
            return f"status {printed.status}"
        source = binary.with_name("printed.go")
        source.write_bytes(printed.output)
        program.packages = [Package("main", [str(source)])]
        return ""

    def _by_stock(self, program: Program, out: str, link: bool) -> str:
        if self.reference is not None:
            return self.reference.build(program.packages, out, program.flags, program.link_flags, stock=True, link=link)
        return self._build([self.go, "build", "-o", out, *program.packages[0].files])

    def _by_us(self, program: Program, out: str, link: bool) -> str:
        if self.kit is not None:
            return self.kit.build(program.packages, out, [*self.flags, *program.flags], program.link_flags, link=link)
        return self._build([word.format(src=program.packages[0].files[0], out=out, target=self.target) for word in shlex.split(self.own)])

    def _build(self, command: list[str]) -> str:
        environment = {**os.environ, "GOFLAGS": "", "GO111MODULE": "off", "CGO_ENABLED": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False, cwd=self.folder)
        return "" if done.returncode == 0 else (done.stderr.strip() or f"exit status {done.returncode}")

    def _run(self, binary: Path, emulated: bool, program: Program) -> Done:
        command = [sys.executable, "-m", "pygo_cross", "run", str(binary)] if emulated else [str(binary)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GOROOT": str(find_goroot()), **self.env}
        if emulated:
            environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent.parent)
        return execute([*command, *program.arguments], self.folder, environment, None, self.seconds)


def _difference(got: Done, want: Done) -> str:
    ours, theirs = got.output.decode("utf-8", "replace").splitlines(), want.output.decode("utf-8", "replace").splitlines()
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if one != other:
            return f"line {number}: {one[:200]!r}, not {other[:200]!r}"
    if len(ours) != len(theirs):
        longer = ours if len(ours) > len(theirs) else theirs
        return f"{len(ours)} lines, not {len(theirs)}: {longer[min(len(ours), len(theirs))][:200]!r}"
    return ""


_MESSAGE: Final = re.compile(r"^(?:[^:\n]*/)?([^/:\n]+:\d+)(?::\d+)?: (.*)$", re.MULTILINE)


def _messages(text: str) -> list[str]:
    """What a compiler says, without columns and folders; a crash is what it is."""
    found = [f"{place}: {message}" for place, message in _MESSAGE.findall(text)]
    return sorted(set(found)) if found and "Traceback" not in text and "internal error" not in text else [text] if text else []


def _compare_messages(ours: list[str], stock: list[str]) -> tuple[str, str]:
    if ours == stock:
        return "same", ""
    only = [f"only ours: {one}" for one in ours if one not in stock] + [f"only stock's: {one}" for one in stock if one not in ours]
    return "other messages", "\n".join(only)


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
    parser.add_argument("--kind", default="run,rundir", help="with --quick: what programs say they are (default run,rundir)")
    parser.add_argument("--check", action="store_true", help="with --quick: verify behind every pass")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="for the programs, such as GOGC=1")
    parser.add_argument("--target", default="linux/amd64", help="linux/amd64 runs natively, others under emulation")
    parser.add_argument("--seconds", type=float, default=60, help="how long a program may run (default 60)")
    parser.add_argument("--keep", type=Path, help="a folder for the binaries that differ")
    options = parser.parse_args(argv)
    if options.names or options.list or not options.quick:
        names = options.names or programs(options.folder, options.list, options.n)
    else:
        names = spread(testprograms.find(options.folder, options.kind.split(",")), options.n)
    kit = Kit(options.quick, PATTERNS, options.target) if options.quick else None
    reference = Kit(options.quick, PATTERNS) if options.quick and options.target != "linux/amd64" else kit
    env = dict(word.partition("=")[::2] for word in options.env)
    runner = Runner(options.folder, options.own, options.target, options.seconds, options.keep, kit, reference, env, options.check)
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
