# SPDX-License-Identifier: GPL-2.0-or-later
"""macOS's numbers for errors and signals (GOROOT/src/syscall/zerrors_darwin_arm64.go)."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.kernel.signals import SignalFacts
from pygo_cross.emulate.machine import cpu

ERRORS: Final = {
    "EPERM": 1, "ENOENT": 2, "ESRCH": 3, "EINTR": 4, "EIO": 5, "ENXIO": 6, "E2BIG": 7, "ENOEXEC": 8, "EBADF": 9, "ECHILD": 10,
    "EDEADLK": 11, "ENOMEM": 12, "EACCES": 13, "EFAULT": 14, "EBUSY": 16, "EEXIST": 17, "EXDEV": 18, "ENODEV": 19, "ENOTDIR": 20,
    "EISDIR": 21, "EINVAL": 22, "ENFILE": 23, "EMFILE": 24, "ENOTTY": 25, "EFBIG": 27, "ENOSPC": 28, "ESPIPE": 29, "EROFS": 30,
    "EMLINK": 31, "EPIPE": 32, "EDOM": 33, "ERANGE": 34, "EAGAIN": 35, "ENOTSOCK": 38, "ENOTSUP": 45, "EAFNOSUPPORT": 47,
    "ETXTBSY": 26, "EDQUOT": 69, "ESTALE": 70, "ETIMEDOUT": 60, "ELOOP": 62, "ENAMETOOLONG": 63, "ENOTEMPTY": 66, "ENOSYS": 78,
    "EOVERFLOW": 84, "EBADARCH": 86, "EOPNOTSUPP": 102,
    "EINPROGRESS": 36, "EALREADY": 37, "EDESTADDRREQ": 39, "EMSGSIZE": 40, "EPROTOTYPE": 41, "ENOPROTOOPT": 42, "EPROTONOSUPPORT": 43,
    "ESOCKTNOSUPPORT": 44, "EADDRINUSE": 48, "EADDRNOTAVAIL": 49, "ENETUNREACH": 51, "ECONNABORTED": 53, "ECONNRESET": 54, "ENOBUFS": 55,
    "EISCONN": 56, "ENOTCONN": 57, "ETOOMANYREFS": 59, "ECONNREFUSED": 61, "EHOSTUNREACH": 65,
}  # fmt: skip

_SIGNALS: Final = {
    "SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGFPE": 8, "SIGKILL": 9, "SIGBUS": 10,
    "SIGSEGV": 11, "SIGSYS": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGURG": 16, "SIGSTOP": 17, "SIGTSTP": 18, "SIGCONT": 19,
    "SIGCHLD": 20, "SIGTTIN": 21, "SIGTTOU": 22, "SIGIO": 23, "SIGPROF": 27, "SIGWINCH": 28, "SIGINFO": 29, "SIGUSR1": 30, "SIGUSR2": 31,
}  # fmt: skip

SA_ONSTACK: Final = 1
SA_RESTART: Final = 2
SA_RESETHAND: Final = 4
SA_NODEFER: Final = 0x10
SA_NOCLDSTOP: Final = 8
SA_NOCLDWAIT: Final = 0x20


def explain(stop: int, arch: str, pc: int, address: int, mapped: bool) -> tuple[str, int, int]:
    """The signal that a fault raises: its name, code and address (xnu's bsd/dev/i386/unix_signal.c and bsd/dev/arm/unix_signal.c; the
    codes of arm64 do not tell faults apart)."""
    amd64 = arch == "amd64"
    if stop == cpu.STOP_FAULT:
        if amd64 and (address >> 47) not in (0, 0x1FFFF):
            return "SIGSEGV", 0, 0  # not an address at all; GOROOT/src/runtime/signal_darwin_amd64.go knows of it
        if mapped:
            return "SIGBUS", 2 if amd64 else 1, address
        return "SIGSEGV", 1 if amd64 else 2, address
    if stop == cpu.STOP_ILLEGAL:
        return "SIGILL", 1, pc
    if stop == cpu.STOP_TRAP:
        return "SIGTRAP", 1, pc
    if stop == cpu.STOP_ARITHMETIC:
        return "SIGFPE", 7, pc
    if stop == cpu.STOP_ALIGNMENT:
        return "SIGBUS", 1, pc
    return "SIGSEGV", 0, 0


SIGNAL_FACTS: Final = SignalFacts(
    _SIGNALS,
    frozenset((16, 19, 20, 23, 28, 29)),
    frozenset((17, 18, 21, 22)),
    (SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDSTOP, SA_NOCLDWAIT),
    explain,
    31,
)
