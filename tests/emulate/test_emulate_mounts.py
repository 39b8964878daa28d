# SPDX-License-Identifier: BSD-3-Clause
"""Mounts: what the guest can do in them, and that neither it nor a race on the host leads out of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pygo_cross.emulate.errors import Errno, NotFound
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenDirectory, OpenHostFile
from pygo_cross.emulate.fs.hostfs import HostDirectory, HostFile, mount
from pygo_cross.emulate.fs.vfs import Directory, FileSystem, Node
from pygo_cross.emulate.setup import split_mount

CLOCK = 1_700_000_000_000_000_000


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder to mount, beside one that nothing may reach."""
    (tmp_path / "inside/sub").mkdir(parents=True)
    (tmp_path / "inside/sub/file").write_text("F")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("S")
    return tmp_path


@pytest.fixture
def fs(host: Path) -> Iterator[FileSystem]:
    """A tree with the folder at /m, to be written."""
    tree = FileSystem(lambda: CLOCK)
    mount(tree, str(host / "inside"), "/m", True)
    yield tree
    tree.close()


def get(fs: FileSystem, path: bytes, follow: bool = True) -> Node:
    return fs.resolve(fs.root, path, follow)


def directory(fs: FileSystem, path: bytes) -> HostDirectory:
    node = get(fs, path)
    assert isinstance(node, HostDirectory)
    return node


def fails(name: str, action: Callable[[], object]) -> None:
    with pytest.raises(Errno) as caught:
        action()
    assert caught.value.name == name


def opened(fs: FileSystem, path: bytes, flags: int = files.READ) -> OpenHostFile:
    node = get(fs, path)
    assert isinstance(node, HostFile)
    return OpenHostFile(fs, node, flags, path)


def test_changes_reach_the_host(fs: FileSystem, host: Path) -> None:
    root, inside = fs.root, host / "inside"
    node, descriptor = directory(fs, b"/m").create(fs, b"new", 0o640)
    file = OpenHostFile(fs, node, files.READ | files.WRITE, b"/m/new", descriptor)
    assert file.write(b"hello") == 5
    assert file.attributes().size == 5
    file.close()
    assert (inside / "new").read_text() == "hello"
    assert stat.S_IMODE((inside / "new").stat().st_mode) == 0o640
    get(fs, b"/m/new").truncate(fs, 2)
    assert (inside / "new").read_text() == "he"
    fs.mkdir(root, b"/m/d", 0o711)
    assert stat.S_IMODE((inside / "d").stat().st_mode) == 0o711
    fs.rename(root, b"/m/new", root, b"/m/d/moved")
    fs.link(root, b"/m/d/moved", root, b"/m/second", False)
    assert get(fs, b"/m/second") is get(fs, b"/m/d/moved")
    assert get(fs, b"/m/second").links == 2
    fs.symlink(b"d/moved", root, b"/m/link")
    assert get(fs, b"/m/link") is get(fs, b"/m/second")
    fs.rename(root, b"/m/d", root, b"/m/e")
    assert get(fs, b"/m/e/moved") is get(fs, b"/m/second")
    assert fs.path_of(directory(fs, b"/m/e")) == b"/m/e"
    get(fs, b"/m/second").change_mode(fs, 0o600)
    assert stat.S_IMODE((inside / "second").stat().st_mode) == 0o600
    get(fs, b"/m/second").change_times(fs, 5, 7_000_000_009)
    assert (inside / "second").stat().st_mtime_ns == 7_000_000_009
    assert get(fs, b"/m/second").mtime == 7_000_000_009
    get(fs, b"/m/second").change_times(fs, None, 8)
    assert (get(fs, b"/m/second").atime, get(fs, b"/m/second").mtime) == (5, 8)
    fs.link(root, b"/m/link", root, b"/m/link2", False)
    assert (inside / "link2").is_symlink() and get(fs, b"/m/link2", False).links == 2
    fs.unlink(root, b"/m/link2")
    directory(fs, b"/m/e").change_times(fs, 1, 2)
    assert (directory(fs, b"/m/e").atime, directory(fs, b"/m/e").mtime) == (1, 2)
    fails("ENOTEMPTY", lambda: fs.rmdir(root, b"/m/e"))
    fs.unlink(root, b"/m/e/moved")
    assert get(fs, b"/m/second").links == 1
    fs.rmdir(root, b"/m/e")
    assert sorted(os.listdir(inside)) == ["link", "second", "sub"]
    assert directory(fs, b"/m").names() == [b"link", b"second", b"sub"]


def test_times_of_own_changes_are_virtual(fs: FileSystem, host: Path) -> None:
    path = host / "inside/sub/file"
    os.utime(path, ns=(3, 4))
    assert get(fs, b"/m/sub/file").mtime == 4
    file = opened(fs, b"/m/sub/file", files.WRITE)
    file.write(b"x")
    file.close()
    node = get(fs, b"/m/sub/file")
    assert (node.mtime, node.atime, node.ctime) == (CLOCK, CLOCK, CLOCK)
    assert path.stat().st_mtime_ns != CLOCK
    os.utime(path, ns=(3, 9))
    assert get(fs, b"/m/sub/file").mtime == 9


