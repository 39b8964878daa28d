# SPDX-License-Identifier: BSD-3-Clause
"""Functions of the standard library whose calls are operations: of package math and math/bits, atomic ones, and what only the compiler
can do.

Which these are is stock's choice (src/cmd/compile/internal/ssagen/intrinsics.go), so that what has no other implementation works, and
what is expected to be fast is. Whether a processor has an operation is asked later, by code generation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.lower import exprs
from pygo_cross.lower.convert import number
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import BITS, F32, F64, I8, I16, I32, I64, VOID, B, P
from pygo_cross.ssa.refs import DataRef, TextRef
from pygo_cross.ssa.unit import NEEDS_CONTEXT
from pygo_cross.syntax.nodes import CallExpr, Name, SelectorExpr, unparen
from pygo_cross.types.objects import Func
from pygo_cross.types.types import UNSAFE_POINTER, Array, Basic, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

Handler = Callable[["FuncLowering", Sequence[Val], Sequence[Type]], list[Val]]


def _operation(op: int, kind: int) -> Handler:
    """The operation of all arguments."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        return [Val(results[0], (f.emit(op, kind, [arg.one for arg in args]),))]

    return make


def _bit_count(op: int, kind: int) -> Handler:
    """A count of bits, as an int."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        return [Val(results[0], (number(f, f.emit(op, kind, (args[0].one,)), I64, True),))]

    return make


def _length(kind: int) -> Handler:
    """How many bits a number needs: the width without leading zeros."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        zeros = number(f, f.emit(ops.CLZ, kind, (args[0].one,)), I64, True)
        return [Val(results[0], (f.emit(ops.SUB, I64, (f.int_const(BITS[kind]), zeros)),))]

    return make


