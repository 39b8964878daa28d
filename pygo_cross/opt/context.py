# SPDX-License-Identifier: BSD-3-Clause
"""What passes know besides the function they change: the target's sizes of types, and how functions of the runtime are called.

Passes make calls of the runtime when lowering is long over; the few functions they need are here, by their parameters and results
(GOROOT/src/cmd/compile/internal/typecheck/_builtin/runtime.go has the declarations).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, final

from pygo_cross.diag import Pos
from pygo_cross.opt.summaries import Summary
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.refs import CallInfo, TextRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.types import TYP, UINTPTR, UNSAFE_POINTER

_P: Final = TYP[UNSAFE_POINTER]
_U: Final = TYP[UINTPTR]

NEW_OBJECT: Final = CallInfo(TextRef("runtime.newobject"), (_P,), (_P,))
"""newobject(type): zeroed memory."""
TYPED_MOVE: Final = CallInfo(TextRef("runtime.typedmemmove"), (_P, _P, _P), ())
"""typedmemmove(type, to, from): with write barriers."""
TYPED_CLEAR: Final = CallInfo(TextRef("runtime.typedmemclr"), (_P, _P), ())
"""typedmemclr(type, memory): with write barriers."""

MAX_VARIABLE: Final = 128 * 1024
"""The largest variable in a frame, in bytes (src/cmd/compile/internal/ir/cfg.go, MaxStackVarSize)."""
MAX_IMPLICIT: Final = 64 * 1024
"""The largest in a frame that no declaration names: what new, make and literals make (MaxImplicitStackVarSize)."""


@final
class Context:
    """What is known to all passes of a compilation. `position` says where in the source a value's `pos` is; `summaries` are what escape
    analysis has found out of imported packages' functions (`summaries.py`), by link name; `bodies` gives those of them that may be inlined;
    `names` are the link names of methods and types (without them, nothing is known of method tables); `skips` says whether a pass that
    nothing depends on leaves out a function, by the name of the pass and the function's symbol (None: none does).
    """

    __slots__ = ("bodies", "names", "position", "shapes", "skips", "summaries")

    def __init__(
        self,
        shapes: Shapes,
        position: Callable[[int], Pos] = lambda pos: Pos(),
        summaries: Mapping[str, Summary] | None = None,
        bodies: Callable[[str], Func | None] = lambda name: None,
        names: TypeNames | None = None,
        skips: Callable[[str, str], bool] | None = None,
    ) -> None:
        self.skips = skips
        self.names = names
        self.shapes = shapes
        self.position = position
        self.summaries = summaries if summaries is not None else {}
        self.bodies = bodies
