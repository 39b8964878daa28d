# SPDX-License-Identifier: BSD-3-Clause
"""A completed function into bytes: every instruction encoded, branches sized, relocations placed.

Branches start short. A round gives every instruction its place; a forward branch that turned out too far becomes long and
another round follows, until none changes. Backward branches are sized by the round at hand. Alignment (PCALIGN) makes gaps
that are filled with long no-ops. Facts: GOROOT/src/cmd/internal/obj/x86/asm6.go (span6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64.encode import EncodeError, Encoder, jump_to_symbol
from pygo_cross.arch.amd64.rewrite import one_instruction_tls
from pygo_cross.arch.amd64.table import BRANCH as BRANCH_ROW
from pygo_cross.arch.amd64.table import Row
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, CONST, MEM, NAME_EXTERN, REG, Addr, Prog, const, register
from pygo_cross.obj.symbol import PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE, Symbol

_words = str.split

MAX_ROUNDS: Final = 1000
_EMPTY: Final = frozenset({"TEXT", "PCDATA", "FUNCDATA"})
_NOPS: Final = tuple(
    bytes.fromhex(text)
    for text in (_words("90 6690 0f1f00 0f1f4000 0f1f440000 660f1f440000 0f1f8000000000 0f1f840000000000 660f1f840000000000"))
)
_SP: Final = register(regs.SP)

# What a slot of the layout is.
_FIXED: Final = 0
_JUMP: Final = 1
_ALIGN: Final = 2

Report = Callable[[Prog, str], None]


def padding(size: int) -> bytes:
    """No-ops of `size` bytes, as few as possible."""
    whole, rest = divmod(size, len(_NOPS))
    return _NOPS[-1] * whole + (_NOPS[rest - 1] if rest else b"")


class _Jump:
    """A branch inside the function: the opcodes of its forms, and which one it has."""

    __slots__ = ("backward", "is_short", "long", "prog", "short", "size")

    def __init__(self, prog: Prog, row: Row) -> None:
        self.prog = prog
        self.short, self.long = row.short, row.long
        self.is_short = bool(row.short)
        self.backward = False
        self.size = 0


class Layout:
    """Lays out functions of one Context. `report` is told of instructions that can't be encoded."""

    def __init__(self, context: Context, encoder: Encoder, report: Report) -> None:
        self.context = context
        self.encoder = encoder
        self.report = report

    def lay_out(self, symbol: Symbol) -> None:
        """Make the bytes and relocations of a function, and give each Prog its offset and size."""
        func = symbol.func
        assert func is not None
        progs = func.progs
        for prog in progs:
            if prog.op == "ADJSP":
                _adjust(prog)
            elif self.context.retpoline and prog.op in ("CALL", "JMP"):
                self._retpoline(prog)
        slots, in_bytes = self._encode(symbol, progs)
        for round_ in range(MAX_ROUNDS):
            if self._place(progs, slots):
                break
            if not round_ and in_bytes:
                # A function that needs a second round sees registers as bytes that the first one turned into such.
                for at in in_bytes:
                    slots[at] = self._again(progs[at])
        else:
            self.report(progs[0], "span must be looping")
        if self.context.listed:
            for at in in_bytes:
                self._again(progs[at])
        self._write(symbol, progs, slots)
        if not one_instruction_tls(self.context):
            func.progs = _mark_thread_local(progs)

    def _encode(self, symbol: Symbol, progs: list[Prog]) -> tuple[list[object], list[int]]:
        """A slot for each Prog: bytes, bytes with relocations, a branch, or an alignment; and which slots may change."""
        slots: list[object] = []
        jumps: list[_Jump] = []
        in_bytes: list[int] = []
        known = self.encoder.known
        encode = self.encoder.encode
        add = slots.append
        for prog in progs:
            op, args = prog.op, prog.args
            if prog.target is not None or (args and args[-1].type == BRANCH):
                try:
                    add(self._branch(prog, jumps))
                except EncodeError as error:
                    self._refuse(prog, slots, error)
                continue
            if op in _EMPTY:
                add(b"")
                continue
            if op == "PCALIGN" or op == "PCALIGNMAX":
                add(self._alignment(symbol, prog))
                continue
            found = known.get((op, prog.suffix, args))
            if found is None:
                try:
                    found = encode(op, prog.suffix, args)
                except EncodeError as error:
                    self._refuse(prog, slots, error)
                    continue
            encoded, row = found
            if row.to_byte and any(args[at].type == REG and args[at].reg >> 8 == regs.GP for at in row.to_byte):
                in_bytes.append(len(slots))
            add(encoded[0] if encoded[1] is None else encoded)
        if jumps:
            order = {prog: at for at, prog in enumerate(progs)}
            for jump in jumps:
                assert jump.prog.target is not None
                jump.backward = order.get(jump.prog.target, 0) <= order[jump.prog]
        return slots, in_bytes

    def _refuse(self, prog: Prog, slots: list[object], error: EncodeError) -> None:
        """Tell of an instruction that can't be encoded, with its place by the slots before it."""
        prog.pc = sum(map(_length, slots))
        self.report(prog, str(error))
        slots.append(b"")

    def _again(self, prog: Prog) -> object:
        """The slot of an instruction whose general registers became bytes."""
        row = self.encoder.find(prog.op, prog.suffix, prog.args)
        assert row is not None
        prog.args = tuple([self.encoder.byte_register(arg) if at in row.to_byte else arg for at, arg in enumerate(prog.args)])
        encoded, _ = self.encoder.encode(prog.op, prog.suffix, prog.args)
        return encoded[0] if encoded[1] is None else encoded

    def _branch(self, prog: Prog, jumps: list[_Jump]) -> object:
        """The slot of a branch. Raises EncodeError."""
        row = self.encoder.find(prog.op, prog.suffix, prog.args)
        if row is None:
            raise EncodeError("invalid instruction: {}")
        target = prog.args[-1]
        if row.action != BRANCH_ROW:
            return self.encoder.encode(prog.op, prog.suffix, prog.args)[0]
        if target.sym is not None:
            if prog.op != "JMP":
                raise EncodeError("branch to ATEXT")
            return jump_to_symbol(target.sym)
        if prog.target is None:
            prog.target = prog
        jump = _Jump(prog, row)
        jumps.append(jump)
        return jump

    def _alignment(self, symbol: Symbol, prog: Prog) -> object:
        """The slot of PCALIGN: its alignment and how much padding it is worth."""
        align = prog.args[0].offset
        if align & align - 1 or not 8 <= align <= 2048:
            self.report(prog, f"alignment value of an instruction must be a power of two and in the range [8, 2048], got {align}\n")
            return b""
        most = align - 1
        if prog.op == "PCALIGNMAX":
            most = prog.args[1].offset
            if not 0 <= most < align:
                self.report(prog, f"PCALIGNMAX 'amount' {most} must be non-negative and smaller than the alignment {align}\n")
                return b""
        symbol.align = max(symbol.align, align)
        return align, most

    def _place(self, progs: list[Prog], slots: list[object]) -> bool:
        """One round. Returns whether every branch reaches."""
        pc = 0
        forward: list[_Jump] = []
        for prog, slot in zip(progs, slots, strict=True):
            prog.pc = pc
            kind = slot.__class__
            if kind is bytes:
                size = len(slot)  # type: ignore[arg-type]
            elif kind is _Jump:
                assert isinstance(slot, _Jump)
                size = self._jump_size(slot, pc)
                slot.size = size
                if not slot.backward:
                    forward.append(slot)
            else:
                assert isinstance(slot, tuple)
                if slot[0].__class__ is int:
                    align, most = slot
                    size = -pc & align - 1
                    if size > most:
                        size = 0
                    prog.size = 0
                    pc += size
                    continue
                size = len(slot[0])
            prog.size = size
            pc += size
        settled = True
        for jump in forward:
            prog = jump.prog
            target = prog.target
            assert target is not None
            if jump.is_short and target.pc - (prog.pc + jump.size) > 127:
                if not jump.long:
                    self.report(prog, "loop too far: {}")
                    return True
                jump.is_short = False
                settled = False
        return settled

    def _jump_size(self, jump: _Jump, pc: int) -> int:
        """The size of a branch in this round; backward branches choose their form here."""
        if jump.backward and jump.short:
            target = jump.prog.target
            assert target is not None
            at = pc if target is jump.prog else target.pc
            jump.is_short = at - (pc + 2) >= -128
            if not jump.is_short and not jump.long:
                self.report(jump.prog, "loop too far: {}")
                jump.is_short = True
        return len(jump.short) + 1 if jump.is_short else len(jump.long) + 4

    def _write(self, symbol: Symbol, progs: list[Prog], slots: list[object]) -> None:
        """Bytes and relocations of the whole function."""
        parts: list[bytes] = []
        relocs = symbol.relocs
        pc = 0
        for prog, slot in zip(progs, slots, strict=True):
            kind = slot.__class__
            if kind is bytes:
                parts.append(slot)  # type: ignore[arg-type]
                pc += prog.size
            elif kind is _Jump:
                assert isinstance(slot, _Jump) and prog.target is not None
                pc += prog.size
                distance = prog.target.pc - pc
                if slot.is_short:
                    parts.append(slot.short + bytes((distance & 0xFF,)))
                else:
                    parts.append(slot.long + (distance & 0xFFFFFFFF).to_bytes(4, "little"))
            else:
                assert isinstance(slot, tuple)
                if slot[0].__class__ is int:
                    size = -pc & slot[0] - 1
                    if size <= slot[1]:
                        parts.append(padding(size))
                        pc += size
                    continue
                code, relocations = slot
                parts.append(code)
                for offset, size, kind_, addend, target in relocations:
                    relocs.append((pc + offset, size, kind_, addend, target))
                pc += prog.size
        symbol.data = bytearray(b"".join(parts))
        symbol.size = pc

    def _retpoline(self, prog: Prog) -> None:
        """-spectre=ret: an indirect branch goes through a thunk of the runtime's."""
        if not prog.args:
            return
        target = prog.args[-1]
        if target.type == REG:
            thunk = self.context.lookup("runtime.retpoline" + regs.name(target.reg))
            prog.args = (*prog.args[:-1], Addr(BRANCH, 0, 0, NAME_EXTERN, thunk))
        elif target.type == MEM:
            self.report(prog, "non-retpoline-compatible: {}")


