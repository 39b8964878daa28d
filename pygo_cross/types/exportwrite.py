# SPDX-License-Identifier: BSD-3-Clause
"""Writes the export data of a checked package (`exportformat.py`).

All exported objects go in, and all types that they lead to; of other packages' defined types the names alone. The same package gives the
same bytes: objects come in the order of their names, types in the order in which they are met, and types that are written alike are one.

Facts: what stock's export data says of a package, src/cmd/compile/internal/noder/unified.go, linker.go.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from array import array
from collections.abc import Callable, Iterable
from typing import Any, Final, final

from ..diag import InternalError
from ..syntax.source import FileSet
from .constant import Complex, Float, Rat, String, Value
from .deep import deep_recursion
from .exportformat import (
    ALIAS,
    ARRAY,
    CHAN,
    CHECKSUM_SIZE,
    CONST,
    FOREIGN,
    FUNC,
    INSTANCE,
    INTERFACE,
    MAGIC,
    MAP,
    NAMED,
    NOINTERFACE,
    POINTER,
    PTR_RECV,
    RESERVED,
    SELF,
    SIGNATURE,
    SLICE,
    STRUCT,
    TPARAM,
    TUPLE,
    TYPE,
    UNION,
    VAR,
)
from .objects import Const, Func, Object, TypeName, Var
from .package import Package
from .types import Alias, Array, Chan, Interface, Map, Named, Pointer, Signature, Slice, Struct, Tuple, Type, TypeParam, Union

Row = tuple[int, ...]


def write_exports(
    package: Package, files: FileSet, more: Callable[[Writer], Any] | None = None, file_name: Callable[[str], str] = str
) -> bytes:
    """The export data of a package that was checked without an error; `files` has the positions of its objects.

    `more` makes what other stages have to tell importers, of plain values; it names types and positions as the writer tells it
    (`Writer.type`, `Writer.pos`). Importers find it in `Package.more`. `file_name` says what files are called there.
    """
    with deep_recursion():
        return Writer(package, files, more, file_name).write()


@final
class Writer:
    """The state of writing a package."""

    def __init__(
        self, package: Package, files: FileSet, more: Callable[[Writer], Any] | None = None, file_name: Callable[[str], str] = str
    ) -> None:
        self.package = package
        self.files = files
        self.more = more
        self.file_name = file_name
        self.strings: dict[str, int] = {}
        self.packages: dict[str, int] = {}
        self.package_names: list[str] = []
        self.values: list[Any] = [None]
        self.tags: dict[bytes, int] = {}
        self.types: dict[Type, int] = {t: i for i, t in enumerate(RESERVED)}
        self.rows: list[Row] = []
        self.indices: dict[Row, int] = {}
        self.bases: dict[str, int] = {}
        self.outlines: list[tuple[str, int, bytes, list[tuple[int, tuple[int, int], str, int, int]]]] = []
        self.next_base = 1
        self.later: list[tuple[int, Named | Alias | TypeParam]] = []
        self.hidden: dict[str, int] = {}

    def write(self) -> bytes:
        """See `write_exports`."""
        scope = self.package.scope
        names = [name for name in scope.names() if _is_exported(scope.lookup(name))]
        self.pkg(self.package)
        imports = [self.pkg(p) for p in self.package.imports]
        objects: list[int] = []
        for name in names:
            obj = scope.lookup(name)
            assert obj is not None
            objects += self.object(obj)
            self.finish()
        more = None if self.more is None else self.more(self)
        self.finish()
        # Types that only others lead to are objects too, behind the exported ones.
        count = len(names)
        for name, index in self.hidden.items():
            names.append(name)
            objects += (TYPE, 0, index, 0)
        words: list[int] = []
        starts: list[int] = []
        for row in self.rows:
            starts.append(len(words))
            words += row
        columns = (
            list(self.packages),
            self.package_names,
            imports,
            self.package.go_version,
            names,
            count,
            _words(objects),
            list(self.strings),
            self.values,
            _words(starts),
            _words(words),
            self.outlines,
            more,
        )
        # Without references between equal parts (version 2 has none), the bytes do not depend on which objects happen to be the same.
        data = marshal.dumps(columns, 2)
        return MAGIC + hashlib.blake2b(data, digest_size=CHECKSUM_SIZE).digest() + data

    def finish(self) -> None:
        """Writes the rows that were put off, so that chains of declarations take no stack."""
        while self.later:
            index, t = self.later.pop()
            self.rows[index - len(RESERVED)] = _LATER[type(t)](self, t)

    def string(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def pkg(self, package: Package | None) -> int:
        """0 is no package."""
        if package is None:
            return 0
        index = self.packages.get(package.path)
        if index is None:
            index = self.packages[package.path] = len(self.packages)
            self.package_names.append(package.name)
        return index + 1

    def pos(self, pos: int) -> int:
        """A position in the table's files."""
        file = self.files.file(pos)
        if file is None:
            return 0
        base = self.bases.get(file.name)
        if base is None:
            base = self.bases[file.name] = self.next_base
            self.next_base += file.size + 1
            self.outlines.append(
                (
                    self.file_name(file.name),
                    file.size,
                    file.line_lengths(),
                    [(b.offset, b.at, b.file, b.line, b.column) for b in file.line_bases],
                )
            )
        return base + pos - file.base

    def value(self, value: Value) -> int:
        self.values.append(_encode(value))
        return len(self.values) - 1

    def tag(self, tag: bytes) -> int:
        if not tag:
            return 0
        index = self.tags.get(tag)
        if index is None:
            self.values.append(tag)
            index = self.tags[tag] = len(self.values) - 1
        return index

    def object(self, obj: Object) -> Row:
        pos = self.pos(obj.pos)
        if type(obj) is Const:
            return (CONST, pos, self.type(obj.typ), self.value(obj.val))
        if type(obj) is TypeName:
            return (TYPE, pos, self.type(obj.typ), 0)
        if type(obj) is Var:
            return (VAR, pos, self.type(obj.typ), 0)
        if type(obj) is Func:
            return (FUNC, pos, self.type(obj.signature), 0)
        raise InternalError("types", "an object that no other package can see is exported", obj.name)

    def type(self, t: Type) -> int:
        """The index of a type, whose row is made if there is none yet."""
        index = self.types.get(t)
        if index is not None:
            return index
        kind = type(t)
        if kind is TypeParam or (kind is Named and t.orig is t) or (kind is Alias and t.orig is t):  # type: ignore[attr-defined]
            index = self.declared(t)  # type: ignore[arg-type]
        else:
            row = _ROWS[kind](self, t)
            # Type parameters whose constraints are one interface are written as [P, Q C], others as [P C, Q C]: interfaces stay apart.
            index = None if kind is Interface else self.indices.get(row)
            if index is None:
                index = self.indices[row] = len(RESERVED) + len(self.rows)
                self.rows.append(row)
        self.types[t] = index
        return index

    def declared(self, t: Named | Alias | TypeParam) -> int:
        """The index of a defined type, alias or type parameter, whose row is put off if it is of this package."""
        obj = t.obj
        index = len(RESERVED) + len(self.rows)
        if type(t) is not TypeParam:
            if obj.pkg is None:
                raise InternalError("types", "a defined type has no package", obj.name)
            if obj.pkg.declared(obj.name) is not obj:
                raise InternalError("types", "a type that is local to a function is exported", obj.name)
            if obj.pkg is not self.package:
                self.rows.append((FOREIGN, self.pkg(obj.pkg), self.string(obj.name)))
                return index
            if not obj.exported():
                self.hidden[obj.name] = index
        self.rows.append(())
        self.later.append((index, t))
        return index

    def type_list(self, types: Iterable[Type]) -> Row:
        indices = [self.type(t) for t in types]
        return (len(indices), *indices)

    def vars(self, variables: list[Var]) -> Row:
        row = [len(variables)]
        for var in variables:
            row += (self.string(var.name), self.type(var.typ))
        return tuple(row)

    def _array(self, t: Array) -> Row:
        return (ARRAY, self.type(t.elem), t.len & 0xFFFFFFFF, t.len >> 32)

    def _slice(self, t: Slice) -> Row:
        return (SLICE, self.type(t.elem))

    def _pointer(self, t: Pointer) -> Row:
        return (POINTER, self.type(t.elem))

    def _map(self, t: Map) -> Row:
        return (MAP, self.type(t.key), self.type(t.elem))

    def _chan(self, t: Chan) -> Row:
        return (CHAN, t.dir, self.type(t.elem))

    def _struct(self, t: Struct) -> Row:
        row = [STRUCT, len(t.fields)]
        for i, field in enumerate(t.fields):
            row += (
                self.string(field.name),
                self.pkg(field.pkg),
                self.type(field.typ),
                self.pos(field.pos),
                field.embedded,
                self.tag(t.tag(i)),
            )
        return tuple(row)

    def _tuple(self, t: Tuple) -> Row:
        return (TUPLE, *self.vars(t.vars))

    def _signature(self, t: Signature) -> Row:
        return (SIGNATURE, t.variadic, *self.type_list(t.tparams), *self.vars(t.params.vars), *self.vars(t.results.vars))

    def _interface(self, t: Interface) -> Row:
        row = [INTERFACE, t.implicit, len(t.methods)]
        for method in t.methods:
            recv = method.signature.recv
            receiver = SELF if recv is None or recv.typ is t else self.type(recv.typ)
            row += (self.string(method.name), self.pkg(method.pkg), self.pos(method.pos), receiver, self.type(method.signature))
        return (*row, *self.type_list(t.embeddeds))

    def _union(self, t: Union) -> Row:
        row = [UNION, len(t.terms)]
        for term in t.terms:
            assert term.typ is not None
            row += (term.tilde, self.type(term.typ))
        return tuple(row)

    def _instance(self, t: Named | Alias) -> Row:
        return (INSTANCE, self.type(t.orig), *self.type_list(t.targs))

    def _named(self, t: Named) -> Row:
        row = [NAMED, self.string(t.obj.name), self.pos(t.obj.pos), *self.type_list(t.tparams), self.type(t.underlying()), t.num_methods()]
        for method in t.methods():
            sig = method.signature
            flags = (PTR_RECV if method.has_ptr_recv() else 0) | (NOINTERFACE if method.nointerface else 0)
            receiver = "" if sig.recv is None else sig.recv.name
            row += (
                self.string(method.name),
                self.pos(method.pos),
                flags,
                self.string(receiver),
                self.type(sig),
                *self.type_list(sig.rparams),
            )
        return tuple(row)

    def _alias(self, t: Alias) -> Row:
        return (ALIAS, self.string(t.obj.name), self.pos(t.obj.pos), *self.type_list(t.tparams), self.type(t.rhs))

    def _type_param(self, t: TypeParam) -> Row:
        return (TPARAM, self.string(t.obj.name), self.pos(t.obj.pos), t.index, self.type(t.bound))


