# SPDX-License-Identifier: GPL-2.0-or-later
"""poll and select with macOS's structures."""

from __future__ import annotations

import struct

from pygo_cross.emulate.kernel.polling import poll_files, select_files
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread


def poll(p: Process, t: Thread, array: int, count: int, timeout: int) -> int | None:
    """poll(2)."""
    return poll_files(p, t, array, count, None if timeout < 0 else timeout * 1_000_000)


def select(p: Process, t: Thread, count: int, reading: int, writing: int, failing: int, timeout: int) -> int | None:
    """select(2)."""
    limit = None
    if timeout:
        seconds, micros = struct.unpack("<qi", p.memory.read(timeout, 12))
        limit = seconds * 10**9 + micros * 1000
    return select_files(p, t, count, reading, writing, failing, limit)
