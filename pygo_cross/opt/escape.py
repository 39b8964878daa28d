# SPDX-License-Identifier: BSD-3-Clause
"""Escape analysis: which variables may be in the frame of their function, and what callers may rely on.

All functions of a package are looked at, callees first, circles of calls together (`callgraph.py`). What flows where is a graph
(`flow.py`); what flows out of a function through its parameters and results is its summary (`summaries.py`).

- Each pointer value is a location and a number of loads; variables (Alloc, and what the runtime makes for this purpose) are locations whose
  address is known. Phis have locations of their own.
- A pointer that is stored anywhere but in a variable of the function at hand flows to the heap, if the object has not had it before; what a
call does with its arguments its summary says.
- Of a function literal's context each field is looked at by itself.
- The body of a function literal is taken to run where the literal is made, so whoever calls it need not be known. Results that a literal
gives to unknown callers flow to the heap.
- A variable in a loop is one variable a round. If the address of one can be there in the next round, by a Phi at the loop's head or in a
  variable from outside the loop, it is in the heap.

- What a function writes through is a location as well, and what outlives the call may be written by anybody. Bytes of a string that nobody
  writes to are the string's own.

What follows from it: Allocs get `ops.STAYS`, and what the runtime would make has memory in the frame, where its address stays
(`buffers.py`). The model follows src/cmd/compile/internal/escape; here it works on SSA, so the value of a variable at one place is
not that at another.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final, cast, final

from pygo_cross.opt import buffers
from pygo_cross.opt.addresses import base_of, in_memory, object_of
from pygo_cross.opt.callgraph import components, own_name
from pygo_cross.opt.context import Context
from pygo_cross.opt.conversions import TO_BYTES, share
from pygo_cross.opt.flow import HEAP, WRITES, Flow
from pygo_cross.opt.moving import GROW, Returns, Uses, is_growth
from pygo_cross.opt.summaries import KEPT, KEPT_NOT, RUNTIME, WRITTEN, Row, Summary
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, Loop, find_loops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import P
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.types.types import Type

Source = tuple[int, int]
"""A location, and the loads from it that give the pointer (-1: its address)."""

_CALLS: Final = frozenset([ops.CALL_STATIC, ops.CALL_CLOSURE, ops.CALL_POINTER, ops.PANIC])
_ADDRESS_ONLY: Final = frozenset([ops.ATOMIC_STORE, ops.ATOMIC_SWAP, ops.ATOMIC_CAS, ops.ATOMIC_ADD, ops.ATOMIC_AND, ops.ATOMIC_OR])
_HARMLESS: Final = frozenset(
    [
        ops.LOAD,
        ops.ZERO,
        ops.EQ,
        ops.NE,
        ops.LT_U,
        ops.LE_U,
        ops.SUB_PTR,
        ops.PTR_TO_INT,
        ops.KEEP_ALIVE,
        ops.PREFETCH,
        ops.ATOMIC_LOAD,
        ops.PHI,
        ops.SELECT,
        ops.ADD_PTR,
        ops.NIL_CHECK,
        ops.COPY,
        ops.RESULT,
    ]
)
_STEPS: Final = frozenset([ops.PHI, ops.SELECT, ops.ADD_PTR, ops.NIL_CHECK, ops.COPY])
_INT_STEPS: Final = frozenset([ops.ADD, ops.SUB, ops.AND, ops.OR, ops.PHI, ops.COPY, ops.SELECT, ops.MUL])


def escape(
    funcs: Sequence[Func], context: Context, given: Mapping[str, Summary] | None = None, told: list[tuple[int, bool]] | None = None
) -> dict[str, Summary]:
    """Decide for all variables of a package's functions; gives the functions' summaries, with those that are given.

    Given are summaries of functions without a body (those of assembly by the names that ABI0 has); those of other packages' functions come
    from the context. `told` gets the position of each variable, and whether it is in the heap.
    """
    made = dict(given or {})
    # A package may declare a function of the runtime as one that keeps nothing: its own calls of it, not those that lowering makes.
    known = ChainMap(RUNTIME, made, cast("MutableMapping[str, Summary]", context.summaries))
    fields: dict[str, dict[int, Row]] = {}
    for circle in components(funcs):
        one = _Circle(circle, context, known, fields)
        one.run(made)
        if told is not None:
            for variable in one.variables.values():
                if not variable.is_slot and not variable.grows:
                    told.append((variable.pos, variable.heap and not variable.shared))
    return made


@final
class _Variable:
    """A variable that may turn out to be in the heap, or a slot that lowering has made: its address, and what holds its contents.

    The memory of a slice that `grows` is made once in a call of the function if it may be needed `again`, in a later round of a loop.
    `shared` are bytes of a string that is not copied for them.
    """

    __slots__ = ("again", "block", "func", "grows", "heap", "is_slot", "location", "loop", "pos", "shared", "value")

    def __init__(self, value: Value, func: Func, location: int) -> None:
        self.value = value
        self.func = func
        self.block = value.block
        self.location = location
        self.pos = value.pos
        self.is_slot = value.op == ops.SLOT_ADDR
        self.loop: Loop | None = None
        self.heap = False
        self.grows = is_growth(value)
        self.again = False
        self.shared = False

    def outlives(self, circle: _Circle) -> None:
        """The address may be there in the next round."""
        if self.grows:
            self.again = True  # that what is in it is kept, is known already
        else:
            circle.to_heap(self.location, -1)


@final
class _Function:
    """The locations that stand for a function's parameters, context and results, for calls within the circle."""

    __slots__ = ("closure", "fields", "func", "in_memory", "params", "results", "results_in_memory")

    def __init__(self, func: Func, flow: Flow, context: Context) -> None:
        self.func = func
        info = func.info
        self.in_memory = in_memory(info.params, context.shapes) if isinstance(info, FuncInfo) else [False] * len(func.params)
        self.results_in_memory = in_memory(info.results, context.shapes) if isinstance(info, FuncInfo) else [False] * len(func.results)
        self.params = [flow.location() for _ in func.params]
        self.results = [flow.location() for _ in func.results]
        self.closure = flow.location()
        self.fields: dict[int, int] = {}  # of the context, by offset

    def field(self, offset: int, flow: Flow) -> int:
        """The location of what the context has at an offset."""
        found = self.fields.get(offset)
        if found is None:
            found = self.fields[offset] = flow.location()
        return found


