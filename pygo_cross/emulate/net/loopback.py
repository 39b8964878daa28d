# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's network: one loopback interface in memory, shared by all processes of the guest.

`Network` knows which socket holds which port and which unix name, gives out ephemeral ports, and finds the socket that a connection or a
datagram is for. Nothing leaves it: there is no route to any address but the loopback's, and time has no part in it, so what one socket
sends is with the other before the call returns. Ports are given out in a fixed order.

An IP address is its 4 or 16 bytes; an IPv4 address that was written in IPv6's mapped form is kept as 4 bytes. An `Address` of unix sockets
is a name of bytes, which begins with a NUL if it is abstract and is empty if there is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.vfs import FileSystem, Node
from pygo_cross.emulate.kernel.thread import WaitQueue

if TYPE_CHECKING:
    from pygo_cross.emulate.fs.files import OpenFile
    from pygo_cross.emulate.net.ip import IpSocket
    from pygo_cross.emulate.net.unix import UnixSocket

UNIX: Final = "unix"
INET: Final = "inet"
INET6: Final = "inet6"

ANY4: Final = bytes(4)
ANY6: Final = bytes(16)
LOOPBACK4: Final = b"\x7f\0\0\x01"
LOOPBACK6: Final = bytes(15) + b"\x01"
BROADCAST: Final = b"\xff\xff\xff\xff"
_MAPPED: Final = bytes(10) + b"\xff\xff"

# The one interface.
INDEX: Final = 1
MTU: Final = {"linux": 65536, "darwin": 16384}
NAME: Final = {"linux": b"lo", "darwin": b"lo0"}

# Where each system takes ports from that nobody asked for (ip_local_port_range; net.inet.ip.portrange.first and last).
_EPHEMERAL: Final = {"linux": (32768, 60999), "darwin": (49152, 65535)}

_LOWEST_FREE: Final = 1024

# What the network holds at most, however many descriptors a guest makes: sockets, with those that wait to be accepted; bytes that were
# sent and not received; open files under way in messages.
_MOST_SOCKETS: Final = 1 << 15
_MOST_BYTES: Final = 256 << 20
_MOST_FILES: Final = 1024


class Target:
    """Whom a datagram is for: an IP address, or a unix socket."""

    __slots__ = ()


class IpAddress(Target):
    """An address and a port; `scope` is an IPv6 zone's number."""

    __slots__ = ("ip", "port", "scope")

    def __init__(self, ip: bytes, port: int, scope: int = 0) -> None:
        self.ip = ip
        self.port = port
        self.scope = scope


class NetlinkAddress(Target):
    """A netlink socket's number, 0 for the kernel's."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


Address = IpAddress | NetlinkAddress | bytes


def unmapped(ip: bytes) -> bytes:
    """The IPv4 address that an IPv6 one stands for, or the address itself."""
    return ip[12:] if len(ip) == 16 and ip[:12] == _MAPPED else ip


def mapped(ip: bytes) -> bytes:
    """An address in IPv6's 16 bytes."""
    return _MAPPED + ip if len(ip) == 4 else ip


def is_multicast(ip: bytes) -> bool:
    """Whether an address is a group's."""
    return ip[0] & 0xF0 == 0xE0 if len(ip) == 4 else ip[0] == 0xFF


def is_any(ip: bytes) -> bool:
    """Whether an address is the wildcard."""
    return ip in (ANY4, ANY6)


def loopback(ip: bytes) -> bytes:
    """The loopback address of the same family."""
    return LOOPBACK4 if len(ip) == 4 else LOOPBACK6


class SocketNode(Node):
    """The entry of a bound unix socket in the tree. `socket` is None once it was closed."""

    __slots__ = ("socket",)

    def __init__(self, fs: FileSystem, mode: int, socket: UnixSocket) -> None:
        super().__init__(fs, mode)
        self.socket: UnixSocket | None = socket


