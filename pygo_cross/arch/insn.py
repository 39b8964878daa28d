# SPDX-License-Identifier: BSD-3-Clause
"""Machine operations of the compiler, one row each: what registers they take and give, and what else they touch.

Selection turns the values of a function into machine operations; from then on code generation knows of a value only what its row says.
Registers are numbered densely here, so that a set of them is an int: integer registers from 0, floating-point registers from
`FIRST_FLOAT`. Each architecture has a table from these numbers to its own (`arch/*/insns.py`).

Machine flags live inside of one operation: what compares also branches, or makes the boolean, or selects. So no value is ever "the flags",
and an operation that clobbers them concerns nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pygo_cross.arch.emission import MachineCode

FIRST_FLOAT: Final = 32
"""The number of the first floating-point register."""

# What an operation may do; the bits are those of ssa.ops, and these.
PURE: Final = 1
READS: Final = 2
WRITES: Final = 4
FAULTS: Final = 8
CALL: Final = 16
REMAT: Final = 64
"""Cheaper to compute again (anywhere) than to keep: constants, addresses of symbols and of the frame. No arguments."""
TWO_ADDRESS: Final = 128
"""The result is in the register of the first argument."""
EARLY_RESULT: Final = 256
"""The result is written before all arguments are read: it has to be in another register than any argument."""
IN_PLACE: Final = 512
"""Shorter if the result is in the register of the first argument, but it may be in any."""
COMMUTES: Final = 32


class Insn:
    """One machine operation.

    `inputs` has, for each argument, the set of registers that it may be in, `output` those of the result (0 for none); both are sets of
    one register where the machine leaves no choice. `clobbers` are registers that are lost. Operations with a differing number of
    arguments (calls, returns) have no `inputs`: the value's `aux` says (codegen/calls.py).
    """

    __slots__ = ("clobbers", "flags", "inputs", "name", "op", "output")

    def __init__(self, op: int, name: str, inputs: tuple[int, ...], output: int, flags: int, clobbers: int = 0) -> None:
        self.op = op
        self.name = name
        self.inputs = inputs
        self.output = output
        self.flags = flags
        self.clobbers = clobbers


class RegisterFile:
    """The registers of an architecture for the compiler.

    `numbers` maps dense numbers to the architecture's; `integers` and `floats` are the sets that may be given to values; `order` is the
    order in which free ones are best taken. `context` is the closure's register, `g` the goroutine's (never given to values).
    """

    __slots__ = ("context", "floats", "g", "integers", "numbers", "order")

    def __init__(self, numbers: dict[int, int], integers: int, floats: int, order: tuple[int, ...], context: int, g: int) -> None:
        self.numbers = numbers
        self.integers = integers
        self.floats = floats
        self.order = order
        self.context = context
        self.g = g


class Feature(NamedTuple):
    """An operation of SSA that processors below a level of the architecture may lack: a variable of the runtime says whether it is
    there, and a function does the same without.
    """

    op: str
    level: int
    flag: str
    callee: str


class InsnTable:
    """All that code generation knows of an architecture's operations.

    `rows` are by number, `numbers` by name. An operation with a memory operand is three rows, for none, one and two registers in it, which
    follow each other. `templates` say what an operation is in assembly (codegen/templates.py). A comparison is a row of each family (J: the
    branch, SET: the boolean ...) for each condition: `JLT.CMPQ`. `conditions` are their names; `names` those of registers in templates.
    `features` have to be asked for.
    """

    __slots__ = ("code", "conditions", "features", "names", "numbers", "registers", "rows", "templates")

    def __init__(
        self,
        rows: dict[int, Insn],
        numbers: dict[str, int],
        templates: dict[int, str],
        conditions: tuple[str, ...],
        registers: RegisterFile,
        names: dict[str, int],
        code: MachineCode,
        features: tuple[Feature, ...],
    ) -> None:
        self.rows = rows
        self.numbers = numbers
        self.templates = templates
        self.conditions = conditions
        self.registers = registers
        self.names = names
        self.code = code
        self.features = features


def insns(arch: str) -> InsnTable:
    """The table of an architecture. Raises KeyError for one whose code we don't generate."""
    if arch != "amd64":
        raise KeyError(arch)
    from pygo_cross.arch.amd64 import insns as found

    return found.TABLE
