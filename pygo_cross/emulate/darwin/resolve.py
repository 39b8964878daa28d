# SPDX-License-Identifier: GPL-2.0-or-later
"""getaddrinfo and its like: numbers, /etc/hosts and /etc/services of the guest's tree; there is no name server to ask.

Lists that are handed out lie in an area of their own, which freeaddrinfo unmaps. Layouts and EAI_ numbers are those of
GOROOT/src/internal/syscall/unix/net_darwin.go.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.darwin.net import DIALECT
from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.vfs import File, Generated
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.machine.memory import READ, WRITE
from pygo_cross.emulate.net import loopback
from pygo_cross.emulate.net.loopback import INET, INET6, IpAddress

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_BAD_FLAGS, _FAIL, _FAMILY, _NO_NAME, _SERVICE, _SOCKTYPE, _OVERFLOW = 3, 4, 5, 8, 9, 10, 14
_PASSIVE, _CANONICAL, _NUMERIC_HOST, _NUMERIC_SERVICE = 1, 2, 4, 0x1000
_NAME_REQUIRED, _WANT_NUMERIC, _WANT_NUMERIC_SERVICE = 4, 2, 8

_STREAM: Final = (1, 6, b"tcp")
_DATAGRAM: Final = (2, 17, b"udp")
_FAMILIES: Final = {2: INET, 30: INET6}
_ENTRY: Final = struct.Struct("<iiiiI4xQQQ")
_AREA: Final = "getaddrinfo"
_MESSAGES_AREA: Final = "gai_strerror"

_MESSAGES: Final = {
    1: b"Address family for hostname not supported", 2: b"Temporary failure in name resolution", 3: b"Invalid value for ai_flags",
    4: b"Non-recoverable failure in name resolution", 5: b"ai_family not supported", 6: b"Memory allocation failure",
    7: b"No address associated with nodename", 8: b"nodename nor servname provided, or not known",
    9: b"servname not supported for ai_socktype", 10: b"ai_socktype not supported", 11: b"System error",
    12: b"Invalid value for hints", 13: b"Resolved protocol is unknown", 14: b"Argument buffer overflow",
}  # fmt: skip
_MESSAGE_ROOM: Final = 64


def _lines(p: DarwinProcess, path: bytes) -> list[list[bytes]]:
    """The fields of the lines of a small text file in the tree, comments taken away."""
    try:
        node = p.fs.resolve(p.fs.root, path)
    except Errno:
        return []
    data = bytes(node.data) if isinstance(node, File) else node.make() if isinstance(node, Generated) else b""
    return [fields for line in data.split(b"\n") if (fields := line.split(b"#", 1)[0].split())]


def parse_ip(text: bytes) -> bytes | None:
    """An address in numbers, as inet_pton(3) takes it; IPv6 with a zone of the one interface."""
    import ipaddress

    try:
        address, _, zone = text.decode("ascii").partition("%")
        if zone and zone not in ("lo0", "1"):
            return None
        return ipaddress.ip_address(address).packed
    except ValueError:
        return None


def _host(p: DarwinProcess, name: bytes, numeric: bool) -> list[bytes]:
    ip = parse_ip(name)
    if ip is not None:
        return [ip]
    if numeric:
        return []
    wanted = name.rstrip(b".").lower()
    found = [
        ip
        for fields in _lines(p, b"/etc/hosts")
        if wanted in (alias.lower() for alias in fields[1:]) and (ip := parse_ip(fields[0])) is not None
    ]
    return sorted(dict.fromkeys(found), key=len, reverse=True)


def _port(p: DarwinProcess, service: bytes, protocol: bytes) -> int | None:
    if service.isdigit():
        return int(service) if int(service) < 65536 else None
    for fields in _lines(p, b"/etc/services"):
        number, _, kind = fields[1].partition(b"/") if len(fields) > 1 else (b"", b"", b"")
        if kind == protocol and (service == fields[0] or service in fields[2:]) and number.isdigit():
            return int(number)
    return None


def getaddrinfo(p: DarwinProcess, t: Thread, host_at: int, service_at: int, hints: int, out: int) -> int:
    """getaddrinfo(3): an EAI_ number, 0 for success."""
    flags = family = kind = protocol = 0
    if hints:
        flags, family, kind, protocol = struct.unpack("<iiii", p.memory.read(hints, 16))
    if family and family not in _FAMILIES:
        return _FAMILY
    if not host_at and not service_at:
        return _NO_NAME
    kinds = [entry for entry in (_STREAM, _DATAGRAM) if kind in (0, entry[0]) and protocol in (0, entry[1])]
    if not kinds:
        return _SOCKTYPE
    host = p.memory.cstring(host_at) if host_at else b""
    service = p.memory.cstring(service_at) if service_at else b""
    if not host_at:
        wildcards = [loopback.ANY6, loopback.ANY4] if flags & _PASSIVE else [loopback.LOOPBACK6, loopback.LOOPBACK4]
        addresses = wildcards
    else:
        addresses = _host(p, host, bool(flags & _NUMERIC_HOST))
    addresses = [ip for ip in addresses if family in (0, 2 if len(ip) == 4 else 30)]
    if not addresses:
        return _NO_NAME
    entries = []
    for ip in addresses:
        for socket_type, number, name in kinds:
            port = _port(p, service, name) if service else 0
            if port is None:
                continue
            entries.append((2 if len(ip) == 4 else 30, socket_type, number, IpAddress(ip, port)))
    if not entries:
        return _SERVICE if service and not service.isdigit() else _NO_NAME
    p.memory.put_u64(out, _place(p, entries, host if flags & _CANONICAL else b""))
    return 0


def _place(p: DarwinProcess, entries: list[tuple[int, int, int, IpAddress]], canonical: bytes) -> int:
    """Lay out the list in the guest's memory, and return where it begins."""
    step = _ENTRY.size + 32
    size = p.memory.round(step * len(entries) + len(canonical) + 1)
    start = p.memory.find_free(size, p.page)
    p.memory.map(start, size, READ | WRITE, _AREA)
    name_at = start + step * len(entries)
    if canonical:
        p.memory.write(name_at, canonical + b"\0")
    for i, (family, kind, protocol, address) in enumerate(entries):
        place = start + step * i
        following = place + step if i + 1 < len(entries) else 0
        data = DIALECT.encode(_FAMILIES[family], address)
        first = name_at if canonical and not i else 0
        p.memory.write(place, _ENTRY.pack(0, family, kind, protocol, len(data), first, place + _ENTRY.size, following) + data)
    return start


