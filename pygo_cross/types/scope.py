# SPDX-License-Identifier: BSD-3-Clause
"""Scopes: names to objects, each inside its parent.

The order of `elems` is that of insertion, so whatever walks it gives the same order every time. A package that was read from export data
has a `loader`, which makes objects when they are looked up first.

Facts: src/cmd/compile/internal/types2/scope.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, final

from .objects import Object, fold, is_exported
from .types import NO_POS

_EMPTY: Final[dict[str, Object]] = {}  # what a scope has before its first name; most blocks declare none


@final
class Scope:
    """One scope. `pos` and `end` bound it in the source (0 where that has no meaning); `is_func` marks a function's outermost; `comment`
    says what it belongs to, for people.
    """

    __slots__ = ("children", "comment", "elems", "end", "is_func", "loader", "names_to_load", "number", "parent", "pos")

    def __init__(self, parent: Scope | None, pos: int = NO_POS, end: int = NO_POS, comment: str = "", is_func: bool = False) -> None:
        self.parent = parent
        self.pos = pos
        self.end = end
        self.comment = comment
        self.is_func = is_func
        self.children: list[Scope] = []
        self.number = 0  # 1 + the index among the parent's children
        self.elems: dict[str, Object] = _EMPTY
        self.loader: Callable[[str], Object] | None = None
        self.names_to_load: Collection[str] | None = None
        if parent is not None and parent is not UNIVERSE:
            parent.children.append(self)
            self.number = len(parent.children)

    def lookup(self, name: str) -> Object | None:
        """The object of that name in this scope alone."""
        obj = self.elems.get(name)
        if obj is None and self.names_to_load is not None and name in self.names_to_load:
            obj = self._load(name)
        return obj

    def lookup_parent(self, name: str, pos: int = NO_POS) -> tuple[Scope | None, Object | None]:
        """The innermost scope from here outwards that has the name, and the object. With `pos`, objects whose scope begins after it don't
        count.
        """
        scope: Scope | None = self
        while scope is not None:
            obj = scope.lookup(name)
            if obj is not None and (pos == NO_POS or obj.scope_pos <= pos):
                return scope, obj
            scope = scope.parent
        return None, None

    def insert(self, obj: Object) -> Object | None:
        """Adds an object, and becomes its parent if it has none. If the name is taken, nothing changes and the other object is the
        result.
        """
        name = obj.name
        other = self.lookup(name)
        if other is not None:
            return other
        if self.elems is _EMPTY:
            self.elems = {}
        self.elems[name] = obj
        if obj.parent is None:
            obj.parent = self
        return None

    def set_loader(self, names: Collection[str], loader: Callable[[str], Object]) -> None:
        """From now on, names among `names` (a set, or the keys of a dict) that are looked up are made by `loader`."""
        self.names_to_load = names
        self.loader = loader

    def _load(self, name: str) -> Object:
        assert self.loader is not None
        obj = self.loader(name)
        if self.elems is _EMPTY:
            self.elems = {}
        self.elems[name] = obj
        if obj.parent is None:
            obj.parent = self
        return obj

    def names(self) -> list[str]:
        """All names, sorted."""
        if self.names_to_load is not None:
            return sorted({*self.names_to_load, *self.elems})
        return sorted(self.elems)

    def __len__(self) -> int:
        return len(self.elems) if self.names_to_load is None else len({*self.names_to_load, *self.elems})

    def lookup_ignoring_case(self, name: str, exported: bool) -> list[Object]:
        """The objects whose names differ from `name` in case at most, by name; with `exported`, only such."""
        folded = fold(name)
        found = [self.lookup(n) for n in self.names() if fold(n) == folded and (not exported or is_exported(n))]
        return [obj for obj in found if obj is not None]

    def innermost(self, pos: int) -> Scope | None:
        """The innermost scope that contains a position; None if this one does not."""
        if not self.pos <= pos < self.end:
            return None
        for child in self.children:
            found = child.innermost(pos)
            if found is not None:
                return found
        return self

    def contains(self, pos: int) -> bool:
        """Whether the position is within the scope."""
        return self.pos <= pos < self.end


UNIVERSE: Final = Scope(None, comment="universe")  # universe.py fills it
