# SPDX-License-Identifier: BSD-3-Clause
"""Words into instructions, by the tables that they are encoded with.

By the bits that every row has fixed (rows.py) a word finds its candidates. Each is read, and encoded again: the first that gives the
same word is the answer, so an instruction that is told can be assembled to what it was. Where none does (an offset that Go's assembler
writes in another way), the first that can be read is told as not exact. SVE has a table of its own, which is asked first.

Of several names for one word the most special stands first: CMP before SUBS, LSL before UBFIZ, as the architecture's manual prefers.
Forms of several words are not looked for: each of their words is an instruction.

`decode` knows no symbols: branches are told as distances from the instruction's end. ADR's distance is in `offset` of its operand, and
ADRP's in bytes from the page that it stands in; source has symbols or labels there.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64 import layout as _layout
from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.encode import EncodeError, Encoder
from pygo_cross.arch.arm64.fields import signed
from pygo_cross.arch.arm64.operands import Frame
from pygo_cross.arch.arm64.rewrite import RewriteError, rewrite
from pygo_cross.arch.arm64.rows import Row, rows
from pygo_cross.arch.machine import Instruction
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, REG, Addr, Prog

_COMPLETE: Final = _layout  # importing it registers all encoders

_SCALABLE: Final = frozenset({0xA0, *(top for top in range(256) if top >> 1 & 15 == 2)})
"""The highest bytes of instructions of SVE: one group by bits 25 to 28, and loads and stores of several vectors."""

_ROUNDABOUT: Final = frozenset(
    ["load", "store", "loadback", "storeback", "loadpair", "storepair", "loadexclusive", "storeexclusive", "bitmask", "movk"]
)
"""Encoders of instructions that are what they seem even where Go's assembler refuses them, or has another word for the same: unscaled
offsets, registers that are written twice, numbers that are encoded in several ways. Of others such words are undefined."""

_masks: list[tuple[int, dict[int, list[Row]]]] = []
_near: dict[int, list[tuple[int, dict[int, list[Row]]]]] = {}
_encoder: Encoder | None = None
_known: dict[int, Instruction | None] = {}
_MOST_KNOWN: Final = 1 << 17


def _load_rows() -> None:
    """Makes the index of rows by their fixed bits, those that fix most first."""
    global _encoder
    _encoder = Encoder(Context("arm64", "linux"))
    by_mask: dict[int, dict[int, list[Row]]] = {}
    for row in rows():
        by_mask.setdefault(row.word_mask, {}).setdefault(row.base, []).append(row)
    for mask in sorted(by_mask, key=lambda mask: (-mask.bit_count(), mask)):
        _masks.append((mask, by_mask[mask]))


def decode(code: bytes, at: int = 0) -> Instruction | None:
    """The instruction at `at`; None for what is none, or is cut short."""
    word = int.from_bytes(code[at : at + 4], "little")
    if len(code) < at + 4:
        return None
    if word in _known:
        return _known[word]
    if not _masks:
        _load_rows()
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    found = _known[word] = _decode(word)
    return found


def _masks_for(top: int) -> list[tuple[int, dict[int, list[Row]]]]:
    """The masks that words with this highest byte can have, with their rows."""
    found = _near.get(top)
    if found is None:
        found = _near[top] = []
        for mask, index in _masks:
            high = mask >> 24
            part = {base: rows for base, rows in index.items() if base >> 24 == top & high}
            if part:
                found.append((mask, part))
    return found


def _scalable(word: int) -> Instruction | None:
    """An instruction of SVE, by its own table."""
    from pygo_cross.arch.arm64 import sve

    found = sve.decode(word)
    if found is None:
        return None
    instruction = Instruction(4, found[0], "", found[1])
    instruction.exact = sve.encode(*found) == word
    return instruction


def _decode(word: int) -> Instruction | None:
    if word >> 24 in _SCALABLE:
        scalable = _scalable(word)
        if scalable is not None:
            return scalable
    candidates = [row for mask, index in _masks_for(word >> 24) for row in index.get(word & mask, ())]
    candidates.sort(key=lambda row: row.late)
    fitting: Instruction | None = None
    for row in candidates:
        args = row.read(word)
        if args is None:
            continue
        distance = None
        if args and row.op not in ("ADR", "ADRP"):
            distance = next((arg.offset for arg in args if arg.type == BRANCH), None)
        exact = _same(row, args, word)
        if not exact and (fitting is not None or row.form.encoder not in _ROUNDABOUT):
            continue
        if row.op == "RET" and args[0].reg == regs.LINK:
            args = ()
        found = Instruction(4, row.op, row.form.suffix, args)
        if distance is not None:
            found.distance = distance - 4
        if exact:
            return found
        found.exact = False
        fitting = found
    return fitting or _literal(word)


_LITERALS: Final = ("MOVWU", "MOVD", "MOVW")


def _literal(word: int) -> Instruction | None:
    """A load of a literal, which source only has as a far offset or a large number: it can't be assembled by itself."""
    kind = word >> 30
    if word >> 24 & 0x3F != 0x18 or kind == 3:
        return None
    register = word & 31
    found = Instruction(4, _LITERALS[kind], "", (Addr(BRANCH), Addr(REG, regs.GP + register)))
    found.distance = signed(word >> 5, 19) * 4 - 4
    found.exact = False
    return found


def _same(row: Row, args: tuple[Addr, ...], word: int) -> bool:
    """Whether an instruction assembles to this word."""
    assert _encoder is not None
    prog = Prog(row.op, args, None, 0, row.form.suffix)
    for arg in args:
        if arg.type == BRANCH:
            prog.target = Prog("NOP", (), None, 0)
            prog.target.pc = arg.offset
    _encoder.begin(Frame(0, 0), [])
    try:
        made = rewrite(_encoder.context, prog)
        return len(made) == 1 and _encoder.encode(made[0]) == [word]
    except (EncodeError, RewriteError):
        return False
