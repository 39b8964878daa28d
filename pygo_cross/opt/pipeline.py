# SPDX-License-Identifier: BSD-3-Clause
"""The passes in their order, as data.

`optimise_unit` runs them over a package: those for single functions, function by function, and between them those that look at all.
`optimise` runs those for single functions alone. Who watches is shown the functions behind each; the verifier names the pass that
broke one. What is `needed` later is run always; `Context.skips` may leave any other pass out, for any function (bisection, -N and -l).
Whatever goes wrong in a pass leaves here as an InternalError with the pass, the function and its position.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, NamedTuple, final

from pygo_cross.diag import InternalError, Pos, UserError, located
from pygo_cross.opt.addresses import in_memory
from pygo_cross.opt.barriers import barriers
from pygo_cross.opt.blocks import blocks
from pygo_cross.opt.bodies import Body
from pygo_cross.opt.branchelim import branchelim
from pygo_cross.opt.callgraph import callees
from pygo_cross.opt.context import Context
from pygo_cross.opt.conversions import conversions
from pygo_cross.opt.copies import copies
from pygo_cross.opt.cse import cse
from pygo_cross.opt.dead import dead
from pygo_cross.opt.deadstores import deadstores
from pygo_cross.opt.devirtualise import devirtualise, devirtualised
from pygo_cross.opt.divide import divide
from pygo_cross.opt.escape import escape
from pygo_cross.opt.expand import expand
from pygo_cross.opt.fold import fold
from pygo_cross.opt.forward import forward
from pygo_cross.opt.fresh import sizes, zeros
from pygo_cross.opt.hoist import hoist
from pygo_cross.opt.inline import inline
from pygo_cross.opt.literalnames import rename
from pygo_cross.opt.loads import loads
from pygo_cross.opt.makecopy import makecopy
from pygo_cross.opt.memcombine import memcombine
from pygo_cross.opt.promote import promote
from pygo_cross.opt.prove import prove
from pygo_cross.opt.results import results
from pygo_cross.opt.startup import startup
from pygo_cross.opt.summaries import ONLY_WRITTEN, Summary
from pygo_cross.opt.tails import tails
from pygo_cross.opt.unwrap import unwrap
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.refs import TextRef
from pygo_cross.ssa.unit import NEEDS_CONTEXT, NOESCAPE, FuncInfo, Unit
from pygo_cross.ssa.verify import verify


@final
class Result:
    """What passes have found out besides: `summaries` are for callers in other packages, by link name; `variables` are positions of what
    could have been in the heap, and whether it is; `bodies` are functions that importers may inline, by link name.
    """

    __slots__ = ("bodies", "summaries", "variables")

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}
        self.summaries: dict[str, Summary] = {}
        self.variables: list[tuple[int, bool]] = []


class Pass(NamedTuple):
    """A pass, and why it stands here."""

    name: str
    run: Callable[[Func, Context], None]
    reason: str
    needed: bool = False


class UnitPass(NamedTuple):
    """A pass over all functions of a package."""

    name: str
    run: Callable[[Unit, Context, Result], None]
    reason: str
    needed: bool = False


def _alone(run: Callable[[Func], None]) -> Callable[[Func, Context], None]:
    """A pass that needs to know nothing but the function."""
    return lambda func, context: run(func)


def _skipping(name: str, context: Context) -> Callable[[Func], bool]:
    """Which functions a pass over a package leaves alone."""
    skips = context.skips
    return (lambda func: False) if skips is None else lambda func: skips(name, func.symbol)


def _tidy(func: Func, context: Context) -> None:
    """What makes constants of a function that inlining has changed."""
    fold(func)
    blocks(func)
    copies(func, context)
    promote(func, context)
    fold(func)
    dead(func)


def _inline(unit: Unit, context: Context, result: Result) -> None:
    """Inlining. Literals that came with what was inlined get their names; those that are nowhere any more, since all their calls are
    inlined, go.
    """

    names, there = context.names, {func.symbol for func in unit.funcs}

    def tidy(func: Func) -> bool:
        _tidy(func, context)
        return names is not None and devirtualised(func, context, names, there, lambda func: _tidy(func, context))

    skips = _skipping("inline", context)
    result.bodies = {func.symbol: Body(func) for func in inline(unit.funcs, tidy, context.bodies, skips)}
    unit.funcs += rename(unit.funcs)
    named = {name for func in unit.funcs for name in callees(func)}
    # The linker reads of every function that was inlined where it begins: it is in the object, and the linker leaves its code out.
    named.update(one.callee for func in unit.funcs if isinstance(func.info, FuncInfo) for one in func.info.inlined)
    unit.funcs = [
        func for func in unit.funcs if func.symbol in named or not isinstance(func.info, FuncInfo) or not func.info.flags & NEEDS_CONTEXT
    ]


def _devirtualise(name: str) -> Callable[[Unit, Context, Result], None]:
    """Calls of methods whose receiver's type is known."""
    return lambda unit, context, result: devirtualise(unit, context, lambda func: _tidy(func, context), _skipping(name, context))


