# SPDX-License-Identifier: BSD-3-Clause
"""In which order the operands of an expression or statement are evaluated.

The language orders calls, receives and logical operations; when variables and elements are read in between is free. Programs see it all the
same, so it is as stock has it: calls go first, in their order, and what is left is evaluated after them: in `x + f()`, the variable is
read when f has returned, and so is the element (and its index checked) in `a[i] = f()`. To stock slices and assertions are calls in this.

Most expressions look the same in either order. `begin` looks at operands that are to be evaluated together, and only if something would
be read before a call that could change it, the calls are made at once and their values kept for when evaluation comes to them
(`FuncLowering.early`). Operands of a call are another matter than what is around it, and so is the right side of && and ||.

Facts: the language specification, "Order of evaluation"; src/cmd/compile/internal/walk/order.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssertExpr,
    BasicLit,
    CallExpr,
    CompositeLit,
    Expr,
    FuncLit,
    IndexExpr,
    KeyValueExpr,
    ListExpr,
    Name,
    Node,
    Operation,
    ParenExpr,
    SelectorExpr,
    SliceExpr,
    unparen,
)
from pygo_cross.types import universe as u
from pygo_cross.types.check.operand import BUILTIN, TYPEXPR
from pygo_cross.types.objects import PACKAGE_VAR, Builtin, Var
from pygo_cross.types.predicates import is_string, is_untyped
from pygo_cross.types.selection import FIELD_VAL
from pygo_cross.types.types import Array, Interface, Map, Pointer, Signature, Slice, Struct, Tuple, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_SIMPLE: Final = frozenset((Name, BasicLit, FuncLit))
_AT_ONCE: Final = frozenset((u.APPEND, u.CAP, u.COMPLEX, u.COPY, u.IMAG, u.LEN, u.MAKE, u.MAX, u.MIN, u.NEW, u.REAL, u.RECOVER))
_CHANGING: Final = frozenset((u.APPEND, u.COPY, u.RECOVER))


def begin(
    f: FuncLowering, operands: Sequence[Expr | None], assigned: int = 0, targets: Sequence[Type | None] = (), reads: bool = False
) -> bool:
    """Operands are going to be evaluated, in this order; the first `assigned` are assigned to, and read before if `reads` says so.
    `targets` are the types that the rest becomes, where that is known: what an interface has to have a copy of is evaluated with the calls.
    What comes back is for `end`.
    """
    before = f.ordered
    if _matters(f, operands, 0 if reads else assigned):
        for i, e in enumerate(operands):
            if e is not None:
                _call_early(f, e, targets[i - assigned] if assigned <= i < len(targets) + assigned else None, i < assigned)
    return before


def begin_slice(f: FuncLowering, e: SliceExpr) -> bool:
    """`begin`, of what is sliced and its bounds. A bound is evaluated with the calls, whole, unless it is cheap: in `s[p.at:p.next()]`
    p.at is read before the call, and s behind it."""
    before = f.ordered
    bounds = [bound for bound in (e.low, e.high, e.max) if bound is not None]
    if _matters(f, (e.x, *bounds), 0):
        _call_early(f, e.x, None, False)
        for bound in bounds:
            if not _is_cheap(f, bound):
                _keep(f, unparen(bound))
    return before


def _matters(f: FuncLowering, operands: Sequence[Expr | None], assigned: int) -> bool:
    """Whether it can be seen in which order operands are evaluated. From here on that is answered for what is within them too."""
    # Behind the first operand there is something to be called, or there is no question here (but within the first there may be one).
    if f.ordered or all(type(e) in _SIMPLE for e in operands[1:]):
        return False
    f.ordered = True
    return _changes(f, operands, assigned)


def is_simple(f: FuncLowering, e: Expr) -> bool:
    """Whether an expression is a variable or a constant."""
    e = unparen(e)
    found = f.package.info.types.get(e)
    return type(e) is Name or (found is not None and found.val is not None)


def _is_cheap(f: FuncLowering, e: Expr) -> bool:
    """Whether evaluating an expression again costs nothing: variables, constants, and lengths of variables."""
    while True:
        if is_simple(f, e):
            return True
        e = unparen(e)
        if not isinstance(e, CallExpr) or _builtin(f, e) not in (u.LEN, u.CAP):
            return False
        (e,) = e.arg_list


def end(f: FuncLowering, before: bool) -> None:
    """The operands are evaluated."""
    f.ordered = before


def calls_of_targets(f: FuncLowering, targets: Sequence[Expr]) -> bool:
    """Places are going to be assigned what one expression gives: their calls come before it, the rest behind it. For `end`."""
    before = f.ordered
    f.ordered = True
    for e in targets:
        if type(e) not in _SIMPLE:
            _call_early(f, e, None, True)
    return before


def apart(f: FuncLowering) -> bool:
    """What comes now is evaluated by itself: the operands of a call, what stands behind && and ||. The result is for `end`."""
    before = f.ordered
    f.ordered = False
    return before


class _Read:
    """Stands, on the stack of `_changes`, behind the parts of what reads memory or may panic."""


_READ: Final = _Read()


def _changes(f: FuncLowering, operands: Sequence[Expr | None], assigned: int) -> bool:
    """Whether something is read, or may panic, before a call or what goes first as calls do."""
    info = f.package.info
    stack: list[Node | _Read | None] = list(reversed(operands))
    for i in range(assigned):
        if type(operands[i]) is Name:
            stack[-1 - i] = None
    read = False
    while stack:
        e = stack.pop()
        kind = type(e)
        if e is None or kind is BasicLit or kind is FuncLit:
            continue
        if isinstance(e, _Read):
            read = True
        elif isinstance(e, Name):
            if not read:
                obj = info.uses.get(e)
                read = isinstance(obj, Var) and (obj.kind == PACKAGE_VAR or obj in f.in_memory or obj in f.addresses)
        elif isinstance(e, ParenExpr):
            stack.append(e.x)
        elif isinstance(e, CallExpr):
            found = info.types.get(e.fun)
            if found is None or found.mode not in (TYPEXPR, BUILTIN):
                if read:
                    return True
            else:
                if read and found.mode == BUILTIN and _builtin(f, e) in _CHANGING:
                    return True
                if found.mode == TYPEXPR and isinstance(f.type_of(e.arg_list[0]).underlying(), Slice):
                    stack.append(_READ)  # what becomes a string or an array is read
                stack += reversed(e.arg_list)
        elif isinstance(e, Operation):
            if e.op == tk.RECV or e.op in (tk.AND_AND, tk.OR_OR):
                if read:
                    return True
            elif e.y is not None:
                if e.op in (tk.DIV, tk.REM, tk.SHL, tk.SHR):
                    stack.append(_READ)
                stack += (e.y, e.x)
            elif e.op == tk.AND:
                stack.append(None if type(e.x) is Name else e.x)
            else:
                if e.op == tk.MUL:
                    stack.append(_READ)
                stack.append(e.x)
        elif isinstance(e, SelectorExpr):
            selection = info.selections.get(e)
            if selection is None:
                stack.append(e.sel)
            else:
                if selection.indirect or isinstance(f.type_of(e.x).underlying(), Pointer):
                    stack.append(_READ)
                stack.append(e.x)
        elif isinstance(e, IndexExpr):
            if e.x in info.instances:
                continue
            stack += (_READ, e.index, e.x)
        elif isinstance(e, SliceExpr):
            if read:
                return True
            stack += (e.max, e.high, e.low, e.x)
        elif isinstance(e, AssertExpr):
            if read and not f.shapes.is_direct(f.type_of(e)):
                return True
            stack.append(e.x)
        elif isinstance(e, CompositeLit):
            stack += reversed(e.elem_list)
        elif isinstance(e, KeyValueExpr):
            stack += (e.value, None if info.types.get(e.key) is None else e.key)
        elif isinstance(e, ListExpr):
            stack += reversed(e.elem_list)
    return False


def parameters(sig: Signature, count: int) -> list[Type | None]:
    """The types that the arguments of a call become."""
    types: list[Type | None] = [var.typ for var in sig.params.vars]
    if sig.variadic and isinstance(types[-1], Slice) and count >= len(types):
        types[-1:] = [types[-1].elem] * (count - len(types) + 1)
    return types


def literal_type(f: FuncLowering, e: CompositeLit) -> Type:
    """The type of what a literal makes; within another literal it may give the address of that, without saying so."""
    typ = f.type_of(e)
    under = typ.underlying()
    return f.typ(under.elem) if isinstance(under, Pointer) else typ


def elements(f: FuncLowering, e: CompositeLit) -> list[tuple[Expr, Type | None]]:
    """The elements of a literal that is no map, each with the type that it becomes."""
    under = literal_type(f, e).underlying()
    found: list[tuple[Expr, Type | None]] = []
    for i, one in enumerate(e.elem_list):
        typ: Type | None = under.elem if isinstance(under, (Array, Slice)) else None
        if isinstance(under, Struct):
            name = one.key.value if isinstance(one, KeyValueExpr) and isinstance(one.key, Name) else ""
            typ = next((field.typ for field in under.fields if field.name == name), None) if name else under.fields[i].typ
        found.append((one.value if isinstance(one, KeyValueExpr) else one, typ))
    return found


class _Part(NamedTuple):
    """What is still to be looked at for calls: with `target`, what becomes a value of that type; with `kept`, evaluated as a whole."""

    e: Expr | None
    target: Type | None = None
    kept: bool = False


def _call_early(f: FuncLowering, operand: Expr, target: Type | None, assigned: bool) -> None:
    """Evaluate the calls within an operand, and what stock takes for one, and keep their values."""
    info = f.package.info
    place = unparen(operand) if assigned else None
    stack = [_Part(operand, target)]
    while stack:
        e, target, kept = stack.pop()
        if e is None:
            continue
        if kept or (target is not None and _is_copied(f, e, target)):
            _keep(f, unparen(e))
            continue
        if type(e) in _SIMPLE:
            continue
        found = info.types.get(e)
        if found is not None and found.val is not None:
            continue
        if isinstance(e, ParenExpr):
            stack.append(_Part(e.x))
        elif isinstance(e, CallExpr):
            fun = info.types.get(e.fun)
            if fun is not None and fun.mode == TYPEXPR:
                stack.append(_conversion(f, e))
            elif fun is not None and fun.mode == BUILTIN and _builtin(f, e) not in _AT_ONCE:
                stack += map(_Part, reversed(e.arg_list))
            elif found is None or not (found.typ is None or isinstance(found.typ, Tuple)):
                _keep(f, e)
        elif isinstance(e, Operation):
            if e.op == tk.RECV or e.op in (tk.AND_AND, tk.OR_OR):
                _keep(f, e)
            else:
                if e.op in (tk.EQL, tk.NEQ) and e.y is not None:
                    # What is compared in memory is copied, if it is no variable, when the calls of both sides have been made.
                    stack += [_Part(one, None, True) for one in (e.y, e.x) if _is_compared_in_memory(f, one)]
                stack += (_Part(e.y), _Part(e.x))
        elif isinstance(e, SelectorExpr):
            if e in info.selections:
                stack.append(_Part(e.x))
        elif isinstance(e, IndexExpr):
            if e.x in info.instances:
                continue
            if isinstance(f.type_of(e.x).underlying(), Map) and _is_string_of_bytes(f, e.index) and e is not place:
                _keep(f, e)
            else:
                stack += (_Part(e.index), _Part(e.x))
        elif isinstance(e, SliceExpr):
            _keep(f, e)
        elif isinstance(e, AssertExpr):
            if f.shapes.is_direct(f.type_of(e)):
                stack.append(_Part(e.x))
            else:
                _keep(f, e)
        elif isinstance(e, CompositeLit):
            if isinstance(literal_type(f, e).underlying(), Map):
                _keep(f, e)
            else:
                stack += [_Part(one, typ) for one, typ in reversed(elements(f, e))]
        elif isinstance(e, ListExpr):
            stack += map(_Part, reversed(e.elem_list))


def _conversion(f: FuncLowering, e: CallExpr) -> _Part:
    """What of a conversion is looked at: of a string to bytes or runes it is a call."""
    (given,) = e.arg_list
    to = f.type_of(e)
    if isinstance(to.underlying(), Slice) and is_string(f.type_of(given).underlying()):
        return _Part(e, None, True)
    return _Part(given, to)


def _is_copied(f: FuncLowering, e: Expr, target: Type) -> bool:
    """Whether an operand becomes an interface which points at a copy of it, and is no variable."""
    found = f.package.info.types.get(e)
    if found is None or found.val is not None or not isinstance(f.typ(target).underlying(), Interface):
        return False
    typ = f.type_of(e)
    if isinstance(typ, Tuple) or isinstance(typ.underlying(), Interface) or is_untyped(typ) or type(e) is FuncLit:
        return False
    return _by_address(f, typ) and not _is_variable(f, e)


def _by_address(f: FuncLowering, typ: Type) -> bool:
    """Whether the runtime is given the address of what it makes an interface of (dataWordFuncName of walk/convert.go)."""
    size, under = f.shapes.sizes.sizeof(typ), typ.underlying()
    if size in (2, 4, 8) and f.shapes.sizes.alignof(typ) == size and not f.shapes.has_pointers(typ):
        return False
    while isinstance(under, (Struct, Array)) and (len(under.fields) == 1 if isinstance(under, Struct) else under.len == 1):
        under = (under.fields[0].typ if isinstance(under, Struct) else under.elem).underlying()
    return not (is_string(under) or isinstance(under, Slice))


def _is_variable(f: FuncLowering, e: Expr) -> bool:
    """Whether an expression has an address."""
    while True:
        e = unparen(e)
        if isinstance(e, SelectorExpr) and e in f.package.info.selections:
            selection = f.package.info.selections[e]
            if selection.kind != FIELD_VAL:
                return False
            if selection.indirect or isinstance(f.type_of(e.x).underlying(), Pointer):
                return True
            e = e.x
        elif isinstance(e, IndexExpr):
            under = f.type_of(e.x).underlying()
            if not isinstance(under, Array):
                return isinstance(under, (Slice, Pointer))
            e = e.x
        else:
            return isinstance(e, (Name, SelectorExpr)) or (isinstance(e, Operation) and e.op == tk.MUL and e.y is None)


def _is_compared_in_memory(f: FuncLowering, e: Expr) -> bool:
    """Whether an operand of a comparison is copied to memory for it."""
    return isinstance(f.type_of(e).underlying(), (Struct, Array)) and not _is_variable(f, e)


def _builtin(f: FuncLowering, e: CallExpr) -> int:
    """Which predeclared function is called, -1 for none (those of package unsafe)."""
    name = unparen(e.fun)
    obj = f.package.info.uses.get(name) if isinstance(name, Name) else None
    return obj.id_ if isinstance(obj, Builtin) else -1


def _is_string_of_bytes(f: FuncLowering, e: Expr) -> bool:
    """Whether this is string(b)."""
    e = unparen(e)
    if not isinstance(e, CallExpr):
        return False
    fun = f.package.info.types.get(e.fun)
    return fun is not None and fun.mode == TYPEXPR and isinstance(f.type_of(e.arg_list[0]).underlying(), Slice)


def _keep(f: FuncLowering, e: Expr) -> None:
    from pygo_cross.lower import exprs

    before = apart(f)
    value = exprs.expr(f, e)
    f.early[e] = value if isinstance(e, CallExpr) else f.kept(value)  # what a call gives is nobody else's
    end(f, before)
