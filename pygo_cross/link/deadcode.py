# SPDX-License-Identifier: BSD-3-Clause
"""Reachability: what of the program the image needs.

A flood from the entry point along relocations and auxiliary symbols, with one refinement. A type's descriptor refers
to all methods of the type (R_METHODOFF, three for each method), which would keep every method of every type that is
converted to an interface. So these references are held back; a method is needed only if the type reaches an interface
(`used_in_iface`) and

- some reachable code calls an interface method of the same name and signature (R_USEIFACEMETHOD), or
- a generic interface method, or MethodByName of a constant, of the same name (R_USENAMEDMETHOD), or
- reflection may call any exported method: a reachable function looks methods up by a name not known now.

Weak references keep nothing alive; those of package initialisers to outlined map initialisers are turned to
runtime.mapinitnoop when their target is gone. Facts: GOROOT/src/cmd/link/internal/ld/deadcode.go.

When `deadcode` returns, `loader.reachable` is final but for symbols that the linker makes later, and every reference
of a reachable symbol has been resolved once, so a corrupt one was reported.
"""

from __future__ import annotations

from pygo_cross.diag import UserError
from pygo_cross.link import decode, kinds
from pygo_cross.link.loader import Loader
from pygo_cross.link.reach import INTERFACE_METHOD, NAMED_METHOD, REFERENCE, REFLECTED_METHOD, ROOT, TABLE, Trace, reason_of
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.reloctype import (
    R_CALL,
    R_CALLARM64,
    R_INITORDER,
    R_METHODOFF,
    R_USEIFACE,
    R_USEIFACEMETHOD,
    R_USENAMEDMETHOD,
    R_USETYPE,
    R_WEAK,
)
from pygo_cross.unicode.classes import is_upper

# Relocation types that the flood does not simply follow. Weak ones have the top bit.
_SPECIAL = frozenset({R_METHODOFF, R_USETYPE, R_USEIFACE, R_USEIFACEMETHOD, R_USENAMEDMETHOD, R_INITORDER})

# The auxiliary symbols that a symbol needs. That something has a type does not mean that the type is needed. Debug
# information refers to its own function, to types that it does not keep, and to other debug information.
_AUX_WITH_DEBUG = frozenset(range(16)) - {goobj.AUX_GOTYPE}
_AUX = _AUX_WITH_DEBUG - {goobj.AUX_DWARFINFO, goobj.AUX_DWARFLOC, goobj.AUX_DWARFRANGES, goobj.AUX_DWARFLINES}


