# SPDX-License-Identifier: BSD-3-Clause
"""A package as other packages see it.

Facts: src/cmd/compile/internal/types2/package.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

from .objects import Object
from .scope import UNIVERSE, Scope

if TYPE_CHECKING:
    from .types import Type


@final
class More:
    """What other stages tell importers of a package: `data` of plain values, in which types and positions are numbers that `typ` and `pos`
    know.
    """

    __slots__ = ("data", "pos", "typ")

    def __init__(self, data: Any, typ: Callable[[int], Type], pos: Callable[[int], int]) -> None:
        self.data = data
        self.typ = typ
        self.pos = pos


@final
class Package:
    """A package. `imports` are the directly imported ones in source order; `complete` says that its scope has everything exported;
    `fake` that it stands for one that could not be found, so that nothing missing in it is reported; `go_version` is the language version
    of its module (`go1.27`), empty if unknown; `more` what other stages have told of one that was read from export data.
    """

    __slots__ = ("complete", "fake", "go_version", "hidden", "imports", "more", "name", "path", "scope")

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self.scope = Scope(UNIVERSE, comment=f'package "{path}"')
        self.imports: list[Package] = []
        self.complete = False
        self.fake = False
        self.go_version = ""
        self.hidden: Callable[[str], Object | None] | None = None
        self.more: More | None = None

    def declared(self, name: str) -> Object | None:
        """What the package declares under a name. Of a package that was read from export data, the scope has the exported objects alone,
        as in stock Go; `hidden` makes the others, as far as exported ones have to do with them.
        """
        obj = self.scope.lookup(name)
        return self.hidden(name) if obj is None and self.hidden is not None else obj

    def __str__(self) -> str:
        return f'package {self.name} ("{self.path}")'

    def __repr__(self) -> str:
        return str(self)
