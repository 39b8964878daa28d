# SPDX-License-Identifier: BSD-3-Clause
"""What lowering asks of the packages that are imported, beside their declarations: `Imports`, which whoever compiles answers.

A package that instantiates another's generic function lowers it here, from its source: `Source` says where that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pygo_cross.diag import InternalError
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.source import SourceFile
from pygo_cross.types.package import Package


class Source(NamedTuple):
    """The Go files of a package, in their order, added to the file set; its language version; what its imports are."""

    files: Sequence[SourceFile]
    go_version: str
    importer: Callable[[str], Package]
    rules: DirectiveRules = DirectiveRules()


class Imports:
    """Answers for a compilation that has no imports with anything to ask; others make a subclass of it."""

    def linknames(self, path: str) -> Mapping[str, str]:
        """The link names that directives of a package give its functions and variables, where these are not the ordinary ones
        (`directives.linknames`).
        """
        return {}

    def uintptr_escapes(self, name: str) -> bool:
        """Whether a function of another package, by its link name, says `//go:uintptrescapes`."""
        return False

    def source(self, path: str) -> Source:
        """Where a package's functions are written. Raises OSError if it can't be read."""
        raise InternalError("lower", "the source of an imported package is not known", path)