_ROWS: Final[dict[type[Type], Callable[[Writer, Any], Row]]] = {
    Array: Writer._array,
    Slice: Writer._slice,
    Pointer: Writer._pointer,
    Map: Writer._map,
    Chan: Writer._chan,
    Struct: Writer._struct,
    Tuple: Writer._tuple,
    Signature: Writer._signature,
    Interface: Writer._interface,
    Union: Writer._union,
    Named: Writer._instance,
    Alias: Writer._instance,
}
_LATER: Final[dict[type[Type], Callable[[Writer, Any], Row]]] = {
    Named: Writer._named,
    Alias: Writer._alias,
    TypeParam: Writer._type_param,
}


def _is_exported(obj: Object | None) -> bool:
    return obj is not None and obj.exported()


def _words(values: list[int]) -> bytes:
    """Words as bytes, the lowest first."""
    words = array("I", values)
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()


def _encode(value: Value) -> Any:
    """A constant as what marshal knows."""
    if isinstance(value, bool):
        return value
    if type(value) is int:
        return value
    if type(value) is String:
        return value.value
    if type(value) is Rat:
        return (value.num, value.den)
    if type(value) is Float:
        return (*value.number, "float")
    if type(value) is Complex:
        return [_encode(value.re), _encode(value.im)]
    raise InternalError("types", "an exported constant has no value")
