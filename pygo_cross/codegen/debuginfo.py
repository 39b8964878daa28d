# SPDX-License-Identifier: BSD-3-Clause
"""What debuggers are told of a function's variables, its own and those of calls inlined into it: names, types and places.

A variable that has memory of the frame is there all the time. One that is in the heap, or that a function literal has captured, is where
the pointer to it says, as far as that is known. Of values of SSA it is known from instruction to instruction in which register or slot
each part is (`locations.py`). Arguments that come in memory are there as long as nothing else is known. A parameter or result of which no
place is known is told of without; another variable, and any of an inlined call, is not told of.

Facts: src/cmd/compile/internal/dwarfgen/dwarf.go, src/cmd/compile/internal/ssa/debug.go; DWARF 5, 2.6.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pygo_cross.arch.insn import RegisterFile
from pygo_cross.codegen.calls import Scalar
from pygo_cross.codegen.frame import Layout
from pygo_cross.codegen.locations import ENTRY, Intervals, Place, State
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.obj.funcdwarf import EVERYWHERE, Scope, Variable
from pygo_cross.obj.leb import sleb, uleb
from pygo_cross.obj.prog import Prog
from pygo_cross.ssa.func import ADDRESS, LOCAL, PARAMETER, RESULT, Func, Slot
from pygo_cross.ssa.kinds import SIZES
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.types import Type

_OP_DEREF: Final = 0x06
_OP_REGISTER: Final = 0x50
_OP_REGISTERS: Final = 0x90  # a number behind it
_OP_BASE: Final = 0x70
_OP_BASES: Final = 0x92
_OP_FRAME: Final = 0x91
_OP_PIECE: Final = 0x93
_FEW: Final = 32  # registers that have an operation of their own

_Range = tuple[int, int, bytes]


class Machine:
    """What expressions have to know of an architecture: `parts` is `arch/*/frame.py`."""

    __slots__ = ("_known", "_numbers", "_parts", "_registers")

    def __init__(self, parts: Any, registers: RegisterFile) -> None:
        self._parts = parts
        self._registers = registers
        self._numbers = {number: dense for dense, number in registers.numbers.items()}
        self._known: dict[int, bytes] = {}

    def dense(self, register: int) -> int:
        """The dense number of a register."""
        return self._numbers[register]

    def frame(self, offset: int) -> bytes:
        """What lies in the frame, `offset` from its top."""
        return bytes((_OP_FRAME,)) + sleb(offset - self._parts.ARGUMENTS)

    def place(self, place: Place) -> bytes:
        """A register or slot."""
        if isinstance(place, Slot):
            return self.frame(place.offset)
        known = self._known.get(place)
        if known is None:
            number: int = self._parts.dwarf_register(self._registers.numbers[place])
            known = bytes((_OP_REGISTER + number,)) if number < _FEW else bytes((_OP_REGISTERS,)) + uleb(number)
            self._known[place] = known
        return known

    def behind(self, place: Place) -> bytes:
        """What the pointer in a register or slot points to."""
        if isinstance(place, Slot):
            return self.frame(place.offset) + bytes((_OP_DEREF,))
        number: int = self._parts.dwarf_register(self._registers.numbers[place])
        return (bytes((_OP_BASE + number,)) if number < _FEW else bytes((_OP_BASES,)) + uleb(number)) + b"\0"


def at_entry(func: Func, args: Sequence[Scalar], machine: Machine, shapes: Shapes) -> State:
    """Which parts of parameters registers have when a function is called."""
    found: State = {}
    at = 0
    for number, variable in enumerate(func.variables):
        if variable.role != PARAMETER or variable.inline:
            break
        assert variable.typ is not None
        leaves = shapes.leaves(variable.typ)
        count = 1 if leaves is None else len(leaves)
        for scalar in args[at : at + count]:
            if scalar.register and scalar.at < ADDRESS:
                found[machine.dense(scalar.register)] = (number << 8 | scalar.at,)
        at += count
    return found


def variables(
    func: Func,
    line_of: Callable[[int], int],
    args: Sequence[Scalar],
    layout: Layout,
    progs: Sequence[Prog],
    size: int,
    intervals: Intervals,
    shapes: Shapes,
    descriptors: Descriptors,
    machine: Machine,
    calls: Mapping[int, int],
) -> tuple[list[Variable], list[tuple[int, int]]]:
    """The variables of a function whose instructions have their places.

    `line_of` gives the line of a position, `progs` are the instructions that `intervals` counts; `size` is that of the code. `calls` has
    the place in the tree of inlined calls, from 1, of those that have instructions, by their number in the function. Beside each stands
    the block of the source that declares it, (0, 0) for the function's own.
    """
    parts: dict[int, list[tuple[int, list[tuple[int, int, Place]]]]] = {}
    for part, found in intervals.items():
        parts.setdefault(part >> 8, []).append((part & 0xFF, found))
    in_frame = {slot.variable: slot for slot in layout.slots if slot.variable >= 0}
    pcs = _Addresses(progs, size)
    out: list[Variable] = []
    blocks: list[tuple[int, int]] = []
    at = 0
    for number, one in enumerate(func.variables):
        arg: Sequence[Scalar] = ()
        if one.role == PARAMETER and not one.inline:
            assert one.typ is not None
            leaves = shapes.leaves(one.typ)
            count = 1 if leaves is None else len(leaves)
            arg = args[at : at + count]
            at += count
        name = one.name
        if one.typ is None or name in ("", "_") or (one.role == LOCAL and not (name[0].isalpha() or name[0] == "_")):
            continue
        if one.inline and one.inline not in calls:
            continue
        slot = in_frame.get(number)
        places: tuple[_Range, ...] = ()
        if slot is not None:
            places = ((EVERYWHERE, 0, machine.frame(slot.offset)),)
        elif number in parts:
            places = _places(sorted(parts[number]), one.typ, pcs, shapes, machine)
        if arg and not arg[0].register and slot is None:
            offset = arg[0].offset - arg[0].at
            home = bytes((_OP_FRAME,)) + sleb(offset)
            places = _around(places, home, size) if places else ((EVERYWHERE, 0, home),)
        if not places and (one.inline or one.role == LOCAL):
            continue
        is_parameter = one.role != LOCAL
        inline = calls[one.inline] if one.inline else 0
        out.append(Variable(name, is_parameter, one.role == RESULT, line_of(one.pos), descriptors.type(one.typ), places, inline))
        blocks.append(one.scope or (0, 0))
    return out, blocks


def scopes(
    found: Sequence[Variable],
    blocks: Sequence[tuple[int, int]],
    standing: Mapping[Prog, int],
    roots: Sequence[int],
    progs: Sequence[Prog],
    size: int,
) -> tuple[list[Variable], list[Scope], list[int]]:
    """The blocks of the source that have variables of their own, the variables with the block that each is in, and which block each inlined
    call is in, 0 for none. `found` and `blocks` are what `variables` gives; `standing` has positions of instructions of the function
    itself, `roots` those of inlined calls by their place in the tree, from 1: all code of a call is in the block where it stands.
    """
    nested = sorted({block for block in blocks if block[1]}, key=lambda block: (block[0], -block[1]))
    if not nested:
        return list(found), [], []
    # Boundaries, and the innermost block from each of them on.
    parents: list[int] = []
    starts, innermost = [0], [-1]
    stack: list[int] = []
    for number, (start, _) in enumerate(nested):
        while stack and nested[stack[-1]][1] <= start:
            ended = stack.pop()
            starts.append(nested[ended][1])
            innermost.append(stack[-1] if stack else -1)
        parents.append(stack[-1] if stack else -1)
        stack.append(number)
        starts.append(start)
        innermost.append(number)
    while stack:
        ended = stack.pop()
        starts.append(nested[ended][1])
        innermost.append(stack[-1] if stack else -1)
    ranges: list[list[tuple[int, int]]] = [[] for _ in nested]

    def add(number: int, start: int, end: int) -> None:
        while number >= 0 and start < end:
            known = ranges[number]
            if known and known[-1][1] == start:
                known[-1] = known[-1][0], end
            else:
                known.append((start, end))
            number = parents[number]

    here, last, since = -1, 0, 0
    for prog in progs:
        place = roots[prog.inline] if prog.inline else standing.get(prog, 0)
        if place and place != last:
            last = place
            block = innermost[bisect_right(starts, place) - 1]
            if block != here:
                add(here, since, prog.pc)
                here, since = block, prog.pc
    add(here, since, size)
    # Those without code are not told of: their variables are in the one around.
    numbers: list[int] = []
    out: list[Scope] = []
    for number, parent in enumerate(parents):
        around = numbers[parent] if parent >= 0 else 0
        if ranges[number]:
            out.append(Scope(around, ranges[number]))
            numbers.append(len(out))
        else:
            numbers.append(around)
    by_block = {block: numbers[number] for number, block in enumerate(nested)}
    homes = [numbers[block] if (block := innermost[bisect_right(starts, place) - 1]) >= 0 else 0 for place in roots[1:]]
    return [one._replace(scope=by_block.get(block, 0)) for one, block in zip(found, blocks, strict=True)], out, homes


class _Addresses:
    """The offsets of positions in the code."""

    __slots__ = ("_known", "_progs", "_size")

    def __init__(self, progs: Sequence[Prog], size: int) -> None:
        self._progs = progs
        self._size = size
        self._known = {ENTRY: 0}

    def at(self, position: int) -> int:
        found = self._known.get(position)
        if found is None:
            number = position >> 1
            progs = self._progs
            while number < len(progs) and progs[number].op == "PCDATA":
                number += 1  # some of these are not in the code
            found = self._known[position] = progs[number].pc + (position & 1) if number < len(progs) else self._size
        return found


def _places(
    parts: Sequence[tuple[int, list[tuple[int, int, Place]]]], typ: Type, pcs: _Addresses, shapes: Shapes, machine: Machine
) -> tuple[_Range, ...]:
    """Where a variable is whose parts, by offset, are in registers and slots."""
    at = pcs.at
    leaves = shapes.leaves(typ) or ()
    if len(parts) == 1 and len(leaves) == 1 and parts[0][0] == leaves[0].offset == 0:
        return tuple(_joined(sorted([(at(start), at(end), machine.place(place)) for start, end, place in parts[0][1]])))
    whole = shapes.sizes.sizeof(typ)
    sizes = {leaf.offset: SIZES[leaf.kind] for leaf in leaves}
    pointers: list[_Range] = []
    found: list[tuple[int, list[_Range]]] = []
    for offset, intervals in parts:
        expression = machine.behind if offset == ADDRESS else machine.place
        ranges = sorted([(at(start), at(end), expression(place)) for start, end, place in intervals])
        if offset == ADDRESS:
            pointers = ranges
        elif offset in sizes:
            found.append((offset, ranges))
    if not found:
        return tuple(_joined(pointers))
    if len(found) == 1 and sizes[found[0][0]] == whole:
        return tuple(_joined(sorted(found[0][1] + pointers)))
    bounds = sorted({bound for _, ranges in found for start, end, _ in ranges for bound in (start, end)})
    rest: list[tuple[int, Iterator[_Range]]] = [(offset, iter(ranges)) for offset, ranges in found]
    heads = [next(one) for _, one in rest]
    out: list[_Range] = []
    for start, end in pairwise(bounds):
        pieces = b""
        filled = 0
        for number, (offset, following) in enumerate(rest):
            here = heads[number]
            while here[1] <= start:
                here = heads[number] = next(following, _NEVER)
            if here[0] > start:
                continue
            if offset > filled:
                pieces += _piece(offset - filled)
            filled = offset + sizes[offset]
            pieces += here[2] + _piece(sizes[offset])
        if filled:
            out.append((start, end, pieces + _piece(whole - filled) if filled < whole else pieces))
    return tuple(_joined(sorted(out + pointers) if pointers else out))


_NEVER: Final[_Range] = (1 << 62, 1 << 62, b"")


def _piece(size: int) -> bytes:
    return bytes((_OP_PIECE, size)) if size < 0x80 else bytes((_OP_PIECE,)) + uleb(size)


def _joined(ranges: Sequence[_Range]) -> list[_Range]:
    """Ranges in order, without overlaps, neighbours of one place as one."""
    out: list[_Range] = []
    for start, end, place in ranges:
        if out and start < out[-1][1]:
            start = out[-1][1]
        if start >= end:
            continue
        if out and out[-1][1] == start and out[-1][2] == place:
            out[-1] = (out[-1][0], end, place)
        else:
            out.append((start, end, place))
    return out


def _around(places: Sequence[_Range], home: bytes, size: int) -> tuple[_Range, ...]:
    """What is in its home wherever nothing else is said."""
    out: list[_Range] = []
    last = 0
    for one in places:
        if one[0] > last:
            out.append((last, one[0], home))
        out.append(one)
        last = one[1]
    if last < size:
        out.append((last, size, home))
    return tuple(out)
