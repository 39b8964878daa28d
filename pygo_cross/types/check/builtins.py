# SPDX-License-Identifier: BSD-3-Clause
"""Calls of predeclared functions and those of package unsafe: arguments are evaluated and counted here, the rest is each function's own.

Source of the facts: src/cmd/compile/internal/types2/builtins.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import CallExpr
from pygo_cross.types import universe as u
from pygo_cross.types.check import builtinunsafe, builtinvalues, call
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import INVALID, Operand

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

Handler = Callable[["Checker", Operand, CallExpr, Sequence[Operand]], bool]


def builtin(check: Checker, x: Operand, e: CallExpr, which: int) -> bool:
    """A call of a predeclared function, its result in x. Whether it is right: x may be anything if not."""
    info = u.BUILTINS[which]
    env = check.env
    if e.has_dots and which != u.APPEND:
        error(check, e, "invalid-dot-dot-dot", "invalid operation: invalid use of ... with built-in %s", info.name)
        call.use(check, e.arg_list)
        return False
    saved = env.has_call_or_recv
    if which == u.LEN or which == u.CAP:
        env.has_call_or_recv = False
    try:
        args: Sequence[Operand] = ()
        count = len(e.arg_list)
        if which not in _UNEVALUATED:
            args = call.expr_list(check, e.arg_list)
            count = len(args)
            if any(arg.mode == INVALID for arg in args):
                return False
            if args:
                first = args[0]
                x.mode, x.expr, x.typ, x.val, x.builtin = first.mode, first.expr, first.typ, first.val, first.builtin
        wrong = "not enough" if count < info.nargs else "too many" if not info.variadic and count > info.nargs else ""
        if wrong:
            message = "invalid operation: %s arguments for %s (expected %s, found %s)"
            error(check, e, "wrong-arg-count", message, wrong, e, str(info.nargs), str(count))
            return False
        return _HANDLERS[which](check, x, e, args)
    finally:
        if which == u.LEN or which == u.CAP:
            env.has_call_or_recv = saved


_UNEVALUATED: Final = frozenset([u.MAKE, u.NEW, u.OFFSETOF, u.TRACE])
_HANDLERS: Final[dict[int, Handler]] = {
    u.APPEND: builtinvalues.append,
    u.CAP: builtinvalues.cap,
    u.CLEAR: builtinvalues.clear,
    u.CLOSE: builtinvalues.close,
    u.COMPLEX: builtinvalues.complex,
    u.COPY: builtinvalues.copy,
    u.DELETE: builtinvalues.delete,
    u.IMAG: builtinvalues.imag,
    u.LEN: builtinvalues.len_,
    u.MAKE: builtinvalues.make,
    u.MAX: builtinvalues.max_,
    u.MIN: builtinvalues.min_,
    u.NEW: builtinvalues.new,
    u.PANIC: builtinvalues.panic,
    u.PRINT: builtinvalues.print_,
    u.PRINTLN: builtinvalues.println,
    u.REAL: builtinvalues.real,
    u.RECOVER: builtinvalues.recover,
    u.ADD: builtinunsafe.add,
    u.ALIGNOF: builtinunsafe.alignof,
    u.OFFSETOF: builtinunsafe.offsetof,
    u.SIZEOF: builtinunsafe.sizeof,
    u.UNSAFE_SLICE: builtinunsafe.unsafe_slice,
    u.SLICE_DATA: builtinunsafe.slice_data,
    u.UNSAFE_STRING: builtinunsafe.unsafe_string,
    u.STRING_DATA: builtinunsafe.string_data,
    u.ASSERT: builtinvalues.assert_,
    u.TRACE: builtinvalues.trace,
}
