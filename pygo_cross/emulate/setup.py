# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts a run together: the file tree that the guest is to see, and the first process, of the system that its binary is for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from pygo_cross.emulate.errors import Errno, NotFound
from pygo_cross.emulate.fs import hostfs
from pygo_cross.emulate.fs.fdfs import DescriptorDevices
from pygo_cross.emulate.fs.files import FileTable
from pygo_cross.emulate.fs.vfs import GID, UID, Device, Directory, File, FileSystem, Node, Symlink
from pygo_cross.emulate.fs.zones import PATH as ZONES
from pygo_cross.emulate.fs.zones import ZoneDirectory
from pygo_cross.emulate.kernel.kernel import Kernel, Options
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.sched import EPOCH
from pygo_cross.emulate.loader.image import Image
from pygo_cross.emulate.net.loopback import Network, services

_FOLDERS = (b"/bin", b"/dev", b"/etc", b"/home/user", b"/root", b"/usr/bin", b"/usr/lib", b"/var")


# How files begin that are to be executable: ELF, Mach-O, universal binaries, scripts.
_EXECUTABLE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf", b"#!")


def split_mount(text: str) -> tuple[str, str, bool]:
    """`HOST[:GUEST][:rw]` (or `:ro`): the host's path, the guest's, which without GUEST is the same, and whether the guest may write."""
    host, *rest = text.split(":")
    writable = bool(rest) and rest[-1] == "rw"
    if rest and rest[-1] in ("rw", "ro"):
        rest.pop()
    return host, ":".join(rest) if rest else os.path.abspath(host), writable


def make_tree(limit: int) -> FileSystem:
    """The tree before anything is mounted."""
    fs = FileSystem(lambda: EPOCH, limit)
    for folder in _FOLDERS:
        fs.make_directories(folder)
    for folder in (b"/tmp", b"/var/tmp"):
        fs.make_directories(folder, 0o1777)
    for name, kind in ((b"null", "null"), (b"zero", "zero"), (b"full", "full"), (b"random", "random"), (b"urandom", "random")):
        fs.put(b"/dev/" + name, Device(fs, kind))
    for number, name in enumerate((b"stdin", b"stdout", b"stderr")):
        fs.put(b"/dev/" + name, Device(fs, "fd", number))
    text = {
        b"/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n",
        b"/etc/group": b"root:x:0:\nuser:x:1000:\n",
        b"/etc/hosts": b"127.0.0.1\tlocalhost\n::1\tlocalhost\n",
        b"/etc/hostname": b"localhost\n",
        b"/etc/services": services(),
        b"/etc/protocols": b"ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6-icmp\t58\tIPv6-ICMP\n",
    }
    for path, content in text.items():
        fs.put(path, File(fs, 0o644, content))
    fs.put(ZONES, ZoneDirectory(fs))
    # The system's own files are root's; /home/user and what is put in later belong to the guest's user. In / anybody may make files.
    fs.root.uid = fs.root.gid = 0
    fs.root.change_mode(fs, 0o1777)
    for name in (b"bin", b"dev", b"etc", b"home", b"root", b"tmp", b"usr", b"var"):
        _give_to_root(fs.root.entries[name])
    home = fs.resolve(fs.root, b"/home/user")
    home.uid, home.gid = UID, GID
    return fs


def _give_to_root(node: Node) -> None:
    node.uid = node.gid = 0
    if isinstance(node, Directory):
        for child in node.entries.values():
            _give_to_root(child)


def make_kernel(
    image: Image,
    data: bytes,
    options: Options,
    stdin: bytes | int,
    mounts: Iterable[str | tuple[str, str] | tuple[str, str, bool]],
    files: Mapping[str, bytes],
    cwd: str,
) -> Kernel:
    """A kernel whose first process is ready to run; `data` is its binary, which it can read."""
    fs = make_tree(options.limits.files)
    fs.darwin = image.system == "darwin"
    try:
        return _fill(fs, image, data, options, stdin, mounts, files, cwd)
    except BaseException:
        fs.close()
        raise


def _fill(
    fs: FileSystem,
    image: Image,
    data: bytes,
    options: Options,
    stdin: bytes | int,
    mounts: Iterable[str | tuple[str, str] | tuple[str, str, bool]],
    files: Mapping[str, bytes],
    cwd: str,
) -> Kernel:
    for mount in mounts:
        host, guest, writable = split_mount(mount) if isinstance(mount, str) else (*mount, False)[:3]
        if not guest.startswith("/"):
            raise NotFound("mount-not-absolute", f"cannot mount at {guest}: not an absolute path")
        hostfs.mount(fs, host, guest, writable)
    for path, content in files.items():
        try:
            fs.grow(len(content))
            fs.put(os.fsencode(path), File(fs, 0o755 if content.startswith(_EXECUTABLE) else 0o644, content))
        except Errno as error:
            raise NotFound("file-not-placed", f"cannot place {path} in the guest's tree: {error.name}") from error
    try:
        directory = fs.resolve(fs.root, os.fsencode(cwd))
    except Errno as error:
        raise NotFound("cwd-not-found", f"the guest has no directory {cwd}: {error.name}") from error
    if not isinstance(directory, Directory):
        raise NotFound("cwd-not-found", f"{cwd} is not a directory of the guest")
    kernel = Kernel(fs, options)
    kernel.network = Network(image.system, fs, kernel.sched.notify)
    # Where the guest finds itself, which does not tell where it lies on the host.
    executable = b"/usr/bin/" + (os.path.basename(options.arguments[0]) or b"main")
    if b"/" in options.arguments[0]:
        # Nor does its name.
        options.arguments[0] = executable
    process = kernel.first = kernel.process = _new_process(kernel, image, kernel.standard_files(stdin), directory)
    process.execute(image, executable, options.arguments, options.environment)
    kernel.sched.cpu = process.cpu
    fs.now = kernel.sched.now
    kernel.sched.current = kernel.sched.next()
    if fs.darwin:
        fs.put(b"/dev/fd", DescriptorDevices(fs, lambda: kernel.process.files))
    else:
        fs.put(b"/dev/fd", Symlink(fs, b"/proc/self/fd"))
    program = File(fs, 0o755, data)
    _give_to_root(program)
    fs.put(executable, program)
    return kernel


def _new_process(kernel: Kernel, image: Image, files: FileTable, cwd: Directory) -> Process:
    if image.system == "linux":
        from pygo_cross.emulate.linux.process import LinuxProcess
        from pygo_cross.emulate.linux.system import install_system_files

        install_system_files(kernel)
        return LinuxProcess(kernel, image.arch, files, cwd)
    from pygo_cross.emulate.darwin.process import DarwinProcess

    return DarwinProcess(kernel, image.arch, files, cwd)
