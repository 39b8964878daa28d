# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and directories with macOS's flags and structures (GOROOT/src/syscall/ztypes_darwin_arm64.go)."""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import fifos, filecalls, files
from pygo_cross.emulate.fs.fdfs import path_of
from pygo_cross.emulate.fs.fifos import add_opened
from pygo_cross.emulate.fs.files import OpenDirectory, OpenFile
from pygo_cross.emulate.fs.locks import END
from pygo_cross.emulate.fs.vfs import DEVICE_FD, MAY_READ, Device, File, Node
from pygo_cross.emulate.kernel import calls
from pygo_cross.emulate.kernel.mappings import map_file, map_memory
from pygo_cross.emulate.kernel.thread import Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_NOFOLLOW_BIT: Final = 0x20  # AT_SYMLINK_NOFOLLOW
_FOLLOW_BIT: Final = 0x40  # AT_SYMLINK_FOLLOW
_REMOVEDIR_BIT: Final = 0x80  # AT_REMOVEDIR

_OPEN_FLAGS: Final = (
    (0x4, files.NONBLOCK),
    (0x8, files.APPEND),
    (0x80, files.SYNC),
    (0x100, files.NOFOLLOW),
    (0x200, files.CREATE),
    (0x400, files.TRUNCATE),
    (0x800, files.EXCLUSIVE),
    (0x100000, files.DIRECTORY),
    (0x200000, files.NOFOLLOW | files.PATH_ONLY),  # O_SYMLINK
    (0x1000000, files.CLOSE_ON_EXEC),
)

_STAT: Final = struct.Struct("<iHHQIIi4xqqqqqqqqqqiIIi16x")
_STATFS: Final = struct.Struct("<IiQQQQQiiIIII16s1024s1024s32x")
_FLOCK: Final = struct.Struct("<qqihh")
_DIRENT: Final = struct.Struct("<QQHHB")
_DIRENT_SIZE: Final = 1048

_DIRENT_TYPES: Final = {stat.S_IFDIR: 4, stat.S_IFREG: 8, stat.S_IFLNK: 10, stat.S_IFCHR: 2, stat.S_IFIFO: 1}

_F_RDLCK: Final = 1
_F_UNLCK: Final = 2
_F_WRLCK: Final = 3
_LOCK_KINDS: Final = {_F_RDLCK: filecalls.LOCK_READ, _F_UNLCK: filecalls.LOCK_NONE, _F_WRLCK: filecalls.LOCK_WRITE}

_UTIME_NOW: Final = -1
_UTIME_OMIT: Final = -2


def neutral_flags(flags: int) -> int:
    """The neutral flags (files.py) for macOS's."""
    access = flags & 3
    value = files.READ if access == 0 else files.WRITE if access == 1 else files.READ | files.WRITE
    for bit, neutral in _OPEN_FLAGS:
        if flags & bit:
            value |= neutral
    return value


def openat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, flags: int, mode: int) -> int | None:
    """openat(2)."""
    neutral = neutral_flags(flags)
    file = files.open_path(p, calls.base_of(p, descriptor, path), path, neutral, mode & 0o7777)
    return add_opened(p, t, file, bool(neutral & files.CLOSE_ON_EXEC))


def open_(p: DarwinProcess, t: Thread, path: bytes, flags: int, mode: int) -> int | None:
    """open(2)."""
    return openat(p, t, p.at_fdcwd, path, flags, mode)


def _write_stat(p: DarwinProcess, address: int, node: Node) -> int:
    size = node.size
    blocks = (node.stored + 4095) // 4096 * 8
    device = 0x03000002 if isinstance(node, Device) else 0
    times = (*divmod(node.atime, 10**9), *divmod(node.mtime, 10**9), *divmod(node.ctime, 10**9), *divmod(node.born, 10**9))
    data = _STAT.pack(
        node.device, node.mode, node.links, node.inode, node.uid, node.gid, device, *times, size, blocks, 4096, 0, 0, 0
    )  # fmt: skip
    p.memory.write(address, data)
    return 0


def _shown(p: DarwinProcess, node: Node) -> Node:
    """The node whose attributes are told: a descriptor's file where /dev/stdin or its like stands for it."""
    return p.files.get(node.number).attributes() if isinstance(node, Device) and node.kind == DEVICE_FD else node


def stat_(p: DarwinProcess, t: Thread, path: bytes, address: int) -> int:
    """stat(2)."""
    return _write_stat(p, address, _shown(p, p.fs.resolve(p.cwd, path)))


def lstat(p: DarwinProcess, t: Thread, path: bytes, address: int) -> int:
    """lstat(2)."""
    return _write_stat(p, address, p.fs.resolve(p.cwd, path, False))


