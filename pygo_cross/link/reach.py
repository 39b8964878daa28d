# SPDX-License-Identifier: BSD-3-Clause
"""Why a symbol is in the image: who first needed it, and how.

The flood of deadcode.py tells a `Trace` about each symbol that it reaches, if it is given one. The order of the flood then
decides which of several reasons is the first:

- breadth first, the default: the chain of parents is as short as any, which is what a person wants to read;
- in the order of stock's linker, a heap by symbol number, where its `-dumpdep` is asked for: the same lines in the same order
  (GOROOT/src/cmd/link/internal/ld/deadcode.go, mark).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.obj import goobj
from pygo_cross.obj.reloctype import R_CALL, R_CALLARM64

if TYPE_CHECKING:
    from pygo_cross.link.loader import Loader

ROOT: Final = 0
CALL: Final = 1
REFERENCE: Final = 2
TABLE: Final = 3
INTERFACE_METHOD: Final = 4
NAMED_METHOD: Final = 5
REFLECTED_METHOD: Final = 6

REASONS: Final = ("root", "call", "reference", "table", "interface method", "named method", "reflected method")
"""Names of the reasons above: an entry point; its parent calls it; its parent holds its address; it belongs to its parent, as
stack maps belong to a function; its parent is a type of whose methods it is, and reachable code calls a method like it through an
interface, a method of its name through a generic interface or MethodByName, or any exported method through reflection."""

_CALLS: Final = frozenset({R_CALL, R_CALLARM64})


def reason_of(relocation: int) -> int:
    """The reason that a relocation of this type is."""
    return CALL if relocation in _CALLS else REFERENCE


class Trace:
    """The first reason of each reached symbol.

    `parents` is who needed it (0 for a root), `reasons` how, `causes` for a method the function whose code makes it callable.
    `tell`, if given, gets stock's line about each named symbol that is marked, parent and child.
    """

    __slots__ = ("_heap", "_loader", "_queue", "_tell", "causes", "parents", "reasons")

    def __init__(self, loader: Loader, tell: Callable[[str], object] | None = None) -> None:
        self.parents: dict[int, int] = {}
        self.reasons: dict[int, int] = {}
        self.causes: dict[int, int] = {}
        self._loader = loader
        self._tell = tell
        self._queue: deque[int] = deque()
        self._heap: list[int] = []

    def push(self, sym: int) -> None:
        """A symbol that is to be visited."""
        if self._tell:
            heapq.heappush(self._heap, sym)
        else:
            self._queue.append(sym)

    def pop(self) -> int:
        """The symbol to visit next. Raises IndexError when there is none."""
        return heapq.heappop(self._heap) if self._tell else self._queue.popleft()

    def note(self, sym: int, parent: int, reason: int, cause: int = 0) -> None:
        """`sym` is reached. A type that is visited again keeps its first reason."""
        if sym not in self.parents:
            self.parents[sym] = parent
            self.reasons[sym] = reason
            if cause:
                self.causes[sym] = cause
        if self._tell:
            child = self._label(sym)
            if child:
                self._tell(f"{self._label(parent) if parent else '_'} -> {child}")

    def _label(self, sym: int) -> str:
        loader = self._loader
        name = loader.name(sym)
        if not name:
            return ""
        flags = "<UsedInIface>" if loader.used_in_iface[sym] else ""
        if loader.flag(sym, goobj.REFLECTMETHOD):
            flags += "<ReflectMethod>"
        return f"{name} {flags}" if flags else name
