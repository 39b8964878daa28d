# SPDX-License-Identifier: BSD-3-Clause
"""Types, objects and selections as stock Go prints them.

A qualifier says how a package is written before its names: it takes the package and gives the prefix without the dot, empty for none.
`by_path` is the usual one of dumps; a checker's leaves out its own package (`checker qualifier`).

Facts: src/cmd/compile/internal/types2/typestring.go, object.go, selection.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, final

from ..gostrings import quote
from .objects import FIELD_VAR, Builtin, Const, Func, Label, Nil, Object, PkgName, TypeName, Var, is_exported
from .scope import UNIVERSE
from .types import (
    EMPTY_INTERFACE,
    RECV_ONLY,
    SEND_ONLY,
    SEND_RECV,
    UNRESOLVED,
    Alias,
    Array,
    Basic,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Tuple,
    Type,
    TypeParam,
    Union,
    unalias,
)

if TYPE_CHECKING:
    from .package import Package

Qualifier = Callable[["Package"], str]
PositionString = Callable[[int], str]


def by_path(package: Package) -> str:
    """The qualifier that writes import paths."""
    return package.path


def relative_to(package: Package) -> Qualifier:
    """The qualifier that writes import paths, and nothing for one package."""
    return lambda other: "" if other is package else other.path


def package_prefix(package: Package | None, qualifier: Qualifier) -> str:
    """What stands before a name of that package: the qualifier's word with its dot, or nothing."""
    if package is None:
        return ""
    prefix = qualifier(package)
    return prefix + "." if prefix else ""


def type_string(t: Type | None, qualifier: Qualifier = by_path, position: PositionString | None = None) -> str:
    """A type. `position` writes positions, which only the hint beside a type parameter that is named like a predeclared object has;
    without it, the hint has none.
    """
    writer = TypeWriter(qualifier, position)
    writer.typ(t)
    return "".join(writer.out)


def type_list_string(types: Iterable[Type], qualifier: Qualifier = by_path, position: PositionString | None = None) -> str:
    """Types in brackets, as messages list them: `[int, string]`."""
    return "[" + ", ".join([type_string(t, qualifier, position) for t in types]) + "]"


def signature_string(sig: Signature, qualifier: Qualifier = by_path, position: PositionString | None = None) -> str:
    """A signature without `func` before it."""
    writer = TypeWriter(qualifier, position)
    writer.signature(sig)
    return "".join(writer.out)


