# SPDX-License-Identifier: BSD-3-Clause
"""Executes SSA: the functions of a unit, with memory of bytes and the few functions of the runtime that print and allocate.

So lowering, and passes, can be held to native Go before there is a code generator. Pointers are plain addresses.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import BITS, F32, F64, I16, I32, I64, SIZES, VOID, B, P
from pygo_cross.ssa.refs import BytesRef, CallInfo, DataRef, FuncValueRef, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import WRAPPER, FuncInfo, Unit
from pygo_cross.types.linknames import TypeNames, link_hash
from pygo_cross.types.lookup import find, missing_method
from pygo_cross.types.objects import Func as TypesFunc
from pygo_cross.types.types import STRING, Array, Basic, Interface, Map, Pointer, Signature, Slice, Struct, Type

LIMIT: Final = 5_000_000  # values


class GoPanic(Exception):
    """A panic; `value` are the words of the interface that it was called with."""

    def __init__(self, message: str, value: list[int | float] | None = None) -> None:
        super().__init__(message)
        self.value = value or [1, 0]
        self.recovered = False


class Frame:
    """A call that is being made: the closures that it has deferred, and the panic that it was called for."""

    def __init__(self, func: Func) -> None:
        self.func = func
        self.deferred: list[int] = []
        self.panic: GoPanic | None = None


class Machine:
    """Memory, and what a program has printed."""

    def __init__(self, unit: Unit, shapes: Shapes, methods_of: Callable[[Type], list[Func]] = lambda typ: []) -> None:
        self.memory = bytearray(1 << 22)
        self.top = 4096
        self.shapes = shapes
        self.funcs = {func.symbol: func for func in unit.funcs}
        self.symbols: dict[object, int] = {}
        self.texts: dict[int, str] = {}
        self.output: list[str] = []
        self.steps = 0
        self.inits = unit.inits
        self.slots: list[dict[Slot, int]] = []
        self.frames: list[Frame] = []
        self.maps: dict[int, dict[object, tuple[int, int]]] = {}
        self.iterators: dict[int, Iterator[object]] = {}
        self.methods_of = methods_of
        self.types = Types(self)
        for data in unit.data:
            self.symbols[DataRef(data.name)] = self.allocate(data.size)
        for data in unit.data:
            at = self.symbols[DataRef(data.name)]
            self.memory[at : at + len(data.contents)] = data.contents
            for offset, target, addend in data.addresses:
                self.write(at + offset, P, self.address(target) + addend)

    def allocate(self, size: int) -> int:
        at = self.top = (self.top + 15) & ~15
        self.top += max(size, 1)
        assert self.top < len(self.memory), "out of memory"
        return at

    def address(self, ref: object) -> int:
        if isinstance(ref, TypeRef):
            return self.types.descriptor(ref.typ)
        if isinstance(ref, ItabRef):
            return self.types.itab(ref.typ, ref.interface)
        found = self.symbols.get(ref)
        if found is None:
            if isinstance(ref, BytesRef):
                found = self.allocate(len(ref.data))
                self.memory[found : found + len(ref.data)] = ref.data
            elif isinstance(ref, TextRef):
                found = self.allocate(16)
                self.texts[found] = ref.name
            elif isinstance(ref, FuncValueRef):
                found = self.allocate(8)
                self.write(found, P, self.address(TextRef(ref.name)))
            elif ref == DataRef("runtime.staticuint64s"):
                found = self.new_bytes(struct.pack("<256Q", *range(256)))
            else:
                found = self.allocate(16)
            self.symbols[ref] = found
        return found

    def read(self, at: int, kind: int) -> int | float:
        self.touch(at)
        raw = bytes(self.memory[at : at + SIZES[kind]])
        if kind in (F32, F64):
            return float(struct.unpack("<f" if kind == F32 else "<d", raw)[0])
        return int.from_bytes(raw, "little", signed=kind != P)

    def write(self, at: int, kind: int, value: int | float) -> None:
        self.touch(at)
        size = SIZES[kind]
        if kind in (F32, F64):
            self.memory[at : at + size] = struct.pack("<f" if kind == F32 else "<d", value)
        else:
            self.memory[at : at + size] = (int(value) & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def touch(self, at: int) -> None:
        if at < 4096:
            raise GoPanic("invalid memory address or nil pointer dereference")

    def run(self) -> str:
        """Run the program."""
        for name in (*[ref.name for ref in self.inits], "main.main"):
            self.call(name, [], 0)
        return "".join(self.output)

    # ---- functions

    def call(self, name: str, args: list[int | float], context: int) -> list[int | float]:
        func = self.funcs.get(name)
        if func is None:
            return self.runtime(name.removeprefix("runtime."), args)
        return self.execute(func, args, context)

    def execute(self, func: Func, args: list[int | float], context: int) -> list[int | float]:
        slots: dict[Slot, int] = {}
        frame = Frame(func)
        self.slots.append(slots)
        self.frames.append(frame)
        depth = len(self.frames)
        start = func.entry
        while True:
            try:
                results = self.run_body(func, args, context, start)
                break
            except GoPanic as raised:
                panic = raised
                del self.frames[depth:], self.slots[depth:]
                self.take_open(frame)
                while frame.deferred and not panic.recovered:
                    frame.panic = panic
                    try:
                        self.closure(frame.deferred.pop(), [])
                    except GoPanic as another:
                        panic = another
                        del self.frames[depth:], self.slots[depth:]
                frame.panic = None
                if not panic.recovered:
                    raise panic from None
                # The call of deferreturn is reached from anywhere: what was computed before is gone.
                start = next(block for block in func.blocks if block.kind == ops.DEFER_RETURN).succs[1]
        if isinstance(func.info, FuncInfo):
            results = self.passed(results, func.info.results)
        for slot, at in slots.items():
            self.spoil(slot, at)
        self.slots.pop()
        self.frames.pop()
        return results

    def passed(self, scalars: list[int | float], types: Sequence[Type]) -> list[int | float]:
        """Values that are in memory are copied where they are passed."""
        passed: list[int | float] = []
        for typ in types:
            leaves = self.shapes.leaves(typ)
            if leaves is not None:
                passed += scalars[len(passed) : len(passed) + len(leaves)]
                continue
            size = self.shapes.sizes.sizeof(typ)
            passed.append(self.new_bytes(self.raw(int(scalars[len(passed)]), size)))
        return passed

    def spoil(self, slot: Slot, at: int) -> None:
        """Whoever still has the address of a slot that is gone sees what makes no sense."""
        self.memory[at : at + slot.size] = b"\xdb" * slot.size

    def take_open(self, frame: Frame) -> None:
        """Open-coded calls that are pending are as those that were deferred, and no longer pending."""
        places = frame.func.info.open_defer if isinstance(frame.func.info, FuncInfo) else None
        if places is None or places[0] not in self.slots[-1]:
            return
        pending, functions = (self.slots[-1][slot] for slot in places)
        for i in range(8):
            if self.memory[pending] >> i & 1:
                frame.deferred.append(int(self.read(functions + 8 * i, P)))
        self.memory[pending] = 0

    def closure(self, at: int, args: list[int | float]) -> list[int | float]:
        return self.call(self.texts[int(self.read(at, P))], args, at)

    def run_body(self, func: Func, args: list[int | float], context: int, start: Block) -> list[int | float]:
        env: dict[Value, int | float] = {}
        if start is not func.entry:  # what can be computed anywhere is there
            for one in (one for block in func.blocks for one in block.values):
                if one.op in (ops.CONST, ops.ADDR) or (one.op == ops.SLOT_ADDR and one.aux in self.slots[-1]):
                    env[one] = self.value(one, [])
        calls: dict[Value, list[int | float]] = {}
        block, before = start, func.entry
        edge = 0
        while True:
            phis = {}
            for value in block.values:
                if value.op != ops.PHI:
                    break
                phis[value] = env[value.args[_pred(block, before, edge)]]
            env.update(phis)
            for value in block.values[len(phis) :]:
                self.steps += 1
                assert self.steps < LIMIT, "too many steps"
                op = value.op
                if op == ops.PARAM:
                    env[value] = args[value.imm]
                elif op == ops.CLOSURE:
                    env[value] = context
                elif op == ops.RESULT:
                    env[value] = calls[value.args[0]][value.imm]
                elif op in (ops.CALL_STATIC, ops.CALL_CLOSURE, ops.CALL_POINTER, ops.PANIC):
                    calls[value] = self.make_call(value, [env[arg] for arg in value.args])
                else:
                    made = self.value(value, [env[arg] for arg in value.args])
                    if value.kind != VOID:
                        env[value] = made
            before = block
            if block.kind == ops.RET:
                return [env[value] for value in block.controls]
            if block.kind == ops.JUMP_TABLE:
                edge = int(env[block.controls[0]])
                block, edge = block.succs[edge], block.succs[:edge].count(block.succs[edge])
                continue
            edge = 0 if block.kind in (ops.PLAIN, ops.DEFER_RETURN) or env[block.controls[0]] else 1
            block = block.succs[edge]

    def make_call(self, value: Value, args: list[int | float]) -> list[int | float]:
        info = value.aux
        assert isinstance(info, CallInfo)
        if value.op == ops.CALL_CLOSURE:
            return self.closure(int(args[0]), args[1:])
        if value.op == ops.CALL_POINTER:
            return self.call(self.texts[int(args[0])], args[1:], 0)
        assert info.target is not None
        return self.call(info.target.name, args, 0)

    # ---- operations

    def value(self, value: Value, a: list[int | float]) -> int | float:
        op, kind = value.op, value.kind
        if op == ops.CONST:
            if kind in (F32, F64):
                form = ("<f", "<i") if kind == F32 else ("<d", "<q")
                return float(struct.unpack(form[0], struct.pack(form[1], value.imm))[0])
            return value.imm
        if op == ops.ADDR:
            return self.address(value.aux) + value.imm
        if op == ops.ALLOC:
            assert isinstance(value.aux, Type)
            return self.allocate(self.shapes.sizes.sizeof(value.aux))
        if op == ops.SLOT_ADDR:
            assert isinstance(value.aux, Slot)
            return self.slots[-1][value.aux] + value.imm
        if op == ops.KEEP_ALIVE:
            return 0
        if op == ops.SLOT_LIVE:
            assert isinstance(value.aux, Slot)
            old = self.slots[-1].get(value.aux)
            if old is not None:
                self.spoil(value.aux, old)
            at = self.slots[-1][value.aux] = self.allocate(value.aux.size)
            self.spoil(value.aux, at)
            return 0
        if op == ops.WRITE_BARRIER:
            assert isinstance(value.aux, tuple) and 0 < 2 * len(value.aux) == len(a) <= 8
            for address, offset in zip(a[::2], value.aux, strict=True):
                self.read(int(address) + offset, P)
            return 0
        if op in (ops.LOAD, ops.ATOMIC_LOAD):
            return self.read(int(a[0]) + value.imm, kind)
        if op == ops.STORE:
            self.write(int(a[0]) + value.imm, value.args[1].kind, a[1])
            return 0
        if op == ops.MOVE:
            to, source = int(a[0]), int(a[1])
            self.touch(min(to, source))
            self.memory[to : to + value.imm] = bytes(self.memory[source : source + value.imm])
            return 0
        if op == ops.ZERO:
            self.memory[int(a[0]) : int(a[0]) + value.imm] = bytes(value.imm)
            return 0
        if op == ops.NIL_CHECK:
            self.touch(int(a[0]))
            return a[0]
        if op in (ops.BOUNDS, ops.SLICE_BOUNDS):
            index, limit = int(a[0]) & (1 << 64) - 1, int(a[1])
            if index > limit - (op == ops.BOUNDS):
                raise GoPanic(f"out of range {a[0]} {a[1]}")
            return a[0]
        if op == ops.SELECT:
            return a[1] if a[0] else a[2]
        return self.arithmetic(value, op, kind, a)

    def arithmetic(self, value: Value, op: int, kind: int, a: list[int | float]) -> int | float:
        of = value.args[0].kind
        if op in _COMPARE:
            x, y = a
            if op in (ops.LT_U, ops.LE_U):
                x, y = int(x) & _mask(of), int(y) & _mask(of)
            return int(_COMPARE[op](x, y))
        if kind in (F32, F64):
            return _round(self.floating(op, of, a), kind)
        x = int(a[0]) if not (isinstance(a[0], float) and not math.isfinite(a[0])) else -(1 << 63)
        y = int(a[1]) if len(a) > 1 else 0
        mask = _mask(kind)
        if op in _INTS:
            return _signed(_INTS[op](x, y), kind)
        if op in (ops.DIV_U, ops.MOD_U):
            x, y = x & mask, y & mask
            return _signed(x // y if op == ops.DIV_U else x % y, kind)
        if op in (ops.DIV_S, ops.MOD_S):
            quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
            return _signed(quotient if op == ops.DIV_S else x - quotient * y, kind)
        if op in (ops.SHL, ops.SHR_S, ops.SHR_U):
            count = y & _mask(value.args[1].kind)
            if op == ops.SHL:
                return _signed(x << count, kind) if count < BITS[kind] else 0
            if op == ops.SHR_U:
                return _signed((x & mask) >> count, kind) if count < BITS[kind] else 0
            return x >> min(count, BITS[kind] - 1)
        if op == ops.MUL_HIGH_U:
            return _signed((x & mask) * (y & mask) >> BITS[kind], kind)
        if op == ops.MUL_HIGH_S:
            return _signed(x * y >> BITS[kind], kind)
        if op == ops.ZERO_EXT:
            return _signed(x & _mask(of), kind)
        if op == ops.NOT:
            return 1 - x
        if op == ops.BSWAP:
            size = BITS[kind] // 8
            return int.from_bytes((x & mask).to_bytes(size, "little"), "big", signed=True)
        if op in (ops.FLOAT_TO_INT, ops.FLOAT_TO_UINT):
            return _signed(x, kind)
        raise AssertionError(f"{ops.NAMES[op]} is not executed")

    def floating(self, op: int, of: int, a: list[int | float]) -> float:
        x = a[0]
        if op == ops.UINT_TO_FLOAT:
            return float(int(x) & _mask(of))
        if op in (ops.INT_TO_FLOAT, ops.FLOAT_TO_FLOAT):
            return float(x)
        if op == ops.NEG:
            return -x
        y = a[1]
        if op == ops.FDIV:
            if y == 0:
                return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1, y)
            return x / y
        return {ops.ADD: x + y, ops.SUB: x - y, ops.MUL: x * y, ops.MIN_FLOAT: min(x, y), ops.MAX_FLOAT: max(x, y)}[op]

    # ---- the runtime

    def text(self, at: int | float, length: int | float) -> str:
        return bytes(self.memory[int(at) : int(at) + int(length)]).decode("utf-8", "replace")

    def runtime(self, name: str, a: list[int | float]) -> list[int | float]:
        if name in ("printlock", "printunlock"):
            return []
        if name == "printint":
            self.output.append(str(a[0]))
        elif name == "printuint":
            self.output.append(str(int(a[0]) & (1 << 64) - 1))
        elif name == "printbool":
            self.output.append("true" if a[0] else "false")
        elif name == "printstring":
            self.output.append(self.text(*a))
        elif name == "printsp":
            self.output.append(" ")
        elif name == "printnl":
            self.output.append("\n")
        elif name == "memequal":
            p, q, size = (int(one) for one in a)
            return [int(self.memory[p : p + size] == self.memory[q : q + size])]
        elif name.startswith("memhash"):
            size = int(a[2]) if name == "memhash" else int(name.removeprefix("memhash")) // 8
            return [zlib.crc32(self.raw(int(a[0]), size), int(a[1]) & 0xFFFFFFFF)]
        elif name in ("f32hash", "f64hash"):
            return [hash((self.read(int(a[0]), F32 if name == "f32hash" else F64), a[1]))]
        elif name == "strhash":
            return [zlib.crc32(self.raw(*struct.unpack("<2Q", self.raw(int(a[0]), 16))), int(a[1]) & 0xFFFFFFFF)]
        elif name == "cmpstring":
            x, y = self.text(*a[:2]).encode(), self.text(*a[2:]).encode()
            return [(x > y) - (x < y)]
        elif name == "newobject":
            return [self.allocate(self.shapes.sizes.sizeof(self.typ(a[0])))]
        elif name.startswith("mallocgc"):
            return [self.allocate(int(a[0]))]
        elif name == "typedmemmove":
            return self.runtime("memmove", [*a[1:], self.shapes.sizes.sizeof(self.typ(a[0]))])
        elif name == "typedmemclr":
            at, size = int(a[1]), self.shapes.sizes.sizeof(self.typ(a[0]))
            self.memory[at : at + size] = bytes(size)
        elif name == "makeslice":
            return [self.allocate(int(a[2]) * 64)]
        elif name == "growslice":
            pointer, length, capacity = int(a[0]), int(a[1]), int(a[2])
            new = self.allocate(length * 2 * 64)
            if pointer:
                self.memory[new : new + capacity * 64] = bytes(self.memory[pointer : pointer + capacity * 64])
            return [new, length, length * 2]
        elif name.startswith("moveSliceNoCap"):
            return [self.new_bytes(self.raw(int(a[1]), int(a[2]) * 64)), int(a[2]), int(a[2])]
        elif name == "slicecopy":
            to, to_length, source, source_length, width = (int(one) for one in a)
            count = min(to_length, source_length)
            self.memory[to : to + count * width] = bytes(self.memory[source : source + count * width])
            return [count]
        elif name in _STRINGS:
            return _STRINGS[name](self, [int(one) for one in a])
        elif name == "typedslicecopy":
            return self.runtime("slicecopy", [*a[1:], self.shapes.sizes.sizeof(self.typ(a[0]))])
        elif name == "memmove":
            to, source, size = (int(one) for one in a)
            self.memory[to : to + size] = bytes(self.memory[source : source + size])
        elif name == "rand":
            return [4]
        elif name.startswith("memclr"):
            self.memory[int(a[0]) : int(a[0]) + int(a[1])] = bytes(int(a[1]))
        elif name == "complex128div":
            quotient = complex(*a[:2]) / complex(*a[2:])
            return [quotient.real, quotient.imag]
        elif name.startswith("convT"):
            kinds = {"convT16": (I16,), "convT32": (I32,), "convT64": (I64,), "convTstring": (P, I64), "convTslice": (P, I64, I64)}[name]
            made = self.allocate(8 * len(kinds))
            for i, kind in enumerate(kinds):
                self.write(made + 8 * i, kind, a[i])
            return [made]
        elif name in _INTERFACES:
            return _INTERFACES[name](self.types, [int(one) for one in a])
        elif name in _DEFERS:
            return _DEFERS[name](self, a)
        elif name.startswith(("map", "makemap")):
            return self.map(name, [int(one) for one in a])
        elif name == "gopanic":
            raise GoPanic(name, a)
        elif name.startswith("panic"):
            raise GoPanic(name)
        else:
            raise AssertionError(f"runtime.{name} is not there")
        return []

    def typ(self, descriptor: int | float) -> Type:
        return self.types.by_address[int(descriptor)]

    # ---- deferred calls

    def defer_from_stack(self, a: list[int | float]) -> list[int | float]:
        self.frames[-1].deferred.append(int(self.read(int(a[0]) + 24, P)))
        return []

    def defer(self, a: list[int | float]) -> list[int | float]:
        self.frames[-1].deferred.append(int(a[0]))
        return []

    def defer_at(self, a: list[int | float]) -> list[int | float]:
        self.frames[int(a[2])].deferred.append(int(a[0]))
        return []

    def deferred(self, a: list[int | float]) -> list[int | float]:
        frame = self.frames[-1]
        while frame.deferred:
            self.closure(frame.deferred.pop(), [])
        return []

    def recover(self, a: list[int | float]) -> list[int | float]:
        """What was panicked with, if the frame that asks was called by a frame that panics, wrappers aside."""
        own = [frame for frame in self.frames if not (isinstance(frame.func.info, FuncInfo) and frame.func.info.flags & WRAPPER)]
        panic = own[-2].panic if len(own) > 1 and own[-1] is self.frames[-1] else None
        if panic is None or panic.recovered:
            return [0, 0]
        panic.recovered = True
        return panic.value

    # ---- maps: the entries of one, by what their keys are compared as, are addresses of copies of keys, and of elements

    def map(self, name: str, a: list[int]) -> list[int | float]:
        if name.startswith("makemap"):
            at = self.allocate(48)
            self.maps[at] = {}
            return [at]
        if name == "mapIterNext":
            return self.map_next(a[0])
        typ = self.typ(a[0]).underlying()
        assert isinstance(typ, Map)
        entries = self.maps.setdefault(a[1], {}) if a[1] else {}
        if name == "mapIterStart":
            self.iterators[a[2]] = iter(list(entries))
            self.write(a[2] + 16, P, a[1])
            return self.map_next(a[2])
        if name == "mapclear":
            entries.clear()
        else:
            key_at = a[2]
            if "_fast" in name:
                kind = name.partition("_fast")[2]
                key_at = self.new_bytes(struct.pack("<qq", a[2], a[3] if kind == "str" else 0))
            key = self.key(typ.key, key_at)
            if name.startswith("mapaccess"):
                found = entries.get(key)
                elem = found[1] if found is not None else self.allocate(self.shapes.sizes.sizeof(typ.elem))
                return [elem, int(found is not None)]
            if name.startswith("mapdelete"):
                entries.pop(key, None)
            else:
                if a[1] == 0:
                    raise GoPanic("assignment to entry in nil map")
                if key not in entries:
                    size = self.shapes.sizes.sizeof(typ.key)
                    entries[key] = (self.new_bytes(self.raw(key_at, size)), self.allocate(self.shapes.sizes.sizeof(typ.elem)))
                self.write(a[1], I64, len(entries))
                return [entries[key][1]]
        if a[1]:
            self.write(a[1], I64, len(entries))
        return []

    def map_next(self, at: int) -> list[int | float]:
        entries = self.maps.get(int(self.read(at + 16, P)), {})
        key = next((one for one in self.iterators[at] if one in entries), None)
        for offset, address in zip((0, 8), entries[key] if key is not None else (0, 0), strict=True):
            self.write(at + offset, P, address)
        return []

    def key(self, typ: Type, at: int) -> object:
        """What a key is compared as."""
        under = typ.underlying()
        if isinstance(under, Struct):
            offsets = self.shapes.sizes.offsetsof(under)
            return tuple(self.key(field.typ, at + offset) for field, offset in zip(under.fields, offsets, strict=True))
        if isinstance(under, Array):
            return tuple(self.key(under.elem, at + i * self.shapes.sizes.sizeof(under.elem)) for i in range(under.len))
        if isinstance(under, Interface):
            word, data = struct.unpack("<2Q", self.raw(at, 16))
            if not word:
                return None
            held = self.typ(self.read(word + 8, P) if under.type_set().methods else word)
            if self.shapes.is_direct(held):
                return held, data
            return held, self.key(held, data)
        if isinstance(under, (Slice, Map, Signature)):
            raise GoPanic("hash of unhashable type")
        leaves = self.shapes.leaves(typ)
        assert leaves is not None
        if isinstance(under, Basic) and under.kind == STRING:
            return self.raw(*struct.unpack("<2Q", self.raw(at, 16)))
        return tuple(self.read(at + leaf.offset, leaf.kind) for leaf in leaves)

    def new_bytes(self, content: bytes) -> int:
        """Memory with these bytes."""
        at = self.allocate(len(content) + 1)
        self.memory[at : at + len(content)] = content
        return at

    def raw(self, at: int, length: int) -> bytes:
        return bytes(self.memory[at : at + length])

    def new_string(self, content: bytes) -> list[int | float]:
        return [self.new_bytes(content), len(content)]

    def concatenated(self, a: list[int]) -> list[int | float]:
        return self.new_string(b"".join(self.raw(at, length) for at, length in zip(a[1::2], a[2::2], strict=True)))

    def concatenated_slice(self, a: list[int]) -> list[int | float]:
        words = struct.unpack(f"<{2 * a[2]}Q", self.raw(a[1], 16 * a[2]))
        return self.concatenated([0, *words])

    def runes(self, a: list[int]) -> list[int]:
        return list(struct.unpack(f"<{a[2]}i", self.raw(a[1], 4 * a[2])))

    def decoded(self, a: list[int]) -> list[int | float]:
        """decoderune: a byte of what is no UTF-8 is U+FFFD each."""
        content = self.raw(a[0], a[1])[a[2] :]
        for width in range(1, 5):
            try:
                return [ord(content[:width].decode()), a[2] + width]
            except (UnicodeDecodeError, TypeError):
                pass
        return [0xFFFD, a[2] + 1]

    def to_runes(self, a: list[int]) -> list[int | float]:
        found: list[int] = []
        at = 0
        while at < a[2]:
            rune, behind = self.decoded([a[1], a[2], at])
            found.append(int(rune))
            at = int(behind)
        return [self.new_bytes(struct.pack(f"<{len(found)}i", *found)), len(found), len(found)]


_DEFERS: Final[dict[str, Callable[[Machine, list[int | float]], list[int | float]]]] = {
    "deferprocStack": Machine.defer_from_stack,
    "deferproc": Machine.defer,
    "deferprocat": Machine.defer_at,
    "deferrangefunc": lambda machine, a: [1, len(machine.frames) - 1],
    "deferreturn": Machine.deferred,
    "gorecover": Machine.recover,
}


def _utf8(runes: list[int]) -> bytes:
    valid = [rune if 0 <= rune <= 0x10FFFF and not 0xD800 <= rune <= 0xDFFF else 0xFFFD for rune in runes]
    return "".join(map(chr, valid)).encode()


_STRINGS: Final[dict[str, Callable[[Machine, list[int]], list[int | float]]]] = {
    "concatstrings": Machine.concatenated_slice,
    "intstring": lambda m, a: m.new_string(_utf8([a[1]])),
    "slicebytetostring": lambda m, a: m.new_string(m.raw(a[1], a[2])),
    "slicerunetostring": lambda m, a: m.new_string(_utf8(m.runes(a))),
    "stringtoslicebyte": lambda m, a: [m.new_bytes(m.raw(a[1], a[2])), a[2], a[2]],
    "stringtoslicerune": Machine.to_runes,
    "countrunes": lambda m, a: m.to_runes([0, *a])[1:2],
    "decoderune": Machine.decoded,
    **{f"concatstring{count}": Machine.concatenated for count in range(2, 6)},
    "concatbytes": lambda m, a: (made := m.concatenated_slice(a)) + made[1:],
    **{f"concatbyte{count}": lambda m, a: (made := m.concatenated(a)) + made[1:] for count in range(2, 6)},
}


def _pred(block: Block, before: Block, edge: int) -> int:
    """Which predecessor we come from; of two edges from one block, the one that was taken."""
    places = [i for i, pred in enumerate(block.preds) if pred is before]
    return places[edge if len(places) > 1 else 0]


def _mask(kind: int) -> int:
    return (1 << BITS[kind]) - 1


def _signed(value: int, kind: int) -> int:
    if kind in (P, B):
        return value & _mask(kind)
    value &= _mask(kind)
    return value - (1 << BITS[kind]) if value >> (BITS[kind] - 1) else value


def _round(value: float, kind: int) -> float:
    if kind == F64 or not math.isfinite(value):
        return value
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


_COMPARE: Final[dict[int, Callable[[int | float, int | float], bool]]] = {
    ops.EQ: lambda x, y: x == y,
    ops.NE: lambda x, y: x != y,
    ops.LT_S: lambda x, y: x < y,
    ops.LE_S: lambda x, y: x <= y,
    ops.LT_U: lambda x, y: x < y,
    ops.LE_U: lambda x, y: x <= y,
}
_INTS: Final[dict[int, Callable[[int, int], int]]] = {
    ops.ADD: lambda x, y: x + y,
    ops.SUB: lambda x, y: x - y,
    ops.MUL: lambda x, y: x * y,
    ops.AND: lambda x, y: x & y,
    ops.OR: lambda x, y: x | y,
    ops.XOR: lambda x, y: x ^ y,
    ops.NEG: lambda x, y: -x,
    ops.COM: lambda x, y: ~x,
    ops.ADD_PTR: lambda x, y: x + y,
    ops.SUB_PTR: lambda x, y: x - y,
    ops.SIGN_EXT: lambda x, y: x,
    ops.TRUNC: lambda x, y: x,
    ops.PTR_TO_INT: lambda x, y: x,
    ops.INT_TO_PTR: lambda x, y: x,
    ops.COPY: lambda x, y: x,
}


class Types:
    """Descriptors and method tables, as much of them as programs look at: the hash, the type of a table, code of methods."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.names = TypeNames({}, {})
        self.by_name: dict[str, int] = {}
        self.by_address: dict[int, Type] = {}
        self.tables: dict[tuple[int, int], int] = {}

    def descriptor(self, typ: Type) -> int:
        name = self.names.link(typ)
        found = self.by_name.get(name)
        if found is None:
            found = self.by_name[name] = self.machine.new_bytes(bytes(16) + link_hash(name)[:4])
            self.by_address[found] = typ
        return found

    def itab(self, typ: Type, interface: Type) -> int:
        key = (self.descriptor(typ), self.descriptor(interface))
        found = self.tables.get(key)
        if found is None:
            machine = self.machine
            for func in machine.methods_of(typ):
                machine.funcs[func.symbol] = func
            under = interface.underlying()
            assert isinstance(under, Interface)
            methods = under.type_set().methods
            found = self.tables[key] = machine.allocate(24 + 8 * len(methods))
            for at, value in zip((0, 8), reversed(key), strict=True):
                machine.write(found + at, P, value)
            machine.memory[found + 16 : found + 20] = machine.raw(key[0] + 16, 4)
            through = typ if machine.shapes.is_direct(typ) else Pointer(typ)
            for i, method in enumerate(methods):
                code = find(through, True, method.pkg, method.name).obj
                assert isinstance(code, TypesFunc)
                machine.write(found + 24 + 8 * i, P, machine.address(TextRef(self.names.method(through, code))))
        return found

    def table_of(self, descriptor: int, interface: int) -> int:
        """The method table, 0 if a method is missing."""
        typ, to = self.by_address[descriptor], self.by_address[interface]
        return 0 if missing_method(typ, to, True) is not None else self.itab(typ, to)

    def type_assert(self, a: list[int]) -> list[int | float]:
        found = self.table_of(a[1], int(self.machine.read(a[0] + 8, P)))
        if not found and not self.machine.memory[a[0] + 16]:
            raise GoPanic("interface conversion: missing method")
        return [found]

    def interface_switch(self, a: list[int]) -> list[int | float]:
        count = int(self.machine.read(a[0] + 8, P))
        for i in range(count):
            found = self.table_of(a[1], int(self.machine.read(a[0] + 16 + 8 * i, P)))
            if found:
                return [i, found]
        return [count, 0]

    def equal_data(self, descriptor: int, x: int, y: int) -> list[int | float]:
        if not descriptor:
            return [1]
        typ = self.by_address[descriptor]
        return [int(x == y if self.machine.shapes.is_direct(typ) else self.equal(typ, x, y))]

    def equal(self, typ: Type, x: int, y: int) -> bool:
        machine = self.machine
        under = typ.underlying()
        if isinstance(under, Struct):
            offsets = machine.shapes.sizes.offsetsof(under)
            fields = zip(under.fields, offsets, strict=True)
            return all(self.equal(field.typ, x + at, y + at) for field, at in fields if field.name != "_")
        if isinstance(under, Array):
            size = machine.shapes.sizes.sizeof(under.elem)
            return all(self.equal(under.elem, x + i * size, y + i * size) for i in range(under.len))
        if isinstance(under, Interface):
            words = struct.unpack("<2Q", machine.raw(x, 16)), struct.unpack("<2Q", machine.raw(y, 16))
            if words[0][0] != words[1][0]:
                return False
            typ_at = int(machine.read(words[0][0] + 8, P)) if under.type_set().methods and words[0][0] else words[0][0]
            return bool(self.equal_data(typ_at, words[0][1], words[1][1])[0])
        if isinstance(under, (Slice, Map, Signature)):
            raise GoPanic("comparing uncomparable type")
        leaves = machine.shapes.leaves(typ)
        assert leaves is not None
        if isinstance(under, Basic) and under.kind == STRING:
            one, other = (machine.raw(*struct.unpack("<2Q", machine.raw(at, 16))) for at in (x, y))
            return one == other
        return all(machine.read(x + leaf.offset, leaf.kind) == machine.read(y + leaf.offset, leaf.kind) for leaf in leaves)


_INTERFACES: Final[dict[str, Callable[[Types, list[int]], list[int | float]]]] = {
    "typeAssert": Types.type_assert,
    "interfaceSwitch": Types.interface_switch,
    "efaceeq": lambda types, a: types.equal_data(*a),
    "ifaceeq": lambda types, a: types.equal_data(int(types.machine.read(a[0] + 8, P)) if a[0] else 0, a[1], a[2]),
}
