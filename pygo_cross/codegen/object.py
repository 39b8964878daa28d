# SPDX-License-Identifier: BSD-3-Clause
"""What an object has besides code: variables, the record of the package's initialisation, the descriptors of its types; and the archive
around it.

Every reference to another package is by name, code as ABIInternal and data as ABI 0, so it does not matter which compiler made that
package.
Facts: src/cmd/compile/internal/gc/obj.go, pkginit/init.go; src/cmd/internal/archive/archive.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from pygo_cross.codegen.symbols import Symbols
from pygo_cross.diag import InternalError
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import MAGIC, PKGDEF
from pygo_cross.obj.context import path_to_prefix
from pygo_cross.obj.reloctype import R_ADDR, R_INITORDER, R_KEEP, R_USEIFACE, R_USEIFACEMETHOD
from pygo_cross.obj.symbol import DUPOK, NOPTR, RODATA, Relocation, Symbol, set_kind
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.refs import CallInfo, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.unit import COUNTER, Data
from pygo_cross.types.types import Interface, Named, Pointer, Type

INIT_TASK: Final = "..inittask"
OBJECT: Final = "_go_.o"

_INTERFACE_RECORD: Final = 80  # of the descriptor of an interface type, in front of its methods; a name and methods of its own take 16 more
_UNCOMMON: Final = 16
_IMETHOD: Final = 8
_MEMBER: Final = "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n"


def write_data(symbols: Symbols, data: Data) -> Symbol:
    """The symbol of a variable, or of other data."""
    context = symbols.context
    symbol = context.lookup(data.name)
    if symbol.listed:
        if data.dupok:
            return symbol
        raise InternalError("codegen", "data is defined twice", data.name)
    pointers = data.typ is not None and symbols.descriptors.facts.pointer_bytes(data.typ) > 0
    if data.contents or data.addresses:
        if len(data.contents) > data.size:
            raise InternalError("codegen", "data has more contents than room", data.name)
        symbol.kind = goobj.SDATA
        symbol.data = bytearray(data.contents)
        word = symbols.descriptors.facts.sizes.word
        end = max([len(symbol.data), *(address.offset + word for address in data.addresses)])
        symbol.data += bytes(end - len(symbol.data))
        symbol.relocs = [(address.offset, word, R_ADDR, address.addend, symbols.of(address.target)) for address in data.addresses]
        for address in data.addresses:
            if isinstance(address.target, (TypeRef, ItabRef)):
                symbol.relocs.append((0, 0, R_USEIFACE, 0, symbols.descriptors.type(address.target.typ)))
    flags = (DUPOK if data.dupok else 0) | (RODATA if data.read_only else 0 if pointers else NOPTR)
    if pointers and data.typ is not None and not data.read_only:
        symbol.gotype = symbols.descriptors.type(data.typ)
    context.define_data(symbol, data.size, flags)
    symbol.relocs += [(0, 0, R_KEEP, 0, symbols.of(code)) for code in data.keeps]
    if data.section == COUNTER:
        symbol.kind = goobj.SCOVERAGE_COUNTER
    return symbol


def write_types(symbols: Symbols, types: Iterable[Type]) -> None:
    """The descriptors of the types that a package declares, which other packages refer to; generic ones have none."""
    for typ in types:
        if isinstance(typ, Named) and typ.tparams:
            continue
        symbols.descriptors.type(Pointer(typ))
        symbols.descriptors.type(typ)


def write_init_task(symbols: Symbols, path: str, main: bool, inits: Sequence[TextRef], before: Sequence[str]) -> bool:
    """The record of a package's initialisation: its functions, and the packages (by their prefix in symbol names) whose
    initialisation comes first, which all have such a record. Returns whether this package has one.
    """
    if not inits and not before and not main and path != "runtime":
        return False
    context = symbols.context
    word = symbols.descriptors.facts.sizes.word
    task = context.lookup(path + INIT_TASK)
    task.kind = goobj.SNOPTRDATA
    task.data = bytearray(4) + len(inits).to_bytes(4, "little") + bytes(word * len(inits))
    for number, function in enumerate(inits):
        task.relocs.append((8 + word * number, word, R_ADDR, 0, symbols.of(function)))
    for other in before:
        task.relocs.append((0, 0, R_INITORDER, 0, context.lookup(other + INIT_TASK)))
    if task.listed:
        task.size = len(task.data)  # a directive has given its name to a variable, which then is the record
    else:
        context.define_data(task, len(task.data), NOPTR)
    set_kind(task, goobj.SNOPTRDATA, context.package)
    return True


def used_types(symbols: Symbols, func: Func) -> list[Relocation]:
    """Relocations without effect on bytes by which the linker learns what methods a function may call: of types whose descriptors it
    uses, since values of these may become interfaces, and of interfaces.
    """
    seen: dict[tuple[str, int], Relocation] = {}
    for block in func.blocks:
        for value in block.values:
            aux = value.aux
            kind = type(aux)
            if kind is TypeRef or kind is ItabRef:
                symbol = symbols.descriptors.type(aux.typ)  # type: ignore[attr-defined]
                seen.setdefault((symbol.name, -1), (0, 0, R_USEIFACE, 0, symbol))
            elif kind is CallInfo and aux.interface is not None and aux.method >= 0:  # type: ignore[attr-defined]
                assert isinstance(aux, CallInfo) and aux.interface is not None
                symbol = symbols.descriptors.type(aux.interface)
                at = _method_offset(aux.interface, aux.method)
                seen.setdefault((symbol.name, at), (0, 0, R_USEIFACEMETHOD, at, symbol))
    return list(seen.values())


def _method_offset(interface: Type, method: int) -> int:
    """Where the descriptor of an interface type has a method."""
    named = type(interface) is not Interface
    return _INTERFACE_RECORD + (_UNCOMMON if named else 0) + _IMETHOD * method


def write_algorithms(symbols: Symbols, done: set[str]) -> list[tuple[str, Symbol]]:
    """What equality and hash functions are still to be made: pairs of a signature's kind and the symbol, which this marks as done."""
    algorithms = symbols.descriptors.algorithms
    found = []
    for kind, code in (("eq", algorithms.equal_code), ("hash", algorithms.hash_code)):
        for signature, symbol in code.items():
            if symbol.name not in done:
                done.add(symbol.name)
                found.append((f"{kind}.{signature}", symbol))
    return found


