# SPDX-License-Identifier: BSD-3-Clause
"""What values refer to (`ssa/refs.py`) as symbols of the object that is made: `Symbols.of`.

References that are equal are one symbol. Most are names that are defined elsewhere, in this object or in another; string contents, function
values, descriptors and method tables are defined here when they are first asked for, and the linker takes one of all copies.
Facts: src/cmd/compile/internal/staticdata/data.go.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any, Final, final

from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.diag import InternalError
from pygo_cross.gostrings import quote
from pygo_cross.obj.context import Context
from pygo_cross.obj.reloctype import R_ADDR
from pygo_cross.obj.symbol import DUPOK, RODATA, Symbol
from pygo_cross.ssa.refs import BytesRef, DataRef, FuncValueRef, ItabRef, TextRef, TypeRef

_LONGEST_NAME: Final = 100  # bytes of a string constant that its symbol's name shows; longer ones are named by a hash


@final
class Symbols:
    """The symbols of one object."""

    __slots__ = ("_makers", "_word", "context", "descriptors")

    def __init__(self, context: Context, descriptors: Descriptors, word: int = 8) -> None:
        self.context = context
        self.descriptors = descriptors
        self._word = word
        self._makers: Final[dict[type, Any]] = {
            DataRef: self.data,
            TextRef: self.text,
            FuncValueRef: self.function_value,
            BytesRef: self.bytes,
            TypeRef: self._type,
            ItabRef: self._itab,
        }

    def of(self, ref: object) -> Symbol:
        """The symbol of a reference."""
        make = self._makers.get(type(ref))
        if make is None:
            raise InternalError("codegen", "a reference that is none", str(ref))
        symbol: Symbol = make(ref)
        return symbol

    def data(self, ref: DataRef) -> Symbol:
        """A variable or other data."""
        return self.context.lookup(ref.name)

    def text(self, ref: TextRef) -> Symbol:
        """The code of a function."""
        return self.context.lookup(ref.name, 0 if ref.abi0 else 1)

    def linkname(self, name: str, std: bool) -> None:
        """Mark symbols that have their name from a directive, when all are there."""
        for abi in (0, 1):
            symbol = self.context.known(name, abi)
            if symbol is not None:
                symbol.linkname_std = symbol.linkname_std or std
                symbol.linkname = symbol.linkname or not std

    def function_value(self, ref: FuncValueRef) -> Symbol:
        """A word with the address of a function's code."""
        symbol = self.context.lookup(ref.name + "·f")
        if not symbol.listed:
            symbol.data = bytearray(self._word)
            symbol.relocs.append((0, self._word, R_ADDR, 0, self.context.lookup(ref.name, 1)))
            self.context.define_data(symbol, self._word, DUPOK | RODATA)
        return symbol

    def bytes(self, ref: BytesRef) -> Symbol:
        """The contents of a string constant."""
        data = ref.data
        if len(data) > _LONGEST_NAME:
            digest = hashlib.sha256(b"\1" + data).digest()
            name = f".gostring.{len(data)}.{b64encode(digest[:16]).decode()}"
        else:
            name = quote(data)
        symbol = self.context.lookup("go:string." + name)
        if not symbol.listed:
            symbol.data = bytearray(data)
            symbol.align = 1
            symbol.content_addressable = symbol.local = True
            self.context.define_data(symbol, len(data), DUPOK | RODATA)
        return symbol

    def _type(self, ref: TypeRef) -> Symbol:
        return self.descriptors.type(ref.typ)

    def _itab(self, ref: ItabRef) -> Symbol:
        return self.descriptors.itab(ref.typ, ref.interface)
