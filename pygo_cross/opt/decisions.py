# SPDX-License-Identifier: BSD-3-Clause
"""What passes have decided, for people (`-m`): what may be inlined, what was, and what is in the heap, in stock's words where it has them.

Stock names variables and expressions by their text; here there is the position of the declaration, or of what allocates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pygo_cross.ssa.func import Func
from pygo_cross.ssa.unit import FuncInfo


class Decision(NamedTuple):
    """Something that was decided, and where in the source."""

    pos: int
    text: str


def decisions(path: str, funcs: Iterable[Func], inlinable: Iterable[str], variables: Iterable[tuple[int, bool]]) -> list[Decision]:
    """Everything, by position. `path` is the package's as link names have it, `inlinable` are the link names of functions that importers
    may inline, `variables` what escape analysis tells (`Result`).
    """
    found = set()
    places = {}
    for func in funcs:
        info = func.info
        if isinstance(info, FuncInfo):
            places[func.symbol] = info.pos
            found |= {Decision(one.pos, f"inlining call to {shown(path, one.callee)}") for one in info.inlined if one.pos}
    for name in inlinable:
        if places.get(name):
            found.add(Decision(places[name], f"can inline {shown(path, name)}"))
    found |= {Decision(pos, "escapes to heap" if heap else "does not escape") for pos, heap in variables if pos}
    return sorted(found)


def shown(path: str, name: str) -> str:
    """A link name as people know the function: without its own package, and without the folders of another."""
    if name.startswith(path + "."):
        return name[len(path) + 1 :]
    end = name.find("[")
    return name[name.rfind("/", 0, end if end >= 0 else len(name)) + 1 :]
