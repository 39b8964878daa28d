# SPDX-License-Identifier: BSD-3-Clause
"""The nosplit check: no chain of functions without a stack check may outgrow what the last check left.

A function that checks its stack (splits it) is sure to find `_NOSPLIT` bytes below its frame's limit. Functions marked
nosplit live in that space: with their frames, what a call pushes, and at the end the call of morestack that the first
splitting function makes. A function's height is how much of it that function and all it calls may take: 0 for
morestack, which goes on on another stack, and for functions of which nothing is known; that of a call of morestack
for splitting functions; for the others the largest over their calls, frame at the call and all. Calls through
pointers count as calls of splitting functions. A cycle among nosplit functions is as high as can be.

Facts: GOROOT/src/cmd/link/internal/ld/stackcheck.go, src/internal/abi/stack.go, src/cmd/internal/objabi/stack.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.link.context import Link
from pygo_cross.obj import goobj, pctab
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.reloctype import R_CALL, R_CALLARM64, R_CALLIND, R_WEAK

_NOSPLIT: Final = 800  # StackNosplitBase, without the race detector
_ENDLESS: Final = (1 << 15) - 1  # the height of a function that takes part in a cycle
_INDIRECT: Final = -1  # the target of a call through a pointer
_LEAF: Final = 0  # the target of growth without a call
_CALLS: Final = frozenset((R_CALL, R_CALLARM64, R_CALLIND))

# A hostile program may have more chains over the limit than anyone can wait for.
_MAX_CHAINS: Final = 100
_MAX_VISITS: Final = 1 << 18
_MAX_STEPS: Final = 60

_HINT: Final = "make frames on the way smaller, or do without //go:nosplit where the stack may grow"

Edge = tuple[int, int]
"""How far the stack has grown, in bytes, and the function called then (`_INDIRECT`, or `_LEAF` for no call)."""


class _Frame:
    """A function being visited: its calls, the next one to look at, the height so far, and its own largest frame."""

    __slots__ = ("at", "edges", "highest", "own", "sym")

    def __init__(self, sym: int, edges: list[Edge], own: int) -> None:
        self.sym = sym
        self.edges = edges
        self.own = own
        self.at = self.highest = 0


class StackCheck:
    """The call graph of the functions that take part, as far as it has been visited, and their heights in bytes."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.loader = link.loader
        self.call_size = 0 if link.is_arm64 else 8  # on arm64 the return address goes to a register
        # arm64 saves the frame pointer below the stack pointer.
        self.limit = _NOSPLIT - (8 if link.is_arm64 else self.call_size)
        self.morestack = link.loader.lookup("runtime.morestack", 0)
        self.heights: dict[int, int] = {}
        self.graph: dict[int, list[Edge]] = {}

    def visit(self, root: int) -> int:
        """The height of a function; it and all it calls are in `heights` and `graph` then."""
        heights = self.heights
        if root in heights:
            return heights[root]
        frames = [self._enter(root)]
        while frames:
            frame = frames[-1]
            edges = frame.edges
            while frame.at < len(edges):
                growth, target = edges[frame.at]
                below = heights.get(target) if target != _LEAF else 0
                if below is None:
                    frames.append(self._enter(target))
                    break
                frame.at += 1
                frame.highest = max(frame.highest, growth + below)
            else:
                if frame.own > frame.highest:
                    frame.highest = frame.own
                    edges.append((frame.own, _LEAF))
                heights[frame.sym] = min(frame.highest, _ENDLESS)
                frames.pop()
        return heights[root]

    def _enter(self, sym: int) -> _Frame:
        # Whoever comes back to the function before its height is known has gone in a circle.
        self.heights[sym] = _ENDLESS
        edges, own = self._calls(sym)
        self.graph[sym] = edges
        return _Frame(sym, edges, own)

    def _calls(self, sym: int) -> tuple[list[Edge], int]:
        """The calls of a function in order, and its largest frame. Raises UserError for a broken pc table."""
        loader = self.loader
        if sym == self.morestack:
            return [], 0
        if sym == _INDIRECT:
            return [(self.call_size, self.morestack)], 0
        info = pcsp = 0
        for kind, aux in loader.auxs(sym):
            if kind == goobj.AUX_FUNCINFO:
                info = aux
            elif kind == goobj.AUX_PCSP:
                pcsp = aux
        if not info:
            return [], 0
        if not loader.flag(sym, goobj.NOSPLIT):
            return [(self.call_size, self.morestack)], 0
        try:
            steps = pctab.decode(loader.data(pcsp), self.link.pc_quantum)
        except ValueError as error:
            file = loader.file_of(sym)
            raise bad_file(file.obj.path if file else "", f"corrupt object file: {loader.where(sym)}: {error}") from None
        edges: list[Edge] = []
        relocs = loader.relocs(sym)
        at, own = 0, 0
        for end, height in steps:
            own = max(own, height)
            while at < len(relocs) and relocs[at][0] < end:
                kind = relocs[at][2] & ~R_WEAK
                if kind in _CALLS:
                    edges.append((height + self.call_size, _INDIRECT if kind == R_CALLIND else relocs[at][4]))
                at += 1
        return edges, own

    def roots(self) -> list[int]:
        """The functions in `graph` that no other in it calls, and of a cycle without such the first; highest first."""
        rest = set(self.graph)
        for start in sorted(self.graph):
            if start not in rest:
                continue
            for _growth, target in self.graph[start]:
                lowest = self._remove(rest, start, target)
                if lowest is not None:
                    rest.add(lowest)
        return sorted(rest, key=lambda sym: (-self.heights[sym], sym))

    def _remove(self, rest: set[int], origin: int, root: int) -> int | None:
        """Take what `root` reaches out of `rest`; if that leads back to `origin`, the lowest function on the way."""
        if root not in rest:
            return None
        rest.discard(root)
        if root == origin:
            return root
        stack: list[tuple[int, Iterator[Edge]]] = [(root, iter(self.graph[root]))]
        lowest: dict[int, int] = {}
        while stack:
            sym, edges = stack[-1]
            for _growth, target in edges:
                if target not in rest:
                    continue
                rest.discard(target)
                if target == origin:
                    lowest[sym] = min(lowest.get(sym, sym), target)
                else:
                    stack.append((target, iter(self.graph[target])))
                    break
            else:
                stack.pop()
                if sym in lowest and stack:
                    parent = stack[-1][0]
                    lowest[parent] = min(lowest.get(parent, parent), lowest[sym])
        return lowest.get(root)

    def chains(self, root: int) -> Iterator[tuple[list[Edge], int] | None]:
        """Every chain of calls from `root`: its edges and how far over the limit it ends (-1: never); None if it is not.

        A chain ends at a function that calls nothing, or at one that the chain comes from. There may be very many.
        """
        graph = self.graph
        chain: list[Edge] = []
        path = {root}
        stack: list[tuple[int, Iterator[Edge], int]] = [(root, iter(graph[root]), self.limit)]
        while stack:
            sym, edges, depth = stack[-1]
            for growth, target in edges:
                below = depth - growth
                following = graph.get(target, [])
                if target in path:
                    yield [*chain, (growth, target)], -1
                elif following:
                    chain.append((growth, target))
                    path.add(target)
                    stack.append((target, iter(following), below))
                    break
                else:
                    yield ([*chain, (growth, target)], -below) if below < 0 else None
            else:
                stack.pop()
                path.discard(sym)
                if chain:
                    chain.pop()

    def describe(self, root: int, chain: list[Edge], excess: int) -> str:
        """One chain in words, after stock's message."""
        steps = [self.symbol(root)]
        for growth, target in chain:
            steps.append(f"grows {growth} bytes" + (f", calls {self.symbol(target)}" if target != _LEAF else ""))
        if len(steps) > _MAX_STEPS:
            steps[_MAX_STEPS // 2 : -_MAX_STEPS // 2] = ["..."]
        end = "infinite cycle" if excess < 0 else f"{excess} bytes over limit"
        return f"nosplit stack over {self.limit} byte limit: {' '.join(steps[:2])}; {'; '.join([*steps[2:], end])}"

    def symbol(self, sym: int) -> str:
        """A function's name with its ABI's number."""
        if sym == _INDIRECT:
            return "indirect"
        return f"{self.loader.where(sym)}<{self.loader.version(sym)}>"

    def report(self) -> list[Diagnostic]:
        """What is wrong with the functions in `graph`."""
        problems: list[Diagnostic] = []
        visits = 0
        for root in self.roots():
            file = self.loader.file_of(root)
            pos = Pos(file.obj.path if file else "")
            for found in self.chains(root):
                visits += 1
                if len(problems) >= _MAX_CHAINS or visits > _MAX_VISITS:
                    problem = f"nosplit stack over {self.limit} byte limit: {self.symbol(root)}, in more ways than can be told"
                    return [*problems, Diagnostic(pos, "nosplit-overflow", problem, _HINT)]
                if found:
                    problems.append(Diagnostic(pos, "nosplit-overflow", self.describe(root, *found), _HINT))
        return problems


def check(link: Link) -> None:
    """Check every function of `link.textp`. Raises UserError with every chain of calls that may outgrow the stack."""
    loader = link.loader
    first = StackCheck(link)
    # Functions that split the stack are never over the limit.
    failed = [sym for sym in link.textp if loader.flag(sym, goobj.NOSPLIT) and first.visit(sym) > first.limit]
    if not failed:
        return
    # Report on those alone, so that chains start at the outermost function that is over the limit.
    second = StackCheck(link)
    for sym in failed:
        second.visit(sym)
    raise UserError(second.report())
