# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets with macOS's numbers and structures (GOROOT/src/syscall/zerrors_darwin_arm64.go and ztypes_darwin_arm64.go)."""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.kernel.calls import write_now
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.net import loopback, netcalls, netsocket
from pygo_cross.emulate.net.loopback import INET, INET6, UNIX, Address, IpAddress
from pygo_cross.emulate.net.netcalls import Dialect, OptionTable
from pygo_cross.emulate.net.netsocket import DATAGRAM, PACKET, RAW, STREAM, Message, Socket

_PATH_ROOM: Final = 104


class DarwinDialect(Dialect):
    """macOS's sockaddr: its length, then the family, in a byte each."""

    __slots__ = ()

    def decode(self, data: bytes) -> Address | None:
        if not data[1]:
            return None
        family = self.families.get(data[1])
        if family == UNIX:
            if len(data) > 2 + _PATH_ROOM:
                raise Errno("EINVAL")
            return data[2:].split(b"\0", 1)[0]
        if family is None:
            raise Errno("EAFNOSUPPORT")
        return netcalls.decode_ip(family, data)

    def encode(self, family: str, address: Address | None) -> bytes:
        if isinstance(address, IpAddress):
            data = netcalls.encode_ip(family, address)
        elif isinstance(address, bytes) and address:
            data = address + b"\0"
        else:
            # Who has no name shows an empty one in a struct sockaddr of the usual size.
            data = bytes(14)
        return bytes((2 + len(data), self.family_number(family))) + data

    def packet_info(self, socket: Socket, message: Message) -> list[tuple[int, int, bytes]]:
        to = message.destination
        if to is None:
            return []
        if socket.options["packet_info"] and len(to) == 4:
            return [(0, 26, loopback.INDEX.to_bytes(4, "little") + loopback.LOOPBACK4 + to)]
        if socket.options["receive_destination"] and len(to) == 4:
            return [(0, 7, to)]
        if socket.options["packet_info6"] and socket.family == INET6:
            return [(41, 46, loopback.mapped(to) + loopback.INDEX.to_bytes(4, "little"))]
        return []


DIALECT: Final = DarwinDialect(
    families={1: UNIX, 2: INET, 30: INET6},
    kinds={1: STREAM, 2: DATAGRAM, 3: RAW, 5: PACKET},
    flags=(
        (0x1, netsocket.URGENT), (0x2, netsocket.PEEK), (0x40, netsocket.WAIT_ALL), (0x80, netsocket.DONT_WAIT),
        (0x80000, netsocket.NO_SIGNAL),
    ),
    cut=(0x10, 0x20),
    echoed=0,
    header=struct.Struct("<QI4xQi4xQIi"),
    control=struct.Struct("<Iii"),
    control_align=4,
    socket_level=0xFFFF,
    credentials_type=0,
    path_room=_PATH_ROOM,
    non_blocking_children=True,
)  # fmt: skip
netcalls.DIALECTS["darwin"] = DIALECT

_SOCKET: Final = 0xFFFF
_IP: Final = 0
_LOCAL: Final = 0  # the level of unix sockets
_IPV6: Final = 41
_TCP: Final = 6

