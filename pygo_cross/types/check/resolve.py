# SPDX-License-Identifier: BSD-3-Clause
"""From files to objects: imports, package-level declarations and methods are found and put into scopes; no type is looked at.

Afterwards `Checker.decls` has every package-level object and method, in source order, and `Checker.methods` the methods of each type
name. The order of a constant group's lines is settled here too (which expression an empty line repeats, and the value of iota).

Source of the facts: src/cmd/compile/internal/types2/resolver.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.gostrings import unicode_name, unquote
from pygo_cross.syntax.nodes import (
    BadExpr,
    BasicLit,
    ConstDecl,
    Expr,
    File,
    FuncDecl,
    ImportDecl,
    IndexExpr,
    Name,
    Operation,
    TypeDecl,
    VarDecl,
    unpack_list,
    unparen,
)
from pygo_cross.syntax.positions import end_pos, start_pos
from pygo_cross.syntax.tokens import MUL
from pygo_cross.types.check import version
from pygo_cross.types.check.errors import Report, error, soft_error
from pygo_cross.types.objects import PACKAGE_VAR, Const, Func, Object, PkgName, TypeName, Var, is_exported
from pygo_cross.types.package import Package
from pygo_cross.types.scope import Scope
from pygo_cross.unicode.classes import is_print

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker, DeclInfo

_ILLEGAL_IN_PATH: Final = frozenset("!\"#$%&'()*,:;<=>?[\\]^{|}`\ufffd")


class ConstLine:
    """One line of a group of constants: the declaration whose type and values hold for it, and the value of iota."""

    __slots__ = ("decl", "inherited", "iota", "typ", "values")

    def __init__(self, decl: ConstDecl, typ: Expr | None, values: list[Expr], inherited: bool, iota: int) -> None:
        self.decl = decl
        self.typ = typ
        self.values = values
        self.inherited = inherited
        self.iota = iota


class ConstGroup:
    """Goes through declarations and says of each constant's line what it repeats."""

    __slots__ = ("_group", "_iota", "_last")

    def __init__(self) -> None:
        self._group = -1
        self._iota = 0
        self._last: ConstDecl | None = None

    def leave(self) -> None:
        """Another kind of declaration comes between."""
        self._group = -1

    def line(self, decl: ConstDecl) -> ConstLine:
        """The next line."""
        if self._group <= 0 or decl.group != self._group:
            self._iota, self._last, self._group = 0, None, decl.group
        else:
            self._iota += 1
        inherited = True
        if decl.type is not None or decl.values is not None:
            self._last, inherited = decl, False
        if self._last is None:
            return ConstLine(decl, None, [], False, self._iota)
        return ConstLine(decl, self._last.type, unpack_list(self._last.values), inherited, self._iota)


class _Method:
    __slots__ = ("base", "obj", "pointer")

    def __init__(self, obj: Func, pointer: bool, base: Name) -> None:
        self.obj = obj
        self.pointer = pointer
        self.base = base


