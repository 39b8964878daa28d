# SPDX-License-Identifier: BSD-3-Clause
"""Paths of the machine that built a file: what they tell of people and their folders does not belong into a release.

Looked for are paths in home folders that end as source files do, anywhere in the file and in debug information, compressed or not; and in a
Go program every absolute name in its table of source files, which is what -trimpath is for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from pygo_cross.exe.elf import SHF_COMPRESSED, Elf
from pygo_cross.exe.macho import MachO

_HOMES: Final = (b"/home/", b"/Users/", b"/root/", b":\\Users\\")
# Strings of Go and Rust have no end of their own, so that what follows may be another one; endings of one letter need theirs.
_PATH: Final = re.compile(
    rb"[\x21-\x7e]{1,300}?[A-Za-z0-9_]\.(?:go(?!ne|t|ld|od|vern)|rs|cpp|cxx|hpp|swift|(?:s|S|c|h|cc|m|mm|py|f90|asm)(?![A-Za-z0-9_./-]))"
)
_FOLDER: Final = re.compile(rb"[A-Za-z0-9._+@~/-]{2,300}")
# Who manuals and tests say that lives there.
_NOBODY: Final = re.compile(rb"(?:/home/|/Users/|:\\Users\\)(?:user|username|gopher|you|me|name|alice|bob|foo|xxx+|runner)(?:[/\\]|$)")
_DEBUG_TEXT: Final = ("debug_line", "debug_line_str", "debug_str", "debug_info")
_MOST_UNPACKED: Final = 256 << 20
_MOST: Final = 1000  # paths; more are not counted


def in_text(text: bytes) -> set[bytes]:
    """Source files in home folders, out of all bytes of a file."""
    found: set[bytes] = set()
    for home in _HOMES:
        at = text.find(home)
        while at >= 0 and len(found) < _MOST:
            match = _PATH.match(text, at)
            if match and not _NOBODY.match(match[0]) and b"://" not in match[0]:
                found.add(match[0])
            at = text.find(home, at + len(home))
    return found


def in_debug(file: Elf | MachO) -> set[bytes]:
    """Source files and folders in home folders, out of debug information."""
    found: set[bytes] = set()
    for text in _debug_texts(file):
        for home in _HOMES[:3]:
            at = text.find(home)
            while at >= 0 and len(found) < _MOST:
                match = _FOLDER.match(text, at)
                if match and not _NOBODY.match(match[0]):
                    found.add(match[0])
                at = text.find(home, at + len(home))
    return found


def _debug_texts(file: Elf | MachO) -> Iterator[bytes]:
    """The sections that hold names, unpacked up to a limit."""
    left = _MOST_UNPACKED
    if isinstance(file, Elf):
        parts = [(s.name, file.content(s), bool(s.flags & SHF_COMPRESSED)) for s in file.sections]
    else:
        parts = [(s.name, file.content(s), False) for s in file.sections if s.segment == "__DWARF"]
    for name, content, compressed in parts:
        plain = name.lstrip("._").removeprefix("z")
        if plain not in _DEBUG_TEXT or not content or left <= 0:
            continue
        head = 0
        if compressed:
            head = 24 if isinstance(file, Elf) and file.bits == 64 else 12
        elif bytes(content[:4]) == b"ZLIB":
            head = 12
        if head:
            try:
                text = zlib.decompressobj().decompress(bytes(content[head:]), left)
            except zlib.error:
                left -= len(content)
                continue
        else:
            text = bytes(content[:left])
        left -= max(len(text), len(content))
        yield text


def absolute(names: Iterable[bytes]) -> list[bytes]:
    """The names of files that are absolute, on any system."""
    return [name for name in names if name[:1] == b"/" or name[1:3] in (b":\\", b":/")]
