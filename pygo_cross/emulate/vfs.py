# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's file tree: directories and files in memory, host paths mounted read-only, and a few generated files.

The guest sees nothing of the host but what is mounted. Host trees are walked one name at a time and never through the host's own symbolic
links: a link is read, and its target is resolved in the guest's tree, so none can lead out of the mount. (The host's tree is taken not to
be changed by an adversary meanwhile; the guest cannot change it.)

Names and paths are bytes. Inode numbers are given in the order of first use, so they do not depend on the host. Failures are `Errno`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno, LimitReached, NotFound

MAX_LINKS: Final = 40
MAX_NAME: Final = 255
MAX_PATH: Final = 4096

UID: Final = 1000
GID: Final = 1000

DEVICE_NULL: Final = "null"
DEVICE_ZERO: Final = "zero"
DEVICE_RANDOM: Final = "random"
DEVICE_FULL: Final = "full"
DEVICE_FD: Final = "fd"

_HOST_ERRORS: Final = {
    PermissionError: "EACCES",
    FileNotFoundError: "ENOENT",
    NotADirectoryError: "ENOTDIR",
    IsADirectoryError: "EISDIR",
}


def host_error(error: OSError) -> Errno:
    """The guest's error for a host's."""
    return Errno(_HOST_ERRORS.get(type(error), "EIO"))


class Node:
    """A file of any kind. Times are nanoseconds since 1970; `mode` has the type bits of stat(2)."""

    __slots__ = ("atime", "ctime", "gid", "inode", "links", "mode", "mtime", "uid")

    read_only = False

    def __init__(self, fs: FileSystem, mode: int) -> None:
        fs.inodes += 1
        self.inode = fs.inodes
        self.mode = mode
        self.uid = UID
        self.gid = GID
        self.links = 1
        self.atime = self.mtime = self.ctime = fs.now()

    @property
    def size(self) -> int:
        """The size in bytes that stat reports."""
        return 0


class Directory(Node):
    """A directory in memory."""

    __slots__ = ("entries", "parent")

    def __init__(self, fs: FileSystem, mode: int, parent: Directory | None) -> None:
        super().__init__(fs, stat.S_IFDIR | mode & 0o7777)
        self.links = 2
        self.parent = parent if parent is not None else self
        self.entries: dict[bytes, Node] = {}

    @property
    def size(self) -> int:
        return 4096

    def lookup(self, name: bytes) -> Node | None:
        """The node of a name."""
        return self.entries.get(name)

    def names(self) -> list[bytes]:
        """The names, in the order in which they are listed."""
        return list(self.entries)


class File(Node):
    """A regular file in memory."""

    __slots__ = ("data",)

    def __init__(self, fs: FileSystem, mode: int, data: bytes = b"") -> None:
        super().__init__(fs, stat.S_IFREG | mode & 0o7777)
        self.data = bytearray(data)

    @property
    def size(self) -> int:
        return len(self.data)


class Symlink(Node):
    """A symbolic link."""

    __slots__ = ("target",)

    def __init__(self, fs: FileSystem, target: bytes) -> None:
        super().__init__(fs, stat.S_IFLNK | 0o777)
        self.target = target

    @property
    def size(self) -> int:
        return len(self.target)


class Device(Node):
    """A character device; `kind` is one of DEVICE_*, `number` what /dev/fd/N stands for."""

    __slots__ = ("kind", "number")

    def __init__(self, fs: FileSystem, kind: str, number: int = 0) -> None:
        super().__init__(fs, stat.S_IFCHR | 0o666)
        self.kind = kind
        self.number = number


class Generated(Node):
    """A read-only file whose contents are made when it is opened."""

    __slots__ = ("make",)

    read_only = True

    def __init__(self, fs: FileSystem, make: Callable[[], bytes]) -> None:
        super().__init__(fs, stat.S_IFREG | 0o444)
        self.make = make


class GeneratedLink(Symlink):
    """A symbolic link whose target is made when it is read."""

    __slots__ = ("make",)

    def __init__(self, fs: FileSystem, make: Callable[[], bytes]) -> None:
        super().__init__(fs, b"")
        self.make = make


class HostFile(Node):
    """A regular file of the host."""

    __slots__ = ("_size", "path")

    read_only = True

    def __init__(self, fs: FileSystem, path: bytes, info: os.stat_result) -> None:
        super().__init__(fs, info.st_mode)
        self.path = path
        self.refresh(info)

    def refresh(self, info: os.stat_result) -> None:
        """Take over the host's attributes."""
        self.mode = info.st_mode
        self._size = info.st_size
        self.mtime = self.atime = self.ctime = info.st_mtime_ns

    @property
    def size(self) -> int:
        return self._size


