# SPDX-License-Identifier: BSD-3-Clause
"""A Go program that tries files, names, permissions and locks behaves as it does on this host, in memory and in a mount."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import full
import pytest

from pygo_cross.emulate import run

Build = Callable[[str, str], Path]

# Where macOS differs by design: what a slash behind a link means, what unlink says of directories, dots at the end of a renamed path.
_MACOS = re.compile(
    r"(rename|link) .*(tofolder/|full/\.)|rename .*/: |rmdir tofolder/|unlink (f|tof)|getwd of a removed|open .*/: |mkdir dangling|  then"
)

_AS_USER = "import os, sys; os.setgroups([]); os.setgid(1000); os.setuid(1000); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.fixture(scope="module")
def native(build: Build) -> str:
    """What the program prints on the host, to an ordinary user."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("only linux/amd64 can be compared with")
    # The emulator's guest is not root, so neither is this: an ordinary user must get at the program and its folder, which pytest's own
    # temporary folders do not allow.
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "work")
        folder.mkdir()
        command = [shutil.copy(build("files", "linux/amd64"), place)]
        if os.getuid() == 0:
            os.chmod(place, 0o755)
            os.chown(folder, 1000, 1000)
            command = [sys.executable, "-c", _AS_USER, *command]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.mark.parametrize(
    "target", ["linux/amd64", "linux/arm64", "darwin/arm64", *full.more("macOS has one layout of structs", "darwin/amd64")]
)
def test_files_behave_as_on_the_host(build: Build, native: str, target: str) -> None:
    result = run(build("files", target), cwd="/home/user")
    assert (result.status, result.stderr, result.missing) == (0, b"", {})
    found = result.stdout.decode().splitlines()
    expected = native.splitlines()
    if target.startswith("darwin"):
        found, expected = ([line for line in lines if not _MACOS.match(line)] for lines in (found, expected))
    assert found == expected


def test_files_in_a_mount_behave_as_on_the_host(build: Build, native: str, tmp_path: Path) -> None:
    result = run(build("files", "linux/amd64"), cwd="/w", mounts=[f"{tmp_path}:/w:rw"])
    assert (result.status, result.stderr) == (0, b"")
    assert result.stdout.decode().splitlines() == native.splitlines()
    assert (tmp_path / "p/plain").stat().st_mode & 0o777 == 0o640
