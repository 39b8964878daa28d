# SPDX-License-Identifier: GPL-2.0-or-later
"""What a caller of the emulator gives and gets: limits, counters, the result.

Counters depend on the binary, its input and the seed alone, never on the host: two runs of one binary have equal counters. Time is
virtual throughout.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Limits:
    """Bounds on a run; 0 means none.

    `instructions` counts executed instructions, an instruction of amd64 being taken for four bytes of code; it is looked at between
    slices, so that a run may go over it by half a million. `seconds` is host time, and the only bound that is not deterministic;
    `virtual_seconds` is time on the guest's clock. `memory` bounds the bytes that the guest can access at a time, `output` those written to
    stdout and stderr together, `files` those held in the guest's in-memory tree, `threads` those alive at a time, of all processes.
    """

    instructions: int = 0
    seconds: float = 0.0
    virtual_seconds: float = 0.0
    memory: int = 4 << 30
    output: int = 0
    files: int = 1 << 30
    threads: int = 4096


@dataclass(slots=True)
class Counters:
    """What the guest used. `code_bytes` is the size of all executed basic blocks, `virtual_ns` how far the guest's clock advanced."""

    code_bytes: int = 0
    instructions: int = 0
    syscalls: int = 0
    slices: int = 0
    switches: int = 0
    signals: int = 0
    threads: int = 1
    processes: int = 0
    peak_memory: int = 0
    virtual_ns: int = 0


@dataclass(slots=True)
class Frame:
    """One call. `offset` is how far `pc` is behind the function's entry; an inlined call has neither."""

    function: str
    file: str = ""
    line: int = 0
    pc: int = 0
    offset: int = 0
    inlined: bool = False


@dataclass(slots=True)
class Stack:
    """The calls of a thread or a goroutine, the innermost first.

    `thread` is 0 for a goroutine that is not on a thread, `goroutine` 0 where a thread runs none or its number cannot be told. `state` is
    what it does or waits for. `elided` frames were left out before frame number `elided_at`; `note` says why the stack ends early.
    """

    process: int
    thread: int
    goroutine: int
    state: str
    frames: list[Frame] = field(default_factory=list)
    created_by: Frame | None = None
    parent: int = 0
    elided: int = 0
    elided_at: int = 0
    note: str = ""


@dataclass(slots=True)
class Result:
    """How a run ended.

    `status` is the guest's exit status, 128+`signal` if a signal killed it, or one of 124 to 127 if the emulation itself ended the run; in
    that case `error` is the reason and `error_code` its stable name. `missing` has, by name, how often the guest called something that
    the emulator does not have (the guest was told so, by ENOSYS), and `missing_at` where it first did. `calls` counts all system calls
    by name. `stacks` are those of the guest's threads and goroutines if it died of a fault or the emulation ended it, and `traceback`
    is the same as text.
    """

    status: int = 0
    signal: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    error: str = ""
    error_code: str = ""
    target: str = ""
    seed: int = 0
    counters: Counters = field(default_factory=Counters)
    missing: dict[str, int] = field(default_factory=dict)
    missing_at: dict[str, Stack] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    stacks: list[Stack] = field(default_factory=list)
    traceback: str = ""

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values; output as text, with what is not UTF-8 replaced."""
        value = asdict(self)
        value["stdout"] = self.stdout.decode("utf-8", "replace")
        value["stderr"] = self.stderr.decode("utf-8", "replace")
        return value