class HostDirectory(Directory):
    """A directory of the host. `entries` holds what was mounted below it, over the host's own."""

    __slots__ = ("_fs", "_known", "path")

    read_only = True

    def __init__(self, fs: FileSystem, path: bytes, info: os.stat_result, parent: Directory | None) -> None:
        super().__init__(fs, info.st_mode, parent)
        self._fs = fs
        self._known: dict[bytes, tuple[tuple[int, int], Node]] = {}
        self.path = path
        self.mtime = self.atime = self.ctime = info.st_mtime_ns

    def lookup(self, name: bytes) -> Node | None:
        node = self.entries.get(name)
        if node is not None:
            return node
        path = self.path + b"/" + name
        try:
            info = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            raise host_error(error) from error
        identity = (info.st_dev, info.st_ino)
        known = self._known.get(name)
        if known is not None and known[0] == identity and stat.S_IFMT(known[1].mode) == stat.S_IFMT(info.st_mode):
            node = known[1]
            if isinstance(node, HostFile):
                node.refresh(info)
            return node
        node = self._fs.host_node(path, info, self)
        self._known[name] = (identity, node)
        return node

    def names(self) -> list[bytes]:
        try:
            found = os.listdir(self.path)
        except OSError as error:
            raise host_error(error) from error
        return sorted({*found, *self.entries})