class Network:
    """Ports and names. `notify` wakes those who wait for a queue; `system` is linux or darwin."""

    __slots__ = (
        "_cursor", "_discarded", "_discarding", "_sockets", "abstract", "bound", "files", "fs", "groups", "notify", "system", "used",
    )  # fmt: skip

    def __init__(self, system: str, fs: FileSystem, notify: Callable[[WaitQueue], None]) -> None:
        self.system = system
        self.fs = fs
        self.notify = notify
        # (protocol, port): the sockets that hold it, the oldest first.
        self.bound: dict[tuple[str, int], dict[IpSocket, None]] = {}
        self.abstract: dict[bytes, UnixSocket] = {}
        # How many sockets are members of a multicast group.
        self.groups: dict[bytes, int] = {}
        self._cursor: dict[str, int] = {}
        # Bytes and open files that were sent and not yet received.
        self.used = 0
        self.files = 0
        self._sockets = 0
        self._discarded: deque[OpenFile] = deque()
        self._discarding = False

    # What there is at most.

    def admit(self) -> None:
        """A socket is made; ENFILE if there are too many."""
        if self._sockets >= _MOST_SOCKETS:
            raise Errno("ENFILE")
        self._sockets += 1

    def has_place(self) -> bool:
        """Whether one more socket can be made."""
        return self._sockets < _MOST_SOCKETS

    def dismiss(self) -> None:
        """A socket was closed."""
        self._sockets -= 1

    def left(self) -> int:
        """How many bytes may still be sent before some are received."""
        return _MOST_BYTES - self.used

    def pass_files(self, count: int) -> None:
        """Open files are sent; ETOOMANYREFS if too many are under way."""
        if self.files + count > _MOST_FILES:
            raise Errno("ETOOMANYREFS")
        self.files += count

    def discard(self, files: list[OpenFile]) -> None:
        """Open files that nobody will receive lose a user. Closing one of them may discard more, which are dealt with here in turn, not
        within each other."""
        self._discarded.extend(files)
        if self._discarding:
            return
        self._discarding = True
        try:
            while self._discarded:
                self._discarded.popleft().release()
        finally:
            self._discarding = False

    def is_local(self, ip: bytes) -> bool:
        """Whether an address is the interface's own: macOS has 127.0.0.1 alone of 127/8."""
        if len(ip) == 4:
            return ip[0] == 127 and (self.system == "linux" or ip == LOOPBACK4)
        return ip == LOOPBACK6

    # Ports.

    def claim(self, socket: IpSocket, ip: bytes, port: int) -> int:
        """Let a socket hold a port at an address, and return the port; 0 asks for a free one."""
        if port:
            if port < _LOWEST_FREE and (self.system == "linux" or not is_any(ip)):
                raise Errno("EACCES")
            if self._taken(socket, ip, port):
                raise Errno("EADDRINUSE")
        else:
            port = self._free_port(socket, ip)
        self.hold(socket, port)
        return port

    def hold(self, socket: IpSocket, port: int) -> None:
        """Enter a socket as one that has this port, whoever else has it."""
        self.bound.setdefault((socket.protocol, port), {})[socket] = None

    def release(self, socket: IpSocket) -> None:
        """A socket gives its port back."""
        key = (socket.protocol, socket.here.port)
        holders = self.bound.get(key)
        if holders is not None and socket in holders:
            del holders[socket]
            if not holders:
                del self.bound[key]

    def _free_port(self, socket: IpSocket, ip: bytes) -> int:
        low, high = _EPHEMERAL[self.system]
        port = self._cursor.get(socket.protocol, low)
        for _ in range(high - low + 1):
            candidate = port
            port = low if port >= high else port + 1
            if (socket.protocol, candidate) not in self.bound:
                self._cursor[socket.protocol] = port
                return candidate
        raise Errno("EADDRINUSE")

    def _taken(self, socket: IpSocket, ip: bytes, port: int) -> bool:
        return any(
            other is not socket and self._conflict(socket, ip, other) for other in self.bound.get((socket.protocol, port), ())
        )

    def _conflict(self, socket: IpSocket, ip: bytes, other: IpSocket) -> bool:
        """Whether `socket` cannot bind to `ip` because `other` holds the port."""
        overlap, equal = _overlap(_patterns(socket, ip), _patterns(other, other.here.ip))
        if not overlap:
            return False
        if socket.options["reuse_port"] and other.options["reuse_port"]:
            return False
        if not (socket.options["reuse_address"] and (other.options["reuse_address"] or self.system == "darwin")):
            return True
        if self.system == "linux":
            return other.listening
        # macOS: with SO_REUSEADDR only the very same address is in the way, and not a connected socket.
        return equal and not other.connected

    def check_listen(self, socket: IpSocket) -> None:
        """EADDRINUSE if another socket listens where this one is about to."""
        if self.system != "linux":
            return
        for other in self.bound.get((socket.protocol, socket.here.port), ()):
            if other is socket or not other.listening or (socket.options["reuse_port"] and other.options["reuse_port"]):
                continue
            if _overlap(_patterns(socket, socket.here.ip), _patterns(other, other.here.ip))[0]:
                raise Errno("EADDRINUSE")

    def find(self, protocol: str, to: IpAddress, source: IpAddress, wanted: Callable[[IpSocket], bool]) -> IpSocket | None:
        """The socket that gets what `source` sends to `to`: the closest match, among equals that share a port one by the source's port."""
        best: list[IpSocket] = []
        score = -1
        for socket in self.bound.get((protocol, to.port), ()):
            if not wanted(socket):
                continue
            grade = _grade(socket, to, source)
            if grade > score:
                score = grade
                best = [socket]
            elif grade == score >= 0:
                best.append(socket)
        if not best:
            return None
        if len(best) > 1 and all(socket.options["reuse_port"] for socket in best) and self.system == "linux":
            return best[source.port % len(best)]
        return best[-1]

    # Multicast.

    def join(self, group: bytes) -> None:
        """A socket became a member of a group."""
        self.groups[group] = self.groups.get(group, 0) + 1

    def leave(self, group: bytes) -> None:
        """A socket is no longer a member of a group."""
        self.groups[group] -= 1
        if not self.groups[group]:
            del self.groups[group]


