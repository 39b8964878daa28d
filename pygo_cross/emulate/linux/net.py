# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets with Linux's numbers and structures, and netlink's list of interfaces and addresses.

Numbers are those of GOROOT/src/syscall/zerrors_linux_amd64.go and ztypes_linux_amd64.go, and of the kernel's own headers where Go's have
none; they are the same on arm64.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.linux.netlink import NETLINK, NetlinkSocket
from pygo_cross.emulate.net import loopback, netcalls, netsocket
from pygo_cross.emulate.net.loopback import INET, INET6, UNIX, Address, IpAddress, NetlinkAddress
from pygo_cross.emulate.net.netcalls import Dialect, OptionTable
from pygo_cross.emulate.net.netsocket import DATAGRAM, PACKET, RAW, STREAM, Message, Socket
from pygo_cross.emulate.net.tcp import TcpSocket

_AF_NETLINK: Final = 16
_NONBLOCK: Final = 0o4000
_CLOSE_ON_EXEC: Final = 0o2000000
_PATH_ROOM: Final = 108


class LinuxDialect(Dialect):
    """Linux's sockaddr: the family in two bytes."""

    __slots__ = ()

    def decode(self, data: bytes) -> Address | None:
        number = int.from_bytes(data[:2], "little")
        if not number:
            return None
        if number == _AF_NETLINK:
            if len(data) < 12:
                raise Errno("EINVAL")
            return NetlinkAddress(int.from_bytes(data[4:8], "little"))
        family = self.families.get(number)
        if family == UNIX:
            if len(data) > 2 + _PATH_ROOM:
                raise Errno("EINVAL")
            name = data[2:]
            return name if name[:1] == b"\0" else name.split(b"\0", 1)[0]
        if family is None:
            raise Errno("EAFNOSUPPORT")
        return netcalls.decode_ip(family, data)

    def encode(self, family: str, address: Address | None) -> bytes:
        if family == NETLINK:
            return struct.pack("<HHII", _AF_NETLINK, 0, address.number if isinstance(address, NetlinkAddress) else 0, 0)
        start = self.family_number(family).to_bytes(2, "little")
        if isinstance(address, IpAddress):
            return start + netcalls.encode_ip(family, address)
        if not isinstance(address, bytes) or not address:
            return start
        return start + address + (b"" if address[:1] == b"\0" else b"\0")

    def packet_info(self, socket: Socket, message: Message) -> list[tuple[int, int, bytes]]:
        to = message.destination
        if to is None:
            return []
        if socket.options["packet_info"] and len(to) == 4:
            own = loopback.LOOPBACK4 if loopback.is_multicast(to) else to
            return [(0, 8, loopback.INDEX.to_bytes(4, "little") + own + to)]
        if socket.options["packet_info6"] and socket.family == INET6:
            return [(41, 50, loopback.mapped(to) + loopback.INDEX.to_bytes(4, "little"))]
        return []


DIALECT: Final = LinuxDialect(
    families={1: UNIX, 2: INET, 10: INET6},
    kinds={1: STREAM, 2: DATAGRAM, 3: RAW, 5: PACKET},
    flags=(
        (0x1, netsocket.URGENT), (0x2, netsocket.PEEK), (0x20, netsocket.TELL_SIZE), (0x40, netsocket.DONT_WAIT),
        (0x100, netsocket.WAIT_ALL), (0x4000, netsocket.NO_SIGNAL), (0x40000000, netsocket.CLOSE_ON_EXEC),
    ),
    cut=(0x20, 0x8),
    echoed=0x40000000,
    header=struct.Struct("<QI4xQQQQi4x"),
    control=struct.Struct("<Qii"),
    control_align=8,
    socket_level=1,
    credentials_type=2,
    path_room=_PATH_ROOM,
    non_blocking_children=False,
)  # fmt: skip
netcalls.DIALECTS["linux"] = DIALECT

_SOCKET: Final = 1
_IP: Final = 0
_IPV6: Final = 41
_TCP: Final = 6
_MPTCP: Final = 284

