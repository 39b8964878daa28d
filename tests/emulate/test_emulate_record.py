# SPDX-License-Identifier: BSD-3-Clause
"""Repeatable runs: seeds and interleavings, transcripts, traces."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from binaries import TARGETS, arm64, elf

from pygo_cross.emulate import run

Build = Callable[[str, str], Path]


@pytest.mark.parametrize("target", ["linux/arm64", "darwin/amd64", *full.more("each system is there", "linux/amd64", "darwin/arm64")])
def test_a_seed_is_an_interleaving(build: Build, target: str) -> None:
    """testdata/race.go prints the order in which goroutines got to a channel."""
    binary = build("race", target).read_bytes()
    orders = [run(binary, seed=seed).stdout for seed in range(12)]
    assert all(sorted(order.split()) == sorted(orders[0].split()) for order in orders)
    assert len(set(orders)) >= 9
    assert {run(binary, seed=5).stdout for _ in range(4)} == {orders[5]}


def traced(binary: Path, *arguments: str, seed: int = 0) -> list[str]:
    lines: list[str] = []
    result = run(binary, arguments, trace=lines.append, seed=seed)
    untraced = run(binary, arguments, seed=seed)
    assert result.to_json() == untraced.to_json()
    return lines


@pytest.mark.parametrize("target", TARGETS)
def test_calls_are_shown_as_strace_does(build: Build, target: str) -> None:
    lines = traced(build("trace", target))
    assert all(re.match(r"\[pid \d+\] ", line) for line in lines)
    text = "\n".join(re.sub(r"^\[pid \d+\] ", "", line) for line in lines)
    linux = target.startswith("linux")
    at, name = ("AT_FDCWD, ", "openat") if linux else ("", "open")
    assert f'{name}({at}"/tmp/a\\n\\1\\303\\251", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0640) = 3\n' in text
    assert 'write(3, "some text\\n\\tand more than thirty-"..., 47) = 47\n' in text
    assert re.search(r"lseek\(3, 5, SEEK_SET\) = 5\n", text)
    assert 'read(3, "text", 4) = 4\n' in text
    assert re.search(r"fstat(64)?\(3, \{st_mode=S_IFREG\|0640, st_size=47, \.\.\.\}\) = 0\n", text)
    assert f'{name}({at}"/no/such/file", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)\n' in text
    assert 'mkdirat(AT_FDCWD, "/tmp/d", 0755) = 0\n' in text or 'mkdir("/tmp/d", 0755) = 0\n' in text
    assert "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON" in text and "PROT_NONE" in text
    assert "rt_sigaction(SIGUSR1, {sa_handler=0x" in text or "sigaction(SIGUSR1, {sa_handler=0x" in text
    assert "SA_SIGINFO" in text and "SA_ONSTACK" in text and "SA_RESTART" in text
    assert re.search(r"kill\(\d+, SIGUSR1\) = 0\n", text)
    assert re.search(r"--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_USER, si_pid=1000, si_uid=1000\} ---\n", text)
    assert re.search(r"pipe2?\(\[\d+, \d+\](, O_RDONLY)?\) = 0\n", text)
    assert re.search(r"\nread\(\d+, <unfinished \.\.\.>\n", text)
    assert re.search(r'\n<\.\.\. read resumed>"xyz", 4\) = 3\n', text)
    assert lines[-1] == "[pid 1000] +++ exited with 7 +++"
    assert lines[-2].endswith("exit_group(7) = ?" if linux else "exit(7) = ?")


def test_calls_with_bad_pointers_are_shown() -> None:
    # mov x0, 1; mov x1, 0x123; mov x2, 5; mov x8, 64 (write); svc 0; mov x8, 9999; svc 0; mov x0, 1; mov x8, 94; svc 0
    code = arm64(0xD2800020, 0xD2802461, 0xD28000A2, 0xD2800808, 0xD4000001, 0xD284E1E8, 0xD4000001, 0xD2800020, 0xD2800BC8, 0xD4000001)
    lines: list[str] = []
    assert run(elf("arm64", code), trace=lines.append).status == 1
    assert lines[0] == "[pid 1000] write(1, 0x123, 5) = -1 EFAULT (Bad address)"
    assert re.fullmatch(r"\[pid 1000\] syscall 9999\(0x.*\) = -1 ENOSYS \(Function not implemented\)", lines[1])
    assert lines[2:] == ["[pid 1000] exit_group(1) = ?", "[pid 1000] +++ exited with 1 +++"]
    lines.clear()
    assert run(elf("arm64", arm64(0xD2800001, 0xF9400020)), trace=lines.append).signal == 11
    assert lines == ["[pid 1000] +++ killed by SIGSEGV +++"]


@pytest.mark.parametrize("target", ["linux/arm64", "darwin/amd64"])
def test_transcripts_of_one_seed_are_alike(build: Build, target: str, tmp_path: Path) -> None:
    texts = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        result = run(build("race", target), seed=seed, name="race", record=tmp_path / name)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1] != texts[2]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]
    events = [json.loads(line) for line in texts[2].splitlines()]
    assert events[0] == {"event": "start", "target": target, "seed": 4, "arguments": ["race"]}
    assert events[-1]["event"] == "end" and events[-1]["status"] == 0
    kinds = Counter(event["event"] for event in events)
    assert kinds["turn"] == result.counters.switches
    assert kinds["call"] == result.counters.syscalls or target.startswith("darwin")
    places = [event["at"] for event in events[1:]]
    assert places == sorted(places)


def test_a_transcript_that_cannot_be_written(build: Build, tmp_path: Path) -> None:
    result = run(build("hello", "linux/amd64"), record=tmp_path / "nowhere" / "x")
    assert (result.status, result.error_code) == (125, "cannot-record")
    assert "cannot write" in result.error
