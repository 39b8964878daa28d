# SPDX-License-Identifier: BSD-3-Clause
"""Channels: making them, sending, receiving, closing; what passes through a channel is handed to the runtime by its address.

Facts: src/cmd/compile/internal/walk/{expr,builtin}.go, src/runtime/chan.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import P
from pygo_cross.ssa.refs import TypeRef
from pygo_cross.syntax.nodes import Operation, SendStmt
from pygo_cross.types.types import BOOL, TYP, Chan, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def make(f: FuncLowering, typ: Type, size: Value | None) -> Val:
    """make(chan T, size)."""
    (made,) = f.runtime("makechan", f.emit(ops.ADDR, P, (), 0, TypeRef(typ)), size if size is not None else f.int_const(0))
    return Val(typ, made.parts)


def elem_type(f: FuncLowering, channel: Val) -> Type:
    """What passes through a channel."""
    under = channel.typ.underlying()
    if not isinstance(under, Chan):
        raise f.bug(f"{channel.typ} is no channel")
    return f.typ(under.elem)


def send(f: FuncLowering, s: SendStmt) -> None:
    """chan <- value."""
    from pygo_cross.lower import calls, exprs, order

    under = f.type_of(s.chan).underlying()
    before = order.begin(f, (s.chan, s.value), targets=(None, under.elem if isinstance(under, Chan) else None))
    channel = exprs.expr(f, s.chan)
    value = calls.assigned(f, exprs.expr(f, s.value), elem_type(f, channel))
    order.end(f, before)
    f.b.pos = s.pos
    f.runtime("chansend1", channel.one, passed(f, value))


def passed(f: FuncLowering, value: Val) -> Value:
    """The address of memory that has a value, for the runtime to read it."""
    if value.address is not None:
        return value.address
    address = f.scratch(value.typ, zeroed=False)
    f.store(value, address)
    return address


def receive(f: FuncLowering, e: Operation) -> Val:
    """<-chan."""
    from pygo_cross.lower import exprs

    channel = exprs.expr(f, e.x)
    f.b.pos = e.pos
    elem = elem_type(f, channel)
    address = f.scratch(elem)
    f.runtime("chanrecv1", channel.one, address)
    return f.load(elem, address)


def discard(f: FuncLowering, e: Operation) -> None:
    """<-chan for nothing but its effect."""
    from pygo_cross.lower import exprs

    channel = exprs.expr(f, e.x)
    f.b.pos = e.pos
    f.runtime("chanrecv1", channel.one, f.b.const(P, 0))


def pair(f: FuncLowering, e: Operation) -> list[Val]:
    """v, ok := <-chan."""
    from pygo_cross.lower import exprs

    channel = exprs.expr(f, e.x)
    f.b.pos = e.pos
    return received(f, channel)


def received(f: FuncLowering, channel: Val) -> list[Val]:
    """What comes from a channel, and whether it was sent."""
    elem = elem_type(f, channel)
    address = f.scratch(elem)
    (ok,) = f.runtime("chanrecv2", channel.one, address)
    return [f.load(elem, address), Val(TYP[BOOL], ok.parts)]


def close(f: FuncLowering, channel: Val) -> None:
    """close(chan)."""
    f.runtime("closechan", channel.one)


def size(f: FuncLowering, channel: Val, capacity: bool) -> Value:
    """len(chan) or cap(chan)."""
    (found,) = f.runtime("chancap" if capacity else "chanlen", channel.one)
    return found.one
