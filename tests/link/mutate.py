# SPDX-License-Identifier: BSD-3-Clause
"""Damage archives, each time in one place: anywhere, in a block of one of their objects, or in a field of one symbol.

Everything follows from the seed, so a failure can be repeated.
"""

from __future__ import annotations

import random
import struct

from edit import Editor

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


def edit(data: bytes, seed: int) -> tuple[str, bytes]:
    """Set one field of a symbol of the first object, of its relocations or its auxiliary symbols to a value that hurts; or cut its data."""
    rng = random.Random(seed)
    editor = Editor(data)
    index = rng.randrange(editor.definitions)
    relocs, auxs = editor.relocs(index), editor.auxs(index)
    kind = rng.choice(("symbol", "relocation", "relocation", "auxiliary", "cut", "content"))
    if kind == "relocation" and relocs:
        number = rng.randrange(len(relocs))
        field = rng.choice(("offset", "size", "type", "type", "addend", "package", "index"))
        size = editor.get(index, "size")
        value = rng.choice(_RELOC_VALUES.get(field, (-1, 1, size - 3, size, -(1 << 31), (1 << 31) - 1)))
        editor.set_reloc(index, number, **{field: value})
        what = f"relocation {number}: {field} = {value:#x}"
    elif kind == "auxiliary" and auxs:
        which = rng.choice(auxs)["kind"]
        field = rng.choice(("kind", "package", "index"))
        value = rng.choice(_AUX_VALUES[field])
        editor.set_aux(index, which, **{field: value})
        what = f"auxiliary symbol of kind {which}: {field} = {value:#x}"
    elif kind == "cut":
        start, end = editor.content(index)
        value = rng.randrange(end - start + 1)
        editor.cut_content(index, value)
        what = f"{value} bytes of its {end - start} bytes of data"
    elif kind == "content" and len(range(*editor.content(index))):
        start, end = editor.content(index)
        at = rng.randrange(start, end)
        length = min(end - at, rng.choice((1, 2, 4, 8, 16)))
        editor.data[at : at + length] = rng.choice((b"\0", b"\1", b"\x7f", b"\x80", b"\xff")) * length
        what = f"{length} bytes changed at {at - start} of its data"
    else:
        field = rng.choice(("size", "size", "align", "kind", "flag", "flag2", "name_length", "abi"))
        value = rng.choice(_SYMBOL_VALUES[field])
        editor.set(index, **{field: value})
        what = f"{field} = {value:#x}"
    return f"seed {seed}: {editor.name(index)[:60] or index}: {what}", bytes(editor.data)


_PACKAGES = (0, 1, 2, 3, 0x7FFFFFFB, 0x7FFFFFFC, 0x7FFFFFFD, 0x7FFFFFFE, 0x7FFFFFFF, 0xFFFFFFFF)
_SYMBOL_VALUES = {
    "size": (0, 1, 100, 0x7FFFFFFF, 0xFFFFFFFF, 1_900_000_000, 1 << 29),
    "align": (1, 3, 7, 48, 4096, 1 << 20, 1 << 31, 0xFFFFFFFF),
    "kind": (*range(27), 255),
    "flag": (0, 1, 4, 32, 64, 255),
    "flag2": (0, 1, 2, 8, 16, 255),
    "name_length": (0, 1, 100_000, 0xFFFFFFFF),
    "abi": (0, 1, 2, 0xFFFF),
}
_RELOC_VALUES = {
    "size": (0, 1, 2, 3, 4, 5, 8, 16, 255),
    "type": (*range(108), *(0x8000 | kind for kind in (1, 5, 7, 9, 22, 27)), 0xFFFF),
    "addend": (-(1 << 63), -1, 1, 3, 8, 1 << 31, 1 << 32, 1 << 62),
    "package": _PACKAGES,
    "index": (0, 1, 5, 9, 18, 100, 300, 1 << 31, 0xFFFFFFFF),
}
_AUX_VALUES = {"kind": (*range(14), 255), "package": _PACKAGES, "index": (0, 7, 14, 21, 28, 35, 42, 100, 300, 1 << 31)}
