# SPDX-License-Identifier: BSD-3-Clause
"""One package from source to an archive: `Compilation`, the whole way on one screen.

    sources -> check -> lower -> optimise -> select, schedule, allocate, text -> object, record -> archive

A user's mistakes are a `UserError`, as cmd/compile tells them; a mistake of ours is an `InternalError` with the function and the pass.
Nothing is written here: whoever asked for the archive puts it in its place.

What imported packages say is in `compileimports.py`, the switches of -d in `compileswitches.py`. Under the go command, `-d ssa/keep=FOLDER`
keeps the compilation (build/kept.py).
"""

from __future__ import annotations

import marshal
import os
import posixpath
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, final

from pygo_cross.asm.goenv import GoEnv
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.codegen import asmheader
from pygo_cross.codegen import object as objects
from pygo_cross.codegen.backend import Backend
from pygo_cross.codegen.completion import Completion
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.compileflags import Flags, read_input
from pygo_cross.compileimports import IMPORT_MAP, LINKNAMES, SUMMARIES, UINTPTR_ESCAPES, VARIABLES, Asked, Bodies, Prefixes, Summaries
from pygo_cross.compileswitches import skips, watcher
from pygo_cross.diag import Diagnostic, InternalError, Pos, UserError, located
from pygo_cross.frontend.mistakes import MOST, Mistakes
from pygo_cross.frontend.package import CheckedPackage, check_package
from pygo_cross.frontend.record import Imports, Record, Store, digest, read_import_config, section
from pygo_cross.lower.abiwrappers import SymbolABIs
from pygo_cross.lower.algorithms import equality, hashing
from pygo_cross.lower.coverage import Coverage
from pygo_cross.lower.directives import linknames, uintptr_escaping
from pygo_cross.lower.embed import EmbedConfig
from pygo_cross.lower.package import PackageLowering
from pygo_cross.obj.context import path_to_prefix
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES
from pygo_cross.opt.bodies import Body
from pygo_cross.opt.context import Context as PassContext
from pygo_cross.opt.decisions import decisions
from pygo_cross.opt.pipeline import Result, optimise, optimise_unit
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import MOST_DATA, Unit
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.nodes import ConstDecl, FuncDecl, ImportDecl, TypeDecl
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.checker import ImportFailure
from pygo_cross.types.deep import deep_recursion
from pygo_cross.types.exportwrite import Writer, write_exports
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.objects import Object
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes

_TOO_MANY: Final = "too many errors"


class Compiled(NamedTuple):
    """What comes of a package: its object, with the text in front of it, and its record."""

    head: bytes
    record: bytes
    data: bytes
    asm_header: bytes
    cgo: bytes = b""

    def archive(self, exports: bytes) -> bytes:
        """The package's archive. `exports` is stock's export data, or nothing."""
        return objects.pack(self.head, exports, self.cgo + section(self.record), self.data)


