# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's file tree: directories and files in memory, a few generated files, and the paths that lead to them.

The guest sees nothing of the host but what is mounted (hostfs.py). A directory, in memory or on the host, knows how to look up, make, move
and remove its entries; `FileSystem` resolves paths, name by name and always in the guest's tree, decides whether the guest may, and leaves
the doing to the directory. The guest is one ordinary user, `UID`; what belongs to root is read by the bits for others.

Names and paths are bytes. Inode numbers are given in the order of first use, so they do not depend on the host. Failures are `Errno`.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, LimitReached
from pygo_cross.emulate.fs.contents import Contents
from pygo_cross.emulate.machine.sharedpages import FilePages

if TYPE_CHECKING:
    from pygo_cross.emulate.fs.locks import Locks
    from pygo_cross.emulate.machine.pagetable import PhysicalMemory

MAX_LINKS: Final = 40
MAX_NAME: Final = 255
MAX_PATH: Final = 4096
MAX_SIZE: Final = (1 << 63) - 1

UID: Final = 1000
GID: Final = 1000

DEVICE_NULL: Final = "null"
DEVICE_ZERO: Final = "zero"
DEVICE_RANDOM: Final = "random"
DEVICE_FULL: Final = "full"
DEVICE_FD: Final = "fd"

# How a path may be resolved, with the numbers of openat2(2).
NO_CROSSING: Final = 1
NO_MAGIC_LINKS: Final = 2
NO_LINKS: Final = 4
BENEATH: Final = 8
IN_ROOT: Final = 16

# What `permits` is asked for.
MAY_READ: Final = 4
MAY_WRITE: Final = 2
MAY_SEARCH: Final = 1


class Node:
    """A file of any kind. Times are nanoseconds since 1970; `mode` has the type bits of stat(2); `locks` is None until there are some."""

    __slots__ = ("atime", "born", "ctime", "gid", "inode", "links", "locks", "mode", "mtime", "uid")

    read_only = False
    # The file system that a node is of, as stat and rename tell it.
    device = 1
    mount_point = False

    def __init__(self, fs: FileSystem, mode: int) -> None:
        fs.inodes += 1
        self.inode = fs.inodes
        self.mode = mode
        self.uid = UID
        self.gid = GID
        self.links = 1
        self.atime = self.mtime = self.ctime = self.born = fs.now()
        self.locks: Locks | None = None

    @property
    def size(self) -> int:
        """The size in bytes that stat reports."""
        return 0

    @property
    def stored(self) -> int:
        """How many bytes are stored, for stat's blocks."""
        return self.size

    def refresh(self) -> None:
        """Bring the attributes up to date, where they are somebody else's."""

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        """Set the permission bits."""
        self.mode = stat.S_IFMT(self.mode) | mode & 0o7777
        self.ctime = fs.now()

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        """Set times; None keeps one."""
        if atime is not None:
            self.atime = atime
        if mtime is not None:
            self.mtime = mtime
        self.ctime = fs.now()

    def truncate(self, fs: FileSystem, size: int) -> None:
        """Set the size."""
        raise Errno("EINVAL")

    def permits(self, wanted: int) -> bool:
        """Whether the guest has all the MAY_* rights of `wanted`."""
        shift = 6 if self.uid == UID else 3 if self.gid == GID else 0
        return not wanted & ~(self.mode >> shift) & 7


