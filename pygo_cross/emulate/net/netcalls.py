# SPDX-License-Identifier: GPL-2.0-or-later
"""The socket calls, the same for both systems but for numbers and layouts, which come from the system's `Dialect`.

Addresses are decoded before a call does anything, and results are written only once the call succeeds. A call that has to wait is a closure
that is tried again when the socket's queue is notified.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import GID, UID
from pygo_cross.emulate.kernel.calls import broken_pipe, wait_until
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.net import loopback, netsocket
from pygo_cross.emulate.net.ip import IpSocket
from pygo_cross.emulate.net.loopback import INET, INET6, UNIX, Address, IpAddress
from pygo_cross.emulate.net.netsocket import DATAGRAM, PACKET, RAW, STREAM, Credentials, Message, Socket
from pygo_cross.emulate.net.tcp import TcpSocket
from pygo_cross.emulate.net.udp import UdpSocket
from pygo_cross.emulate.net.unix import UnixSocket

_TRANSFER: Final = 1 << 30
_MAX_VECTOR: Final = 1024
_MAX_CONTROL: Final = 1 << 16
_MAX_RIGHTS: Final = 253
_IPPROTO_TCP: Final = 6
_IPPROTO_UDP: Final = 17
_IPPROTO_MPTCP: Final = 262
_SCM_RIGHTS: Final = 1
# How long a connection is tried for, in nanoseconds: Linux sends six more requests in growing intervals, macOS goes by the clock.
_CONNECT_TIME: Final = {"linux": 127 * 10**9, "darwin": 75 * 10**9}


class Dialect:
    """How one system writes down what has to do with sockets."""

    __slots__ = ("control", "control_align", "credentials_type", "cut_control", "cut_data", "echoed", "families", "flags", "header",
                 "kinds", "non_blocking_children", "path_room", "socket_level")  # fmt: skip

    def __init__(
        self,
        families: dict[int, str],
        kinds: dict[int, str],
        flags: tuple[tuple[int, int], ...],
        cut: tuple[int, int],
        echoed: int,
        header: struct.Struct,
        control: struct.Struct,
        control_align: int,
        socket_level: int,
        credentials_type: int,
        path_room: int,
        non_blocking_children: bool,
    ) -> None:
        self.families = families
        self.kinds = kinds
        self.flags = flags  # the system's bit, the neutral one
        self.cut_data, self.cut_control = cut  # MSG_TRUNC, MSG_CTRUNC
        self.echoed = echoed  # flags of recvmsg that its result has too
        # struct msghdr: name, its length, vector, its length, control, its length, flags; and struct cmsghdr.
        self.header = header
        self.control = control
        self.control_align = control_align
        self.socket_level = socket_level
        self.credentials_type = credentials_type  # SCM_CREDENTIALS, or 0
        self.path_room = path_room
        self.non_blocking_children = non_blocking_children

    def neutral(self, flags: int) -> int:
        """The neutral flags of a send or receive call."""
        value = 0
        for bit, neutral in self.flags:
            if flags & bit:
                value |= neutral
        return value

    def family_number(self, family: str) -> int:
        """The AF_ number of a family."""
        return next(number for number, name in self.families.items() if name == family)

    def decode(self, data: bytes) -> Address | None:
        """A sockaddr; None for AF_UNSPEC."""
        raise NotImplementedError

    def encode(self, family: str, address: Address | None) -> bytes:
        """The sockaddr that a socket of `family` shows for an address."""
        raise NotImplementedError

    def packet_info(self, socket: Socket, message: Message) -> list[tuple[int, int, bytes]]:
        """The control messages that say where a datagram was sent to: level, type, data."""
        return []


DIALECTS: Final[dict[str, Dialect]] = {}


def decode_ip(family: str, data: bytes) -> IpAddress:
    """The parts that sockaddr_in and sockaddr_in6 have alike on both systems."""
    if len(data) < (16 if family == INET else 28):
        raise Errno("EINVAL")
    port = int.from_bytes(data[2:4], "big")
    if family == INET:
        return IpAddress(data[4:8], port)
    return IpAddress(loopback.unmapped(data[8:24]), port, int.from_bytes(data[24:28], "little"))


def encode_ip(family: str, address: IpAddress) -> bytes:
    """A sockaddr without its first two bytes."""
    port = address.port.to_bytes(2, "big")
    if family == INET:
        return port + address.ip + bytes(8)
    return port + bytes(4) + loopback.mapped(address.ip) + address.scope.to_bytes(4, "little")


# Helpers.


def socket_of(p: Process, descriptor: int) -> Socket:
    """The socket of a descriptor; ENOTSOCK if it is another file."""
    file = p.files.get(descriptor)
    if not isinstance(file, Socket):
        raise Errno("ENOTSOCK")
    return file


def _address(p: Process, address: int, length: int) -> Address | None:
    if not 0 <= length <= 256:
        raise Errno("EINVAL")
    if length < 2:
        raise Errno("EINVAL")
    return DIALECTS[p.system].decode(p.memory.read(address, length))


def _give_address(p: Process, socket: Socket, value: Address | None, address: int, length_at: int) -> None:
    """Write an address as far as there is room, and its length."""
    if not address or not length_at:
        return
    data = DIALECTS[p.system].encode(socket.family, value)
    room = p.memory.u32(length_at)
    if room >= 1 << 31:
        raise Errno("EINVAL")
    p.memory.write(address, data[:room])
    p.memory.put_u32(length_at, len(data))


def _give_source(p: Process, socket: Socket, message: Message, address: int, length_at: int) -> None:
    """Write who sent a message; Linux leaves a unix sender without a name out."""
    if not message.source and p.system == "linux":
        p.memory.put_u32(length_at, 0)
    else:
        _give_address(p, socket, message.source, address, length_at)


def wait_socket(
    p: Process, t: Thread, kind: str, queue: WaitQueue, attempt: Callable[[], int | None], timeout: int, at_once: bool
) -> int | None:
    """The result of `attempt`; where it has none yet, EAGAIN, or wait for it. `timeout` is in nanoseconds, 0 for none."""
    if at_once:
        result = attempt()
        if result is None:
            raise Errno("EAGAIN")
        return result
    return wait_until(p, t, kind, queue, attempt, timeout)


# Making sockets.


def make_socket(p: Process, domain: int, kind: int, protocol: int) -> Socket:
    """A socket by its numbers."""
    dialect = DIALECTS[p.system]
    family = dialect.families.get(domain)
    if family is None:
        raise Errno("EAFNOSUPPORT")
    network = p.kernel.network
    name = dialect.kinds.get(kind)
    owner = (p.pid, UID, GID)
    if name is None:
        raise Errno("ESOCKTNOSUPPORT" if p.system == "linux" else "EPROTOTYPE")
    if family == UNIX:
        if protocol not in (0, 1) or name == RAW or (name == PACKET and p.system == "darwin"):
            raise Errno("EPROTONOSUPPORT" if name != RAW else "ESOCKTNOSUPPORT")
        return UnixSocket(network, netsocket.new_node(p), name, owner)
    if name == RAW:
        raise Errno("EPERM")
    if name == STREAM and (protocol in (0, _IPPROTO_TCP) or (protocol == _IPPROTO_MPTCP and p.system == "linux")):
        stream = TcpSocket(network, netsocket.new_node(p), family, owner)
        stream.multipath = protocol == _IPPROTO_MPTCP
        return stream
    if name == DATAGRAM and protocol in (0, _IPPROTO_UDP):
        return UdpSocket(network, netsocket.new_node(p), family, owner)
    if name == DATAGRAM and protocol in (1, 58):
        # ICMP without privilege: Linux asks loopback.ipv4.ping_group_range, which is empty here.
        raise Errno("EACCES" if p.system == "linux" else "EPERM")
    raise Errno("EPROTONOSUPPORT" if p.system == "linux" or name != PACKET else "EPROTOTYPE")


def socket_(p: Process, t: Thread, domain: int, kind: int, protocol: int) -> int:
    """socket(2), without flags."""
    return p.files.add(make_socket(p, domain, kind, protocol))


def make_pair(p: Process, domain: int, kind: int, protocol: int, address: int, flags: int, close_on_exec: bool) -> int:
    """socketpair(2)."""
    dialect = DIALECTS[p.system]
    if dialect.families.get(domain) != UNIX:
        raise Errno("EOPNOTSUPP" if domain in dialect.families else "EAFNOSUPPORT")
    p.memory.check_write(address, 8)
    one, two = make_socket(p, domain, kind, protocol), make_socket(p, domain, kind, protocol)
    assert isinstance(one, UnixSocket) and isinstance(two, UnixSocket)
    one.join_with(two)
    one.flags |= flags
    two.flags |= flags
    first = p.files.add(one, close_on_exec)
    try:
        second = p.files.add(two, close_on_exec)
    except Errno:
        p.files.close(first)
        raise
    p.memory.write(address, struct.pack("<ii", first, second))
    return 0


def socketpair(p: Process, t: Thread, domain: int, kind: int, protocol: int, address: int) -> int:
    """socketpair(2), without flags."""
    return make_pair(p, domain, kind, protocol, address, 0, False)


# Connecting.


def bind(p: Process, t: Thread, descriptor: int, address: int, length: int) -> int:
    """bind(2)."""
    socket = socket_of(p, descriptor)
    socket.bind(p, _address(p, address, length))
    return 0


def listen(p: Process, t: Thread, descriptor: int, backlog: int) -> int:
    """listen(2)."""
    socket_of(p, descriptor).listen(p, backlog)
    return 0


def connect(p: Process, t: Thread, descriptor: int, address: int, length: int) -> int | None:
    """connect(2)."""
    socket = socket_of(p, descriptor)
    to = _address(p, address, length)
    at_once = bool(socket.flags & files.NONBLOCK)
    if socket.family == UNIX and not at_once:

        def again() -> int | None:
            try:
                socket.connect(p, to)
            except Errno as error:
                if error.name == "EAGAIN":
                    return None
                raise
            return 0

        return p.wait_for(t, "connect", socket.write_queue, again)
    try:
        if socket.connect(p, to):
            return 0
    except Errno as error:
        # Linux goes on waiting when the call begins anew after a signal.
        if error.name != "EALREADY" or at_once or p.system != "linux":
            raise
    if at_once:
        raise Errno("EINPROGRESS")

    def attempt() -> int | None:
        return 0 if socket.connect_result() else None

    def expired() -> int | None:
        socket.abandon()
        return attempt()

    result = attempt()
    if result is None:
        p.wait(t, Wait("connect", (socket.write_queue,), attempt, expired, restart=True), p.sched.elapsed() + _CONNECT_TIME[p.system])
    return result


def accept_with(p: Process, t: Thread, descriptor: int, address: int, length_at: int, flags: int, close_on_exec: bool) -> int | None:
    """accept(2), accept4(2) with neutral flags for the new socket."""
    socket = socket_of(p, descriptor)
    if DIALECTS[p.system].non_blocking_children:
        flags |= socket.flags & files.NONBLOCK

    def attempt() -> int | None:
        if len(p.files.files) >= p.files.limit:
            raise Errno("EMFILE")
        child = socket.accept()
        if child is None:
            return None
        child.flags |= flags
        number = p.files.add(child, close_on_exec)
        try:
            peer: Address | None = child.remote()
        except Errno:
            peer = None  # it was closed again meanwhile
        if peer is None and p.system == "darwin":
            p.files.close(number)
            raise Errno("ECONNABORTED")
        _give_address(p, child, peer if peer is not None else _NOWHERE.get(child.family), address, length_at)
        return number

    return wait_socket(p, t, "accept", socket.queue, attempt, socket.options["receive_timeout"], bool(socket.flags & files.NONBLOCK))


_NOWHERE: Final = {INET: IpAddress(loopback.ANY4, 0), INET6: IpAddress(loopback.ANY6, 0)}


def accept(p: Process, t: Thread, descriptor: int, address: int, length_at: int) -> int | None:
    """accept(2)."""
    return accept_with(p, t, descriptor, address, length_at, 0, False)


def getsockname(p: Process, t: Thread, descriptor: int, address: int, length_at: int) -> int:
    """getsockname(2)."""
    socket = socket_of(p, descriptor)
    _give_address(p, socket, socket.local(), address, length_at)
    return 0


def getpeername(p: Process, t: Thread, descriptor: int, address: int, length_at: int) -> int:
    """getpeername(2)."""
    socket = socket_of(p, descriptor)
    _give_address(p, socket, socket.remote(), address, length_at)
    return 0


def shutdown(p: Process, t: Thread, descriptor: int, how: int) -> int:
    """shutdown(2)."""
    socket = socket_of(p, descriptor)
    if not 0 <= how <= 2:
        raise Errno("EINVAL")
    socket.shutdown(how + 1)
    return 0


# Sending.


def send(
    p: Process,
    t: Thread,
    socket: Socket,
    data: bytes,
    to: Address | None,
    flags: int,
    rights: list[OpenFile],
    credentials: Credentials | None,
) -> int | None:
    """Send with neutral flags; a stream's call waits until all is taken."""
    if flags & netsocket.URGENT:
        raise Errno("EOPNOTSUPP")
    at_once = bool(flags & netsocket.DONT_WAIT or socket.flags & files.NONBLOCK)
    done = 0

    def attempt() -> int | None:
        nonlocal done
        while True:
            try:
                count = socket.send(data[done:] if done else data, target, [] if done else rights, credentials)
            except Errno as error:
                if error.name == "EPIPE" and socket.raises_sigpipe and not flags & netsocket.NO_SIGNAL:
                    broken_pipe(p, t)
                if done:
                    return done
                raise
            if count is None:
                return None
            done += count
            if done >= len(data):
                return done

    try:
        target = socket.target(p, to) if to is not None else None
    except Errno as error:
        if error.name == "EPIPE" and socket.raises_sigpipe and not flags & netsocket.NO_SIGNAL:
            broken_pipe(p, t)
        raise
    if at_once:
        result = attempt()
        if result is None:
            if done:
                return done
            raise Errno("EAGAIN")
        return result
    return wait_socket(p, t, "send", socket.write_queue, attempt, socket.options["send_timeout"], False)


