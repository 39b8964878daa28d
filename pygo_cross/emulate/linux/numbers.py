# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's numbers for errors and signals, the same on amd64 and arm64 (GOROOT/src/syscall/zerrors_linux_amd64.go)."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.kernel.signals import SignalFacts
from pygo_cross.emulate.machine import cpu

ERRORS: Final = {
    "EPERM": 1, "ENOENT": 2, "ESRCH": 3, "EINTR": 4, "EIO": 5, "ENXIO": 6, "E2BIG": 7, "ENOEXEC": 8, "EBADF": 9, "ECHILD": 10,
    "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EFAULT": 14, "EBUSY": 16, "EEXIST": 17, "EXDEV": 18, "ENODEV": 19, "ENOTDIR": 20,
    "EISDIR": 21, "EINVAL": 22, "ENFILE": 23, "EMFILE": 24, "ENOTTY": 25, "EFBIG": 27, "ENOSPC": 28, "ESPIPE": 29, "EROFS": 30,
    "EMLINK": 31, "EPIPE": 32, "EDOM": 33, "ERANGE": 34, "EDEADLK": 35, "ENAMETOOLONG": 36, "ENOSYS": 38, "ENOTEMPTY": 39, "ELOOP": 40,
    "ETXTBSY": 26, "ESTALE": 116, "EDQUOT": 122, "ENODATA": 61, "EOVERFLOW": 75, "ENOTSOCK": 88, "EOPNOTSUPP": 95,
    "EAFNOSUPPORT": 97, "ETIMEDOUT": 110, "ENOTSUP": 95,
    "EDESTADDRREQ": 89, "EMSGSIZE": 90, "EPROTOTYPE": 91, "ENOPROTOOPT": 92, "EPROTONOSUPPORT": 93, "ESOCKTNOSUPPORT": 94,
    "EADDRINUSE": 98, "EADDRNOTAVAIL": 99, "ENETUNREACH": 101, "ECONNABORTED": 103, "ECONNRESET": 104, "ENOBUFS": 105, "EISCONN": 106,
    "ENOTCONN": 107, "ETOOMANYREFS": 109, "ECONNREFUSED": 111, "EHOSTUNREACH": 113, "EALREADY": 114, "EINPROGRESS": 115,
}  # fmt: skip

_SIGNALS: Final = {
    "SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8, "SIGKILL": 9, "SIGUSR1": 10,
    "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGCHLD": 17, "SIGCONT": 18, "SIGSTOP": 19, "SIGTSTP": 20,
    "SIGTTIN": 21, "SIGTTOU": 22, "SIGURG": 23, "SIGVTALRM": 26, "SIGPROF": 27, "SIGWINCH": 28,
}  # fmt: skip

SA_ONSTACK: Final = 0x08000000
SA_RESTART: Final = 0x10000000
SA_NODEFER: Final = 0x40000000
SA_RESETHAND: Final = 0x80000000
SA_NOCLDSTOP: Final = 1
SA_NOCLDWAIT: Final = 2

# Codes of siginfo (Linux's uapi/asm-generic/siginfo.h).
SI_KERNEL: Final = 0x80
SI_QUEUE: Final = -1
SI_TIMER: Final = -2
SI_TKILL: Final = -6


def explain(stop: int, arch: str, pc: int, address: int, mapped: bool) -> tuple[str, int, int]:
    """The signal that a fault raises: its name, code and address (arch/x86/kernel/traps.c and mm/fault.c, arch/arm64/kernel/traps.c)."""
    amd64 = arch == "amd64"
    if stop == cpu.STOP_FAULT:
        if amd64 and (address >> 47) not in (0, 0x1FFFF):
            return "SIGSEGV", SI_KERNEL, 0  # not an address at all: a general protection fault
        return "SIGSEGV", 2 if mapped else 1, address
    if stop == cpu.STOP_ILLEGAL:
        return "SIGILL", 2 if amd64 else 1, pc
    if stop == cpu.STOP_TRAP:
        return ("SIGTRAP", SI_KERNEL, 0) if amd64 else ("SIGTRAP", 1, pc)
    if stop == cpu.STOP_ARITHMETIC:
        return "SIGFPE", 1, pc
    if stop == cpu.STOP_ALIGNMENT:
        return "SIGBUS", 1, pc
    return "SIGSEGV", SI_KERNEL, 0


SIGNAL_FACTS: Final = SignalFacts(
    _SIGNALS,
    frozenset((17, 18, 23, 28)),
    frozenset((19, 20, 21, 22)),
    (SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDSTOP, SA_NOCLDWAIT),
    explain,
    64,
)
