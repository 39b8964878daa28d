# SPDX-License-Identifier: BSD-3-Clause
"""Types that are declared in functions, by number: a number makes their names in objects different (`T·1`).

Numbers count through a package, in the order of declarations in its source, from 1; aliases have none. Facts:
src/cmd/compile/internal/noder/writer.go (declCollector).
"""

from __future__ import annotations

from collections.abc import Sequence

from pygo_cross.syntax.nodes import File, Name, TypeDecl
from pygo_cross.syntax.walk import walk

from .objects import Object, TypeName


def local_types(files: Sequence[File]) -> list[TypeDecl]:
    """The declarations of types in functions of a package, aliases left out, in the order of their numbers."""
    # Whatever type is declared below a declaration of the package is declared in a function.
    return [
        node
        for file in files
        for decl in file.decl_list
        for node in walk(decl)
        if type(node) is TypeDecl and node is not decl and not node.alias
    ]


def number_local_types(files: Sequence[File], defs: dict[Name, Object | None]) -> dict[TypeName, int]:
    """The number of each type that functions of a package declare. `defs` are those of its `Info`; what it has not is counted too."""
    numbers: dict[TypeName, int] = {}
    for number, decl in enumerate(local_types(files), 1):
        obj = defs.get(decl.name)
        if type(obj) is TypeName:
            numbers[obj] = number
    return numbers
