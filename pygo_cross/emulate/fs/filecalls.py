# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls on names, attributes and locks of files that mean the same on Linux and macOS. Handlers are as in calls.py."""

from __future__ import annotations

import stat
import struct
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenDirectory, OpenFile
from pygo_cross.emulate.fs.locks import END, Locks
from pygo_cross.emulate.fs.vfs import MAY_SEARCH, MAY_WRITE, UID, Directory, Node, Symlink
from pygo_cross.emulate.kernel.calls import base_of
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread

# flock(2)'s operations, the same on both systems, and the kinds of range locks.
_LOCK_SH: Final = 1
_LOCK_EX: Final = 2
_LOCK_NB: Final = 4
_LOCK_UN: Final = 8
LOCK_READ: Final = 0
LOCK_WRITE: Final = 1
LOCK_NONE: Final = 2

_TIME: Final = struct.Struct("<qq")


def flock(p: Process, t: Thread, descriptor: int, operation: int) -> int | None:
    """flock(2)."""
    file = p.files.get(descriptor)
    kind = operation & ~_LOCK_NB
    if kind not in (_LOCK_SH, _LOCK_EX, _LOCK_UN):
        raise Errno("EINVAL")
    locks = locks_of(p, file)
    if kind == _LOCK_UN:
        locks.unlock_whole(file)
        return 0

    def attempt() -> int | None:
        return 0 if locks.lock_whole(file, kind == _LOCK_EX) else None

    if operation & _LOCK_NB:
        if attempt() is None:
            raise Errno("EAGAIN")
        return 0
    return p.wait_for(t, "flock", locks.queue, attempt)


def locks_of(p: Process, file: OpenFile) -> Locks:
    """The locks of an open file's node."""
    node = file.node
    if node.locks is None:
        node.locks = Locks(p.sched.notify)
    return node.locks


def lock_range(
    p: Process, t: Thread, file: OpenFile, owner: object, kind: int, whence: int, start: int, length: int, wait: bool
) -> int | None:
    """F_SETLK and F_SETLKW; `kind` is LOCK_READ, LOCK_WRITE or LOCK_NONE, `owner` the process's descriptors or the open file."""
    begin, end = lock_extent(file, whence, start, length)
    locks = locks_of(p, file)
    if kind == LOCK_NONE:
        locks.unlock_range(owner, begin, end)
        return 0
    if not file.flags & (files.WRITE if kind == LOCK_WRITE else files.READ):
        raise Errno("EBADF")
    pid = p.pid if owner is p.files else -1

    def attempt() -> int | None:
        return 0 if locks.lock_range(owner, pid, begin, end, kind == LOCK_WRITE) else None

    if not wait:
        if attempt() is None:
            raise Errno("EAGAIN")
        return 0
    return p.wait_for(t, "a file's lock", locks.queue, attempt)


def lock_extent(file: OpenFile, whence: int, start: int, length: int) -> tuple[int, int]:
    """The bytes that a struct flock means: the first, and the one behind the last."""
    base = {0: 0, 1: file.position}.get(whence)
    if whence == 2:
        base = file.attributes().size
    if base is None:
        raise Errno("EINVAL")
    begin = base + start
    end = begin + length if length else END
    if length < 0:
        begin, end = end, begin
    if begin < 0 or end > END:
        raise Errno("EINVAL")
    return begin, end


# Directories and names.


def chdir(p: Process, t: Thread, path: bytes) -> int:
    """chdir(2)."""
    node = p.fs.resolve(p.cwd, path)
    if not isinstance(node, Directory):
        raise Errno("ENOTDIR")
    if not node.permits(MAY_SEARCH):
        raise Errno("EACCES")
    p.cwd = node
    return 0


def fchdir(p: Process, t: Thread, descriptor: int) -> int:
    """fchdir(2)."""
    file = p.files.get(descriptor)
    if not isinstance(file, OpenDirectory):
        raise Errno("ENOTDIR")
    if not file.directory.permits(MAY_SEARCH):
        raise Errno("EACCES")
    p.cwd = file.directory
    return 0


def mkdirat(p: Process, t: Thread, descriptor: int, path: bytes, mode: int) -> int:
    """mkdirat(2)."""
    p.fs.mkdir(base_of(p, descriptor, path), path, mode & ~p.umask)
    return 0


def mkdir(p: Process, t: Thread, path: bytes, mode: int) -> int:
    """mkdir(2)."""
    return mkdirat(p, t, p.at_fdcwd, path, mode)


def unlink(p: Process, t: Thread, path: bytes) -> int:
    """unlink(2)."""
    p.fs.unlink(p.cwd, path)
    return 0


def rmdir(p: Process, t: Thread, path: bytes) -> int:
    """rmdir(2)."""
    p.fs.rmdir(p.cwd, path)
    return 0


def rename(p: Process, t: Thread, old: bytes, new: bytes) -> int:
    """rename(2)."""
    p.fs.rename(p.cwd, old, p.cwd, new)
    return 0


def renameat(p: Process, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes) -> int:
    """renameat(2)."""
    p.fs.rename(base_of(p, old_base, old), old, base_of(p, new_base, new), new)
    return 0


def link(p: Process, t: Thread, old: bytes, new: bytes) -> int:
    """link(2)."""
    p.fs.link(p.cwd, old, p.cwd, new, False)
    return 0


def symlinkat(p: Process, t: Thread, target: bytes, descriptor: int, path: bytes) -> int:
    """symlinkat(2)."""
    p.fs.symlink(target, base_of(p, descriptor, path), path)
    return 0


def symlink(p: Process, t: Thread, target: bytes, path: bytes) -> int:
    """symlink(2)."""
    return symlinkat(p, t, target, p.at_fdcwd, path)


