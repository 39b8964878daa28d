# SPDX-License-Identifier: BSD-3-Clause
"""The state of one package's check, and the order of its phases.

Package-level objects are collected first, then each is checked when somebody first needs it (`decl.obj_decl`), in an environment of
its own: the file's scope and language version. What can only be done when the types it speaks of are complete (function
bodies, checks of a type's arguments, method sets) is put off with `later` and done in the order of asking. An object
that is being checked is on `path`: meeting it again there is a cycle.

Invariants: `env` belongs to the object that is being checked, and whoever changes it puts it back; after `check_files` nothing is
pending; what is in `info` does not depend on the order of dictionaries or of addresses.

Source of the facts: src/cmd/compile/internal/types2/check.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pygo_cross.diag import InternalError
from pygo_cross.syntax.nodes import CallExpr, Expr, File, FuncDecl, Node, TypeDecl
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check import cycles, decl, initorder, mono, recording, resolve, version
from pygo_cross.types.check.errors import Report, TypeError_, error, formatter
from pygo_cross.types.check.info import Info
from pygo_cross.types.check.recording import Untyped
from pygo_cross.types.constant import Value
from pygo_cross.types.hooks import Hooks
from pygo_cross.types.objects import Func, Object, PkgName, TypeName, Var
from pygo_cross.types.package import Package
from pygo_cross.types.scope import Scope
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import Named, Signature, Type, TypeParam
from pygo_cross.types.typeset import MAX_TERMS

# An importer gives the package for an import path, complete; it raises ImportFailure with the message for what it can't give.
Importer = Callable[[str], Package]


class ImportFailure(Exception):
    """Why there is no package of an import path, in one line."""


class Config:
    """What a check needs to know beside the source.

    `go_version`: the module's language version, "go1.27" or "" for no limit. `error` gets each mistake as it is found.
    `ignore_branch_errors`: the parser has looked at labels and branches already, as cmd/compile's does.
    """

    __slots__ = ("error", "go_version", "ignore_branch_errors", "ignore_func_bodies", "importer", "sizes", "unused_imports")

    def __init__(
        self,
        importer: Importer,
        sizes: Sizes,
        error: Callable[[TypeError_], None],
        go_version: str = "",
        ignore_func_bodies: bool = False,
        unused_imports: bool = True,
        ignore_branch_errors: bool = False,
    ) -> None:
        self.importer = importer
        self.sizes = sizes
        self.error = error
        self.go_version = go_version
        self.ignore_func_bodies = ignore_func_bodies
        self.unused_imports = unused_imports
        self.ignore_branch_errors = ignore_branch_errors


class DeclInfo:
    """How a package-level object, or a method, is declared: what is needed to check it at any time.

    `file` is the scope of its file; `lhs` the variables of `var a, b = f()`; `vtyp` and `init` the type and value where written;
    `inherited` for a constant whose expression stands on an earlier line; `deps` the objects that it refers to, in order.
    """

    __slots__ = ("deps", "fdecl", "file", "inherited", "init", "lhs", "tdecl", "version", "vtyp")

    def __init__(self, file: Scope, version: str) -> None:
        self.file = file
        self.version = version
        self.lhs: list[Var] | None = None
        self.vtyp: Expr | None = None
        self.init: Expr | None = None
        self.inherited = False
        self.tdecl: TypeDecl | None = None
        self.fdecl: FuncDecl | None = None
        self.deps: dict[Object, None] = {}


class Env:
    """Where a check is: changes with each object, function and file.

    `iota` is set inside a constant's declaration; `errpos` is the place of mistakes in an inherited expression; `sig` is the function
    whose body is checked; `panics` its calls of panic (a function may end there); `has_call_or_recv` says whether
    a call or a receive was met (len of an array is constant only without).
    """

    __slots__ = (
        "decl",
        "errpos",
        "has_call_or_recv",
        "has_label",
        "in_type_params",
        "iota",
        "panics",
        "scope",
        "sig",
        "version",
    )

    def __init__(self, scope: Scope, version: str) -> None:
        self.scope = scope
        self.version = version
        self.decl: DeclInfo | None = None
        self.iota: Value | None = None
        self.errpos = 0
        self.in_type_params = False
        self.sig: Signature | None = None
        self.panics: set[CallExpr] | None = None
        self.has_label = False
        self.has_call_or_recv = False

    def lookup(self, name: str) -> Object | None:
        """The object that a name stands for here, from the innermost scope outwards."""
        return self.lookup_scope(name)[1]

    def lookup_scope(self, name: str) -> tuple[Scope | None, Object | None]:
        """The scope in which a name is found, and its object."""
        scope: Scope | None = self.scope
        while scope is not None:
            found = scope.lookup(name)
            if found is not None:
                return scope, found
            scope = scope.parent
        return None, None


class Checker(Hooks):
    """One package's check.

    `decls` has how each package-level object and method is declared, in source order; `methods` the methods of each type name that
    are not collected yet; `path` and `path_index` the objects being checked, `instance_names` those that stand for instances there;
    `untyped` the expressions that wait for a type; `valid_types` those found not to contain themselves.
    `failed`: a mistake has been reported. `wanted` is the one function whose body is looked into, None for all (`bodies.py`).
    """

    def __init__(self, config: Config, fset: FileSet, package: Package, info: Info | None = None) -> None:
        super().__init__(formatter(fset, package))
        self.config: Final = config
        self.fset: Final = fset
        self.pkg: Final = package
        self.info: Final = Info() if info is None else info
        self.wanted: Func | None = None
        self.env = Env(package.scope, config.go_version)
        self.failed = False
        self.files: list[File] = []
        self.file_versions: list[str] = []
        self.imports: list[PkgName] = []
        self.dot_imports: dict[tuple[Scope, str], PkgName] = {}
        self.decls: dict[Object, DeclInfo] = {}
        self.methods: dict[TypeName, list[Func]] = {}
        self.untyped: dict[Node, Untyped] = {}
        self.valid_types: set[Named] = set()
        self.path: list[Object] = []
        self.path_index: dict[Object, int] = {}
        self.instance_names: dict[Named, TypeName] = {}
        self.mono: Final = mono.Graph()
        self._delayed: list[tuple[str, Callable[[], None]]] = []

    # ---- phases

    def check_files(self, files: Sequence[File]) -> Info:
        """Check a package's files; mistakes go to the configuration's `error`."""
        version.init_files(self, files)
        resolve.collect_objects(self)
        cycles.direct_cycles(self)
        decl.package_objects(self)
        self.process_delayed(0)
        self.cleanup()
        initorder.init_order(self)
        if self.config.unused_imports:
            resolve.unused_imports(self)
        recording.record_untyped(self)
        if not self.failed:
            mono.monomorph(self)
        self.pkg.go_version = self.config.go_version
        self.pkg.complete = True
        return self.info

    # ---- what is put off

    def later(self, action: Callable[[], None]) -> None:
        """Do something when the declaration or statement at hand is done, with today's language version."""
        self._delayed.append((self.env.version, action))

    def delayed(self) -> int:
        """How much is put off: a mark for `process_delayed`."""
        return len(self._delayed)

    def process_delayed(self, mark: int) -> None:
        """Do what was put off since a mark, and what that puts off."""
        delayed = self._delayed
        saved = self.env.version
        at = mark
        while at < len(delayed):
            self.env.version, action = delayed[at]
            action()
            at += 1
        del delayed[mark:]
        self.env.version = saved

    # ---- cycles

    def push(self, obj: Object) -> None:
        """Begin to check an object."""
        self.path_index[obj] = len(self.path)
        self.path.append(obj)

    def pop(self) -> None:
        """An object is checked."""
        del self.path_index[self.path.pop()]

    # ---- dependencies

    def depends_on(self, to: Object) -> None:
        """The declaration that is being checked refers to an object: for the order of initialisation."""
        declaration = self.env.decl
        if declaration is not None and to in self.decls:
            declaration.deps[to] = None

    # ---- what types under construction ask (types/hooks.py)

    def check_object(self, obj: Object) -> None:
        """Check a declaration now."""
        decl.obj_decl(self, obj)

    def duplicate_method(self, pos: int, method: Func, other_pos: int) -> None:
        """An interface has two methods of one name."""
        report = Report(self, "duplicate-decl").add(pos, "duplicate method %s", method.name)
        if other_pos:
            report.add(other_pos, "other declaration of method %s", method.name)
        report.report()

    def may_overlap(self, pos: int) -> bool:
        """Whether embedded interfaces may have a method in common."""
        return version.allows(self, version.GO1_14)

    def may_embed(self, pos: int, t: Type, what: str) -> bool:
        """Whether an interface may embed something that is no interface."""
        return version.require(self, pos, version.GO1_18, what + " %s", t)

    def allows(self, minor: int) -> bool:
        """Whether the language version at hand is at least go1.`minor`."""
        return version.allows(self, minor)

    def renamed_type_param(self, new: TypeParam, declared: TypeParam) -> None:
        """Two type parameters are one for what watches over endless instantiation."""
        self.mono.record_canon(new, declared)

    def is_imported_constraint(self, t: Type) -> bool:
        """Whether a type is another package's constraint."""
        return decl.is_imported_constraint(self, t)

    def too_many_terms(self, pos: int) -> None:
        """A union is too long to be worked with."""
        error(self, pos, "invalid-union", "cannot handle more than %s union terms (implementation limitation)", str(MAX_TERMS))

    # ---- our own mistakes

    def bug(self, message: str, at: Node | None = None) -> InternalError:
        """What to raise where the checker contradicts itself."""
        return InternalError("types", message, self.pkg.path, self.fset.position(at.pos) if at is not None else self.fset.position(0))

