# SPDX-License-Identifier: BSD-3-Clause
"""Values that are known before a program runs, as data: constants, addresses of variables and functions, literals made of these.

`Filler.fill` puts the value of an expression into data, and remembers what it can't know in `pending`, for code to put there. For a
variable of a package that is all there is to its first value (`initialise`). In a function, a literal may be a copy of such data: there,
only what makes no new variable counts (`fresh` is false), since each evaluation would need its own.

Facts: src/cmd/compile/internal/staticinit/sched.go; src/cmd/compile/internal/walk/complit.go.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from pygo_cross.lower import literals
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import F32, F64, SIZES, VOID, P
from pygo_cross.ssa.refs import BytesRef, DataRef, FuncValueRef, ItabRef, TypeRef
from pygo_cross.ssa.unit import MOST_DATA, Address, Data, Target
from pygo_cross.syntax.nodes import CallExpr, CompositeLit, Expr, FuncLit, IndexExpr, Name, Operation, SelectorExpr, unparen
from pygo_cross.syntax.tokens import AND
from pygo_cross.types import constant
from pygo_cross.types.check.operand import TYPEXPR
from pygo_cross.types.constant import String
from pygo_cross.types.constant import Value as Constant
from pygo_cross.types.objects import PACKAGE_VAR, Func, Nil, Var
from pygo_cross.types.predicates import default_type, identical, is_complex, is_interface, is_string
from pygo_cross.types.types import TYP, UINT8, UNSAFE_POINTER, Array, Basic, Pointer, Slice, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_WORD: Final = 8
_FEW: Final = 4  # so many values are put into memory one by one
_ZERO_BASE: Final = DataRef("runtime.zerobase")


class Pending(NamedTuple):
    """A value that code has to put into data: at an offset, as one of a type."""

    data: Data
    offset: int
    typ: Type
    value: Expr


def copied(f: FuncLowering, e: CompositeLit, typ: Type, address: Value, at: int) -> bool:
    """Build a literal, in memory that is zero at an offset, from a copy of its known parts, if these are many; what remains is put there
    behind that. `typ` is that of the memory, for a slice an array.
    """
    if len(e.elem_list) <= _FEW:
        return False
    sizes = f.shapes.sizes
    if sizes.sizeof(typ) > MOST_DATA:
        return False
    data = Data("", sizes.sizeof(typ), sizes.alignof(typ), typ)
    filler = Filler(f, False)
    filler.parts(data, 0, typ, e)
    if filler.placed <= _FEW:
        return False
    if data.contents or data.addresses:
        contents = bytes(data.contents).ljust(data.size, b"\0")
        known = f.package.read_only(contents, tuple(data.addresses), data.align, typ)
        f.emit(ops.MOVE, VOID, (f.offset(address, at), f.emit(ops.ADDR, P, (), 0, known)), data.size, typ)
    for _, offset, part, value in filler.pending:
        literals.put(f, value, part, address, at + offset)
    return True


@final
class Filler:
    """Puts values into data. `f` is the function to which the expressions belong, `given` what variables certainly have by now."""

    __slots__ = ("f", "fresh", "given", "pending", "placed")

    def __init__(self, f: FuncLowering, fresh: bool, given: Mapping[Var, Data] | None = None) -> None:
        self.f = f
        self.given = given
        self.fresh = fresh
        self.pending: list[Pending] = []
        self.placed = 0
        """How many values have been put into data; zeros count."""

    def fill(self, data: Data, offset: int, typ: Type, e: Expr) -> None:
        """Put the value of an expression into data, where a value of the type is; or remember it."""
        if self._value(data, offset, typ, e):
            self.placed += 1
        else:
            self.pending.append(Pending(data, offset, typ, e))

    def _value(self, data: Data, offset: int, typ: Type, e: Expr) -> bool:
        """Whether the value is known; else nothing has been put anywhere."""
        e = unparen(e)
        f = self.f
        found = f.package.info.types.get(e)
        if found is not None and found.val is not None and found.typ is not None:
            own = default_type(f.typ(found.typ))
            if is_interface(typ):
                return self._interface(data, offset, typ, own, e)
            return self._constant(data, offset, own, found.val)
        handler = _VALUES.get(type(e))
        if handler is None:
            return False
        if isinstance(e, Name) and isinstance(f.package.info.uses.get(e), Nil):
            return True
        if is_interface(typ):
            own = f.type_of(e)
            return not is_interface(own) and self._interface(data, offset, typ, own, e)
        return handler(self, data, offset, typ, e)

    # ---- bytes

    def _put(self, data: Data, offset: int, contents: bytes) -> None:
        if not any(contents):
            return
        end = offset + len(contents)
        if end > MOST_DATA:
            return  # never made: the variable is told to be too large (compile.py)
        if len(data.contents) < end:
            data.contents += bytes(end - len(data.contents))
        data.contents[offset:end] = contents

    def _address(self, data: Data, offset: int, target: Target, addend: int = 0) -> bool:
        data.addresses.append(Address(offset, target, addend))
        return True

    def _constant(self, data: Data, offset: int, typ: Type, value: Constant) -> bool:
        if isinstance(value, String):
            text = value.value
            if text:
                self._address(data, offset, BytesRef(text))
                self._put(data, offset + _WORD, len(text).to_bytes(_WORD, "little"))
            return True
        if isinstance(value, bool):
            self._put(data, offset, bytes((value,)))
            return True
        leaves = self.f.shapes.leaves(typ)
        assert leaves is not None
        parts = (constant.real(value), constant.imag(value)) if is_complex(typ.underlying()) else (value,)
        for leaf, part in zip(leaves, parts, strict=True):
            width = SIZES[leaf.kind]
            if leaf.kind == F32:
                contents = struct.pack("<f", constant.float32(part))
            elif leaf.kind == F64:
                contents = struct.pack("<d", constant.float64(part))
            else:
                whole = constant.to_int(part)
                assert isinstance(whole, int)
                contents = (whole & ((1 << 8 * width) - 1)).to_bytes(width, "little")
            self._put(data, offset + leaf.offset, contents)
        return True

    # ---- new data

    def _new(self, typ: Type) -> Data:
        f = self.f
        sizes = f.shapes.sizes
        made = Data(f.package.numbered("stmp_"), sizes.sizeof(typ), sizes.alignof(typ), typ)
        f.package.unit.data.append(made)
        return made

    def _interface(self, data: Data, offset: int, typ: Type, own: Type, e: Expr) -> bool:
        """A value of a type that is none as an interface."""
        f = self.f
        if isinstance(own, Basic) and own.name == "untyped nil":
            return True
        if f.shapes.is_direct(own):
            if not self._value(data, offset + _WORD, own, e):
                return False
        elif f.shapes.sizes.sizeof(own) == 0:
            if not self._value(Data("", 0, 1, own), 0, own, e):
                return False
            self._address(data, offset + _WORD, _ZERO_BASE)
        else:
            sizes = f.shapes.sizes
            box = Data("", sizes.sizeof(own), sizes.alignof(own), own)
            inner = Filler(f, False, self.given)
            if not inner._value(box, 0, own, e) or inner.pending:
                return False
            box.contents += bytes(box.size - len(box.contents))
            known = f.package.read_only(bytes(box.contents), tuple(box.addresses), box.align, own)
            self._address(data, offset + _WORD, known)
        empty = not typ.underlying().type_set().methods  # type: ignore[attr-defined]
        return self._address(data, offset, TypeRef(own) if empty else ItabRef(own, typ))

    # ---- expressions

    def _name(self, data: Data, offset: int, typ: Type, e: Name) -> bool:
        obj = self.f.package.info.uses.get(e)
        if isinstance(obj, Var):
            return self._copy(data, offset, typ, obj)
        return isinstance(obj, Func) and self._function(data, offset, e, obj)

    def _copy(self, data: Data, offset: int, typ: Type, var: Var) -> bool:
        """The value of a variable."""
        source = self.given.get(var) if self.given is not None else None
        if source is None or source.typ is None or not identical(source.typ, typ):
            return False
        self._put(data, offset, bytes(source.contents))
        data.addresses += [one._replace(offset=offset + one.offset) for one in source.addresses]
        return True

    def _function(self, data: Data, offset: int, name: Name, obj: Func) -> bool:
        f = self.f
        instance = f.package.info.instances.get(name)
        if instance is None:
            return self._address(data, offset, FuncValueRef(f.package.names.object(obj)))
        return self._address(data, offset, FuncValueRef(f.package.needs(obj, tuple(f.typ(one) for one in instance.targs))))

    def _selector(self, data: Data, offset: int, typ: Type, e: SelectorExpr) -> bool:
        return e not in self.f.package.info.selections and self._name(data, offset, typ, e.sel)

    def _index(self, data: Data, offset: int, typ: Type, e: IndexExpr) -> bool:
        name = unparen(e.x)
        if isinstance(name, SelectorExpr) and name not in self.f.package.info.selections:
            name = name.sel
        return isinstance(name, Name) and name in self.f.package.info.instances and self._name(data, offset, typ, name)

    def _operation(self, data: Data, offset: int, typ: Type, e: Operation) -> bool:
        if e.op != AND or e.y is not None:
            return False
        inner = unparen(e.x)
        if isinstance(inner, CompositeLit):
            return self._pointer(data, offset, self.f.type_of(inner), inner)
        place = self._variable(inner)
        return place is not None and self._address(data, offset, place[0], place[1])

    def _pointer(self, data: Data, offset: int, typ: Type, e: CompositeLit) -> bool:
        """The address of a new variable with a literal's value."""
        if not self.fresh:
            return False
        made = self._new(typ)
        self.fill(made, 0, typ, e)
        return self._address(data, offset, DataRef(made.name))

    def _variable(self, e: Expr) -> tuple[DataRef, int] | None:
        """Where a variable of a package, or a part of it that is known, is."""
        f = self.f
        info = f.package.info
        offset = 0
        while True:
            e = unparen(e)
            if isinstance(e, SelectorExpr) and e in info.selections:
                selection = info.selections[e]
                if selection.indirect or not isinstance(selection.obj, Var):
                    return None
                under = f.type_of(e.x).underlying()
                for i in selection.index:
                    if not isinstance(under, Struct):
                        return None
                    offset += f.shapes.sizes.offsetsof(under)[i]
                    under = f.typ(under.fields[i].typ).underlying()
                e = e.x
            elif isinstance(e, IndexExpr):
                array = f.type_of(e.x).underlying()
                at = info.types[e.index].val if e.index in info.types else None
                if not isinstance(array, Array) or not isinstance(at, int):
                    return None
                offset += at * f.shapes.sizes.sizeof(f.typ(array.elem))
                e = e.x
            elif isinstance(e, (Name, SelectorExpr)):
                obj = info.uses.get(e if isinstance(e, Name) else e.sel)
                if not isinstance(obj, Var) or obj.kind != PACKAGE_VAR:
                    return None
                return DataRef(f.package.names.object(obj)), offset
            else:
                return None

    def _literal(self, data: Data, offset: int, typ: Type, e: FuncLit) -> bool:
        f = self.f
        if not self.fresh:
            return False
        name, captured = f.package.literal(f, e)
        if captured:
            raise f.bug("a function literal outside of functions has captured variables", e)
        return self._address(data, offset, FuncValueRef(name))

    def _call(self, data: Data, offset: int, typ: Type, e: CallExpr) -> bool:
        """Conversions that leave a value as it is."""
        f = self.f
        found = f.package.info.types.get(e.fun)
        if found is None or found.mode != TYPEXPR:
            return False
        arg = e.arg_list[0]
        have, want = f.type_of(arg), f.type_of(e)
        if is_interface(want):
            return False
        under, from_under = want.underlying(), have.underlying()
        if isinstance(under, Slice) and is_string(from_under):
            return self._bytes(data, offset, under, arg)
        pointers = (isinstance(under, Pointer) or _is_unsafe(under)) and (isinstance(from_under, Pointer) or _is_unsafe(from_under))
        nil = isinstance(from_under, Basic) and from_under.name == "untyped nil"
        if nil or pointers or identical(under, from_under):
            return self._value(data, offset, want, arg)
        return False

    def _bytes(self, data: Data, offset: int, under: Slice, e: Expr) -> bool:
        elem = under.elem.underlying()
        found = self.f.package.info.types.get(unparen(e))
        if not self.fresh or not isinstance(elem, Basic) or elem.kind != UINT8 or found is None or not isinstance(found.val, String):
            return False
        text = found.val.value
        made = self._new(Array(TYP[UINT8], len(text)))
        self._put(made, 0, text)
        return self._slice_header(data, offset, made, len(text))

    def _slice_header(self, data: Data, offset: int, array: Data, length: int) -> bool:
        self._put(data, offset + _WORD, length.to_bytes(_WORD, "little") * 2)
        return self._address(data, offset, DataRef(array.name))

    def _composite(self, data: Data, offset: int, typ: Type, e: CompositeLit) -> bool:
        f = self.f
        own = f.type_of(e)
        under = own.underlying()
        if isinstance(under, Pointer):
            # The & is left out inside another literal.
            if isinstance(typ.underlying(), Pointer):
                return self._pointer(data, offset, f.typ(under.elem), e)
            own = typ
            under = own.underlying()
        typ = own
        if isinstance(under, (Struct, Array)):
            self.parts(data, offset, typ, e)
            return True
        if isinstance(under, Slice) and self.fresh:
            elements = literals.indexed(f, e)
            length = max((at + 1 for at, _ in elements), default=0)
            elem = f.typ(under.elem)
            if not length:
                return self._address(data, offset, _ZERO_BASE)
            array = self._new(Array(elem, length))
            self._elements(array, 0, elem, elements)
            return self._slice_header(data, offset, array, length)
        return False

    def parts(self, data: Data, offset: int, typ: Type, e: CompositeLit) -> None:
        """Put the fields or elements of a literal into data, or remember them."""
        f = self.f
        under = typ.underlying()
        if isinstance(under, Struct):
            for i, one in enumerate(e.elem_list):
                path, value = literals.field_path(f, one, i, under)
                around, at = typ, offset
                for index in path:
                    inside = around.underlying()
                    assert isinstance(inside, Struct)
                    at += f.shapes.sizes.offsetsof(inside)[index]
                    around = f.typ(inside.fields[index].typ)
                    blank = inside.fields[index].name == "_"
                known = f.package.info.types.get(value)
                if not blank or known is None or known.val is None:
                    self.fill(data, at, around, value)
        else:
            assert isinstance(under, Array)
            self._elements(data, offset, f.typ(under.elem), literals.indexed(f, e))

    def _elements(self, data: Data, offset: int, elem: Type, elements: list[tuple[int, Expr]]) -> None:
        size = self.f.shapes.sizes.sizeof(elem)
        for at, value in elements:
            self.fill(data, offset + at * size, elem, value)


def _is_unsafe(under: Type) -> bool:
    return isinstance(under, Basic) and under.kind == UNSAFE_POINTER


_VALUES: Final[dict[type, Callable[[Filler, Data, int, Type, Any], bool]]] = {
    Name: Filler._name,
    SelectorExpr: Filler._selector,
    IndexExpr: Filler._index,
    Operation: Filler._operation,
    CompositeLit: Filler._composite,
    FuncLit: Filler._literal,
    CallExpr: Filler._call,
}
