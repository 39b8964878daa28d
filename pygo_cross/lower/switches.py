# SPDX-License-Identifier: BSD-3-Clause
"""switch statements but those on types.

Cases are tried in order. Neighbouring ones that are constants are searched instead, since no two of them are equal: integers by a table, or
by halving, neighbours with one body as a range; strings by their lengths, and then by their first bytes as an integer.

Facts: src/cmd/compile/internal/walk/switch.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pygo_cross.lower import compare, exprs, strings
from pygo_cross.lower.captured import has_effects
from pygo_cross.lower.function import Target
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import BITS, I8, I16, I32, I64, B
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import Expr, SwitchStmt, unpack_list
from pygo_cross.types.constant import String
from pygo_cross.types.predicates import is_boolean, is_integer, is_string, is_unsigned
from pygo_cross.types.types import BOOL, INT, TYP, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_LINEAR: Final = 4  # so many cases are tried one after another
_TABLE: Final = 8  # from so many ranges of integers on, a table is looked into where it is not too sparse
_SPARSE: Final = 4  # of so many places of a table, one must be taken
_LEADING: Final = 8  # bytes of a string that are compared as an integer
_WORDS: Final = {1: I8, 2: I16, 4: I32, 8: I64}


class _Case(NamedTuple):
    """A constant (of a string its bytes), its expression, and where it leads."""

    constant: int | bytes
    e: Expr
    body: Block


def switch(f: FuncLowering, s: SwitchStmt, label: str) -> None:
    """A switch, whose initialisation is done."""
    from pygo_cross.lower import stmts

    b = f.b
    if s.tag is None:
        tag = None
    elif any(has_effects(e) for clause in s.body if clause.cases is not None for e in unpack_list(clause.cases)):
        tag = f.kept(exprs.expr(f, s.tag))
    else:
        tag = f.kept(strings.looked_at(f, s.tag))
    end = b.new_block()
    bodies = [b.new_block() for _ in s.body]
    default = end
    run: list[_Case] = []
    for clause, body in zip(s.body, bodies, strict=True):
        if clause.cases is None:
            default = body
            continue
        for e in unpack_list(clause.cases):
            constant = _constant(f, tag, e)
            if constant is not None:
                run.append(_Case(constant, e, body))
                continue
            run = _flush(f, tag, run)
            after = b.new_block()
            b.pos = e.pos
            if tag is None and is_boolean(f.type_of(e).underlying()):
                exprs.condition(f, e, body, after)
            else:
                of = tag if tag is not None else Val(TYP[BOOL], (f.bool_const(True),))
                b.branch(exprs.comparison(f, tk.EQL, of, exprs.expr(f, e)), body, after)
            b.begin(after)
    _flush(f, tag, run)
    b.goto(default)
    target = Target(label, end, None)
    f.targets.append(target)
    for i, (clause, body) in enumerate(zip(s.body, bodies, strict=True)):
        # The clause before may fall into this one, so it is complete only now.
        b.begin(body)
        target.fall_to = bodies[i + 1] if i + 1 < len(bodies) else None
        stmts.block(f, clause.body)
        b.goto(end)
    f.targets.pop()
    b.begin(end)


def _constant(f: FuncLowering, tag: Val | None, e: Expr) -> int | bytes | None:
    """The value of a case that is a constant integer or string."""
    if tag is None:
        return None
    found = f.package.info.types.get(e)
    if found is None or found.val is None or found.typ is None:
        return None
    under, case = tag.typ.underlying(), f.typ(found.typ).underlying()
    if is_integer(under) and is_integer(case) and isinstance(found.val, int) and not isinstance(found.val, bool):
        return found.val
    if is_string(under) and is_string(case) and isinstance(found.val, String):
        return found.val.value
    return None


def _flush(f: FuncLowering, tag: Val | None, run: list[_Case]) -> list[_Case]:
    """Look for the tag among cases, and go on behind them; gives the beginning of further ones."""
    if not run:
        return run
    assert tag is not None
    b = f.b
    b.pos = run[0].e.pos
    after = b.new_block()
    if len(run) == 1:
        b.branch(exprs.comparison(f, tk.EQL, tag, exprs.expr(f, run[0].e)), run[0].body, after)
    elif isinstance(run[0].constant, bytes):
        _strings(f, tag, run, after)
    else:
        _integers(f, tag.one, tag.typ, [(one.constant, one.body) for one in run if isinstance(one.constant, int)], after)
    b.begin(after)
    return []


# ---- integers


def _integers(f: FuncLowering, tag: Value, typ: Type, cases: Sequence[tuple[int, Block]], after: Block) -> None:
    """Branch to the body of an integer."""
    unsigned = is_unsigned(typ)
    kind = tag.kind
    ranges: list[tuple[int, int, Block]] = []
    for constant, body in sorted(cases, key=lambda case: case[0]):
        if ranges and ranges[-1][2] is body and ranges[-1][1] + 1 == constant:
            ranges[-1] = (ranges[-1][0], constant, body)
        else:
            ranges.append((constant, constant, body))

    if len(ranges) >= _TABLE and ranges[-1][1] - ranges[0][0] < _SPARSE * len(ranges):
        _by_table(f, tag, ranges, after)
        return

    def number(value: int) -> Value:
        return f.b.const(kind, exprs.signed(value, BITS[kind]))

    def below(i: int) -> Value:
        return f.emit(ops.LE_U if unsigned else ops.LE_S, B, (tag, number(ranges[i - 1][1])))

    def leaf(i: int, no: Block) -> None:
        low, high, body = ranges[i]
        if low == high:
            same = f.emit(ops.EQ, B, (tag, number(low)))
        else:
            same = f.emit(ops.LE_U, B, (f.emit(ops.SUB, kind, (tag, number(low))), number(high - low)))
        f.b.branch(same, body, no)

    _search(f, len(ranges), below, leaf, after)


def _by_table(f: FuncLowering, tag: Value, ranges: Sequence[tuple[int, int, Block]], after: Block) -> None:
    """Branch to the body of an integer by a table."""
    first, last = ranges[0][0], ranges[-1][1]
    kind = tag.kind
    b = f.b
    at = f.emit(ops.SUB, kind, (tag, b.const(kind, exprs.signed(first, BITS[kind]))))
    found = b.new_block()
    b.branch(f.emit(ops.LE_U, B, (at, b.const(kind, exprs.signed(last - first, BITS[kind])))), found, after)
    b.begin(found)
    targets = [after] * (last - first + 1)
    for low, high, body in ranges:
        targets[low - first : high - first + 1] = [body] * (high - low + 1)
    b.jump_table(at if kind == I64 else f.emit(ops.ZERO_EXT, I64, (at,)), targets)


def _search(f: FuncLowering, count: int, below: Callable[[int], Value], leaf: Callable[[int, Block], None], after: Block) -> None:
    """Search among so many cases in order: `below(i)` says whether it can only be one before the i-th, `leaf` tries one."""
    b = f.b
    todo: list[tuple[Block | None, int, int]] = [(None, 0, count)]
    while todo:
        block, low, high = todo.pop()
        if block is not None:
            b.begin(block)
        if high - low > _LINEAR:
            half = low + (high - low) // 2
            left, right = b.new_block(), b.new_block()
            b.branch(below(half), left, right)
            todo += ((right, half, high), (left, low, half))
            continue
        for i in range(low, high):
            no = after if i == high - 1 else b.new_block()
            leaf(i, no)
            if no is not after:
                b.begin(no)


# ---- strings


def _strings(f: FuncLowering, tag: Val, cases: Sequence[_Case], after: Block) -> None:
    """Branch to the body of a string."""
    b = f.b
    by_length: dict[int, list[tuple[bytes, _Case]]] = {}
    for one in cases:
        assert isinstance(one.constant, bytes)
        by_length.setdefault(len(one.constant), []).append((one.constant, one))
    lengths = sorted(by_length)
    blocks = [b.new_block() for _ in lengths]
    nowhere = b.new_block()
    _integers(f, tag.parts[1], TYP[INT], list(zip(lengths, blocks, strict=True)), nowhere)
    for length, block in zip(lengths, blocks, strict=True):
        b.begin(block)
        _same_length(f, Val(tag.typ, (tag.parts[0], f.int_const(length))), by_length[length], nowhere)
    b.begin(nowhere)
    b.goto(after)


def _same_length(f: FuncLowering, tag: Val, cases: Sequence[tuple[bytes, _Case]], after: Block) -> None:
    """Branch to the body of a string among those of its length."""
    if len(cases) <= _LINEAR:
        order = list(cases)
        leading = None
    else:
        order = sorted(cases, key=lambda case: int.from_bytes(case[0][:_LEADING], "little"))
        leading = _leading(f, tag.parts[0], len(order[0][0]))

    def below(i: int) -> Value:
        assert leading is not None
        word = int.from_bytes(order[i - 1][0][:_LEADING], "little")
        return f.emit(ops.LE_U, B, (leading, f.b.const(leading.kind, exprs.signed(word, BITS[leading.kind]))))

    def leaf(i: int, no: Block) -> None:
        _, one = order[i]
        f.b.branch(compare.equal(f, tag, exprs.expr(f, one.e)), one.body, no)

    # Strings that begin alike are not told apart by that: all of them are tried.
    if leading is not None and any(order[i][0][:_LEADING] == order[i - 1][0][:_LEADING] for i in range(1, len(order))):
        for i in range(len(order)):
            no = after if i == len(order) - 1 else f.b.new_block()
            leaf(i, no)
            if no is not after:
                f.b.begin(no)
        return
    _search(f, len(order), below, leaf, after)


def _leading(f: FuncLowering, pointer: Value, length: int) -> Value:
    """The first bytes of a string of that length, up to eight, as an integer."""
    length = min(length, _LEADING)
    if length in _WORDS:
        return f.emit(ops.LOAD, _WORDS[length], (pointer,), 0)
    # Two words that overlap.
    width = 4 if length > 4 else 2
    kind = I64 if length > 4 else I32
    low, high = (f.emit(ops.ZERO_EXT, kind, (f.emit(ops.LOAD, _WORDS[width], (pointer,), at),)) for at in (0, length - width))
    shifted = f.emit(ops.SHL, kind, (high, f.b.const(I64, 8 * (length - width))), 1)
    return f.emit(ops.OR, kind, (low, shifted))
