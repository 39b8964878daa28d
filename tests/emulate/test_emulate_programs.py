# SPDX-License-Identifier: BSD-3-Clause
"""Real Go programs on all four targets; the oracles are a native run and qemu's user emulation, where the machine has them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from binaries import TARGETS

from pygo_cross.emulate import run
from pygo_cross.emulate.machine import amd64, arm64

Build = Callable[[str, str], Path]

ROOT = Path(__file__).parent.parent.parent

on_amd64 = pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the host is not linux/amd64")


def native(*command: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(part) for part in command], input=stdin, capture_output=True, check=False, cwd=cwd, env={"FOO": "bar"})


@pytest.mark.parametrize("target", TARGETS)
def test_hello(build: Build, target: str) -> None:
    result = run(build("hello", target))
    assert (result.status, result.stdout, result.stderr, result.error) == (0, b"hello, world\n", b"", "")
    assert result.target == target
    assert result.missing == {}
    assert result.counters.instructions > 10_000
    assert result.counters.threads >= 3
    assert result.counters.peak_memory > 1 << 20


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_auxiliary_vector_can_be_read(build: Build, arch: str) -> None:
    """golang.org/x/sys/cpu takes the features of an arm64 processor from there."""
    words = {"amd64": (amd64.HWCAP, amd64.HWCAP2), "arm64": (arm64.HWCAP, arm64.HWCAP2)}[arch]
    vector = f"0 <nil>\n6 0x1000\n16 {words[0]:#x}\n26 {words[1]:#x}\n0 0x0\n"
    assert run(build("auxv", f"linux/{arch}")).stdout.decode() == f"{vector}{vector}<nil>\n"


@on_amd64
def test_the_program_is_mapped_as_natively(build: Build) -> None:
    binary = build("maps", "linux/amd64")
    assert run(binary).stdout == native(binary).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_hello_with_debugging_information(goroot: Path, target: str, tmp_path: Path) -> None:
    system, arch = target.split("/")
    out = tmp_path / "hello"
    source = Path(__file__).parent / "testdata/hello.go"
    environment = {**os.environ, "GOOS": system, "GOARCH": arch, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    subprocess.run([str(goroot / "bin/go"), "build", "-o", str(out), str(source)], env=environment, check=True, capture_output=True)
    assert run(out).stdout == b"hello, world\n"


@on_amd64
@pytest.mark.parametrize("target", TARGETS)
def test_many_things_as_native(build: Build, target: str) -> None:
    expected = native(build("many", "linux/amd64"), "x", "y")
    result = run(build("many", target), ["x", "y"], env={"FOO": "bar"})
    assert result.error == ""
    assert result.stdout.decode() == expected.stdout.decode()
    assert (result.status, result.stderr) == (expected.returncode, expected.stderr)
    assert result.missing == {}


@on_amd64
@pytest.mark.parametrize("target", TARGETS)
def test_collector_as_native(build: Build, target: str) -> None:
    expected = native(build("collect", "linux/amd64"))
    result = run(build("collect", target), cpus=4)
    assert (result.status, result.stdout.decode()) == (expected.returncode, expected.stdout.decode())
    assert result.counters.threads > 3


@pytest.mark.skipif(shutil.which("qemu-aarch64-static") is None, reason="qemu-user-static is not installed")
@pytest.mark.parametrize("program", ["many", "collect"])
def test_as_qemu(build: Build, program: str) -> None:
    binary = build(program, "linux/arm64")
    expected = native("qemu-aarch64-static", binary)
    result = run(binary, env={"FOO": "bar"})
    assert (result.status, result.stdout.decode()) == (expected.returncode, expected.stdout.decode())


@on_amd64
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("mode", ["panic", "segv", "exit", "deadlock", "kill", "abort", "stack"])
def test_endings_as_native(build: Build, target: str, mode: str) -> None:
    expected = native(build("many", "linux/amd64"), mode)
    result = run(build("many", target), [mode])
    assert result.error == ""
    # Python tells of a signal by a negative status, a shell by 128 and the number.
    assert result.status == (expected.returncode if expected.returncode >= 0 else 128 - expected.returncode)
    if expected.returncode < 0:
        assert result.signal == -expected.returncode
    if mode not in ("abort", "segv"):
        assert result.stderr.splitlines()[:1] == expected.stderr.splitlines()[:1]
    elif mode == "segv":
        assert result.stderr.startswith(b"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV")


@pytest.mark.parametrize("target", TARGETS)
def test_input_reaches_the_guest(build: Build, target: str) -> None:
    text = os.urandom(100) * 3000
    result = run(build("many", target), ["cat"], stdin=text)
    assert result.stdout == text + f"{len(text)} <nil>\n".encode()


@pytest.mark.parametrize("target", TARGETS)
def test_where_and_what_the_guest_is(build: Build, target: str) -> None:
    binary = build("many", target)
    result = run(binary, ["target"])
    assert result.stdout.decode() == f"{target.replace('/', ' ')}\n/usr/bin/{binary.name} <nil>\n"


@pytest.mark.parametrize("target", TARGETS)
def test_signals_reach_their_handler(build: Build, target: str) -> None:
    assert run(build("many", target), ["usr1"]).stdout == b"user defined signal 1\n" * 3


@pytest.mark.parametrize(
    ("program", "target"),
    [
        ("many", "linux/amd64"), ("collect", "linux/arm64"), ("collect", "darwin/amd64"), ("many", "darwin/arm64"),
        *full.more(
            "each target is there once",
            ("collect", "linux/amd64"), ("many", "linux/arm64"), ("many", "darwin/amd64"), ("collect", "darwin/arm64"),
        ),
    ],
)  # fmt: skip
def test_runs_are_alike(build: Build, program: str, target: str) -> None:
    first, second = (run(build(program, target), seed=5) for _ in range(2))
    assert first.to_json() == second.to_json()


def test_the_seed_changes_random_numbers_and_not_the_date(build: Build) -> None:
    binary = build("many", "linux/arm64")
    one, again, two = (run(binary, ["time"], seed=seed).stdout.split() for seed in (1, 1, 2))
    assert one == again
    assert one[1] != two[1]
    assert one[0][:6] == two[0][:6] == b"170000"


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_the_fallback_of_the_native_hook_counts_alike(build: Build, target: str, tmp_path: Path) -> None:
    counters = []
    for extra in ({}, {"PYGO_CROSS_EMULATE_NO_NATIVE": "1"}):
        report = tmp_path / "report.json"
        command = [sys.executable, "-m", "pygo_cross.emulate", "--json", str(report), str(build("hello", target))]
        subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT), **extra}, check=True, capture_output=True)
        counters.append(json.loads(report.read_text())["counters"])
    assert counters[0] == counters[1]


BAD = 'package main\nimport "fmt"\nfunc main(){fmt.Println( "x" )\n}\n'


@on_amd64
@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64", *full.more("each system is there", "linux/arm64", "darwin/amd64")])
def test_gofmt_as_native(build: Build, target: str, tmp_path: Path, goroot: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.go").write_text(BAD)
    (tmp_path / "broken.go").write_text("package main\nfunc {\n")
    shutil.copy(goroot / "src/sort/sort.go", tmp_path / "good.go")
    binary = build("cmd/gofmt", target)
    for arguments in (["-l", "."], ["-d", "sub/bad.go"], ["-s", "good.go"], ["sub/bad.go", "missing.go"], ["broken.go"]):
        expected = native(build("cmd/gofmt", "linux/amd64"), *arguments, cwd=tmp_path)
        result = run(binary, arguments, mounts=[(str(tmp_path), "/work")], cwd="/work")
        assert result.error == ""
        assert (result.status, result.stdout, result.stderr) == (expected.returncode, expected.stdout, expected.stderr)


@pytest.mark.parametrize("target", TARGETS)
def test_mounts_show_what_was_mounted_only(build: Build, target: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.txt").write_text("A")
    (tmp_path / "secret").write_text("S")
    (inside / "out").symlink_to("../secret")
    (inside / "abs").symlink_to(tmp_path / "secret")
    (inside / "in").symlink_to("a.txt")
    binary = build("many", target)
    result = run(binary, ["ls", "/m", "/m/out", "/m/abs", "/m/in", "/m/../etc/hostname"], mounts=[f"{inside}:/m"])
    lines = result.stdout.decode().splitlines()
    assert lines[0] == "[- a.txt L abs L in L out] <nil>"
    assert lines[1] == "true", "a mount can be written"
    assert lines[3].startswith('"" ') and lines[6].startswith('"" ')
    assert lines[9] == '"A" <nil>'
    assert b"S" not in result.stdout.replace(b"SS", b"")
    assert (inside / "a.txt").read_text() == "A" and sorted(os.listdir(inside)) == ["a.txt", "abs", "in", "out"]
