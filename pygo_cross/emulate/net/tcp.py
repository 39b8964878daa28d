# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP over loopback: what is sent is in the other side's buffer at once.

There are no segments and no losses, hence no retransmission, no window but the two buffers' sizes, and no TIME_WAIT. What remains of the
protocol is what programs can see: a listener's backlog, the FIN of either side, and the RST that answers data for a socket that is gone or
that was closed with unread data (RFC 9293 sections 3.6 and 3.10; which error each system makes of it is said where it is made).
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
from pygo_cross.emulate.net.netsocket import STREAM, Credentials, Message

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

_IDLE: Final = 0
_LISTENING: Final = 1
_CONNECTING: Final = 2
_CONNECTED: Final = 3
_DEAD: Final = 4

# (send, receive) as a connection over loopback has them when nobody sets them.
_BUFFERS: Final = {"linux": (2626560, 131072), "darwin": (146808, 408300)}
# How much goes out before the answer to it has been seen: one segment of the loopback.
_ON_THE_WAY: Final = 65483
_MAX_BACKLOG: Final = {"linux": 4096, "darwin": 128}


class TcpSocket(IpSocket):
    """A TCP socket. `ended` says that the other side has sent its FIN, `blocked` that its last write found no room for all."""

    __slots__ = ("_announced", "_inbox", "_limit", "_parent", "_pending", "_queue", "_state", "blocked", "closed", "ended", "multipath",
                 "peer")  # fmt: skip

    def __init__(self, network: Network, node: Node, family: str, owner: Credentials) -> None:
        super().__init__(network, node, family, STREAM, "tcp", owner)
        self.options["send_buffer"], self.options["receive_buffer"] = _BUFFERS[network.system]
        self._state = _IDLE
        self._inbox = bytearray()
        self.peer: TcpSocket | None = None
        self.ended = False
        self.closed = False
        self.blocked = False
        # A listener: connections that wait to be accepted, and sockets whose connections there is no room for.
        self._queue: deque[TcpSocket] = deque()
        self._pending: deque[TcpSocket] = deque()
        self._limit = 0
        # The listener that a connecting socket waits for.
        self._parent: TcpSocket | None = None
        # connect(2) is asked again when it has finished in the background; the first time it says yes.
        self._announced = True
        # Multipath TCP was asked for, and as long as it is connected, the other side speaks it too. There is but one path.
        self.multipath = False

    @property
    def listening(self) -> bool:  # type: ignore[override]
        """Whether it takes connections."""
        return self._state == _LISTENING

    # Connections.

    def listen(self, p: Process, backlog: int) -> None:
        if self._state not in (_IDLE, _LISTENING):
            raise Errno("EINVAL")
        self.bind_any()
        if self._state == _IDLE:
            self.network.check_listen(self)
        highest = _MAX_BACKLOG[self.network.system]
        self._limit = highest if backlog < 0 or backlog > highest else max(backlog, 1)
        self._state = _LISTENING

    def accept(self) -> TcpSocket | None:
        if self._state != _LISTENING:
            raise Errno("EINVAL")
        self._raise_error()
        if not self._queue:
            return None
        child = self._queue.popleft()
        while self._pending and len(self._queue) <= self._limit:
            waiting = self._pending.popleft()
            if waiting._parent is self:
                self._establish(waiting)
        return child

    def connect(self, p: Process, address: Address | None) -> bool:
        if self._state == _CONNECTING:
            raise Errno("EALREADY")
        if self._state == _LISTENING:
            raise Errno("EISCONN" if self.network.system == "linux" else "EOPNOTSUPP")
        if self._state == _CONNECTED:
            if not self._announced:
                self._announced = True
                return True
            raise Errno("EISCONN")
        self._raise_error()
        if self._state == _DEAD:
            raise Errno("ECONNABORTED" if self.network.system == "linux" else "EINVAL")
        to = self._checked(address)
        if loopback.is_multicast(to.ip) or to.ip == loopback.BROADCAST:
            raise Errno("ENETUNREACH")
        to = self.route(to)
        if not to.port:
            raise Errno("ECONNREFUSED" if self.network.system == "linux" else "EADDRNOTAVAIL")
        self.bind_any()
        here = self.source_for(to)
        for other in self.network.bound.get(("tcp", here.port), ()):
            there = other.there
            if other is not self and there is not None and (there.ip, there.port, other.here.ip) == (to.ip, to.port, here.ip):
                raise Errno("EADDRNOTAVAIL" if self.network.system == "linux" else "EADDRINUSE")
        self.here = here
        self.there = to
        self._state = _CONNECTING
        self._announced = self.ended = False
        listener = self.network.find("tcp", to, here, lambda socket: socket.listening)
        if isinstance(listener, TcpSocket):
            if len(listener._queue) > listener._limit or not self.network.has_place():
                self._parent = listener
                listener._pending.append(self)
            else:
                listener._establish(self)
        elif self.network.is_local(to.ip):
            self._fail("ECONNREFUSED")
        return False

    def connect_result(self) -> bool | None:
        if self._state == _CONNECTING:
            return None
        self._announced = True
        if self._state == _CONNECTED:
            return True
        self.ended = False  # who waited for it gets a socket that may try again
        raise Errno(self.take_error() or "ECONNREFUSED")

    def abandon(self) -> None:
        if self._state == _CONNECTING:
            self._fail("ETIMEDOUT")

    def _fail(self, name: str) -> None:
        """The connection could not be made."""
        self.error = name
        self._parent = None
        self.there = None
        # Linux lets another attempt be made with the socket; on macOS it is of no more use.
        self._state = _IDLE if self.network.system == "linux" else _DEAD
        if self._state == _IDLE and not self.chosen:
            self.network.release(self)
            self.here = IpAddress(loopback.ANY4 if self.family == loopback.INET else loopback.ANY6, 0)
        self.ended = True
        self._changed()

    def _establish(self, client: TcpSocket) -> None:
        """Connect a client to this listener."""
        child = TcpSocket(self.network, Node(self.network.fs, self.node.mode), self.family, self.owner)
        child.inherit(self)
        assert client.there is not None
        child.here = client.there
        child.there = client.here
        self.network.hold(child, child.here.port)
        child._state = client._state = _CONNECTED
        child.peer, client.peer = client, child
        child.multipath = client.multipath = self.multipath and client.multipath
        client._parent = None
        client.ended = False
        self._queue.append(child)
        client._changed()
        self.network.notify(self.queue)

    def _reset(self, name: str) -> None:
        """An RST arrived."""
        self.error = name
        self._state = _DEAD
        self.ended = self.no_writing = True
        if self.network.system == "linux":
            self.there = None
        self._changed()

    # Data.

    def _room(self) -> int:
        """How much more this side can be sent. What the sender keeps and what the receiver keeps is in one buffer."""
        peer = self.peer
        if peer is None:
            return self.options["send_buffer"]
        return min(self.options["send_buffer"] + peer.options["receive_buffer"] - len(peer._inbox), self.network.left())

    def _writable(self) -> bool:
        room = self._room()
        peer = self.peer
        return room > 0 and (peer is None or 2 * room >= len(peer._inbox))

    def target(self, p: Process, address: Address) -> Target:
        if self._state != _CONNECTED:
            raise Errno("ENOTCONN" if self.network.system == "darwin" else "EPIPE")
        if self.network.system == "darwin":
            raise Errno("EISCONN")
        return IpAddress(b"", 0)  # Linux ignores it

    def send(self, data: bytes, to: Target | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        darwin = self.network.system == "darwin"
        if self.error and not (darwin and self.no_writing):
            raise Errno(self.take_error())
        if self.no_writing:
            raise Errno("EPIPE")
        if self._state == _CONNECTING:
            return None
        peer = self.peer
        if self._state != _CONNECTED or peer is None:
            raise Errno("ENOTCONN" if darwin else "EPIPE")
        if not data:
            return 0
        if peer.closed:
            # The data goes out, and the RST that it meets is told by the next call. After a FIN Linux says EPIPE (tcp_reset), macOS
            # ECONNRESET.
            self._reset("EPIPE" if self.ended and not darwin else "ECONNRESET")
            return min(len(data), _ON_THE_WAY)
        if peer.no_reading and darwin:
            return len(data)
        room = self._room()
        if room < len(data):
            self.blocked = True
            if room <= 0:
                return None
            data = data[:room]
        peer._inbox += data
        self.network.used += len(data)
        self.network.notify(peer.queue)
        return len(data)

    def receive(self, size: int, flags: int) -> Message | None:
        inbox = self._inbox
        if inbox:
            data = bytes(inbox[:size])
            if not flags & netsocket.PEEK:
                del inbox[:size]
                self.network.used -= len(data)
                peer = self.peer
                if peer is not None and peer.blocked and peer._writable():
                    peer.blocked = False
                    self.network.notify(peer.write_queue)
            return Message(data)
        if self.error:
            raise Errno(self.error if flags & netsocket.PEEK else self.take_error())
        if self.ended or self.no_reading:
            return Message(b"")
        if self._state == _CONNECTING:
            return None
        if self._state in (_IDLE, _LISTENING):
            raise Errno("ENOTCONN")
        return None

    def shutdown(self, how: int) -> None:
        if self._state == _LISTENING:
            if how & netsocket.SHUT_READ and self.network.system == "linux":
                self._refuse_all()
                self._state = _IDLE
                self._changed()
                return
            raise Errno("ENOTCONN")
        if self._state != _CONNECTED:
            raise Errno("ENOTCONN")
        if how & netsocket.SHUT_READ:
            self.no_reading = True
        if how & netsocket.SHUT_WRITE and not self.no_writing:
            self.no_writing = True
            if self.peer is not None and not self.peer.closed:
                self.peer.ended = True
                self.network.notify(self.peer.queue)
        self._changed()

    # As an open file.

    def poll(self) -> int:
        if self._state == _LISTENING:
            return files.POLL_IN if self._queue else 0
        bits = files.POLL_ERR if self.error else 0
        if self._state == _CONNECTING:
            return bits
        if self._state in (_IDLE, _DEAD) or (self.no_writing and (self.ended or self.no_reading)):
            bits |= files.POLL_HUP
        if self.ended or self.no_reading:
            bits |= files.POLL_IN | files.POLL_RDHUP
        if self._inbox:
            bits |= files.POLL_IN
        if self.no_writing or self._state == _IDLE or self._writable():
            bits |= files.POLL_OUT
        elif self._state == _CONNECTED:
            self.blocked = True  # whoever asks wants to be told when there is room
        return bits

    def available(self) -> int:
        return len(self._queue) if self._state == _LISTENING else len(self._inbox)

    def room(self) -> int:
        return max(self._room(), 0)

    def _refuse_all(self) -> None:
        """A listener goes away: who waits to be accepted is reset."""
        for child in self._queue:
            child.abort()
            child.close()
        self._queue.clear()
        for client in self._pending:
            if client._parent is self:
                client._fail("ECONNREFUSED")
        self._pending.clear()

    def abort(self) -> None:
        """Close at once with an RST."""
        self.closed = True
        self.network.release(self)
        peer = self.peer
        if peer is not None and not peer.closed and peer._state == _CONNECTED:
            peer._reset("ECONNRESET")
        self._forget()
        self._state = _DEAD

    def _forget(self) -> None:
        """What was not read will not be."""
        self.network.used -= len(self._inbox)
        self._inbox.clear()

    def close(self) -> None:
        if self._state == _LISTENING:
            self._refuse_all()
        elif self._state == _CONNECTED and (self._inbox or (self.options["linger_on"] and not self.options["linger"])):
            self.abort()
        elif self.peer is not None and not self.peer.closed and not self.no_writing:
            self.peer.ended = True
            self.network.notify(self.peer.queue)
        super().close()
        self._forget()
        self._parent = None
        self.closed = True
        self.network.release(self)
        peer = self.peer
        if peer is not None and peer.blocked:
            # It waits for room in a buffer that nobody will read: let it try, and meet the RST.
            peer.blocked = False
            self.network.notify(peer.write_queue)
