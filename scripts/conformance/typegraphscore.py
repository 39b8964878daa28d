# SPDX-License-Identifier: BSD-3-Clause
"""Types of packages, made from go/types' own: how they are written, laid out, looked up and compared, against go/types' answers.

    scripts/conformance typegraph [--target linux/amd64] [--every N] [PACKAGE...]

Without packages: what std exports. No source is checked by us here: a Go program dumps the types that stock's checker has made, so this
says what is below our checker. One of --every questions whose answer is most often no is asked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests/types"))

from type_graph import Graph, compare, dump

from pygo_cross.build.goroot import find_goroot


def main(argv: list[str]) -> int:
    """Print the score; 1 if anything differs."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance typegraph", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--target", default="linux/amd64")
    parser.add_argument("--every", type=int, default=9973)
    parser.add_argument("packages", nargs="*")
    options = parser.parse_args(argv)
    packages = options.packages
    if not packages:
        listed = subprocess.run([str(find_goroot() / "bin/go"), "list", "std"], capture_output=True, text=True, check=True).stdout
        packages = [path for path in listed.split() if "internal/" not in path and not path.startswith("vendor/")]
    sys.setrecursionlimit(20000)
    with tempfile.TemporaryDirectory() as folder:
        score = compare(Graph(dump(Path(folder), options.every, *packages, target=options.target)))
    for kind, count in score.compared.items():
        wrong = score.wrong.get(kind, [])
        print(f"{kind}: {count - len(wrong)} of {count}")
        for line in wrong[:5]:
            print("   ", line[:600])
    return 1 if score.wrong else 0
