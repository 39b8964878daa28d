# SPDX-License-Identifier: BSD-3-Clause
"""go and defer statements, recover, and what a function that defers does when it returns.

The runtime takes functions without parameters and results. For any other call a wrapper is made: a function whose context has what
the call needs, evaluated by the statement; constants and addresses of symbols are made in the wrapper again.

A function that defers has its results in memory: every return writes them there and goes to one block, `exit_to`, which calls
`runtime.deferreturn`, reads the results and returns. When a deferred call recovers, the runtime continues at that very call, so:

- the block begins with the call, and uses nothing that was computed before it but addresses of slots: a result that is captured, whose
  memory may be in the heap, has its address in a slot;
- a block that defers ends in DeferReturn, with that block as second successor;
- the slots that are read behind the call are `pinned`: they keep their contents, and pointers in them are live at every call.

Where no loop defers, and little is deferred, the calls are open-coded: each return makes them itself, in the reverse order of the
statements, as far as a byte of bits says that these were executed. That byte and the functions are in pinned slots, where the runtime
finds them in a panic (`FuncInfo.open_defer`); a bit is cleared before its call. What is known of both when a return is lowered needs no
test. These calls are never inlined (`ops.DEFERRED`), so a panic shows the frame that it shows when the runtime makes them.

Facts: src/cmd/compile/internal/typecheck/stmt.go (normalizeGoDeferCall), src/cmd/compile/internal/ssagen/ssa.go (exit, deferstruct),
src/runtime/panic.go, src/cmd/link/internal/ld/pcln.go (computeDeferReturn).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, final

from pygo_cross.lower.names import DEFER, GO
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Slot, Value
from pygo_cross.ssa.kinds import F32, F64, I8, I16, I32, I64, VOID, B, P
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import DUPOK, HAS_DEFER, NEEDS_CONTEXT, WRAPPER, FuncInfo
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import CallExpr, CallStmt, Expr, Name, unparen
from pygo_cross.types import types as t
from pygo_cross.types.check.info import TypeAndValue
from pygo_cross.types.check.operand import BUILTIN, VARIABLE
from pygo_cross.types.objects import FIELD_VAR, LOCAL_VAR, RESULT_VAR, Var
from pygo_cross.types.types import TYP, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.captured import Features
    from pygo_cross.lower.function import FuncLowering

_KIND_TYPES: Final = {
    B: t.BOOL,
    I8: t.UINT8,
    I16: t.UINT16,
    I32: t.UINT32,
    I64: t.UINT64,
    F32: t.FLOAT32,
    F64: t.FLOAT64,
    P: t.UNSAFE_POINTER,
}
_FN: Final = 24  # where a defer record has its function
# The runtime's record of a deferred call. Its pointers are found by the collector through the goroutine, so they are none here.
_RECORD: Final = Struct(
    [Var(FIELD_VAR, 0, None, name, TYP[t.BOOL]) for name in ("heap", "rangefunc")]
    + [Var(FIELD_VAR, 0, None, name, TYP[t.UINTPTR]) for name in ("sp", "pc", "fn", "link", "head")]
)


# ---- statements


def statement(f: FuncLowering, s: CallStmt) -> None:
    """go call, or defer call."""
    call = unparen(s.call)
    if not isinstance(call, CallExpr):
        raise f.bug("go or defer of what is no call", s)
    closure = _closure(f, call, GO if s.tok == tk.GO else DEFER)
    f.b.pos = s.pos
    if s.tok == tk.GO:
        f.runtime("newproc", closure)
        return
    if f.defer_token is not None:
        f.runtime("deferprocat", closure, f.read(f.place(f.defer_token)))
        return
    assert f.exit_to is not None
    if f.open_defers is not None:
        f.open_defers.add(f, closure)
    elif f.in_loop:
        f.runtime("deferproc", closure)
    else:
        record = _pinned(f, "defer", _RECORD)
        address = f.emit(ops.SLOT_ADDR, P, (), 0, record)
        f.emit(ops.STORE, VOID, (address, closure), _FN)
        f.runtime("deferprocStack", address)
    returns(f)


def returns(f: FuncLowering) -> None:
    """From here on a recovered panic leads to the function's exit."""
    assert f.exit_to is not None
    following = f.b.new_block()
    f.b.defer_return(following, f.exit_to)
    f.b.begin(following)


