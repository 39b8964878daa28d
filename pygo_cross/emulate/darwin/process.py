# SPDX-License-Identifier: GPL-2.0-or-later
"""A macOS process: imported symbols are bound to stubs of ours, each of which traps to the handler of that libSystem function.

There is no libSystem and no dyld: a stub is a trap and a return, so a function's arguments are in the registers (and, for variadic ones on
arm64, on the stack) as the C convention puts them, and its errors go to the thread's errno. Two stubs are special: what a thread's first
function returns to, and what a signal handler returns to.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.darwin import frames
from pygo_cross.emulate.darwin.numbers import ERRORS, SIGNAL_FACTS
from pygo_cross.emulate.darwin.pthread import Condition, Mutex
from pygo_cross.emulate.darwin.table import TABLE, VARIABLES, FunctionRow
from pygo_cross.emulate.errors import Errno, GuestFault, NotRunnable
from pygo_cross.emulate.fs.files import FileTable
from pygo_cross.emulate.fs.vfs import Directory, Node
from pygo_cross.emulate.kernel.kernel import Kernel
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.signals import Action
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread
from pygo_cross.emulate.loader.image import Image
from pygo_cross.emulate.machine import timepage
from pygo_cross.emulate.machine.memory import EXEC, READ, WRITE
from pygo_cross.emulate.machine.space import AddressSpace

PAGE: Final = {"amd64": 4096, "arm64": 16384}
_SEARCH_TOP: Final = 0x7F00_0000_0000
_STACK_TOP: Final = 0x7FF7_B000_0000
_STACK_SIZE: Final = 8 << 20
_STUBS: Final = 0x7FF8_0000_0000
_STUB_SIZE: Final = 16
# Functions that are answered in the guest, by code of ours.
_NATIVE: Final = 0x7FF8_1000_0000
_RETURN_STUB: Final = _STUBS
_SPECIFIC_SIZE: Final = 16384
_ERRNO_OFFSET: Final = 8192

# A trap and a return: svc 0x80; ret, and syscall; ret.
_STUB_CODE: Final = {"arm64": struct.pack("<II", 0xD4001001, 0xD65F03C0), "amd64": b"\x0f\x05\xc3"}

# The first key of pthread_key_create.
_FIRST_KEY: Final = 256

THREAD_STACK: Final = 512 << 10


class DarwinProcess(Process):
    """One macOS process."""

    system = "darwin"
    error_numbers = ERRORS
    pages = PAGE
    at_fdcwd = -2
    search_top = _SEARCH_TOP
    sigreturn_stub = _STUBS + _STUB_SIZE
    main_thread: Thread

    def __init__(self, kernel: Kernel, arch: str, files: FileTable, cwd: Directory) -> None:
        super().__init__(kernel, arch, files, cwd)
        self.signals.facts = SIGNAL_FACTS
        self.mutexes: dict[int, Mutex] = {}
        self.conditions: dict[int, Condition] = {}
        self.next_key = _FIRST_KEY
        self.directories: dict[int, tuple[int, list[tuple[bytes, Node]], int]] = {}
        self._stubs: list[tuple[str, FunctionRow | None]] = []

    def attach(self, space: AddressSpace) -> None:
        super().attach(space)
        arch = self.arch
        self._amd64 = arch.name == "amd64"
        self._call = self.cpu.registers(*arch.function_arguments, arch.pc, arch.sp)
        self._arguments = len(arch.function_arguments)
        self._restart = self.cpu.registers(arch.pc, arch.function_arguments[0])
        self.frames = frames.Frames(self)

    def _bind(self) -> None:
        """Make a stub for each imported symbol, or for what only reads the time its code, and point its importers there."""
        addresses: dict[str, int] = {}
        self._stubs = [("return", None), ("sigreturn", None)]
        code = _STUB_CODE[self.arch.name].ljust(_STUB_SIZE, b"\0")
        slots = [code, code]
        native = b""

        def native_at(body: bytes) -> int:
            nonlocal native
            native += body.ljust(len(body) + 7 & -8, b"\0")
            return _NATIVE + len(native) - (len(body) + 7 & -8)

        for address, symbol, addend in self.image.binds:
            place = addresses.get(symbol)
            if place is None:
                name = symbol.removeprefix("_").removesuffix("$INODE64").removesuffix("$UNIX2003")
                place = addresses[symbol] = _STUBS + _STUB_SIZE * len(self._stubs)
                self._stubs.append((name, TABLE.get(name)))
                slots.append(VARIABLES[name].ljust(_STUB_SIZE, b"\0") if name in VARIABLES else code)
                if name == "mach_absolute_time":
                    place = addresses[symbol] = native_at(timepage.mach_absolute_time(self.arch.name))
                elif name == "clock_gettime":
                    place = addresses[symbol] = native_at(timepage.darwin_clock_gettime(self.arch.name, place))
            try:
                self.memory.load(address, struct.pack("<Q", place + addend & 0xFFFFFFFFFFFFFFFF))
            except GuestFault as error:
                raise NotRunnable("bad-binary", f"the binding of {symbol} lies outside of the image") from error
        size = self.memory.round(_STUB_SIZE * len(self._stubs))
        self.memory.map(_STUBS, size, READ | EXEC, "stubs")
        self.memory.load(_STUBS, b"".join(slots))
        if native:
            self.memory.map(_NATIVE, self.page, READ | EXEC, "functions")
            self.memory.load(_NATIVE, native)

    def load(self) -> Thread:
        self.load_segments()
        self._bind()
        memory = self.memory
        memory.map(_STACK_TOP - _STACK_SIZE, _STACK_SIZE, READ | WRITE, "stack")
        place = _STACK_TOP - 16

        def push(data: bytes) -> int:
            nonlocal place
            place -= len(data)
            if place < _STACK_TOP - _STACK_SIZE // 2:
                raise Errno("E2BIG")
            memory.load(place, data)
            return place

        apple = push(b"executable_path=" + self.executable + b"\0")
        variables = [push(entry + b"\0") for entry in self.environment]
        arguments = [push(entry + b"\0") for entry in self.arguments]
        words = [len(arguments), *arguments, 0, *variables, 0, apple, 0]
        place = (place - 8 * len(words)) & -16
        memory.load(place, struct.pack(f"<{len(words)}Q", *words))
        thread = self.main_thread = Thread(self.kernel.new_id(), self)
        self.make_specific(thread)
        arch = self.arch
        self.cpu.registers(arch.darwin_tls).write(thread.specific)
        vector = place
        if self.image.entry_is_main:
            # main(argc, argv, envp, apple), called: on amd64 the return address is on the stack.
            if self._amd64:
                place -= 8
                memory.put_u64(place, _RETURN_STUB)
            else:
                self.cpu.registers(arch.general[30]).write(_RETURN_STUB)
            environment_at = vector + 8 * (2 + len(arguments))
            self.cpu.registers(*arch.function_arguments[:4]).write(
                len(arguments), vector + 8, environment_at, environment_at + 8 * (1 + len(variables))
            )
        self.cpu.registers(arch.sp, arch.pc).write(place, self.image.entry)
        return thread

    def execute(self, image: Image, executable: bytes, arguments: list[bytes], environment: list[bytes]) -> None:
        old = (self._stubs, self.mutexes, self.conditions, self.next_key, self.directories)
        self._stubs, self.mutexes, self.conditions, self.next_key, self.directories = [], {}, {}, _FIRST_KEY, {}
        try:
            super().execute(image, executable, arguments, environment)
        except BaseException:
            self._stubs, self.mutexes, self.conditions, self.next_key, self.directories = old
            raise

    def inherit(self, parent: Process, thread: Thread, twin: Thread) -> None:
        assert isinstance(parent, DarwinProcess)
        self._stubs = parent._stubs
        self.next_key = parent.next_key
        self.directories = dict(parent.directories)
        for address, mutex in parent.mutexes.items():
            copy = self.mutexes[address] = Mutex()
            copy.owner = twin if mutex.owner is thread else mutex.owner
        self.conditions = {address: Condition() for address in parent.conditions}
        self.main_thread = twin
        twin.specific, twin.errno_address, twin.stack = thread.specific, thread.errno_address, thread.stack

    def make_specific(self, thread: Thread) -> None:
        """Map a thread's specific data. Its first word is its own address; its errno lies behind the data."""
        size = self.memory.round(_SPECIFIC_SIZE)
        thread.specific = self.memory.find_free(size, self.page)
        self.memory.map(thread.specific, size, READ | WRITE, "thread")
        self.memory.put_u64(thread.specific, thread.specific)
        thread.errno_address = thread.specific + _ERRNO_OFFSET

    def start_thread(self, function: int, argument: int, stack_size: int, mask: int) -> Thread:
        """A new thread that will call `function(argument)`."""
        self.kernel.check_threads()
        thread = Thread(self.kernel.new_id(), self)
        thread.mask = mask
        memory = self.memory
        size = memory.round(stack_size)
        # The lowest page stays without access, to catch an overflow.
        low = memory.find_free(size + self.page, self.page)
        memory.map(low, self.page, 0, "guard")
        memory.map(low + self.page, size, READ | WRITE, "thread stack")
        thread.stack = (low, size + self.page)
        self.make_specific(thread)
        arch, registers, engine = self.arch, self.cpu.registers, self.cpu.engine
        context = thread.context = engine.new_context()
        engine.save(context)
        sp = low + self.page + size - 64
        if self._amd64:
            sp -= 8
            memory.put_u64(sp, _RETURN_STUB)
        else:
            registers(arch.general[30]).write_context(context, _RETURN_STUB)
        registers(arch.function_arguments[0]).write_context(context, argument)
        registers(arch.darwin_tls).write_context(context, thread.specific)
        registers(arch.sp, arch.pc).write_context(context, sp, function)
        self.sched.add(thread)
        return thread

    def end_thread(self, thread: Thread) -> None:
        """A thread's function has returned."""
        self.sched.remove(thread)
        self.space.forget(thread)
        start, size = thread.stack
        if size:
            self.memory.unmap(start, size)
        self.memory.unmap(thread.specific, self.memory.round(_SPECIFIC_SIZE))
        if not self.threads:
            self.exit(0)

    def error_result(self, thread: Thread, name: str) -> int:
        self.memory.put_u32(thread.errno_address, ERRORS.get(name, ERRORS["EIO"]))
        return -1

    def dispatch(self, thread: Thread) -> None:
        values = self._call.read()
        pc = values[self._arguments]
        index, rest = divmod(pc - _STUBS, _STUB_SIZE)
        if rest != self.arch.trap_size or not 0 <= index < len(self._stubs):
            self._raw_call(thread, pc)
            return
        if index < 2:
            if index == 1:
                self.frames.pop(thread)
            elif thread is self.main_thread:
                self.exit(values[0] if not self._amd64 else self.result_register.read()[0])
            else:
                self.end_thread(thread)
            return
        name, row = self._stubs[index]
        calls_made = self.kernel.calls
        calls_made[name] = calls_made.get(name, 0) + 1
        thread.call = (0, values[0])
        watch = self.kernel.watch
        if row is None:
            self.count_missing(name)
            if watch is not None:
                watch.enter(thread, name, "pppppp", values[:6])
                watch.leave(thread, -1, "ENOSYS")
            self.result_register.write(self.error_result(thread, "ENOSYS") & 0xFFFFFFFFFFFFFFFF)
            return
        if row.note[:7] == "refused":
            self.count_missing(name)
        arguments = []
        i = 0
        result: int | None
        failure = ""
        try:
            for kind, convert in zip(row.signature, row.convert, strict=True):
                if kind == "v" and not self._amd64:
                    arguments.append(self.memory.u64(values[self._arguments + 1]))
                else:
                    arguments.append(convert(self, values[i]))
                    i += 1
            if watch is not None:
                watch.enter(thread, name, row.signature, arguments)
            result = row.handler(self, thread, *arguments)
        except Errno as error:
            failure = error.name
            if watch is not None and len(arguments) < len(row.convert):
                watch.enter(thread, name, "pppppp", values[: len(row.convert)])
            number = ERRORS.get(error.name, ERRORS["EIO"])
            if row.failure == "number":
                result = number
            else:
                self.memory.put_u32(thread.errno_address, number)
                result = 0 if row.failure == "null" else -1
        if watch is not None:
            watch.leave(thread, result, failure)
        if result is not None:
            self.result_register.write(result & 0xFFFFFFFFFFFFFFFF)

    def import_at(self, pc: int) -> str:
        index = (pc - _STUBS) // _STUB_SIZE
        return self._stubs[index][0] if 0 <= index < len(self._stubs) else ""

    def _raw_call(self, thread: Thread, pc: int) -> None:
        """A system call that does not go through libSystem, which macOS does not promise to keep: it dies as of a bad one (SIGSYS)."""
        self.count_missing(f"raw system call at {pc:#x}")
        self.signals.send(thread, SignalInfo(SIGNAL_FACTS.numbers["SIGSYS"], 0, pc))

    def restart_call(self, thread: Thread) -> None:
        pc = self._call.read()[self._arguments]
        argument = self._restart.read()[1] if self._amd64 else thread.call[1]
        self._restart.write(pc - self.arch.trap_size, argument)

    def push_frame(self, thread: Thread, number: int, info: object, action: object) -> None:
        assert isinstance(info, SignalInfo) and isinstance(action, Action)
        self.frames.push(thread, number, info, action)
