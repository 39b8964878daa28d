# SPDX-License-Identifier: BSD-3-Clause
"""The passes in their order, as data.

`optimise` runs them; with `check`, the verifier looks at the function behind each, and names the pass that broke it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from pygo_cross.opt.blocks import blocks
from pygo_cross.opt.cse import cse
from pygo_cross.opt.dead import dead
from pygo_cross.opt.fold import fold
from pygo_cross.opt.prove import prove
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.verify import verify


class Pass(NamedTuple):
    """A pass, and why it stands here."""

    name: str
    run: Callable[[Func], None]
    reason: str


PASSES: Final = (
    Pass("early fold", fold, "lowering writes what it sees: constants and copies go before anything counts or compares values"),
    Pass("early blocks", blocks, "branches on constants go, and with them what only they lead to"),
    Pass("early dead", dead, "fewer values for those that walk over all"),
    Pass("cse", cse, "equal operations are one value: facts about it are then found by identity"),
    Pass("prove", prove, "behind cse, so that the length in a loop's condition is the length in its bounds check"),
    Pass("late fold", fold, "what cse and prove have made constant"),
    Pass("late blocks", blocks, "branches that prove has decided"),
    Pass("late dead", dead, "what nothing uses any more"),
)


def optimise(func: Func, check: bool = False) -> None:
    """Run all passes."""
    for one in PASSES:
        one.run(func)
        if check:
            verify(func, one.name)
