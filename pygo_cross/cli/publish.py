# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross publish`: sends what was built and tested where the configuration says."""

from __future__ import annotations

import argparse
import json
import sys

from pygo_cross.build.artifacts import read_record_file
from pygo_cross.build.config import Config
from pygo_cross.build.matrix import facts_of
from pygo_cross.build.progress import good
from pygo_cross.build.release.publish import Delivery, check_facts, check_tested, deliver, plan_deliveries
from pygo_cross.cli.options import add_config, config_of, mode_of, parser
from pygo_cross.records import usage_error

ABOUT = """Publishes the finished build in dist/: pushes the images of kos to their repositories, and runs the commands of publishers
for each file. Refuses a snapshot, a file that is not the one that was built, and whatever holds a binary that has not passed
all its smoke runs; it exits with 3 then, and nothing has left."""


def run(argv: list[str]) -> int:
    """Checks everything, then sends."""
    made = parser("publish", "[FLAGS]", ABOUT)
    add_config(made)
    made.add_argument("--print", action="store_true", help="check everything, print what would go where, and send nothing")
    made.add_argument("--json", action="store_true", help="print what goes where as JSON")
    add_output(made)
    options = made.parse_args(argv)
    config = config_of(options)
    facts = read_record_file(config.dist)["facts"]
    check_facts(facts)
    deliveries = prepare(config, facts)
    if not deliveries:
        raise usage_error("nowhere", "nothing says where the build goes", "give kos with repositories, or publishers")
    if options.print and not options.json:
        print("\n".join(f"{item.artifact.path} -> {item.to}" for item in deliveries))
    if not options.print:
        deliver(deliveries, mode_of(options))
    if options.json:
        print(json.dumps(listed(deliveries), indent=2, sort_keys=True))
    elif not options.quiet and not options.print:
        print(good(f"published: {len(deliveries)} deliveries"), file=sys.stderr)
    return 0


def add_output(made: argparse.ArgumentParser) -> None:
    """-q, --progress."""
    from pygo_cross.build.progress import MODES

    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    made.add_argument("--progress", choices=MODES, default="auto", help="auto: a bar on a terminal, else lines (%(default)s)")


def prepare(config: Config, facts: dict[str, str]) -> list[Delivery]:
    """What goes where, of a build that may leave. Raises `UserError`."""
    git = facts_of(config, facts)
    return plan_deliveries(config, check_tested(config, git), git)


def listed(deliveries: list[Delivery]) -> list[dict[str, str]]:
    """Deliveries as data."""
    return [{"path": item.artifact.path, "sha256": item.artifact.sha256, "to": item.to} for item in deliveries]
