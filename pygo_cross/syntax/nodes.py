# SPDX-License-Identifier: BSD-3-Clause
"""The nodes of the syntax tree: one final class a syntactic form, named as in src/cmd/compile/internal/syntax/nodes.go.

`pos` of every node is the position of the token that tells the form (the leftmost one, or the operator, `[`, `(`, `.`): where
cmd/compile's messages about the node stand. `end`, where a node has one, is the position just behind its closing token. Where
a node starts and ends as a whole is for the functions of `positions`.

A tree has no cycles and no parent pointers, so it is freed without the garbage collector; names declared together share one
type node, so it is a DAG there. Nodes are hashed and compared by identity: what is found out about a node is kept in
dictionaries outside (`File.branch_targets` is one). Tables of behaviour are keyed by `type(node)`. `None` stands for an absent
child, an empty list for an absent list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from .directives import Directive, Linkname, Pragma
    from .source import SourceFile


class Node:
    """Anything with a position."""

    __slots__ = ("pos",)

    pos: int


class Expr(Node):
    """An expression or a type: the parser does not always know which."""

    __slots__ = ()


class Stmt(Node):
    """A statement."""

    __slots__ = ()


class SimpleStmt(Stmt):
    """A statement that may stand in the header of another one."""

    __slots__ = ()


class Decl(Node):
    """A declaration of one name, or of the names of one specification; `group` tells which `( ... )` it stands in: the
    position of its `(`, or 0 outside of any. `pragma` are the compiler directives above it."""

    __slots__ = ()


@final
class Field(Node):
    """A field of a struct, a parameter, a type parameter, a method or an embedded element of an interface: `name type`, or
    `type` alone.

    Names that are declared together are a `Field` each and share one `type`. `pos` is the name's position, or the type's.
    """

    __slots__ = ("name", "type")

    def __init__(self, pos: int, name: Name | None, type: Expr) -> None:
        self.pos = pos
        self.name = name
        self.type = type


@final
class BadExpr(Expr):
    """Stands where an expression is missing or wrong; its error is reported."""

    __slots__ = ()

    def __init__(self, pos: int) -> None:
        self.pos = pos


@final
class Name(Expr):
    """An identifier."""

    __slots__ = ("value",)

    def __init__(self, pos: int, value: str) -> None:
        self.pos = pos
        self.value = value


@final
class BasicLit(Expr):
    """A literal as it is written: `value` is the source text, `kind` one of the *_LIT of `tokens`; `bad` says that it has an
    error, which is reported."""

    __slots__ = ("bad", "kind", "value")

    def __init__(self, pos: int, value: str, kind: int, bad: bool) -> None:
        self.pos = pos
        self.value = value
        self.kind = kind
        self.bad = bad


@final
class CompositeLit(Expr):
    """`type{elem_list}`; `type` is None in an element of another one. `nkeys` elements have keys. `pos` and `rbrace` are those
    of the braces."""

    __slots__ = ("elem_list", "nkeys", "rbrace", "type")

    def __init__(self, pos: int, type: Expr | None, elem_list: list[Expr], nkeys: int, rbrace: int) -> None:
        self.pos = pos
        self.type = type
        self.elem_list = elem_list
        self.nkeys = nkeys
        self.rbrace = rbrace


@final
class KeyValueExpr(Expr):
    """`key: value`, at the colon."""

    __slots__ = ("key", "value")

    def __init__(self, pos: int, key: Expr, value: Expr) -> None:
        self.pos = pos
        self.key = key
        self.value = value


@final
class FuncLit(Expr):
    """`func type body`, at `func`."""

    __slots__ = ("body", "type")

    def __init__(self, pos: int, type: FuncType, body: BlockStmt) -> None:
        self.pos = pos
        self.type = type
        self.body = body


@final
class ParenExpr(Expr):
    """`(x)`. Parentheses around types, and some others, are not nodes: `File.parens` has them."""

    __slots__ = ("end", "x")

    def __init__(self, pos: int, x: Expr, end: int) -> None:
        self.pos = pos
        self.x = x
        self.end = end


@final
class SelectorExpr(Expr):
    """`x.sel`, at the dot."""

    __slots__ = ("sel", "x")

    def __init__(self, pos: int, x: Expr, sel: Name) -> None:
        self.pos = pos
        self.x = x
        self.sel = sel


@final
class IndexExpr(Expr):
    """`x[index]`, at the bracket; more than one type argument is a `ListExpr`."""

    __slots__ = ("end", "index", "x")

    def __init__(self, pos: int, x: Expr, index: Expr, end: int) -> None:
        self.pos = pos
        self.x = x
        self.index = index
        self.end = end


@final
class SliceExpr(Expr):
    """`x[low:high:max]`, at the bracket; `full` says that there were two colons."""

    __slots__ = ("end", "full", "high", "low", "max", "x")

    def __init__(self, pos: int, x: Expr, low: Expr | None, high: Expr | None, max: Expr | None, full: bool, end: int) -> None:
        self.pos = pos
        self.x = x
        self.low = low
        self.high = high
        self.max = max
        self.full = full
        self.end = end


@final
class AssertExpr(Expr):
    """`x.(type)` with a type, at the dot."""

    __slots__ = ("end", "type", "x")

    def __init__(self, pos: int, x: Expr, type: Expr, end: int) -> None:
        self.pos = pos
        self.x = x
        self.type = type
        self.end = end


@final
class TypeSwitchGuard(Expr):
    """`x.(type)` with the keyword, or `lhs := x.(type)`, at the dot."""

    __slots__ = ("end", "lhs", "x")

    def __init__(self, pos: int, lhs: Name | None, x: Expr, end: int) -> None:
        self.pos = pos
        self.lhs = lhs
        self.x = x
        self.end = end


@final
class Operation(Expr):
    """`x op y`, at the operator, or with no `y` the unary `op x`; `*x` is MUL without `y`, whether pointer type or
    indirection."""

    __slots__ = ("op", "x", "y")

    def __init__(self, pos: int, op: int, x: Expr, y: Expr | None) -> None:
        self.pos = pos
        self.op = op
        self.x = x
        self.y = y


@final
class CallExpr(Expr):
    """`fun(arg_list)`, at the parenthesis; `has_dots` says that `...` follows the last argument. Conversions look the same."""

    __slots__ = ("arg_list", "end", "fun", "has_dots")

    def __init__(self, pos: int, fun: Expr, arg_list: list[Expr], has_dots: bool, end: int) -> None:
        self.pos = pos
        self.fun = fun
        self.arg_list = arg_list
        self.has_dots = has_dots
        self.end = end


@final
class ListExpr(Expr):
    """Two or more expressions with commas between them, at the first one."""

    __slots__ = ("elem_list",)

    def __init__(self, pos: int, elem_list: list[Expr]) -> None:
        self.pos = pos
        self.elem_list = elem_list


@final
class ArrayType(Expr):
    """`[len]elem`; `len` is None for `[...]elem`."""

    __slots__ = ("elem", "len")

    def __init__(self, pos: int, len: Expr | None, elem: Expr) -> None:
        self.pos = pos
        self.len = len
        self.elem = elem


@final
class SliceType(Expr):
    """`[]elem`."""

    __slots__ = ("elem",)

    def __init__(self, pos: int, elem: Expr) -> None:
        self.pos = pos
        self.elem = elem


@final
class DotsType(Expr):
    """`...elem` of a last parameter."""

    __slots__ = ("elem",)

    def __init__(self, pos: int, elem: Expr) -> None:
        self.pos = pos
        self.elem = elem


@final
class StructType(Expr):
    """`struct{...}`. `tag_list[i]` is the tag of `field_list[i]`; it may be shorter, and is empty without tags."""

    __slots__ = ("end", "field_list", "tag_list")

    def __init__(self, pos: int, field_list: list[Field], tag_list: list[BasicLit | None], end: int) -> None:
        self.pos = pos
        self.field_list = field_list
        self.tag_list = tag_list
        self.end = end


@final
class InterfaceType(Expr):
    """`interface{...}`: methods have a name and a `FuncType`, embedded elements no name."""

    __slots__ = ("end", "method_list")

    def __init__(self, pos: int, method_list: list[Field], end: int) -> None:
        self.pos = pos
        self.method_list = method_list
        self.end = end


@final
class FuncType(Expr):
    """A signature, at its `(`, or `[` where there are type parameters. `func` is the position of the keyword, 0 for a method
    of an interface; `end` is 0 where the result is a type without parentheses. Type parameters are kept by the declaration."""

    __slots__ = ("end", "func", "param_list", "result_list")

    def __init__(self, pos: int, param_list: list[Field], result_list: list[Field], func: int, end: int) -> None:
        self.pos = pos
        self.param_list = param_list
        self.result_list = result_list
        self.func = func
        self.end = end


@final
class MapType(Expr):
    """`map[key]value`."""

    __slots__ = ("key", "value")

    def __init__(self, pos: int, key: Expr, value: Expr) -> None:
        self.pos = pos
        self.key = key
        self.value = value


@final
class ChanType(Expr):
    """`chan elem`, `chan<- elem`, `<-chan elem`; `dir` is one of BOTH_DIR, SEND_ONLY, RECV_ONLY. `pos` is where cmd/compile
    says it is; `begin` is the leftmost token, which differs where the arrow was first read as a receive operator. `arrow`
    is the position of `<-`, or 0."""

    __slots__ = ("arrow", "begin", "dir", "elem")

    def __init__(self, pos: int, dir: int, elem: Expr, begin: int, arrow: int) -> None:
        self.pos = pos
        self.dir = dir
        self.elem = elem
        self.begin = begin
        self.arrow = arrow


@final
class ImportDecl(Decl):
    """`local_pkg_name path` of an import, at the name or path; `path` is None where it is missing."""

    __slots__ = ("group", "local_pkg_name", "path", "pragma")

    def __init__(self, pos: int, group: int, pragma: Pragma | None, local_pkg_name: Name | None, path: BasicLit | None) -> None:
        self.pos = pos
        self.group = group
        self.pragma = pragma
        self.local_pkg_name = local_pkg_name
        self.path = path


@final
class ConstDecl(Decl):
    """`name_list type = values` of a `const`, at the first name; without `type` and `values`, those of the specification above
    hold."""

    __slots__ = ("group", "name_list", "pragma", "type", "values")

    def __init__(self, pos: int, group: int, pragma: Pragma | None, name_list: list[Name], type: Expr | None, values: Expr | None) -> None:
        self.pos = pos
        self.group = group
        self.pragma = pragma
        self.name_list = name_list
        self.type = type
        self.values = values


@final
class TypeDecl(Decl):
    """`name[tparam_list] type`, with `=` where it is an alias, at the name."""

    __slots__ = ("alias", "group", "name", "pragma", "tparam_list", "type")

    def __init__(self, pos: int, group: int, pragma: Pragma | None, name: Name, tparam_list: list[Field], alias: bool, type: Expr) -> None:
        self.pos = pos
        self.group = group
        self.pragma = pragma
        self.name = name
        self.tparam_list = tparam_list
        self.alias = alias
        self.type = type


@final
class VarDecl(Decl):
    """`name_list type = values` of a `var`, at the first name."""

    __slots__ = ("group", "name_list", "pragma", "type", "values")

    def __init__(self, pos: int, group: int, pragma: Pragma | None, name_list: list[Name], type: Expr | None, values: Expr | None) -> None:
        self.pos = pos
        self.group = group
        self.pragma = pragma
        self.name_list = name_list
        self.type = type
        self.values = values


@final
class FuncDecl(Decl):
    """`func (recv) name[tparam_list]type body`, at the receiver's `(` or else the name; `type.func` is the keyword's position.
    `body` is None where it is written elsewhere (assembly, linkname)."""

    __slots__ = ("body", "name", "pragma", "recv", "tparam_list", "type")

    def __init__(
        self,
        pos: int,
        pragma: Pragma | None,
        recv: Field | None,
        name: Name,
        tparam_list: list[Field],
        type: FuncType,
        body: BlockStmt | None,
    ) -> None:
        self.pos = pos
        self.pragma = pragma
        self.recv = recv
        self.name = name
        self.tparam_list = tparam_list
        self.type = type
        self.body = body


@final
class EmptyStmt(SimpleStmt):
    """Nothing, at the semicolon or `}` that ends it."""

    __slots__ = ()

    def __init__(self, pos: int) -> None:
        self.pos = pos


@final
class LabeledStmt(Stmt):
    """`label: stmt`, at the colon."""

    __slots__ = ("label", "stmt")

    def __init__(self, pos: int, label: Name, stmt: Stmt) -> None:
        self.pos = pos
        self.label = label
        self.stmt = stmt


@final
class BlockStmt(Stmt):
    """`{list}`."""

    __slots__ = ("list", "rbrace")

    def __init__(self, pos: int, list: list[Stmt], rbrace: int) -> None:
        self.pos = pos
        self.list = list
        self.rbrace = rbrace


@final
class ExprStmt(SimpleStmt):
    """An expression alone."""

    __slots__ = ("x",)

    def __init__(self, pos: int, x: Expr) -> None:
        self.pos = pos
        self.x = x


@final
class SendStmt(SimpleStmt):
    """`chan <- value`, at the arrow."""

    __slots__ = ("chan", "value")

    def __init__(self, pos: int, chan: Expr, value: Expr) -> None:
        self.pos = pos
        self.chan = chan
        self.value = value


@final
class DeclStmt(Stmt):
    """Declarations inside a function, at the keyword."""

    __slots__ = ("decl_list",)

    def __init__(self, pos: int, decl_list: list[Decl]) -> None:
        self.pos = pos
        self.decl_list = decl_list


@final
class AssignStmt(SimpleStmt):
    """`lhs op= rhs`, at the operator: NO_OP for `=`, DEF for `:=`; ADD or SUB with no `rhs` for `++` and `--`."""

    __slots__ = ("lhs", "op", "rhs")

    def __init__(self, pos: int, op: int, lhs: Expr, rhs: Expr | None) -> None:
        self.pos = pos
        self.op = op
        self.lhs = lhs
        self.rhs = rhs


@final
class BranchStmt(Stmt):
    """`tok label`: BREAK, CONTINUE, FALLTHROUGH or GOTO; `File.branch_targets` says where it goes."""

    __slots__ = ("label", "tok")

    def __init__(self, pos: int, tok: int, label: Name | None) -> None:
        self.pos = pos
        self.tok = tok
        self.label = label


@final
class CallStmt(Stmt):
    """`go call` or `defer call`: `tok` is GO or DEFER. `call` is what was written, a call or not."""

    __slots__ = ("call", "tok")

    def __init__(self, pos: int, tok: int, call: Expr) -> None:
        self.pos = pos
        self.tok = tok
        self.call = call


@final
class ReturnStmt(Stmt):
    """`return results`."""

    __slots__ = ("results",)

    def __init__(self, pos: int, results: Expr | None) -> None:
        self.pos = pos
        self.results = results


@final
class IfStmt(Stmt):
    """`if init; cond then else`; `els` is None, an `IfStmt` or a `BlockStmt`."""

    __slots__ = ("cond", "els", "init", "then")

    def __init__(self, pos: int, init: SimpleStmt | None, cond: Expr | None, then: BlockStmt, els: Stmt | None) -> None:
        self.pos = pos
        self.init = init
        self.cond = cond
        self.then = then
        self.els = els


@final
class ForStmt(Stmt):
    """`for init; cond; post body`; a range clause is `init`."""

    __slots__ = ("body", "cond", "init", "post")

    def __init__(self, pos: int, init: SimpleStmt | None, cond: Expr | None, post: SimpleStmt | None, body: BlockStmt) -> None:
        self.pos = pos
        self.init = init
        self.cond = cond
        self.post = post
        self.body = body


@final
class SwitchStmt(Stmt):
    """`switch init; tag {body}`; a type switch has a `TypeSwitchGuard` as `tag`. `rbrace` is the position of `}`."""

    __slots__ = ("body", "init", "rbrace", "tag")

    def __init__(self, pos: int, init: SimpleStmt | None, tag: Expr | None, body: list[CaseClause], rbrace: int) -> None:
        self.pos = pos
        self.init = init
        self.tag = tag
        self.body = body
        self.rbrace = rbrace


@final
class SelectStmt(Stmt):
    """`select {body}`."""

    __slots__ = ("body", "rbrace")

    def __init__(self, pos: int, body: list[CommClause], rbrace: int) -> None:
        self.pos = pos
        self.body = body
        self.rbrace = rbrace


@final
class RangeClause(SimpleStmt):
    """`lhs := range x` (`define`), `lhs = range x` or `range x`, at `range`; only as `init` of a `ForStmt`."""

    __slots__ = ("define", "lhs", "x")

    def __init__(self, pos: int, lhs: Expr | None, define: bool, x: Expr) -> None:
        self.pos = pos
        self.lhs = lhs
        self.define = define
        self.x = x


@final
class CaseClause(Node):
    """`case cases: body`, at `case`; `cases` is None for `default`. `colon` is the position of `:`."""

    __slots__ = ("body", "cases", "colon")

    def __init__(self, pos: int, cases: Expr | None, body: list[Stmt], colon: int) -> None:
        self.pos = pos
        self.cases = cases
        self.body = body
        self.colon = colon


@final
class CommClause(Node):
    """`case comm: body` of a select; `comm` is None for `default`."""

    __slots__ = ("body", "colon", "comm")

    def __init__(self, pos: int, comm: SimpleStmt | None, body: list[Stmt], colon: int) -> None:
        self.pos = pos
        self.comm = comm
        self.body = body
        self.colon = colon


@final
class File(Node):
    """A source file, at its first token; `pkg_name` is what its package clause says, `eof` the position of its end.

    `go_version` is that of a `//go:build` line above the package clause that implies one (`go1.21`), or empty. `pragma` are the
    compiler directives above the package clause; `directives` are all `//go:` comments of the file, `linknames` and `cgo_directives` what
    those say that belong to no declaration. `branch_targets` has where each `BranchStmt` but a fallthrough goes: the `LabeledStmt` of
    a goto, else the statement that is left or continued. `parens` are the parentheses that are no nodes (around types, around the
    operand of `&`): for what is inside, position of `(` and position behind `)` of each pair around it, innermost first.
    """

    __slots__ = (
        "branch_targets",
        "cgo_directives",
        "decl_list",
        "directives",
        "eof",
        "go_version",
        "linknames",
        "parens",
        "pkg_name",
        "pragma",
        "source",
    )

    def __init__(self, pos: int, source: SourceFile, go_version: str, pragma: Pragma | None, pkg_name: Name) -> None:
        self.pos = pos
        self.source = source
        self.go_version = go_version
        self.pragma = pragma
        self.pkg_name = pkg_name
        self.decl_list: list[Decl] = []
        self.eof = 0
        self.directives: list[Directive] = []
        self.linknames: list[Linkname] = []
        self.cgo_directives: list[list[str]] = []
        self.branch_targets: dict[BranchStmt, Stmt] = {}
        self.parens: dict[Expr, list[tuple[int, int]]] = {}


def unparen(x: Expr) -> Expr:
    """`x` without the parentheses around it."""
    while type(x) is ParenExpr:
        x = x.x
    return x


def unpack_list(x: Expr | None) -> list[Expr]:
    """The expressions of a list that may be empty (None) or of one."""
    if x is None:
        return []
    if type(x) is ListExpr:
        return x.elem_list
    return [x]
