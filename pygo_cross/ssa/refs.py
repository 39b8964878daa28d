# SPDX-License-Identifier: BSD-3-Clause
"""What values refer to outside of their function (`Value.aux`): symbols by name, and what code generation makes symbols of.

Lowering names things; the object's symbols are made at the end, by `codegen`, once for each. Two references that are equal are one symbol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from pygo_cross.types.types import Type


class DataRef(NamedTuple):
    """A variable or other data by its link name."""

    name: str

    def __str__(self) -> str:
        return self.name


class TextRef(NamedTuple):
    """The code of a function: its link name, and whether it has the assembler's calling convention (ABI0)."""

    name: str
    abi0: bool = False

    def __str__(self) -> str:
        return self.name + "<ABI0>" if self.abi0 else self.name


class FuncValueRef(NamedTuple):
    """The function value of a function that needs no context: a word of read-only data with the address of its code."""

    name: str

    def __str__(self) -> str:
        return self.name + "·f"


class BytesRef(NamedTuple):
    """Read-only bytes: the contents of a string constant."""

    data: bytes

    def __str__(self) -> str:
        return "bytes:" + self.data.hex()


@final
class TypeRef:
    """The descriptor of a type. Equal for identical types only if these are one object: code generation makes them one."""

    __slots__ = ("typ",)

    def __init__(self, typ: Type) -> None:
        self.typ = typ

    def __str__(self) -> str:
        return f"type:{self.typ}"


@final
class ItabRef:
    """The method table of a concrete type for an interface type."""

    __slots__ = ("interface", "typ")

    def __init__(self, typ: Type, interface: Type) -> None:
        self.typ = typ
        self.interface = interface

    def __str__(self) -> str:
        return f"go:itab.{self.typ},{self.interface}"


OR_NIL: Final = -1
OR_PANIC: Final = -2


@final
class CallInfo:
    """How a call passes values: the Go types of parameters (a receiver first) and results.

    The scalars of a call's arguments, and of its results (`Result`), are the leaves of these types in order (`shape`). A type
    that has no leaves is one scalar there: the address of memory that has the value. `target` is whose code is called, None for calls
    through a value. A call of an interface's method has the interface type as `interface` and the method's index in its method table as
    `method`: without these the linker would drop the methods that are called so. Where the runtime is asked for the method table of a type,
    `interface` is that which the table is for, and `method` says what happens if the type lacks a method: OR_NIL or OR_PANIC.
    """

    __slots__ = ("interface", "method", "params", "results", "target")

    def __init__(
        self, target: TextRef | None, params: Sequence[Type], results: Sequence[Type], interface: Type | None = None, method: int = 0
    ) -> None:
        self.target = target
        self.params = tuple(params)
        self.results = tuple(results)
        self.interface = interface
        self.method = method

    def __str__(self) -> str:
        return str(self.target) if self.target is not None else "func"
