# SPDX-License-Identifier: BSD-3-Clause
"""What register allocation says of a function: where each value is.

A value with a result is in a register (`reg`, a dense number of `arch.insn`), or is memory of the frame: a Spill or a Phi whose slot is in
`slots`. Allocation adds values of these operations, and nothing else:

- `Copy a`: from the register of `a` to its own.
- `Spill a` (aux: the Slot): from the register of `a` to the slot. It has the kind of `a`, and no register.
- `Reload s` (aux: the Slot): from the slot of `s`, a Spill or a Phi in memory, to its register.
- clones of values whose row says REMAT.

Values of REMAT rows are moved to their uses: none stays that nothing uses. A Phi does nothing by itself: each argument is where the Phi is
(in its register, or a Spill to its slot), at the end of its predecessor.

The function is not in strict SSA form any more: what a value names is the register that it is in, and the same register may have been
filled by another copy on another way (`checkalloc` proves that it has the right contents). Nothing may be removed or moved any more.
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.ssa.func import Slot

NO_REGISTER: Final = -1


@final
class Allocation:
    """Where values are: `reg[value.id]` is a dense register number, -1 for none; `slots[value.id]` the memory of Spills and of Phis in
    memory. `used` is the set of registers that the function writes.
    """

    __slots__ = ("reg", "slots", "used")

    def __init__(self, reg: list[int], slots: dict[int, Slot], used: int) -> None:
        self.reg = reg
        self.slots = slots
        self.used = used
