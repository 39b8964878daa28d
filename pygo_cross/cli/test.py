# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross test`: the tests of packages, on every target."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pygo_cross.build.config import CONFIG_NAMES
from pygo_cross.build.gotest import TargetTests, counts, test_all
from pygo_cross.build.matrix import match_or_fail, select
from pygo_cross.build.progress import MODES, bad, good, table
from pygo_cross.cli.ci import guarded
from pygo_cross.cli.options import DESCRIBE, add_stock, config_of, mode_of, parser, take_stock
from pygo_cross.diag import EXIT_BUILD, EXIT_OK
from pygo_cross.target import load_targets

ABOUT = """Runs go test for each target, and shows what came of it in a table. What this machine can run itself runs natively; all
else under emulation, as by go_darwin_arm64_exec and its siblings. Without --target, the targets are those of toolchain.yaml;
without such a file, all there are.

All words but the flags below are go test's: packages, -run X, -v, -count=1, and what follows -args. Exits with 1 when a test fails."""


def run(argv: list[str]) -> int:
    """Runs the tests, and tells target by target."""
    made = parser("test", "[FLAGS] [GO TEST FLAGS] [PACKAGES] [-args ...]", ABOUT)
    made.add_argument("--config", metavar="FILE", help="the configuration (PYGO_CROSS_CONFIG, else toolchain.yaml here)")
    text = "only targets that match os/arch, os_arch_variant or a glob; may be repeated"
    made.add_argument("--target", metavar="TARGET", action="append", default=[], help=text)
    made.add_argument("--emulated", action="store_true", help="under emulation even what this machine can run itself")
    text = "go: stock Go's linker, which is faster (the default). pygo: link every test with ours"
    made.add_argument("--builder", choices=("pygo", "go"), default="go", help=text)
    add_stock(made)
    made.add_argument("--json", action="store_true", help="print go test's events, each with its Target, one a line")
    made.add_argument("--quiet", action="store_true", help="only what failed")
    made.add_argument("--progress", choices=MODES, default="auto", help="auto: a bar on a terminal, else lines (%(default)s)")
    own, words = apart(made, argv)
    options = made.parse_args(own)
    take_stock(options)
    results = test_all(_pairs(options), words, Path(), options.builder, options.emulated, mode_of(options))
    for tested in results:
        if options.json:
            for event in tested.events:
                print(json.dumps({"Target": tested.target, **event}, ensure_ascii=False))
        for said in (*tested.failures, tested.said if not tested.ok or not options.quiet else ""):
            if said:
                print(f"{tested.target}:\n{guarded(said)}", file=sys.stderr)
        if "-v" in words and not options.json:
            print(guarded("".join(str(event.get("Output", "")) for event in tested.events).rstrip("\n")), file=sys.stderr)
    if not options.quiet:
        print("\n".join(summary(results)), file=sys.stderr)
    return EXIT_OK if all(tested.ok for tested in results) else EXIT_BUILD


def apart(made: argparse.ArgumentParser, argv: list[str]) -> tuple[list[str], list[str]]:
    """Our flags, and go test's: one dash is always theirs, so that -failfast is no -f."""
    own: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == DESCRIBE:
            own.append(word)
        elif word in ("-args", "--args", "--"):
            rest += [word, *words]
        elif word in ("-h", "--help"):
            own.append("--help")
        elif word.startswith("--") and word.partition("=")[0] in made._option_string_actions:
            own.append(word)
            action = made._option_string_actions[word.partition("=")[0]]
            if "=" not in word and action.nargs != 0:
                own += [value for value in (next(words, None),) if value is not None]
        else:
            rest.append(word)
    return own, rest


def _pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    """The targets, each with its level."""
    if options.target:
        return sorted({pair for pattern in options.target for pair in match_or_fail(pattern)})
    if options.config or any(Path(name).exists() for name in CONFIG_NAMES):
        return sorted({(job.target.name, job.variant) for job in select(config_of(options))})
    return [(target.name, target.variant) for target in load_targets().values()]


def summary(results: list[TargetTests]) -> list[str]:
    """The table."""
    rows = [["TARGET", "RUN", "PACKAGES", "PASSED", "FAILED", "SKIPPED", "TIME", ""]]
    for tested in results:
        packages = counts(tested)
        rows.append(
            [
                tested.target,
                "emulated" if tested.emulated else "natively",
                str(sum(packages.values())),
                *(str(tested.tests[end]) for end in ("pass", "fail", "skip")),
                f"{tested.seconds:.1f} s",
                "ok" if tested.ok else "FAILED",
            ]
        )
    lines = table(rows, right=(2, 3, 4, 5, 6))
    return [good(line) if line.endswith(" ok") else bad(line) if line.endswith(" FAILED") else line for line in lines]
