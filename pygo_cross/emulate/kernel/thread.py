# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest thread, and what it may be waiting for."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

RUNNABLE: Final = 0
WAITING: Final = 1
DEAD: Final = 2


# What may become of a process, as its parent is told: siginfo's codes (CLD_*), which are the same on both systems.
EXITED: Final = 1
KILLED: Final = 2
STOPPED: Final = 5
CONTINUED: Final = 6


class SignalInfo:
    """What a handler is told: the number, the code (`si_code`), and a fault's address, or a sender's process and value, or a timer's
    number with its overruns and value."""

    __slots__ = ("address", "code", "overruns", "pid", "signal", "timer", "value")

    def __init__(self, signal: int, code: int = 0, address: int = 0, pid: int = 0, value: int = 0, timer: int = -1) -> None:
        self.signal = signal
        self.code = code
        self.address = address
        self.pid = pid
        self.value = value
        self.timer = timer
        self.overruns = 0


class Wait:
    """Why a thread does not run.

    `retry` is tried whenever one of `queues` is notified: a number ends the wait with that result, None goes on waiting. `timeout` is what
    happens at the deadline: a result, or a function that gives one. A signal ends the wait with EINTR, and `restart` says that the call
    begins anew where the handler was installed so (SA_RESTART); unless there is `interrupt`, which ends it in its own way or not at all,
    the signal being taken once the call is over.
    """

    __slots__ = ("interrupt", "kind", "queues", "restart", "retry", "timeout", "trying")

    def __init__(
        self,
        kind: str,
        queues: tuple[WaitQueue, ...] = (),
        retry: Callable[[], int | None] | None = None,
        timeout: int | Callable[[], int | None] = 0,
        restart: bool = False,
        interrupt: Callable[[], None] | None = None,
    ) -> None:
        self.kind = kind
        self.queues = queues
        self.retry = retry
        self.timeout = timeout
        self.restart = restart
        self.interrupt = interrupt
        self.trying = False  # whether `retry` runs


class WaitQueue:
    """Threads in the order in which they began to wait, and watchers (epoll, kqueue), which are called on every event."""

    __slots__ = ("threads", "watchers")

    def __init__(self) -> None:
        self.threads: dict[Thread, None] = {}
        self.watchers: dict[Callable[[], None], None] = {}


class Thread:
    """One guest thread. `context` holds its registers while another thread runs; `result` is what its call returns once it runs again."""

    __slots__ = (
        "alt_flags",
        "alt_size",
        "alt_start",
        "call",
        "clear_tid",
        "context",
        "deadline",
        "errno_address",
        "frames",
        "keep_capabilities",
        "mask",
        "pending",
        "process",
        "restartable",
        "result",
        "saved_mask",
        "sequence",
        "specific",
        "stack",
        "state",
        "tid",
        "used",
        "wait",
    )

    def __init__(self, tid: int, process: Process) -> None:
        self.tid = tid
        self.process = process
        self.state = RUNNABLE
        self.context: ctypes.c_void_p | None = None
        self.result: int | None = None
        self.wait: Wait | None = None
        self.deadline: int | None = None
        self.sequence = 0
        self.call: tuple[int, int] = (0, 0)  # number and first argument of the call it is in, to begin it anew
        self.mask = 0
        self.saved_mask: int | None = None  # what `mask` is to be again after a call that changed it for its duration
        self.used = 0  # bytes of code that it executed, up to its last turn
        self.restartable = False  # its result is an EINTR that may be turned into a new start of the call
        self.pending: list[SignalInfo] = []
        self.frames: list[tuple[int, ctypes.c_void_p]] = []
        self.alt_start = 0
        self.alt_size = 0
        self.alt_flags = 0  # Linux: SS_AUTODISARM
        self.clear_tid = 0
        self.keep_capabilities = False
        # macOS: the address of errno, which is also past the thread's pthread_t; thread-specific data; its stack.
        self.errno_address = 0
        self.specific = 0
        self.stack: tuple[int, int] = (0, 0)
