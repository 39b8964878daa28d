# SPDX-License-Identifier: BSD-3-Clause
"""Packages' own tests, compiled by us with all that they import: do they end as when stock Go has compiled them?

    python3 scripts/conformance gotest [--gopath FOLDER] [--stock PATTERN] [--link] [-j N] [--log FILE] [PACKAGE...]

Packages are import paths and patterns of the go command; without any, all of std but what the runtime consists of. `--gopath` takes them
from a folder with src/ in the way of Go before modules, such as a copy of what Debian's golang-*-dev packages install: tests write into it,
and it has to have all that they import. Each package is tested by `go test -short` with our compiler and assembler (`--link`: our linker
too), natively. Where something fails it is tested by stock's as well, and what fails there is not held against ours. Tests that have no
end, since the process died, fail in their packages.

With `--log` a line is added for each package that is done, and those that are there already are left out: a run can be gone on with.
Exit code 0: everything ends as with stock's; 1: a difference, told with what was said; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from conformance.gopackages import environment
from pygo_cross.build.builders import toolexec_flag, toolexec_variables
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.gotest import TargetTests, read_events
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TARGET: Final = "linux/amd64"
_HAS_TESTS: Final = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
_LINES: Final = 30


class Setting:
    """How tests are built, and where: the environments of the go command for ours and for stock's."""

    def __init__(self, gopath: Path | None, stock: str, link: bool) -> None:
        base = {**environment(TARGET), "GOTOOLCHAIN": "local", "PYTHONPATH": str(ROOT)}
        if gopath is not None:
            base |= {"GOPATH": str(gopath.absolute()), "GO111MODULE": "off"}
        self.stock = base
        self.ours = base | toolexec_variables(stock) | ({} if link else {"PYGO_CROSS_LINK_ID": ""})
        self.folder = gopath / "src" if gopath is not None else find_goroot() / "src"

    def go(self, ours: bool, *words: str) -> subprocess.CompletedProcess[str]:
        """The go command."""
        argv = [str(find_goroot() / "bin/go"), words[0], *([toolexec_flag()] if ours else []), *words[1:]]
        env = {**(self.ours if ours else self.stock), "PWD": str(self.folder)}
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, errors="replace", check=False)

    def packages(self, patterns: list[str]) -> list[str]:
        """The packages that have tests. Raises SystemExit where the go command knows none of a name."""
        done = self.go(False, "list", "-f", _HAS_TESTS, *(patterns or ["std"]))
        if done.returncode:
            raise SystemExit(f"gotest: {done.stderr.strip()}")
        return [name for name in done.stdout.split() if patterns or name not in RUNTIME_PACKAGES]

    def test(self, ours: bool, package: str, seconds: int) -> tuple[set[str], TargetTests]:
        """What fails of a package's tests: their names, and "" for the package itself."""
        done = self.go(ours, "test", "-json", "-short", "-vet=off", "-count=1", f"-timeout={seconds}s", package)
        tested = TargetTests(TARGET, "", False)
        read_events(tested, done.stdout)
        tested.said = done.stderr.strip()
        failed = {str(event.get("Test", "")) for event in tested.events if event["Action"] == "fail"}
        return failed | ({""} if done.returncode else set()), tested


def outcome(ours: set[str], stock: set[str]) -> str:
    """One word for a package, from what fails with ours and with stock's: ok, as-stock or FAIL."""
    return "ok" if not ours else "as-stock" if ours <= stock else "FAIL"


def _try(setting: Setting, package: str, seconds: int) -> tuple[str, str]:
    """The outcome for a package, and what is to be said of it."""
    ours, tested = setting.test(True, package, seconds)
    stock = setting.test(False, package, seconds)[0] if ours else set()
    word = outcome(ours, stock)
    if word != "FAIL":
        return word, ""
    said = "\n".join((tested.said, *tested.failures)).strip().splitlines()[-_LINES:]
    names = ", ".join(sorted(filter(None, ours - stock))) or "the package itself"
    return word, "\n".join((f"{package}: {names}", *(f"    {line}" for line in said)))


def main(argv: list[str]) -> int:
    """Prints what differs and a summary; status 1 for any difference."""
    parser = argparse.ArgumentParser(
        prog="python3 scripts/conformance gotest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("patterns", nargs="*", metavar="PACKAGE")
    parser.add_argument("--gopath", type=Path, metavar="FOLDER", help="take packages from FOLDER/src")
    parser.add_argument("--stock", default="", metavar="PATTERN", help="packages that stock Go compiles (default: the runtime's)")
    parser.add_argument("--link", action="store_true", help="link by ours too")
    parser.add_argument("-j", type=int, default=2, help="packages at a time (default 2)")
    parser.add_argument("--seconds", type=int, default=600, help="how long the tests of a package may run (default 600)")
    parser.add_argument("--log", type=Path, help="where results are added, and read from to go on")
    options = parser.parse_args(argv)
    setting = Setting(options.gopath, options.stock, options.link)
    words: dict[str, str] = {}
    if options.log is not None and options.log.exists():
        rows = [line.split() for line in options.log.read_text().splitlines()]
        words = {row[1]: row[0] for row in rows if len(row) == 2}
    packages = setting.packages(options.patterns)
    waiting = [name for name in packages if name not in words]
    with ThreadPoolExecutor(options.j) as pool:
        results = pool.map(lambda name: _try(setting, name, options.seconds), waiting)
        for name, (word, said) in zip(waiting, results, strict=True):
            words[name] = word
            if said:
                print(said, flush=True)
            if options.log is not None:
                with open(options.log, "a") as file:
                    file.write(f"{word} {name}\n")
    ends = [words[name] for name in packages]
    print(f"{len(ends)} packages: {ends.count('ok')} pass, {ends.count('as-stock')} fail as under stock, {ends.count('FAIL')} differ")
    return 1 if "FAIL" in ends else 0
