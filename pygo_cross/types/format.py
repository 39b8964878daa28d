# SPDX-License-Identifier: BSD-3-Clause
"""Messages with types and objects in them, as a checker writes them.

A template is a text with `%s`, `%d` and `%q` in it, as stock's messages are written, and arguments of any of the kinds that
`Formatter.text` knows. What is worth saying is often worked out long before it is known whether it will be said (why a type is not
comparable); a `Cause` keeps template and arguments until then.

Facts: src/cmd/compile/internal/types2/format.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, final

from ..gostrings import quote
from .objects import Builtin, Const, Func, Label, Nil, Object, PkgName, TypeName, Var
from .types import (
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
    Term,
    Tuple,
    TypeParam,
    Union,
)
from .typestring import PositionString, Qualifier, by_path, object_string, type_string

if TYPE_CHECKING:
    from .package import Package


@final
class Cause:
    """Why something does not hold. An empty template says only that it doesn't."""

    __slots__ = ("args", "template")

    def __init__(self, template: str, *args: object) -> None:
        self.template = template
        self.args = args


NO_CAUSE: Final = Cause("")


@final
class Formatter:
    """Writes messages: packages by `qualifier`, positions by `position` (needed only where a type parameter is named like a predeclared
    object).
    """

    __slots__ = ("position", "qualifier", "writers")

    def __init__(self, qualifier: Qualifier = by_path, position: PositionString | None = None) -> None:
        self.qualifier = qualifier
        self.position = position
        self.writers: dict[type, Callable[[Any], str]] = dict.fromkeys(_TYPES, self.typ) | dict.fromkeys(_OBJECTS, self.obj)
        self.writers[str] = str
        self.writers[int] = str

    def register(self, kind: type, write: Callable[[Any], str]) -> None:
        """Teaches the formatter another kind of argument: operands, syntax nodes."""
        self.writers[kind] = write

    def typ(self, t: Any) -> str:
        """A type."""
        return type_string(t, self.qualifier, self.position)

    def obj(self, obj: Object) -> str:
        """An object."""
        return object_string(obj, self.qualifier, self.position)

    def text(self, arg: object) -> str:
        """An argument: a text, number, type, term, object, whatever was registered, or a list of those, in brackets."""
        write = self.writers.get(type(arg))
        if write is not None:
            return write(arg)
        if isinstance(arg, (list, tuple)):
            return "[" + ", ".join([self.text(a) for a in arg]) + "]"
        if type(arg) is Term:
            return str(arg)  # with packages by path, as stock has them there
        if arg is None:
            return "<nil>"
        return str(arg)

    def sprintf(self, template: str, *args: object) -> str:
        """The template with its arguments in it."""
        if not args:
            return template.replace("%%", "%")
        parts = template.split("%")
        out = [parts[0]]
        taken = 0
        i = 1
        while i < len(parts):
            part = parts[i]
            if not part:  # %%
                i += 1
                out.append("%" + (parts[i] if i < len(parts) else ""))
            else:
                text = self.text(args[taken])
                taken += 1
                out.append(quote(text.encode("utf-8", "surrogateescape")) if part[0] == "q" else text)
                out.append(part[1:])
            i += 1
        return "".join(out)

    def cause(self, cause: Cause) -> str:
        """A cause, in words."""
        return self.sprintf(cause.template, *cause.args)


_TYPES: Final[tuple[type, ...]] = (
    Basic,
    Array,
    Slice,
    Pointer,
    Map,
    Chan,
    Struct,
    Tuple,
    Signature,
    Interface,
    Union,
    Named,
    Alias,
    TypeParam,
)
_OBJECTS: Final[tuple[type, ...]] = (PkgName, Const, TypeName, Var, Func, Label, Builtin, Nil)


@final
class PackageQualifier:
    """The qualifier of a checker: nothing for the package that is checked, else the package's name; its quoted path where two imported
    packages share a name.

    Which packages there are is found out when a name is first written, since imports are known late.
    """

    __slots__ = ("package", "paths")

    def __init__(self, package: Package) -> None:
        self.package = package
        self.paths: dict[str, set[str]] | None = None

    def __call__(self, package: Package) -> str:
        if package is self.package:
            return ""
        if self.paths is None:
            self.paths = {}
            self._collect(self.package)
        return quote(package.path.encode()) if len(self.paths.get(package.name, ())) > 1 else package.name

    def _collect(self, package: Package) -> None:
        assert self.paths is not None
        seen = {package}
        todo = [package]
        while todo:
            p = todo.pop()
            self.paths.setdefault(p.name, set()).add(p.path)
            for imported in p.imports:
                if imported not in seen:
                    seen.add(imported)
                    todo.append(imported)
