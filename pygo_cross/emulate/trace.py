# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens in a run, told while it happens: calls as strace shows them (`--trace-syscalls`), and a transcript (`--record`).

A `Watch` hears of every call before and after it is carried out, of what a blocked call returns when it does, of signals, of the threads'
turns and of the ends of processes. It reads the guest's memory and changes nothing, so that a run is the same with and without it.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from pygo_cross.emulate.errors import Errno, Lacking
from pygo_cross.emulate.kernel.thread import DEAD, SignalInfo, Thread
from pygo_cross.emulate.traceflags import FAULT_CODES, FLAGS, MESSAGES, NUMBERS, SHAPES, SOCKETS, ZERO
from pygo_cross.wholefile import beside, takes_all

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.kernel import Kernel
    from pygo_cross.emulate.kernel.process import Process

# Bytes and structures of an argument that are shown.
_SHOWN: Final = 32
_SHOWN_EVENTS: Final = 8

_ESCAPES: Final = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}

# Where a struct stat has its mode and its size, and how wide the mode is.
_STAT: Final = {
    ("linux", "amd64"): (24, 4, 48),
    ("linux", "arm64"): (16, 4, 48),
    ("darwin", "amd64"): (4, 2, 96),
    ("darwin", "arm64"): (4, 2, 96),
}
_STAT_TYPES: Final = {1: "S_IFIFO", 2: "S_IFCHR", 4: "S_IFDIR", 6: "S_IFBLK", 8: "S_IFREG", 10: "S_IFLNK", 12: "S_IFSOCK"}


class Watch:
    """Hears of what happens; this one does nothing with it."""

    def enter(self, thread: Thread, name: str, signature: str, arguments: Sequence[Any]) -> None:
        """`thread` makes a call, with its arguments as the handler gets them."""

    def leave(self, thread: Thread, result: int | None, error: str) -> None:
        """Its call has been carried out: a result, or with None the thread sleeps in it, or has ended, or has other registers. `error`
        is the name of the error where it failed."""

    def resumed(self, thread: Thread) -> None:
        """The thread, which slept in a call, goes on with `thread.result` from it."""

    def signal(self, thread: Thread, info: SignalInfo) -> None:
        """The thread takes a signal."""

    def switch(self, thread: Thread) -> None:
        """It is the thread's turn."""

    def ended(self, process: Process, status: int, signal: int) -> None:
        """The process is over."""


class Watches(Watch):
    """Several at once."""

    def __init__(self, watches: list[Watch]) -> None:
        self._watches = watches

    def enter(self, thread: Thread, name: str, signature: str, arguments: Sequence[Any]) -> None:
        for watch in self._watches:
            watch.enter(thread, name, signature, arguments)

    def leave(self, thread: Thread, result: int | None, error: str) -> None:
        for watch in self._watches:
            watch.leave(thread, result, error)

    def resumed(self, thread: Thread) -> None:
        for watch in self._watches:
            watch.resumed(thread)

    def signal(self, thread: Thread, info: SignalInfo) -> None:
        for watch in self._watches:
            watch.signal(thread, info)

    def switch(self, thread: Thread) -> None:
        for watch in self._watches:
            watch.switch(thread)

    def ended(self, process: Process, status: int, signal: int) -> None:
        for watch in self._watches:
            watch.ended(process, status, signal)


def error_of(thread: Thread, result: int | None) -> str:
    """The name of the error that a call's result stands for; nothing if it stands for none."""
    process = thread.process
    if result is None:
        return ""
    if process.system == "linux":
        number = -result if -4096 < result < 0 else 0
    elif result == -1:
        try:
            number = process.memory.u32(thread.errno_address)
        except Errno:
            return ""
    else:
        return ""
    return next((name for name, value in process.error_numbers.items() if value == number), "") if number else ""


class _Call:
    """A call that has begun: how its arguments are shown, and how many of them have been."""

    __slots__ = ("arguments", "kinds", "name", "shown")

    def __init__(self, name: str, kinds: tuple[str, ...], arguments: list[Any]) -> None:
        self.name = name
        self.kinds = kinds
        self.arguments = arguments
        self.shown: list[str] | None = None  # once it was interrupted by another line