@final
class TypeWriter:
    """Collects the parts of a text in `out`. `param_names` False leaves out the names of parameters and results;
    `package_info` notes the package at the first unexported field, where two structs are told apart; both are for messages that compare
    types.
    """

    __slots__ = ("out", "package_info", "param_names", "position", "qualifier", "seen")

    def __init__(self, qualifier: Qualifier, position: PositionString | None = None) -> None:
        self.out: list[str] = []
        self.qualifier = qualifier
        self.position = position
        self.param_names = True
        self.package_info = False
        self.seen: set[Type] = set()  # the types around the one being written

    def typ(self, t: Type | None) -> None:
        """Writes a type."""
        if t is None or t is UNRESOLVED:
            self.out.append("<nil>")
            return
        kind = type(t)
        if kind is Basic:
            self._basic(t)
            return
        if t in self.seen:
            self.out.append(f"<cycle to *{kind.__name__}>")
            return
        self.seen.add(t)
        _WRITERS[kind](self, t)
        self.seen.remove(t)

    def _basic(self, t: Type) -> None:
        assert type(t) is Basic
        # unsafe.Pointer is the one basic type with a package.
        if t.name == "Pointer":
            self.out.append(self._unsafe() + t.name)
        else:
            self.out.append(t.name)

    def _unsafe(self) -> str:
        from .universe import UNSAFE

        return package_prefix(UNSAFE, self.qualifier)

    def _array(self, t: Array) -> None:
        self.out.append(f"[{t.len}]")
        self.typ(t.elem)

    def _slice(self, t: Slice) -> None:
        self.out.append("[]")
        self.typ(t.elem)

    def _pointer(self, t: Pointer) -> None:
        self.out.append("*")
        self.typ(t.elem)

    def _map(self, t: Map) -> None:
        self.out.append("map[")
        self.typ(t.key)
        self.out.append("]")
        self.typ(t.elem)

    def _chan(self, t: Chan) -> None:
        self.out.append(_CHAN_WORDS[t.dir])
        # chan (<-chan T) is not chan<- chan T.
        parens = t.dir == SEND_RECV and type(t.elem) is Chan and t.elem.dir == RECV_ONLY
        if parens:
            self.out.append("(")
        self.typ(t.elem)
        if parens:
            self.out.append(")")

    def _struct(self, t: Struct) -> None:
        out = self.out
        out.append("struct{")
        for i, field in enumerate(t.fields):
            if i:
                out.append("; ")
            note = self.package_info and not is_exported(field.name)
            if note:
                self.package_info = False
            if not field.embedded:
                out.append(field.name + " ")
            self.typ(field.typ)
            if note and field.pkg is not None:
                out.append(f" /* package {field.pkg.path} */ ")
            tag = t.tag(i)
            if tag:
                out.append(" " + quote(tag))
        out.append("}")

    def _tuple(self, t: Tuple) -> None:
        self.tuple(t, False)

    def tuple(self, t: Tuple, variadic: bool) -> None:
        """Writes parameters or results in parentheses."""
        out = self.out
        out.append("(")
        last = len(t.vars) - 1
        for i, var in enumerate(t.vars):
            if i:
                out.append(", ")
            if var.name and self.param_names:
                out.append(var.name + " ")
            if variadic and i == last:
                if type(var.typ) is Slice:
                    out.append("...")
                    self.typ(var.typ.elem)
                else:
                    # append([]byte, s...) has a string or a type parameter there.
                    self.typ(var.typ)
                    out.append("...")
            else:
                self.typ(var.typ)
        out.append(")")

    def _func(self, t: Signature) -> None:
        self.out.append("func")
        self.signature(t)

    def signature(self, t: Signature) -> None:
        """Writes type parameters, parameters and results."""
        if t.tparams:
            self.tparam_list(t.tparams)
        self.tuple(t.params, t.variadic)
        results = t.results.vars
        if not results:
            return
        self.out.append(" ")
        if len(results) == 1 and not results[0].name:
            self.typ(results[0].typ)
        else:
            self.tuple(t.results, False)

    def _union(self, t: Union) -> None:
        for i, term in enumerate(t.terms):
            if i:
                self.out.append(" | ")
            if term.tilde:
                self.out.append("~")
            self.typ(term.typ)

    def _interface(self, t: Interface) -> None:
        out = self.out
        if t.tset is not None and t.tset.comparable and not t.methods and not t.embeddeds:
            out.append("interface{comparable}")
            return
        if t.implicit:
            if not t.methods and len(t.embeddeds) == 1:
                self.typ(t.embeddeds[0])
                return
            out.append("/* implicit */ ")
        out.append("interface{")
        first = True
        for method in t.methods:
            if not first:
                out.append("; ")
            first = False
            out.append(method.name)
            self.signature(method.signature)
        for embedded in t.embeddeds:
            if not first:
                out.append("; ")
            first = False
            self.typ(embedded)
        out.append("}")

    def _named(self, t: Named) -> None:
        self.type_name(t.obj)
        if t.targs:
            self.type_list(t.targs)
        elif t.tparams:
            self.tparam_list(t.tparams)

    def _alias(self, t: Alias) -> None:
        self.type_name(t.obj)
        if t.targs:
            self.type_list(t.targs)
        elif t.tparams:
            self.tparam_list(t.tparams)

    def _type_param(self, t: TypeParam) -> None:
        name = t.obj.name
        self.out.append(name)
        # A type parameter that is named like a predeclared object would make a puzzling message.
        if UNIVERSE.lookup(name) is not None:
            if self.position is not None:
                self.out.append(f" /* with {name} declared at {self.position(t.obj.pos)} */")
            else:
                self.out.append("/* type parameter */")

    def type_name(self, obj: TypeName) -> None:
        """Writes the name of a type with its package."""
        self.out.append(package_prefix(obj.pkg, self.qualifier) + obj.name)

    def type_list(self, types: Iterable[Type]) -> None:
        """Writes type arguments: `[int, string]`."""
        out = self.out
        out.append("[")
        for i, t in enumerate(types):
            if i:
                out.append(", ")
            self.typ(t)
        out.append("]")

    def tparam_list(self, tparams: Iterable[TypeParam]) -> None:
        """Writes the declaration of type parameters; those that share a constraint follow each other before it."""
        out = self.out
        out.append("[")
        previous: Type | None = None
        for tparam in tparams:
            if previous is not None:
                if tparam.bound is not previous:
                    out.append(" ")
                    self.typ(previous)
                out.append(", ")
            previous = tparam.bound
            self.typ(tparam)
        if previous is not None and previous is not UNRESOLVED:
            out.append(" ")
            self.typ(previous)
        out.append("]")


