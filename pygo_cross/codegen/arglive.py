# SPDX-License-Identifier: BSD-3-Clause
"""Where tracebacks may believe what they find in the room for arguments that came in registers: from the store of each on.

FUNCDATA_ArgLiveInfo has the offset of the first such argument, and bitmaps of which have been stored; PCDATA_ArgLiveIndex says which bitmap
holds (its offset in the table, -1: all of them). Stores count up to the first branch, behind which nothing is known of the way taken.

Facts: GOROOT/src/cmd/compile/internal/liveness/arg.go, src/runtime/traceback.go (printArgs).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pygo_cross.codegen.calls import Plan
from pygo_cross.obj.prog import BRANCH, MEM, NAME_AUTO, Prog, const
from pygo_cross.obj.symbol import PCDATA_ARG_LIVE

_LIMIT: Final = 10
_FAR: Final = 0xFF
_ALL: Final = -1
_NO_BYTES: Final = frozenset({"PCDATA", "FUNCDATA", "NOP"})


def mark(progs: list[Prog], plan: Plan, at_home: Mapping[int, int]) -> tuple[list[Prog], bytes]:
    """The instructions of a function with marks, and the contents of its table; empty if no argument is in a register.

    `at_home` maps offsets from the frame's top to those of the arguments that are stored there.
    """
    offsets = [scalar.spill for scalar in plan.args if 0 <= scalar.spill <= _FAR][:_LIMIT]
    if not offsets:
        return progs, b""
    bits = {offset: 1 << number for number, offset in enumerate(offsets)}
    all_live = (1 << len(offsets)) - 1
    table = bytearray((offsets[0],))
    known: dict[int, int] = {}

    def index(live: int) -> int:
        if live == all_live:
            return _ALL
        at = known.get(live)
        if at is None:
            at = known[live] = len(table)
            table.extend(live.to_bytes((len(offsets) + 7) // 8, "little"))
        return at

    live, told = 0, 0
    out = [Prog("PCDATA", (const(PCDATA_ARG_LIVE), const(index(0))), None, 0)]  # like all of `progs` it has no place yet
    for number, prog in enumerate(progs):
        args = prog.args
        if args and prog.op not in _NO_BYTES:
            last = args[-1]
            if last.type == MEM and last.name == NAME_AUTO and last.offset in at_home:
                live |= bits.get(at_home[last.offset], 0)
            elif live != told and (prog.target is not None or last.type == BRANCH or any(arg.type == MEM for arg in args)):
                # What this does may lead to a traceback.
                out.append(prog.after("PCDATA", (const(PCDATA_ARG_LIVE), const(index(live)))))
                told = live
        if prog.target is not None or prog.op == "RET":
            return out + progs[number:], bytes(table)
        out.append(prog)
    return out, bytes(table)
