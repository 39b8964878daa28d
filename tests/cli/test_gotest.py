# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross test`: go test on every target, with go test's own results."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.gotest import TargetTests, command_of, read_events
from pygo_cross.build.matrix import host_target
from pygo_cross.cli.options import parser
from pygo_cross.cli.test import apart

CODE = """package x

import (
	"runtime"
	"testing"
)

func TestGood(t *testing.T) {}

func TestArch(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Error("not here")
	}
}

func TestSkipped(t *testing.T) { t.Skip() }
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module example.com/x\n\ngo 1.27\n")
    (tmp_path / "x.go").write_text("package x\n")
    (tmp_path / "x_test.go").write_text(CODE)
    return tmp_path


def rows(text: str) -> dict[str, list[str]]:
    lines = text.splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("TARGET "))
    return {words[0]: words for words in (line.split() for line in lines[head + 2 :])}


def test_results_of_each_target(cli: Any, module: Path) -> None:
    done = cli("test", "-trimpath", "--target", "linux/*", "--target", "darwin/arm64", "-count=1", "./...", cwd=module)
    assert done.returncode == 1 and done.stdout == ""
    table = rows(done.stderr)
    assert set(table) == {"linux/amd64", "linux/arm64", "darwin/arm64"}
    for target, words in table.items():
        wrong = target.startswith("darwin")
        assert words[1] == ("natively" if target == host_target() else "emulated")
        assert words[2:6] == ["1", "1" if wrong else "2", "1" if wrong else "0", "1"]
        assert words[-1] == ("FAILED" if wrong else "ok")
    assert "x_test.go:12: not here" in done.stderr and done.stderr.count("not here") == 1
    done = cli("test", "-trimpath", "--target=linux/*", "-run", "TestGood", cwd=module)
    assert done.returncode == 0 and {words[3] for words in rows(done.stderr).values()} == {"1"}


def test_events(cli: Any, module: Path) -> None:
    done = cli("test", "-trimpath", "--target", "linux/arm64", "--json", "--quiet", cwd=module)
    assert done.returncode == 0 and done.stderr == ""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["Target"] for event in events} == {"linux/arm64"}
    assert ("pass", "TestGood") in {(event["Action"], event.get("Test")) for event in events}


def test_what_is_not_there_or_does_not_build(cli: Any, module: Path) -> None:
    done = cli("test", "-trimpath", "--target", "linux/amd64", "./nowhere", cwd=module)
    assert done.returncode == 1 and "nowhere" in done.stderr and rows(done.stderr)["linux/amd64"][-1] == "FAILED"
    (module / "x.go").write_text("package x\n\nvar a int = nope\n")
    done = cli("test", "-trimpath", "--target", "linux/amd64", cwd=module)
    assert done.returncode == 1 and "undefined: nope" in done.stderr
    assert cli("test", "-trimpath", "--target", "plan9/386", cwd=module).returncode == 2
    done = cli("test", "-race", cwd=module)
    assert done.returncode == 2 and "-race is not supported" in done.stderr


def test_targets_are_the_configuration_s(cli: Any, module: Path) -> None:
    (module / "toolchain.yaml").write_text("version: 1\nproject: x\nbuilds: [{main: ., targets: [linux/arm64]}]\n")
    assert list(rows(cli("test", "-trimpath", cwd=module).stderr)) == ["linux/arm64"]
    assert list(rows(cli("test", "-trimpath", "--emulated", "--target", host_target(), cwd=module).stderr)) == [host_target()]


def test_with_our_linker(cli: Any, module: Path) -> None:
    done = cli("test", "-trimpath", "--builder", "pygo", "--target", "linux/amd64", "-run", "Good", cwd=module)
    assert done.returncode == 0, done.stderr


def test_whose_flag_is_whose() -> None:
    made = parser("test", "", "")
    made.add_argument("--target", action="append")
    made.add_argument("--json", action="store_true")
    for argv, own, rest in (
        ([], [], []),
        (["-failfast", "-v", "-run", "X", "./..."], [], ["-failfast", "-v", "-run", "X", "./..."]),
        (["--target", "linux/*", "a", "--target=b", "--json"], ["--target", "linux/*", "--target=b", "--json"], ["a"]),
        (["-json", "--run=X"], [], ["-json", "--run=X"]),
        (["p", "-args", "--json", "--target", "x"], [], ["p", "-args", "--json", "--target", "x"]),
        (["--target"], ["--target"], []),
        (["-h"], ["--help"], []),
    ):
        assert apart(made, argv) == (own, rest)
    with pytest.raises(SystemExit):
        made.parse_args(["--target"])
    assert isinstance(made, argparse.ArgumentParser)


def test_commands() -> None:
    emulated, _ = command_of(TargetTests("darwin/arm64", "v8.0", True), ["-v"], "go")
    assert any(word.startswith("-exec=") and "goexec" in word for word in emulated) and emulated[-1] == "-v"
    own, _ = command_of(TargetTests("darwin/arm64", "v8.0", True), ["-exec", "true"], "go")
    assert not any(word.startswith("-exec=") for word in own)
    native, env = command_of(TargetTests("linux/amd64", "v1", False), [], "pygo")
    assert any(word.startswith("-toolexec=") for word in native) and env["GOOS"] == "linux" and env["CGO_ENABLED"] == "0"


def test_stray_output() -> None:
    tested = TargetTests("linux/amd64", "v1", False, status=1)
    read_events(tested, 'panic: no\n{"Action": 3}\n[1]\n{"Action":"fail","Package":"p"}\n{"Action":"pass","Package":"p","Test":"T"}\n')
    assert tested.packages == {"p": "fail"} and tested.tests["pass"] == 1
    assert tested.failures[:3] == ["panic: no", '{"Action": 3}', "[1]"]
