# SPDX-License-Identifier: BSD-3-Clause
"""Register allocation: one pass over the blocks in the order of the code, which gives every value a register where it is made.

The state is what each register holds. An operation takes its arguments where they are, or they are copied, computed again or reloaded
into a register that it accepts; when none is free, the value gives way whose next use is farthest. Losing a register costs nothing at that
point: a value is stored once, and only if it is reloaded somewhere, at the best place between its definition and the reloads
(`spills.py`). A block begins with what a predecessor ended with; where others come in (`edges.py` sees to it that they lead nowhere else)
their ends are made to agree afterwards (`shuffle.py`). At the header of a loop there is a choice: what the loop uses is brought into
registers before it, what is used behind it alone gives way where it could not stay.

The idea of the greedy pass with next-use distances, wanted registers and moves on merging edges is that of
src/cmd/compile/internal/ssa/regalloc.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.frequency import frequencies
from pygo_cross.codegen.liveness import CALL, LOOP, NONE, NextUses
from pygo_cross.codegen.regstate import Snapshot, State
from pygo_cross.codegen.rows import Row, Rows, single
from pygo_cross.codegen.shuffle import shuffle
from pygo_cross.codegen.spills import finish_spills
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, Loop, find_loops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import VOID

_RARE: Final = 0.1


def allocate(func: Func, rows: Rows, params: Sequence[int]) -> Allocation:
    """Give every value of a scheduled function without critical edges a place, and add what has to move.

    `params` has the set of the register of each scalar parameter by its number, 0 for one on the stack.
    """
    return _Allocator(func, rows, params).run()


@final
class _Allocator:
    __slots__ = (
        "_avoid",
        "_dominators",
        "_ends",
        "_func",
        "_limit",
        "_loops",
        "_next_uses",
        "_often",
        "_params",
        "_record",
        "_rows",
        "_starts",
        "_state",
        "_visits",
        "_with_calls",
    )

    def __init__(self, func: Func, rows: Rows, params: Sequence[int]) -> None:
        self._func = func
        self._rows = rows
        self._params = [single(mask) for mask in params]
        self._dominators = Dominators(func)
        self._loops: dict[Block, Loop] = find_loops(func, self._dominators)
        self._next_uses = NextUses(func, self._dominators.order[::-1], self._loops, rows)
        self._often = frequencies(self._dominators, self._loops)
        self._state = State(func, rows)
        self._starts: dict[Block, Snapshot] = {}
        self._ends: dict[Block, Snapshot] = {}
        self._record: list[int] = []
        self._visits: dict[Block, int] = {}
        self._with_calls: dict[Block, bool] = {}
        self._avoid = 0
        self._limit = 0

    def run(self) -> Allocation:
        """Allocate."""
        func, state = self._func, self._state
        for block in self._order():
            self._block(block)
            self._visits[block] = len(self._visits)
        for block in func.blocks:
            if len(block.succs) == 1 and len(block.succs[0].preds) > 1:
                self._merge_edge(block, block.succs[0])
        slots = finish_spills(func, state, self._starts, self._dominators, self._often)
        used = 0
        for block in func.blocks:
            for value in block.values:
                register = state.reg[value.id]
                if register >= 0:
                    used |= 1 << register
        return Allocation(state.reg, slots, used)

    def _order(self) -> list[Block]:
        """The blocks of the function, in their own order if each but the first has a predecessor before it."""
        seen = {self._func.entry}
        for block in self._func.blocks[1:]:
            if not any(pred in seen for pred in block.preds):
                return self._dominators.order
            seen.add(block)
        return self._func.blocks if self._func.blocks[0] is self._func.entry else self._dominators.order

    # ---- blocks

    def _block(self, block: Block) -> None:
        state = self._state
        uses = self._next_uses.at_end(block)
        wants = self._next_uses.wants_at_end(block)
        if len(block.succs) == 1 and block.succs[0] in self._starts:
            self._wants_of_header(block, block.succs[0], wants)
        record: list[int] = []
        self._record = record
        self._next_uses.walk(block, uses, wants, record)
        next_use = state.next_use
        for key, at in uses.items():
            next_use[key] = at
        state.begin(block)
        if len(block.preds) == 1:
            for register, key, copy in self._ends[block.preds[0]]:
                if key in uses:
                    state.take(register, key, copy)
        elif block.preds:
            self._merge(block, uses, wants)
        self._starts[block] = state.snapshot()
        self._values(block)
        self._ends[block] = state.snapshot()
        block.values = state.out

    def _wants_of_header(self, block: Block, header: Block, wants: dict[int, int]) -> None:
        """At the way back of a loop, what the header has decided."""
        for register, key, _ in self._starts[header]:
            wants[key] = register
        at = header.preds.index(block)
        for phi in header.values:
            if phi.op != ops.PHI:
                break
            register = self._state.reg[phi.id]
            wants.pop(phi.id, -1)
            if register >= 0:
                wants[phi.args[at].id] = register

    def _merge(self, block: Block, uses: dict[int, int], wants: dict[int, int]) -> None:
        """Decide in which registers values are at the beginning of a block with several predecessors."""
        state = self._state
        visited = [pred for pred in block.preds if pred in self._ends]
        primary = max(visited, key=self._visits.__getitem__)
        loop = self._loops.get(block)
        header = loop is not None and loop.header is block
        at = block.preds.index(primary)
        held = self._ends[primary]
        where: dict[int, int] = {}
        live = 0
        for register, key, _ in held:
            where[key] = where.get(key, 0) | 1 << register
            if key in uses:
                live |= 1 << register
        taken = 0
        waiting: list[tuple[Value, int]] = []
        for phi in block.values:
            if phi.op != ops.PHI:
                break
            key = phi.args[at].id
            mask = where.get(key, 0) & ~taken
            want = wants.get(phi.id, -1)
            if want >= 0 and not (taken | live) >> want & 1 and (header or mask >> want & 1):
                register = want
            elif mask & ~live:
                register = _lowest(mask & ~live)
            elif mask & (mask - 1):
                register = _lowest(mask)
                live &= ~(1 << register)
            else:
                waiting.append((phi, mask))
                continue
            taken |= 1 << register
            state.take(register, phi.id, phi)
            state.reg[phi.id] = register
        keep = self._kept(block, uses, held, taken, header)
        for phi, mask in waiting:
            use = state.next_use[phi.id] if phi.id in uses else NONE
            allowed = self._rows.class_of(phi.kind)
            free = allowed & ~taken & ~keep
            if use == NONE or (not mask and use >= CALL):
                free = 0
            elif not free:
                farthest = use
                for register, key, _ in held:
                    if keep >> register & 1 and allowed >> register & 1 and state.next_use[key] > farthest:
                        farthest = state.next_use[key]
                        free = 1 << register
                keep &= ~free
            if not free:
                state.phi_in_memory(phi)
                continue
            want = wants.get(phi.id, -1)
            register = want if want >= 0 and free >> want & 1 else _lowest(free)
            taken |= 1 << register
            state.take(register, phi.id, phi)
            state.reg[phi.id] = register
        for register, key, copy in held:
            if keep >> register & 1:
                state.take(register, key, copy)
        if header and not self._has_call(block):
            self._preload(block, primary, uses, wants)

    def _has_call(self, header: Block) -> bool:
        """Whether a block is no header, or that of a loop that calls something, but in rare blocks."""
        found = self._with_calls.get(header)
        if found is None:
            loop = self._loops.get(header)
            calls = self._next_uses.calls
            rare = _RARE * self._often[header]
            found = loop is None or loop.header is not header
            if loop is not None and not found:
                found = any(calls[block.id] and self._often[block] > rare for block in loop.blocks)
            self._with_calls[header] = found
        return found

    def _kept(self, block: Block, uses: dict[int, int], held: Snapshot, taken: int, header: bool) -> int:
        """The registers whose values stay in them at a merge."""
        keep = 0
        farther: list[tuple[int, int]] = []
        for register, key, _ in held:
            if taken >> register & 1 or key not in uses:
                continue
            if header and uses[key] >= LOOP:
                if not self._state.remat[key]:  # what is computed again behind the loop need not stay
                    farther.append((uses[key], register))
            else:
                keep |= 1 << register
        if farther and not self._has_call(block):
            loop = self._loops[block]
            for allowed in (self._rows.integers, self._rows.floats):
                room = allowed.bit_count() - self._pressure(loop, allowed, ~self._state.remat_set)
                there = sorted(pair for pair in farther if allowed >> pair[1] & 1)
                for _, register in there[: max(len(there) + min(room, 0), 0)]:
                    keep |= 1 << register
        return keep

    def _pressure(self, loop: Loop, allowed: int, counted: int) -> int:
        """How many registers of a class a loop needs at its worst place, for values of a set that are live in it and what it computes."""
        state, uses = self._state, self._next_uses
        values = counted & (state.integers if allowed == self._rows.integers else state.floats)
        live_in, live_out, peak = uses.live_in, uses.live_out, uses.peak
        most = 0
        for block in loop.blocks:
            at = block.id
            here = max((live_in[at] & values).bit_count(), (live_out[at] & values).bit_count()) + peak[at]
            if here > most:
                most = here
        return most

    def _preload(self, block: Block, primary: Block, uses: dict[int, int], wants: dict[int, int]) -> None:
        """Bring what a loop without calls uses into registers before it, while there is room."""
        state = self._state
        loop = self._loops[block]
        candidates = sorted((at, key) for key, at in uses.items() if at < LOOP and not state.where[key])
        room = {}
        for allowed in (self._rows.integers, self._rows.floats):
            most = max(self._pressure(loop, allowed, ~state.remat_set), (state.used & allowed).bit_count())
            room[allowed] = allowed.bit_count() - most
        held = self._ends[primary]
        full = _mask([register for register, _, _ in held])
        out = state.out
        state.resume(primary)
        for _, key in candidates:
            value = state.values[key]
            if value.op == ops.PHI and value.block is block:
                continue
            allowed = self._rows.class_of(value.kind)
            free = allowed & ~state.used & ~full
            if room[allowed] <= 0 or not free:
                continue
            if state.remat[key]:
                room[allowed] -= 1
            want = wants.get(key, -1)
            register = want if want >= 0 and free >> want & 1 else _lowest(free)
            made = state.bring(value, register)
            state.take(register, key, made)
            held.append((register, key, made))
            full |= 1 << register
        state.block = block
        state.out = out

    # ---- values

    def _values(self, block: Block) -> None:
        state = self._state
        record = self._record
        pop = record.pop
        out = state.out
        reg = state.reg
        remat = state.remat
        next_use = state.next_use
        rows = self._rows
        of = rows.of
        calls = [place for place, value in enumerate(block.values) if rows.is_call(value.op)]
        calls.append(max(CALL, len(block.values)))
        upcoming = 0
        self._limit = calls[0]
        for place, value in enumerate(block.values):
            op = value.op
            if op in _ARRIVING:
                want = pop()
                use = pop()
                out.append(value)
                if op == ops.PHI:
                    continue
                if op == ops.RESULT:
                    register = single(value.args[0].aux.outputs[value.imm])  # type: ignore[attr-defined]
                elif op == ops.PARAM:
                    register = self._params[value.imm]
                else:
                    register = rows.registers.context
                if register < 0:
                    raise self._func.bug("regalloc", "it comes in no register", value)
                reg[value.id] = register
                if use != NONE:
                    next_use[value.id] = use
                    state.take(register, value.id, value)
                continue
            if remat[value.id]:
                self._avoid = pop()
                pop()
                next_use[value.id] = pop()
                continue
            if place > self._limit:
                upcoming += 1
                self._limit = calls[upcoming]
            args = value.args
            state.pos = value.pos
            state.inline = value.inline
            row = of(value) if op != ops.COPY else rows.copy_float if rows.class_of(value.kind) == rows.floats else rows.copy_integer
            after = []
            arg_wants = []
            for _ in args:
                after.append(pop())
                arg_wants.append(pop())
            self._avoid = pop()
            if value.kind != VOID:
                want = pop()
                use = pop()
            else:
                want = -1
                use = NONE
            if row.call:
                for arg, use_after in zip(args, after, strict=True):
                    next_use[arg.id] = use_after
                self._call(value, row)
                continue
            self._operation(value, row, after, arg_wants, want, use)
        row_of_exit = rows.of_exit(block)
        if row_of_exit is not None:
            self._exit(block, row_of_exit)

    def _call(self, value: Value, row: Row) -> None:
        """Arguments go to their registers all at once; behind it nothing is in any."""
        state = self._state
        value.set_args(self._all_at_once(value.args, row, value))
        state.clear()
        state.out.append(value)

    def _all_at_once(self, args: list[Value], row: Row, user: Value | Block) -> list[Value]:
        state = self._state
        places: list[int] = []
        targets: dict[int, int] = {}
        taken = 0
        for register in row.fixed:
            if register >= 0:
                taken |= 1 << register
        for arg, mask, register in zip(args, row.inputs, row.fixed, strict=True):
            if register < 0:
                allowed = mask & ~taken
                there = state.where[arg.id] & allowed
                free = there or allowed & ~state.used or allowed
                if not free:
                    raise self._func.bug("regalloc", "no register is left for an argument", user)
                register = _lowest(free)
                taken |= 1 << register
            elif targets.get(register, arg.id) != arg.id:
                raise self._func.bug("regalloc", "two arguments in one register", user)
            targets[register] = arg.id
            places.append(register)
        made = shuffle(state, targets, [])
        return [made[register] for register in places]

    def _exit(self, block: Block, row: Row) -> None:
        state = self._state
        state.pos = block.pos
        pop = self._record.pop
        controls = block.controls
        if block.kind == ops.RET or row.call:
            block.set_controls(self._all_at_once(controls, row, block))
            if row.call:
                state.clear()
            return
        self._limit = CALL
        after = []
        for _ in controls:
            after.append(pop())
            pop()
        self._avoid = pop()
        chosen = self._arguments(controls, row, after, [-1] * len(controls), block)
        made = [state.copies[register] for register in chosen]
        if row.clobbers & state.used:
            self._clobber(row.clobbers, _mask(chosen))
        block.set_controls([value for value in made if value is not None])

    def _arguments(self, args: list[Value], row: Row, after: list[int], wants: list[int], user: Value | Block) -> list[int]:
        """Bring arguments into registers; those, in order. Next uses are those behind the operation from then on."""
        state = self._state
        where = state.where
        inputs = row.inputs
        chosen = [-1] * len(args)
        busy = 0
        order: Sequence[int] = range(len(args))
        if row.any_fixed:
            order = sorted(order, key=lambda index: row.fixed[index] < 0)
        first = -1
        for index in order:
            arg = args[index]
            mask = inputs[index]
            if index and row.early and row.two_address and first >= 0:
                mask &= ~(1 << first)
            there = where[arg.id] & mask
            register = _lowest(there) if there else self._into(arg, mask, busy, row.taken, wants[index], user)
            busy |= 1 << register
            chosen[index] = register
            if index == 0:
                first = register
        next_use = state.next_use
        for arg, use in zip(args, after, strict=True):
            next_use[arg.id] = use
        return chosen

    def _operation(self, value: Value, row: Row, after: list[int], wants: list[int], want: int, use: int) -> None:
        state = self._state
        args = value.args
        where = state.where
        next_use = state.next_use
        if row.commutes and row.two_address and args[0] is not args[1]:
            dies = after[0] == NONE
            other_dies = after[1] == NONE
            swap = other_dies if not dies else False
            if dies == other_dies and want >= 0:
                swap = bool(where[args[1].id] >> want & 1) and not where[args[0].id] >> want & 1
            elif dies and other_dies:
                swap = not where[args[0].id] and bool(where[args[1].id])
            if swap:
                args[0], args[1] = args[1], args[0]
                after[0], after[1] = after[1], after[0]
                wants[0], wants[1] = wants[1], wants[0]
        chosen = self._arguments(args, row, after, wants, value)
        copies = state.copies
        made = [copies[register] for register in chosen]
        busy = _mask(chosen)
        target = -1
        if row.two_address:
            target = self._in_place(value, row, args[0], chosen, busy, want)
            made[0] = copies[target]
        if not row.early:
            for arg in args:
                if next_use[arg.id] == NONE and where[arg.id]:
                    state.forget(arg.id)
        if row.clobbers & state.used:
            self._clobber(row.clobbers, busy | (1 << target if target >= 0 else 0))
        if value.kind != VOID and (row.output or target >= 0):
            if target < 0:
                if want < 0 and (row.in_place or value.op == ops.COPY):
                    want = chosen[0]
                target = self._free(row.output, busy if row.early else 0, want, busy | row.clobbers, value)
            elif state.used >> target & 1:
                state.drop(target)
            state.reg[value.id] = target
        if row.early:
            for arg in args:
                if next_use[arg.id] == NONE and where[arg.id]:
                    state.forget(arg.id)
        value.set_args([one for one in made if one is not None])
        state.out.append(value)
        if use != NONE:
            next_use[value.id] = use
            state.take(target, value.id, value)

    def _in_place(self, value: Value, row: Row, arg: Value, chosen: list[int], busy: int, want: int) -> int:
        """The register in which an operation replaces its first argument by its result; what must live on is copied before."""
        state = self._state
        register = chosen[0]
        key = arg.id
        if state.next_use[key] == NONE or state.where[key] != 1 << register:
            return register
        if state.remat[key] or state.next_use[key] > self._limit:
            return register  # computed or reloaded anyway
        allowed = row.inputs[0] & (row.output or row.inputs[0])
        stays = want == register or not allowed & ~(1 << register)
        mask = self._rows.class_of(arg.kind) & ~row.clobbers if stays else allowed
        free = mask & ~state.used & ~busy
        if not free:
            victim = state.farthest(mask & ~busy)
            if victim < 0 or state.next_use[state.held[victim]] <= state.next_use[key]:
                return register
        other = self._free(mask, busy, -1 if stays else want, busy, value)
        made = state.copy(register, other, arg)
        state.take(other, key, made)
        return register if stays else other

    def _clobber(self, clobbers: int, busy: int) -> None:
        """What is in registers that an operation loses goes elsewhere if it is needed soon."""
        state = self._state
        lost = clobbers & state.used
        while lost:
            bit = lost & -lost
            lost ^= bit
            self._leave(bit.bit_length() - 1, busy | clobbers)

    def _leave(self, register: int, busy: int) -> None:
        """Take a register away from its value, which moves to a free one outside of `busy` if it is worth it."""
        state = self._state
        key = state.held[register]
        if state.where[key] == 1 << register and not state.remat[key] and state.next_use[key] <= self._limit:
            value = state.values[key]
            free = self._rows.class_of(value.kind) & ~state.used & ~busy
            if free:
                free = free & ~self._avoid or free
                other = _lowest(free)
                state.take(other, key, state.copy(register, other, value))
        state.drop(register)

    def _free(self, mask: int, keep: int, want: int, busy: int, user: Value | Block) -> int:
        """A free register of a set without `keep`; made free if there is none. Nothing moves into `busy`."""
        state = self._state
        mask &= ~keep
        free = mask & ~state.used
        if want >= 0 and mask >> want & 1:
            if free >> want & 1:
                return want
            if state.next_use[state.held[want]] > self._limit:  # a call takes it away anyway
                state.drop(want)
                return want
        if free:
            return _lowest(free & ~self._avoid or free)
        register = state.farthest(mask)
        if register < 0:
            raise self._func.bug("regalloc", "no register is left", user)
        self._leave(register, busy | keep | mask)
        return register

    def _into(self, arg: Value, mask: int, busy: int, taken: int, want: int, user: Value | Block) -> int:
        """Bring a value into one of a set of registers, none of `busy`. What gives way moves to none that is `taken` soon."""
        state = self._state
        mask &= self._rows.class_of(arg.kind)  # what only must be alive, may be anywhere
        there = state.where[arg.id]
        if there:
            source = _lowest(there)
            register = self._free(mask, busy | 1 << source, want, busy | 1 << source | taken, user)
            made = state.copy(source, register, arg)
        else:
            register = self._free(mask, busy, want, busy | taken, user)
            made = state.bring(arg, register)
        state.take(register, arg.id, made)
        return register

    # ---- edges

    def _merge_edge(self, block: Block, succ: Block) -> None:
        """Make the end of a block agree with the beginning of the next."""
        state = self._state
        state.begin(block)
        state.resume(block)
        for register, key, copy in self._ends[block]:
            state.take(register, key, copy)
        targets: dict[int, int] = {}
        phis: list[Value] = []
        memory: list[tuple[Value, int]] = []
        at = self._next_uses.place(succ, block)
        for phi in succ.values:
            if phi.op != ops.PHI:
                break
            phis.append(phi)
            register = state.reg[phi.id]
            if register >= 0:
                targets[register] = phi.args[at].id
            else:
                memory.append((phi, phi.args[at].id))
        for register, key, _ in self._starts[succ]:
            if register not in targets:
                targets[register] = key
        made = shuffle(state, targets, memory)
        for phi in phis:
            register = state.reg[phi.id]
            phi.set_arg(at, made[register] if register >= 0 else state.stored[phi.id])


_ARRIVING: Final = frozenset((ops.PHI, ops.PARAM, ops.CLOSURE, ops.RESULT))


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _mask(registers: list[int]) -> int:
    mask = 0
    for register in registers:
        mask |= 1 << register
    return mask
