# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross targets`: what can be built for."""

from __future__ import annotations

import dataclasses
import json

from pygo_cross.build.progress import table
from pygo_cross.cli.options import parser
from pygo_cross.target import load_targets


def run(argv: list[str]) -> int:
    """Prints the targets."""
    made = parser("targets", "[--json]", "Lists the targets, one a line, with what each file says.")
    made.add_argument("--json", action="store_true", help="every fact of every target, as JSON")
    options = made.parse_args(argv)
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
