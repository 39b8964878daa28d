# SPDX-License-Identifier: BSD-3-Clause
"""What the assembler must know of an architecture: names as data, and the few places where the architecture acts.

An architecture plugs in with one module that makes a `Machine` (`arch/amd64/machine.py`); `machine(name)` finds it. The
assembler's core reads operands with `registers` and `mnemonics`, hands what only that architecture writes to `syntax`,
and gives each parsed function to what `finisher` makes for its unit, which turns Progs into bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pygo_cross.obj.context import Context
    from pygo_cross.obj.prog import Addr, Prog
    from pygo_cross.obj.symbol import Symbol

ARCHITECTURES: Final = ("amd64", "arm64")


class Syntax:
    """What an architecture writes that others don't. The base class accepts nothing of it.

    `parser` is the OperandParser at work (pygo_cross/asm/operands.py), which has the tokens, `fail` and `register_number`.
    """

    pairs = False
    """Whether (R1, R2) is an operand."""
    shifts = False
    """Whether R1<<2 is an operand, and R1.UXTW and R1.B[1] are: a register that more follows."""
    scaled_index = True
    """Whether (R1)(R2*4) is."""

    def special(self, name: str) -> int | None:
        """The number of a word that is an operand by itself, such as PLDL1KEEP."""
        return None

    def whole(self, parser: Any, addr: Addr) -> bool:
        """Reads an operand of a form of the architecture's own into `addr`, or returns False and consumes nothing."""
        return False

    def register_tail(self, parser: Any, addr: Addr, name: str, prefix: str) -> bool:
        """Reads what follows the register `name` (shift, extension, arrangement, element), or returns False."""
        return False

    def register_list(self, parser: Any, addr: Addr) -> None:
        """Reads a list of registers behind its opening bracket."""
        parser.fail("register list not supported on this architecture")

    def indirect_tail(self, parser: Any, addr: Addr, register: int) -> bool:
        """Reads the rest of `(R1` where something other than `)` follows, or returns False."""
        return False


class Machine:
    """One architecture.

    `registers` has the names of all registers and pseudo-registers; `register_prefixes` those that take a number in
    parentheses (R(10)). `mnemonics` maps what may be written to the name that Progs carry (aliases differ).
    `is_rare` tells whether a word that is none of them is a mnemonic nevertheless: one of a table that is loaded only then.
    `is_jump` tells which words are branches. `quantum` is the smallest instruction in bytes.

    `place` checks that a parsed instruction may have these operands, and may rewrite its Prog's op and args; it returns an
    error message or "". `jump_target` is the index of the operand that says where a branch goes, -1 if it can't have so many; it raises
    ValueError with the message if the others are wrong.
    `parse_suffix` makes the suffix of a Prog from what was written (`.Z`, `.P.W`), or raises ValueError with the message.
    `show_operand` prints an operand. `finisher` makes, for a unit (a Context), what makes the bytes
    of one function after another, whose Progs have their targets.
    """

    __slots__ = (
        "finisher",
        "is_jump",
        "is_rare",
        "jump_target",
        "mnemonics",
        "name",
        "parse_suffix",
        "place",
        "quantum",
        "register_name",
        "register_number",
        "register_prefixes",
        "registers",
        "show_disassembled",
        "show_operand",
        "syntax",
    )

    def __init__(
        self,
        name: str,
        quantum: int,
        registers: Mapping[str, int],
        mnemonics: Mapping[str, str],
        is_jump: Callable[[str], bool],
        register_name: Callable[[int], str],
        parse_suffix: Callable[[str, str], str],
        finisher: Callable[[Context], Callable[[Symbol], None]],
        place: Callable[[Prog], str],
        jump_target: Callable[[Prog], int],
        show_operand: Callable[[Addr, Prog], str],
        syntax: Syntax,
        register_prefixes: frozenset[str] = frozenset(),
        register_number: Callable[[str, int], int] | None = None,
        show_disassembled: Callable[[Addr, Prog], str] | None = None,
        is_rare: Callable[[str], bool] | None = None,
    ) -> None:
        self.name = name
        self.quantum = quantum
        self.registers = registers
        self.mnemonics = mnemonics
        self.is_jump = is_jump
        self.register_name = register_name
        self.parse_suffix = parse_suffix
        self.finisher = finisher
        self.place = place
        self.jump_target = jump_target
        self.show_operand = show_operand
        self.show_disassembled = show_disassembled or show_operand
        self.syntax = syntax
        self.register_prefixes = register_prefixes
        self.register_number = register_number
        self.is_rare = is_rare


class Instruction:
    """One instruction, read from bytes by the `decode` of an architecture: its size in bytes, mnemonic, suffix and operands.

    `distance` is where a branch goes, or what an operand relative to the instruction pointer means, from the instruction's end;
    None if there is neither. `at` is where in the instruction its displacement is, 0 for none. `exact` tells whether it assembles
    to the same bytes. `text` is for whoever prints it, who may find the same Instruction again.
    """

    __slots__ = ("args", "at", "distance", "exact", "op", "size", "suffix", "text")

    def __init__(self, size: int, op: str, suffix: str, args: tuple[Addr, ...]) -> None:
        self.size, self.op, self.suffix, self.args = size, op, suffix, args
        self.distance: int | None = None
        self.at = 0
        self.exact = True
        self.text = ""


def machine(name: str) -> Machine:
    """The machine of an architecture as Go names it. Raises KeyError for one that we don't have."""
    if name not in ARCHITECTURES:
        raise KeyError(name)
    made: Machine = importlib.import_module(f"pygo_cross.arch.{name}.machine").make()
    return made


def decoder(name: str) -> Callable[[bytes, int], Instruction | None]:
    """What reads instructions of an architecture: code and a place in it, to the instruction there; None for what is none.

    Raises KeyError for an architecture that we don't have.
    """
    if name not in ARCHITECTURES:
        raise KeyError(name)
    decode: Callable[[bytes, int], Instruction | None] = importlib.import_module(f"pygo_cross.arch.{name}.decode").decode
    return decode
