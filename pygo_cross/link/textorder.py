# SPDX-License-Identifier: BSD-3-Clause
"""The order of functions in the image.

Packages lie in dependency order, the runtime and what it is made of first, so that calls are mostly backward and near;
inside a package functions keep the order of their objects, copies of functions that several packages carry (DUPOK)
last, and with them functions whose content the linker changed. A copy goes to the first package in that order that has
one, wherever the copy that was chosen comes from.
Facts: GOROOT/src/cmd/link/internal/loader/loader.go (AssignTextSymbolOrder).
"""

from __future__ import annotations

from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.library import postorder
from pygo_cross.obj import goobj
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES

_TEXT_BYTES = bytes(1 if kinds.is_text(kind) else 0 for kind in range(256))


def assign_text_order(link: Link) -> None:
    """Put `link.libraries` into postorder; append all reachable functions to `link.textp` and to their objects' lists."""
    loader = link.loader
    link.libraries = postorder(link.libraries)
    reachable, ext = loader.reachable, loader.ext
    textp = [sym for sym in link.textp if reachable[sym]]
    own: dict[int, list[int]] = {}
    for library in link.libraries:
        first: list[int] = []
        duplicates: list[int] = []
        for file in library.files:
            tables = file.tables
            numbers = [
                *tables[goobj.PKG_SELF],
                *tables[goobj.PKG_HASHED64],
                *tables[goobj.PKG_HASHED],
                *tables[goobj.PKG_NONE],
            ]
            text = file.kind[: file.obj.nall].translate(_TEXT_BYTES)
            li = text.find(1)
            while li >= 0:
                sym = numbers[li]
                if reachable[sym]:
                    if sym in ext or loader.sym_obj[sym] is not file or loader.sym_li[sym] != li or file.flag[li] & goobj.DUPOK:
                        duplicates.append(sym)
                    else:
                        first.append(sym)
                li = text.find(1, li + 1)
        own[id(library)] = first + duplicates
    assigned = set()
    for runtime in (True, False):
        for library in link.libraries:
            if (library.package in RUNTIME_PACKAGES) != runtime:
                continue
            for sym in own[id(library)]:
                if sym in assigned:
                    continue
                assigned.add(sym)
                textp.append(sym)
                home = loader.file_of(sym)
                if home is not None:
                    home.textp.append(sym)
                    if home.package != library.package:
                        loader.text_package[sym] = library.package
    link.textp = textp
