# SPDX-License-Identifier: BSD-3-Clause
"""Reads the export data of a package (`exportformat.py`) into objects and types, each when something asks for it.

Facts: src/cmd/compile/internal/importer/ureader.go.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from array import array
from collections.abc import Callable
from typing import Any, Final, final

from ..diag import InternalError
from ..syntax.source import FileSet, LineBase
from .constant import Complex, Float, Rat, String, Value
from .context import Context
from .exportformat import CHECKSUM_SIZE, CONST, FUNC, MAGIC, NOINTERFACE, OBJECT_WORDS, PTR_RECV, RESERVED, SELF, TYPE
from .instantiate import instance_of_named, instantiate
from .objects import FIELD_VAR, PACKAGE_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR, Const, Func, Object, TypeName, Var, method_order
from .package import More, Package
from .types import (
    UNRESOLVED,
    Alias,
    Array,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Term,
    Tuple,
    Type,
    TypeParam,
    Union,
)

Importer = Callable[[str], Package]


class StaleExportsError(Exception):
    """Bytes are no export data, or of another version, or damaged: the package must be checked again."""


def read_exports(data: bytes, files: FileSet, importer: Importer) -> Package:
    """The package that export data is of. `files` gets its files, without their texts; `importer` gives the other packages that it
    mentions, by path, when they are needed.

    Raises `StaleExportsError`.
    """
    if not data.startswith(MAGIC):
        raise StaleExportsError("not export data of this version")
    start = len(MAGIC) + CHECKSUM_SIZE
    if hashlib.blake2b(memoryview(data)[start:], digest_size=CHECKSUM_SIZE).digest() != data[len(MAGIC) : start]:
        raise StaleExportsError("damaged export data")
    return _Reader(marshal.loads(memoryview(data)[start:]), files, importer).package


@final
class _Reader:
    __slots__ = (
        "context",
        "delta",
        "hidden",
        "importer",
        "names",
        "objects",
        "package",
        "packages",
        "paths",
        "signatures",
        "starts",
        "strings",
        "types",
        "values",
        "words",
    )

    def __init__(self, columns: tuple[Any, ...], files: FileSet, importer: Importer) -> None:
        paths, package_names, imports, go_version, names, count, objects, strings, values, starts, words, outlines, more = columns
        self.importer = importer
        self.context = Context()
        self.paths: list[str] = paths
        self.package = Package(paths[0], package_names[0])
        self.packages: list[Package | None] = [self.package, *[None] * (len(paths) - 1)]
        self.strings: list[str] = strings
        self.values: list[Any] = values
        self.objects = _words(objects)
        self.starts = _words(starts)
        self.words = _words(words)
        self.types: list[Type | None] = [*RESERVED, *[None] * len(self.starts)]
        self.signatures: dict[Func, tuple[Named, int]] = {}
        self.names = dict(zip(names[:count], range(count), strict=True))
        self.hidden = dict(zip(names[count:], range(count, len(names)), strict=True))
        delta = 0
        for i, (name, size, line_lengths, line_bases) in enumerate(outlines):
            file = files.add_outline(name, size, line_lengths, [LineBase(*line) for line in line_bases])
            if i == 0:
                delta = file.base - 1
        self.delta = delta
        self.package.go_version = go_version
        self.package.imports = [self.importer(paths[i - 1]) for i in imports]
        self.package.complete = True
        self.package.scope.set_loader(self.names, self.load)
        self.package.hidden = self.load_hidden
        if more is not None:
            self.package.more = More(more, self.type, self.pos)

    def pkg(self, index: int) -> Package | None:
        if index == 0:
            return None
        package = self.packages[index - 1]
        if package is None:
            package = self.packages[index - 1] = self.importer(self.paths[index - 1])
        return package

    def pos(self, pos: int) -> int:
        return pos + self.delta if pos else 0

    def load(self, name: str) -> Object:
        """The exported object of that name."""
        return self.object(name, self.names[name] * OBJECT_WORDS)

    def load_hidden(self, name: str) -> Object | None:
        """The type of that name that is not exported."""
        index = self.hidden.get(name)
        return None if index is None else self.object(name, index * OBJECT_WORDS)

    def object(self, name: str, at: int) -> Object:
        kind, pos, index, value = self.objects[at : at + OBJECT_WORDS]
        if kind == TYPE:
            t = self.type(index)
            if (type(t) is Named or type(t) is Alias) and t.obj.pkg is self.package and t.obj.name == name:
                return t.obj
            return TypeName(self.pos(pos), self.package, name, t)
        if kind == CONST:
            return Const(self.pos(pos), self.package, name, self.type(index), _decode(self.values[value]))
        if kind == FUNC:
            return Func(self.pos(pos), self.package, name, self.type(index))
        return Var(PACKAGE_VAR, self.pos(pos), self.package, name, self.type(index))

    def type(self, index: int) -> Type:
        t = self.types[index]
        if t is None:
            at = self.starts[index - len(RESERVED)]
            t = _TYPES[self.words[at]](self, index, at + 1)
            self.types[index] = t
        return t

    def type_list(self, at: int) -> tuple[tuple[Type, ...], int]:
        """The types of a list, and where the row goes on."""
        end = at + 1 + self.words[at]
        return tuple([self.type(i) for i in self.words[at + 1 : end]]), end

    def tparams(self, at: int) -> tuple[tuple[TypeParam, ...], int]:
        types, end = self.type_list(at)
        return tuple([t for t in types if type(t) is TypeParam]), end

    def vars(self, kind: int, at: int) -> tuple[Tuple, int]:
        words = self.words
        variables = []
        for _ in range(words[at]):
            variables.append(Var(kind, 0, self.package, self.strings[words[at + 1]], self.type(words[at + 2])))
            at += 2
        return Tuple(variables), at + 1

    def _array(self, index: int, at: int) -> Type:
        words = self.words
        return Array(self.type(words[at]), words[at + 1] | words[at + 2] << 32)

    def _slice(self, index: int, at: int) -> Type:
        return Slice(self.type(self.words[at]))

    def _pointer(self, index: int, at: int) -> Type:
        return Pointer(self.type(self.words[at]))

    def _map(self, index: int, at: int) -> Type:
        return Map(self.type(self.words[at]), self.type(self.words[at + 1]))

    def _chan(self, index: int, at: int) -> Type:
        return Chan(self.words[at], self.type(self.words[at + 1]))

    def _struct(self, index: int, at: int) -> Type:
        words = self.words
        fields = []
        tags: list[bytes] = []
        for i in range(words[at]):
            name, pkg, typ, pos, embedded, tag = words[at + 1 : at + 7]
            at += 6
            fields.append(Var(FIELD_VAR, self.pos(pos), self.pkg(pkg), self.strings[name], self.type(typ), embedded == 1))
            if tag:
                tags += [b""] * (i - len(tags))
                tags.append(self.values[tag])
        return Struct(fields, tags)

    def _tuple(self, index: int, at: int) -> Type:
        return self.vars(PARAM_VAR, at)[0]

    def _signature(self, index: int, at: int) -> Type:
        variadic = self.words[at] == 1
        tparams, at = self.tparams(at + 1)
        params, at = self.vars(PARAM_VAR, at)
        results, at = self.vars(RESULT_VAR, at)
        return Signature(params, results, variadic, tparams=tparams)

    def method_signature(self, index: int) -> Signature:
        """A signature that no other method or function shares: it gets a receiver."""
        t = self._signature(index, self.starts[index - len(RESERVED)] + 1)
        assert type(t) is Signature
        return t

    def _interface(self, index: int, at: int) -> Type:
        words = self.words
        iface = self.types[index] = Interface([], [], words[at] == 1, complete=False)
        count = words[at + 1]
        at += 2
        methods = []
        for _ in range(count):
            name, pkg, pos, receiver, signature = words[at : at + 5]
            at += 5
            package = self.pkg(pkg)
            sig = self.method_signature(signature)
            sig.recv = Var(RECV_VAR, self.pos(pos), package, "", iface if receiver == SELF else self.type(receiver))
            methods.append(Func(self.pos(pos), package, self.strings[name], sig))
        methods.sort(key=method_order)
        iface.methods = methods
        iface.embeddeds = [*self.type_list(at)[0]]
        iface.complete = True
        return iface

    def _union(self, index: int, at: int) -> Type:
        words = self.words
        return Union([Term(words[at + 1 + 2 * i] == 1, self.type(words[at + 2 + 2 * i])) for i in range(words[at])])

    def _named(self, index: int, at: int) -> Type:
        words = self.words
        obj = TypeName(self.pos(words[at + 1]), self.package, self.strings[words[at]])
        obj.parent = self.package.scope
        return Named(obj, loader=lambda named: self.load_named(named, at + 2))

    def load_named(self, named: Named, at: int) -> None:
        """Type parameters, underlying type and methods of a defined type; signatures of methods wait until they are asked for."""
        words = self.words
        named.tparams, at = self.tparams(at)
        under = words[at]
        count = words[at + 1]
        at += 2
        for _ in range(count):
            name, pos, flags = words[at : at + 3]
            method = Func(self.pos(pos), self.package, self.strings[name], UNRESOLVED, self.load_method)
            method.ptr_recv = flags & PTR_RECV != 0
            method.nointerface = flags & NOINTERFACE != 0
            self.signatures[method] = (named, at + 3)
            named.add_method(method)
            at += 6 + words[at + 5]
        named.set_underlying(self.type(under))

    def load_method(self, method: Func) -> None:
        """The signature of a method."""
        named, at = self.signatures.pop(method)
        words = self.words
        sig = self.method_signature(words[at + 1])
        rparams, _ = self.tparams(at + 2)
        recv: Type = instance_of_named(named, rparams, self.context) if rparams else named
        sig.rparams = rparams
        sig.recv = Var(RECV_VAR, method.pos, self.package, self.strings[words[at]], Pointer(recv) if method.ptr_recv else recv)
        method.typ = sig

    def _instance(self, index: int, at: int) -> Type:
        return instantiate(self.type(self.words[at]), self.type_list(at + 1)[0], self.context)

    def _alias(self, index: int, at: int) -> Type:
        words = self.words
        obj = TypeName(self.pos(words[at + 1]), self.package, self.strings[words[at]])
        obj.parent = self.package.scope
        alias = self.types[index] = Alias(obj)
        alias.tparams, at = self.tparams(at + 2)
        alias.rhs = self.type(words[at])
        return alias

    def _foreign(self, index: int, at: int) -> Type:
        package = self.pkg(self.words[at])
        name = self.strings[self.words[at + 1]]
        obj = None if package is None else package.declared(name)
        if type(obj) is not TypeName:
            raise InternalError("types", f"{self.package.path} needs a type that {self.paths[self.words[at] - 1]} does not declare", name)
        return obj.typ

    def _type_param(self, index: int, at: int) -> Type:
        name, pos, place, bound = self.words[at : at + 4]
        tparam = self.types[index] = TypeParam(TypeName(self.pos(pos), self.package, self.strings[name]))
        tparam.index = place
        tparam.bound = self.type(bound)
        return tparam


# By the numbers of exportformat, ARRAY to TPARAM.
_TYPES: Final[tuple[Callable[[_Reader, int, int], Type], ...]] = (
    _Reader._array,
    _Reader._slice,
    _Reader._pointer,
    _Reader._map,
    _Reader._chan,
    _Reader._struct,
    _Reader._tuple,
    _Reader._signature,
    _Reader._interface,
    _Reader._union,
    _Reader._named,
    _Reader._instance,
    _Reader._alias,
    _Reader._foreign,
    _Reader._type_param,
)


def _words(data: bytes) -> array[int]:
    words = array("I")
    words.frombytes(data)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _decode(value: Any) -> Value:
    """A constant from what was written of it."""
    if type(value) is bytes:
        return String(value)
    if type(value) is tuple:
        return Float((value[0], value[1])) if len(value) == 3 else Rat(value[0], value[1])
    if type(value) is list:
        re, im = _decode(value[0]), _decode(value[1])
        assert isinstance(re, (int, Rat, Float)) and isinstance(im, (int, Rat, Float))
        return Complex(re, im)
    if isinstance(value, bool):
        return value
    assert isinstance(value, int)
    return value
