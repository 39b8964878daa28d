# SPDX-License-Identifier: BSD-3-Clause
"""The state of one function while it is lowered.

A variable is an SSA variable for each of its leaves (named `(variable, leaf)` to the builder), or memory: then `addresses` has where. It
is memory if its type is, if its address is taken, or if a function literal shares it: `escapes` says which, found out before lowering
begins (`captured.py` walks the body once).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from pygo_cross.diag import InternalError
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import Builder
from pygo_cross.ssa.func import ADDRESS, PARAMETER, RESULT, Block, Func, Local, Slot, Value
from pygo_cross.ssa.kinds import I64, VOID, B, P
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.syntax.nodes import Expr, Name, Node
from pygo_cross.types.objects import FIELD_VAR, Object, Var
from pygo_cross.types.types import INT, TYP, UINTPTR, Array, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.defer import OpenDefers
    from pygo_cross.lower.generics import Instantiation
    from pygo_cross.lower.package import PackageLowering
    from pygo_cross.lower.rangefunc import Body


@final
class Target:
    """Where `break` and `continue` of a statement lead, and `fallthrough` of the clause that is being lowered."""

    __slots__ = ("break_to", "continue_to", "fall_to", "label")

    def __init__(self, label: str, break_to: Block, continue_to: Block | None) -> None:
        self.label = label
        self.break_to = break_to
        self.continue_to = continue_to
        self.fall_to: Block | None = None


@final
class FuncLowering:
    """Lowers one function. `subst` puts in type arguments where it is an instance of something generic."""

    def __init__(
        self, package: PackageLowering, name: str, info: FuncInfo, in_memory: set[Var], subst: Instantiation | None = None
    ) -> None:
        self.package = package
        self.shapes = package.shapes
        self.info = info
        self.subst = subst
        self.func = Func(name, self._kinds(info.params), self._kinds(info.results), info.pos)
        self.func.info = info
        self.b = Builder(self.func)
        self.b.pos = info.pos
        self.in_memory = in_memory
        self.addresses: dict[Object, Value] = {}
        self.laid_out: dict[Object, Value] = {}
        """Addresses of parameters and results that have a place already (`lay_out`)."""
        self.kept_alive: dict[Value, list[Value]] = {}  # what the array behind a variadic argument has that was a pointer
        self.numbers: dict[Var, int] = {}
        """Variables that debug information tells of, by their place in `Func.variables`."""
        self.known: dict[Var, Sequence[Value]] = {}
        """Variables that are declared so far, in order, and those that are captured."""
        self.results: list[Var] = []
        self.targets: list[Target] = []
        self.labels: dict[str, Block] = {}
        self.pending_label = ""
        self.literals = 0
        # See defer: where returns go if the function defers, results that are slots, and slots with the addresses of results.
        self.exit_to: Block | None = None
        self.open_defers: OpenDefers | None = None
        self.slots: dict[Var, Slot] = {}
        self.result_addresses: dict[Var, Slot] = {}
        self.defer_token: Var | None = None
        self.body: Body | None = None
        """What loop it is the body of, if it is one (see rangefunc)."""
        self.has_goto = False
        self.context: Value | None = None
        self.ordered = False
        """Whether the order has been looked at in which what is being evaluated is evaluated (`order.begin`)."""
        self.early: dict[Expr, Val] = {}
        """Values of calls that have been made before evaluation comes to them."""

    def _kinds(self, types: Sequence[Type]) -> list[int]:
        kinds: list[int] = []
        for typ in types:
            leaves = self.shapes.leaves(typ)
            kinds += [P] if leaves is None else [leaf.kind for leaf in leaves]
        return kinds

    # ---- types

    def typ(self, typ: Type) -> Type:
        """A type with type arguments put in."""
        return typ if self.subst is None else self.subst.typ(typ)

    def type_of(self, e: Expr) -> Type:
        """The type of an expression."""
        found = self.package.info.types.get(e)
        if found is not None and found.typ is not None:
            return self.typ(found.typ)
        if isinstance(e, Name):
            obj = self.package.info.uses.get(e) or self.package.info.defs.get(e)
            if obj is not None:
                return self.typ(obj.typ)
        raise self.bug("an expression without a type", e)

    def bug(self, message: str, at: Node | None = None) -> InternalError:
        """What to raise when lowering contradicts itself, or meets what it does not know."""
        pos = self.package.fset.position(at.pos if at is not None else self.b.pos)
        return InternalError("lower", message, self.func.symbol, pos)

    # ---- values

    def emit(self, op: int, kind: int = VOID, args: Sequence[Value] = (), imm: int = 0, aux: object = None) -> Value:
        """A value where lowering is."""
        return self.b.emit(op, kind, args, imm, aux)

    def int_const(self, value: int) -> Value:
        """A constant of Go's int."""
        return self.b.const(I64, value)

    def bool_const(self, value: bool) -> Value:
        """A constant truth."""
        return self.b.const(B, int(value))

    def zero(self, typ: Type) -> Val:
        """The zero value of a type."""
        leaves = self.shapes.leaves(typ)
        if leaves is not None and self.shapes.is_value(typ):
            return Val(typ, [self.b.const(leaf.kind, 0) for leaf in leaves])
        address = self.temporary(typ)
        return Val(typ, address=address)

    def temporary(self, typ: Type) -> Value:
        """Memory for a value, zeroed."""
        return self.emit(ops.ALLOC, P, (), 0, typ)

    # ---- memory

    def offset(self, address: Value, offset: int) -> Value:
        """An address some bytes on."""
        return address if offset == 0 else self.emit(ops.ADD_PTR, P, (address, self.int_const(offset)))

    def load(self, typ: Type, address: Value, offset: int = 0) -> Val:
        """The value that memory has; of a type that is memory, the memory itself."""
        leaves = self.shapes.leaves(typ)
        if leaves is None or not self.shapes.is_value(typ):
            return Val(typ, address=self.offset(address, offset))
        return Val(typ, [self.emit(ops.LOAD, leaf.kind, (address,), offset + leaf.offset, leaf.aux) for leaf in leaves])

    def scratch(self, typ: Type, zeroed: bool = True) -> Value:
        """Memory of the frame that the runtime reads or writes in a call, and does not keep. What is not zeroed is stored as a whole at
        once.
        """
        sizes = self.shapes.sizes
        slot = self.func.new_slot("tmp", typ, sizes.sizeof(typ), sizes.alignof(typ), self.shapes.has_pointers(typ))
        self.emit(ops.SLOT_LIVE, VOID, (), 0, slot)
        address = self.emit(ops.SLOT_ADDR, P, (), 0, slot)
        if slot.size and zeroed:
            self.emit(ops.ZERO, VOID, (address,), slot.size, typ)
        return address

    def kept(self, value: Val) -> Val:
        """A value that nothing later can change: memory is copied."""
        return value if value.address is None else Val(value.typ, address=self.in_place(value))

    def store(self, value: Val, address: Value, offset: int = 0) -> None:
        """Put a value into memory."""
        if value.address is not None:
            size = self.shapes.sizes.sizeof(value.typ)
            if size:
                self.emit(ops.MOVE, VOID, (self.offset(address, offset), value.address), size, value.typ)
            return
        leaves = self.shapes.leaves(value.typ)
        assert leaves is not None
        for leaf, part in zip(leaves, value.parts, strict=True):
            self.emit(ops.STORE, VOID, (address, part), offset + leaf.offset, leaf.stored)

    def in_place(self, value: Val) -> Value:
        """The address of memory that has a value and is nobody else's."""
        address = self.temporary(value.typ)
        self.store(value, address)
        return address

    # ---- variables

    def declare(self, var: Var, value: Val) -> None:
        """A variable with its first value."""
        if var.name == "_":
            return
        self.known[var] = ()
        if var in self.in_memory or var in self.laid_out or self.package.variables_in_memory or not self.shapes.is_value(self.typ(var.typ)):
            self.tell(var, in_memory=True)
            address = self.laid_out.get(var) or self.emit(ops.ALLOC, P, (), ops.DECLARED, self.typ(var.typ))
            self.addresses[var] = address
            self.b.write(var, address)
            self.store(value, address)
            return
        self.tell(var)
        self.known[var] = value.parts
        for i, part in enumerate(value.parts):
            self.b.write((var, i), part)

    def lay_out(self, params: Sequence[Var], results: Sequence[Var]) -> None:
        """Have parameters and results in memory as a caller by ABI0 has them: C is given the address of the first, and means them all."""
        gap = Var(FIELD_VAR, 0, None, "_", Array(TYP[UINTPTR], 0))
        types = [*(self.typ(var.typ) for var in params), gap.typ, *(self.typ(var.typ) for var in results)]
        frame = Struct([Var(FIELD_VAR, 0, None, "_", typ) for typ in types])
        base = self.emit(ops.ALLOC, P, (), 0, frame)
        for var, offset in zip((*params, gap, *results), self.shapes.sizes.offsetsof(frame), strict=True):
            self.laid_out[var] = self.offset(base, offset)

    def tell(self, var: Var, in_memory: bool = False) -> int:
        """Have debug information tell of a variable, by the values that it gets from here on or by its address; gives its number."""
        typ = self.typ(var.typ)
        number = self.numbers.get(var, -1)
        if number < 0:
            number = self.numbers[var] = len(self.func.variables)
            block = var.parent
            scope = (block.pos, block.end) if block is not None and not block.is_func and block.pos > self.info.pos else None
            self.func.variables.append(Local(var.name, typ, var.pos, scope=scope))
        if in_memory:
            self.b.names[var] = (number << 8 | ADDRESS,)
            return number
        leaves = self.shapes.leaves(typ)
        assert leaves is not None
        for i, leaf in enumerate(leaves):
            if leaf.offset < ADDRESS:
                self.b.names[var, i] = (number << 8 | leaf.offset,)
        return number

    def tell_parameters(self, params: Sequence[Var], results: Sequence[Var]) -> None:
        """Parameters and results are the first variables of a function."""
        index = 0
        for number, typ in enumerate(self.info.params):
            leaves = self.shapes.leaves(typ)
            for leaf in leaves or ():
                if leaf.offset < ADDRESS:
                    self.func.names[-1 - index] = (number << 8 | leaf.offset,)
                index += 1
            index += leaves is None
        for variables, types, role in ((params, self.info.params, PARAMETER), (results, self.info.results, RESULT)):
            for i, (var, typ) in enumerate(zip(variables, types, strict=True)):
                self.numbers[var] = len(self.func.variables)
                name = var.name or (f"~r{i}" if role == RESULT else "_")
                self.func.variables.append(Local(name, typ, var.pos if var.name else self.info.pos, role))

    def place(self, var: Var) -> Place:
        """Where a variable of this function is."""
        typ = self.typ(var.typ)
        slot = self.slots.get(var)
        if slot is not None:
            return Place(typ, address=self.emit(ops.SLOT_ADDR, P, (), 0, slot))
        if var in self.addresses:
            return Place(typ, address=self.b.read(var))
        return Place(typ, variable=var)

    def read(self, place: Place) -> Val:
        """What is in a place."""
        if place.address is not None:
            return self.load(place.typ, place.address, place.offset)
        leaves = self.shapes.leaves(place.typ)
        assert leaves is not None
        return Val(place.typ, [self.b.read((place.variable, i)) for i in range(len(leaves))])

    def write(self, place: Place, value: Val) -> None:
        """Assign a place."""
        if place.address is not None:
            self.store(value, place.address, place.offset)
            return
        for i, part in enumerate(value.parts):
            self.b.write((place.variable, i), part)

    @property
    def in_loop(self) -> bool:
        """Whether a statement may be executed more than once in a call of the function."""
        return self.has_goto or any(target.continue_to is not None for target in self.targets)

    # ---- calls

    def call(self, op: int, info: CallInfo, head: Sequence[Value], args: Sequence[Val]) -> list[Val]:
        """Emit a call: `head` is what it is called through, `args` the values of the parameters; gives the results."""
        scalars = list(head)
        for arg, typ in zip(args, info.params, strict=True):
            scalars += self.scalars(arg, typ)
        # Memory for results that are in memory comes before the call: getting it may be a call too, which would overwrite them.
        room = [self.temporary(typ) if self.shapes.leaves(typ) is None else None for typ in info.results]
        called = self.emit(op, VOID, scalars, 0, info)
        for scalar in scalars:
            # f(uintptr(unsafe.Pointer(p))): what p points to stays until f returns (package unsafe, pattern 4).
            for address in self.kept_alive.pop(scalar, (scalar,)):
                if address.op == ops.PTR_TO_INT:
                    escapes = info.target is not None and self.package.uintptr_escapes(info.target.name)
                    self.emit(ops.KEEP_ALIVE, VOID, (address.args[0],), int(escapes))
        parts: list[list[Value]] = []
        index = 0
        for typ in info.results:
            parts.append(self.passed(ops.RESULT, (called,), typ, index))
            index += len(parts[-1])
        return [self.gathered(typ, some, into) for typ, some, into in zip(info.results, parts, room, strict=True)]

    def passed(self, op: int, args: Sequence[Value], typ: Type, first: int) -> list[Value]:
        """The scalars of a value that a call has given (Result) or the caller (Param); `first` is the number of the first."""
        leaves = self.shapes.leaves(typ)
        if leaves is None:
            return [self.emit(op, P, args, first)]
        return [self.emit(op, leaf.kind, args, first + i, leaf.aux) for i, leaf in enumerate(leaves)]

    def scalars(self, value: Val, typ: Type) -> list[Value]:
        """The leaves of a value as a call or return passes them."""
        leaves = self.shapes.leaves(typ)
        if leaves is None:
            return [value.address if value.address is not None else self.in_place(value)]
        if value.address is None:
            return list(value.parts)
        return [self.emit(ops.LOAD, leaf.kind, (value.address,), leaf.offset, leaf.aux) for leaf in leaves]

    def gathered(self, typ: Type, parts: Sequence[Value], into: Value | None = None) -> Val:
        """The value whose leaves a call or function has got; `into` is memory for one that is in memory."""
        leaves = self.shapes.leaves(typ)
        if leaves is None:
            address = into if into is not None else self.temporary(typ)
            self.emit(ops.MOVE, VOID, (address, parts[0]), self.shapes.sizes.sizeof(typ), typ)
            return Val(typ, address=address)
        if self.shapes.is_value(typ):
            return Val(typ, parts)
        address = self.temporary(typ)
        for leaf, part in zip(leaves, parts, strict=True):
            self.emit(ops.STORE, VOID, (address, part), leaf.offset)
        return Val(typ, address=address)

    def runtime(self, name: str, *args: Val | Value) -> list[Val]:
        """Call a function of the runtime. An argument that is one scalar may come bare: the runtime's declaration has its type."""
        info = self.package.runtime.call(name)
        values = [arg if isinstance(arg, Val) else Val(typ, (arg,)) for arg, typ in zip(args, info.params, strict=True)]
        return self.call(ops.CALL_STATIC, info, (), values)

    def panic(self, name: str, *args: Val | Value) -> None:
        """Call a function of the runtime that does not return; what follows is reached by nothing."""
        info = self.package.runtime.call(name)
        scalars: list[Value] = []
        for arg, typ in zip(args, info.params, strict=True):
            scalars += self.scalars(arg, typ) if isinstance(arg, Val) else (arg,)
        self.emit(ops.PANIC, VOID, scalars, 0, info)
        self.b.exit()

    def int_val(self, value: Value) -> Val:
        """A scalar as Go's int."""
        return Val(TYP[INT], (value,))
