# SPDX-License-Identifier: BSD-3-Clause
"""Child processes that never outlive us.

Each child leads a process group of its own, so that what it started (the go command's compilers, our linker) can be
stopped with it: asked first, then made to. Safe to use from several threads; `stop` is for the main one.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pygo_cross.diag import InternalError

_PATIENCE: Final = 3.0
"""Seconds between asking the children to stop and killing them."""

_POLL: Final = 0.5
_OUTPUT_LIMIT: Final = 64 * 1024 * 1024


class Stopped(Exception):
    """The child was not started, because everything is being stopped."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended: its exit `status` (negative for the signal that killed it) and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes
    cut: str = ""
    """`time` or `output` where that limit ended it."""


class Children:
    """The children that are running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False

    def run(
        self,
        command: Sequence[str],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: IO[bytes] | None = None,
        timeout: float | None = None,
        limit: int = _OUTPUT_LIMIT,
    ) -> Finished:
        """Runs a command to its end, or kills its group after `timeout` seconds or `limit` bytes of output.

        Raises `OSError` where it can't be started and `Stopped` where everything is being stopped.
        """
        with self._lock:
            if self._stopping:
                raise Stopped
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._running.add(child)
        try:
            stdout, stderr, cut = _collect(child, timeout, limit)
            # Whatever the child left behind in its group goes with it.
            _signal(child, signal.SIGKILL)
            child.wait()
        except BaseException:
            _signal(child, signal.SIGKILL)
            child.wait()
            raise
        finally:
            with self._lock:
                self._running.discard(child)
        if self._stopping:
            raise Stopped
        return Finished(child.returncode, stdout, stderr, cut)

    def stop(self) -> None:
        """Stops every child and lets no other start. An interrupt is what the go command cleans up after."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for child in running:
            _signal(child, signal.SIGINT)
        deadline = time.monotonic() + _PATIENCE
        while any(child.poll() is None for child in running) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in running:
            _signal(child, signal.SIGKILL)


def _collect(child: subprocess.Popen[bytes], timeout: float | None, limit: int) -> tuple[bytes, bytes, str]:
    """Reads both outputs until the child has ended and closed them. Kills it, and says why, at a limit."""
    out, err = child.stdout, child.stderr
    if out is None or err is None:
        raise InternalError("process", "a child without pipes")
    parts: dict[int, list[bytes]] = {out.fileno(): [], err.fileno(): []}
    size, cut = 0, ""
    deadline = None if timeout is None else time.monotonic() + timeout
    with out, err, selectors.DefaultSelector() as selector:
        for handle in parts:
            selector.register(handle, selectors.EVENT_READ)
        while selector.get_map():
            left = _POLL if deadline is None else min(_POLL, max(0.0, deadline - time.monotonic()))
            ready = selector.select(left)
            for key, _ in ready:
                piece = os.read(key.fd, 65536)
                if not piece:
                    selector.unregister(key.fd)
                parts[key.fd].append(piece)
                size += len(piece)
            if not cut and (size > limit or (deadline is not None and time.monotonic() >= deadline)):
                cut = "output" if size > limit else "time"
                _signal(child, signal.SIGKILL)
            if not ready and child.poll() is not None:
                break  # ended, and what still holds the pipes is not the child
        first, second = (b"".join(part) for part in parts.values())
    child.wait()
    return first, second, cut


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(child.pid, number)
