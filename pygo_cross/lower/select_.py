# SPDX-License-Identifier: BSD-3-Clause
"""select: waiting for the first of several sends and receives.

Channels and values to send are evaluated in source order, once; what a receive assigns is evaluated only when its case is chosen. A select
of one case is that operation; of one case and a default, one that does not wait; of none, the end of the goroutine's work. All others
ask `runtime.selectgo` with an array of cases, those that send first, those that receive from the end.

Facts: src/cmd/compile/internal/walk/select.go, src/runtime/select.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from pygo_cross.lower import chans
from pygo_cross.lower.function import Target
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import I64, VOID, B, P
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import AssignStmt, CommClause, Expr, ExprStmt, Name, Operation, SelectStmt, SendStmt, unpack_list, unparen
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.types import BOOL, TYP, UINT16, UNSAFE_POINTER, Array, Struct

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


@final
class _Case:
    """A case: its channel, where its value is or comes to, and what it assigns."""

    __slots__ = ("address", "channel", "clause", "define", "index", "lhs", "sends")

    def __init__(self, clause: CommClause, channel: Val, sends: bool, address: Value | None, lhs: Sequence[Expr], define: bool) -> None:
        self.clause = clause
        self.channel = channel
        self.sends = sends
        self.address = address
        self.lhs = lhs
        self.define = define
        self.index = 0


def select(f: FuncLowering, s: SelectStmt, label: str) -> None:
    """A select statement."""
    b = f.b
    cases = [_case(f, clause) for clause in s.body if clause.comm is not None]
    default = next((clause for clause in s.body if clause.comm is None), None)
    b.pos = s.pos
    if not s.body:
        f.runtime("block")
        b.exit()
        return
    end = b.new_block()
    f.targets.append(Target(label, end, None))
    if not cases:
        assert default is not None
        _body(f, default, end)
    elif len(cases) == 1 and default is None:
        _alone(f, cases[0], end)
    elif len(cases) == 1:
        assert default is not None
        _at_once(f, cases[0], default, end)
    else:
        _several(f, cases, default, end)
    f.targets.pop()
    b.begin(end)


def _case(f: FuncLowering, clause: CommClause) -> _Case:
    """Evaluate a case's channel, and the value that it sends."""
    from pygo_cross.lower import calls, exprs

    comm = clause.comm
    assert comm is not None
    f.b.pos = comm.pos
    if isinstance(comm, SendStmt):
        channel = exprs.expr(f, comm.chan)
        value = calls.assigned(f, exprs.expr(f, comm.value), chans.elem_type(f, channel))
        return _Case(clause, channel, True, chans.passed(f, f.kept(value)), (), False)
    lhs: Sequence[Expr] = ()
    define = False
    if isinstance(comm, AssignStmt):
        assert comm.rhs is not None
        lhs, define = unpack_list(comm.lhs), comm.op == tk.DEF
        source: Expr = comm.rhs
    else:
        assert isinstance(comm, ExprStmt)
        source = comm.x
    source = unparen(source)
    assert isinstance(source, Operation)
    channel = exprs.expr(f, source.x)
    wanted = bool(lhs) and not _is_blank(lhs[0])
    address = f.scratch(chans.elem_type(f, channel)) if wanted else None
    return _Case(clause, channel, False, address, lhs, define)


def _is_blank(e: Expr) -> bool:
    e = unparen(e)
    return isinstance(e, Name) and e.value == "_"


def _pointer(f: FuncLowering, address: Value | None) -> Value:
    return address if address is not None else f.b.const(P, 0)


def _body(f: FuncLowering, clause: CommClause, end: Block) -> None:
    from pygo_cross.lower import stmts

    stmts.block(f, clause.body)
    f.b.goto(end)


def _chosen(f: FuncLowering, case: _Case, ok: Value, end: Block) -> None:
    """Assign what was received, and execute the case's statements."""
    from pygo_cross.lower import stmts

    if not case.sends and case.lhs:
        values = [Val(TYP[BOOL], (ok,))] if len(case.lhs) > 1 else []
        elem = chans.elem_type(f, case.channel)
        first = f.load(elem, case.address) if case.address is not None else Val(elem)
        stmts.assign_values(f, case.lhs, [first, *values], case.define)
    _body(f, case.clause, end)


def _alone(f: FuncLowering, case: _Case, end: Block) -> None:
    """select with one case: it waits, on the case's line."""
    assert case.clause.comm is not None
    f.b.pos = case.clause.comm.pos
    ok = f.bool_const(False)
    if case.sends:
        f.runtime("chansend1", case.channel.one, _pointer(f, case.address))
    elif len(case.lhs) > 1:
        (received,) = f.runtime("chanrecv2", case.channel.one, _pointer(f, case.address))
        ok = received.one
    else:
        f.runtime("chanrecv1", case.channel.one, _pointer(f, case.address))
    _chosen(f, case, ok, end)


def _at_once(f: FuncLowering, case: _Case, default: CommClause, end: Block) -> None:
    """select with one case and a default: it doesn't wait."""
    b = f.b
    assert case.clause.comm is not None
    b.pos = case.clause.comm.pos
    ok = f.bool_const(False)
    if case.sends:
        (selected,) = f.runtime("selectnbsend", case.channel.one, _pointer(f, case.address))
    else:
        selected, received = f.runtime("selectnbrecv", _pointer(f, case.address), case.channel.one)
        ok = received.one
    yes, no = b.new_block(), b.new_block()
    b.branch(selected.one, yes, no)
    b.begin(yes)
    _chosen(f, case, ok, end)
    b.begin(no)
    _body(f, default, end)


def _several(f: FuncLowering, cases: list[_Case], default: CommClause | None, end: Block) -> None:
    """All other selects."""
    b = f.b
    pointer = TYP[UNSAFE_POINTER]
    record = Struct([Var(FIELD_VAR, 0, None, name, pointer) for name in ("c", "elem")])
    size = f.shapes.sizes.sizeof(record)
    array = f.scratch(Array(record, len(cases)))
    order = f.scratch(Array(TYP[UINT16], 2 * len(cases)), zeroed=False)
    sends = receives = 0
    for case in cases:
        if case.sends:
            case.index = sends
            sends += 1
        else:
            receives += 1
            case.index = len(cases) - receives
        f.emit(ops.STORE, VOID, (array, case.channel.one), case.index * size)
        if case.address is not None:
            f.emit(ops.STORE, VOID, (array, case.address), case.index * size + size // 2)
    counts = (f.int_const(sends), f.int_const(receives), f.bool_const(default is None))
    chosen, received = f.runtime("selectgo", array, order, f.b.const(P, 0), *counts)
    if default is not None:
        taken, more = b.new_block(), b.new_block()
        b.branch(f.emit(ops.LT_S, B, (chosen.one, f.int_const(0))), taken, more)
        b.begin(taken)
        _body(f, default, end)
        b.begin(more)
    for i, case in enumerate(cases):
        if i == len(cases) - 1:
            _chosen(f, case, received.one, end)
            break
        taken, more = b.new_block(), b.new_block()
        b.branch(f.emit(ops.EQ, B, (chosen.one, f.b.const(I64, case.index))), taken, more)
        b.begin(taken)
        _chosen(f, case, received.one, end)
        b.begin(more)
