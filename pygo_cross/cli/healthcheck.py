# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross healthcheck`: what is missing on this machine?"""

from __future__ import annotations

import argparse
import dataclasses
import json

from pygo_cross.build.health import MISSING, OK, examine
from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK

ABOUT = """Says what this machine has of what builds and smoke runs need, and what to do about the rest. `missing` is needed;
`optional` is needed by some. Exits with 1 when something is missing. Changes nothing and needs no network."""


def arguments() -> argparse.ArgumentParser:
    """The command's flags."""
    made = parser("healthcheck", "[--quick] [-q] [--json]", ABOUT)
    made.add_argument("--quick", action="store_true", help="start no process: only look at what is installed")
    made.add_argument("-q", "--quiet", action="store_true", help="only what is not ok")
    made.add_argument("--json", action="store_true", help="as JSON")
    return made


def run(argv: list[str]) -> int:
    """Looks, and prints a line for each finding."""
    options = arguments().parse_args(argv)
    findings = examine(options.quick)
    shown = [finding for finding in findings if not options.quiet or finding.status != OK]
    if options.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in shown], indent=2))
    else:
        width = max((len(finding.name) for finding in shown), default=0)
        for finding in shown:
            print(f"{finding.status:<8}  {finding.name:<{width}}  {finding.found}{f'; {finding.hint}' if finding.hint else ''}")
    return EXIT_BUILD if any(finding.status == MISSING for finding in findings) else EXIT_OK
