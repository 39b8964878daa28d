# SPDX-License-Identifier: BSD-3-Clause
"""Smoke runs: what is compared, recorded and reported."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.matrix import host_target
from pygo_cross.build.smoke import first_difference

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	switch os.Args[1] {
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "cat":
		data, err := os.ReadFile(os.Args[2])
		fmt.Print(string(data))
		fmt.Fprint(os.Stderr, err)
	case "stdin":
		data, _ := io.ReadAll(os.Stdin)
		fmt.Printf("%q", data)
	case "env":
		fmt.Printf("%s/%s", os.Getenv("GIVEN"), os.Getenv("NOT_GIVEN"))
	case "kill":
		signal.Reset(syscall.SIGTERM)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {}
	case "forever":
		for {
		}
	}
}
"""
GOOD = """
      - {args: [exit, "7"], exit: 7}
      - {args: [cat, data/a.txt], files: [data], stdout: "text\\n", stderr: <nil>}
      - {args: [stdin], stdin: "in\\n", stdout: '"in\\n"'}
      - {args: [env], env: [GIVEN=yes], stdout: yes/}
      - {args: [kill], exit: 143}
"""
NATIVE = pytest.mark.skipif(not host_target().startswith("linux/"), reason="the host is no Linux target")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, cli: Any) -> Path:
    """The program above, built for Linux; tests take copies."""
    folder = tmp_path_factory.mktemp("smoke") / "p"
    (folder / "data").mkdir(parents=True)
    (folder / "data/a.txt").write_text("text\n")
    (folder / "main.go").write_text(PROGRAM)
    (folder / "go.mod").write_text("module p\n\ngo 1.27\n")
    write(folder, GOOD)
    done = cli("build", "--builder", "go", "-q", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def write(folder: Path, runs: str, more: str = "") -> None:
    (folder / "toolchain.yaml").write_text(
        f"version: 1\nproject: p\nbuilds:\n  - targets: [linux/amd64, linux/arm64]\n    ldflags: [-s, -w]\n    smoke:{runs}{more}"
    )


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "p"))


def runs_of(folder: Path, target: str) -> Any:
    record = json.loads((folder / "dist/artifacts.json").read_text())
    return next(item["smoke"] for item in record["artifacts"] if item["target"] == target)


def test_under_emulation(cli: Any, project: Path) -> None:
    before = json.loads((project / "dist/artifacts.json").read_text())
    done = cli("smoke", cwd=project, env={"NOT_GIVEN": "leaked"})
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("ok (emulated)") == 2
    for target in ("linux/amd64", "linux/arm64"):
        runs = runs_of(project, target)
        assert [run["ok"] for run in runs] == [True] * 5
        assert {run["runner"] for run in runs} == {"emulated"}
        assert runs[0].pop("instructions") > 10_000
        made = (project / "dist" / f"p_{target.replace('/', '_')}" / "p").read_bytes()
        assert runs[0].pop("sha256") == hashlib.sha256(made).hexdigest()
        assert runs[0].pop("target") == target and len(runs[0].pop("run")) == 16
        assert runs[0] == {"args": ["exit", "7"], "exit": 7, "ok": True, "runner": "emulated", "stderr": "", "stdout": ""}
        assert (runs[1]["stdout"], runs[4]["exit"]) == ("text\n", 143)
    after = json.loads((project / "dist/artifacts.json").read_text())
    for item in after["artifacts"]:
        item["smoke"] = None
    assert after == before
    first = (project / "dist/artifacts.json").read_bytes()
    assert cli("smoke", "-p", "1", cwd=project).returncode == 0
    assert (project / "dist/artifacts.json").read_bytes() == first


@NATIVE
def test_natively(cli: Any, project: Path) -> None:
    done = cli("smoke", "--runner", "native", "--target", host_target(), "--json", cwd=project, env={"NOT_GIVEN": "leaked"})
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert [run["runner"] for run in result["runs"]] == ["native"] * 5


@pytest.mark.skipif(not shutil.which("qemu-aarch64") and not shutil.which("qemu-aarch64-static"), reason="qemu-user is not installed")
def test_under_qemu(cli: Any, project: Path) -> None:
    assert cli("smoke", "--runner", "qemu", "--target", "linux/arm64", cwd=project).returncode == 0


def test_without_qemu(cli: Any, project: Path) -> None:
    done = cli("smoke", "--runner", "qemu", "--target", "linux/arm64", cwd=project, env={"PATH": "/nowhere"})
    assert done.returncode == 5
    assert "qemu-aarch64 is not installed; install qemu-user" in done.stderr


