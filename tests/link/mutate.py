# SPDX-License-Identifier: BSD-3-Clause
"""Damage archives, each time in one place: anywhere, or in a block of one of their objects, where it hurts most.

Everything follows from the seed, so a failure can be repeated.
"""

from __future__ import annotations

import random
import struct

from pygo_cross.obj import archive, goobj

_NAMES = [name.removeprefix("BLK_") for name in sorted((n for n in vars(goobj) if n.startswith("BLK_")), key=lambda n: vars(goobj)[n])]
_RECORDS = {"SYMDEF": 21, "HASHED64DEF": 21, "HASHEDDEF": 21, "NONPKGDEF": 21, "NONPKGREF": 21, "RELOC": 23, "AUX": 9, "REFFLAGS": 10}


def places(data: bytes) -> list[tuple[str, int, int]]:
    """Parts of an archive: (name, start, end), of the object headers, strings and blocks that are not empty."""
    found = [("archive", 0, len(data))]
    view = memoryview(data)
    at = len(archive.MAGIC)
    for member in archive.members("", view):
        start = at + 60
        at = start + len(member.body) + (len(member.body) & 1)
        found.append((f"{member.name} header", start - 60, start))
        if not archive.is_object_name(member.name):
            continue
        _text, body = archive.split_object("", member.body)
        base = start + len(member.body) - len(body)
        found.append((f"{member.name} text", start, base))
        offsets = goobj.HEADER.unpack_from(body)[3:]
        found.append((f"{member.name} object header", base, base + goobj.HEADER.size))
        found.append((f"{member.name} strings", base + goobj.HEADER.size, base + offsets[0]))
        for index, name in enumerate(_NAMES[: goobj.BLK_END]):
            if offsets[index] < offsets[index + 1]:
                found.append((f"{member.name} {name}", base + offsets[index], base + offsets[index + 1]))
    return found


def damage(data: bytes, seed: int) -> tuple[str, bytes]:
    """What was done, and the archive after it."""
    rng = random.Random(seed)
    name, start, end = rng.choice(places(data))
    record = _RECORDS.get(name.rpartition(" ")[2], 4)
    at = rng.randrange(start, end)
    kind = rng.choice(("flip", "byte", "word", "word", "zeros", "ones", "copy", "copy", "swap", "cut", "remove", "insert"))
    out = bytearray(data)
    if kind == "flip":
        out[at] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        out[at] = rng.randrange(256)
    elif kind == "word":
        value = rng.choice(
            (0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x7FFFFFFB, 0x7FFFFFFC, 0x7FFFFFFD, rng.randrange(1 << 32), rng.randrange(1 << 12))
        )
        at -= (at - start) % 4 if rng.random() < 0.7 else 0
        out[at : at + 4] = struct.pack("<I", value)
    elif kind in ("zeros", "ones"):
        length = min(rng.choice((1, 2, 4, 8, 21, 64, 1000)), end - at)
        out[at : at + length] = (b"\0" if kind == "zeros" else b"\xff") * length
    elif kind in ("copy", "swap"):
        # One record, or part of one, in the place of another of its kind.
        count = max((end - start) // record, 1)
        first, second = (start + record * rng.randrange(count) for _ in range(2))
        one, two = out[first : first + record], out[second : second + record]
        out[second : second + record] = one
        if kind == "swap":
            out[first : first + record] = two
    elif kind == "cut":
        del out[at:]
    elif kind == "remove":
        del out[at : at + rng.choice((1, 2, record, 100))]
    else:
        out[at:at] = bytes(rng.choices((0, 1, 255), k=rng.choice((1, 2, record))))
    return f"seed {seed}: {kind} at {at} in {name}", bytes(out)
