# SPDX-License-Identifier: BSD-3-Clause
"""What a selector expression `x.f` denotes, apart from qualified identifiers.

Facts: src/cmd/compile/internal/types2/selection.go.
"""

from __future__ import annotations

from typing import Final, final

from ..diag import InternalError
from .objects import Func, Object
from .types import Signature, Tuple, Type
from .typestring import Qualifier, by_path, signature_string, type_string

# What a selection is (`Selection.kind`), in the order of go/types' SelectionKind.
FIELD_VAL: Final = 0
METHOD_VAL: Final = 1
METHOD_EXPR: Final = 2


@final
class Selection:
    """A selection of `obj`, a field or method, from an `x` of type `recv`.

    `index` is the path from x to it: indices of embedded fields, then that of the field in its struct, of the method among the declared
    methods of its type, or of the method in the type set of its interface. `indirect` says whether a pointer is followed on the way.
    """

    __slots__ = ("index", "indirect", "kind", "obj", "recv")

    def __init__(self, kind: int, recv: Type, obj: Object, index: tuple[int, ...], indirect: bool) -> None:
        self.kind = kind
        self.recv = recv
        self.obj = obj
        self.index = index
        self.indirect = indirect

    def type(self) -> Type:
        """The type of the expression: a field's own; of a method value the signature with `recv` as receiver's type; of a method
        expression a function whose first parameter is the receiver.
        """
        if self.kind == FIELD_VAL:
            return self.obj.typ
        func = self.obj
        if type(func) is not Func:
            raise InternalError("types", "a selected method is no function", func.name)
        old = func.signature
        if old.recv is None:
            raise InternalError("types", "a selected method has no receiver", func.name)
        sig: Signature = old.copy()
        recv = old.recv.clone(self.recv)
        if self.kind == METHOD_VAL:
            sig.recv = recv
        else:
            sig.recvold = old.recv
            sig.recv = None
            sig.params = Tuple([recv, *old.params.vars])
        return sig

    def __str__(self) -> str:
        return selection_string(self)

    def __repr__(self) -> str:
        return str(self)


def selection_string(selection: Selection, qualifier: Qualifier = by_path) -> str:
    """A selection in words: `field (T) f int`, `method (T) m()`, `method expr (T) m(T)`."""
    kind = ("field", "method", "method expr")[selection.kind]
    t = selection.type()
    tail = signature_string(t, qualifier) if type(t) is Signature and selection.kind != FIELD_VAL else " " + type_string(t, qualifier)
    return f"{kind} ({type_string(selection.recv, qualifier)}) {selection.obj.name}{tail}"