class _Circle:
    """Functions that are looked at together. `fields` has what literals do with the fields of their contexts, by name and offset."""

    def __init__(self, funcs: Sequence[Func], context: Context, known: Mapping[str, Summary], fields: dict[str, dict[int, Row]]) -> None:
        self.context = context
        self.known = known
        self.fields = fields
        self.flow = Flow()
        self.functions = {own_name(func): _Function(func, self.flow, context) for func in funcs}
        self.variables: dict[int, _Variable] = {}
        self.phis: list[tuple[Loop, int]] = []
        self.literals: dict[int, str] = {}
        # What literals of this circle have captured as a whole: the literal, from where to where its record has that, and the source.
        self.wholes: list[tuple[_Function, int, int, Source]] = []
        self.heap: dict[int, int] = {}
        self.moved: list[tuple[Value, bool, Returns]] = []
        self.bytes_of: dict[int, tuple[int, Source | None]] = {}  # by location: what the slice flows to first, where the string comes from
        self.written: dict[int, int] = {}

    def run(self, made: dict[str, Summary]) -> None:
        for function in self.functions.values():
            _Walk(self, function).run()
        for function, low, high, (location, derefs) in self.wholes:
            for offset, field in function.fields.items():
                if low <= offset < high:
                    self.flow.edge(field, location, derefs)
        self.to_heap(HEAP, 0)
        walks: dict[str, list[dict[int, int]]] = {}
        for name, function in self.functions.items():
            walks[name] = []
            for i, location in enumerate(function.results):
                walk: dict[int, int] = {}
                if function.func.results[i] == P:
                    for found in self.flow.reach(location, walk):
                        self.to_heap(found, -1)
                walks[name].append(walk)
        self.flow.reach(WRITES, self.written)
        self.share()
        self.loops()
        for name, function in self.functions.items():
            made[name] = self.summary(function, walks[name])
            fields = function.fields.items()
            self.fields[name] = {offset: _row(location, self.heap, self.written, walks[name]) for offset, location in fields}
        for one in self.variables.values():
            if one.shared:
                share(one.value)
            elif not one.heap and not one.is_slot:
                _keep(one, self.context)
        for call, again, returns in self.moved:
            buffers.keep(call.block.func, call, self.context, again, returns)

    def share(self) -> None:
        """Bytes that nobody writes to are those of the string, which is needed as long as they are."""
        for location, (to, string) in self.bytes_of.items():
            one = self.variables[location]
            if not one.heap and self.written.get(location, 0) >= 0:
                one.shared = True
                if string is not None:
                    self.flow.edge(to, *string)

    def to_heap(self, location: int, derefs: int) -> None:
        """What flows to the heap, by a location of which so much does. Variables whose address does are there."""
        for found in self.flow.reach(location, self.heap, derefs):
            one = self.variables.get(found)
            if one is not None:
                one.heap = True

    def loops(self) -> None:
        """Variables of loops whose address outlives the round."""
        inside = [one for one in self.variables.values() if one.loop is not None and not one.heap]
        if not inside:
            return
        heads = {loop for one in inside for loop in _around(one.loop)}
        for loop, location in self.phis:
            if loop in heads:
                for one in self.addressed(location):
                    if one.block in loop.blocks:
                        one.outlives(self)
        funcs = {one.func for one in inside}
        for other in self.variables.values():
            if other.func in funcs and not other.heap:
                for one in self.addressed(other.location):
                    if one.func is other.func and one.loop is not None and other.block not in one.loop.blocks:
                        one.outlives(self)

    def addressed(self, location: int) -> list[_Variable]:
        """The variables whose address flows to a location."""
        found = self.flow.reach(location, {})
        return [self.variables[one] for one in found if one in self.variables]

    def summary(self, function: _Function, walks: list[dict[int, int]]) -> Summary:
        rows: list[Row] = []
        kinds = [*function.func.params, P]
        for kind, location in zip(kinds, [*function.params, function.closure], strict=True):
            rows.append(_row(location, self.heap, self.written, walks) if kind == P else KEPT_NOT)
        return tuple(rows)


