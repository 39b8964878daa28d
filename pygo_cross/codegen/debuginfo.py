# SPDX-License-Identifier: BSD-3-Clause
"""What debuggers are told of a function's parameters and variables: names, types and places.

A parameter in registers is there from the entry to the first instruction that may overwrite one of them; if it is kept where the caller has
left room for it, it is there from the store on. Variables in the frame are there all the time. Variables that are nothing but values of
SSA are told of without a place, if they are parameters or results, and not at all otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from pygo_cross.codegen.calls import Plan, Scalar
from pygo_cross.codegen.frame import Layout
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.obj.funcdwarf import EVERYWHERE, Variable
from pygo_cross.obj.leb import sleb, uleb
from pygo_cross.obj.prog import MEM, NAME_AUTO, Prog
from pygo_cross.ssa.kinds import SIZES
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.types.types import Type

_OP_REGISTER = 0x50
_OP_REGISTERS = 0x90  # a number behind it
_OP_FRAME = 0x91
_OP_PIECE = 0x93


def variables(
    info: FuncInfo,
    line_of: Callable[[int], int],
    plan: Plan,
    layout: Layout,
    progs: Sequence[Prog],
    stores: Mapping[Prog, int],
    size: int,
    shapes: Shapes,
    descriptors: Descriptors,
    machine: Any,
) -> list[Variable]:
    """The variables of a function whose instructions have their places.

    `line_of` gives the line of a position, `stores` are the instructions that keep a parameter, and where in the area of arguments they do.
    `machine` is the architecture's part (`arch/*/frame.py`).
    """
    out: list[Variable] = []
    at = 0
    for number, typ in enumerate(info.params):
        leaves = shapes.leaves(typ)
        count = 1 if leaves is None else len(leaves)
        scalars = plan.args[at : at + count]
        at += count
        if number < len(info.names) and info.names[number][0] not in ("", "_"):
            name, pos = info.names[number]
            places = _parameter(scalars, progs, stores, size, machine)
            out.append(Variable(name, True, False, line_of(pos), descriptors.type(typ), places))
    for number, typ in enumerate(info.results):
        name, pos = info.names[len(info.params) + number] if info.names else ("_", 0)
        if name != "_":
            line = line_of(pos if name else info.pos)
            out.append(Variable(name or f"~r{number}", True, True, line, descriptors.type(typ), ()))
    for slot in layout.slots:
        if slot.name and slot.pos and isinstance(slot.typ, Type):
            place = (EVERYWHERE, 0, _frame(slot.offset - machine.ARGUMENTS))
            out.append(Variable(slot.name, False, False, line_of(slot.pos), descriptors.type(slot.typ), (place,)))
    return out


def stores(progs: Sequence[Prog], at_home: Mapping[int, int]) -> dict[Prog, int]:
    """The instructions, not yet finished, that keep parameters. `at_home` maps offsets from the top of the frame to those in the area of
    arguments.
    """
    found: dict[Prog, int] = {}
    for prog in progs:
        last = prog.args[-1] if prog.args else None
        if last is not None and last.type == MEM and last.name == NAME_AUTO and last.offset in at_home:
            found[prog] = at_home[last.offset]
    return found


def _frame(offset: int) -> bytes:
    return bytes((_OP_FRAME,)) + sleb(offset)


def _parameter(
    scalars: Sequence[Scalar], progs: Sequence[Prog], stores: Mapping[Prog, int], size: int, machine: Any
) -> tuple[tuple[int, int, bytes], ...]:
    """Where a parameter is."""
    if not scalars:
        return ()
    if not scalars[0].register:
        return ((EVERYWHERE, 0, _frame(scalars[0].offset - scalars[0].at if scalars[0].kind >= 0 else scalars[0].offset)),)
    registers = {scalar.register for scalar in scalars}
    wanted = {scalar.spill for scalar in scalars}
    end, stored = 0, 0
    intact = True
    begin = next((number + 1 for number, prog in enumerate(progs) if prog.prologue_end), 1)
    for prog in islice(progs, begin, None):
        if intact and machine.overwrites(prog, registers):
            intact, end = False, prog.pc + prog.size
        if stores.get(prog) in wanted:
            wanted.discard(stores[prog])
            stored = prog.pc + prog.size
        if not intact and (prog.target is not None or prog.op == "CALL"):
            break
    places = [(0, end, _pieces(scalars, machine))] if not intact else [(0, size, _pieces(scalars, machine))]
    if not wanted and stored < size and not intact:
        if stored < end:
            places = [(0, stored, places[0][2])]
        places.append((stored, size, _frame(scalars[0].spill - scalars[0].at)))
    return tuple(place for place in places if place[0] < place[1])


def _pieces(scalars: Sequence[Scalar], machine: Any) -> bytes:
    out = b""
    for scalar in scalars:
        number = machine.dwarf_register(scalar.register)
        out += bytes((_OP_REGISTER + number,)) if number < 32 else bytes((_OP_REGISTERS,)) + uleb(number)
        if len(scalars) > 1:
            out += bytes((_OP_PIECE,)) + uleb(SIZES[scalar.kind])
    return out
