# SPDX-License-Identifier: BSD-3-Clause
"""What a function costs to be inlined, counted on its syntax as stock's compiler counts nodes of its tree.

Which calls are inlined shows in tracebacks, so what stock inlines is inlined here. What a call adds depends on its callee, which is looked
at when functions are inlined: a `Price` is the sum of all else, and the calls. Functions of which the number of stock's nodes is not
known have none: instances of generic functions, and what ranges over functions.

Facts: src/cmd/compile/internal/inline/inl.go (hairyVisitor), src/cmd/compile/internal/noder/{reader,writer}.go and
src/cmd/compile/internal/typecheck (which nodes there are).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from pygo_cross.lower import intrinsics, methods
from pygo_cross.ssa.unit import Price
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssertExpr,
    AssignStmt,
    BasicLit,
    BlockStmt,
    BranchStmt,
    CallExpr,
    CallStmt,
    CompositeLit,
    DeclStmt,
    EmptyStmt,
    Expr,
    ExprStmt,
    ForStmt,
    FuncLit,
    IfStmt,
    IndexExpr,
    KeyValueExpr,
    LabeledStmt,
    Name,
    Operation,
    RangeClause,
    ReturnStmt,
    SelectorExpr,
    SelectStmt,
    SendStmt,
    SliceExpr,
    Stmt,
    SwitchStmt,
    TypeSwitchGuard,
    VarDecl,
    unpack_list,
    unparen,
)
from pygo_cross.types import universe as u
from pygo_cross.types.check.operand import BUILTIN, TYPEXPR
from pygo_cross.types.objects import Builtin, Func, Var
from pygo_cross.types.predicates import identical, identical_ignoring_tags, is_integer, is_interface, is_string, is_unsigned
from pygo_cross.types.selection import METHOD_EXPR
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import (
    TYP,
    UINTPTR,
    UNSAFE_POINTER,
    UNTYPED_NIL,
    Array,
    Basic,
    Chan,
    Map,
    Pointer,
    Signature,
    Slice,
    Struct,
    Tuple,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

CALL: Final = 57
"""What a call costs that is not inlined."""
_PARAMETER_CALL: Final = 17
_LITERAL: Final = 16
_LIMIT: Final = 10 * 80
"""No function that costs more is ever inlined."""
_VERBS: Final = [f"{verb}Uint{bits}" for verb in ("", "Put", "Append") for bits in (16, 32, 64)]
_CHEAP: Final = frozenset(
    ["internal/abi.NoEscape"]
    + [f"encoding/binary.{order}Endian.{verb}" for order in ("little", "big") for verb in _VERBS]
    + [f"internal/byteorder.{order}{verb}" for order in ("LE", "BE") for verb in _VERBS]
)


class _NotCounted(Exception):
    """Something of which it is not known what it costs, or that is never inlined."""


def price(f: FuncLowering, body: BlockStmt, params: Sequence[Var]) -> Price | None:
    """What a function costs; None if that is not known."""
    count = _Count(f, params)
    try:
        count.stmts(body.list)
    except _NotCounted:
        return None
    return Price(count.total, tuple(count.calls))


@final
class _Count:
    """The nodes of one function."""

    __slots__ = ("calls", "f", "info", "names", "params", "total")

    def __init__(self, f: FuncLowering, params: Sequence[Var]) -> None:
        self.f = f
        self.info = f.package.info
        self.names = f.package.names
        self.params = frozenset(params)
        self.total = 0
        self.calls: list[tuple[str, int]] = []

    # ---- statements

    def stmts(self, stmts: Sequence[Stmt]) -> None:
        for stmt in stmts:
            if self.total > _LIMIT:
                return
            self.stmt(stmt)

    def stmt(self, stmt: Stmt | None) -> None:
        if stmt is not None:
            _STMTS[type(stmt)](self, stmt)

    def nothing(self, stmt: Stmt) -> None:
        pass

    def never(self, stmt: Stmt) -> None:
        raise _NotCounted

    def one(self, stmt: Stmt) -> None:
        self.total += 1

    def block(self, stmt: BlockStmt) -> None:
        self.stmts(stmt.list)

    def labeled(self, stmt: LabeledStmt) -> None:
        self.total += 1
        self.stmt(stmt.stmt)

    def expression(self, stmt: ExprStmt) -> None:
        self.expr(stmt.x)

    def send(self, stmt: SendStmt) -> None:
        self.total += 1
        self.expr(stmt.chan)
        chan = self.type(stmt.chan).underlying()
        self.converted(stmt.value, chan.elem if isinstance(chan, Chan) else None)

    def branch(self, stmt: BranchStmt) -> None:
        if stmt.tok != tk.FALLTHROUGH:
            self.total += 1

    def declarations(self, stmt: DeclStmt) -> None:
        for decl in stmt.decl_list:
            if isinstance(decl, VarDecl):
                values = unpack_list(decl.values)
                if not values:
                    self.total += 4 * len(decl.name_list)
                else:
                    self.assigned(list(decl.name_list), values, decl.type is None)

    def assign(self, stmt: AssignStmt) -> None:
        lhs = unpack_list(stmt.lhs)
        if stmt.op not in (tk.NO_OP, tk.DEF):
            self.total += 1
            self.expr(lhs[0])
            if stmt.rhs is None:
                self.total += 1
            else:
                self.expr(stmt.rhs)
            return
        self.assigned(lhs, unpack_list(stmt.rhs), stmt.op == tk.DEF)

    def assigned(self, lhs: Sequence[Expr], rhs: Sequence[Expr], inferred: bool) -> None:
        """An assignment, with what declares variables."""
        self.total += 1
        self.places(lhs)
        if len(lhs) != len(rhs):
            self.expr(rhs[0])
            targets = [unparen(one) for one in lhs]
            new = [isinstance(to, Name) and (to.value == "_" or (inferred and to in self.info.defs)) for to in targets]
            self.spread(rhs[0], [None if is_new else self.type(to) for to, is_new in zip(targets, new, strict=True)])
            return
        for to, value in zip(lhs, rhs, strict=True):
            to = unparen(to)
            if isinstance(to, Name) and (to.value == "_" or (inferred and to in self.info.defs)):
                self.expr(value)
            else:
                self.converted(value, self.type(to))

    def places(self, lhs: Sequence[Expr]) -> None:
        """What is assigned to; of a variable that is new, its declaration as well."""
        for one in lhs:
            one = unparen(one)
            if isinstance(one, Name) and one.value == "_":
                self.total += 1
            elif isinstance(one, Name) and one in self.info.defs:
                self.total += 3
            else:
                self.expr(one)

    def results(self, stmt: ReturnStmt) -> None:
        self.total += 1
        values = unpack_list(stmt.results)
        types = self.f.info.results
        if len(values) == 1 and len(types) > 1:
            self.total += 4 * len(types) + 1
            self.expr(values[0])
            self.spread(values[0], types)
            return
        for value, typ in zip(values, types, strict=bool(values)):
            self.converted(value, typ)

    def spread(self, e: Expr, types: Sequence[Type | None]) -> None:
        """Several values of one expression, as values of types that may be interfaces."""
        found = self.info.types.get(unparen(e))
        if found is not None and isinstance(found.typ, Tuple):
            for var, to in zip(found.typ.vars, types, strict=False):
                self.total += to is not None and self.is_converted(self.f.typ(var.typ), to)

    def condition(self, stmt: IfStmt) -> None:
        known = self.truth(stmt.cond)
        if known is not None:
            self.stmt(stmt.init)
            self.stmt(stmt.then if known else stmt.els)
            return
        self.total += 1
        self.stmt(stmt.init)
        if stmt.cond is not None:
            self.expr(stmt.cond)
        self.stmt(stmt.then)
        self.stmt(stmt.els)

    def truth(self, e: Expr | None) -> bool | None:
        """What a condition is known to be at compile time."""
        if e is None:
            return None
        e = unparen(e)
        found = self.info.types.get(e)
        if found is not None and found.val is not None:
            return bool(found.val)
        if isinstance(e, Operation):
            if e.op == tk.NOT and e.y is None:
                x = self.truth(e.x)
                return None if x is None else not x
            if e.op in (tk.AND_AND, tk.OR_OR) and e.y is not None:
                x, y, stops = self.truth(e.x), self.truth(e.y), e.op == tk.OR_OR
                if x is stops or y is stops:
                    return stops
                return x if x is y else None
        return None

    def loop(self, stmt: ForStmt) -> None:
        self.total += 1
        if isinstance(stmt.init, RangeClause):
            clause = stmt.init
            typ = self.type(clause.x).underlying()
            if isinstance(typ, Signature):
                raise _NotCounted
            self.places(unpack_list(clause.lhs))
            self.expr(clause.x)
        else:
            self.stmt(stmt.init)
            if stmt.cond is not None:
                self.expr(stmt.cond)
            self.stmt(stmt.post)
        self.stmt(stmt.body)

    def switch(self, stmt: SwitchStmt) -> None:
        self.total += 1
        self.stmt(stmt.init)
        tag = stmt.tag
        variable = False
        typ: Type | None = None
        if isinstance(tag, TypeSwitchGuard):
            variable = tag.lhs is not None
            self.total += 1 + variable
            self.expr(tag.x)
        elif tag is not None:
            self.expr(tag)
            typ = self.type(tag)
        for clause in stmt.body:
            self.total += 1 + variable
            for case in unpack_list(clause.cases):
                found = self.info.types.get(case)
                if found is None or found.mode != TYPEXPR:
                    self.converted(case, typ)
            self.stmts(clause.body)

    def select(self, stmt: SelectStmt) -> None:
        self.total += 1
        for clause in stmt.body:
            self.total += 1
            self.stmt(clause.comm)
            self.stmts(clause.body)

    # ---- expressions

    def type(self, e: Expr) -> Type:
        return self.f.type_of(e)

    def converted(self, e: Expr, to: Type | None) -> None:
        """An expression as a value of a type that may be an interface."""
        self.expr(e)
        if to is None or not is_interface(to):
            return
        found = self.info.types.get(unparen(e))
        self.total += self.is_converted(self.type(e) if found is None or found.typ is None else found.typ, to)

    def is_converted(self, typ: Type, to: Type) -> bool:
        """Whether an interface is made of a value."""
        if not is_interface(to) or isinstance(typ, Tuple) or typ is TYP[UNTYPED_NIL]:
            return False
        return not (is_interface(typ) and identical(typ.underlying(), to.underlying()))

    def expr(self, e: Expr) -> None:
        e = unparen(e)
        found = self.info.types.get(e)
        if found is not None:
            if found.val is not None:
                self.total += 1
                return
            if found.mode == TYPEXPR:
                return
        count = _EXPRS.get(type(e))
        if count is None:
            raise _NotCounted
        count(self, e)

    def leaf(self, e: Expr) -> None:
        self.total += 1

    def literal(self, e: FuncLit) -> None:
        self.total += _LITERAL

    def selector(self, e: SelectorExpr) -> None:
        selection = self.info.selections.get(e)
        if selection is None:
            self.total += 1  # another package's
            return
        if selection.kind == METHOD_EXPR:
            return
        if isinstance(selection.obj, Func):
            self.total += 2 + len(selection.index) - 1
        else:
            self.total += len(selection.index)
        self.expr(e.x)

    def index(self, e: IndexExpr) -> None:
        x = self.type(e.x).underlying()
        if isinstance(x, Signature):
            raise _NotCounted  # an instance as a value
        self.total += 1 + isinstance(x, Pointer)
        self.expr(e.x)
        self.converted(e.index, x.key if isinstance(x, Map) else None)

    def slice(self, e: SliceExpr) -> None:
        x = self.type(e.x).underlying()
        self.total += 1 + isinstance(x, Array)
        self.expr(e.x)
        for place, bound in enumerate((e.low, e.high, e.max)):
            if bound is None:
                continue
            found = self.info.types.get(bound)
            if place == 0 and found is not None and found.val is not None and not found.val:
                continue
            bound = unparen(bound)
            if place == 1 and isinstance(bound, CallExpr) and self.is_length_of(bound, e.x):
                continue
            self.expr(bound)

    def is_length_of(self, call: CallExpr, e: Expr) -> bool:
        """Whether something is the length of a variable."""
        fun, e = unparen(call.fun), unparen(e)
        if not isinstance(fun, Name) or not isinstance(e, Name) or len(call.arg_list) != 1:
            return False
        uses = self.info.uses
        builtin, arg = uses.get(fun), unparen(call.arg_list[0])
        return isinstance(builtin, Builtin) and builtin.id_ == u.LEN and isinstance(arg, Name) and uses.get(arg) is uses.get(e)

    def assertion(self, e: AssertExpr) -> None:
        self.total += 1
        self.expr(e.x)

    def operation(self, e: Operation) -> None:
        if e.y is None:
            self.unary(e)
            return
        x, y = self.type(e.x), self.type(e.y)
        if e.op == tk.ADD and is_string(x):
            self.total += 1
            self.sum(e)
            return
        self.total += 1
        comparison = is_interface(x) != is_interface(y)
        self.converted(e.x, y if comparison else None)
        self.converted(e.y, x if comparison else None)

    def sum(self, e: Expr) -> None:
        """The operands of a sum of strings, which is one node."""
        e = unparen(e)
        found = self.info.types.get(e)
        if isinstance(e, Operation) and e.y is not None and e.op == tk.ADD and (found is None or found.val is None):
            self.sum(e.x)
            self.expr(e.y)
        else:
            self.expr(e)

    def unary(self, e: Operation) -> None:
        x = unparen(e.x)
        if e.op == tk.AND:
            self.address(x)
        elif e.op == tk.MUL:
            while isinstance(x, CallExpr) and len(x.arg_list) == 1 and self.is_type(x.fun):
                x = unparen(x.arg_list[0])
            self.total += 0 if isinstance(x, Operation) and x.y is None and x.op == tk.AND else 1
            self.expr(e.x)
        else:
            self.total += 1
            self.expr(e.x)

    def is_type(self, e: Expr) -> bool:
        found = self.info.types.get(e)
        return found is not None and found.mode == TYPEXPR

    def address(self, x: Expr) -> None:
        """&x; that of a variable's first field costs nothing."""
        if isinstance(x, SelectorExpr):
            selection = self.info.selections.get(x)
            if selection is not None and selection.index == (0,) and isinstance(unparen(x.x), Name):
                self.total -= 2
        self.total += 1
        self.expr(x)

    def composite(self, e: CompositeLit) -> None:
        typ = self.type(e).underlying()
        if isinstance(typ, Pointer):  # &T without the words, in a literal
            self.total += 1
            typ = typ.elem.underlying()
        self.total += 2 if isinstance(typ, Slice) else 1
        if isinstance(typ, Map):
            for one in e.elem_list:
                assert isinstance(one, KeyValueExpr)
                self.total += 1
                self.element(one.key, typ.key)
                self.element(one.value, typ.elem)
        elif isinstance(typ, (Slice, Array)):
            for one in e.elem_list:
                if isinstance(one, KeyValueExpr):
                    self.total += 2
                    one = one.value
                self.element(one, typ.elem)
        else:
            assert isinstance(typ, Struct)
            fields = {var.name: var.typ for var in typ.fields}
            kinds = [var.typ for var in typ.fields]
            for number, one in enumerate(e.elem_list):
                self.total += 1
                if isinstance(one, KeyValueExpr):
                    key = one.key
                    self.element(one.value, fields.get(key.value) if isinstance(key, Name) else None)
                else:
                    self.element(one, kinds[number])

    def element(self, e: Expr, typ: Type | None) -> None:
        self.converted(e, typ)

    # ---- calls

    def call(self, e: CallExpr) -> None:
        fun = unparen(e.fun)
        found = self.info.types.get(e.fun)
        if found is not None and found.mode == TYPEXPR:
            self.conversion(e)
            return
        if found is not None and found.mode == BUILTIN:
            self.builtin(e)
            return
        sig = self.type(e.fun).underlying()
        assert isinstance(sig, Signature)
        self.total += 1
        self.callee(fun)
        self.arguments(e, sig)

    def callee(self, fun: Expr) -> None:
        """What is called, and what that costs."""
        name: Expr = fun
        if isinstance(fun, IndexExpr):
            name = unparen(fun.x)
        if isinstance(name, SelectorExpr):
            selection = self.info.selections.get(name)
            if selection is not None:
                if isinstance(selection.obj, Func) and selection.kind != METHOD_EXPR:
                    self.method(name)
                else:
                    self.total += CALL
                    self.expr(fun)
                return
            name = name.sel
        if isinstance(name, Name):
            obj = self.info.uses.get(name)
            if isinstance(obj, Func):
                self.total += 1
                instance = self.info.instances.get(name)
                if instance is not None:
                    self.total += 2  # the dictionary
                    self.costs(self.names.object(obj.origin, tuple([self.f.typ(one) for one in instance.targs])))
                else:
                    self.costs(self.names.object(obj))
                return
            if isinstance(obj, Var) and (obj in self.params or obj in self.f.addresses or obj in self.f.known):
                self.total += 1 + _PARAMETER_CALL
                return
        self.total += CALL
        self.expr(fun)

    def costs(self, name: str) -> None:
        """A call of a function that is known."""
        if name in intrinsics.INTRINSICS or name in intrinsics.BY_NAME or name in _CHEAP:
            return
        self.calls.append((name, CALL))

    def method(self, e: SelectorExpr) -> None:
        """A method, and its receiver."""
        method = methods.selected(self.f, e, self.info.selections[e])
        self.total += len(method.path)
        if is_interface(method.receiver):
            self.total += 1 + CALL
            self.expr(e.x)
            return
        base = unparen(e.x)
        last = self.last(method)
        if isinstance(method.receiver, Pointer) and not isinstance(last.underlying(), Pointer):
            self.total += 1
            if not method.path and isinstance(base, SelectorExpr):
                selection = self.info.selections.get(base)
                if selection is not None and selection.index == (0,) and isinstance(unparen(base.x), Name):
                    self.total -= 2
            elif method.path == (0,) and isinstance(base, Name):
                self.total -= 2
        elif not isinstance(method.receiver, Pointer) and isinstance(last.underlying(), Pointer):
            self.total += 1
        self.expr(e.x)
        if method.targs:
            self.total += 2
        self.costs(self.names.method(method.func, method.receiver, method.targs))

    def last(self, method: methods.Method) -> Type:
        """The type of the field whose method it is."""
        typ = method.base
        for i in method.path:
            under = typ.underlying()
            if isinstance(under, Pointer):
                under = under.elem.underlying()
            assert isinstance(under, Struct)
            typ = under.fields[i].typ
        return typ

    def arguments(self, e: CallExpr, sig: Signature) -> None:
        params = [var.typ for var in sig.params.vars]
        args = e.arg_list
        if len(args) == 1:
            found = self.info.types.get(unparen(args[0]))
            if found is not None and isinstance(found.typ, Tuple):
                count = len(found.typ.vars)
                self.total += 4 * count + 1
                self.expr(args[0])
                if sig.variadic:
                    self.total += 2 if count >= len(params) else 1
                return
        fixed = len(params)
        if sig.variadic and not e.has_dots:
            fixed -= 1
            self.total += 2 if len(args) > fixed else 1
        last = params[-1].underlying() if params else None
        for number, arg in enumerate(args):
            if number < fixed:
                self.converted(arg, params[number])
            else:
                self.converted(arg, last.elem if isinstance(last, Slice) else None)

    def conversion(self, e: CallExpr) -> None:
        arg = e.arg_list[0]
        to, found = self.type(e), self.info.types.get(unparen(arg))
        self.expr(arg)
        if found is None or found.typ is None or not _same_bits(found.typ, to, self.f.shapes.sizes):
            self.total += 1

    def builtin(self, e: CallExpr) -> None:
        name = unparen(e.fun)
        name = name.sel if isinstance(name, SelectorExpr) else name
        obj = self.info.uses.get(name) if isinstance(name, Name) else None
        if not isinstance(obj, Builtin) or obj.id_ == u.RECOVER:
            raise _NotCounted
        args = e.arg_list
        first = self.info.types.get(unparen(args[0])) if args else None
        if first is not None and isinstance(first.typ, Tuple):
            raise _NotCounted  # all results of a call
        self.total += 1
        if obj.id_ == u.PANIC:
            self.total += 1
            self.expr(args[0])
        elif obj.id_ == u.NEW:
            self.expr(args[0])
        elif obj.id_ == u.MAKE:
            for arg in args[1:]:
                self.expr(arg)
            if len(args) == 1:
                self.total += 1
        elif obj.id_ == u.APPEND:
            slice_type = self.type(e).underlying()
            self.expr(args[0])
            for arg in args[1:]:
                self.converted(arg, slice_type.elem if isinstance(slice_type, Slice) and not e.has_dots else None)
        elif obj.id_ == u.DELETE:
            map_type = self.type(args[0]).underlying()
            self.expr(args[0])
            self.converted(args[1], map_type.key if isinstance(map_type, Map) else None)
        else:
            for arg in args:
                self.expr(arg)


