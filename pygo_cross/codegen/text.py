# SPDX-License-Identifier: BSD-3-Clause
"""The last step of a function's compilation: from what is allocated to a symbol with its bytes and the runtime's tables.

`Texts` serves one package: `make` lays out the frame, makes stack maps, has instructions emitted, and puts around them what only the
runtime wants: TEXT, FUNCDATA, zeroing at entry, files and lines, the tree of inlined calls. Then the architecture's finisher makes bytes,
as it does for assembly, and `obj.pcln` tables.

Facts: GOROOT/src/cmd/compile/internal/ssagen/ssa.go (genssa, defframe), ssagen/abi.go (setupTextLSym), gc/obj.go (addGCLocals).
"""

from __future__ import annotations

import importlib
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, final

from pygo_cross.arch.insn import Insn
from pygo_cross.arch.machine import Machine
from pygo_cross.codegen import argsinfo, frame, stackmaps
from pygo_cross.codegen.abi import Assigner, Assignment
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.diag import InternalError, Pos, UserError
from pygo_cross.obj import funcdwarf, pcln
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import MEM, NAME_EXTERN, TEXTSIZE, Addr, PosBase, Prog, const
from pygo_cross.obj.reloctype import R_ADDROFF
from pygo_cross.obj.symbol import (
    DUPOK,
    FUNCDATA_ARG_INFO,
    FUNCDATA_ARGS_POINTER_MAPS,
    FUNCDATA_LOCALS_POINTER_MAPS,
    FUNCDATA_STACK_OBJECTS,
    NEEDCTXT,
    NOSPLIT,
    PCDATA_UNSAFE_POINT,
    REFLECTMETHOD,
    RODATA,
    UNSAFE_POINT_UNSAFE,
    WRAPPER,
    ArgRegister,
    InlinedCall,
    Symbol,
)
from pygo_cross.ssa import kinds, unit
from pygo_cross.ssa.func import Func, Slot
from pygo_cross.ssa.kinds import is_float
from pygo_cross.ssa.shape import Shapes

_words = str.split

_FLAGS: Final = (
    (unit.NOSPLIT, NOSPLIT),
    (unit.WRAPPER, WRAPPER),
    (unit.NEEDS_CONTEXT, NEEDCTXT),
    (unit.DUPOK, DUPOK),
    (unit.REFLECT_METHOD, REFLECTMETHOD),
)
_SIZES: Final = kinds.SIZES
_OBJECT: Final = struct.Struct("<iIII")

Emit = Callable[[Func, Allocation, stackmaps.StackMaps], list[Prog]]
"""Makes the instructions of a function."""


@final
class Places:
    """Files and lines of positions, as objects have them. `position` says where one is (FileSet.position), `absolute` a file's recorded
    name."""

    __slots__ = ("_absolute", "_bases", "_known", "position")

    def __init__(self, position: Callable[[int], Pos], absolute: Callable[[str], str]) -> None:
        self.position = position
        self._absolute = absolute
        self._bases: dict[str, PosBase] = {}
        self._known: dict[int, tuple[PosBase, int]] = {}

    def at(self, pos: int) -> tuple[PosBase, int]:
        """The file and line that are told for a position, which must be in a file."""
        found = self._known.get(pos)
        if found is None:
            place = self.position(pos)
            base = self._bases.get(place.file)
            if base is None:
                base = self._bases[place.file] = PosBase(place.file, self._absolute(place.file))
            found = self._known[pos] = base, place.line
        return found