_OPTIONS: Final[OptionTable] = {
    (_SOCKET, 0x1): ("debug", "flag"), (_SOCKET, 0x2): ("accepting", "special"), (_SOCKET, 0x4): ("reuse_address", "flag"),
    (_SOCKET, 0x8): ("keep_alive", "flag"), (_SOCKET, 0x10): ("dont_route", "flag"), (_SOCKET, 0x20): ("broadcast", "flag"),
    (_SOCKET, 0x80): ("linger", "linger"), (_SOCKET, 0x1080): ("linger", "linger"), (_SOCKET, 0x100): ("urgent_inline", "flag"),
    (_SOCKET, 0x200): ("reuse_port", "flag"), (_SOCKET, 0x400): ("timestamp", "flag"), (_SOCKET, 0x1001): ("send_buffer", "special"),
    (_SOCKET, 0x1002): ("receive_buffer", "special"), (_SOCKET, 0x1003): ("send_low", "int"), (_SOCKET, 0x1004): ("receive_low", "int"),
    (_SOCKET, 0x1005): ("send_timeout", "time"), (_SOCKET, 0x1006): ("receive_timeout", "time"), (_SOCKET, 0x1007): ("error", "special"),
    (_SOCKET, 0x1008): ("type", "special"), (_SOCKET, 0x1020): ("readable", "special"), (_SOCKET, 0x1022): ("no_signal", "flag"),
    (_SOCKET, 0x1024): ("unsent", "special"),
    (_IP, 3): ("type_of_service", "int"), (_IP, 4): ("hops", "int"), (_IP, 7): ("receive_destination", "flag"),
    (_IP, 9): ("multicast_interface", "special"), (_IP, 10): ("multicast_hops", "byte"), (_IP, 11): ("multicast_loop", "byte"),
    (_IP, 12): ("join", "special"), (_IP, 13): ("leave", "special"), (_IP, 19): ("port_range", "int"),
    (_IP, 24): ("receive_hops", "flag"), (_IP, 26): ("packet_info", "flag"), (_IP, 66): ("multicast_interface", "special"),
    (_IPV6, 4): ("hops", "int"), (_IPV6, 9): ("multicast_interface", "special"), (_IPV6, 10): ("multicast_hops", "int"),
    (_IPV6, 11): ("multicast_loop", "int"), (_IPV6, 12): ("join", "special"), (_IPV6, 13): ("leave", "special"),
    (_IPV6, 14): ("port_range", "int"), (_IPV6, 27): ("only6", "special"), (_IPV6, 35): ("receive_type_of_service", "flag"),
    (_IPV6, 36): ("type_of_service", "int"), (_IPV6, 37): ("receive_hops", "flag"), (_IPV6, 61): ("packet_info6", "flag"),
    (_TCP, 1): ("no_delay", "flag"), (_TCP, 2): ("segment", "int"), (_TCP, 4): ("cork", "flag"), (_TCP, 8): ("no_options", "flag"),
    (_TCP, 0x10): ("keep_idle", "int"), (_TCP, 0x20): ("connect_timeout", "int"), (_TCP, 0x101): ("keep_interval", "int"),
    (_TCP, 0x102): ("keep_count", "int"), (_TCP, 0x105): ("fast_open", "int"),
}  # fmt: skip

_LOCAL_OPTIONS: Final = {1: "peer_credentials", 2: "peer_process", 3: "peer_process"}

_FIRST: Final = {
    "keep_idle": 7200, "keep_interval": 75, "keep_count": 8, "segment": 16344, "cork": 0, "no_options": 0, "connect_timeout": 0,
    "fast_open": 0, "receive_hops": 0, "receive_type_of_service": 0, "receive_destination": 0, "port_range": 0,
}  # fmt: skip

_LARGEST_BUFFER: Final = 8 << 20  # kern.ipc.maxsockbuf


def socket_(p: Process, t: Thread, domain: int, kind: int, protocol: int) -> int:
    """socket(2)."""
    socket = netcalls.make_socket(p, domain, kind, protocol)
    socket.options.update(_FIRST)
    return p.files.add(socket)


def _known(p: Process, socket: Socket, level: int, name: int) -> tuple[str, str]:
    if level == _LOCAL and socket.family == UNIX:
        local = _LOCAL_OPTIONS.get(name)
        if local is None:
            raise Errno("ENOPROTOOPT")
        return local, "special"
    found = _OPTIONS.get((level, name))
    if found is None:
        p.count_missing(f"socket option {level}:{name}")
        raise Errno("ENOPROTOOPT")
    if level == _TCP and socket.protocol != "tcp":
        raise Errno("EOPNOTSUPP" if socket.family == UNIX else "ENOPROTOOPT")
    if (level == _IP and socket.family == UNIX) or (level == _IPV6 and socket.family != INET6):
        raise Errno("EOPNOTSUPP" if socket.family == UNIX else "EINVAL")
    return found