def _same_bits(x: Type, y: Type, sizes: Sizes) -> bool:
    """Whether a conversion leaves a value as it is."""
    a, b = x.underlying(), y.underlying()
    if identical_ignoring_tags(a, b):
        return True
    if isinstance(a, Pointer) and isinstance(b, Pointer):
        return True
    if isinstance(a, Chan) and isinstance(b, Chan):
        return True
    if isinstance(a, Basic) and isinstance(b, Basic):
        if UNSAFE_POINTER in (a.kind, b.kind):
            return a.kind in (UNSAFE_POINTER, UINTPTR) and b.kind in (UNSAFE_POINTER, UINTPTR)
        return is_integer(a) and is_integer(b) and is_unsigned(a) == is_unsigned(b) and sizes.sizeof(a) == sizes.sizeof(b)
    return (isinstance(a, Pointer) and isinstance(b, Basic) and b.kind == UNSAFE_POINTER) or (
        isinstance(b, Pointer) and isinstance(a, Basic) and a.kind == UNSAFE_POINTER
    )


_STMTS: Final[dict[type[Stmt], Callable[[_Count, Any], None]]] = {
    AssignStmt: _Count.assign,
    BlockStmt: _Count.block,
    BranchStmt: _Count.branch,
    CallStmt: _Count.never,
    DeclStmt: _Count.declarations,
    EmptyStmt: _Count.nothing,
    ExprStmt: _Count.expression,
    ForStmt: _Count.loop,
    IfStmt: _Count.condition,
    LabeledStmt: _Count.labeled,
    ReturnStmt: _Count.results,
    SelectStmt: _Count.select,
    SendStmt: _Count.send,
    SwitchStmt: _Count.switch,
}
_EXPRS: Final[dict[type[Expr], Callable[[_Count, Any], None]]] = {
    AssertExpr: _Count.assertion,
    BasicLit: _Count.leaf,
    CallExpr: _Count.call,
    CompositeLit: _Count.composite,
    FuncLit: _Count.literal,
    IndexExpr: _Count.index,
    Name: _Count.leaf,
    Operation: _Count.operation,
    SelectorExpr: _Count.selector,
    SliceExpr: _Count.slice,
}
