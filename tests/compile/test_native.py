# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/build_native has built is used only for the sources that it was made of."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross import native

ROOT = Path(__file__).resolve().parents[2]
MODULE = "pygo_cross.compileflags"


def write(folder: Path, *, made: str = "", size: int = 0) -> None:
    """A list of one module, whose source had `size` bytes more."""
    name, length, time = native.facts(MODULE)
    (folder / native.LIST).write_bytes(marshal.dumps((made or native.tag(), ".so", "shared__mypyc", [(name, length + size, time)]), 2))


def used(folder: Path, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """What a process says that would use the build, and where it has the module from."""
    program = (
        f"{before}\nfrom pygo_cross import native\nprint(native.use({str(folder)!r}))\n"
        f"import importlib.util as u\nprint(u.find_spec({MODULE!r}).origin)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run([sys.executable, "-P", "-c", program], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({}, ""),
        ({"size": 1}, f"{MODULE} has changed since it was built"),
        ({"made": "cpython-27-plan9-pdp11"}, "it was built for cpython-27-plan9-pdp11"),
    ],
)
def test_a_build_of_other_sources_is_not_used(tmp_path: Path, damage: dict[str, object], why: str) -> None:
    write(tmp_path, **damage)  # type: ignore[arg-type]
    said, origin = used(tmp_path).stdout.splitlines()
    assert said == why
    assert origin == (native.source(MODULE) if why else str(tmp_path / f"{MODULE}.so"))


def test_no_build_or_half_of_one(tmp_path: Path) -> None:
    assert used(tmp_path).stdout.startswith("there is none")
    (tmp_path / native.LIST).write_bytes(b"half")
    assert used(tmp_path).stdout.startswith("there is none")


def test_it_comes_before_the_modules_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path)
    assert used(tmp_path, f"import {MODULE}").stdout.startswith(f"{MODULE} is imported already")


def test_it_can_be_switched_off_and_asked_for(tmp_path: Path) -> None:
    write(tmp_path)
    assert used(tmp_path, PYGO_CROSS_NATIVE="0").stdout.startswith("it is switched off")
    done = used(tmp_path / "nowhere", PYGO_CROSS_NATIVE="check")
    assert done.returncode and "the compiler's own code is not native" in done.stderr