def fstat(p: DarwinProcess, t: Thread, descriptor: int, address: int) -> int:
    """fstat(2)."""
    return _write_stat(p, address, p.files.get(descriptor).attributes())


def _node_at(p: DarwinProcess, descriptor: int, path: bytes, flags: int) -> Node:
    return p.fs.resolve(calls.base_of(p, descriptor, path), path, not flags & _NOFOLLOW_BIT)


def fstatat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, address: int, flags: int) -> int:
    """fstatat(2)."""
    return _write_stat(p, address, _shown(p, _node_at(p, descriptor, path, flags)))


def unlinkat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, flags: int) -> int:
    """unlinkat(2)."""
    base = calls.base_of(p, descriptor, path)
    if flags & _REMOVEDIR_BIT:
        p.fs.rmdir(base, path)
    else:
        _unlink(p, descriptor, path)
    return 0


def _unlink(p: DarwinProcess, descriptor: int, path: bytes) -> None:
    try:
        p.fs.unlink(calls.base_of(p, descriptor, path), path)
    except Errno as error:
        # macOS says EPERM of a directory, and Go's os.Remove tells the two systems apart by it.
        raise Errno("EPERM" if error.name == "EISDIR" else error.name) from error


def unlink(p: DarwinProcess, t: Thread, path: bytes) -> int:
    """unlink(2)."""
    _unlink(p, p.at_fdcwd, path)
    return 0


def linkat(p: DarwinProcess, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes, flags: int) -> int:
    """linkat(2)."""
    p.fs.link(calls.base_of(p, old_base, old), old, calls.base_of(p, new_base, new), new, bool(flags & _FOLLOW_BIT))
    return 0


def link(p: DarwinProcess, t: Thread, old: bytes, new: bytes) -> int:
    """link(2), which follows a final symbolic link here."""
    p.fs.link(p.cwd, old, p.cwd, new, True)
    return 0


def renameatx_np(p: DarwinProcess, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes, flags: int) -> int:
    """renameatx_np(2): RENAME_SWAP in memory alone, RENAME_EXCL."""
    if flags & ~0x16 or flags & 6 == 6:
        raise Errno("EINVAL")
    p.fs.rename(calls.base_of(p, old_base, old), old, calls.base_of(p, new_base, new), new, not flags & 4, bool(flags & 2))
    return 0


def renamex_np(p: DarwinProcess, t: Thread, old: bytes, new: bytes, flags: int) -> int:
    """renamex_np(2)."""
    return renameatx_np(p, t, p.at_fdcwd, old, p.at_fdcwd, new, flags)


def _clone(p: DarwinProcess, node: Node, base: int, path: bytes) -> int:
    directory, name = p.fs.place(calls.base_of(p, base, path), path)
    if node.device != directory.device:
        raise Errno("EXDEV")
    if not isinstance(node, File):
        raise Errno("ENOTSUP")
    if not node.permits(MAY_READ):
        raise Errno("EACCES")
    copy = directory.make_file(p.fs, name, node.mode & 0o7777)
    assert isinstance(copy, File)
    p.fs.grow(node.contents.held)
    copy.contents = node.contents.copy()
    return 0


def clonefileat(p: DarwinProcess, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes, flags: int) -> int:
    """clonefileat(2) of a file in memory."""
    return _clone(p, p.fs.resolve(calls.base_of(p, old_base, old), old, not flags & 1), new_base, new)


def clonefile(p: DarwinProcess, t: Thread, old: bytes, new: bytes, flags: int) -> int:
    """clonefile(2) of a file in memory."""
    return clonefileat(p, t, p.at_fdcwd, old, p.at_fdcwd, new, flags)


def fclonefileat(p: DarwinProcess, t: Thread, descriptor: int, base: int, path: bytes, flags: int) -> int:
    """fclonefileat(2) of a file in memory."""
    return _clone(p, p.files.get(descriptor).node, base, path)


def fchmodat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, mode: int, flags: int) -> int:
    """fchmodat(2)."""
    return filecalls.change_mode(p, _node_at(p, descriptor, path, flags), mode)


def fchownat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, uid: int, gid: int, flags: int) -> int:
    """fchownat(2)."""
    return filecalls.change_owner(p, _node_at(p, descriptor, path, flags), uid, gid)


def faccessat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, mode: int, flags: int) -> int:
    """faccessat(2)."""
    return filecalls.may_access(_node_at(p, descriptor, path, flags), mode)


def utimensat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, times: int, flags: int) -> int:
    """utimensat(2)."""
    atime, mtime, explicit = filecalls.times_argument(p, times, _UTIME_NOW, _UTIME_OMIT)
    return filecalls.set_times(p, _node_at(p, descriptor, path, flags), atime, mtime, explicit)