class _Collector:
    """Goes through the files of a package once."""

    def __init__(self, check: Checker) -> None:
        self.check = check
        self.pkg = check.pkg
        self.imported: dict[str, Package | None] = {}
        self.known_imports = set(check.pkg.imports)
        self.methods: list[_Method] = []
        self.scopes: list[Scope] = []
        self.scope = check.pkg.scope
        self.version = ""

    def file(self, file: File, go_version: str) -> None:
        """Collect what a file declares."""
        check = self.check
        check.env.version = self.version = go_version
        check.info.defs[file.pkg_name] = None
        self.scope = Scope(self.pkg.scope, start_pos(file), end_pos(file), check.fset.position(file.pos).file)
        self.scopes.append(self.scope)
        check.info.scopes[file] = self.scope
        constants = ConstGroup()
        for decl in file.decl_list:
            kind = type(decl)
            if kind is not ConstDecl:
                constants.leave()
            if isinstance(decl, FuncDecl):
                self.function(decl)
            elif isinstance(decl, ConstDecl):
                self.constants(constants.line(decl))
            elif isinstance(decl, VarDecl):
                self.variables(decl)
            elif isinstance(decl, TypeDecl):
                info = self.info()
                info.tdecl = decl
                self.declare(decl.name, TypeName(decl.name.pos, self.pkg, decl.name.value), info)
            elif isinstance(decl, ImportDecl):
                self.import_decl(decl)

    def info(self) -> DeclInfo:
        """A new declaration of the file at hand."""
        from pygo_cross.types.check.checker import DeclInfo

        return DeclInfo(self.scope, self.version)

    def declare(self, name: Name, obj: Object, info: DeclInfo) -> None:
        """Put an object that is no function into the package's scope."""
        check = self.check
        if name.value == "init":
            error(check, name, "invalid-init-decl", "cannot declare init - must be func")
            return
        if name.value == "main" and self.pkg.name == "main":
            error(check, name, "invalid-main-decl", "cannot declare main - must be func")
            return
        declare(check, self.pkg.scope, name, obj, 0)
        self.keep(obj, info)

    def keep(self, obj: Object, info: DeclInfo) -> None:
        """An object to be checked."""
        self.check.decls[obj] = info
        obj.order = len(self.check.decls)

    def constants(self, line: ConstLine) -> None:
        """One line of constants."""
        for i, name in enumerate(line.decl.name_list):
            info = self.info()
            info.vtyp = line.typ
            info.init = line.values[i] if i < len(line.values) else None
            info.inherited = line.inherited
            self.declare(name, Const(name.pos, self.pkg, name.value, val=line.iota), info)
        check_arity(self.check, line.decl.pos, line.decl.name_list, line.values, True, line.inherited)

    def variables(self, decl: VarDecl) -> None:
        """One line of variables. Those that one call gives values to share their declaration, and so what it depends on."""
        values = unpack_list(decl.values)
        made = [Var(PACKAGE_VAR, name.pos, self.pkg, name.value) for name in decl.name_list]
        shared: DeclInfo | None = None
        if len(values) <= 1:
            shared = self.info()
            shared.lhs, shared.vtyp, shared.init = made, decl.type, decl.values
        for i, name in enumerate(decl.name_list):
            info = shared
            if info is None:
                info = self.info()
                info.vtyp, info.init = decl.type, values[i] if i < len(values) else None
            self.declare(name, made[i], info)
        if decl.type is None or values:
            check_arity(self.check, decl.pos, decl.name_list, values, False, False)

    def function(self, decl: FuncDecl) -> None:
        """A function or a method."""
        check, name = self.check, decl.name.value
        obj = Func(decl.name.pos, self.pkg, name)
        first = decl.tparam_list[0] if decl.tparam_list else None
        if decl.recv is not None:
            pointer, base, _ = unpack_receiver(check, decl.recv.type, False)
            # What has no proper receiver belongs to no type, and _ is never found; both are checked like functions.
            if isinstance(base, Name) and name != "_":
                self.methods.append(_Method(obj, pointer, base))
            if first is not None:
                version.require(check, first, version.GO1_27, "generic method")
            check.info.defs[decl.name] = obj
        else:
            if name == "init" or (name == "main" and self.pkg.name == "main"):
                code = "invalid-init-decl" if name == "init" else "invalid-main-decl"
                if first is not None:
                    soft_error(check, first, code, "func %s must have no type parameters", name)
                if decl.type.param_list or decl.type.result_list:
                    soft_error(check, decl.name, code, "func %s must have no arguments and no return values", name)
            elif first is not None:
                version.require(check, first, version.GO1_18, "type parameter")
            if name == "init":
                obj.parent = self.pkg.scope
                check.info.defs[decl.name] = obj
                if decl.body is None:
                    soft_error(check, obj.pos, "missing-init-body", "func init must have a body")
            else:
                declare(check, self.pkg.scope, decl.name, obj, 0)
        info = self.info()
        info.fdecl = decl
        self.keep(obj, info)

    # ---- imports

    def import_decl(self, decl: ImportDecl) -> None:
        """An import's name goes into the file's scope."""
        check, literal, local = self.check, decl.path, decl.local_pkg_name
        if literal is None or literal.bad:
            return
        path, wrong = import_path(literal)
        if wrong:
            error(check, literal, "bad-import-path", "invalid import path (%s)", wrong)
            return
        package = self.package(literal, path)
        name = package.name
        if local is not None:
            name = local.value
            if path == "C":
                error(check, local, "import-c-renamed", 'cannot rename import "C"')
                return
        if name == "init":
            error(check, decl, "invalid-init-decl", "cannot import package as init - init must be a func")
            return
        if package not in self.known_imports:
            self.known_imports.add(package)
            self.pkg.imports.append(package)
        obj = PkgName(decl.pos, self.pkg, name, package)
        if local is not None:
            check.info.defs[local] = obj
        else:
            check.info.implicits[decl] = obj
        obj.used = package.fake
        check.imports.append(obj)
        if name != ".":
            declare(check, self.scope, None, obj, 0)
            return
        assert local is not None
        for exported in package.scope.names():
            if is_exported(exported):
                self.dot_import(local, obj, exported)

    def dot_import(self, local: Name, obj: PkgName, name: str) -> None:
        """One name of a package imported with a dot. The object keeps the scope it was declared in."""
        other = self.scope.lookup(name)
        if other is not None:
            report = Report(self.check, "duplicate-decl").add(local, "%s redeclared in this block", other.name)
            report.add_other_declaration(other).report()
            return
        found = obj.imported.scope.lookup(name)
        if found is not None:
            self.scope.insert(found)
            self.check.dot_imports[self.scope, name] = obj

    def package(self, literal: BasicLit, path: str) -> Package:
        """The package of an import path; one that stands for it if it can't be had, of which nothing is missed later."""
        from pygo_cross.types.check.checker import ImportFailure

        known = self.imported.get(path)
        if known is not None:
            return known
        try:
            package = self.check.config.importer(path)
        except ImportFailure as failure:
            error(self.check, literal, "broken-import", "could not import %s (%s)", path, str(failure))
            package = Package(path, path.removesuffix("/").rpartition("/")[2])
            package.fake = True
        self.imported[path] = package
        return package

    # ---- what can be said at the end

    def conflicts(self) -> None:
        """A file's imports and the package's objects have different names."""
        for scope in self.scopes:
            for name, obj in scope.elems.items():
                other = self.pkg.scope.lookup(name)
                if other is None:
                    continue
                report = Report(self.check, "duplicate-decl")
                if isinstance(obj, PkgName):
                    report.add(other, "%s already declared through import of %s", other.name, str(obj.imported))
                else:
                    report.add(other, "%s already declared through dot-import of %s", other.name, str(obj.pkg))
                report.add_other_declaration(obj).report()

    def bind_methods(self) -> None:
        """Give each method to the type that its receiver names."""
        for method in self.methods:
            pointer, base = self.base_type(method.pointer, method.base)
            if base is not None:
                method.obj.ptr_recv = pointer
                self.check.methods.setdefault(base, []).append(method.obj)

    def base_type(self, pointer: bool, name: Name) -> tuple[bool, TypeName | None]:
        """The defined type that a receiver's name leads to, through aliases that are not generic and one pointer at most."""
        seen: set[TypeName] = set()
        current: Expr = name
        while isinstance(current, Name):
            obj = self.pkg.scope.lookup(current.value)
            if not isinstance(obj, TypeName) or obj in seen:
                break
            decl = self.check.decls[obj].tdecl
            assert decl is not None
            if not decl.alias:
                return pointer, obj
            if decl.tparam_list:
                break
            seen.add(obj)
            current = unparen(decl.type)
            if isinstance(current, Operation) and current.op == MUL and current.y is None:
                if pointer:
                    break
                pointer = True
                current = unparen(current.x)
        return False, None