class Directory(Node):
    """A directory in memory. One that was removed has no links; its parent stays known."""

    __slots__ = ("entries", "name", "parent")

    def __init__(self, fs: FileSystem, mode: int, parent: Directory | None) -> None:
        super().__init__(fs, stat.S_IFDIR | mode & 0o7777)
        self.links = 2
        self.parent = parent if parent is not None else self
        self.name = b""
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

    def holds(self, name: bytes, node: Node) -> bool:
        """Whether `name` still stands for `node`, without asking anybody else."""
        return self.entries.get(name) is node

    def truncate(self, fs: FileSystem, size: int) -> None:
        raise Errno("EISDIR")

    # Changes. FileSystem has checked that they make sense and are allowed.

    def _touch(self, fs: FileSystem) -> None:
        self.mtime = self.ctime = fs.now()

    def add(self, fs: FileSystem, name: bytes, node: Node) -> None:
        """Enter a node that lives in memory."""
        self.entries[name] = node
        if isinstance(node, Directory):
            node.parent = self
            node.name = name
            self.links += 1
        self._touch(fs)

    def remove(self, fs: FileSystem, name: bytes, node: Node) -> None:
        """Take an entry away: unlink or, for a directory, which is empty, rmdir."""
        del self.entries[name]
        self._touch(fs)
        node.ctime = fs.now()
        if isinstance(node, Directory):
            self.links -= 1
            node.links = 0
        else:
            node.links -= 1
            if isinstance(node, File):
                node.release(fs)

    def make_file(self, fs: FileSystem, name: bytes, mode: int) -> Node:
        """A new empty regular file."""
        node = File(fs, mode)
        self.add(fs, name, node)
        return node

    def make_directory(self, fs: FileSystem, name: bytes, mode: int) -> None:
        """A new directory."""
        self.add(fs, name, Directory(fs, mode, self))

    def make_symlink(self, fs: FileSystem, name: bytes, target: bytes) -> None:
        """A new symbolic link."""
        self.add(fs, name, Symlink(fs, target))

    def make_link(self, fs: FileSystem, name: bytes, node: Node) -> None:
        """One more name for a node of the same device."""
        node.links += 1
        node.ctime = fs.now()
        self.add(fs, name, node)

    def move(self, fs: FileSystem, name: bytes, node: Node, target: Directory, new_name: bytes, old: Node | None) -> None:
        """Rename; `old` is what goes away in its place. `target` is of the same device."""
        if old is not None:
            target.remove(fs, new_name, old)
        del self.entries[name]
        if isinstance(node, Directory):
            self.links -= 1
        self._touch(fs)
        node.ctime = fs.now()
        target.add(fs, new_name, node)

    def exchange(self, fs: FileSystem, name: bytes, node: Node, target: Directory, new_name: bytes, other: Node) -> None:
        """Let two entries change places."""
        for directory, moved in ((self, node), (target, other)):
            if isinstance(moved, Directory):
                directory.links -= 1
        self.add(fs, name, other)
        target.add(fs, new_name, node)
        node.ctime = other.ctime = fs.now()


