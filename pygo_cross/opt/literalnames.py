# SPDX-License-Identifier: BSD-3-Clause
"""What function literals are called that came into a function by inlining.

Stock's compiler reads a body anew where it inlines it, so that the literals in it are made once more, within the function that takes it in.
Their names begin with that of the inlined function, but how they go on is said by the function that takes them in: `WithA.func1` where
that is declared, `WithA.1` where it is a literal itself, and `f.func1.func1` for a literal of the literal `f.func1` that f has inlined.
Names are seen in tracebacks and profiles, so a literal with another name than its own is copied under that name, with the literals in it.
Only literals that this package compiles are copied, those of instances of generic functions among them; others keep their names.

Before: f.func1 has inlined main.WithA and makes main.WithA.func1; after: it makes main.WithA.1, a copy.

Facts: src/cmd/compile/internal/ir/func.go (closureName), src/cmd/compile/internal/noder/reader.go (funcLit).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, final

from pygo_cross.opt.callgraph import callees
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import ABI0, DUPOK, FuncInfo

_INSIDE: Final = re.compile(r"(\.func|\.|-range|\.gowrap|\.deferwrap)([0-9]+)$")
_RANGES: Final = re.compile(r"(-range[0-9]+)+$")


def split(name: str) -> tuple[str, str, str] | None:
    """The name of the function around a literal, what stands between, and the literal's number; None for what is declared (init.0)."""
    found = _INSIDE.search(name)
    if found is None:
        return None
    outer = name[: found.start()]
    return None if found[1] == "." and outer.endswith(".init") else (outer, found[1], found[2])


def rename(funcs: Sequence[Func]) -> list[Func]:
    """Give literals that were inlined with what makes them the names that stock gives them; gives the copies."""
    renaming = _Renaming(funcs)
    for func in funcs:
        info = func.info
        if isinstance(info, FuncInfo) and info.inlined and not info.flags & ABI0:
            renaming.look(func)
    for func in renaming.copies:  # grows
        renaming.look(func)
    return renaming.copies


@final
class _Renaming:
    """The functions of a package by name, and copies made so far."""

    __slots__ = ("by_name", "copies", "made")

    def __init__(self, funcs: Sequence[Func]) -> None:
        self.by_name = {func.symbol: func for func in funcs if not (isinstance(func.info, FuncInfo) and func.info.flags & ABI0)}
        self.copies: list[Func] = []
        self.made: dict[str, str] = {}

    def look(self, func: Func) -> None:
        """Rename what a function has inlined."""
        info = func.info
        assert isinstance(info, FuncInfo)
        inlined = {one.callee for one in info.inlined}
        if not inlined:
            return
        is_literal = split(_RANGES.sub("", func.symbol)) is not None
        names = {name: new for name in _named(func) if (new := self.name(name, func.symbol, inlined, is_literal)) != name}
        self.put(func, names)

    def name(self, name: str, within: str, inlined: set[str], is_literal: bool) -> str:
        """What a function is called within another."""
        parts = split(name)
        if parts is None or parts[0] == within or parts[0] not in inlined:
            return name
        outer, kind, number = parts
        if kind in (".", ".func"):
            kind = "." if is_literal else ".func"
        return self.name(outer, within, inlined, is_literal) + kind + number

    def put(self, func: Func, names: dict[str, str]) -> None:
        """Let a function refer to literals under other names, those of which there is a copy."""
        names = {name: new for name, new in names.items() if self.copy(name, new)}
        if not names:
            return
        info = func.info
        assert isinstance(info, FuncInfo)
        info.inlined = [one._replace(callee=names.get(one.callee, one.callee)) for one in info.inlined]
        for block in func.blocks:
            for value in block.values:
                aux = value.aux
                if isinstance(aux, CallInfo):
                    if aux.target is not None and aux.target.name in names and not aux.target.abi0:
                        target = TextRef(names[aux.target.name])
                        value.aux = CallInfo(target, aux.params, aux.results, aux.interface, aux.method)
                elif value.op == ops.ADDR:
                    if isinstance(aux, TextRef) and aux.name in names and not aux.abi0:
                        value.aux = TextRef(names[aux.name])
                    elif isinstance(aux, FuncValueRef) and aux.name in names:
                        value.aux = FuncValueRef(names[aux.name])

    def copy(self, name: str, new: str) -> bool:
        """Have a copy of a literal under another name, which its own literals go by; whether there is one."""
        if new in self.by_name or new in self.made:
            return self.made.get(new) == name
        func = self.by_name.get(name)
        if func is None:
            return False
        info = func.info
        assert isinstance(info, FuncInfo)
        self.made[new] = name
        made, slots = func.duplicate(new)
        made.info = own = FuncInfo(new, info.params, info.results, info.pos, info.end, info.flags | DUPOK)
        own.inlined = list(info.inlined)
        if info.open_defer is not None:
            own.open_defer = (slots[info.open_defer[0].id], slots[info.open_defer[1].id])
        self.copies.append(made)
        inner = {one: new + one[len(name) :] for one in _named(made) if one.startswith(name) and _is_inside(one, name)}
        self.put(made, inner)
        return True


def _is_inside(name: str, outer: str) -> bool:
    """Whether a name is that of a literal in another, at any depth."""
    parts = split(name)
    while parts is not None:
        if parts[0] == outer:
            return True
        parts = split(parts[0])
    return False


def _named(func: Func) -> Iterator[str]:
    """The names of functions that a function refers to or has inlined."""
    info = func.info
    assert isinstance(info, FuncInfo)
    yield from dict.fromkeys([*callees(func), *[one.callee for one in info.inlined]])
