# SPDX-License-Identifier: BSD-3-Clause
"""The file tree: paths, links, mounts, changes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.contents import CHUNK, Contents
from pygo_cross.emulate.fs.hostfs import HostDirectory, HostFile, mount
from pygo_cross.emulate.fs.locks import END, Locks
from pygo_cross.emulate.fs.vfs import Directory, File, FileSystem, Symlink
from pygo_cross.emulate.kernel.thread import WaitQueue
from pygo_cross.emulate.machine.amd64 import AMD64
from pygo_cross.emulate.machine.pagetable import PhysicalMemory
from pygo_cross.emulate.machine.space import AddressSpace


def tree() -> FileSystem:
    fs = FileSystem()
    fs.put(b"/a/b/c", File(fs, 0o644, b"C"))
    fs.put(b"/a/link", Symlink(fs, b"b/c"))
    fs.put(b"/a/up", Symlink(fs, b"../../.."))
    fs.put(b"/a/loop", Symlink(fs, b"loop"))
    fs.put(b"/a/dangling", Symlink(fs, b"/none"))
    return fs


def failure(fs: FileSystem, path: bytes, follow: bool = True) -> str:
    with pytest.raises(Errno) as caught:
        fs.resolve(fs.root, path, follow)
    return caught.value.name


def test_paths() -> None:
    fs = tree()
    c = fs.resolve(fs.root, b"/a/b/c")
    for path in (b"a/b/c", b"/a//b/./c", b"/a/b/../b/c", b"/../a/b/c", b"/a/link", b"/a/up/a/link", b"a/up/../../a/b/c"):
        assert fs.resolve(fs.root, path) is c, path
    assert fs.resolve(fs.root, b"/a/up") is fs.root
    assert isinstance(fs.resolve(fs.root, b"/a/up", False), Symlink)
    assert failure(fs, b"") == "ENOENT"
    assert failure(fs, b"/a/x") == "ENOENT"
    assert failure(fs, b"/a/x/y") == "ENOENT"
    assert failure(fs, b"/a/b/c/d") == "ENOTDIR"
    assert failure(fs, b"/a/b/c/") == "ENOTDIR"
    assert failure(fs, b"/a/b/c/..") == "ENOTDIR"
    assert failure(fs, b"/a/loop") == "ELOOP"
    assert failure(fs, b"/a/dangling") == "ENOENT"
    assert failure(fs, b"/" + b"n" * 256) == "ENAMETOOLONG"
    assert failure(fs, b"/" + b"n/" * 3000) == "ENAMETOOLONG"
    b = fs.resolve(fs.root, b"/a/b")
    assert isinstance(b, Directory)
    assert fs.path_of(b) == b"/a/b"
    assert fs.resolve(b, b"../link") is c


def test_changes() -> None:
    fs = tree()
    root = fs.root
    with pytest.raises(Errno, match="ENOTEMPTY"):
        fs.rmdir(root, b"/a/b")
    with pytest.raises(Errno, match="EISDIR"):
        fs.unlink(root, b"/a/b")
    with pytest.raises(Errno, match="ENOTDIR"):
        fs.rmdir(root, b"/a/b/c")
    with pytest.raises(Errno, match="EINVAL"):
        fs.rename(root, b"/a", root, b"/a/b/inside")
    with pytest.raises(Errno, match="EISDIR"):
        fs.rename(root, b"/a/link", root, b"/a/b")
    fs.link(root, b"/a/b/c", root, b"/d", False)
    c = fs.resolve(root, b"/d")
    assert c.links == 2
    fs.rename(root, b"/d", root, b"/a/b/c")  # the same file: nothing happens
    assert fs.resolve(root, b"/d") is c
    fs.unlink(root, b"/d")
    assert c.links == 1
    fs.rename(root, b"/a/b", root, b"/e")
    assert fs.resolve(root, b"/e/c") is c
    assert fs.resolve(root, b"/e/..") is root
    fs.unlink(root, b"/e/c")
    fs.rmdir(root, b"/e")
    assert failure(fs, b"/e") == "ENOENT"
    fs.unlink(root, b"/a/dangling")


def test_mounts(tmp_path: Path) -> None:
    (tmp_path / "m" / "sub").mkdir(parents=True)
    (tmp_path / "m" / "sub" / "f").write_text("F")
    (tmp_path / "outside").write_text("O")
    (tmp_path / "m" / "escape").symlink_to("../outside")
    (tmp_path / "m" / "sub" / "deep").symlink_to("../../../../../../../../etc/passwd")
    os.mkfifo(tmp_path / "m" / "fifo")
    fs = tree()
    mount(fs, str(tmp_path / "m"), "/a/mnt")
    root = fs.root
    assert isinstance(fs.resolve(root, b"/a/mnt/sub/f"), HostFile)
    assert failure(fs, b"/a/mnt/escape") == "ENOENT"
    assert failure(fs, b"/a/mnt/sub/deep") == "ENOENT"
    assert failure(fs, b"/a/mnt/../outside") == "ENOENT"
    sub = fs.resolve(root, b"/a/mnt/sub")
    assert isinstance(sub, HostDirectory)
    assert fs.path_of(sub) == b"/a/mnt/sub"
    assert fs.resolve(sub, b"../../b/c") is fs.resolve(root, b"/a/b/c")
    assert fs.resolve(root, b"/a/mnt/sub/f") is fs.resolve(root, b"/a/mnt/sub/f")
    for change in (
        lambda: fs.unlink(root, b"/a/mnt/sub/f"),
        lambda: fs.place(root, b"/a/mnt/new"),
        lambda: fs.rename(root, b"/a/mnt/sub", root, b"/a/mnt/other"),
        lambda: fs.rmdir(root, b"/a/mnt/sub"),
    ):
        with pytest.raises(Errno, match="EROFS"):
            change()
    with pytest.raises(Errno, match="EXDEV"):
        fs.link(root, b"/a/mnt/sub/f", root, b"/f", False)
    with pytest.raises(Errno, match="EXDEV"):
        fs.rename(root, b"/a/mnt/sub", root, b"/sub")
    # A mount below a mount, and one of the root.
    mount(fs, str(tmp_path / "outside"), "/a/mnt/sub/extra")
    assert fs.resolve(root, b"/a/mnt/sub/extra").size == 1
    assert sub.names() == [b"deep", b"extra", b"f"]
    mount(fs, str(tmp_path), "/")
    assert fs.resolve(fs.root, b"/outside").size == 1
    assert fs.resolve(fs.root, b"/a/b/c").size == 1
    assert fs.resolve(fs.root, b"/a/b/../../m/sub/f").size == 1


def test_the_limit_holds() -> None:
    fs = FileSystem(limit=100)
    fs.grow(60)
    with pytest.raises(Errno, match="EFBIG"):
        fs.grow(101)
    with pytest.raises(Exception, match="exceed 100 bytes"):
        fs.grow(60)


def test_permissions() -> None:
    fs = tree()
    root = fs.root
    b = fs.resolve(root, b"/a/b")
    b.change_mode(fs, 0o600)
    assert failure(fs, b"/a/b/c") == "EACCES"
    b.change_mode(fs, 0o500)
    assert fs.resolve(root, b"/a/b/c")
    for change in (
        lambda: fs.unlink(root, b"/a/b/c"),
        lambda: fs.mkdir(root, b"/a/b/d", 0o755),
        lambda: fs.rename(root, b"/a/b/c", root, b"/a/c"),
        lambda: fs.rename(root, b"/a/link", root, b"/a/b/link"),
        lambda: fs.rename(root, b"/a/b", root, b"/b"),
    ):
        with pytest.raises(Errno, match="EACCES"):
            change()
    # In a sticky directory only one's own can be removed.
    tmp = fs.make_directories(b"/tmp", 0o1777)
    fs.put(b"/tmp/mine", File(fs, 0o644))
    fs.put(b"/tmp/theirs", File(fs, 0o644))
    for node in (tmp, fs.resolve(root, b"/tmp/theirs")):
        node.uid = node.gid = 0
    with pytest.raises(Errno, match="EPERM"):
        fs.unlink(root, b"/tmp/theirs")
    with pytest.raises(Errno, match="EPERM"):
        fs.rename(root, b"/a/link", root, b"/tmp/theirs")
    fs.unlink(root, b"/tmp/mine")


def test_dots_and_slashes() -> None:
    fs = tree()
    root = fs.root
    fs.put(b"/a/dirlink", Symlink(fs, b"b"))
    fs.put(b"/a/slashed", Symlink(fs, b"b/c/"))
    assert failure(fs, b"/a/slashed") == "ENOTDIR"
    assert fs.resolve(root, b"/a/dirlink/", False) is fs.resolve(root, b"/a/b")
    expected = {b"/": "EBUSY", b"/a/b/.": "EINVAL", b"/a/b/..": "ENOTEMPTY", b"/a/dirlink/": "ENOTDIR", b"/a/dirlink": "ENOTDIR"}
    for path, name in expected.items():
        with pytest.raises(Errno, match=name):
            fs.rmdir(root, path)
    with pytest.raises(Errno, match="EEXIST"):
        fs.mkdir(root, b"/a/dangling/", 0o755)
    with pytest.raises(Errno, match="ENOENT"):
        fs.mkdir(root, b"/a/new/.", 0o755)
    fs.mkdir(root, b"/a/new/", 0o755)
    fs.rename(root, b"/a/new", root, b"/a/newer/")
    with pytest.raises(Errno, match="ENOTDIR"):
        fs.rename(root, b"/a/link", root, b"/a/x/")
    fs.darwin = True
    with pytest.raises(Errno, match="EINVAL"):
        fs.rename(root, b"/a/newer/.", root, b"/a/x")


def test_exchange() -> None:
    fs = tree()
    root = fs.root
    b, link = fs.resolve(root, b"/a/b"), fs.resolve(root, b"/a/link", False)
    fs.mkdir(root, b"/e", 0o755)
    fs.rename(root, b"/a/b", root, b"/e/x", exchange=False)
    fs.rename(root, b"/a/link", root, b"/e/x", exchange=True)
    assert fs.resolve(root, b"/a/link") is b
    assert fs.resolve(root, b"/e/x", False) is link
    assert isinstance(b, Directory)
    assert fs.path_of(b) == b"/a/link"
    assert (fs.resolve(root, b"/a").links, fs.resolve(root, b"/e").links) == (3, 2)


def test_contents_have_holes() -> None:
    contents = Contents(b"abc")
    contents.write(1 << 40, b"end")
    assert (contents.size, contents.held < 1 << 17) == ((1 << 40) + 3, True)
    assert contents.read((1 << 40) - 2, 100) == b"\0\0end"
    assert contents.read(1, 5) == b"bc\0\0\0"
    assert contents.next_hole(0) == CHUNK
    assert contents.next_data(CHUNK) == 1 << 40
    contents.truncate(2)
    contents.truncate(5)
    assert contents.read(0, 9) == b"ab\0\0\0"
    assert contents.next_data(CHUNK) == -1


def test_contents_are_those_of_a_bytearray() -> None:
    generator = random.Random(5)
    contents, model = Contents(), bytearray()
    for _ in range(400):
        offset, size = generator.randrange(4 * CHUNK), generator.choice((0, 1, 100, CHUNK, 2 * CHUNK + 7))
        kind = generator.randrange(4)
        if kind == 0:
            data = generator.randbytes(size)
            assert contents.growth(offset, size) >= 0
            before = contents.held
            grown = contents.growth(offset, size)
            contents.write(offset, data)
            assert contents.held == before + grown
            if size:
                model.extend(bytes(max(offset + size - len(model), 0)))
                model[offset : offset + size] = data
        elif kind == 1:
            contents.truncate(offset)
            model = model[:offset].ljust(offset, b"\0")
        elif kind == 2:
            size = min(size, max(len(model) - offset, 0))
            contents.punch(offset, size)
            model[offset : offset + size] = bytes(size)
        else:
            assert contents.read(offset, size) == model[offset : offset + size]
        assert contents.size == len(model)
    assert contents.read(0, contents.size) == model
    contents.truncate(0)
    assert contents.held == 0


def test_bytes_are_given_back() -> None:
    fs = FileSystem(limit=1000)
    node = File(fs, 0o644)
    fs.put(b"/f", node)
    node.write(fs, 0, bytes(900))
    node.opens += 1
    fs.unlink(fs.root, b"/f")
    assert fs.used == 900
    node.opens -= 1
    node.release(fs)
    assert fs.used == 0


def test_locks() -> None:
    woken: list[WaitQueue] = []
    locks = Locks(woken.append)
    first, second = object(), object()
    assert locks.lock_whole(first, False) and locks.lock_whole(second, False)
    assert not locks.lock_whole(first, True), "another one shares it"
    assert locks.lock_whole(second, True), "the failed attempt gave up the lock that was held"
    locks.unlock_whole(second)
    assert locks.lock_range(first, 1, 0, 100, True)
    assert not locks.lock_range(second, 2, 50, 60, False)
    locks.unlock_range(first, 40, 70)
    assert locks.lock_range(second, 2, 50, 60, False)
    found = locks.conflict(second, 0, END, False)
    assert found is not None and (found.start, found.end, found.pid) == (0, 40, 1)
    assert locks.conflict(second, 70, 71, False) is not None
    assert not locks.lock_range(first, 1, 50, 51, True)
    assert locks.lock_range(first, 1, 50, 51, False)
    locks.unlock_range(first)
    assert locks.conflict(second, 0, END, True) is None
    assert woken


def test_shared_pages_are_one_in_two_address_spaces() -> None:
    physical = PhysicalMemory(0)
    first = AddressSpace(AMD64, 4096, 0x7F00_0000_0000, physical, lambda: 0, bytes)
    fs = FileSystem()
    file = File(fs, 0o644, b"contents")
    pages = file.share(fs, physical)
    pages.writable = True
    pages.retain(1)
    for start, end, offset in pages.cover(0, 8192):
        first.memory.share(0x10000 + start, end - start, 3, offset, pages, "file")
    pages.release(1)
    second = first.copy(lambda: 0, bytes)
    first.memory.write(0x10002, b"XY")
    assert second.memory.read(0x10000, 8) == b"coXYents"
    file.write(fs, 4, b"Z")
    assert first.memory.read(0x10000, 8) == second.memory.read(0x10000, 8) == file.data == b"coXYZnts"
    # Neither zeroing advice nor unmapping a part is the file's business.
    first.memory.discard(0x10000, 4096)
    first.memory.unmap(0x10000, 4096)
    second.memory.write(0x10000, b"D")
    assert file.data == b"DoXYZnts"
    assert file.contents.read(0, 8) == b"contZnts"
    pages.sync()
    assert file.contents.read(0, 8) == b"DoXYZnts"
    second.memory.write(0x10001, b"E")
    first.close()
    assert file.pages is pages
    second.close()
    assert file.pages is None
    assert file.data == b"DEXYZnts"
    assert physical.used == 0
