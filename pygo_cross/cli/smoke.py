# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross smoke`: does what was built run?"""

from __future__ import annotations

import json
import sys

from pygo_cross.build.artifacts import read_record_file
from pygo_cross.build.config import Config
from pygo_cross.build.matrix import facts_of, select
from pygo_cross.build.progress import bad, good, table
from pygo_cross.build.smoke import Result, exit_status, smoke_all
from pygo_cross.cli.ci import add_summary, without_summary, write_summary
from pygo_cross.cli.container import add_container, check_flags, run_config, spelled
from pygo_cross.cli.options import add_config, add_running, add_selection, config_of, mode_of, parser

ABOUT = """Runs the smoke runs of toolchain.yaml on every artifact in dist/, compares exit status and output, and adds the
transcripts to artifacts.json. Exits with 3 when a run went wrong, 5 when the emulator lacks something, 124 at a time limit.
The emulator stands in for Linux and macOS: a run that is ok under emulation says nothing about code-signing policy,
the real dynamic loader or the kernel."""


def run(argv: list[str]) -> int:
    """Runs, compares, records, and prints the table."""
    made = parser("smoke", "[FLAGS]", ABOUT)
    add_config(made)
    add_selection(made)
    add_running(made)
    made.add_argument("--runner", choices=("emulated", "native", "qemu"), help="instead of what the file says")
    made.add_argument("--json", action="store_true", help="print the results as JSON")
    add_summary(made)
    add_container(made)
    argv = spelled(argv)
    options = made.parse_args(argv)
    check_flags(options)
    config = config_of(options)
    if options.in_container is not None:
        return write_summary(options, "smoke", config.dist, run_config("smoke", without_summary(argv), options, config))
    git = facts_of(config, read_record_file(config.dist)["facts"])
    jobs = select(config, options.id, options.target, options.single_target, git)
    results = smoke_all(config, jobs, options.parallelism, mode_of(options), options.runner)
    for result in results:
        for failure in result.failures:
            print(failure, file=sys.stderr)
    if options.json:
        print(json.dumps([_plain(config, result) for result in results], indent=2, sort_keys=True))
    elif not options.quiet:
        print("\n".join(summary(results)), file=sys.stderr)
    return write_summary(options, "smoke", config.dist, exit_status(results))


def _plain(config: Config, result: Result) -> dict[str, object]:
    artifact = result.artifact
    path = str(config.dist / artifact.path)
    return {"build": artifact.build, "target": artifact.target, "variant": artifact.variant, "path": path, "runs": result.transcript}


def summary(results: list[Result]) -> list[str]:
    """The table: what was built, by whom it was linked, and how its runs went."""
    rows = [["TARGET", "BUILD", "SIZE", "LINKED BY", "SMOKE", "TIME"]]
    for result in results:
        runners = sorted({str(entry["runner"]) for entry in result.transcript if "runner" in entry})
        outcome = (
            "no runs" if not result.transcript else f"{len(result.failures)} FAILED" if result.failures else f"ok ({', '.join(runners)})"
        )
        artifact = result.artifact
        target = f"{artifact.target} ({result.arch})" if result.arch else artifact.target
        linker = artifact.stages.get("link", "")
        rows.append([target, artifact.build, f"{artifact.size:,}", linker, outcome, f"{result.seconds:.1f} s"])
    lines = table(rows, right=(2, 5))
    return [good(line) if " ok (" in line else bad(line) if " FAILED" in line else line for line in lines]
