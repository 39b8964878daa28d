# SPDX-License-Identifier: BSD-3-Clause
"""Operations that not every processor of an architecture has: in front of them the runtime is asked, and without them a function is
called.

Which these are, the architecture says, and the level of it that is compiled for (GOAMD64) leaves some out. The choice has to be blocks
before selection, since a call loses all registers.
Facts: GOROOT/src/cmd/compile/internal/ssagen/intrinsics.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from pygo_cross.arch.insn import Feature
from pygo_cross.diag import InternalError
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import F64, I64, VOID, B, P, is_float
from pygo_cross.ssa.refs import CallInfo, DataRef, TextRef
from pygo_cross.types.types import FLOAT64, INT, TYP, UINT64


@final
class Features:
    """The operations of an architecture at a level that have to be asked for."""

    __slots__ = ("_by_op", "_calls")

    def __init__(self, features: Sequence[Feature], level: int) -> None:
        self._by_op = {ops.BY_NAME[one.op]: one for one in features if level < one.level}
        unknown = [ops.NAMES[op] for op in self._by_op if op not in ops.ASKED]
        if unknown:
            raise InternalError("features", "passes do not know that these may be calls", ", ".join(unknown))
        self._calls: dict[str, CallInfo] = {}

    def ask(self, func: Func) -> None:
        """Put the question before each such operation of a function."""
        by_op = self._by_op
        for block in list(func.blocks):
            if any(value.op in by_op for value in block.values):
                self._block(func, block)

    def _block(self, func: Func, block: Block) -> None:
        at = 0
        while at < len(block.values):
            value = block.values[at]
            if value.op in self._by_op:
                block = self._choose(func, block, at, self._by_op[value.op])
                at = 1
            else:
                at += 1

    def _choose(self, func: Func, block: Block, at: int, feature: Feature) -> Block:
        """Take a block apart at a value; the block that begins behind it, with the Phi of both ways."""
        value = block.values[at]
        rest = func.new_block(block.pos)
        rest.values = block.values[at + 1 :]
        for one in rest.values:
            one.block = rest
        rest.kind, rest.likely, rest.succs = block.kind, block.likely, block.succs
        rest.set_controls(block.controls)
        for succ in rest.succs:
            succ.preds = [rest if pred is block else pred for pred in succ.preds]
        block.values = block.values[:at]
        block.succs = []
        address = func.append(block, ops.ADDR, P, (), 0, DataRef(feature.flag), value.pos)
        flag = func.append(block, ops.LOAD, B, (address,), 0, None, value.pos)
        has, lacks = func.new_block(value.pos), func.new_block(value.pos)
        block.kind, block.likely = ops.IF, 1
        block.set_controls((flag,))
        block.add_edge(has)
        block.add_edge(lacks)
        fast = func.append(has, value.op, value.kind, value.args, value.imm, value.aux, value.pos)
        slow = self._call(func, lacks, value, feature)
        has.add_edge(rest)
        lacks.add_edge(rest)
        value.reset(ops.PHI, (fast, slow))
        value.block = rest
        rest.values.insert(0, value)
        for made in (address, flag, *has.values, *lacks.values):
            made.inline = value.inline
        return rest

    def _call(self, func: Func, block: Block, value: Value, feature: Feature) -> Value:
        """The call of the function that does it without."""
        float_ = is_float(value.args[0].kind)
        call = self._calls.get(feature.callee)
        if call is None:
            typ = TYP[FLOAT64 if float_ else UINT64]
            result = typ if float_ else TYP[INT]
            call = self._calls[feature.callee] = CallInfo(TextRef(feature.callee), [typ] * len(value.args), [result])
        args = []
        kind = F64 if float_ else I64
        for arg in value.args:
            if arg.kind != kind:
                arg = func.append(block, ops.FLOAT_TO_FLOAT if float_ else ops.ZERO_EXT, kind, (arg,), 0, None, value.pos)
            args.append(arg)
        made = func.append(block, ops.CALL_STATIC, VOID, args, 0, call, value.pos)
        result_ = func.append(block, ops.RESULT, kind, (made,), 0, None, value.pos)
        if value.kind != kind:
            result_ = func.append(block, ops.FLOAT_TO_FLOAT if float_ else ops.TRUNC, value.kind, (result_,), 0, None, value.pos)
        return result_
