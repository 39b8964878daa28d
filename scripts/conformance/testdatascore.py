# SPDX-License-Identifier: BSD-3-Clause
"""How many of the errors that GOROOT/src/internal/types/testdata expects are reported, scored as the tests of types2 score them.

    python3 scripts/conformance testdata [--show N] [--failures FILE] [FILE...]

FILE is a file or folder below internal/types/testdata (`check/const0.go`); without, all of it and types2's own testdata/local. A file
passes if every error that it expects is reported, near enough its place, and no other. The tolerance for columns is that of
src/cmd/compile/internal/types2/check_test.go; --exact allows none.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance import gopackages
from conformance.checking import Session, imported_paths
from conformance.expectations import commented, mismatches
from conformance.failures import Failures
from pygo_cross.build.goroot import find_goroot

# Columns that an error may be off by, for each folder: types2's own figures.
TOLERANCES = {"check": 50, "spec": 20, "examples": 125, "fixedbugs": 100, "local": 0}


def folders() -> list[Path]:
    """The folders of test data."""
    source = find_goroot() / "src"
    shared = [source / "internal/types/testdata" / name for name in ("check", "spec", "examples", "fixedbugs")]
    return [*shared, source / "cmd/compile/internal/types2/testdata/local"]


def tests(wanted: list[str]) -> Iterator[tuple[Path, list[Path]]]:
    """Each test: its path, a file or a folder that is one package, and its files."""
    for folder in folders():
        for path in sorted(folder.iterdir()):
            if wanted and not any(str(path).endswith(name.rstrip("/")) for name in wanted):
                continue
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            if all(file.suffix == ".go" for file in files):
                yield path, files


def flags(source: bytes) -> dict[str, str]:
    """The flags in a test's first line (`// -lang=go1.17`)."""
    first = source.partition(b"\n")[0].decode()
    if not first.startswith("//") or not first[2:].lstrip().startswith("-"):
        return {}
    return dict((word.lstrip("-") + "=").split("=")[:2] for word in first[2:].split())  # type: ignore[misc]


def main(argv: list[str]) -> int:
    """Prints the score; status 1 if a test fails."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance testdata", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--show", type=int, default=0, metavar="N", help="what is wrong with a test, N lines of each")
    parser.add_argument("--exact", action="store_true", help="columns must be equal")
    parser.add_argument("--failures", type=Path, metavar="FILE", help="write what went wrong most often")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args(argv)
    sys.setrecursionlimit(20_000)
    gc.disable()
    chosen = list(tests(options.files))
    session = Session("amd64", test_builtins=True)
    std = sorted({name for _, files in chosen for file in files for name in imported_paths(file.read_bytes())})
    session.load(gopackages.load(std, tests=False) if std else [])
    failures = Failures()
    totals = {folder.name: [0, 0, 0, 0] for folder in folders()}
    for path, files in chosen:
        sources = {str(file): file.read_bytes() for file in files}
        expected = {name: commented(source) for name, source in sources.items()}
        given = flags(next(iter(sources.values())))
        found, crash = session.errors(sources, given.get("lang", ""), fake_c="fakeImportC" in given)
        met, wrong = mismatches(expected, found, 0 if options.exact else TOLERANCES[path.parent.name])
        if crash:
            failures.add_crash(crash, str(path))
            wrong.insert(0, crash.strip().splitlines()[-1])
        for line in wrong:
            failures.add(f"TESTDATA {Failures.general(line.partition(': ')[2])[:90]}", line)
        total = totals[path.parent.name]
        total[0] += 1
        total[1] += not wrong
        total[2] += sum(map(len, expected.values()))
        total[3] += met
        if wrong and options.show:
            print(f"{path.parent.name}/{path.name}:")
            for line in wrong[: options.show]:
                print(f"  {line.replace(str(path.parent) + '/', '')}")
    for name, (count, passed, wanted, met) in totals.items():
        if count:
            print(f"{name:12}{passed:5} of {count:4} tests pass {met:6} of {wanted:5} expectations are met")
    count, passed, wanted, met = (sum(column) for column in zip(*totals.values(), strict=True))
    print(f"{'all':12}{passed:5} of {count:4} tests pass {met:6} of {wanted:5} expectations are met")
    if options.failures:
        options.failures.write_text(failures.text(60), encoding="utf-8")
    return 0 if passed == count else 1
