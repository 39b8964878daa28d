# SPDX-License-Identifier: BSD-3-Clause
"""Instruction selection: the values of a function become operations of a machine, in place.

Blocks are taken so that users come before what they use, and each from its end, so a value is selected once, when all its users are known:
it is either an operation of its own, or covered by its users and gone. Most operations are rules (`selector.py`); here are those that the
calling convention, the frame or the runtime have a say in. docs/compiler.md says what holds afterwards.

A NilCheck, Bounds or Copy is its first argument to whoever uses it; the checks stay where they are, as operations without a result.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Final, final

from pygo_cross.arch.insn import InsnTable, insns
from pygo_cross.codegen.abi import ABI0, Assigner, Convention
from pygo_cross.codegen.calls import MEMORY, MachineCall, Plan, plan
from pygo_cross.codegen.features import Features
from pygo_cross.codegen.mem import INCOMING, OUTGOING, VALUE, Barrier, Mem
from pygo_cross.codegen.selector import CMOVL, CMOVQ, SEL, SET, Compare, J, Selector, s32
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import postorder
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import BITS, F32, F64, I8, I16, I32, I64, NAMES, SIZES, VOID, B, P
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import ABI0 as IS_ABI0
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.types import types as t
from pygo_cross.types.types import TYP, Type

_UNROLLED: Final = 192
"""Copies and clearings of at most so many bytes are accesses one after another, larger ones a loop."""
_LOOP: Final = 64
"""Bytes that a loop copies each time."""
_MOST_LOOP: Final = 2048
"""What is larger is left to the machine's own loop, which is fast once it has begun."""

_SMALL: Final = 4096
"""An access at an offset from nil below this faults."""

_SCALED: Final = frozenset(factor << shift for factor in (3, 5, 9) for shift in (1, 2, 3))
"""Factors of products that are split, so that memory operands can do a part."""

_ALIASES: Final = frozenset([ops.COPY, ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS])
_KIND_TYPES: Final = {B: t.BOOL, I8: t.INT8, I16: t.INT16, I32: t.INT32, I64: t.INT64, F32: t.FLOAT32, F64: t.FLOAT64, P: t.UNSAFE_POINTER}
_MEMORY_OPS: Final = ops.WRITES | ops.FAULTS | ops.CALL


@final
class Selection:
    """Selects functions for one architecture. `convention` is that of ABIInternal; `level` says of which processors (GOAMD64)."""

    def __init__(self, arch: str, shapes: Shapes, convention: Convention, level: int = 1) -> None:
        self.table: InsnTable = insns(arch)
        self.features = Features(self.table.features, level)
        rules = importlib.import_module(f"pygo_cross.codegen.rules_{arch}")
        self.values: dict[int, Callable[[Selector, Value], bool]] = rules.VALUES
        self.conditions: dict[int, Callable[[Selector, Value], bool]] = rules.CONDITIONS
        self.subjects: dict[int, int] = rules.SUBJECTS
        self.shapes = shapes
        self.assigners = (Assigner(convention, shapes), Assigner(ABI0, shapes))
        self.dense = {number: dense for dense, number in self.table.registers.numbers.items()}
        self.plans: dict[tuple[tuple[Type, ...], tuple[Type, ...], bool], Plan] = {}
        self.test_bool = Compare(self.table, "TESTB")
        self.numbers = self.table.numbers
        self.ne = self.table.conditions.index("NE")

    def plan(self, params: Sequence[Type], results: Sequence[Type], abi0: bool) -> Plan:
        """Where the scalars of a signature are."""
        key = (tuple(params), tuple(results), abi0)
        found = self.plans.get(key)
        if found is None:
            found = self.plans[key] = plan(self.assigners[abi0], self.shapes, params, results)
        return found

    def func_plan(self, func: Func) -> Plan:
        """Where a function's own parameters and results are. One without FuncInfo has those that its kinds say."""
        info = func.info
        if isinstance(info, FuncInfo):
            return self.plan(info.params, info.results, bool(info.flags & IS_ABI0))
        return self.plan([TYP[_KIND_TYPES[kind]] for kind in func.params], [TYP[_KIND_TYPES[kind]] for kind in func.results], False)

    def select(self, func: Func) -> None:
        """Make machine operations of all values of a function."""
        self.features.ask(func)
        _Function(self, func).run()