class Deadcode:
    """The state of the flood.

    `interface_methods`, `generic_methods` and `reflecting` name the function that was first seen to call such a method. Without
    a trace, `pending` is what is still to be visited; with one, the trace decides the order.
    """

    def __init__(self, loader: Loader, *, debug_info: bool, trace: Trace | None) -> None:
        self.loader = loader
        self.followed = _AUX_WITH_DEBUG if debug_info else _AUX
        self.pending: list[int] = []
        self.interface_methods: dict[decode.Method, int] = {}
        self.generic_methods: dict[str, int] = {}
        self.markable: list[tuple[decode.Method, int, int]] = []
        self.reflecting = 0
        self.package_inits: list[int] = []
        self.trace = trace
        self.push = trace.push if trace else self.pending.append
        self.pop = trace.pop if trace else self.pending.pop

    def mark(self, sym: int, parent: int, reason: int, cause: int = 0) -> bool:
        """The image needs `sym`, because of `parent`. Returns whether that is news."""
        if not sym or self.loader.reachable[sym]:
            return False
        self.loader.reachable[sym] = 1
        self.push(sym)
        if self.trace:
            self.trace.note(sym, parent, reason, cause)
        return True

    def use_in_interface(self, sym: int, parent: int, *, mark: bool) -> None:
        """The type is converted to an interface; one that was visited before that was known is visited again."""
        loader = self.loader
        if not loader.used_in_iface[sym]:
            loader.used_in_iface[sym] = 1
            if loader.reachable[sym]:
                loader.reachable[sym] = 0
                mark = True
        if mark:
            self.mark(sym, parent, REFERENCE)

    def flood(self) -> None:
        """Visit everything pending, and what that needs."""
        loader = self.loader
        reachable, push, pop, trace = loader.reachable, self.push, self.pop, self.trace
        sym_obj, sym_li, ext = loader.sym_obj, loader.sym_li, loader.ext
        followed, reflect_method, gotype = self.followed, goobj.REFLECTMETHOD, goobj.GOTYPE
        while True:
            try:
                sym = pop()
            except IndexError:
                return
            file = sym_obj[sym]
            if sym in ext:
                # The linker's own symbols are plain data; a changed one keeps its flags, and has no auxiliary symbols (loader.go, NAux).
                for reloc in loader.relocs(sym):
                    self.follow(sym, reloc[2], reloc[3], reloc[4], loader.flag(sym, gotype))
                continue
            if file is None:
                continue
            li = sym_li[sym]
            obj = file.obj
            if li >= obj.nall:
                continue
            flag = file.flag[li]
            if flag & reflect_method:
                self.reflecting = self.reflecting or sym
            if flag & gotype:
                self.visit_type(sym)
            tables = file.tables
            try:
                if not flag & gotype:
                    for kind, addend, package, index in obj.references(li):
                        if kind in _SPECIAL or kind & R_WEAK:
                            self.follow(sym, kind, addend, tables[package][index], False)
                            continue
                        target = tables[package][index]
                        if not reachable[target] and target:
                            reachable[target] = 1
                            push(target)
                            if trace:
                                trace.note(target, sym, reason_of(kind))
                auxs = obj.auxs(li)
                for kind, package, index in auxs:
                    if kind in followed:
                        target = tables[package][index]
                        if not reachable[target] and target:
                            reachable[target] = 1
                            push(target)
                            if trace:
                                trace.note(target, sym, TABLE)
            except (KeyError, IndexError):
                raise bad_file(obj.path, f"corrupt object file: {loader.where(sym)} refers to a symbol that is not there") from None
            if auxs and file.flag2[li] & goobj.PKGINIT:
                self.package_inits.append(sym)

    def follow(self, sym: int, kind: int, addend: int, target: int, in_type: bool) -> None:
        """One relocation of `sym` that may need more than marking its target."""
        loader = self.loader
        if kind & R_WEAK or kind in (R_METHODOFF, R_USETYPE, R_INITORDER):
            # Types of R_USETYPE serve debug information alone; initialisation is ordered by now.
            return
        if kind == R_USEIFACE:
            if loader.flag2(target, goobj.ITAB):
                target = decode.itab_type(loader, target)
            if not loader.flag(target, goobj.GOTYPE):
                raise decode.bad_type(loader, sym, f"a conversion to an interface names {loader.where(target)}, no type")
            self.use_in_interface(target, sym, mark=False)
        elif kind == R_USEIFACEMETHOD:
            self.interface_methods.setdefault(decode.interface_method(loader, target, addend), sym)
        elif kind == R_USENAMEDMETHOD:
            self.generic_methods.setdefault(str(loader.data(target), "utf-8", "surrogateescape"), sym)
        elif in_type and loader.used_in_iface[sym] and loader.flag(target, goobj.GOTYPE):
            # Reflection reaches a type's element from the type, so the element counts as converted, too.
            self.use_in_interface(target, sym, mark=True)
        else:
            self.mark(target, sym, reason_of(kind))

    def visit_type(self, sym: int) -> None:
        """A type descriptor: follow its references, hold back its methods."""
        loader = self.loader
        relocs = loader.relocs(sym)
        used = loader.used_in_iface[sym]
        methods = []
        index = 0
        while index < len(relocs):
            _offset, _size, kind, addend, target = relocs[index]
            if kind == R_METHODOFF:
                if index + 2 >= len(relocs):
                    raise decode.bad_type(loader, sym, "its method table is cut short")
                if used:
                    methods.append(index)
                    # The method's type can be had from the type by reflection.
                    self.use_in_interface(target, sym, mark=False)
                index += 3
                continue
            self.follow(sym, kind, addend, target, True)
            index += 1
        if methods:
            signatures = decode.type_methods(loader, sym, relocs)
            if len(signatures) != len(methods):
                raise decode.bad_type(loader, sym, f"it has {len(methods)} method relocations for {len(signatures)} methods")
            self.markable.extend((signature, sym, first) for signature, first in zip(signatures, methods, strict=True))

    def mark_callable_methods(self) -> bool:
        """Mark the held-back methods that may be called by what is reachable now. Returns whether there was any to mark."""
        rest = []
        found = False
        for entry in self.markable:
            method, sym, first = entry
            reason, cause = self.caller(method)
            if cause:
                for reloc in self.loader.relocs(sym)[first : first + 3]:
                    found |= self.mark(reloc[4], sym, reason, cause)
            else:
                rest.append(entry)
        self.markable = rest
        return found

    def caller(self, method: decode.Method) -> tuple[int, int]:
        """Why a type's method may be called, and the function because of which; 0 for none."""
        cause = self.interface_methods.get(method, 0)
        if cause:
            return INTERFACE_METHOD, cause
        cause = self.generic_methods.get(method[0], 0)
        if cause:
            return NAMED_METHOD, cause
        if self.reflecting and is_upper(ord(method[0][:1] or "_")):
            return REFLECTED_METHOD, self.reflecting
        return ROOT, 0

    def turn_dead_map_inits(self) -> None:
        """Calls of outlined map initialisers whose map nobody needs go to a function that does nothing."""
        loader = self.loader
        noop = loader.lookup("runtime.mapinitnoop", goobj.ABI_INTERNAL)
        for sym in self.package_inits:
            relocs = loader.relocs(sym)
            dead = [
                i
                for i, reloc in enumerate(relocs)
                if reloc[2] & R_WEAK and reloc[2] & ~R_WEAK in (R_CALL, R_CALLARM64) and not loader.reachable[reloc[4]]
            ]
            if not dead:
                continue
            ext = loader.make_ext(sym)
            ext.relocs = list(relocs)
            for i in dead:
                if "map.init" not in loader.name(relocs[i][4]):
                    raise decode.bad_type(loader, sym, f"a weak call of {loader.where(relocs[i][4])}, no map initialiser")
                ext.relocs[i] = (*relocs[i][:4], noop)
            loader.reachable[noop] = 1


