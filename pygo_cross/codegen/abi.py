# SPDX-License-Identifier: BSD-3-Clause
"""The calling convention: where arguments and results of a signature are, in registers or on the stack.

One algorithm serves both conventions and both architectures: a `Convention` is two sequences of registers, and ABI0 is the one
without any. A value goes into registers with all its leaves or not at all. Offsets are bytes from the start of the area that the caller
reserves, where stack arguments come first, then stack results, then room in which the callee may spill the arguments that came in
registers. What an architecture keeps below that area (the return address, the link register) is the frame's business.

Facts: GOROOT/src/cmd/compile/abi-internal.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from pygo_cross.ssa.kinds import is_float
from pygo_cross.ssa.shape import Leaf, Shapes
from pygo_cross.types.types import Signature, Type


class Convention(NamedTuple):
    """The registers that carry values, in the order of their use; numbers are those of the architecture."""

    integers: tuple[int, ...]
    floats: tuple[int, ...]


ABI0: Final = Convention((), ())
"""Of assembly: everything is on the stack."""


class Where(NamedTuple):
    """Where a value is: in a register for each of its leaves, or, without registers, on the stack at `offset`.

    The offset of an argument in registers is that of its spill space; a result in registers has none (-1).
    """

    typ: Type
    registers: tuple[int, ...]
    offset: int


class Assignment(NamedTuple):
    """Where a function's values are: `args` has the receiver first.

    `results_end` is where the stack results end, which is all that a caller of ABI0 reserves; `size` has the spill space too.
    """

    args: tuple[Where, ...]
    results: tuple[Where, ...]
    results_end: int
    size: int


@final
class Assigner:
    """Assigns the values of signatures for one convention."""

    __slots__ = ("_convention", "_float", "_integer", "_shapes", "_sizes", "_top", "_word")

    def __init__(self, convention: Convention, shapes: Shapes) -> None:
        self._convention = convention
        self._shapes = shapes
        self._sizes = shapes.sizes
        self._word = shapes.sizes.word
        self._integer = self._float = self._top = 0

    def signature(self, sig: Signature) -> Assignment:
        """Where the receiver, parameters and results of a function or method are. Type parameters must be gone."""
        args = [] if sig.recv is None else [sig.recv.typ]
        args += [var.typ for var in sig.params.vars]
        return self.types(args, [var.typ for var in sig.results.vars])

    def types(self, args: Sequence[Type], results: Sequence[Type]) -> Assignment:
        """Where values of these types are; functions of the runtime that have no signature here are called by it."""
        self._top = 0
        placed_args = self._sequence(args)
        placed_results = self._sequence(results)
        end = self._top
        with_spills = []
        for where in placed_args:
            with_spills.append(where._replace(offset=self._push(where.typ)) if where.registers else where)
        self._top = self._align(self._top, self._word)
        return Assignment(tuple(with_spills), tuple(placed_results), end, self._top)

    def _sequence(self, types: Sequence[Type]) -> list[Where]:
        self._integer = self._float = 0
        placed = [self._place(typ) for typ in types]
        self._top = self._align(self._top, self._word)
        return placed

    def _place(self, typ: Type) -> Where:
        leaves = self._shapes.leaves(typ) if self._sizes.sizeof(typ) else None  # no size, no register: ABI0 aligns for them
        registers = None if leaves is None else self._take(leaves)
        return Where(typ, (), self._push(typ)) if registers is None else Where(typ, registers, -1)

    def _take(self, leaves: tuple[Leaf, ...]) -> tuple[int, ...] | None:
        """Registers for all leaves, or None, and then none is used."""
        integers, floats = self._convention
        integer, float_ = self._integer, self._float
        taken = []
        for leaf in leaves:
            if is_float(leaf.kind):
                if float_ == len(floats):
                    return None
                taken.append(floats[float_])
                float_ += 1
            else:
                if integer == len(integers):
                    return None
                taken.append(integers[integer])
                integer += 1
        self._integer, self._float = integer, float_
        return tuple(taken)

    def _push(self, typ: Type) -> int:
        offset = self._align(self._top, self._sizes.alignof(typ))
        self._top = offset + self._sizes.sizeof(typ)
        return offset

    @staticmethod
    def _align(offset: int, align: int) -> int:
        return -(-offset // align) * align
