# SPDX-License-Identifier: BSD-3-Clause
"""The conformance harness: every test of a binary is accounted for, however the binary ends; the comparison and the page that it makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conformance.report import render
from conformance.results import Reason, Store, compare, first_words, load_reasons
from conformance.suite import Done, judge, programs
from conformance.testrun import LEFT_OUT, Parser, Runner, run_all

ROOT = Path(__file__).parent.parent.parent

TESTS = """package m

import (
	"os"
	"testing"
	"time"
)

func TestA(t *testing.T) { t.Log("fine") }

func TestSkips(t *testing.T) { t.Skip("not today") }

func TestSubtests(t *testing.T) {
	t.Run("good", func(t *testing.T) {})
	t.Run("bad", func(t *testing.T) { t.Error("it is bad") })
}

func TestPanics(t *testing.T) { panic("oh") }

func TestExits(t *testing.T) { println("last words"); os.Exit(7) }

func TestParallel1(t *testing.T) { t.Parallel(); <-started }

func TestParallel2(t *testing.T) {
	t.Parallel()
	close(started)
	os.Exit(3)
}

func TestParallel3(t *testing.T) { t.Parallel() }

func TestHangs(t *testing.T) {
	if os.Getenv("TZ") == "Hang" {
		time.Sleep(time.Hour)
	}
}

func TestLast(t *testing.T) {}

