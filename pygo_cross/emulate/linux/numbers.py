# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's numbers for errors and signals, the same on amd64 and arm64 (GOROOT/src/syscall/zerrors_linux_amd64.go)."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.signals import SignalFacts

ERRORS: Final = {
    "EPERM": 1, "ENOENT": 2, "ESRCH": 3, "EINTR": 4, "EIO": 5, "ENXIO": 6, "E2BIG": 7, "ENOEXEC": 8, "EBADF": 9, "ECHILD": 10,
    "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EFAULT": 14, "EBUSY": 16, "EEXIST": 17, "EXDEV": 18, "ENODEV": 19, "ENOTDIR": 20,
    "EISDIR": 21, "EINVAL": 22, "ENFILE": 23, "EMFILE": 24, "ENOTTY": 25, "EFBIG": 27, "ENOSPC": 28, "ESPIPE": 29, "EROFS": 30,
    "EMLINK": 31, "EPIPE": 32, "EDOM": 33, "ERANGE": 34, "EDEADLK": 35, "ENAMETOOLONG": 36, "ENOSYS": 38, "ENOTEMPTY": 39, "ELOOP": 40,
    "ETXTBSY": 26, "ESTALE": 116, "EDQUOT": 122, "ENODATA": 61, "EOVERFLOW": 75, "ENOTSOCK": 88, "EOPNOTSUPP": 95,
    "EAFNOSUPPORT": 97, "ETIMEDOUT": 110, "ENOTSUP": 95,
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

SIGNAL_FACTS: Final = SignalFacts(
    _SIGNALS, frozenset((17, 18, 23, 28)), frozenset((19, 20, 21, 22)), (SA_ONSTACK, SA_RESTART, SA_NODEFER, SA_RESETHAND)
)
