# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and directories with Linux's flags and structures (GOROOT/src/syscall/ztypes_linux_amd64.go and ztypes_linux_arm64.go)."""

from __future__ import annotations

import stat
import struct
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import fifos, filecalls, files
from pygo_cross.emulate.fs.fifos import add_opened
from pygo_cross.emulate.fs.files import OpenDirectory, OpenFile
from pygo_cross.emulate.fs.locks import END
from pygo_cross.emulate.fs.vfs import BENEATH, DEVICE_FD, IN_ROOT, MAX_SIZE, Device, Node
from pygo_cross.emulate.kernel import calls
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread

_NOFOLLOW_BIT: Final = 0x100  # AT_SYMLINK_NOFOLLOW
_REMOVEDIR_BIT: Final = 0x200  # AT_REMOVEDIR
_EMPTY_PATH: Final = 0x1000  # AT_EMPTY_PATH
_FOLLOW_BIT: Final = 0x400  # AT_SYMLINK_FOLLOW, of linkat

# O_DIRECTORY and O_NOFOLLOW differ between the architectures.
_OPEN_FLAGS: Final = (
    (0o100, files.CREATE),
    (0o200, files.EXCLUSIVE),
    (0o1000, files.TRUNCATE),
    (0o2000, files.APPEND),
    (0o4000, files.NONBLOCK),
    (0o4010000, files.SYNC),
    (0o10000000, files.PATH_ONLY),
    (0o2000000, files.CLOSE_ON_EXEC),
)
_DIRECTORY: Final = {"amd64": (0o200000, 0o400000), "arm64": (0o40000, 0o100000)}

_TMPFILE: Final = 0o20000000

_STAT_AMD64: Final = struct.Struct("<QQQIIIIQqqqqqqqqq24x")
_STAT_ARM64: Final = struct.Struct("<QQIIIIQQqiiqqqqqqq8x")
_STATX: Final = struct.Struct("<IIQIIIH2xQQQQ" + "qI4x" * 4 + "IIIIQ104x")
_FLOCK: Final = struct.Struct("<hh4xqqi4x")
_STATFS: Final = struct.Struct("<qqQQQQQiiqqq32x")

_DIRENT_TYPES: Final = {
    stat.S_IFDIR: 4,
    stat.S_IFREG: 8,
    stat.S_IFLNK: 10,
    stat.S_IFCHR: 2,
    stat.S_IFIFO: 1,
    stat.S_IFBLK: 6,
    stat.S_IFSOCK: 12,
}

_UTIME_NOW: Final = (1 << 30) - 1
_UTIME_OMIT: Final = (1 << 30) - 2


def neutral_flags(p: Process, flags: int) -> int:
    """The neutral flags (files.py) for Linux's."""
    access = flags & 3
    value = files.READ if access == 0 else files.WRITE if access == 1 else files.READ | files.WRITE
    for bit, neutral in _OPEN_FLAGS:
        if flags & bit == bit:
            value |= neutral
    directory, nofollow = _DIRECTORY[p.arch.name]
    if flags & directory:
        value |= files.DIRECTORY
    if flags & nofollow:
        value |= files.NOFOLLOW
    return value & ~files.WRITE if value & files.PATH_ONLY else value


def openat(p: Process, t: Thread, descriptor: int, path: bytes, flags: int, mode: int) -> int | None:
    """openat(2)."""
    if flags & _TMPFILE:
        raise Errno("EOPNOTSUPP")
    neutral = neutral_flags(p, flags)
    file = files.open_path(p, calls.base_of(p, descriptor, path), path, neutral, mode)
    return add_opened(p, t, file, bool(neutral & files.CLOSE_ON_EXEC))


def open_(p: Process, t: Thread, path: bytes, flags: int, mode: int) -> int | None:
    """open(2)."""
    return openat(p, t, p.at_fdcwd, path, flags, mode)


def write_stat(p: Process, address: int, node: Node) -> int:
    """Write a struct stat."""
    size = node.size
    times = (*divmod(node.atime, 10**9), *divmod(node.mtime, 10**9), *divmod(node.ctime, 10**9))
    device = 0x103 if isinstance(node, Device) else 0
    blocks = (node.stored + 4095) // 4096 * 8
    if p.arch.name == "amd64":
        data = _STAT_AMD64.pack(
            node.device, node.inode, node.links, node.mode, node.uid, node.gid, 0, device, size, 4096, blocks, *times
        )  # fmt: skip
    else:
        data = _STAT_ARM64.pack(
            node.device, node.inode, node.mode, node.links, node.uid, node.gid, device, 0, size, 4096, 0, blocks, *times
        )  # fmt: skip
    p.memory.write(address, data)
    return 0


