# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross report`: the page of a finished build."""

from __future__ import annotations

import json
from pathlib import Path

from pygo_cross.build.report.update import update_report
from pygo_cross.cli.options import add_config, config_of, parser

ABOUT = """Writes report.html of a finished build: the matrix with sizes and times, the smoke runs with what they printed, every
artifact with its digest, and what is inside of each binary, symbol by symbol, with the reason why it is there. The page is one
file that needs no network. `build` writes it and `smoke` brings it up to date; this is for a page that was lost, or a build that was
made with --skip=report. Reasons are known of what pygo-cross linked and while the page of its build is there."""


def run(argv: list[str]) -> int:
    """Writes the page and prints its path."""
    made = parser("report", "[FLAGS] [DIST]", ABOUT)
    add_config(made)
    made.add_argument("--json", action="store_true", help="print the path as JSON")
    made.add_argument("dist", metavar="DIST", nargs="?", help="the folder of the build; without one, that of the configuration")
    options = made.parse_args(argv)
    dist = Path(options.dist) if options.dist is not None else config_of(options).dist
    path = update_report(dist, create=True)
    print(json.dumps({"path": str(path)}) if options.json else path)
    return 0