def _swap_16(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    return [Val(results[0], (f.emit(ops.ROTL, I16, (args[0].one, f.int_const(8))),))]


def _multiply(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    """bits.Mul64: high and low half."""
    factors = (args[0].one, args[1].one)
    return [Val(results[0], (f.emit(ops.MUL_HIGH_U, I64, factors),)), Val(results[1], (f.emit(ops.MUL, I64, factors),))]


def _overflow(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    """math.MulUintptr: the product, and whether it is too large."""
    factors = (args[0].one, args[1].one)
    product = f.emit(ops.MUL, I64, factors)
    high = f.emit(ops.MUL_HIGH_U, I64, factors)
    return [Val(results[0], (product,)), Val(results[1], (f.emit(ops.NE, B, (high, f.int_const(0))),))]


def _carry(op: int) -> Handler:
    """bits.Add64 and bits.Sub64: the result and the carry."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        operands = [arg.one for arg in args]
        return [Val(typ, (f.emit(op, I64, operands, part),)) for part, typ in enumerate(results)]

    return make


def _load(kind: int) -> Handler:
    return _operation(ops.ATOMIC_LOAD, kind)


def _effect(op: int) -> Handler:
    """An operation without a result."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        f.emit(op, VOID, [arg.one for arg in args])
        return []

    return make


def _update(op: int, kind: int) -> Handler:
    """An atomic change of memory, with or without a result."""

    def make(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
        value = f.emit(op, kind, [arg.one for arg in args])
        return [Val(typ, (value,)) for typ in results]

    return make


def _bitcast(kind: int) -> Handler:
    return _operation(ops.BITCAST, kind)


def _select(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    """constanttime.Select: of two values, without a branch."""
    first = f.emit(ops.NE, B, (args[0].one, f.int_const(0)))
    return [Val(results[0], (f.emit(ops.SELECT, I64, (first, args[1].one, args[2].one)),))]


def _closure_pointer(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    """The context that the function was called with; it is in its register only at the beginning."""
    f.info.flags |= NEEDS_CONTEXT
    context = f.func.make(f.func.entry, ops.CLOSURE, P, (), 0, None, f.b.pos)
    f.func.entry.values.insert(0, context)
    return [Val(results[0], (f.emit(ops.PTR_TO_INT, I64, (context,)),))]


def _prefetch(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    f.emit(ops.PREFETCH, VOID, (f.emit(ops.INT_TO_PTR, P, (args[0].one,)),))
    return []


def _keep_alive(f: FuncLowering, args: Sequence[Val], results: Sequence[Type]) -> list[Val]:
    """runtime.KeepAlive: its argument is an interface by now, whose value is what has to stay."""
    f.emit(ops.KEEP_ALIVE, VOID, (args[0].parts[1],))
    return []


_ATOMIC: Final = "internal/runtime/atomic."
_SYS: Final = "internal/runtime/sys."
_BITS: Final = "math/bits."
_WIDTHS: Final = {"": I32, "64": I64, "int32": I32, "int64": I64, "uintptr": I64}


def _atomics() -> dict[str, Handler]:
    table: dict[str, Handler] = {}
    for suffix, kind in _WIDTHS.items():
        table[f"Load{suffix}"] = _load(kind)
        table[f"Store{suffix}"] = _effect(ops.ATOMIC_STORE)
        table[f"Xchg{suffix}"] = _update(ops.ATOMIC_SWAP, kind)
        table[f"Xadd{suffix}"] = _update(ops.ATOMIC_ADD, kind)
        table[f"Cas{suffix}"] = _update(ops.ATOMIC_CAS, B)
    for suffix in ("", "64", "uintptr"):
        table[f"LoadAcq{suffix}"] = _load(_WIDTHS[suffix])
        table[f"StoreRel{suffix}"] = _effect(ops.ATOMIC_STORE)
    table["Loaduint"] = _load(I64)
    table["Load8"] = _load(I8)
    table["Loadp"] = _load(P)
    table["Store8"] = _effect(ops.ATOMIC_STORE)
    table["StorepNoWB"] = _effect(ops.ATOMIC_STORE)
    table["Xchg8"] = _update(ops.ATOMIC_SWAP, I8)
    table["CasRel"] = _update(ops.ATOMIC_CAS, B)
    table["Casp1"] = _update(ops.ATOMIC_CAS, B)
    for name, op in (("And", ops.ATOMIC_AND), ("Or", ops.ATOMIC_OR)):
        table[name + "8"] = _update(op, I8)
        table[name] = _update(op, I32)
        table[name + "32"] = _update(op, I32)
        table[name + "64"] = _update(op, I64)
        table[name + "uintptr"] = _update(op, I64)
    return {_ATOMIC + name: handler for name, handler in table.items()}


def _sync_atomics() -> dict[str, Handler]:
    table: dict[str, Handler] = {"sync/atomic.LoadPointer": _load(P)}
    for name, kind in (("Int32", I32), ("Uint32", I32), ("Int64", I64), ("Uint64", I64), ("Uintptr", I64)):
        table[f"sync/atomic.Load{name}"] = _load(kind)
        table[f"sync/atomic.Store{name}"] = _effect(ops.ATOMIC_STORE)
        table[f"sync/atomic.Swap{name}"] = _update(ops.ATOMIC_SWAP, kind)
        table[f"sync/atomic.Add{name}"] = _update(ops.ATOMIC_ADD, kind)
        table[f"sync/atomic.CompareAndSwap{name}"] = _update(ops.ATOMIC_CAS, B)
        table[f"sync/atomic.And{name}"] = _update(ops.ATOMIC_AND, kind)
        table[f"sync/atomic.Or{name}"] = _update(ops.ATOMIC_OR, kind)
    return table


def _bits() -> dict[str, Handler]:
    table: dict[str, Handler] = {}
    for suffix, kind in (("8", I8), ("16", I16), ("32", I32), ("64", I64), ("", I64)):
        table[f"{_BITS}TrailingZeros{suffix}"] = _bit_count(ops.CTZ, kind)
        table[f"{_BITS}Len{suffix}"] = _length(kind)
        table[f"{_BITS}OnesCount{suffix}"] = _bit_count(ops.POPCOUNT, kind)
        table[f"{_BITS}RotateLeft{suffix}"] = _operation(ops.ROTL, kind)
    for suffix, kind in (("32", I32), ("64", I64), ("", I64)):
        table[f"{_BITS}ReverseBytes{suffix}"] = _operation(ops.BSWAP, kind)
    for suffix in ("64", ""):
        table[f"{_BITS}Mul{suffix}"] = _multiply
        table[f"{_BITS}Add{suffix}"] = _carry(ops.ADD_CARRY)
        table[f"{_BITS}Sub{suffix}"] = _carry(ops.SUB_BORROW)
    table[_BITS + "ReverseBytes16"] = _swap_16
    table["math/big.mulWW"] = _multiply
    table["internal/runtime/math.Add64"] = _carry(ops.ADD_CARRY)
    table["internal/runtime/math.MulUintptr"] = _overflow
    for suffix, kind in (("8", I8), ("32", I32), ("64", I64)):
        table[f"{_SYS}TrailingZeros{suffix}"] = _bit_count(ops.CTZ, kind)
    table[_SYS + "Len8"] = _length(I8)
    table[_SYS + "Len64"] = _length(I64)
    table[_SYS + "OnesCount64"] = _bit_count(ops.POPCOUNT, I64)
    table[_SYS + "Bswap32"] = _operation(ops.BSWAP, I32)
    table[_SYS + "Bswap64"] = _operation(ops.BSWAP, I64)
    return table


INTRINSICS: Final[dict[str, Handler]] = {
    **_atomics(),
    **_sync_atomics(),
    **_bits(),
    "math.sqrt": _operation(ops.SQRT, F64),
    "math.Sqrt": _operation(ops.SQRT, F64),
    "math.Trunc": _operation(ops.TRUNC_FLOAT, F64),
    "math.Ceil": _operation(ops.CEIL, F64),
    "math.Floor": _operation(ops.FLOOR, F64),
    "math.RoundToEven": _operation(ops.ROUND_EVEN, F64),
    "math.Abs": _operation(ops.ABS, F64),
    "math.Copysign": _operation(ops.COPYSIGN, F64),
    "math.FMA": _operation(ops.FMA, F64),
    "math.Float64bits": _bitcast(I64),
    "math.Float64frombits": _bitcast(F64),
    "math.Float32bits": _bitcast(I32),
    "math.Float32frombits": _bitcast(F32),
    "crypto/internal/constanttime.Select": _select,
    "crypto/internal/constanttime.boolToUint8": _bitcast(I8),
    "runtime.KeepAlive": _keep_alive,
    _SYS + "GetCallerPC": _operation(ops.CALLER_PC, I64),
    _SYS + "GetCallerSP": _operation(ops.CALLER_SP, I64),
    _SYS + "GetClosurePtr": _closure_pointer,
    _SYS + "Prefetch": _prefetch,
    _SYS + "PrefetchStreamed": _prefetch,
}
"""What stands for a call of a function, by its link name: it takes the arguments and the types of results."""


def code_address(f: FuncLowering, e: CallExpr, abi0: bool) -> list[Val]:
    """abi.FuncPCABI0 and abi.FuncPCABIInternal: where the code of a function is, of a function value's what it begins with."""
    arg = unparen(e.arg_list[0])
    name = arg.sel if isinstance(arg, SelectorExpr) and arg not in f.package.info.selections else arg
    obj = f.package.info.uses.get(name) if isinstance(name, Name) else None
    if isinstance(obj, Func):
        code = f.emit(ops.ADDR, P, (), 0, TextRef(f.package.names.object(obj), abi0))
        return [Val(f.type_of(e), (f.emit(ops.PTR_TO_INT, I64, (code,)),))]
    value = exprs.expr(f, arg)
    return [Val(f.type_of(e), (f.emit(ops.LOAD, I64, (value.parts[-1],)),))]


BY_NAME: Final[dict[str, bool]] = {"internal/abi.FuncPCABI0": True, "internal/abi.FuncPCABIInternal": False}
"""Functions whose argument is not evaluated (`code_address`), with whether they mean ABI0."""

ESCAPE_NON_STRING: Final = "internal/abi.EscapeNonString["
"""How the link names of instances of that function begin: what it is given gets to the heap if it has pointers that are no strings'."""


def escape_non_string(f: FuncLowering, value: Val) -> None:
    """The body of such an instance: a store that never happens, by which escape analysis sees the pointers leave."""
    if not _has_pointers_but_strings(value.typ):
        return
    happens, after = f.b.new_block(), f.b.new_block()
    never = f.emit(ops.LOAD, B, (f.emit(ops.ADDR, P, (), 0, DataRef("internal/abi.alwaysFalse")),))
    f.b.branch(never, happens, after, -1)
    f.b.begin(happens)
    sink = f.emit(ops.ADDR, P, (), 8, DataRef("internal/abi.escapeSink"))
    for part in [value.address] if value.address is not None else value.parts:
        if part.kind == P:
            f.emit(ops.STORE, VOID, (sink, part))
    f.b.goto(after)
    f.b.begin(after)


def _has_pointers_but_strings(typ: Type) -> bool:
    under = typ.underlying()
    if isinstance(under, Array):
        return under.len > 0 and _has_pointers_but_strings(under.elem)
    if isinstance(under, Struct):
        return any(_has_pointers_but_strings(field.typ) for field in under.fields)
    return not isinstance(under, Basic) or under.kind == UNSAFE_POINTER
