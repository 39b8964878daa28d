# SPDX-License-Identifier: BSD-3-Clause
"""The image's symbol table: which symbols get an entry, under which name.

Functions all do, between the marks runtime.text and runtime.etext. Of data, what has a name of its own: symbols of one
file only, and those that lie in a group with their like (types, strings), are left out. An ABI0 function that has an
ABIInternal sibling is told apart by a suffix. Facts: GOROOT/src/cmd/link/internal/ld/symtab.go (genelfsym, putelfsym,
mangleABIName), macho.go (collectmachosyms).
"""

from __future__ import annotations

from itertools import compress

from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.image import SYMBOL_DATA, SYMBOL_IMPORT, SYMBOL_TEXT, ImageSymbol
from pygo_cross.link.loader import STATIC_VERSION, Loader
from pygo_cross.obj import goobj

_STATIC_TEMPORARY = ".stmp_"


def abi_suffix(loader: Loader, sym: int, name: str) -> str:
    """What tells an ABI0 function from its ABIInternal sibling of the same name, '' where there is none."""
    version = loader.version(sym)
    if version != goobj.ABI0:
        return ""
    sibling = loader.lookup(name, goobj.ABI_INTERNAL)
    return f".abi{version}" if sibling and kinds.is_text(loader.kind[sibling]) else ""


def _text_symbol(link: Link, sym: int) -> ImageSymbol:
    loader = link.loader
    name = loader.name(sym)
    file = loader.sym_obj[sym]
    hashed = file is not None and sym not in loader.ext and file.obj.ndef <= loader.sym_li[sym] < file.obj.nall - file.obj.nnonpkgdef
    local = sym in loader.local or hashed or loader.version(sym) >= STATIC_VERSION
    return ImageSymbol(
        name, SYMBOL_TEXT, loader.value[sym], loader.size(sym), link.section_of[sym], local=local, abi=abi_suffix(loader, sym, name)
    )


def _hidden(link: Link, sym: int) -> bool:
    """Whether a data symbol stays out of the table."""
    loader = link.loader
    counter = loader.kind[sym] == kinds.SCOVERAGE_COUNTER and sym not in loader.special
    if counter or sym in link.groups or sym in link.hidden:
        return True
    file = loader.file_of(sym)
    if file is None:
        return False
    return loader.version(sym) >= STATIC_VERSION and not file.obj.flags & goobj.OBJ_FROM_ASSEMBLY


def image_symbols(link: Link) -> tuple[list[ImageSymbol], dict[int, ImageSymbol]]:
    """The entries in the order Image wants, and those of imports by symbol number; when stripped, imports are all."""
    loader = link.loader
    kind = loader.kind
    imports: dict[int, ImageSymbol] = {}
    if link.options.strip:
        for sym, (remote, library) in sorted(loader.dynimport.items()):
            if loader.reachable[sym]:
                imports[sym] = ImageSymbol(remote, SYMBOL_IMPORT, dylib=library)
        return list(imports.values()), imports
    result = [_text_symbol(link, loader.lookup("runtime.text"))]
    result += [_text_symbol(link, sym) for sym in link.textp]
    result.append(_text_symbol(link, loader.lookup("runtime.etext")))
    first, last = kinds.STEXTEND, kinds.SDYNIMPORT
    for sym in compress(range(len(kind)), loader.reachable):
        own = kind[sym]
        if own <= first or own > last or own == kinds.STLSBSS:
            continue
        if own == last:
            remote, library = loader.dynimport[sym]
            entry = imports[sym] = ImageSymbol(remote, SYMBOL_IMPORT, dylib=library)
            result.append(entry)
            continue
        name = loader.name(sym)
        if not name or name[0] == "." or _hidden(link, sym):
            continue
        local = sym in loader.local or (loader.version(sym) >= STATIC_VERSION and _STATIC_TEMPORARY not in name)
        result.append(ImageSymbol(name, SYMBOL_DATA, loader.value[sym], loader.size(sym), link.section_of.get(sym), local=local))
    return result, imports
