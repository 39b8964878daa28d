# SPDX-License-Identifier: GPL-2.0-or-later
"""Follows one stack of the guest, from where a thread is to where it began.

Go stacks are unwound by the rules of Go's runtime (GOROOT/src/runtime/traceback.go): the frame size that pclntab gives for each program
counter, the link register on arm64, the stack switches of systemstack, mcall, morestack and asmcgocall, calls that a signal handler
injected. Beyond what the runtime does itself, a stack goes on behind a signal handler in what it interrupted, and begins inside a
function of libSystem where the thread is in one. Code without a pclntab is followed by its frame pointers.

The guest may be hostile or wrecked: nothing that is read from it is trusted, a stack that makes no sense ends with a note that says
so, and the work for a report is bounded. Nothing here changes the guest.
"""

from __future__ import annotations

import contextlib
import struct
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.emulate.errors import GuestFault
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.loader import buildinfo
from pygo_cross.emulate.loader.image import Image
from pygo_cross.emulate.machine import amd64, arm64
from pygo_cross.emulate.postmortem import pclntab, symbols
from pygo_cross.emulate.result import Frame, Stack

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

# Frames shown at a stack's inner and at its outer end, as the runtime does, and how far a stack is followed to find the latter.
_SHOWN: Final = 50
_FOLLOWED: Final = 20_000
_MOST_GOROUTINES: Final = 200

# Offsets in runtime.g and runtime.m (runtime2.go) that have not changed since Go 1.17.
_G_STACK_LOW: Final = 0
_G_M: Final = 48
_G_SCHED_SP: Final = 56
_G_SCHED_PC: Final = 64
_M_WORDS: Final = 48

# runtime.g as of Go 1.25 to 1.27: where a goroutine's state, number and origin are.
_G_SCHED_LR: Final = 88
_G_SYSCALL_SP: Final = 104
_G_SYSCALL_PC: Final = 112
_G_STATUS: Final = 144
_G_ID: Final = 152
_G_REASON: Final = 176
_G_PARENT: Final = 280
_G_CREATED_AT: Final = 288
_G_KNOWN: Final = range(25, 28)

_STATUS: Final = {0: "idle", 1: "runnable", 2: "running", 3: "syscall", 4: "waiting", 6: "dead", 8: "copystack", 9: "preempted"}

_STACK_SWITCHES: Final = frozenset(("runtime.systemstack", "runtime.mcall", "runtime.morestack"))
_INJECTED: Final = frozenset(("runtime.sigpanic", "runtime.asyncPreempt", "runtime.debugCallV2"))
SIGNAL_MARK: Final = "<signal handler called>"


def printed_name(name: str) -> str:
    """A function's name as the runtime prints it: without the shapes of type parameters, and `panic` for what panic calls."""
    if name == "runtime.gopanic":
        return "panic"
    start = name.find("[")
    stop = name.rfind("]")
    return f"{name[:start]}[...]{name[stop + 1 :]}" if 0 <= start < stop else name


class _Registers:
    """The registers that unwinding needs."""

    __slots__ = ("fp", "g", "lr", "pc", "sp", "tls")

    def __init__(self, pc: int, sp: int, fp: int, lr: int, g: int, tls: int) -> None:
        self.pc = pc
        self.sp = sp
        self.fp = fp
        self.lr = lr
        self.g = g
        self.tls = tls


