# SPDX-License-Identifier: BSD-3-Clause
"""What an expression came to: the scalars of its value, or the address of memory that has it.

A type that is kept as values (`Shapes.is_value`) has `parts`, one for each leaf; any other type has `address`. Memory behind an address
that an expression gives is not changed before the value is used: whoever needs a copy makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from pygo_cross.ssa.func import Value
from pygo_cross.types.types import Type


@final
class Val:
    """The value of an expression of a type."""

    __slots__ = ("address", "parts", "typ")

    def __init__(self, typ: Type, parts: Sequence[Value] = (), address: Value | None = None) -> None:
        self.typ = typ
        self.parts = tuple(parts)
        self.address = address

    @property
    def one(self) -> Value:
        """The scalar of a type that is one."""
        (part,) = self.parts
        return part


@final
class Place:
    """Something that can be assigned: a variable that is kept as values (`variable` names it to the builder), or memory at an address."""

    __slots__ = ("address", "offset", "typ", "variable")

    def __init__(self, typ: Type, variable: object = None, address: Value | None = None, offset: int = 0) -> None:
        self.typ = typ
        self.variable = variable
        self.address = address
        self.offset = offset
