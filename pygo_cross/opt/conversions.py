# SPDX-License-Identifier: BSD-3-Clause
"""Conversions between strings and slices of which too little is needed to make a copy.

- A string of bytes that is a key for looking up or deleting in a map, or that `unique.Make` gets (which copies what it keeps), is those
  bytes, if nothing is written in between.
- Of what only the length is needed there is no copy; runes are counted.
- Bytes of a string that nobody writes to, as escape analysis says (`escape.py`), are the string's. They are not nil if the string is empty.

Before: v2 = CallStatic v1 v3 v4 {runtime.slicebytetostring}; v5 p = Result v2; v6 i64 = Result v2 [1]; v7 = CallStatic v8 v9 v5 v6
{runtime.mapaccess1_faststr}; after: v7 = CallStatic v8 v9 v3 v4 {runtime.mapaccess1_faststr}.
Facts: src/cmd/compile/internal/ssa/_gen/generic.rules, src/cmd/compile/internal/walk/builtin.go (walkLenCap).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.callgraph import callee
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import B, P
from pygo_cross.ssa.refs import CallInfo, DataRef, TextRef
from pygo_cross.types.predicates import is_string
from pygo_cross.types.types import INT, STRING, TYP

_TO_STRING: Final = "runtime.slicebytetostring"
TO_BYTES: Final = "runtime.stringtoslicebyte"
_TO_RUNES: Final = "runtime.stringtoslicerune"
_CONVERSIONS: Final = frozenset([_TO_STRING, TO_BYTES, _TO_RUNES])
_LOOKS: Final = frozenset(["runtime.mapaccess1_faststr", "runtime.mapaccess2_faststr", "runtime.mapdelete_faststr"])
_UNIQUE: Final = "unique.Make["
_COUNT_RUNES: Final = CallInfo(TextRef("runtime.countrunes"), (TYP[STRING],), (TYP[INT],))


def conversions(func: Func) -> None:
    """Do without copies."""
    calls = [value for block in func.blocks for value in block.values if callee(value) in _CONVERSIONS]
    for call in reversed(calls):
        name = callee(call)
        results = [value for value in call.block.values if value.op == ops.RESULT and value.args[0] is call]
        if len(results) != call.uses:
            continue
        if not any(result.uses for result in results if result.imm == 0):
            _length(call, name, results)
        elif name == _TO_STRING:
            _looked_at(call, results)


def _length(call: Value, name: str, results: list[Value]) -> None:
    """Nobody wants the contents."""
    if name == _TO_RUNES:
        _, pointer, length = call.args
        call.reset(ops.CALL_STATIC, (pointer, length), 0, _COUNT_RUNES)
        for result in results:
            result.imm = 0
            if result.uses == 0:
                result.set_args(())
                call.block.values.remove(result)
        return
    length = call.args[2]
    for result in results:
        if result.imm:
            result.become(length)
    _remove(call, results)


def share(call: Value) -> None:
    """Have the result of a conversion to bytes be the string's bytes."""
    block = call.block
    func = block.func
    _, pointer, length = call.args
    results = [value for value in block.values if value.op == ops.RESULT and value.args[0] is call]
    data = pointer
    if pointer.op != ops.ADDR:
        at = block.values.index(call)
        nothing = func.make(block, ops.CONST, P, (), 0)
        some = func.make(block, ops.NE, B, (pointer, nothing))
        empty = func.make(block, ops.ADDR, P, (), 0, DataRef("runtime.zerobase"))
        data = func.make(block, ops.SELECT, P, (some, pointer, empty))
        made = (nothing, some, empty, data)
        for value in made:
            value.pos, value.inline = call.pos, call.inline
        block.values[at:at] = made
    for result in results:
        result.become(length if result.imm else data)
    _remove(call, results)


def _looked_at(call: Value, results: list[Value]) -> None:
    """A string that one call gets as a whole, and only looks at."""
    values = call.block.values
    for user in values[values.index(call) + 1 :]:
        if user.op == ops.CALL_STATIC and isinstance(user.aux, CallInfo):
            if not _only_looks(user.aux):
                return
            mine = [i for i, arg in enumerate(user.args) if arg in results]
            if len(mine) == 2 and sum(result.uses for result in results) == 2 and [user.args[i].imm for i in mine] == [0, 1]:
                for i, part in zip(mine, call.args[1:], strict=True):
                    user.set_arg(i, part)
                _remove(call, results)
            return
        if ops.FLAGS[user.op] & (ops.CALL | ops.WRITES) and user.op != ops.ALLOC:
            return


def _only_looks(info: CallInfo) -> bool:
    name = str(info.target)
    return name in _LOOKS or (name.startswith(_UNIQUE) and len(info.params) == 1 and is_string(info.params[0].underlying()))


def _remove(call: Value, results: list[Value]) -> None:
    for value in (*results, call):
        if value.op != ops.COPY:
            value.set_args(())
            call.block.values.remove(value)
