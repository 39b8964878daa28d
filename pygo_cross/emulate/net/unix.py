# SPDX-License-Identifier: GPL-2.0-or-later
"""Unix sockets: streams, datagrams and (on Linux) packets, named in the tree or, on Linux, abstractly; open files can be passed.

A receive queue holds segments, each with what came along with it. A stream's reader gets no more than one sender's files at a time, as
unix(7) has it: a segment with files is never joined with what follows.
"""

from __future__ import annotations

import stat
from collections import deque
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.net import netsocket
from pygo_cross.emulate.net.loopback import UNIX, Address, Network, SocketNode, Target
from pygo_cross.emulate.net.netsocket import DATAGRAM, STREAM, Credentials, Message, Socket

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

# How many bytes one direction holds, and how many datagrams (net.unix.max_dgram_qlen).
_BUFFERS: Final = {
    ("linux", STREAM): (212992, 212992),
    ("linux", DATAGRAM): (212992, 212992),
    ("linux", netsocket.PACKET): (212992, 212992),
    ("darwin", STREAM): (8192, 8192),
    ("darwin", DATAGRAM): (2048, 4096),
}
_MAX_DATAGRAMS: Final = 11
# What keeping a message costs beside its bytes, so that empty ones end too.
_COST: Final = 256
_MAX_BACKLOG: Final = {"linux": 4096, "darwin": 128}