_OPTIONS: Final[OptionTable] = {
    (_SOCKET, 1): ("debug", "flag"), (_SOCKET, 2): ("reuse_address", "flag"), (_SOCKET, 3): ("type", "special"),
    (_SOCKET, 4): ("error", "special"), (_SOCKET, 5): ("dont_route", "flag"), (_SOCKET, 6): ("broadcast", "flag"),
    (_SOCKET, 7): ("send_buffer", "special"), (_SOCKET, 8): ("receive_buffer", "special"), (_SOCKET, 9): ("keep_alive", "flag"),
    (_SOCKET, 10): ("urgent_inline", "flag"), (_SOCKET, 12): ("priority", "int"), (_SOCKET, 13): ("linger", "linger"),
    (_SOCKET, 15): ("reuse_port", "flag"), (_SOCKET, 16): ("pass_credentials", "flag"), (_SOCKET, 17): ("peer_credentials", "special"),
    (_SOCKET, 18): ("receive_low", "int"), (_SOCKET, 19): ("send_low", "read-only"), (_SOCKET, 20): ("receive_timeout", "time"),
    (_SOCKET, 21): ("send_timeout", "time"), (_SOCKET, 29): ("timestamp", "flag"), (_SOCKET, 30): ("accepting", "special"),
    (_SOCKET, 38): ("protocol", "special"), (_SOCKET, 39): ("domain", "special"),
    (_IP, 1): ("type_of_service", "byte"), (_IP, 2): ("hops", "byte"), (_IP, 8): ("packet_info", "flag"),
    (_IP, 12): ("receive_hops", "byte"), (_IP, 13): ("receive_type_of_service", "byte"),
    (_IP, 32): ("multicast_interface", "special"), (_IP, 33): ("multicast_hops", "byte"), (_IP, 34): ("multicast_loop", "byte"),
    (_IP, 35): ("join", "special"), (_IP, 36): ("leave", "special"),
    (_IPV6, 16): ("hops", "int"), (_IPV6, 17): ("multicast_interface", "special"), (_IPV6, 18): ("multicast_hops", "int"),
    (_IPV6, 19): ("multicast_loop", "int"), (_IPV6, 20): ("join", "special"), (_IPV6, 21): ("leave", "special"),
    (_IPV6, 26): ("only6", "special"), (_IPV6, 49): ("packet_info6", "flag"), (_IPV6, 51): ("receive_hops", "flag"),
    (_IPV6, 66): ("receive_type_of_service", "flag"), (_IPV6, 67): ("type_of_service", "int"),
    (_TCP, 1): ("no_delay", "flag"), (_TCP, 2): ("segment", "int"), (_TCP, 3): ("cork", "flag"), (_TCP, 4): ("keep_idle", "int"),
    (_TCP, 5): ("keep_interval", "int"), (_TCP, 6): ("keep_count", "int"), (_TCP, 7): ("syn_count", "int"),
    (_TCP, 9): ("defer_accept", "int"), (_TCP, 12): ("quick_ack", "flag"), (_TCP, 18): ("user_timeout", "int"),
    (_TCP, 23): ("fast_open", "int"), (_MPTCP, 1): ("multipath_info", "special"),
}  # fmt: skip

# What options are at first that only Linux has, or that the systems number differently.
_FIRST: Final = {
    "keep_idle": 7200, "keep_interval": 75, "keep_count": 9, "segment": 65483, "cork": 0, "syn_count": 6, "defer_accept": 0,
    "quick_ack": 1, "user_timeout": 0, "fast_open": 0, "receive_hops": 0, "receive_type_of_service": 0,
}  # fmt: skip
_HIGHEST: Final = {"keep_idle": 32767, "keep_interval": 32767, "keep_count": 127, "syn_count": 127}

# Options that callers try and do without: UDP_SEGMENT and UDP_GRO, which a kernel may lack.
_ABSENT: Final = {(17, 103): "ENOPROTOOPT", (17, 104): "ENOPROTOOPT"}

_LARGEST_BUFFER: Final = 212992


def _new(p: Process, domain: int, kind: int, protocol: int) -> Socket:
    if domain == _AF_NETLINK:
        return NetlinkSocket(p, kind, protocol)
    socket = netcalls.make_socket(p, domain, kind, protocol)
    socket.options.update(_FIRST)
    return socket


def _split(kind: int) -> tuple[int, int, bool]:
    """A type, neutral flags, and whether to close on exec."""
    if kind & ~0xF & ~(_NONBLOCK | _CLOSE_ON_EXEC):
        raise Errno("EINVAL")
    return kind & 0xF, files.NONBLOCK if kind & _NONBLOCK else 0, bool(kind & _CLOSE_ON_EXEC)


def socket_(p: Process, t: Thread, domain: int, kind: int, protocol: int) -> int:
    """socket(2)."""
    kind, flags, close_on_exec = _split(kind)
    socket = _new(p, domain, kind, protocol)
    socket.flags |= flags
    return p.files.add(socket, close_on_exec)


def socketpair(p: Process, t: Thread, domain: int, kind: int, protocol: int, address: int) -> int:
    """socketpair(2)."""
    kind, flags, close_on_exec = _split(kind)
    return netcalls.make_pair(p, domain, kind, protocol, address, flags, close_on_exec)


