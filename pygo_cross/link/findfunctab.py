# SPDX-License-Identifier: BSD-3-Clause
"""runtime.findfunctab: from a pc to its function, through a table with an entry every 256 bytes of code.

A bucket stands for 4096 bytes of code. It holds the number of the first function in it (u32), and for each 256 bytes
how much further on the first function is there (u8). The runtime goes on from there function by function.

Facts: GOROOT/src/cmd/link/internal/ld/pcln.go (findfunctab), src/runtime/symtab.go (findfuncbucket).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.pclntab import Pclntab

_BUCKET: Final = 4096
_STEP: Final = 256
_STEPS: Final = _BUCKET // _STEP


def build(starts: list[int], end: int) -> bytearray:
    """The table for functions that begin at `starts` (ascending) and reach up to the next one, the last up to `end`.

    Raises UserError when so many functions share a bucket that their distance takes more than a byte.
    """
    base = starts[0]
    steps = (end - base + _STEP - 1) // _STEP
    # The function that holds the first byte of each step is the first one there.
    first: list[int] = []
    for index in range(1, len(starts)):
        covered = (starts[index] - base + _STEP - 1) // _STEP
        first += [index - 1] * (covered - len(first))
    last = len(starts) - 1
    first += [last] * (steps - len(first))
    if first:
        first[0] = 0  # also when that function has no code
    table = bytearray()
    for start in range(0, steps, _STEPS):
        bucket = first[start : start + _STEPS]
        origin = bucket[0]
        table += origin.to_bytes(4, "little")
        try:
            table += bytes([index - origin for index in bucket])
        except ValueError:
            problem = f"{bucket[-1] - origin} functions begin within {_BUCKET} bytes of code; at most 255 can"
            raise UserError.one("too-many-functions", problem) from None
    return table


def generate(link: Link, pcln: Pclntab) -> int:
    """Make runtime.findfunctab (its content is final, as are the addresses of text) and note it in `pcln`."""
    loader, textp = link.loader, link.textp
    value = loader.value
    last = textp[-1]
    sym = loader.lookup_or_create("runtime.findfunctab", 0)
    ext = loader.make_ext(sym)
    ext.data = build([value[s] for s in textp], value[last] + loader.size(last))
    ext.size = len(ext.data)
    loader.kind[sym] = kinds.SPCLNTAB
    loader.align[sym] = 4
    loader.reachable[sym] = 1
    loader.local.add(sym)
    pcln.findfunctab = sym
    return sym
