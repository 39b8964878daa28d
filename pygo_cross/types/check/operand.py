# SPDX-License-Identifier: BSD-3-Clause
"""What an expression came to while it is checked: a mode, a type, a value where it is constant.

An Operand is made by whoever evaluates an expression and is filled in place: checking `a + b` turns the operand of `a` into
that of the sum. Invariants: an INVALID operand has been reported already, and nobody reports it again; a CONSTANT has a `val` and a
type whose underlying type is Basic; NILVALUE is only `nil`, untyped until it is converted.

Source of the facts: src/cmd/compile/internal/types2/operand.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.syntax.nodes import Expr
from pygo_cross.types.constant import Value
from pygo_cross.types.types import Type

INVALID: Final = 0
NOVALUE: Final = 1  # a call without results
BUILTIN: Final = 2
TYPEXPR: Final = 3
CONSTANT: Final = 4
VARIABLE: Final = 5  # addressable
MAPINDEX: Final = 6  # assignable, not addressable; may be used with ", ok"
VALUE: Final = 7
NILVALUE: Final = 8
COMMAOK: Final = 9  # a value that may be used with ", ok"
COMMAERR: Final = 10

MODE_NAMES: Final = (
    "invalid operand",
    "no value",
    "built-in",
    "type",
    "constant",
    "variable",
    "map index expression",
    "value",
    "nil",
    "comma, ok expression",
    "comma, error expression",
)


class Operand:
    """A mode, the expression (None while it stands for none), its type, its value if CONSTANT; if BUILTIN, which function of
    universe.BUILTINS.
    """

    __slots__ = ("builtin", "expr", "mode", "typ", "val")

    def __init__(self, mode: int = INVALID, expr: Expr | None = None, typ: Type | None = None, val: Value | None = None) -> None:
        self.mode = mode
        self.expr = expr
        self.typ = typ
        self.val = val
        self.builtin = -1

    def copy(self) -> Operand:
        """Another operand with the same contents."""
        made = Operand(self.mode, self.expr, self.typ, self.val)
        made.builtin = self.builtin
        return made