def _node_at(p: Process, descriptor: int, path: bytes, flags: int) -> Node:
    if not path and flags & _EMPTY_PATH:
        return p.cwd if descriptor == p.at_fdcwd else p.files.get(descriptor).attributes()
    return p.fs.resolve(calls.base_of(p, descriptor, path), path, not flags & _NOFOLLOW_BIT)


def _shown(p: Process, node: Node) -> Node:
    """The node whose attributes are told: a descriptor's file where /dev/stdin or its like stands for it."""
    return p.files.get(node.number).attributes() if isinstance(node, Device) and node.kind == DEVICE_FD else node


def fstat(p: Process, t: Thread, descriptor: int, address: int) -> int:
    """fstat(2)."""
    return write_stat(p, address, p.files.get(descriptor).attributes())


def newfstatat(p: Process, t: Thread, descriptor: int, path: bytes, address: int, flags: int) -> int:
    """newfstatat(2)."""
    return write_stat(p, address, _shown(p, _node_at(p, descriptor, path, flags)))


def stat_(p: Process, t: Thread, path: bytes, address: int) -> int:
    """stat(2)."""
    return write_stat(p, address, _shown(p, p.fs.resolve(p.cwd, path)))


def lstat(p: Process, t: Thread, path: bytes, address: int) -> int:
    """lstat(2)."""
    return write_stat(p, address, p.fs.resolve(p.cwd, path, False))


def statx(p: Process, t: Thread, descriptor: int, path: bytes, flags: int, mask: int, address: int) -> int:
    """statx(2): the basic fields and the time of birth, whatever the mask."""
    node = _shown(p, _node_at(p, descriptor, path, flags))
    times = [part for value in (node.atime, node.born, node.ctime, node.mtime) for part in divmod(value, 10**9)]
    minor = 3 if isinstance(node, Device) else 0
    data = _STATX.pack(
        0xFFF, 4096, 0, node.links, node.uid, node.gid, node.mode, node.inode, node.size, (node.stored + 4095) // 4096 * 8, 0,
        *times, minor and 1, minor, 0, node.device, 1
    )  # fmt: skip
    p.memory.write(address, data)
    return 0


def openat2(p: Process, t: Thread, descriptor: int, path: bytes, address: int, size: int) -> int | None:
    """openat2(2), but for RESOLVE_CACHED."""
    if size < 24:
        raise Errno("EINVAL")
    if size > 4096 or any(p.memory.read(address + 24, size - 24)):
        raise Errno("E2BIG")
    flags, mode, how = struct.unpack("<QQQ", p.memory.read(address, 24))
    if how & 0x20:  # RESOLVE_CACHED
        raise Errno("EAGAIN")
    if how & ~0x1F or how & (BENEATH | IN_ROOT) == BENEATH | IN_ROOT or mode & ~0o7777 or flags >> 32:
        raise Errno("EINVAL")
    if flags & _TMPFILE:
        raise Errno("EOPNOTSUPP")
    neutral = neutral_flags(p, flags)
    if mode and not neutral & files.CREATE:
        raise Errno("EINVAL")
    if path[:1] == b"/" and descriptor != p.at_fdcwd and how & (BENEATH | IN_ROOT):
        base = calls.base_of(p, descriptor, b".")
    else:
        base = calls.base_of(p, descriptor, path)
    follow = not (neutral & files.NOFOLLOW or (neutral & files.CREATE and neutral & files.EXCLUSIVE))
    file = files.open_found(p, p.fs.find(base, path, follow, how), neutral, path, mode)
    return add_opened(p, t, file, bool(neutral & files.CLOSE_ON_EXEC))


def creat(p: Process, t: Thread, path: bytes, mode: int) -> int | None:
    """creat(2)."""
    return openat(p, t, p.at_fdcwd, path, 0o1101, mode)


def utimes(p: Process, t: Thread, path: bytes, times: int) -> int:
    """utimes(2)."""
    return futimesat(p, t, p.at_fdcwd, path, times)


def futimesat(p: Process, t: Thread, descriptor: int, path: bytes, times: int) -> int:
    """futimesat(2)."""
    atime = mtime = p.fs.now()
    if times:
        first, first_rest, second, second_rest = struct.unpack("<qqqq", p.memory.read(times, 32))
        if not 0 <= first_rest < 10**6 or not 0 <= second_rest < 10**6:
            raise Errno("EINVAL")
        atime, mtime = (filecalls.in_range(first) * 10**9 + first_rest * 1000, filecalls.in_range(second) * 10**9 + second_rest * 1000)
    return filecalls.set_times(p, _node_at(p, descriptor, path, 0), atime, mtime, bool(times))


