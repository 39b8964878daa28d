# SPDX-License-Identifier: BSD-3-Clause
"""Branches inside a function: n(PC) finds its target, and a jump to a jump goes where that one does.

Facts: GOROOT/src/cmd/internal/obj/pass.go (linkpatch, brloop).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, Prog

_MAX_CHAIN: Final = 5000


def resolve(context: Context, progs: list[Prog]) -> None:
    """Give every branch its target. Progs are known by the numbers that the parser gave them."""
    by_number: dict[int, Prog] | None = None
    jumps: list[Prog] = []
    for prog in progs:
        if prog.target is None:
            # n(PC) elsewhere, as in arm64's ADR, is no branch.
            arg = prog.args[-1] if prog.args else None
            if arg is not None and arg.type == BRANCH and arg.sym is None:
                if by_number is None:
                    by_number = {other.pc: other for other in progs}
                prog.target = by_number.get(arg.offset)
                if prog.target is None:
                    context.error(f"branch out of range ({arg.offset & 0xFFFFFFFF:#x})", prog.base, prog.line)
        if prog.target is not None:
            if prog.target.op == "END":
                context.error("branch to END, which is nowhere", prog.base, prog.line)
            if prog.args and prog.args[-1].type == BRANCH:
                jumps.append(prog)
    for prog in jumps:
        prog.target = _end_of_chain(prog.target)


def _end_of_chain(prog: Prog | None) -> Prog | None:
    """Where a chain of unconditional jumps leads; None if it goes round in circles."""
    for _ in range(_MAX_CHAIN):
        if prog is None or prog.op != "JMP" or prog.target is None:
            return prog
        prog = prog.target
    return None
