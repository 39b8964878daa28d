# SPDX-License-Identifier: BSD-3-Clause
"""Reports of a program's mistakes: where, which, in what words.

A message is a template with `%s` for each argument (types/format.py), and arguments are operands, objects, types, expressions, causes,
lists of these, or text: they are put into words only when the mistake is reported. A report may have further parts, each with a place
of its own: they become further lines, as the go command prints them. Codes are the names of src/internal/types/errors/codes.go in kebab-
case.

What follows from a mistake that is reported already is dropped here (`report`), by stock's rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from pygo_cross.syntax.nodes import Expr, Node
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.printer import expr_string
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check import operand
from pygo_cross.types.check.describe import describe
from pygo_cross.types.format import Cause, Formatter, PackageQualifier
from pygo_cross.types.objects import Object
from pygo_cross.types.package import Package

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# Where a mistake is: the start of what is named, a position, or 0 for nowhere.
Place: TypeAlias = "Node | operand.Operand | Object | int"

_SUBSCRIPT_ZERO: Final = 0x2080


class TypeError_:
    """One mistake: position, code, message (further lines begin with a tab). `soft` ones do not keep later stages from working."""

    __slots__ = ("code", "message", "pos", "soft")

    def __init__(self, pos: int, code: str, message: str, soft: bool) -> None:
        self.pos = pos
        self.code = code
        self.message = message
        self.soft = soft


class Report:
    """A mistake being put together: `add` what is to be said, then `report`."""

    __slots__ = ("check", "code", "parts", "soft")

    def __init__(self, check: Checker, code: str, soft: bool = False) -> None:
        self.check = check
        self.code = code
        self.soft = soft
        self.parts: list[tuple[int, str]] = []

    def add(self, at: Place, message: str, *args: object) -> Report:
        """Say something; the first part's place is that of the mistake."""
        self.parts.append((place(at), self.check.formatter.sprintf(message, *args)))
        return self

    def add_other_declaration(self, obj: Object) -> Report:
        """Say where an object is declared as well, if that is in source at all."""
        if obj.pos:
            self.add(obj, "other declaration of %s", obj.name)
        return self

    def report(self) -> None:
        """Hand the mistake over, unless it can only be a consequence of an earlier one."""
        check = self.check
        pos, text = self.parts[0]
        if check.failed and (text.find("invalid operand") > 0 or text.find("invalid type") > 0):
            return
        for further, line in self.parts[1:]:
            text += "\n\t" + (f"{check.fset.place(further)}: " if further else "") + line
        # A constant whose expression is that of an earlier line of its group: the mistake is at the name.
        if check.env.errpos:
            pos = check.env.errpos
        if self.code == "invalid-syntax-tree":
            text = "invalid syntax tree: " + text
        check.failed = True
        check.config.error(TypeError_(pos, self.code, strip_annotations(text), self.soft))


def error(check: Checker, at: Place, code: str, message: str, *args: object) -> None:
    """Report a mistake."""
    Report(check, code).add(at, message, *args).report()


def soft_error(check: Checker, at: Place, code: str, message: str, *args: object) -> None:
    """Report a mistake that doesn't keep the program from being understood: something unused."""
    Report(check, code, soft=True).add(at, message, *args).report()


def place(at: Place) -> int:
    """The position at which a mistake in something is told."""
    if isinstance(at, int):
        return at
    if isinstance(at, Object):
        return at.pos
    if isinstance(at, operand.Operand):
        return start_pos(at.expr) if at.expr is not None else 0
    return start_pos(at)


def formatter(fset: FileSet, package: Package) -> Formatter:
    """What puts arguments of messages into words, as seen from the package that is checked."""
    qualifier = PackageQualifier(package)
    made = Formatter(qualifier, fset.place)
    made.register(operand.Operand, lambda x: describe(x, qualifier))
    made.register(Cause, made.cause)
    for kind in Expr.__subclasses__():
        made.register(kind, expr_string)
    return made


def strip_annotations(text: str) -> str:
    """A message without the subscripts that tell type parameters of one name apart."""
    if text.isascii():
        return text
    return "".join(char for char in text if not _SUBSCRIPT_ZERO <= ord(char) < _SUBSCRIPT_ZERO + 10)
