# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP over loopback, with multicast among the guest's own sockets.

A datagram for a port that nobody has is answered by an ICMP error on the real systems, which a connected sender gets to know with its next
call; so it is here. What finds no room with the receiver is dropped, silently.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.net import loopback, netsocket
from pygo_cross.emulate.net.ip import IpSocket
from pygo_cross.emulate.net.loopback import Address, IpAddress, Network, Target
from pygo_cross.emulate.net.netsocket import DATAGRAM, Credentials, Message

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

_BUFFERS: Final = {"linux": (212992, 212992), "darwin": (9216, 786896)}
# The longest datagram by the IP version's length; macOS has a lower limit (loopback.inet.udp.maxdgram).
_LONGEST: Final = {4: 65507, 16: 65527}
# loopback.ipv4.igmp_max_memberships; IP_MAX_MEMBERSHIPS.
_MOST_GROUPS: Final = {"linux": 20, "darwin": 4095}


class UdpSocket(IpSocket):
    """A UDP socket."""

    __slots__ = ("_inbox", "_members", "_used")

    def __init__(self, network: Network, node: Node, family: str, owner: Credentials) -> None:
        super().__init__(network, node, family, DATAGRAM, "udp", owner)
        self.options["send_buffer"], self.options["receive_buffer"] = _BUFFERS[network.system]
        self._inbox: deque[Message] = deque()
        self._used = 0
        self._members: dict[bytes, None] = {}

    def connect(self, p: Process, address: Address | None) -> bool:
        if address is None:
            self.there = None
            if not self.chosen and self.here.port:
                self.here = IpAddress(loopback.ANY4 if self.family == loopback.INET else loopback.ANY6, self.here.port)
            return True
        to = self.route(self._checked(address))
        self.bind_any()
        self.there = None
        if not self.chosen:
            self.here = IpAddress(loopback.ANY4 if self.family == loopback.INET else loopback.ANY6, self.here.port)
        self.here = self.source_for(to)
        self.there = to
        return True

    def route(self, to: IpAddress) -> IpAddress:
        if loopback.is_multicast(to.ip):
            if not self.options["multicast_interface"] and loopback.is_any(self.here.ip):
                raise Errno("ENETUNREACH" if self.network.system == "linux" else "EHOSTUNREACH")
            return to
        if to.ip == loopback.BROADCAST:
            raise Errno("ENETUNREACH" if self.options["broadcast"] else "EACCES")
        return super().route(to)

    def target(self, p: Process, address: Address) -> Target:
        if self.there is not None and self.network.system == "darwin":
            raise Errno("EISCONN")
        to = self._checked(address)
        if not to.port:
            raise Errno("EINVAL" if self.network.system == "linux" else "EADDRNOTAVAIL")
        return to

    def send(self, data: bytes, to: Target | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        self._raise_error()
        if self.no_writing:
            raise Errno("EPIPE")
        if to is None:
            if self.there is None:
                raise Errno("EDESTADDRREQ")
            to = self.there
        assert isinstance(to, IpAddress)
        if len(data) > _LONGEST[len(to.ip)] or (self.network.system == "darwin" and len(data) > self.options["send_buffer"]):
            raise Errno("EMSGSIZE")
        to = self.route(to)
        self.bind_any()
        source = self.source_for(to) if not loopback.is_multicast(to.ip) else IpAddress(self._own(to.ip), self.here.port)
        if loopback.is_multicast(to.ip):
            self._send_group(data, to, source)
            return len(data)
        found = self.network.find("udp", to, source, lambda socket: True)
        if isinstance(found, UdpSocket):
            found.deliver(data, source, to.ip)
        elif self.there is not None and self.network.is_local(to.ip):
            self.error = "ECONNREFUSED"
            self._changed()
        return len(data)

    def _own(self, ip: bytes) -> bytes:
        return loopback.loopback(ip) if loopback.is_any(self.here.ip) else self.here.ip

    def _send_group(self, data: bytes, to: IpAddress, source: IpAddress) -> None:
        if not self.options["multicast_loop"] or to.ip not in self.network.groups:
            return
        for socket in list(self.network.bound.get(("udp", to.port), ())):
            if not isinstance(socket, UdpSocket) or socket.there is not None:
                continue
            if socket.here.ip != to.ip and not loopback.is_any(socket.here.ip):
                continue
            if len(to.ip) == 4 and socket.here.ip == loopback.ANY6 and socket.options["only6"]:
                continue
            # Linux gives what any socket has joined for to all that are bound to the wildcard (IP_MULTICAST_ALL).
            if to.ip in socket._members or (self.network.system == "linux" and len(to.ip) == 4):
                socket.deliver(data, source, to.ip)

    def deliver(self, data: bytes, source: IpAddress, destination: bytes) -> None:
        """A datagram has arrived."""
        if self.no_reading or self._used + len(data) > self.options["receive_buffer"] or self.network.left() < len(data):
            return
        message = Message(data, source)
        message.destination = destination
        self._inbox.append(message)
        self.network.used += len(data) + 256
        self._used += len(data) + 256  # what keeping a datagram costs, so that empty ones end too
        self.network.notify(self.queue)

    def receive(self, size: int, flags: int) -> Message | None:
        self._raise_error()
        if not self._inbox:
            return Message(b"") if self.no_reading else None
        message = self._inbox[0]
        if flags & netsocket.PEEK:
            copy = Message(message.data[:size], message.source)
            copy.size, copy.destination = message.size, message.destination
            return copy
        self._inbox.popleft()
        self.network.used -= message.size + 256
        self._used -= message.size + 256
        message.data = message.data[:size]
        return message

    def shutdown(self, how: int) -> None:
        if self.there is None:
            raise Errno("ENOTCONN")
        self.no_reading |= bool(how & netsocket.SHUT_READ)
        self.no_writing |= bool(how & netsocket.SHUT_WRITE)
        self._changed()

    def join(self, group: bytes, member: bool) -> None:
        if not loopback.is_multicast(group):
            raise Errno("EINVAL")
        if member:
            if group in self._members:
                raise Errno("EADDRINUSE")
            if len(self._members) >= _MOST_GROUPS[self.network.system]:
                raise Errno("ENOBUFS" if self.network.system == "linux" else "ETOOMANYREFS")
            self._members[group] = None
            self.network.join(group)
        else:
            if group not in self._members:
                raise Errno("EADDRNOTAVAIL")
            del self._members[group]
            self.network.leave(group)

    def poll(self) -> int:
        bits = files.POLL_OUT
        if self._inbox:
            bits |= files.POLL_IN
        if self.error:
            bits |= files.POLL_ERR
        if self.no_reading:
            bits |= files.POLL_IN | files.POLL_RDHUP
        if self.no_reading and self.no_writing:
            bits |= files.POLL_HUP
        return bits

    def available(self) -> int:
        return self._inbox[0].size if self._inbox else 0

    def room(self) -> int:
        return self.options["send_buffer"]

    def close(self) -> None:
        super().close()
        self.network.used -= self._used
        self._inbox.clear()
        self._used = 0
        self.network.release(self)
        for group in self._members:
            self.network.leave(group)
