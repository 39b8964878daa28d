# SPDX-License-Identifier: BSD-3-Clause
"""Link names: how functions, methods, variables, literals and instances are called in objects, as stock Go calls them.

`TypeNames` (`types/linknames.py`) knows how types and methods are written. A name that `//go:linkname` gives stands before all that is said
here; for objects of other packages, whoever compiles knows it (`imports.Imports`).

Facts: src/cmd/compile/internal/ir/func.go (closureName), src/cmd/compile/internal/noder/reader.go (mangle).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, final

from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.objects import Func, Object
from pygo_cross.types.package import Package
from pygo_cross.types.types import Type

LITERAL: Final = ".func"
"""What stands before the number of a function literal, unless a literal is around it."""
RANGE: Final = "-range"
"""... of the body of a loop over a function."""
GO: Final = ".gowrap"
"""... of what a go statement starts."""
DEFER: Final = ".deferwrap"
"""... of what a defer statement puts off."""


@final
class Names:
    """Link names of one compilation. `linknames` gives what directives of a package call its objects."""

    __slots__ = ("_counts", "_known", "_linknames", "_literals", "types")

    def __init__(self, types: TypeNames, linknames: Callable[[str], Mapping[str, str]]) -> None:
        self.types = types
        self._linknames = linknames
        self._known: dict[Object, str] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._literals: set[str] = set()

    def prefix(self, package: Package | None) -> str:
        """What stands before the dot of a package's link names."""
        return "go" if package is None else self.types.prefix(package)

    def object(self, obj: Object, targs: Sequence[Type] = ()) -> str:
        """The link name of a package-level function or variable; with type arguments that of an instance."""
        known = self._known.get(obj)
        if known is None:
            directed = self._linknames(obj.pkg.path).get(obj.name) if obj.pkg is not None else None
            known = self._known[obj] = directed or f"{self.prefix(obj.pkg)}.{obj.name}"
        return known + "[" + ",".join([self.types.link(one) for one in targs]) + "]" if targs else known

    def method(self, method: Func, receiver: Type, targs: Sequence[Type] = ()) -> str:
        """The link name of a method for a receiver's type, `p.T.M` or `p.(*T).M`; with type arguments that of a generic method's instance.
        """
        name = self.types.method(receiver, method)
        return name + "[" + ",".join([self.types.link(one) for one in targs]) + "]" if targs else name

    def inside(self, outer: str, kind: str = LITERAL) -> str:
        """The link name of the next function that is made inside of another: `p.F.func1`, `p.F.func1.1` in a literal, `p.F.gowrap1`.

        Literals, bodies of loops, and what is deferred or started are counted apart.
        """
        counted = GO if kind == DEFER else kind
        number = self._counts.get((outer, counted), 0) + 1
        self._counts[outer, counted] = number
        name = f"{outer}{'.' if kind == LITERAL and outer in self._literals else kind}{number}"
        self._literals.add(name)
        return name
