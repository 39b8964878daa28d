# SPDX-License-Identifier: BSD-3-Clause
"""Fields and methods by name, and which methods a type lacks for an interface.

Facts: src/cmd/compile/internal/types2/lookup.go; the language specification, "Selectors", "Method sets".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, final

from .format import Formatter
from .objects import Func, Var, is_exported, same_package
from .predicates import identical, is_interface, is_type_param, is_valid
from .types import UNRESOLVED, Alias, Interface, Named, Pointer, Struct, Type, as_named, deref
from .typestring import TypeWriter, by_path

if TYPE_CHECKING:
    from .hooks import Hooks
    from .package import Package


class Found(NamedTuple):
    """What a look-up found.

    `obj` is the field or method, `path` the indices that lead to it (see `selection.Selection`), `indirect` whether a pointer is followed
    on the way. With no `obj`: a `path` says that the name is ambiguous, and leads to one of those found; `indirect` that there is a
    method, which needs a pointer receiver and cannot have one.
    """

    obj: Var | Func | None
    path: tuple[int, ...] | None
    indirect: bool


MOST_INSTANCES: Final = 1000  # of generic types embedded in one, at all depths, that are looked at: only types without an end have more
_COMPARED: Final = 50  # how many types are compared with each other
NOT_FOUND: Final = Found(None, None, False)
_NEEDS_POINTER: Final = Found(None, None, True)


@final
class Seen:
    """The defined types that a search has met."""

    __slots__ = ("instances", "types")

    def __init__(self) -> None:
        self.types: set[Named] = set()
        self.instances: list[Named] = []

    def add(self, t: Named) -> bool:
        """Notes a type; False if an identical one was met before."""
        if t in self.types:
            return False
        if t.targs:
            # Instances that are identical are almost always one object, so a long list need not be compared type by type.
            for other in self.instances[:_COMPARED]:
                if other.orig is t.orig and identical(other, t):
                    return False
            self.instances.append(t)
        self.types.add(t)
        return True


@final
class _Embedded:
    """A type to search, `path` the indices that lead to it, `multiples` whether it is there more than once at its depth."""

    __slots__ = ("indirect", "multiples", "path", "typ")

    def __init__(self, typ: Type, path: tuple[int, ...], indirect: bool, multiples: bool) -> None:
        self.typ = typ
        self.path = path
        self.indirect = indirect
        self.multiples = multiples


def lookup_field_or_method(t: Type, addressable: bool, package: Package | None, name: str, fold_case: bool = False) -> Found:
    """The field or method that `x.name` selects in `package`, for an x of type `t` that is `addressable` or not.

    The signature of a method that is found may not be known yet. `fold_case` finds names that differ in case alone, for hints.
    """
    # A defined pointer type has the fields, but not the methods, of what it points to.
    named = as_named(t)
    if named is not None:
        under = named.underlying()
        if type(under) is Pointer:
            found = find(under, False, package, name, fold_case)
            return NOT_FOUND if type(found.obj) is Func else found
    return find(t, addressable, package, name, fold_case)


def find(t: Type, addressable: bool, package: Package | None, name: str, fold_case: bool = False) -> Found:
    """`lookup_field_or_method`, but that a defined pointer type has no fields. Which methods a type has is asked here."""
    if name == "_":
        return NOT_FOUND
    # A defined pointer type must not be followed: it has no methods.
    typ, is_pointer = deref(t)
    if is_pointer and is_interface(typ):
        return NOT_FOUND
    exported = is_exported(name)
    current = [_Embedded(typ, (), is_pointer, False)]
    seen = Seen()
    while True:
        obj: Var | Func | None = None
        path: tuple[int, ...] = ()
        indirect = False
        deeper: list[_Embedded] = []
        for e in current:
            t = e.typ
            if type(t) is Alias:
                t = t.unaliased()
            found: Var | Func | None = None
            i = -1
            if type(t) is Named:
                # What was seen at a lesser depth hides itself here.
                if not seen.add(t):
                    continue
                if exported or fold_case or same_package(t.obj.pkg, package):
                    i = t.method_index(name, fold_case)
                    if i >= 0:
                        found = t.method(i)
            if found is None:
                under = t.underlying()
                if type(under) is Struct:
                    if fold_case:
                        alike = [k for k, field in enumerate(under.fields) if field.same_id(package, name, True)]
                        if len(alike) > 1:
                            return Found(None, (*e.path, alike[1]), False)
                        i = alike[0] if alike else -1
                    else:
                        i = _field_index(under, package, name, exported)
                    if i >= 0:
                        found = under.fields[i]
                    # After a find at this depth, nothing deeper counts.
                    if obj is None and found is None:
                        for k in under.embedded_indices():
                            inner, points = deref(under.fields[k].typ)
                            deeper.append(_Embedded(inner, (*e.path, k), e.indirect or points, e.multiples))
                elif type(under) is Interface:
                    i, found = under.type_set().lookup_method(package, name, fold_case)
            if found is not None:
                path = (*e.path, i)
                if obj is not None or e.multiples:
                    return Found(None, path, False)
                obj = found
                indirect = e.indirect
        if obj is not None:
            if type(obj) is Func and not indirect and not addressable and obj.has_ptr_recv():
                return _NEEDS_POINTER
            return Found(obj, path, indirect)
        if not deeper or len(seen.instances) > MOST_INSTANCES:
            return NOT_FOUND
        current = _consolidate(deeper)


def _field_index(struct: Struct, package: Package | None, name: str, exported: bool) -> int:
    """The index of the field that a name used in `package` denotes, -1 if there is none."""
    i = struct.field_index(name)
    return i if i < 0 or exported or same_package(struct.fields[i].pkg, package) else -1


def _consolidate(embedded: list[_Embedded]) -> list[_Embedded]:
    """The same types, each once, marked if there were more."""
    if len(embedded) <= 1:
        return embedded
    by_type: dict[Type, _Embedded] = {}
    for e in embedded:
        other = by_type.get(e.typ)
        if other is None and len(by_type) <= _COMPARED:
            other = next((o for t, o in by_type.items() if identical(t, e.typ)), None)
        if other is None:
            by_type[e.typ] = e
        else:
            other.multiples = True
    return list(by_type.values())


Same = Callable[[Type, Type], bool]


class Missing(NamedTuple):
    """A method that a type lacks for an interface. `wrong_type` says that it has one which needs a pointer receiver or has another
    signature; `cause` says why, in parentheses, if it was asked for.
    """

    method: Func
    wrong_type: bool
    cause: str


def missing_method(
    v: Type, t: Type, static: bool, same: Same = identical, formatter: Formatter | None = None, env: Hooks | None = None
) -> Missing | None:
    """The first method of the interface `t` that `v` has not; None if it has all.

    Unless `static`, an interface `v` need not have the methods: only those that it has must fit. `same` compares signatures. With a
    `formatter`, the cause is written out. `env` checks methods whose signatures are not known yet.
    """
    iface = t.underlying()
    assert type(iface) is Interface
    methods = iface.type_set().methods
    if not methods:
        return None
    under = v.underlying()
    if type(under) is Interface:
        tset = under.type_set()
        for m in methods:
            f = tset.lookup_method(m.pkg, m.name)[1]
            if f is None:
                if static:
                    return Missing(m, False, _cause_not_found(v, t, m, formatter))
            elif not same(f.signature, m.signature):
                return Missing(m, True, _cause_wrong_signature(f, m, formatter))
        return None
    for m in methods:
        obj, index, indirect = find(v, False, m.pkg, m.name)
        if obj is None:
            if index is not None:
                return Missing(m, False, _write(formatter, "(ambiguous selector %s.%s)", v, m.name))
            if indirect:
                return Missing(m, True, _write(formatter, "(method %s has pointer receiver)", m.name))
            if formatter is None:
                return Missing(m, False, "")
            other = find(v, False, m.pkg, m.name, fold_case=True).obj
            if type(other) is not Func:
                return Missing(m, False, _cause_not_found(v, t, m, formatter))
            if other.name == m.name:
                # Another package's, or there would be no difference.
                return Missing(m, False, _write(formatter, "(unexported method %s)", m.name))
            _check(other, env)
            words = (m.name, method_string(other, formatter), method_string(m, formatter))
            return Missing(m, False, _write(formatter, "(missing method %s)\n\t\thave %s\n\t\twant %s", *words))
        if type(obj) is not Func:
            return Missing(m, False, _write(formatter, "(%s.%s is a field, not a method)", v, m.name))
        _check(obj, env)
        if obj.nointerface:
            return Missing(m, False, _write(formatter, "(%s method is marked 'nointerface')", m.name))
        if not same(obj.signature, m.signature):
            return Missing(m, True, _cause_wrong_signature(obj, m, formatter))
    return None


def _check(method: Func, env: Hooks | None) -> None:
    if method.typ is UNRESOLVED and env is not None:
        env.check_object(method)


def _write(formatter: Formatter | None, template: str, *args: object) -> str:
    return "" if formatter is None else formatter.sprintf(template, *args)


def _cause_not_found(v: Type, t: Type, method: Func, formatter: Formatter | None) -> str:
    if formatter is None:
        return ""
    for pointer in (v, t):
        if is_interface_pointer(pointer):
            return f"({interface_pointer_error(pointer, formatter)})"
    return f"(missing method {method.name})"


def _cause_wrong_signature(have: Func, want: Func, formatter: Formatter | None) -> str:
    if formatter is None:
        return ""
    have_text, want_text = method_string(have, formatter), method_string(want, formatter)
    if have_text == want_text:
        have_text, want_text = method_string(have, formatter, True), method_string(want, formatter, True)
    if have_text == want_text:
        # Different type parameters of one name: the two texts would only puzzle.
        return f"(wrong type for method {want.name})"
    return f"(wrong type for method {want.name})\n\t\thave {have_text}\n\t\twant {want_text}"


def method_string(method: Func, formatter: Formatter, package_info: bool = False) -> str:
    """A method's name and signature, without names of parameters. `package_info` writes packages by path, to tell apart what looks the
    same.
    """
    writer = TypeWriter(by_path if package_info else formatter.qualifier, formatter.position)
    writer.package_info = package_info
    writer.param_names = False
    writer.signature(method.signature)
    return method.name + "".join(writer.out)


def has_all_methods(
    v: Type, t: Type, static: bool, same: Same = identical, formatter: Formatter | None = None, env: Hooks | None = None
) -> Missing | None:
    """`missing_method`, but nothing is missing from a type of which not enough is known because of other errors."""
    if not is_valid(v):
        return None
    missing = missing_method(v, t, static, same, formatter, env)
    return None if missing is None or has_invalid_embedded_fields(v) else missing


def has_invalid_embedded_fields(t: Type, seen: set[Type] | None = None) -> bool:
    """Whether a struct, or what points to one, embeds the invalid type at any depth."""
    under = deref_struct_pointer(t).underlying()
    if type(under) is not Struct:
        return False
    if seen is None:
        seen = set()
    elif under in seen or len(seen) > 10 * MOST_INSTANCES:
        return False
    seen.add(under)
    for i in under.embedded_indices():
        t = under.fields[i].typ
        if not is_valid(t) or has_invalid_embedded_fields(t, seen):
            return True
    return False


def is_interface_pointer(t: Type) -> bool:
    """Whether it is a pointer to an interface or type parameter."""
    under = t.underlying()
    return type(under) is Pointer and is_interface(under.elem)


def interface_pointer_error(t: Type, formatter: Formatter) -> str:
    """What is wrong with using a pointer to an interface (`is_interface_pointer`) where an interface is meant."""
    under = t.underlying()
    if type(under) is Pointer and is_type_param(under.elem):
        return formatter.sprintf("type %s is pointer to type parameter, not type parameter", t)
    return formatter.sprintf("type %s is pointer to interface, not interface", t)


def deref_struct_pointer(t: Type) -> Type:
    """The struct type that a pointer type, with or without a name, points to; any other type itself."""
    under = t.underlying()
    if type(under) is Pointer and type(under.elem.underlying()) is Struct:
        return under.elem
    return t


def field_path(t: Type, index: tuple[int, ...]) -> str:
    """The names along a path of fields, with dots between them."""
    names = []
    for i in index:
        under = deref_struct_pointer(t).underlying()
        if type(under) is not Struct:
            break
        names.append(under.fields[i].name)
        t = under.fields[i].typ
    return ".".join(names)
