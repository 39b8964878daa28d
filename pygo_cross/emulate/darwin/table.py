# SPDX-License-Identifier: GPL-2.0-or-later
"""The functions of libSystem: name (without the underscore), signature, handler, how failures are told, and how well it is provided.

The names are those that GOROOT's runtime, syscall, os, net and crypto import. Failures: `-1` sets errno, `number` returns the error,
`null` is
a null pointer and errno. Calling a function that is not here returns -1 with ENOSYS and is counted; so is one that is `refused`.
In a signature `v` is the first variadic argument.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.darwin import children as darwin_children
from pygo_cross.emulate.darwin import fs, kqueue, net, pthread, resolve, select, sigs, system, users
from pygo_cross.emulate.fs import filecalls
from pygo_cross.emulate.kernel import calls, children, mappings, programs
from pygo_cross.emulate.kernel.calls import Handler, Row, fails, returns
from pygo_cross.emulate.net import netcalls, nettransfer

_OPTIONS: Final = "partial: those of GOROOT's net and of common libraries; another is ENOPROTOOPT and counted"
_HOSTS: Final = "partial: numbers, /etc/hosts and /etc/services; there is no name server"
_USERS: Final = "partial: from /etc/passwd and /etc/group; there is no directory service"
_NO_ATTRIBUTES: Final = "partial: always ENOTSUP, as on file systems without attributes"
_ALWAYS: Final = "partial: always fails, as without the privilege"


class FunctionRow(Row):
    """A `Row` with the way in which it fails."""

    __slots__ = ("failure",)

    def __init__(self, name: str, signature: str, handler: Handler, failure: str, note: str) -> None:
        super().__init__(name, signature, handler, note)
        self.failure = failure


_IOCTL: Final = nettransfer.make_ioctl(nettransfer.DARWIN_REQUESTS, net.interface_ioctl)

ROWS: Final[tuple[tuple[str, str, Handler, str, str], ...]] = (
    # The process.
    ("__error", "", system.error_location, "-1", "full"),
    ("exit", "i", system.exit_, "-1", "partial: atexit functions are not run"),
    ("_exit", "i", system.exit_, "-1", "full"),
    ("getpid", "", calls.getpid, "-1", "full"),
    ("getppid", "", children.getppid, "-1", "full"),
    ("getpgrp", "", children.getpgrp, "-1", "full"),
    ("getpgid", "i", children.getpgid, "-1", "full"),
    ("getsid", "i", children.getsid, "-1", "full"),
    ("setpgid", "ii", children.setpgid, "-1", "full"),
    ("setsid", "", children.setsid, "-1", "full"),
    ("fork", "", darwin_children.fork, "-1", "full"),
    ("execve", "spp", programs.execve, "-1", "full"),
    ("wait4", "ipip", darwin_children.wait4, "-1", "full"),
    ("getuid", "", calls.getuid, "-1", "full"),
    ("geteuid", "", calls.getuid, "-1", "full"),
    ("getgid", "", calls.getgid, "-1", "full"),
    ("getegid", "", calls.getgid, "-1", "full"),
    ("getgroups", "ip", system.getgroups, "-1", "full"),
    ("getpwnam_r", "spppp", users.getpwnam_r, "number", _USERS),
    ("getpwuid_r", "upppp", users.getpwuid_r, "number", _USERS),
    ("getgrnam_r", "spppp", users.getgrnam_r, "number", _USERS),
    ("getgrgid_r", "upppp", users.getgrgid_r, "number", _USERS),
    ("getgrouplist", "supp", users.getgrouplist, "-1", _USERS),
    ("getpriority", "", returns(0), "-1", "full"),
    ("issetugid", "", returns(0), "-1", "full"),
    ("getrlimit", "ip", system.getrlimit, "-1", "full"),
    ("setrlimit", "ip", system.setrlimit, "-1", "partial: the number of open files has an effect"),
    ("getrusage", "ip", system.getrusage, "-1", "partial: times and memory"),
    ("getdtablesize", "", lambda p, t: p.files.limit, "-1", "full"),
    ("sysctl", "pupppp", system.sysctl, "-1", "partial: the names that Go asks for"),
    ("sysctlbyname", "spppp", system.sysctlbyname, "-1", "partial: the names that Go asks for"),
    ("sysconf", "i", system.sysconf, "-1", "partial: processors, page size, files, users"),
    ("notify_is_valid_token", "i", returns(0), "-1", "full"),
    ("xpc_date_create_from_current", "", returns(0), "null", "partial: null"),
    ("arc4random_buf", "pp", system.arc4random_buf, "-1", "full"),
    # Time.
    ("mach_absolute_time", "", system.mach_absolute_time, "-1", "full"),
    ("mach_timebase_info", "p", system.mach_timebase_info, "-1", "full"),
    ("clock_gettime", "ip", system.clock_gettime, "-1", "full"),
    ("gettimeofday", "pp", system.gettimeofday, "-1", "full"),
    ("usleep", "u", system.usleep, "-1", "full"),
    ("setitimer", "ipp", system.setitimer, "-1", "full"),
    # Threads.
    ("pthread_attr_init", "p", pthread.attr_init, "number", "full"),
    ("pthread_attr_destroy", "p", returns(0), "number", "full"),
    ("pthread_attr_getstacksize", "pp", pthread.attr_getstacksize, "number", "full"),
    ("pthread_attr_setstacksize", "pp", pthread.attr_setstacksize, "number", "full"),
    ("pthread_attr_setdetachstate", "pi", returns(0), "number", "partial: no thread can be joined"),
    ("pthread_create", "pppp", pthread.create, "number", "full"),
    ("pthread_exit", "p", pthread.exit_thread, "number", "full"),
    ("pthread_self", "", pthread.self_, "number", "full"),
    ("pthread_kill", "pi", pthread.kill, "number", "full"),
    ("pthread_mutex_init", "pp", pthread.mutex_init, "number", "partial: the normal kind"),
    ("pthread_mutex_destroy", "p", pthread.mutex_destroy, "number", "full"),
    ("pthread_mutex_lock", "p", pthread.mutex_lock, "number", "full"),
    ("pthread_mutex_trylock", "p", pthread.mutex_trylock, "number", "full"),
    ("pthread_mutex_unlock", "p", pthread.mutex_unlock, "number", "full"),
    ("pthread_cond_init", "pp", pthread.cond_init, "number", "full"),
    ("pthread_cond_destroy", "p", pthread.cond_destroy, "number", "full"),
    ("pthread_cond_wait", "pp", pthread.cond_wait, "number", "full"),
    ("pthread_cond_timedwait", "ppp", pthread.cond_timedwait, "number", "full"),
    ("pthread_cond_timedwait_relative_np", "ppp", pthread.cond_timedwait_relative, "number", "full"),
    ("pthread_cond_signal", "p", pthread.cond_signal, "number", "full"),
    ("pthread_cond_broadcast", "p", pthread.cond_broadcast, "number", "full"),
    ("pthread_key_create", "pp", pthread.key_create, "number", "partial: destructors are not run"),
    ("pthread_setspecific", "pp", pthread.setspecific, "number", "full"),
    ("pthread_getspecific", "p", pthread.getspecific, "number", "full"),
    ("pthread_sigmask", "ipp", sigs.sigmask, "number", "full"),
    # Signals.
    ("sigaction", "ipp", sigs.sigaction, "-1", "full"),
    ("sigprocmask", "ipp", sigs.sigmask, "-1", "full"),
    ("sigaltstack", "pp", sigs.sigaltstack, "-1", "full"),
    ("kill", "ii", children.kill, "-1", "full"),
    ("raise", "i", sigs.raise_, "-1", "full"),
    # Memory.
    ("mmap", "ppiiip", fs.mmap, "-1", "partial: no SIGBUS behind the end of a file"),
    ("msync", "ppi", mappings.msync, "-1", "full"),
    ("munmap", "pp", mappings.munmap, "-1", "full"),
    ("mprotect", "ppi", mappings.mprotect, "-1", "full"),
    ("madvise", "ppi", system.madvise, "-1", "full"),
    ("mlock", "", returns(0), "-1", "full"),
    ("munlock", "", returns(0), "-1", "full"),
    ("mlockall", "", fails("ENOSYS"), "-1", "full"),
    ("munlockall", "", fails("ENOSYS"), "-1", "full"),
    ("mach_vm_region", "uppipp", system.mach_vm_region, "-1", "partial: VM_REGION_BASIC_INFO_64"),
    ("proc_regionfilename", "ippu", system.proc_regionfilename, "-1", "partial: the executable's"),
    # Reading and writing.
    ("read", "ipp", calls.read, "-1", "full"),
    ("write", "ipp", calls.write, "-1", "full"),
    ("readv", "ipi", calls.readv, "-1", "full"),
    ("writev", "ipi", calls.writev, "-1", "full"),
    ("pread", "ippl", calls.pread, "-1", "full"),
    ("pwrite", "ippl", calls.pwrite, "-1", "full"),
    ("lseek", "ili", fs.lseek, "-1", "full"),
    ("close", "i", calls.close, "-1", "full"),
    ("dup", "i", calls.dup, "-1", "full"),
    ("dup2", "ii", calls.dup2, "-1", "full"),
    ("pipe", "p", fs.pipe, "-1", "full"),
    ("fcntl", "iiv", fs.fcntl, "-1", "partial: duplicating, flags, paths, syncing, locks"),
    ("ioctl", "iuv", _IOCTL, "-1", "partial: FIONBIO, FIONREAD, FIOCLEX, SIOCGIF*; nothing is a terminal"),
    ("flock", "ii", filecalls.flock, "-1", "full"),
    ("fsync", "i", calls.fsync, "-1", "full"),
    ("sync", "", returns(0), "-1", "full"),
    ("ftruncate", "il", calls.ftruncate, "-1", "full"),
    ("truncate", "sl", calls.truncate, "-1", "full"),
    ("sendfile", "iilppi", net.sendfile, "-1", "partial: without headers and trailers"),
    ("kqueue", "", kqueue.kqueue, "-1", "full"),
    ("kevent", "ipipip", kqueue.kevent, "-1", "partial: read, write and user filters"),
    ("select", "ipppp", select.select, "-1", "full"),
    ("poll", "pui", select.poll, "-1", "full"),
    # Sockets and names.
    ("socket", "iii", net.socket_, "-1", "partial: TCP, UDP and unix on a loopback in memory; no raw sockets"),
    ("socketpair", "iiip", netcalls.socketpair, "-1", "full"),
    ("bind", "ipi", netcalls.bind, "-1", "full"),
    ("connect", "ipi", netcalls.connect, "-1", "full"),
    ("listen", "ii", netcalls.listen, "-1", "full"),
    ("accept", "ipp", netcalls.accept, "-1", "full"),
    ("getsockname", "ipp", netcalls.getsockname, "-1", "full"),
    ("getpeername", "ipp", netcalls.getpeername, "-1", "full"),
    ("setsockopt", "iiipi", net.setsockopt, "-1", _OPTIONS),
    ("getsockopt", "iiipp", net.getsockopt, "-1", _OPTIONS),
    ("shutdown", "ii", netcalls.shutdown, "-1", "full"),
    ("sendto", "ippupi", netcalls.sendto, "-1", "partial: no urgent data"),
    ("recvfrom", "ippupp", netcalls.recvfrom, "-1", "partial: no urgent data"),
    ("sendmsg", "ipu", netcalls.sendmsg, "-1", "partial: control message SCM_RIGHTS"),
    ("recvmsg", "ipu", netcalls.recvmsg, "-1", "partial: control messages SCM_RIGHTS, IP_PKTINFO, IP_RECVDSTADDR, IPV6_PKTINFO"),
    ("if_nametoindex", "s", net.if_nametoindex, "null", "full"),
    ("getaddrinfo", "pppp", resolve.getaddrinfo, "number", _HOSTS),
    ("freeaddrinfo", "p", resolve.freeaddrinfo, "number", "full"),
    ("gai_strerror", "i", resolve.gai_strerror, "null", "full"),
    ("getnameinfo", "pupupui", resolve.getnameinfo, "number", _HOSTS),
    ("res_9_ninit", "p", resolve.res_ninit, "-1", "full"),
    ("res_9_nsearch", "psiipi", resolve.res_nsearch, "-1", "partial: always fails, there is no name server"),
    ("res_9_nclose", "p", resolve.res_nclose, "-1", "full"),
    # Files and directories.
    ("open", "siv", fs.open_, "-1", "full"),
    ("openat", "isiv", fs.openat, "-1", "full"),
    ("stat", "sp", fs.stat_, "-1", "full"),
    ("stat64", "sp", fs.stat_, "-1", "full"),
    ("lstat", "sp", fs.lstat, "-1", "full"),
    ("lstat64", "sp", fs.lstat, "-1", "full"),
    ("fstat", "ip", fs.fstat, "-1", "full"),
    ("fstat64", "ip", fs.fstat, "-1", "full"),
    ("fstatat", "ispi", fs.fstatat, "-1", "full"),
    ("fstatat64", "ispi", fs.fstatat, "-1", "full"),
    ("getfsstat", "pii", fs.getfsstat, "-1", "full"),
    ("statfs", "sp", fs.statfs, "-1", "full"),
    ("statfs64", "sp", fs.statfs, "-1", "full"),
    ("fstatfs", "ip", fs.fstatfs, "-1", "full"),
    ("fstatfs64", "ip", fs.fstatfs, "-1", "full"),
    ("access", "si", filecalls.access, "-1", "full"),
    ("faccessat", "isii", fs.faccessat, "-1", "full"),
    ("chmod", "su", filecalls.chmod, "-1", "full"),
    ("fchmod", "iu", filecalls.fchmod, "-1", "full"),
    ("fchmodat", "isui", fs.fchmodat, "-1", "full"),
    ("chown", "sii", filecalls.chown, "-1", "full"),
    ("lchown", "sii", filecalls.lchown, "-1", "full"),
    ("fchown", "iii", filecalls.fchown, "-1", "full"),
    ("fchownat", "isiii", fs.fchownat, "-1", "full"),
    ("utimensat", "ispi", fs.utimensat, "-1", "full"),
    ("utimes", "sp", fs.utimes, "-1", "full"),
    ("futimes", "ip", fs.futimes, "-1", "full"),
    ("mkfifo", "su", fs.mkfifo, "-1", "full"),
    ("mkfifoat", "isu", fs.mkfifoat, "-1", "full"),
    ("umask", "u", filecalls.umask, "-1", "full"),
    ("getcwd", "pp", fs.getcwd, "null", "full"),
    ("chdir", "s", filecalls.chdir, "-1", "full"),
    ("fchdir", "i", filecalls.fchdir, "-1", "full"),
    ("mkdir", "su", filecalls.mkdir, "-1", "full"),
    ("mkdirat", "isu", filecalls.mkdirat, "-1", "full"),
    ("rmdir", "s", filecalls.rmdir, "-1", "full"),
    ("unlink", "s", fs.unlink, "-1", "full"),
    ("unlinkat", "isi", fs.unlinkat, "-1", "full"),
    ("rename", "ss", filecalls.rename, "-1", "full"),
    ("renameat", "isis", filecalls.renameat, "-1", "full"),
    ("link", "ss", fs.link, "-1", "full"),
    ("linkat", "isisi", fs.linkat, "-1", "full"),
    ("symlink", "ss", filecalls.symlink, "-1", "full"),
    ("symlinkat", "sis", filecalls.symlinkat, "-1", "full"),
    ("readlink", "spl", filecalls.readlink, "-1", "full"),
    ("readlinkat", "ispl", filecalls.readlinkat, "-1", "full"),
    ("fdopendir", "i", fs.fdopendir, "null", "full"),
    ("readdir_r", "ppp", fs.readdir_r, "number", "full"),
    ("closedir", "p", fs.closedir, "-1", "full"),
    ("renamex_np", "ssu", fs.renamex_np, "-1", "partial: no swap in mounts"),
    ("renameatx_np", "isisu", fs.renameatx_np, "-1", "partial: no swap in mounts"),
    ("clonefile", "ssi", fs.clonefile, "-1", "partial: files in memory"),
    ("clonefileat", "isisi", fs.clonefileat, "-1", "partial: files in memory"),
    ("fclonefileat", "iisi", fs.fclonefileat, "-1", "partial: files in memory"),
    ("preadv", "ipil", calls.preadv, "-1", "full"),
    ("pwritev", "ipil", calls.pwritev, "-1", "full"),
    *((name, "s", filecalls.no_attributes, "-1", _NO_ATTRIBUTES) for name in ("getxattr", "setxattr", "listxattr", "removexattr")),
    *((name, "i", filecalls.no_file_attributes, "-1", _NO_ATTRIBUTES) for name in ("fgetxattr", "fsetxattr", "flistxattr", "fremovexattr")),
    ("chflags", "s", filecalls.no_attributes, "-1", "partial: always ENOTSUP"),
    ("fchflags", "i", filecalls.no_file_attributes, "-1", "partial: always ENOTSUP"),
    ("fpathconf", "ii", fs.fpathconf, "-1", "partial: limits of names"),
    ("pathconf", "si", fs.pathconf, "-1", "partial: limits of names"),
    # What there is not.
    ("posix_spawn", "", fails("ENOSYS"), "number", "refused: Go forks"),
    ("chroot", "", fails("EPERM"), "-1", _ALWAYS),
    ("setuid", "i", children.setuid, "-1", "partial: to the own identity; else EPERM, as without privilege"),
    ("setgid", "i", children.setuid, "-1", "partial: to the own identity; else EPERM, as without privilege"),
    ("setgroups", "", fails("EPERM"), "-1", _ALWAYS),
    ("ptrace", "", fails("ENOSYS"), "-1", "refused: no process can be traced"),
    ("mknod", "", fails("EPERM"), "-1", _ALWAYS),
    ("settimeofday", "", fails("EPERM"), "-1", _ALWAYS),
)

# Variables of libSystem that are imported, and their contents.
VARIABLES: Final = {"mach_task_self_": (0x103).to_bytes(8, "little")}

TABLE: Final = {row[0]: FunctionRow(*row) for row in ROWS}
