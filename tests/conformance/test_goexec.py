# SPDX-License-Identifier: BSD-3-Clause
"""`go test` and `go run` for another system, with nothing but our programs in PATH."""

from __future__ import annotations

import json
import os
import platform
import shlex
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import full
import pytest

from pygo_cross.emulate import goexec

ROOT = Path(__file__).parent.parent.parent

MODULE = {
    "go.mod": "module example.com/m\n\ngo 1.27\n",
    "main.go": """package main

import (
	"bufio"
	"fmt"
	"os"

	"example.com/m/double"
)

func main() {
	line, _ := bufio.NewReader(os.Stdin).ReadString('\\n')
	fmt.Print(double.Double(21), os.Args[1:], line)
	os.Exit(3)
}
""",
    "double/double.go": """package double

// Double returns twice x.
func Double(x int) int {
	if x == 0 {
		return 0
	}
	return 2 * x
}
""",
    "double/testdata/in.txt": "hello\n",
    "double/double_test.go": """package double

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestSees(t *testing.T) {
	data, err := os.ReadFile("testdata/in.txt")
	if err != nil || string(data) != "hello\\n" {
		t.Error(string(data), err)
	}
	if _, err := os.Stat("../go.mod"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("../../beside"); err == nil {
		t.Error("it sees what lies beside the module")
	}
	if err := os.WriteFile("testdata/new", nil, 0o666); err == nil {
		t.Error("it writes into the module")
	}
	if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), data, 0o666); err != nil {
		t.Error(err)
	}
	if os.Getenv("SECRET") != "" {
		t.Error("it sees the host's environment")
	}
	if _, err := os.Stat(filepath.Join(runtime.GOROOT(), "src/fmt/print.go")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(runtime.GOROOT(), "bin/go")); err == nil {
		t.Error("it sees the go command")
	}
	if wd, _ := os.Getwd(); wd != os.Getenv("PWD") {
		t.Error(wd)
	}
	fmt.Println("ran on", runtime.GOOS, runtime.GOARCH)
}

func TestDouble(t *testing.T) {
	if Double(2) != 4 {
		t.Error(Double(2))
	}
}

func TestFails(t *testing.T) {
	if os.Getenv("GODEBUG") != "" {
		t.Error("as it was told to")
	}
}

func ExampleDouble() {
	fmt.Println(Double(4))
	// Output: 8
}
""",
}

