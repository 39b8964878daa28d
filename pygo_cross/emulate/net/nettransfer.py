# SPDX-License-Identifier: GPL-2.0-or-later
"""Moving bytes between open files without the guest's memory: Linux's sendfile, splice and copy_file_range; and ioctl.

Data leaves its source only as far as the destination takes it, so nothing is lost when a call stops halfway.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenDevice, OpenFile, SeekableFile
from pygo_cross.emulate.fs.streams import PipeReader, PipeWriter
from pygo_cross.emulate.kernel.calls import write_now
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread, Wait
from pygo_cross.emulate.net.netsocket import STREAM, Socket

_TRANSFER: Final = 0x7FFFF000
_PART: Final = 1 << 16
_SPLICE_NONBLOCK: Final = 2


def _offset(p: Process, address: int) -> int:
    value = p.memory.u64(address)
    if value >= 1 << 63:
        raise Errno("EINVAL")
    return value


def _ends(p: Process, source: int, destination: int) -> tuple[OpenFile, OpenFile]:
    one, two = p.files.get(source), p.files.get(destination)
    if not one.flags & files.READ or not two.flags & files.WRITE or (one.flags | two.flags) & files.PATH_ONLY:
        raise Errno("EBADF")
    return one, two


def sendfile(p: Process, t: Thread, destination: int, source: int, offset_at: int, count: int) -> int | None:
    """sendfile(2): from a regular file, at its position or at an offset, to any file."""
    one, two = _ends(p, source, destination)
    if not isinstance(one, SeekableFile) or two.flags & files.APPEND:
        raise Errno("EINVAL")
    p_offset = _offset(p, offset_at) if offset_at else one.position
    count = min(count, _TRANSFER)
    done = 0

    def finish() -> int:
        if offset_at:
            p.memory.put_u64(offset_at, p_offset + done)
        else:
            one.position = p_offset + done
        return done

    def attempt() -> int | None:
        nonlocal done
        while done < count:
            data = one.pread(min(count - done, _PART), p_offset + done)
            if not data:
                break
            try:
                taken = write_now(p, t, two, data)
            except Errno:
                if done:
                    return finish()
                raise
            if taken is None:
                # What was sent so far is told; waiting is for those who sent nothing yet.
                if done:
                    return finish()
                if two.flags & files.NONBLOCK:
                    raise Errno("EAGAIN")
                return None
            done += taken
        return finish()

    return p.wait_for(t, "sendfile", two.write_queue, attempt)


def copy_file_range(p: Process, t: Thread, source: int, offset_at: int, destination: int, to_at: int, size: int, flags: int) -> int:
    """copy_file_range(2): between regular files."""
    if flags:
        raise Errno("EINVAL")
    one, two = _ends(p, source, destination)
    for file in (one, two):
        if isinstance(file, files.OpenDirectory):
            raise Errno("EISDIR")
        if not isinstance(file, SeekableFile):
            raise Errno("EINVAL")
    if two.flags & files.APPEND:
        raise Errno("EBADF")
    start = _offset(p, offset_at) if offset_at else one.position
    to = _offset(p, to_at) if to_at else two.position
    if one.node is two.node and start < to + size and to < start + size:
        raise Errno("EINVAL")
    size = min(size, _TRANSFER)
    done = 0
    while done < size:
        data = one.pread(min(size - done, 1 << 20), start + done)
        if not data:
            break
        done += two.pwrite(data, to + done)
    if offset_at:
        p.memory.put_u64(offset_at, start + done)
    else:
        one.position = start + done
    if to_at:
        p.memory.put_u64(to_at, to + done)
    else:
        two.position = to + done
    return done


def splice(p: Process, t: Thread, source: int, offset_at: int, destination: int, to_at: int, size: int, flags: int) -> int | None:
    """splice(2): one side is a pipe."""
    one, two = _ends(p, source, destination)
    from_pipe, to_pipe = isinstance(one, PipeReader), isinstance(two, PipeWriter)
    if not from_pipe and not to_pipe:
        raise Errno("EINVAL")
    if (offset_at and from_pipe) or (to_at and to_pipe):
        raise Errno("ESPIPE")
    for file in (one, two):
        if file is two and isinstance(file, OpenDevice):
            continue
        if not isinstance(file, (SeekableFile, PipeReader, PipeWriter)) and not (isinstance(file, Socket) and file.kind == STREAM):
            raise Errno("EINVAL")
    if (offset_at and not one.seekable) or (to_at and not two.seekable):
        raise Errno("ESPIPE")
    size = min(size, _TRANSFER)
    no_wait = bool(flags & _SPLICE_NONBLOCK)

    def attempt() -> int | None:
        room = min(two.room(), size) if not two.seekable else size
        if isinstance(one, SeekableFile):
            if room <= 0:
                return blocked(two)
            start = _offset(p, offset_at) if offset_at else one.position
            data: bytes | None = one.pread(min(room, _PART), start)
        elif not one.available():
            data = one.read(1)  # the end, an error, or nothing yet
            if data is None:
                return blocked(one)
        else:
            _check(p, t, two)
            if room <= 0:
                return blocked(two)
            data = one.read(min(room, _PART))
        if not data:
            return 0
        if two.seekable:
            place = _offset(p, to_at) if to_at else two.position
            count: int | None = two.pwrite(data, place)
            if to_at:
                p.memory.put_u64(to_at, place + len(data))
            else:
                two.position = place + len(data)
        else:
            count = write_now(p, t, two, data)
        if isinstance(one, SeekableFile) and count:
            if offset_at:
                p.memory.put_u64(offset_at, start + count)
            else:
                one.position = start + count
        return count

    def blocked(file: OpenFile) -> int | None:
        if file.flags & files.NONBLOCK or (no_wait and not isinstance(file, Socket)):
            raise Errno("EAGAIN")
        return None

    result = attempt()
    if result is None:
        p.wait(t, Wait("splice", (one.queue, two.write_queue), attempt, restart=True))
    return result


def _check(p: Process, t: Thread, file: OpenFile) -> None:
    """Raise what writing would, before anything is taken from the source."""
    if file.poll() & files.POLL_ERR or (isinstance(file, Socket) and file.no_writing):
        write_now(p, t, file, b"")


# ioctl.


def make_ioctl(numbers: dict[int, str], interface: Callable[[Process, int, int], int | None]) -> Callable[..., int]:
    """ioctl(2) of a system that gives the neutral requests these numbers."""

    def ioctl(p: Process, t: Thread, descriptor: int, request: int, argument: int) -> int:
        file = p.files.get(descriptor)
        request &= 0xFFFFFFFF
        name = numbers.get(request)
        if name == "non-blocking":
            on = p.memory.u32(argument)
            file.flags = file.flags | files.NONBLOCK if on else file.flags & ~files.NONBLOCK
        elif name == "close-on-exec":
            p.files.close_on_exec.add(descriptor)
        elif name == "keep-on-exec":
            p.files.close_on_exec.discard(descriptor)
        elif name == "available" and not isinstance(file, files.OpenDevice):
            count = file.node.size - file.position if isinstance(file, SeekableFile) else file.available()
            p.memory.write(argument, struct.pack("<i", max(count, 0)))
        elif name == "unsent" and isinstance(file, Socket):
            p.memory.write(argument, bytes(4))
        elif isinstance(file, Socket):
            result = interface(p, request, argument)
            if result is None:
                raise Errno("ENOTTY")
        else:
            raise Errno("ENOTTY")
        return 0

    return ioctl


LINUX_REQUESTS: Final = {0x5421: "non-blocking", 0x541B: "available", 0x5411: "unsent", 0x5451: "close-on-exec", 0x5450: "keep-on-exec"}
DARWIN_REQUESTS: Final = {0x8004667E: "non-blocking", 0x4004667F: "available", 0x20006601: "close-on-exec", 0x20006602: "keep-on-exec"}
