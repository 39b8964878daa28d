# SPDX-License-Identifier: BSD-3-Clause
"""Limits, statuses and the command line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from binaries import AMD64_EXIT, ARM64_EXIT, TARGETS, arm64, elf

from pygo_cross.emulate import Limits, run

Build = Callable[[str, str], Path]

ROOT = Path(__file__).parent.parent.parent

LOOP = elf("arm64", arm64(0x14000000))  # b .


def command(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pygo_cross.emulate", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FROM_HOST": "yes"},
    )


@pytest.mark.parametrize(("limits", "code"), [(Limits(instructions=100_000), "limit-instructions"), (Limits(seconds=0.2), "limit-seconds")])
def test_a_loop_ends_at_a_limit(limits: Limits, code: str) -> None:
    result = run(LOOP, limits=limits)
    assert (result.status, result.error_code) == (124, code)


def test_instructions_are_counted_exactly() -> None:
    result = run(elf("arm64", arm64(*[0xD503201F] * 50) + arm64(0xD2800000) + ARM64_EXIT))
    assert (result.status, result.counters.instructions) == (0, 53)


def test_output_is_limited(build: Build) -> None:
    result = run(build("many", "linux/amd64"), ["cat"], stdin=b"x" * 100_000, limits=Limits(output=1000))
    assert (result.status, result.error_code, result.stdout) == (124, "limit-output", b"x" * 1000)


def test_memory_is_limited(build: Build) -> None:
    result = run(build("many", "linux/arm64"), limits=Limits(memory=30 << 20))
    assert result.status in (2, 124)
    assert result.counters.peak_memory <= 30 << 20
    assert result.stdout == b""


@pytest.mark.parametrize("target", TARGETS)
def test_what_can_only_be_read_needs_no_memory(build: Build, target: str) -> None:
    """Address space that is mapped for reading alone reads as zeros and does not count, until it is made writable."""
    result = run(build("reserve", target), limits=Limits(memory=200 << 20))
    assert (result.status, result.stdout) == (2, b"0 0\n<nil> 7 0\n<nil> <nil>\ncannot allocate memory\n"), result.stderr
    assert result.counters.peak_memory <= 200 << 20


def test_a_binary_that_is_too_large_for_memory() -> None:
    result = run(elf("amd64", AMD64_EXIT, size=1 << 40))
    assert (result.status, result.error_code) == (124, "limit-memory")


def test_threads_are_limited(build: Build) -> None:
    result = run(build("many", "darwin/arm64"), limits=Limits(threads=2))
    assert (result.status, result.error_code) == (124, "limit-threads")


def test_what_cannot_be_run(tmp_path: Path) -> None:
    missing = run(tmp_path / "nothing")
    assert (missing.status, missing.error_code) == (127, "not-found")
    assert run(b"").status == 126
    assert run(b"#!/bin/sh\n").status == 126
    assert run("nul\0name").status == 127
    assert run(elf("amd64", AMD64_EXIT), mounts=[str(tmp_path / "nothing")]).status == 127
    assert run(elf("amd64", AMD64_EXIT), mounts=[f"{tmp_path}:relative"]).status == 127
    assert run(elf("amd64", AMD64_EXIT), cwd="/nowhere").status == 127


def _header(**values: int) -> bytes:
    """The ELF header of `elf()`, changed."""
    layout = {"class": (4, 1), "order": (5, 1), "system": (7, 1), "type": (16, 2), "machine": (18, 2)}
    data = bytearray(elf("amd64", AMD64_EXIT))
    for name, value in values.items():
        start, size = layout[name]
        data[start : start + size] = value.to_bytes(size, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the file is empty"),
        (b"#!/bin/sh\necho\n", "a script for /bin/sh"),
        (b"#!", "a script for no interpreter"),
        (b"package main\n", "not an ELF or Mach-O executable; what can be run is linux and darwin on amd64 and arm64"),
        (b"MZ" + bytes(200), "a Windows executable"),
        (b"\0asm\1\0\0\0", "a WebAssembly module"),
        (b"!<arch>\n", "an archive of object files"),
        (b"\x1f\x8b\x08", "a gzip archive; unpack it first"),
        (_header(**{"class": 1, "machine": 3}), "32-bit ELF for 386"),
        (_header(**{"class": 1, "machine": 40}), "32-bit ELF for arm"),
        (_header(order=2, type=0x0200, machine=0x1600), "big-endian ELF for s390x"),
        (_header(machine=243), "ELF for riscv"),
        (_header(machine=9999), "ELF for machine 9999"),
        (_header(system=9), "ELF for freebsd"),
        (_header(type=1), "an object file, not an executable"),
        (_header(type=4), "a core file, not an executable"),
        (b"\xce\xfa\xed\xfe\7\0\0\0", "Mach-O for 386"),
        (b"\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0\6\0\0\0" + bytes(16), "a dynamic library, not an executable"),
    ],
)
def test_files_of_other_kinds_are_named(data: bytes, expected: str) -> None:
    result = run(data)
    assert result.status == 126 and expected in result.error, result.error


def test_what_is_not_a_file(tmp_path: Path) -> None:
    directory = run(tmp_path)
    assert (directory.status, directory.error) == (126, "it is a directory; give an executable file")
    os.mkfifo(tmp_path / "fifo")
    assert run(tmp_path / "fifo").status == 126
    assert run("/dev/zero").status == 126
    assert command(tmp_path).returncode == 126


@pytest.mark.parametrize(
    ("target", "changed", "expected"),
    [
        # As long as before: what the go command calls a file given by its name is shorter.
        ("linux/amd64", ("arguments", "argum", "linux", "dragonfly"), (126, "wrong-system", "a Go binary for dragonfly")),
        ("linux/amd64", ("GOAMD64=v1", "GOAMD64=v3"), (125, "goamd64", "GOAMD64=v3")),
        ("darwin/amd64", ("GOAMD64=v1", "GOAMD64=v4"), (125, "goamd64", "build it with GOAMD64=v1 or v2")),
    ],
)
def test_what_the_build_information_says(build: Build, target: str, changed: tuple[str, ...], expected: tuple[int, str, str]) -> None:
    def change(found: re.Match[bytes]) -> bytes:
        text = found[0].decode()
        for old, new in zip(changed[::2], changed[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        assert len(text) == len(found[0])
        return text.encode()

    data, count = re.subn(rb"path\tcommand-line-arguments\n(build\t.*\n)+", change, build("hello", target).read_bytes())
    assert count
    result = run(data)
    assert (result.status, result.error_code, result.counters.instructions) == (*expected[:2], 0)
    assert expected[2] in result.error


@pytest.mark.full("four levels and systems are compiled; test_what_the_build_information_says")
def test_other_go_targets_are_refused(goroot: Path, tmp_path: Path) -> None:
    def make(name: str, *flags: str, **settings: str) -> Path:
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOARCH": "amd64", **settings}
        source = Path(__file__).parent / "testdata/hello.go"
        built = [str(goroot / "bin/go"), "build", "-trimpath", *flags, "-o", str(tmp_path / name), str(source)]
        subprocess.run(built, env=environment, check=True, capture_output=True)
        return tmp_path / name

    for system, arch, expected in (("dragonfly", "amd64", "a Go binary for dragonfly"), ("windows", "arm64", "a Windows executable")):
        result = run(make(f"{system}-{arch}", "-ldflags=-s -w", GOOS=system, GOARCH=arch))
        assert result.status == 126 and expected in result.error, result.error
    for system in ("linux", "darwin"):
        result = run(make(f"v3-{system}", "-ldflags=-s -w", GOOS=system, GOAMD64="v3"))
        assert (result.status, result.error_code) == (125, "goamd64")
        assert "GOAMD64=v3" in result.error and "build it with GOAMD64=v1 or v2" in result.error
        assert result.counters.instructions == 0
    result = run(make("pie", "-buildmode=pie", GOOS="linux"))
    assert (result.status, result.error_code) == (125, "dynamic-linking")
    assert "/lib64/ld-linux-x86-64.so.2" in result.error and "CGO_ENABLED=0" in result.error


def test_virtual_time_is_limited(build: Build) -> None:
    result = run(build("many", "linux/arm64"), limits=Limits(virtual_seconds=1.0))
    assert (result.status, result.error_code) == (124, "limit-virtual-seconds")
    assert 1_000_000_000 <= result.counters.virtual_ns < 3_000_000_000


def test_counters(build: Build) -> None:
    result = run(build("many", "darwin/arm64"), ["time"], seed=3)
    value = result.to_json()
    assert value["seed"] == 3 and value["counters"]["processes"] == 1 and value["counters"]["threads"] >= 2
    assert sum(value["calls"].values()) == value["counters"]["syscalls"]


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_the_clock_of_the_host(build: Build, target: str) -> None:
    before = time.time()
    result = run(build("many", target), ["x"], clock="host", env={"FOO": "bar"})
    took = time.time() - before
    virtual = run(build("many", target), ["x"], env={"FOO": "bar"})
    assert took > 1.5  # it sleeps for that long
    assert result.stdout == virtual.stdout
    told = int(run(build("many", target), ["time"], clock="host").stdout.split()[0]) / 10**9
    assert before < told < time.time()
    with pytest.raises(ValueError, match="clock"):
        run(build("many", target), clock="sundial")


@pytest.mark.parametrize("target", ["linux/amd64", *full.more("finding is the same", "darwin/arm64")])
def test_seeds_find_what_few_interleavings_show(build: Build, target: str, tmp_path: Path) -> None:
    binary = build("flaky", target)
    report = tmp_path / "r.json"
    every = command("--seeds", "1..10", "--keep-going", "--json", report, binary)
    failures = json.loads(report.read_text())["failures"]
    assert 0 < len(failures) < 10, "the program is to fail under some interleavings"
    seed = failures[0]["seed"]
    assert every.returncode == 3
    assert f"{len(failures)} of 10 seeds fail".encode() in every.stderr
    for jobs in ("1", "3"):
        found = command("--seeds", "1..10", "--jobs", jobs, binary)
        assert found.returncode == 3
        assert f"seed {seed} exits with status 3; repeat it with --seed {seed}".encode() in found.stderr
        assert found.stdout == command("--seed", str(seed), binary).stdout
    fine = command("--seeds", "1..3", build("hello", target))
    assert (fine.returncode, fine.stdout) == (0, b"")
    assert b"all 3 seeds exit with status 0, one output" in fine.stderr


def test_amounts_and_spans(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.write_bytes(LOOP)
    assert command("--max-instructions", "1K", loop).returncode == 124
    wrong = (("--seeds", "5..1"), ("--seeds", "x"), ("--max-memory", "12Q"), ("--jobs", "0"), ("--cpus", "-1"), ("--calls", "plan9"))
    for arguments in wrong:
        done = command(*arguments, loop)
        assert done.returncode == 125 and b"Traceback" not in done.stderr, arguments


def test_missing_calls_are_told(build: Build) -> None:
    binary = build("stacks", "linux/amd64")
    assert command(binary, "call").stderr == b""
    told = command("--missing", binary, "call")
    assert b"the guest called syscall 9999, which is not provided, once here:\nthread 1000, goroutine 1 [in a call]:\n" in told.stderr
    strict = command("--strict", binary, "call")
    assert strict.returncode == 125 and b"main.main(...)" in strict.stderr
    assert b"main.main(...)" not in command("--strict", "--no-traceback", binary, "call").stderr


def test_command_passes_things_through(build: Build, tmp_path: Path) -> None:
    binary = build("many", "darwin/amd64")
    done = command(binary, "cat", stdin=b"some input")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"some input10 <nil>\n", b"")
    source = tmp_path / "input"
    source.write_bytes(b"from a file")
    assert command("--stdin", source, binary, "cat", stdin=b"not this").stdout == b"from a file11 <nil>\n"
    assert command(binary, "exit").returncode == 42
    assert command(binary, "kill").returncode == 143
    done = command("--mount", f"{tmp_path}:/w", "--cwd", "/w", binary, "ls", ".")
    assert b"[- input] <nil>\n" in done.stdout
    environment = command("--env", "FOO=baz", "--env", "FROM_HOST", binary)
    assert b"[a b] baz\n" in environment.stdout


def test_command_reports(build: Build, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    done = command("--json", report, "--trace-syscalls", build("hello", "linux/arm64"))
    assert (done.returncode, done.stdout) == (0, b"hello, world\n")
    assert b"write(1, " in done.stderr
    value = json.loads(report.read_text())
    assert value["status"] == 0 and value["calls"]["write"] == 1 and value["target"] == "linux/arm64"
    assert os.listdir(tmp_path) == ["r.json"]


def test_command_errors(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF" + bytes(100))
    loop = tmp_path / "loop"
    loop.write_bytes(LOOP)
    for arguments, status in (
        ((tmp_path / "none",), 127),
        ((bad,), 126),
        (("--max-instructions", "1000", loop), 124),
        (("--timeout", "0.2", loop), 124),
        (("--no-such-flag", loop), 125),
        (("--mount", tmp_path / "none", loop), 127),
        (("--stdin", tmp_path / "none", loop), 125),
        ((), 125),
    ):
        done = command(*arguments)
        assert done.returncode == status, (arguments, done.stderr)
        assert done.stderr.strip() and b"Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_a_broken_pipe(build: Build) -> None:
    binary = build("many", "linux/amd64")
    source = subprocess.Popen(
        [sys.executable, "-m", "pygo_cross.emulate", str(binary), "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert source.stdout is not None and source.stdin is not None and source.stderr is not None
    source.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        source.stdin.write(b"x" * 1_000_000)
        source.stdin.close()
    errors = source.stderr.read()
    source.stderr.close()
    assert source.wait() == 128 + 13, errors  # SIGPIPE, as Go does for stdout
    assert b"Traceback" not in errors


def test_arguments_that_do_not_fit() -> None:
    result = run(elf("amd64", AMD64_EXIT), ["x" * 5_000_000])
    assert (result.status, result.error_code) == (125, "cannot-start")
