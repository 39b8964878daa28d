# SPDX-License-Identifier: BSD-3-Clause
"""Ed25519 signatures (RFC 8032), verified: the checksum database signs with them. Nothing here handles a secret.

Points are in extended coordinates (x, y, z, t) with x·y = z·t.
"""

from __future__ import annotations

import hashlib
from typing import Final

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT: Final = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]
_ZERO: Final[Point] = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """The sum of two points."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    x, y, z, t = f - e, h - g, h + g, f + e
    return (x * y % _P, z * t % _P, y * z % _P, x * t % _P)


def multiply(scalar: int, point: Point) -> Point:
    """A point so many times."""
    found = _ZERO
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point = add(point, point)
        scalar >>= 1
    return found


def encode(point: Point) -> bytes:
    """A point as 32 bytes: y, and the lowest bit of x at the top."""
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> Point | None:
    value = int.from_bytes(data, "little")
    sign, y = value >> 255, value & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _base() -> Point:
    point = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert point is not None
    return point


BASE: Final = _base()
ORDER: Final = _L


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of a public key (32 bytes) signed the message (signature: 64 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public = _decode(key)
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or scalar >= _L:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    negative = (_P - public[0], public[1], public[2], _P - public[3])
    return encode(add(multiply(scalar, BASE), multiply(digest, negative))) == signature[:32]
