# SPDX-License-Identifier: BSD-3-Clause
"""What types under construction ask of the checker that makes them.

Types are finished lazily, at times that no checker can foresee: a type set is computed where it is first needed, a method of an instance
when it is first selected. The errors and the unchecked declarations that turn up then go to the checker, through this class, which a
checker subclasses; this class itself is the checker that finds everything well. Types that are not under construction have None in place
of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .context import Context
from .format import Formatter

if TYPE_CHECKING:
    from .objects import Func, Object
    from .types import Interface, Named, Type, TypeParam


class Hooks:
    """See the module. `context` keeps the instances of the package that is checked, `formatter` writes its messages; a subclass calls
    `__init__`.
    """

    def __init__(self, formatter: Formatter | None = None, context: Context | None = None) -> None:
        self.formatter = Formatter() if formatter is None else formatter
        self.context = Context() if context is None else context
        self.last_id = 0
        self.to_clean: list[Named | Interface | TypeParam] = []

    def next_id(self) -> int:
        """The id of the next type parameter of this checker."""
        self.last_id += 1
        return self.last_id

    def position(self, pos: int) -> str:
        """A position in a message; empty if positions cannot be written."""
        return "" if self.formatter.position is None else self.formatter.position(pos)

    def needs_cleanup(self, t: Named | Interface | TypeParam) -> None:
        """Remembers a type for `cleanup`."""
        self.to_clean.append(t)

    def cleanup(self) -> None:
        """Finishes every type that was made under this checker; finishing some may make more."""
        done = 0
        while done < len(self.to_clean):
            t = self.to_clean[done]
            done += 1
            t.cleanup()
        self.to_clean.clear()

    def later(self, action: Callable[[], None]) -> None:
        """Runs an action when the types that are being worked on are set up."""
        action()

    def check_object(self, obj: Object) -> None:
        """Checks a declaration, so that `obj.typ` is known."""

    def allows(self, minor: int) -> bool:
        """Whether the language version where the checker is now is at least go1.`minor`."""
        return True

    def duplicate_method(self, pos: int, method: Func, other_pos: int) -> None:
        """An interface has two methods of one name: reports `duplicate method NAME` at `pos`, with the other's place."""

    def may_overlap(self, pos: int) -> bool:
        """Whether the language version at `pos` allows two embedded interfaces to have the same method (go1.14)."""
        return True

    def may_embed(self, pos: int, t: Type, what: str) -> bool:
        """Whether the language version at `pos` allows to embed `t` (go1.18); if not, reports that `what` with the type does."""
        return True

    def is_imported_constraint(self, t: Type) -> bool:
        """Whether `t` is a constraint interface of another package, for which a version check is due."""
        return False

    def renamed_type_param(self, new: TypeParam, declared: TypeParam) -> None:
        """A method's own type parameter has got a copy in an instance of the receiver's type; what watches for endless instantiation
        takes both as one.
        """

    def too_many_terms(self, pos: int) -> None:
        """A union has more than `typeset.MAX_TERMS` terms."""
