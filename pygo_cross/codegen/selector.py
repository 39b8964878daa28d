# SPDX-License-Identifier: BSD-3-Clause
"""What selection rules work with: making machine operations of values, folding addresses and loads into them, deciding conditions.

Values are selected from the users to what they use, so a rule sees its arguments as they were before selection, and decides whether it
covers them too: an argument that nothing uses any more afterwards goes. The rules themselves are data of the architecture
(`pygo_cross/arch/*/rules.txt`), made into functions by scripts/generate_selection.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pygo_cross.arch.insn import InsnTable
from pygo_cross.codegen.mem import SLOT, SYMBOL, VALUE, Mem
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import I32, I64, SIZES

FAMILIES: Final = ("J", "SET", "CMOVQ", "CMOVL", "SEL")
"""What a comparison may decide: a branch, a boolean, which of two integers (wide or not) or floats."""
J: Final = 0
SET: Final = 1
CMOVQ: Final = 2
CMOVL: Final = 3
SEL: Final = 4


def s32(number: int) -> bool:
    """Whether a number is one of 32 bits with a sign."""
    return -0x80000000 <= number <= 0x7FFFFFFF


def u32(number: int) -> bool:
    """Whether a number is one of 32 bits without a sign."""
    return 0 <= number <= 0xFFFFFFFF


def power2(number: int) -> bool:
    """Whether a number is a power of two."""
    return number > 0 and not number & (number - 1)


def log2(number: int) -> int:
    """Which power of two a number is."""
    return number.bit_length() - 1


def times2(number: int) -> int:
    """What a number is times a power of two (0 for one that is not positive)."""
    return number // (number & -number) if number > 0 else 0


_ZERO_ABOVE: Final = frozenset(
    (ops.ADD, ops.SUB, ops.MUL, ops.AND, ops.OR, ops.XOR, ops.SHL, ops.SHR_U, ops.SHR_S, ops.NEG, ops.COM, ops.BSWAP, ops.LOAD)
)


def zero_extended(x: Value) -> bool:
    """Whether the register of a narrow value has zeros above it, as all that 32-bit operations and loads make."""
    return x.op == ops.LOAD or (x.kind == I32 and x.op in _ZERO_ABOVE)


@final
class Compare:
    """The operations of a comparison, by family and condition; 0 where there is none."""

    __slots__ = ("numbers",)

    def __init__(self, table: InsnTable, name: str) -> None:
        self.numbers = tuple(tuple(table.numbers.get(f"{family}{cond}.{name}", 0) for cond in table.conditions) for family in FAMILIES)


@final
class Selector:
    """The state of selection in one function.

    `root` is the value that is being selected (None for the exit of `block`), `now` the number of effects before it in its block, `epochs`
    those of all values: where these are equal, no effect lies between. `pending` are new values that stand before the root. `compare` and
    so on are what a condition was decided by.
    """

    __slots__ = ("args", "block", "compare", "condition", "epochs", "func", "imm", "memory", "now", "pending", "root", "shared")

    def __init__(self, func: Func) -> None:
        self.func = func
        self.block: Block = func.entry
        self.root: Value | None = None
        self.now = 0
        self.epochs = [0] * func.value_count
        self.pending: list[Value] = []
        self.compare: Compare | None = None
        self.condition = 0
        self.args: tuple[Value, ...] = ()
        self.imm = 0
        self.memory: Value | None = None
        self.shared = False

    # ---- making operations

    def set(self, v: Value, op: int, args: Sequence[Value], imm: int = 0, aux: object = None) -> None:
        """Make an operation of a value. Arguments need no bits above their width, so truncations are seen through."""
        new = []
        for arg in args:
            while arg.op == ops.TRUNC:
                arg = arg.args[0]
            arg.uses += 1
            new.append(arg)
        for arg in v.args:
            arg.uses -= 1
        v.args = new
        v.op = op
        v.imm = imm
        v.aux = aux

    def new(self, v: Value, op: int, kind: int, args: Sequence[Value], imm: int = 0, aux: object = None) -> Value:
        """A new value before `v`, of its position."""
        new = self.func.make(self.block, op, kind, (), imm, aux, v.pos)
        new.inline = v.inline
        self.set(new, op, args, imm, aux)
        self.pending.append(new)
        return new

    def copy(self, v: Value, of: Value) -> None:
        """Make a copy of a value."""
        self.set(v, ops.COPY, (of,))

    def set_memory(self, v: Value, op: int, args: Sequence[Value], access: Value, imm: int = 0) -> None:
        """Make an operation whose memory operand is that of a Load, Store or other access."""
        registers, mem = self.operand(access)
        self.set(v, op + len(registers), (*args, *registers), imm, mem)

    def new_memory(self, v: Value, op: int, kind: int, args: Sequence[Value], access: Value, imm: int = 0) -> Value:
        """A new value with the memory operand of an access."""
        registers, mem = self.operand(access)
        return self.new(v, op + len(registers), kind, (*args, *registers), imm, mem)

    # ---- addresses

    def operand(self, access: Value) -> tuple[list[Value], Mem]:
        """The memory operand of a Load, Store and the like: address first, then perhaps a value; imm is the offset."""
        args = access.args
        size = SIZES[args[1].kind] if len(args) > 1 else SIZES[access.kind]
        return self.address(args[0], access.imm if access.op in (ops.LOAD, ops.STORE) else 0, size)

    def address(self, p: Value, offset: int, size: int) -> tuple[list[Value], Mem]:
        """An address as a memory operand: its registers, and what it is made of besides."""
        index: Value | None = None
        scale = 0
        while True:
            op = p.op
            if op == ops.ADD_PTR:
                base, step = p.args
                if step.op == ops.CONST and s32(offset + step.imm):
                    offset += step.imm
                    p = base
                    continue
                if index is not None:
                    break
                scale = 1
                index = step
                while True:
                    # (i + c) * 2^n
                    if index.kind != I64 or not index.args or index.args[-1].op != ops.CONST:
                        break
                    c = index.args[-1].imm
                    if index.op == ops.SHL and 0 <= c <= 3 and scale << c <= 8:
                        scale <<= c
                    elif index.op == ops.MUL and c in (1, 2, 4, 8) and scale * c <= 8:
                        scale *= c
                    elif index.op == ops.ADD and s32(offset + c * scale):
                        offset += c * scale
                    else:
                        break
                    index = index.args[0]
                p = base
                continue
            if op == ops.SLOT_ADDR:
                if s32(offset + p.imm):
                    registers = [] if index is None else [index]
                    return registers, Mem(SLOT, offset + p.imm, size, p.aux, scale)
            elif op == ops.ADDR and index is None and s32(offset + p.imm):
                return [], Mem(SYMBOL, offset + p.imm, size, p.aux)
            break
        if not s32(offset):
            p = self.added(p, offset)
            offset = 0
        if index is None:
            return [p], Mem(VALUE, offset, size)
        return [p, index], Mem(VALUE, offset, size, None, scale)

    def added(self, p: Value, offset: int) -> Value:
        """An address that is too far for an operand."""
        root = p if self.root is None else self.root
        distance = self.new(root, ops.CONST, I64, (), offset)
        return self.new(root, ops.ADD_PTR, p.kind, (p, distance))

    def fold(self, load: Value, user: Value) -> bool:
        """Whether a load may become part of the operation that is being selected, of which `user` is a part."""
        if load.uses != 1 or load.block is not self.block or self.epochs[load.id] != self.now or self.shared:
            return False
        return user is self.root or user.uses == 1

    def modifies(self, store: Value, made: Value, load: Value) -> bool:
        """Whether a store of something made of what was there is one operation on memory; both have the same address."""
        return load.imm == store.imm and made.uses == 1 and load.kind == made.kind and self.fold(load, made)

    # ---- conditions

    def decide(self, compare: Compare, condition: int, args: Sequence[Value], imm: int, memory: Value | None) -> None:
        """What a rule has found out about a condition."""
        self.compare = compare
        self.condition = condition
        self.args = tuple(args)
        self.imm = imm
        self.memory = memory
