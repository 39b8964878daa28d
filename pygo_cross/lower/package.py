# SPDX-License-Identifier: BSD-3-Clause
"""A package: all of its functions, and instances of generic ones as they turn out to be needed.

`PackageLowering.lower` goes through the declarations in source order, then through what these have asked for: function literals,
instances, wrappers, each once. Whoever needs a function that is made here asks with `ask`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, final

from pygo_cross.diag import InternalError, UserError, located
from pygo_cross.lower import closures, defer, directives, initialise, intrinsics, maps, stmts, wrappers
from pygo_cross.lower.abiwrappers import SymbolABIs, wrapper
from pygo_cross.lower.captured import Features, in_memory, mentioned, open_defers
from pygo_cross.lower.closures import Captured
from pygo_cross.lower.coverage import Coverage
from pygo_cross.lower.embed import EmbedConfig
from pygo_cross.lower.function import FuncLowering
from pygo_cross.lower.generics import Generics, Instantiation
from pygo_cross.lower.imports import Imports
from pygo_cross.lower.inlinecost import price
from pygo_cross.lower.names import Names
from pygo_cross.lower.runtime import Runtime
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func as SsaFunc
from pygo_cross.ssa.refs import DataRef, TextRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import CGO_UNSAFE_ARGS, DUPOK, NEEDS_CONTEXT, Address, Data, FuncInfo, Unit
from pygo_cross.syntax.nodes import BlockStmt, File, FuncDecl, FuncLit
from pygo_cross.syntax.source import FileSet, SourceFile
from pygo_cross.types.check.info import Info
from pygo_cross.types.check.version import minor
from pygo_cross.types.context import Context
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.localtypes import number_local_types
from pygo_cross.types.objects import Func, TypeName
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import Interface, Map, Named, Signature, Type, deref, unalias

_OWN_LOOP_VARIABLES: Final = 22  # the N of go1.N


@final
class PackageLowering:
    """The state of one package's lowering.

    `declared` are the functions and methods of the package, `names` the link names of all; `unit` is what comes of it.
    """

    def __init__(
        self,
        goroot: Path,
        fset: FileSet,
        package: Package,
        files: Sequence[File],
        info: Info,
        sizes: Sizes,
        imports: Imports | None = None,
        type_names: TypeNames | None = None,
        abis: SymbolABIs | None = None,
        embeds: EmbedConfig | None = None,
        coverage: Coverage | None = None,
    ) -> None:
        self.fset = fset
        self.package = package
        self.files = files
        self.info = info
        self.imports = imports or Imports()
        self.abis = abis or SymbolABIs()
        self.embeds = embeds
        self.coverage = coverage
        self.variables_in_memory = False
        """Whether every variable that is declared has memory, where a debugger finds it at any time (-N)."""
        self.shapes = Shapes(sizes)
        self.runtime = Runtime.of(goroot)
        self.context = Context()
        types = type_names or TypeNames({}, {})
        types.numbers.update(number_local_types(files, info.defs))
        self.unit = Unit(types.prefix(package), package.name)
        self.unit.linknames = directives.linknames(files, self.unit.path)
        self._uintptr_escaping = directives.uintptr_escaping(files, self.unit.path)
        self.unit.cgo = [words for file in files for words in file.cgo_directives]
        self.unit.std_linknames = {one.local for file in files for one in file.linknames if one.std}
        self.names = Names(types, self._linknames)
        self.generics = Generics(self)
        self.declared: dict[Func, FuncDecl] = {}
        self.failed = _raise
        """What becomes of a function that can't be lowered: nothing else depends on it before the end."""
        self._lowered: FuncLowering | None = None
        """The function of which there is source that was begun last: what a failure is about."""
        self._asked: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._read_only: dict[tuple[bytes, tuple[Address, ...], int], DataRef] = {}
        self._pending: list[Callable[[], None]] = []
        self.map_iterator = maps.iterator_type()
        self.small_maps: dict[Map, Type] = {}
        self._old_files: set[SourceFile | None] = set()
        self.add_versions(files, info.file_versions)

    def add_versions(self, files: Sequence[File], versions: Sequence[str]) -> None:
        """The language versions of files that functions come from, in this package or in those whose generic functions it makes."""
        old = [file for file, version in zip(files, versions, strict=False) if 0 <= minor(version) < _OWN_LOOP_VARIABLES]
        self._old_files.update(self.fset.file(file.pos) for file in old)

    def make_loop_variables_own(self) -> None:
        """Whatever the versions of this package's files say, each round of their loops has variables of its own."""
        self._old_files.clear()

    def own_loop_variables(self, pos: int) -> bool:
        """Whether each round of a loop there has variables of its own: since go1.22 it has."""
        if not self._old_files:
            return True
        return self.fset.file(pos) not in self._old_files

    def _linknames(self, path: str) -> Mapping[str, str]:
        return self.unit.linknames if path == self.package.path else self.imports.linknames(path)

    def uintptr_escapes(self, name: str) -> bool:
        """Whether what arguments of type uintptr were made of has to be in the heap, in calls of a function."""
        return name in self._uintptr_escaping or self.imports.uintptr_escapes(name)

    def lower(self) -> Unit:
        """All of the package."""
        unit = self.unit
        for file in self.files:
            for decl in file.decl_list:
                if isinstance(decl, FuncDecl):
                    obj = self.info.defs.get(decl.name)
                    if isinstance(obj, Func):
                        self.declared[obj] = decl
        unit.imports = [one.path for one in self.package.imports]
        unit.init_deps = list(unit.imports)
        scope = self.package.scope
        for name in scope.names():
            declared = scope.lookup(name)
            if isinstance(declared, TypeName) and isinstance(declared.typ, Named) and not declared.is_alias() and not declared.typ.tparams:
                unit.types.append(declared.typ)
        inits = 0
        initialise.variables(self)
        for obj, decl in self.declared.items():
            sig = obj.signature
            if obj.name == "_" or sig.tparams or sig.rparams:
                continue
            if sig.recv is not None:
                self._declare(self.names.method(obj, sig.recv.typ), obj, decl)
            elif obj.name == "init":
                name = f"{unit.path}.init.{inits}"
                inits += 1
                self._declare(name, obj, decl)
                unit.inits.append(TextRef(name))
            else:
                self._declare(self.names.object(obj), obj, decl)
        wrappers.of_package(self, unit.types)
        self._drain()
        written, assembled = {func.symbol for func in unit.funcs}, {info.name for info in unit.assembly}
        unit.cgo = [directives.exported_to_c(words, written, assembled) for words in unit.cgo]
        return unit

    def methods_of(self, typ: Type) -> list[SsaFunc]:
        """The functions that the descriptor of a type, or a method table of it, refers to and that are not there yet: what makes
        descriptors asks for them when a unit is otherwise complete. They are in the unit, too.
        """
        before = len(self.unit.funcs)
        wrappers.of_type(self, typ)
        self._drain()
        return self.unit.funcs[before:]

    def _drain(self) -> None:
        """Make what has been asked for."""
        pending = self._pending
        at = 0
        while at < len(pending):
            job, pending[at] = pending[at], _done
            self._begin(None)
            try:
                job()
            except UserError as error:
                self.failed(error)
            except Exception as error:
                f = self._lowered
                told = located(error, "lower", f.func.symbol, self.fset.position(f.b.pos)) if f is not None else error
                told.__cause__ = error if told is not error else error.__cause__
                self.failed(told)
            at += 1
        pending.clear()

    def _begin(self, lowered: FuncLowering | None) -> None:
        self._lowered = lowered

    def _declare(self, name: str, obj: Func, decl: FuncDecl) -> None:
        sig = obj.signature
        flags = directives.function_flags(decl.pragma)
        body = decl.body
        params = ([sig.recv.typ] if sig.recv is not None else []) + [var.typ for var in sig.params.vars]
        info = FuncInfo(name, params, [var.typ for var in sig.results.vars], decl.name.pos, decl.name.pos, flags)
        defined = name in self.abis.defined
        if defined:
            self.unit.assembly.append(info)
            wrapper(self, info, True)
        elif body is not None and (name in self.abis.referred or (sig.recv is None and obj.name in self.unit.linknames)):
            wrapper(self, info, False)
        if body is None:
            if not defined:
                self.unit.bodiless.append(info)
            return
        self.ask(name, lambda: self._lower(name, sig, body, decl.name.pos, flags, None))

    def ask(self, name: str, make: Callable[[], None]) -> None:
        """Make a function, unless one of that link name has been asked for: `make` puts it into `unit.funcs` when its turn comes."""
        if name not in self._asked:
            self._asked.add(name)
            self._pending.append(make)

    def _lower(
        self,
        name: str,
        sig: Signature,
        body: BlockStmt,
        pos: int,
        flags: int,
        instance: Instantiation | None,
        captured: Sequence[Captured] = (),
    ) -> None:
        """A function of which there is source."""
        params = ([sig.recv] if sig.recv is not None else []) + sig.params.vars

        def put(typ: Type) -> Type:
            return typ if instance is None else instance.typ(typ)

        results = [put(var.typ) for var in sig.results.vars]
        info = FuncInfo(name, [put(var.typ) for var in params], results, pos, body.rbrace)
        info.flags = flags | (NEEDS_CONTEXT if any(not one.constants for one in captured) else 0)
        features = Features(self.own_loop_variables(body.pos))
        f = self._lowered = FuncLowering(self, name, info, in_memory(body, self.info, features), instance)
        f.has_goto = features.gotos
        f.tell_parameters(params, sig.results.vars)
        closures.bind(f, captured)
        values = self.parameters(f)
        if name.startswith(intrinsics.ESCAPE_NON_STRING):
            intrinsics.escape_non_string(f, values[0])
            f.b.ret(())
            self.unit.funcs.append(f.b.finish())
            return
        if flags & CGO_UNSAFE_ARGS:
            f.lay_out(params, sig.results.vars)
        for var, value in zip(params, values, strict=True):
            if var.name not in ("", "_"):
                f.declare(var, value)
        if instance is None and not features.defers:
            info.price = price(f, body, params)
        open_calls = open_defers(body, self.info) if features.defers and not features.gotos else 0
        defer.declare_results(f, sig.results.vars, features, open_calls)
        stmts.block(f, body.list)
        if f.b.block is not None:
            f.b.pos = body.rbrace
            if info.results:
                f.b.exit()  # the checker has seen that nothing gets here
            else:
                stmts.finish(f, ())
        defer.finish(f)
        for block in f.labels.values():
            f.b.seal(block)
        self.unit.funcs.append(f.b.finish())

    def parameters(self, f: FuncLowering) -> list[Val]:
        """The values of a function's parameters, at its beginning."""
        index = 0
        values = []
        for typ in f.info.params:
            parts = f.passed(ops.PARAM, (), typ, index)
            index += len(parts)
            values.append(f.gathered(typ, parts))
        return values

    # ---- what functions ask for

    def is_ours(self, typ: Type) -> bool:
        """Whether the wrappers of a type's methods are this package's to make: another's are in its object."""
        base = unalias(deref(typ)[0])
        if not isinstance(base, Named) or base.targs or base in self.names.types.implicit or isinstance(base.underlying(), Interface):
            return True
        return base.obj.pkg is None or base.obj.pkg.path == self.package.path

    def numbered(self, what: str) -> str:
        """A name for data of the package's own: `p..what.0` and on."""
        number = self._numbers.get(what, 0)
        self._numbers[what] = number + 1
        return f"{self.unit.path}..{what}{number}"

    def read_only(self, contents: bytes, addresses: tuple[Address, ...], align: int, typ: Type) -> DataRef:
        """Data that is never written; equal data is there once."""
        key = (contents, addresses, align)
        found = self._read_only.get(key)
        if found is None:
            data = Data(self.numbered("stmp_"), len(contents), align, typ, read_only=True)
            data.contents += contents
            data.addresses += addresses
            self.unit.data.append(data)
            found = self._read_only[key] = DataRef(data.name)
        return found

    def literal(self, outer: FuncLowering, e: FuncLit) -> tuple[str, list[Captured]]:
        """The name of a function literal, and the variables of functions around it that it uses."""
        name = self.names.inside(outer.func.symbol)
        captured = closures.captured(outer, mentioned(e.body, self.info))
        sig = self.info.types[e.type].typ
        if not isinstance(sig, Signature):
            raise InternalError("lower", "a function literal without a signature", name)
        flags = outer.info.flags & DUPOK
        self.ask(name, lambda: self._lower(name, sig, e.body, e.pos, flags, outer.subst, captured))
        return name, captured

    def needs(self, obj: Func, targs: tuple[Type, ...]) -> str:
        """An instance of a generic function: its link name; it is lowered here, whichever package declares it."""
        name = self.names.object(obj.origin, targs)
        self._instance(name, obj, targs)
        return name

    def needs_method(self, method: Func, receiver: Type, targs: tuple[Type, ...] = ()) -> str:
        """The link name of a method for a receiver; of a generic type's instance, or with type arguments of its own, it is lowered here."""
        name = self.names.method(method, receiver, targs)
        base = unalias(deref(receiver)[0])
        if targs or (isinstance(base, Named) and base.targs):
            self._instance(name, method, (*(base.targs if isinstance(base, Named) else ()), *targs))
        return name

    def _instance(self, name: str, func: Func, targs: tuple[Type, ...]) -> None:
        def make() -> None:
            found = self.generics.declaration(func.origin)
            sig = found.sig
            tparams = (*sig.rparams, *sig.tparams)
            instance = Instantiation(tparams, targs, self.context, found.local, self.names.types.implicit)
            flags = directives.function_flags(found.decl.pragma) | DUPOK
            self._lower(name, sig, found.body, found.decl.name.pos, flags, instance)

        self.ask(name, make)


def _raise(error: Exception) -> None:
    raise error


def _done() -> None:
    """What stands in the place of a function that is made, so that what it was made of can go."""


def lower_package(
    goroot: Path,
    fset: FileSet,
    package: Package,
    files: Sequence[File],
    info: Info,
    sizes: Sizes,
    imports: Imports | None = None,
    type_names: TypeNames | None = None,
    abis: SymbolABIs | None = None,
) -> Unit:
    """SSA of a package that was checked without a mistake. `imports` tells what else there is to know of imported packages, `type_names`
    how types are called (with the maps' groups of whoever makes descriptors), `abis` which functions the package's assembly has and needs.
    """
    return PackageLowering(goroot, fset, package, files, info, sizes, imports, type_names, abis).lower()