def _around(loop: Loop | None) -> list[Loop]:
    found: list[Loop] = []
    while loop is not None:
        found.append(loop)
        loop = loop.outer
    return found


def _row(location: int, heap: dict[int, int], written: dict[int, int], walks: list[dict[int, int]]) -> Row:
    derefs = heap.get(location)
    if derefs is not None and derefs <= 0:
        return KEPT
    row: list[int] = [] if derefs is None else [HEAP, derefs]
    writes = written.get(location)
    if writes is not None and (derefs is None or writes < derefs):
        row += (WRITTEN, max(writes, 0))
    for i, walk in enumerate(walks):
        derefs = walk.get(location)
        if derefs is not None:
            row += (i + 1, max(derefs, 0))
    return tuple(row)


class _Walk:
    """Makes the edges of one function."""

    def __init__(self, circle: _Circle, function: _Function) -> None:
        self.circle = circle
        self.flow = circle.flow
        self.function = function
        self.func = function.func
        self.shapes = circle.context.shapes
        self.sources: list[Source | None] = [None] * self.func.value_count
        self.results: dict[tuple[int, int], Source] = {}
        self.slots: dict[Slot, int] = {}
        self.captured: dict[int, list[tuple[int, int, Value, int]]] = {}
        self.lost_literals: set[int] = set()
        self.growing: set[Value] = set()
        self.uses: Uses | None = None
        self.loops: dict[Block, Loop] = {}
        self.natural = True

    def run(self) -> None:
        func = self.func
        dominators = Dominators(func)
        loops = self.loops = find_loops(func, dominators)
        self.natural = dominators.reducible()
        first = len(self.circle.variables)
        headers = {loop.header: loop for loop in loops.values()}
        for block in dominators.order:
            header = headers.get(block)
            for value in block.values:
                if value.op != ops.PHI:
                    break
                if value.kind == P:
                    location = self.flow.location()
                    self.sources[value.id] = (location, 0)
                    if header is not None:
                        self.circle.phis.append((header, location))
        phis: list[Value] = []
        for block in dominators.order:
            for value in block.values:
                op = value.op
                if op == ops.PHI:
                    if value.kind == P:
                        phis.append(value)
                elif value.kind == P:
                    self.sources[value.id] = self.source(value)
                    if op not in _HARMLESS:
                        self.effect(value)
                elif value.args or op in _CALLS:
                    self.effect(value)
            if block.kind == ops.RET:
                for i, control in enumerate(block.controls):
                    if control.kind == P:
                        self.to(self.function.results[i], control, int(self.function.results_in_memory[i]))
        for phi in phis:
            found = self.sources[phi.id]
            assert found is not None
            for arg in phi.args:
                self.to(found[0], arg)
        self.in_loops(list(self.circle.variables.values())[first:], loops, dominators)

    def in_loops(self, variables: list[_Variable], loops: dict[Block, Loop], dominators: Dominators) -> None:
        if not variables:
            return
        natural = self.natural
        for one in variables:
            if one.is_slot:
                one.block = self.func.entry
                continue
            one.loop = loops.get(one.block)
            if not natural and one.block is not self.func.entry:  # it may be in a circle that is no loop
                if one.grows:
                    one.again = True
                else:
                    self.flow.edge(HEAP, one.location, -1)

    # ---- values

    def to(self, location: int, value: Value, more: int = 0) -> None:
        """A pointer, or what so many loads through it give, flows to a location."""
        found = self.sources[value.id]
        if found is not None:
            self.flow.edge(location, found[0], found[1] + more)

    def source(self, value: Value) -> Source | None:
        """Where a pointer comes from; None for what is no variable of anybody here."""
        op = value.op
        if op in (ops.ADD_PTR, ops.NIL_CHECK, ops.COPY):
            return self.sources[value.args[0].id]
        if op == ops.LOAD and value.args[0].op == ops.CLOSURE:
            return (self.function.field(value.imm, self.flow), 0)
        if op in (ops.LOAD, ops.ATOMIC_LOAD, ops.ATOMIC_SWAP):
            found = self.sources[value.args[0].id]
            return None if found is None else (found[0], found[1] + 1)
        if op == ops.ALLOC:
            return self.variable(value)
        if op == ops.SLOT_ADDR:
            assert isinstance(value.aux, Slot)
            location = self.slots.get(value.aux, -1)
            if location < 0:
                location, _ = self.variable(value)
                self.slots[value.aux] = location
            return (location, -1)
        if op == ops.PARAM:
            function = self.function
            return (function.params[value.imm], -1 if function.in_memory[value.imm] else 0)
        if op == ops.RESULT:
            return self.results.get((value.args[0].id, value.imm))
        if op == ops.CLOSURE:
            return (self.function.closure, 0)
        if op == ops.SELECT:
            location = self.flow.location()
            self.to(location, value.args[1])
            self.to(location, value.args[2])
            return (location, 0)
        if op == ops.INT_TO_PTR:
            return self.from_int(value.args[0])
        return None

    def variable(self, value: Value) -> Source:
        location = self.flow.location()
        self.circle.variables[location] = _Variable(value, self.func, location)
        return (location, -1)

    def writes(self, address: Value) -> None:
        """Memory is written. A variable that its own address says is no other's memory."""
        found = self.sources[address.id]
        if found is not None and found[1] >= 0:
            self.flow.edge(WRITES, *found)

    def from_int(self, value: Value) -> Source | None:
        """Of an integer that was computed from pointers. x ^ 0 hides where an address comes from: that is what the idiom is for."""
        seen = {value}
        todo = [value]
        location = -1
        while todo:
            one = todo.pop()
            if one.op == ops.PTR_TO_INT:
                if location < 0:
                    location = self.flow.location()
                self.to(location, one.args[0])
            elif one.op == ops.LOAD:  # the Data of a reflect.SliceHeader
                if location < 0:
                    location = self.flow.location()
                self.to(location, one.args[0], 1)
            elif one.op in _INT_STEPS:
                for arg in one.args:
                    if arg not in seen:
                        seen.add(arg)
                        todo.append(arg)
        return None if location < 0 else (location, 0)

    # ---- effects

    def effect(self, value: Value) -> None:
        op = value.op
        if op == ops.STORE:
            self.writes(value.args[0])
            stored = value.args[1]
            if stored.kind == P:
                self.store(value, stored)
        elif op == ops.ZERO:
            self.writes(value.args[0])
        elif op == ops.MOVE:
            self.writes(value.args[0])
            typ = value.aux
            if not isinstance(typ, Type) or self.shapes.has_pointers(typ):
                self.into(value.args[0], value.args[1], 1)
                record, offset = object_of(value.args[0])
                if record.op == ops.ALLOC and offset is not None:
                    self.capture(record, offset, offset + value.imm, value.args[1], 1)
        elif op in _CALLS and isinstance(value.aux, CallInfo):
            self.call(value, value.aux)
        elif op == ops.KEEP_ALIVE and value.imm:
            self.to(HEAP, value.args[0])
        elif op == ops.PTR_TO_INT:
            self.to(WRITES, value.args[0])  # whoever gets the number may write there: system calls do
        elif op in _HARMLESS or not ops.FLAGS.get(op, ops.CALL) & ops.EFFECTS:
            pass
        else:
            if op in _ADDRESS_ONLY:
                self.writes(value.args[0])
            for arg in value.args[1:] if op in _ADDRESS_ONLY else value.args:
                if arg.kind == P:
                    self.to(HEAP, arg)

    def into(self, address: Value, value: Value, more: int) -> None:
        """A pointer, or what is loaded through it, is put into memory."""
        found = self.sources[address.id]
        self.to(found[0] if found is not None and found[1] < 0 else HEAP, value, more)

    def store(self, value: Value, stored: Value) -> None:
        address = value.args[0]
        if stored.op == ops.ADDR:
            found = self.sources[address.id]
            if isinstance(stored.aux, TextRef) and value.imm == 0 and address.op == ops.ALLOC and found is not None:
                self.literal(address, found[0], stored.aux.name)
            return
        if _is_own(address, stored):
            return
        self.into(address, stored, 0)
        if address.op == ops.ALLOC:
            self.capture(address, value.imm, value.imm + 1, stored, 0)

    def capture(self, record: Value, low: int, high: int, stored: Value, more: int) -> None:
        """A function literal gets a field of its context, or with `more` 1 those of a variable in memory, by its address: the literal reads
        each of them where it is.
        """
        found = self.sources[record.id]
        name = self.circle.literals.get(found[0]) if found is not None else None
        if found is None or name is None:
            return
        function = self.circle.functions.get(name)
        if function is not None:
            source = self.sources[stored.id]
            if more and source is not None:
                self.circle.wholes.append((function, low, high, (source[0], source[1] + more)))
            elif not more:
                self.to(function.field(low, self.flow), stored)
            return
        for row in self.rows(name, low, high):
            for i in range(0, len(row), 2):
                if row[i] == WRITTEN:
                    self.to(WRITES, stored, row[i + 1] + more)
                elif row[i] == HEAP or found[0] in self.lost_literals:
                    self.to(HEAP, stored, row[i + 1] + more)
        self.captured.setdefault(found[0], []).append((low, high, stored, more))

    def rows(self, name: str, low: int, high: int) -> list[Row]:
        """What a literal that has been looked at does with what its context has from one offset to another. Of another package's literal
        there is no more than its summary.
        """
        fields = self.circle.fields.get(name)
        return [KEPT] if fields is None else [row for offset, row in fields.items() if low <= offset < high]

    def literal(self, record: Value, location: int, name: str) -> None:
        """A function literal is made, and its body may run from now on."""
        self.circle.literals[location] = name
        lost = not _only_called(record, self.func)
        if lost:
            self.lost_literals.add(location)
        function = self.circle.functions.get(name)
        if function is not None:
            self.flow.edge(function.closure, location, -1)
            if lost:
                for result in function.results:
                    self.flow.edge(HEAP, result, 0)
            return
        rows = self.circle.known.get(name)
        row = KEPT if rows is None else rows[-1]
        for i in range(0, len(row), 2):
            if row[i] == WRITTEN:
                self.flow.edge(WRITES, location, row[i + 1] - 1)
            elif row[i] == HEAP or lost:
                self.flow.edge(HEAP, location, row[i + 1] - 1)

    def call(self, value: Value, info: CallInfo) -> None:
        memory = in_memory(info.params, self.shapes)
        head = 0 if value.op in (ops.CALL_STATIC, ops.PANIC) else 1
        closure = value.args[0] if value.op == ops.CALL_CLOSURE else None
        name = str(info.target) if info.target is not None else self.called(closure)
        args = value.args[head:]
        for i, in_mem in enumerate(in_memory(info.results, self.shapes)):
            self.results[value.id, i] = (self.flow.location(), -1 if in_mem else 0)
        if name is None:
            self.lost(args, memory)
            return
        function = self.circle.functions.get(name)
        if function is not None and len(function.params) == len(args):
            for i, arg in enumerate(args):
                if arg.kind == P:
                    self.to(function.params[i], arg, int(memory[i]))
            if closure is not None:
                self.to(function.closure, closure)
            for i, location in enumerate(function.results):
                self.flow.edge(self.results[value.id, i][0], location, 0)
            return
        self.made_here(value, name)
        rows = self.circle.known.get(name)
        if rows is None or len(rows) < len(args):
            self.lost(args, memory)
            return
        for i, arg in enumerate(args):
            if arg.kind == P:
                self.passed(value, arg, rows[i], int(memory[i]))
        if closure is not None:
            self.passed(value, closure, rows[-1], 0)
            found = self.sources[closure.id]
            for low, high, stored, more in self.captured.get(found[0], ()) if found is not None else ():
                for row in self.rows(name, low, high):
                    self.passed(value, stored, row, more)

    def passed(self, call: Value, arg: Value, row: Row, more: int) -> None:
        for i in range(0, len(row), 2):
            self.to(self.target(call, row[i]), arg, row[i + 1] + more)

    def target(self, call: Value, number: int) -> int:
        """The location that a summary's target is at a call."""
        if number == WRITTEN:
            return WRITES
        return HEAP if number == HEAP else self.results[call.id, number - 1][0]

    def lost(self, args: Sequence[Value], memory: Sequence[bool]) -> None:
        """Arguments of who knows what."""
        for i, arg in enumerate(args):
            if arg.kind == P:
                self.to(HEAP, arg, int(memory[i]))

    def called(self, closure: Value | None) -> str | None:
        """The function behind a function value, where there is no doubt."""
        if closure is None:
            return None
        if closure.op == ops.ADDR and isinstance(closure.aux, FuncValueRef):
            return closure.aux.name
        found = self.sources[closure.id]
        if found is None or found[1] != -1 or closure.op not in (ops.ALLOC, ops.NIL_CHECK):
            return None
        return self.circle.literals.get(found[0])

    def made_here(self, value: Value, name: str) -> None:
        """What the runtime makes and the frame could have as well: slices of moderate size, short strings. What grows gets memory where it
        may have none yet: an append to what another has made, or may have made, asks the runtime.
        """
        if not buffers.could_be(value, name, self.context):
            return
        if name == GROW:
            if not self.growing.isdisjoint(_grown(value.args[0])):
                return
            self.growing.add(value)
            if self.uses is None:
                self.uses = Uses(self.func, self.context, self.circle.known)
            if self.uses.shows_capacity(value):
                return
            returns = self.uses.returned(value)
            if returns is not None:
                again = value.block in self.loops or not self.natural
                if len(returns.places) == 1 and (again or returns.grows > 1):
                    self.circle.moved.append((value, again, returns))
                return
        memory = self.variable(value)
        if name == buffers.MAKE and value.args[2].is_const:
            self.results[value.id, 0] = memory  # what is stored is nowhere else
        else:
            result = self.results[value.id, 0][0]
            self.flow.edge(result, *memory)
            if name == TO_BYTES:
                self.circle.bytes_of[memory[0]] = (result, self.sources[value.args[1].id])

    @property
    def context(self) -> Context:
        return self.circle.context