class FileSystem:
    """One guest's tree. `used` counts the bytes of files in memory, bounded by `limit`."""

    def __init__(self, now: Callable[[], int] = lambda: 0, limit: int = 0) -> None:
        self.now = now
        self.limit = limit
        self.used = 0
        self.inodes = 1
        self._host_files: dict[tuple[int, int], HostFile] = {}
        self.root: Directory = Directory(self, 0o755, None)

    def host_node(self, path: bytes, info: os.stat_result, parent: Directory) -> Node:
        """The node for a host path that was looked at without following links."""
        if stat.S_ISDIR(info.st_mode):
            return HostDirectory(self, path, info, parent)
        if stat.S_ISLNK(info.st_mode):
            try:
                return Symlink(self, os.readlink(path))
            except OSError as error:
                raise host_error(error) from error
        identity = (info.st_dev, info.st_ino)
        node = self._host_files.get(identity)
        if node is None:
            node = self._host_files[identity] = HostFile(self, path, info)
        return node

    def grow(self, more: int) -> None:
        """Account for a change of the bytes held in memory."""
        if self.limit and more > self.limit:
            raise Errno("EFBIG")
        self.used += more
        if more > 0 and self.limit and self.used > self.limit:
            raise LimitReached("limit-files", f"the guest's files in memory exceed {self.limit} bytes")

    # Setting up.

    def make_directories(self, path: bytes, mode: int = 0o755) -> Directory:
        """The directory of an absolute path, made with its parents where missing."""
        node = self.root
        for name in path.split(b"/"):
            if name in (b"", b"."):
                continue
            child = node.lookup(name)
            if child is None:
                child = Directory(self, mode, node)
                node.entries[name] = child
            if not isinstance(child, Directory):
                raise Errno("ENOTDIR")
            node = child
        return node

    def put(self, path: bytes, node: Node) -> None:
        """Place a node at an absolute path, over whatever is there."""
        parent, _, name = path.rstrip(b"/").rpartition(b"/")
        directory = self.make_directories(parent)
        if not name:
            if not isinstance(node, Directory):
                raise Errno("ENOTDIR")
            node.parent = node
            node.entries = {**self.root.entries, **node.entries}
            for child in node.entries.values():
                if isinstance(child, Directory):
                    child.parent = node
            self.root = node
            return
        if isinstance(node, Directory):
            node.parent = directory
        directory.entries[name] = node

    def mount(self, host: str, guest: str) -> None:
        """Show a host file or directory at an absolute guest path; raises `NotFound` if the host has none."""
        path = os.path.realpath(host)
        try:
            info = os.stat(path)
        except (OSError, ValueError) as error:
            raise NotFound("mount-not-found", f"cannot mount {host}: {getattr(error, 'strerror', None) or error}") from error
        if not (stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)):
            raise NotFound("mount-not-found", f"cannot mount {host}: neither a file nor a directory")
        try:
            self.put(os.fsencode(guest), self.host_node(os.fsencode(path), info, self.root))
        except Errno as error:
            raise NotFound("mount-not-found", f"cannot mount at {guest}: {error.name}") from error

    # Paths.

    def resolve(self, base: Directory, path: bytes, follow: bool = True) -> Node:
        """The node of a path; `follow` says what to do with a final symbolic link."""
        parent, name, node = self.resolve_parent(base, path, follow)
        if node is None:
            raise Errno("ENOENT")
        del parent, name
        return node

    def resolve_parent(self, base: Directory, path: bytes, follow: bool) -> tuple[Directory, bytes, Node | None]:
        """The directory, the last name and, if it exists, the node of a path. The name is empty if the path ends in a directory itself."""
        if not path:
            raise Errno("ENOENT")
        if len(path) >= MAX_PATH:
            raise Errno("ENAMETOOLONG")
        must_be_directory = path.endswith((b"/", b"/.", b"/.."))
        links = 0
        node: Node | None = self.root if path[:1] == b"/" else base
        directory: Directory = self.root if path[:1] == b"/" else base
        last = b""
        rest = [part for part in reversed(path.split(b"/")) if part not in (b"", b".")]
        while rest:
            name = rest.pop()
            if node is None:
                raise Errno("ENOENT")
            if not isinstance(node, Directory):
                raise Errno("ENOTDIR")
            directory = node
            if name == b"..":
                node = directory.parent
                last = b""
                continue
            if len(name) > MAX_NAME:
                raise Errno("ENAMETOOLONG")
            node = directory.lookup(name)
            last = name
            if isinstance(node, Symlink) and (rest or follow or must_be_directory):
                links += 1
                if links > MAX_LINKS:
                    raise Errno("ELOOP")
                target = node.make() if isinstance(node, GeneratedLink) else node.target
                if not target:
                    raise Errno("ENOENT")
                if target[:1] == b"/":
                    node = self.root
                    last = b""
                else:
                    node = directory
                rest.extend(part for part in reversed(target.split(b"/")) if part not in (b"", b"."))
        if must_be_directory and node is not None and not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        if isinstance(node, Directory) and not last:
            return node, b"", node
        return directory, last, node

    def path_of(self, directory: Directory) -> bytes:
        """The absolute path of a directory; ENOENT if it was removed."""
        parts: list[bytes] = []
        while directory is not self.root:
            parent = directory.parent
            for name, node in self._children(parent):
                if node is directory:
                    parts.append(name)
                    break
            else:
                raise Errno("ENOENT")
            directory = parent
        return b"/" + b"/".join(reversed(parts))

    @staticmethod
    def _children(directory: Directory) -> list[tuple[bytes, Node]]:
        children = list(directory.entries.items())
        if isinstance(directory, HostDirectory):
            children.extend((name, node) for name, (_, node) in directory._known.items())
        return children

    # Changes.

    def _touch(self, directory: Directory) -> None:
        directory.mtime = directory.ctime = self.now()

    def writable(self, directory: Directory) -> Directory:
        """The directory, if its entries can be changed."""
        if directory.read_only:
            raise Errno("EROFS")
        return directory

    def place(self, base: Directory, path: bytes) -> tuple[Directory, bytes]:
        """Where a new entry of this path goes; EEXIST if there is one."""
        directory, name, node = self.resolve_parent(base, path, False)
        if node is not None:
            raise Errno("EEXIST")
        return self.writable(directory), name

    def add(self, directory: Directory, name: bytes, node: Node) -> None:
        """Enter a node."""
        directory.entries[name] = node
        if isinstance(node, Directory):
            node.parent = directory
            directory.links += 1
        self._touch(directory)

    def remove(self, directory: Directory, name: bytes, node: Node) -> None:
        """Take an entry away."""
        del directory.entries[name]
        self._touch(directory)
        node.ctime = self.now()
        if isinstance(node, Directory):
            directory.links -= 1
            node.links = 0
        else:
            node.links -= 1

    def unlink(self, base: Directory, path: bytes) -> None:
        """unlink(2)."""
        directory, name, node = self.resolve_parent(base, path, False)
        if node is None:
            raise Errno("ENOENT")
        if isinstance(node, Directory):
            raise Errno("EISDIR")
        self.writable(directory)
        self.remove(directory, name, node)

    def rmdir(self, base: Directory, path: bytes) -> None:
        """rmdir(2)."""
        directory, name, node = self.resolve_parent(base, path, False)
        if node is None:
            raise Errno("ENOENT")
        if not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        if not name:
            raise Errno("EBUSY" if node is self.root else "EINVAL")
        self.writable(directory)
        if node.names():
            raise Errno("ENOTEMPTY")
        self.remove(directory, name, node)

    def link(self, base: Directory, path: bytes, new_base: Directory, new_path: bytes, follow: bool) -> None:
        """link(2)."""
        node = self.resolve(base, path, follow)
        if isinstance(node, Directory):
            raise Errno("EPERM")
        directory, name = self.place(new_base, new_path)
        if node.read_only:
            raise Errno("EXDEV")
        node.links += 1
        self.add(directory, name, node)

    def rename(self, base: Directory, path: bytes, new_base: Directory, new_path: bytes, replace: bool = True) -> None:
        """rename(2)."""
        directory, name, node = self.resolve_parent(base, path, False)
        if node is None:
            raise Errno("ENOENT")
        new_directory, new_name, old = self.resolve_parent(new_base, new_path, False)
        if not name or (not new_name and old is not None):
            raise Errno("EBUSY")
        if directory.read_only or new_directory.read_only:
            raise Errno("EROFS" if directory.read_only == new_directory.read_only else "EXDEV")
        if old is node:
            return
        if isinstance(node, Directory):
            above: Directory = new_directory
            while above is not self.root:
                if above is node:
                    raise Errno("EINVAL")
                above = above.parent
        if old is not None:
            if not replace:
                raise Errno("EEXIST")
            if isinstance(old, Directory):
                if not isinstance(node, Directory):
                    raise Errno("EISDIR")
                if old.names():
                    raise Errno("ENOTEMPTY")
            elif isinstance(node, Directory):
                raise Errno("ENOTDIR")
            self.remove(new_directory, new_name, old)
        links = node.links
        self.remove(directory, name, node)
        node.links = links
        self.add(new_directory, new_name, node)