def sendto(p: Process, t: Thread, descriptor: int, buffer: int, size: int, flags: int, address: int, length: int) -> int | None:
    """sendto(2)."""
    socket = socket_of(p, descriptor)
    to = _address(p, address, length) if address and length else None
    data = p.memory.read(buffer, min(size, _TRANSFER))
    return send(p, t, socket, data, to, DIALECTS[p.system].neutral(flags), [], None)


class _Header:
    """A struct msghdr."""

    __slots__ = ("address", "control", "control_size", "name", "name_size", "parts", "total")

    def __init__(self, p: Process, address: int) -> None:
        layout = DIALECTS[p.system].header
        self.address = address
        self.name, self.name_size, vector, count, self.control, self.control_size, _ = layout.unpack(p.memory.read(address, layout.size))
        if not 0 <= count <= _MAX_VECTOR:
            raise Errno("EMSGSIZE")
        self.parts: list[tuple[int, int]] = list(struct.iter_unpack("<QQ", p.memory.read(vector, 16 * count))) if count else []
        self.total = sum(size for _, size in self.parts)
        if self.total > _TRANSFER:
            raise Errno("EINVAL" if p.system == "darwin" else "EMSGSIZE")

    def finish(self, p: Process, name_size: int, control_size: int, flags: int) -> None:
        """Write back the lengths and the flags."""
        memory = p.memory
        memory.put_u32(self.address + 8, name_size)
        if p.system == "linux":
            memory.put_u64(self.address + 40, control_size)
            memory.put_u32(self.address + 48, flags)
        else:
            memory.put_u32(self.address + 40, control_size)
            memory.put_u32(self.address + 44, flags)


