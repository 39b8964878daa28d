# SPDX-License-Identifier: BSD-3-Clause
"""Indexing and slicing.

`x[i]` may turn out to be an element, a map's value, or an instance of something generic: `index_expr` says when it is the last.

Source of the facts: src/cmd/compile/internal/types2/index.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import Expr, IndexExpr, ListExpr, SliceExpr
from pygo_cross.types import constant
from pygo_cross.types.check import assign, call, constexpr, expr, typexpr
from pygo_cross.types.check.cycles import is_complete
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import CONSTANT, INVALID, MAPINDEX, TYPEXPR, VALUE, VARIABLE, Operand
from pygo_cross.types.constant import String
from pygo_cross.types.predicates import all_integer, identical, is_string, is_type_param, is_untyped, is_valid, type_pairs
from pygo_cross.types.types import (
    BYTE,
    INT,
    INVALID_TYPE,
    STRING,
    TYP,
    UNRESOLVED,
    Array,
    Basic,
    Map,
    Pointer,
    Signature,
    Slice,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


class _Element:
    """What indexing a type gives: the element's type, a map's key (None for others), the constant length (-1 if not known), the mode."""

    __slots__ = ("key", "length", "mode", "typ")

    def __init__(self, typ: Type, mode: int, length: int = -1, key: Type | None = None) -> None:
        self.typ = typ
        self.mode = mode
        self.length = length
        self.key = key


def index_expr(check: Checker, x: Operand, e: IndexExpr) -> bool:
    """x[i]. True if it instantiates a generic function, which x is then."""
    expr.expr_or_type(check, x, e.x, True)
    if x.mode == INVALID:
        call.use(check, [e.index])
        return False
    if x.mode == TYPEXPR:
        x.mode, x.typ = INVALID, typexpr.var_type(check, e)
        if is_valid(x.typ):
            x.mode = TYPEXPR
        return False
    assert x.typ is not None
    if x.mode == VALUE:
        sig = x.typ.underlying()
        if isinstance(sig, Signature) and sig.tparams:
            return True
    expr.non_generic(check, None, x)
    if x.mode == INVALID:
        return False
    if not _complete(check, x.typ):
        x.mode = INVALID
        return False
    found = _element_of_all(x, x.typ) if is_type_param(x.typ) else _element(x, x.typ.underlying())
    if found is None:
        error(check, e.pos, "non-sliceable-operand", "cannot index %s", x)
        call.use(check, [e.index])
        x.mode = INVALID
        return False
    at = _single_index(check, e)
    if found.key is not None:
        key = Operand()
        expr.generic_expr(check, key, at)
        assign.assignment(check, key, found.key, "map index")
        x.mode, x.typ, x.expr = MAPINDEX, found.typ, e
        return False
    x.mode = found.mode
    x.typ = found.typ if found.typ is not UNRESOLVED else INVALID_TYPE
    index(check, at, found.length)
    return False


def _complete(check: Checker, typ: Type) -> bool:
    """Whether what is indexed, and what comes of it, is complete."""
    if not is_complete(check, typ):
        return False
    under = typ.underlying()
    return not isinstance(under, (Pointer, Map)) or is_complete(check, under.elem)


def _element(x: Operand, under: Type) -> _Element | None:
    """What indexing gives, None if the type can't be indexed."""
    if isinstance(under, Slice):
        return _Element(under.elem, VARIABLE)
    if isinstance(under, Map):
        return _Element(under.elem, MAPINDEX, key=under.key)
    if isinstance(under, Array):
        return _Element(under.elem, VARIABLE if x.mode == VARIABLE else VALUE, under.len)
    if isinstance(under, Pointer):
        array = under.elem.underlying()
        return _Element(array.elem, VARIABLE, array.len) if isinstance(array, Array) else None
    if isinstance(under, Basic) and is_string(under):
        return _Element(BYTE, VALUE, x.val.size if x.mode == CONSTANT and isinstance(x.val, String) else -1)
    return None


def _element_of_all(x: Operand, typ: Type) -> _Element | None:
    """The same for all types of a type parameter: one element type, maps with one key type or no maps, and the shortest length."""
    whole: _Element | None = None
    for pair in type_pairs(typ):
        one = _element(x, pair[1]) if pair is not None else None
        if one is None:
            return None
        if whole is None:
            whole = one
            continue
        if (whole.key is None) != (one.key is None) or not identical(whole.typ, one.typ):
            return None
        if whole.key is not None and one.key is not None and not identical(whole.key, one.key):
            return None
        if 0 <= one.length < whole.length:
            whole.length = one.length
        if one.mode == VALUE:
            whole.mode = VALUE
    return whole


def _single_index(check: Checker, e: IndexExpr) -> Expr:
    if isinstance(e.index, ListExpr):
        error(check, e.index.elem_list[1], "invalid-index", "invalid operation: more than one index")
        return e.index.elem_list[0]
    return e.index