def accept4(p: Process, t: Thread, descriptor: int, address: int, length_at: int, flags: int) -> int | None:
    """accept4(2)."""
    if flags & ~(_NONBLOCK | _CLOSE_ON_EXEC):
        raise Errno("EINVAL")
    neutral = files.NONBLOCK if flags & _NONBLOCK else 0
    return netcalls.accept_with(p, t, descriptor, address, length_at, neutral, bool(flags & _CLOSE_ON_EXEC))


def _known(p: Process, socket: Socket, level: int, name: int, setting: bool) -> tuple[str, str]:
    if (level, name) == (_MPTCP, 1) and not (isinstance(socket, TcpSocket) and socket.multipath):
        raise Errno("EOPNOTSUPP")
    absent = _ABSENT.get((level, name))
    if absent is not None:
        raise Errno(absent)
    found = _OPTIONS.get((level, name))
    if found is None:
        p.count_missing(f"socket option {level}:{name}")
        raise Errno("ENOPROTOOPT")
    if level == _TCP and socket.protocol != "tcp":
        raise Errno("EOPNOTSUPP" if socket.family == UNIX else "ENOPROTOOPT")
    if (level == _IP and socket.family == UNIX) or (level == _IPV6 and socket.family != INET6):
        raise Errno("EOPNOTSUPP" if socket.family == UNIX or not setting else "ENOPROTOOPT")
    return found


def setsockopt(p: Process, t: Thread, descriptor: int, level: int, name: int, address: int, length: int) -> int:
    """setsockopt(2)."""
    socket = netcalls.socket_of(p, descriptor)
    option, form = _known(p, socket, level, name, True)
    data = netcalls.option_data(p, address, length)
    if form != "special":
        netcalls.set_plain(socket, option, form, data)
        highest = _HIGHEST.get(option)
        if highest is not None and not 1 <= socket.options[option] <= highest:
            socket.options[option] = _FIRST[option]
            raise Errno("EINVAL")
        return 0
    if option in ("send_buffer", "receive_buffer"):
        # The kernel doubles what it is asked for, within limits (net.core.wmem_max).
        smallest = 4608 if option == "send_buffer" else 2304
        socket.options[option] = max(2 * min(netcalls.number_of(data), _LARGEST_BUFFER), smallest)
    elif option == "only6":
        if netcalls.is_bound(socket):
            raise Errno("EINVAL")
        socket.options["only6"] = int(netcalls.number_of(data) != 0)
    elif option == "multicast_interface":
        socket.options[option] = _interface(p, level, data)
    elif option in ("join", "leave"):
        size = 20 if level == _IPV6 else 8
        if len(data) < size:
            raise Errno("EINVAL")
        if level == _IPV6:
            group, index = data[:16], int.from_bytes(data[16:20], "little")
        else:
            group, index = data[:4], _interface(p, level, data[:12] if len(data) >= 12 else data[4:8])
        netcalls.set_membership(p, socket, group, index, option == "join")
    else:
        raise Errno("ENOPROTOOPT")
    return 0


def _interface(p: Process, level: int, data: bytes) -> int:
    """The interface that an ip_mreqn, an in_addr or a number names."""
    if level == _IPV6 or len(data) >= 12:
        index = netcalls.number_of(data if level == _IPV6 else data[8:12])
        if index not in (0, loopback.INDEX):
            raise Errno("ENODEV")
        if index or level == _IPV6:
            return index
        data = data[4:8]
    if len(data) < 4:
        raise Errno("EINVAL")
    return netcalls.interface_of(p, data[:4])


def getsockopt(p: Process, t: Thread, descriptor: int, level: int, name: int, address: int, length_at: int) -> int:
    """getsockopt(2)."""
    socket = netcalls.socket_of(p, descriptor)
    option, form = _known(p, socket, level, name, False)
    if form != "special":
        value = netcalls.plain_value(socket, option, form)
    elif option == "peer_credentials":
        value = struct.pack("<iII", *(socket.peer_credentials() if socket.family == UNIX else (0, 0xFFFFFFFF, 0xFFFFFFFF)))
    elif option == "multipath_info":
        value = bytes(48)  # struct mptcp_info: no second path
    elif option == "multicast_interface" and level == _IP:
        value = loopback.LOOPBACK4 if socket.options[option] else loopback.ANY4
    else:
        value = netcalls.special_value(p, socket, option)
    return netcalls.give_option(p, value, address, length_at)


_MESSAGE: Final = 64  # sizeof(struct mmsghdr)