def recover(f: FuncLowering) -> Val:
    """recover()."""
    (value,) = f.runtime("gorecover")
    return value


# ---- functions without parameters and results


def _closure(f: FuncLowering, e: CallExpr, kind: str) -> Value:
    """A function value that makes a call, whose operands are evaluated now."""
    from pygo_cross.lower import calls

    found = f.package.info.types.get(e.fun)
    if found is not None and found.mode == BUILTIN:
        return _builtin(f, e, kind)
    made = calls.prepare(f, e)
    if not made.info.params and not made.info.results:
        if made.op == ops.CALL_CLOSURE:
            return made.head[0]
        if made.op == ops.CALL_STATIC and made.info.target is not None:
            return f.emit(ops.ADDR, P, (), 0, FuncValueRef(made.info.target.name))
    head = [Val(TYP[t.UNSAFE_POINTER], (one,)) for one in made.head]

    def body(g: FuncLowering, values: list[Val]) -> None:
        count = len(head)
        g.call(made.op, made.info, [one.one for one in values[:count]], values[count:])

    return _wrapper(f, kind, [*head, *made.args], body)


def _builtin(f: FuncLowering, e: CallExpr, kind: str) -> Value:
    """A predeclared function: the wrapper calls it with variables that have the values of its arguments."""
    from pygo_cross.lower import calls

    info = f.package.info
    constants = {i: one for i, one in enumerate(e.arg_list) if (found := info.types.get(one)) is not None and found.val is not None}
    values = calls.evaluated(f, [one for i, one in enumerate(e.arg_list) if i not in constants])

    def body(g: FuncLowering, captured: list[Val]) -> None:
        names: list[Expr] = []
        for i, value in enumerate(captured):
            var = Var(LOCAL_VAR, e.pos, f.package.package, f"#a{i}", value.typ)
            name = Name(e.pos, var.name)
            info.uses[name] = var
            info.types[name] = TypeAndValue(VARIABLE, value.typ, None)
            g.declare(var, value)
            names.append(name)
        for i, one in sorted(constants.items()):
            names.insert(i, one)
        call = CallExpr(e.pos, e.fun, names, e.has_dots, e.end)
        known = info.types.get(e)
        if known is not None:
            info.types[call] = known
        calls.call(g, call)

    return _wrapper(f, kind, values, body)


def _wrapper(f: FuncLowering, kind: str, values: Sequence[Val], body: Callable[[FuncLowering, list[Val]], None]) -> Value:
    """A function value whose context has the given values, and whose body is made by `body` from them."""
    from pygo_cross.lower.function import FuncLowering as New

    name = f.package.names.inside(f.func.symbol, kind)
    info = FuncInfo(name, (), (), f.b.pos, f.b.pos, WRAPPER | (f.info.flags & DUPOK))
    g = New(f.package, name, info, set(), f.subst)
    fields = [Var(FIELD_VAR, 0, None, "F", TYP[t.UINTPTR])]
    scalars: list[Value | Val] = []
    for value in values:
        if value.address is not None:
            scalars.append(value)
            fields.append(Var(FIELD_VAR, 0, None, f"X{len(fields)}", value.typ))
            continue
        for part in value.parts:
            # uintptr(unsafe.Pointer(p)): what p points to stays until the call is over, so p is what the context has.
            numbers = f.kept_alive.get(part, ())
            for one in (part, *numbers):
                if one.op not in (ops.CONST, ops.ADDR):
                    kept = one.args[0] if one.op == ops.PTR_TO_INT else one
                    scalars.append(kept)
                    fields.append(Var(FIELD_VAR, 0, None, f"X{len(fields)}", TYP[_KIND_TYPES[kept.kind]]))
    record = Struct(fields)
    offsets = f.shapes.sizes.offsetsof(record)[1:]
    if not scalars:
        closure = f.emit(ops.ADDR, P, (), 0, FuncValueRef(name))
    else:
        info.flags |= NEEDS_CONTEXT
        closure = f.temporary(record)
        f.emit(ops.STORE, VOID, (closure, f.emit(ops.ADDR, P, (), 0, TextRef(name))), 0)
        for one, offset in zip(scalars, offsets, strict=True):
            if isinstance(one, Val):
                f.store(one, closure, offset)
            else:
                f.emit(ops.STORE, VOID, (closure, one), offset)
    context = g.emit(ops.CLOSURE, P) if scalars else None
    at = iter(offsets)

    def captured(value: Val) -> Val:
        if value.address is not None:
            assert context is not None
            return Val(value.typ, address=g.offset(context, next(at)))
        parts = []
        for part in value.parts:
            parts.append(scalar(part))
            numbers = f.kept_alive.pop(part, ())
            if numbers:
                g.kept_alive[parts[-1]] = [scalar(one) for one in numbers]
        return Val(value.typ, parts)

    def scalar(part: Value) -> Value:
        if part.op in (ops.CONST, ops.ADDR):
            return g.emit(part.op, part.kind, (), part.imm, part.aux)
        assert context is not None
        if part.op == ops.PTR_TO_INT:
            return g.emit(ops.PTR_TO_INT, part.kind, (g.emit(ops.LOAD, P, (context,), next(at)),))
        return g.emit(ops.LOAD, part.kind, (context,), next(at))

    body(g, [captured(value) for value in values])
    g.b.ret([])
    f.package.unit.funcs.append(g.b.finish())
    return closure