class UnixSocket(Socket, Target):
    """A unix socket. `name` is what it is bound to; `peer` the other side of a connection, or whom a datagram socket sends to."""

    __slots__ = ("_inbox", "_limit", "_node", "_pending", "_queue", "_used", "_waiting", "blocked", "closed", "joined", "listening", "name",
                 "peer", "peer_name", "peer_owner")  # fmt: skip

    def __init__(self, network: Network, node: Node, kind: str, owner: Credentials) -> None:
        super().__init__(network, node, UNIX, kind, "unix", owner)
        self.options["send_buffer"], self.options["receive_buffer"] = _BUFFERS[network.system, kind]
        self.name = b""
        self._node: SocketNode | None = None
        self.listening = False
        self._limit = 0
        self._queue: deque[UnixSocket] = deque()
        self._pending: deque[UnixSocket] = deque()
        self._inbox: deque[Message] = deque()
        self._used = 0
        self.peer: UnixSocket | None = None
        self.peer_name = b""
        self.peer_owner: Credentials | None = None
        # It has been a connection, whatever became of the peer.
        self.joined = False
        self.closed = False
        self.blocked = False
        # Datagram senders that found no room here.
        self._waiting: dict[UnixSocket, None] = {}

    # Names.

    def bind(self, p: Process, address: Address | None) -> None:
        if not isinstance(address, bytes):
            raise Errno("EINVAL" if self.network.system == "linux" else "EAFNOSUPPORT")
        if self.name:
            raise Errno("EINVAL")
        abstract = self.network.abstract
        if not address:
            if self.network.system != "linux":
                raise Errno("ENOENT")
            number = 0
            while (address := b"\0%05x" % number) in abstract:
                number += 1
        if address[:1] == b"\0":
            if address in abstract:
                raise Errno("EADDRINUSE")
            abstract[address] = self
        else:
            try:
                directory, name = p.fs.place(p.cwd, address)
            except Errno as error:
                raise Errno("EADDRINUSE" if error.name == "EEXIST" else error.name) from error
            self._node = SocketNode(p.fs, stat.S_IFSOCK | 0o777 & ~p.umask, self)
            p.fs.add(directory, name, self._node)
        self.name = address

    def _find(self, p: Process, address: Address | None) -> UnixSocket:
        """The socket of a name."""
        if not isinstance(address, bytes):
            raise Errno("EINVAL" if self.network.system == "linux" else "EAFNOSUPPORT")
        if not address:
            raise Errno("EINVAL" if self.network.system == "linux" else "ENOENT")
        if address[:1] == b"\0":
            found = self.network.abstract.get(address)
        else:
            node = p.fs.resolve(p.cwd, address)
            if not isinstance(node, SocketNode):
                raise Errno("ECONNREFUSED" if self.network.system == "linux" else "ENOTSOCK")
            if not node.mode & 0o200:
                raise Errno("EACCES")
            found = node.socket
        if found is None or found.closed:
            raise Errno("ECONNREFUSED")
        if found.kind != self.kind:
            raise Errno("EPROTOTYPE")
        return found

    def local(self) -> Address:
        return self.name

    def remote(self) -> Address:
        if not self.joined and self.peer is None:
            raise Errno("ENOTCONN")
        return self.peer_name

    def peer_credentials(self) -> Credentials:
        if self.peer_owner is None:
            if self.network.system == "linux":
                return 0, 0xFFFFFFFF, 0xFFFFFFFF
            raise Errno("ENOTCONN")
        return self.peer_owner

    # Connections.

    def listen(self, p: Process, backlog: int) -> None:
        if self.kind == DATAGRAM:
            raise Errno("EOPNOTSUPP")
        if not self.name or self.joined:
            raise Errno("EINVAL" if self.network.system == "linux" or self.joined else "EDESTADDRREQ")
        highest = _MAX_BACKLOG[self.network.system]
        self._limit = highest if backlog < 0 or backlog > highest else backlog
        self.listening = True

    def accept(self) -> UnixSocket | None:
        if self.kind == DATAGRAM:
            raise Errno("EOPNOTSUPP")
        if not self.listening:
            raise Errno("EINVAL")
        if not self._queue:
            return None
        child = self._queue.popleft()
        # Those who wait try again; whoever comes first gets the place.
        while self._pending and len(self._queue) <= self._limit:
            self.network.notify(self._pending.popleft().write_queue)
        return child

    def connect(self, p: Process, address: Address | None) -> bool:
        if self.kind == DATAGRAM:
            self.peer = None if address is None else self._find(p, address)
            self.peer_name = self.peer.name if self.peer is not None else b""
            self._changed()
            return True
        if self.joined:
            raise Errno("EISCONN")
        if self.listening:
            raise Errno("EINVAL" if self.network.system == "linux" else "EOPNOTSUPP")
        server = self._find(p, address)
        if not server.listening:
            raise Errno("ECONNREFUSED")
        if len(server._queue) > server._limit or not self.network.has_place():
            # Linux tells a socket that does not wait to come again; a waiting one is asked to by `accept`. macOS refuses.
            if self.network.system == "darwin":
                raise Errno("ECONNREFUSED")
            server._pending.append(self)
            raise Errno("EAGAIN")
        child = UnixSocket(self.network, Node(self.network.fs, self.node.mode), self.kind, server.owner)
        child.inherit(server)
        child.name = server.name
        self.join_with(child)
        server._queue.append(child)
        self.network.notify(server.queue)
        self._changed()
        return True

    def join_with(self, other: UnixSocket) -> None:
        """Make two sockets each other's peers."""
        for one, two in ((self, other), (other, self)):
            one.peer = two
            one.peer_name = two.name
            one.peer_owner = two.owner
            one.joined = True

    # Data.

    def target(self, p: Process, address: Address) -> Target:
        if self.kind != DATAGRAM:
            raise Errno("EISCONN" if self.joined else "EOPNOTSUPP" if self.network.system == "linux" else "ENOTCONN")
        if self.peer is not None and self.network.system == "darwin":
            raise Errno("EISCONN")
        return self._find(p, address)

    def send(self, data: bytes, to: Target | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        self._raise_error()
        if self.no_writing:
            raise Errno("EPIPE")
        peer = to if isinstance(to, UnixSocket) else self.peer
        if self.kind == DATAGRAM:
            return self._send_datagram(data, peer, rights, credentials)
        if peer is None:
            raise Errno("EPIPE" if self.joined else "ENOTCONN")
        if peer.closed or peer.no_reading:
            raise Errno("EPIPE")
        if self.kind != STREAM:
            if len(data) > self.options["send_buffer"]:
                raise Errno("EMSGSIZE")
            if not peer._has_place(len(data)):
                self.blocked = True
                return None
        elif not data:
            return 0
        else:
            room = min(peer.options["receive_buffer"] - peer._used, self.network.left())
            if room < len(data):
                self.blocked = True
                if room <= 0:
                    return None
                data = data[:room]
        peer._take(data, self, rights, credentials)
        return len(data)

    def _send_datagram(self, data: bytes, peer: UnixSocket | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        if peer is None:
            raise Errno("ENOTCONN" if self.network.system == "linux" else "EDESTADDRREQ")
        if peer.closed:
            if peer is self.peer:
                self.peer = None
            raise Errno("ECONNREFUSED")
        if peer.no_reading:
            raise Errno("EPIPE")
        if peer.kind != DATAGRAM:
            raise Errno("EPROTOTYPE")
        if peer.peer is not None and peer.peer is not self:
            raise Errno("EPERM" if self.network.system == "linux" else "ECONNREFUSED")
        if len(data) > self.options["send_buffer"]:
            raise Errno("EMSGSIZE")
        if not peer._has_place(len(data)):
            if self.network.system == "darwin":
                raise Errno("ENOBUFS")
            peer._waiting[self] = None
            return None
        peer._take(data, self, rights, credentials)
        return len(data)

    def _has_place(self, size: int) -> bool:
        if self.network.left() < size:
            return False
        if self.kind == DATAGRAM and len(self._inbox) >= _MAX_DATAGRAMS:
            return False
        return not self._inbox or self._used + size + _COST * len(self._inbox) <= self.options["receive_buffer"]

    def _take(self, data: bytes, sender: UnixSocket, rights: list[OpenFile], credentials: Credentials | None) -> None:
        """Something was sent here."""
        if rights:
            self.network.pass_files(len(rights))
        self._used += len(data)
        self.network.used += len(data)
        last = self._inbox[-1] if self._inbox else None
        plain = self.kind == STREAM and not rights
        if plain and last is not None and not last.rights and last.credentials == (credentials or sender.owner) and len(last.data) < 65536:
            last.data += data
        else:
            message = Message(data, sender.name)
            message.credentials = credentials or sender.owner
            message.rights = rights
            for file in rights:
                file.users += 1
            self._inbox.append(message)
        self.network.notify(self.queue)

    def receive(self, size: int, flags: int) -> Message | None:
        if not self._inbox:
            if self.error:
                raise Errno(self.error if flags & netsocket.PEEK else self.take_error())
            peer = self.peer
            if self.no_reading or (self.kind != DATAGRAM and self.joined and (peer is None or peer.closed or peer.no_writing)):
                return Message(b"")
            if self.kind != DATAGRAM and not self.joined:
                raise Errno("EINVAL" if self.network.system == "linux" else "ENOTCONN")
            return None
        if not size and self.kind == STREAM:
            return Message(b"")
        first = self._inbox[0]
        result = Message(first.data[:size], first.source)
        result.credentials = first.credentials
        if self.kind != STREAM:
            result.size = len(first.data)
        if flags & netsocket.PEEK:
            result.rights = list(first.rights)
            for file in result.rights:
                file.users += 1
            return result
        result.rights, first.rights = first.rights, []
        self.network.files -= len(result.rights)
        before = self._used
        if self.kind != STREAM or size >= len(first.data):
            self._used -= len(first.data)
            self._inbox.popleft()
        else:
            self._used -= size
            first.data = first.data[size:]
        if self.kind == STREAM and not result.rights and len(result.data) < size:
            self._gather(result, size)
        self.network.used -= before - self._used
        self._made_room()
        return result

    def _gather(self, result: Message, size: int) -> None:
        """Fill a stream's read with what follows, as far as it came from the same sender without files."""
        parts = [result.data]
        left = size - len(result.data)
        while left and self._inbox and not self._inbox[0].rights and self._inbox[0].credentials == result.credentials:
            following = self._inbox[0]
            part = following.data[:left]
            if len(part) == len(following.data):
                self._inbox.popleft()
            else:
                following.data = following.data[left:]
            parts.append(part)
            left -= len(part)
            self._used -= len(part)
        result.data = b"".join(parts)
        result.size = len(result.data)

    def _made_room(self) -> None:
        if self.kind == DATAGRAM:
            waiting, self._waiting = self._waiting, {}
            for sender in waiting:
                self.network.notify(sender.write_queue)
            return
        peer = self.peer
        if peer is not None and peer.blocked and peer._writable():
            peer.blocked = False
            self.network.notify(peer.write_queue)

    def _writable(self) -> bool:
        peer = self.peer
        if self.kind == DATAGRAM:
            return peer is None or peer.closed or peer._has_place(1)
        return peer is None or peer.closed or 4 * peer._used <= 3 * peer.options["receive_buffer"]

    def shutdown(self, how: int) -> None:
        peer = self.peer
        if self.listening:
            self._refuse_all()
            self.no_reading = self.no_writing = True
            self.listening = False
            self._changed()
            return
        if not self.joined and peer is None:
            raise Errno("ENOTCONN")
        self.no_reading |= bool(how & netsocket.SHUT_READ)
        self.no_writing |= bool(how & netsocket.SHUT_WRITE)
        self._changed()
        if peer is not None and self.kind != DATAGRAM:
            peer._changed()

    def poll(self) -> int:
        if self.listening:
            return files.POLL_IN if self._queue else 0
        bits = files.POLL_ERR if self.error else 0
        peer = self.peer
        ended = self.kind != DATAGRAM and self.joined and (peer is None or peer.closed)
        if self._inbox:
            bits |= files.POLL_IN
        if self.no_reading or ended or (self.kind != DATAGRAM and peer is not None and peer.no_writing):
            bits |= files.POLL_IN | files.POLL_RDHUP
        closed_for_writing = self.no_writing or (self.kind != DATAGRAM and peer is not None and peer.no_reading)
        if ended or (self.kind != DATAGRAM and not self.joined) or (bits & files.POLL_RDHUP and closed_for_writing):
            bits |= files.POLL_HUP
        if self._writable():
            bits |= files.POLL_OUT
        elif self.kind == DATAGRAM and peer is not None:
            peer._waiting[self] = None
        else:
            self.blocked = True
        return bits

    def available(self) -> int:
        if self.listening:
            return len(self._queue)
        if self.kind == STREAM or (self.kind == netsocket.PACKET and self.network.system == "linux"):
            return self._used
        return len(self._inbox[0].data) if self._inbox else 0

    def room(self) -> int:
        peer = self.peer
        if self.kind == DATAGRAM or peer is None:
            return self.options["send_buffer"]
        return max(peer.options["receive_buffer"] - peer._used, 0)

    def _refuse_all(self) -> None:
        for child in self._queue:
            child.close()
        self._queue.clear()
        pending, self._pending = self._pending, deque()
        for client in pending:
            self.network.notify(client.write_queue)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        self.closed = True
        if self._node is not None:
            self._node.socket = None
        elif self.name and self.network.abstract.get(self.name) is self:
            del self.network.abstract[self.name]
        if self.listening:
            self._refuse_all()
        unread = bool(self._inbox)
        passed = [file for message in self._inbox for file in message.rights]
        self._inbox.clear()
        self.network.used -= self._used
        self.network.files -= len(passed)
        self._used = 0
        self.network.discard(passed)
        waiting, self._waiting = self._waiting, {}
        for sender in waiting:
            self.network.notify(sender.write_queue)
        peer = self.peer
        if peer is not None and self.kind != DATAGRAM and not peer.closed:
            if unread and self.network.system == "linux":
                peer.error = "ECONNRESET"
            peer._changed()