def sendmsg(p: Process, t: Thread, descriptor: int, address: int, flags: int) -> int | None:
    """sendmsg(2)."""
    socket = socket_of(p, descriptor)
    header = _Header(p, address)
    to = _address(p, header.name, header.name_size) if header.name and header.name_size else None
    rights, credentials = _read_control(p, socket, header)
    data = b"".join([p.memory.read(start, size) for start, size in header.parts if size])
    return send(p, t, socket, data, to, DIALECTS[p.system].neutral(flags), rights, credentials)


def _read_control(p: Process, socket: Socket, header: _Header) -> tuple[list[OpenFile], Credentials | None]:
    """The control messages of a sender: open files to pass, and who it says it is."""
    rights: list[OpenFile] = []
    credentials: Credentials | None = None
    dialect = DIALECTS[p.system]
    if not header.control or not header.control_size:
        return rights, credentials
    if header.control_size > _MAX_CONTROL:
        raise Errno("ENOBUFS")
    control = p.memory.read(header.control, header.control_size)
    place = 0
    align = dialect.control_align
    start = (dialect.control.size + align - 1) & -align
    while place + dialect.control.size <= len(control):
        length, level, kind = dialect.control.unpack_from(control, place)
        if length < dialect.control.size or place + length > len(control):
            raise Errno("EINVAL")
        body = control[place + start : place + length]
        if level == dialect.socket_level and kind == _SCM_RIGHTS:
            if socket.family != UNIX or len(body) // 4 > _MAX_RIGHTS:
                raise Errno("EINVAL")
            rights.extend(p.files.get(number) for (number,) in struct.iter_unpack("<i", body[: len(body) & -4]))
        elif level == dialect.socket_level and kind == dialect.credentials_type and kind and len(body) >= 12:
            credentials = struct.unpack_from("<iII", body)
            if credentials != (p.pid, UID, GID):
                raise Errno("EPERM")
        elif level == dialect.socket_level or socket.family == UNIX:
            raise Errno("EINVAL")
        # Others ask for a route or a hop limit, of which there is only one here.
        place += (length + align - 1) & -align
    return rights, credentials