class File(Node):
    """A regular file in memory.

    `opens` counts the open files: the bytes are given back when neither name nor open file is left. `pages` are those that are mapped.
    """

    __slots__ = ("contents", "opens", "pages")

    def __init__(self, fs: FileSystem, mode: int, data: bytes = b"") -> None:
        super().__init__(fs, stat.S_IFREG | mode & 0o7777)
        self.contents = Contents(data)
        self.opens = 0
        self.pages: FilePages | None = None

    @property
    def data(self) -> bytes:
        """All of it."""
        return self.read(0, self.contents.size)

    @property
    def size(self) -> int:
        return self.contents.size

    @property
    def stored(self) -> int:
        return self.contents.held

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on."""
        data = self.contents.read(offset, size)
        return data if self.pages is None else self.pages.over(offset, data)

    def write(self, fs: FileSystem, offset: int, data: bytes) -> None:
        """Write at an offset."""
        fs.grow(self.contents.growth(offset, len(data)))
        if self.pages is not None:
            self.pages.clear(self.contents.size, offset)
            self.pages.put(offset, data)
        self.contents.write(offset, data)
        self.mtime = self.ctime = fs.now()

    def truncate(self, fs: FileSystem, size: int) -> None:
        if self.pages is not None:
            self.pages.clear(min(size, self.contents.size), max(size, self.contents.size))
        held = self.contents.held
        self.contents.truncate(size)
        fs.grow(self.contents.held - held)
        self.mtime = self.ctime = fs.now()

    def punch(self, fs: FileSystem, offset: int, size: int) -> None:
        """Make a hole."""
        size = min(size, max(self.contents.size - offset, 0))
        if self.pages is not None:
            self.pages.clear(offset, offset + size)
        held = self.contents.held
        self.contents.punch(offset, size)
        fs.grow(self.contents.held - held)
        self.mtime = self.ctime = fs.now()

    def share(self, fs: FileSystem, physical: PhysicalMemory) -> FilePages:
        """The pages through which the file is mapped."""

        def store(offset: int, data: bytes) -> None:
            fs.grow(self.contents.growth(offset, len(data)))
            self.contents.write(offset, data)
            self.mtime = self.ctime = fs.now()

        def gone() -> None:
            self.pages = None
            self.opens -= 1
            self.release(fs)

        if self.pages is None:
            # A mapping holds the file as an open file does. The contents may be another object by then.
            self.opens += 1
            self.pages = FilePages(physical, lambda offset, size: self.contents.read(offset, size), store, lambda: self.contents.size, gone)
        return self.pages

    def release(self, fs: FileSystem) -> None:
        """Give the bytes back if nobody can reach them any more."""
        if not self.links and not self.opens:
            fs.grow(-self.contents.held)
            self.contents = Contents()


class Symlink(Node):
    """A symbolic link."""

    __slots__ = ("target",)

    def __init__(self, fs: FileSystem, target: bytes) -> None:
        super().__init__(fs, stat.S_IFLNK | 0o777)
        self.target = target

    @property
    def size(self) -> int:
        return len(self.target)

    def read(self) -> bytes:
        """The target."""
        return self.target

    def jump(self) -> Node | None:
        """The node that the link stands for, for links that are no names (those of /proc/self/fd); None for all others."""
        return None


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

    def __init__(self, fs: FileSystem, make: Callable[[], bytes]) -> None:
        super().__init__(fs, stat.S_IFREG | 0o444)
        self.make = make


class GeneratedLink(Symlink):
    """A symbolic link whose target is made when it is read."""

    __slots__ = ("make",)

    def __init__(self, fs: FileSystem, make: Callable[[], bytes]) -> None:
        super().__init__(fs, b"")
        self.make = make

    def read(self) -> bytes:
        return self.make()


class Found:
    """Where a path leads: the directory, the last name, and the node if it exists.

    The name is empty if the path ends in a directory itself: in `.` or `..`, which is then `dots`, or at the root. `slash` says that
    the path demands a directory.
    """

    __slots__ = ("directory", "dots", "name", "node", "slash")

    def __init__(self, directory: Directory, name: bytes, node: Node | None, slash: bool, dots: bytes) -> None:
        self.directory = directory
        self.name = name
        self.node = node
        self.slash = slash
        self.dots = dots


class FileSystem:
    """One guest's tree. `used` counts the bytes of files in memory, bounded by `limit`."""

    def __init__(self, now: Callable[[], int] = lambda: 0, limit: int = 0) -> None:
        self.now = now
        self.limit = limit
        self.used = 0
        self.inodes = 1
        self.devices = 1
        self.closers: list[Callable[[], None]] = []
        # Whether names follow macOS where it differs.
        self.darwin = False
        self.root: Directory = Directory(self, 0o755, None)

    def grow(self, more: int) -> None:
        """Account for a change of the bytes held in memory, or written to mounts."""
        if more > 0 and self.limit:
            if more > self.limit:
                raise Errno("EFBIG")
            if self.used + more > self.limit:
                raise LimitReached("limit-files", f"the guest's files in memory exceed {self.limit} bytes")
        self.used += more

    def close(self) -> None:
        """Give back what the host gave."""
        for closer in self.closers:
            closer()
        self.closers.clear()

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
                child.name = name
                node.entries[name] = child
                node.links += 1
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
            node.name = name
            directory.links += 1
        directory.entries[name] = node

    # Paths.

    def resolve(self, base: Directory, path: bytes, follow: bool = True) -> Node:
        """The node of a path; `follow` says what to do with a final symbolic link."""
        node = self.find(base, path, follow).node
        if node is None:
            raise Errno("ENOENT")
        return node

    def resolve_parent(self, base: Directory, path: bytes, follow: bool) -> tuple[Directory, bytes, Node | None]:
        """The directory, the last name and, if it exists, the node of a path; see `Found`."""
        found = self.find(base, path, follow)
        return found.directory, found.name, found.node

    def find(self, base: Directory, path: bytes, follow: bool, how: int = 0) -> Found:
        """Where a path leads. `how` has restrictions: BENEATH fails with EXDEV where a name or link leaves `base`, IN_ROOT takes `base`
        for the root, NO_LINKS fails with ELOOP at a link, NO_MAGIC_LINKS at those of /proc, NO_CROSSING with EXDEV at a mount."""
        if not path:
            raise Errno("ENOENT")
        if len(path) >= MAX_PATH:
            raise Errno("ENAMETOOLONG")
        slash = path.endswith((b"/", b"/.", b"/.."))
        last_part = path.rstrip(b"/").rpartition(b"/")[2]
        dots = last_part if last_part in (b".", b"..") else b""
        links = 0
        root = base if how & IN_ROOT else self.root
        absolute = path[:1] == b"/"
        directory: Directory = root if absolute else base
        node: Node | None = directory
        last = b""
        rest = [part for part in reversed(path.split(b"/")) if part not in (b"", b".")]
        while True:
            if how and node is not None:
                if absolute and how & BENEATH:
                    raise Errno("EXDEV")
                if how & NO_CROSSING and node.device != base.device:
                    raise Errno("EXDEV")
            if not rest:
                break
            name = rest.pop()
            if node is None:
                raise Errno("ENOENT")
            if not isinstance(node, Directory):
                raise Errno("ENOTDIR")
            directory = node
            if not directory.permits(MAY_SEARCH):
                raise Errno("EACCES")
            if name == b"..":
                if directory is base and how & BENEATH:
                    raise Errno("EXDEV")
                node = directory if directory is root else directory.parent
                last = b""
                continue
            if len(name) > MAX_NAME:
                raise Errno("ENAMETOOLONG")
            node = directory.lookup(name)
            last = name
            if isinstance(node, Symlink) and (rest or follow or slash):
                links += 1
                if links > MAX_LINKS or how & NO_LINKS:
                    raise Errno("ELOOP")
                jump = node.jump()
                if jump is not None:
                    if how & (NO_MAGIC_LINKS | BENEATH | IN_ROOT):
                        raise Errno("ELOOP" if how & NO_MAGIC_LINKS else "EXDEV")
                    node = jump
                    continue
                target = node.read()
                if not target:
                    raise Errno("ENOENT")
                absolute = target[:1] == b"/"
                node = root if absolute else directory
                last = b""
                if not rest and target.endswith((b"/", b"/.")):
                    slash = True
                rest.extend(part for part in reversed(target.split(b"/")) if part not in (b"", b"."))
        if slash and node is not None and not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        if dots and node is None:
            raise Errno("ENOENT")
        if isinstance(node, Directory) and (dots or not last):
            return Found(node, b"", node, slash, dots)
        return Found(directory, last, node, slash, dots)

    def path_of(self, directory: Directory) -> bytes:
        """The absolute path of a directory; ENOENT if it was removed."""
        parts: list[bytes] = []
        while directory is not self.root:
            if not directory.links or not directory.parent.holds(directory.name, directory):
                raise Errno("ENOENT")
            parts.append(directory.name)
            directory = directory.parent
        return b"/" + b"/".join(reversed(parts))

    # Changes.

    def may_change(self, directory: Directory) -> None:
        """Fails unless entries can be made in a directory."""
        if directory.read_only:
            raise Errno("EROFS")
        if not directory.links:
            raise Errno("ENOENT")
        if not directory.permits(MAY_WRITE | MAY_SEARCH):
            raise Errno("EACCES")

    def _may_remove(self, directory: Directory, node: Node) -> None:
        self.may_change(directory)
        if directory.mode & stat.S_ISVTX and UID not in (node.uid, directory.uid):
            raise Errno("EPERM")
        if node.mount_point:
            raise Errno("EBUSY")

    def place(self, base: Directory, path: bytes) -> tuple[Directory, bytes]:
        """Where a new entry of this path goes; EEXIST if there is one."""
        return self._place(base, path, False)

    def _place(self, base: Directory, path: bytes, is_directory: bool) -> tuple[Directory, bytes]:
        if path.endswith(b"/") and path.strip(b"/"):
            # A link at the end is what exists, whatever it leads to, except that macOS makes the directory where a link dangles.
            follow = self.darwin and is_directory
            found = self.find(base, path.rstrip(b"/"), follow)
            if found.node is None and not is_directory:
                raise Errno("ENOENT")
        else:
            found = self.find(base, path, False)
        if found.node is not None:
            raise Errno("EEXIST")
        self.may_change(found.directory)
        return found.directory, found.name

    def add(self, directory: Directory, name: bytes, node: Node) -> None:
        """Enter a node that lives in memory (a socket, a FIFO) where `place` said."""
        directory.add(self, name, node)

    def remove(self, directory: Directory, name: bytes, node: Node) -> None:
        """Take an entry away."""
        directory.remove(self, name, node)

    def mkdir(self, base: Directory, path: bytes, mode: int) -> None:
        """mkdir(2); `mode` is what remains after the mask."""
        directory, name = self._place(base, path, True)
        directory.make_directory(self, name, mode & 0o1777)

    def symlink(self, target: bytes, base: Directory, path: bytes) -> None:
        """symlink(2)."""
        if not target:
            raise Errno("ENOENT")
        if len(target) >= MAX_PATH:
            raise Errno("ENAMETOOLONG")
        directory, name = self.place(base, path)
        directory.make_symlink(self, name, target)

    def unlink(self, base: Directory, path: bytes) -> None:
        """unlink(2)."""
        found = self._entry(base, path)
        node = found.node
        if node is None:
            raise Errno("ENOENT")
        if not found.name:
            raise Errno("EISDIR")
        if found.slash and not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        self._may_remove(found.directory, node)
        if isinstance(node, Directory):
            raise Errno("EISDIR")
        found.directory.remove(self, found.name, node)

    def rmdir(self, base: Directory, path: bytes) -> None:
        """rmdir(2)."""
        found = self._entry(base, path)
        node = found.node
        if node is None:
            raise Errno("ENOENT")
        if not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        if not found.name:
            raise Errno("EBUSY" if node is self.root else "ENOTEMPTY" if found.dots == b".." else "EINVAL")
        self._may_remove(found.directory, node)
        if node.names():
            raise Errno("ENOTEMPTY")
        found.directory.remove(self, found.name, node)

    def _entry(self, base: Directory, path: bytes) -> Found:
        """The entry that is to be removed or renamed. On Linux a slash at the end of a link's name does not lead to what it links to."""
        stripped = path.rstrip(b"/")
        if stripped == path or not stripped or self.darwin:
            return self.find(base, path, False)
        found = self.find(base, stripped, False)
        found.slash = True
        return found

    def link(self, base: Directory, path: bytes, new_base: Directory, new_path: bytes, follow: bool) -> None:
        """link(2)."""
        node = self.resolve(base, path, follow)
        directory, name = self.place(new_base, new_path)
        self.link_node(node, directory, name)

    def link_node(self, node: Node, directory: Directory, name: bytes) -> None:
        """A new name for a node that was found."""
        if node.device != directory.device:
            raise Errno("EXDEV")
        if isinstance(node, Directory):
            raise Errno("EPERM")
        if not node.links:
            raise Errno("ENOENT")
        if node.uid != UID and not (stat.S_ISREG(node.mode) and node.permits(MAY_READ | MAY_WRITE)):
            raise Errno("EPERM")
        directory.make_link(self, name, node)

    def rename(
        self, base: Directory, path: bytes, new_base: Directory, new_path: bytes, replace: bool = True, exchange: bool = False
    ) -> None:
        """rename(2), with the flags of renameat2(2)."""
        found = self._entry(base, path)
        name, directory, node = found.name, found.directory, found.node
        new_found = self._new_entry(new_base, new_path)
        new_name, new_directory, old = new_found.name, new_found.directory, new_found.node
        if (not name and node is not None) or (not new_name and old is not None):
            raise Errno("EINVAL" if self.darwin and (found.dots or new_found.dots) else "EBUSY")
        if node is None:
            raise Errno("ENOENT")
        if directory.device != new_directory.device:
            raise Errno("EXDEV")
        if old is None and exchange:
            raise Errno("ENOENT")
        if old is not None and not replace:
            raise Errno("EEXIST")
        if (found.slash or new_found.slash) and not isinstance(node, Directory):
            raise Errno("ENOTDIR")
        for moved, source, target in ((node, directory, new_directory), (old if exchange else None, new_directory, directory)):
            if isinstance(moved, Directory):
                self._not_inside(moved, target)
                if source is not target and not moved.permits(MAY_WRITE):
                    raise Errno("EACCES")
        self._may_remove(directory, node)
        if old is None:
            self.may_change(new_directory)
        else:
            self._may_remove(new_directory, old)
        if old is node:
            return
        if exchange and old is not None:
            directory.exchange(self, name, node, new_directory, new_name, old)
            return
        if isinstance(old, Directory):
            if not isinstance(node, Directory):
                raise Errno("EISDIR")
            if old.names():
                raise Errno("ENOTEMPTY")
        elif old is not None and isinstance(node, Directory):
            raise Errno("ENOTDIR")
        directory.move(self, name, node, new_directory, new_name, old)

    def _new_entry(self, base: Directory, path: bytes) -> Found:
        """Where rename's new path leads: a slash at its end is allowed of a name that is not there."""
        stripped = path.rstrip(b"/")
        if stripped == path or not stripped:
            return self.find(base, path, False)
        found = self.find(base, stripped, False)
        if isinstance(found.node, Symlink) and self.darwin:
            return self.find(base, path, False)
        found.slash = True
        return found

    def _not_inside(self, node: Directory, target: Directory) -> None:
        """A directory cannot be moved into itself."""
        above = target
        while above is not self.root:
            if above is node:
                raise Errno("EINVAL")
            above = above.parent
