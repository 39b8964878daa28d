# SPDX-License-Identifier: BSD-3-Clause
"""Whether a value may be assigned to a variable of a type, and why not.

Source of the facts: the language specification, "Assignability"; src/cmd/compile/internal/types2/operand.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.types.check import untyped
from pygo_cross.types.check.operand import INVALID, Operand
from pygo_cross.types.format import Cause
from pygo_cross.types.implements import not_implementing
from pygo_cross.types.lookup import is_interface_pointer
from pygo_cross.types.predicates import has_name, identical, is_untyped, is_valid
from pygo_cross.types.types import SEND_RECV, Chan, Interface, Type, TypeParam, unalias

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# Whether it may be, the code of the mistake if not, and what more there is to say.
Verdict = tuple[bool, str, Cause | None]

_YES: Final[Verdict] = (True, "", None)
_NO: Final = "incompatible-assign"


def assignable_to(check: Checker, x: Operand, target: Type) -> Verdict:
    """Whether an operand may be assigned to a variable of a type. What is invalid may be assigned to anything."""
    if x.mode == INVALID:
        return _YES
    assert x.typ is not None
    have, want = unalias(x.typ), unalias(target)
    if have is want or not is_valid(want) or not is_valid(have) or identical(have, want):
        return _YES
    a, b = have.underlying(), want.underlying()
    from_param = isinstance(have, TypeParam)
    to_param = isinstance(want, TypeParam)
    if is_untyped(a):
        return _untyped(check, x, want)
    if not from_param and not to_param and (not has_name(have) or not has_name(want)) and identical(a, b):
        return _YES
    if (isinstance(b, Interface) and not to_param) or is_interface_pointer(b):
        if isinstance(a, Interface):
            a.type_set()  # before the other's: where the two are a circle, the first has all methods, as in stock
        why = not_implementing(have, want, False, check.formatter, check)
        if why is None:
            return _YES
        if not from_param:
            return False, "invalid-iface-assign", Cause("%s", why)
    if isinstance(a, Interface) and not from_param and not_implementing(want, have, False, None, check) is None:
        return False, _NO, Cause("need type assertion")
    if isinstance(a, Chan) and a.dir == SEND_RECV and isinstance(b, Chan) and identical(a.elem, b.elem):
        return not has_name(have) or not has_name(want), "invalid-chan-assign", None
    if isinstance(want, TypeParam) and not has_name(have):
        return _to_each(check, x, want)
    if isinstance(have, TypeParam) and not has_name(want):
        return _from_each(check, x, have, target)
    return False, _NO, None


def _untyped(check: Checker, x: Operand, want: Type) -> Verdict:
    """An untyped value must be representable; of a type parameter, by each type."""
    if not isinstance(want, TypeParam):
        return untyped.implicit_type(check, x, want)[0] is not None, _NO, None
    terms = specific_types(want)
    fits = bool(terms) and all(untyped.implicit_type(check, x, typ)[0] is not None for typ in terms)
    return fits, _NO, None


def _to_each(check: Checker, x: Operand, want: TypeParam) -> Verdict:
    """A value of a type without a name, to a type parameter: it must be assignable to each of its types."""
    verdict: Verdict = (False, _NO, None)
    for typ in specific_types(want):
        verdict = assignable_to(check, x, typ)
        if not verdict[0]:
            return False, verdict[1], because(verdict[2], "cannot assign %s to %s (in %s)", x.typ, typ, want)
    return verdict


def _from_each(check: Checker, x: Operand, have: TypeParam, target: Type) -> Verdict:
    """A value of a type parameter's type, to a type without a name: each of its types must be assignable."""
    verdict: Verdict = (False, _NO, None)
    one = x.copy()
    for typ in specific_types(have):
        one.typ = typ
        verdict = assignable_to(check, one, target)
        if not verdict[0]:
            return False, verdict[1], because(verdict[2], "cannot assign %s (in %s) to %s", typ, have, target)
    return verdict


def specific_types(tparam: TypeParam) -> list[Type]:
    """The types of a type parameter's terms; none if its constraint has no terms."""
    return [pair[0] for pair in tparam.iface().type_set().pairs() if pair is not None]


def because(inner: Cause | None, template: str, *args: object) -> Cause:
    """A cause, and on the next line the one behind it."""
    if inner is None or not inner.template:
        return Cause(template, *args)
    return Cause(template + "\n\t%s", *args, inner)
