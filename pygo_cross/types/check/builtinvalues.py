# SPDX-License-Identifier: BSD-3-Clause
"""The predeclared functions of the language: append, len, make, ... One function each; `builtins` has the table.

Each gets the operand that becomes the result, the call and the evaluated arguments (of which the first is in the operand as well; none for
functions that look at their arguments as they are written), and says whether the call is right.

Source of the facts: src/cmd/compile/internal/types2/builtins.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import CallExpr
from pygo_cross.syntax.tokens import ADD, GTR, LSS
from pygo_cross.types import constant
from pygo_cross.types import universe as u
from pygo_cross.types.check import assign, call, constexpr, expr, index, recording, typexpr, untyped, version
from pygo_cross.types.check.assignable import assignable_to
from pygo_cross.types.check.builtinsigs import make_signature, sign, typ_of
from pygo_cross.types.check.errors import error, soft_error
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, NILVALUE, NOVALUE, TYPEXPR, VALUE, Operand
from pygo_cross.types.constant import String
from pygo_cross.types.format import Cause
from pygo_cross.types.objects import TypeName
from pygo_cross.types.predicates import (
    all_ordered,
    all_string,
    common_underlying,
    identical,
    is_boolean,
    is_numeric,
    is_string,
    is_type_param,
    is_untyped,
    is_valid,
    type_pairs,
)
from pygo_cross.types.types import (
    BYTE,
    COMPLEX64,
    COMPLEX128,
    EMPTY_INTERFACE,
    FLOAT32,
    FLOAT64,
    INT,
    RECV_ONLY,
    TYP,
    UNTYPED_COMPLEX,
    UNTYPED_FLOAT,
    Array,
    Basic,
    Chan,
    Interface,
    Map,
    Pointer,
    Slice,
    Term,
    Type,
    TypeParam,
    Union,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


# ---- slices, maps, channels


def _slice_elem(x: Operand) -> tuple[Type | None, Cause]:
    """The type of a slice's elements; None if x is no slice, and why."""
    elem: Type | None = None
    for pair in type_pairs(typ_of(x)):
        under = None if pair is None else pair[1]
        if not isinstance(under, Slice):
            if x.mode == NILVALUE:
                return None, Cause("argument must be a slice; have untyped nil")
            return None, Cause("argument must be a slice; have %s", x)
        if elem is None:
            elem = under.elem
        elif not identical(elem, under.elem):
            return None, Cause("mismatched slice element types %s and %s in %s", elem, under.elem, x)
    return elem, Cause("")


def _is_bytes(check: Checker, x: Operand) -> bool:
    return assignable_to(check, x, Slice(BYTE))[0]


def _bytes_or_strings(x: Operand) -> tuple[bool, bool]:
    """Whether x is, or may only be, bytes or a string; and whether it may be a string."""
    has_string = False
    for pair in type_pairs(typ_of(x)):
        under = None if pair is None else pair[1]
        if isinstance(under, Slice) and identical(under.elem, BYTE):
            continue
        if under is None or not is_string(under):
            return False, False
        has_string = True
    return True, has_string