def setsockopt(p: Process, t: Thread, descriptor: int, level: int, name: int, address: int, length: int) -> int:
    """setsockopt(2)."""
    socket = netcalls.socket_of(p, descriptor)
    option, form = _known(p, socket, level, name)
    data = netcalls.option_data(p, address, length)
    if form != "special":
        netcalls.set_plain(socket, option, form, data)
        return 0
    if option in ("send_buffer", "receive_buffer"):
        size = netcalls.number_of(data)
        if size <= 0:
            raise Errno("EINVAL")
        if size > _LARGEST_BUFFER:
            raise Errno("ENOBUFS")
        socket.options[option] = size
    elif option == "only6":
        if netcalls.is_bound(socket):
            raise Errno("EINVAL")
        socket.options["only6"] = int(netcalls.number_of(data) != 0)
    elif option == "multicast_interface":
        if level == _IP and name == 9 and len(data) < 8:
            socket.options[option] = netcalls.interface_of(p, data[:4].ljust(4, b"\0"))
        else:
            index = netcalls.number_of(data[8:12] if len(data) >= 12 else data)
            if index not in (0, loopback.INDEX):
                raise Errno("ENXIO")
            socket.options[option] = index
    elif option in ("join", "leave"):
        if len(data) < (20 if level == _IPV6 else 8):
            raise Errno("EINVAL")
        group = data[:16] if level == _IPV6 else data[:4]
        index = int.from_bytes(data[16:20], "little") if level == _IPV6 else netcalls.interface_of(p, data[4:8])
        netcalls.set_membership(p, socket, group, index, option == "join")
    else:
        raise Errno("ENOPROTOOPT")
    return 0


def getsockopt(p: Process, t: Thread, descriptor: int, level: int, name: int, address: int, length_at: int) -> int:
    """getsockopt(2)."""
    socket = netcalls.socket_of(p, descriptor)
    option, form = _known(p, socket, level, name)
    if form != "special":
        value = netcalls.plain_value(socket, option, form)
    elif option == "peer_credentials":
        _, user, group = socket.peer_credentials()
        value = struct.pack("<IIh2x16I", 0, user, 1, group, *([0] * 15))  # struct xucred
    elif option == "peer_process":
        value = struct.pack("<i", socket.peer_credentials()[0])
    elif option == "readable":
        value = struct.pack("<i", socket.available())
    elif option == "unsent":
        value = bytes(4)
    elif option == "multicast_interface" and level == _IP and name == 9:
        value = loopback.LOOPBACK4 if socket.options[option] else loopback.ANY4
    else:
        value = netcalls.special_value(p, socket, option)
    return netcalls.give_option(p, value, address, length_at)


# Interfaces.

_FLAGS: Final = 0x8049  # IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_MULTICAST
_RTA_NETMASK, _RTA_INTERFACE, _RTA_ADDRESS = 0x4, 0x10, 0x20


def _link_address() -> bytes:
    name = loopback.NAME["darwin"]
    return struct.pack("<BBHBBBB", 20, 18, loopback.INDEX, 24, len(name), 0, 0) + name.ljust(12, b"\0")


def _inet(ip: bytes) -> bytes:
    if len(ip) == 4:
        return struct.pack("<BBH4s8x", 16, 2, 0, ip)
    return struct.pack("<BBHI16sI", 28, 30, 0, 0, ip, 0)


def _message(kind: int, addresses: int, flags: int, body: bytes) -> bytes:
    """A routing message: its length, version 5, type, which addresses follow, flags, interface."""
    return struct.pack("<HBBiiH", 14 + len(body), 5, kind, addresses, flags, loopback.INDEX) + body


