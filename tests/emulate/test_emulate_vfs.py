# SPDX-License-Identifier: BSD-3-Clause
"""The file tree: paths, links, mounts, changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.vfs import Directory, File, FileSystem, HostDirectory, HostFile, Symlink


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
    fs.mount(str(tmp_path / "m"), "/a/mnt")
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
    fs.mount(str(tmp_path / "outside"), "/a/mnt/sub/extra")
    assert fs.resolve(root, b"/a/mnt/sub/extra").size == 1
    assert sub.names() == [b"deep", b"extra", b"f"]
    fs.mount(str(tmp_path), "/")
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