def _timevals(p: DarwinProcess, address: int) -> tuple[int, int]:
    if not address:
        return p.fs.now(), p.fs.now()
    first, first_rest, second, second_rest = struct.unpack("<qi4xqi4x", p.memory.read(address, 32))
    seconds = [filecalls.in_range(value) for value in (first, second)]
    return seconds[0] * 10**9 + first_rest * 1000, seconds[1] * 10**9 + second_rest * 1000


def utimes(p: DarwinProcess, t: Thread, path: bytes, times: int) -> int:
    """utimes(2)."""
    return filecalls.set_times(p, p.fs.resolve(p.cwd, path), *_timevals(p, times), bool(times))


def futimes(p: DarwinProcess, t: Thread, descriptor: int, times: int) -> int:
    """futimes(2)."""
    return filecalls.set_file_times(p, descriptor, *_timevals(p, times), bool(times))


def getcwd(p: DarwinProcess, t: Thread, buffer: int, size: int) -> int:
    """getcwd(3)."""
    path = p.fs.path_of(p.cwd) + b"\0"
    if len(path) > size:
        raise Errno("ERANGE")
    p.memory.write(buffer, path)
    return buffer


def pipe(p: DarwinProcess, t: Thread, address: int) -> int:
    """pipe(2)."""
    p.memory.check_write(address, 8)
    p.memory.write(address, struct.pack("<ii", *calls.make_pipe(p, 0, False)))
    return 0


def fcntl(p: DarwinProcess, t: Thread, descriptor: int, command: int, argument: int) -> int | None:
    """fcntl(2): duplicating, flags, paths, syncing, locks."""
    file = p.files.get(descriptor)
    if command in (0, 67):  # F_DUPFD, F_DUPFD_CLOEXEC
        if argument & 0xFFFFFFFF >= p.files.limit:
            raise Errno("EINVAL")
        return p.files.add(file, command == 67, argument & 0xFFFFFFFF)
    if command == 1:  # F_GETFD
        return int(descriptor in p.files.close_on_exec)
    if command == 2:  # F_SETFD
        if argument & 1:
            p.files.close_on_exec.add(descriptor)
        else:
            p.files.close_on_exec.discard(descriptor)
        return 0
    if command == 3:  # F_GETFL
        access = {files.WRITE: 1, files.READ | files.WRITE: 2}.get(file.flags & 3, 0)
        return access | (8 if file.flags & files.APPEND else 0) | (4 if file.flags & files.NONBLOCK else 0)
    if command == 4:  # F_SETFL
        changed = neutral_flags(argument & 0xC) & (files.APPEND | files.NONBLOCK)
        file.flags = file.flags & ~(files.APPEND | files.NONBLOCK) | changed
        return 0
    if command in (7, 8, 9, 90, 91, 92):
        return _lock(p, t, file, command, argument)
    if command in (51, 85):  # F_FULLFSYNC, F_BARRIERFSYNC
        return calls.fsync(p, t, descriptor)
    if command in (44, 45, 48):  # F_RDADVISE, F_RDAHEAD, F_NOCACHE
        return 0
    if command == 42:  # F_PREALLOCATE
        return _preallocate(p, file, argument)
    if command in (50, 102):  # F_GETPATH, F_GETPATH_NOFIRMLINK
        p.memory.write(argument, path_of(p.fs, file) + b"\0")
        return 0
    raise Errno("EINVAL")


_GETLK: Final = (7, 92)
_SETLKW: Final = (9, 91)


def _lock(p: DarwinProcess, t: Thread, file: OpenFile, command: int, argument: int) -> int | None:
    """F_GETLK, F_SETLK and F_SETLKW, and those of open files (F_OFD_*)."""
    start, length, _, number, whence = _FLOCK.unpack(p.memory.read(argument, _FLOCK.size))
    kind = _LOCK_KINDS.get(number)
    if kind is None:
        raise Errno("EINVAL")
    owner: object = file if command >= 90 else p.files
    if command not in _GETLK:
        return filecalls.lock_range(p, t, file, owner, kind, whence, start, length, command in _SETLKW)
    begin, end = filecalls.lock_extent(file, whence, start, length)
    lock = filecalls.locks_of(p, file).conflict(owner, begin, end, kind == filecalls.LOCK_WRITE)
    if lock is None:
        p.memory.write(argument + 20, struct.pack("<h", _F_UNLCK))
    else:
        size = 0 if lock.end == END else lock.end - lock.start
        p.memory.write(argument, _FLOCK.pack(lock.start, size, lock.pid, _F_WRLCK if lock.exclusive else _F_RDLCK, 0))
    return 0


