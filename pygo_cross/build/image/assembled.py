# SPDX-License-Identifier: BSD-3-Clause
"""Adds to the image's warm cache what our assembler makes: `python3 -m pygo_cross.build.image.assembled OUT [OS/ARCH...]`.

The packages of the standard library that have assembly are compiled once more, as `builder: pygo` has it (builders.py). All others
are found in `CACHE`, where `goroot` has put what stock Go makes; its own of these packages stay there, for `builder: go`. OUT gets a
tree with what is new, for a layer of its own: it changes when our assembler does, and the large cache below it only with the release of Go.
STD in the environment says which packages, as for `goroot`.

This runs before the rest of pygo_cross is there, with no Python package but what Python has.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pygo_cross.build.image import gocache
from pygo_cross.build.image.goroot import CACHE, GOROOT, TARGETS, asked, environment, freeze, public_packages, release_time, settle
from pygo_cross.build.image.sizes import report
from pygo_cross.build.stageid import stage_id


def variables(root: Path, base: Path, own: Path, target: str) -> dict[str, str]:
    """The environment of a build that finds what is in the cache `base`, leaves what is new in `own`, and assembles with ours."""
    env = environment(root, own, target)
    program = f"{sys.executable} -ISs {Path(gocache.__file__).resolve()} {base}"
    return env | {"GOCACHEPROG": program, "PYGO_CROSS_ASM_ID": stage_id("asm")}


def toolexec() -> str:
    """The go command's flag: only the assembler is ours here, since PYGO_CROSS_LINK_ID is not set."""
    return f"-toolexec=/bin/sh {Path(__file__).resolve().parent.parent / 'toolexec.sh'} {sys.executable}"


def warm(
    root: Path, base: Path, own: Path, targets: Iterable[str], packages: Sequence[str] = (), more: Mapping[str, str] | None = None
) -> None:
    """Compiles packages (all public ones of the standard library) for the targets; what `base` has not is left in `own`.
    `more` is what else the environment has.
    """
    own.mkdir(parents=True, exist_ok=True)
    for target in targets:
        env = {**variables(root, base, own, target), **(more or {})}
        names = packages or public_packages(root, env)
        what = "compiled" if "PYGO_CROSS_COMPILE_ID" in env else "assembled"
        print(f"{what}: {len(names)} packages and what they need for {target}", flush=True)
        subprocess.run([root / "bin/go", "build", "-trimpath", toolexec(), *names], env=env, cwd=own, check=True)
    freeze(own, release_time(root))


def main(argv: Sequence[str]) -> int:
    """The command."""
    targets = list(argv[1:]) or list(TARGETS)
    if not argv or set(targets) - set(TARGETS):
        print("usage: assembled OUT [OS/ARCH...]", file=sys.stderr)
        return 2
    out = Path(argv[0])
    own = out / CACHE[1:]
    warm(Path(GOROOT), Path(CACHE), own, targets, asked())
    report([("assembled", own)])
    settle(out, release_time(Path(GOROOT)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
