# SPDX-License-Identifier: BSD-3-Clause
"""Functions that no source stands for and that an object needs because of its descriptors: methods behind method tables, equality and hash
functions.

Which these are is known only when all code is made and has asked for descriptors; and their code may ask for more. So whoever compiles
asks `more` after the last function of a unit, makes the functions that it gives, and asks again until there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.ssa.func import Func
from pygo_cross.types.types import Type


@final
class Completion:
    """What is missing of an object. `methods_of` makes the methods of a type that are not there yet, `equality` and `hashing` the
    functions for a signature (`codegen/typefacts.py`).
    """

    __slots__ = ("_descriptors", "_done", "_equality", "_hashing", "_methods_of")

    def __init__(
        self,
        descriptors: Descriptors,
        methods_of: Callable[[Type], list[Func]],
        equality: Callable[[str], Func],
        hashing: Callable[[str], Func],
    ) -> None:
        self._descriptors = descriptors
        self._methods_of = methods_of
        self._equality = equality
        self._hashing = hashing
        self._done: set[str] = set()

    def more(self) -> list[Func]:
        """Functions that descriptors refer to so far and that have not been given before. Writes the descriptors that were asked for."""
        found: list[Func] = []
        descriptors = self._descriptors
        descriptors.finish()
        while descriptors.with_methods:
            types = list(descriptors.with_methods)
            descriptors.with_methods.clear()
            for typ in types:
                found += self._methods_of(typ)
            descriptors.finish()
        algorithms = descriptors.algorithms
        for code, make in ((algorithms.equal_code, self._equality), (algorithms.hash_code, self._hashing)):
            for signature, symbol in code.items():
                if symbol.name not in self._done:
                    self._done.add(symbol.name)
                    found.append(make(signature))
        return found