@NATIVE
@pytest.mark.parametrize(
    ("run", "status", "message"),
    [
        ("{args: [exit, '3']}", 3, "exit status 3, expected 0"),
        ("{args: [exit, '0'], exit: 1}", 3, "exit status 0, expected 1"),
        ("{args: [cat, data/a.txt], files: [data/a.txt], stdout: 'texx'}", 3, "stdout differs: line 1: expected 'texx', found 'text\\n'"),
        ("{args: [cat, nofile], stdout: '', stderr: 'x'}", 3, "stderr differs: line 1: expected 'x', found 'open nofile: no such file"),
        ("{args: [kill]}", 3, "exit status 143, expected 0"),
        ("{args: [forever], timeout: 1}", 124, "stopped after 1 s"),
        ("{args: [cat, x], files: [nofile]}", 2, "nofile is not there"),
    ],
)
def test_failures(run: str, status: int, message: str, cli: Any, project: Path) -> None:
    write(project, f"\n      - {run}\n")
    done = cli("smoke", "--runner", "native", "--target", host_target(), cwd=project)
    assert message in done.stderr
    assert f"toolchain.yaml:7:9: p {host_target()}: " in done.stderr
    assert "1 FAILED" in done.stderr
    assert done.returncode == status
    (entry,) = runs_of(project, host_target())
    assert not entry["ok"] and message in entry["error"]


def test_emulator_limits(cli: Any, project: Path) -> None:
    write(project, "\n      - {args: [forever], timeout: 2}\n")
    done = cli("smoke", "--target", "linux/arm64", cwd=project)
    assert done.returncode == 124
    assert "stopped: " in done.stderr
    write(project, "\n      - {args: [exit, '124'], exit: 124}\n      - {args: [exit, '125'], exit: 125}\n      - {args: [exit, '125']}\n")
    done = cli("smoke", "--target", "linux/arm64", cwd=project)
    assert done.returncode == 3
    assert [run["ok"] for run in runs_of(project, "linux/arm64")] == [True, True, False]
    assert "exit status 125, expected 0" in done.stderr


def test_an_emulator_that_breaks_is_not_a_program_that_fails(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "ctypes.py").write_text("import os, sys\nprint('broken on purpose', file=sys.stderr, flush=True)\nos._exit(1)\n")
    write(project, "\n      - {args: [exit, '1'], exit: 1}\n")
    done = cli("smoke", "--target", "linux/arm64", cwd=project, env={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    assert done.returncode == 5
    assert "the emulator broke, with status 1: broken on purpose" in done.stderr


def test_v3_is_not_emulated(cli: Any, project: Path) -> None:
    config = project / "toolchain.yaml"
    config.write_text(config.read_text().replace("[linux/amd64, linux/arm64]", "[linux_amd64_v3]"))
    (project / "main.go").write_text("package main\n\nfunc main() {}\n")  # each level compiles all that is imported
    assert cli("build", "--builder", "go", "-q", cwd=project).returncode == 0
    assert (project / "dist/p_linux_amd64_v3/p").exists()
    done = cli("smoke", cwd=project)
    assert done.returncode == 5
    assert "linux/amd64: GOAMD64=v3 has instructions that the emulator lacks" in done.stderr


def test_what_was_not_built(cli: Any, project: Path) -> None:
    binary = project / "dist/p_linux_amd64/p"
    binary.write_bytes(binary.read_bytes() + b"x")
    done = cli("smoke", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not the file that was built; build again" in done.stderr
    for damage, message in (
        ("{", "is not a record"),
        ('{"version": 1, "artifacts": [{}], "facts": {}}', "is not a record"),
        (None, "run pygo-cross build first"),
    ):
        path = project / "dist/artifacts.json"
        path.write_text(damage) if damage is not None else os.unlink(path)
        done = cli("smoke", cwd=project)
        assert done.returncode == 2 and message in done.stderr


def test_the_version_is_the_build_s(cli: Any, hello: Path) -> None:
    """Templates in smoke runs see the commit that was built, whatever was committed since."""
    import subprocess

    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v1.0.0"]):
        subprocess.run(["git", *identity, *args], cwd=hello, check=True)
    assert cli("build", "--builder", "go", "-q", "--target", "linux/arm64", cwd=hello).returncode == 0
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "two"], cwd=hello, check=True)
    done = cli("smoke", "--target", "linux/arm64", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert runs_of(hello, "linux/arm64")[2]["stdout"] == "hello 1.0.0 linux/arm64\n"


def test_first_difference() -> None:
    assert first_difference("a\nb\n", "a\nc\n") == "line 2: expected 'b\\n', found 'c\\n'"
    assert first_difference("a\n", "a\nb") == "line 2: expected the end, found 'b'"
    assert first_difference("a\n", "a") == "line 1: expected 'a\\n', found 'a'"
