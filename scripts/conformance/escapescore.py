# SPDX-License-Identifier: BSD-3-Clause
"""Which variables are in the heap, by lines, beside what stock's compiler says with -m.

    python3 scripts/conformance escape [--target linux/amd64] [--inline] [--show N] [PATTERN...]

Every package that matches (fmt, unless others are named) and what they import is checked, lowered and optimised. Counted are lines of the
packages that match: those with as many variables in the heap as under stock, with more, and with fewer. The first N of each kind are shown.
Without --inline stock inlines nothing (-l). Lines with fewer are not mistakes by themselves: flow is followed value by value here, and a
variable that nothing takes the address of behind promotion is none. The time is that of all passes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections import Counter

from conformance import gopackages
from conformance.lowerscore import Session
from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import InternalError, UserError
from pygo_cross.frontend.package import hide_unexported
from pygo_cross.lower.package import PackageLowering
from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import Result, optimise_unit, verifying
from pygo_cross.opt.summaries import Summary
from pygo_cross.ssa.shape import Shapes

_LINE = re.compile(r"(\S+\.go):(\d+):\d+: (.*)")
_HEAP = re.compile(r"moved to heap: |(?!append\().* escapes to heap")  # append grows in the heap, here without a variable

Lines = Counter[tuple[str, int]]


def stock_lines(pattern: str, target: str, inline: bool) -> Lines:
    """Variables in the heap by file and line, as stock's compiler tells them."""
    flags = "-gcflags=-m" if inline else "-gcflags=-m -l"
    command = [str(find_goroot() / "bin/go"), "build", flags, pattern]
    env = gopackages.environment(target)
    done = subprocess.run(command, env=env, cwd=find_goroot() / "src", capture_output=True, text=True, check=False)
    found: Lines = Counter()
    seen: set[str] = set()
    for line in done.stderr.splitlines():
        match = _LINE.match(line)
        if match is not None and _HEAP.match(match[3]) and line not in seen:
            seen.add(line)
            found[match[1].rpartition("/")[2], int(match[2])] += 1
    return found


def our_lines(session: Session, result: Result) -> Lines:
    """The same of our own compiler."""
    found: Lines = Counter()
    for pos, heap in dict.fromkeys(result.variables):
        if heap:
            place = session.fset.position(pos)
            found[place.file.rpartition("/")[2], place.line] += 1
    return found


def main(argv: list[str]) -> int:
    """Compare; the status says whether all passes went through."""
    parser = argparse.ArgumentParser(prog="conformance escape", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="linux/amd64")
    parser.add_argument("--inline", action="store_true", help="let stock inline")
    parser.add_argument("--check", action="store_true", help="verify behind each pass")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("pattern", nargs="*", default=["fmt"])
    options = parser.parse_args(argv)
    session = Session()
    summaries: dict[str, Summary] = {}
    total: Counter[str] = Counter()
    functions = failures = 0
    cpu = 0.0
    for package in gopackages.load(options.pattern, options.target, False):
        checked = session.check(package, True)
        lowering = PackageLowering(find_goroot(), session.fset, checked.package, checked.files, checked.info, session.sizes, session)
        lowering.failed = lambda error: None
        unit = lowering.lower()
        begun = time.process_time()
        context = Context(Shapes(session.sizes), session.fset.position, summaries)
        try:
            result = optimise_unit(unit, context, verifying if options.check else None)
        except (InternalError, UserError, LookupError, AssertionError) as error:
            print(f"{package.id}: {type(error).__name__} {error}")
            failures += 1
            result = Result()
        cpu += time.process_time() - begun
        functions += len(unit.funcs)
        summaries.update(result.summaries)
        for func in unit.funcs:
            func.free()
        hide_unexported(checked.package)
        if package.wanted:
            theirs, ours = stock_lines(package.path, options.target, options.inline), our_lines(session, result)
            shown = {"more": options.show, "fewer": options.show}
            for line in sorted(set(theirs) | set(ours)):
                kind = "same" if theirs[line] == ours[line] else "more" if ours[line] > theirs[line] else "fewer"
                total[kind] += 1
                total["theirs"] += theirs[line]
                total["ours"] += ours[line]
                if shown.get(kind, 0):
                    shown[kind] -= 1
                    print(f"  {package.path}/{line[0]}:{line[1]}: {kind}, {ours[line]} for {theirs[line]}")
    print(f"lines with the same {total['same']}, more {total['more']}, fewer {total['fewer']}; ", end="")
    print(f"variables {total['ours']} for {total['theirs']}; {functions} functions in {cpu:.1f} s, {failures} failures")
    return 0 if not failures else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