def getdents64(p: Process, t: Thread, descriptor: int, buffer: int, size: int) -> int:
    """getdents64(2)."""
    file = p.files.get(descriptor)
    if not isinstance(file, OpenDirectory):
        raise Errno("ENOTDIR")
    out = bytearray()
    entries = file.entries()
    while file.position < len(entries):
        name, node = entries[file.position]
        length = (19 + len(name) + 1 + 7) & -8
        if len(out) + length > size:
            if not out:
                raise Errno("EINVAL")
            break
        file.position += 1
        kind = _DIRENT_TYPES.get(stat.S_IFMT(node.mode), 0)
        out += struct.pack("<QqHB", node.inode, file.position, length, kind) + name.ljust(length - 19, b"\0")
    p.memory.write(buffer, out)
    return len(out)


def unlinkat(p: Process, t: Thread, descriptor: int, path: bytes, flags: int) -> int:
    """unlinkat(2)."""
    if flags & ~_REMOVEDIR_BIT:
        raise Errno("EINVAL")
    base = calls.base_of(p, descriptor, path)
    if flags & _REMOVEDIR_BIT:
        p.fs.rmdir(base, path)
    else:
        p.fs.unlink(base, path)
    return 0


def renameat2(p: Process, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes, flags: int) -> int:
    """renameat2(2); RENAME_EXCHANGE in memory alone, without RENAME_WHITEOUT."""
    if flags & ~3 or flags == 3:
        raise Errno("EINVAL")
    p.fs.rename(calls.base_of(p, old_base, old), old, calls.base_of(p, new_base, new), new, not flags & 1, bool(flags & 2))
    return 0


def linkat(p: Process, t: Thread, old_base: int, old: bytes, new_base: int, new: bytes, flags: int) -> int:
    """linkat(2)."""
    if flags & ~(_FOLLOW_BIT | _EMPTY_PATH):
        raise Errno("EINVAL")
    if not old and flags & _EMPTY_PATH:
        # Only who has CAP_DAC_READ_SEARCH may.
        raise Errno("ENOENT")
    p.fs.link(calls.base_of(p, old_base, old), old, calls.base_of(p, new_base, new), new, bool(flags & _FOLLOW_BIT))
    return 0


def fchmodat(p: Process, t: Thread, descriptor: int, path: bytes, mode: int) -> int:
    """fchmodat(2)."""
    return filecalls.change_mode(p, _node_at(p, descriptor, path, 0), mode)


def fchmodat2(p: Process, t: Thread, descriptor: int, path: bytes, mode: int, flags: int) -> int:
    """fchmodat2(2)."""
    node = _node_at(p, descriptor, path, flags)
    if stat.S_ISLNK(node.mode):
        raise Errno("EOPNOTSUPP")
    return filecalls.change_mode(p, node, mode)


def fchownat(p: Process, t: Thread, descriptor: int, path: bytes, uid: int, gid: int, flags: int) -> int:
    """fchownat(2)."""
    return filecalls.change_owner(p, _node_at(p, descriptor, path, flags), uid, gid)


def faccessat(p: Process, t: Thread, descriptor: int, path: bytes, mode: int) -> int:
    """faccessat(2)."""
    return filecalls.may_access(_node_at(p, descriptor, path, 0), mode)


def faccessat2(p: Process, t: Thread, descriptor: int, path: bytes, mode: int, flags: int) -> int:
    """faccessat2(2)."""
    if flags & ~(_NOFOLLOW_BIT | _REMOVEDIR_BIT | _EMPTY_PATH):  # AT_EACCESS is the same bit as AT_REMOVEDIR
        raise Errno("EINVAL")
    return filecalls.may_access(_node_at(p, descriptor, path, flags), mode)


def utimensat(p: Process, t: Thread, descriptor: int, path: int, times: int, flags: int) -> int:
    """utimensat(2); without a path, of the descriptor itself."""
    atime, mtime, explicit = filecalls.times_argument(p, times, _UTIME_NOW, _UTIME_OMIT)
    if atime is None and mtime is None:
        return 0
    if not path:
        return filecalls.set_file_times(p, descriptor, atime, mtime, explicit)
    return filecalls.set_times(p, _node_at(p, descriptor, p.memory.cstring(path), flags), atime, mtime, explicit)


def getcwd(p: Process, t: Thread, buffer: int, size: int) -> int:
    """getcwd(2): the length with the NUL."""
    path = p.fs.path_of(p.cwd) + b"\0"
    if len(path) > size:
        raise Errno("ERANGE")
    p.memory.write(buffer, path)
    return len(path)


def pipe2(p: Process, t: Thread, address: int, flags: int) -> int:
    """pipe2(2)."""
    neutral = neutral_flags(p, flags & 0o2004000)
    p.memory.check_write(address, 8)
    ends = calls.make_pipe(p, neutral & files.NONBLOCK, bool(neutral & files.CLOSE_ON_EXEC))
    p.memory.write(address, struct.pack("<ii", *ends))
    return 0


