# SPDX-License-Identifier: BSD-3-Clause
"""What cmd/compile refuses in programs that are well-typed: directives in the wrong place, functions without a body, anonymous interfaces
that refer to themselves, types larger than the address space.

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


def restrictions(
    package: Package, files: Sequence[nodes.File], info: Info, mistakes: Mistakes, go_version: str, complete: bool, sizes: Sizes
) -> None:
    """Report what the compiler refuses in a package that is well-typed."""
    _interface_cycles(info, mistakes)
    if mistakes:
        return
    for kind in (TypeName, Var):
        _sizes(package, info, kind, mistakes, sizes)
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


def _sizes(package: Package, info: Info, kind: type[Object], mistakes: Mistakes, sizes: Sizes) -> None:
    """Report declared types, or variables, that are larger than the address space. Fields are told of with their struct."""
    seen: set[Type] = set()
    for obj in info.defs.values():
        if isinstance(obj, kind) and obj.typ is not None and obj.typ not in seen and not (isinstance(obj, Var) and obj.kind == FIELD_VAR):
            seen.add(obj.typ)
            large = _too_large(obj.typ, sizes)
            if large is not None:
                mistakes.add(obj.pos, "type-too-large", f"type {type_string(large, relative_to(package))} larger than address space")


def _too_large(typ: Type, sizes: Sizes) -> Type | None:
    """The innermost type that makes a type larger than the address space; None of one that is not, or whose size is not known."""
    under = typ.underlying()
    if isinstance(under, Array):
        inner = _too_large(under.elem, sizes)
        return inner if inner is not None else under if under.len * _size(under.elem, sizes) >= _MAX_SIZE else None
    if isinstance(under, Struct):
        for field in under.fields:
            inner = _too_large(field.typ, sizes)
            if inner is not None:
                return inner
        return under if _size(under, sizes) >= _MAX_SIZE else None
    return None


def _size(typ: Type, sizes: Sizes) -> int:
    """A size in bytes; that of a type parameter counts as 0."""
    under = typ.underlying()
    if isinstance(under, Array):
        return under.len * _size(under.elem, sizes)
    if isinstance(under, Struct):
        return sum(_size(field.typ, sizes) for field in under.fields)
    return 0 if isinstance(unalias(typ), TypeParam) or (isinstance(under, Basic) and under.info & IS_UNTYPED) else sizes.sizeof(under)


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
    elif (complete or decl.name.value == "init") and info.defs.get(decl.name) not in linknames:
        mistakes.add(decl.pos, "missing-body", "missing function body")


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
