# SPDX-License-Identifier: BSD-3-Clause
"""When a FIFO says that it is hung up: after the last writer has gone, and never before there was one."""

from __future__ import annotations

import pytest

from pygo_cross.emulate.fs.fifos import Fifo, FifoFile
from pygo_cross.emulate.fs.files import NONBLOCK, POLL_HUP, READ, WRITE
from pygo_cross.emulate.fs.vfs import FileSystem


def opened(fifo: Fifo, flags: int) -> FifoFile:
    return FifoFile(fifo, flags, b"/fifo", lambda queue: None)


@pytest.mark.parametrize("writer_first", [True, False])
def test_hangup(writer_first: bool) -> None:
    fifo = Fifo(FileSystem(), 0o600)
    ends = [opened(fifo, flags) for flags in ((WRITE, READ) if writer_first else (READ, WRITE))]
    writer, reader = ends if writer_first else reversed(ends)
    assert reader.connected() and writer.connected()
    assert writer.write(b"x") == 1
    assert not reader.poll() & POLL_HUP
    writer.close()
    assert reader.poll() & POLL_HUP
    assert (reader.read(2), reader.read(2)) == (b"x", b"")


def test_no_hangup_before_a_writer() -> None:
    fifo = Fifo(FileSystem(), 0o600)
    opened(fifo, READ | WRITE).close()
    reader = opened(fifo, READ | NONBLOCK)
    assert not reader.connected()
    assert not reader.poll() & POLL_HUP
    assert reader.read(1) == b""
    opened(fifo, WRITE).close()
    assert reader.poll() & POLL_HUP
