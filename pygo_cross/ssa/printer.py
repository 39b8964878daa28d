# SPDX-License-Identifier: BSD-3-Clause
"""The text form of functions, which `parser` reads.

    func main.add(i64, i64) i64 {
    b0:
      v0 i64 = Param
      v1 i64 = Param [1]
      v2 i64 = Add v0 v1
      Plain -> b1
    b1: <- b0
      Ret v2
    }

A block's line has its predecessors, in order. Each value: its name, its kind unless it has none, the operation, arguments, `[imm]` unless
0, `{aux}` unless there is none. The last line of a block is its exit: kind, controls, `->` successors, `likely` or `unlikely`. Slots
stand before the first block: `slot x.0 size 16 align 8 pointers`.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import NAMES, VOID


def print_func(func: Func, op_names: dict[int, str] | None = None) -> str:
    """A function as text; `op_names` has the names of machine operations."""
    names = ops.NAMES if op_names is None else {**ops.NAMES, **op_names}
    params = ", ".join(NAMES[kind] for kind in func.params)
    results = "".join(" " + NAMES[kind] for kind in func.results)
    lines = [f"func {func.symbol}({params}){results} {{"]
    for slot in func.slots:
        lines.append(f"  slot {slot} size {slot.size} align {slot.align}" + (" pointers" if slot.pointers else ""))
    for block in func.blocks:
        lines.append(f"{block}:" + (" <-" + "".join(f" {pred}" for pred in block.preds) if block.preds else ""))
        lines += ["  " + print_value(value, names) for value in block.values]
        lines.append("  " + print_exit(block))
    lines.append("}")
    return "\n".join(lines) + "\n"


def print_value(value: Value, names: dict[int, str] = ops.NAMES) -> str:
    """A value as one line."""
    kind = f" {NAMES[value.kind]}" if value.kind != VOID else ""
    text = f"{value}{kind} = {names[value.op]}" + "".join(f" {arg}" for arg in value.args)
    if value.imm:
        text += f" [{value.imm}]"
    if value.aux is not None:
        text += f" {{{value.aux}}}"
    return text


def print_exit(block: Block) -> str:
    """How a block ends, as one line."""
    text = ops.BLOCK_NAMES[block.kind] + "".join(f" {value}" for value in block.controls)
    if block.succs:
        text += " -> " + " ".join(str(succ) for succ in block.succs)
    return text + {1: " likely", -1: " unlikely"}.get(block.likely, "")
