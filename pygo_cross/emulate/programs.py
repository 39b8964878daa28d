# SPDX-License-Identifier: GPL-2.0-or-later
"""What execve(2) does before a program starts: find the file, read it, follow `#!` lines, check the sizes of arguments.

A file is executable if it is a binary for the guest's own target, or a script whose interpreter is. Everything else fails as it would
on the guest's system. Binaries are read once for as long as their files stay the same.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate import files, image
from pygo_cross.emulate.errors import Errno, Lacking, LimitReached, NotRunnable
from pygo_cross.emulate.image import Image
from pygo_cross.emulate.vfs import Directory, File, Node

if TYPE_CHECKING:
    from pygo_cross.emulate.process import Process
    from pygo_cross.emulate.thread import Thread

# Linux's: a single string, all strings with their pointers (a quarter of the stack's limit), the first line of a script.
MAX_STRING: Final = 32 * 4096
MAX_STRINGS: Final = 2 << 20
_SCRIPT_LINE: Final = 256
_MAX_SCRIPTS: Final = 4

_KEPT: Final = 4


class Programs:
    """The binaries that were executed last."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], Image] = {}

    def read(self, process: Process, node: Node, path: bytes) -> Image | bytes:
        """The image of a binary, or the first line of a script; ENOEXEC if it is neither."""
        key = (node.inode, node.size, node.mtime)
        known = self._known.pop(key, None)
        if known is None:
            data = _contents(process, node, path)
            if data[:2] == b"#!":
                return data[2:_SCRIPT_LINE].partition(b"\n")[0]
            try:
                known = image.load(data, path.decode("utf-8", "replace"), process.arch.name)
                known.check(process.page)
            except (NotRunnable, Lacking) as error:
                raise Errno("ENOEXEC") from error
            if known.system != process.system:
                raise Errno("ENOEXEC")
            if known.arch != process.arch.name:
                raise Errno("ENOEXEC" if process.system == "linux" else "EBADARCH")
        self._known[key] = known
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        return known


def _contents(process: Process, node: Node, path: bytes) -> bytes:
    if isinstance(node, File):
        return bytes(node.data)
    file = files.open_node(process, node, files.READ, path)
    try:
        return file.pread(node.size, 0)
    finally:
        file.close()


def strings(process: Process, address: int) -> list[bytes]:
    """A vector of strings that a null pointer ends; E2BIG if it is larger than any system takes."""
    found: list[bytes] = []
    size = 0
    while address:
        pointer = process.memory.u64(address + 8 * len(found))
        if not pointer:
            break
        try:
            text = process.memory.cstring(pointer, MAX_STRING)
        except Errno as error:
            raise Errno("E2BIG" if error.name == "ENAMETOOLONG" else error.name) from error
        found.append(text)
        size += len(text) + 1 + 8
        if size > MAX_STRINGS:
            raise Errno("E2BIG")
    return found


def execute(process: Process, base: Directory, path: bytes, arguments: list[bytes], environment: list[bytes]) -> None:
    """execve(2): returns once the program has taken the caller's place."""
    if sum(len(text) + 9 for text in (*arguments, *environment)) > MAX_STRINGS:
        raise Errno("E2BIG")
    name = path
    for _ in range(_MAX_SCRIPTS + 1):
        directory, last, node = process.fs.resolve_parent(base, path, True)
        if node is None:
            raise Errno("ENOENT")
        if stat.S_IFMT(node.mode) != stat.S_IFREG or not node.mode & 0o111:
            raise Errno("EACCES")
        found = process.kernel.programs.read(process, node, path)
        if isinstance(found, Image):
            break
        words = found.strip().split(None, 1)
        if not words:
            raise Errno("ENOEXEC")
        arguments = [*words, path, *arguments[1:]]
        path = words[0]
    else:
        raise Errno("ELOOP")
    place = process.fs.path_of(directory).rstrip(b"/") + b"/" + last
    try:
        process.execute(found, place if process.system == "linux" else name, arguments, environment)
    except LimitReached as error:
        # Too large for what is left: the caller learns so, as of a kernel.
        raise Errno("ENOMEM") from error


def execve(process: Process, thread: Thread, path: bytes, arguments: int, environment: int) -> None:
    """execve(2)."""
    execute(process, process.cwd, path, strings(process, arguments), strings(process, environment))
