# SPDX-License-Identifier: GPL-2.0-or-later
"""A netlink route socket that lists interfaces, addresses and routes, which is what GOROOT/src/syscall/netlink_linux.go asks of it.

Changes are refused with EPERM, as to anyone without privilege. Message layouts are those of rtnetlink(7).
"""

from __future__ import annotations

import struct
from collections import deque
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import GID, UID
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.net import loopback, netsocket
from pygo_cross.emulate.net.loopback import Address, NetlinkAddress, Target
from pygo_cross.emulate.net.netsocket import RAW, Credentials, Message, Socket

NETLINK: Final = "netlink"

_HEADER: Final = struct.Struct("<IHHII")
_ERROR, _DONE = 2, 3
_MULTI: Final = 2
_ACK: Final = 4
_DUMP: Final = 0x300
_NEW_LINK, _GET_LINK = 16, 18
_NEW_ADDRESS, _GET_ADDRESS = 20, 22
_GET_ROUTE: Final = 26
_MOST_ANSWERS: Final = 256  # that wait to be received
_EPERM, _EOPNOTSUPP, _ENODEV = 1, 95, 19

_IFF: Final = 0x10049  # up, loopback, running, and lower layer up; Linux's lo does not claim to be for multicast


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def _link() -> bytes:
    body = struct.pack("<BxHiII", 0, 772, loopback.INDEX, _IFF, 0)
    body += _attribute(3, loopback.NAME["linux"] + b"\0")  # IFLA_IFNAME
    body += _attribute(13, struct.pack("<I", 1000))  # IFLA_TXQLEN
    body += _attribute(16, b"\0")  # IFLA_OPERSTATE: unknown
    body += _attribute(4, struct.pack("<I", loopback.MTU["linux"]))  # IFLA_MTU
    body += _attribute(1, bytes(6)) + _attribute(2, bytes(6))  # IFLA_ADDRESS, IFLA_BROADCAST
    return body


def _address(family: int) -> bytes:
    ip, prefix = (loopback.LOOPBACK4, 8) if family == 2 else (loopback.LOOPBACK6, 128)
    body = struct.pack("<BBBBi", family, prefix, 0x80, 254, loopback.INDEX)  # IFA_F_PERMANENT, scope host
    body += _attribute(1, ip)  # IFA_ADDRESS
    if family == 2:
        body += _attribute(2, ip) + _attribute(3, loopback.NAME["linux"] + b"\0")  # IFA_LOCAL, IFA_LABEL
    return body + _attribute(8, struct.pack("<I", 0x80))  # IFA_FLAGS


class NetlinkSocket(Socket):
    """A netlink socket of the route family."""

    __slots__ = ("_id", "_inbox")

    def __init__(self, p: Process, kind: int, protocol: int) -> None:
        if kind not in (2, 3):
            raise Errno("ESOCKTNOSUPPORT")
        if protocol:
            raise Errno("EPROTONOSUPPORT")
        super().__init__(p.kernel.network, netsocket.new_node(p), NETLINK, RAW, NETLINK, (p.pid, UID, GID))
        self.options["send_buffer"] = self.options["receive_buffer"] = 212992
        self._id = 0
        self._inbox: deque[bytes] = deque()

    def bind(self, p: Process, address: Address | None) -> None:
        if isinstance(address, NetlinkAddress) and address.number not in (0, p.pid):
            self._id = address.number
        else:
            self._id = p.pid

    def connect(self, p: Process, address: Address | None) -> bool:
        self._id = self._id or p.pid
        return True

    def local(self) -> Address:
        return NetlinkAddress(self._id)

    def remote(self) -> Address:
        return NetlinkAddress(0)

    def target(self, p: Process, address: Address) -> Target:
        return NetlinkAddress(0)

    def send(self, data: bytes, to: Target | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        if len(self._inbox) >= _MOST_ANSWERS:
            raise Errno("ENOBUFS")
        place = 0
        self._id = self._id or self.owner[0]
        while place + _HEADER.size <= len(data) and len(self._inbox) < _MOST_ANSWERS:
            length, kind, flags, sequence, _ = _HEADER.unpack_from(data, place)
            if length < _HEADER.size or place + length > len(data):
                break
            self._answer(kind, flags, sequence, data[place : place + length])
            place += (length + 3) & -4
        self.network.notify(self.queue)
        return len(data)

    def _message(self, kind: int, flags: int, sequence: int, body: bytes) -> bytes:
        return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, self._id) + body + bytes(-len(body) % 4)

    def _answer(self, kind: int, flags: int, sequence: int, request: bytes) -> None:
        family = request[_HEADER.size] if len(request) > _HEADER.size else 0
        parts: list[tuple[int, bytes]] | None = None
        if kind == _GET_LINK:
            index = int.from_bytes(request[20:24], "little") if len(request) >= 24 else 0
            if flags & _DUMP == _DUMP or index == loopback.INDEX:
                parts = [(_NEW_LINK, _link())]
            else:
                self._inbox.append(self._message(_ERROR, 0, sequence, struct.pack("<i", -_ENODEV) + request[:16]))
                return
        elif kind == _GET_ADDRESS:
            parts = [(_NEW_ADDRESS, _address(number)) for number in (2, 10) if family in (0, number)]
        elif kind == _GET_ROUTE:
            parts = []
        if parts is None:
            error = _EPERM if kind >= 16 and kind % 4 != 2 else _EOPNOTSUPP
            self._inbox.append(self._message(_ERROR, 0, sequence, struct.pack("<i", -error) + request[:16]))
            return
        if flags & _DUMP == _DUMP:
            if parts:
                self._inbox.append(b"".join(self._message(number, _MULTI, sequence, body) for number, body in parts))
            self._inbox.append(self._message(_DONE, _MULTI, sequence, bytes(4)))
            return
        self._inbox.extend(self._message(number, 0, sequence, body) for number, body in parts)
        if flags & _ACK:
            self._inbox.append(self._message(_ERROR, 0, sequence, bytes(4) + request[:16]))

    def receive(self, size: int, flags: int) -> Message | None:
        if not self._inbox:
            return None
        whole = self._inbox[0] if flags & netsocket.PEEK else self._inbox.popleft()
        message = Message(whole[:size], NetlinkAddress(0))
        message.size = len(whole)
        return message

    def poll(self) -> int:
        return files.POLL_OUT | (files.POLL_IN if self._inbox else 0)

    def available(self) -> int:
        return len(self._inbox[0]) if self._inbox else 0
