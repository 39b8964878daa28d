# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross version`: ours, and that of everything that the result depends on."""

from __future__ import annotations

import importlib.metadata
import json
import platform

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.goroot import find_goroot
from pygo_cross.cli.options import parser
from pygo_cross.diag import UserError


def run(argv: list[str]) -> int:
    """Prints the versions."""
    made = parser("version", "[--json]", "Prints the version, the Go release that it speaks, and what it runs on.")
    made.add_argument("--json", action="store_true", help="as JSON")
    options = made.parse_args(argv)
    try:
        goroot = str(find_goroot())
    except UserError as error:
        goroot = f"none: {error}"
    facts = {"pygo-cross": __version__, "go": GO_RELEASE, "GOROOT": goroot, "python": platform.python_version()}
    for package in ("lief", "unicorn"):
        try:
            facts[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            facts[package] = "none"
    print(json.dumps(facts, indent=2) if options.json else "\n".join(f"{name} {value}" for name, value in facts.items()))
    return 0
