# SPDX-License-Identifier: BSD-3-Clause
"""Types by name: the link string, which only identical types share, and the string that reflection gives to programs.

Both write a type as Go does, but for details that identity needs or does not care for: parameters have no names, byte is uint8, methods
of an interface are all there and sorted. A link string has packages by path (escaped as in symbol names), names that are not exported with
their package, an embedded field with its name where that is not its type's, and the number of a type that a function declares; a
reflection string has packages by name.

Symbols are named after link strings: `type:[]int`, `fmt.(*pp).Write`. Facts: src/cmd/compile/internal/types/fmt.go;
src/cmd/compile/internal/ir/expr.go (MethodSymSuffix); src/cmd/compile/internal/noder/reader.go (mangle, Shapify);
src/cmd/compile/internal/base/link.go.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, final

from ..diag import InternalError
from ..gostrings import quote
from .objects import Func, TypeName, is_exported
from .package import Package
from .types import (
    RECV_ONLY,
    SEND_ONLY,
    SEND_RECV,
    TYP,
    UNSAFE_POINTER,
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
    unalias,
)

SHAPES: Final = "go.shape"
"""The path of the package whose types stand for all type arguments of one shape: `TypeNames.shape` is how such a type is called."""
_LONGEST_SHAPE: Final = 500
_NUMBER: Final = re.compile(r"·\d+\Z")

_CHAN_WORDS: Final = {SEND_RECV: "chan ", SEND_ONLY: "chan<- ", RECV_ONLY: "<-chan "}


def path_prefix(path: str) -> str:
    """A package path as it stands in symbol names: dots of the last element and unusual bytes as %xx (cmd/internal/objabi/path.go)."""
    slash = path.rfind("/")
    out = []
    for at, char in enumerate(path):
        for byte in char.encode("utf-8", "surrogateescape"):
            if byte <= 0x20 or byte >= 0x7F or char in '%"' or (char == "." and at > slash):
                out.append(f"%{byte:02x}")
            else:
                out.append(char)
    return "".join(out)


def link_hash(link: str) -> bytes:
    """The hash of a link string, 32 bytes: its first four tell types apart in type switches (cmd/internal/hash)."""
    digest = hashlib.sha256(link.encode("utf-8", "surrogateescape")).digest()
    return bytes((digest[0] ^ 0xFF,)) + digest[1:]


@final
class TypeNames:
    """Names of types.

    `groups` says which struct is the group of slots of which map type (`codegen.maptypes`). `numbers` are those of types that functions
    declare (`localtypes`); `implicit` the type arguments of the generic function around such a type, for each type that lowering has made
    for an instance of that function.
    """

    __slots__ = ("_groups", "_links", "_prefixes", "_strings", "implicit", "numbers")

    def __init__(
        self,
        groups: Mapping[Struct, Map],
        numbers: MutableMapping[TypeName, int],
        implicit: dict[Named, tuple[Type, ...]] | None = None,
    ) -> None:
        self._groups = groups
        self.numbers = numbers
        self.implicit: dict[Named, tuple[Type, ...]] = {} if implicit is None else implicit
        self._links: dict[Type, str] = {}
        self._strings: dict[Type, str] = {}
        self._prefixes: dict[str, str] = {}

    def link(self, t: Type) -> str:
        """The link string of a type."""
        known = self._links.get(t)
        if known is None:
            known = self._links[t] = self._write(t, True)
        return known

    def string(self, t: Type) -> str:
        """What reflection calls a type."""
        known = self._strings.get(t)
        if known is None:
            known = self._strings[t] = self._write(t, False)
        return known

    def prefix(self, package: Package) -> str:
        """A package as it stands in symbol names."""
        path = package.path
        known = self._prefixes.get(path)
        if known is None:
            known = self._prefixes[path] = path if path == SHAPES else path_prefix(path)
        return known

    def declared(self, t: Named) -> str:
        """The link name of a declared type, without its package: with type arguments and the number of a local type."""
        name = t.obj.name
        implicit = self.implicit.get(t.orig, ())
        if implicit or t.targs:
            lists = [",".join([self.link(targ) for targ in targs]) for targs in (implicit, t.targs) if targs]
            name += f"[{';'.join(lists)}]"
        number = self.numbers.get(t.obj, 0)
        return f"{name}·{number}" if number else name

    def shape(self, under: Type) -> str:
        """The name of the shape with that underlying type: its link string, or where that is long, a hash of it."""
        link = self.link(under)
        return link_hash(link).hex() if len(link.encode("utf-8", "surrogateescape")) > _LONGEST_SHAPE else link

    def method(self, receiver: Type, method: Func) -> str:
        """The symbol of a method's code for values of the receiver's type."""
        base = unalias(receiver)
        stars = ""
        while type(base) is Pointer:
            base = unalias(base.elem)
            stars += "*"
        package = base.obj.pkg if type(base) is Named and len(stars) < 2 else None
        # What has no name has its methods from embedded fields; a pointer to a pointer, from being what an interface points to.
        owner = "go:" if package is None else self.prefix(package) + "."
        if type(base) is Named and base.obj.pkg is None:
            owner = ""
        name = self.declared(base) if type(base) is Named else self.link(base)
        if stars:
            name = f"({stars}{name})"
        if not is_exported(method.name) and method.pkg is not None and (package is None or package.path != method.pkg.path):
            name += "." + self.prefix(method.pkg)
        return f"{owner}{name}.{method.name}"

    def _write(self, t: Type, link: bool) -> str:
        writer = _WRITERS.get(type(t))
        if writer is None:
            raise InternalError("codegen", "a type without a name in objects", str(t))
        return writer(self, t, link)

    def _of(self, t: Type, link: bool) -> str:
        return self.link(t) if link else self.string(t)

    def _alias(self, t: Alias, link: bool) -> str:
        return self._of(t.unaliased(), link)

    def _basic(self, t: Basic, link: bool) -> str:
        return "unsafe.Pointer" if t.kind == UNSAFE_POINTER else TYP[t.kind].name

    def _named(self, t: Named, link: bool) -> str:
        package = t.obj.pkg
        if package is None:
            return t.obj.name
        if link:
            return f"{self.prefix(package)}.{self.declared(t)}"
        return f"{package.name}.{_NUMBER.sub('', self.declared(t))}"

    def _pointer(self, t: Pointer, link: bool) -> str:
        return "*" + self._of(t.elem, link)

    def _slice(self, t: Slice, link: bool) -> str:
        return "[]" + self._of(t.elem, link)

    def _array(self, t: Array, link: bool) -> str:
        return f"[{t.len}]{self._of(t.elem, link)}"

    def _map(self, t: Map, link: bool) -> str:
        return f"map[{self._of(t.key, link)}]{self._of(t.elem, link)}"

    def _chan(self, t: Chan, link: bool) -> str:
        elem = unalias(t.elem)
        text = self._of(elem, link)
        if t.dir == SEND_RECV and type(elem) is Chan and elem.dir == RECV_ONLY:
            text = f"({text})"
        return _CHAN_WORDS[t.dir] + text

    def _func(self, t: Signature, link: bool) -> str:
        return "func" + self._signature(t, link)

    def _signature(self, t: Signature, link: bool) -> str:
        params = [self._of(var.typ, link) for var in t.params.vars]
        if t.variadic:
            last = t.params.vars[-1].typ.underlying()
            if type(last) is not Slice:
                raise InternalError("codegen", "the last parameter is no slice", str(t))
            params[-1] = "..." + self._of(last.elem, link)
        text = f"({', '.join(params)})"
        results = t.results.vars
        if len(results) == 1:
            text += " " + self._of(results[0].typ, link)
        elif results:
            text += f" {self._tuple(t.results, link)}"
        return text

    def _tuple(self, t: Tuple, link: bool) -> str:
        return f"({', '.join([self._of(var.typ, link) for var in t.vars])})"

    def _qualified(self, package: Package | None, name: str, link: bool) -> str:
        """A name that is not exported, with its package; what the compiler made up has none."""
        if package is None or not package.path:
            return name
        return f"{self.prefix(package) if link else package.name}.{name}"

    def _interface(self, t: Interface, link: bool) -> str:
        methods = t.type_set().methods
        if not methods:
            return "interface {}"
        texts = []
        for method in methods:
            name = method.name if is_exported(method.name) else self._qualified(method.pkg, method.name, link)
            texts.append(name + self._signature(method.signature, link))
        return f"interface {{ {'; '.join(texts)} }}"

    def _struct(self, t: Struct, link: bool) -> str:
        of_map = self._groups.get(t)
        if of_map is not None:
            return f"map.group[{self._of(of_map.key, link)}]{self._of(of_map.elem, link)}"
        if not t.fields:
            return "struct {}"
        texts = []
        for i, field in enumerate(t.fields):
            text = self._of(field.typ, link)
            if not field.embedded:
                name = field.name if is_exported(field.name) or not link else self._qualified(field.pkg, field.name, link)
                text = f"{name} {text}"
            elif link and not self._named_as_type(field.pkg, field.name, field.typ):
                name = field.name if is_exported(field.name) else self._qualified(field.pkg, field.name, link)
                text = f"{name} = {text}"
            tag = t.tag(i)
            texts.append(f"{text} {quote(tag)}" if tag else text)
        return f"struct {{ {'; '.join(texts)} }}"

    def _named_as_type(self, package: Package | None, name: str, typ: Type) -> bool:
        """Whether an embedded field of that name says no more than its type does."""
        base = unalias(typ)
        if type(base) is Pointer:
            base = unalias(base.elem)
        if type(base) is not Named or self.declared(base) != name:
            return False
        return is_exported(name) or (package is not None and base.obj.pkg is not None and package.path == base.obj.pkg.path)


_WRITERS: Final[dict[type[Type], Callable[[TypeNames, Any, bool], str]]] = {
    Alias: TypeNames._alias,
    Basic: TypeNames._basic,
    Named: TypeNames._named,
    Pointer: TypeNames._pointer,
    Slice: TypeNames._slice,
    Array: TypeNames._array,
    Map: TypeNames._map,
    Chan: TypeNames._chan,
    Signature: TypeNames._func,
    Interface: TypeNames._interface,
    Struct: TypeNames._struct,
}
