# SPDX-License-Identifier: BSD-3-Clause
"""What every Go program has declared: the universe scope and package unsafe.

Importing this module fills `scope.UNIVERSE`. While a constant declaration is checked, its checker has the value of `iota`; the object's
is 0.

Facts: src/cmd/compile/internal/types2/universe.go.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .objects import RECV_VAR, RESULT_VAR, Builtin, Const, Func, Nil, Object, TypeName, Var
from .package import Package
from .scope import UNIVERSE
from .types import (
    BYTE,
    EMPTY_INTERFACE,
    EMPTY_TUPLE,
    NO_POS,
    RUNE,
    STRING,
    TYP,
    UNTYPED_BOOL,
    UNTYPED_INT,
    UNTYPED_NIL,
    Alias,
    Interface,
    Named,
    Signature,
    Tuple,
)
from .typeset import ALL_TERMS, TypeSet

# What a call of a builtin may be used as.
CONVERSION: Final = 0
EXPRESSION: Final = 1
STATEMENT: Final = 2

# Ids of builtins (`Builtin.id_`), the indices of `BUILTINS`.
APPEND: Final = 0
CAP: Final = 1
CLEAR: Final = 2
CLOSE: Final = 3
COMPLEX: Final = 4
COPY: Final = 5
DELETE: Final = 6
IMAG: Final = 7
LEN: Final = 8
MAKE: Final = 9
MAX: Final = 10
MIN: Final = 11
NEW: Final = 12
PANIC: Final = 13
PRINT: Final = 14
PRINTLN: Final = 15
REAL: Final = 16
RECOVER: Final = 17
ADD: Final = 18
ALIGNOF: Final = 19
OFFSETOF: Final = 20
SIZEOF: Final = 21
UNSAFE_SLICE: Final = 22
SLICE_DATA: Final = 23
UNSAFE_STRING: Final = 24
STRING_DATA: Final = 25
ASSERT: Final = 26
TRACE: Final = 27


class BuiltinInfo(NamedTuple):
    """A builtin: how many arguments it takes at least (exactly, unless variadic), and what a call may be used as."""

    name: str
    nargs: int
    variadic: bool
    kind: int


BUILTINS: Final = (
    BuiltinInfo("append", 1, True, EXPRESSION),
    BuiltinInfo("cap", 1, False, EXPRESSION),
    BuiltinInfo("clear", 1, False, STATEMENT),
    BuiltinInfo("close", 1, False, STATEMENT),
    BuiltinInfo("complex", 2, False, EXPRESSION),
    BuiltinInfo("copy", 2, False, STATEMENT),
    BuiltinInfo("delete", 2, False, STATEMENT),
    BuiltinInfo("imag", 1, False, EXPRESSION),
    BuiltinInfo("len", 1, False, EXPRESSION),
    BuiltinInfo("make", 1, True, EXPRESSION),
    BuiltinInfo("max", 1, True, EXPRESSION),
    BuiltinInfo("min", 1, True, EXPRESSION),
    BuiltinInfo("new", 1, False, EXPRESSION),
    BuiltinInfo("panic", 1, False, STATEMENT),
    BuiltinInfo("print", 0, True, STATEMENT),
    BuiltinInfo("println", 0, True, STATEMENT),
    BuiltinInfo("real", 1, False, EXPRESSION),
    BuiltinInfo("recover", 0, False, STATEMENT),
    BuiltinInfo("Add", 2, False, EXPRESSION),
    BuiltinInfo("Alignof", 1, False, EXPRESSION),
    BuiltinInfo("Offsetof", 1, False, EXPRESSION),
    BuiltinInfo("Sizeof", 1, False, EXPRESSION),
    BuiltinInfo("Slice", 2, False, EXPRESSION),
    BuiltinInfo("SliceData", 1, False, EXPRESSION),
    BuiltinInfo("String", 2, False, EXPRESSION),
    BuiltinInfo("StringData", 1, False, EXPRESSION),
    # For tests of a checker alone, see define_test_builtins.
    BuiltinInfo("assert", 1, False, STATEMENT),
    BuiltinInfo("trace", 0, True, STATEMENT),
)

UNSAFE: Final = Package("unsafe", "unsafe")
UNSAFE.complete = True


def _declare(obj: Object) -> None:
    """Declares an object: what is exported belongs to package unsafe. The untyped kinds and the invalid type have names that nobody can
    write.
    """
    if " " in obj.name:
        return
    if obj.exported():
        obj.pkg = UNSAFE
        UNSAFE.scope.insert(obj)
    else:
        UNIVERSE.insert(obj)


def _error() -> Named:
    """type error interface{ Error() string }"""
    named = Named(TypeName(NO_POS, None, "error"))
    sig = Signature(EMPTY_TUPLE, Tuple([Var(RESULT_VAR, NO_POS, None, "", TYP[STRING])]), recv=Var(RECV_VAR, NO_POS, None, "", named))
    named.set_underlying(Interface([Func(NO_POS, None, "Error", sig)], []))
    return named


def _comparable() -> Named:
    """type comparable interface{}, with the flag that makes the difference."""
    iface = Interface([], [])
    iface.tset = TypeSet([], ALL_TERMS, True)
    named = Named(TypeName(NO_POS, None, "comparable"))
    named.set_underlying(iface)
    return named


ERROR: Final = _error()
COMPARABLE: Final = _comparable()
ANY: Final = Alias(TypeName(NO_POS, None, "any"), EMPTY_INTERFACE)
IOTA: Final = Const(NO_POS, None, "iota", TYP[UNTYPED_INT], 0)

for _basic in (*TYP, BYTE, RUNE):
    _declare(TypeName(NO_POS, None, _basic.name, _basic))
_declare(ERROR.obj)
_declare(ANY.obj)
_declare(COMPARABLE.obj)
_declare(Const(NO_POS, None, "true", TYP[UNTYPED_BOOL], True))
_declare(Const(NO_POS, None, "false", TYP[UNTYPED_BOOL], False))
_declare(IOTA)
_declare(Nil(TYP[UNTYPED_NIL]))
for _id in range(ASSERT):
    _declare(Builtin(BUILTINS[_id].name, _id))


def define_test_builtins() -> None:
    """Declares `assert` and `trace`, which stock's own tests of its checker use."""
    for id_ in (ASSERT, TRACE):
        if UNIVERSE.lookup(BUILTINS[id_].name) is None:
            _declare(Builtin(BUILTINS[id_].name, id_))
