# SPDX-License-Identifier: GPL-2.0-or-later
"""How the arguments of calls are shown in a trace: by call a kind for each argument, and by kind the names of flags and numbers.

Kinds: `d` a decimal number, `x` a hexadecimal one, `o` a file's mode, `p` a pointer, `s` a path, `at` a directory's descriptor; `inN` bytes
that the guest gives, their number in argument N; `out` bytes that it gets, their number being the result; `time`, `stat`, `pipe`,
`action`, `mask`, `address`, `events`, `rlimit` structures that it gives, with `>` after the name those that it gets; every other name
is one of `FLAGS` (several of them at a time) or `NUMBERS` (one), with Linux's values or, as `NAME.darwin`, with macOS's. A call that is not
here is shown by its signature. The numbers are those of GOROOT/src/syscall/zerrors_linux_amd64.go and zerrors_darwin_arm64.go.
"""

from __future__ import annotations

from typing import Final

_CALLS: Final = """
read d out d|write d in2 d|pread64 d out d d|pwrite64 d in2 d d|pread d out d d|pwrite d in2 d d|lseek d d whence
open s open o|openat at s open o|creat s o|close d|stat s stat>|lstat s stat>|fstat d stat>|newfstatat at s stat> at_flags
stat64 s stat>|lstat64 s stat>|fstat64 d stat>|fstatat at s stat> at_flags|fstatat64 at s stat> at_flags
access s access|faccessat at s access|faccessat2 at s access at_flags|pipe pipe>|pipe2 pipe> open|dup3 d d open
fcntl d fcntl x|flock d flock|mkdir s o|mkdirat at s o|chmod s o|fchmod d o|fchmodat at s o|fchmodat2 at s o at_flags|umask o
unlinkat at s at_flags|linkat at s at s at_flags|renameat at s at s|renameat2 at s at s x|symlinkat s at s|readlink s out d
readlinkat at s out d|getcwd out d|fchownat at s d d at_flags|getrandom out d x|statx at s at_flags x p
mmap x d prot map d x|mprotect x d prot|munmap x d|madvise x d advice|brk x|futex x futex d time x d
nanosleep time p|clock_nanosleep clock x time p|clock_gettime clock time>|clock_getres clock time>|usleep d
clone clone x p p x|exit d|exit_group d|_exit d|kill d signal|tkill d signal|tgkill d d signal|raise signal|pthread_kill x signal
rt_sigaction signal action action> d|sigaction signal action action>|rt_sigprocmask how mask mask> d|pthread_sigmask how mask mask>
sigprocmask how mask mask>|epoll_create1 epoll_flags|epoll_ctl d epoll_op d events|epoll_pwait d events> d d p d|epoll_wait d events> d d
eventfd2 d eventfd|socket family socket d|socketpair family socket d pipe>|bind d address2 d|connect d address2 d|listen d d
accept d address> p|accept4 d address> p socket|getsockname d address> p|getpeername d address> p|shutdown d shutdown
sendto d in2 d msg address5 d|recvfrom d out d msg address> p|getrlimit resource rlimit>|setrlimit resource rlimit
prlimit64 d resource rlimit rlimit>|wait4 d pipe> x p|setpgid d d|execve s p p|sysctlbyname s p p p d|arc4random_buf out d
"""

SHAPES: Final[dict[str, tuple[str, ...]]] = {
    words[0]: tuple(words[1:]) for line in _CALLS.split("\n") for entry in line.split("|") if (words := entry.split())
}