Go = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def go(goroot: Path, tmp_path: Path) -> Go:
    """`go(*args, target=, **environment)` in the module, whose PATH holds the programs as pyproject.toml has them installed."""
    (tmp_path / "beside").write_text("")
    for name, text in MODULE.items():
        path = tmp_path / "m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("runtime.GOROOT()", json.dumps(str(goroot))))  # built with -trimpath, it does not know
    binaries = tmp_path / "bin"
    binaries.mkdir()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for name, entry in scripts.items():
        if name.startswith("go_"):
            module, _, function = entry.partition(":")
            program = binaries / name
            program.write_text(f"#!{sys.executable} -P\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(*args: str, target: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        system, _, arch = target.partition("/")
        env = {key: value for key, value in os.environ.items() if not key.startswith("GO") or key in ("GOCACHE", "GOPATH")}
        env |= {"GOOS": system, "GOARCH": arch, "GOTOOLCHAIN": "local", "PATH": f"{binaries}:{goroot}/bin:{os.environ['PATH']}"}
        env |= {"GOFLAGS": "-trimpath", "PYTHONPATH": str(ROOT), "SECRET": "secret", **environment}
        return subprocess.run(["go", *args], cwd=tmp_path / "m", env=env, input=stdin, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("target", ["darwin/arm64", *full.more("the other program is as this", "linux/arm64")])
def test_go_test(target: str, go: Go) -> None:
    done = go("test", "-v", "./double", target=target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ran on {target.replace('/', ' ')}\n" in done.stdout
    assert "--- PASS: ExampleDouble" in done.stdout


def test_a_failing_test_fails(go: Go) -> None:
    done = go("test", "./...", target="darwin/arm64", GODEBUG="asyncpreemptoff=0")
    assert done.returncode == 1
    assert "as it was told to" in done.stdout
    assert "FAIL\texample.com/m/double" in done.stdout


def test_a_panic_fails(go: Go, tmp_path: Path) -> None:
    (tmp_path / "m/double/panic_test.go").write_text('package double\n\nimport "testing"\n\nfunc TestPanic(t *testing.T) { panic("oh") }\n')
    done = go("test", "-run", "TestPanic", "./double", target="darwin/arm64")
    assert done.returncode == 1
    assert "panic: oh" in done.stdout
    assert "panic_test.go:5" in done.stdout


def test_profiles_come_back(go: Go, tmp_path: Path) -> None:
    done = go("test", "-run=Double", "-coverprofile=c.out", "-memprofile=mem.out", "./double", target="darwin/arm64")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "coverage: 66.7% of statements" in done.stdout
    assert (tmp_path / "m/mem.out").read_bytes()[:2] == b"\x1f\x8b"
    # The go command runs what is for the host itself.
    native = f"linux/{'arm64' if platform.machine() == 'aarch64' else 'amd64'}"
    go("test", "-run=Double", "-coverprofile=native.out", "./double", target=native)
    assert (tmp_path / "m/c.out").read_text() == (tmp_path / "m/native.out").read_text()


def test_go_run(go: Go) -> None:
    done = go("run", ".", "a", "b", target="darwin/arm64", stdin="line\n")
    assert done.stdout == "42 [a b]line\n"
    assert (done.returncode, done.stderr) == (1, "exit status 3\n")


def test_flags_from_the_environment(go: Go) -> None:
    done = go("test", "-run=TestSees", "./double", target="darwin/arm64", PYGO_CROSS_EXEC_FLAGS="--env SECRET")
    assert "it sees the host's environment" in done.stdout
    done = go("test", "-run=TestSees", "./double", target="darwin/arm64", PYGO_CROSS_EXEC_FLAGS="--env 'x")
    assert "go_darwin_arm64_exec: PYGO_CROSS_EXEC_FLAGS: No closing quotation" in done.stdout
    assert done.returncode == 1


def test_without_a_binary() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pygo_cross.emulate.goexec"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (125, "")
    assert "usage:" in done.stderr


def test_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "home/module"
    (module / "a/b").mkdir(parents=True)
    (module / "go.mod").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert goexec.shown_directory(str(module / "a/b")) == str(module)
    assert goexec.shown_directory(str(module)) == str(module)
    assert goexec.shown_directory(str(tmp_path)) == str(tmp_path)
    assert goexec.shown_directory(str(tmp_path / "home")) == ""
    assert goexec.shown_directory("/") == ""


def test_the_directory_has_the_callers_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    for named, expected in ((tmp_path / "link", "link"), (tmp_path, "real"), ("real", "real"), ("/nowhere", "real"), ("", "real")):
        monkeypatch.setenv("PWD", str(named))
        assert goexec.current_directory() == str(tmp_path / expected)


@pytest.mark.parametrize(
    ("args", "files", "folders"),
    [
        ("-test.v=true -test.timeout=10m0s", [], []),
        ("-test.outputdir=/o -test.cpuprofile=cpu.out -test.coverprofile=/t/_cover_.out", ["/o/cpu.out", "/t/_cover_.out"], []),
        ("--test.trace=t.out -test.gocoverdir=/t/cov", ["/c/t.out"], ["/t/cov"]),
        ("-test.testlogfile=/t/log -own=1 rest -test.cpuprofile=x", ["/t/log"], []),
        ("-- -test.cpuprofile=x", [], []),
    ],
)
def test_what_the_go_command_reads_back(args: str, files: list[str], folders: list[str]) -> None:
    assert goexec.written_paths(shlex.split(args), "/c") == (files, folders)