def test_the_mount_itself_stays(fs: FileSystem, host: Path) -> None:
    root = fs.root
    mount(fs, str(host / "outside/secret"), "/one", True)
    fails("EBUSY", lambda: fs.rmdir(root, b"/m"))
    fails("EBUSY", lambda: fs.unlink(root, b"/one"))
    fails("EBUSY", lambda: fs.rename(root, b"/one", root, b"/two"))
    fails("EXDEV", lambda: fs.rename(root, b"/m/sub", root, b"/sub"))
    fails("EXDEV", lambda: fs.rename(root, b"/m/sub/file", root, b"/one"))
    fails("EXDEV", lambda: fs.link(root, b"/one", root, b"/m/one", False))
    fails("EPERM", lambda: get(fs, b"/m").change_mode(fs, 0o777))
    # The file that was mounted is all that is seen of its folder.
    fails("ENOTDIR", lambda: get(fs, b"/one/../secret"))
    assert sorted(root.names()) == [b"m", b"one"]


def test_links_do_not_lead_out(fs: FileSystem, host: Path) -> None:
    inside, root = host / "inside", fs.root
    (inside / "absolute").symlink_to("/etc/passwd")
    (inside / "relative").symlink_to("../outside/secret")
    (inside / "folder").symlink_to(host / "outside")
    (inside / "deep").symlink_to("../" * 20 + "etc")
    (inside / "root").symlink_to("/")
    for path in (b"/m/absolute", b"/m/relative", b"/m/folder", b"/m/deep/passwd", b"/m/root/etc/passwd", b"/m/../outside/secret"):
        fails("ENOENT", partial(get, fs, path))
    # Those that the guest makes are no better.
    fs.symlink(os.fsencode(host / "outside"), root, b"/m/made")
    fails("ENOENT", lambda: get(fs, b"/m/made/secret"))
    fails("ENOENT", lambda: fs.mkdir(root, b"/m/made/x", 0o755))
    fails("ENOTDIR", lambda: fs.rmdir(root, b"/m/made"))
    fails("EOPNOTSUPP", lambda: get(fs, b"/m/made", False).change_mode(fs, 0o777))
    get(fs, b"/m/made", False).change_times(fs, 1, 1)
    assert (host / "outside").stat().st_mtime_ns != 1
    assert os.listdir(host / "outside") == ["secret"]
    # But they mean what they say in the guest's own tree.
    assert get(fs, b"/m/root") is root


def test_a_directory_that_becomes_a_link(fs: FileSystem, host: Path) -> None:
    """The emulator has seen the directory; then somebody on the host puts a link in its place."""
    inside = host / "inside"
    sub = directory(fs, b"/m/sub")
    file = get(fs, b"/m/sub/file")
    (host / "outside/file").write_text("O")
    os.rename(inside / "sub", inside / "was")
    (inside / "sub").symlink_to(host / "outside")
    fails("ENOENT", lambda: get(fs, b"/m/sub/file"))
    assert isinstance(file, HostFile)
    # What holds the directory holds the directory itself: whoever has it open, or stands in it, goes on there.
    assert file.open(os.O_RDONLY) >= 0
    sub._mount.forget(sub)
    # Not open any more, it cannot be found again.
    fails("ENOTDIR", lambda: sub.lookup(b"file"))
    fails("ENOTDIR", lambda: file.open(os.O_RDONLY))
    (inside / "sub").unlink()
    (inside / "sub").mkdir()
    (inside / "sub/file").write_text("X")
    fails("ENOENT", lambda: sub.lookup(b"file"))
    assert opened(fs, b"/m/sub/file").read(9) == b"X"


