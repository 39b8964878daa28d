# SPDX-License-Identifier: BSD-3-Clause
"""The groups of slots that maps are made of, as types: the runtime's collector needs their descriptors.

Such a type is no type of the program: it has a name of its own kind (`map.group[string]int`) and no equality, and neither have its parts.
A key or element over 128 bytes is kept by pointer. Facts: src/cmd/compile/internal/reflectdata/map.go; src/internal/abi/map.go;
src/internal/runtime/maps/group.go (keys beside their elements: the experiment mapsplitgroup is off).
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import NO_POS, TYP, UINT64, Array, Map, Pointer, Struct, Type

SLOTS: Final = 8
MAX_KEY: Final = 128
MAX_ELEM: Final = 128

# Names that the compiler makes up belong to no package: one without path and name.
NOWHERE: Final = Package("", "")


class Group(NamedTuple):
    """The group of a map type, a word of control bytes and an array of slots, and one slot: a key and an element."""

    struct: Struct
    slot: Struct


@final
class Groups:
    """Groups by map type. `maps` has the map type of each group's struct, `without_equality` the types that are marked as having none."""

    __slots__ = ("_groups", "_sizes", "maps", "without_equality")

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._groups: dict[Map, Group] = {}
        self.maps: dict[Struct, Map] = {}
        self.without_equality: set[Type] = set()

    def group(self, t: Map) -> Group:
        """The group of a map type; always the same for the same object."""
        known = self._groups.get(t)
        if known is None:
            key = t.key if self._sizes.sizeof(t.key) <= MAX_KEY else Pointer(t.key)
            elem = t.elem if self._sizes.sizeof(t.elem) <= MAX_ELEM else Pointer(t.elem)
            slot = Struct([_field("key", key), _field("elem", elem)])
            slots = Array(slot, SLOTS)
            struct = Struct([_field("ctrl", TYP[UINT64]), _field("slots", slots)])
            known = self._groups[t] = Group(struct, slot)
            self.maps[struct] = t
            self.without_equality.update((slot, slots, struct))
        return known


def _field(name: str, typ: Type) -> Var:
    return Var(FIELD_VAR, NO_POS, NOWHERE, name, typ)
