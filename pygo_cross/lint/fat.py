# SPDX-License-Identifier: BSD-3-Clause
"""Fat files: a table of architectures that agrees with what it tells of. What the kernel and dyld ask: xnu, bsd/kern/mach_fat.c."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from pygo_cross.exe.fat import Fat
from pygo_cross.exe.macho import ARCH_NAMES, CPU_SUBTYPE_MASK, MAGICS
from pygo_cross.lint.finding import Record

_LEAST: Final = {"amd64": 12, "arm64": 14}  # exponents of page sizes
_MOST: Final = 15  # lipo's and the kernel's


def check(record: Record, file: Fat) -> None:
    """Looks at the table; what the architectures hold is for others."""
    record.format, record.system = "fat", "darwin"
    record.arch = ",".join(part.arch for part in file.slices)
    record.faults("fat-", file.faults)
    if file.wide:
        record.report("fat-wide", "the table has 64-bit offsets", 0)
    if not file.slices and not file.faults:
        record.report("fat-empty", "the table has no architecture", 4)
    seen: set[tuple[int, int]] = set()
    places = [(0, file.header_end, "the table")]
    for part in file.slices:
        at = part.header_offset
        name = f"architecture {part.index} ({part.arch})"
        kind = part.cpu_type, part.cpu_subtype & CPU_SUBTYPE_MASK
        if kind in seen:
            record.report("fat-duplicate", f"{name} is not the only one of its kind", at)
        seen.add(kind)
        if not part.size or not file.view.holds(part.offset, part.size):
            what = f"{name} has bytes {part.offset:#x} to {part.offset + part.size:#x} of a file of {file.view.size:#x}"
            record.report("fat-bounds", what, at)
            continue
        if part.align > _MOST or part.align < _LEAST.get(part.arch, 2):
            record.report("fat-align", f"{name} is told to be aligned to 2^{part.align}", at)
        elif part.offset % (1 << part.align):
            record.report("fat-align", f"{name} at {part.offset:#x} is not aligned to {1 << part.align:#x}", at)
        places.append((part.offset, part.offset + part.size, name))
        content = file.content(part)
        known = MAGICS.get(bytes(content[:4]))
        if known is None or len(content) < 12:
            record.report("fat-mismatch", f"{name} is no Mach-O file", at)
            continue
        order = "little" if known[1] else "big"
        cpu, subtype = (int.from_bytes(content[place : place + 4], "little" if order == "little" else "big") for place in (4, 8))
        if (cpu, subtype & CPU_SUBTYPE_MASK) != kind:
            inside = ARCH_NAMES.get(cpu, hex(cpu))
            record.report("fat-mismatch", f"{name} holds a file for {inside}, variant {subtype:#x}", at)
    places.sort()
    for (_, end, name), (start, _, other) in pairwise(places):
        if end > start:
            record.report("fat-overlap", f"{name} and {other} share bytes from {start:#x}", start)
    last = max(end for _, end, _ in places)
    if last < file.view.size and bytes(file.view.data[last:]).strip(b"\0") and not file.faults:
        record.report("fat-trailing-data", f"{file.view.size - last} bytes are behind the last architecture", last)
