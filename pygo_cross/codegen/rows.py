# SPDX-License-Identifier: BSD-3-Clause
"""Rows of machine operations as allocation reads them, in one form for values, calls and exits of blocks.

An argument may be in a register that the operation clobbers only if its set has no other; the same holds for results. So what an operation
needs for itself is clobbered, and nothing that it still reads is there.
"""

from __future__ import annotations

from typing import Any, Final, cast, final

from pygo_cross.arch import insn
from pygo_cross.arch.insn import FIRST_FLOAT, Insn, RegisterFile
from pygo_cross.diag import InternalError
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import F32, F64

FLOATS: Final = ~((1 << FIRST_FLOAT) - 1)


@final
class Row:
    """An operation: `inputs` the sets of its arguments, `fixed` the register of each that has no choice (-1 otherwise), `output` the set of
    the result, and its flags taken apart; `taken` the set of registers that it needs for itself. `variable` says that the value's `aux`
    has the inputs.
    """

    __slots__ = (
        "any_fixed",
        "call",
        "clobbers",
        "commutes",
        "early",
        "fixed",
        "in_place",
        "inputs",
        "output",
        "remat",
        "taken",
        "two_address",
        "variable",
    )

    def __init__(self, row: Insn) -> None:
        self.inputs = tuple(_without(mask, row.clobbers) for mask in row.inputs)
        self.output = _without(row.output, row.clobbers)
        self.clobbers = row.clobbers
        self.fixed = tuple(single(mask) for mask in self.inputs)
        self.any_fixed = any(register >= 0 for register in self.fixed)
        self.taken = _taken(self.fixed, row.clobbers)
        self.call = bool(row.flags & insn.CALL)
        self.commutes = bool(row.flags & insn.COMMUTES) and len(row.inputs) >= 2 and row.inputs[0] == row.inputs[1]
        self.two_address = bool(row.flags & insn.TWO_ADDRESS)
        self.in_place = bool(row.flags & insn.IN_PLACE)
        self.early = bool(row.flags & insn.EARLY_RESULT)
        self.remat = bool(row.flags & insn.REMAT)
        self.variable = not row.inputs


def _without(mask: int, clobbers: int) -> int:
    return mask & ~clobbers or mask


def _taken(fixed: tuple[int, ...], clobbers: int) -> int:
    for register in fixed:
        if register >= 0:
            clobbers |= 1 << register
    return clobbers


def single(mask: int) -> int:
    """The register of a set of one, -1 for other sets."""
    return mask.bit_length() - 1 if mask and not mask & (mask - 1) else -1


@final
class Rows:
    """What is known of operations: by number for machine operations; `of` for any value, `of_exit` for blocks. Most operations never occur:
    rows are made when they are asked for.
    """

    __slots__ = ("_by_op", "_calls", "_insns", "_with_inputs", "copy_float", "copy_integer", "floats", "integers", "registers", "remat_ops")

    def __init__(self, insns: dict[int, Insn], registers: RegisterFile) -> None:
        self.registers = registers
        self.integers = registers.integers
        self.floats = registers.floats
        self._insns = insns
        self._by_op: dict[int, Row] = {}
        anywhere = self.integers | self.floats
        self.remat_ops = frozenset(op for op, row in insns.items() if row.flags & insn.REMAT)
        self._with_inputs: dict[tuple[int, tuple[int, ...]], Row] = {}
        self._calls = frozenset(op for op, row in insns.items() if row.flags & insn.CALL)
        self.copy_integer = Row(Insn(ops.COPY, "Copy", (self.integers,), self.integers, 0))
        self.copy_float = Row(Insn(ops.COPY, "Copy", (self.floats,), self.floats, 0))
        self._by_op[ops.KEEP_ALIVE] = Row(Insn(ops.KEEP_ALIVE, "KeepAlive", (anywhere,), 0, 0))
        self._by_op[ops.SLOT_LIVE] = Row(Insn(ops.SLOT_LIVE, "SlotLive", (), 0, 0))
        for register_class in (self.integers, self.floats):
            if not register_class:
                raise InternalError("regalloc", "a class of registers is empty", "")

    def of(self, value: Value) -> Row:
        """The row of a value that is no Phi, Param, Closure, Result, Copy; its own where `aux` says what it takes."""
        row = self._by_op.get(value.op) or self._made(value.op)
        if row is None:
            raise InternalError("regalloc", f"operation {value.op} has no row", f"{value.block.func.symbol} {value}")
        return self._own(row, value.op, value.aux) if row.variable and value.args else row

    def of_exit(self, block: Block) -> Row | None:
        """The row of a block's exit, None if it takes nothing and clobbers nothing."""
        if block.op:
            row = self._by_op.get(block.op) or self._made(block.op)
            if row is None:
                raise InternalError("regalloc", f"operation {block.op} has no row", f"{block.func.symbol} {block}")
            return self._own(row, block.op, block.aux) if row.variable and block.controls else row
        if block.controls:
            return self._own(_EXIT, 0, block.aux)
        return None

    def _made(self, op: int) -> Row | None:
        insn_ = self._insns.get(op)
        if insn_ is None:
            return None
        made = self._by_op[op] = Row(insn_)
        return made

    def _own(self, row: Row, op: int, aux: object) -> Row:
        """The row of an operation whose `aux` says what it takes: a MachineCall, or another that has `inputs`."""
        inputs: tuple[int, ...] = cast(Any, aux).inputs
        found = self._with_inputs.get((op, inputs))
        if found is None:
            found = self._with_inputs[op, inputs] = _with_inputs(row, inputs)
        return found

    def is_call(self, op: int) -> bool:
        """Whether all registers are lost in it."""
        return op in self._calls

    def class_of(self, kind: int) -> int:
        """The registers that a kind may be in."""
        return self.floats if kind in (F32, F64) else self.integers

    def remat(self, func: Func) -> bytearray:
        """For each value by id, whether it is computed again rather than kept."""
        found = bytearray(func.value_count)
        again = self.remat_ops
        for block in func.blocks:
            for value in block.values:
                if value.op in again:
                    found[value.id] = 1
        return found


_NOTHING: Final = Insn(0, "Exit", (), 0, 0)
_EXIT: Final = Row(_NOTHING)


def _with_inputs(row: Row, inputs: tuple[int, ...]) -> Row:
    made = Row(_NOTHING)
    made.inputs = inputs
    made.fixed = tuple(single(mask) for mask in inputs)
    made.any_fixed = True
    made.taken = _taken(made.fixed, row.clobbers)
    made.output = row.output
    made.clobbers = row.clobbers
    made.call = row.call
    made.commutes = made.early = made.remat = made.in_place = False
    made.two_address = row.two_address
    made.variable = True
    return made
