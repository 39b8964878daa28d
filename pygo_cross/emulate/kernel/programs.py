# SPDX-License-Identifier: GPL-2.0-or-later
"""What execve(2) does before a program starts: find the file, read it, follow `#!` lines, check the sizes of arguments.

A file is executable if it is a binary for the guest's own target, or a script whose interpreter is. Everything else fails as it would
on the guest's system. Binaries are read once for as long as their files stay the same.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, Lacking, LimitReached, NotRunnable
from pygo_cross.emulate.fs.files import READ, open_node
from pygo_cross.emulate.fs.vfs import MAY_SEARCH, Directory, File, Node
from pygo_cross.emulate.loader import image
from pygo_cross.emulate.loader.image import Image

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process
    from pygo_cross.emulate.kernel.thread import Thread

# A single string, and all strings with their pointers: a quarter of the stack's limit on Linux, kern.argmax on macOS.
_MAX_STRING: Final = {"linux": 32 * 4096, "darwin": 1 << 20}
_MAX_STRINGS: Final = {"linux": 2 << 20, "darwin": 1 << 20}
# The first line of a script, and interpreters that are scripts themselves.
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
        return node.data
    file = open_node(process, node, READ, path)
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
            text = process.memory.cstring(pointer, _MAX_STRING[process.system])
        except Errno as error:
            raise Errno("E2BIG" if error.name == "ENAMETOOLONG" else error.name) from error
        found.append(text)
        size += len(text) + 1 + 8
        if size > _MAX_STRINGS[process.system]:
            raise Errno("E2BIG")
    return found


def execute(process: Process, base: Directory, path: bytes, arguments: list[bytes], environment: list[bytes]) -> None:
    """execve(2): returns once the program has taken the caller's place."""
    if sum(len(text) + 9 for text in (*arguments, *environment)) > _MAX_STRINGS[process.system]:
        raise Errno("E2BIG")
    name = path
    for _ in range(_MAX_SCRIPTS + 1):
        directory, last, node = process.fs.resolve_parent(base, path, True)
        if node is None:
            raise Errno("ENOENT")
        if stat.S_IFMT(node.mode) != stat.S_IFREG or not node.permits(MAY_SEARCH):
            raise Errno("EACCES")
        found = process.kernel.programs.read(process, node, path)
        if isinstance(found, Image):
            break
        # Linux gives the interpreter the rest of the line as one argument, macOS splits it.
        words = found.strip().split(None, 1 if process.system == "linux" else -1)
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
