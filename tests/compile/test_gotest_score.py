# SPDX-License-Identifier: BSD-3-Clause
"""`scripts/conformance gotest`: which ends of tests are held against our compiler, and how a run is gone on with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pygo_cross.build.gotest import TargetTests

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import gotestscore


@pytest.mark.parametrize(
    ("ours", "stock", "word"),
    [
        (set(), set(), "ok"),
        (set(), {"", "TestA"}, "ok"),
        ({"", "TestA"}, {"", "TestA", "TestB"}, "as-stock"),
        ({"", "TestA", "TestA/sub"}, {"", "TestA"}, "FAIL"),
        ({""}, set(), "FAIL"),
    ],
)
def test_only_what_passes_under_stock_is_held_against_ours(ours: set[str], stock: set[str], word: str) -> None:
    assert gotestscore.outcome(ours, stock) == word


def test_a_run_tells_what_differs_and_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = {(True, "b"): {"", "TestB"}, (False, "b"): {"", "TestB"}, (True, "c"): {"", "TestC"}}
    tried: list[tuple[bool, str]] = []

    def test(_: object, ours: bool, package: str, seconds: int) -> tuple[set[str], TargetTests]:
        tried.append((ours, package))
        tested = TargetTests("linux/amd64", "", False)
        tested.failures = [f"what {package} said"]
        return failing.get((ours, package), set()), tested

    monkeypatch.setattr(gotestscore.Setting, "packages", lambda _, patterns: ["a", *patterns])
    monkeypatch.setattr(gotestscore.Setting, "test", test)
    log = tmp_path / "log"
    assert gotestscore.main(["--log", str(log), "-j", "1", "b"]) == 0
    assert capsys.readouterr().out == "2 packages: 1 pass, 1 fail as under stock, 0 differ\n"
    assert tried == [(True, "a"), (True, "b"), (False, "b")]

    assert gotestscore.main(["--log", str(log), "-j", "1", "b", "c"]) == 1
    out = capsys.readouterr().out
    assert out == "c: TestC\n    what c said\n3 packages: 1 pass, 1 fail as under stock, 1 differ\n"
    assert tried[3:] == [(True, "c"), (False, "c")]
    assert log.read_text().split("\n") == ["ok a", "as-stock b", "FAIL c", ""]