@final
class Texts:
    """Makes the functions of a package. `rows` are the machine's operations."""

    __slots__ = (
        "_assigners",
        "_context",
        "_descriptors",
        "_dwarf",
        "_emit",
        "_finish",
        "_machine",
        "_parts",
        "_places",
        "_rows",
        "_shapes",
        "_unsafe",
    )

    def __init__(
        self,
        context: Context,
        machine: Machine,
        rows: Mapping[int, Insn],
        assigners: tuple[Assigner, Assigner],
        shapes: Shapes,
        descriptors: Descriptors,
        places: Places,
        emit: Emit,
        *,
        dwarf: bool = False,
    ) -> None:
        """`assigners` are those of ABI0 and of ABIInternal, in this order."""
        self._context = context
        self._machine = machine
        self._rows = rows
        self._assigners = assigners
        self._shapes = shapes
        self._descriptors = descriptors
        self._places = places
        self._emit = emit
        self._dwarf = dwarf
        self._finish = machine.finisher(context)
        self._parts: Any = importlib.import_module(f"pygo_cross.arch.{machine.name}.frame")
        self._unsafe = context.package in RUNTIME

    def make(self, func: Func, allocation: Allocation) -> Symbol:
        """The symbol of a function behind allocation. Raises UserError for a frame that is too large."""
        info = func.info
        assert isinstance(info, unit.FuncInfo)
        abi = 0 if info.flags & unit.ABI0 else 1
        params = self._assigners[abi].types(info.params, info.results)
        live = stackmaps.analyse(func, allocation, self._rows)
        layout = frame.lay_out(func, frame.used_slots(func, allocation), live.zeroed)
        base, line = self._places.at(info.pos)
        if max(layout.size, params.size) >= frame.LIMIT:
            self._too_large(info, layout, params)
        facts = self._descriptors.facts
        maps = stackmaps.StackMaps(facts, layout, live, params)
        progs = self._emit(func, allocation, maps)

        symbol = self._context.lookup(func.symbol, abi)
        flags = 0
        for ours, theirs in _FLAGS:
            if info.flags & ours:
                flags |= theirs
        made = self._context.define_text(symbol, flags, base, line)
        if made is None:
            raise InternalError("text", "a function is defined twice", func.symbol)
        if abi:
            made.arg_registers = self._arg_registers(params)
        size = Addr(TEXTSIZE, 0, layout.size)
        size.value = params.size
        text = Prog("TEXT", (Addr(MEM, 0, 0, NAME_EXTERN, symbol), size), base, line)
        head = [text]

        def table(number: int, data: Symbol) -> None:
            head.append(text.after("FUNCDATA", (const(number), Addr(MEM, 0, 0, NAME_EXTERN, data))))

        table(FUNCDATA_ARGS_POINTER_MAPS, self._context.gclocals(maps.args_data()))
        table(FUNCDATA_LOCALS_POINTER_MAPS, self._context.gclocals(maps.locals_data()))
        objects = [slot for slot in reversed(layout.slots) if slot.pointers and live.objects >> slot.id & 1]
        if objects:
            table(FUNCDATA_STACK_OBJECTS, self._stack_objects(symbol, objects))
        if info.params:
            contents = argsinfo.data(facts, params, False)
            table(FUNCDATA_ARG_INFO, argsinfo.symbol(self._context, symbol, contents))
        unsafe = self._unsafe or bool(flags & NOSPLIT)
        if unsafe:
            head.append(text.after("PCDATA", (const(PCDATA_UNSAFE_POINT), const(UNSAFE_POINT_UNSAFE))))
            progs = [prog for prog in progs if prog.op != "PCDATA" or prog.args[0].offset != PCDATA_UNSAFE_POINT]
        head += self._zeroing(text, layout, live.zeroed)
        self._place(text, progs, info)
        made.progs = head + self._inline(made.inline, text, progs, info)
        self._finish(symbol)
        if self._context.errors:
            problem = self._context.errors[0]
            raise InternalError("text", problem.message, func.symbol, problem.pos)
        pcln.fill(self._context, symbol, self._machine.quantum)
        if self._dwarf:
            funcdwarf.fill(self._context, symbol)
        made.progs = []
        return symbol

    def _too_large(self, info: unit.FuncInfo, layout: frame.Layout, params: Assignment) -> None:
        sizes = f"{layout.size - layout.outgoing >> 20} MB locals + {params.size >> 20} MB args"
        if layout.outgoing >= frame.LIMIT:
            sizes += f" + {layout.outgoing >> 20} MB callee"
        pos = self._places.position(info.pos)
        raise UserError.one("frame-too-large", f"stack frame too large (>1GB): {sizes}", pos=pos)

    def _arg_registers(self, params: Assignment) -> list[ArgRegister]:
        out = []
        for where in params.args:
            if not where.registers:
                continue
            leaves = self._shapes.leaves(where.typ)
            assert leaves is not None
            for i, leaf in enumerate(leaves):
                end = leaf.offset + _SIZES[leaf.kind]
                out.append(ArgRegister(where.registers[i], end - leaf.offset, is_float(leaf.kind), where.offset + leaf.offset))
        return out

    def _stack_objects(self, symbol: Symbol, slots: list[Slot]) -> Symbol:
        """FUNCDATA_StackObjects: the slots that pointers may point to, by ascending address (stackObjectRecord)."""
        made = self._context.lookup(symbol.name + ".stkobj")
        data = bytearray(len(slots).to_bytes(8, "little"))
        for slot in slots:
            if slot.typ is None:
                raise InternalError("text", f"the address of slot {slot}, which has no type, is taken", symbol.name)
            made.relocs.append((len(data) + 12, 4, R_ADDROFF, 0, self._descriptors.gc_mask(slot.typ)))
            data += _OBJECT.pack(slot.offset, slot.size, self._descriptors.facts.pointer_bytes(slot.typ), 0)
        made.data = data
        made.align = 8
        made.content_addressable = made.static = True
        self._context.define_data(made, len(data), RODATA)
        return made

    def _zeroing(self, text: Prog, layout: frame.Layout, zeroed: int) -> list[Prog]:
        """Zero slots at entry, neighbours together."""
        out: list[Prog] = []
        low = high = 0
        for slot in layout.slots:
            if not zeroed >> slot.id & 1:
                continue
            end = slot.offset + -(-slot.size // frame.WORD) * frame.WORD
            if low == high or end < low:
                if low != high:
                    out += self._parts.zero(text, low, high)
                high = end
            low = slot.offset
        if low != high:
            out += self._parts.zero(text, low, high)
        return out

    def _place(self, text: Prog, progs: list[Prog], info: unit.FuncInfo) -> None:
        """Give instructions the files and lines of their positions; those without a position stay where the one before was."""
        at = self._places.at
        base, line, inline = text.base, text.line, 0
        last = 0
        for prog in progs:
            pos = prog.line
            if not pos:
                prog.inline = inline
            elif pos != last:
                base, line = at(pos)
                inline = prog.inline
                last = pos
            else:
                inline = prog.inline
            prog.base = base
            prog.line = line

    def _inline(self, tree: list[InlinedCall], text: Prog, progs: list[Prog], info: unit.FuncInfo) -> list[Prog]:
        """Make the tree of inlined calls that have instructions, and mark where each stood: an instruction of the function around it on
        the line of the call, or one that does nothing."""
        if not info.inlined or not any(prog.inline for prog in progs):
            return progs
        numbers: dict[int, int] = {}
        wanted: dict[tuple[int, PosBase, int], list[InlinedCall]] = {}
        first: dict[int, list[InlinedCall]] = {}

        def number(call: int) -> int:
            """The place of a call in the tree, those around it first."""
            chain = []
            while call and call not in numbers:
                chain.append(call)
                call = info.inlined[call - 1].parent
            for one in reversed(chain):
                inlined = info.inlined[one - 1]
                base, line = self._places.at(inlined.pos)
                parent = numbers.get(inlined.parent, 0) - 1
                node = InlinedCall(parent, base, line, self._context.lookup(inlined.callee, 1), text)
                tree.append(node)
                numbers[one] = len(tree)
                wanted.setdefault((parent + 1, base, line), []).append(node)
            return numbers[chain[0]] if chain else numbers[call]

        for at, prog in enumerate(progs):
            if prog.inline:
                count = len(tree)
                prog.inline = number(prog.inline)
                for node in tree[count:]:
                    first.setdefault(at, []).append(node)
        for prog in progs:
            if prog.op in _WITHOUT_BYTES:
                continue
            for node in wanted.pop((prog.inline, prog.base, prog.line), ()):  # type: ignore[arg-type]
                node.mark = prog
        out: list[Prog] = []
        for at, prog in enumerate(progs):
            for node in first.get(at, ()):
                if node.mark is text:
                    mark = self._parts.no_op(prog)
                    mark.base, mark.line, mark.inline = node.base, node.line, node.parent + 1
                    node.mark = mark
                    out.append(mark)
            out.append(prog)
        return out


_WITHOUT_BYTES: Final = frozenset({"PCDATA", "FUNCDATA", "NOP", "PCALIGN", "PCALIGNMAX"})


RUNTIME: Final = frozenset(
    _words(
        "runtime internal/runtime/atomic internal/runtime/cgroup internal/runtime/exithook internal/runtime/gc internal/runtime/gc/scan "
        "internal/runtime/maps internal/runtime/math internal/runtime/sys internal/runtime/syscall/linux internal/runtime/syscall/windows "
        "internal/abi internal/bytealg internal/byteorder internal/chacha8rand internal/coverage/rtcov internal/cpu internal/goarch "
        "internal/godebugs internal/goexperiment internal/goos internal/profilerecord internal/strconv internal/stringslite"
    )
)
"""The packages that stock Go compiles as the runtime (cmd/internal/objabi/pkgspecial.go): preempted nowhere but in prologues."""
