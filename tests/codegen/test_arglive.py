# SPDX-License-Identifier: BSD-3-Clause
"""From where on tracebacks believe what they find of arguments that came in registers."""

from __future__ import annotations

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.codegen import arglive
from pygo_cross.codegen.calls import Plan, Scalar
from pygo_cross.obj.prog import BRANCH, MEM, NAME_AUTO, Addr, Prog, memory, register
from pygo_cross.ssa.kinds import I64
from pygo_cross.types.types import INT, TYP

_AX = register(regs.AX)


def _plan(count: int) -> Plan:
    return Plan(tuple(Scalar(I64, regs.AX, -1, 8 * number, TYP[INT], 0) for number in range(count)), (), 0, 8 * count)


def _store(offset: int) -> Prog:
    return Prog("MOVQ", (_AX, Addr(MEM, 0, 16 + offset, NAME_AUTO)), None, 1)


def _marks(progs: list[Prog]) -> list[int | str]:
    return [prog.args[1].offset if prog.op == "PCDATA" else prog.op for prog in progs]


def test_stores_count_before_what_may_be_traced() -> None:
    call = Prog("CALL", (Addr(BRANCH),), None, 1)
    load = Prog("MOVQ", (memory(regs.CX), _AX), None, 1)
    branch = Prog("JEQ", (Addr(BRANCH),), None, 1)
    branch.target = load
    progs = [_store(0), load, _store(8), call, branch, _store(16), call]
    marked, table = arglive.mark(progs, _plan(3), {16: 0, 24: 8, 32: 16})
    # The third is stored on one way only.
    assert _marks(marked) == [1, "MOVQ", 2, "MOVQ", "MOVQ", 3, "CALL", "JEQ", "MOVQ", "CALL"]
    assert table == bytes((0, 0, 1, 3))


def test_all_stored_needs_no_map() -> None:
    call = Prog("CALL", (Addr(BRANCH),), None, 1)
    marked, table = arglive.mark([_store(0), call], _plan(1), {16: 0})
    assert _marks(marked) == [1, "MOVQ", -1, "CALL"]
    assert table == bytes((0, 0))
    assert arglive.mark([call], _plan(0), {}) == ([call], b"")
