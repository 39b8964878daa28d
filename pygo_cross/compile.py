# SPDX-License-Identifier: BSD-3-Clause
"""One package from source to an archive: `Compilation`, the whole way on one screen.

    sources -> check -> lower -> optimise -> select, schedule, allocate, text -> object, record -> archive

A user's mistakes are a `UserError`, as cmd/compile tells them; a mistake of ours is an `InternalError` with the function and the pass.
Nothing is written here: whoever asked for the archive puts it in its place.

Switches of -d: `ssa/check` has the verifier look at every function behind every pass, `ssa/PASS/dump=FUNCTION` prints a function behind
a pass, `ssa/PASS/off` leaves a pass out: everywhere, for one function (`=FUNCTION`), or for those that a file names, one a line (`=@FILE`).
PASS `all` is every pass that can be left out, as with -N. Under the go command, `ssa/keep=FOLDER` keeps the compilation (build/kept.py).
"""

from __future__ import annotations

import marshal
import os
import posixpath
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, final

from pygo_cross.asm.goenv import GoEnv
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.codegen import asmheader
from pygo_cross.codegen import object as objects
from pygo_cross.codegen.backend import Backend
from pygo_cross.codegen.completion import Completion
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.compileflags import Flags
from pygo_cross.diag import EXIT_USAGE, Diagnostic, InternalError, Pos, UserError, located
from pygo_cross.frontend.mistakes import MOST, Mistakes
from pygo_cross.frontend.package import CheckedPackage, check_package
from pygo_cross.frontend.record import Imports, Record, Store, digest, read_import_config, section
from pygo_cross.lower import imports as lowering
from pygo_cross.lower.abiwrappers import SymbolABIs
from pygo_cross.lower.algorithms import equality, hashing
from pygo_cross.lower.coverage import Coverage
from pygo_cross.lower.directives import linknames, uintptr_escaping
from pygo_cross.lower.embed import EmbedConfig
from pygo_cross.lower.package import PackageLowering
from pygo_cross.obj.context import path_to_prefix
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES
from pygo_cross.opt.bodies import Body, decode, tell
from pygo_cross.opt.context import Context as PassContext
from pygo_cross.opt.decisions import decisions
from pygo_cross.opt.pipeline import PASSES, Result, Watcher, optimise, optimise_unit, verifying
from pygo_cross.opt.summaries import Summary, weakest
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Unit
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.nodes import ConstDecl, FuncDecl, ImportDecl, TypeDecl
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.checker import ImportFailure
from pygo_cross.types.deep import deep_recursion
from pygo_cross.types.exportwrite import Writer, write_exports
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.objects import Object
from pygo_cross.types.package import More, Package
from pygo_cross.types.sizes import Sizes

_TOO_MANY: Final = "too many errors"
ALL_PASSES: Final = "all"
LINKNAMES: Final = "linknames"
"""The section of a record with what directives of the package call its objects."""
IMPORT_MAP: Final = "importmap"
"""The section of a record with what import paths in the package's sources stand for, where that is another path (vendored packages)."""
MOST_DATA: Final = 2_000_000_000
"""The most bytes that a symbol may have (src/cmd/internal/obj/objfile.go, MaxSymSize)."""
_VARIABLES: Final = " variables"
"""Behind the name of a function whose body is in export data: what debuggers are told of it."""
UINTPTR_ESCAPES: Final = "uintptrescapes"
"""The section of a record with the link names of the functions that say so."""
SUMMARIES: Final = "escape"
"""The section of a record with the summaries of escape analysis."""


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
        self._sources = [(name, _read(name)) for name in flags.files]

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
        return SymbolABIs.read(_read(name).decode("utf-8", "surrogateescape"), name) if name else SymbolABIs()

    def _embeds(self) -> EmbedConfig | None:
        """Which files the package's directives embed."""
        name = self.flags.embed_config
        return EmbedConfig.read(_read(name), name) if name else None

    def _coverage(self) -> Coverage | None:
        """What is counted of the package's code."""
        name = self.flags.coverage_config
        return Coverage.read(_read(name), name) if name else None

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
        asked, abis, embeds, coverage = _Asked(self.imports), self._symbol_abis(), self._embeds(), self._coverage()
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
        summaries, bodies = ImportedSummaries(self.imports), _Bodies(self.imports, self.flags.dwarf).find
        return PassContext(shapes, self.fset.position, summaries, bodies, names, skips(self.flags))

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
            raise UserError(found)
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
            raise ImportFailure(f"could not import {path} (open : no such file or directory)")
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
            return encoded | {name + _VARIABLES: bodies[name].encode_names(writer) for name in encoded}

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


