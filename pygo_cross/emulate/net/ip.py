# SPDX-License-Identifier: GPL-2.0-or-later
"""What TCP and UDP sockets have in common: addresses, binding, and which address a packet comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.net import loopback
from pygo_cross.emulate.net.loopback import INET, INET6, Address, IpAddress, Network
from pygo_cross.emulate.net.netsocket import Credentials, Socket

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process


class IpSocket(Socket):
    """A TCP or UDP socket. `here` is its own address (port 0: not bound), `there` the other side's."""

    __slots__ = ("chosen", "here", "there")

    def __init__(self, network: Network, node: Node, family: str, kind: str, protocol: str, owner: Credentials) -> None:
        super().__init__(network, node, family, kind, protocol, owner)
        self.here = IpAddress(loopback.ANY4 if family == INET else loopback.ANY6, 0)
        self.there: IpAddress | None = None
        # The address was asked for, and does not change with a connection.
        self.chosen = False

    @property
    def connected(self) -> bool:
        """Whether it has another side."""
        return self.there is not None

    def _checked(self, address: Address | None) -> IpAddress:
        """An address that the guest gave, if it is one of this socket's family."""
        if not isinstance(address, IpAddress) or (self.family == INET and len(address.ip) != 4):
            raise Errno("EAFNOSUPPORT")
        if self.family == INET6 and self.options["only6"] and len(address.ip) == 4:
            raise Errno("ENETUNREACH" if self.network.system == "linux" else "EINVAL")
        return address

    def bind(self, p: Process, address: Address | None) -> None:
        if not isinstance(address, IpAddress) or (self.family == INET and len(address.ip) != 4):
            raise Errno("EAFNOSUPPORT")
        if self.here.port:
            raise Errno("EINVAL")
        ip = address.ip
        if len(ip) == 4 and self.family == INET6 and self.options["only6"]:
            raise Errno("EINVAL" if self.network.system == "linux" else "EADDRNOTAVAIL")
        if not loopback.is_any(ip) and not self.network.is_local(ip) and not (self.protocol == "udp" and loopback.is_multicast(ip)):
            raise Errno("EADDRNOTAVAIL")
        port = self.network.claim(self, ip, address.port)
        self.here = IpAddress(ip, port, address.scope)
        self.chosen = not loopback.is_any(ip)

    def bind_any(self) -> None:
        """Take a free port, if it has none yet."""
        if not self.here.port:
            port = self.network.claim(self, self.here.ip, 0)
            self.here = IpAddress(self.here.ip, port)

    def route(self, to: IpAddress) -> IpAddress:
        """Where a packet to an address goes: the wildcard means this host. Raises ENETUNREACH where no route leads."""
        if loopback.is_any(to.ip):
            if self.family == INET6 and to.ip == loopback.ANY6 and len(self.here.ip) == 4:
                return IpAddress(loopback.LOOPBACK4, to.port)
            return IpAddress(loopback.loopback(to.ip), to.port)
        if self.network.is_local(to.ip):
            return to
        if len(to.ip) == 4 and to.ip[0] == 127:
            # macOS: the whole of 127/8 is routed to lo0, where only 127.0.0.1 answers.
            return to
        raise Errno("ENETUNREACH")

    def source_for(self, to: IpAddress) -> IpAddress:
        """The address that a packet to `to` bears as its sender's."""
        ip = self.here.ip
        if loopback.is_any(ip):
            ip = loopback.loopback(to.ip)
        if len(ip) != len(to.ip):
            raise Errno("EINVAL" if self.network.system == "darwin" else "ENETUNREACH")
        return IpAddress(ip, self.here.port)

    def local(self) -> Address:
        return self.here

    def remote(self) -> Address:
        if self.there is None:
            raise Errno("ENOTCONN")
        return self.there