# ---- open-coded calls


@final
class OpenDefers:
    """The open-coded calls of a function: `pending` and `functions` are the slots, `count` how many statements there were so far."""

    __slots__ = ("count", "functions", "pending")

    def __init__(self, f: FuncLowering, most: int) -> None:
        self.count = 0
        self.pending = _pinned(f, "pending", TYP[t.UINT8])
        self.functions = _pinned(f, "functions", t.Array(TYP[t.UNSAFE_POINTER], most))
        f.info.open_defer = (self.pending, self.functions)
        none = f.b.const(I8, 0)
        f.emit(ops.STORE, VOID, (f.emit(ops.SLOT_ADDR, P, (), 0, self.pending), none))
        f.b.write(self, none)
        for i in range(most):
            f.b.write((self, i), f.b.const(P, 0))

    def _set(self, f: FuncLowering, bits: Value) -> None:
        f.emit(ops.STORE, VOID, (f.emit(ops.SLOT_ADDR, P, (), 0, self.pending), bits))
        f.b.write(self, bits)

    def add(self, f: FuncLowering, closure: Value) -> None:
        """A statement that defers a function."""
        i = self.count
        self.count += 1
        f.emit(ops.STORE, VOID, (f.emit(ops.SLOT_ADDR, P, (), 0, self.functions), closure), i * f.shapes.sizes.word)
        f.b.write((self, i), closure)
        bits = f.b.read(self)
        bit = 1 << i
        self._set(f, f.b.const(I8, _byte(bits.imm | bit)) if bits.is_const else f.emit(ops.OR, I8, (bits, f.b.const(I8, _byte(bit)))))

    def call_all(self, f: FuncLowering) -> None:
        """Make the calls that are pending."""
        b = f.b
        for i in range(self.count - 1, -1, -1):
            bits = b.read(self)
            bit, others = b.const(I8, _byte(1 << i)), b.const(I8, _byte(~(1 << i)))
            if bits.is_const:
                if bits.imm & bit.imm:
                    self._set(f, b.const(I8, bits.imm & others.imm))
                    self._call(f, b.read((self, i)))
                continue
            made, done = b.new_block(), b.new_block()
            b.branch(f.emit(ops.EQ, B, (f.emit(ops.AND, I8, (bits, bit)), b.const(I8, 0))), done, made)
            b.begin(made)
            self._set(f, f.emit(ops.AND, I8, (bits, others)))
            self._call(f, b.read((self, i)))
            b.goto(done)
            b.begin(done)

    def _call(self, f: FuncLowering, closure: Value) -> None:
        if closure.op == ops.ADDR and isinstance(closure.aux, FuncValueRef):
            f.emit(ops.CALL_STATIC, VOID, (), ops.DEFERRED, CallInfo(TextRef(closure.aux.name), (), ()))
        else:
            f.emit(ops.CALL_CLOSURE, VOID, (closure,), ops.DEFERRED, CallInfo(None, (), ()))


