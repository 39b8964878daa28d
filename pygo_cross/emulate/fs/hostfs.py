# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts: paths of the host in the guest's tree, read-only or to be written.

Nothing leads out of a mount. A directory of the host is only ever reached from the descriptor of the mount's root, name by name, without
following links, and must be the very directory (device and inode) that was seen there before; a file is looked at, opened and looked at
again in the same way. So neither `..`, nor a link that the guest or anybody on the host makes, nor a directory that is replaced between
two steps changes what a name can reach. Links are read, and their targets resolved in the guest's tree (vfs.py). Devices, sockets and FIFOs
of the host are shown but never opened.

What the guest sees of a mounted tree: all belongs to the guest's user; names are sorted; inode numbers are those of the order of first use;
directories have one link and a fixed size, as on file systems that do not count; access times and change times are not the host's. Modes,
sizes, link counts of files and modification times are the host's, except that a time which the guest's own change caused is the guest's
virtual one as long as nobody else changes the file. The guest cannot make files on the host that run with their owner's rights.

The room that a guest takes on the host's disk counts against the limit on files.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, NotFound
from pygo_cross.emulate.fs.vfs import Directory, FileSystem, Node, Symlink
from pygo_cross.emulate.machine.sharedpages import FilePages

if TYPE_CHECKING:
    from pygo_cross.emulate.machine.pagetable import PhysicalMemory

# Where the host has it, a descriptor that can be walked through but neither read nor written.
_WALK: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

# How many directories of a mount are kept open.
_KEPT: Final = 64

Identity = tuple[int, int]


def host_error(error: OSError | ValueError) -> Errno:
    """The guest's error for a host's; ENFILE where it is we who have too many files open."""
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    name = errno.errorcode.get(number or errno.EIO, "EIO")
    return Errno({"EMFILE": "ENFILE", "ENOTSUP": "EOPNOTSUPP"}.get(name, name))


def _identity(info: os.stat_result) -> Identity:
    return info.st_dev, info.st_ino


class Mount:
    """One mounted path. `descriptor` is of its root, or of the directory that the mounted file is in."""

    def __init__(self, fs: FileSystem, descriptor: int, writable: bool) -> None:
        fs.devices += 1
        self.fs = fs
        self.device = fs.devices
        self.writable = writable
        self._root = descriptor
        self._kept: OrderedDict[HostDirectory, int] = OrderedDict()
        self._files: dict[Identity, HostFile] = {}
        fs.closers.append(self.close)

    def close(self) -> None:
        """Close all descriptors."""
        for descriptor in (self._root, *self._kept.values()):
            os.close(descriptor)
        self._kept.clear()

    def open(self, directory: HostDirectory) -> int:
        """The descriptor of a directory, which stays ours; ENOENT if it is no longer where it was."""
        if directory.above is None:
            return self._root
        descriptor = self._kept.get(directory)
        if descriptor is not None:
            self._kept.move_to_end(directory)
            return descriptor
        above = self.open(directory.above)
        try:
            descriptor = os.open(directory.host_name, _WALK | os.O_DIRECTORY, dir_fd=above)
        except OSError as error:
            raise host_error(error) from error
        if _identity(os.fstat(descriptor)) != directory.identity:
            os.close(descriptor)
            raise Errno("ENOENT")
        self._kept[directory] = descriptor
        if len(self._kept) > _KEPT:
            os.close(self._kept.popitem(last=False)[1])
        return descriptor

    def forget(self, directory: HostDirectory) -> None:
        """A directory was removed."""
        descriptor = self._kept.pop(directory, None)
        if descriptor is not None:
            os.close(descriptor)

    def file(self, directory: HostDirectory, name: bytes, info: os.stat_result) -> HostFile:
        """The node of a file that is no directory and no link; the same for all its names."""
        identity = _identity(info)
        node = self._files.get(identity)
        if node is None or stat.S_IFMT(node.mode) != stat.S_IFMT(info.st_mode):
            node = self._files[identity] = HostFile(self, directory, name, info)
        node.directory, node.name = directory, name
        node.update(info)
        return node

    def forget_file(self, node: HostFile) -> None:
        """The last name of a file was removed."""
        node.release()
        if self._files.get(node.identity) is node:
            del self._files[node.identity]


