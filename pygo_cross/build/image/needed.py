# SPDX-License-Identifier: BSD-3-Clause
"""Which shared libraries an ELF file needs, and where the dynamic loader of a glibc system finds them.

Read from the files themselves, never by running them: the interpreter, DT_NEEDED, DT_RPATH and DT_RUNPATH (ld.so(8)).
"""

from __future__ import annotations

import glob
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PT_LOAD: Final = 1
_PT_DYNAMIC: Final = 2
_PT_INTERP: Final = 3
_DT_NEEDED: Final = 1
_DT_STRTAB: Final = 5
_DT_RPATH: Final = 15
_DT_RUNPATH: Final = 29


@dataclass(frozen=True, slots=True)
class Needs:
    """What an ELF file asks for: its `interpreter` (or nothing), names of `libraries`, and `folders` to look in first."""

    machine: int
    interpreter: str
    libraries: tuple[str, ...]
    folders: tuple[str, ...]


def read_needs(path: str) -> Needs | None:
    """What the 64-bit little-endian ELF file at `path` needs; None for any other file. Raises `ValueError` for a broken one."""
    with open(path, "rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            return None
        file.seek(0)
        data = file.read()
    try:
        return _parse(data, os.path.dirname(path))
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: a broken ELF file") from error


def _parse(data: bytes, folder: str) -> Needs:
    machine, at, size, count = (*struct.unpack_from("<18xH12xQ", data), *struct.unpack_from("<54xHH", data))
    loads: list[tuple[int, int, int]] = []
    dynamic = b""
    interpreter = ""
    for number in range(count):
        kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, at + number * size)
        if kind == _PT_LOAD:
            loads.append((address, address + length, offset))
        elif kind == _PT_DYNAMIC:
            dynamic = data[offset : offset + length]
        elif kind == _PT_INTERP:
            interpreter = data[offset : offset + length].rstrip(b"\0").decode()
    pairs = list(struct.iter_unpack("<QQ", dynamic[: len(dynamic) // 16 * 16]))
    table = next((value for tag, value in pairs if tag == _DT_STRTAB), 0)
    strings = next((offset + table - low for low, high, offset in loads if low <= table < high), 0)

    def texts(*tags: int) -> Iterator[str]:
        for tag, value in pairs:
            if tag in tags:
                yield data[strings + value : data.index(b"\0", strings + value)].decode()

    folders = [part for text in texts(_DT_RPATH, _DT_RUNPATH) for part in text.split(":") if part]
    folders = [part.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", folder or ".") for part in folders]
    return Needs(machine, interpreter, tuple(texts(_DT_NEEDED)), tuple(folders))


def loader_folders(configuration: str = "/etc/ld.so.conf") -> list[str]:
    """The folders that the loader searches: those of ld.so.conf and of what it includes, then its own."""
    found: list[str] = []

    def read(name: str, depth: int) -> None:
        try:
            with open(name, encoding="utf-8", errors="replace") as file:
                lines = [line.partition("#")[0].strip() for line in file]
        except OSError:
            return
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "include" and depth < 8:
                for included in sorted(glob.glob(os.path.join(os.path.dirname(name), rest.strip()))):
                    read(included, depth + 1)
            elif line.startswith("/"):
                found.append(line)

    read(configuration, 0)
    triple = f"{os.uname().machine}-linux-gnu"
    found += [f"/lib/{triple}", f"/usr/lib/{triple}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]


def find_library(name: str, needs: Needs, folders: list[str]) -> str | None:
    """The file that the loader would take for a needed `name`: of the same machine, from the file's folders or the loader's."""
    for folder in (*needs.folders, *folders):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            found = read_needs(path)
            if found is not None and found.machine == needs.machine:
                return path
    return None