FLAGS: Final[dict[str, dict[int, str]]] = {
    "open": {
        0o100: "O_CREAT", 0o200: "O_EXCL", 0o400: "O_NOCTTY", 0o1000: "O_TRUNC", 0o2000: "O_APPEND", 0o4000: "O_NONBLOCK",
        0o4010000: "O_SYNC", 0o10000: "O_DSYNC", 0o2000000: "O_CLOEXEC", 0o10000000: "O_PATH",
    },
    "open.amd64": {0o200000: "O_DIRECTORY", 0o400000: "O_NOFOLLOW", 0o40000: "O_DIRECT", 0o100000: "O_LARGEFILE"},
    "open.arm64": {0o40000: "O_DIRECTORY", 0o100000: "O_NOFOLLOW", 0o200000: "O_DIRECT", 0o400000: "O_LARGEFILE"},
    "open.darwin": {
        0x4: "O_NONBLOCK", 0x8: "O_APPEND", 0x80: "O_SYNC", 0x100: "O_NOFOLLOW", 0x200: "O_CREAT", 0x400: "O_TRUNC", 0x800: "O_EXCL",
        0x20000: "O_NOCTTY", 0x100000: "O_DIRECTORY", 0x1000000: "O_CLOEXEC",
    },
    "prot": {1: "PROT_READ", 2: "PROT_WRITE", 4: "PROT_EXEC"},
    "map": {
        1: "MAP_SHARED", 2: "MAP_PRIVATE", 0x10: "MAP_FIXED", 0x20: "MAP_ANONYMOUS", 0x4000: "MAP_NORESERVE", 0x8000: "MAP_POPULATE",
        0x20000: "MAP_STACK", 0x100000: "MAP_FIXED_NOREPLACE",
    },
    "map.darwin": {1: "MAP_SHARED", 2: "MAP_PRIVATE", 0x10: "MAP_FIXED", 0x40: "MAP_NORESERVE", 0x1000: "MAP_ANON"},
    "at_flags": {
        0x100: "AT_SYMLINK_NOFOLLOW", 0x200: "AT_REMOVEDIR", 0x400: "AT_SYMLINK_FOLLOW", 0x800: "AT_NO_AUTOMOUNT", 0x1000: "AT_EMPTY_PATH",
    },
    "at_flags.darwin": {0x10: "AT_EACCESS", 0x20: "AT_SYMLINK_NOFOLLOW", 0x40: "AT_SYMLINK_FOLLOW", 0x80: "AT_REMOVEDIR"},
    "access": {4: "R_OK", 2: "W_OK", 1: "X_OK"},
    "flock": {1: "LOCK_SH", 2: "LOCK_EX", 4: "LOCK_NB", 8: "LOCK_UN"},
    "clone": {
        0x100: "CLONE_VM", 0x200: "CLONE_FS", 0x400: "CLONE_FILES", 0x800: "CLONE_SIGHAND", 0x1000: "CLONE_PIDFD", 0x4000: "CLONE_VFORK",
        0x10000: "CLONE_THREAD", 0x40000: "CLONE_SYSVSEM", 0x80000: "CLONE_SETTLS", 0x100000: "CLONE_PARENT_SETTID",
        0x200000: "CLONE_CHILD_CLEARTID", 0x1000000: "CLONE_CHILD_SETTID",
    },
    "epoll_flags": {0o2000000: "EPOLL_CLOEXEC"},
    "eventfd": {1: "EFD_SEMAPHORE", 0o4000: "EFD_NONBLOCK", 0o2000000: "EFD_CLOEXEC"},
    "epoll": {
        1: "EPOLLIN", 2: "EPOLLPRI", 4: "EPOLLOUT", 8: "EPOLLERR", 0x10: "EPOLLHUP", 0x2000: "EPOLLRDHUP", 1 << 30: "EPOLLONESHOT",
        1 << 31: "EPOLLET",
    },
    "msg": {2: "MSG_PEEK", 0x20: "MSG_TRUNC", 0x40: "MSG_DONTWAIT", 0x4000: "MSG_NOSIGNAL", 0x40000000: "MSG_CMSG_CLOEXEC"},
    "msg.darwin": {2: "MSG_PEEK", 0x10: "MSG_TRUNC", 0x80: "MSG_DONTWAIT", 0x80000: "MSG_NOSIGNAL"},
    "action": {
        1: "SA_NOCLDSTOP", 2: "SA_NOCLDWAIT", 4: "SA_SIGINFO", 0x04000000: "SA_RESTORER", 0x08000000: "SA_ONSTACK",
        0x10000000: "SA_RESTART",
        0x40000000: "SA_NODEFER", 0x80000000: "SA_RESETHAND",
    },
    "action.darwin": {
        1: "SA_ONSTACK", 2: "SA_RESTART", 4: "SA_RESETHAND", 8: "SA_NOCLDSTOP", 0x10: "SA_NODEFER",
        0x20: "SA_NOCLDWAIT", 0x40: "SA_SIGINFO",
    },
}  # fmt: skip

