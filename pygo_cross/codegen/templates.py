# SPDX-License-Identifier: BSD-3-Clause
"""What operations are in assembly: the templates of an architecture, taken apart once.

A template is instructions in Go's syntax, separated by semicolons (see arch/*/insns.py). Taken apart, an operand is a number: that of an
argument, or one of those below; what is fixed (a register, a constant) is an Addr.
"""

from __future__ import annotations

import re
import struct
from typing import Final, final

from pygo_cross.arch.insn import InsnTable
from pygo_cross.diag import InternalError
from pygo_cross.obj.prog import Addr, const, memory, register

RESULT: Final = -1
MEMORY: Final = -2
IMMEDIATE: Final = -3
FLOAT: Final = -4
STUB: Final = -5
LABEL: Final = -10
"""And below: a label, of the number LABEL - operand."""

BASE: Final = -6
"""The address imm bytes from argument 0."""
SUM: Final = -7
"""The address that arguments 0 and 1 make together."""

_INDIRECT: Final = re.compile(r"(\d*)\((\w+)\)")


@final
class Step:
    """One instruction; `label` is what stands before it (0: nothing). An operand of bytes is a float constant in memory."""

    __slots__ = ("label", "op", "operands")

    def __init__(self, op: str, operands: tuple[int | Addr | bytes, ...], label: int) -> None:
        self.op = op
        self.operands = operands
        self.label = label


class Templates:
    """The templates of a table, taken apart when they are first used."""

    def __init__(self, table: InsnTable) -> None:
        self.table = table
        self._known: dict[int, tuple[tuple[Step, ...], ...]] = {}

    def choices(self, op: int) -> tuple[tuple[Step, ...], ...]:
        """The instructions of an operation: for a result in the register of the first argument, of the second, of none. One choice is for
        all of them, of two the first for the first.
        """
        found = self._known.get(op)
        if found is None:
            found = self._known[op] = tuple(self.parse(text) for text in self.table.templates[op].split("|"))
        return found

    def steps(self, op: int) -> tuple[Step, ...]:
        """The instructions of an operation that has no choice. One without an op at the end is a label for what comes behind."""
        return self.choices(op)[0]

    def parse(self, text: str) -> tuple[Step, ...]:
        """The instructions of a template."""
        steps: list[Step] = []
        label = 0
        for part in text.split(";"):
            word = part.strip()
            if word.endswith(":"):
                label = int(word[:-1])
                continue
            op, _, rest = word.partition(" ")
            jumps = op.startswith("J")
            operands = tuple(self._operand(one.strip(), jumps) for one in rest.split(",")) if rest else ()
            steps.append(Step(op, operands, label))
            label = 0
        if label:
            steps.append(Step("", (), label))
        return tuple(steps)

    def _operand(self, text: str, jumps: bool) -> int | Addr | bytes:
        fixed = {"d": RESULT, "m": MEMORY, "$": IMMEDIATE, "$f": FLOAT, "stub": STUB, "$(0)": BASE, "(0)(1*1)": SUM}.get(text)
        if fixed is not None:
            return fixed
        if text.isdigit():
            return LABEL - int(text) if jumps else int(text)
        if text.startswith("$f:"):
            bits = text[3:]
            return struct.pack("<Q" if len(bits) == 16 else "<I", int(bits, 16))
        if text.startswith("$"):
            return const(int(text[1:], 0))
        if text in self.table.names:
            return register(self.table.names[text])
        indirect = _INDIRECT.fullmatch(text)
        if indirect is not None:
            return memory(self.table.names[indirect[2]], int(indirect[1] or 0))
        raise InternalError("emit", "an operand that no template has", text)
