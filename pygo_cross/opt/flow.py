# SPDX-License-Identifier: BSD-3-Clause
"""Where pointers flow: a graph of locations, and what can be reached from one of them against the flow.

A location is something that can have pointers in it: a variable, a parameter, a value. An edge says that a pointer flows from one to
another, and how: with `derefs` 0 as it is, 1 or more what is loaded through it so many times, -1 its address. It is the model of
src/cmd/compile/internal/escape/graph.go, which also says why a walk's count of loads never falls below 0 behind an address: of x = &y; y
= z the address of z does not flow to x.
"""

from __future__ import annotations

from typing import Final, final

HEAP: Final = 0
"""The location of all that outlives the call, in every graph."""

WRITES: Final = 1
"""The location of pointers through which memory is written, in every graph."""

MAX_DEREFS: Final = 4
"""More loads than these are not told apart: fewer are the safe side."""


@final
class Flow:
    """Locations by number. `sources` has, for each, what flows into it: pairs of location and derefs, one after another."""

    __slots__ = ("sources",)

    def __init__(self) -> None:
        self.sources: list[list[int]] = [[], []]

    def location(self) -> int:
        """A new one."""
        self.sources.append([])
        return len(self.sources) - 1

    def edge(self, to: int, source: int, derefs: int) -> None:
        """Something flows."""
        if to != source or derefs < 0:
            self.sources[to] += (source, derefs)

    def reach(self, root: int, least: dict[int, int], derefs: int = 0) -> list[int]:
        """What flows to a root: `least` gets, for each location, the least derefs, -1 where its address does.

        What `least` has already is not walked again. Gives the locations whose address is newly found to flow there.
        """
        if least.get(root, MAX_DEREFS + 1) <= derefs:
            return []
        least[root] = derefs
        todo = [root]
        addressed = [root] if derefs < 0 else []
        sources = self.sources
        while todo:
            location = todo.pop()
            base = least[location]
            if base < 0:
                base = 0
            flows = sources[location]
            for i in range(0, len(flows), 2):
                source = flows[i]
                derefs = base + flows[i + 1]
                if derefs > MAX_DEREFS:
                    derefs = MAX_DEREFS
                before = least.get(source)
                if before is None or derefs < before:
                    least[source] = derefs
                    todo.append(source)
                    if derefs < 0:
                        addressed.append(source)
        return addressed
