# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all.

What belongs into a file is written beside its place and renamed over it, so whoever looks finds the old file, the new one or none, never
a part of one. What is no regular file (`/dev/null`, a pipe) is no place for a rename: it takes what it is given.
"""

from __future__ import annotations

import contextlib
import os
from _thread import get_native_id

_LONGEST = 48  # characters of a name that are kept beside it: names have at most 255 bytes


def beside(path: str) -> str:
    """The name, in the same folder, under which a file is written; nobody else's as long as this thread runs."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:_LONGEST]}.{os.getpid()}.{get_native_id()}")


def takes_all(path: str) -> bool:
    """Whether the path is no file that could be replaced: a device, a pipe, a socket, a folder."""
    return os.path.exists(path) and not os.path.isfile(path)


def put(path: str, data: bytes, mode: int = 0o666) -> None:
    """The file `path` with these bytes and permissions, less the umask; or as it was. Raises OSError."""
    if takes_all(path):
        with open(path, "wb") as stream:  # refuses a folder
            stream.write(data)
        return
    scratch = beside(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(scratch)  # left by a process of the same number that was killed
    try:
        with os.fdopen(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as stream:
            stream.write(data)
        os.replace(scratch, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        raise