# Receiving.


def _receive(
    p: Process, t: Thread, socket: Socket, size: int, flags: int, kind: str, deliver: Callable[[Message], int]
) -> int | None:
    """Receive up to `size` bytes, and hand what came to `deliver`, whose result is the call's."""
    if flags & netsocket.URGENT:
        raise Errno("EINVAL")
    at_once = bool(flags & netsocket.DONT_WAIT or socket.flags & files.NONBLOCK)
    timeout = socket.options["receive_timeout"]
    if not flags & netsocket.WAIT_ALL or socket.kind != STREAM or flags & netsocket.PEEK:

        def attempt() -> int | None:
            message = socket.receive(size, flags)
            return None if message is None else deliver(message)

        return wait_socket(p, t, kind, socket.queue, attempt, timeout, at_once)
    whole = Message(b"")

    def gather() -> int | None:
        while len(whole.data) < size:
            try:
                message = socket.receive(size - len(whole.data), flags)
            except Errno:
                if whole.data:
                    break
                raise
            if message is None:
                if at_once and whole.data:
                    break
                return None
            whole.data += message.data
            whole.size = len(whole.data)
            whole.source = message.source
            whole.rights += message.rights
            whole.credentials = message.credentials
            if not message.data:
                break
        return deliver(whole)

    return wait_socket(p, t, kind, socket.queue, gather, timeout, at_once)


