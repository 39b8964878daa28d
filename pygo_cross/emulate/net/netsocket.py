# SPDX-License-Identifier: GPL-2.0-or-later
"""What all sockets have in common: options, errors that wait to be told, and the calls with their refusals.

A socket answers at once, like every `OpenFile`: None means that the call would block. Two queues tell when to try again: `queue` of what
can be received or accepted, `write_queue` of what can be sent. Options are kept under neutral names, numbers for all of them.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.kernel.thread import WaitQueue
from pygo_cross.emulate.net.loopback import Address, Network, Target

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

STREAM: Final = "stream"
DATAGRAM: Final = "datagram"
PACKET: Final = "packet"  # SOCK_SEQPACKET
RAW: Final = "raw"

# Flags of sending and receiving; linux/net.py and darwin/net.py translate theirs.
PEEK: Final = 1
DONT_WAIT: Final = 2
WAIT_ALL: Final = 4
NO_SIGNAL: Final = 8
URGENT: Final = 16
CLOSE_ON_EXEC: Final = 32
TELL_SIZE: Final = 64  # a datagram's whole size is the result (MSG_TRUNC on Linux)

SHUT_READ: Final = 1
SHUT_WRITE: Final = 2

# What was cut off a message that was received.
CUT_DATA: Final = 1
CUT_CONTROL: Final = 2

# Neutral option names and what they are at first; `send_buffer` and `receive_buffer` come from the system.
_DEFAULTS: Final = {
    "reuse_address": 0, "reuse_port": 0, "broadcast": 0, "keep_alive": 0, "linger_on": 0, "linger": 0, "receive_timeout": 0,
    "send_timeout": 0, "no_signal": 0, "only6": 0, "no_delay": 0, "pass_credentials": 0, "dont_route": 0, "receive_low": 1,
    "send_low": 1, "priority": 0, "mark": 0, "timestamp": 0, "urgent_inline": 0, "debug": 0, "type_of_service": 0, "hops": 64,
    "multicast_hops": 1, "multicast_loop": 1, "multicast_interface": 0, "packet_info": 0, "packet_info6": 0,
}  # fmt: skip


# Process, user and group.
Credentials = tuple[int, int, int]


class Message:
    """What one receive call gets. `size` is that of the whole datagram, `rights` the open files that came with it."""

    __slots__ = ("credentials", "data", "destination", "rights", "size", "source")

    def __init__(self, data: bytes, source: Address | None = None) -> None:
        self.data = data
        self.size = len(data)
        self.source = source
        self.destination: bytes | None = None
        self.rights: list[OpenFile] = []
        self.credentials: Credentials | None = None

    def drop(self) -> None:
        """The message will not be read: its files lose a user."""
        for file in self.rights:
            file.release()
        self.rights = []


class Socket(OpenFile):
    """A socket of any kind. `error` is the name of an error that the next call is to tell, `owner` who made it."""

    __slots__ = ("error", "family", "kind", "network", "no_reading", "no_writing", "options", "owner", "protocol")

    listening = False

    def __init__(self, network: Network, node: Node, family: str, kind: str, protocol: str, owner: Credentials) -> None:
        super().__init__(node, files.READ | files.WRITE)
        network.admit()
        self.owner = owner
        self.network = network
        self.family = family
        self.kind = kind
        self.protocol = protocol
        self.options = dict(_DEFAULTS)
        self.error = ""
        self.no_reading = False
        self.no_writing = False
        self.write_queue = WaitQueue()

    @property
    def raises_sigpipe(self) -> bool:
        """Whether writing to it when nobody reads ends in SIGPIPE."""
        return self.kind == STREAM and not self.options["no_signal"]

    def take_error(self) -> str:
        """The pending error, which is told only once."""
        name, self.error = self.error, ""
        return name

    def _raise_error(self) -> None:
        if self.error:
            raise Errno(self.take_error())

    def _changed(self) -> None:
        """Both directions may go on."""
        self.network.notify(self.queue)
        self.network.notify(self.write_queue)

    def inherit(self, other: Socket) -> None:
        """Take over the options of the socket that was listened on."""
        self.options.update(other.options)

    # The calls.

    def bind(self, p: Process, address: Address | None) -> None:
        """bind(2)."""
        raise Errno("EOPNOTSUPP")

    def listen(self, p: Process, backlog: int) -> None:
        """listen(2)."""
        raise Errno("EOPNOTSUPP")

    def accept(self) -> Socket | None:
        """The next connection, or None."""
        raise Errno("EOPNOTSUPP" if self.kind != STREAM else "EINVAL")

    def connect(self, p: Process, address: Address | None) -> bool:
        """Begin to connect, to None: to dissolve a datagram socket's connection. True if that was all, False if it goes on."""
        raise Errno("EOPNOTSUPP")

    def connect_result(self) -> bool | None:
        """What became of connecting: True, None while it goes on, or the error."""
        self._raise_error()
        return True

    def abandon(self) -> None:
        """Connecting took too long."""

    def local(self) -> Address:
        """getsockname(2)."""
        raise Errno("EOPNOTSUPP")

    def remote(self) -> Address:
        """getpeername(2)."""
        raise Errno("ENOTCONN")

    def target(self, p: Process, address: Address) -> Target:
        """Whom an address names, for `send`."""
        raise Errno("EISCONN")

    def send(self, data: bytes, to: Target | None, rights: list[OpenFile], credentials: Credentials | None) -> int | None:
        """Send; the number of bytes taken, None if it would block. Without `to`, to whom it is connected."""
        raise Errno("EOPNOTSUPP")

    def receive(self, size: int, flags: int) -> Message | None:
        """Receive up to `size` bytes."""
        raise Errno("EOPNOTSUPP")

    def shutdown(self, how: int) -> None:
        """shutdown(2) with SHUT_* bits."""
        raise Errno("ENOTCONN")

    def peer_credentials(self) -> Credentials:
        """Process, user and group of the other side."""
        raise Errno("ENOPROTOOPT")

    def join(self, group: bytes, member: bool) -> None:
        """Become a member of a multicast group, or leave it."""
        raise Errno("EINVAL")

    # As an open file.

    def write(self, data: bytes) -> int | None:
        return self.send(data, None, [], None)

    def read(self, size: int) -> bytes | None:
        if not size and self.kind == STREAM:
            return b""
        message = self.receive(size, 0)
        if message is None:
            return None
        message.drop()
        return message.data

    def close(self) -> None:
        self.network.dismiss()

    def read_timeout(self) -> int:
        return self.options["receive_timeout"]

    def write_timeout(self) -> int:
        return self.options["send_timeout"]

    def error_name(self) -> str:
        return self.error


def new_node(p: Process) -> Node:
    """What fstat sees of a socket."""
    return Node(p.fs, stat.S_IFSOCK | 0o777)
