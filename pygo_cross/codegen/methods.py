# SPDX-License-Identifier: BSD-3-Clause
"""The methods of types as tables have them: in the order of names, exported ones first, with the symbols of their code.

An interface calls a method with its data word as the receiver: the value itself where that is one pointer, else its address. So there are
two pieces of code, one for each way, where the two differ. Methods with type parameters, and those that implement nothing by directive,
are in no table. Facts: src/cmd/compile/internal/reflectdata/reflect.go (methods, methodWrapper); src/cmd/compile/internal/types/type.go
(ReceiverBaseType).
"""

from __future__ import annotations

from typing import NamedTuple, final

from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.methodset import method_set
from pygo_cross.types.objects import Func, is_exported, method_order
from pygo_cross.types.package import Package
from pygo_cross.types.types import UNSAFE_POINTER, Array, Basic, Chan, Interface, Named, Pointer, Slice, Struct, Type, unalias
from pygo_cross.types.universe import UNSAFE


class Method(NamedTuple):
    """A method: `through_interface` and `direct` are the symbols of its code for a call by an interface and by the type itself."""

    func: Func
    through_interface: str
    direct: str

    @property
    def exported(self) -> bool:
        """Whether its name is."""
        return is_exported(self.func.name)


@final
class MethodTables:
    """Methods by type."""

    __slots__ = ("_facts", "_known", "_names")

    def __init__(self, names: TypeNames, facts: TypeFacts) -> None:
        self._names = names
        self._facts = facts
        self._known: dict[str, list[Method]] = {}

    def of(self, typ: Type) -> list[Method]:
        """The methods of a type that is no interface; of that, none."""
        typ = unalias(typ)
        base = unalias(typ.elem) if type(typ) is Pointer else typ
        if not (type(base) is Struct or (type(base) is Named and type(base.underlying()) not in (Pointer, Interface))):
            return []
        name = self._names.link(typ)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = [] if self._facts.has_shape(typ) else self._make(typ)
        return known

    def _make(self, typ: Type) -> list[Method]:
        through = typ if self._facts.is_direct(typ) else Pointer(typ)
        methods = []
        for selection in method_set(typ):
            func = selection.obj
            assert isinstance(func, Func)
            if not func.nointerface and not func.signature.tparams:
                methods.append(Method(func, self._names.method(through, func), self._names.method(typ, func)))
        methods.sort(key=lambda method: method_order(method.func))
        return methods


def package_of(typ: Type) -> Package | None:
    """The package that a type's methods are said to belong to: that of its name, or of its element's name."""
    typ = unalias(typ)
    if type(typ) in (Pointer, Slice, Array, Chan):
        assert isinstance(typ, (Pointer, Slice, Array, Chan))
        typ = unalias(typ.elem)
    if type(typ) is Basic and typ.kind == UNSAFE_POINTER:
        return UNSAFE
    return typ.obj.pkg if type(typ) is Named else None