def interface_list(p: Process, family: int, multicast: bool) -> bytes:
    """What sysctl tells for NET_RT_IFLIST, or for NET_RT_IFLIST2, which has the multicast groups too (route(4))."""
    out = b""
    # struct if_msghdr2 is longer by counters; ifi_type 24 is a loopback's, the MTU the fourth word of the data.
    data = struct.pack("<8BII", 24, 0, 0, 0, 0, 0, 0, 0, loopback.MTU["darwin"], 0)
    if multicast:
        out += _message(0x12, _RTA_INTERFACE, _FLAGS, (bytes(18) + data).ljust(160 - 14, b"\0") + _link_address())
    else:
        out += _message(0xE, _RTA_INTERFACE, _FLAGS, (bytes(2) + data).ljust(112 - 14, b"\0") + _link_address())
    mask4, mask6 = b"\xff\0\0\0", b"\xff" * 16
    for number, ip, mask in ((2, loopback.LOOPBACK4, mask4), (30, loopback.LOOPBACK6, mask6)):
        if family in (0, number):
            body = bytes(6) + _inet(mask) + _inet(ip)
            out += _message(0xC, _RTA_NETMASK | _RTA_ADDRESS, 0, body)
    if multicast:
        groups = [b"\xe0\0\0\x01", b"\xff\x02" + bytes(13) + b"\x01", *p.kernel.network.groups]
        for group in groups:
            body = bytes(10) + _link_address() + _inet(group)  # struct ifma_msghdr2
            out += _message(0x13, _RTA_INTERFACE | _RTA_ADDRESS, 0, body)
    return out


def interface_ioctl(p: Process, request: int, argument: int) -> int | None:
    """ioctl(2) on a socket that asks about the interface; None if it is not about one."""
    values = {
        0xC0206911: struct.pack("<H", _FLAGS),  # SIOCGIFFLAGS
        0xC0206921: _inet(loopback.LOOPBACK4),  # SIOCGIFADDR
        0xC0206925: _inet(b"\xff\0\0\0"),  # SIOCGIFNETMASK
        0xC0206933: struct.pack("<i", loopback.MTU["darwin"]),  # SIOCGIFMTU
    }
    value = values.get(request)
    if value is None:
        return None
    if p.memory.read(argument, 16).split(b"\0", 1)[0] != loopback.NAME["darwin"]:
        raise Errno("ENXIO")
    p.memory.write(argument + 16, value)
    return 0


def if_nametoindex(p: Process, t: Thread, name: bytes) -> int:
    """if_nametoindex(3)."""
    if name != loopback.NAME["darwin"]:
        raise Errno("ENXIO")
    return loopback.INDEX


def sendfile(p: Process, t: Thread, descriptor: int, out: int, offset: int, length_at: int, headers: int, flags: int) -> int | None:
    """sendfile(2): writes the number of bytes sent to `length_at`, whether or not that was all."""
    source = p.files.get(descriptor)
    socket = netcalls.socket_of(p, out)
    if headers:
        raise Errno("ENOTSUP")
    if not isinstance(source, files.SeekableFile):
        raise Errno("ENOTSUP")
    if socket.kind != STREAM:
        raise Errno("EINVAL")
    if offset < 0:
        raise Errno("EINVAL")
    wanted = p.memory.u64(length_at)
    sent = 0

    def finish() -> int:
        p.memory.put_u64(length_at, sent)
        return 0

    def attempt() -> int | None:
        nonlocal sent
        while not wanted or sent < wanted:
            part = min(wanted - sent if wanted else 1 << 16, 1 << 16)
            data = source.pread(part, offset + sent)
            if not data:
                return finish()
            try:
                count = write_now(p, t, socket, data)
            except Errno:
                finish()
                raise
            if count is None:
                if socket.flags & files.NONBLOCK:
                    finish()
                    raise Errno("EAGAIN")
                return None
            sent += count
        return finish()

    return p.wait_for(t, "sendfile", socket.write_queue, attempt)