class Strace(Watch):
    """One line a call, in strace's form."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._open: dict[Thread, _Call] = {}

    def _line(self, thread: Thread, text: str) -> None:
        self._write(f"[pid {thread.tid}] {text}")

    def enter(self, thread: Thread, name: str, signature: str, arguments: Sequence[Any]) -> None:
        if name == "__error":
            return  # where macOS has errno, which Go asks for after each call
        kinds = SHAPES.get(name, ())
        if kinds[-2:] == ("open", "o") and not arguments[-2] & (0x200 if thread.process.system == "darwin" else 0o100):
            arguments = arguments[:-1]  # without O_CREAT there is no mode
        elif name == "fcntl" and arguments[1] in (1, 3):
            arguments = arguments[:-1]
        rest = tuple({"i": "d", "u": "d", "l": "d", "s": "s", "v": "x"}.get(kind, "p") for kind in signature[len(kinds) :])
        self._open[thread] = _Call(name, (kinds + rest)[: len(arguments)], list(arguments))

    def leave(self, thread: Thread, result: int | None, error: str) -> None:
        call = self._open.get(thread)
        if call is None:
            return
        if result is None and thread.wait is not None:
            # What the call is given; what it gets comes when it is over.
            given = next((i for i, kind in enumerate(call.kinds) if kind == "out" or kind.endswith(">")), len(call.kinds))
            call.shown = [self._show(thread, call, i, 0, False) for i in range(given)]
            more = "," if call.shown and given < len(call.kinds) else ""
            self._line(thread, f"{call.name}({', '.join(call.shown)}{more} <unfinished ...>")
            return
        self._finish(thread, result, error or error_of(thread, result))
        if thread.state == DEAD:
            self._line(thread, f"+++ exited with {call.arguments[0] & 0xFF if call.arguments else 0} +++")

    def resumed(self, thread: Thread) -> None:
        if thread in self._open:
            self._finish(thread, thread.result, error_of(thread, thread.result))

    def _finish(self, thread: Thread, result: int | None, error: str) -> None:
        call = self._open.pop(thread)
        start = 0 if call.shown is None else len(call.shown)
        shown = [self._show(thread, call, i, result, bool(error)) for i in range(start, len(call.kinds))]
        head = f"{call.name}({', '.join(shown)})" if call.shown is None else f"<... {call.name} resumed>{', '.join(shown)})"
        if error:
            code = -1 if thread.process.system == "linux" else result
            self._line(thread, f"{head} = {code} {error} ({MESSAGES.get(error, 'unknown error')})")
        elif result is None:
            self._line(thread, f"{head} = ?")
        else:
            self._line(thread, f"{head} = {hex(result) if result > 1 << 20 else result}")

    def signal(self, thread: Thread, info: SignalInfo) -> None:
        process = thread.process
        name = _signal(process, info.signal)
        code = FAULT_CODES.get(name, {}).get(info.code) or _number(process, "code", info.code)
        rest = f"si_pid={info.pid}, si_uid=1000" if info.pid else f"si_addr={info.address:#x}"
        self._line(thread, f"--- {name} {{si_signo={name}, si_code={code}, {rest}}} ---")

    def ended(self, process: Process, status: int, signal: int) -> None:
        for thread in [thread for thread in self._open if thread.process is process]:
            if self._open[thread].shown is None:
                self._finish(thread, None, "")
            else:
                del self._open[thread]
        how = f"killed by {_signal(process, signal)}" if signal else f"exited with {status}"
        self._write(f"[pid {process.pid}] +++ {how} +++")

    # Arguments.

    def _show(self, thread: Thread, call: _Call, i: int, result: int | None, failed: bool) -> str:
        kind, value = call.kinds[i], call.arguments[i]
        process = thread.process
        if isinstance(value, bytes):
            return _quote(value, len(value))
        try:
            if kind.endswith(">") or kind == "out":
                if failed or result is None or not value:
                    return _pointer(value)
                if kind == "out":
                    return _quote(process.memory.read(value, min(result, _SHOWN)), result)
                return _structure(process, kind[:-1], value, result)
            if kind.startswith("in") and kind[2:].isdigit():
                size = int(call.arguments[int(kind[2:])])
                return _quote(process.memory.read(value, min(size, _SHOWN)), size) if value else "NULL"
            if kind.rstrip("0123456789") in _STRUCTURES:
                size = int(call.arguments[int(kind[-1])]) if kind[-1].isdigit() else 1
                return _structure(process, kind.rstrip("0123456789"), value, size) if value else "NULL"
        except (Errno, IndexError, struct.error):
            return _pointer(value)
        return _scalar(process, kind, value)


def _pointer(value: int) -> str:
    return f"{value:#x}" if value else "NULL"


def _quote(data: bytes, size: int) -> str:
    """Bytes as a C string, cut where they are long; `size` is how many there are."""
    text = []
    for i, byte in enumerate(data[:_SHOWN] if size != len(data) or size > 256 else data):
        if byte in _ESCAPES:
            text.append(_ESCAPES[byte])
        elif 32 <= byte < 127:
            text.append(chr(byte))
        else:
            following = data[i + 1] if i + 1 < len(data) else 0
            text.append(f"\\{byte:03o}" if 48 <= following < 56 else f"\\{byte:o}")
    return f'"{"".join(text)}"' + ("..." if size > len(data) or (size > 256 and size > _SHOWN) else "")


def _names(process: Process, kind: str, table: dict[str, dict[int, str]]) -> dict[int, str]:
    if process.system == "darwin":
        return table.get(f"{kind}.darwin") or table.get(kind, {})
    return {**table.get(kind, {}), **table.get(f"{kind}.{process.arch.name}", {})}


def _flags(process: Process, kind: str, value: int) -> str:
    names = _names(process, kind, FLAGS)
    found = []
    rest = value
    # A flag of several bits goes before those that are a part of it.
    for bits in sorted(names, key=lambda bits: (-bits.bit_count(), bits)):
        if rest & bits == bits:
            found.append((bits, names[bits]))
            rest &= ~bits
    texts = [name for _, name in sorted(found)]
    if rest:
        texts.append(f"{rest:#x}")
    return "|".join(texts) or ZERO.get(kind, "0")


def _number(process: Process, kind: str, value: int) -> str:
    return _names(process, kind, NUMBERS).get(value, str(value))


def _signal(process: Process, number: int) -> str:
    for name, value in process.signals.facts.numbers.items():
        if value == number:
            return name
    return f"SIGRT_{number - 32}" if 32 <= number <= 64 else str(number)


def _scalar(process: Process, kind: str, value: int) -> str:
    if kind == "d":
        return str(value)
    if kind == "x":
        return f"{value:#x}" if value else "0"
    if kind == "o":
        return f"0{value:o}"
    if kind == "at":
        return "AT_FDCWD" if value == process.at_fdcwd else str(value)
    if kind == "signal":
        return _signal(process, value)
    if kind == "open":
        access = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")[value & 3]
        rest = _flags(process, kind, value & ~3)
        return access if rest == "0" else f"{access}|{rest}"
    if kind == "clone":
        number = value & 0xFF
        return _flags(process, kind, value & ~0xFF) + (f"|{_signal(process, number)}" if number else "")
    if kind == "socket":
        rest = _flags(process, "open", value & ~15) if value & ~15 else ""
        return "|".join(part for part in (SOCKETS.get(value & 15, str(value & 15)), rest.replace("O_", "SOCK_")) if part)
    if kind in FLAGS:
        return _flags(process, kind, value)
    if kind in NUMBERS:
        return _number(process, kind, value)
    return _pointer(value)


def _time(process: Process, address: int, _count: int) -> str:
    seconds, nanoseconds = struct.unpack("<qq", process.memory.read(address, 16))
    return f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}"


def _stat(process: Process, address: int, _count: int) -> str:
    at, width, size_at = _STAT[process.system, process.arch.name]
    mode = int.from_bytes(process.memory.read(address + at, width), "little")
    (size,) = struct.unpack("<q", process.memory.read(address + size_at, 8))
    return f"{{st_mode={_STAT_TYPES.get(mode >> 12, mode >> 12)}|0{mode & 0o7777:o}, st_size={size}, ...}}"


def _pair(process: Process, address: int, _count: int) -> str:
    return "[{}, {}]".format(*struct.unpack("<ii", process.memory.read(address, 8)))


def _mask(process: Process, address: int, _count: int) -> str:
    size = 8 if process.system == "linux" else 4
    return _mask_text(process, int.from_bytes(process.memory.read(address, size), "little"), 8 * size)


def _mask_text(process: Process, mask: int, bits: int) -> str:
    everything = (1 << bits) - 1
    if mask.bit_count() > bits // 2:
        return f"~{_mask_text(process, mask ^ everything, bits)}"
    return f"[{' '.join(_signal(process, i + 1).removeprefix('SIG') for i in range(bits) if mask >> i & 1)}]"


def _action(process: Process, address: int, _count: int) -> str:
    if process.system == "linux":
        handler, flags, _, mask = struct.unpack("<QQQQ", process.memory.read(address, 32))
        bits = 64
    else:
        handler, mask, flags = struct.unpack("<QII", process.memory.read(address, 16))
        bits = 32
    name = {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, f"{handler:#x}")
    return f"{{sa_handler={name}, sa_mask={_mask_text(process, mask, bits)}, sa_flags={_flags(process, 'action', flags & 0xFFFFFFFF)}}}"


def _address(process: Process, address: int, _count: int) -> str:
    head = process.memory.read(address, 2)
    family = head[0] if process.system == "linux" else head[1]
    name = _number(process, "family", family)
    if name == "AF_INET":
        port, *host = struct.unpack(">HBBBB", process.memory.read(address + 2, 6))
        return f'{{sa_family={name}, sin_port=htons({port}), sin_addr=inet_addr("{".".join(map(str, host))}")}}'
    if name == "AF_INET6":
        import ipaddress

        port = int.from_bytes(process.memory.read(address + 2, 2), "big")
        host6 = ipaddress.IPv6Address(process.memory.read(address + 8, 16))
        return f'{{sa_family={name}, sin6_port=htons({port}), inet_pton(AF_INET6, "{host6}")}}'
    if name == "AF_UNIX":
        path = process.memory.read_up_to(address + 2, 104)
        path = b"@" + path[1:].split(b"\0")[0] if path[:1] == b"\0" else path.split(b"\0")[0]
        return f"{{sa_family={name}, sun_path={_quote(path, len(path))}}}"
    return f"{{sa_family={name}, ...}}"


def _events(process: Process, address: int, count: int) -> str:
    layout = struct.Struct("<IQ" if process.arch.name == "amd64" else "<I4xQ")
    shown = []
    for i in range(min(count, _SHOWN_EVENTS)):
        events, data = layout.unpack(process.memory.read(address + layout.size * i, layout.size))
        shown.append(f"{{events={_flags(process, 'epoll', events)}, data={data:#x}}}")
    return f"[{', '.join(shown)}{', ...' if count > _SHOWN_EVENTS else ''}]"


def _rlimit(process: Process, address: int, _count: int) -> str:
    values = struct.unpack("<QQ", process.memory.read(address, 16))
    soft, hard = ("RLIM_INFINITY" if value >= (1 << 63) - 1 else str(value) for value in values)
    return f"{{rlim_cur={soft}, rlim_max={hard}}}"


_STRUCTURES: Final[dict[str, Callable[[Any, int, int], str]]] = {
    "time": _time,
    "stat": _stat,
    "pipe": _pair,
    "mask": _mask,
    "action": _action,
    "address": _address,
    "events": _events,
    "rlimit": _rlimit,
}


def _structure(process: Process, kind: str, address: int, count: int) -> str:
    return _STRUCTURES[kind](process, address, count)


class Recorder(Watch):
    """A transcript: one JSON object a line. It is written beside `path` and takes its name when it is complete.

    `at` is the number of instructions that had been executed, by the measure of the counters. The events are `start`, `turn` (it is a
    thread's turn), `call`, `return` (of a call in which the thread slept), `signal` and `end` (of a process).
    """

    def __init__(self, kernel: Kernel, path: str, facts: dict[str, Any]) -> None:
        self._kernel = kernel
        self._path = path
        self._scratch = path if takes_all(path) else beside(path)
        self._pending: dict[Thread, dict[str, Any]] = {}
        try:
            self._file: IO[str] = open(self._scratch, "w", encoding="utf-8")  # noqa: SIM115 - closed by finish()
        except OSError as error:
            raise Lacking("cannot-record", f"cannot write {path}: {error.strerror}") from error
        self._put({"event": "start", **facts})

    def _put(self, event: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(event, separators=(",", ":")) + "\n")
        except OSError as error:
            raise Lacking("cannot-record", f"cannot write {self._path}: {error.strerror}") from error

    def _event(self, kind: str, thread: Thread) -> dict[str, Any]:
        return {"at": self._kernel.sched.used() >> 2, "event": kind, "pid": thread.process.pid, "tid": thread.tid}

    def enter(self, thread: Thread, name: str, signature: str, arguments: Sequence[Any]) -> None:
        shown = [value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value for value in arguments]
        self._pending[thread] = {**self._event("call", thread), "name": name, "arguments": shown}

    def leave(self, thread: Thread, result: int | None, error: str) -> None:
        event = self._pending.pop(thread, None)
        if event is not None:
            event["result"] = result
            name = error or error_of(thread, result)
            if name:
                event["error"] = name
            self._put(event)

    def resumed(self, thread: Thread) -> None:
        self._put({**self._event("return", thread), "result": thread.result})

    def signal(self, thread: Thread, info: SignalInfo) -> None:
        self._put({**self._event("signal", thread), "signal": info.signal, "code": info.code})

    def switch(self, thread: Thread) -> None:
        self._put(self._event("turn", thread))

    def ended(self, process: Process, status: int, signal: int) -> None:
        for thread in [thread for thread in self._pending if thread.process is process]:
            self._put({**self._pending.pop(thread), "result": None})
        self._put({"at": self._kernel.sched.used() >> 2, "event": "end", "pid": process.pid, "status": status, "signal": signal})

    def finish(self) -> None:
        """Give the file its name."""
        try:
            self._file.close()
            if self._scratch != self._path:
                os.replace(self._scratch, self._path)
        except OSError as error:
            raise Lacking("cannot-record", f"cannot write {self._path}: {error.strerror}") from error
