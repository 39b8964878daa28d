# SPDX-License-Identifier: BSD-3-Clause
"""The switches of -d that passes know, and what -N and -l come to.

`ssa/check` has the verifier look at every function behind every pass, `ssa/PASS/dump=FUNCTION` prints a function behind a pass,
`ssa/PASS/off` leaves a pass out: everywhere, for one function (`=FUNCTION`), or for those that a file names, one a line (`=@FILE`). PASS
`all` is every pass that can be left out, as with -N; names have _ for blanks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final

from pygo_cross.compileflags import Flags, read_input
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.opt.pipeline import PASSES, Watcher, verifying
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.printer import print_func

ALL_PASSES: Final = "all"


def skips(flags: Flags) -> Callable[[str, str], bool] | None:
    """Which passes leave out which functions (-N, -l, `-d ssa/PASS/off`); None if none does. Raises UserError."""
    known = {one.name.replace(" ", "_"): one for one in PASSES}
    everywhere: set[str] = {ALL_PASSES} if flags.no_optimisation else {"inline"} if flags.no_inlining else set()
    for_some: dict[str, set[str]] = {}
    for word, value in flags.debug.items():
        first, _, rest = word.partition("/")
        name, _, what = rest.rpartition("/")
        if first != "ssa" or what != "off":
            continue
        if name != ALL_PASSES and (name not in known or known[name].needed):
            names = ", ".join([ALL_PASSES, *(name for name, one in known.items() if not one.needed)])
            raise UserError.one("usage", f"compile: -d={word}: no such pass can be left out", f"there are {names}", status=EXIT_USAGE)
        if value:
            functions = read_input(value[1:]).decode("utf-8", "surrogateescape").splitlines() if value.startswith("@") else [value]
            for_some.setdefault(name.replace("_", " "), set()).update(functions)
        else:
            everywhere.add(name.replace("_", " "))
    if not everywhere and not for_some:
        return None
    all_over = ALL_PASSES in everywhere
    by_name: set[str] = for_some.get(ALL_PASSES, set())

    def skip(name: str, function: str) -> bool:
        return all_over or name in everywhere or function in by_name or function in for_some.get(name, ())

    return skip


def watcher(debug: Mapping[str, str]) -> Watcher | None:
    """What the switches of -d have to see behind each pass: `ssa/check`, and `ssa/PASS/dump=FUNCTION`, where PASS has _ for blanks."""
    dumps = {word: function for word, function in debug.items() if word.startswith("ssa/") and word.endswith("/dump")}
    check = "ssa/check" in debug
    if not dumps and not check:
        return None

    def watch(name: str, func: Func) -> None:
        if check:
            verifying(name, func)
        if dumps.get(f"ssa/{name.replace(' ', '_')}/dump") == func.symbol:
            print(f"# behind {name}\n{print_func(func)}", file=sys.stderr)

    return watch
