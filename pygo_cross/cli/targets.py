# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross targets`: what can be built for."""

from __future__ import annotations

import dataclasses
import json
import subprocess

from pygo_cross.build.emulator import emulator_command
from pygo_cross.build.progress import table
from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import nearest
from pygo_cross.target import load_targets


def run(argv: list[str]) -> int:
    """Prints the targets."""
    made = parser("targets", "[--json] [--calls [TARGET]]", "Lists the targets, one a line, with what each file says.")
    made.add_argument("--json", action="store_true", help="every fact of every target, as JSON")
    made.add_argument(
        "--calls",
        nargs="?",
        const="all",
        metavar="TARGET",
        help="the system calls (linux) and libSystem functions (darwin) that the emulator provides for TARGET, and how well",
    )
    options = made.parse_args(argv)
    if options.calls:
        return _calls(options.calls, options.json)
    targets = load_targets()
    if options.json:
        facts = []
        for target in targets.values():
            fields = dataclasses.asdict(target)
            fields.pop("places")
            fields["emulation"].pop("places")
            facts.append({"name": target.name, **fields})
        print(json.dumps(facts, indent=2, sort_keys=True))
        return 0
    rows = [["TARGET", "FORMAT", "VARIANT", "BASE", "PAGE", "MINIMUM OS"]]
    for target in targets.values():
        level = f"{target.variable}={target.variant}"
        rows.append([target.name, target.format, level, f"{target.base_address:#x}", f"{target.page_size:#x}", target.minimum_os or "-"])
    print("\n".join(table(rows)))
    return 0


def _calls(target: str, as_json: bool) -> int:
    """The emulator's tables, from the emulator, which is a program of its own."""
    names = sorted(load_targets())
    if target not in ("all", *names):
        message = f"unknown target {target!r}"
        raise UserError.one("unknown-target", message, nearest(target, names) or f"there are {', '.join(names)}", status=EXIT_USAGE)
    command = emulator_command(["--calls", target, *(["--json", "-"] if as_json else [])])
    return subprocess.run(command, check=False).returncode
