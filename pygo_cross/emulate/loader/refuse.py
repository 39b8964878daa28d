# SPDX-License-Identifier: GPL-2.0-or-later
"""Says of a file that cannot be run what it is instead, and what to do: the errors that people meet first."""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.errors import EmulatorError, Lacking, NotRunnable
from pygo_cross.emulate.loader import buildinfo
from pygo_cross.emulate.loader.image import Image

_TARGETS: Final = "what can be run is linux and darwin on amd64 and arm64"

# Machines of ELF (debug/elf's EM_*), operating systems in its header (ELFOSABI_*), types of file.
_ELF_MACHINES: Final = {
    2: "sparc", 3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 43: "sparc64", 62: "amd64", 183: "arm64", 243: "riscv",
    247: "bpf", 258: "loong64",
}  # fmt: skip
_ELF_SYSTEMS: Final = {2: "netbsd", 6: "solaris", 9: "freebsd", 12: "openbsd"}
_ELF_TYPES: Final = {1: "an object file", 3: "a shared library", 4: "a core file"}

_MACHO_CPUS: Final = {7: "386", 12: "arm", 18: "ppc", 0x01000007: "amd64", 0x01000012: "ppc64", 0x0100000C: "arm64", 0x0200000C: "arm64_32"}
_MACHO_TYPES: Final = {1: "an object file", 4: "a core file", 6: "a dynamic library", 8: "a bundle", 10: "debugging information (dSYM)"}

# What other files begin with.
_OTHERS: Final = (
    (b"MZ", "a Windows executable", _TARGETS),
    (b"\0asm", "a WebAssembly module", _TARGETS),
    (b"!<arch>\n", "an archive of object files", "run what package main is linked to"),
    (b"go object ", "a Go object file", "run what package main is linked to"),
    (b"\0\0\x8a\x97", "a Plan 9 executable", _TARGETS),
    (b"\0\0\x01\xeb", "a Plan 9 executable", _TARGETS),
    (b"\x01\xf7", "an AIX executable", _TARGETS),
    (b"PK\x03\x04", "a zip archive", "unpack it first"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
)


def not_a_binary(data: bytes) -> NotRunnable:
    """The error for a file that is neither ELF nor 64-bit Mach-O."""
    if not data:
        return NotRunnable("not-a-binary", "the file is empty")
    if data[:2] == b"#!":
        line = data[2:100].split(b"\n", 1)[0].strip().decode("utf-8", "replace")
        return NotRunnable("not-a-binary", f"a script for {line or 'no interpreter'}, not a binary; run its interpreter, if that is one")
    for start, what, advice in _OTHERS:
        if data.startswith(start):
            return NotRunnable("not-a-binary", f"{what}; {advice}")
    if data[:4] in (b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf"):
        order = "<" if data[0] == 0xCE else ">"
        cpu = struct.unpack_from(f"{order}I", data.ljust(8, b"\0"), 4)[0]
        return wrong_machine("Mach-O", _MACHO_CPUS.get(cpu, f"machine {cpu:#x}"))
    return NotRunnable("not-a-binary", f"not an ELF or Mach-O executable; {_TARGETS}")


def wrong_machine(kind: str, machine: str) -> NotRunnable:
    """The error for a machine that is not emulated."""
    return NotRunnable("wrong-machine", f"{kind} for {machine}; {_TARGETS}")


def check_elf(ident: bytes, kind: int, machine: int) -> None:
    """Raise for an ELF header that is not an executable's of Linux on amd64 or arm64."""
    order = "<" if ident[5] == 1 else ">"
    if order == ">":
        kind, machine = (int.from_bytes(value.to_bytes(2, "little"), "big") for value in (kind, machine))
    name = _ELF_MACHINES.get(machine, f"machine {machine}")
    if ident[4] != 2 or order == ">" or name not in ("amd64", "arm64"):
        bits = {1: "32-bit ", 2: ""}.get(ident[4], "damaged ")
        raise wrong_machine(f"{bits}{'big-endian ' if order == '>' else ''}ELF", name)
    if ident[7] in _ELF_SYSTEMS:
        raise NotRunnable("wrong-system", f"ELF for {_ELF_SYSTEMS[ident[7]]}; {_TARGETS}")
    if kind not in (2, 3):
        raise NotRunnable("not-executable", f"{_ELF_TYPES.get(kind, f'ELF of type {kind}')}, not an executable")


def check_macho(cpu: int, kind: int) -> None:
    """Raise for a Mach-O header that is not an executable's for amd64 or arm64."""
    name = _MACHO_CPUS.get(cpu, f"machine {cpu:#x}")
    if name not in ("amd64", "arm64"):
        raise wrong_machine("Mach-O", name)
    if kind != 2:
        raise NotRunnable("not-executable", f"{_MACHO_TYPES.get(kind, f'Mach-O of type {kind}')}, not an executable")


def needs_interpreter(path: str) -> EmulatorError:
    """The error for an executable that a dynamic linker must load."""
    if path.startswith("/usr/libexec/ld.so"):
        return NotRunnable("wrong-system", f"ELF for openbsd; {_TARGETS}")
    if path.startswith(("/lib/amd64/ld.so", "/usr/lib/ld.so")):
        return NotRunnable("wrong-system", f"ELF for solaris or illumos; {_TARGETS}")
    return Lacking(
        "dynamic-linking",
        f"the executable is loaded by {path or 'a dynamic linker'}, which is not provided; build it with CGO_ENABLED=0 and without"
        " -buildmode=pie",
    )


def check_settings(image: Image) -> None:
    """Raise for a Go binary that was built for what is not emulated, by what the go command wrote into it."""
    settings = buildinfo.read(image).settings
    system = settings.get("GOOS", image.system)
    if system != image.system:
        raise NotRunnable("wrong-system", f"a Go binary for {system}; {_TARGETS}")
    level = settings.get("GOAMD64", "")
    if image.arch == "amd64" and level in ("v3", "v4"):
        raise Lacking("goamd64", f"built with GOAMD64={level}, whose AVX instructions are not emulated; build it with GOAMD64=v1 or v2")
