# SPDX-License-Identifier: BSD-3-Clause
"""`-d link/map`: what is in the executable, where, how large, and why.

One line a symbol in address order: address, size, section, name, and the chain of references that first reached it,
from the symbol back to a root. Symbols that the linker made have no chain.
"""

from __future__ import annotations

import sys

from pygo_cross import wholefile
from pygo_cross.diag import Pos, UserError
from pygo_cross.link.context import Link

_CHAIN_LENGTH = 20


def _chain(link: Link, parents: dict[int, int], sym: int) -> str:
    """The names from the symbol's first referrer to the root."""
    names: list[str] = []
    parent = parents.get(sym, 0)
    while parent and len(names) < _CHAIN_LENGTH:
        names.append(link.loader.where(parent))
        parent = parents.get(parent, 0)
    return "".join(f" < {name}" for name in names) + (" < ..." if parent else "")


def render(link: Link, parents: dict[int, int]) -> str:
    """The text of the map."""
    loader = link.loader
    lines = []
    for segment in link.segments:
        for section in segment.sections:
            lines.append(f"# {section.name} {section.address:#x} {section.size} bytes")
            for sym in link.section_syms[id(section)]:
                name = loader.where(sym)
                lines.append(f"{loader.value[sym]:#x} {loader.size(sym)} {section.name} {name}{_chain(link, parents, sym)}")
    return "\n".join(lines) + "\n"


def write(link: Link, parents: dict[int, int], path: str) -> None:
    """Write the map to a file, `-` for standard output. Raises UserError."""
    text = render(link, parents)
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        wholefile.put(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise UserError.one("cannot-write", f"cannot write the link map: {error.strerror}", pos=Pos(path)) from None
