# SPDX-License-Identifier: BSD-3-Clause
"""Strings: putting them together, what they are converted from and to, and their runes one after another.

The runtime does the work. Where its functions take a buffer for short results they get none: whether a result stays in its frame is for
escape analysis to say, behind lowering.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I8, I32, I64, B, P
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import CallExpr, Expr, Operation, ParenExpr, unparen
from pygo_cross.types.check.operand import TYPEXPR
from pygo_cross.types.constant import String
from pygo_cross.types.predicates import is_string
from pygo_cross.types.types import STRING, TYP, UINT8, Array, Basic, Slice, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_MOST: Final = 5  # as many strings have a function of the runtime of their own
_ONE_BYTE: Final = 0x80  # runes below are a byte


def operands(f: FuncLowering, e: Expr) -> Iterator[Expr]:
    """The strings that an expression puts together, from left to right: a + b + c is one call."""
    pending = [e]
    while pending:
        e = pending.pop()
        found = f.package.info.types.get(e)
        if found is not None and found.val is not None:
            yield e
        elif isinstance(e, ParenExpr):
            pending.append(e.x)
        elif isinstance(e, Operation) and e.op == tk.ADD and e.y is not None:
            pending += (e.y, e.x)
        else:
            yield e


def concatenation(f: FuncLowering, strings: Sequence[Val], typ: Type) -> Val:
    """Two strings or more as one: a string, or a slice of bytes."""
    name = "concatbyte" if isinstance(typ.underlying(), Slice) else "concatstring"
    if len(strings) <= _MOST:
        return Val(typ, _with_buffer(f, f"{name}{len(strings)}", *[one.parts for one in strings]).parts)
    text = TYP[STRING]
    address = f.temporary(Array(text, len(strings)))
    width = f.shapes.sizes.sizeof(text)
    for i, one in enumerate(strings):
        f.store(Val(text, one.parts), address, i * width)
    count = f.int_const(len(strings))
    return Val(typ, _with_buffer(f, name + "s", (address, count, count)).parts)


def bytes_of_sum(f: FuncLowering, e: Expr, to: Type) -> Val | None:
    """[]byte(a + b), which is put together in the bytes at once; None if the conversion is another."""
    under = to.underlying()
    source = unparen(e)
    if not isinstance(source, Operation) or source.op != tk.ADD or not isinstance(under, Slice) or not _is_bytes(under):
        return None
    found = f.package.info.types.get(e)
    if (found is not None and found.val is not None) or not is_string(f.type_of(e).underlying()):
        return None
    return concatenation(f, all_operands(f, source), to)


def converted_bytes(f: FuncLowering, e: Expr) -> Expr | None:
    """The x of string(x), where that is a slice of bytes."""
    e = unparen(e)
    if not isinstance(e, CallExpr) or len(e.arg_list) != 1:
        return None
    info = f.package.info
    found = info.types.get(e.fun)
    if found is None or found.mode != TYPEXPR or not is_string(f.type_of(e).underlying()):
        return None
    of = f.type_of(e.arg_list[0]).underlying()
    return e.arg_list[0] if isinstance(of, Slice) and _is_bytes(of) else None


def looked_at(f: FuncLowering, e: Expr) -> Val:
    """The value of an expression; a string that is converted from bytes is those bytes, not copied: it is used soon and not kept. What
    is called between may change them, as under stock: the language leaves that order open.
    """
    from pygo_cross.lower import exprs

    source = converted_bytes(f, e)
    if source is None:
        return exprs.expr(f, e)
    return Val(f.type_of(e), exprs.expr(f, source).parts[:2])


def all_operands(f: FuncLowering, e: Expr) -> list[Val]:
    """The values of the strings that an expression puts together. Where one is a constant that is not empty, the result is none of the
    others, so bytes need no copy.
    """
    from pygo_cross.lower import exprs, order

    found = list(operands(f, e))
    before = order.begin(f, found)
    constants = [f.package.info.types.get(one) for one in found]
    literal = any(one is not None and isinstance(one.val, String) and one.val.value for one in constants)
    values = [looked_at(f, one) if literal else exprs.expr(f, one) for one in found]
    order.end(f, before)
    return values


def to_string(f: FuncLowering, value: Val, to: Type) -> Val:
    """string(x) of bytes or runes, or of an integer that is widened to 64 bits (those that are no rune become U+FFFD)."""
    under = value.typ.underlying()
    if not isinstance(under, Slice):
        made = _with_buffer(f, "intstring", value.parts)
    elif _is_bytes(under):
        made = _with_buffer(f, "slicebytetostring", value.parts[:1], value.parts[1:2])
    else:
        made = _with_buffer(f, "slicerunetostring", value.parts)
    return Val(to, made.parts)


def from_string(f: FuncLowering, value: Val, to: Type) -> Val:
    """[]byte(s) and []rune(s)."""
    under = to.underlying()
    assert isinstance(under, Slice)
    name = "stringtoslicebyte" if _is_bytes(under) else "stringtoslicerune"
    return Val(to, _with_buffer(f, name, value.parts).parts)


def rune_at(f: FuncLowering, text: Val, at: Value) -> tuple[Value, Value]:
    """The rune of a string at an index within it, and the index behind it."""
    b = f.b
    pointer = text.parts[0]
    rune, behind = ("rune", at), ("behind", at)
    byte = f.emit(ops.ZERO_EXT, I32, (f.emit(ops.LOAD, I8, (f.emit(ops.ADD_PTR, P, (pointer, at)),)),))
    b.write(rune, byte)
    b.write(behind, f.emit(ops.ADD, I64, (at, f.int_const(1))))
    longer, done = b.new_block(), b.new_block()
    b.branch(f.emit(ops.LT_U, B, (byte, b.const(I32, _ONE_BYTE))), done, longer, 1)
    b.begin(longer)
    decoded, index = f.runtime("decoderune", text, at)
    b.write(rune, decoded.one)
    b.write(behind, index.one)
    b.goto(done)
    b.begin(done)
    return b.read(rune), b.read(behind)


def _with_buffer(f: FuncLowering, name: str, *args: Sequence[Value]) -> Val:
    """What a function of the runtime gives whose first parameter is a buffer, for the parts of its other arguments."""
    params = f.package.runtime.call(name).params[1:]
    (made,) = f.runtime(name, f.b.const(P, 0), *[Val(typ, parts) for typ, parts in zip(params, args, strict=True)])
    return made


def _is_bytes(under: Slice) -> bool:
    elem = under.elem.underlying()
    return isinstance(elem, Basic) and elem.kind == UINT8