def _length(slot: object) -> int:
    """The bytes of a slot, as far as they are known: branches are short."""
    if isinstance(slot, tuple):
        slot = slot[0]
    if isinstance(slot, _Jump):
        return len(slot.short) + 1
    return len(slot) if isinstance(slot, bytes) else 0


def _adjust(prog: Prog) -> None:
    """ADJSP as an addition or subtraction, whichever has the shorter constant."""
    value = prog.args[0].offset
    if prog.args[0].type != CONST:
        return
    if not value:
        prog.op, prog.args = "NOP", ()
    elif value == 0x80 or (value < 0 and value != -0x80):
        prog.op, prog.args = "ADDQ", (const(-value), _SP)
    else:
        prog.op, prog.args = "SUBQ", (const(value), _SP)


def _mark_thread_local(progs: list[Prog]) -> list[Prog]:
    """Marks accesses by a loaded thread base as unsafe points: on another thread the base would be another's."""
    out: list[Prog] = [progs[0]]
    current = -1
    marked = False
    for at in range(1, len(progs)):
        prog = progs[at]
        unsafe = bool(prog.args) and prog.args[0].index == regs.TLS
        if prog.op == "PCDATA" and prog.args[0].offset == PCDATA_UNSAFE_POINT:
            current = prog.args[1].offset
        elif current != UNSAFE_POINT_UNSAFE and unsafe != marked:
            mark = out[-1].after("PCDATA", (const(PCDATA_UNSAFE_POINT), const(UNSAFE_POINT_UNSAFE if unsafe else current)))
            mark.pc = prog.pc
            out.append(mark)
            marked = unsafe
        out.append(prog)
    return out
