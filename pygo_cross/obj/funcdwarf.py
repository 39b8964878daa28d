# SPDX-License-Identifier: BSD-3-Clause
"""The debug information of one function: its entry, and its part of the line table.

An entry is a subprogram with its parameters, results and variables, of which assembly has none, and the calls that were inlined, each with
the variables of the callee and the ranges of its code. What these calls have in common is the callee's abstract entry: a symbol of its own
(`go:info.NAME$abstract`), which each object has that needs it and of which the linker takes one. Nothing but its beginning is referred
to, so it does not matter which compiler made it: variables of inlined calls have their own names and types. The line part is a program for
DWARF's line number machine that sets the address by a relocation, walks the function and ends the sequence; file numbers are those of the
object's table plus one. Steps are coded as short as they can be: one special opcode does a small advance of both address and line.
Facts: GOROOT/src/cmd/internal/obj/dwarf.go (the opcode ranges, when rows are written), cmd/internal/dwarf/dwarf.go
(PutDefaultFunc, the abbreviation numbers); DWARF 4, 6.2.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pygo_cross.obj import goobj
from pygo_cross.obj.context import Context
from pygo_cross.obj.leb import sleb, uleb
from pygo_cross.obj.reloctype import R_ADDR, R_ADDRCUOFF, R_DWARFSECREF, R_DWTXTADDR_U4, R_USETYPE
from pygo_cross.obj.symbol import DUPOK, WRAPPER, Symbol

_LINE_BASE: Final = -4
_LINE_RANGE: Final = 10
_OPCODE_BASE: Final = 11
_PC_RANGE: Final = (255 - _OPCODE_BASE) // _LINE_RANGE
# Remainders after a whole _PC_RANGE that take one byte more when one larger.
_EDGES: Final = frozenset({_PC_RANGE, (1 << 7) - 1, (1 << 16) - 1, (1 << 21) - 1, (1 << 28) - 1})

_LNS_ADVANCE_PC: Final = 2
_LNS_ADVANCE_LINE: Final = 3
_LNS_SET_FILE: Final = 4
_LNS_CONST_ADD_PC: Final = 8
_LNS_FIXED_ADVANCE_PC: Final = 9
_LNS_SET_PROLOGUE_END: Final = 10
_LNE_END_SEQUENCE: Final = 1
_LNE_SET_ADDRESS: Final = 2

_ABBREV_FUNCTION: Final = 3
_ABBREV_WRAPPER: Final = 4
_ABBREV_ABSTRACT: Final = 5
_ABBREV_CONCRETE: Final = 6
_ABBREV_CONCRETE_WRAPPER: Final = 7
_ABBREV_INLINED: Final = 8
_ABBREV_INLINED_RANGES: Final = 9
_ABBREV_BLOCK_RANGES: Final = 12
_ABBREV_BLOCK: Final = 13
_ABBREV_VARIABLES: Final = 33  # the first of those of variables (cmd/internal/dwarf/putvarabbrevgen.go)
_VARIABLE_RANGES: Final = _ABBREV_VARIABLES + 6
_VARIABLE: Final = _ABBREV_VARIABLES + 7
_PARAMETER_RANGES: Final = _ABBREV_VARIABLES + 12
_PARAMETER: Final = _ABBREV_VARIABLES + 13
_LLE_END: Final = 0
_LLE_BASE: Final = 1
_LLE_OFFSETS: Final = 4
_RLE_END: Final = 0
_RLE_BASE: Final = 1
_RLE_OFFSETS: Final = 4
_IS_INLINED: Final = 1  # DW_INL_inlined
_FRAME_BASE: Final = b"\x01\x9c"  # a block of one byte: DW_OP_call_frame_cfa
_POINTER: Final = 8


class Variable(NamedTuple):
    """A parameter, result or variable: `typ` is the symbol of its type's descriptor, `line` that of its declaration.

    It is where `places` say, each from one offset of the code up to another, an expression of DWARF; a place without offsets holds
    everywhere. Without places it is nowhere.
    """

    name: str
    is_parameter: bool
    is_result: bool
    line: int
    typ: Symbol
    places: tuple[tuple[int, int, bytes], ...]
    inline: int = 0
    """The inlined call that it came with, by its place in the tree of these (`Func.inline`) from 1; 0 for none."""
    scope: int = 0
    """The block of the source that declares it, by its place among the function's from 1; 0 for the function's own."""


class Scope(NamedTuple):
    """A block of the source that declares variables: the place of the one around it, from 1, which stands before it (0: none), and the
    ranges of its code."""

    parent: int
    ranges: list[tuple[int, int]]


EVERYWHERE: Final = -1
"""As the offset where a place begins: it holds in the whole function."""


def fill(
    context: Context, symbol: Symbol, variables: Sequence[Variable] = (), scopes: Sequence[Scope] = (), homes: Sequence[int] = ()
) -> None:
    """Make the debug entry and the line program of a finished function. `homes` are the places in `scopes`, from 1, of the blocks where
    inlined calls stand; without, all stand in none.
    """
    func = symbol.func
    assert func is not None and func.base is not None
    func.dwarf_info = _entry(context, symbol, variables, scopes, homes)
    func.dwarf_lines = _lines(context, symbol)


def _entry(context: Context, symbol: Symbol, variables: Sequence[Variable], scopes: Sequence[Scope], homes: Sequence[int]) -> Symbol:
    func = symbol.func
    assert func is not None and func.base is not None
    wrapper = bool(symbol.flags & WRAPPER)
    info = Symbol("", 0, False, goobj.SDWARFFCN)
    out = info.data
    abstract = context.abstracts.get(symbol.name)
    if abstract is not None:
        out.append(_ABBREV_CONCRETE_WRAPPER if wrapper else _ABBREV_CONCRETE)
        info.relocs.append((len(out), 4, R_DWARFSECREF, 0, abstract))
        out += bytes(4)
    else:
        out.append(_ABBREV_WRAPPER if wrapper else _ABBREV_FUNCTION)
        out += symbol.name.encode("utf-8", "surrogateescape") + b"\0"
    at = len(out)
    if context.dwarf5:
        info.relocs.append((at, 4, R_DWTXTADDR_U4, 0, symbol))
        out += bytes(4) + uleb(symbol.size)
    else:
        info.relocs.append((at, _POINTER, R_ADDR, 0, symbol))
        info.relocs.append((at + _POINTER, _POINTER, R_ADDR, symbol.size, symbol))
        out += bytes(2 * _POINTER)
    out += _FRAME_BASE
    if wrapper:
        out.append(1)
    elif abstract is None:
        out += (context.file_index(func.base) + 1).to_bytes(4, "little") + uleb(func.start_line)
        out.append(0 if symbol.static else 1)
    for variable in variables:
        if not variable.inline and not variable.scope:
            _variable(context, symbol, info, variable)
    calls = _Inlined(context, symbol, info, variables, homes)
    if scopes:
        _blocks(context, symbol, info, variables, scopes, calls)
    calls.write(0)
    out.append(0)
    info.size = len(out)
    return info


def abstract(context: Context, name: str, line: int, external: bool = True) -> Symbol:
    """The abstract entry of a function that is inlined somewhere, declared in that line."""
    found = context.abstracts.get(name)
    if found is None:
        found = context.abstracts[name] = context.lookup(f"go:info.{name}$abstract")
        found.kind = goobj.SDWARFABSFCN
        found.data = bytearray((_ABBREV_ABSTRACT,)) + name.encode("utf-8", "surrogateescape") + b"\0"
        found.data += bytes((_IS_INLINED,)) + uleb(line) + bytes((external, 0))
        context.define_data(found, len(found.data), DUPOK)
    return found


class _Inlined:
    """Writes the entries of inlined calls, each within that of the call around it, or of the block where it stands."""

    __slots__ = ("_children", "_context", "_info", "_own", "_ranges", "_roots", "_symbol")

    def __init__(self, context: Context, symbol: Symbol, info: Symbol, variables: Sequence[Variable], homes: Sequence[int]) -> None:
        self._context = context
        self._symbol = symbol
        self._info = info
        self._roots: dict[int, list[int]] = {}
        self._children: dict[int, list[int]] = {}
        self._own: dict[int, list[Variable]] = {}
        func = symbol.func
        assert func is not None
        if not func.inline:
            return
        self._ranges = _ranges(symbol)
        for number, call in enumerate(func.inline):
            if call.parent < 0:
                self._roots.setdefault(homes[number] if homes else 0, []).append(number)
            else:
                self._children.setdefault(call.parent, []).append(number)
        for variable in variables:
            if variable.inline:
                self._own.setdefault(variable.inline - 1, []).append(variable)

    def write(self, block: int) -> None:
        """Those that stand in a block, 0 for none."""
        context, symbol, info = self._context, self._symbol, self._info
        func = symbol.func
        assert func is not None
        out = info.data
        todo = list(reversed(self._roots.get(block, ())))
        while todo:
            number = todo.pop()
            if number < 0:
                out.append(0)
                continue
            found = self._ranges[number]
            if not found:
                continue
            call = func.inline[number]
            single = len(found) == 1 and not context.dwarf5
            out.append(_ABBREV_INLINED if single else _ABBREV_INLINED_RANGES)
            info.relocs.append((len(out), 4, R_DWARFSECREF, 0, abstract(context, call.callee.name, call.declared)))
            out += bytes(4)
            _code(context, symbol, info, found)
            line = call.base.relative(call.line)
            out += (context.file_index(call.base) + 1).to_bytes(4, "little")
            out += uleb(line) if context.dwarf5 else line.to_bytes(4, "little")
            for variable in self._own.get(number, ()):
                _variable(context, symbol, info, variable)
            todo.append(-1)
            todo += reversed(self._children.get(number, ()))


def _blocks(
    context: Context, symbol: Symbol, info: Symbol, variables: Sequence[Variable], scopes: Sequence[Scope], calls: _Inlined
) -> None:
    """The entries of blocks of the source, with the variables that they declare and the inlined calls that stand there."""
    out = info.data
    within: list[list[int]] = [[] for _ in range(len(scopes) + 1)]
    for number, scope in enumerate(scopes, 1):
        within[scope.parent].append(number)
    own: list[list[Variable]] = [[] for _ in range(len(scopes) + 1)]
    for variable in variables:
        own[variable.scope].append(variable)
    todo = list(reversed(within[0]))
    while todo:
        number = todo.pop()
        if not number:
            out.append(0)
            continue
        ranges = scopes[number - 1].ranges
        out.append(_ABBREV_BLOCK if len(ranges) == 1 and not context.dwarf5 else _ABBREV_BLOCK_RANGES)
        _code(context, symbol, info, ranges)
        for variable in own[number]:
            _variable(context, symbol, info, variable)
        calls.write(number)
        todo.append(0)
        todo += reversed(within[number])


def _code(context: Context, symbol: Symbol, info: Symbol, ranges: Sequence[tuple[int, int]]) -> None:
    """The attributes that say where the code of an entry is: addresses for one range in DWARF 4, else a list."""
    func = symbol.func
    assert func is not None
    out = info.data
    if len(ranges) == 1 and not context.dwarf5:
        for offset in ranges[0]:
            info.relocs.append((len(out), _POINTER, R_ADDR, offset, symbol))
            out += bytes(_POINTER)
        return
    func.dwarf_ranges = _refer(info, func.dwarf_ranges or Symbol("", 0, False, goobj.SDWARFRANGE))
    _range_list(context, symbol, func.dwarf_ranges, ranges)


def _refer(info: Symbol, listed: Symbol) -> Symbol:
    """The next attribute is what comes next in a section of lists, which is returned."""
    info.relocs.append((len(info.data), 4, R_DWARFSECREF, len(listed.data), listed))
    info.data += bytes(4)
    return listed


def _begin_list(symbol: Symbol, listed: Symbol, code: int) -> None:
    """A list of DWARF 5 says what its offsets begin at: the function's code. `code` is the kind of list's own for this."""
    listed.data.append(code)
    listed.relocs.append((len(listed.data), 4, R_DWTXTADDR_U4, 0, symbol))
    listed.data += bytes(4)


def _ranges(symbol: Symbol) -> list[list[tuple[int, int]]]:
    """The code of each inlined call, with that of the calls inlined into it."""
    func = symbol.func
    assert func is not None
    found: list[list[tuple[int, int]]] = [[] for _ in func.inline]

    def add(number: int, start: int, end: int) -> None:
        while number >= 0:
            ranges = found[number]
            if ranges and ranges[-1][1] == start:
                ranges[-1] = ranges[-1][0], end
            else:
                ranges.append((start, end))
            number = func.inline[number].parent

    now, start = 0, 0
    for prog in func.progs:
        if prog.inline != now:
            if now and prog.pc > start:
                add(now - 1, start, prog.pc)
            now, start = prog.inline, prog.pc
    if now and symbol.size > start:
        add(now - 1, start, symbol.size)
    return found


def _range_list(context: Context, symbol: Symbol, listed: Symbol, ranges: Sequence[tuple[int, int]]) -> None:
    """A list of ranges, in the form of DWARF 5, or of 4 with addresses from the beginning of the unit as Mach-O wants them."""
    out = listed.data
    if context.dwarf5:
        _begin_list(symbol, listed, _RLE_BASE)
        for start, end in ranges:
            out.append(_RLE_OFFSETS)
            out += uleb(start) + uleb(end)
        out.append(_RLE_END)
    else:
        for one in ranges:
            for offset in one:
                listed.relocs.append((len(out), _POINTER, R_ADDRCUOFF, offset, symbol))
                out += bytes(_POINTER)
        out += bytes(2 * _POINTER)
    listed.size = len(out)


def _variable(context: Context, symbol: Symbol, info: Symbol, variable: Variable) -> None:
    """The entry of a variable, and of its places in the list."""
    out = info.data
    places = variable.places
    ranges = bool(places) and places[0][0] != EVERYWHERE
    if variable.is_parameter:
        out.append(_PARAMETER_RANGES if ranges else _PARAMETER)
    else:
        out.append(_VARIABLE_RANGES if ranges else _VARIABLE)
    out += variable.name.encode("utf-8", "surrogateescape") + b"\0"
    if variable.is_parameter:
        out.append(variable.is_result)
    out += uleb(variable.line)
    name = variable.typ.name.removeprefix("type:")
    info.relocs.append((len(out), 4, R_DWARFSECREF, 0, context.lookup("go:info." + name)))
    info.relocs.append((0, 0, R_USETYPE, 0, variable.typ))
    out += bytes(4)
    if not ranges:
        expression = places[0][2] if places else b""
        out += uleb(len(expression)) + expression
        return
    func = symbol.func
    assert func is not None
    func.dwarf_loc = _refer(info, func.dwarf_loc or Symbol("", 0, False, goobj.SDWARFLOC))
    _places(context, symbol, func.dwarf_loc, places)


def _places(context: Context, symbol: Symbol, listed: Symbol, places: Sequence[tuple[int, int, bytes]]) -> None:
    """A list of places, in the form of DWARF 5, or of 4 with addresses as Mach-O wants them."""
    out = listed.data
    if context.dwarf5:
        _begin_list(symbol, listed, _LLE_BASE)
        for start, end, expression in places:
            out.append(_LLE_OFFSETS)
            out += uleb(start) + uleb(end) + uleb(len(expression)) + expression
        out.append(_LLE_END)
    else:
        for start, end, expression in places:
            listed.relocs.append((len(out), _POINTER, R_ADDR, start, symbol))
            listed.relocs.append((len(out) + _POINTER, _POINTER, R_ADDR, end, symbol))
            out += bytes(2 * _POINTER) + len(expression).to_bytes(2, "little") + expression
        out += bytes(2 * _POINTER)
    listed.size = len(out)


def _lines(context: Context, symbol: Symbol) -> Symbol:
    func = symbol.func
    assert func is not None
    lines = Symbol("", 0, False, goobj.SDWARFLINES)
    out = lines.data
    out += b"\0" + uleb(1 + _POINTER)
    out.append(_LNE_SET_ADDRESS)
    lines.relocs.append((len(out), _POINTER, R_ADDR, 0, symbol))
    out += bytes(_POINTER)
    pc, last, line, file = 0, 0, 1, 1
    prologue = wrote_prologue = False
    base, shift, new_file = None, 0, 1
    progs = func.progs
    following = iter(progs)
    next(following)
    for prog in progs:
        after = next(following, None)
        if prog.prologue_end:
            prologue = True
        here = prog.pc
        if not prog.line or (after is not None and after.pc == here):
            continue
        if prog.base is not base:
            base = prog.base
            assert base is not None
            shift = base.line - base.first
            new_file = context.file_index(base) + 1
        wrote = False
        if new_file != file:
            out.append(_LNS_SET_FILE)
            out += uleb(new_file)
            file = new_file
            wrote = True
        if prologue and not wrote_prologue:
            out.append(_LNS_SET_PROLOGUE_END)
            wrote = wrote_prologue = True
        new_line = prog.line + shift
        if new_line != line or wrote:
            out += _step(here - pc, new_line - line)
            last = pc = here
            line = new_line
    out.append(_LNS_ADVANCE_PC)
    out += uleb(symbol.size - last)
    out += bytes((0, 1, _LNE_END_SEQUENCE))
    lines.size = len(out)
    return lines


_steps: dict[tuple[int, int], bytes] = {}


def _step(pcs: int, lines: int) -> bytes:
    """The opcodes that advance the address and the line, and write a row."""
    known = _steps.get((pcs, lines))
    if known is not None:
        return known
    if lines < _LINE_BASE:
        opcode = _OPCODE_BASE + _LINE_RANGE * min(pcs, _PC_RANGE)
    elif lines < _LINE_BASE + _LINE_RANGE:
        opcode = _OPCODE_BASE + (lines - _LINE_BASE) + _LINE_RANGE * min(pcs, _PC_RANGE)
        if opcode > 255 and pcs >= _PC_RANGE:
            opcode -= _LINE_RANGE
    elif pcs <= _PC_RANGE:
        opcode = min(_OPCODE_BASE + (_LINE_RANGE - 1) + _LINE_RANGE * pcs, 255)
    else:
        opcode = 255 if pcs - _PC_RANGE in _EDGES else _OPCODE_BASE + _LINE_RANGE * _PC_RANGE - 1
    left = pcs - (opcode - _OPCODE_BASE) // _LINE_RANGE
    left_lines = lines - ((opcode - _OPCODE_BASE) % _LINE_RANGE + _LINE_BASE)
    out = bytearray()
    if left:
        if left <= _PC_RANGE:
            opcode -= _LINE_RANGE * (_PC_RANGE - left)
            out.append(_LNS_CONST_ADD_PC)
        elif 1 << 14 <= left < 1 << 16:
            out.append(_LNS_FIXED_ADVANCE_PC)
            out += left.to_bytes(2, "little")
        else:
            out.append(_LNS_ADVANCE_PC)
            out += uleb(left)
    if left_lines:
        out.append(_LNS_ADVANCE_LINE)
        out += sleb(left_lines)
    out.append(opcode)
    result = _steps[pcs, lines] = bytes(out)
    return result
