# SPDX-License-Identifier: BSD-3-Clause
"""What cmd/compile refuses in programs that are well-typed: directives in the wrong place, functions without a body, anonymous interfaces
that refer to themselves, types larger than the address space, what is too large to pass through channels or to be in maps.

Facts: src/cmd/compile/internal/noder/irgen.go (cycleFinder), writer.go (declCollector, funcExt), noder.go (checkEmbed);
src/cmd/compile/internal/types/size.go (CalcSize).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.syntax import directives, nodes
from pygo_cross.syntax.directives import Pragma
from pygo_cross.syntax.walk import walk
from pygo_cross.types.check import version
from pygo_cross.types.check.info import Info
from pygo_cross.types.check.operand import TYPEXPR
from pygo_cross.types.objects import FIELD_VAR, Func, Object, PkgName, TypeName, Var
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import (
    IS_UNTYPED,
    Array,
    Basic,
    Chan,
    Interface,
    Map,
    Pointer,
    Signature,
    Slice,
    Struct,
    Tuple,
    Type,
    TypeParam,
    unalias,
)
from pygo_cross.types.typestring import relative_to, type_string

_EMBED_VERSION: Final = 16  # go1.16
_CYCLE: Final = "invalid recursive type: anonymous interface refers to itself (see https://go.dev/issue/56103)"


_MAX_SIZE: Final = 1 << 50
"""No type is as large, in bytes."""
_MAX_PASSED: Final = 1 << 16
"""Nothing that passes through a channel is."""
_MAX_ENTRY: Final = 1 << 31
"""Nothing in a map is."""


def restrictions(
    package: Package, files: Sequence[nodes.File], info: Info, mistakes: Mistakes, go_version: str, complete: bool, sizes: Sizes
) -> None:
    """Report what the compiler refuses in a package that is well-typed."""
    _interface_cycles(info, mistakes)
    if mistakes:
        return
    _sizes(_Large(package, sizes), info, mistakes)
    if mistakes:
        return
    linknames: set[Object] = set()
    functions: list[nodes.FuncDecl] = []
    for file in files:
        imported = {_imported(decl, info) for decl in file.decl_list if isinstance(decl, nodes.ImportDecl)}
        _pragma(file.pragma, directives.GO_BUILD, mistakes)
        for decl, within in _declarations(file):
            pragma = getattr(decl, "pragma", None)
            if isinstance(decl, nodes.FuncDecl):
                _pragma(pragma, directives.FUNC_FLAGS, mistakes)
                functions.append(decl)
            else:
                _pragma(pragma, 0, mistakes, isinstance(decl, nodes.VarDecl))
            if isinstance(decl, nodes.VarDecl) and pragma is not None and pragma.embeds:
                wrong = _embed(decl, "embed" in imported, within, go_version)
                if wrong:
                    mistakes.add(pragma.embeds[0].pos, "misplaced-embed", wrong)
        for linkname in file.linknames:
            directive = "go:linknamestd" if linkname.std else "go:linkname"
            obj = package.scope.lookup(linkname.local)
            wrong = ""
            if "unsafe" not in imported:
                wrong = f'//{directive} only allowed in Go files that import "unsafe"'
            elif "[" in linkname.remote and "]" in linkname.remote:
                wrong = f"//{directive} reference of an instantiation is not allowed"
            elif not isinstance(obj, (Func, Var)):
                wrong = f"//{directive} must refer to declared function or variable"
            elif obj in linknames:
                wrong = f"duplicate //{directive} for {linkname.local}"
            else:
                linknames.add(obj)
            if wrong:
                mistakes.add(linkname.pos, "misplaced-linkname", wrong)
    for function in functions:
        _function(function, info, linknames, complete, mistakes)


def _sizes(large: _Large, info: Info, mistakes: Mistakes) -> None:
    """Report types that are too large: declared ones, else those of variables, else others. Fields are told of with their struct."""
    for kind in (TypeName, Var):
        for obj in info.defs.values():
            if isinstance(obj, kind) and obj.typ is not None and not (isinstance(obj, Var) and obj.kind == FIELD_VAR):
                wrong = large.wrong(obj.typ)
                if wrong:
                    mistakes.add(obj.pos, "type-too-large", wrong)
        if mistakes:
            return
    for e, found in info.types.items():
        if found.mode == TYPEXPR and found.typ is not None:
            wrong = large.wrong(found.typ)
            if wrong:
                mistakes.add(e.pos, "type-too-large", wrong)


class _Large:
    """Finds types that are too large; each is looked at once."""

    def __init__(self, package: Package, sizes: Sizes) -> None:
        self.package = package
        self.sizes = sizes
        self._told: set[Type] = set()
        self._known: dict[Type, int] = {}
        self._inner: dict[Type, Type | None] = {}

    def wrong(self, typ: Type) -> str:
        """What is too large about a type and those that it refers to, but for what was asked for before; "" if nothing is."""
        todo = [typ]
        while todo:
            one = todo.pop()
            if one in self._told:
                continue
            self._told.add(one)
            large = self._larger(one)
            if large is not None:
                return f"type {type_string(large, relative_to(self.package))} larger than address space"
            under = one.underlying()
            if isinstance(under, Chan) and self._size(under.elem) >= _MAX_PASSED:
                return "channel element type too large (>64kB)"
            if isinstance(under, Map):
                if self._size(under.elem) >= _MAX_ENTRY:
                    return "map element type too large"
                if self._size(under.key) >= _MAX_ENTRY:
                    return "map key type too large"
                todo += (under.key, under.elem)
            elif isinstance(under, (Array, Chan, Pointer, Slice)):
                todo.append(under.elem)
            elif isinstance(under, Struct):
                todo += [field.typ for field in under.fields]
        return ""

    def _larger(self, typ: Type) -> Type | None:
        """The innermost type that makes a type larger than the address space; None of one that is not, or whose size is not known."""
        if typ in self._inner:
            return self._inner[typ]
        under, found = typ.underlying(), None
        if isinstance(under, (Array, Struct)):
            for inner in [under.elem] if isinstance(under, Array) else [field.typ for field in under.fields]:
                found = found or self._larger(inner)
            if found is None and self._size(under) >= _MAX_SIZE:
                found = under
        self._inner[typ] = found
        return found

    def _size(self, typ: Type) -> int:
        """A size in bytes; that of a type parameter counts as 0."""
        known = self._known.get(typ)
        if known is None:
            under = typ.underlying()
            if isinstance(under, Array):
                known = under.len * self._size(under.elem)
            elif isinstance(under, Struct):
                known = sum(self._size(field.typ) for field in under.fields)
            elif isinstance(unalias(typ), TypeParam) or (isinstance(under, Basic) and under.info & IS_UNTYPED):
                known = 0
            else:
                known = self.sizes.sizeof(under)
            self._known[typ] = known
        return known


def _function(decl: nodes.FuncDecl, info: Info, linknames: set[Object], complete: bool, mistakes: Mistakes) -> None:
    """A function's directives, and that it has a body, or is written elsewhere."""
    flags = decl.pragma.flags if decl.pragma is not None else 0
    if flags & directives.SYSTEMSTACK and flags & directives.NOSPLIT:
        mistakes.add(decl.pos, "misplaced-directive", "go:nosplit and go:systemstack cannot be combined")
    if decl.body is not None:
        if flags & directives.NOESCAPE:
            mistakes.add(decl.pos, "misplaced-directive", "can only use //go:noescape with external func implementations")
        if flags & directives.UINTPTR_KEEP_ALIVE and not flags & (directives.UINTPTR_ESCAPES | directives.NOSPLIT):
            mistakes.add(decl.pos, "misplaced-directive", "go:uintptrkeepalive requires go:nosplit")
    elif (complete or decl.name.value == "init" or _is_generic(info.defs.get(decl.name))) and info.defs.get(decl.name) not in linknames:
        mistakes.add(decl.pos, "missing-body", "missing function body")