def _startup(unit: Unit, context: Context, result: Result) -> None:
    """First values as data."""
    startup(unit, context)


def _escape(unit: Unit, context: Context, result: Result) -> None:
    """Escape analysis; what is declared without a body and keeps nothing has a summary as well, and may write."""
    given = {str(TextRef(info.name, abi0)): info for infos, abi0 in ((unit.assembly, True), (unit.bodiless, False)) for info in infos}
    rows = {name: (ONLY_WRITTEN,) * len(in_memory(info.params, context.shapes)) for name, info in given.items() if info.flags & NOESCAPE}
    result.summaries = escape(unit.funcs, context, rows, result.variables)


PASSES: Final[tuple[Pass | UnitPass, ...]] = (
    Pass("early fold", _alone(fold), "lowering writes what it sees: constants and copies go before anything counts or compares values"),
    Pass("early blocks", _alone(blocks), "branches on constants go, and with them what only they lead to"),
    Pass("early dead", _alone(dead), "fewer values for those that walk over all"),
    Pass("forward", forward, "before escape analysis, to which a temporary is a variable like others"),
    Pass("copies", copies, "before promotion, which leaves what is copied as a whole in memory"),
    Pass("promote", promote, "what was in memory is values for all that follows; folding has made the offsets constant"),
    UnitPass("devirtualise", _devirtualise("devirtualise"), "before inlining, which knows calls of functions by their names alone"),
    UnitPass("inline", _inline, "behind promotion, so that what is counted is what is left; what is inlined is no call to what follows"),
    UnitPass("devirtualise again", _devirtualise("devirtualise again"), "an argument was an interface, and has a type where it is inlined"),
    Pass("conversions", _alone(conversions), "behind inlining, so that it is known what becomes of a string; before it gets a buffer"),
    UnitPass("escape", _escape, "behind promotion, which leaves fewer variables, and before runtime calls hide what they are for", True),
    UnitPass(
        "startup", _startup, "behind inlining, which shows what calls give, and escape analysis, which knows what is an object"
    ),
    Pass("fold", _alone(fold), "what promotion has shown to be constant"),
    Pass("cse", _alone(cse), "equal operations are one value: facts about it are then found by identity"),
    Pass("loads", loads, "behind cse, which makes equal addresses one value; what is known of memory makes more operations equal"),
    Pass("cse again", _alone(cse), "operations of what was loaded twice"),
    Pass("makecopy", makecopy, "behind escape analysis, which has slices in the frame; before prove, which knows lengths otherwise"),
    Pass("prove", _alone(prove), "behind cse, so that the length in a loop's condition is the length in its bounds check"),
    Pass("hoist", _alone(hoist), "behind prove, which leaves fewer checks; before unwrap, so that a load says which checks it depends on"),
    Pass("unwrap", _alone(unwrap), "behind prove, which goes by checked values"),
    Pass("late fold", _alone(fold), "what cse and prove have made constant"),
    Pass("divide", _alone(divide), "behind prove, which knows what a remainder is less than, but not what a multiplication gives"),
    Pass("late blocks", _alone(blocks), "branches that prove has decided"),
    Pass("dead stores", deadstores, "when checks have gone, before which memory has to be as it is written; a store less to combine"),
    Pass("memcombine", _alone(memcombine), "when checks between loads have gone and offsets are constant"),
    Pass("branchelim", _alone(branchelim), "when branches that are decided anyway have gone"),
    Pass("late dead", _alone(dead), "what nothing uses any more: an Alloc that goes here costs nothing"),
    Pass("expand", expand, "the last that knows Allocs; calls of the runtime come late, since calls stop other passes", True),
    Pass("zeros", zeros, "objects of the heap are known behind expand; a store that goes needs no barrier"),
    Pass("barriers", barriers, "behind everything that moves stores or could make them needless", True),
    Pass("results", results, "behind expand and barriers, which make the last calls", True),
    Pass("sizes", sizes, "behind barriers, which know new objects by the call that made them"),
    Pass("tails", _alone(tails), "when nothing asks any more which way led to a block"),
    Pass("last dead", _alone(dead), "addresses and constants that expansion has left"),
)