def deadcode(
    loader: Loader,
    entry: str,
    roots: list[int],
    *,
    prune_weak_map: bool = True,
    debug_info: bool = True,
    trace: Trace | None = None,
) -> None:
    """Mark what is reachable from the symbol named `entry` and from `roots`; debug information if `debug_info`.

    `trace` is told who needed each symbol. Raises UserError when there is no entry point.
    """
    state = Deadcode(loader, debug_info=debug_info, trace=trace)
    start = loader.lookup(entry, goobj.ABI0)
    if not kinds.is_text(loader.kind[start]):
        raise UserError.one("no-entry", f"entry point {entry} is not defined as a function of ABI0", "name one of assembly with -E")
    for name in (entry, "runtime.unreachableMethod"):
        state.mark(loader.lookup(name, 0), 0, ROOT)
        state.mark(loader.lookup(name, goobj.ABI_INTERNAL), 0, ROOT)
    if not loader.lookup("runtime.mapinitnoop", goobj.ABI_INTERNAL):
        raise UserError.one("bad-runtime", "the program's package runtime has no mapinitnoop", "build the runtime again")
    for sym in roots:
        state.mark(sym, 0, ROOT)
    state.flood()
    while state.mark_callable_methods():
        state.flood()
    if prune_weak_map:
        state.turn_dead_map_inits()
