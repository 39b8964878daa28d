# SPDX-License-Identifier: BSD-3-Clause
"""What names denote: one final class for each kind of object.

Objects are compared by Python identity: a declaration makes exactly one. Methods and fields of instances are objects of their own, whose
`origin` is the declared one. An object that is declared but not yet checked has `typ` `UNRESOLVED`; a method of another package may be so
too, then its `resolver` knows the rest (`Func.signature`).

Facts: src/cmd/compile/internal/types2/object.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, final

from pygo_cross.unicode.classes import is_upper

from ..diag import InternalError
from .constant import UNKNOWN, Value
from .types import NO_POS, UNRESOLVED, Basic, Named, Signature, Type, TypeParam, deref

if TYPE_CHECKING:
    from .package import Package
    from .scope import Scope

# What kind of variable a `Var` is, in the order of go/types' VarKind.
PACKAGE_VAR: Final = 1
LOCAL_VAR: Final = 2
RECV_VAR: Final = 3
PARAM_VAR: Final = 4
RESULT_VAR: Final = 5
FIELD_VAR: Final = 6
VAR_KIND_NAMES: Final = ("VarKind(0)", "PackageVar", "LocalVar", "RecvVar", "ParamVar", "ResultVar", "FieldVar")


def is_exported(name: str) -> bool:
    """Whether a name starts with an upper-case letter (Unicode class Lu)."""
    c = name[:1]
    return "A" <= c <= "Z" if c < "\x80" else is_upper(ord(c))


def fold(name: str) -> str:
    """A name without the difference of upper and lower case, by simple folding as strings.EqualFold has it."""
    if name.isascii():
        return name.lower()
    folded = []
    for c in name:
        upper = c.upper()
        lower = (upper if len(upper) == 1 else c).lower()
        folded.append(lower if len(lower) == 1 else c)
    return "".join(folded)


def same_package(a: Package | None, b: Package | None) -> bool:
    """Whether two packages are the same by path. None is the universe's."""
    if a is b:
        return True
    return a is not None and b is not None and a.path == b.path


def make_id(package: Package | None, name: str) -> str:
    """What tells fields and methods apart: the name if exported, else the name after its package's path."""
    if is_exported(name):
        return name
    return f"{package.path if package is not None and package.path else '_'}.{name}"


class Object:
    """What all objects have.

    `pkg` is None for what the universe declares and for labels' sake may be so elsewhere; `pos` is where the name stands in its
    declaration; `parent` the scope it is declared in (None for fields and methods); `order` counts package-level objects in source order
    from 1 and is 0 for all others; `scope_pos` is where a local object's scope begins.
    """

    __slots__ = ("name", "order", "parent", "pkg", "pos", "scope_pos", "typ")

    def __init__(self, pos: int, pkg: Package | None, name: str, typ: Type) -> None:
        self.name = name
        self.typ = typ
        self.pkg = pkg
        self.pos = pos
        self.parent: Scope | None = None
        self.order = 0
        self.scope_pos = NO_POS

    def exported(self) -> bool:
        """Whether the name is exported; says nothing of the scope."""
        return is_exported(self.name)

    def id(self) -> str:
        """See `make_id`."""
        return make_id(self.pkg, self.name)

    def same_id(self, package: Package | None, name: str, fold_case: bool = False) -> bool:
        """Whether a name used in `package` denotes this field or method. With `fold_case`, names that differ in case alone do, in any
        package.
        """
        if fold_case and fold(self.name) == fold(name):
            return True
        return self.name == name and (is_exported(name) or same_package(self.pkg, package))

    def __str__(self) -> str:
        """The object as `typestring.object_string` writes it, packages by path."""
        from .typestring import object_string

        return object_string(self)

    def __repr__(self) -> str:
        return str(self)


@final
class PkgName(Object):
    """The name that an import gives a package in a file. `used` is set by the checker."""

    __slots__ = ("imported", "used")

    def __init__(self, pos: int, pkg: Package | None, name: str, imported: Package) -> None:
        super().__init__(pos, pkg, name, UNRESOLVED)
        self.imported = imported
        self.used = False


@final
class Const(Object):
    """A constant. `val` is `UNKNOWN` until it is known, and where an error was reported."""

    __slots__ = ("val",)

    def __init__(self, pos: int, pkg: Package | None, name: str, typ: Type = UNRESOLVED, val: Value = UNKNOWN) -> None:
        super().__init__(pos, pkg, name, typ)
        self.val = val


@final
class TypeName(Object):
    """The name of a defined type, an alias, a type parameter or a predeclared type."""

    __slots__ = ()

    def __init__(self, pos: int, pkg: Package | None, name: str, typ: Type = UNRESOLVED) -> None:
        super().__init__(pos, pkg, name, typ)

    def is_alias(self) -> bool:
        """Whether it is another name for a type: declared as an alias, or predeclared `byte` and `rune`."""
        t = self.typ
        if t is UNRESOLVED:
            return False
        if type(t) is Basic:
            if self.pkg is not None and self.pkg.path == "unsafe":
                return False
            return self.pkg is not None or t.name != self.name or t.name in ("byte", "rune")
        if type(t) is Named or type(t) is TypeParam:
            return t.obj is not self
        return True


