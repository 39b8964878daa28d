# SPDX-License-Identifier: BSD-3-Clause
"""The output folder between two states: one complete build with its record, or no record.

While a build is at work the folder has a journal of what this build will put there and what an earlier one may have
left, so that whoever comes after a killed build knows which files are ours to remove. One build at a time works in a
folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pygo_cross.build.artifacts import RECORD, read_record_file
from pygo_cross.build.files import locked, make_folder, write_json, write_whole, writing
from pygo_cross.build.report.page import NAME
from pygo_cross.diag import UserError
from pygo_cross.records import usage_error

JOURNAL: Final = ".building.json"
SCRATCH: Final = ".pygo-cross-"
"""How the names of folders begin in which things are made."""

_BESIDE: Final = re.compile(r"\..+\.([0-9]+|[a-z0-9_]{8})\Z")
"""What `write_whole` and `place` write before they rename."""


@contextlib.contextmanager
def opened(dist: Path, clean: bool, planned: Iterable[str], kept: Iterable[str]) -> Iterator[None]:
    """The output folder, ready and ours alone: without a record, without what a killed build left, without what an earlier one made.

    `planned` are the paths that will be made; those of them that are also in `kept` may stay until they are replaced. Raises
    `UserError` where another build works in it, and with `clean` where the folder is not ours.
    """
    if clean:
        check_ours(dist)
    make_folder(dist)
    with locked(dist, wait=False) as free:
        if not free:
            raise usage_error("busy", f"another build is at work in {dist}", "wait for it, or set another dist")
        if clean:
            empty(dist)
        if not (dist / ".gitignore").exists():
            # Or else the first build would make the next one's version stamp say `modified`.
            write_whole(dist / ".gitignore", b"*\n")
        planned = set(planned)
        earlier = _known(dist)
        write_json(dist / JOURNAL, sorted(earlier | planned))
        with writing(dist / RECORD):
            (dist / RECORD).unlink(missing_ok=True)
        _sweep({dist, *(folder for path in earlier | planned for folder in _folders(dist, path) or ())})
        for path in sorted(earlier - (planned & set(kept))):
            remove(dist, path)
        try:
            yield
        except BaseException:
            if any(os.path.lexists(dist / path) for path in planned):
                raise  # the journal stays with what is there
            with contextlib.suppress(OSError):
                (dist / JOURNAL).unlink()
            raise
        with writing(dist / JOURNAL):
            (dist / JOURNAL).unlink(missing_ok=True)


def _known(dist: Path) -> set[str]:
    """What the record and the journal of earlier builds say they made."""
    paths: set[str] = set()
    with contextlib.suppress(UserError):
        paths |= {entry["path"] for entry in read_record_file(dist)["artifacts"] if isinstance(entry, dict) and "path" in entry}
    with contextlib.suppress(OSError, ValueError, RecursionError):
        listed = json.loads((dist / JOURNAL).read_bytes())
        paths |= set(listed if isinstance(listed, list) and all(isinstance(path, str) for path in listed) else ())
    if paths:
        paths.add(NAME)
    return {path for path in paths if isinstance(path, str)}


def _folders(dist: Path, path: str) -> list[Path] | None:
    """The folders below the output folder that a path leads through, outermost first; None for one that leads out of it, or nowhere."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        return None
    folders = [dist.joinpath(*parts[:count]) for count in range(1, len(parts))]
    return None if any(folder.is_symlink() for folder in folders) else folders


def remove(dist: Path, path: str) -> None:
    """Removes what an earlier build made, and the folder it was alone in. Never anything outside the output folder."""
    folders = _folders(dist, path)
    if folders is None:
        return
    target = dist / path
    with writing(target):
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            with contextlib.suppress(NotADirectoryError, FileNotFoundError):
                target.unlink()
    with contextlib.suppress(OSError):
        for folder in reversed(folders):
            folder.rmdir()


def _sweep(folders: Iterable[Path]) -> None:
    """Removes the unfinished files of builds that were killed."""
    for folder in folders:
        if not folder.is_dir():
            continue
        with writing(folder):
            for entry in list(os.scandir(folder)):
                if entry.name.startswith(SCRATCH) and entry.is_dir(follow_symlinks=False):
                    # What a killed build started may still write there, by the folder's name.
                    away = folder / f"{SCRATCH}{os.getpid()}-{entry.name.removeprefix(SCRATCH)}"
                    os.rename(entry.path, away)
                    shutil.rmtree(away, ignore_errors=True)
                elif _BESIDE.match(entry.name) and entry.is_file(follow_symlinks=False):
                    os.unlink(entry.path)


def empty(dist: Path) -> None:
    """Removes everything in the folder."""
    with writing(dist):
        for entry in list(os.scandir(dist)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def check_ours(dist: Path) -> None:
    """Raises `UserError` where a folder that is to be emptied looks like anything but one of ours."""
    if not os.path.lexists(dist):
        return
    if dist.is_symlink() or not dist.is_dir():
        raise usage_error("not-ours", f"--clean: {dist} is not a folder", "remove it yourself")
    if not (dist / ".gitignore").is_file() and any(dist.iterdir()):
        read_record_file(dist)  # without either of our files, it is somebody else's
