# SPDX-License-Identifier: BSD-3-Clause
"""Bodies of functions in a package's export data, for importers to inline.

A `Body` is a copy of a function as inlining leaves it; later passes go on with the function itself. `encode` writes it as plain values,
in which types and positions are numbers of the export data's tables; `decode` makes a function of that, of which the importer copies what
it inlines. A function that has to do with types that no other package can name is not written. What debuggers are told of the function's
variables stands apart (`encode_names`): who needs it has `tell` add it to what `decode` has made.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from typing import Any, Final, Protocol, final

from pygo_cross.diag import InternalError
from pygo_cross.ssa.func import Block, Func, Local, Slot, Value
from pygo_cross.ssa.refs import BytesRef, CallInfo, DataRef, FuncValueRef, ItabRef, TextRef, TypeRef
from pygo_cross.ssa.unit import DUPOK, FuncInfo, Inlined, Price
from pygo_cross.types.types import Type


class Tables(Protocol):
    """Numbers for types and positions (`exportwrite.Writer`)."""

    def type(self, t: Type) -> int:
        """The number of a type; InternalError for one that has no name outside of its package."""

    def pos(self, pos: int) -> int:
        """The number of a position."""


_TEXT: Final = 0
_DATA: Final = 1
_CODE: Final = 2
_FUNC_VALUE: Final = 3
_BYTES: Final = 4
_TYPE_REF: Final = 5
_ITAB: Final = 6
_CALL: Final = 7
_TYPE: Final = 8
_SLOT: Final = 9
_INTS: Final = 10


def is_exported(func: Func) -> bool:
    """Whether other packages call a function by its name: it is exported, and no instance, which each package makes for itself."""
    name = func.symbol[func.symbol.rfind(".") + 1 :]
    return name[:1].isupper() and isinstance(func.info, FuncInfo) and not func.info.flags & DUPOK


@final
class Body:
    """A function as it is now. `words` are its blocks and values, `auxes` what values refer to."""

    __slots__ = ("auxes", "flags", "inlined", "name", "names", "params", "pos", "price", "results", "slots", "symbol", "variables", "words")

    def __init__(self, func: Func) -> None:
        info = func.info
        assert isinstance(info, FuncInfo)
        self.symbol = func.symbol
        self.name = info.name
        self.pos = func.pos
        self.flags = info.flags
        self.price = -1 if info.price is None else info.price.nodes
        self.params = tuple(func.params)
        self.results = tuple(func.results)
        self.inlined = list(info.inlined)
        self.slots = list(func.slots)
        self.auxes: list[object] = [None]
        self.variables = list(func.variables)
        self.names: list[tuple[int, tuple[int, ...]]] = [one for one in func.names.items() if one[0] < 0]
        self.words = self._words(func)

    def _words(self, func: Func) -> list[int]:
        blocks = {block: i for i, block in enumerate(func.blocks)}
        values: dict[Value, int] = {}
        for block in func.blocks:
            for value in block.values:
                values[value] = len(values)
        words: list[int] = [len(func.blocks)]
        auxes = self.auxes
        for block in func.blocks:
            words += (block.kind, block.likely, block.pos)
            for blocks_of in (block.succs, block.preds):
                words.append(len(blocks_of))
                words += [blocks[one] for one in blocks_of]
            words.append(len(block.values))
            for value in block.values:
                at = 0
                if value.aux is not None:
                    at = len(auxes)
                    auxes.append(value.aux)
                words += (value.op, value.kind, value.imm, value.pos, value.inline, at)
        for block in func.blocks:
            for value in block.values:
                words.append(len(value.args))
                words += [values[arg] for arg in value.args]
                names = func.names.get(value.id)
                if names is not None:
                    self.names.append((values[value], names))
            words.append(len(block.controls))
            words += [values[arg] for arg in block.controls]
        return words

    def is_plain(self) -> bool:
        """Whether a body refers to nothing that only we make: data without a name of its own, function literals, instances. Where another
        compiler has made the package's code, these have other names, or are not there.
        """
        for aux in self.auxes:
            if isinstance(aux, DataRef) and ".." in aux.name:
                return False
            if isinstance(aux, (TextRef, FuncValueRef, ItabRef)) or (isinstance(aux, CallInfo) and aux.target and "[" in aux.target.name):
                return False
        return not any("[" in one.callee or ".func" in one.callee for one in self.inlined)

    def encode(self, tables: Tables) -> bytes | None:
        """The body in the numbers of a table; None if a type of it has none."""
        try:
            auxes = [None if aux is None else _ENCODERS[type(aux)](aux, tables, self) for aux in self.auxes[1:]] if self._known() else None
        except InternalError:
            return None
        if auxes is None:
            return None
        words = list(self.words)
        at = 1
        for _ in range(words[0]):
            words[at + 2] = tables.pos(words[at + 2])
            at += 3
            at += 1 + words[at]
            at += 1 + words[at]
            count = words[at]
            at += 1
            for i in range(at + 3, at + 3 + 6 * count, 6):
                words[i] = tables.pos(words[i])
            at += 6 * count
        inlined = [(one.parent, one.callee, tables.pos(one.pos)) for one in self.inlined]
        slots = [(one.name, one.size, one.align, one.pointers, -1 if one.typ is None else tables.type(one.typ)) for one in self.slots]
        return marshal.dumps((self.symbol, self.name, self.flags, self.params, self.results, inlined, slots, auxes, words, self.price), 2)

    def encode_names(self, tables: Tables) -> bytes:
        """The body's variables, and which values are these, in the numbers of a table."""
        declared = [tables.pos(one.declared) for one in self.inlined]
        slots = [slot.variable for slot in self.slots]
        variables = [(one.name, _type(one.typ, tables), tables.pos(one.pos), one.role, one.inline) for one in self.variables]
        return marshal.dumps((tables.pos(self.pos), declared, slots, variables, self.names), 2)

    def _known(self) -> bool:
        return all(isinstance(aux, Type) or type(aux) in _ENCODERS for aux in self.auxes[1:])


