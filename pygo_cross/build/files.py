# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all: outputs, folders of them, and locks on these folders."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pygo_cross import wholefile
from pygo_cross.diag import EXIT_BUILD, UserError


def unwritable(path: Path, error: OSError) -> UserError:
    """One line about a file that can't be written."""
    reason = error.strerror or str(error)
    hint = "free the place or pick another"
    if isinstance(error, PermissionError) and os.environ.get("PYGO_CROSS_IN_IMAGE"):
        hint = f'here we are user {os.getuid()}; give docker run -u "$(id -u):$(id -g)"'
    return UserError.one("unwritable", f"{path}: can't be written: {reason}", hint, status=EXIT_BUILD)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the system's refusals to write `path` into a `UserError`."""
    try:
        yield
    except OSError as error:
        # `path` and not the error's own file name: people know nothing of the file beside it.
        raise unwritable(path, error) from None


def make_folder(path: Path) -> None:
    """The folder and those above it."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """`path` with these bytes, or as it was. Raises `UserError` where that can't be."""
    with writing(path):
        wholefile.put(str(path), data)


def write_json(path: Path, value: Any) -> None:
    """`value` as JSON, the same bytes for the same value."""
    write_whole(path, (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace"))


def place(made: Path, path: Path) -> None:
    """Moves a finished file to where it belongs, through a file beside `path` where they are on different file systems."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "a folder is in the way", str(path))
        if wholefile.takes_all(str(path)):
            path.write_bytes(made.read_bytes())
            return
        beside = Path(wholefile.beside(str(path)))
        try:
            shutil.move(made, beside)
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise


def copy_out(made: Path, out: str) -> Path:
    """A copy of a finished file at `out`, or in it where it is a folder. Returns its path."""
    path = Path(out) / made.name if out.endswith(os.sep) or Path(out).is_dir() else Path(out)
    with writing(path), temporary_folder() as scratch:
        place(Path(shutil.copy2(made, scratch / made.name)), path)
    return path


@contextlib.contextmanager
def locked(folder: Path, wait: bool) -> Iterator[bool]:
    """Keeps others who ask for it out of a folder; without `wait`, yields False where somebody is there already.

    A file system that has no locks keeps nobody out.
    """
    with writing(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        free = True
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                free = False
        yield free
    finally:
        os.close(handle)


@contextlib.contextmanager
def temporary_folder(beside: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens; in `beside`, or where the system keeps such folders."""
    with writing(beside or Path(tempfile.gettempdir())):
        folder = tempfile.mkdtemp(prefix=".pygo-cross-", dir=beside)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