_CHAN_WORDS: Final = {SEND_RECV: "chan ", SEND_ONLY: "chan<- ", RECV_ONLY: "<-chan "}
_WRITERS: Final[dict[type[Type], Callable[..., None]]] = {
    Array: TypeWriter._array,
    Slice: TypeWriter._slice,
    Pointer: TypeWriter._pointer,
    Map: TypeWriter._map,
    Chan: TypeWriter._chan,
    Struct: TypeWriter._struct,
    Tuple: TypeWriter._tuple,
    Signature: TypeWriter._func,
    Union: TypeWriter._union,
    Interface: TypeWriter._interface,
    Named: TypeWriter._named,
    Alias: TypeWriter._alias,
    TypeParam: TypeWriter._type_param,
}


def object_string(obj: Object, qualifier: Qualifier = by_path, position: PositionString | None = None) -> str:
    """An object with what it is and its type: `var x int`, `func (T).m()`, `type T struct{}`, `package fmt`."""
    if type(obj) is PkgName:
        path = obj.imported.path
        return f'package {obj.name} ("{path}")' if path and path != obj.name else f"package {obj.name}"
    if type(obj) is Func:
        name = func_name(obj, qualifier)
        return f"func {name}" + (signature_string(obj.signature, qualifier, position) if obj.typ is not UNRESOLVED else "")
    if type(obj) is Nil:
        return "nil"
    t = obj.typ
    words = [_OBJECT_WORDS[type(obj)], " "]
    if type(obj) is Var and obj.kind == FIELD_VAR:
        words[0] = "field"
    elif type(obj) is TypeName and type(unalias(t)) is TypeParam:
        words[0] = "type parameter"
    if obj.pkg is not None and obj.pkg.scope.lookup(obj.name) is obj:
        words.append(package_prefix(obj.pkg, qualifier))
    words.append(obj.name)
    if type(obj) is Label or type(obj) is Builtin or t is UNRESOLVED:
        return "".join(words)
    if type(obj) is TypeName:
        if type(t) is Basic:
            return "".join(words)
        writer = TypeWriter(qualifier, position)
        if (type(t) is Named or type(t) is Alias) and t.tparams:
            writer.tparam_list(t.tparams)
        words += writer.out
        if obj.is_alias():
            words.append(" =")
            if type(t) is Alias:
                t = t.rhs
        else:
            t = t.bound if type(t) is TypeParam else t.underlying()
        # `any` would be written as its own name.
        if obj.name == "any" and obj.parent is UNIVERSE:
            t = EMPTY_INTERFACE
    words.append(" ")
    words.append(type_string(t, qualifier, position))
    return "".join(words)


_OBJECT_WORDS: Final[dict[type[Object], str]] = {Const: "const", TypeName: "type", Var: "var", Label: "label", Builtin: "builtin"}


def func_name(func: Func, qualifier: Qualifier = by_path) -> str:
    """The name of a function with its package, of a method with its receiver: `fmt.Println`, `(*T).m`, `(interface).m`."""
    t = func.typ
    if type(t) is not Signature:
        return func.name
    if t.recv is None:
        return package_prefix(func.pkg, qualifier) + func.name
    recv = t.recv.typ
    # Methods of interfaces that have no name have the interface itself as receiver.
    return f"(interface).{func.name}" if type(recv) is Interface else f"({type_string(recv, qualifier)}).{func.name}"