def _patterns(socket: IpSocket, ip: bytes) -> tuple[bytes | None, bytes | None]:
    """Which IPv4 and which IPv6 addresses a socket covers when bound to `ip`: None for none of them."""
    if len(ip) == 4:
        return ip, None
    if ip == ANY6:
        return (None if socket.options["only6"] else ANY4), ANY6
    return None, ip


def _overlap(one: tuple[bytes | None, bytes | None], other: tuple[bytes | None, bytes | None]) -> tuple[bool, bool]:
    """Whether two sockets cover a common address, and whether by naming the same one."""
    overlap = equal = False
    for mine, theirs in zip(one, other, strict=True):
        if mine is None or theirs is None:
            continue
        if mine == theirs:
            overlap = equal = True
        elif is_any(mine) or is_any(theirs):
            overlap = True
    return overlap, equal


def _grade(socket: IpSocket, to: IpAddress, source: IpAddress) -> int:
    """How well a bound socket matches a packet; -1 if it does not."""
    ip = socket.here.ip
    grade = 0
    if ip == to.ip:
        grade = 4
    elif len(ip) == len(to.ip) and is_any(ip):
        grade = 2
    elif not (ip == ANY6 and len(to.ip) == 4 and not socket.options["only6"]):
        return -1
    else:
        grade = 1
    there = socket.there
    if there is not None:
        if (there.ip, there.port) != (source.ip, source.port):
            return -1
        grade += 8
    return grade


# Well-known ports (IANA's service names and port numbers), by protocol.
_BOTH: Final = (("domain", 53), ("http", 80), ("https", 443), ("ntp", 123), ("snmp", 161), ("imap2", 143), ("kerberos", 88))
_TCP: Final = (
    ("echo", 7), ("discard", 9), ("daytime", 13), ("ftp-data", 20), ("ftp", 21), ("ssh", 22), ("telnet", 23), ("smtp", 25), ("time", 37),
    ("gopher", 70), ("finger", 79), ("pop3", 110), ("nntp", 119), ("ldap", 389), ("submissions", 465), ("submission", 587), ("ldaps", 636),
    ("ftps", 990), ("imaps", 993), ("pop3s", 995), ("socks", 1080), ("mysql", 3306), ("postgresql", 5432),
)  # fmt: skip
_UDP: Final = (("echo", 7), ("discard", 9), ("daytime", 13), ("time", 37), ("bootps", 67), ("bootpc", 68), ("tftp", 69), ("syslog", 514))


def services() -> bytes:
    """/etc/services."""
    rows = [(name, port, protocol) for name, port in _BOTH for protocol in ("tcp", "udp")]
    rows += [(name, port, "tcp") for name, port in _TCP] + [(name, port, "udp") for name, port in _UDP]
    return "".join(f"{name}\t{port}/{protocol}\n" for name, port, protocol in sorted(rows, key=lambda row: row[1:])).encode()