class _Times:
    """The times that the guest is shown of a file.

    That of modification is the host's, unless the guest's own change set it; that of access is the same, unless the guest set either.
    """

    __slots__ = ("_accessed", "_host", "_own", "_pending")

    def __init__(self) -> None:
        self._accessed: int | None = None
        self._host = -1
        self._own = 0
        self._pending = False

    def changed(self, now: int) -> None:
        """The guest changed the file."""
        self._own = now
        self._pending = True

    def set(self, node: Node, atime: int | None, mtime: int | None) -> None:
        """The guest set times itself; None is one that it kept."""
        if atime is not None:
            self._accessed = atime
        if mtime is not None:
            self._pending = False
            if self._accessed is None:
                self._accessed = node.atime

    def show(self, node: Node, host: int) -> None:
        """Give a node its times, the host's time of modification being `host`."""
        if self._pending:
            self._host = host
            self._pending = False
        node.mtime = node.ctime = node.born = self._own if host == self._host else host
        node.atime = node.mtime if self._accessed is None else self._accessed


class _InMount:
    """What a node has of its mount, in place of a node's own."""

    __slots__ = ()

    _mount: Mount

    @property
    def read_only(self) -> bool:
        """Whether the mount is."""
        return not self._mount.writable

    @property
    def device(self) -> int:
        """The mount's."""
        return self._mount.device


class HostFile(_InMount, Node):  # type: ignore[override]
    """A file of the host that is neither a directory nor a link. `directory` and `name` are where it was last found."""

    __slots__ = ("_charged", "_mapped", "_mount", "_size", "_times", "directory", "identity", "mount_point", "name", "pages")

    def __init__(self, mount: Mount, directory: HostDirectory, name: bytes, info: os.stat_result) -> None:
        super().__init__(mount.fs, info.st_mode)
        self._mount = mount
        self._times = _Times()
        self._charged = 0
        self._mapped = -1
        self.pages: FilePages | None = None
        self.mount_point = False
        self.directory = directory
        self.name = name
        self.identity = _identity(info)
        self.update(info)

    @property
    def size(self) -> int:
        return self._size

    def update(self, info: os.stat_result) -> None:
        """Take over the host's attributes."""
        self.mode = info.st_mode
        self.links = info.st_nlink
        self._size = info.st_size if stat.S_ISREG(info.st_mode) else 0
        self._times.show(self, info.st_mtime_ns)

    def refresh(self) -> None:
        info = self.directory.look(self.name)
        if info is not None and _identity(info) == self.identity:
            self.update(info)

    def written(self) -> None:
        """The guest changed the contents."""
        self._times.changed(self._mount.fs.now())

    def open(self, flags: int) -> int:
        """A descriptor of the file for reading or writing (`os.O_RDONLY` and so on), which is the caller's."""
        if not stat.S_ISREG(self.mode):
            raise Errno("EACCES")
        above = self.directory.open()
        info = self.directory.look(self.name)
        if info is None or _identity(info) != self.identity or not stat.S_ISREG(info.st_mode):
            raise Errno("ENOENT")
        try:
            descriptor = os.open(self.name, flags | _OPEN, dir_fd=above)
        except OSError as error:
            raise host_error(error) from error
        if _identity(os.fstat(descriptor)) != self.identity:
            os.close(descriptor)
            raise Errno("ENOENT")
        return descriptor

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        self.directory.change_mode_of(self.name, self.identity, mode)
        self.refresh()

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        self._times.set(self, atime, mtime)
        self.directory.change_times_of(self.name, atime, mtime)
        self.refresh()

    def change_open(self, descriptor: int, mode: int | None, atime: int | None, mtime: int | None) -> None:
        """Set the mode or times through an open descriptor, whatever became of the name."""
        info = os.fstat(descriptor)
        try:
            if mode is not None:
                if mode & (stat.S_ISUID | stat.S_ISGID):
                    raise Errno("EPERM")
                os.fchmod(descriptor, mode)
            if atime is not None or mtime is not None:
                os.utime(descriptor, ns=(info.st_atime_ns if atime is None else atime, info.st_mtime_ns if mtime is None else mtime))
        except OSError as error:
            raise host_error(error) from error
        self._times.set(self, atime, mtime)
        self.update(os.fstat(descriptor))

    def truncate(self, fs: FileSystem, size: int) -> None:
        descriptor = self.open(os.O_WRONLY)
        try:
            self.truncate_open(descriptor, size)
        finally:
            os.close(descriptor)

    def truncate_open(self, descriptor: int, size: int) -> None:
        """Set the size through an open descriptor."""
        info = os.fstat(descriptor)
        before = info.st_blocks
        if self.pages is not None:
            self.pages.clear(min(size, info.st_size), max(size, info.st_size))
        try:
            os.ftruncate(descriptor, size)
        except (OSError, OverflowError) as error:
            raise host_error(error) if isinstance(error, OSError) else Errno("EFBIG") from error
        self._wrote(descriptor, before)

    def write_open(self, descriptor: int, data: bytes, offset: int) -> int:
        """Write through an open descriptor."""
        fs = self._mount.fs
        if fs.limit and len(data) > fs.limit:
            raise Errno("EFBIG")
        info = os.fstat(descriptor)
        try:
            count = os.pwrite(descriptor, data, offset)
        except (OSError, OverflowError) as error:
            raise host_error(error) if isinstance(error, OSError) else Errno("EFBIG") from error
        if self.pages is not None:
            self.pages.clear(info.st_size, offset)
            self.pages.put(offset, data[:count])
        self._wrote(descriptor, info.st_blocks)
        return count

    def _wrote(self, descriptor: int, blocks: int) -> None:
        """The guest changed the contents, which took so many blocks before; holes cost nothing, and what others wrote is no gain."""
        info = os.fstat(descriptor)
        self._times.changed(self._mount.fs.now())
        self.update(info)
        more = max((info.st_blocks - blocks) * 512, -self._charged)
        self._mount.fs.grow(more)
        self._charged += more

    def share(self, physical: PhysicalMemory, descriptor: int, writable: bool) -> FilePages:
        """The pages through which the file is mapped, which keep a descriptor of their own."""
        pages = self.pages
        if pages is None:
            self._mapped = os.dup(descriptor)

            def load(offset: int, size: int) -> bytes:
                return os.pread(self._mapped, size, offset).ljust(size, b"\0")

            def gone() -> None:
                self.pages = None
                os.close(self._mapped)

            pages = self.pages = FilePages(physical, load, self._store, lambda: os.fstat(self._mapped).st_size, gone)
        elif writable and not pages.writable:
            os.dup2(descriptor, self._mapped, inheritable=False)
        pages.writable = pages.writable or writable
        return pages

    def _store(self, offset: int, data: bytes) -> None:
        """Bring what was stored in mapped memory to the host."""
        before = os.fstat(self._mapped).st_blocks
        try:
            os.pwrite(self._mapped, data, offset)
        except OSError as error:
            raise host_error(error) from error
        self._wrote(self._mapped, before)

    def release(self) -> None:
        """The last name is gone."""
        self._mount.fs.grow(-self._charged)
        self._charged = 0


