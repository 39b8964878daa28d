# SPDX-License-Identifier: BSD-3-Clause
"""Inlining: small functions go where they are called, and function literals that are called where they are made.

Functions are looked at with callees first, so what is inlined has had its own calls inlined. What a function costs was counted on its
source as stock counts it (`lower/inlinecost.py`; src/cmd/compile/internal/inline/inl.go: the budget is 80, and a call 57), since what is
inlined shows in tracebacks. Where that is not known it is counted on SSA, by weights that make the two agree on most functions of std. What
stock never inlines is not inlined here either: recover, defer, go, select, what asks for its caller. Of functions that call themselves,
directly or by others, what is inlined is the function before anything was inlined into it, and each only once on the way to a call.

Before: v3 = CallStatic v1 v2 {main.add}; v4 = Result v3; after: v4's users use v5 = Add v1 v2, whose `inline` tells of the call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, final

from pygo_cross.opt.bodies import copy_of, is_exported
from pygo_cross.opt.callgraph import callee, components, own_name
from pygo_cross.opt.splice import cut, splice
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import remove_unreachable, replace, simplify_phis
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import (
    ABI0,
    CGO_UNSAFE_ARGS,
    HAS_DEFER,
    NOINLINE,
    SYSTEM_STACK,
    UINTPTR_ESCAPES,
    UINTPTR_KEEP_ALIVE,
    WRAPPER,
    YES_WRITE_BARRIER_REC,
    FuncInfo,
    Price,
)

BUDGET: Final = 80
"""What a function may cost that is inlined wherever it is called."""
BUDGET_ONCE: Final = 10 * BUDGET
"""The same of a function literal that is called in one place and is nowhere else."""
BUDGET_LITERAL: Final = 2 * BUDGET
"""The same of a function literal that is called more often."""
BUDGET_BIG: Final = 20
"""The same for a caller that is big already."""
BIG: Final = 5000
"""A function of so many values is big."""

_ROUNDS: Final = 3  # in which calls of methods become calls of functions, and these are inlined
_LONG: Final = 4096
_PIECE: Final = 1024
"""Blocks of so many values are cut into pieces of so many."""
_NEVER: Final = (
    NOINLINE | HAS_DEFER | SYSTEM_STACK | ABI0 | WRAPPER | CGO_UNSAFE_ARGS | UINTPTR_ESCAPES | UINTPTR_KEEP_ALIVE | YES_WRITE_BARRIER_REC
)
_FREE: Final = frozenset(
    {ops.CONST, ops.ADDR, ops.PARAM, ops.PHI, ops.COPY, ops.RESULT, ops.CLOSURE, ops.SLOT_ADDR, ops.SLOT_LIVE, ops.KEEP_ALIVE}
    | {ops.NIL_CHECK, ops.ADD_PTR, ops.SIGN_EXT, ops.ZERO_EXT, ops.TRUNC, ops.INT_TO_PTR, ops.PTR_TO_INT}
)
_CALL: Final = 57
_RUNTIME_CALL: Final = 4
_VALUE: Final = 2
_OF_CALLER: Final = frozenset([ops.CALLER_PC, ops.CALLER_SP, ops.GO, ops.DEFER])
_SAME: Final = frozenset([ops.NIL_CHECK, ops.COPY])
_PASSED_ON: Final = frozenset([ops.NIL_CHECK, ops.COPY, ops.RESULT, ops.PHI])
_LITERAL: Final = re.compile(r"\.(func)?[0-9]+$")
_NOT_INLINED: Final = frozenset(
    "runtime." + name for name in ("gorecover", "newproc", "selectgo", "deferproc", "deferprocStack", "deferprocat", "deferreturn")
)


def cost(func: Func, most: int, price_of: Callable[[str], int | None] = lambda name: None) -> int:
    """What a function costs; more than `most` if it may not be inlined, or once that is clear. `price_of` is what a function costs that is
    inlined wherever it is called.
    """
    info = func.info
    if not isinstance(info, FuncInfo) or info.flags & _NEVER or info.open_defer is not None:
        return most + 1
    price = info.price
    if price is not None:
        total = price.nodes
        for name, alone in price.calls:
            if total > most:
                break
            inlined = price_of(name)
            total += alone if inlined is None else inlined
        return most + 1 if total > most or _is_bound(func) else total
    total = 0
    for block in func.blocks:
        if block.kind == ops.IF:
            total += _VALUE
        elif block.kind == ops.JUMP_TABLE:
            total += _VALUE * len(block.succs)
        elif block.kind == ops.DEFER_RETURN:
            return most + 1
        for value in block.values:
            op = value.op
            if op in _FREE:
                continue
            if op in (ops.CALL_STATIC, ops.CALL_CLOSURE, ops.CALL_POINTER):
                called = value.aux
                target = called.target if isinstance(called, CallInfo) else None
                if target is not None and target.name.startswith("runtime."):
                    if target.name in _NOT_INLINED:
                        return most + 1
                    total += _RUNTIME_CALL
                else:
                    total += _CALL + (len(called.params) if isinstance(called, CallInfo) else 0)  # a slice is one argument to stock
            elif op in _OF_CALLER:
                return most + 1
            else:
                total += _VALUE
            if total > most:
                return total
    return total


def _is_bound(func: Func) -> bool:
    """Whether a function has to have a frame of its own."""
    for block in func.blocks:
        if block.kind == ops.DEFER_RETURN:
            return True
        for value in block.values:
            if value.op in _OF_CALLER:
                return True
            if callee(value) in _NOT_INLINED:
                return True
    return False


def inline(
    funcs: Sequence[Func],
    tidy: Callable[[Func], bool],
    imported: Callable[[str], Func | None],
    skips: Callable[[Func], bool] = lambda func: False,
) -> list[Func]:
    """Inline calls in all functions of a package; gives what packages that import this one may inline: exported functions, and the function
    literals that these make, which may cost more, since they may be called in one place alone.

    `tidy` is run on functions that have changed, and says whether that has made calls that may be inlined; `imported` gives another
    package's function by link name, to be copied; `skips` says into which functions nothing is inlined.
    """
    bodies: dict[str, Func] = {}
    literals: dict[str, Func] = {}
    circular: set[str] = set()

    def price_of(name: str) -> int | None:
        body = bodies.get(name) or imported(name)
        price = BUDGET + 1 if body is None else cost(body, BUDGET)
        return price if price <= BUDGET else None

    def offer(func: Func, copied: bool) -> None:
        name, info = own_name(func), func.info
        price = cost(func, BUDGET_ONCE, price_of)
        if price > BUDGET_ONCE:
            return
        assert isinstance(info, FuncInfo)
        info.price = Price(price, ())
        body = copy_of(func) if copied else func
        if body is not None:
            literals[name] = body
            if price <= BUDGET:
                bodies[name] = body

    for circle in components(funcs):
        around = len(circle) > 1 or _calls(circle[0], own_name(circle[0]))
        if around:
            for func in circle:
                circular.add(own_name(func))
                offer(func, True)
        for func in circle:
            if not skips(func):
                for _ in range(_ROUNDS):
                    if not _Inlining(func, bodies, literals, imported, circular).run() or not tidy(func):
                        break
            if not around:
                offer(func, False)
    found = [func for func in bodies.values() if is_exported(func)]
    for func in found:  # grows
        for block in func.blocks:
            for value in block.values:
                if value.op == ops.ADDR and isinstance(value.aux, TextRef):
                    literal = literals.get(value.aux.name)
                    if literal is not None and literal not in found and "[" not in literal.symbol:
                        found.append(literal)
    return found


def _is_literal(name: str) -> bool:
    """Whether a link name is that of a function literal."""
    return _LITERAL.search(name) is not None


def _calls(func: Func, name: str) -> bool:
    """Whether a function calls itself."""
    return any(callee(value) == name for block in func.blocks for value in block.values)


def _cut_long(func: Func) -> bool:
    """Cut long blocks into pieces, at calls: a call that is inlined costs as much as its block is long. Whether any was cut."""
    was = func.block_count
    for block in list(func.blocks):
        end = len(block.values)
        if end < _LONG:
            continue
        for at in [at for at, value in enumerate(block.values) if value.op in (ops.CALL_STATIC, ops.CALL_CLOSURE)][:0:-1]:
            if end - at >= _PIECE:
                block.add_edge(cut(func, block, at))
                end = at
    return func.block_count > was


@final
class _Inlining:
    """The calls of one function."""

    __slots__ = ("bodies", "circular", "func", "imported", "literals", "replaced")

    def __init__(
        self, func: Func, bodies: dict[str, Func], literals: dict[str, Func], imported: Callable[[str], Func | None], circular: set[str]
    ) -> None:
        self.func = func
        self.circular = circular
        self.bodies = bodies
        self.literals = literals
        self.imported = imported
        self.replaced: dict[Value, Value] = {}

    def run(self) -> bool:
        """Whether anything was inlined."""
        func = self.func
        info = func.info
        if not isinstance(info, FuncInfo) or info.flags & ABI0:
            return False
        done = _cut_long(func)
        calls = [value for block in func.blocks for value in block.values if value.op in (ops.CALL_STATIC, ops.CALL_CLOSURE)]
        while calls:
            again: list[Value] = []
            for call in calls:
                made = self.call(call)
                if made is not None:
                    done = True
                    again += made
            calls = again
        if done:
            replace(func, self.replaced)
            remove_unreachable(func)
            simplify_phis(func)
        return done

    def call(self, call: Value) -> list[Value] | None:
        """Inline a call; gives the calls of function values that came with the body. None if it stays."""
        info = call.aux
        if not isinstance(info, CallInfo) or call.imm == ops.DEFERRED:
            return None
        closure: Value | None = None
        args = call.args
        if call.op == ops.CALL_STATIC:
            assert info.target is not None
            body = self.bodies.get(str(info.target)) or self.imported(str(info.target))
        else:
            closure, args = self.final(call.args[0]), call.args[1:]
            body = self.literal(closure)
        if body is None or body is self.func or len(body.params) != len(args):
            return None
        circular = body.symbol in self.circular
        if circular and self.is_within(call.inline, body.symbol):
            return None
        if self.func.value_count > BIG and cost(body, BUDGET_BIG) > BUDGET_BIG:
            return None
        behind = [value for value in call.block.values if value.op == ops.RESULT and value.args[0] is call]
        if call.uses != len(behind):
            return None
        first = self.func.block_count
        self.replaced.update(splice(self.func, call, body, args, closure))
        return [
            value
            for block in self.func.blocks[-(self.func.block_count - first) :]
            if block.id > first
            for value in block.values
            if value.op == ops.CALL_CLOSURE or (circular and value.op == ops.CALL_STATIC)
        ]

    def is_within(self, inline: int, name: str) -> bool:
        """Whether one of the calls around is one of a function that was inlined."""
        info = self.func.info
        assert isinstance(info, FuncInfo)
        while inline:
            one = info.inlined[inline - 1]
            if one.callee == name:
                return True
            inline = one.parent
        return False

    def final(self, value: Value) -> Value:
        while True:
            if value in self.replaced:
                value = self.replaced[value]
            elif value.op in _SAME:
                value = value.args[0]
            else:
                return value

    def literal(self, closure: Value) -> Func | None:
        """The function behind a function value that is made here, if it is to be inlined."""
        if closure.op == ops.ADDR and isinstance(closure.aux, FuncValueRef):
            name = closure.aux.name
            body = self.bodies.get(name)
            if body is None and _is_literal(name):
                calls = [value for block in self.func.blocks for value in block.values if value.op == ops.CALL_CLOSURE]
                called = sum(self.is_of(one.args[0], name) for one in calls)
                body = self.within(name, BUDGET_ONCE if called == 1 else BUDGET_LITERAL)
            return body or self.within(name, BUDGET)
        if closure.op != ops.ALLOC:
            return None
        name = ""
        called = others = 0
        for block in self.func.blocks:
            for value in block.values:
                if not value.args or value.op in _SAME:
                    continue
                for i, arg in enumerate(value.args):
                    if arg is not closure and (arg.op not in _PASSED_ON or self.final(arg) is not closure):
                        continue
                    if i == 0 and value.op == ops.STORE:
                        if value.imm == 0 and value.args[1].op == ops.ADDR and isinstance(value.args[1].aux, TextRef):
                            name = value.args[1].aux.name
                    elif i == 0 and value.op == ops.CALL_CLOSURE:
                        called += 1
                    else:
                        others += 1
            others += sum(self.final(control) is closure for control in block.controls)
        if not name:
            return None
        return self.within(name, BUDGET_ONCE if called == 1 and not others else BUDGET_LITERAL)

    def is_of(self, value: Value, name: str) -> bool:
        """Whether a function value is that of a function."""
        value = self.final(value)
        return value.op == ops.ADDR and isinstance(value.aux, FuncValueRef) and value.aux.name == name

    def within(self, name: str, most: int) -> Func | None:
        """A function that may be inlined if it costs no more."""
        found = self.literals.get(name) or self.imported(name)
        return found if found is not None and cost(found, most) <= most else None
