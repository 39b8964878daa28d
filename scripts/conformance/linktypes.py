# SPDX-License-Identifier: BSD-3-Clause
"""Link strings read back: `LinkTypes` gives the type, of packages that were checked, that stock named so in an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from pygo_cross.codegen.maptypes import NOWHERE
from pygo_cross.types.context import Context
from pygo_cross.types.instantiate import instantiate
from pygo_cross.types.linknames import SHAPES, TypeNames
from pygo_cross.types.objects import FIELD_VAR, PARAM_VAR, Func, TypeName, Var, is_exported
from pygo_cross.types.package import Package
from pygo_cross.types.scope import UNIVERSE
from pygo_cross.types.types import (
    NO_POS,
    RECV_ONLY,
    SEND_ONLY,
    SEND_RECV,
    TYP,
    UNSAFE_POINTER,
    Array,
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
)

_WORD = re.compile(r'[^][(){},; ="]+')
_NUMBER = re.compile(r"·(\d+)")
_HASHED = re.compile(r"[0-9a-f]{64}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class Unknown(Exception):
    """A link string that names nothing that is known, with what."""


class LinkTypes:
    """Reads link strings. `packages` are by path, `local` the types that functions declare by package, name and number.

    `made_up` is set where a string had names that only the compiler makes up.
    """

    def __init__(self, packages: Mapping[str, Package], local: Mapping[tuple[str, str, int], TypeName], names: TypeNames) -> None:
        self._packages = packages
        self._local = local
        self._names = names
        self._context = Context()
        self._instances: dict[str, Named] = {}
        self._begun: list[str] = []
        self._shapes: dict[str, Named] = {}
        self._shape_package = Package(SHAPES, SHAPES)
        self._text = ""
        self._at = 0
        self.made_up = False

    def read(self, text: str) -> Type:
        """The type of a link string."""
        self._text, self._at, self.made_up = text, 0, False
        typ = self._type()
        if self._at != len(text):
            self._fail()
        return typ

    def read_pair(self, text: str) -> tuple[Type, Type]:
        """The two types of a method table's name."""
        self._text, self._at, self.made_up = text, 0, False
        first = self._type()
        self._expect(",")
        second = self._type()
        if self._at != len(text):
            self._fail()
        return first, second

    def _fail(self) -> NoReturn:
        raise Unknown(f"{self._text[: self._at]} <here> {self._text[self._at :]}")

    def _skip(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            self._fail()

    def _word(self) -> str:
        found = _WORD.match(self._text, self._at)
        if found is None:
            self._fail()
        self._at = found.end()
        return found[0]

    def _type(self) -> Type:
        if self._skip("*"):
            return Pointer(self._type())
        if self._skip("[]"):
            return Slice(self._type())
        if self._skip("["):
            length = int(self._word())
            self._expect("]")
            return Array(self._type(), length)
        if self._skip("("):
            inner = self._type()
            self._expect(")")
            return inner
        if self._skip("map["):
            key = self._type()
            self._expect("]")
            return Map(key, self._type())
        for word, direction in (("chan<- ", SEND_ONLY), ("<-chan ", RECV_ONLY), ("chan ", SEND_RECV)):
            if self._skip(word):
                return Chan(direction, self._type())
        if self._skip("func("):
            return self._signature()
        if self._skip("interface {"):
            return self._interface()
        if self._skip("struct {"):
            return self._struct()
        if self._skip(f"{SHAPES}."):
            return self._shape()
        return self._named()

    def _shape(self) -> Type:
        hashed = _HASHED.match(self._text, self._at)
        if hashed is None:
            under = self._type()
        else:
            self._at = hashed.end()
            under = self._under_of(hashed[0])
        return self._shape_of(under.underlying())

    def _shape_of(self, under: Type) -> Named:
        name = self._names.shape(under)
        shape = self._shapes.get(name)
        if shape is None:
            shape = self._shapes[name] = Named(TypeName(NO_POS, self._shape_package, name))
            shape.set_underlying(under)
        return shape

    def _instance(self, origin: Named, targs: tuple[Type, ...]) -> Named:
        """An instance. In that of a shape, whatever is instantiated with what depends on the shape is so with its shape."""
        plain = instantiate(origin, targs, self._context)
        assert type(plain) is Named
        if not any(self._is_shaped(targ) for targ in targs):
            return plain
        name = self._names.link(plain)
        made = self._instances.get(name)
        if made is None:
            made = self._instances[name] = Named.instance(origin, targs)
            self._begun.append(name)
            made.set_underlying(self._shaped(plain.underlying()))
            self._begun.pop()
        return made

    def _is_shaped(self, typ: Type) -> bool:
        return f"{SHAPES}." in self._names.link(typ)

    def _shaped(self, typ: Type) -> Type:
        """A part of an instance of shapes."""
        if not self._is_shaped(typ):
            return typ
        if type(typ) is Named and typ.targs:
            return self._instance(typ.orig, tuple([self._shaped_argument(targ) for targ in typ.targs]))
        if type(typ) is Pointer:
            return Pointer(self._shaped(typ.elem))
        if type(typ) is Slice:
            return Slice(self._shaped(typ.elem))
        if type(typ) is Array:
            return Array(self._shaped(typ.elem), typ.len)
        if type(typ) is Map:
            return Map(self._shaped(typ.key), self._shaped(typ.elem))
        if type(typ) is Chan:
            return Chan(typ.dir, self._shaped(typ.elem))
        if type(typ) is Struct:
            return Struct([field.clone(self._shaped(field.typ)) for field in typ.fields], typ.tags)
        if type(typ) is Signature:
            params, results = (Tuple([var.clone(self._shaped(var.typ)) for var in t.vars]) for t in (typ.params, typ.results))
            return Signature(params, results, typ.variadic)
        return typ

    def _shaped_argument(self, targ: Type) -> Type:
        """A type argument in an instance of shapes. The shape of a type that is not made yet is not known: that stays as it is."""
        if targ in self._shapes.values() or self._names.link(targ) in self._begun:
            return targ
        return self._shape_of(self._shaped(targ).underlying())

    def _under_of(self, name: str) -> Type:
        """The underlying type of a shape whose name is a hash: one that a package's own types have."""
        for package in self._packages.values():
            for obj in package.scope.elems.values():
                if isinstance(obj, TypeName) and type(obj.typ) is Named and not obj.typ.tparams:
                    under = obj.typ.underlying()
                    if type(under) in (Struct, Interface) and self._names.shape(under) == name:
                        return under
        self._fail()

    def _named(self) -> Type:
        word = self._word()
        if word == "unsafe.Pointer":
            return TYP[UNSAFE_POINTER]
        targs: list[Type] = []
        if self._skip("["):
            targs.append(self._type())
            while self._skip(",") or self._skip(";"):
                targs.append(self._type())
            self._expect("]")
        number = _NUMBER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            word += number[0]
        obj = self._lookup(word)
        if obj is None:
            self._fail()
        if targs:
            named = obj.typ
            if type(named) is not Named or len(named.tparams) != len(targs):
                raise Unknown(f"{self._text}: a type in a generic function")
            return self._instance(named, tuple(targs))
        return obj.typ

    def _lookup(self, word: str) -> TypeName | None:
        package, name = self._split(word)
        plain, _, number = name.partition("·")
        if package is None:
            found = UNIVERSE.lookup(name)
        elif number:
            found = self._local.get((package.path, plain, int(number)))
        else:
            found = package.declared(name)
        return found if isinstance(found, TypeName) else None

    def _split(self, word: str) -> tuple[Package | None, str]:
        slash = word.rfind("/")
        dot = word.find(".", slash + 1)
        if dot < 0:
            return None, word
        path = re.sub(r"%([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), word[:dot])
        package = self._packages.get(path)
        if package is None:
            raise Unknown(f"{self._text}: package {path}")
        return package, word[dot + 1 :]

    def _tuple(self, kind: int = PARAM_VAR) -> tuple[Tuple, bool]:
        """Types up to a closing parenthesis; whether the last is variadic."""
        variables: list[Var] = []
        variadic = False
        while not self._skip(")"):
            if variables:
                self._expect(", ")
            variadic = self._skip("...")
            typ = self._type()
            variables.append(Var(kind, NO_POS, None, "", Slice(typ) if variadic else typ))
        return Tuple(variables), variadic

    def _signature(self) -> Signature:
        params, variadic = self._tuple()
        results = Tuple([])
        following = self._text[self._at : self._at + 2]
        if following[:1] == " " and following not in (' "', " }", " ="):
            self._at += 1
            # A parenthesis is around several results, or around an element type, which no result begins with.
            results = self._tuple()[0] if self._skip("(") else Tuple([Var(PARAM_VAR, NO_POS, None, "", self._type())])
        return Signature(params, results, variadic)

    def _interface(self) -> Interface:
        methods: list[Func] = []
        if self._skip("}"):
            return Interface([], [])
        while True:
            self._expect(" ")
            package, name = self._split(self._word())
            self._expect("(")
            methods.append(Func(NO_POS, package, name, self._signature()))
            if self._skip(" }"):
                return Interface(methods, [])
            self._expect(";")

    def _struct(self) -> Struct:
        fields: list[Var] = []
        tags: list[bytes] = []
        if self._skip("}"):
            return Struct([])
        while True:
            self._expect(" ")
            fields.append(self._field())
            if self._text.startswith(' "', self._at):
                quoted = _QUOTED.match(self._text, self._at + 1)
                if quoted is None:
                    self._fail()
                self._at = quoted.end()
                tags += [b""] * (len(fields) - 1 - len(tags))
                tags.append(quoted[0][1:-1].encode().decode("unicode_escape").encode("latin-1"))
            if self._skip(" }"):
                return Struct(fields, tags)
            self._expect(";")

    def _field(self) -> Var:
        start = self._at
        if not self._text.startswith("*", start):
            package, name = self._split(self._word())
            following = self._text[self._at : self._at + 2]
            if following[:1] == " " and following not in (' "', " }"):
                embedded = self._skip(" = ")
                if not embedded:
                    self._expect(" ")
                if package is None and not is_exported(name):
                    package = NOWHERE
                    self.made_up = True
                return Var(FIELD_VAR, NO_POS, package, name, self._type(), embedded)
        self._at = start
        typ = self._type()
        named = typ.elem if type(typ) is Pointer else typ
        if type(named) is not Named:
            self._fail()
        return Var(FIELD_VAR, NO_POS, named.obj.pkg, named.obj.name, typ, True)