def readlinkat(p: Process, t: Thread, descriptor: int, path: bytes, buffer: int, size: int) -> int:
    """readlinkat(2)."""
    if size <= 0:
        raise Errno("EINVAL")
    if not path:
        # Of a link that was opened with O_PATH itself.
        node = p.files.get(descriptor).node
        if not isinstance(node, Symlink):
            raise Errno("ENOENT")
    else:
        node = p.fs.resolve(base_of(p, descriptor, path), path, False)
    if not isinstance(node, Symlink):
        raise Errno("EINVAL")
    target = node.read()[:size]
    p.memory.write(buffer, target)
    return len(target)


def readlink(p: Process, t: Thread, path: bytes, buffer: int, size: int) -> int:
    """readlink(2)."""
    return readlinkat(p, t, p.at_fdcwd, path, buffer, size)


def _may_own(node: Node) -> None:
    """Fails unless the guest owns a node, or it cannot be changed at all."""
    if node.read_only:
        raise Errno("EROFS")
    if node.uid != UID:
        raise Errno("EPERM")


def change_mode(p: Process, node: Node, mode: int) -> int:
    """Set permission bits."""
    _may_own(node)
    node.change_mode(p.fs, mode)
    return 0


def chmod(p: Process, t: Thread, path: bytes, mode: int) -> int:
    """chmod(2)."""
    return change_mode(p, p.fs.resolve(p.cwd, path), mode)


def fchmod(p: Process, t: Thread, descriptor: int, mode: int) -> int:
    """fchmod(2)."""
    file = p.files.get(descriptor)
    if file.flags & files.PATH_ONLY:
        raise Errno("EBADF")
    _may_own(file.node)
    file.change_mode(p.fs, mode)
    return 0


def change_owner(p: Process, node: Node, uid: int, gid: int) -> int:
    """Set the owner, which one who is not root can only keep."""
    if node.read_only:
        raise Errno("EROFS")
    if (uid, gid) == (-1, -1):
        return 0
    if node.uid != UID or uid not in (-1, node.uid) or gid not in (-1, node.gid):
        raise Errno("EPERM")
    node.ctime = p.fs.now()
    return 0


def chown(p: Process, t: Thread, path: bytes, uid: int, gid: int) -> int:
    """chown(2)."""
    return change_owner(p, p.fs.resolve(p.cwd, path), uid, gid)


def lchown(p: Process, t: Thread, path: bytes, uid: int, gid: int) -> int:
    """lchown(2)."""
    return change_owner(p, p.fs.resolve(p.cwd, path, False), uid, gid)


def fchown(p: Process, t: Thread, descriptor: int, uid: int, gid: int) -> int:
    """fchown(2)."""
    return change_owner(p, p.files.get(descriptor).node, uid, gid)


def may_access(node: Node, mode: int) -> int:
    """access(2) for a node: mode bits 4 read, 2 write, 1 execute."""
    if mode & ~7:
        raise Errno("EINVAL")
    if mode & 2 and node.read_only and stat.S_IFMT(node.mode) in (stat.S_IFREG, stat.S_IFDIR):
        raise Errno("EROFS")
    if not node.permits(mode):
        raise Errno("EACCES")
    return 0


def access(p: Process, t: Thread, path: bytes, mode: int) -> int:
    """access(2)."""
    return may_access(p.fs.resolve(p.cwd, path), mode)


def may_set_times(node: Node, explicit: bool) -> None:
    """Fails unless times can be set: to now by who may write, to others by the owner alone."""
    if node.read_only:
        raise Errno("EROFS")
    if node.uid != UID and (explicit or not node.permits(MAY_WRITE)):
        raise Errno("EPERM" if explicit else "EACCES")


def in_range(seconds: int) -> int:
    """Seconds since 1970 within what file systems keep: those of ext4 and a little more."""
    return min(max(seconds, -(1 << 33)), 1 << 34)


def times_argument(p: Process, address: int, now: int, omit: int) -> tuple[int | None, int | None, bool]:
    """utimensat's times: those of access and of change, None for one to keep, and whether either was given as a number."""
    values: list[int | None] = [p.fs.now()] * 2
    explicit = False
    if address:
        for i in range(2):
            seconds, nanoseconds = _TIME.unpack(p.memory.read(address + 16 * i, 16))
            if nanoseconds == omit:
                values[i] = None
            elif nanoseconds != now:
                if not 0 <= nanoseconds < 10**9:
                    raise Errno("EINVAL")
                explicit = True
                values[i] = in_range(seconds) * 10**9 + nanoseconds
    return values[0], values[1], explicit


def set_times(p: Process, node: Node, atime: int | None, mtime: int | None, explicit: bool = True) -> int:
    """Set a node's times, in nanoseconds since 1970; None keeps one. `explicit` says that they are not both the present."""
    may_set_times(node, explicit)
    node.change_times(p.fs, atime, mtime)
    return 0


def set_file_times(p: Process, descriptor: int, atime: int | None, mtime: int | None, explicit: bool = True) -> int:
    """Set the times of an open file."""
    file = p.files.get(descriptor)
    may_set_times(file.node, explicit)
    file.change_times(p.fs, atime, mtime)
    return 0


def no_attributes(p: Process, t: Thread, path: bytes) -> int:
    """The calls on extended attributes of a path: there are none, but the path is looked up."""
    p.fs.resolve(p.cwd, path)
    raise Errno("ENOTSUP")


def no_file_attributes(p: Process, t: Thread, descriptor: int) -> int:
    """The calls on extended attributes of an open file."""
    p.files.get(descriptor)
    raise Errno("ENOTSUP")


def umask(p: Process, t: Thread, mask: int) -> int:
    """umask(2)."""
    old, p.umask = p.umask, mask & 0o777
    return old