def _type(typ: Type | None, tables: Tables) -> int:
    """The number of a variable's type, -1 for one that other packages can't name: they don't tell of the variable."""
    try:
        return -1 if typ is None else tables.type(typ)
    except InternalError:
        return -1


def _call(info: CallInfo, tables: Tables, body: Body) -> tuple[Any, ...]:
    target = None if info.target is None else tuple(info.target)
    interface = None if info.interface is None else tables.type(info.interface)
    return (_CALL, target, [tables.type(t) for t in info.params], [tables.type(t) for t in info.results], interface, info.method)


class _Encoders(dict[type, Callable[[Any, Tables, Body], Any]]):
    """By the class of what is referred to; all other classes are those of types."""

    def __missing__(self, key: type) -> Callable[[Any, Tables, Body], Any]:
        return lambda typ, tables, body: (_TYPE, tables.type(typ))


_ENCODERS: Final = _Encoders(
    {
        str: lambda text, tables, body: (_TEXT, text),
        DataRef: lambda ref, tables, body: (_DATA, ref.name),
        TextRef: lambda ref, tables, body: (_CODE, ref.name, ref.abi0),
        FuncValueRef: lambda ref, tables, body: (_FUNC_VALUE, ref.name),
        BytesRef: lambda ref, tables, body: (_BYTES, ref.data),
        TypeRef: lambda ref, tables, body: (_TYPE_REF, tables.type(ref.typ)),
        ItabRef: lambda ref, tables, body: (_ITAB, tables.type(ref.typ), tables.type(ref.interface)),
        CallInfo: _call,
        Slot: lambda slot, tables, body: (_SLOT, slot.id),
        tuple: lambda ints, tables, body: (_INTS, ints),
    }
)