@final
class _Asked(lowering.Imports):
    """What lowering asks of imported packages, answered from their records."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._linknames: dict[str, dict[str, str]] = {}
        self._paths = {path_to_prefix(path): path for path in imports.digests}
        self._escaping: dict[str, frozenset[str]] = {}

    def uintptr_escapes(self, name: str) -> bool:
        """Whether a function says so."""
        prefix = _package_of(name)
        known = self._escaping.get(prefix)
        if known is None:
            path = self._paths.get(prefix)
            data = self._imports.record(path).sections.get(UINTPTR_ESCAPES) if path is not None else None
            known = self._escaping[prefix] = frozenset(marshal.loads(data)) if data else frozenset()
        return name in known

    def linknames(self, path: str) -> Mapping[str, str]:
        """What directives of a package call its objects."""
        known = self._linknames.get(path)
        if known is None:
            data = self._imports.record(path).sections.get(LINKNAMES) if path != "unsafe" else None
            known = self._linknames[path] = dict(marshal.loads(data)) if data else {}
        return known

    def source(self, path: str) -> lowering.Source:
        """The files of a package that declares something generic."""
        record = self._imports.record(path)
        if not record.sources:
            return super().source(path)
        files = [self._imports.fset.add(name, source) for name, source in record.sources]
        section = record.sections.get(IMPORT_MAP)
        mapped: dict[str, str] = dict(marshal.loads(section)) if section else {}

        def imported(path: str) -> Package:
            return self._imports.package(mapped.get(path, path))

        return lowering.Source(files, record.go_version, imported, DirectiveRules(True, False))


@final
class _Bodies:
    """Imported packages' functions that may be inlined, by link name, each read when it is asked for first, with their variables if these
    are wanted."""

    def __init__(self, imports: Imports, variables: bool) -> None:
        self._imports = imports
        self._variables = variables
        self._paths = {path_to_prefix(path): path for path in imports.digests}
        self._packages: dict[str, More | None] = {}
        self._known: dict[str, Func | None] = {}

    def find(self, name: str) -> Func | None:
        """The function; None if it may not be inlined."""
        if name in self._known:
            return self._known[name]
        prefix = _package_of(name)
        if prefix not in self._packages:
            path = self._paths.get(prefix)
            self._packages[prefix] = self._imports.package(path).more if path is not None else None
        more = self._packages[prefix]
        data = more.data.get(name) if more is not None else None
        found = self._known[name] = decode(data, more.typ, more.pos) if data is not None and more is not None else None
        if found is not None and more is not None and self._variables:
            names = more.data.get(name + _VARIABLES)
            if names is not None:
                tell(found, names, more.typ, more.pos)
        return found


def _package_of(name: str) -> str:
    """The prefix of a link name that says which package declares it."""
    end = name.find("[")
    start = name.rfind("/", 0, end if end >= 0 else len(name)) + 1
    return name[: name.find(".", start)]


@final
class ImportedSummaries(Mapping[str, Summary]):
    """The escape summaries of imported packages' functions by link name, read when they are asked for.

    Those of instances are in the records of all packages that have made them. Where these differ the weakest holds: the linker takes the
    code of any.
    """

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._known: dict[str, dict[str, Summary]] = {}
        self._instances: dict[str, Summary] | None = None
        self._paths = {path_to_prefix(path): path for path in imports.digests}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._of(name)

    def __getitem__(self, name: str) -> Summary:
        return self._of(name)[name]

    def __iter__(self) -> Iterator[str]:
        for prefix in self._paths:
            yield from self._package(prefix)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, name: str) -> dict[str, Summary]:
        if "[" not in name:
            return self._package(_package_of(name))
        if self._instances is None:
            self._instances = {}
            for prefix in self._paths:
                for one, rows in self._package(prefix).items():
                    if "[" in one:
                        self._instances[one] = weakest(self._instances.get(one, rows), rows)
        return self._instances

    def _package(self, prefix: str) -> dict[str, Summary]:
        known = self._known.get(prefix)
        if known is None:
            path = self._paths.get(prefix)
            data = self._imports.record(path).sections.get(SUMMARIES) if path is not None else None
            known = self._known[prefix] = dict(marshal.loads(data)) if data else {}
        return known


def skips(flags: Flags) -> Callable[[str, str], bool] | None:
    """Which passes leave out which functions (-N, -l, `-d ssa/PASS/off`); None if none does. Raises UserError."""
    known = {one.name.replace(" ", "_"): one for one in PASSES}
    everywhere: set[str] = {ALL_PASSES} if flags.no_optimisation else {"inline"} if flags.no_inlining else set()
    for_some: dict[str, set[str]] = {}
    for word, value in flags.debug.items():
        first, _, rest = word.partition("/")
        name, _, what = rest.rpartition("/")
        if first != "ssa" or what != "off":
            continue
        if name != ALL_PASSES and (name not in known or known[name].needed):
            names = ", ".join([ALL_PASSES, *(name for name, one in known.items() if not one.needed)])
            raise UserError.one("usage", f"compile: -d={word}: no such pass can be left out", f"there are {names}", status=EXIT_USAGE)
        if value:
            functions = _read(value[1:]).decode("utf-8", "surrogateescape").splitlines() if value.startswith("@") else [value]
            for_some.setdefault(name.replace("_", " "), set()).update(functions)
        else:
            everywhere.add(name.replace("_", " "))
    if not everywhere and not for_some:
        return None
    all_over = ALL_PASSES in everywhere
    by_name: set[str] = for_some.get(ALL_PASSES, set())

    def skip(name: str, function: str) -> bool:
        return all_over or name in everywhere or function in by_name or function in for_some.get(name, ())

    return skip


def watcher(debug: Mapping[str, str]) -> Watcher | None:
    """What the switches of -d have to see behind each pass: `ssa/check`, and `ssa/PASS/dump=FUNCTION`, where PASS has _ for blanks."""
    dumps = {word: function for word, function in debug.items() if word.startswith("ssa/") and word.endswith("/dump")}
    check = "ssa/check" in debug
    if not dumps and not check:
        return None

    def watch(name: str, func: Func) -> None:
        if check:
            verifying(name, func)
        if dumps.get(f"ssa/{name.replace(' ', '_')}/dump") == func.symbol:
            print(f"# behind {name}\n{print_func(func)}", file=sys.stderr)

    return watch


def _does_nothing(func: Func) -> bool:
    return len(func.blocks) == 1 and not func.blocks[0].values and func.blocks[0].kind == ops.RET


def _is_generic(decl: object) -> bool:
    if isinstance(decl, FuncDecl):
        return bool(decl.tparam_list)
    return isinstance(decl, TypeDecl) and bool(decl.tparam_list)


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(name)) from None