def collect_objects(check: Checker) -> None:
    """Find everything that the package's files import and declare."""
    collector = _Collector(check)
    for file, go_version in zip(check.files, check.info.file_versions, strict=True):
        collector.file(file, go_version)
    collector.conflicts()
    collector.bind_methods()


def declare(check: Checker, scope: Scope, name: Name | None, obj: Object, scope_pos: int) -> None:
    """Put an object into a scope, from a position on; `_` is only recorded. A name that is taken is reported."""
    if obj.name != "_":
        other = scope.insert(obj)
        if other is not None:
            report = Report(check, "duplicate-decl").add(obj, "%s redeclared in this block", obj.name)
            report.add_other_declaration(other).report()
            return
        obj.scope_pos = scope_pos
    if name is not None:
        check.info.defs[name] = obj


def check_arity(check: Checker, pos: int, names: Sequence[Name], values: Sequence[Expr], constant: bool, inherited: bool) -> None:
    """As many values as names; a single value may be a call that gives them all, where constants are not concerned."""
    have, want = len(values), len(names)
    if want < have:
        extra = values[want]
        if inherited:
            error(check, pos, "wrong-assign-count", "extra init expr at %s", check.fset.place(extra.pos))
        else:
            error(check, extra, "wrong-assign-count", "extra init expr %s", extra)
    elif want > have and (constant or have != 1):
        error(check, names[have], "wrong-assign-count", "missing init expr for %s", names[have].value)


def unpack_receiver(check: Checker, e: Expr, with_parameters: bool) -> tuple[bool, Expr, list[Name]]:
    """A receiver's type taken apart: whether it is a pointer, its base, and the names of the type parameters if they are wanted.

    The base of a wrong program need not be a name.
    """
    base, pointer = unparen(e), False
    if isinstance(base, Operation) and base.op == MUL and base.y is None:
        pointer, base = True, unparen(base.x)
    names: list[Name] = []
    if isinstance(base, IndexExpr):
        for arg in unpack_list(base.index) if with_parameters else ():
            if isinstance(arg, Name):
                names.append(arg)
                continue
            if not isinstance(arg, BadExpr):
                error(check, arg, "bad-decl", "receiver type parameter %s must be an identifier", arg)
            names.append(Name(arg.pos, "_"))
        base = base.x
    return pointer, base, names


def import_path(literal: BasicLit) -> tuple[str, str]:
    """The path that an import names, and what is wrong with it, if anything."""
    found = unquote(literal.value)
    if not found:
        return "", "empty string" if found is not None else "invalid syntax"
    path = found.decode("utf-8", "replace")
    for char in path:
        if char in _ILLEGAL_IN_PATH or not is_print(ord(char)) or char.isspace():
            return path, "invalid character " + unicode_name(ord(char))
    return path, ""


def unused_imports(check: Checker) -> None:
    """Report the imports that nothing uses."""
    if check.config.ignore_func_bodies:
        return
    for obj in _unused(check.imports):
        path = obj.imported.path
        if obj.name in ("", ".", path.rpartition("/")[2]):
            soft_error(check, obj, "unused-import", '"%s" imported and not used', path)
        else:
            soft_error(check, obj, "unused-import", '"%s" imported as %s and not used', path, obj.name)


def _unused(imports: Sequence[PkgName]) -> Iterator[PkgName]:
    return (obj for obj in imports if obj.name != "_" and not obj.used)