def decode(data: bytes, typ: Callable[[int], Type], pos: Callable[[int], int]) -> Func:
    """The function that was written; `typ` and `pos` give types and positions by their numbers."""
    symbol, name, flags, params, results, inlined, slots, auxes, words, price = marshal.loads(data)
    func = Func(symbol, params, results)
    info = FuncInfo(name, (), (), 0, 0, flags)
    info.price = None if price < 0 else Price(price, ())
    info.inlined = [Inlined(parent, callee, pos(at)) for parent, callee, at in inlined]
    func.info = info
    for text, size, align, pointers, number in slots:
        func.new_slot(text, None if number < 0 else typ(number), size, align, pointers)
    refs: list[object] = [None]
    refs += [None if aux is None else _DECODERS[aux[0]](aux, typ, func) for aux in auxes]
    blocks: list[Block] = [func.entry, *[func.new_block() for _ in range(words[0] - 1)]]
    values: list[Value] = []
    at = 1
    for block in blocks:
        block.kind, block.likely = words[at], words[at + 1]
        block.pos = pos(words[at + 2])
        at += 3
        for into in (block.succs, block.preds):
            count = words[at]
            into += [blocks[i] for i in words[at + 1 : at + 1 + count]]
            at += 1 + count
        count = words[at]
        at += 1
        for _ in range(count):
            op, kind, imm, place, inline, aux = words[at : at + 6]
            at += 6
            value = func.append(block, op, kind, (), imm, refs[aux], pos(place))
            value.inline = inline
            values.append(value)
    for block in blocks:
        for value in block.values:
            count = words[at]
            for i in words[at + 1 : at + 1 + count]:
                value.add_arg(values[i])
            at += 1 + count
        count = words[at]
        block.set_controls([values[i] for i in words[at + 1 : at + 1 + count]])
        at += 1 + count
    return func


def tell(func: Func, data: bytes, typ: Callable[[int], Type], pos: Callable[[int], int]) -> None:
    """Add to a function that `decode` has made what `encode_names` has written of its variables."""
    declared, starts, slots, variables, names = marshal.loads(data)
    info = func.info
    assert isinstance(info, FuncInfo)
    func.pos = pos(declared)
    info.inlined = [one._replace(declared=pos(start)) for one, start in zip(info.inlined, starts, strict=True)]
    for slot, variable in zip(func.slots, slots, strict=True):
        slot.variable = variable
    func.variables = [
        Local(name, None if number < 0 else typ(number), pos(at), role, inline) for name, number, at, role, inline in variables
    ]
    func.names = dict(names)  # values were made in their order: their ids are their places


@final
class _Same:
    """Numbers for types, and positions as they are."""

    __slots__ = ("types",)

    def __init__(self) -> None:
        self.types: list[Type] = []

    def type(self, t: Type) -> int:
        """The number of a type."""
        self.types.append(t)
        return len(self.types) - 1

    def pos(self, pos: int) -> int:
        """The position."""
        return pos


def copy_of(func: Func) -> Func | None:
    """A function as it is now, to be inlined when it has changed; None if it cannot be copied."""
    body, tables = Body(func), _Same()
    data = body.encode(tables)
    if data is None:
        return None
    made = decode(data, tables.types.__getitem__, tables.pos)
    names = body.encode_names(tables)
    tell(made, names, tables.types.__getitem__, tables.pos)
    return made


def _decoded_call(aux: Any, typ: Callable[[int], Type], func: Func) -> CallInfo:
    _, target, params, results, interface, method = aux
    return CallInfo(
        None if target is None else TextRef(*target),
        [typ(t) for t in params],
        [typ(t) for t in results],
        None if interface is None else typ(interface),
        method,
    )


_DECODERS: Final[tuple[Callable[[Any, Callable[[int], Type], Func], object], ...]] = (
    lambda aux, typ, func: aux[1],
    lambda aux, typ, func: DataRef(aux[1]),
    lambda aux, typ, func: TextRef(aux[1], aux[2]),
    lambda aux, typ, func: FuncValueRef(aux[1]),
    lambda aux, typ, func: BytesRef(aux[1]),
    lambda aux, typ, func: TypeRef(typ(aux[1])),
    lambda aux, typ, func: ItabRef(typ(aux[1]), typ(aux[2])),
    _decoded_call,
    lambda aux, typ, func: typ(aux[1]),
    lambda aux, typ, func: func.slots[aux[1]],
    lambda aux, typ, func: tuple(aux[1]),
)
