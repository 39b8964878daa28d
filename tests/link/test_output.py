# SPDX-License-Identifier: BSD-3-Clause
"""A finished program gets to its place whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross.diag import UserError
from pygo_cross.link.output import write_executable


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700), (0o000, 0o755)])
def test_mode_honours_the_umask(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_executable(str(tmp_path / "program"), b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "program").stat().st_mode & 0o777 == mode


def test_old_program_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"old and longer")
    running = path.open("rb")
    write_executable(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert running.read() == b"old and longer"  # another file: a running program is not touched
    running.close()
    assert os.listdir(tmp_path) == ["program"]


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_executable("program", b"x")
    assert Path("program").read_bytes() == b"x"


def _one_line(path: str) -> str:
    with pytest.raises(UserError) as caught:
        write_executable(path, b"x" * 10000)
    text = str(caught.value)
    assert path in text and "\n" not in text
    return text


def test_missing_folder(tmp_path: Path) -> None:
    assert "no such file" in _one_line(str(tmp_path / "missing" / "program"))


def test_folder_as_destination(tmp_path: Path) -> None:
    assert "is a directory" in _one_line(str(tmp_path))


def test_file_as_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "not a directory" in _one_line(str(tmp_path / "file" / "program"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_device() -> None:
    assert "no space left" in _one_line("/dev/full")


def test_full_folder_leaves_the_old_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written when the disk fills up is cleared away."""
    path = tmp_path / "program"
    path.write_bytes(b"old")

    def fail(source: str, destination: str) -> None:
        assert Path(source).read_bytes() == b"x" * 10000
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert "no space left" in _one_line(str(path))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["program"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    assert "permission denied" in _one_line(str(tmp_path / "program"))


def test_null_device_stays_what_it_is() -> None:
    write_executable(os.devnull, b"x")
    assert not os.path.isfile(os.devnull)


def test_lief_is_imported_only_to_write() -> None:
    """It takes a third of a second, which commands that write nothing should not pay."""
    code = "import sys, pygo_cross.link.output, pygo_cross.link.elf, pygo_cross.link.macho; sys.exit('lief' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
