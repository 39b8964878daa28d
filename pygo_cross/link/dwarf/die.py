# SPDX-License-Identifier: BSD-3-Clause
"""Debugging information entries that the linker makes itself: types and their parts.

An entry refers to others, and to type descriptors, by symbol number; `encode` leaves room for these and says where, as
they are known only when all of `.debug_info` is laid out.
"""

from __future__ import annotations

from pygo_cross.diag import InternalError, UserError
from pygo_cross.link.dwarf.abbrev import Abbreviation
from pygo_cross.link.dwarf.constants import (
    DW_FORM_addr,
    DW_FORM_data1,
    DW_FORM_flag,
    DW_FORM_ref_addr,
    DW_FORM_string,
    DW_FORM_udata,
)
from pygo_cross.obj.leb import uleb


class Die:
    """One entry. `attributes` holds numbers: constants, or symbols for references and runtime types.

    `sym` is what references to the entry name, 0 for a part of a type, which nothing refers to. A negative number
    stands for an entry without a name in the symbol table.
    """

    __slots__ = ("abbrev", "attributes", "children", "name", "sym")

    def __init__(self, abbrev: int, name: str) -> None:
        self.abbrev = abbrev
        self.name = name
        self.attributes: dict[int, int] = {}
        self.children: list[Die] = []
        self.sym = 0

    def child(self, name: str) -> Die:
        """The first child of that name. Raises UserError when there is none: only types of the runtime are asked."""
        for die in self.children:
            if die.name == name:
                return die
        raise UserError.one("bad-runtime", f"{self.name} of the runtime has no member {name}", "link with -w, or build the runtime again")


class Encoder:
    """Entries as bytes.

    `positions` says where the entry of a symbol begins; `references` and `types` where four bytes for the offset of an
    entry and eight for that of a type descriptor have to be filled in: (position, symbol).
    """

    __slots__ = ("_table", "data", "positions", "references", "types")

    def __init__(self, table: list[Abbreviation]) -> None:
        self._table = table
        self.data = bytearray()
        self.positions: dict[int, int] = {}
        self.references: list[tuple[int, int]] = []
        self.types: list[tuple[int, int]] = []

    def encode(self, die: Die) -> None:
        """Append an entry and its children."""
        out = self.data
        if die.sym:
            self.positions[die.sym] = len(out)
        _tag, has_children, forms = self._table[die.abbrev]
        attributes = die.attributes
        out += uleb(die.abbrev)
        for attribute, form in forms:
            if form == DW_FORM_string:
                out += die.name.encode("utf-8", "surrogateescape")
                out.append(0)
            elif form == DW_FORM_ref_addr:
                target = attributes.get(attribute)
                if target is None:
                    raise InternalError("dwarf", f"attribute {attribute:#x} is missing", die.name)
                self.references.append((len(out), target))
                out += b"\0\0\0\0"
            elif form == DW_FORM_udata:
                out += uleb(attributes.get(attribute, 0))
            elif form in (DW_FORM_data1, DW_FORM_flag):
                out.append(attributes.get(attribute, 0) & 0xFF)
            elif form == DW_FORM_addr:
                descriptor = attributes.get(attribute, 0)
                if descriptor:
                    self.types.append((len(out), descriptor))
                out += b"\0\0\0\0\0\0\0\0"
            else:
                raise InternalError("dwarf", f"form {form:#x} in an entry of a type", die.name)
        if has_children:
            for child in die.children:
                self.encode(child)
            out.append(0)