def index(check: Checker, e: Expr, bound: int) -> tuple[Type, int]:
    """The type of an index, invalid if it is wrong, and its value, -1 if that isn't constant. It must be below `bound` unless that is
    negative.
    """
    x = Operand()
    expr.expr(check, None, x, e)
    if not is_valid_index(check, x, "invalid-index", "index", False):
        return INVALID_TYPE, -1
    assert x.typ is not None
    if x.mode != CONSTANT:
        return x.typ, -1
    if not isinstance(x.val, int):
        return INVALID_TYPE, -1
    if 0 <= bound <= x.val:
        error(check, x, "invalid-index", "invalid argument: index %s out of bounds [0:%s]", str(x.val), str(bound))
        return INVALID_TYPE, -1
    return x.typ, x.val


def is_valid_index(check: Checker, x: Operand, code: str, what: str, allow_negative: bool) -> bool:
    """Whether an operand is an integer that may be an index (or a size, a count); it is reported if not."""
    if x.mode == INVALID:
        return False
    constexpr.convert_untyped(check, x, TYP[INT])
    if x.mode == INVALID:
        return False
    assert x.typ is not None
    if not all_integer(x.typ):
        error(check, x, code, "invalid argument: %s %s must be integer", what, x)
        return False
    if x.mode == CONSTANT:
        assert x.val is not None
        if not allow_negative and constant.sign(x.val) < 0:
            error(check, x, code, "invalid argument: %s %s must not be negative", what, x)
            return False
        found = constexpr.representable(check, x.val, TYP[INT])
        if found is None:
            error(check, x, code, "invalid argument: %s %s overflows int", what, x)
            return False
        x.val = found
    return True


# ---- slices


def slice_expr(check: Checker, x: Operand, e: SliceExpr) -> None:
    """x[low:high:max]."""
    expr.expr(check, None, x, e.x)
    bounds = (e.low, e.high, e.max)
    if x.mode == INVALID:
        call.use(check, [bound for bound in bounds if bound is not None])
        return
    assert x.typ is not None
    under = _common(check, x)
    pointer = x.typ.underlying()
    if under is None or (isinstance(pointer, Pointer) and not is_complete(check, pointer.elem)):
        x.mode = INVALID
        return
    length = _sliced(check, x, e, under)
    if x.mode == INVALID:
        return
    x.mode = VALUE
    if e.full and (e.high is None or e.max is None):
        error(check, e, "invalid-syntax-tree", "2nd and 3rd index required in 3-index slice")
        x.mode = INVALID
        return
    _check_bounds(check, bounds, length)


def _common(check: Checker, x: Operand) -> Type | None:
    """The type that is sliced: what all types of a type parameter have underneath, strings and bytes being alike."""
    assert x.typ is not None
    common: Type | None = None
    first: Type | None = None
    has_string = False
    for pair in type_pairs(x.typ):
        if pair is None:
            error(check, x, "non-sliceable-operand", "cannot slice %s: no specific type in %s", x, x.typ)
            return None
        typ, under = pair
        if is_string(under):
            under, has_string = Slice(BYTE), True
        if common is None:
            first, common = typ, under
        elif not identical(common, under):
            message = "cannot slice %s: %s and %s have different underlying types"
            error(check, x, "non-sliceable-operand", message, x, first, typ)
            return None
    if has_string:
        return TYP[STRING] if is_type_param(x.typ) else x.typ.underlying()
    return common


def _sliced(check: Checker, x: Operand, e: SliceExpr, under: Type) -> int:
    """Give x the type of its slices; the length where it is known, or -1."""
    assert x.typ is not None
    if isinstance(under, Slice):
        return -1
    if isinstance(under, Basic) and is_string(under):
        if e.full:
            error(check, e.max or e, "invalid-slice-expr", "invalid operation: 3-index slice of string")
            x.mode = INVALID
            return -1
        length = x.val.size if x.mode == CONSTANT and isinstance(x.val, String) else -1
        if is_untyped(x.typ):
            x.typ = TYP[STRING]
        return length
    if isinstance(under, Array):
        if x.mode != VARIABLE:
            error(check, x, "non-sliceable-operand", "cannot slice unaddressable value %s", x)
            x.mode = INVALID
            return -1
        x.typ = Slice(under.elem)
        return under.len
    array = under.elem.underlying() if isinstance(under, Pointer) else None
    if isinstance(array, Array):
        x.typ = Slice(array.elem)
        return array.len
    error(check, x, "non-sliceable-operand", "cannot slice %s", x)
    x.mode = INVALID
    return -1


def _check_bounds(check: Checker, bounds: tuple[Expr | None, Expr | None, Expr | None], length: int) -> None:
    """Constant bounds must be within the length and must not decrease."""
    values: list[int] = []
    for i, bound in enumerate(bounds):
        value = -1
        if bound is not None:
            value = max(index(check, bound, length + 1 if length >= 0 else -1)[1], -1)
        elif i == 0:
            value = 0
        elif length >= 0:
            value = length
        values.append(value)
    for i in range(2):
        for j in range(i + 1, 3):
            if 0 <= values[j] < values[i]:
                at = bounds[j]
                assert at is not None
                error(check, at, "swapped-slice-indices", "invalid slice indices: %s < %s", str(values[j]), str(values[i]))
                return
