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
    seen = {func.entry}
    stack = [(func.entry, 0)]
    while stack:
        block, at = stack.pop()
        if at < len(block.succs):
            stack.append((block, at + 1))
            succ = block.succs[at]
            if succ not in seen:
                seen.add(succ)
                stack.append((succ, 0))
        else:
            order.append(block)
    return order


@final
class Dominators:
    """`idom` of each block that can be reached (the entry's is itself), `order` in reverse postorder, `number` a block's place in it."""

    __slots__ = ("_enter", "_leave", "children", "idom", "number", "order")

    def __init__(self, func: Func) -> None:
        self.order = postorder(func)[::-1]
        self.number = {block: i for i, block in enumerate(self.order)}
        self.idom: dict[Block, Block] = {func.entry: func.entry}
        self._solve()
        self.children: dict[Block, list[Block]] = {block: [] for block in self.order}
        for block in self.order[1:]:
            self.children[self.idom[block]].append(block)
        self._enter: dict[Block, int] = {}
        self._leave: dict[Block, int] = {}
        self._number_tree(func.entry)

    def _solve(self) -> None:
        number, idom = self.number, self.idom
        again = True
        while again:
            again = False
            for block in self.order[1:]:
                found: Block | None = None
                for pred in block.preds:
                    if pred not in idom:
                        continue
                    if found is None:
                        found = pred
                        continue
                    a, b = found, pred
                    while a is not b:
                        while number[a] > number[b]:
                            a = idom[a]
                        while number[b] > number[a]:
                            b = idom[b]
                    found = a
                if found is not None and idom.get(block) is not found:
                    idom[block] = found
                    again = True

    def _number_tree(self, entry: Block) -> None:
        clock = 0
        stack: list[tuple[Block, bool]] = [(entry, False)]
        while stack:
            block, done = stack.pop()
            clock += 1
            if done:
                self._leave[block] = clock
                continue
            self._enter[block] = clock
            stack.append((block, True))
            stack += [(child, False) for child in reversed(self.children[block])]

    def dominates(self, a: Block, b: Block) -> bool:
        """Whether every way to b leads through a; a block dominates itself."""
        return self._enter[a] <= self._enter[b] and self._leave[b] <= self._leave[a]


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