class HostSymlink(_InMount, Symlink):  # type: ignore[override]
    """A symbolic link of the host."""

    __slots__ = ("_mount", "_times", "directory", "identity", "name")

    def __init__(self, mount: Mount, directory: HostDirectory, name: bytes, info: os.stat_result) -> None:
        super().__init__(mount.fs, b"")
        self._mount = mount
        self._times = _Times()
        self.directory = directory
        self.name = name
        self.identity = _identity(info)
        self.update(name, info)

    def update(self, name: bytes, info: os.stat_result) -> None:
        """Take over the host's attributes."""
        self.name = name
        self.links = info.st_nlink
        self._times.show(self, info.st_mtime_ns)
        try:
            self.target = os.readlink(name, dir_fd=self.directory.open())
        except OSError as error:
            raise host_error(error) from error

    def refresh(self) -> None:
        info = self.directory.look(self.name)
        if info is not None and _identity(info) == self.identity:
            self.update(self.name, info)

    def written(self) -> None:
        """The guest made it."""
        self._times.changed(self._mount.fs.now())

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        raise Errno("EOPNOTSUPP")

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        self._times.set(self, atime, mtime)
        self.directory.change_times_of(self.name, atime, mtime)
        self.refresh()


class HostDirectory(_InMount, Directory):  # type: ignore[override]
    """A directory of the host. `entries` holds what lives in memory below it: further mounts, sockets, FIFOs; they hide the host's own.

    `above` is the host directory through which it is reached as `host_name`, None for the root of the mount.
    """

    __slots__ = ("_known", "_mount", "_times", "above", "host_name", "identity", "mount_point")

    def __init__(self, mount: Mount, above: HostDirectory | None, name: bytes, info: os.stat_result) -> None:
        super().__init__(mount.fs, info.st_mode, above)
        self._mount = mount
        self._times = _Times()
        self._known: dict[bytes, tuple[Identity, Node]] = {}
        self.mount_point = False
        self.above = above
        self.name = self.host_name = name
        self.identity = _identity(info)
        self.update(info)

    def open(self) -> int:
        """A descriptor through which entries are reached; it is the mount's."""
        return self._mount.open(self)

    def update(self, info: os.stat_result) -> None:
        """Take over the host's attributes."""
        self.mode = info.st_mode
        self.links = min(self.links, 1)
        self._times.show(self, info.st_mtime_ns)

    def refresh(self) -> None:
        if self.links:
            self.update(os.fstat(self.open()))

    def look(self, name: bytes) -> os.stat_result | None:
        """The host's attributes of an entry, or None if there is none."""
        try:
            return os.stat(name, dir_fd=self.open(), follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise host_error(error) from error

    def lookup(self, name: bytes) -> Node | None:
        node = self.entries.get(name)
        if node is not None:
            return node
        info = self.look(name) if self.links else None
        if info is None:
            self._known.pop(name, None)
            return None
        return self._node(name, info)

    def _node(self, name: bytes, info: os.stat_result) -> Node:
        identity = _identity(info)
        known = self._known.get(name)
        node: Node | None = known[1] if known is not None and known[0] == identity else None
        if stat.S_ISDIR(info.st_mode):
            if isinstance(node, HostDirectory) and node.links:
                node.update(info)
            else:
                node = HostDirectory(self._mount, self, name, info)
        elif stat.S_ISLNK(info.st_mode):
            if isinstance(node, HostSymlink):
                node.update(name, info)
            else:
                node = HostSymlink(self._mount, self, name, info)
        else:
            node = self._mount.file(self, name, info)
        self._known[name] = (identity, node)
        return node

    def names(self) -> list[bytes]:
        if not self.links:
            return []
        try:
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.open())
            try:
                found = os.listdir(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise host_error(error) from error
        return sorted({*map(os.fsencode, found), *self.entries})

    def holds(self, name: bytes, node: Node) -> bool:
        known = self._known.get(name)
        return self.entries.get(name) is node or (known is not None and known[1] is node)

    # Changes.

    def _touch(self, fs: FileSystem) -> None:
        self._times.changed(fs.now())

    def change_mode_of(self, name: bytes, identity: Identity, mode: int) -> None:
        """Set the permissions of an entry that is a file or a directory."""
        if mode & (stat.S_ISUID | stat.S_ISGID):
            raise Errno("EPERM")
        above = self.open()
        try:
            if os.chmod in os.supports_follow_symlinks:
                os.chmod(name, mode, dir_fd=above, follow_symlinks=False)
                return
            # What the host lacks is done by way of a descriptor that cannot be anything else's.
            descriptor = os.open(name, _WALK, dir_fd=above)
            try:
                if _identity(os.fstat(descriptor)) != identity:
                    raise Errno("ENOENT")
                os.chmod(f"/proc/self/fd/{descriptor}", mode)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise host_error(error) from error

    def change_times_of(self, name: bytes, atime: int | None, mtime: int | None) -> None:
        """Set the times of an entry."""
        info = self.look(name)
        if info is None:
            raise Errno("ENOENT")
        times = (info.st_atime_ns if atime is None else atime, info.st_mtime_ns if mtime is None else mtime)
        try:
            os.utime(name, ns=times, dir_fd=self.open(), follow_symlinks=False)
        except (OSError, OverflowError) as error:
            raise host_error(error) if isinstance(error, OSError) else Errno("EINVAL") from error

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        if self.above is None:
            raise Errno("EPERM")
        self.above.change_mode_of(self.host_name, self.identity, mode)
        self.refresh()

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        if self.above is None:
            raise Errno("EPERM")
        self._times.set(self, atime, mtime)
        self.above.change_times_of(self.host_name, atime, mtime)
        self.refresh()

    def make_file(self, fs: FileSystem, name: bytes, mode: int) -> Node:
        return self.create(fs, name, mode)[0]

    def create(self, fs: FileSystem, name: bytes, mode: int) -> tuple[HostFile, int]:
        """A new file, and a descriptor to read and write it, which is the caller's."""
        mode &= 0o1777
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _OPEN, 0o600, dir_fd=self.open())
        except (OSError, ValueError) as error:
            raise host_error(error) from error
        os.fchmod(descriptor, mode)
        info = os.fstat(descriptor)
        self._touch(fs)
        node = self._node(name, info)
        assert isinstance(node, HostFile)
        node.written()
        node.update(info)
        return node, descriptor

    def make_directory(self, fs: FileSystem, name: bytes, mode: int) -> None:
        above = self.open()
        try:
            os.mkdir(name, mode & 0o1777, dir_fd=above)
        except (OSError, ValueError) as error:
            raise host_error(error) from error
        self._touch(fs)
        node = self.lookup(name)
        if isinstance(node, HostDirectory):
            node._touch(fs)
            if node.mode & 0o1777 != mode & 0o1777:
                self.change_mode_of(name, node.identity, mode & 0o1777)

    def make_symlink(self, fs: FileSystem, name: bytes, target: bytes) -> None:
        try:
            os.symlink(target, name, dir_fd=self.open())
        except (OSError, ValueError) as error:
            raise host_error(error) from error
        self._touch(fs)
        node = self.lookup(name)
        if isinstance(node, HostSymlink):
            node.written()

    def make_link(self, fs: FileSystem, name: bytes, node: Node) -> None:
        if not isinstance(node, (HostFile, HostSymlink)):
            raise Errno("EPERM")
        source = node.directory
        info = source.look(node.name)
        if info is None or _identity(info) != node.identity:
            raise Errno("ENOENT")
        try:
            os.link(node.name, name, src_dir_fd=source.open(), dst_dir_fd=self.open(), follow_symlinks=False)
        except (OSError, ValueError) as error:
            raise host_error(error) from error
        self._touch(fs)

    def remove(self, fs: FileSystem, name: bytes, node: Node) -> None:
        if name in self.entries:
            super().remove(fs, name, node)
            return
        above = self.open()
        try:
            if isinstance(node, HostDirectory):
                os.rmdir(name, dir_fd=above)
            else:
                os.unlink(name, dir_fd=above)
        except OSError as error:
            raise host_error(error) from error
        self._touch(fs)
        self._gone(name, node)

    def _gone(self, name: bytes, node: Node) -> None:
        self._known.pop(name, None)
        node.ctime = self._mount.fs.now()
        if isinstance(node, HostDirectory):
            node.links = 0
            self._mount.forget(node)
        elif node.links:
            node.links -= 1
            if isinstance(node, HostFile) and not node.links:
                self._mount.forget_file(node)

    def move(self, fs: FileSystem, name: bytes, node: Node, target: Directory, new_name: bytes, old: Node | None) -> None:
        assert isinstance(target, HostDirectory)
        if name in self.entries or new_name in target.entries:
            # What lives in memory moves there, and not over or under what is the host's.
            if name not in self.entries or (old is not None and new_name not in target.entries):
                raise Errno("EBUSY")
            super().move(fs, name, node, target, new_name, old)
            return
        try:
            os.rename(name, new_name, src_dir_fd=self.open(), dst_dir_fd=target.open())
        except (OSError, ValueError) as error:
            raise host_error(error) from error
        if old is not None:
            target._gone(new_name, old)
        known = self._known.pop(name, None)
        if known is not None:
            target._known[new_name] = known
        if isinstance(node, HostDirectory):
            node.parent = node.above = target
            node.name = node.host_name = new_name
        elif isinstance(node, HostFile):
            node.directory, node.name = target, new_name
        elif isinstance(node, HostSymlink):
            # A link is read through its directory: the next look finds it anew.
            target._known.pop(new_name, None)
        self._touch(fs)
        target._touch(fs)

    def exchange(self, fs: FileSystem, name: bytes, node: Node, target: Directory, new_name: bytes, other: Node) -> None:
        raise Errno("EINVAL")


