# SPDX-License-Identifier: BSD-3-Clause
"""What emission must know of an architecture besides the templates of its operations: one record each."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from pygo_cross.obj.prog import Addr, Prog

Add = Callable[[str, tuple[Addr, ...]], Prog]
"""Appends an instruction to the function and gives it back."""


@final
class MachineCode:
    """Mnemonics, and sequences that no value is.

    `copies`, `loads` and `stores` are by the name of a kind (ssa/kinds.py). `jump` is the unconditional branch. `outgoing` is where the
    arguments of calls begin, from the stack pointer. `load_constant` puts a constant into a register.

    - `jumps(condition, yes_follows, no_follows)`: the branches of an exit, and whether each goes to the first successor.
    - `test_barrier(add, flag)`: test whether the collector marks; the branch to where it does.
    - `fill_barrier(add, stores)`: behind the call that made room: for each store the register that is written (0 for none) and the place,
      whose contents go there too.
    - `jump_table(add, index, table)`: to the address that the table has at an index.
    - `enter(add)`: what holds in functions of ABIInternal, made where assembly or ABI0 may have left something else.
    """

    __slots__ = (
        "copies",
        "enter",
        "fill_barrier",
        "jump",
        "jump_table",
        "jumps",
        "load_constant",
        "loads",
        "outgoing",
        "stack_pointer",
        "stores",
        "test_barrier",
    )

    def __init__(
        self,
        copies: dict[str, str],
        loads: dict[str, str],
        stores: dict[str, str],
        jump: str,
        load_constant: str,
        stack_pointer: int,
        outgoing: int,
        jumps: Callable[[str, bool, bool], list[tuple[str, bool]]],
        test_barrier: Callable[[Add, Addr], Prog],
        fill_barrier: Callable[[Add, list[tuple[int, Addr]]], None],
        jump_table: Callable[[Add, int, Addr], None],
        enter: Callable[[Add], None],
    ) -> None:
        self.copies = copies
        self.loads = loads
        self.stores = stores
        self.jump = jump
        self.load_constant = load_constant
        self.stack_pointer = stack_pointer
        self.outgoing = outgoing
        self.jumps = jumps
        self.test_barrier = test_barrier
        self.fill_barrier = fill_barrier
        self.jump_table = jump_table
        self.enter = enter
