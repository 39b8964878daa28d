# SPDX-License-Identifier: BSD-3-Clause
"""Bisection over packages, functions and passes: the smallest set that breaks a program is found."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.kept import Kept, functions, keep
from pygo_cross.compileflags import Flags
from pygo_cross.opt import pipeline
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func

_SCRIPT = Path(__file__).parent.parent.parent / "scripts/bisect_packages.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("bisect_packages", _SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("culprits", [1, 2, 3])
def test_the_smallest_set_is_found(script: Any, culprits: int) -> None:
    chance = random.Random(culprits)
    for count in (culprits, 7, 60, 200):
        packages = [f"p{number}" for number in range(count)]
        wanted = set(chance.sample(packages, culprits))
        tried = []

        def good(ours: frozenset[str], wanted: set[str] = wanted, tried: list[int] = tried) -> bool:
            tried.append(len(ours))
            return not wanted <= ours

        assert set(script.smallest(packages, good)) == wanted
        assert len(tried) <= 60 * culprits


SOURCE = """package p

func F0(x int) int { return x + 12345 }

func F1(x int) int { return G(x) + 54321 }

//go:noinline
func G(x int) int { return x * 3 }

func F2(list []int) (sum int) {
	for _, x := range list {
		sum += x + 12345
	}
	return sum
}
"""


def test_functions_and_passes_are_found(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a bug planted into a pass: a constant becomes another, in one function."""

    def planted(func: Func, context: Context) -> None:
        for block in func.blocks:
            for value in block.values:
                if func.symbol == "p.F2" and value.op == ops.CONST and value.imm == 12345:
                    value.imm = 0x7EADBEEF

    monkeypatch.setenv("PYGO_CROSS_CACHE", str(tmp_path / "cache"))
    passes = [one if one.name != "late fold" else one._replace(run=planted) for one in pipeline.PASSES]
    monkeypatch.setattr(pipeline, "PASSES", tuple(passes))
    (tmp_path / "work").mkdir()
    (tmp_path / "p.go").write_text(SOURCE)
    (tmp_path / "work/symabis").write_text("def p.none ABI0\n")
    symbol_abis, output = str(tmp_path / "work/symabis"), str(tmp_path / "work/p.a")
    words = ["-p", "p", f"-d=ssa/keep={tmp_path}/kept", "-symabis", symbol_abis, "-dwarf=false", "-o", output, str(tmp_path / "p.go")]
    keep(tmp_path / "kept", words, Flags(words), {"GOOS": "linux", "GOARCH": "amd64"}, bytes(8))
    (tmp_path / "work/symabis").unlink()
    kept = Kept.read(tmp_path / "kept/package")

    def good(archive: Path) -> bool:
        data = archive.read_bytes()
        assert functions(data) == ["p.F0", "p.F1", "p.F2", "p.G"]
        return b"\xef\xbe\xad\x7e" not in data

    found = script.inside(kept, tmp_path, good, find_goroot())
    assert found == (["p.F2"], ["late_fold"])
    assert "everything optimised: bad" in capsys.readouterr().err
    assert script.inside(kept, tmp_path, lambda archive: False, find_goroot()) is None
