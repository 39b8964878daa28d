# SPDX-License-Identifier: BSD-3-Clause
"""Processes: what a Go program that starts others sees is what it sees natively."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from binaries import TARGETS, arm64, elf

from pygo_cross.emulate import Limits, run

Build = Callable[[str, str], Path]

on_amd64 = pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the host is not linux/amd64")

ENVIRONMENT = {"FOO": "bar"}


def native(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True, text=True, env=ENVIRONMENT)
    assert done.stderr == ""
    return done.stdout


MODES = ("ends", "pipes", "signals", "failures", "many", "exec", "fifos")


@on_amd64
@pytest.mark.parametrize(
    ("mode", "target"),
    [
        *((mode, target) for number, mode in enumerate(MODES) for target in (TARGETS[number % 2], TARGETS[3 - number % 2])),
        *full.more(
            "each mode is there on both systems and architectures",
            *((mode, target) for number, mode in enumerate(MODES) for target in (TARGETS[1 - number % 2], TARGETS[2 + number % 2])),
        ),
    ],
)
def test_as_native(build: Build, mode: str, target: str) -> None:
    expected = native(build("processes", "linux/amd64"), mode)
    result = run(build("processes", target), [mode], env=ENVIRONMENT, limits=Limits(instructions=2 * 10**9))
    assert (result.stderr.decode(), result.error, result.status) == ("", "", 0)
    assert result.stdout.decode() == expected
    assert result.missing == {}


@pytest.mark.parametrize("target", TARGETS)
def test_no_privileges(build: Build, target: str) -> None:
    result = run(build("processes", target), ["privileges"])
    assert result.stdout.split() == [b"false", b"false", b"true", b"false"]
    assert result.missing == {"ptrace": 1}


@pytest.mark.parametrize("target", ["darwin/arm64", *full.more("as test_runs_are_alike", "linux/amd64")])
def test_repeatable(build: Build, target: str) -> None:
    binary = build("processes", target)
    first, second = (run(binary, ["many"], seed=7) for _ in range(2))
    assert (first.stdout, first.counters, first.calls) == (second.stdout, second.counters, second.calls)


@pytest.mark.parametrize("target", TARGETS)
def test_the_run_ends_with_the_first_process(build: Build, target: str) -> None:
    result = run(build("processes", target), ["leave"])
    assert (result.status, result.error) == (5, "")


@pytest.mark.parametrize("target", ["linux/arm64", "darwin/amd64"])
def test_a_fork_bomb_meets_a_limit(build: Build, target: str) -> None:
    result = run(build("processes", target), ["bomb"], limits=Limits(threads=60))
    assert (result.status, result.error_code) == (124, "limit-threads")
    result = run(build("processes", target), ["bomb"], limits=Limits(memory=600 << 20))
    assert (result.status, result.error_code) == (124, "limit-memory")


def test_a_deadlock_of_two_processes_is_found() -> None:
    # clone(SIGCHLD, 0, 0, 0, 0), then both processes: ppoll(0, 0, 0, 0).
    zero = (0xD2800001, 0xD2800002, 0xD2800003, 0xD2800004)
    code = arm64(0xD2800220, *zero, 0xD2801B88, 0xD4000001, 0xD2800000, *zero, 0xD2800928, 0xD4000001)
    result = run(elf("arm64", code))
    assert (result.status, result.error_code) == (125, "deadlock")
    assert "all 2 threads" in result.error


@pytest.mark.parametrize(("flags", "status"), [(17, 2), (0x4111, 3)])
def test_fork_copies_memory_and_vfork_does_not(flags: int, status: int) -> None:
    # x9 = BASE + 0x800; [x9] = 2; clone(flags, 0, 0, 0, 0); the child: [x9] += 1, exit(0); the parent: wait4(-1, 0, 0, 0), exit([x9]).
    zero = (0xD2800001, 0xD2800002, 0xD2800003, 0xD2800004)
    start = (0xD2810009, 0xF2A00809, 0xD280004A, 0xF900012A)  # movz x9, 0x800; movk x9, 0x40, lsl 16; mov x10, 2; str x10, [x9]
    clone = (0xD2800000 | flags << 5, *zero, 0xD2801B88, 0xD4000001)
    child = (0xF940012A, 0x9100054A, 0xF900012A, 0xD2800000, 0xD2800BC8, 0xD4000001)
    branch = 0xB5000000 | (len(child) + 1) << 5  # cbnz x0, past the child
    parent = (0x92800000, *zero, 0xD2802088, 0xD4000001, 0xF9400120, 0xD2800BC8, 0xD4000001)
    assert run(elf("arm64", arm64(*start, *clone, branch, *child, *parent))).status == status


@pytest.mark.parametrize("target", TARGETS)
def test_only_binaries_of_the_same_target_run(build: Build, target: str) -> None:
    other = "linux/arm64" if target != "linux/arm64" else "darwin/arm64"
    files = {"/usr/bin/other": build("hello", other).read_bytes(), "/usr/bin/same": build("hello", target).read_bytes()}
    shell = build("many", target)
    assert run(shell, ["run", "same"], files=files).stdout == b"hello, world\n<nil>\n"
    text = run(shell, ["run", "other"], files=files).stdout.decode()
    assert text in ("fork/exec /usr/bin/other: exec format error\n", "fork/exec /usr/bin/other: bad CPU type in executable\n")
    assert run(shell, ["run", "ls"], files=files).stdout == b'exec: "ls": executable file not found in $PATH\n'
