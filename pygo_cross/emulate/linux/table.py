# SPDX-License-Identifier: GPL-2.0-or-later
"""The system calls: name, number on amd64 and on arm64 (-1: not there), signature, handler, and how well it is provided.

Numbers are those of GOROOT/src/syscall/zsysnum_linux_amd64.go and zsysnum_linux_arm64.go and of the kernel's tables. A call that is not in
the table fails with ENOSYS and is counted; so is one that is `refused`.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate import calls, mappings, netcalls, nettransfer
from pygo_cross.emulate.calls import Handler, Row, fails, returns
from pygo_cross.emulate.linux import clock, fs, memory, net, poll, sigs, system, threads

_OPTIONS: Final = "partial: those of GOROOT's net and of common libraries; another is ENOPROTOOPT and counted"
_NO_CHILD: Final = "refused: there are no child processes"

_NO_ATTRIBUTES: Final = "partial: always EOPNOTSUPP, as on file systems without attributes"
_UNPRIVILEGED: Final = "partial: always EPERM, as without the privilege"
_PATH_ATTRIBUTE_CALLS: Final = (
    ("setxattr", 188, 5), ("lsetxattr", 189, 6), ("getxattr", 191, 8), ("lgetxattr", 192, 9), ("listxattr", 194, 11),
    ("llistxattr", 195, 12), ("removexattr", 197, 14), ("lremovexattr", 198, 15),
)  # fmt: skip
_FILE_ATTRIBUTE_CALLS: Final = (("fsetxattr", 190, 7), ("fgetxattr", 193, 10), ("flistxattr", 196, 13), ("fremovexattr", 199, 16))
_IOCTL: Final = nettransfer.make_ioctl(nettransfer.LINUX_REQUESTS, net.interface_ioctl)

ROWS: Final[tuple[tuple[str, int, int, str, Handler, str], ...]] = (
    # Files.
    ("read", 0, 63, "ipp", calls.read, "full"),
    ("write", 1, 64, "ipp", calls.write, "full"),
    ("open", 2, -1, "siu", fs.open_, "full"),
    ("close", 3, 57, "i", calls.close, "full"),
    ("stat", 4, -1, "sp", fs.stat_, "full"),
    ("fstat", 5, 80, "ip", fs.fstat, "full"),
    ("lstat", 6, -1, "sp", fs.lstat, "full"),
    ("poll", 7, -1, "pui", poll.poll, "full"),
    ("lseek", 8, 62, "ili", calls.lseek, "full"),
    ("ioctl", 16, 29, "iup", _IOCTL, "partial: FIONBIO, FIONREAD, FIOCLEX, SIOCGIF*; nothing is a terminal"),
    ("pread64", 17, 67, "ippl", calls.pread, "full"),
    ("pwrite64", 18, 68, "ippl", calls.pwrite, "full"),
    ("readv", 19, 65, "ipi", calls.readv, "full"),
    ("writev", 20, 66, "ipi", calls.writev, "full"),
    ("access", 21, -1, "si", calls.access, "full"),
    ("pipe", 22, -1, "p", fs.pipe, "full"),
    ("dup", 32, 23, "i", calls.dup, "full"),
    ("dup2", 33, -1, "ii", calls.dup2, "full"),
    ("sendfile", 40, 71, "iipp", nettransfer.sendfile, "full"),
    ("fcntl", 72, 25, "iip", fs.fcntl, "partial: duplicating, flags, locks"),
    ("flock", 73, 32, "ii", calls.flock, "full"),
    ("fsync", 74, 82, "i", calls.fsync, "full"),
    ("fdatasync", 75, 83, "i", calls.fsync, "full"),
    ("truncate", 76, 45, "sl", calls.truncate, "full"),
    ("ftruncate", 77, 46, "il", calls.ftruncate, "full"),
    ("getcwd", 79, 17, "pp", fs.getcwd, "full"),
    ("chdir", 80, 49, "s", calls.chdir, "full"),
    ("fchdir", 81, 50, "i", calls.fchdir, "full"),
    ("rename", 82, -1, "ss", calls.rename, "full"),
    ("mkdir", 83, -1, "su", calls.mkdir, "full"),
    ("rmdir", 84, -1, "s", calls.rmdir, "full"),
    ("link", 86, -1, "ss", calls.link, "full"),
    ("unlink", 87, -1, "s", calls.unlink, "full"),
    ("symlink", 88, -1, "ss", calls.symlink, "full"),
    ("readlink", 89, -1, "spi", calls.readlink, "full"),
    ("chmod", 90, -1, "su", calls.chmod, "full"),
    ("fchmod", 91, 52, "iu", calls.fchmod, "full"),
    ("chown", 92, -1, "sii", calls.chown, "full"),
    ("fchown", 93, 55, "iii", calls.fchown, "full"),
    ("lchown", 94, -1, "sii", calls.lchown, "full"),
    ("umask", 95, 166, "u", calls.umask, "full"),
    ("statfs", 137, 43, "sp", fs.statfs, "full"),
    ("fstatfs", 138, 44, "ip", fs.fstatfs, "full"),
    ("sync", 162, 81, "", returns(0), "full"),
    ("getdents64", 217, 61, "ipu", fs.getdents64, "full"),
    ("fadvise64", 221, 223, "", returns(0), "full"),
    ("openat", 257, 56, "isiu", fs.openat, "full"),
    ("mkdirat", 258, 34, "isu", calls.mkdirat, "full"),
    ("fchownat", 260, 54, "isiii", fs.fchownat, "full"),
    ("newfstatat", 262, 79, "ispi", fs.newfstatat, "full"),
    ("unlinkat", 263, 35, "isi", fs.unlinkat, "full"),
    ("renameat", 264, 38, "isis", calls.renameat, "full"),
    ("linkat", 265, 37, "isisi", fs.linkat, "full"),
    ("symlinkat", 266, 36, "sis", calls.symlinkat, "full"),
    ("readlinkat", 267, 78, "ispi", calls.readlinkat, "full"),
    ("fchmodat", 268, 53, "isu", fs.fchmodat, "full"),
    ("faccessat", 269, 48, "isi", fs.faccessat, "full"),
    ("splice", 275, 76, "ipippu", nettransfer.splice, "full"),
    ("utimensat", 280, 88, "ippi", fs.utimensat, "full"),
    ("fallocate", 285, 47, "iill", fs.fallocate, "partial: growing and making holes"),
    ("dup3", 292, 24, "iii", fs.dup3, "full"),
    ("pipe2", 293, 59, "pi", fs.pipe2, "full"),
    ("renameat2", 316, 276, "isisu", fs.renameat2, "partial: no exchange in mounts"),
    ("copy_file_range", 326, 285, "ipippu", nettransfer.copy_file_range, "full"),
    ("statx", 332, 291, "isiup", fs.statx, "full"),
    ("openat2", 437, 437, "ispp", fs.openat2, "partial: no RESOLVE_CACHED"),
    ("faccessat2", 439, 439, "isii", fs.faccessat2, "full"),
    ("fchmodat2", 452, 452, "isui", fs.fchmodat2, "full"),
    ("creat", 85, -1, "su", fs.creat, "full"),
    ("utimes", 235, -1, "sp", fs.utimes, "full"),
    ("futimesat", 261, -1, "isp", fs.futimesat, "full"),
    ("preadv", 295, 69, "ipil", calls.preadv, "full"),
    ("pwritev", 296, 70, "ipil", calls.pwritev, "full"),
    ("readahead", 187, 213, "", returns(0), "full"),
    ("sync_file_range", 277, 84, "i", calls.fsync, "full"),
    ("syncfs", 306, 267, "i", calls.fsync, "full"),
    *((name, first, second, "s", calls.no_attributes, _NO_ATTRIBUTES) for name, first, second in _PATH_ATTRIBUTE_CALLS),
    *((name, first, second, "i", calls.no_file_attributes, _NO_ATTRIBUTES) for name, first, second in _FILE_ATTRIBUTE_CALLS),
    ("chroot", 161, 51, "", fails("EPERM"), _UNPRIVILEGED),
    ("mount", 165, 40, "", fails("EPERM"), _UNPRIVILEGED),
    ("umount2", 166, 39, "", fails("EPERM"), _UNPRIVILEGED),
    ("pivot_root", 155, 41, "", fails("EPERM"), _UNPRIVILEGED),
    # Sockets.
    ("socket", 41, 198, "iii", net.socket_, "partial: TCP, UDP and unix on a loopback in memory, netlink route; no raw sockets"),
    ("connect", 42, 203, "ipi", netcalls.connect, "full"),
    ("accept", 43, 202, "ipp", netcalls.accept, "full"),
    ("sendto", 44, 206, "ippupi", netcalls.sendto, "partial: no urgent data"),
    ("recvfrom", 45, 207, "ippupp", netcalls.recvfrom, "partial: no urgent data"),
    ("sendmsg", 46, 211, "ipu", netcalls.sendmsg, "partial: control messages SCM_RIGHTS, SCM_CREDENTIALS"),
    ("recvmsg", 47, 212, "ipu", netcalls.recvmsg, "partial: control messages SCM_RIGHTS, SCM_CREDENTIALS, IP_PKTINFO, IPV6_PKTINFO"),
    ("shutdown", 48, 210, "ii", netcalls.shutdown, "full"),
    ("bind", 49, 200, "ipi", netcalls.bind, "full"),
    ("listen", 50, 201, "ii", netcalls.listen, "full"),
    ("getsockname", 51, 204, "ipp", netcalls.getsockname, "full"),
    ("getpeername", 52, 205, "ipp", netcalls.getpeername, "full"),
    ("socketpair", 53, 199, "iiip", net.socketpair, "full"),
    ("setsockopt", 54, 208, "iiipi", net.setsockopt, _OPTIONS),
    ("getsockopt", 55, 209, "iiipp", net.getsockopt, _OPTIONS),
    ("accept4", 288, 242, "ippi", net.accept4, "full"),
    ("recvmmsg", 299, 243, "ipuup", net.recvmmsg, "partial: the timeout is not heeded"),
    ("sendmmsg", 307, 269, "ipuu", net.sendmmsg, "full"),
    # Polling.
    ("select", 23, -1, "ipppp", poll.select, "full"),
    ("pselect6", 270, 72, "ippppp", poll.pselect6, "partial: no signal mask"),
    ("epoll_pwait2", 441, 441, "ipippp", poll.epoll_pwait2, "partial: no signal mask"),
    ("epoll_wait", 232, -1, "ipii", poll.epoll_wait, "full"),
    ("epoll_ctl", 233, 21, "iiip", poll.epoll_ctl, "full"),
    ("ppoll", 271, 73, "puppp", poll.ppoll, "partial: no signal mask"),
    ("epoll_pwait", 281, 22, "ipiipp", poll.epoll_pwait, "partial: no signal mask"),
    ("eventfd2", 290, 19, "ui", poll.eventfd2, "full"),
    ("epoll_create1", 291, 20, "i", poll.epoll_create1, "full"),
    # Memory.
    ("mmap", 9, 222, "ppiiip", memory.mmap, "partial: no shared writable mapping of a file"),
    ("mprotect", 10, 226, "ppi", mappings.mprotect, "full"),
    ("munmap", 11, 215, "pp", mappings.munmap, "full"),
    ("brk", 12, 214, "p", memory.brk, "partial: the break cannot be moved"),
    ("mincore", 27, 232, "ppp", memory.mincore, "full"),
    ("madvise", 28, 233, "ppi", memory.madvise, "full"),
    ("mlock", 149, 228, "", returns(0), "full"),
    ("munlock", 150, 229, "", returns(0), "full"),
    # Threads and time.
    ("sched_yield", 24, 124, "", threads.sched_yield, "full"),
    ("nanosleep", 35, 101, "pp", clock.nanosleep, "full"),
    ("clone", 56, 220, "ppppp", threads.clone, "partial: threads, not processes"),
    ("exit", 60, 93, "i", threads.exit_thread, "full"),
    ("gettimeofday", 96, 169, "pp", clock.gettimeofday, "full"),
    ("arch_prctl", 158, -1, "ip", threads.arch_prctl, "partial: the fs base"),
    ("gettid", 186, 178, "", threads.gettid, "full"),
    ("futex", 202, 98, "piuppu", threads.futex, "partial: wait and wake, with and without a bit set"),
    ("sched_getaffinity", 204, 123, "iup", threads.sched_getaffinity, "full"),
    ("set_tid_address", 218, 96, "p", threads.set_tid_address, "full"),
    ("clock_gettime", 228, 113, "ip", clock.clock_gettime, "full"),
    ("clock_getres", 229, 114, "ip", clock.clock_getres, "full"),
    ("clock_nanosleep", 230, 115, "iipp", clock.clock_nanosleep, "full"),
    ("exit_group", 231, 94, "i", threads.exit_group, "full"),
    ("set_robust_list", 273, 99, "", returns(0), "partial: accepted"),
    ("timer_create", 222, 107, "", fails("ENOTSUP"), "partial: none, upon which Go profiles by setitimer"),
    ("setitimer", 38, 103, "", returns(0), "partial: accepted, never fires"),
    ("rseq", 334, 293, "", fails("ENOSYS"), "partial: not provided, as on older kernels"),
    # Signals.
    ("rt_sigaction", 13, 134, "ippp", sigs.rt_sigaction, "full"),
    ("rt_sigprocmask", 14, 135, "ippp", sigs.rt_sigprocmask, "full"),
    ("rt_sigreturn", 15, 139, "", sigs.rt_sigreturn, "full"),
    ("kill", 62, 129, "ii", calls.kill, "partial: itself"),
    ("sigaltstack", 131, 132, "pp", sigs.sigaltstack, "full"),
    ("tkill", 200, 130, "ii", sigs.tkill, "full"),
    ("tgkill", 234, 131, "iii", sigs.tgkill, "full"),
    # The system.
    ("getpid", 39, 172, "", calls.getpid, "full"),
    ("uname", 63, 160, "p", system.uname, "full"),
    ("getrlimit", 97, 163, "ip", system.getrlimit, "full"),
    ("getrusage", 98, 165, "ip", system.getrusage, "partial: times and memory"),
    ("sysinfo", 99, 179, "p", system.sysinfo, "full"),
    ("times", 100, 153, "p", system.times, "full"),
    ("getuid", 102, 174, "", calls.getuid, "full"),
    ("getgid", 104, 176, "", calls.getgid, "full"),
    ("geteuid", 107, 175, "", calls.getuid, "full"),
    ("getegid", 108, 177, "", calls.getgid, "full"),
    ("getppid", 110, 173, "", returns(1), "full"),
    ("getpgrp", 111, -1, "", calls.getpid, "full"),
    ("getpgid", 121, 155, "", calls.getpid, "full"),
    ("getsid", 124, 156, "", calls.getpid, "full"),
    ("getgroups", 115, 158, "ip", system.getgroups, "full"),
    ("getpriority", 140, 141, "ii", system.getpriority, "full"),
    ("prctl", 157, 167, "ipp", system.prctl, "partial: names"),
    ("setrlimit", 160, 164, "ip", system.setrlimit, "partial: checked, without effect"),
    ("prlimit64", 302, 261, "iipp", system.prlimit64, "partial: setting is checked, without effect"),
    ("getrandom", 318, 278, "ppu", system.getrandom, "full"),
    # What there is not.
    ("fork", 57, -1, "", fails("ENOSYS"), _NO_CHILD),
    ("vfork", 58, -1, "", fails("ENOSYS"), _NO_CHILD),
    ("execve", 59, 221, "", fails("ENOSYS"), _NO_CHILD),
    ("clone3", 435, 435, "", fails("ENOSYS"), _NO_CHILD),
    ("pidfd_open", 434, 434, "", fails("ENOSYS"), _NO_CHILD),
    ("pidfd_send_signal", 424, 424, "", fails("ENOSYS"), _NO_CHILD),
    ("wait4", 61, 260, "", fails("ECHILD"), "partial: there are no child processes"),
    ("waitid", 247, 95, "", fails("ECHILD"), "partial: there are no child processes"),
)


def _table(column: int) -> dict[int, Row]:
    return {number: Row(row[0], *row[3:]) for row in ROWS if (number := row[1:3][column]) >= 0}


TABLES: Final = {"amd64": _table(0), "arm64": _table(1)}