def append(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """append(s, x...)."""
    elem, cause = _slice_elem(x)
    if elem is None:
        error(check, x, "invalid-append", "invalid append: %s", cause)
        return False
    typ = typ_of(x)
    if len(args) == 2 and e.has_dots and _is_bytes(check, x) and _bytes_or_strings(args[1]) == (True, True):
        sig = make_signature(typ, (typ, typ_of(args[1])))  # append(bytes, "string"...)
        sig.variadic = True
    else:
        sig = make_signature(typ, (typ, Slice(elem)))
        sig.variadic = True
        call.arguments(check, e, sig, (), (), args, ())
    recording.record_builtin_type(check, e.fun, sig)
    x.mode, x.typ = VALUE, typ
    return True


def copy(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """copy(dst, src)."""
    y = args[1]
    to, cause = _slice_elem(x)
    if to is None:
        error(check, x, "invalid-copy", "invalid copy: %s", cause)
        return False
    if not (_is_bytes(check, x) and _bytes_or_strings(y)[0]):
        source, cause = _slice_elem(y)
        if source is None:
            if not all_string(typ_of(y)):
                error(check, y, "invalid-copy", "invalid copy: %s", cause)
                return False
            source = BYTE
        if not identical(to, source):
            message = "invalid copy: arguments %s and %s have different element types %s and %s"
            error(check, x, "invalid-copy", message, x, y, to, source)
            return False
    sign(check, e, TYP[INT], typ_of(x), typ_of(y))
    x.mode, x.typ = VALUE, TYP[INT]
    return True


def _length_of(typ: Type) -> Type:
    """What len looks at: an array through one pointer."""
    pointer = unalias(typ)
    if isinstance(pointer, Pointer):
        array = pointer.elem.underlying()
        if isinstance(array, Array):
            return array
    return typ


def len_(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """len(x)."""
    return _len_or_cap(check, x, e, u.LEN)


def cap(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """cap(x)."""
    return _len_or_cap(check, x, e, u.CAP)


def _len_or_cap(check: Checker, x: Operand, e: CallExpr, which: int) -> bool:
    typ = typ_of(x)
    mode, val = INVALID, x.val
    if is_type_param(typ):
        if all(pair is not None and _has_length(_length_of(pair[1]), which) for pair in type_pairs(typ)):
            mode = VALUE
    else:
        of = _length_of(typ.underlying())
        if _has_length(of, which):
            mode = VALUE
            if isinstance(of, Basic) and x.mode == CONSTANT:
                mode = CONSTANT
                val = x.val.size if isinstance(x.val, String) else constant.UNKNOWN
            elif isinstance(of, Array) and not check.env.has_call_or_recv:
                mode, val = CONSTANT, of.len if of.len >= 0 else constant.UNKNOWN
    name = u.BUILTINS[which].name
    if mode == INVALID:
        if is_valid(typ.underlying()):
            error(check, x, "invalid-len" if which == u.LEN else "invalid-cap", "invalid argument: %s for built-in %s", x, name)
        return False
    if mode != CONSTANT:
        sign(check, e, TYP[INT], typ)
    x.mode, x.typ, x.val = mode, TYP[INT], val
    return True


def _has_length(under: Type, which: int) -> bool:
    if isinstance(under, (Array, Slice, Chan)):
        return True
    return which == u.LEN and (isinstance(under, Map) or (isinstance(under, Basic) and is_string(under)))


def clear(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """clear(x)."""
    version.require(check, e.fun, version.GO1_21, "clear")
    for pair in type_pairs(typ_of(x)):
        if pair is None or not isinstance(pair[1], (Map, Slice)):
            message = "invalid argument: cannot clear %s: argument must be (or constrained by) map or slice"
            error(check, x, "invalid-clear", message, x)
            return False
    x.mode = NOVALUE
    sign(check, e, None, typ_of(x))
    return True


def close(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """close(c)."""
    for pair in type_pairs(typ_of(x)):
        under = None if pair is None else pair[1]
        if not isinstance(under, Chan):
            error(check, x, "invalid-close", "invalid operation: cannot close non-channel %s", x)
            return False
        if under.dir == RECV_ONLY:
            error(check, x, "invalid-close", "invalid operation: cannot close receive-only channel %s", x)
            return False
    x.mode = NOVALUE
    sign(check, e, None, typ_of(x))
    return True


def delete(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """delete(m, key)."""
    typ = typ_of(x)
    key: Type | None = None
    for pair in type_pairs(typ):
        under = None if pair is None else pair[1]
        if not isinstance(under, Map):
            error(check, x, "invalid-delete", "invalid argument: %s is not a map", x)
            return False
        if key is not None and not identical(under.key, key):
            error(check, x, "invalid-delete", "invalid argument: maps of %s must have identical key types", x)
            return False
        key = under.key
    assert key is not None
    of = args[1]
    assign.assignment(check, of, key, "argument to delete")
    x.mode = NOVALUE
    if of.mode == INVALID:
        return False
    sign(check, e, None, typ, key)
    return True


def _no_make(typ: Type | None, under: Type | None) -> Cause | None:
    if under is None:
        return Cause("no specific type")
    return None if isinstance(under, (Slice, Map, Chan)) else Cause("type must be slice, map, or channel")


def make(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """make(T, sizes...)."""
    first = e.arg_list[0]
    typ = typexpr.var_type(check, first)
    if not is_valid(typ):
        return False
    common, cause = common_underlying(typ, _no_make)
    if cause is not None:
        error(check, first, "invalid-make", "invalid argument: cannot make %s: %s", first, cause)
        return False
    least, count = 2 if isinstance(common, Slice) else 1, len(e.arg_list)
    if not least <= count <= least + 1:
        message = "invalid operation: %s expects %s or %s arguments; found %s"
        error(check, e, "wrong-arg-count", message, e, str(least), str(least + 1), str(count))
        return False
    types: list[Type] = [typ]
    sizes = []
    for arg in e.arg_list[1:]:
        of, size = index.index(check, arg, -1)
        types.append(of)
        if size >= 0:
            sizes.append(size)
    if len(sizes) == 2 and sizes[0] > sizes[1]:
        error(check, e.arg_list[1], "swapped-make-args", "invalid argument: length and capacity swapped")
    x.mode, x.typ = VALUE, typ
    sign(check, e, typ, *types)
    return True


def new(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """new(T), new(x)."""
    arg = e.arg_list[0]
    expr.expr_or_type(check, x, arg, False)
    expr.exclude(check, x, (1 << NOVALUE) | (1 << BUILTIN))
    if x.mode == INVALID:
        return False
    if x.mode == TYPEXPR:
        typexpr.valid_var_type(check, arg, typ_of(x))
    else:
        if is_untyped(typ_of(x)):
            assign.assignment(check, x, None, "argument to new")
            if x.mode == INVALID:
                return False
        version.require(check, e.fun, version.GO1_26, "new(%s)", arg)
    typ = typ_of(x)
    x.mode, x.typ = VALUE, Pointer(typ)
    sign(check, e, x.typ, typ)
    return True


# ---- numbers


def complex(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """complex(re, im)."""
    y = args[1]
    a, b = is_untyped(typ_of(x)), is_untyped(typ_of(y))
    if a and b:
        if x.mode == CONSTANT and y.mode == CONSTANT:
            for one in (x, y):
                assert one.val is not None
                if is_numeric(typ_of(one)) and constant.sign(constant.imag(one.val)) == 0:
                    one.typ = TYP[UNTYPED_FLOAT]
        else:
            constexpr.convert_untyped(check, x, TYP[FLOAT64])
            constexpr.convert_untyped(check, y, TYP[FLOAT64])
    elif a:
        constexpr.convert_untyped(check, x, typ_of(y))
    elif b:
        constexpr.convert_untyped(check, y, typ_of(x))
    if x.mode == INVALID or y.mode == INVALID:
        return False
    typ = typ_of(x)
    if not identical(typ, typ_of(y)):
        error(check, x, "invalid-complex", "invalid operation: %s (mismatched types %s and %s)", e, typ, y.typ)
        return False
    result = _by_kind(check, x, _TO_COMPLEX, "invalid-complex", "complex")
    if result is None:
        error(check, x, "invalid-complex", "invalid argument: arguments have type %s, expected floating-point", typ)
        return False
    if x.mode == CONSTANT and y.mode == CONSTANT:
        assert x.val is not None and y.val is not None
        x.val = constant.binary_op(constant.to_float(x.val), ADD, constant.make_imag(constant.to_float(y.val)))
    else:
        x.mode = VALUE
        sign(check, e, result, typ, typ)
    x.typ = result
    return True


def real(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """real(c)."""
    return _part(check, x, e, u.REAL)


def imag(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """imag(c)."""
    return _part(check, x, e, u.IMAG)


def _part(check: Checker, x: Operand, e: CallExpr, which: int) -> bool:
    if is_untyped(typ_of(x)):
        if x.mode == CONSTANT:
            if is_numeric(typ_of(x)):
                x.typ = TYP[UNTYPED_COMPLEX]
        else:
            constexpr.convert_untyped(check, x, TYP[COMPLEX128])
            if x.mode == INVALID:
                return False
    typ, name = typ_of(x), u.BUILTINS[which].name
    result = _by_kind(check, x, _TO_FLOAT, "invalid-" + name, name)
    if result is None:
        error(check, x, "invalid-" + name, "invalid argument: argument has type %s, expected complex type", typ)
        return False
    if x.mode == CONSTANT:
        assert x.val is not None
        x.val = constant.real(x.val) if which == u.REAL else constant.imag(x.val)
    else:
        x.mode = VALUE
        sign(check, e, result, typ)
    x.typ = result
    return True


_TO_COMPLEX: Final = {FLOAT32: COMPLEX64, FLOAT64: COMPLEX128, UNTYPED_FLOAT: UNTYPED_COMPLEX}
_TO_FLOAT: Final = {COMPLEX64: FLOAT32, COMPLEX128: FLOAT64, UNTYPED_COMPLEX: UNTYPED_FLOAT}


def _mapped(typ: Type, kinds: dict[int, int]) -> Type | None:
    under = typ.underlying()
    kind = kinds.get(under.kind) if isinstance(under, Basic) else None
    return None if kind is None else TYP[kind]


def _by_kind(check: Checker, x: Operand, kinds: dict[int, int], code: str, name: str) -> Type | None:
    """The type that complex, real or imag gives. Of a type parameter it would be one of its own, which the language does not have."""
    typ = unalias(typ_of(x))
    if not isinstance(typ, TypeParam):
        return _mapped(typ, kinds)
    terms = []
    for term in typ.iface().type_set().terms:
        found = None if term.typ is None else _mapped(term.typ, kinds)
        if found is None:
            return None
        terms.append(Term(term.tilde, found))
    if not terms:
        return None
    soft_error(check, x, code, f"%s not supported as argument to built-in {name} for go1.18 (see go.dev/issue/50937)", x)
    made = TypeParam(TypeName(0, check.pkg, typ.obj.name), Interface([], [Union(terms)]), check)
    made.index = typ.index
    return made


def max_(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """max(x, ...)."""
    return _extreme(check, x, e, args, "max", GTR)


def min_(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """min(x, ...)."""
    return _extreme(check, x, e, args, "min", LSS)


def _extreme(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand], name: str, op: int) -> bool:
    version.require(check, e.fun, version.GO1_21, "built-in %s", name)
    for i, arg in enumerate(args):
        if not all_ordered(typ_of(arg)):
            error(check, arg, "invalid-min-max-operand", "invalid argument: %s cannot be ordered", arg)
            return False
        if i == 0:
            continue
        untyped.match_types(check, x, arg)
        if x.mode == INVALID:
            return False
        if not identical(typ_of(x), typ_of(arg)):
            message = "invalid argument: mismatched types %s (previous argument) and %s (type of %s)"
            error(check, arg, "mismatched-types", message, x.typ, arg.typ, arg.expr)
            return False
        if x.mode == CONSTANT and arg.mode == CONSTANT:
            assert x.val is not None and arg.val is not None
            if constant.compare(arg.val, op, x.val):
                x.expr, x.typ, x.val = arg.expr, arg.typ, arg.val
        else:
            x.mode = VALUE
    if x.mode != CONSTANT:
        x.mode = VALUE
        assign.assignment(check, x, EMPTY_INTERFACE, "argument to built-in " + name)
        if x.mode == INVALID:
            return False
    typ = typ_of(x)
    for arg in args:
        untyped.update_type(check, arg.expr, typ, True)
    if x.mode != CONSTANT:
        sign(check, e, typ, *[typ] * len(args))
    return True


# ---- panic, print


def panic(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """panic(x)."""
    env = check.env
    if env.sig is not None and env.sig.results.vars:
        if env.panics is None:
            env.panics = set()
        env.panics.add(e)
    assign.assignment(check, x, EMPTY_INTERFACE, "argument to panic")
    if x.mode == INVALID:
        return False
    x.mode = NOVALUE
    sign(check, e, None, EMPTY_INTERFACE)
    return True


def print_(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """print(x, ...)."""
    return _print_all(check, x, e, args, "print")


def println(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """println(x, ...)."""
    return _print_all(check, x, e, args, "println")


def _print_all(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand], name: str) -> bool:
    types = []
    for arg in args:
        assign.assignment(check, arg, None, "argument to built-in " + name)
        if arg.mode == INVALID:
            return False
        types.append(typ_of(arg))
    x.mode = NOVALUE
    sign(check, e, None, *types)
    return True


def recover(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """recover()."""
    x.mode, x.typ = VALUE, EMPTY_INTERFACE
    sign(check, e, EMPTY_INTERFACE)
    return True



# ---- for tests of the checker


def assert_(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """assert(x), which is there for tests of the checker only."""
    if x.mode != CONSTANT or not is_boolean(typ_of(x)) or not isinstance(x.val, bool):
        error(check, x, "test", "invalid argument: %s is not a boolean constant", x)
        return False
    if not x.val:
        error(check, e, "test", "%s failed", e)
    return True


def trace(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """trace(x, ...), as assert."""
    if not e.arg_list:
        x.mode = NOVALUE
        return True
    into = x
    for arg in e.arg_list:
        expr.raw_expr(check, None, into, arg, None, False)
        into = Operand()
    return x.mode != INVALID
