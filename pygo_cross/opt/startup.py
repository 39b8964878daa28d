# SPDX-License-Identifier: BSD-3-Clause
"""First values of a package's variables that inlining has made known: what `init` would store becomes data.

`init` runs once. What it stores in blocks that are on every way to its end, and in no loop, may be there from the beginning, if it is a
constant or the address of a symbol, and nothing in `init` has looked at the variable before; whoever else looks at it earlier is not
called earlier, by the order of initialisation. An object that such a store makes known is data too: `errors.New("x")` is one store.
What `new` makes and nobody fills stays an object of the heap, as under stock: the runtime can attach to it what it can't to data.
Where nothing remains there is no `init`, and what it alone had referred to is not linked.

Before: v1 p = Alloc {T}; Store v1 v2, where v2 is a constant; v3 p = Addr {p.Err}; Store v3 v1; after: nothing.
Facts: src/cmd/compile/internal/staticinit/sched.go (staticCall).
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.opt.addresses import SAME_OBJECT, base_of
from pygo_cross.opt.context import MAX_IMPLICIT, Context
from pygo_cross.opt.dead import dead
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, find_loops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import SIZES, VOID, P
from pygo_cross.ssa.refs import BytesRef, DataRef, FuncValueRef, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.unit import Address, Data, Unit
from pygo_cross.types.types import Type

_WORD: Final = 8
_NOTHING: Final = (VOID, 0, 0, None)
_TARGETS: Final = (DataRef, TextRef, FuncValueRef, BytesRef, TypeRef, ItabRef)


def startup(unit: Unit, context: Context) -> None:
    """Make data of what a package's first function would store."""
    func = next((func for func in unit.funcs if func.symbol == f"{unit.path}.init"), None)
    if func is None:
        return
    _Startup(unit, func, context).run()
    dead(func)
    if len(func.blocks) == 1 and all(not ops.FLAGS[value.op] & ops.EFFECTS for value in func.entry.values):
        unit.funcs.remove(func)
        unit.inits.remove(TextRef(func.symbol))


