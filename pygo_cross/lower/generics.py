# SPDX-License-Identifier: BSD-3-Clause
"""Instances of generic functions and methods: which declaration they come of, and what their types are.

Each set of type arguments that is used has its own code, under the name that stock Go gives it, in every object that uses it. A function of
another package is checked from its source (`types/check/bodies.py`), which is parsed once for all that is wanted of the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, final

from pygo_cross.diag import InternalError
from pygo_cross.syntax.nodes import BlockStmt, File, FuncDecl, TypeDecl
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.walk import walk
from pygo_cross.types.check.bodies import Bodies
from pygo_cross.types.context import Context
from pygo_cross.types.deep import deep_recursion
from pygo_cross.types.localtypes import local_types
from pygo_cross.types.objects import Func, Object, TypeName
from pygo_cross.types.subst import Substitution
from pygo_cross.types.types import Named, Signature, Type, TypeParam, deref, unalias

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering


@final
class Instantiation:
    """Types of one instance: type arguments in the place of type parameters, and types that the generic function declares as they are
    for these arguments.
    """

    __slots__ = ("_known", "_local", "_names", "_subst", "targs")

    def __init__(
        self,
        tparams: Sequence[TypeParam],
        targs: Sequence[Type],
        context: Context,
        local: frozenset[TypeName],
        implicit: dict[Named, tuple[Type, ...]],
    ) -> None:
        self.targs = tuple(targs)
        self._subst = Substitution(tparams, targs, context)
        self._local = local
        self._names = implicit
        self._known: dict[Type, Type] = {}
        self._subst.declared = self._declared

    def typ(self, typ: Type) -> Type:
        """A type of the generic function as one of the instance."""
        known = self._known.get(typ)
        if known is None:
            known = self._known[typ] = self._subst.typ(typ)
        return known

    def _declared(self, named: Named) -> Type:
        """A defined type, generic or not, but no instance."""
        if named.obj not in self._local:
            return named
        known = self._known.get(named)
        if known is None:
            made = Named(named.obj)
            known = self._known[named] = made
            self._names[made] = self.targs
            if named.tparams:
                made.tparams = named.tparams
            made.rhs = self._subst.typ(named.rhs)
        return known


class Declaration(NamedTuple):
    """A generic function: the signature whose variables its body uses, and the types that it declares."""

    sig: Signature
    decl: FuncDecl
    body: BlockStmt
    local: frozenset[TypeName]


@final
class Generics:
    """Declarations of generic functions, of the package that is lowered and of others."""

    def __init__(self, package: PackageLowering) -> None:
        self._package = package
        self._bodies: dict[str, Bodies] = {}
        self._local: dict[str, list[TypeDecl]] = {}
        self._known: dict[Object, Declaration] = {}

    def declaration(self, func: Func) -> Declaration:
        """Of a function or method, as it was declared (`Func.origin`)."""
        known = self._known.get(func)
        if known is None:
            decl = self._package.declared.get(func)
            sig = func.signature
            if decl is None:
                decl, sig = self._foreign(func)
            if decl.body is None:
                raise InternalError("lower", "a generic function has no body", func.name)
            types = [self._package.info.defs.get(node.name) for node in walk(decl.body) if type(node) is TypeDecl and not node.alias]
            known = Declaration(sig, decl, decl.body, frozenset(obj for obj in types if type(obj) is TypeName))
            self._known[func] = known
        return known

    def _foreign(self, func: Func) -> tuple[FuncDecl, Signature]:
        package = func.pkg
        if package is None:
            raise InternalError("lower", "a function of no package is instantiated", func.name)
        bodies = self._bodies.get(package.path)
        lowering = self._package
        with deep_recursion():
            if bodies is None:
                source = lowering.imports.source(package.path)
                files: list[File] = []
                for one in source.files:
                    parsed = parse(one, source.rules)
                    if parsed.file is None:
                        raise InternalError("lower", "a file of an imported package can't be parsed", one.name)
                    files.append(parsed.file)
                bodies = Bodies(package, files, lowering.fset, source.importer, lowering.shapes.sizes, source.go_version, lowering.info)
                self._bodies[package.path] = bodies
                lowering.add_versions(files, bodies.file_versions)
                self._local[package.path] = local_types(files)
            recv = func.signature.recv
            receiver = ""
            if recv is not None:
                base = unalias(deref(recv.typ)[0])
                if not isinstance(base, Named):
                    raise InternalError("lower", "a generic method has no receiver with a name", func.name)
                receiver = base.obj.name
            found, decl = bodies.function(receiver, func.name)
        for number, local in enumerate(self._local[package.path], 1):
            obj = lowering.info.defs.get(local.name)
            if type(obj) is TypeName:
                lowering.names.types.numbers[obj] = number
        return decl, found.signature
