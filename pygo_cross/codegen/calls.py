# SPDX-License-Identifier: BSD-3-Clause
"""Where the scalars of a call, of a function's parameters and of its results are: registers, or places on the stack.

`codegen/abi.py` assigns Go values; here they are taken apart into the leaves that SSA has, in the same order as its arguments, `Param` and
`Result` values. A value without leaves is memory: its one scalar is the address of what has to be copied to, or lies at, the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from pygo_cross.codegen.abi import Assigner, Where
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.types import Type

MEMORY: Final = -1
"""In `Scalar.kind`: the whole value is in memory at `offset`, and the scalar is its address."""


class Scalar(NamedTuple):
    """A scalar of a signature: in `register` (the architecture's number; 0 for none), or at `offset` of the argument area.

    `spill` is where the callee may put an argument that came in a register (offset in the same area, -1 for results and what is on the
    stack). `typ` is the Go type of the value that it is part of, `at` its offset in that.
    """

    kind: int
    register: int
    offset: int
    spill: int
    typ: Type
    at: int


@final
class Plan:
    """The scalars of a signature: `size` is what the caller reserves for arguments, results and spills, `results_end` without spills."""

    __slots__ = ("args", "results", "results_end", "size")

    def __init__(self, args: tuple[Scalar, ...], results: tuple[Scalar, ...], results_end: int, size: int) -> None:
        self.args = args
        self.results = results
        self.results_end = results_end
        self.size = size


def plan(assigner: Assigner, shapes: Shapes, params: Sequence[Type], results: Sequence[Type]) -> Plan:
    """The scalars of parameters (a receiver first) and results."""
    assignment = assigner.types(params, results)
    return Plan(
        tuple(scalar for where in assignment.args for scalar in _scalars(where, shapes)),
        tuple(scalar for where in assignment.results for scalar in _scalars(where, shapes)),
        assignment.results_end,
        assignment.size,
    )


def _scalars(where: Where, shapes: Shapes) -> list[Scalar]:
    leaves = shapes.leaves(where.typ)
    if leaves is None:
        return [Scalar(MEMORY, 0, where.offset, -1, where.typ, 0)]
    if where.registers:
        pairs = zip(leaves, where.registers, strict=True)
        spill = where.offset
        return [
            Scalar(leaf.kind, register, -1, spill + leaf.offset if spill >= 0 else -1, where.typ, leaf.offset) for leaf, register in pairs
        ]
    return [Scalar(leaf.kind, 0, where.offset + leaf.offset, -1, where.typ, leaf.offset) for leaf in leaves]


@final
class MachineCall:
    """What a machine call (and the exit of a function) is: `aux` of such values behind selection.

    `inputs` are the sets of registers (dense) of its arguments, in order: what it is called through first, then the scalars that are
    passed in registers. `outputs` has the set (of one register) of each `Result` by its number, 0 for one on the stack.
    What is on the stack is stored and loaded by values of their own; the call needs `stack` bytes at the bottom of the frame.
    """

    __slots__ = ("info", "inputs", "outputs", "stack")

    def __init__(self, info: CallInfo | None, inputs: tuple[int, ...], outputs: tuple[int, ...], stack: int) -> None:
        self.info = info
        self.inputs = inputs
        self.outputs = outputs
        self.stack = stack

    def __str__(self) -> str:
        return str(self.info) if self.info is not None else "ret"