@final
class _Startup:
    __slots__ = ("_allocated", "_called", "_context", "_count", "_data", "_func", "_given", "_looked_at", "_objects", "_reached", "_unit")

    def __init__(self, unit: Unit, func: Func, context: Context) -> None:
        self._unit = unit
        self._func = func
        self._context = context
        self._data = {data.name: data for data in unit.data if not data.read_only}
        # What has been read, or may have been, so that its first value can't be another any more; and what may have been written.
        self._looked_at: set[str | Value] = set()
        self._reached: set[str | Value] = set()
        self._called = False
        self._objects: set[str] = set()
        # What variables were given, by name and offset: kind, operation, imm and aux.
        self._given: dict[tuple[str, int], tuple[int, int, int, object]] = {}
        # Stores into objects, which are made if the object becomes data.
        self._allocated: dict[Value, list[tuple[Value, int]]] = {}
        self._count = 0

    def run(self) -> None:
        once = self._once()
        inside = set(once)
        for block in self._func.blocks:
            if block not in inside:
                for value in block.values:
                    self._look(value)
        for block in once:
            for value in list(block.values):
                if value.op == ops.ALLOC:
                    if self._may_be_data(value):
                        self._allocated[value] = []
                elif value.op == ops.LOAD:
                    self._load(value)
                elif value.op != ops.STORE or not self._store(value):
                    self._look(value)

    def _once(self) -> list[Block]:
        """The blocks that are on every way to the end, and in no loop, in their order."""
        ends = [block for block in self._func.blocks if block.kind == ops.RET]
        if len(ends) != 1:
            return []
        dominators = Dominators(self._func)
        if not dominators.reducible():
            return []
        loops = find_loops(self._func, dominators)
        found: list[Block] = []
        block = ends[0]
        while True:
            if block not in loops:
                found.append(block)
            if block is self._func.entry:
                return found[::-1]
            block = dominators.idom[block]

    def _may_be_data(self, alloc: Value) -> bool:
        typ = alloc.aux
        size = self._context.shapes.sizes.sizeof(typ) if isinstance(typ, Type) else 0
        return not alloc.imm & (ops.STAYS | ops.MAP) and 0 < size <= MAX_IMPLICIT

    def _root(self, address: Value) -> tuple[str | Value, int]:
        """The variable, by name, or the value that an address is made of, and the offset from it."""
        offset = 0
        while address.op in SAME_OBJECT:
            if address.op == ops.ADD_PTR:
                if not address.args[1].is_const:
                    return address, 0
                offset += address.args[1].imm
            address = address.args[0]
        if address.op == ops.ADDR and isinstance(address.aux, DataRef):
            return address.aux.name, offset + address.imm
        return address, offset

    def _base(self, address: Value) -> str | Value:
        """The variable or value that an address is made of, wherever in it."""
        return self._root(base_of(address))[0]

    def _look(self, value: Value) -> None:
        """A value that may look at what its arguments point to, or let others do so."""
        if value.op in SAME_OBJECT:
            return
        for arg in value.args:
            if arg.kind == P:
                root = self._base(arg)
                self._looked_at.add(root)
                if value.op != ops.LOAD:
                    self._reached.add(root)
        if ops.FLAGS[value.op] & ops.CALL:
            self._called = True
        elif ops.FLAGS[value.op] & (ops.READS | ops.WRITES):
            addresses = value.args[:1] if value.op == ops.STORE else value.args
            if any(arg.kind == P and self._may_be_any(arg) for arg in addresses):
                self._called = True  # behind such a pointer there may be any variable whose address is data by now

    def _may_be_any(self, address: Value) -> bool:
        """Whether a pointer is none of a variable or object that this function names."""
        root = self._base(address)
        return isinstance(root, Value) and root.op not in (ops.ALLOC, ops.ADDR, ops.CONST)

    def _load(self, load: Value) -> None:
        """What a variable was given here, if nothing can have changed it since."""
        root, offset = self._root(load.args[0])
        self._look(load)
        if isinstance(root, str) and root not in self._reached and not self._called:
            kind, op, imm, aux = self._given.get((root, offset + load.imm), _NOTHING)
            if kind == load.kind:
                load.reset(op, (), imm, aux)

    def _store(self, store: Value) -> bool:
        """Make a store data, if that can be."""
        root, offset = self._root(store.args[0])
        offset += store.imm
        value = store.args[1]
        if root in self._looked_at or offset < 0:
            return False
        if isinstance(root, Value):
            stores = self._allocated.get(root)
            if stores is None or not self._is_known(value):
                return False
            stores.append((store, offset))
            return True
        data = self._data.get(root)
        if data is None or offset + SIZES[value.kind] > data.size:
            return False
        if self._called and (store.inline or root in self._objects):
            return False  # no first value, but what a function does by the way: who was called before may have seen another
        if value.op == ops.ALLOC and self._allocated.get(value) and value not in self._looked_at:
            self._object(value)
        if not self._is_known(value):
            return False
        self._put(data, offset, value)
        self._gone(store)
        return True

    def _is_known(self, value: Value) -> bool:
        if value.op == ops.CONST:
            return value.kind != P or value.imm == 0
        return value.op == ops.ADDR and isinstance(value.aux, _TARGETS)

    def _object(self, alloc: Value) -> None:
        """An object becomes a variable without a name."""
        typ = alloc.aux
        assert isinstance(typ, Type)
        sizes = self._context.shapes.sizes
        data = Data(f"{self._unit.path}..init_{self._count}", sizes.sizeof(typ), sizes.alignof(typ), typ)
        self._count += 1
        self._unit.data.append(data)
        self._data[data.name] = data
        self._objects.add(data.name)
        for store, offset in self._allocated.pop(alloc):
            self._put(data, offset, store.args[1])
            self._gone(store)
        alloc.reset(ops.ADDR, (), 0, DataRef(data.name))

    def _put(self, data: Data, offset: int, value: Value) -> None:
        width = SIZES[value.kind]
        for at in range(offset - _WORD + 1, offset + width):
            if at + SIZES[self._given.get((data.name, at), _NOTHING)[0]] > offset:
                self._given.pop((data.name, at), None)  # changed in part
        self._given[data.name, offset] = (value.kind, value.op, value.imm, value.aux)
        data.addresses = [one for one in data.addresses if not offset - _WORD < one.offset < offset + width]
        contents = bytes(width)
        if value.op == ops.CONST:
            contents = (value.imm & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        else:
            assert isinstance(value.aux, _TARGETS)
            data.addresses.append(Address(offset, value.aux, value.imm))
        if any(contents) or len(data.contents) > offset:
            data.contents += bytes(max(offset + width - len(data.contents), 0))
            data.contents[offset : offset + width] = contents

    def _gone(self, store: Value) -> None:
        store.set_args(())
        store.block.values.remove(store)
