# SPDX-License-Identifier: BSD-3-Clause
"""Functions, blocks and values.

Invariants (`verify` holds functions to them):
- A value is in one block's list, and `value.block` is that block. Ids are dense within a function and never used twice.
- A block's `preds` and `succs` name each other; an edge may occur twice (both ways of an If to one block), and then stands twice in both
lists.
- A Phi has an argument for each predecessor, in the order of `preds`; Phis stand first in their block.
- `uses` of a value counts its occurrences as argument and as control.

Only the methods here change arguments, controls and edges, so that the counts stay right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from pygo_cross.diag import InternalError, Pos
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import VOID
from pygo_cross.types.types import Type

NO_POS: Final = 0
ADDRESS: Final = 0xFF
"""As offset in the name of a value: it is the address of the variable."""
LOCAL: Final = 0
PARAMETER: Final = 1
RESULT: Final = 2
_NAMELESS: Final = (ops.CONST, ops.ADDR)  # many a variable may be the same one, here or there


class Local(NamedTuple):
    """A variable of the source: its role (LOCAL, PARAMETER or RESULT), the inlined call that it came with, 0 for none, and where the block
    that declares it begins and ends, unless that is the function's own or that of an inlined one."""

    name: str
    typ: Type | None
    pos: int
    role: int = LOCAL
    inline: int = 0
    scope: tuple[int, int] | None = None


@final
class Slot:
    """Memory in the frame: a variable that has an address, or a place for a result. `pointers` says whether the collector looks into it,
    `variable` which of the function's variables it is, -1 for none.

    `pinned` memory is nobody else's and stays memory, and pointers in it are live at every call: it is read behind a call of
    `runtime.deferreturn`, which the runtime continues at from anywhere in the function, or the runtime knows its address.
    """

    __slots__ = ("align", "id", "name", "offset", "pinned", "pointers", "size", "typ", "variable")

    def __init__(self, id_: int, name: str, typ: Type | None, size: int, align: int, pointers: bool) -> None:
        self.id = id_
        self.name = name
        self.typ = typ
        self.size = size
        self.align = align
        self.pointers = pointers
        self.variable = -1
        self.pinned = False
        self.offset = 0  # in the frame, when that is laid out

    def __str__(self) -> str:
        return f"{self.name}.{self.id}"


@final
class Value:
    """One operation and its result. `pos` is a position of the package's FileSet; `inline` the call that brought it here by inlining, 0
    for none.
    """

    __slots__ = ("args", "aux", "block", "id", "imm", "inline", "kind", "op", "pos", "uses")

    def __init__(self, id_: int, op: int, kind: int, block: Block, pos: int, imm: int, aux: object) -> None:
        self.id = id_
        self.op = op
        self.kind = kind
        self.block = block
        self.pos = pos
        self.imm = imm
        self.aux = aux
        self.inline = 0
        self.uses = 0
        self.args: list[Value] = []

    def add_arg(self, arg: Value) -> None:
        """One argument more."""
        self.args.append(arg)
        arg.uses += 1

    def set_arg(self, index: int, arg: Value) -> None:
        """Another argument in place of one."""
        old = self.args[index]
        if old is not arg:
            old.uses -= 1
            arg.uses += 1
            self.args[index] = arg

    def set_args(self, args: Sequence[Value]) -> None:
        """Other arguments in place of all."""
        for arg in args:
            arg.uses += 1
        for arg in self.args:
            arg.uses -= 1
        self.args = list(args)

    def reset(self, op: int, args: Sequence[Value] = (), imm: int = 0, aux: object = None) -> None:
        """Make another operation of it, in place: who uses it uses that."""
        self.set_args(args)
        self.op = op
        self.imm = imm
        self.aux = aux

    def become(self, other: Value) -> None:
        """Make it a copy of another value."""
        self.reset(ops.COPY, (other,))

    @property
    def is_const(self) -> bool:
        """Whether it is a constant."""
        return self.op == ops.CONST

    def __str__(self) -> str:
        return f"v{self.id}"

    def __repr__(self) -> str:
        return str(self)


