# SPDX-License-Identifier: BSD-3-Clause
"""Debug information of compiled functions, read by Go's own library beside what stock's compiler writes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conformance.mixed import Kit, Package
from go_programs import go

_FOLDER = Path(__file__).parent / "testdata/debuginfo"

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64" or os.uname().sysname != "Linux", reason="builds for linux/amd64")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that says what is in a program's debug information."""
    made = tmp_path_factory.mktemp("reader") / "reader"
    go("build", "-trimpath", "-o", str(made), str(_FOLDER / "reader.go"))
    return made


def _told(reader: Path, program: Path) -> list[str]:
    done = subprocess.run([reader, program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_functions_parameters_and_variables(kit: Kit, reader: Path, tmp_path: Path) -> None:
    source, ours, stock = _FOLDER / "program.go", tmp_path / "ours", tmp_path / "stock"
    assert kit.compile([str(source)], str(ours), strip=False) == ""
    go("build", "-trimpath", "-gcflags=-l", "-o", str(stock), str(source))
    assert subprocess.run([ours], capture_output=True, check=True).stderr == subprocess.run([stock], capture_output=True, check=True).stderr
    got, wanted = _told(reader, ours), _told(reader, stock)
    assert [line for line in wanted if line.startswith(("func", "param", "result"))] != []
    mine = {line.rpartition(" ")[0]: line.endswith("true") for line in got}
    for line in wanted:
        what, placed = line.rpartition(" ")[0], line.endswith("true")
        if line.startswith("func"):
            assert line in got
        elif line.startswith(("param", "result")):
            assert what in mine
            assert mine[what] >= (placed and line.startswith("param")), line
    assert mine["var main.both local [4]int 10"]
    # No more than stock tells.
    assert {line for line in mine if line.startswith(("param", "result"))} <= {line.rpartition(" ")[0] for line in wanted}


def test_values_and_inlined_calls(kit: Kit, reader: Path, tmp_path: Path) -> None:
    source, ours, stock = _FOLDER / "inlined.go", tmp_path / "ours", tmp_path / "stock"
    assert kit.compile([str(source)], str(ours), strip=False) == ""
    go("build", "-trimpath", "-o", str(stock), str(source))
    got, wanted = _told(reader, ours), _told(reader, stock)
    calls = [line for line in wanted if line.startswith("call main.summed main.")]
    assert calls != []
    assert set(calls) <= set(got)
    for line in (
        "param main.summed ns struct []int 17 true",
        "param main.summed what struct string 17 true",
        "var main.summed total int 18 true",
        "var main.summed moved int 19 true",
        "var{ main.summed n int 21 true",
        "param{ main.summed in main.squared n int 10 true",
        "param{ main.summed in main.squared what struct string 10 true",
        "var{ main.summed in main.squared twice int 11 true",
        "result{ main.summed in main.squared s int 10 true",
    ):
        assert line in got, line


def test_without_optimisation_variables_have_memory(kit: Kit, reader: Path, tmp_path: Path) -> None:
    source, ours = _FOLDER / "inlined.go", tmp_path / "ours"
    assert kit.build([Package("main", [str(source)])], str(ours), ["-N", "-l"], strip=False) == ""
    got = _told(reader, ours)
    for line in (
        "var main.summed total int 18 true",
        "var main.summed moved int 19 true",
        "var main.summed keep func() 20 true",
        "var{ main.summed i int 21 true",
        "param main.squared n int 10 true",
        "var main.squared twice int 11 true",
        "result main.squared s int 10 true",
    ):
        assert line in got, line
    assert subprocess.run([ours], capture_output=True, check=True).stderr == b"12 true\n"
