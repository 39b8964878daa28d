# SPDX-License-Identifier: BSD-3-Clause
"""Functions from their text form (`printer`), for tests of single passes.

What stands in braces becomes a slot where one has that name, a string otherwise. Names of values and blocks in the text need not be dense:
the function gets its own.
"""

from __future__ import annotations

import re
from typing import Final

from pygo_cross.diag import Pos, UserError
from pygo_cross.ssa import kinds, ops
from pygo_cross.ssa.func import Block, Func, Slot, Value

_HEAD: Final = re.compile(r"func (\S+?)\(([^)]*)\)([^{]*)\{")
_SLOT: Final = re.compile(r"slot (\S+)\.(\d+) size (\d+) align (\d+)( pointers)?")
_VALUE: Final = re.compile(r"v(\d+)(?: (\w+))? = (\w+)((?: v\d+)*)(?: \[(-?\d+)\])?(?: \{(.*)\})?")
_BLOCK: Final = re.compile(r"(b\d+):(?: <-((?: b\d+)+))?")
_EXIT: Final = re.compile(r"([A-Z]\w+)((?: v\d+)*)(?: ->((?: b\d+)+))?(?: (likely|unlikely))?")


class _Parser:
    def __init__(self, text: str, file: str, op_numbers: dict[str, int]) -> None:
        self.lines = [(number, line.split("//")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
        self.lines = [(number, line) for number, line in self.lines if line]
        self.file = file
        self.op_numbers = op_numbers
        self.number = 0

    def wrong(self, message: str) -> UserError:
        return UserError.one("ssa-text", message, "see pygo_cross/ssa/printer.py for the form", Pos(self.file, self.number))

    def func(self, at: int) -> tuple[Func, int]:
        """The function that begins at a line, and the line behind it."""
        self.number, line = self.lines[at]
        head = _HEAD.fullmatch(line)
        if head is None:
            raise self.wrong("a function begins with: func name(kinds) kinds {")
        func = Func(head[1], self.kinds(head[2].replace(",", " ")), self.kinds(head[3]))
        slots: dict[str, Slot] = {}
        body: list[tuple[int, str]] = []
        at += 1
        while at < len(self.lines) and self.lines[at][1] != "}":
            self.number, line = self.lines[at]
            found = _SLOT.fullmatch(line)
            if found is not None:
                slots[f"{found[1]}.{found[2]}"] = func.new_slot(found[1], None, int(found[3]), int(found[4]), bool(found[5]))
            else:
                body.append(self.lines[at])
            at += 1
        if at == len(self.lines):
            raise self.wrong("the function has no end")
        self.body(func, body, slots)
        return func, at + 1

    def kinds(self, text: str) -> list[int]:
        for name in text.split():
            if name not in kinds.BY_NAME:
                raise self.wrong(f"{name} is no kind")
        return [kinds.BY_NAME[name] for name in text.split()]

    def body(self, func: Func, lines: list[tuple[int, str]], slots: dict[str, Slot]) -> None:
        blocks: dict[str, Block] = {}
        preds: dict[str, list[str]] = {}
        for number, line in lines:
            self.number = number
            label = _BLOCK.fullmatch(line)
            if label is not None:
                blocks[label[1]] = func.entry if not blocks else func.new_block()
                preds[label[1]] = (label[2] or "").split()
        values: dict[str, Value] = {}
        arguments: list[tuple[int, Value, list[str]]] = []
        exits: list[tuple[int, Block, re.Match[str]]] = []
        block: Block | None = None
        for number, line in lines:
            self.number = number
            label = _BLOCK.fullmatch(line)
            if label is not None:
                block = blocks[label[1]]
                continue
            if block is None:
                raise self.wrong("a value stands before the first block")
            found = _VALUE.fullmatch(line)
            if found is not None:
                values[f"v{found[1]}"] = value = self.value(func, block, found, slots)
                arguments.append((number, value, found[4].split()))
                continue
            found = _EXIT.fullmatch(line)
            if found is None or found[1] not in ops.BLOCKS_BY_NAME:
                raise self.wrong(f"not understood: {line}")
            exits.append((number, block, found))
        for number, value, names in arguments:
            self.number = number
            for name in names:
                value.add_arg(self.named(values, name))
        for number, block, found in exits:
            self.number = number
            block.kind = ops.BLOCKS_BY_NAME[found[1]]
            block.set_controls([self.named(values, name) for name in found[2].split()])
            for name in (found[3] or "").split():
                if name not in blocks:
                    raise self.wrong(f"there is no block {name}")
                block.add_edge(blocks[name])
            block.likely = {"likely": 1, "unlikely": -1, None: 0}[found[4]]

        for name, block in blocks.items():
            wanted = [blocks.get(pred) for pred in preds[name]]
            if sorted(str(pred) for pred in wanted) != sorted(str(pred) for pred in block.preds):
                raise self.wrong(f"the predecessors of {name} are {' '.join(str(pred) for pred in block.preds)}")
            block.preds = [pred for pred in wanted if pred is not None]

    def value(self, func: Func, block: Block, found: re.Match[str], slots: dict[str, Slot]) -> Value:
        op = self.op_numbers.get(found[3])
        if op is None:
            raise self.wrong(f"{found[3]} is no operation")
        kind = self.kinds(found[2] or "void")[0]
        aux: object = found[6]
        if found[6] is not None and found[6] in slots:
            aux = slots[found[6]]
        return func.append(block, op, kind, (), int(found[5] or 0), aux)

    def named(self, values: dict[str, Value], name: str) -> Value:
        if name not in values:
            raise self.wrong(f"there is no value {name}")
        return values[name]


def parse_funcs(text: str, file: str = "", op_numbers: dict[str, int] | None = None) -> list[Func]:
    """The functions of a text; UserError with the line where it is wrong. `op_numbers` has the numbers of machine operations."""
    parser = _Parser(text, file, ops.BY_NAME if op_numbers is None else {**ops.BY_NAME, **op_numbers})
    found: list[Func] = []
    at = 0
    while at < len(parser.lines):
        func, at = parser.func(at)
        found.append(func)
    return found