def _is_generic(obj: Object | None) -> bool:
    return isinstance(obj, Func) and bool(obj.signature.rparams or obj.signature.tparams)


def _imported(decl: nodes.ImportDecl, info: Info) -> str:
    obj = info.implicits.get(decl) if decl.local_pkg_name is None else info.defs.get(decl.local_pkg_name)
    return obj.imported.path if isinstance(obj, PkgName) else ""


def _pragma(pragma: Pragma | None, allowed: int, mistakes: Mistakes, embed: bool = False) -> None:
    """Report the directives above a declaration that don't belong there."""
    if pragma is None:
        return
    for flags, pos in pragma.places:
        if flags & ~allowed:
            mistakes.add(pos, "misplaced-directive", "misplaced compiler directive")
    if not embed:
        for found in pragma.embeds:
            mistakes.add(found.pos, "misplaced-embed", "misplaced go:embed directive")


def _embed(decl: nodes.VarDecl, imported: bool, within: bool, go_version: str) -> str:
    """Why a variable can't be filled in from files, or nothing."""
    if not imported:
        return 'go:embed requires import "embed" (or import _ "embed", if package is not used)'
    if len(decl.name_list) > 1:
        return "go:embed cannot apply to multiple vars"
    if decl.values is not None:
        return "go:embed cannot apply to var with initializer"
    if decl.type is None:
        return "go:embed cannot apply to var without type"
    if within:
        return "go:embed cannot apply to var inside func"
    if version.limit(go_version) < _EMBED_VERSION:
        return f"go:embed requires go1.16 or later (-lang was set to {go_version}; check go.mod)"
    return ""


