# SPDX-License-Identifier: BSD-3-Clause
"""Code generation for one package: `Backend` has the steps in their order, and the object that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.symbols import Symbols
from pygo_cross.codegen.text import Places
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.diag import InternalError
from pygo_cross.obj.context import Context
from pygo_cross.obj.writer import write
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.linknames import TypeNames


@final
class Backend:
    """Makes the object of the package `path`. `absolute` gives the name that objects have for a file."""

    def __init__(
        self,
        arch: str,
        goos: str,
        path: str,
        fset: FileSet,
        shapes: Shapes,
        names: TypeNames,
        groups: Groups,
        absolute: Callable[[str], str],
    ) -> None:
        self.context = Context(arch, goos, path)
        self.context.assembly = False
        self.shapes = shapes
        self.descriptors = Descriptors(self.context, shapes.sizes, names, groups)
        self.symbols = Symbols(self.context, self.descriptors)
        self.places = Places(fset.position, absolute)

    def function(self, func: Func, check: bool = False) -> None:
        """The symbol of an optimised function."""
        raise InternalError("codegen", "not yet", func.symbol)

    def finish(self) -> bytes:
        """The object, when all functions and all data are there."""
        self.descriptors.finish()
        if self.context.errors:
            raise InternalError("object", str(self.context.errors[0]), self.context.package)
        return write(self.context)
