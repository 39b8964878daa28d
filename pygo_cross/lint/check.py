# SPDX-License-Identifier: BSD-3-Clause
"""Looks at one binary, whatever it is: picks the checks by its first bytes."""

from __future__ import annotations

import hashlib

from pygo_cross.exe import elf as exe_elf
from pygo_cross.exe import fat as exe_fat
from pygo_cross.exe import macho as exe_macho
from pygo_cross.exe.elf import Elf
from pygo_cross.exe.macho import MachO
from pygo_cross.exe.view import FormatError
from pygo_cross.lint import elf, fat, golang, macho, paths, secrets
from pygo_cross.lint.finding import Record


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so is one to look at: ELF, Mach-O or fat."""
    return head[:4] == exe_elf.MAGIC or head[:4] in exe_macho.MAGICS or exe_fat.is_fat(head)


def is_object(head: bytes) -> bool:
    """Whether a binary that begins so is an object file, which a linker is to read and no system to start."""
    if head[:4] == exe_elf.MAGIC and len(head) >= 18:
        return int.from_bytes(head[16:18], "little" if head[5] == 1 else "big") == exe_elf.ET_REL
    if head[:4] in exe_macho.MAGICS and len(head) >= 16:
        return int.from_bytes(head[12:16], "little" if exe_macho.MAGICS[head[:4]][1] else "big") == exe_macho.MH_OBJECT
    return False


def is_program(head: bytes) -> bool:
    """Whether a binary that begins so is a program, and surely no library."""
    if head[:4] == exe_elf.MAGIC and len(head) >= 18:
        return int.from_bytes(head[16:18], "little" if head[5] == 1 else "big") == exe_elf.ET_EXEC
    if head[:4] in exe_macho.MAGICS and len(head) >= 16:
        return int.from_bytes(head[12:16], "little" if exe_macho.MAGICS[head[:4]][1] else "big") == exe_macho.MH_EXECUTE
    return exe_fat.is_fat(head)


def check(path: str, data: bytes) -> list[Record]:
    """Looks at the bytes of one file; a fat file gives a record of its own and one for each architecture."""
    record = Record(path)
    record.size, record.sha256 = len(data), hashlib.sha256(data).hexdigest()
    if exe_fat.is_fat(data) and len(data) >= 8:
        file = exe_fat.read(data)
        fat.check(record, file)
        record.close()
        records = [record]
        for part in file.slices:
            content = file.content(part)
            if bytes(content[:4]) in exe_macho.MAGICS:
                inner = Record(f"{path} ({part.arch})")
                inner.size, inner.sha256 = len(content), hashlib.sha256(content).hexdigest()
                _thin(inner, bytes(content))
                inner.close()
                records.append(inner)
        return records
    _thin(record, data)
    record.close()
    return [record]


def _thin(record: Record, data: bytes) -> None:
    file: Elf | MachO
    if not data:
        record.report("file-empty", "the file is empty")
        return
    if data[:4] == exe_elf.MAGIC:
        record.format = "elf"
        try:
            file = exe_elf.read(data)
        except FormatError as error:
            record.report("elf-header", str(error), 0)
            return
        go = golang.is_go(file)
        elf.check(record, file, go=go)
    elif data[:4] in exe_macho.MAGICS:
        record.format = "macho"
        try:
            file = exe_macho.read(data)
        except FormatError as error:
            record.report("macho-header", str(error), 0)
            return
        go = golang.is_go(file)
        macho.check(record, file)
    else:
        record.report("file-format", f"the file begins with {data[:4].hex(' ')}", 0)
        return
    if is_object(data[:64]) or record.facts.get("debug_only"):
        return
    if go:
        golang.check(record, file)
    else:
        found = paths.in_text(data) | paths.in_debug(file)
        if found:
            example = min(found, key=lambda name: (len(name), name)).decode("utf-8", "backslashreplace")
            record.facts["host_paths"] = len(found)
            record.report("host-path", f"there are {len(found)} paths in home folders, such as {example}")
    secrets.check(record, memoryview(data))
