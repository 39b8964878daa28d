#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which package, when compiled by us, breaks a program: all packages are compiled twice, by us and by stock Go, and linked in mixtures.

    scripts/bisect_packages.py [--check COMMAND] PACKAGE [-- ARGUMENTS]
    scripts/bisect_packages.py --test PACKAGE [-- -test.run=X]

The program (with --test, the package's test binary) is run with the arguments; a mixture is good if it ends as stock Go's program does:
with the same status, and the same output unless --status is given. With --check, a shell command decides, in which {} stands for the
binary: status 0 is good. The smallest set of packages of ours that still breaks it is printed.

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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pygo_cross.build.builders import toolexec_flag, toolexec_variables  # noqa: E402
from pygo_cross.build.goroot import find_goroot, go_environment  # noqa: E402
from pygo_cross.build.toolexec import MIXED, RUNTIME  # noqa: E402

Test = Callable[[frozenset[str]], bool]
"""Whether a program is good in which these packages are ours."""


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
        self.wanted = None if options.check else self.run(self.link(frozenset()))

    def link(self, ours: frozenset[str]) -> Path:
        """The program with these packages of ours."""
        binary = self.scratch / "program"
        lines = []
        chosen = {name: (self.ours if name in ours else self.stock)[name] for name in self.ours}
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
        print(f"{len(ours):4} of ours: {'good' if result else 'bad'}", file=sys.stderr)
        return result


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="a program's import path, folder or file; with --test any package's")
    parser.add_argument("arguments", nargs="*", help="the program's")
    parser.add_argument("--test", action="store_true", help="the tests of the package")
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
        for name in smallest(program.packages, program.good):
            print(name)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
