# SPDX-License-Identifier: BSD-3-Clause
"""How many facts of our type checker are those of stock's go/types: every expression, object, selection, instance and scope.

    python3 scripts/conformance types [--target linux/amd64] [--no-tests] [--show N] [--failures FILE] [PATTERN...]

PATTERN is as for `go list`: std, cmd, fmt, ./...; without, std. --target may be given many times, or be `all`. --show prints the first
N differences of each package. --failures writes what went wrong most often: errors of ours and crashes by the place in our code.
What stock says is kept in --cache FOLDER (~/.cache/pygo_cross/facts), by the input that it depends on.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from conformance import facts, gopackages
from conformance.checking import Checked, Session
from conformance.failures import Failures
from conformance.gopackages import GoPackage
from pygo_cross.build.goroot import find_goroot

ROOT = Path(__file__).parents[2]
ORACLE = ROOT / "tests/types/oracle/main.go"


def build_oracle(folder: Path) -> Path:
    """tests/types/oracle, built by stock Go for this machine."""
    program = folder / "oracle"
    settings = gopackages.environment("host/host")
    del settings["GOOS"], settings["GOARCH"]
    subprocess.run([str(find_goroot() / "bin/go"), "build", "-o", str(program), str(ORACLE)], env=settings, check=True)
    return program


def stock_facts(packages: list[GoPackage], target: str, cache: Path) -> Iterator[facts.Section]:
    """Stock's facts of the packages that are wanted, in their order."""
    requests = "".join(package.request() + "\n" for package in packages).encode()
    digest = hashlib.sha256(requests + target.encode() + ORACLE.read_bytes())
    for package in packages:
        if not package.folder.is_relative_to(find_goroot()):
            for name in package.files:
                digest.update((package.folder / name).read_bytes())
    kept = cache / f"{digest.hexdigest()[:32]}.gz"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _run_oracle(build_oracle(Path(folder)), requests, target, Path(folder) / "facts.gz")
            (Path(folder) / "facts.gz").replace(kept)
    with gzip.open(kept, "rt", encoding="utf-8", newline="\n") as lines:
        yield from facts.read(lines)


def _run_oracle(program: Path, requests: bytes, target: str, made: Path) -> None:
    with tempfile.TemporaryFile() as told, gzip.open(made, "wb", compresslevel=1) as out:
        told.write(requests)
        told.seek(0)
        with subprocess.Popen([str(program), target.partition("/")[2]], stdin=told, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            while block := running.stdout.read(1 << 20):
                out.write(block)
    if running.returncode:
        raise SystemExit(f"tests/types/oracle failed with status {running.returncode}")


def add_failures(failures: Failures, package: GoPackage, checked: Checked, found: facts.Comparison) -> None:
    """Count what is wrong with a package: a crash, else errors that stock does not report, else facts that differ."""
    if checked.crash:
        failures.add_crash(checked.crash, package.id)
    for error in checked.errors:
        position, _, message = error.partition(": ")
        first = message.splitlines()[0]
        failures.add(f"ERROR {Failures.general(first)[:110]}", f"{position}: {first[:200]}")
    if not checked.crash and not checked.errors:
        for difference in found.differences:
            about, stock, ours = difference.split("\n", 2)
            general = [Failures.general(line.strip())[:70] for line in (stock, ours)]
            kind = facts.KINDS.get(about.partition(" ")[0], "?")
            failures.add(f"FACT {kind}: {general[0]} | {general[1]}", difference.replace("\n", " "))


def run(patterns: list[str], target: str, options: argparse.Namespace, failures: Failures) -> facts.Comparison:
    """Compare the packages that match, for one target; prints as it goes."""
    packages = gopackages.load(patterns, target, not options.no_tests)
    session = Session(target.partition("/")[2])
    sections = stock_facts(packages, target, options.cache)
    total = facts.Comparison()
    began = time.process_time()
    wrong = rejected = count = 0
    for package in packages:
        checked = session.check(package)
        if not package.wanted:
            continue
        count += 1
        section = next(sections)
        assert section.id == package.id, (section.id, package.id)
        names = [str(package.folder / name) for name in package.files]
        ours = {} if checked.crash else session.facts(checked)
        found = facts.compare(
            section.facts, ours, None if options.failures else options.show, lambda about, names=names: _place(about, names)
        )
        total.add(found)
        rejected += bool(checked.errors or checked.crash)
        if checked.errors or checked.crash or found.differences:
            wrong += 1
            add_failures(failures, package, checked, found)
        if options.show or options.verbose:
            _print_package(package, section, checked, found, options)
        checked.info = None  # type: ignore[assignment]
        if count % 20 == 0:
            gc.collect()
    facts_of, equal = sum(total.stock.values()), sum(total.equal.values())
    print(
        f"{target}: {count} packages, {rejected} with errors of ours, {wrong} with a difference, {time.process_time() - began:.0f} s of CPU"
    )
    for letter, name in facts.KINDS.items():
        if total.stock[letter] or total.extra[letter]:
            print(f"  {name:22}{total.stock[letter]:10,} of stock's {total.equal[letter]:10,} equal {total.extra[letter]:8,} of ours alone")
    print(f"  {'all':22}{facts_of:10,} of stock's {equal:10,} equal, {100 * equal / max(1, facts_of):.4f}%")
    return total


def _place(about: str, names: list[str]) -> str:
    """What a fact is about, with the file's name in place of its number."""
    letter, number, *rest = about.split(" ")
    if letter in "oF":
        return about
    text = Path(names[int(number)]).read_bytes()
    start, end = int(rest[0]), int(rest[-1])
    line, column = text.count(b"\n", 0, start) + 1, start - text.rfind(b"\n", 0, start)
    where = f"{names[int(number)]}:{line}:{column} {text[start : min(end, start + 60)].decode(errors='replace')}"
    return f"{letter} {where}"


def _print_package(
    package: GoPackage, section: facts.Section, checked: Checked, found: facts.Comparison, options: argparse.Namespace
) -> None:
    stock, equal, extra = sum(found.stock.values()), sum(found.equal.values()), sum(found.extra.values())
    if stock != equal or extra or checked.errors or checked.crash or options.verbose:
        print(f"{package.id}: {equal} of {stock} facts, {extra} of ours alone, {len(checked.errors)} errors")
        for line in [*section.errors[: options.show], *checked.errors[: options.show], *found.differences[: options.show]]:
            print(f"  {line}")
        if checked.crash:
            print("  " + checked.crash.strip().replace("\n", "\n  "))


def main(argv: list[str]) -> int:
    """Prints the score; status 1 if a fact differs or an error is reported."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance types", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", help="GOOS/GOARCH, or all")
    parser.add_argument("--no-tests", action="store_true", help="leave out test files")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="differences to print of each package")
    parser.add_argument("--verbose", action="store_true", help="a line for each package")
    parser.add_argument("--failures", type=Path, metavar="FILE", help="write what went wrong most often")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/pygo_cross/facts", metavar="FOLDER", help="keeps stock's facts")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args(argv)
    sys.setrecursionlimit(20_000)
    gc.disable()
    failures = Failures()
    targets = options.target or ["linux/amd64"]
    totals = [
        run(options.patterns or ["std"], target, options, failures) for target in (gopackages.TARGETS if "all" in targets else targets)
    ]
    if options.failures:
        options.failures.write_text(failures.text(60), encoding="utf-8")
    bad = failures.counts or any(total.stock != total.equal or any(total.extra.values()) for total in totals)
    return 1 if bad else 0