def recvfrom(p: Process, t: Thread, descriptor: int, buffer: int, size: int, flags: int, address: int, length_at: int) -> int | None:
    """recvfrom(2)."""
    socket = socket_of(p, descriptor)
    neutral = DIALECTS[p.system].neutral(flags)
    size = min(size, _TRANSFER)

    def deliver(message: Message) -> int:
        message.drop()
        p.memory.write(buffer, message.data)
        if address:
            if socket.kind == STREAM and socket.family != UNIX:
                p.memory.put_u32(length_at, 0)
            else:
                _give_source(p, socket, message, address, length_at)
        return message.size if neutral & netsocket.TELL_SIZE and socket.kind != STREAM else len(message.data)

    return _receive(p, t, socket, size, neutral, "recv", deliver)


def recvmsg(p: Process, t: Thread, descriptor: int, address: int, flags: int) -> int | None:
    """recvmsg(2)."""
    socket = socket_of(p, descriptor)
    dialect = DIALECTS[p.system]
    header = _Header(p, address)
    neutral = dialect.neutral(flags)

    def deliver(message: Message) -> int:
        data = message.data
        place = 0
        for start, size in header.parts:
            if place >= len(data):
                break
            p.memory.write(start, data[place : place + size])
            place += size
        name_size = 0
        if header.name and not (socket.kind == STREAM and socket.family != UNIX):
            encoded = dialect.encode(socket.family, message.source)
            name_size = len(encoded) if message.source or p.system == "darwin" else 0
            if name_size:
                p.memory.write(header.name, encoded[: header.name_size])
        cut = dialect.cut_data if socket.kind != STREAM and message.size > len(data) else 0
        control, lost = _make_control(p, socket, message, header.control_size if header.control else 0, neutral)
        p.memory.write(header.control, control)
        header.finish(p, name_size, len(control), cut | (dialect.cut_control if lost else 0) | flags & dialect.echoed)
        return message.size if neutral & netsocket.TELL_SIZE and socket.kind != STREAM else len(data)

    return _receive(p, t, socket, header.total, neutral, "recvmsg", deliver)