class Tracer:
    """Unwinds the stacks of one process."""

    __slots__ = ("_calls", "_file", "_image", "_lr", "_minor", "_process", "_sizes", "_symbols", "_table", "why")

    def __init__(self, process: Process) -> None:
        self._process = process
        self._image: Image = process.image
        self._lr = process.arch.name == "arm64"
        self._table, self.why = pclntab.find_table(self._image)
        self._symbols: symbols.Symbols | None = None
        self._sizes: dict[int, int] = {}
        self._calls: dict[int, list[tuple[str, str, int, bool]]] = {}
        self._minor = buildinfo.read(self._image).minor

    # Registers.

    def _list(self) -> Any:
        if self._lr:
            return self._process.cpu.registers(arm64.PC, arm64.SP, arm64.X29, arm64.X30, arm64.X0 + 28, arm64.TPIDR_EL0)
        tls = amd64.FS_BASE if self._process.system == "linux" else amd64.GS_BASE
        return self._process.cpu.registers(amd64.RIP, amd64.RSP, amd64.RBP, amd64.R14, amd64.R14, tls)

    def _registers(self, thread: Thread) -> _Registers:
        values = self._list()
        context = None if self._process.space.loaded is thread else thread.context
        pc, sp, fp, lr, g, tls = values.read() if context is None else values.read_context(context)
        return _Registers(pc, sp, fp, lr, g, tls)

    # Go's structures in the guest's memory.

    def _u64(self, address: int) -> int:
        if address & 7 or not 0 < address < 1 << 47:
            raise GuestFault(address)
        return self._process.memory.u64(address)

    def _machine(self, registers: _Registers) -> tuple[int, int]:
        """The m of the thread and its curg, 0 where there is none."""
        candidates = [registers.g]
        if not self._lr:
            slot = registers.tls - 8 if self._process.system == "linux" else registers.tls + 0x30
            with contextlib.suppress(GuestFault):
                candidates.insert(0, self._u64(slot))
        for g in candidates:
            try:
                m = self._u64(g + _G_M)
                g0 = self._u64(m)
                if self._u64(g0 + _G_M) != m or not self._u64(g0) < self._u64(g0 + 8):
                    continue
                return m, self._current(m, g0)
            except GuestFault:
                continue
        return 0, 0

    def _current(self, m: int, g0: int) -> int:
        """m.curg: where it lies differs between releases, but of the g's that an m points to and that point back at it, the first is g0,
        the second gsignal, and the third the one that runs."""
        words = struct.unpack(f"<{_M_WORDS}Q", self._process.memory.read(m, 8 * _M_WORDS))
        others: list[int] = []
        for word in words:
            if word in (0, g0, *others) or word & 7:
                continue
            try:
                if self._u64(word + _G_M) == m and self._u64(word) < self._u64(word + 8):
                    others.append(word)
            except GuestFault:
                continue
            if len(others) == 2:
                return others[1]
        return 0

    def _goroutine(self, g: int) -> int:
        if not g or self._minor not in _G_KNOWN:
            return 0
        try:
            number = self._u64(g + _G_ID)
        except GuestFault:
            return 0
        return number if number < 1 << 40 else 0

    # Symbols.

    def symbols(self) -> symbols.Symbols:
        """The file's symbol table."""
        if self._symbols is None:
            self._symbols = symbols.read(self._image.file)
        return self._symbols

    def _frames_at(self, pc: int, exact: bool) -> list[Frame]:
        """The calls at a program counter: one, and before it those that were inlined there."""
        imported = self._process.import_at(pc)
        if imported:
            return [Frame(imported, "libSystem", 0, pc)]
        function = self._table.find(pc) if self._table is not None else None
        if function is None or self._table is None:
            named = self.symbols().find(pc)
            return [Frame(named[0], "", 0, pc, named[1]) if named is not None else Frame(f"{pc:#x}", "", 0, pc)]
        place = pc if exact or pc <= function.entry else pc - 1
        calls = self._calls.get(place)
        if calls is None:
            calls = self._calls[place] = self._table.calls(function, place)
        return [
            Frame(printed_name(name), file, line, 0 if inlined else pc, 0 if inlined else pc - function.entry, inlined)
            for name, file, line, inlined in calls
        ]

    # Unwinding.

    def _walk(self, registers: _Registers, contexts: list[_Registers], exact: bool) -> Iterator[list[Frame]]:
        """The frames from `registers` outwards; `contexts` is what signal handlers interrupted, the latest last."""
        _, current = self._machine(registers)
        contexts = list(contexts)
        while True:
            yield from self._walk_one(registers, current, exact)
            if not contexts:
                return
            registers, exact = contexts.pop(), True
            yield [Frame(SIGNAL_MARK)]

    def _walk_one(self, registers: _Registers, current: int, exact: bool) -> Iterator[list[Frame]]:
        table = self._table
        pc, sp, lr = registers.pc, registers.sp, registers.lr if self._lr else 0
        innermost = True
        fp = 0
        if self._process.import_at(pc):
            fp = registers.fp
            yield self._frames_at(pc, True)
            if self._lr:
                pc, lr = lr, 0
            else:
                pc, sp = self._u64(sp), sp + 8
            innermost = exact = False
        elif table is None or table.find(pc) is None:
            # Perhaps a call of a bad function value: whoever made it is where a call leaves its return address.
            caller = lr if self._lr else self._peek(sp)
            if table is not None and caller and table.find(caller) is not None:
                yield self._frames_at(pc, True)
                pc, lr, innermost, exact = caller, 0, False, False
                if not self._lr:
                    sp += 8
        stack = self._bounds(current)
        while True:
            function = table.find(pc) if table is not None else None
            if function is None or table is None:
                if table is not None and not innermost:
                    raise pclntab.BadTable(f"it leads to {pc:#x}, where there is no function")
                yield from self._walk_frame_pointers(pc, registers.fp, innermost)
                return
            name = function.name.removesuffix(".abi0")
            yield self._frames_at(pc, exact)
            if function.flags & pclntab.TOP_FRAME or not function.pcsp:
                return
            size = self._sizes.get(pc)
            if size is None:
                size = self._sizes[pc] = table.frame_size(function, pc)
            if current and name in _STACK_SWITCHES and not stack[0] <= sp < stack[1]:
                if name == "runtime.systemstack" and not size and self._lr:
                    pass  # it has not switched, or switched back
                else:
                    # The g's own stack goes on where it left off: for systemstack in that frame, else in the function that was left.
                    sp = self._u64(current + _G_SCHED_SP)
                    left = current
                    current = 0
                    if name != "runtime.systemstack":
                        pc = self._u64(left + _G_SCHED_PC)
                        lr = self._u64(left + _G_SCHED_LR) if self._lr and name == "runtime.morestack" else 0
                        innermost, exact = False, name == "runtime.morestack"
                        continue
            elif name == "runtime.asmcgocall":
                sp = self._before_asmcgocall(sp)
            elif function.flags & pclntab.SP_WRITE and not innermost:
                # It moves the stack pointer in its own way. Of libSystem's caller the frame pointer is known, which was set at its entry.
                if not fp:
                    return
                if self._lr:
                    sp, size = fp + 8, table.frame_size(function, function.entry + 4)
                else:
                    sp = fp + 8 - size
            fp = 0
            outer = sp + size + (0 if self._lr else 8)
            if self._lr:
                if lr == 0 or (innermost and size):
                    lr = self._u64(sp)
            else:
                lr = self._u64(outer - 8)
            if not lr or (lr == pc and outer == sp):
                return
            injected = name in _INJECTED
            pc, sp, lr = lr, outer, 0
            innermost, exact = False, injected
            if injected and self._lr:
                # The handler made room for the link register of what it interrupted, and saved it there.
                saved = self._u64(sp)
                sp += 16
                below = table.find(pc)
                if below is None:
                    pc = saved
                elif table.frame_size(below, pc) == 0:
                    lr = saved

    def _bounds(self, g: int) -> tuple[int, int]:
        if not g:
            return 0, 0
        return self._u64(g + _G_STACK_LOW), self._u64(g + _G_STACK_LOW + 8)

    def _peek(self, address: int) -> int:
        try:
            return self._u64(address)
        except GuestFault:
            return 0

    def _before_asmcgocall(self, sp: int) -> int:
        """The stack pointer of asmcgocall's own frame, which it saved before it left for the system's stack: as a distance from the top
        of the g's stack, or as it is where there was no g to leave."""
        g, saved = self._u64(sp), self._u64(sp + 8)
        if not self._lr:
            g, saved = saved, g
        return self._u64(g + 8) - saved if g else saved

    def _walk_frame_pointers(self, pc: int, fp: int, innermost: bool) -> Iterator[list[Frame]]:
        yield self._frames_at(pc, innermost)
        while fp and not fp & 7:
            following, pc = self._u64(fp), self._u64(fp + 8)
            if not pc or not self._process.memory.area_at(pc):
                return
            yield self._frames_at(pc, False)
            if following <= fp:
                return
            fp = following

    def _fill(self, stack: Stack, walk: Iterator[list[Frame]]) -> None:
        """Put the frames into a stack, of a long one its two ends."""
        inner: list[Frame] = []
        outer: deque[Frame] = deque(maxlen=_SHOWN)
        followed = 0
        try:
            for frames in walk:
                for frame in frames:
                    followed += 1
                    if len(inner) < _SHOWN:
                        inner.append(frame)
                    else:
                        outer.append(frame)
                if followed >= _FOLLOWED:
                    stack.note = f"the stack has more than {_FOLLOWED} frames"
                    break
        except GuestFault as error:
            stack.note = f"the stack leads to {error.address:#x}, which cannot be read"
        except pclntab.BadTable as error:
            stack.note = str(error)
        stack.frames = inner + list(outer)
        stack.elided = followed - len(stack.frames)
        stack.elided_at = len(inner)

    def thread_stack(self, thread: Thread, state: str, exact: bool) -> Stack:
        """The stack of one thread. `exact`: the program counter is at an instruction that failed or is to come, not behind a call."""
        stack = Stack(self._process.pid, thread.tid, 0, state)
        registers = self._registers(thread)
        values = self._list()
        contexts = []
        for _, context in thread.frames:
            contexts.append(_Registers(*values.read_context(context)))
        try:
            _, current = self._machine(registers)
        except GuestFault:
            current = 0
        stack.goroutine = self._goroutine(current)
        self._fill(stack, self._walk(registers, contexts, exact))
        if stack.goroutine:
            self._add_origin(stack, current)
        return stack

    def _add_origin(self, stack: Stack, g: int) -> None:
        try:
            created = self._u64(g + _G_CREATED_AT)
            function = self._table.find(created) if self._table is not None else None
            if function is not None and stack.goroutine != 1:
                stack.created_by = self._frames_at(created, False)[-1]
                stack.parent = self._u64(g + _G_PARENT)
        except (GuestFault, pclntab.BadTable):
            return

    # Goroutines that are on no thread.

    def goroutines(self, shown: set[int]) -> tuple[list[Stack], str]:
        """The stacks of the goroutines that wait for a thread or an event, without those of `shown` and the runtime's own; and what
        there is to say about those that are missing."""
        if self._table is None:
            return [], ""
        where = self.symbols().by_name.get("runtime.allgs")
        if where is None:
            return [], "goroutines that are not on a thread cannot be found without a symbol table"
        if self._minor not in _G_KNOWN:
            return [], "goroutines that are not on a thread are known for Go 1.25 to 1.27"
        found: list[Stack] = []
        own = 0
        try:
            array, count = self._u64(where), self._u64(where + 8)
            for i in range(min(count, 1 << 20)):
                stack = self._parked(self._u64(array + 8 * i), shown)
                if stack is None:
                    continue
                if len(found) >= _MOST_GOROUTINES:
                    return found, f"more than {_MOST_GOROUTINES} goroutines; the others are left out"
                if self._is_runtimes_own(stack):
                    own += 1
                else:
                    found.append(stack)
        except (GuestFault, pclntab.BadTable):
            return found, "the list of goroutines is damaged"
        return found, f"{own} goroutines of the runtime are left out" if own else ""

    @staticmethod
    def _is_runtimes_own(stack: Stack) -> bool:
        names = [frame.function for frame in stack.frames[-2:]]
        return len(names) == 2 and names[1] == "runtime.goexit" and names[0].startswith("runtime.") and names[0] != "runtime.main"

    def _parked(self, g: int, shown: set[int]) -> Stack | None:
        number = self._goroutine(g)
        status = self._process.memory.u32(g + _G_STATUS) & 0xFFF
        if number in shown or status in (0, 2, 6) or not number:
            return None
        state = _STATUS.get(status, str(status))
        if status == 4:
            state = self._wait_reason(self._process.memory.read(g + _G_REASON, 1)[0]) or state
        sp, pc, lr = self._u64(g + _G_SCHED_SP), self._u64(g + _G_SCHED_PC), self._u64(g + _G_SCHED_LR)
        if status == 3:
            lr = 0
            sp, pc = self._u64(g + _G_SYSCALL_SP), self._u64(g + _G_SYSCALL_PC)
        stack = Stack(self._process.pid, 0, number, state)
        self._fill(stack, self._walk_one(_Registers(pc, sp, 0, lr, g, 0), 0, False))
        self._add_origin(stack, g)
        return stack

    def _wait_reason(self, number: int) -> str:
        where = self.symbols().by_name.get("runtime.waitReasonStrings")
        if where is None or number > 64:
            return ""
        text, size = self._u64(where + 16 * number), self._u64(where + 16 * number + 8)
        return self._process.memory.read(text, size).decode("utf-8", "replace") if size < 100 else ""