@final
class Block:
    """Values in order, and where it goes on. `likely` is 1 or -1 where the first way of an If is likely or unlikely, else 0.

    Behind selection `op`, `imm` and `aux` say how the machine does the exit (0: there is nothing to do but to jump): a compare and branch
    whose arguments are the controls, a return whose controls are in registers. `pos` and `inline` are then those of what is decided.
    """

    __slots__ = ("aux", "controls", "func", "id", "imm", "inline", "kind", "likely", "op", "pos", "preds", "succs", "values")

    def __init__(self, id_: int, func: Func) -> None:
        self.id = id_
        self.func = func
        self.kind = ops.PLAIN
        self.values: list[Value] = []
        self.controls: list[Value] = []
        self.preds: list[Block] = []
        self.succs: list[Block] = []
        self.likely = 0
        self.pos = NO_POS
        self.op = 0
        self.imm = 0
        self.inline = 0
        self.aux: object = None

    def add_edge(self, to: Block) -> None:
        """A way to another block, behind those that are there."""
        self.succs.append(to)
        to.preds.append(self)

    def set_controls(self, controls: Sequence[Value]) -> None:
        """What the exit depends on."""
        for value in controls:
            value.uses += 1
        for value in self.controls:
            value.uses -= 1
        self.controls = list(controls)

    def remove_edge(self, index: int) -> None:
        """Take away a way out, and what Phis behind it have for it."""
        to = self.succs.pop(index)
        to.drop_pred(self._place(to, self.succs[:index].count(to)))

    def _place(self, to: Block, before: int) -> int:
        """Where an edge stands among another block's predecessors: of several edges to it, the one with so many before."""
        return [i for i, pred in enumerate(to.preds) if pred is self][before]

    def drop_pred(self, at: int) -> None:
        """One way in is gone."""
        del self.preds[at]
        for value in self.values:
            if value.op != ops.PHI:
                break
            value.args.pop(at).uses -= 1

    def absorb(self, after: Block) -> None:
        """Take in a block that only this one leads to, and that has no Phis: its values, and how it ends. It is empty then."""
        for value in after.values:
            value.block = self
        self.values += after.values
        self.kind, self.likely, self.pos = after.kind, after.likely, after.pos
        self.set_controls(after.controls)
        after.set_controls(())
        self.succs = after.succs
        for succ in dict.fromkeys(self.succs):
            succ.preds = [self if pred is after else pred for pred in succ.preds]
        after.values, after.succs, after.preds = [], [], []

    def redirect(self, index: int, to: Block) -> None:
        """Let a way out lead to another block that has no Phis."""
        old = self.succs[index]
        old.drop_pred(self._place(old, self.succs[:index].count(old)))
        self.succs[index] = to
        to.preds.append(self)

    def __str__(self) -> str:
        return f"b{self.id}"

    def __repr__(self) -> str:
        return str(self)


