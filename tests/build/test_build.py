# SPDX-License-Identifier: BSD-3-Clause
"""Builds with stock Go from end to end: the matrix, its records, what fails and what an interrupt leaves."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.builders import quote_words
from pygo_cross.build.files import place, write_whole
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.matrix import host_target
from pygo_cross.diag import UserError

ROOT = Path(__file__).parent.parent.parent
GO = str(find_goroot() / "bin/go")
LINUX = ("linux/amd64", "linux/arm64")


def stock(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The go command itself, in the environment that builds get."""
    settings = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOROOT": str(find_goroot()), **env}
    return subprocess.run([GO, *args], cwd=cwd, env=settings, capture_output=True, text=True, check=False)


def record(folder: Path) -> Any:
    return json.loads((folder / "dist/artifacts.json").read_text())


def tree(folder: Path) -> dict[str, str]:
    """The sums of all files but the page, which has times."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "report.html"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_matrix(cli: Any, hello: Path) -> None:
    done = cli("build", "--builder", "go", "--json", cwd=hello)
    assert done.returncode == 0, done.stderr
    artifacts = record(hello)["artifacts"]
    assert json.loads(done.stdout) == artifacts
    assert artifacts.pop()["type"] == "Checksum"
    assert [item["target"] for item in artifacts] == ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"]
    sums = ""
    for item in artifacts:
        data = (hello / "dist" / item["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (item["size"], item["sha256"])
        assert os.access(hello / "dist" / item["path"], os.X_OK)
        assert item["stages"] == {"compile": "go1.27.3", "assemble": "go1.27.3", "link": "go1.27.3"}
        sums += f"{item['sha256']}  {item['path']}\n"
        info = stock("version", "-m", str(hello / "dist" / item["path"]), cwd=hello).stdout
        goos, goarch = item["target"].split("/")
        assert f"GOOS={goos}" in info and f"GOARCH={goarch}" in info and "-trimpath=true" in info
    assert (hello / "dist/hello_0.0.0-SNAPSHOT-none_checksums.txt").read_text() == sums
    left = {path.name for path in (hello / "dist").iterdir()}
    assert left == {
        ".gitignore", "artifacts.json", "report.html", "hello_0.0.0-SNAPSHOT-none_checksums.txt",
        "hello_darwin_amd64", "hello_darwin_arm64", "hello_linux_amd64", "hello_linux_arm64",
    }  # fmt: skip


def test_the_same_bytes_however_it_runs(cli: Any, hello: Path) -> None:
    trees = []
    for workers, seed in (("1", "1"), ("4", "2")):
        done = cli("build", "--builder", "go", "-p", workers, "--clean", "-q", cwd=hello, env={"PYTHONHASHSEED": seed})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        trees.append(tree(hello / "dist"))
    assert trees[0] == trees[1]


@pytest.mark.parametrize(("target", "flags"), [("linux/arm64", ["-trimpath"]), ("linux/amd64", [])])
def test_one_program_is_what_go_build_makes(cli: Any, hello: Path, tmp_path: Path, target: str, flags: list[str]) -> None:
    goos, goarch = target.split("/")
    assert stock("build", *flags, "-o", str(tmp_path / "stock"), ".", cwd=hello, GOOS=goos, GOARCH=goarch).returncode == 0
    ours = tmp_path / "ours"
    done = cli("build", "--builder", "go", *flags, "-o", ours, "--target", target, ".", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert ours.read_bytes() == (tmp_path / "stock").read_bytes()
    assert not (hello / "dist").exists()


def test_where_one_program_goes(cli: Any, hello: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for args, env, made in (
        (["."], {}, hello / "hello"),
        (["-o", "bin/", "main.go"], {}, hello / "bin/main"),
        (["-o", str(tmp_path / "out"), "."], {"GOOS": "linux", "GOARCH": "arm64"}, tmp_path / "out/hello"),
    ):
        done = cli("build", "--builder", "go", "-q", "-trimpath", *args, cwd=hello, env=env)
        assert done.returncode == 0, done.stderr
        assert made.read_bytes()[:4] in (b"\x7fELF", b"\xcf\xfa\xed\xfe")
    assert (tmp_path / "out/hello").read_bytes()[18:20] == b"\xb7\0"  # e_machine: AArch64, as GOARCH said


def test_flags_reach_the_go_command(cli: Any, hello: Path) -> None:
    done = cli("build", "--builder", "go", "-ldflags", "-s -X main.version=v9", "-tags=a,b", "-o", "x", ".", cwd=hello)
    assert done.returncode == 0, done.stderr
    info = stock("version", "-m", str(hello / "x"), cwd=hello).stdout
    assert '-ldflags="-s -X main.version=v9"' in info and "-tags=a,b" in info
    if host_target() in LINUX:
        assert "hello v9 " in subprocess.run([hello / "x", "-version"], capture_output=True, text=True, check=True).stdout


def test_errors_in_go_are_stock_go_s(cli: Any, hello: Path) -> None:
    (hello / "greet/greet.go").write_text("package greet\n\nfunc Greet(name string) (string, error) { return nmae, nil }\n")
    (hello / "bad.go").write_text("package main\nfunc f() { var x int }\n")
    expected = stock("build", "-o", os.devnull, ".", cwd=hello)
    assert expected.returncode == 1
    done = cli("build", "--builder", "go", "-q", "-o", "x", ".", cwd=hello)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == expected.stderr.splitlines()
    assert not (hello / "x").exists()

    done = cli("build", "--builder", "go", "--progress", "none", cwd=hello)
    assert done.returncode == 1
    assert done.stderr.count("undefined: nmae") == 1  # said once, for all targets
    assert "hello darwin/amd64, hello darwin/arm64, hello linux/amd64, hello linux/arm64 did not build:" in done.stderr
    assert {path.name for path in (hello / "dist").iterdir()} == {".gitignore"}


def test_a_failure_on_one_target_leaves_no_record(cli: Any, hello: Path) -> None:
    assert cli("build", "--builder", "go", "-q", cwd=hello).returncode == 0
    (hello / "only_linux.go").write_text("//go:build linux && arm64\n\npackage main\n\nvar _ = undefinedThere\n")
    done = cli("build", "--builder", "go", "--progress", "plain", cwd=hello)
    assert done.returncode == 1
    assert "hello linux/arm64 did not build:" in done.stderr and "undefined: undefinedThere" in done.stderr
    assert "build hello linux/amd64: " in done.stderr and "build hello linux/arm64: failed" in done.stderr
    assert not (hello / "dist/artifacts.json").exists()
    assert not list((hello / "dist").glob("*checksums*"))
    assert cli("smoke", cwd=hello).returncode == 2


@pytest.mark.parametrize(
    ("args", "env", "status", "message"),
    [
        (["./nowhere"], {}, 1, "directory not found"),
        (["./greet"], {}, 1, "no main packages to build"),
        (["-race", "."], {}, 2, "-race is not supported: the race detector needs cgo"),
        (["-buildmode=plugin", "."], {}, 2, "-buildmode=plugin is not supported"),
        (["-buildmode", "c-archive", "."], {}, 2, "-buildmode=c-archive is not supported"),
        (["."], {"GOFLAGS": "-race"}, 2, "GOFLAGS: -race is not supported"),
        (["."], {"CGO_ENABLED": "1"}, 2, "CGO_ENABLED=1: cgo is not supported"),
        (["."], {"GOROOT": "/usr"}, 2, "GOROOT=/usr is not a Go tree; Go 1.27.3 is needed; unset GOROOT"),
        (["."], {"GOOS": "windows"}, 2, "windows/"),
        (["--target", "linux/riscv64", "."], {}, 2, "unknown target linux/riscv64"),
        (["--clean", "."], {}, 2, "--clean is for builds of a configuration"),
        (["-ldflags=-s"], {}, 2, "-ldflags is for builds without a configuration"),
        (["-f", "gone.yaml"], {}, 2, "gone.yaml: there is no such file"),
        (["--id", "gone"], {}, 2, "no build is called gone"),
        (["--nonsense"], {}, 2, "unrecognized arguments: --nonsense"),
        (["-p", "0"], {}, 2, "expected a number from 1 to 1024"),
    ],
)
def test_mistakes(args: list[str], env: dict[str, str], status: int, message: str, cli: Any, hello: Path) -> None:
    done = cli("build", "--builder", "go", *args, cwd=hello, env=env)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert not (hello / "dist").exists() and not (hello / "hello").exists()


def test_another_release_is_refused(cli: Any, hello: Path, tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("go1.26.0\ntime x\n")
    done = cli("build", ".", cwd=hello, env={"GOROOT": str(tmp_path)})
    assert done.returncode == 2
    assert f"GOROOT={tmp_path} is go1.26.0; Go 1.27.3 is needed" in done.stderr


def test_a_project_for_a_later_release_is_refused_by_stock_go_s_words(cli: Any, hello: Path) -> None:
    (hello / "go.mod").write_text("module example.com/hello\n\ngo 1.99\n")
    done = cli("build", "--builder", "go", ".", cwd=hello)
    assert done.returncode == 1
    assert "requires go >= 1.99 (running go 1.27.3; GOTOOLCHAIN=local)" in done.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("env: [GOOS=plan9]", "env sets GOOS=plan9 for a GOOS=darwin target; pick targets with targets"),
        ("env: [GOROOT=/x]", "env can't set GOROOT; set it outside"),
        ("env: [CGO_ENABLED=1]", "CGO_ENABLED=1: cgo is not supported"),
        ("main: '{{ .Env.EVIL }}'", "toolchain.yaml:4:11: main: expected a package, found '-o=/x'"),
        ("dir: gone", "gone is not a folder; correct dir"),
        ("binary: '{{ .Env.EVIL }}'", "toolchain.yaml:4:13: binary: '-o=/x' can't be a file's name"),
        ("dir: '{{ .Env.NONE }}'", "toolchain.yaml:4:10: the environment variable NONE is not set"),
    ],
)
def test_mistakes_that_show_late(line: str, message: str, cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").write_text(f"version: 1\nproject: p\nbuilds:\n  - {line}\n")
    done = cli("build", "--builder", "go", "--progress", "none", cwd=hello, env={"EVIL": "-o=/x", "NONE": None})
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (hello / "dist/artifacts.json").exists()


def test_variables_of_the_build_s_env_reach_the_go_command(cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").write_text("version: 1\nproject: p\nbuilds:\n  - {targets: [linux/amd64], env: [GOFLAGS=-tags=from_env]}\n")
    assert cli("build", "--builder", "go", "-q", cwd=hello).returncode == 0
    assert "-tags=from_env" in stock("version", "-m", "dist/p_linux_amd64/p", cwd=hello).stdout


def test_the_plan(cli: Any, hello: Path) -> None:
    done = cli("build", "--builder", "go", "--print", "--json", cwd=hello)
    plan = json.loads(done.stdout)
    assert plan.pop()["type"] == "Checksum"
    assert [entry["target"] for entry in plan] == ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"]
    assert plan[0]["command"][1] == "build" and "-ldflags=-w -X main.version=0.0.0-SNAPSHOT-none-mac" in plan[0]["command"]
    assert "smoke (emulated): -name Ada" in cli("build", "--builder", "go", "--print", cwd=hello).stdout
    assert not (hello / "dist").exists()


def test_a_file_in_the_way(cli: Any, hello: Path) -> None:
    (hello / "dist").write_text("mine")
    for args in ([], ["--clean"]):
        done = cli("build", "--builder", "go", *args, "--progress", "none", cwd=hello)
        assert done.returncode in (1, 2)
        assert len(done.stderr.splitlines()) == 1 and "dist" in done.stderr, done.stderr
    assert (hello / "dist").read_text() == "mine"


def test_clean_removes_only_what_is_ours(cli: Any, hello: Path) -> None:
    (hello / "dist").mkdir()
    (hello / "dist/precious").write_text("mine")
    done = cli("build", "--builder", "go", "--clean", cwd=hello)
    assert done.returncode == 2
    assert (hello / "dist/precious").exists()
    assert cli("build", "--builder", "go", "-q", "--target", "linux/amd64", cwd=hello).returncode == 0
    assert cli("build", "--builder", "go", "-q", "--clean", "--target", "linux/arm64", cwd=hello).returncode == 0
    assert not (hello / "dist/precious").exists() and not (hello / "dist/hello_linux_amd64").exists()


def test_dist_does_not_dirty_the_version_stamp(cli: Any, hello: Path) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", *identity, *args], cwd=hello, check=True)
    for _ in range(2):
        assert cli("build", "--builder", "go", "-q", "--target", "linux/amd64", cwd=hello).returncode == 0
        info = stock("version", "-m", "dist/hello_linux_amd64/hello", cwd=hello).stdout
        assert "vcs.modified=false" in info


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_everything(number: signal.Signals, hello: Path, tmp_path: Path) -> None:
    text = (hello / "toolchain.yaml").read_text()
    (hello / "toolchain.yaml").write_text(text.replace("  - main: .", "  - main: .\n    flags: [-a]"))  # -a: everything is compiled again
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "pygo_cross", "build", "--builder", "go", "-p", "2", "--progress", "plain"],
        cwd=hello,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not [*(hello / "dist").glob(".pygo-cross-*/*/work/go-build*/b*")]:  # until the go commands are at work
        assert child.poll() is None, child.communicate()
        time.sleep(0.02)
    child.send_signal(number)
    _, stderr = child.communicate()
    assert child.returncode == 128 + number
    assert "pygo-cross: stopped" in stderr and "Traceback" not in stderr
    assert {path.name for path in (hello / "dist").iterdir()} <= {".gitignore"}
    assert list(scratch.iterdir()) == []
    assert str(hello) not in running_commands()


def running_commands() -> str:
    """The command lines of every process, where the system shows them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_text("old")
    (tmp_path / "made").write_text("new")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    for attempt in (lambda: write_whole(tmp_path / "f", b"new"), lambda: place(tmp_path / "made", tmp_path / "f")):
        with pytest.raises(UserError, match="can't be written: No space left on device") as caught:
            attempt()
        assert caught.value.status == 1
        assert (tmp_path / "f").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} <= {"f", "made"}


def test_words_are_quoted_as_the_go_command_splits_them() -> None:
    assert quote_words("sh", "/a b/c", "/it's/python") == "sh '/a b/c' \"/it's/python\""
    with pytest.raises(UserError, match="both kinds of quotes"):
        quote_words("""/a'b"c""")