def _preallocate(p: DarwinProcess, file: OpenFile, argument: int) -> int:
    """F_PREALLOCATE with its fstore_t: room is never short, so there is nothing to do but to say so."""
    _, _, _, length, _ = struct.unpack("<Iiqqq", p.memory.read(argument, 32))
    if not file.flags & files.WRITE:
        raise Errno("EBADF")
    if length < 0:
        raise Errno("EINVAL")
    p.memory.write(argument + 24, struct.pack("<q", length))
    return 0


def lseek(p: DarwinProcess, t: Thread, descriptor: int, offset: int, whence: int) -> int:
    """lseek(2)."""
    return p.files.get(descriptor).seek(offset, {3: files.SEEK_HOLE, 4: files.SEEK_DATA}.get(whence, whence))


def fdopendir(p: DarwinProcess, t: Thread, descriptor: int) -> int:
    """fdopendir(3). The stream's handle is a number that is no address."""
    file = p.files.get(descriptor)
    if not isinstance(file, OpenDirectory):
        raise Errno("ENOTDIR")
    handle = 0x1000 + descriptor
    p.directories[handle] = (descriptor, file.entries(), 0)
    return handle


def closedir(p: DarwinProcess, t: Thread, handle: int) -> int:
    """closedir(3)."""
    stream = p.directories.pop(handle, None)
    if stream is None:
        raise Errno("EBADF")
    p.files.close(stream[0])
    return 0


def readdir_r(p: DarwinProcess, t: Thread, handle: int, entry: int, result: int) -> int:
    """readdir_r(3)."""
    stream = p.directories.get(handle)
    if stream is None:
        raise Errno("EBADF")
    descriptor, entries, position = stream
    if position >= len(entries):
        p.memory.put_u64(result, 0)
        return 0
    name, node = entries[position]
    p.directories[handle] = (descriptor, entries, position + 1)
    length = (_DIRENT.size + len(name) + 1 + 7) & -8
    kind = _DIRENT_TYPES.get(stat.S_IFMT(node.mode), 0)
    data = _DIRENT.pack(node.inode, position + 1, length, len(name), kind) + name
    p.memory.write(entry, data.ljust(min(length, _DIRENT_SIZE), b"\0"))
    p.memory.put_u64(result, entry)
    return 0


def statfs(p: DarwinProcess, t: Thread, path: bytes, address: int) -> int:
    """statfs(2): one file system."""
    p.fs.resolve(p.cwd, path)
    blocks = (p.limits.files or 1 << 40) // 4096
    free = max(blocks - p.fs.used // 4096, 0)
    p.memory.write(address, _STATFS.pack(4096, 4096, blocks, free, free, 1 << 20, 1 << 19, 1, 0, 0, 26, 0, 0, b"apfs", b"/", b"/dev/disk1"))
    return 0


def fstatfs(p: DarwinProcess, t: Thread, descriptor: int, address: int) -> int:
    """fstatfs(2)."""
    p.files.get(descriptor)
    return statfs(p, t, b"/", address)


def getfsstat(p: DarwinProcess, t: Thread, buffer: int, size: int, flags: int) -> int:
    """getfsstat(2): the one file system, if there is room for it; its number."""
    if buffer and size >= _STATFS.size:
        statfs(p, t, b"/", buffer)
    return 1 if not buffer or size >= _STATFS.size else 0


def pathconf(p: DarwinProcess, t: Thread, path: bytes, name: int) -> int:
    """pathconf(2)."""
    p.fs.resolve(p.cwd, path)
    return {1: 32767, 4: 255, 5: 1024, 6: 512}.get(name, 0)


def fpathconf(p: DarwinProcess, t: Thread, descriptor: int, name: int) -> int:
    """fpathconf(2)."""
    p.files.get(descriptor)
    return pathconf(p, t, b"/", name)


_FIXED: Final = 0x10
_ANONYMOUS: Final = 0x1000


def mmap(p: DarwinProcess, t: Thread, address: int, size: int, protection: int, flags: int, descriptor: int, offset: int) -> int:
    """mmap(2)."""
    if flags & _ANONYMOUS:
        return map_memory(p, address, size, protection, bool(flags & _FIXED), False, "", bool(flags & 1))
    return map_file(p, address, size, protection, bool(flags & _FIXED), descriptor, offset, bool(flags & 1))


def mkfifoat(p: DarwinProcess, t: Thread, descriptor: int, path: bytes, mode: int) -> int:
    """mkfifoat(2)."""
    return fifos.make(p, calls.base_of(p, descriptor, path), path, mode & 0o777)


def mkfifo(p: DarwinProcess, t: Thread, path: bytes, mode: int) -> int:
    """mkfifo(2)."""
    return mkfifoat(p, t, p.at_fdcwd, path, mode)
