# SPDX-License-Identifier: BSD-3-Clause
"""The results of a check, keyed by syntax node: what later stages read.

The tables and their meaning are go/types' own (src/go/types/api.go, type Info). Expressions that are invalid have no entry. For an
untyped constant expression the entry is the type it has at last: that of its context, or untyped where nothing gives it one.
"""

from __future__ import annotations

from typing import NamedTuple

from pygo_cross.syntax.nodes import Expr, Name, Node, SelectorExpr
from pygo_cross.types.constant import Value
from pygo_cross.types.objects import Object, Var
from pygo_cross.types.scope import Scope
from pygo_cross.types.selection import Selection
from pygo_cross.types.types import Type


class TypeAndValue:
    """An expression's mode (check/operand.py), type, and value where it is constant. `typ` is None where a call has no results."""

    __slots__ = ("mode", "typ", "val")

    def __init__(self, mode: int, typ: Type | None, val: Value | None) -> None:
        self.mode = mode
        self.typ = typ
        self.val = val


class Instance(NamedTuple):
    """What the name of something generic stands for at one place: its type arguments, and the type with them put in."""

    targs: tuple[Type, ...]
    typ: Type


class Initializer(NamedTuple):
    """`lhs = rhs` at package level, to be executed."""

    lhs: tuple[Var, ...]
    rhs: Expr


class Info:
    """All that the check of one package found out.

    `types` expressions; `defs` names that define an object (None for the package clause's name and a type switch's symbol); `uses` names
    that refer to one; `implicits` objects without a name of their own (imports without a rename, a type switch's variable in each
    clause, parameters without names); `selections` x.f that is not a qualified identifier; `instances` names of something generic;
    `scopes` the scope a node opens; `init_order` the initialisations in the order of their execution; `file_versions` the language
    version of each file, by its index in the list that was checked.
    """

    __slots__ = ("defs", "file_versions", "implicits", "init_order", "instances", "scopes", "selections", "types", "uses")

    def __init__(self) -> None:
        self.types: dict[Node, TypeAndValue] = {}
        self.defs: dict[Name, Object | None] = {}
        self.uses: dict[Name, Object] = {}
        self.implicits: dict[Node, Object] = {}
        self.selections: dict[SelectorExpr, Selection] = {}
        self.instances: dict[Name, Instance] = {}
        self.scopes: dict[Node, Scope] = {}
        self.init_order: list[Initializer] = []
        self.file_versions: list[str] = []

    def type_of(self, e: Node) -> Type | None:
        """The type of an expression or of a name that defines or uses an object, None if there is none."""
        found = self.types.get(e)
        if found is not None:
            return found.typ
        if isinstance(e, Name):
            obj = self.defs.get(e) or self.uses.get(e)
            if obj is not None:
                return obj.typ
        return None
