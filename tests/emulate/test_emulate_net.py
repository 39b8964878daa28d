# SPDX-License-Identifier: BSD-3-Clause
"""The guest's network: a Go program that uses all of it, as natively, and the rules of sockets that such a program does not show."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import full
import pytest

from pygo_cross.emulate import run

Build = Callable[[str, str], Path]

on_amd64 = pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the host is not linux/amd64")

# All of net/http would be compiled for each target, and what the emulator does for a network is the system's, not the processor's.
SYSTEMS = ["linux/amd64", "darwin/arm64", *full.more("each system is there, and each processor", "linux/arm64", "darwin/amd64")]


@pytest.fixture(scope="session")
def native_output(build: Build) -> str:
    """What the program prints on this machine."""
    return subprocess.run([str(build("network", "linux/amd64"))], capture_output=True, check=True, text=True).stdout


@on_amd64
@pytest.mark.parametrize("target", SYSTEMS)
def test_network_as_native(build: Build, native_output: str, target: str) -> None:
    result = run(build("network", target))
    assert (result.error, result.status) == ("", 0), result.stderr.decode()
    assert result.stdout.decode() == native_output
    assert result.missing == {}


@pytest.mark.parametrize("target", ["linux/amd64", *full.more("as test_runs_are_alike", "darwin/arm64")])
def test_network_is_repeatable(build: Build, target: str) -> None:
    one, two = (run(build("network", target)) for _ in range(2))
    assert (one.stdout, one.stderr, one.counters) == (two.stdout, two.stderr, two.counters)


@on_amd64
@pytest.mark.parametrize("target", ["linux/amd64", "linux/arm64"])
def test_socket_calls_as_native(build: Build, target: str) -> None:
    """Errors, counts, flags and poll bits of calls in every state of a socket: what the kernel of this machine says."""
    expected = subprocess.run([str(build("sockets", "linux/amd64"))], capture_output=True, check=True, text=True).stdout
    result = run(build("sockets", target))
    assert (result.error, result.status) == ("", 0), result.stderr.decode()
    assert result.stdout.decode() == expected
    assert result.missing == {"socket option 6:4000": 1}


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_sockets_within_sockets_come_to_an_end(build: Build, target: str) -> None:
    result = run(build("hoard", target))
    assert (result.error, result.status, result.stdout) == ("", 0, b"enough\n"), result.stderr.decode()


@pytest.mark.parametrize("target", SYSTEMS)
def test_a_listener_is_inherited(build: Build, target: str) -> None:
    result = run(build("inherit", target))
    assert (result.error, result.status) == ("", 0), result.stderr.decode()
    answers = [rf'"{text} from the child\n" <nil>' for text in ("one", "two")]
    assert result.stdout.decode().splitlines() == [*answers, "signal: killed", "true", "true"]
    assert result.missing == {}