@final
class Var(Object):
    """A variable, parameter, result, receiver or field, as `kind` says.

    `embedded` marks an embedded field, whose name is its type's. `origin` is the declared variable that this one was instantiated
    from (itself where it wasn't). `used` is set by the checker, for local variables.
    """

    __slots__ = ("_origin", "embedded", "kind", "used")

    def __init__(self, kind: int, pos: int, pkg: Package | None, name: str, typ: Type = UNRESOLVED, embedded: bool = False) -> None:
        super().__init__(pos, pkg, name, typ)
        self.kind = kind
        self.embedded = embedded
        self.used = False
        self._origin: Var | None = None

    @property
    def origin(self) -> Var:
        """The declared variable of which this is an instance's; else itself."""
        return self if self._origin is None else self._origin

    def clone(self, typ: Type) -> Var:
        """The same variable of an instance, with its type there."""
        var = Var(self.kind, self.pos, self.pkg, self.name, typ, self.embedded)
        var.parent, var.order, var.scope_pos, var.used = self.parent, self.order, self.scope_pos, self.used
        var._origin = self.origin
        return var


@final
class Func(Object):
    """A function, a method, or a method of an interface. `typ` is a `Signature` as soon as it is known.

    `ptr_recv` says of a method that is not checked yet whether its receiver is written `*T`. `resolver(self)` sets `typ` when it is
    asked for. `nointerface` is the directive of that name: the method implements nothing.
    """

    __slots__ = ("_origin", "nointerface", "ptr_recv", "resolver")

    def __init__(
        self, pos: int, pkg: Package | None, name: str, typ: Type = UNRESOLVED, resolver: Callable[[Func], None] | None = None
    ) -> None:
        super().__init__(pos, pkg, name, typ)
        self.ptr_recv = False
        self.nointerface = False
        self.resolver = resolver
        self._origin: Func | None = None

    @property
    def origin(self) -> Func:
        """The declared function of which this is an instance's; else itself."""
        return self if self._origin is None else self._origin

    @property
    def signature(self) -> Signature:
        """The type, worked out if need be."""
        t = self.typ
        if t is UNRESOLVED and self.resolver is not None:
            self.resolver(self)
            t = self.typ
        if type(t) is not Signature:
            raise InternalError("types", "a function has no signature", self.name)
        return t

    def has_ptr_recv(self) -> bool:
        """Whether the receiver is a `*T`: by its type where that is known, else as the declaration is written."""
        t = self.typ
        if type(t) is Signature and t.recv is not None and t.recv.typ is not UNRESOLVED:
            return deref(t.recv.typ)[1]
        return self.ptr_recv

    def clone(self, typ: Type) -> Func:
        """The same function of an instance, with its signature there."""
        func = Func(self.pos, self.pkg, self.name, typ)
        func.parent, func.order, func.scope_pos = self.parent, self.order, self.scope_pos
        func.ptr_recv, func.nointerface = self.ptr_recv, self.nointerface
        func._origin = self.origin
        return func


@final
class Label(Object):
    """A label in a function. `used` is set by the checker."""

    __slots__ = ("used",)

    def __init__(self, pos: int, pkg: Package | None, name: str) -> None:
        super().__init__(pos, pkg, name, UNRESOLVED)
        self.used = False


@final
class Builtin(Object):
    """A predeclared function, or one of package unsafe. `id` is its index in `universe.BUILTINS`."""

    __slots__ = ("id_",)

    def __init__(self, name: str, id_: int) -> None:
        super().__init__(NO_POS, None, name, UNRESOLVED)
        self.id_ = id_


@final
class Nil(Object):
    """The predeclared `nil`."""

    __slots__ = ()

    def __init__(self, typ: Type) -> None:
        super().__init__(NO_POS, None, "nil", typ)


def method_order(method: Func) -> tuple[bool, str, str]:
    """The key by which methods are sorted: exported ones first, then by name, then by package path."""
    name = method.name
    if is_exported(name):
        return (False, name, "")
    return (True, name, "" if method.pkg is None else method.pkg.path)


def object_kind(obj: Object) -> str:
    """What kind of object it is, in words for messages."""
    kind = type(obj)
    if kind is TypeName and isinstance(obj, TypeName):
        if obj.is_alias():
            return "type alias"
        return "type parameter" if type(obj.typ) is TypeParam else "defined type"
    if type(obj) is Var:
        return _VAR_WORDS[obj.kind]
    if type(obj) is Func:
        return "method" if type(obj.typ) is Signature and obj.typ.recv is not None else "function"
    return _WORDS[kind]


_VAR_WORDS: Final = ("", "package-level variable", "local variable", "receiver", "parameter", "result variable", "struct field")
_WORDS: Final[dict[type[Object], str]] = {
    PkgName: "package name",
    Const: "constant",
    Label: "label",
    Builtin: "built-in function",
    Nil: "untyped nil",
}
