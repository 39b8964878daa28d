#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which package, when compiled by us, breaks a program: all packages are compiled twice, by us and by stock Go, and linked in mixtures.
Then which functions of it, and which passes over these: the package is compiled again and again, with passes left out for functions.

    scripts/bisect_packages.py [--check COMMAND] PACKAGE [-- ARGUMENTS]
    scripts/bisect_packages.py --test PACKAGE [-- -test.run=X]

The program (with --test, the package's test binary) is run with the arguments; a mixture is good if it ends as stock Go's program does:
with the same status, and the same output unless --status is given. With --check, a shell command decides, in which {} stands for the
binary: status 0 is good. The smallest set of packages of ours that still breaks it is printed; of each of these, the smallest set of
functions that have to be optimised, and of passes that have to run over them. If a program is bad without any pass that can be left out,
it is lowering or code generation that is wrong.

References between packages are by name on both sides (build/toolexec.py, PYGO_CROSS_MIXED), so an archive of either compiler fits.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pygo_cross.build.builders import toolexec_flag, toolexec_variables  # noqa: E402
from pygo_cross.build.goroot import find_goroot, go_environment  # noqa: E402
from pygo_cross.build.kept import SWITCH, Kept, functions  # noqa: E402
from pygo_cross.build.toolexec import MIXED, RUNTIME  # noqa: E402
from pygo_cross.diag import report_of  # noqa: E402
from pygo_cross.frontend.record import default_store  # noqa: E402
from pygo_cross.opt.pipeline import PASSES  # noqa: E402

Test = Callable[[frozenset[str]], bool]
"""Whether a program is good in which these packages are ours; with these functions optimised; by these passes."""


def archives(package: str, test: bool, stock: str, flags: Sequence[str]) -> dict[str, str]:
    """Where the go command keeps the archives of a program's packages, compiled as `stock` says (PYGO_CROSS_STOCK)."""
    root = find_goroot()
    os.environ[MIXED] = "1"
    env = go_environment(root, {}, {}) | toolexec_variables(stock) | {"PYGO_CROSS_LINK_ID": "", "PYGO_CROSS_ASM_ID": ""}
    form = "{{if .Export}}{{.ImportPath}}\t{{.Export}}{{end}}"
    command = [str(root / "bin/go"), "list", toolexec_flag(), "-export", "-deps", "-f", form, *(["-test"] if test else []), *flags, package]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("the program can't be compiled")
    return dict(line.split("\t") for line in done.stdout.splitlines() if line)


def smallest(packages: Sequence[str], good: Test) -> list[str]:
    """A smallest set of packages that is not good, of which every part is (Zeller's delta debugging)."""
    bad = list(packages)
    parts = 2
    while len(bad) > 1:
        size = -(-len(bad) // parts)
        chunks = [bad[at : at + size] for at in range(0, len(bad), size)]
        for chunk in chunks:
            if not good(frozenset(chunk)):
                bad, parts = chunk, 2
                break
        else:
            for chunk in chunks if parts > 2 else ():
                rest = [name for name in bad if name not in chunk]
                if not good(frozenset(rest)):
                    bad, parts = rest, max(parts - 1, 2)
                    break
            else:
                if parts >= len(bad):
                    break
                parts = min(parts * 2, len(bad))
    return bad


def in_child(make: Callable[[], bytes], output: Path) -> None:
    """Do something with much garbage in a process of its own, which writes what comes of it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            output.write_bytes(make())
            status = 0
        except Exception as error:
            print(report_of(error), file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the package can't be compiled again")


class Culprits(NamedTuple):
    """What breaks a program: functions that have to be optimised, and passes that have to run over them."""

    functions: list[str]
    passes: list[str]


def inside(kept: Kept, scratch: Path, good: Callable[[Path], bool], goroot: Path) -> Culprits | None:
    """The functions and passes of one package that break a program, which `good` is told with an archive of the package; None if it is bad
    without any pass that can be left out.
    """
    store = default_store(os.environ)
    archive, off = scratch / "variant.a", scratch / "off"

    def tried(what: str, *switches: str) -> bool:
        in_child(lambda: kept.compile(goroot, store, *switches), archive)
        result = good(archive)
        print(f"{what}: {'good' if result else 'bad'}", file=sys.stderr)
        return result

    if tried("everything optimised"):
        raise SystemExit("good, when the package is compiled again")
    names = functions(archive.read_bytes())

    def without(rest: Sequence[str], *switches: str) -> list[str]:
        off.write_text("".join(f"{name}\n" for name in rest))
        return [f"ssa/all/off=@{off}", *switches]

    def functions_good(some: frozenset[str]) -> bool:
        return tried(f"{len(some):5} functions optimised", *without([name for name in names if name not in some]))

    if not functions_good(frozenset()):
        return None
    found = smallest(names, functions_good)
    rest = [name for name in names if name not in found]
    passes = [one.name.replace(" ", "_") for one in PASSES if not one.needed]

    def passes_good(some: frozenset[str]) -> bool:
        left_out = [f"ssa/{name}/off" for name in passes if name not in some]
        return tried(f"{len(some):5} passes over {len(found)}", *without(rest, *left_out))

    return Culprits(found, smallest(passes, passes_good))


class Program:
    """A program whose packages are there twice."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self.options = options
        self.scratch = scratch
        self.ours = archives(options.package, options.test, "", options.flag)
        self.stock = archives(options.package, options.test, "all", options.flag)
        mains = [name for name in self.ours if name == f"{options.package}.test" or name.endswith(".test")]
        self.main = mains[-1] if options.test else list(self.ours)[-1]
        self.packages = [name for name in self.ours if name not in RUNTIME and self.ours[name] != self.stock.get(name)]
        self.again: dict[str, str] = {}
        self.wanted = None if options.check else self.run(self.link(frozenset()))

    def kept(self, name: str) -> Kept:
        """What is needed to compile a package again."""
        folder = self.scratch / "kept"
        flag = f"-gcflags={name.partition(' ')[0]}=-d={SWITCH}={folder}"
        archives(self.options.package, self.options.test, "", [*self.options.flag, flag])
        place = folder / ("tests" if " [" in name else "package")
        if not place.exists():
            raise SystemExit(f"{name}: the go command does not compile it with flags of its own")
        return Kept.read(place)

    def inside(self, packages: Sequence[str], name: str) -> Culprits | None:
        """What breaks the program in a package, with all other packages that have to be ours."""

        def good(archive: Path) -> bool:
            self.again = {name: str(archive)}
            return self.good(frozenset(packages))

        try:
            return inside(self.kept(name), self.scratch, good, find_goroot())
        finally:
            self.again = {}

    def link(self, ours: frozenset[str]) -> Path:
        """The program with these packages of ours."""
        binary = self.scratch / "program"
        lines = []
        chosen = {name: (self.again.get(name, self.ours[name]) if name in ours else self.stock[name]) for name in self.ours}
        for name, archive in chosen.items():
            path, _, variant = name.partition(" ")
            if variant or path not in chosen or path == name:
                lines.append((path, bool(variant), archive))
        table = {path: archive for path, _, archive in sorted(lines, key=lambda line: line[1])}
        (self.scratch / "importcfg").write_text("".join(f"packagefile {path}={archive}\n" for path, archive in table.items()))
        command = [str(find_goroot() / "bin/go"), "tool", "link", "-importcfg", str(self.scratch / "importcfg"), "-o", str(binary), "-w"]
        subprocess.run([*command, chosen[self.main]], check=True)
        return binary

    def run(self, binary: Path) -> tuple[int, bytes]:
        """Status and output of the program; 124 if it does not end."""
        try:
            done = subprocess.run(
                [str(binary), *self.options.arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.options.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, b""
        return done.returncode, b"" if self.options.status else done.stdout + done.stderr

    def good(self, ours: frozenset[str]) -> bool:
        """Whether the program is good with these packages of ours."""
        binary = self.link(ours)
        if self.options.check:
            command = self.options.check.replace("{}", shlex.quote(str(binary)))
            result = subprocess.run(command, shell=True, capture_output=True, timeout=self.options.seconds, check=False).returncode == 0
        else:
            result = self.run(binary) == self.wanted
        if not self.again:
            print(f"{len(ours):5} of ours: {'good' if result else 'bad'}", file=sys.stderr)
        return result


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="a program's import path, folder or file; with --test any package's")
    parser.add_argument("arguments", nargs="*", help="the program's")
    parser.add_argument("--test", action="store_true", help="the tests of the package")
    parser.add_argument("--packages", action="store_true", help="look for packages alone, not for functions and passes")
    parser.add_argument("--check", metavar="COMMAND", help="says whether the binary {} is good")
    parser.add_argument("--status", action="store_true", help="compare the exit status alone")
    parser.add_argument("--seconds", type=float, default=120, help="how long a run may take (default 120)")
    parser.add_argument("--flag", action="append", default=[], help="a flag of go build")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(options, Path(scratch))
        if not program.good(frozenset()):
            print("bad even when stock Go compiles everything")
            return 2
        if program.good(frozenset(program.packages)):
            print(f"good with all {len(program.packages)} packages of ours")
            return 0
        found = smallest(program.packages, program.good)
        for name in found:
            print(name, flush=True)
        for name in found if not options.packages else ():
            culprits = program.inside(found, name)
            if culprits is None:
                print(f"{name}: bad without any pass that can be left out: lowering or code generation")
                continue
            print(f"{name}: functions {' '.join(culprits.functions)}")
            print(f"{name}: passes {' '.join(culprits.passes)}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
