# SPDX-License-Identifier: BSD-3-Clause
"""Files are there whole or not at all, and devices and pipes stay what they are."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from pygo_cross.wholefile import beside, put


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    put(str(path), b"one")
    with path.open("rb") as before:
        put(str(path), b"two")
        assert before.read() == b"one"
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == [path.name]


def test_what_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        put(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    Path(beside(path)).write_bytes(b"half")
    put(path, b"whole")
    assert os.listdir(tmp_path) == ["file"]


def test_a_pipe_takes_what_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    put(str(path), b"text")
    reader.join()
    assert got == [b"text"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        put(str(tmp_path), b"x")
