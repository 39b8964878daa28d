# SPDX-License-Identifier: BSD-3-Clause
"""Programs compiled by us and linked with stock's objects, as the collector, stacks that move and tracebacks see them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from conformance.mixed import Kit
from go_programs import go

_PROGRAMS = Path(__file__).parent / "testdata/frames"
# With the world stopped the collector runs before nearly every allocation (`gctrace=1` counts), without it only a few times: a few rounds
# of a loop are enough.
_HOSTILE: tuple[dict[str, str], ...] = (
    {},
    {"GOGC": "1", "GODEBUG": "clobberfree=1,gccheckmark=1"},
    {"GOGC": "1", "GODEBUG": "clobberfree=1,gcstoptheworld=2", "GOMAXPROCS": "4"},
)

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64" or os.uname().sysname != "Linux", reason="runs programs for linux/amd64")


def _run(program: Path, **env: str) -> tuple[int, str]:
    done = subprocess.run([program], env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _both(kit: Kit, name: str, folder: Path) -> tuple[Path, Path]:
    """A program from both compilers."""
    source, ours, stock = _PROGRAMS / name, folder / "ours", folder / "stock"
    assert kit.compile([str(source)], str(ours)) == ""
    go("build", "-ldflags=-w", "-o", str(stock), str(source))
    return ours, stock


@pytest.mark.parametrize(
    "name",
    [
        *("frames", "goroutines", "deferred", "wrappers", "comparisons", "memoryresults"),
        *("grown", "returned", "assignments", "sharedbytes", "proofs", "keptresults", "records"),
    ],
)
def test_pointers_are_found_and_moved(kit: Kit, tmp_path: Path, name: str) -> None:
    ours, stock = _both(kit, f"{name}.go", tmp_path)
    wanted = _run(stock)
    assert wanted[0] == 0
    for environment in _HOSTILE:
        assert _run(ours, **environment) == wanted


def _told(output: str) -> list[str]:
    """The lines of tracebacks, without addresses, and without values that these don't vouch for."""
    output = re.sub(r" \+0x[0-9a-f]+$| pc=0x[0-9a-f]+", "", output, flags=re.MULTILINE)
    output = re.sub(r"0x[0-9a-f]{6,}", "P", output)
    return re.sub(r"[P0-9a-fx]+\?", "?", output).splitlines()


def test_tracebacks_tell_what_stock_s_do(kit: Kit, tmp_path: Path) -> None:
    ours, stock = _both(kit, "tracebacks.go", tmp_path)
    got, wanted = _run(ours), _run(stock)
    assert got[0] == wanted[0] == 2
    assert _told(got[1]) == _told(wanted[1])