def _byte(bits: int) -> int:
    """The low eight bits as a constant has them."""
    bits &= 0xFF
    return bits - 0x100 if bits & 0x80 else bits


# ---- results and exits


def declare_results(f: FuncLowering, variables: Sequence[Var], features: Features, open_calls: int) -> None:
    """The results as variables: named ones always, others where the function defers, or where the body of a loop that is a function of
    its own returns from it. `open_calls` is how many deferred calls are open-coded, 0 for none.
    """
    defers, from_bodies = features.defers, features.returns
    named = bool(variables) and bool(variables[0].name)
    if defers:
        f.exit_to = f.b.new_block()
        f.info.flags |= HAS_DEFER
        if open_calls:
            f.open_defers = OpenDefers(f, open_calls)
    if not named and not defers and not from_bodies:
        return
    for i, (var, typ) in enumerate(zip(variables, f.info.results, strict=True)):
        blank = var.name in ("", "_")
        one = Var(RESULT_VAR, var.pos, var.pkg, f"~r{i}", typ) if blank else var
        f.results.append(one)
        if one is not var and var in f.numbers:
            f.numbers[one] = f.numbers[var]
        shared = from_bodies or one in f.in_memory
        if shared:
            f.in_memory.add(one)
        if not defers or shared:
            f.declare(one, f.zero(typ))
        else:
            slot = _pinned(f, one.name, typ)
            slot.variable = f.numbers.get(one, -1)
            address = f.emit(ops.SLOT_ADDR, P, (), 0, slot)
            size = f.shapes.sizes.sizeof(typ)
            if size:
                f.emit(ops.ZERO, VOID, (address,), size, typ)
            f.slots[one] = slot
        if defers and shared:
            # Where it is may be the heap, so the exit has to find the address.
            slot = _pinned(f, "&" + one.name, t.Pointer(typ))
            f.emit(ops.STORE, VOID, (f.emit(ops.SLOT_ADDR, P, (), 0, slot), f.b.read(one)), 0)
            f.result_addresses[one] = slot


def _pinned(f: FuncLowering, name: str, typ: Type) -> Slot:
    sizes = f.shapes.sizes
    slot = f.func.new_slot(name, typ, sizes.sizeof(typ), sizes.alignof(typ), f.shapes.has_pointers(typ))
    slot.pinned = True
    f.emit(ops.SLOT_LIVE, VOID, (), 0, slot)
    return slot


def leave(f: FuncLowering, values: Sequence[Val]) -> None:
    """Return values from a function that defers."""
    assert f.exit_to is not None
    for var, value in zip(f.results, values, strict=True):
        f.write(f.place(var), value)
    if f.open_defers is None:
        f.b.goto(f.exit_to)
        return
    f.open_defers.call_all(f)
    _results(f)


def _word(f: FuncLowering, slot: Slot) -> Value:
    """What a slot has that is one pointer."""
    return f.emit(ops.LOAD, P, (f.emit(ops.SLOT_ADDR, P, (), 0, slot),), 0)


def finish(f: FuncLowering) -> None:
    """The block to which all returns of a function that defers lead."""
    if f.exit_to is None:
        return
    f.b.begin(f.exit_to)
    f.b.pos = f.info.end
    f.runtime("deferreturn")
    _results(f)


def _results(f: FuncLowering) -> None:
    """Return what the results have in memory."""
    values: list[Val] = []
    for var, typ in zip(f.results, f.info.results, strict=True):
        slot = f.result_addresses.get(var)
        values.append(f.read(f.place(var) if slot is None else Place(typ, address=_word(f, slot))))
    f.b.ret([scalar for value, typ in zip(values, f.info.results, strict=True) for scalar in f.scalars(value, typ)])