def _make_control(p: Process, socket: Socket, message: Message, room: int, flags: int) -> tuple[bytes, bool]:
    """The control messages for a receiver, and whether there was more than `room` could take."""
    dialect = DIALECTS[p.system]
    align = dialect.control_align
    head = (dialect.control.size + align - 1) & -align
    items = dialect.packet_info(socket, message)
    if socket.options["pass_credentials"] and socket.family == UNIX and dialect.credentials_type:
        credentials = message.credentials or (0, 0xFFFE, 0xFFFE)
        items.append((dialect.socket_level, dialect.credentials_type, struct.pack("<iII", *credentials)))
    out = bytearray()
    lost = False
    for level, kind, body in items:
        if len(out) + head + len(body) > room:
            lost = True
            continue
        out += dialect.control.pack(head + len(body), level, kind).ljust(head, b"\0") + body
        out += bytes(-len(out) % align)
    if message.rights:
        numbers = []
        places = max((room - len(out) - head) // 4, 0)
        for file in message.rights[:places]:
            try:
                numbers.append(p.files.add(file, bool(flags & netsocket.CLOSE_ON_EXEC)))
            except Errno:
                break
        lost |= len(numbers) < len(message.rights)
        message.drop()
        if numbers:
            body = struct.pack(f"<{len(numbers)}i", *numbers)
            out += dialect.control.pack(head + len(body), dialect.socket_level, _SCM_RIGHTS).ljust(head, b"\0") + body
            out += bytes(min(-len(out) % align, max(room - len(out), 0)))
    return bytes(out), lost


# Options.

# How an option's value is written: a number, a number that may be a single byte, a switch, struct linger, struct timeval.
_INT: Final = "int"
_BYTE: Final = "byte"
_FLAG: Final = "flag"
_LINGER: Final = "linger"
_TIME: Final = "time"
_READ_ONLY: Final = "read-only"

OptionTable = dict[tuple[int, int], tuple[str, str]]


def is_bound(socket: Socket) -> bool:
    """Whether a socket has an address of its own, after which some options stay as they are."""
    return isinstance(socket, IpSocket) and bool(socket.here.port)


def number_of(data: bytes) -> int:
    """The value of an option that is a number of one or four bytes."""
    if len(data) >= 4:
        return int.from_bytes(data[:4], "little", signed=True)
    if data:
        return data[0]
    raise Errno("EINVAL")


def option_data(p: Process, address: int, length: int) -> bytes:
    """What setsockopt(2) was given."""
    if not 0 <= length <= 4096:
        raise Errno("EINVAL")
    return p.memory.read(address, length)


def give_option(p: Process, data: bytes, address: int, length_at: int) -> int:
    """Write an option's value as far as there is room, and its length."""
    room = p.memory.u32(length_at)
    if room >= 1 << 31:
        raise Errno("EINVAL")
    p.memory.write(address, data[:room])
    p.memory.put_u32(length_at, min(len(data), room))
    return 0


def set_plain(socket: Socket, name: str, form: str, data: bytes) -> None:
    """Set an option that is no more than a value."""
    options = socket.options
    if form == _LINGER:
        if len(data) < 8:
            raise Errno("EINVAL")
        options["linger_on"], options["linger"] = struct.unpack_from("<ii", data)
    elif form == _TIME:
        if len(data) < 12:
            raise Errno("EINVAL")
        seconds = int.from_bytes(data[:8], "little", signed=True)
        micros = int.from_bytes(data[8:16], "little") & 0xFFFFFFFF
        if micros >= 1_000_000:
            raise Errno("EDOM")
        options[name] = max(min(seconds, 1 << 31), 0) * 10**9 + micros * 1000
    elif form == _READ_ONLY:
        raise Errno("ENOPROTOOPT")
    else:
        if form != _BYTE and len(data) < 4:
            raise Errno("EINVAL")
        value = number_of(data)
        options[name] = int(value != 0) if form == _FLAG else value


def plain_value(socket: Socket, name: str, form: str) -> bytes:
    """The bytes of an option's value."""
    options = socket.options
    if form == _LINGER:
        return struct.pack("<ii", options["linger_on"], options["linger"])
    if form == _TIME:
        seconds, rest = divmod(options[name], 10**9)
        return struct.pack("<qi4x", seconds, rest // 1000)
    return struct.pack("<i", options[name])


def special_value(p: Process, socket: Socket, name: str) -> bytes:
    """Options that are numbers or tell of a socket's state, and are the same on both systems."""
    if name in socket.options:
        return struct.pack("<i", socket.options[name])
    dialect = DIALECTS[p.system]
    if name == "error":
        error = socket.take_error()
        return struct.pack("<i", p.error_numbers.get(error, 0))
    if name == "type":
        return struct.pack("<i", next(number for number, kind in dialect.kinds.items() if kind == socket.kind))
    if name == "domain":
        return struct.pack("<i", dialect.family_number(socket.family))
    if name == "protocol":
        if isinstance(socket, TcpSocket) and socket.multipath:
            return struct.pack("<i", _IPPROTO_MPTCP)
        return struct.pack("<i", {"tcp": _IPPROTO_TCP, "udp": _IPPROTO_UDP}.get(socket.protocol, 0))
    if name == "accepting":
        return struct.pack("<i", socket.listening)
    raise Errno("ENOPROTOOPT")


def set_membership(p: Process, socket: Socket, group: bytes, interface: int, member: bool) -> None:
    """Join or leave a multicast group at an interface by number; 0 asks the routes, of which none leads there."""
    if interface not in (0, loopback.INDEX):
        raise Errno("ENODEV" if p.system == "linux" else "ENXIO")
    if not interface and member:
        raise Errno("ENODEV" if p.system == "linux" else "EADDRNOTAVAIL")
    socket.join(group, member)


def interface_of(p: Process, address: bytes) -> int:
    """The number of the interface with an IPv4 address; 0 for the wildcard."""
    if address == loopback.ANY4:
        return 0
    if address[:1] != b"\x7f":
        raise Errno("EADDRNOTAVAIL")
    return loopback.INDEX