def _messages(p: Process, t: Thread, vector: int, count: int, one: Callable[[int, int], int | None]) -> int | None:
    """Send or receive several messages: `one` does it for a header's address and more flags. Waits, if at all, for the first."""
    done = 0
    for i in range(min(count, 1024)):
        place = vector + _MESSAGE * i
        try:
            size = one(place, 0x40 if i else 0)
        except Errno:
            if done:
                return done
            raise
        if size is None:
            # The wait's result is the first message's size; no more messages go with it.
            _after_wait(p, t, place)
            return None
        p.memory.put_u32(place + 56, size)
        done += 1
    return done


def _after_wait(p: Process, t: Thread, place: int) -> None:
    """Turn the result of the wait that was begun for one message, its size, into the number of messages, 1."""
    wait = t.wait
    if wait is None or wait.retry is None:
        return
    retry = wait.retry

    def counted() -> int | None:
        size = retry()
        if size is None:
            return None
        p.memory.put_u32(place + 56, size)
        return 1

    wait.retry = counted


def sendmmsg(p: Process, t: Thread, descriptor: int, vector: int, count: int, flags: int) -> int | None:
    """sendmmsg(2)."""
    return _messages(p, t, vector, count, lambda place, more: netcalls.sendmsg(p, t, descriptor, place, flags | more))


def recvmmsg(p: Process, t: Thread, descriptor: int, vector: int, count: int, flags: int, timeout: int) -> int | None:
    """recvmmsg(2). The timeout, which Linux looks at only between messages, is not heeded."""
    return _messages(p, t, vector, count, lambda place, more: netcalls.recvmsg(p, t, descriptor, place, flags & ~0x10000 | more))



# ioctl.

_FLAGS: Final = 0x49  # IFF_UP, IFF_LOOPBACK, IFF_RUNNING


def interface_ioctl(p: Process, request: int, argument: int) -> int | None:
    """ioctl(2) on a socket that asks about interfaces; None if it is not about one."""
    name = loopback.NAME["linux"]
    if request == 0x8912:  # SIOCGIFCONF
        room, place = struct.unpack("<i4xQ", p.memory.read(argument, 16))
        entry = name.ljust(16, b"\0") + struct.pack("<HH4s", 2, 0, loopback.LOOPBACK4).ljust(24, b"\0")
        if place:
            entry = entry if room >= len(entry) else b""
            p.memory.write(place, entry)
        p.memory.put_u32(argument, len(entry))
        return 0
    if request == 0x8910:  # SIOCGIFNAME
        if p.memory.u32(argument + 16) != loopback.INDEX:
            raise Errno("ENODEV")
        p.memory.write(argument, name.ljust(16, b"\0"))
        return 0
    values = {
        0x8913: struct.pack("<H", _FLAGS),  # SIOCGIFFLAGS
        0x8915: struct.pack("<HH4s8x", 2, 0, loopback.LOOPBACK4),  # SIOCGIFADDR
        0x891B: struct.pack("<HH4s8x", 2, 0, b"\xff\0\0\0"),  # SIOCGIFNETMASK
        0x8921: struct.pack("<i", loopback.MTU["linux"]),  # SIOCGIFMTU
        0x8927: struct.pack("<H14x", 772),  # SIOCGIFHWADDR
        0x8933: struct.pack("<i", loopback.INDEX),  # SIOCGIFINDEX
    }
    value = values.get(request)
    if value is None:
        return None
    if p.memory.read(argument, 16).split(b"\0", 1)[0] != name:
        raise Errno("ENODEV")
    p.memory.write(argument + 16, value)
    return 0


def groups_file(p: Process, family: int) -> bytes:
    """/proc/net/igmp and /proc/net/igmp6: the multicast groups that sockets are members of."""
    groups = p.kernel.network.groups
    if family == 6:
        head = f"{loopback.INDEX:<4d} {'lo':<15s}"
        rows = [f"{head} {group.hex()} {users:5d} 0000000C 0\n" for group, users in groups.items() if len(group) == 16]
        rows.append(f"{head} ff020000000000000000000000000001     1 0000000C 0\n")
        return "".join(rows).encode()
    rows = ["Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"]
    members = {b"\xe0\0\0\x01": 1, **{group: users for group, users in groups.items() if len(group) == 4}}
    rows.append(f"{loopback.INDEX}\t{'lo':<10s}: {len(members):5d} {'V3':>7s}\n")
    rows += [f"\t\t\t\t{group[::-1].hex().upper()} {users:5d} 0:00000000\t\t0\n" for group, users in members.items()]
    return "".join(rows).encode()