def mount(fs: FileSystem, host: str, guest: str, writable: bool = False) -> None:
    """Show a host file or directory at an absolute guest path; raises `NotFound` if the host has none that can be shown."""
    try:
        path = os.fsencode(os.path.realpath(host))
        info = os.stat(path)
        is_directory = stat.S_ISDIR(info.st_mode)
        if not is_directory and not stat.S_ISREG(info.st_mode):
            raise NotFound("mount-not-found", f"cannot mount {host}: neither a file nor a directory")
        descriptor = os.open(path if is_directory else os.path.dirname(path), _WALK | os.O_DIRECTORY)
    except (OSError, ValueError) as error:
        raise NotFound("mount-not-found", f"cannot mount {host}: {getattr(error, 'strerror', None) or error}") from error
    mounted = Mount(fs, descriptor, writable)
    root = HostDirectory(mounted, None, b"", os.fstat(descriptor))
    node: Node = root
    if not is_directory:
        found = root.lookup(os.path.basename(path))
        if not isinstance(found, HostFile):
            raise NotFound("mount-not-found", f"cannot mount {host}: it was replaced meanwhile")
        found.mount_point = True
        node = found
    else:
        root.mount_point = True
    try:
        fs.put(os.fsencode(guest), node)
    except Errno as error:
        raise NotFound("mount-not-found", f"cannot mount at {guest}: {error.name}") from error
