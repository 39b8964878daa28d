# SPDX-License-Identifier: BSD-3-Clause
"""Headers of line number programs, one a unit; the programs themselves come with the functions.

Layout: DWARF 5, section 6.2.4, and DWARF 2 (version 4's table is written as version 2, which every reader knows). Files
are the unit's object's, in its order, which the programs' file numbers count from 1; folders are collected from them,
and folder 0 is the unit's own, ".". Facts: GOROOT/src/cmd/link/internal/ld/dwarf.go (writelines, writeDirFileTables).
"""

from __future__ import annotations

import posixpath
import struct
from typing import Final

from pygo_cross.link.dwarf.constants import DW_FORM_string, DW_FORM_udata, DW_LNCT_directory_index, DW_LNCT_path
from pygo_cross.link.dwarf.info import Unit
from pygo_cross.link.nametab import expand_file
from pygo_cross.obj.leb import uleb

# Line base, line range, opcode base, and how many operands opcodes 1 to 10 have. The compiler relies on these
# (GOROOT/src/cmd/internal/obj/dwarf.go); the first opcode, copy, and those from 6 on have none or do not occur.
_PARAMETERS: Final = struct.pack("<bBB10B", -4, 10, 11, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0)

_DIRECTORY_FORMAT: Final = bytes((1, DW_LNCT_path, DW_FORM_string))
_FILE_FORMAT: Final = bytes((2, DW_LNCT_path, DW_FORM_string, DW_LNCT_directory_index, DW_FORM_udata))


def _clean(path: str) -> str:
    """The shortest equal path, as Go's path.Clean has it: POSIX alone gives a leading double slash a meaning."""
    return posixpath.normpath("/" + path.lstrip("/") if path.startswith("/") else path)


def unit_files(unit: Unit, goroot: str) -> list[str]:
    """The paths of a unit's files, in the order of their numbers; a file without a name gets one."""
    names = (expand_file(name, goroot) for name in unit.file.obj.files())
    return [name or f"<missing>_{index}" for index, name in enumerate(names)]


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape") + b"\0"


def _tables(files: list[str], version: int) -> bytes:
    """The tables of folders and files."""
    directories = {".": 0}
    entries = [("?", 0)] if version >= 5 else []  # programs count files from 1; an empty name crashes some GDBs
    for name in files:
        directory = _clean(posixpath.dirname(name))
        entries.append((posixpath.basename(name.rstrip("/")) or "/", directories.setdefault(directory, len(directories))))
    out = bytearray()
    if version >= 5:
        out += _DIRECTORY_FORMAT + uleb(len(directories))
        for directory in directories:
            out += _text(directory)
        out += _FILE_FORMAT + uleb(len(entries))
        for name, number in entries:
            out += _text(name) + uleb(number)
    else:
        for directory in list(directories)[1:]:
            out += _text(directory)
        out.append(0)
        for name, number in entries:
            out += _text(name) + uleb(number) + b"\0\0"  # neither time nor size
        out.append(0)
    return bytes(out)


def line_header(files: list[str], version: int, programs: int) -> bytes:
    """The header of a unit's line table; `programs` is the size of the programs that follow it, in bytes."""
    tables = _tables(files, version)
    # Instructions are of 1 byte at least; version 5 adds how many operations one holds. Statements by default.
    body = (b"\1\1\1" if version >= 5 else b"\1\1") + _PARAMETERS + tables
    start = struct.pack("<HBBI", 5, 8, 0, len(body)) if version >= 5 else struct.pack("<HI", 2, len(body))
    return struct.pack("<I", len(start) + len(body) + programs) + start + body


def gdb_script(files: list[str]) -> bytes:
    """The content of `.debug_gdb_scripts` if these files of the runtime tell where its Python script is, else nothing."""
    for name in files:
        at = name.find("runtime/proc.go")
        if at >= 0:
            return b"\1" + _text(name[:at] + "runtime/runtime-gdb.py")
    return b""
