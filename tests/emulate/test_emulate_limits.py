# SPDX-License-Identifier: BSD-3-Clause
"""Limits, statuses and the command line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import AMD64_EXIT, ARM64_EXIT, arm64, elf

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


def test_a_binary_that_is_too_large_for_memory() -> None:
    result = run(elf("amd64", AMD64_EXIT, size=1 << 40))
    assert (result.status, result.error_code) == (124, "limit-memory")


def test_threads_are_limited(build: Build) -> None:
    result = run(build("many", "darwin/arm64"), limits=Limits(threads=2))
    assert (result.status, result.error_code) == (124, "limit-threads")


def test_what_cannot_be_run(tmp_path: Path) -> None:
    missing = run(tmp_path / "nothing")
    assert (missing.status, missing.error_code) == (127, "not-found")
    assert run(tmp_path).status == 127
    assert run(b"").status == 126
    assert run(b"#!/bin/sh\n").status == 126
    assert run("nul\0name").status == 127
    assert run(elf("amd64", AMD64_EXIT), mounts=[str(tmp_path / "nothing")]).status == 127
    assert run(elf("amd64", AMD64_EXIT), mounts=[f"{tmp_path}:relative"]).status == 127
    assert run(elf("amd64", AMD64_EXIT), cwd="/nowhere").status == 127


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