@final
class Func:
    """A function under compilation. `params` are the kinds of its scalar parameters, `results` those of its results, in order.

    `entry` is the first block and has no predecessors. `symbol` is its link name. What else a later stage must know of it (Go signature,
    directives, inlined calls) is `info`, which no pass looks into.

    Debug information needs to know which values are what variables have: `names` has, by the id of a value, the number of a variable of
    `variables` times 256 plus the offset in it of the part that the value is, or ADDRESS; by -1, -2 and on, those that parameters are
    when the function is called. A variable has a value from where that is
    computed until another one of its values is. Names follow what is put in the place of a value (`builder.replace`); those that a
    pass loses are only not told. Nothing but names tells of variables, so code is the same without.
    """

    __slots__ = (
        "_next_block",
        "_next_value",
        "blocks",
        "entry",
        "info",
        "names",
        "params",
        "pos",
        "results",
        "slots",
        "symbol",
        "variables",
    )

    def __init__(self, symbol: str, params: Sequence[int] = (), results: Sequence[int] = (), pos: int = NO_POS) -> None:
        self.symbol = symbol
        self.params = list(params)
        self.results = list(results)
        self.pos = pos
        self.blocks: list[Block] = []
        self.slots: list[Slot] = []
        self.info: object = None
        self.names: dict[int, tuple[int, ...]] = {}
        self.variables: list[Local] = []
        self._next_block = 0
        self._next_value = 0
        self.entry = self.new_block()

    @property
    def value_count(self) -> int:
        """All ids of values are below this."""
        return self._next_value

    @property
    def block_count(self) -> int:
        """All ids of blocks are below this."""
        return self._next_block

    def new_block(self, pos: int = NO_POS) -> Block:
        """A block without values, edges or a place in the order but the last."""
        block = Block(self._next_block, self)
        block.pos = pos
        self._next_block += 1
        self.blocks.append(block)
        return block

    def make(
        self, block: Block, op: int, kind: int = VOID, args: Sequence[Value] = (), imm: int = 0, aux: object = None, pos: int = NO_POS
    ) -> Value:
        """A value that is in no list yet."""
        value = Value(self._next_value, op, kind, block, pos, imm, aux)
        self._next_value += 1
        for arg in args:
            arg.uses += 1
        value.args = list(args)
        return value

    def append(
        self, block: Block, op: int, kind: int = VOID, args: Sequence[Value] = (), imm: int = 0, aux: object = None, pos: int = NO_POS
    ) -> Value:
        """A value at the end of a block."""
        value = self.make(block, op, kind, args, imm, aux, pos)
        block.values.append(value)
        return value

    def const(self, block: Block, kind: int, imm: int) -> Value:
        """A constant at the end of a block."""
        return self.append(block, ops.CONST, kind, (), imm)

    def new_slot(self, name: str, typ: Type | None, size: int, align: int, pointers: bool) -> Slot:
        """Memory in the frame."""
        slot = Slot(len(self.slots), name, typ, size, align, pointers)
        self.slots.append(slot)
        return slot

    def name(self, value: Value, names: tuple[int, ...]) -> None:
        """Parts of variables that a value is."""
        if value.op not in _NAMELESS:
            known = self.names.get(value.id)
            self.names[value.id] = names if known is None else known + tuple([one for one in names if one not in known])

    def duplicate(self, symbol: str) -> tuple[Func, list[Slot]]:
        """The same function under another name, but for `info`: values and blocks keep their numbers, and slots, which come with it, their
        places in the list.
        """
        made = Func(symbol, self.params, self.results, self.pos)
        slots: dict[Slot, Slot] = {}
        for slot in self.slots:
            own = slots[slot] = made.new_slot(slot.name, slot.typ, slot.size, slot.align, slot.pointers)
            own.variable, own.pinned, own.offset = slot.variable, slot.pinned, slot.offset
        blocks: dict[Block, Block] = {}
        values: dict[Value, Value] = {}
        for block in self.blocks:
            copied = blocks[block] = Block(block.id, made)
            copied.kind, copied.likely, copied.pos = block.kind, block.likely, block.pos
            copied.op, copied.imm, copied.inline, copied.aux = block.op, block.imm, block.inline, block.aux
            for value in block.values:
                aux = slots[value.aux] if isinstance(value.aux, Slot) else value.aux
                one = values[value] = Value(value.id, value.op, value.kind, copied, value.pos, value.imm, aux)
                one.inline = value.inline
                copied.values.append(one)
        for block, copied in blocks.items():
            copied.preds = [blocks[pred] for pred in block.preds]
            copied.succs = [blocks[succ] for succ in block.succs]
            copied.set_controls([values[control] for control in block.controls])
        for value, one in values.items():
            one.set_args([values[arg] for arg in value.args])
        made.blocks = list(blocks.values())
        made.entry = blocks[self.entry]
        made.names, made.variables = dict(self.names), list(self.variables)
        made._next_block, made._next_value = self._next_block, self._next_value
        return made, list(made.slots)

    def bug(self, stage: str, message: str, where: Value | Block | None = None) -> InternalError:
        """What to raise when something does not hold."""
        at = f"{self.symbol} {where}" if where is not None else self.symbol
        return InternalError(stage, message, at, Pos())

    def free(self) -> None:
        """Take the cycles apart, so that the memory is given back without the garbage collector; nothing may be used afterwards."""
        for block in self.blocks:
            for value in block.values:
                value.args = []
                value.aux = None
            block.values.clear()
            block.controls.clear()
            block.preds.clear()
            block.succs.clear()
        self.blocks.clear()