def _declarations(file: nodes.File) -> Iterator[tuple[nodes.Decl, bool]]:
    """The declarations of a file, and whether each is inside a function; those inside only if there may be a directive among them."""
    inside = file.source.source.count(b"//go:") > 0
    for decl in file.decl_list:
        yield decl, False
        if inside and isinstance(decl, nodes.FuncDecl) and decl.body is not None:
            for node in walk(decl.body):
                if isinstance(node, nodes.DeclStmt):
                    yield from ((inner, True) for inner in node.decl_list)


def _interface_cycles(info: Info, mistakes: Mistakes) -> None:
    """Report interfaces without a name that refer to themselves."""
    cyclic: dict[Interface, bool] = {}

    def has_cycle(t: Interface) -> bool:
        return any(visit(method.typ) for method in t.type_set().methods)

    def visit(t: Type) -> bool:
        while True:
            t = unalias(t)
            if isinstance(t, Map):
                if visit(t.key):
                    return True
                t = t.elem
            elif isinstance(t, (Pointer, Array, Chan, Slice)):
                t = t.elem
            elif isinstance(t, Struct):
                return any(visit(field.typ) for field in t.fields)
            elif isinstance(t, Tuple):
                return any(visit(var.typ) for var in t.vars)
            elif isinstance(t, Signature):
                return visit(t.params) or visit(t.results)
            elif isinstance(t, Interface):
                if not t.methods and not t.embeddeds:
                    return False
                if t in cyclic:
                    return cyclic[t]
                cyclic[t] = True
                if has_cycle(t):
                    return True
                cyclic[t] = False
                return False
            else:
                return False

    literals = [node for node in info.types if isinstance(node, nodes.InterfaceType) and node.end > node.pos]
    end = 0
    for node in sorted(literals, key=lambda node: node.pos):
        if node.pos < end:
            continue  # inside another one, which has led to it
        end = node.end
        found = info.types[node].typ
        t = unalias(found) if found is not None else None
        if isinstance(t, Interface) and (t.methods or t.embeddeds) and has_cycle(t):
            mistakes.add(node.pos, "invalid-type-cycle", _CYCLE)
            for seen in cyclic:
                cyclic[seen] = False