def test_a_file_that_becomes_a_link(fs: FileSystem, host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced at the worst time: after it was looked at and before it is opened, changed or removed."""
    inside, secret = host / "inside", host / "outside/secret"
    look = HostDirectory.look

    def swap() -> None:
        (inside / "sub/file").unlink()
        (inside / "sub/file").symlink_to(secret)

    def race(self: HostDirectory, name: bytes) -> os.stat_result | None:
        info = look(self, name)
        if name == b"file" and not (inside / "sub/file").is_symlink():
            swap()
        return info

    def truncate(node: HostFile) -> None:
        node.truncate(fs, 0)

    def read(node: HostFile) -> None:
        OpenHostFile(fs, node, files.READ, b"")

    def change_mode(node: HostFile) -> None:
        swap()
        node.change_mode(fs, 0o777)

    for action in (truncate, read, change_mode):
        node = get(fs, b"/m/sub/file")
        assert isinstance(node, HostFile)
        with monkeypatch.context() as patch:
            patch.setattr(HostDirectory, "look", race)
            with pytest.raises(Errno):
                action(node)
        assert (inside / "sub/file").is_symlink()
        assert secret.read_text() == "S"
        assert stat.S_IMODE(secret.stat().st_mode) != 0o777
        (inside / "sub/file").unlink()
        (inside / "sub/file").write_text("F")
    node = get(fs, b"/m/sub/file")
    monkeypatch.setattr(HostDirectory, "look", race)
    node.change_times(fs, 1, 1)
    assert secret.stat().st_mtime_ns != 1
    fs.unlink(fs.root, b"/m/sub/file")
    assert secret.read_text() == "S"


def test_creating_over_a_link_that_appears(fs: FileSystem, host: Path) -> None:
    place = directory(fs, b"/m")
    (host / "inside/new").symlink_to(host / "outside/made")
    fails("EEXIST", lambda: place.create(fs, b"new", 0o644))
    fails("EEXIST", lambda: place.make_directory(fs, b"new", 0o755))
    assert os.listdir(host / "outside") == ["secret"]


def test_special_files_are_not_opened(fs: FileSystem, host: Path) -> None:
    os.mkfifo(host / "inside/fifo")
    node = get(fs, b"/m/fifo")
    assert stat.S_ISFIFO(node.mode)
    assert isinstance(node, HostFile)
    fails("EACCES", lambda: node.open(os.O_RDONLY))
    fails("EACCES", lambda: node.truncate(fs, 0))


def test_no_rights_are_handed_over(fs: FileSystem, host: Path) -> None:
    fails("EPERM", lambda: get(fs, b"/m/sub/file").change_mode(fs, 0o4755))
    directory(fs, b"/m").create(fs, b"tool", 0o6755)
    assert stat.S_IMODE((host / "inside/tool").stat().st_mode) == 0o755


def test_read_only(host: Path) -> None:
    fs = FileSystem(lambda: CLOCK)
    mount(fs, str(host / "inside"), "/m")
    root = fs.root
    for action in (
        lambda: fs.unlink(root, b"/m/sub/file"),
        lambda: fs.mkdir(root, b"/m/x", 0o755),
        lambda: fs.symlink(b"x", root, b"/m/x"),
        lambda: fs.link(root, b"/m/sub/file", root, b"/m/x", False),
        lambda: fs.rename(root, b"/m/sub", root, b"/m/x"),
        lambda: files.truncate(fs, get(fs, b"/m/sub/file"), 0),
    ):
        fails("EROFS", action)
    fs.close()


def test_the_limit_counts_what_is_written(host: Path) -> None:
    fs = FileSystem(lambda: CLOCK, limit=100_000)
    mount(fs, str(host / "inside"), "/m", True)
    file = opened(fs, b"/m/sub/file", files.WRITE)
    # A hole costs nothing until it is filled.
    file.truncate(1 << 30)
    for _ in range(2):
        assert file.pwrite(b"x" * 90_000, 1 << 20) == 90_000
    assert 80_000 < fs.used < 100_000
    with pytest.raises(Exception, match="exceed 100000 bytes"):
        file.pwrite(b"x" * 90_000, 0)
    fails("EFBIG", lambda: file.pwrite(bytes(100_001), 0))
    file.truncate(0)
    assert fs.used == 0
    assert file.pwrite(b"x" * 90_000, 0) == 90_000
    file.close()
    fs.unlink(fs.root, b"/m/sub/file")
    assert fs.used == 0
    fs.close()


def test_many_directories_need_few_descriptors(fs: FileSystem, host: Path) -> None:
    for i in range(300):
        (host / f"inside/{i}/x").mkdir(parents=True)
        (host / f"inside/{i}/x/f").write_text(str(i))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        for i in range(300):
            assert get(fs, b"/m/%d/x/f" % i).size == len(str(i))
    assert len(os.listdir("/proc/self/fd")) < before + 70


def test_listing_is_sorted_and_numbered_by_use(fs: FileSystem, host: Path) -> None:
    for name in ("z", "b", "\udcff", "a"):
        (host / "inside" / name).write_text("")
    entries = OpenDirectory(directory(fs, b"/m"), files.READ, b"/m").entries()
    assert [name for name, _ in entries] == [b".", b"..", b"a", b"b", b"sub", b"z", b"\xff"]
    numbers = [node.inode for _, node in entries[2:]]
    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_mount_arguments(host: Path) -> None:
    assert split_mount("/a:/b:rw") == ("/a", "/b", True)
    assert split_mount("/a:/b") == ("/a", "/b", False)
    assert split_mount("/a:rw") == ("/a", "/a", True)
    assert split_mount("/a:/b:ro") == ("/a", "/b", False)
    assert split_mount("/a") == ("/a", "/a", False)
    fs = FileSystem()
    os.mkfifo(host / "fifo")
    for name in ("fifo", "nothing"):
        with pytest.raises(NotFound):
            mount(fs, str(host / name), "/x")
    assert isinstance(fs.root, Directory) and not fs.root.names()