@final
class Compilation:
    """The compilation of one package, as a command line asks for it, for the target that the environment says."""

    def __init__(self, flags: Flags, environment: Mapping[str, str], goroot: Path, store: Store, folder: str) -> None:
        self.flags = flags
        self.env = GoEnv(environment)
        self.goroot = goroot
        self.path = flags.package
        self.fset = FileSet()
        self.sizes = Sizes()
        self.rules = DirectiveRules(flags.std, flags.runtime or (flags.std and self.path in RUNTIME_PACKAGES))
        archives, mapped = read_import_config(flags.import_config) if flags.import_config else ({}, {})
        self.imports = Imports(self.fset, archives, mapped, store)
        self._rewriter = PathRewriter(folder, flags.trimpath, str(goroot) if flags.std else environment.get("GOROOT", str(goroot)))
        self._sources = [(name, read_input(name)) for name in flags.files]

    def compile(self, fingerprint: bytes = b"") -> Compiled:
        """Everything. `fingerprint` is that of stock's export data, where importers of stock's will look at this package."""
        try:
            with deep_recursion():
                return self._compile(fingerprint)
        except (UserError, InternalError):
            raise
        except Exception as error:
            raise located(error, "compile", f"package {self.path}", Pos()) from error

    def _compile(self, fingerprint: bytes) -> Compiled:
        checked = self.check()
        record = self.record(checked)
        header = self.asm_header(checked) if self.flags.asm_header else b""
        groups = Groups(self.sizes)
        names = TypeNames(groups.maps, {})
        package = self._lowering(checked, names)
        unit = package.lower()
        self._limits(unit, checked)
        shapes = Shapes(self.sizes)
        backend = Backend(
            self.env.goarch,
            self.env.goos,
            self.path,
            self.fset,
            shapes,
            names,
            groups,
            self._recorded,
            self.flags.dwarf,
            self.flags.shared,
            self.flags.std,
            self.flags.debug.get("maymorestack", ""),
        )
        passes = self._passes(shapes, names)
        check, watch = "ssa/check" in self.flags.debug, watcher(self.flags.debug)
        found = optimise_unit(unit, passes, watch)
        record.exports = self._exports(checked, found.bodies)
        record.sections[SUMMARIES] = marshal.dumps(sorted(found.summaries.items()), 2)
        idle = {func.symbol for func in unit.funcs if _does_nothing(func)}
        unit.inits = [function for function in unit.inits if function.name not in idle]
        backend.begin(unit.funcs)
        if self.flags.decisions:
            for one in decisions(unit.path, unit.funcs, found.bodies, found.variables):
                print(f"{self.fset.position(one.pos)}: {one.text}")
            sys.stdout.flush()
        self._functions(backend, unit.funcs, check)
        for info in unit.assembly:
            backend.texts.declared(info)
        self._data(backend, unit, record)
        written = len(unit.data)
        completion = Completion(
            backend.descriptors,
            package.methods_of,
            lambda signature: equality(package, signature),
            lambda signature: hashing(package, signature),
        )
        while more := completion.more():
            for func in more:
                optimise(func, passes, watch)
            self._functions(backend, more, check)
            # Methods that are made late may bring data with them, which may bring types.
            for data in unit.data[written:]:
                objects.write_data(backend.symbols, data)
            written = len(unit.data)
        for local, name in unit.linknames.items():
            backend.symbols.linkname(name, local in unit.std_linknames)
        record.fingerprint = fingerprint or bytes.fromhex(digest(record.encode())[:16])
        backend.context.fingerprint = record.fingerprint
        return Compiled(self.head(checked.package.name), record.encode(), backend.finish(), header, objects.cgo_section(unit.cgo))

    def _functions(self, backend: Backend, funcs: Iterable[Func], check: bool) -> None:
        """Code for functions. Raises UserError with what is wrong in any of them."""
        wrong: list[Diagnostic] = []
        for func in funcs:
            try:
                backend.function(func, check)
            except UserError as error:
                wrong += error.diagnostics
                if len(wrong) >= MOST and not self.flags.all_errors:
                    break
            func.free()
        if wrong:
            raise UserError(wrong)

    def _limits(self, unit: Unit, checked: CheckedPackage) -> None:
        """No variable is larger than objects can say."""
        large = {data.name: data.size for data in unit.data if data.size > MOST_DATA}
        if not large:
            return
        scope = checked.package.scope
        places = {f"{unit.path}.{name}": obj.pos for name in scope.names() if (obj := scope.lookup(name)) is not None}
        raise UserError(
            Diagnostic(self.fset.reported(places.get(name, 0)), "too-large", f"{name}: symbol too large ({size} bytes > {MOST_DATA} bytes)")
            for name, size in large.items()
        )

    def _symbol_abis(self) -> SymbolABIs:
        """Which functions the package's assembly defines and refers to."""
        name = self.flags.symbol_abis
        return SymbolABIs.read(read_input(name).decode("utf-8", "surrogateescape"), name) if name else SymbolABIs()

    def _embeds(self) -> EmbedConfig | None:
        """Which files the package's directives embed."""
        name = self.flags.embed_config
        return EmbedConfig.read(read_input(name), name) if name else None

    def _coverage(self) -> Coverage | None:
        """What is counted of the package's code."""
        name = self.flags.coverage_config
        return Coverage.read(read_input(name), name) if name else None

    def declarations(self, bodies: bool = False) -> Record:
        """The record alone, of a package whose code is made by another compiler: with what passes find out of its functions, or without."""
        checked = self.check(ignore_func_bodies=not bodies)
        record = self.record(checked)
        found = Result()
        if bodies:
            names = TypeNames(Groups(self.sizes).maps, {})
            unit = self._lowering(checked, names).lower()
            found = optimise_unit(unit, self._passes(Shapes(self.sizes), names), watcher(self.flags.debug), told_only=True)
            record.sections[SUMMARIES] = marshal.dumps(sorted(found.summaries.items()), 2)
        record.exports = self._exports(checked, {name: body for name, body in found.bodies.items() if body.is_plain()})
        return record

    def _lowering(self, checked: CheckedPackage, names: TypeNames) -> PackageLowering:
        package, files, info = checked.package, checked.files, checked.info
        abis, embeds, coverage = self._symbol_abis(), self._embeds(), self._coverage()
        asked = Asked(self.imports, Prefixes(self.imports))
        made = PackageLowering(self.goroot, self.fset, package, files, info, self.sizes, asked, names, abis, embeds, coverage)
        made.variables_in_memory = bool(self.flags.no_optimisation)
        if self._wants_own_loop_variables():
            made.make_loop_variables_own()
        return made

    def _wants_own_loop_variables(self) -> bool:
        """Whether -d=loopvar or GOEXPERIMENT asks to try the loops of go1.22 (src/cmd/compile/internal/base/flag.go)."""
        told = self.flags.debug.get("loopvar", "0") or "1"
        if told == "0":
            return "loopvar" in self.env.experiments
        return told in ("1", "2")

    def _passes(self, shapes: Shapes, names: TypeNames) -> PassContext:
        prefixes = Prefixes(self.imports)
        bodies = Bodies(prefixes, self.flags.dwarf)
        return PassContext(shapes, self.fset.position, Summaries(prefixes), bodies.find, names, skips(self.flags))

    def check(self, ignore_func_bodies: bool = False) -> CheckedPackage:
        """The checked package. Raises UserError with the mistakes that cmd/compile would tell."""
        mistakes = Mistakes(self.fset, 0 if self.flags.all_errors else MOST)
        files = [self.fset.add(name, source) for name, source in self._sources]
        checked = check_package(
            self.fset,
            self.path,
            files,
            self._import,
            self.sizes,
            mistakes,
            go_version=self.flags.language,
            rules=self.rules,
            complete=self.flags.complete,
            ignore_func_bodies=ignore_func_bodies,
        )
        if mistakes or checked is None:
            found = [Diagnostic(self.fset.reported(one.pos), one.code, one.message) for one in mistakes.reported()]
            if mistakes.too_many:
                found.append(Diagnostic(self.fset.reported(mistakes.too_many), "too-many", _TOO_MANY))
            raise UserError(found, in_order=True)  # that of cmd/compile: files as they are given, mistakes of one place as they are found
        return checked

    def _recorded(self, name: str) -> str:
        """The name that objects have for a file: for an imported one, that which its record has."""
        if any(name == one for one, _ in self._sources):
            return self._rewriter.absolute(name)
        return name if any(file.name == name for file in self.fset.files) else self._rewriter.rewritten(name)

    def _import(self, path: str) -> Package:
        found = self.imports.resolve(path)
        if found.startswith(("./", "../")):
            found = posixpath.normpath(posixpath.join(self.flags.local_prefix or os.getcwd(), found))
        if found not in self.imports:
            raise ImportFailure("open : no such file or directory" if self.flags.import_config else "file not found")
        return self.imports.package(found)

    def record(self, checked: CheckedPackage) -> Record:
        """What importers are told of a package, but its exports, which the passes have a part in."""
        record = Record(self.path)
        record.go_version = self.flags.language
        self.imports.load_all()
        record.imports = dict(self.imports.digests)
        named = linknames(checked.files, path_to_prefix(self.path))
        if named:
            record.sections[LINKNAMES] = marshal.dumps(sorted(named.items()), 2)
        escaping = uintptr_escaping(checked.files, path_to_prefix(self.path))
        if escaping:
            record.sections[UINTPTR_ESCAPES] = marshal.dumps(sorted(escaping), 2)
        if any(_is_generic(decl) for file in checked.files for decl in file.decl_list):
            record.sources = [(self._rewriter.absolute(name), source) for name, source in self._sources]
            mapped = {path: stands for path in self._imported(checked) if (stands := self.imports.resolve(path)) != path}
            if mapped:
                record.sections[IMPORT_MAP] = marshal.dumps(sorted(mapped.items()), 2)
        return record

    @staticmethod
    def _imported(checked: CheckedPackage) -> set[str]:
        """The import paths in the package's files."""
        specs = (decl for file in checked.files for decl in file.decl_list if isinstance(decl, ImportDecl))
        return {spec.path.value[1:-1] for spec in specs if spec.path is not None}

    def _exports(self, checked: CheckedPackage, bodies: Mapping[str, Body]) -> bytes:
        """Export data, with the bodies that importers may inline."""

        def more(writer: Writer) -> dict[str, bytes]:
            encoded = {name: data for name, body in bodies.items() if (data := body.encode(writer)) is not None}
            return encoded | {name + VARIABLES: bodies[name].encode_names(writer) for name in encoded}

        return write_exports(checked.package, self.fset, more if bodies else None, self._recorded)

    def asm_header(self, checked: CheckedPackage) -> bytes:
        """The header for assembly, `go_asm.h`."""
        declared: list[Object] = []
        for file in checked.files:
            for decl in file.decl_list:
                names = decl.name_list if isinstance(decl, ConstDecl) else [decl.name] if isinstance(decl, TypeDecl) else []
                declared += [obj for name in names if (obj := checked.info.defs.get(name)) is not None]
        return asmheader.header(checked.package.name, declared, self.sizes).encode("utf-8", "surrogateescape")

    def head(self, package_name: str) -> bytes:
        """The text in front of the object."""
        return objects.object_head(self.env.header(), self.flags.build_id, package_name == "main")

    def _data(self, backend: Backend, unit: Unit, record: Record) -> None:
        symbols = backend.symbols
        for data in unit.data:
            objects.write_data(symbols, data)
        objects.write_types(symbols, unit.types)
        before = [path for path in unit.init_deps if path != "unsafe" and self.imports.record(path).initialised]
        prefixes = [path_to_prefix(path) for path in before]
        record.initialised = objects.write_init_task(symbols, unit.path, unit.name == "main", unit.inits, prefixes)
        for path in sorted(set(unit.imports)):
            if path != "unsafe":
                backend.context.autolib.append((path, self.imports.record(path).fingerprint))


def _does_nothing(func: Func) -> bool:
    return len(func.blocks) == 1 and not func.blocks[0].values and func.blocks[0].kind == ops.RET


def _is_generic(decl: object) -> bool:
    if isinstance(decl, FuncDecl):
        return bool(decl.tparam_list)
    return isinstance(decl, TypeDecl) and bool(decl.tparam_list)