# What no flag at all is called.
ZERO: Final = {"prot": "PROT_NONE", "access": "F_OK"}

NUMBERS: Final[dict[str, dict[int, str]]] = {
    "whence": {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END", 3: "SEEK_DATA", 4: "SEEK_HOLE"},
    "whence.darwin": {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END", 3: "SEEK_HOLE", 4: "SEEK_DATA"},
    "fcntl": {
        0: "F_DUPFD", 1: "F_GETFD", 2: "F_SETFD", 3: "F_GETFL", 4: "F_SETFL", 5: "F_GETLK", 6: "F_SETLK", 7: "F_SETLKW",
        1030: "F_DUPFD_CLOEXEC", 1031: "F_SETPIPE_SZ", 1032: "F_GETPIPE_SZ",
    },
    "fcntl.darwin": {
        0: "F_DUPFD", 1: "F_GETFD", 2: "F_SETFD", 3: "F_GETFL", 4: "F_SETFL", 7: "F_GETLK", 8: "F_SETLK", 9: "F_SETLKW", 50: "F_GETPATH",
        51: "F_FULLFSYNC", 67: "F_DUPFD_CLOEXEC",
    },
    "advice": {0: "MADV_NORMAL", 3: "MADV_WILLNEED", 4: "MADV_DONTNEED", 8: "MADV_FREE", 14: "MADV_HUGEPAGE", 15: "MADV_NOHUGEPAGE",
               25: "MADV_COLLAPSE"},
    "advice.darwin": {0: "MADV_NORMAL", 3: "MADV_WILLNEED", 4: "MADV_DONTNEED", 5: "MADV_FREE", 7: "MADV_FREE_REUSABLE",
                      8: "MADV_FREE_REUSE"},
    "futex": {
        0: "FUTEX_WAIT", 1: "FUTEX_WAKE", 9: "FUTEX_WAIT_BITSET", 10: "FUTEX_WAKE_BITSET", 128: "FUTEX_WAIT_PRIVATE",
        129: "FUTEX_WAKE_PRIVATE",
        137: "FUTEX_WAIT_BITSET_PRIVATE", 138: "FUTEX_WAKE_BITSET_PRIVATE",
    },
    "clock": {0: "CLOCK_REALTIME", 1: "CLOCK_MONOTONIC", 2: "CLOCK_PROCESS_CPUTIME_ID", 3: "CLOCK_THREAD_CPUTIME_ID",
        4: "CLOCK_MONOTONIC_RAW",
              5: "CLOCK_REALTIME_COARSE", 6: "CLOCK_MONOTONIC_COARSE", 7: "CLOCK_BOOTTIME"},
    "clock.darwin": {0: "CLOCK_REALTIME", 4: "CLOCK_MONOTONIC_RAW", 6: "CLOCK_MONOTONIC", 8: "CLOCK_UPTIME_RAW",
        12: "CLOCK_PROCESS_CPUTIME_ID",
                     16: "CLOCK_THREAD_CPUTIME_ID"},
    "how": {0: "SIG_BLOCK", 1: "SIG_UNBLOCK", 2: "SIG_SETMASK"},
    "how.darwin": {1: "SIG_BLOCK", 2: "SIG_UNBLOCK", 3: "SIG_SETMASK"},
    "epoll_op": {1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"},
    "family": {1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK"},
    "family.darwin": {1: "AF_UNIX", 2: "AF_INET", 17: "AF_ROUTE", 30: "AF_INET6"},
    "shutdown": {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"},
    "resource": {0: "RLIMIT_CPU", 1: "RLIMIT_FSIZE", 2: "RLIMIT_DATA", 3: "RLIMIT_STACK", 4: "RLIMIT_CORE",
        7: "RLIMIT_NOFILE", 9: "RLIMIT_AS"},
    "resource.darwin": {0: "RLIMIT_CPU", 1: "RLIMIT_FSIZE", 2: "RLIMIT_DATA", 3: "RLIMIT_STACK", 4: "RLIMIT_CORE", 5: "RLIMIT_AS",
                        8: "RLIMIT_NOFILE"},
    "code": {0: "SI_USER", -6: "SI_TKILL", -2: "SI_TIMER", 0x80: "SI_KERNEL"},
    "code.darwin": {0: "SI_USER", 0x10001: "SI_USER"},
}  # fmt: skip

# The low bits of a socket's type; the flags above them are those of open(2).
SOCKETS: Final = {1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 5: "SOCK_SEQPACKET"}

# The codes of faults (si_code), by signal.
FAULT_CODES: Final = {
    "SIGSEGV": {1: "SEGV_MAPERR", 2: "SEGV_ACCERR"}, "SIGBUS": {1: "BUS_ADRALN", 2: "BUS_ADRERR"}, "SIGFPE": {1: "FPE_INTDIV"},
    "SIGILL": {1: "ILL_ILLOPC"}, "SIGTRAP": {1: "TRAP_BRKPT"}, "SIGCHLD": {1: "CLD_EXITED", 2: "CLD_KILLED", 3: "CLD_DUMPED"},
}  # fmt: skip

# What errors mean, in the words of the GNU C library.
MESSAGES: Final = {
    "E2BIG": "Argument list too long",
    "EACCES": "Permission denied",
    "EADDRINUSE": "Address already in use",
    "EADDRNOTAVAIL": "Cannot assign requested address",
    "EAFNOSUPPORT": "Address family not supported by protocol",
    "EAGAIN": "Resource temporarily unavailable",
    "EALREADY": "Operation already in progress",
    "EBADF": "Bad file descriptor",
    "EBUSY": "Device or resource busy",
    "ECHILD": "No child processes",
    "ECONNABORTED": "Software caused connection abort",
    "ECONNREFUSED": "Connection refused",
    "ECONNRESET": "Connection reset by peer",
    "EDEADLK": "Resource deadlock avoided",
    "EDESTADDRREQ": "Destination address required",
    "EDOM": "Numerical argument out of domain",
    "EDQUOT": "Disk quota exceeded",
    "EEXIST": "File exists",
    "EFAULT": "Bad address",
    "EFBIG": "File too large",
    "EHOSTUNREACH": "No route to host",
    "EINPROGRESS": "Operation now in progress",
    "EINTR": "Interrupted system call",
    "EINVAL": "Invalid argument",
    "EIO": "Input/output error",
    "EISCONN": "Transport endpoint is already connected",
    "EISDIR": "Is a directory",
    "ELOOP": "Too many levels of symbolic links",
    "EMFILE": "Too many open files",
    "EMLINK": "Too many links",
    "EMSGSIZE": "Message too long",
    "ENAMETOOLONG": "File name too long",
    "ENETUNREACH": "Network is unreachable",
    "ENFILE": "Too many open files in system",
    "ENOBUFS": "No buffer space available",
    "ENODATA": "No data available",
    "ENODEV": "No such device",
    "ENOENT": "No such file or directory",
    "ENOEXEC": "Exec format error",
    "ENOMEM": "Cannot allocate memory",
    "ENOPROTOOPT": "Protocol not available",
    "ENOSPC": "No space left on device",
    "ENOSYS": "Function not implemented",
    "ENOTCONN": "Transport endpoint is not connected",
    "ENOTDIR": "Not a directory",
    "ENOTEMPTY": "Directory not empty",
    "ENOTSOCK": "Socket operation on non-socket",
    "ENOTSUP": "Operation not supported",
    "ENOTTY": "Inappropriate ioctl for device",
    "ENXIO": "No such device or address",
    "EOPNOTSUPP": "Operation not supported",
    "EOVERFLOW": "Value too large for defined data type",
    "EPERM": "Operation not permitted",
    "EPIPE": "Broken pipe",
    "EPROTONOSUPPORT": "Protocol not supported",
    "EPROTOTYPE": "Protocol wrong type for socket",
    "ERANGE": "Numerical result out of range",
    "EROFS": "Read-only file system",
    "ESOCKTNOSUPPORT": "Socket type not supported",
    "ESPIPE": "Illegal seek",
    "ESRCH": "No such process",
    "ESTALE": "Stale file handle",
    "ETIMEDOUT": "Connection timed out",
    "ETXTBSY": "Text file busy",
    "EXDEV": "Invalid cross-device link",
}