var started = make(chan bool)
"""


@pytest.fixture(scope="module")
def binary(goroot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("harness")
    (folder / "go.mod").write_text("module m\n\ngo 1.27\n")
    (folder / "m_test.go").write_text(TESTS)
    env = {key: value for key, value in os.environ.items() if not key.startswith("GO") or key in ("GOCACHE", "GOPATH")}
    env |= {"GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    command = [str(goroot / "bin/go"), "test", "-c", "-trimpath", "-vet=off", "-o", "m.test"]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    return folder / "m.test"


def runner(binary: Path, **env: str) -> Runner:
    command = [sys.executable, "-P", "-m", "pygo_cross.emulate.goexec", str(binary)]
    return Runner(command, binary.parent, {"PYTHONPATH": str(ROOT), **env}, None, True, 3600, 3600)


def test_every_test_is_accounted_for(binary: Path) -> None:
    outcomes, note = run_all(runner(binary, TZ="Hang"))
    assert {name: outcome.result for name, outcome in outcomes.items()} == {
        "TestA": "pass",
        "TestSkips": "skip",
        "TestSubtests": "fail",
        "TestPanics": "fail",
        "TestExits": "crash",
        "TestParallel1": "hang",  # alone, nobody closes the channel
        "TestParallel2": "crash",
        "TestParallel3": "pass",
        "TestHangs": "hang",
        "TestLast": "pass",
    }
    assert note == ""
    assert outcomes["TestSubtests"].subtests == {"pass": 1, "fail": 1}
    assert "it is bad" in outcomes["TestSubtests"].text
    assert "last words" in outcomes["TestExits"].text
    assert "exit status 7" in outcomes["TestExits"].text
    assert first_words(outcomes["TestSkips"].to_json()) == "not today"


def test_only_some(binary: Path) -> None:
    outcomes, _ = run_all(runner(binary), ["TestA", "TestLast", "TestOfAnother"])
    assert {name: outcome.result for name, outcome in outcomes.items() if outcome.text != LEFT_OUT} == {"TestA": "pass", "TestLast": "pass"}
    assert {outcome.result for outcome in outcomes.values() if outcome.text == LEFT_OUT} == {"not run"}
    assert len(outcomes) == 10


def test_a_binary_that_does_not_list(tmp_path: Path) -> None:
    outcomes, note = run_all(Runner(["/bin/false"], tmp_path, {}, None, True, 60, 60))
    assert (outcomes, note) == ({}, "the binary does not list its tests")


def test_output_in_any_pieces() -> None:
    data = b"\x16=== RUN   TestA\nno newline\x16--- PASS: TestA (0.01s)\n\x16=== RUN   TestB\n"
    data += b"    b.go:1: \x0fx\x0e\n\x16--- FAIL: TestB (0.00s)\nFAIL\n"
    for size in (1, 7, len(data)):
        parser = Parser()
        for start in range(0, len(data), size):
            parser.feed(data[start : start + size])
        parser.finish()
        assert {name: (outcome.result, outcome.text) for name, outcome in parser.outcomes.items()} == {
            "TestA": ("pass", "no newline\n"),
            "TestB": ("fail", "    b.go:1: x\n"),
        }
        assert parser.suspects() == []


def entry(**tests: str) -> dict[str, Any]:
    return {"tests": {name: {"result": result} for name, result in tests.items()}, "seconds": 1.0, "note": ""}


def test_comparison_and_page() -> None:
    native = {"p": entry(A="pass", B="pass", C="skip", D="fail", E="pass", OnlyLinux="pass"), "q": entry(A="pass")}
    emulated = {"darwin/arm64": {"p": entry(A="pass", B="fail", C="fail", D="fail", E="skip", OnlyMac="fail")}}
    emulated["darwin/arm64"]["p"]["tests"]["E"]["text"] = "    e_test.go:1: no network\n"
    found = compare(native["p"], emulated["darwin/arm64"]["p"])
    assert (found.expected, found.passed, sorted(found.different), list(found.unreferenced)) == (3, 1, ["B", "E"], ["OnlyMac"])
    silent = compare(native["p"], entry() | {"note": "the binary does not list its tests"})
    assert (silent.expected, silent.passed, len(silent.different)) == (4, 0, 4)
    reasons = [Reason("p", ("B",), ("*",), (), "B needs a printer.")]
    page = render(emulated, native, ["p", "q"], ("linux/amd64", "darwin/arm64"), reasons, "go1.27.3", True)
    assert "| p | - | **1/3** |" in page
    assert "| q | - | - |" in page
    assert "| packages run | 0 of 2 | 1 of 2 |" in page
    assert "| B | fail | B needs a printer. |" in page
    assert "| E | skip | the test says: no network |" in page
    assert "| p | OnlyMac | fail on darwin/arm64 | not known |" in page


def test_results_are_added_to(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep/r.json", "short")
    store.put("linux/amd64", "p", entry(A="pass"))
    store.put("linux/amd64", "q", entry(A="fail"))
    store.put("linux/amd64", "p", entry(A="skip"))
    Store(tmp_path / "deep/r.json", "full").put("linux/amd64", "p", entry(A="crash"))
    assert store.all() == {"linux/amd64": {"p": entry(A="skip"), "q": entry(A="fail")}}


def test_results_are_merged(tmp_path: Path) -> None:
    mine, other = Store(tmp_path / "mine.json", "short"), Store(tmp_path / "other.json", "short")
    same = {"binary": "1"}
    for package, ours, theirs in (
        ("gone", None, entry(A="fail") | same),
        ("better", entry(A="fail") | same, entry(A="pass") | same),
        ("worse", entry(A="pass") | same, entry(A="fail") | same),
        ("another", entry(A="fail") | same, entry(A="pass") | {"binary": "2"}),
    ):
        if ours is not None:
            mine.put("linux/amd64", package, ours)
        other.put("linux/amd64", package, theirs)
    assert mine.merge(other) == ["better linux/amd64", "gone linux/amd64"]
    found = {package: entry["tests"]["A"]["result"] for package, entry in mine.all()["linux/amd64"].items()}
    assert found == {"gone": "fail", "better": "pass", "worse": "pass", "another": "fail"}


def test_reasons(tmp_path: Path) -> None:
    reasons = load_reasons(ROOT / "scripts/conformance/reasons.yaml")
    assert all(reason.text for reason in reasons)
    (tmp_path / "r.yaml").write_text("- {package: p, test: [T], reason: x}\n")
    with pytest.raises(SystemExit, match="entry 1: unknown keys test"):
        load_reasons(tmp_path / "r.yaml")


def test_programs_and_verdicts(tmp_path: Path) -> None:
    for name, text in {
        "a.go": "// run\n\npackage main\n",
        "b.go": "// errorcheck\n",
        "c.go": "// run -gcflags=-l\n",
        "d/e.go": "\n//run\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert programs(tmp_path, None, 0) == ["a.go", "d/e.go"]
    (tmp_path / "list").write_text("b.go\nc.go\tx\nnot a program\nd/e.go\na.go\n")
    assert programs(tmp_path, tmp_path / "list", 0) == ["b.go", "c.go", "d/e.go", "a.go"]
    assert programs(tmp_path, tmp_path / "list", 2) == ["b.go", "d/e.go"]
    assert judge(Done(0, b"x"), Done(0, b"x")) == "same"
    assert judge(Done(2, b"goroutine 7 at 0x12"), Done(2, b"goroutine 9 at 0x34")) == "same but for addresses"
    assert judge(Done(0, b"x"), Done(0, b"y")) == "other output"
    assert judge(Done(0, b"x"), Done(2, b"x")) == "status 0, not 2"
    assert judge(Done(None, b""), Done(0, b"")) == "timeout"
