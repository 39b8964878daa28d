# SPDX-License-Identifier: BSD-3-Clause
"""Type expressions: what type stands where one is written.

What can't be told before types are complete (whether a map's key is comparable, whether type arguments satisfy their constraints) is put
off. Struct, interface and function types have modules of their own.

Source of the facts: src/cmd/compile/internal/types2/typexpr.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.syntax import nodes
from pygo_cross.syntax.nodes import (
    ArrayType,
    ChanType,
    DotsType,
    Expr,
    FuncType,
    IndexExpr,
    MapType,
    Name,
    Operation,
    ParenExpr,
    SelectorExpr,
    SliceType,
    unpack_list,
)
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.tokens import MUL
from pygo_cross.types import universe
from pygo_cross.types.check import call, constexpr, decl, expr, interfaces, recording, selector, signatures, structs, version
from pygo_cross.types.check.errors import error, soft_error
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, NILVALUE, NOVALUE, TYPEXPR, VALUE, VARIABLE, Operand
from pygo_cross.types.format import Cause
from pygo_cross.types.implements import verify
from pygo_cross.types.instantiate import instantiate
from pygo_cross.types.objects import Builtin, Const, Func, Nil, Object, PkgName, TypeName, Var, object_kind
from pygo_cross.types.predicates import comparable, is_generic, is_integer, is_type_param, is_untyped, is_valid
from pygo_cross.types.types import (
    EMPTY_TUPLE,
    INT,
    INVALID_TYPE,
    TYP,
    UNRESOLVED,
    Alias,
    Array,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Type,
)
from pygo_cross.unicode.classes import is_name

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


# ---- names


def ident(check: Checker, x: Operand, e: Name, want_type: bool) -> None:
    """What a name stands for. Where a type is wanted, nothing else is looked into."""
    x.mode, x.expr = INVALID, e
    env = check.env
    scope, obj = env.lookup_scope(e.value)
    if obj is None:
        if e.value == "_":
            error(check, e, "invalid-blank", "cannot use _ as value or type")
        elif is_name(e.value):
            error(check, e, "undeclared-name", "undefined: %s", e.value)
        return
    if obj in _SINCE_GENERICS and not version.require(check, e, version.GO1_18, "predeclared %s", e.value):
        return
    check.info.uses[e] = obj
    is_type = type(obj) is TypeName
    if want_type and not is_type:
        error(check, e, "not-a-type", "%s (%s) is not a type", obj.name, object_kind(obj))
        if type(obj) is Var and obj.pkg is check.pkg:
            obj.used = True
        return
    if (obj.typ is UNRESOLVED and type(obj) not in _WITHOUT_TYPE) or (is_type and want_type and obj.pkg is check.pkg):
        decl.obj_decl(check, obj)
    if check.dot_imports:
        assert scope is not None
        imported = check.dot_imports.get((scope, obj.name))
        if imported is not None:
            imported.used = True
    _OBJECTS[type(obj)](check, x, e, obj)


def _type_name(check: Checker, x: Operand, e: Name, obj: TypeName) -> None:
    x.mode, x.typ = TYPEXPR, obj.typ


def _variable(check: Checker, x: Operand, e: Name, obj: Var) -> None:
    if obj.pkg is check.pkg:
        obj.used = True
    check.depends_on(obj)
    if is_valid(obj.typ):
        x.mode, x.typ = VARIABLE, obj.typ


def _constant(check: Checker, x: Operand, e: Name, obj: Const) -> None:
    check.depends_on(obj)
    if not is_valid(obj.typ):
        return
    if obj is universe.IOTA:
        if check.env.iota is None:
            error(check, e, "invalid-iota", "cannot use iota outside constant declaration")
            return
        x.val = check.env.iota
    else:
        x.val = obj.val
    x.mode, x.typ = CONSTANT, obj.typ


def _function(check: Checker, x: Operand, e: Name, obj: Func) -> None:
    check.depends_on(obj)
    x.mode, x.typ = VALUE, obj.signature


def _builtin(check: Checker, x: Operand, e: Name, obj: Builtin) -> None:
    x.mode, x.typ, x.builtin = BUILTIN, INVALID_TYPE, obj.id_


def _nil(check: Checker, x: Operand, e: Name, obj: Nil) -> None:
    x.mode, x.typ = NILVALUE, obj.typ


def _package(check: Checker, x: Operand, e: Name, obj: PkgName) -> None:
    error(check, e, "invalid-pkg-use", "use of package %s not in selector", obj.name)


_SINCE_GENERICS: Final = (universe.ANY.obj, universe.COMPARABLE.obj)
_WITHOUT_TYPE: Final = frozenset([PkgName, Builtin])
_OBJECTS: Final[dict[type[Object], Callable[[Checker, Operand, Name, Any], None]]] = {
    TypeName: _type_name,
    Var: _variable,
    Const: _constant,
    Func: _function,
    Builtin: _builtin,
    Nil: _nil,
    PkgName: _package,
}


# ---- types


def typ(check: Checker, e: Expr) -> Type:
    """The type that an expression is; a generic one must have its arguments. The invalid type after a mistake."""
    return declared_type(check, e, None)


def var_type(check: Checker, e: Expr) -> Type:
    """The type of a variable: no constraint."""
    found = declared_type(check, e, None)
    valid_var_type(check, e, found)
    return found


def valid_var_type(check: Checker, e: Expr, found: Type) -> None:
    """Report a constraint where the type of a variable is wanted, once it can be told."""
    kind = type(found)
    if kind is Struct or kind is Pointer or kind is Slice or kind is Map or is_type_param(found):
        return

    def look() -> None:
        under = found.underlying()
        if type(under) is not Interface:
            return
        types = under.type_set()
        if not types.is_method_set():
            why = "interface is (or embeds) comparable" if types.comparable else "interface contains type constraints"
            soft_error(check, start_pos(e), "misplaced-constraint-iface", "cannot use type %s outside a type constraint: " + why, found)

    check.later(look)


def declared_type(check: Checker, e: Expr, obj: TypeName | None) -> Type:
    """Like `typ`, for the right-hand side of the declaration of `obj`."""
    found = _type(check, e, obj)
    if is_generic(found):
        error(check, e, "wrong-type-arg-count", "cannot use generic type %s without instantiation", found)
        found = INVALID_TYPE
    recording.record_type_and_value(check, e, TYPEXPR, found, None)
    return found


def generic_type(check: Checker, e: Expr) -> tuple[Type, Cause | None]:
    """A type that waits for its arguments. If it is another type, the invalid type and what to say of it."""
    found, cause = _type(check, e, None), None
    if is_valid(found) and not is_generic(found):
        found, cause = INVALID_TYPE, Cause("%s is not a generic type", found)
    recording.record_type_and_value(check, e, TYPEXPR, found, None)
    return found, cause


def _type(check: Checker, e: Expr, obj: TypeName | None) -> Type:
    handler = _TYPES.get(type(e))
    if handler is not None:
        return handler(check, e, obj)
    error(check, e, "not-a-type", "%s is not a type", e)
    call.use(check, [e])
    return INVALID_TYPE


def _bad(check: Checker, e: Expr, obj: TypeName | None) -> Type:
    return INVALID_TYPE  # the parser has reported it


def _name(check: Checker, e: Name, obj: TypeName | None) -> Type:
    x = Operand()
    ident(check, x, e, True)
    return _denoted(check, x)


def _selector(check: Checker, e: SelectorExpr, obj: TypeName | None) -> Type:
    x = Operand()
    selector.selector(check, x, e, True)
    return _denoted(check, x)


def _denoted(check: Checker, x: Operand) -> Type:
    if x.mode == TYPEXPR:
        assert x.typ is not None
        return x.typ
    if x.mode == NOVALUE:
        error(check, x, "not-a-type", "%s used as type", x)
    elif x.mode != INVALID:
        error(check, x, "not-a-type", "%s is not a type", x)
    return INVALID_TYPE


def _instance(check: Checker, e: IndexExpr, obj: TypeName | None) -> Type:
    version.require(check, e, version.GO1_18, "type instantiation")
    return instantiated_type(check, e.x, unpack_list(e.index))


def _paren(check: Checker, e: ParenExpr, obj: TypeName | None) -> Type:
    return declared_type(check, e.x, obj)


def _array(check: Checker, e: ArrayType, obj: TypeName | None) -> Type:
    length = -1
    if e.len is not None:
        length = array_length(check, e.len)
    else:
        error(check, e, "bad-dot-dot-dot-syntax", "invalid use of [...] array (outside a composite literal)")
    elem = var_type(check, e.elem)
    return Array(elem, length) if length >= 0 else INVALID_TYPE


def _slice(check: Checker, e: SliceType, obj: TypeName | None) -> Type:
    return Slice(var_type(check, e.elem))


def _dots(check: Checker, e: DotsType, obj: TypeName | None) -> Type:
    error(check, e, "invalid-syntax-tree", "invalid use of ...")
    return INVALID_TYPE


def _struct(check: Checker, e: nodes.StructType, obj: TypeName | None) -> Type:
    return structs.struct_type(check, e)


def _operation(check: Checker, e: Operation, obj: TypeName | None) -> Type:
    if e.op == MUL and e.y is None:
        base = var_type(check, e.x)
        return Pointer(base) if is_valid(base) else INVALID_TYPE
    error(check, e, "not-a-type", "%s is not a type", e)
    call.use(check, [e])
    return INVALID_TYPE


def _func(check: Checker, e: FuncType, obj: TypeName | None) -> Type:
    made = Signature(EMPTY_TUPLE, EMPTY_TUPLE)
    signatures.func_type(check, made, None, [], e)
    return made


def _interface(check: Checker, e: nodes.InterfaceType, obj: TypeName | None) -> Type:
    return interfaces.interface_type(check, e, obj)


def _map(check: Checker, e: MapType, obj: TypeName | None) -> Type:
    made = Map(INVALID_TYPE, INVALID_TYPE)
    made.key = var_type(check, e.key)
    made.elem = var_type(check, e.value)

    def look() -> None:
        if not comparable(made.key):
            why = " (missing comparable constraint)" if is_type_param(made.key) else ""
            error(check, e.key, "incomparable-map-key", "invalid map key type %s%s", made.key, why)

    check.later(look)
    return made


def _chan(check: Checker, e: ChanType, obj: TypeName | None) -> Type:
    return Chan(e.dir, var_type(check, e.elem))


_TYPES: Final[dict[type, Callable[[Checker, Any, TypeName | None], Type]]] = {
    nodes.BadExpr: _bad,
    Name: _name,
    SelectorExpr: _selector,
    IndexExpr: _instance,
    ParenExpr: _paren,
    ArrayType: _array,
    SliceType: _slice,
    DotsType: _dots,
    nodes.StructType: _struct,
    Operation: _operation,
    FuncType: _func,
    nodes.InterfaceType: _interface,
    MapType: _map,
    ChanType: _chan,
}


# ---- instances, lengths, lists


def instantiated_type(check: Checker, e: Expr, args: Sequence[Expr]) -> Type:
    """A generic type with its arguments. Whether these satisfy the constraints is found out later."""
    generic, cause = generic_type(check, e)
    if cause is not None:
        error(check, e, "not-a-generic-type", "invalid operation: %s%s (%s)", e, list(args), cause)
    if not is_valid(generic):
        return generic
    assert isinstance(generic, (Named, Alias))
    targs = type_list(check, args)
    if targs is None:
        return INVALID_TYPE
    # An alias can't wait with this: what it stands for is worked out at once.
    if isinstance(generic, Alias) and not right_count(check, e.pos, generic.obj.name, len(generic.tparams), len(targs)):
        return INVALID_TYPE
    made = instantiate(generic, targs, check.context, check, e.pos)
    if not isinstance(made, (Named, Alias)):
        return INVALID_TYPE
    origin, instance = generic, made

    def look() -> None:
        recording.record_instance(check, e, targs, instance)
        tparams = origin.tparams
        if not right_count(check, e.pos, instance.obj.name, len(tparams), len(targs)):
            return
        unsatisfied = verify(tparams, targs, check.context, check.formatter, check, e.pos)
        if unsatisfied is not None:
            at, why = unsatisfied
            soft_error(check, start_pos(args[at]) if at < len(args) else e.pos, "invalid-type-arg", "%s", why)
        else:
            check.mono.record_instance(check.pkg, e.pos, tparams, targs, args)

    check.later(look)
    return made


def right_count(check: Checker, pos: int, name: str, want: int, have: int) -> bool:
    """Whether something generic has as many type arguments as type parameters; it is reported if not."""
    if have == want:
        return True
    what = "not enough" if have < want else "too many"
    message = "%s type arguments for type %s: have %s, want %s"
    error(check, pos, "wrong-type-arg-count", message, what, name, str(have), str(want))
    return False


def array_length(check: Checker, e: Expr) -> int:
    """The constant that an array's length is; -1 after a mistake."""
    if isinstance(e, Name):
        obj = check.env.lookup(e.value)
        if obj is None:
            error(check, e, "invalid-array-len", "undefined array length %s or missing type constraint", e.value)
            return -1
        if not isinstance(obj, Const):
            error(check, e, "invalid-array-len", "invalid array length %s", e.value)
            return -1
    x = Operand()
    expr.expr(check, None, x, e)
    if x.mode != CONSTANT:
        if x.mode != INVALID:
            error(check, x, "invalid-array-len", "array length %s must be constant", x)
        return -1
    assert x.typ is not None and x.val is not None
    if is_untyped(x.typ) or is_integer(x.typ):
        length = constexpr.representable(check, x.val, TYP[INT])
        if isinstance(length, int) and length >= 0:
            return length
    error(check, x, "invalid-array-len", "invalid array length %s" if is_integer(x.typ) else "array length %s must be integer", x)
    return -1


def type_list(check: Checker, exprs: Sequence[Expr]) -> tuple[Type, ...] | None:
    """The types of a list, None after a mistake; all are looked at."""
    found = tuple(var_type(check, e) for e in exprs)
    return found if all(is_valid(one) for one in found) else None
