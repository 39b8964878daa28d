# SPDX-License-Identifier: BSD-3-Clause
"""Method sets: all methods that values of a type have, promoted ones included.

Facts: src/go/types/methodset.go; the language specification, "Method sets".
"""

from __future__ import annotations

from .lookup import MOST_INSTANCES, Seen, find
from .objects import Func
from .predicates import is_interface
from .selection import METHOD_VAL, Selection
from .types import Interface, Struct, Type, as_named, deref


def method_set(t: Type) -> list[Selection]:
    """The methods of a value (not a variable) of the type, sorted by `Object.id`. A pointer to an interface, and a defined pointer type,
    have none.
    """
    found: list[tuple[str, Selection]] = []
    for method in _candidates(t):
        obj, path, indirect = find(t, False, method.pkg, method.name)
        # A field of the same name, or a second method at the same depth, hides it; a pointer receiver may be out of reach.
        if type(obj) is Func and path is not None:
            recv = obj.signature.recv
            # An interface's methods are always reached by what it holds.
            indirect = indirect or (recv is not None and is_interface(recv.typ))
            found.append((obj.id(), Selection(METHOD_VAL, t, obj, path, indirect)))
    found.sort(key=lambda item: item[0])
    return [selection for _, selection in found]


def _candidates(t: Type) -> list[Func]:
    """One method of each id among those of a type and all that it embeds."""
    methods: dict[str, Func] = {}
    seen = Seen()
    todo = [deref(t)[0]]
    while todo and len(seen.instances) <= MOST_INSTANCES:
        typ = todo.pop()
        named = as_named(typ)
        if named is not None:
            if not seen.add(named):
                continue
            for i in range(named.num_methods()):
                declared = named.orig.method(i)
                methods.setdefault(declared.id(), declared)
        under = typ.underlying()
        if type(under) is Struct:
            todo += [deref(field.typ)[0] for field in under.fields if field.embedded]
        elif type(under) is Interface:
            for method in under.type_set().methods:
                methods.setdefault(method.id(), method)
    return [method for method in methods.values() if method.name != "_"]
