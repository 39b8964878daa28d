# SPDX-License-Identifier: BSD-3-Clause
"""Conversions T(x).

Source of the facts: the language specification, "Conversions"; src/cmd/compile/internal/types2/conversions.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.types import constant
from pygo_cross.types.check import constexpr, untyped, version
from pygo_cross.types.check.assignable import assignable_to, because, specific_types
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import CONSTANT, INVALID, VALUE, Operand
from pygo_cross.types.constant import Value
from pygo_cross.types.format import Cause
from pygo_cross.types.predicates import (
    all_string,
    default_type,
    identical,
    identical_ignoring_tags,
    is_complex,
    is_const_type,
    is_integer,
    is_integer_or_float,
    is_plain_interface,
    is_string,
    is_type_param,
    is_untyped,
    type_pairs,
)
from pygo_cross.types.types import (
    INT32,
    TYP,
    UINT8,
    UINTPTR,
    UNSAFE_POINTER,
    UNTYPED_NIL,
    Array,
    Basic,
    Pointer,
    Slice,
    Type,
    TypeParam,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# Whether it can be converted, and what more there is to say if not.
Verdict = tuple[bool, Cause | None]


def conversion(check: Checker, x: Operand, target: Type) -> None:
    """Convert x, or report that it can't be."""
    typ = x.typ
    assert typ is not None
    from_constant = x.mode == CONSTANT
    cause: Cause | None = None
    if from_constant and is_const_type(target):
        val = _constant(check, x, target)
        ok = val is not None
        if val is not None:
            x.val = val
        elif is_integer(typ) and is_integer(target):
            assert x.val is not None
            error(check, x, "invalid-conversion", "constant %s overflows %s", constant.to_string(x.val), target)
            x.mode = INVALID
            return
        elif is_integer(target) and x.val is not None and type(whole := constant.to_int(x.val)) is int:
            x.val = whole  # as the message has it
    elif from_constant and is_type_param(target):
        ok, cause = _constant_to_each(check, x, target)
        x.mode = VALUE  # what has a type parameter's type is no constant
    else:
        ok, cause = convertible_to(check, x, target)
        x.mode = VALUE if ok else x.mode
    if not ok:
        if cause is not None and cause.template:
            error(check, x, "invalid-conversion", "cannot convert %s to type %s: %s", x, target, cause)
        else:
            error(check, x, "invalid-conversion", "cannot convert %s to type %s", x, target)
        x.mode = INVALID
        return
    if is_untyped(typ):
        final = target
        if typ is not TYP[UNTYPED_NIL]:
            if is_plain_interface(target) or (from_constant and not is_const_type(target)):
                final = default_type(typ)
            elif x.mode == CONSTANT and is_integer(typ) and all_string(target):
                final = typ
        untyped.update_type(check, x.expr, final, True)
    x.typ = target


def _constant(check: Checker, x: Operand, target: Type) -> Value | None:
    """The constant that a constant becomes in a type; an integer in a string type is a character."""
    under = target.underlying()
    if not isinstance(under, Basic):
        return None
    assert x.val is not None and x.typ is not None
    found = constexpr.representable(check, x.val, under)
    if found is None and is_integer(x.typ) and is_string(under):
        code = x.val if isinstance(x.val, int) and 0 <= x.val <= 0x10FFFF and not 0xD800 <= x.val < 0xE000 else 0xFFFD
        return constant.make_string(chr(code).encode())
    return found


def _constant_to_each(check: Checker, x: Operand, target: Type) -> Verdict:
    """A constant to a type parameter: it must be convertible to each of its types."""
    typ = x.typ
    assert typ is not None and x.val is not None
    for pair in type_pairs(target):
        if pair is None:
            return False, Cause("%s does not contain specific types", target)
        under = pair[1]
        if (is_string(typ) and _is_bytes_or_runes(under)) or _constant(check, x, under) is not None:
            continue
        if is_integer(typ) and is_integer(under):
            return False, Cause("constant %s overflows %s (in %s)", constant.to_string(x.val), under, target)
        return False, Cause("cannot convert %s to type %s (in %s)", x.copy(), under, target)
    return True, None