def pipe(p: Process, t: Thread, address: int) -> int:
    """pipe(2)."""
    return pipe2(p, t, address, 0)


def dup3(p: Process, t: Thread, descriptor: int, new: int, flags: int) -> int:
    """dup3(2)."""
    if descriptor == new or flags & ~0o2000000:
        raise Errno("EINVAL")
    return calls.duplicate_to(p, descriptor, new, bool(flags))


def fcntl(p: Process, t: Thread, descriptor: int, command: int, argument: int) -> int | None:
    """fcntl(2): duplicating, flags, locks."""
    file = p.files.get(descriptor)
    if command in (0, 1030):  # F_DUPFD, F_DUPFD_CLOEXEC
        if argument >= p.files.limit:
            raise Errno("EINVAL")
        return p.files.add(file, command == 1030, argument)
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
        return access | (0o2000 if file.flags & files.APPEND else 0) | (0o4000 if file.flags & files.NONBLOCK else 0)
    if command == 4:  # F_SETFL
        changed = neutral_flags(p, argument & 0o6000) & (files.APPEND | files.NONBLOCK)
        file.flags = file.flags & ~(files.APPEND | files.NONBLOCK) | changed
        return 0
    if command in (5, 6, 7, 36, 37, 38):
        return _lock(p, t, file, command, argument)
    if command in (1033, 1034):  # F_ADD_SEALS, F_GET_SEALS
        raise Errno("EINVAL")
    if command == 1032:  # F_GETPIPE_SZ
        if not stat.S_ISFIFO(file.node.mode):
            raise Errno("EBADF")
        return files.PIPE_SIZE
    raise Errno("EINVAL")


_GETLK: Final = (5, 36)
_SETLKW: Final = (7, 38)


def _lock(p: Process, t: Thread, file: OpenFile, command: int, argument: int) -> int | None:
    """F_GETLK, F_SETLK and F_SETLKW, and those of open file descriptions."""
    kind, whence, start, length, pid = _FLOCK.unpack(p.memory.read(argument, _FLOCK.size))
    if kind not in (filecalls.LOCK_READ, filecalls.LOCK_WRITE, filecalls.LOCK_NONE):
        raise Errno("EINVAL")
    owner: object = p.files
    if command > 30:
        if pid:
            raise Errno("EINVAL")
        owner = file
    if command not in _GETLK:
        return filecalls.lock_range(p, t, file, owner, kind, whence, start, length, command in _SETLKW)
    begin, end = filecalls.lock_extent(file, whence, start, length)
    lock = filecalls.locks_of(p, file).conflict(owner, begin, end, kind == filecalls.LOCK_WRITE)
    if lock is None:
        p.memory.write(argument, struct.pack("<h", filecalls.LOCK_NONE))
    else:
        size = 0 if lock.end == END else lock.end - lock.start
        kind = filecalls.LOCK_WRITE if lock.exclusive else filecalls.LOCK_READ
        p.memory.write(argument, _FLOCK.pack(kind, 0, lock.start, size, lock.pid))
    return 0


def fallocate(p: Process, t: Thread, descriptor: int, mode: int, offset: int, size: int) -> int:
    """fallocate(2): growing, and making holes."""
    file = p.files.get(descriptor)
    if offset < 0 or size <= 0:
        raise Errno("EINVAL")
    if not file.flags & files.WRITE:
        raise Errno("EBADF")
    if mode not in (0, 1, 3):  # FALLOC_FL_KEEP_SIZE, and with FALLOC_FL_PUNCH_HOLE
        raise Errno("EOPNOTSUPP")
    if offset + size > MAX_SIZE:
        raise Errno("EFBIG")
    if mode != 1:
        file.allocate(offset, size, mode == 3)
    return 0


def statfs(p: Process, t: Thread, path: bytes, address: int) -> int:
    """statfs(2): a tmpfs."""
    p.fs.resolve(p.cwd, path)
    blocks = (p.limits.files or 1 << 40) // 4096
    free = max(blocks - p.fs.used // 4096, 0)
    p.memory.write(address, _STATFS.pack(0x01021994, 4096, blocks, free, free, 1 << 20, 1 << 19, 0, 0, 255, 4096, 0))
    return 0


def fstatfs(p: Process, t: Thread, descriptor: int, address: int) -> int:
    """fstatfs(2)."""
    p.files.get(descriptor)
    return statfs(p, t, b"/", address)


def mknodat(p: Process, t: Thread, descriptor: int, path: bytes, mode: int, device: int) -> int:
    """mknodat(2)."""
    return fifos.make_node(p, calls.base_of(p, descriptor, path), path, mode)


def mknod(p: Process, t: Thread, path: bytes, mode: int, device: int) -> int:
    """mknod(2)."""
    return mknodat(p, t, p.at_fdcwd, path, mode, device)
