# SPDX-License-Identifier: BSD-3-Clause
"""The layout of export data: what one package tells others of its declarations.

Export data is a header, a checksum, and a marshalled tuple of columns. Types and objects are rows of 32-bit words in one array, found by
index, so that loading copies memory and makes nothing: a type becomes an object when something asks for it (`exportread.py`). Indices
below `len(RESERVED)` are predeclared types.

Rows of types, by their first word (lists are preceded by their length; names are indices of strings, pkg of packages; pos is a position in
the table's own files, which follow each other from 1):

    ARRAY       elem, length low, length high           (a length in two words)
    SLICE       elem
    POINTER     elem
    MAP         key, elem
    CHAN        direction, elem
    STRUCT      [name, pkg, type, pos, embedded, tag]   (a tag is an index of values, 0 for none)
    TUPLE       [name, type]
    SIGNATURE   variadic, [tparam], [name, type], [name, type]
    INTERFACE   implicit, [name, pkg, pos, receiver, signature], [type]   (a receiver of `SELF` is the interface)
    UNION       [tilde, type]
    NAMED       name, pos, [tparam], underlying, [name, pos, flags, receiver's name, signature, [rparam]]
    INSTANCE    origin, [type]                          (of a defined type or an alias)
    ALIAS       name, pos, [tparam], rhs
    FOREIGN     pkg, name                               (a defined type or alias of another package)
    TPARAM      name, pos, index, bound

Rows of objects have `OBJECT_WORDS` words: kind, pos, type, index of values (constants alone).
"""

from __future__ import annotations

from typing import Final

from .types import BYTE, EMPTY_INTERFACE, RUNE, TYP, Type
from .universe import ANY, COMPARABLE, ERROR

MAGIC: Final = b"pygo_cross export data 3\n"  # the number changes with the layout: old data is then not read
CHECKSUM_SIZE: Final = 16

RESERVED: Final[tuple[Type, ...]] = (
    *TYP,
    BYTE,
    RUNE,
    ERROR,
    ANY,
    COMPARABLE,
    EMPTY_INTERFACE,
    COMPARABLE.underlying(),
    ERROR.underlying(),
)

ARRAY: Final = 0
SLICE: Final = 1
POINTER: Final = 2
MAP: Final = 3
CHAN: Final = 4
STRUCT: Final = 5
TUPLE: Final = 6
SIGNATURE: Final = 7
INTERFACE: Final = 8
UNION: Final = 9
NAMED: Final = 10
INSTANCE: Final = 11
ALIAS: Final = 12
FOREIGN: Final = 13
TPARAM: Final = 14

SELF: Final = 0xFFFFFFFF

CONST: Final = 0
TYPE: Final = 1
VAR: Final = 2
FUNC: Final = 3
OBJECT_WORDS: Final = 4

# Bits of a method's flags.
PTR_RECV: Final = 1
NOINTERFACE: Final = 2