def convertible_to(check: Checker, x: Operand, target: Type) -> Verdict:
    """Whether a value that is no constant can be converted."""
    ok, _, cause = assignable_to(check, x, target)
    if ok:
        return True, None
    assert x.typ is not None
    have, want = unalias(x.typ), unalias(target)
    a, b = have.underlying(), want.underlying()
    if not isinstance(have, TypeParam) and not isinstance(want, TypeParam):
        if identical_ignoring_tags(a, b):
            return True, None
        if isinstance(have, Pointer) and isinstance(want, Pointer) and _same_target(have.elem, want.elem):
            return True, None
    if _by_kind(a, b):
        return True, None
    if isinstance(a, Slice):
        array, wanted, what = b, version.GO1_20, "array"
        if isinstance(b, Pointer):
            array, wanted, what = b.elem.underlying(), version.GO1_17, "array pointer"
        if isinstance(array, Array) and identical(a.elem, array.elem):
            if version.allows(check, wanted):
                return True, None
            return False, Cause(f"conversion of slice to {what} requires go1.{wanted} or later")
    if isinstance(have, TypeParam):
        return _from_each(check, x, have, want, target, cause)
    if isinstance(want, TypeParam):
        return _to_each(check, x, want, cause)
    return False, cause


def _same_target(a: Type, b: Type) -> bool:
    """Whether pointers to two types convert to each other."""
    return not is_type_param(a) and not is_type_param(b) and identical_ignoring_tags(a.underlying(), b.underlying())


def _by_kind(a: Type, b: Type) -> bool:
    """Whether one underlying type converts to another by what they are: numbers, strings, unsafe pointers."""
    if is_integer_or_float(a) and is_integer_or_float(b):
        return True
    if is_complex(a) and is_complex(b):
        return True
    if is_string(b) and (is_integer(a) or _is_bytes_or_runes(a)):
        return True
    if is_string(a) and _is_bytes_or_runes(b):
        return True
    if _is_kind(b, UNSAFE_POINTER) and (isinstance(a, Pointer) or _is_kind(a, UINTPTR)):
        return True
    return _is_kind(a, UNSAFE_POINTER) and (isinstance(b, Pointer) or _is_kind(b, UINTPTR))


def _from_each(check: Checker, x: Operand, have: TypeParam, want: Type, target: Type, cause: Cause | None) -> Verdict:
    one = x.copy()
    types = specific_types(have)
    for typ in types:
        one.typ = typ
        if isinstance(want, TypeParam):
            ends = specific_types(want)
            if not ends:
                return False, cause
            for end in ends:
                ok, inner = convertible_to(check, one, end)
                if not ok:
                    return False, because(inner, "cannot convert %s (in %s) to type %s (in %s)", typ, have, end, want)
        else:
            ok, inner = convertible_to(check, one, want)
            if not ok:
                return False, because(inner, "cannot convert %s (in %s) to type %s", typ, have, target)
    return bool(types), cause


def _to_each(check: Checker, x: Operand, want: TypeParam, cause: Cause | None) -> Verdict:
    types = specific_types(want)
    for typ in types:
        ok, inner = convertible_to(check, x, typ)
        if not ok:
            return False, because(inner, "cannot convert %s to type %s (in %s)", x.typ, typ, want)
    return bool(types), cause


def _is_kind(under: Type, kind: int) -> bool:
    return isinstance(under, Basic) and under.kind == kind


def _is_bytes_or_runes(typ: Type) -> bool:
    under = typ.underlying()
    if not isinstance(under, Slice):
        return False
    elem = under.elem.underlying()
    return isinstance(elem, Basic) and elem.kind in (UINT8, INT32)
