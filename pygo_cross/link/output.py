# SPDX-License-Identifier: BSD-3-Clause
"""The last step of a link: bytes for an `Image`, checked, and the file they end up in."""

from __future__ import annotations

from pygo_cross import wholefile

from ..diag import InternalError, UserError
from .binfile import BinFile
from .image import Image
from .verify import verify

_MODE = 0o755


def executable(image: Image) -> BinFile:
    """The executable for `image`, read again and verified against it.

    Raises `InternalError` if it cannot be written or what was written is wrong.
    """
    if image.goos == "linux":
        from .elf import write_elf as write
    elif image.goos == "darwin":
        from .macho import write_macho as write
    else:
        raise InternalError("write", f"no executable format for {image.goos}")
    return verify(image, bytes(write(image)))


def executable_bytes(image: Image) -> bytes:
    """The bytes of `executable`."""
    return executable(image).data


def write_executable(path: str, data: bytes) -> None:
    """Put `data` into the file `path`, executable as far as the umask allows, whole or not at all.

    A destination that is no regular file (`/dev/null`) is written to as it is. `UserError` with one line if the folder is missing,
    full or not writable, or if `path` is a folder.
    """
    try:
        wholefile.put(path, data, _MODE)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError.one("cannot-write", f"{path}: cannot write the program: {reason}", "name another output file") from error
