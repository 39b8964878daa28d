# SPDX-License-Identifier: GPL-2.0-or-later
"""A Linux process: the stack that execve prepares, system calls, the `/proc` and `/sys` files that Go's runtime reads.

The layout of the first stack is that of the System V ABI with Linux's auxiliary vector (GOROOT/src/runtime/os_linux.go reads it).
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.files import FileTable
from pygo_cross.emulate.fs.vfs import GID, UID, Directory
from pygo_cross.emulate.kernel.kernel import Kernel
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.signals import Action
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread
from pygo_cross.emulate.linux import frames, system, vdso
from pygo_cross.emulate.linux.numbers import ERRORS, SIGNAL_FACTS
from pygo_cross.emulate.linux.table import TABLES
from pygo_cross.emulate.machine import amd64, arm64
from pygo_cross.emulate.machine.memory import EXEC, READ, WRITE
from pygo_cross.emulate.machine.space import AddressSpace

PAGE: Final = 4096
_SEARCH_TOP: Final = 0x7F00_0000_0000
_STACK_TOP: Final = 0x7FFF_F000_0000
_STACK_SIZE: Final = 8 << 20

_HWCAP: Final = {"arm64": (arm64.HWCAP, arm64.HWCAP2), "amd64": (amd64.HWCAP, amd64.HWCAP2)}
_PLATFORM: Final = {"arm64": b"aarch64\0", "amd64": b"x86_64\0"}

_AT_PHDR, _AT_PHENT, _AT_PHNUM, _AT_PAGESZ, _AT_ENTRY = 3, 4, 5, 6, 9
_AT_UID, _AT_EUID, _AT_GID, _AT_EGID, _AT_PLATFORM, _AT_HWCAP, _AT_CLKTCK = 11, 12, 13, 14, 15, 16, 17
_AT_SECURE, _AT_RANDOM, _AT_HWCAP2, _AT_EXECFN, _AT_SYSINFO_EHDR = 23, 25, 26, 31, 33


# Calls that leave all registers as they want them.
_SET_REGISTERS: Final = frozenset(("rt_sigreturn", "execve", "execveat"))


class LinuxProcess(Process):
    """One Linux process."""

    system = "linux"
    error_numbers = ERRORS
    pages = {"amd64": PAGE, "arm64": PAGE}  # noqa: RUF012
    at_fdcwd = -100
    search_top = _SEARCH_TOP
    trampoline = vdso.ADDRESS + vdso.SIGRETURN

    def __init__(self, kernel: Kernel, arch: str, files: FileTable, cwd: Directory) -> None:
        super().__init__(kernel, arch, files, cwd)
        self.auxiliary = b""  # the vector that the program was started with, as /proc/PID/auxv shows it
        self.signals.facts = SIGNAL_FACTS
        system.install_process_files(self)

    def attach(self, space: AddressSpace) -> None:
        super().attach(space)
        arch = self.arch
        self._rows = TABLES[arch.name]
        self._call = self.cpu.registers(arch.call_number, *arch.call_arguments, arch.pc)
        self._amd64 = arch.name == "amd64"
        self._clobbered = self.cpu.registers(amd64.RCX, amd64.R11) if self._amd64 else None
        self._returned = self.cpu.registers(amd64.RAX, amd64.RCX, amd64.R11) if self._amd64 else self.result_register
        self._restart = self.cpu.registers(arch.pc, arch.call_number if self._amd64 else arch.call_result)
        self.frames = frames.Frames(self)

    def load(self) -> Thread:
        self.load_segments()
        memory = self.memory
        memory.map(vdso.ADDRESS, PAGE, READ | EXEC, "[vdso]")
        memory.load(vdso.ADDRESS, vdso.image(self.arch.name))
        memory.map(_STACK_TOP - _STACK_SIZE, _STACK_SIZE, READ | WRITE, "[stack]")
        image = self.image
        place = _STACK_TOP - 16

        def push(data: bytes) -> int:
            nonlocal place
            place -= len(data)
            if place < _STACK_TOP - _STACK_SIZE // 2:
                raise Errno("E2BIG")
            memory.load(place, data)
            return place

        name = push(self.executable + b"\0")
        variables = [push(entry + b"\0") for entry in self.environment]
        arguments = [push(entry + b"\0") for entry in self.arguments]
        platform = push(_PLATFORM[self.arch.name])
        place &= -16
        random = push(self.random(16))
        vector = [
            *(_AT_PHDR, image.program_headers, _AT_PHENT, image.program_header_size, _AT_PHNUM, image.program_header_count),
            *(_AT_PAGESZ, PAGE, _AT_ENTRY, image.entry, _AT_SECURE, 0, _AT_CLKTCK, 100, _AT_SYSINFO_EHDR, vdso.ADDRESS),
            *(_AT_HWCAP, _HWCAP[self.arch.name][0], _AT_HWCAP2, _HWCAP[self.arch.name][1], _AT_PLATFORM, platform),
            *(_AT_UID, UID, _AT_EUID, UID, _AT_GID, GID, _AT_EGID, GID),
            *(_AT_RANDOM, random, _AT_EXECFN, name, 0, 0),
        ]
        self.auxiliary = struct.pack(f"<{len(vector)}Q", *vector)
        words = [len(arguments), *arguments, 0, *variables, 0, *vector]
        place = (place - 8 * len(words)) & -16
        memory.load(place, struct.pack(f"<{len(words)}Q", *words))
        self.cpu.registers(self.arch.sp, self.arch.pc).write(place, image.entry)
        return Thread(self.pid, self)

    def gone(self) -> None:
        system.remove_process_files(self)

    def error_result(self, thread: Thread, name: str) -> int:
        return -ERRORS.get(name, ERRORS["EIO"])

    def dispatch(self, thread: Thread) -> None:
        values = self._call.read()
        number = values[0]
        calls_made = self.kernel.calls
        row = self._rows.get(number)
        arguments = []
        watch = self.kernel.watch
        if row is None:
            name = f"syscall {number}"
            calls_made[name] = calls_made.get(name, 0) + 1
            self.count_missing(name)
            result: int | None = -ERRORS["ENOSYS"]
            if watch is not None:
                watch.enter(thread, name, "pppppp", values[1:7])
                watch.leave(thread, result, "ENOSYS")
        else:
            name = row.name
            calls_made[name] = calls_made.get(name, 0) + 1
            if row.note[:7] == "refused":
                self.count_missing(name)
            thread.call = (number, values[1])
            i = 1
            try:
                for convert in row.convert:
                    arguments.append(convert(self, values[i]))
                    i += 1
                if watch is not None:
                    watch.enter(thread, name, row.signature, arguments)
                result = row.handler(self, thread, *arguments)
            except Errno as error:
                result = -ERRORS.get(error.name, ERRORS["EIO"])
                if watch is not None and len(arguments) < len(row.convert):
                    watch.enter(thread, name, "pppppp", values[1 : 1 + len(row.convert)])
            if watch is not None:
                watch.leave(thread, result, "")
        if result is not None:
            if self._amd64:
                self._returned.write(result & 0xFFFFFFFFFFFFFFFF, values[7], 0x246)
            else:
                self._returned.write(result & 0xFFFFFFFFFFFFFFFF)
        elif self._clobbered is not None and name not in _SET_REGISTERS:
            self._clobbered.write(values[7], 0x246)

    def restart_call(self, thread: Thread) -> None:
        number, argument = thread.call
        pc = self._call.read()[7]
        self._restart.write(pc - self.arch.trap_size, number if self._amd64 else argument)

    def push_frame(self, thread: Thread, number: int, info: object, action: object) -> None:
        assert isinstance(info, SignalInfo) and isinstance(action, Action)
        self.frames.push(thread, number, info, action)