@final
class _Function:
    """Selection in one function."""

    def __init__(self, selection: Selection, func: Func) -> None:
        self.selection = selection
        self.func = func
        self.s = Selector(func)
        self.plan = selection.func_plan(func)
        self.abi0 = isinstance(func.info, FuncInfo) and bool(func.info.flags & IS_ABI0)
        self.faulting: set[Value] = set()  # pointers that a later access of this block faults on if they are nil

    def run(self) -> None:
        for block in self.func.blocks:
            self.prepare(block)
        for block in reversed(_order(self.func)):
            self.block(block)

    # ---- before selection

    def prepare(self, block: Block) -> None:
        """See through aliases, count effects, and find the last store that each write barrier is for."""
        epochs = self.s.epochs
        epoch = 0
        flags = ops.FLAGS
        scaled: list[Value] = []
        for value in block.values:
            for at, arg in enumerate(value.args):
                if arg.op in _ALIASES:
                    while arg.op in _ALIASES:
                        arg = arg.args[0]
                    value.set_arg(at, arg)
            epochs[value.id] = epoch
            if flags[value.op] & ops.COMMUTES and value.args[0].op == ops.CONST:
                value.args.reverse()
            if ops.SHL <= value.op <= ops.SHR_U and not value.imm:
                self.masked(value)
            if value.op == ops.MUL and value.kind == I64 and value.args[1].op == ops.CONST and value.args[1].imm in _SCALED:
                scaled.append(value)
            if flags[value.op] & _MEMORY_OPS:
                epoch += 1
                if value.op == ops.WRITE_BARRIER:
                    self.last_store(block, value)
        for value in scaled:
            self.scale(block, value)
        if any(value.op in _ALIASES for value in block.controls):
            controls = []
            for value in block.controls:
                while value.op in _ALIASES:
                    value = value.args[0]
                controls.append(value)
            block.set_controls(controls)
        block.imm = epoch

    def masked(self, value: Value) -> None:
        """See that a shift's count is small because bits of it were masked off; masking by the machine's own mask is needless."""
        count = value.args[1]
        if count.op == ops.AND and count.args[1].op == ops.CONST and 0 <= count.args[1].imm < BITS[value.kind]:
            value.imm = 1
            if count.args[1].imm == max(BITS[value.kind], BITS[I32]) - 1:
                value.set_arg(1, count.args[0])

    def scale(self, block: Block, value: Value) -> None:
        """A product with 3 times a power of two and the like as a shift of another product: an operand scales its index itself."""
        x, factor = value.args
        shift = (factor.imm & -factor.imm).bit_length() - 1
        made = []
        for op, args, imm in ((ops.CONST, (), factor.imm >> shift), (ops.MUL, (x,), 0), (ops.CONST, (), shift)):
            one = self.func.make(block, op, I64, args, imm, None, value.pos)
            one.inline = value.inline
            self.s.epochs.append(self.s.epochs[value.id])
            made.append(one)
        made[1].add_arg(made[0])
        value.reset(ops.SHL, (made[1], made[2]), 1)
        at = block.values.index(value)
        block.values[at:at] = made

    def last_store(self, block: Block, barrier: Value) -> None:
        """Note in a barrier's imm the last of its stores."""
        offsets = barrier.aux
        assert isinstance(offsets, tuple)
        wanted = [(_root(barrier.args[2 * at]), offset) for at, offset in enumerate(offsets)]
        behind = block.values[block.values.index(barrier) + 1 :]
        for value in behind:
            if not wanted:
                break
            if value.op == ops.STORE and (_root(value.args[0]), value.imm) in wanted:
                wanted.remove((_root(value.args[0]), value.imm))
                barrier.imm = value.id
        if wanted:
            raise self.func.bug("select", "a write barrier without its stores", barrier)

    # ---- blocks

    def block(self, block: Block) -> None:
        s = self.s
        s.block = block
        s.root = None
        s.now = block.imm
        block.imm = 0
        self.faulting.clear()
        out: list[Value] = []
        self.exit(block)
        self.drain(out)
        epochs = s.epochs
        for value in reversed(block.values):
            s.now = epochs[value.id]
            out.append(value)
            self.drain(out, value)
        out.reverse()
        block.values = out

    def drain(self, out: list[Value], first: Value | None = None) -> None:
        """Select a value, which is the last of `out`, and all that its selection has made; what nothing uses is taken out again."""
        s = self.s
        stack = s.pending
        s.pending = []
        if first is not None:
            out.pop()
            stack.append(first)
        while stack:
            value = stack.pop()
            op = value.op
            if op >= ops.FIRST_MACHINE_OP:
                if value.uses == 0 and value.kind != VOID and self.is_pure(value):
                    value.set_args(())
                    continue
                out.append(value)
                continue
            if value.uses == 0 and ops.FLAGS[op] & (ops.PURE | ops.READS) and not ops.FLAGS[op] & _MEMORY_OPS:
                value.set_args(())
                continue
            s.root = value
            s.shared = False
            if ops.FLAGS[op] & _MEMORY_OPS and op != ops.NIL_CHECK:
                self.faulting.clear()
            own = _OWN.get(op)
            if own is not None:
                if not own(self, value):
                    stack += s.pending
                    s.pending = []
                    continue
            else:
                self.by_rule(value)
                if value.op < ops.FIRST_MACHINE_OP and value.op != ops.COPY:
                    stack.append(value)
                    stack += s.pending
                    s.pending = []
                    self.again(stack, value)
                    continue
            out.append(value)
            if s.pending:
                stack += s.pending
                s.pending = []

    def by_rule(self, value: Value) -> None:
        """Select a value by the rules of the architecture."""
        selection = self.selection
        op = value.op
        subject = selection.subjects.get(op, -1)
        kind = value.kind if subject < 0 else value.args[subject].kind
        rule = selection.values.get(op << 4 | kind)
        if rule is None or not rule(self.s, value):
            raise self.func.bug("select", f"no rule for {ops.NAMES[op]} of {NAMES[kind]}", value)

    def again(self, stack: list[Value], value: Value) -> None:
        """A rule has made another operation of SSA of a value, to be selected in its place: before what it uses."""
        stack.remove(value)
        stack.append(value)
        # The value is on top, so it is selected next, and those that it uses behind it.

    def is_pure(self, value: Value) -> bool:
        """Whether a machine operation may go if nothing uses it."""
        return not self.selection.table.rows[value.op].flags & _MEMORY_OPS

    # ---- exits

    def exit(self, block: Block) -> None:
        kind = block.kind
        if kind == ops.IF:
            root = block.controls[0]
            if root.inline:
                block.pos, block.inline = root.pos, root.inline
            self.decide(root)
            args, mem, compare, condition = self.decided()
            block.op = compare.numbers[J][condition] + (mem.registers if mem is not None else 0)
            block.imm = self.s.imm
            block.aux = mem
            block.set_controls(args)
        elif kind == ops.RET:
            self.returns(block)
        elif kind == ops.JUMP_TABLE:
            block.op = self.selection.numbers["JUMPTABLE"]

    def returns(self, block: Block) -> None:
        """Results go into registers, or to their places on the stack."""
        s = self.s
        inputs, args = [], []
        at_end = self.func.make(block, ops.KEEP_ALIVE, VOID, (), 0, None, block.pos)  # gives new values their position
        for scalar, value in zip(self.plan.results, block.controls, strict=True):
            if scalar.kind == MEMORY:
                size = self.selection.shapes.sizes.sizeof(scalar.typ)
                registers, mem = s.address(value, 0, 0)
                self.move(at_end, [], Mem(INCOMING, scalar.offset, 0), registers, mem, size)
            elif scalar.register:
                inputs.append(1 << self.selection.dense[scalar.register])
                args.append(_root_trunc(value))
            else:
                self.store_at(at_end, Mem(INCOMING, scalar.offset, SIZES[scalar.kind]), value)
        block.op = self.selection.numbers["RET"]
        block.aux = MachineCall(None, tuple(inputs), (), 0)
        block.set_controls(args)

    # ---- conditions

    def decide(self, value: Value, memory: bool = True) -> None:
        """Find out how a boolean is decided: the selector has it then. `memory` says whether a load may be part of it."""
        s = self.s
        negated = False
        s.shared = not memory
        while True:
            if value is not s.root and value.uses > 1:
                s.shared = True
            if value.op != ops.NOT:
                break
            negated = not negated
            value = value.args[0]
        rule = self.selection.conditions.get(value.op << 4 | value.args[0].kind) if value.args else None
        if rule is None or not rule(s, value):
            s.decide(self.selection.test_bool, self.selection.ne, (value, value), 0, None)
        if negated:
            s.condition ^= 1
        s.shared = False

    def decided(self) -> tuple[list[Value], Mem | None, Compare, int]:
        """The operands of a comparison, with its memory operand, and what it is."""
        s = self.s
        assert s.compare is not None
        args = [_root_trunc(arg) for arg in s.args]
        mem: Mem | None = None
        if s.memory is not None:
            registers, mem = s.operand(s.memory)
            args += registers
        return args, mem, s.compare, s.condition

    def boolean(self, v: Value) -> bool:
        """A comparison whose result is a value."""
        self.decide(v)
        imm = self.s.imm
        args, mem, compare, condition = self.decided()
        self.s.set(v, compare.numbers[SET][condition] + (mem.registers if mem is not None else 0), args, imm, mem)
        return True

    def choice(self, v: Value) -> bool:
        """Select."""
        self.decide(v.args[0], False)
        imm = self.s.imm
        args, _, compare, condition = self.decided()
        yes, no = v.args[1], v.args[2]
        family = SEL if v.kind in (F32, F64) else CMOVQ if v.kind in (I64, P) else CMOVL
        numbers = compare.numbers[family]
        if not numbers[condition]:
            condition ^= 1
            yes, no = no, yes
        self.s.set(v, numbers[condition], [no, yes, *args], imm)
        return True

    # ---- values that are there

    def param(self, v: Value) -> bool:
        scalar = self.plan.args[v.imm]
        if scalar.register:
            v.aux = 1 << self.selection.dense[scalar.register]
        elif scalar.kind == MEMORY:
            self.s.set(v, self.selection.numbers["LEAQ"], (), 0, Mem(INCOMING, scalar.offset, 0))
        else:
            self.load_at(v, Mem(INCOMING, scalar.offset, SIZES[v.kind]))
        return True

    def closure(self, v: Value) -> bool:
        v.aux = 1 << self.selection.table.registers.context
        return True

    def result(self, v: Value) -> bool:
        call = v.args[0]
        scalar = self.call_plan(call).results[v.imm]
        if scalar.register:
            return True
        if scalar.kind == MEMORY:
            self.s.set(v, self.selection.numbers["LEAQ"], (), 0, Mem(OUTGOING, scalar.offset, 0))
        else:
            self.load_at(v, Mem(OUTGOING, scalar.offset, SIZES[v.kind]))
        return True

    def as_it_is(self, v: Value) -> bool:
        return True

    def address_of(self, v: Value) -> bool:
        registers, mem = self.s.address(v, 0, 0)
        if registers == [v]:
            raise self.func.bug("select", "an address of itself", v)
        self.s.set(v, self.selection.numbers["LEAQ"] + len(registers), registers, 0, mem)
        return True

    def get_g(self, v: Value) -> bool:
        self.s.set(v, self.selection.numbers["GETGTLS" if self.abi0 else "GETG"], ())
        return True

    def caller_pc(self, v: Value) -> bool:
        self.load_at(v, Mem(INCOMING, -self.selection.shapes.sizes.word, SIZES[v.kind]))
        return True

    def caller_sp(self, v: Value) -> bool:
        self.s.set(v, self.selection.numbers["LEAQ"], (), 0, Mem(INCOMING, 0, 0))
        return True

    # ---- checks

    def nil_check(self, v: Value) -> bool:
        v.kind = VOID
        if v.args[0] in self.faulting:
            v.set_args(())
            return False
        self.by_rule(v)
        return True

    def bounds(self, v: Value) -> bool:
        name = "BOUNDS" if v.op == ops.BOUNDS else "SLICEBOUNDS"
        v.kind = VOID
        index, length = v.args
        what = v.aux
        if length.op == ops.CONST and s32(length.imm):
            self.s.set(v, self.selection.numbers[name + "const"], (index,), length.imm, what)
        elif index.op == ops.CONST and s32(index.imm):
            self.s.set(v, self.selection.numbers[name + "index"], (length,), index.imm, what)
        else:
            self.s.set(v, self.selection.numbers[name], (index, length), 0, what)
        return True

    def atomic(self, v: Value) -> bool:
        """A store is an exchange, whose result nothing uses; and what only changes memory has none."""
        kind = v.args[1].kind
        self.by_rule(v)
        v.kind = kind if self.selection.table.rows[v.op].output else VOID
        return True

    def barrier(self, v: Value) -> bool:
        offsets = v.aux
        assert isinstance(offsets, tuple)
        args: list[Value] = []
        parts: list[tuple[int, int, Mem]] = []
        for at, offset in enumerate(offsets):
            address, value = v.args[2 * at : 2 * at + 2]
            written = -1
            if value.op not in (ops.CONST, ops.ADDR):  # nil and static data are none of the collector's business
                written = len(args)
                args.append(value)
            registers, mem = self.s.address(address, offset, 0)
            parts.append((written, len(args), mem))
            args += registers
        table = self.selection.table
        op = table.numbers["WB"]
        allowed = table.registers.integers & ~table.rows[op].clobbers
        self.s.set(v, op, args, v.imm, Barrier((allowed,) * len(args), tuple(parts)))
        return True

    # ---- calls

    def call_plan(self, call: Value) -> Plan:
        info = call.aux.info if isinstance(call.aux, MachineCall) else call.aux
        if not isinstance(info, CallInfo):
            raise self.func.bug("select", "a call of nothing known", call)
        return self.selection.plan(info.params, info.results, info.target is not None and info.target.abi0)

    def call(self, v: Value) -> bool:
        info = v.aux
        if not isinstance(info, CallInfo):
            raise self.func.bug("select", "a call of nothing known", v)
        plan = self.call_plan(v)
        table = self.selection.table
        dense = self.selection.dense
        args = v.args
        inputs: list[int] = []
        passed: list[Value] = []
        op = v.op
        taken = 0
        if op in (ops.CALL_CLOSURE, ops.CALL_POINTER):
            passed.append(args[0])
            inputs.append(1 << table.registers.context)
            args = args[1:]
        if len(args) != len(plan.args):
            raise self.func.bug("select", f"{len(args)} arguments for {len(plan.args)}", v)
        for scalar, arg in zip(plan.args, args, strict=True):
            if scalar.kind == MEMORY:
                size = self.selection.shapes.sizes.sizeof(scalar.typ)
                registers, mem = self.s.address(arg, 0, 0)
                self.move(v, [], Mem(OUTGOING, scalar.offset, 0), registers, mem, size)
            elif scalar.register:
                inputs.append(1 << dense[scalar.register])
                taken |= inputs[-1]
                passed.append(arg)
            else:
                self.store_at(v, Mem(OUTGOING, scalar.offset, SIZES[scalar.kind]), arg)
        if op == ops.CALL_POINTER:
            inputs[0] = table.registers.integers & ~taken
        outputs = tuple(1 << dense[scalar.register] if scalar.register else 0 for scalar in plan.results)
        name = {ops.CALL_CLOSURE: "CALLclosure", ops.CALL_POINTER: "CALLpointer"}.get(op, "CALLstatic")
        abi0 = info.target is not None and info.target.abi0
        stack = plan.results_end if abi0 else plan.size
        self.s.set(v, table.numbers[name], passed, 0, MachineCall(info, tuple(inputs), outputs, stack))
        return True

    # ---- memory

    def access(self, v: Value) -> bool:
        """Load or Store: a rule, and what is known of the pointer before it."""
        if 0 <= v.imm < _SMALL:
            self.faulting.add(v.args[0])
        self.by_rule(v)
        return True

    def store_at(self, v: Value, mem: Mem, value: Value) -> None:
        """A store to a place of the frame, before `v`."""
        name = {1: "MOVBstore", 2: "MOVWstore", 4: "MOVLstore", 8: "MOVQstore"}[mem.size]
        if value.kind in (F32, F64):
            name = "MOVSDstore" if value.kind == F64 else "MOVSSstore"
        self.s.new(v, self.selection.numbers[name], VOID, (value,), 0, mem)

    def load_at(self, v: Value, mem: Mem) -> None:
        """Make a value a load from a place of the frame."""
        name = {1: "MOVBQZXload", 2: "MOVWQZXload", 4: "MOVLQZXload", 8: "MOVQload"}[mem.size]
        if v.kind in (F32, F64):
            name = "MOVSDload" if v.kind == F64 else "MOVSSload"
        self.s.set(v, self.selection.numbers[name], (), 0, mem)

    def zero(self, v: Value) -> bool:
        size = v.imm
        if 0 < size < _SMALL:
            self.faulting.add(v.args[0])
        registers, mem = self.s.address(v.args[0], 0, 0)
        numbers = self.selection.numbers
        s = self.s
        if size == 0:
            v.set_args(())
            return False
        if size <= _UNROLLED:
            pieces = _pieces(size)
            for at, piece in pieces:
                part = Mem(mem.base, mem.offset + at, piece, mem.ref, mem.scale)
                self.piece(v, (at, piece) == pieces[-1], numbers[_ZERO_STORES[piece]] + len(registers), registers, part)
            return True
        start = s.new(v, numbers["LEAQ"] + len(registers), P, registers, 0, mem)
        if size <= _MOST_LOOP:
            for at, piece in _rest(size, _LOOP):
                s.new(v, numbers[_ZERO_STORES[piece]] + 1, VOID, (start,), 0, Mem(VALUE, at, piece))
            count = s.new(v, ops.CONST, I64, (), size // _LOOP)
            s.set(v, numbers["ZEROLOOP"], (start, count))
            return True
        for at, piece in _rest(size, 8):
            s.new(v, numbers[_ZERO_STORES[piece]] + 1, VOID, (start,), 0, Mem(VALUE, at, piece))
        count = s.new(v, ops.CONST, I64, (), size // 8)
        nothing = s.new(v, ops.CONST, I64, (), 0)
        s.set(v, numbers["REPSTOSQ"], (start, count, nothing))
        return True

    def piece(self, v: Value, last: bool, op: int, args: Sequence[Value], mem: Mem) -> None:
        """One store of several; the last is `v` itself."""
        if last:
            self.s.set(v, op, args, 0, mem)
        else:
            self.s.new(v, op, VOID, args, 0, mem)

    def move_value(self, v: Value) -> bool:
        s = self.s
        if 0 < v.imm < _SMALL:
            self.faulting.update(v.args)
        to, to_mem = s.address(v.args[0], 0, 0)
        source, source_mem = s.address(v.args[1], 0, 0)
        if v.imm == 0:
            v.set_args(())
            return False
        self.move(v, to, to_mem, source, source_mem, v.imm)
        v.set_args(())
        return False

    def move(self, v: Value, to: list[Value], to_mem: Mem, source: list[Value], source_mem: Mem, size: int) -> None:
        """A copy of memory before `v`, to what is equal or apart."""
        s = self.s
        numbers = self.selection.numbers
        if size <= _UNROLLED:
            self.pieces(v, _pieces(size), to, to_mem, source, source_mem)
            return
        target = s.new(v, numbers["LEAQ"] + len(to), P, to, 0, to_mem)
        start = s.new(v, numbers["LEAQ"] + len(source), P, source, 0, source_mem)
        width = _LOOP if size <= _MOST_LOOP else 8
        self.pieces(v, _rest(size, width), [target], Mem(VALUE, 0, 0), [start], Mem(VALUE, 0, 0))
        count = s.new(v, ops.CONST, I64, (), size // width)
        s.new(v, numbers["MOVELOOP" if width == _LOOP else "REPMOVSQ"], VOID, (target, start, count))

    def pieces(self, v: Value, pieces: list[tuple[int, int]], to: list[Value], to_mem: Mem, source: list[Value], source_mem: Mem) -> None:
        """Copies of parts, each with the registers of the CPU."""
        s = self.s
        numbers = self.selection.numbers
        for at, piece in pieces:
            load_mem = Mem(source_mem.base, source_mem.offset + at, piece, source_mem.ref, source_mem.scale)
            store_mem = Mem(to_mem.base, to_mem.offset + at, piece, to_mem.ref, to_mem.scale)
            load, store = _COPIES[piece]
            loaded = s.new(v, numbers[load] + len(source), F64 if piece == 16 else I64, source, 0, load_mem)
            s.new(v, numbers[store] + len(to), VOID, (loaded, *to), 0, store_mem)


_ZERO_STORES: Final = {1: "MOVBstoreconst", 2: "MOVWstoreconst", 4: "MOVLstoreconst", 8: "MOVQstoreconst", 16: "MOVUPSzero"}
_COPIES: Final = {
    1: ("MOVBQZXload", "MOVBstore"),
    2: ("MOVWQZXload", "MOVWstore"),
    4: ("MOVLQZXload", "MOVLstore"),
    8: ("MOVQload", "MOVQstore"),
    16: ("MOVUPSload", "MOVUPSstore"),
}

_OWN: Final[dict[int, Callable[[_Function, Value], bool]]] = {
    ops.PHI: _Function.as_it_is,
    ops.COPY: _Function.as_it_is,
    ops.SLOT_LIVE: _Function.as_it_is,
    ops.KEEP_ALIVE: _Function.as_it_is,
    ops.PARAM: _Function.param,
    ops.CLOSURE: _Function.closure,
    ops.RESULT: _Function.result,
    ops.ADDR: _Function.address_of,
    ops.SLOT_ADDR: _Function.address_of,
    ops.ADD_PTR: _Function.address_of,
    ops.GET_G: _Function.get_g,
    ops.CALLER_PC: _Function.caller_pc,
    ops.CALLER_SP: _Function.caller_sp,
    ops.NIL_CHECK: _Function.nil_check,
    ops.BOUNDS: _Function.bounds,
    ops.SLICE_BOUNDS: _Function.bounds,
    ops.WRITE_BARRIER: _Function.barrier,
    ops.CALL_STATIC: _Function.call,
    ops.CALL_CLOSURE: _Function.call,
    ops.CALL_POINTER: _Function.call,
    ops.PANIC: _Function.call,
    ops.LOAD: _Function.access,
    ops.STORE: _Function.access,
    ops.ATOMIC_STORE: _Function.atomic,
    ops.ATOMIC_AND: _Function.atomic,
    ops.ATOMIC_OR: _Function.atomic,
    ops.ZERO: _Function.zero,
    ops.MOVE: _Function.move_value,
    ops.SELECT: _Function.choice,
    ops.EQ: _Function.boolean,
    ops.NE: _Function.boolean,
    ops.LT_S: _Function.boolean,
    ops.LE_S: _Function.boolean,
    ops.LT_U: _Function.boolean,
    ops.LE_U: _Function.boolean,
}


def _root(value: Value) -> Value:
    while value.op in _ALIASES:
        value = value.args[0]
    return value


def _root_trunc(value: Value) -> Value:
    while value.op == ops.TRUNC:
        value = value.args[0]
    return value


def _pieces(size: int) -> list[tuple[int, int]]:
    """Offsets and sizes of accesses that cover so many bytes; the last two may overlap."""
    pieces = []
    at = 0
    while at < size:
        left = size - at
        width = 16 if left >= 16 else 8 if left >= 8 else 4 if left >= 4 else 2 if left >= 2 else 1
        wider = next((one for one in (2, 4, 8, 16) if left <= one <= size), 0)
        if wider and wider != width:
            pieces.append((size - wider, wider))
            break
        pieces.append((at, width))
        at += width
    return pieces


def _rest(size: int, width: int) -> list[tuple[int, int]]:
    """Offsets and sizes of accesses that cover what is left of so many bytes behind all of a width; they may begin before that."""
    left = size % width
    if not left:
        return []
    if left > 16:
        return [(at + size - left, piece) for at, piece in _pieces(left)]
    piece = next(one for one in (1, 2, 4, 8, 16) if one >= left)
    return [(size - piece, piece)]


def _order(func: Func) -> list[Block]:
    """Blocks so that a block stands behind those that dominate it; what is never reached first."""
    reached = postorder(func)[::-1]
    seen = set(reached)
    return [block for block in func.blocks if block not in seen] + reached
