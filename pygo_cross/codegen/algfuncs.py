# SPDX-License-Identifier: BSD-3-Clause
"""The function values by which the runtime compares and hashes values of a type.

Package runtime has functions for what is common; for all else there is one function for each signature (`typefacts`), which many types
share, in each object that needs it. Here are the values that descriptors refer to; whose code is to be made says `equal_code` and
`hash_code`. Facts: src/cmd/compile/internal/reflectdata/alg.go.
"""

from __future__ import annotations

import re
from typing import Final, final

from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.obj.context import Context
from pygo_cross.obj.reloctype import R_ADDR
from pygo_cross.obj.symbol import DUPOK, RODATA, Symbol
from pygo_cross.types.types import Type

_EQUAL: Final = {
    "": "memequal0",
    "M1": "memequal8",
    "M2": "memequal16",
    "M4": "memequal32",
    "M8": "memequal64",
    "M16": "memequal128",
    "S": "strequal",
    "I": "interequal",
    "E": "nilinterequal",
    "F": "f32equal",
    "G": "f64equal",
    "FF": "c64equal",
    "GG": "c128equal",
}
_HASH: Final = {
    "": "memhash0",
    "M1": "memhash8",
    "M2": "memhash16",
    "M4": "memhash32",
    "M8": "memhash64",
    "M16": "memhash128",
    "S": "strhash",
    "I": "interhash",
    "E": "nilinterhash",
    "F": "f32hash",
    "G": "f64hash",
    "FF": "c64hash",
    "GG": "c128hash",
}
_MEMORY: Final = re.compile(r"M(\d+)")


@final
class AlgFunctions:
    """The function values of one object.

    `equal_code` and `hash_code` are the functions to make, by signature, in the order of first use.
    """

    __slots__ = ("_context", "_facts", "equal_code", "hash_code")

    def __init__(self, context: Context, facts: TypeFacts) -> None:
        self._context = context
        self._facts = facts
        self.equal_code: dict[str, Symbol] = {}
        self.hash_code: dict[str, Symbol] = {}

    def equal(self, typ: Type) -> Symbol | None:
        """The value that compares two values at addresses; None for a type that is not comparable."""
        if not self._facts.comparable(typ):
            return None
        return self._value(self._facts.signature(typ), _EQUAL, "eq", "memequal_varlen", self.equal_code)

    def hash(self, key: Type) -> Symbol:
        """The value that hashes the value at an address."""
        return self._value(self._facts.signature(key), _HASH, "hash", "memhash_varlen", self.hash_code)

    def _value(self, signature: str, common: dict[str, str], what: str, of_length: str, code: dict[str, Symbol]) -> Symbol:
        name = common.get(signature)
        if name is not None:
            return self._define(f"runtime.{name}·f", self._context.lookup(f"runtime.{name}", 1))
        value = f"type:.{what}func.{signature}"
        memory = _MEMORY.fullmatch(signature)
        if memory is not None:
            # The function finds the length behind its own address.
            return self._define(value, self._context.lookup(f"runtime.{of_length}", 1), int(memory[1]))
        function = code.get(signature)
        if function is None:
            function = code[signature] = self._context.lookup(f"type:.{what}.{signature}", 1)
        return self._define(value, function)

    def _define(self, name: str, function: Symbol, length: int | None = None) -> Symbol:
        symbol = self._context.lookup(name)
        if not symbol.listed:
            symbol.data = bytearray(8 if length is None else bytes(8) + length.to_bytes(8, "little"))
            symbol.relocs.append((0, 8, R_ADDR, 0, function))
            self._context.define_data(symbol, len(symbol.data), DUPOK | RODATA)
        return symbol
