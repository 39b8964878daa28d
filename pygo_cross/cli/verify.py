# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross verify`: is what is in dist/ what its sources give?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pygo_cross.build.driver import BuildFailed
from pygo_cross.build.progress import bad, good
from pygo_cross.build.verify import Report, verify
from pygo_cross.cli.ci import tell_failed
from pygo_cross.cli.options import add_config, add_running, config_of, mode_of, parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK, EXIT_VERIFY
from pygo_cross.records import usage_error

ABOUT = """Checks a finished build. DIST is held to its artifacts.json: every file there with its digest, no other, archives, images
and sums holding what they say. Then all of it is built again from the source here, in a scratch folder, and compared byte
for byte. A macOS binary that somebody signed since is the same if all but the signature is.

Exits with 4 where something differs and says what, with 1 where the source does not build."""


def run(argv: list[str]) -> int:
    """Verifies, and tells artifact by artifact."""
    made = parser("verify", "[FLAGS] [DIST]", ABOUT)
    add_config(made)
    add_running(made)
    made.add_argument("--record-only", action="store_true", help="hold DIST to its record, and build nothing")
    made.add_argument(
        "--clean-cache", action="store_true", help="compile everything anew: trust no compiled package of the go command's cache"
    )
    made.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    made.add_argument("dist", metavar="DIST", nargs="?", help="the folder of the build; without one, that of the configuration")
    options = made.parse_args(argv)
    if options.record_only and options.clean_cache:
        raise usage_error("bad-flag", "--record-only builds nothing, --clean-cache has it build anew", "give one of them")
    config = None if options.record_only and options.dist is not None else config_of(options)
    dist = Path(options.dist) if options.dist is not None else config.dist  # type: ignore[union-attr]
    try:
        report = verify(None if options.record_only else config, dist, options.parallelism, mode_of(options), options.clean_cache)
    except BuildFailed as error:
        tell_failed(error)
        return EXIT_BUILD
    if options.json:
        print(json.dumps(report.as_json(), indent=2, sort_keys=True))
    _tell(report, options.quiet or options.json)
    return EXIT_OK if report.verified else EXIT_VERIFY


def _tell(report: Report, quiet: bool) -> None:
    for problem in report.problems:
        print(f"{report.dist}: {problem}", file=sys.stderr)
    for verdict in report.verdicts:
        for problem in verdict.problems:
            print(f"{report.dist / verdict.path}: {problem}", file=sys.stderr)
    if quiet:
        return
    for verdict in report.verdicts:
        for note in verdict.notes:
            print(f"{report.dist / verdict.path}: {note}", file=sys.stderr)
    for note in report.notes:
        print(f"{report.dist}: {note}", file=sys.stderr)
    wrong = sum(bool(verdict.problems) for verdict in report.verdicts)
    count = f"{len(report.verdicts)} artifact{'' if len(report.verdicts) == 1 else 's'}"
    how = "built again and compared" if report.rebuilt else "held to the record; nothing was built"
    if report.verified:
        print(good(f"{report.dist}: verified: {count}, {how}"), file=sys.stderr)
    else:
        print(bad(f"{report.dist}: NOT verified: {wrong} of {count} and {len(report.problems)} other things are wrong"), file=sys.stderr)