def _is_own(address: Value, stored: Value) -> bool:
    """Whether an object gets what it has had before: x.list = x.list[1:] changes nothing of what lives as long as x
    (src/cmd/compile/internal/escape/assign.go knows this of some forms, too)."""
    loaded = base_of(stored)
    return loaded.op == ops.LOAD and base_of(loaded.args[0]) is base_of(address)


def _grown(pointer: Value) -> list[Value]:
    """The calls that make slices grow of which an address may be the result."""
    found: list[Value] = []
    seen = {pointer}
    todo = [pointer]
    while todo:
        value = todo.pop()
        if value.op == ops.RESULT:
            call = value.args[0]
            if is_growth(call):
                found.append(call)
        elif value.op in _STEPS:
            for arg in value.args:
                if arg.kind == P and arg not in seen:
                    seen.add(arg)
                    todo.append(arg)
    return found


def _only_called(record: Value, func: Func) -> bool:
    """Whether a function literal's record is only filled and called."""
    uses = record.uses
    for block in func.blocks:
        for value in block.values:
            if value.args and value.args[0] is record and (value.op == ops.CALL_CLOSURE or (value.op == ops.STORE)):
                uses -= 1
    return uses == 0


def _keep(one: _Variable, context: Context) -> None:
    """A variable may be in the frame."""
    value = one.value
    if value.op == ops.ALLOC:
        value.imm |= ops.STAYS
    else:
        buffers.keep(one.func, value, context, one.again)
