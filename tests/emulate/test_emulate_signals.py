# SPDX-License-Identifier: BSD-3-Clause
"""Signals and timers of Go programs on all four targets, compared with a native run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from binaries import TARGETS, elf

from pygo_cross.emulate import Limits, run

Build = Callable[[str, str], Path]

# The runtime's own signals would end calls that the program makes directly.
QUIET = {"GODEBUG": "asyncpreemptoff=1"}

native_only = pytest.mark.skipif(sys.platform != "linux", reason="the oracle is a native run on linux/amd64")


def native(binary: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(binary), *arguments], capture_output=True, check=False, env=QUIET)


@native_only
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("mode", ["notify", "faults", "preempt", "profile", "pipe", "hup", "int", "term", "usr1", "alrm"])
def test_signals_as_native(build: Build, target: str, mode: str) -> None:
    expected = native(build("signals", "linux/amd64"), mode)
    result = run(build("signals", target), [mode])
    assert result.error == ""
    assert result.stdout.decode() == expected.stdout.decode()
    assert result.status == (expected.returncode if expected.returncode >= 0 else 128 - expected.returncode)
    assert result.missing == {}


@native_only
@pytest.mark.parametrize("target", ["linux/amd64", "linux/arm64"])
def test_linux_calls_as_native(build: Build, target: str) -> None:
    expected = native(build("sigraw", "linux/amd64"))
    assert expected.returncode == 0
    result = run(build("sigraw", target), env=QUIET)
    assert (result.error, result.missing) == ("", {})
    assert result.stdout.decode() == expected.stdout.decode()


@pytest.mark.parametrize("target", ["darwin/amd64", *full.more("as test_runs_are_alike", "linux/arm64")])
def test_a_profile_is_repeatable(build: Build, target: str) -> None:
    first, second = (run(build("signals", target), ["profile"]) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.counters.signals > 5


def test_a_handler_begins_with_clean_flags_and_may_be_left_by_a_jump() -> None:
    """The direction flag is set when SIGSEGV comes; the handler counts, adds the flag and jumps back into the program, a hundred times."""
    program = b"".join(
        bytes.fromhex(line)
        for line in (
            "4c8d25f9ffffff",  # lea r12, [rip - 7]: the start of the code
            "b80d000000 bf0b000000 498db424 00020000 31d2 41ba08000000 0f05",  # rt_sigaction(11, code + 0x200, 0, 8)
            "31db",  # xor ebx, ebx
            "fd",  # again: std
            "8b042500000000",  # mov eax, [0]
        )
    )
    handler = b"".join(
        bytes.fromhex(line)
        for line in (
            "9c 58",  # pushf; pop rax
            "2500040000",  # and eax, 0x400
            "c1e803",  # shr eax, 3: 128 if the direction flag is set
            "01c3",  # add ebx, eax
            "ffc3",  # inc ebx
            "83fb64",  # cmp ebx, 100
            "498d4c24 25",  # lea rcx, [r12 + 37]: again
            "7402",  # je over
            "ffe1",  # jmp rcx
            "89df b8e7000000 0f05",  # over: mov edi, ebx; exit_group
        )
    )
    assert program[37:].startswith(b"\xfd")
    data = program.ljust(0x100, b"\x90") + handler
    action = b"".join(value.to_bytes(8, "little") for value in (0x400100, 0x44000004, 0, 0))  # NODEFER, RESTORER, SIGINFO
    assert run(elf("amd64", data.ljust(0x200, b"\0") + action), limits=Limits(instructions=100_000)).status == 100
