# SPDX-License-Identifier: BSD-3-Clause
"""Memory operands of machine operations: `aux` of every value behind selection that touches memory or makes an address.

A machine operation has its operands in registers first, and those of its memory operand last: the base, if that is a value, then the
index, if there is one. `Mem` says which of these there are, and what the address is made of besides.
"""

from __future__ import annotations

from typing import Final, final

VALUE: Final = 0
"""The base is a value: an argument of the operation."""
SYMBOL: Final = 1
"""A symbol: `ref` is one of ssa.refs."""
SLOT: Final = 2
"""Memory of the frame: `ref` is the Slot."""
INCOMING: Final = 3
"""The function's own arguments and results on the stack; `offset` is that of codegen/calls.py."""
OUTGOING: Final = 4
"""Arguments and results on the stack of a call that this function makes."""


@final
class Mem:
    """base + index * scale + offset; `size` bytes are touched there (0: only the address is made). `scale` is 0 if there is no index."""

    __slots__ = ("base", "offset", "ref", "scale", "size")

    def __init__(self, base: int, offset: int, size: int, ref: object = None, scale: int = 0) -> None:
        self.base = base
        self.offset = offset
        self.size = size
        self.ref = ref
        self.scale = scale

    @property
    def registers(self) -> int:
        """How many arguments of the operation it takes, the last ones."""
        return (self.base == VALUE) + (self.scale != 0)

    def __str__(self) -> str:
        text = ("", str(self.ref), str(self.ref), "incoming", "outgoing")[self.base]
        index = f"*{self.scale}" if self.scale else ""
        return f"{text}{self.offset:+d}{index}" if self.offset or not text else text + index


@final
class Barrier:
    """A write barrier's stores: `aux` of the operation that tells the collector what memory has and what it gets.

    `parts` has for each store the number of the argument that is written (-1 for what is never an object of the heap), where the
    registers of the memory operand begin among the arguments, and that operand. `inputs` are the sets of registers of all arguments.
    """

    __slots__ = ("entries", "inputs", "parts")

    def __init__(self, inputs: tuple[int, ...], parts: tuple[tuple[int, int, Mem], ...]) -> None:
        self.inputs = inputs
        self.parts = parts
        self.entries = sum(1 + (part[0] >= 0) for part in parts)

    def __str__(self) -> str:
        return ", ".join(str(mem) for _, _, mem in self.parts)
