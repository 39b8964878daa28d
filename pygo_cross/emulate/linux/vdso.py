# SPDX-License-Identifier: GPL-2.0-or-later
"""The vDSO: a shared object in the guest's memory that answers clock_gettime without a system call, and returns from signals.

GOROOT/src/runtime/vdso_linux.go says how Go finds the function: AT_SYSINFO_EHDR, program headers, and the dynamic section's symbol table
by way of DT_HASH, each symbol with its version.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.machine import timepage

# Where each guest has it; and, from there, the code that a signal handler returns to.
ADDRESS: Final = 0x7FFF_F7FF_0000
SIGRETURN: Final = 0x800

_CODE: Final = 0x400
_NAMES: Final = {"amd64": b"__vdso_clock_gettime", "arm64": b"__kernel_clock_gettime"}
_MACHINES: Final = {"amd64": 62, "arm64": 183}

# mov x8, 139 (rt_sigreturn); svc 0. On amd64 the caller of rt_sigaction brings its own.
_SIGRETURN: Final = {"arm64": struct.pack("<II", 0xD2801168, 0xD4000001), "amd64": b"\x48\xc7\xc0\x0f\0\0\0\x0f\x05"}

_VERSIONS: Final = {"amd64": b"LINUX_2.6", "arm64": b"LINUX_2.6.39"}

_DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ, _DT_SYMENT = 4, 5, 6, 10, 11
_DT_VERSYM, _DT_VERDEF, _DT_VERDEFNUM = 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD


def _hash(name: bytes) -> int:
    """The hash of the System V ABI."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value = (value ^ (value & 0xF0000000) >> 24) & 0x0FFFFFFF
    return value


def image(arch: str) -> bytes:
    """The object for `arch`, less than a page long, to be loaded at `ADDRESS` and executed there."""
    name, version = _NAMES[arch], _VERSIONS[arch]
    strings = b"\0" + name + b"\0" + version + b"\0"
    code = timepage.linux_clock_gettime(arch)
    dynamic_at, symbols_at, hash_at, strings_at, indices_at, versions_at = 0x100, 0x200, 0x240, 0x260, 0x2A0, 0x2B0
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, _MACHINES[arch], 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )
    entries = (
        *(_DT_HASH, hash_at, _DT_STRTAB, strings_at, _DT_SYMTAB, symbols_at, _DT_STRSZ, len(strings), _DT_SYMENT, 24),
        *(_DT_VERSYM, indices_at, _DT_VERDEF, versions_at, _DT_VERDEFNUM, 1, 0, 0),
    )
    dynamic = struct.pack(f"<{len(entries)}Q", *entries)
    programs = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0x1000, 0x1000, 0x1000)
    programs += struct.pack("<IIQQQQQQ", 2, 4, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8)
    # A global function (0x12) in a section that is not "undefined".
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, _CODE, len(code))
    # One bucket, so that no hash is needed: it holds symbol 1, which ends the chain.
    table = struct.pack("<5I", 1, 2, 1, 0, 0)
    # The version's definition has index 2, and one name.
    versions = struct.pack("<HHHHIII", 1, 0, 2, 1, _hash(version), 20, 0) + struct.pack("<II", 2 + len(name), 0)
    out = bytearray(0x1000)
    for at, part in (
        (0, header + programs),
        (dynamic_at, dynamic),
        (symbols_at, symbols),
        (hash_at, table),
        (strings_at, strings),
        (indices_at, struct.pack("<HH", 0, 2)),
        (versions_at, versions),
        (_CODE, code),
        (SIGRETURN, _SIGRETURN[arch]),
    ):
        out[at : at + len(part)] = part
    return bytes(out)