def freeaddrinfo(p: DarwinProcess, t: Thread, address: int) -> int:
    """freeaddrinfo(3)."""
    area = p.memory.area_at(address)
    if area is not None and area.name == _AREA and area.start == address:
        p.memory.unmap(area.start, area.end - area.start)
    return 0


def gai_strerror(p: DarwinProcess, t: Thread, number: int) -> int:
    """gai_strerror(3): the texts lie in an area that is made when the first is asked for."""
    start = next((area.start for area in p.memory.areas if area.name == _MESSAGES_AREA), 0)
    if not start:
        size = p.memory.round(_MESSAGE_ROOM * 16)
        start = p.memory.find_free(size, p.page)
        p.memory.map(start, size, READ, _MESSAGES_AREA)
        for i in range(16):
            p.memory.load(start + _MESSAGE_ROOM * i, _MESSAGES.get(i, b"Unknown error") + b"\0")
    return start + _MESSAGE_ROOM * (number if number in _MESSAGES else 0)


def getnameinfo(
    p: DarwinProcess, t: Thread, address: int, length: int, host: int, host_size: int, service: int, service_size: int, flags: int
) -> int:
    """getnameinfo(3): names from /etc/hosts, or numbers."""
    import ipaddress

    try:
        found = DIALECT.decode(p.memory.read(address, min(length, 128)))
    except (Errno, IndexError):
        return _FAMILY
    if not isinstance(found, IpAddress):
        return _FAMILY
    if host and host_size:
        name = b""
        if not flags & _WANT_NUMERIC:
            for fields in _lines(p, b"/etc/hosts"):
                if len(fields) > 1 and parse_ip(fields[0]) == found.ip:
                    name = fields[1]
                    break
        if not name:
            if flags & _NAME_REQUIRED:
                return _NO_NAME
            name = str(ipaddress.ip_address(found.ip)).encode()
        if len(name) >= host_size:
            return _OVERFLOW
        p.memory.write(host, name + b"\0")
    if service and service_size:
        text = b"%d" % found.port
        if not flags & _WANT_NUMERIC_SERVICE:
            for fields in _lines(p, b"/etc/services"):
                if len(fields) > 1 and fields[1] == b"%d/tcp" % found.port:
                    text = fields[0]
                    break
        if len(text) >= service_size:
            return _OVERFLOW
        p.memory.write(service, text + b"\0")
    return 0


def res_ninit(p: DarwinProcess, t: Thread, state: int) -> int:
    """res_ninit(3): there is no configuration to read."""
    return 0


def res_nsearch(p: DarwinProcess, t: Thread, state: int, name: bytes, kind: int, type_: int, answer: int, size: int) -> int:
    """res_nsearch(3): no server answers."""
    raise Errno("ECONNREFUSED")


def res_nclose(p: DarwinProcess, t: Thread, state: int) -> int:
    """res_nclose(3)."""
    return 0