Watcher = Callable[[str, Func], None]
"""Is shown each function behind each pass, whose name it is given."""


def verifying(name: str, func: Func) -> None:
    """The watcher that has the verifier look at everything."""
    verify(func, name)


def optimise(func: Func, context: Context, watch: Watcher | None = None) -> None:
    """Run all passes for single functions."""
    for one in PASSES:
        if isinstance(one, Pass):
            _run(one, func, context, watch)


def _run(step: Pass, func: Func, context: Context, watch: Watcher | None) -> None:
    """One pass over one function."""
    if context.skips is not None and not step.needed and context.skips(step.name, func.symbol):
        return
    try:
        step.run(func, context)
        if watch is not None:
            watch(step.name, func)
    except UserError:
        raise
    except Exception as error:
        raise _told(error, step.name, func, context) from error


def _told(error: Exception, name: str, func: Func | None, context: Context) -> InternalError:
    """What went wrong in a pass: with the function, and where that is."""
    if func is None:
        return located(error, name, "", Pos())
    pos = func.info.pos if isinstance(func.info, FuncInfo) else 0
    return located(error, name, func.symbol, context.position(pos))


def _whose(trace: TracebackType | None) -> Func | None:
    """The function that a pass over a package was at when it failed: the last that any of its steps was given."""
    found = None
    while trace is not None:
        found = next((one for one in trace.tb_frame.f_locals.values() if isinstance(one, Func)), found)
        trace = trace.tb_next
    return found


def optimise_unit(unit: Unit, context: Context, watch: Watcher | None = None, told_only: bool = False) -> Result:
    """Run all passes over a package; with `told_only` those alone that importers are told of."""
    result = Result()
    pending: list[Pass] = []
    passes: tuple[Pass | UnitPass | None, ...] = (*PASSES, None)
    if told_only:
        passes = passes[: max(i for i, one in enumerate(PASSES) if isinstance(one, UnitPass)) + 1]
    for one in passes:
        if isinstance(one, Pass):
            pending.append(one)
            continue
        for func in unit.funcs:
            for step in pending:
                _run(step, func, context, watch)
        pending = []
        if one is not None:
            try:
                one.run(unit, context, result)
                if watch is not None:
                    for func in unit.funcs:
                        watch(one.name, func)
            except UserError:
                raise
            except Exception as error:
                raise _told(error, one.name, _whose(error.__traceback__), context) from error
    return result
