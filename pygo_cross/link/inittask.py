# SPDX-License-Identifier: BSD-3-Clause
"""The order in which packages are initialised.

A package with something to initialise has a symbol `path..inittask`, with an R_INITORDER relocation to the inittask of
each package that it imports. The order is: of all packages whose imports are done, the one whose name sorts first
(GOROOT/src/cmd/link/internal/ld/inittask.go). The runtime and main each get a list.
"""

from __future__ import annotations

import heapq

from pygo_cross.diag import UserError
from pygo_cross.link import kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.context import Link
from pygo_cross.link.loader import Loader
from pygo_cross.obj.reloctype import R_INITORDER

# An inittask that is no longer than its header has no functions to run.
_HEADER_SIZE = 8


def _schedule(loader: Loader, root: int) -> list[int]:
    """The inittasks below `root` in the order in which they run."""
    waiting: dict[int, int] = {root: 0}
    importers: dict[int, list[int]] = {}
    ready: list[tuple[bytes, int]] = []
    pending = [root]

    def push(sym: int) -> None:
        heapq.heappush(ready, (loader.name(sym).encode("utf-8", "surrogateescape"), sym))

    while pending:
        sym = pending.pop()
        imports = [reloc[4] for reloc in loader.relocs(sym) if reloc[2] == R_INITORDER]
        for target in imports:
            importers.setdefault(target, []).append(sym)
            if target not in waiting:
                waiting[target] = 0
                pending.append(target)
        waiting[sym] = len(imports)
        if not imports:
            push(sym)
    order = []
    while ready:
        _name, sym = heapq.heappop(ready)
        order.append(sym)
        for importer in importers.get(sym, ()):
            waiting[importer] -= 1
            if not waiting[importer]:
                push(importer)
    stuck = sorted(loader.name(sym) for sym, count in waiting.items() if count)
    if stuck:
        raise UserError.one("import-cycle", f"the initialisation of {', '.join(stuck[:5])} waits for itself", "remove the import cycle")
    return order


def _list_symbol(loader: Loader, root_name: str, name: str) -> int:
    """A symbol with the addresses of the inittasks that `root_name` needs; 0 where there is no such root."""
    root = loader.lookup(root_name, 0)
    if not root:
        return 0
    order = _schedule(loader, root)
    builder = SymbolBuilder(loader, loader.create(name))
    loader.kind[builder.sym] = kinds.SNOPTRDATA
    for sym in order:
        if loader.size(sym) > _HEADER_SIZE:
            builder.add_address(sym)
    return builder.sym


def inittasks(link: Link) -> None:
    """Make the lists of main and the runtime; main's goes into the module data."""
    loader = link.loader
    link.main_inittasks = _list_symbol(loader, "main..inittask", "go:main.inittasks")
    runtime = loader.lookup("runtime.runtime_inittasks", 0)
    if not runtime:
        return
    tasks = _list_symbol(loader, "runtime..inittask", "go:runtime.inittasks")
    if tasks:
        count = loader.size(tasks) // 8
        builder = SymbolBuilder(loader, runtime)
        builder.clear()
        loader.kind[runtime] = kinds.SNOPTRDATA
        builder.add_address(tasks)
        builder.add_uint(count)
        builder.add_uint(count)