def prefix(path: str) -> str:
    """A package's path as it stands in names of symbols."""
    return path_to_prefix(path)


def archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of these members, as `go build` keeps packages in: without times and owners."""
    out = bytearray(MAGIC)
    for name, body in members:
        out += _MEMBER.format(name, 0, 0, 0, "644", len(body)).encode()
        out += body
        if len(body) & 1:
            out += b"\0"
    return bytes(out)


def object_head(header: str, build_id: str, main: bool) -> bytes:
    """The text in front of an object and of export data."""
    head = header
    if build_id:
        head += f'build id "{build_id}"\n'
    return (head + ("main\n" if main else "") + "\n").encode()


def cgo_section(directives: Sequence[Sequence[str]]) -> bytes:
    """The part of the text in front of an object that has directives for the linker; behind an empty one, for export data."""
    if not directives:
        return b""
    text = json.dumps([list(words) for words in directives], separators=(",", ":"))
    return f"\n$$\n\n$$\n\n\n$$  // cgo\n{text}\n\n$$\n\n".encode()


def pack(head: bytes, exports: bytes, sections: bytes, data: bytes) -> bytes:
    """The archive of a package. `exports` is stock's export data, with its marks; `sections` what stands in front of the object."""
    return archive([(PKGDEF, head + exports), (OBJECT, head + sections + b"\n!\n" + data)])
