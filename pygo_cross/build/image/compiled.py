# SPDX-License-Identifier: BSD-3-Clause
"""Adds to the image's warm cache what our compiler makes: `python3 -m pygo_cross.build.image.compiled OUT [OS/ARCH...]`.

The packages of the standard library are compiled once more for the targets that we make code for, as `builder: pygo` has it (builders.py):
without this, the first build with fmt takes a minute. OURS in the environment says which packages, in place of those of STD;
what these need is always among them. OUT gets a tree with the archives, and one with the records by which packages know what others export
(frontend/record.py), for a layer of its own that changes when our compiler does.

This runs before the rest of pygo_cross is there, with no Python package but what Python has.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pygo_cross.build.image import assembled
from pygo_cross.build.image.goroot import CACHE, GOROOT, TARGETS, asked, release_time, settle
from pygo_cross.build.image.sizes import report
from pygo_cross.build.stageid import stage_id
from pygo_cross.build.toolexec import COMPILED, STOCK

RECORDS: Final = "/opt/go-records"
_CHECKOUT: Final = Path(__file__).resolve().parents[3]


def warm(root: Path, base: Path, out: Path, targets: Iterable[str], packages: Sequence[str] = ()) -> None:
    """Compiles packages (all public ones of the standard library) for the targets; what `base` has not is left in trees below `out`."""
    records = out / RECORDS[1:]
    records.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as kept:
        ours = {"PYGO_CROSS_COMPILE_ID": stage_id("compile"), STOCK: "", "PYGO_CROSS_CACHE": kept, "PYTHONPATH": str(_CHECKOUT)}
        assembled.warm(root, base, out / CACHE[1:], targets, packages, ours)
        for folder in sorted(Path(kept, "records").glob("??")):
            shutil.copytree(folder, records / folder.name)


def main(argv: Sequence[str]) -> int:
    """The command."""
    targets = list(argv[1:]) or list(TARGETS)
    if not argv or set(targets) - set(TARGETS):
        print("usage: compiled OUT [OS/ARCH...]", file=sys.stderr)
        return 2
    out = Path(argv[0])
    targets = [target for target in targets if target.partition("/")[2] in COMPILED]
    warm(Path(GOROOT), Path(CACHE), out, targets, os.environ.get("OURS", "").split() or asked())
    report([("compiled", out / CACHE[1:]), ("records", out / RECORDS[1:])])
    settle(out, release_time(Path(GOROOT)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
