# SPDX-License-Identifier: BSD-3-Clause
"""Order of blocks, dominance and loops.

Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), on blocks numbered in reverse postorder. Loops are
natural loops; a circle that is entered at more than one block has no header and is no loop here (Go's goto can make one).
"""

from __future__ import annotations

from typing import final

from pygo_cross.ssa.func import Block, Func


def postorder(func: Func) -> list[Block]:
    """Blocks that can be reached, each behind its successors but for circles; the entry last."""
    order: list[Block] = []
    entry = func.entry
    seen = bytearray(func.block_count)
    seen[entry.id] = 1
    path = [entry]
    waiting = [iter(entry.succs)]
    while path:
        for succ in waiting[-1]:
            if not seen[succ.id]:
                seen[succ.id] = 1
                path.append(succ)
                waiting.append(iter(succ.succs))
                break
        else:
            order.append(path.pop())
            waiting.pop()
    return order


def _solve(order: list[Block], count: int) -> list[int]:
    """The immediate dominator of each block of a reverse postorder, by places in it."""
    number = [-1] * count
    for i, block in enumerate(order):
        number[block.id] = i
    preds = [[at for pred in block.preds if (at := number[pred.id]) >= 0] for block in order]
    above = [-1] * len(order)
    above[0] = 0
    again = True
    while again:
        again = False
        for i in range(1, len(order)):
            found = -1
            for other in preds[i]:
                if above[other] < 0:
                    continue
                if found < 0:
                    found = other
                    continue
                while found != other:
                    while found > other:
                        found = above[found]
                    while other > found:
                        other = above[other]
            if above[i] != found:
                above[i] = found
                again = True
    return above


@final
class Dominators:
    """`idom` of each block that can be reached (the entry's is itself), `order` in reverse postorder, `number` a block's place in it."""

    __slots__ = ("_enter", "_leave", "children", "idom", "number", "order")

    def __init__(self, func: Func) -> None:
        order = self.order = postorder(func)[::-1]
        self.number = {block: i for i, block in enumerate(order)}
        above = _solve(order, func.block_count)
        self.idom: dict[Block, Block] = {block: order[above[i]] for i, block in enumerate(order)}
        self.children: dict[Block, list[Block]] = {block: [] for block in order}
        inside: list[list[int]] = [[] for _ in order]
        for i in range(1, len(order)):
            inside[above[i]].append(i)
            self.children[order[above[i]]].append(order[i])
        self._enter = [0] * func.block_count
        self._leave = [0] * func.block_count
        # A block is entered before what it dominates, and left behind it.
        clock = 0
        stack = [0]
        while stack:
            i = stack.pop()
            clock += 1
            if i < 0:
                self._leave[order[~i].id] = clock
                continue
            self._enter[order[i].id] = clock
            stack.append(~i)
            stack += inside[i]

    def dominates(self, a: Block, b: Block) -> bool:
        """Whether every way to b leads through a; a block dominates itself."""
        enter, leave = self._enter, self._leave
        return enter[a.id] <= enter[b.id] and leave[b.id] <= leave[a.id]


    def reducible(self) -> bool:
        """Whether every circle of blocks is a loop that is entered at one block alone."""
        number = self.number
        for block in self.order:
            for succ in block.succs:
                if number[succ] <= number[block] and not self.dominates(succ, block):
                    return False
        return True


@final
class Loop:
    """A natural loop: its header, its blocks, the loop around it, and how many loops it is in, itself included."""

    __slots__ = ("blocks", "depth", "header", "outer")

    def __init__(self, header: Block) -> None:
        self.header = header
        self.blocks: set[Block] = {header}
        self.outer: Loop | None = None
        self.depth = 1


def find_loops(func: Func, dominators: Dominators) -> dict[Block, Loop]:
    """The innermost loop of each block that is in one."""
    loops: dict[Block, Loop] = {}
    for block in dominators.order:
        for succ in block.succs:
            if dominators.dominates(succ, block):
                loop = loops.setdefault(succ, Loop(succ))
                todo = [block]
                while todo:
                    inside = todo.pop()
                    if inside not in loop.blocks:
                        loop.blocks.add(inside)
                        todo += [pred for pred in inside.preds if pred in dominators.number]
    innermost: dict[Block, Loop] = {}
    # Larger loops first: what is left at a block is its innermost one.
    for loop in sorted(loops.values(), key=lambda one: (-len(one.blocks), dominators.number[one.header])):
        loop.outer = innermost.get(loop.header)
        loop.depth = 1 if loop.outer is None else loop.outer.depth + 1
        for block in loop.blocks:
            innermost[block] = loop
    return innermost
