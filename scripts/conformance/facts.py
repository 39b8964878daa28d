# SPDX-License-Identifier: BSD-3-Clause
"""Facts of a type check, one a line: what stock's go/types says (tests/types/oracle prints it) and what our `Info` says, in one form.

A fact is a pair of texts, what it is about and what is said: `("e 3 120 127", "const untyped int 12")`. What it is about is a letter
(tests/types/oracle/main.go lists them), the number of the file, and offsets. Types are written with the paths of their packages,
objects with kind, package, name, place of declaration and type; so a fact can be compared by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pygo_cross.syntax import nodes, positions
from pygo_cross.syntax.source import FileSet
from pygo_cross.types import constant, objects, typestring
from pygo_cross.types.check import operand
from pygo_cross.types.check.info import Info
from pygo_cross.types.methodset import method_set
from pygo_cross.types.package import Package
from pygo_cross.types.scope import UNIVERSE, Scope
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import UNRESOLVED, Alias, Array, Named, Pointer, Struct, Type, TypeParam, Union, unalias

Facts = dict[str, str]

KINDS = {
    "e": "types and values",
    "d": "definitions",
    "u": "uses",
    "i": "implicit objects",
    "s": "selections",
    "n": "instances",
    "c": "scopes",
    "l": "layouts",
    "m": "method sets",
    "o": "initialisation order",
    "F": "file versions",
}


@dataclass
class Section:
    """Stock's facts of one package, and its errors if it has any."""

    id: str
    errors: list[str] = field(default_factory=list)
    facts: Facts = field(default_factory=dict)


def read(lines: Iterable[str]) -> Iterator[Section]:
    """The sections of what tests/types/oracle prints."""
    section: Section | None = None
    types: list[str] = []
    described: list[str] = []
    files = inits = 0

    def typ(number: str) -> str:
        return "" if number == "-1" else types[int(number)]

    def obj(number: str) -> str:
        return "none" if number == "-1" else described[int(number)]

    for line in lines:
        parts = line.rstrip("\n").split("\t")
        letter = parts[0]
        if letter == "P":
            if section is not None:
                yield section
            section, types, described, files, inits = Section(parts[1]), [], [], 0, 0
            continue
        assert section is not None
        facts = section.facts
        if letter == "e":
            mode, said = parts[4], f"{parts[4]} {typ(parts[5])}"
            # Stock's go/types says "untyped nil" of every nil, cmd/compile's checker and ours the type that it is nil of.
            facts[f"e {parts[1]} {parts[2]} {parts[3]}"] = (
                mode if mode in ("nil", "void") else f"{said} {parts[6]}" if mode == "const" else said
            )
        elif letter in "du":
            facts[f"{letter} {parts[1]} {parts[2]}"] = obj(parts[3])
        elif letter == "T":
            types.append(parts[1])
        elif letter == "O":
            described.append(f"{parts[1]} {parts[2]}.{parts[3]} @{parts[4]} {typ(parts[5])}")
        elif letter == "s":
            facts[f"s {parts[1]} {parts[2]} {parts[3]}"] = (
                f"{parts[4]} {obj(parts[5])} indirect={parts[6]} path={parts[7]} of {typ(parts[8])}: {typ(parts[9])}"
            )
        elif letter == "c":
            facts[f"c {parts[1]} {parts[2]} {parts[3]}"] = f"in {parts[4]}: {parts[5]}"
        elif letter == "i":
            facts[f"i {parts[1]} {parts[2]} {parts[3]}"] = obj(parts[4])
        elif letter == "n":
            arguments = ", ".join(typ(number) for number in parts[4].split(",") if number)
            facts[f"n {parts[1]} {parts[2]}"] = f"[{arguments}] {typ(parts[3])}"
        elif letter == "l":
            facts[f"l {parts[1]} {parts[2]}"] = f"size {parts[3]} alignment {parts[4]} offsets {parts[5]}"
        elif letter == "m":
            facts[f"m {parts[1]} {parts[2]} {len(parts[3])}"] = parts[4]
        elif letter == "o":
            left = ", ".join(obj(number) for number in parts[1].split(",") if number)
            facts[f"o {inits}"] = f"{left} = {parts[2]}:{parts[3]}:{parts[4]}"
            inits += 1
        elif letter == "F":
            facts[f"F {files}"] = f"{parts[1]} {parts[2]}"
            files += 1
        elif letter == "X":
            section.errors.append(parts[1])
        else:
            raise ValueError(f"a line of facts that begins with {letter}")
    if section is not None:
        yield section


_MODES = {
    operand.NOVALUE: "void",
    operand.BUILTIN: "builtin",
    operand.TYPEXPR: "type",
    operand.CONSTANT: "const",
    operand.VARIABLE: "variable",
    operand.MAPINDEX: "mapindex",
    operand.VALUE: "value",
    operand.NILVALUE: "nil",
    operand.COMMAOK: "commaok",
    operand.COMMAERR: "value",
}


class _Writer:
    """Our facts of one package. Types and objects are written once each."""

    def __init__(self, fset: FileSet, package: Package, files: Sequence[nodes.File], info: Info) -> None:
        self.fset, self.files, self.info = fset, files, info
        self.facts: Facts = {}
        self.sizes = Sizes()
        self.bases = {file.source.base: number for number, file in enumerate(files)}
        self.parens: dict[nodes.Expr, list[tuple[int, int]]] = {}
        for file in files:
            self.parens.update(file.parens)
        self.types: dict[Type, str] = {}
        self.objects: dict[objects.Object, str] = {}
        self.scopes: dict[Scope, str] = {UNIVERSE: "universe", package.scope: "package"}

    def typ(self, t: Type | None) -> str:
        """A type in words."""
        if t is None:
            return ""
        text = self.types.get(t)
        if text is None:
            text = self.types[t] = "invalid type" if t is UNRESOLVED else typestring.type_string(t)
        return text

    def obj(self, obj: objects.Object | None) -> str:
        """An object in words: kind, package, name, place and type."""
        if obj is None:
            return "none"
        text = self.objects.get(obj)
        if text is None:
            text = self.objects[obj] = self._object(obj)
        return text

    def _object(self, obj: objects.Object) -> str:
        kind, name = type(obj).__name__, obj.name
        t: Type = obj.typ
        if isinstance(obj, objects.Var):
            kind = "Embedded" if obj.embedded else "Field" if obj.kind == objects.FIELD_VAR else kind
        elif isinstance(obj, objects.TypeName) and obj.is_alias():
            kind = "Alias"
        elif isinstance(obj, objects.PkgName):
            name += "=" + obj.imported.path
        elif isinstance(obj, objects.Const):
            name += "=" + constant.exact_string(obj.val)
        elif isinstance(obj, objects.Func):
            t = obj.signature
        file = self.fset.file(obj.pos)
        place = "" if file is None else f"{file.name.rpartition('/')[2]}:{obj.pos - file.base}"
        return f"{kind} {'' if obj.pkg is None else obj.pkg.path}.{name} @{place} {self.typ(t)}"

    def range(self, node: nodes.Node) -> str:
        """File, start and end of a node."""
        start = positions.first(node, self.parens)
        file = self.fset.file(start)
        assert file is not None
        return f"{self.bases[file.base]} {start - file.base} {positions.last(node, self.parens) - file.base}"

    def start(self, node: nodes.Node) -> str:
        """File and start of a name."""
        file = self.fset.file(node.pos)
        assert file is not None
        return f"{self.bases[file.base]} {node.pos - file.base}"

    def write(self) -> Facts:
        """All facts."""
        facts, info = self.facts, self.info
        for number, file in enumerate(self.files):
            facts[f"F {number}"] = f"{file.source.name.rpartition('/')[2]} {info.file_versions[number]}"
        for node, found in info.types.items():
            if type(node) is nodes.ListExpr or (type(node) is nodes.InterfaceType and node.end <= node.pos):
                continue  # no expression of go/ast's; or the interface that a constraint is put into
            mode = _MODES[found.mode]
            said = mode if mode in ("nil", "void") else f"{mode} {self.typ(found.typ)}"
            if mode == "const":
                said += f" {constant.exact_string(found.val if found.val is not None else constant.UNKNOWN)}"
            facts[f"e {self.range(node)}"] = said
            for start, end in self.parens.get(node, ()) if isinstance(node, nodes.Expr) else ():
                source = self.fset.file(start)
                assert source is not None
                facts[f"e {self.bases[source.base]} {start - source.base} {end - source.base}"] = said
        for name, defined in info.defs.items():
            facts[f"d {self.start(name)}"] = self.obj(defined)
            if isinstance(defined, objects.TypeName):
                self._type_facts(self.start(name), defined.typ)
        for name, used in info.uses.items():
            facts[f"u {self.start(name)}"] = self.obj(used)
        for name, instance in info.instances.items():
            facts[f"n {self.start(name)}"] = f"[{', '.join(map(self.typ, instance.targs))}] {self.typ(instance.typ)}"
        for node, implicit in info.implicits.items():
            said = self.obj(implicit)
            if isinstance(node, nodes.Field) and isinstance(node.type, nodes.DotsType):
                # A parameter without a name stands at its type; go/types takes that to begin behind the dots, cmd/compile before them.
                said = said.replace(f":{self.start(node).split()[1]} ", f":{self.range(node.type.elem).split()[1]} ", 1)
            facts[f"i {self.range(node)}"] = said
        for selector, selection in info.selections.items():
            facts[f"s {self.range(selector)}"] = (
                f"{('field', 'method', 'expression')[selection.kind]} {self.obj(selection.obj)} indirect={str(selection.indirect).lower()} "
                f"path={','.join(map(str, selection.index))} of {self.typ(selection.recv)}: {self.typ(selection.type())}"
            )
        self._write_scopes()
        for number, initializer in enumerate(info.init_order):
            left = ", ".join(map(self.obj, initializer.lhs))
            facts[f"o {number}"] = f"{left} = {self.range(initializer.rhs).replace(' ', ':')}"
        return facts

    def _type_facts(self, about: str, t: Type) -> None:
        """The layout and the method sets of a declared type."""
        if isinstance(t, Alias) and t.tparams:
            return
        if _has_size(t):
            under = t.underlying()
            offsets = ",".join(map(str, self.sizes.offsetsof(under))) if isinstance(under, Struct) else ""
            self.facts[f"l {about}"] = f"size {self.sizes.sizeof(t)} alignment {self.sizes.alignof(t)} offsets {offsets}"
        for stars, typ in enumerate((t, Pointer(t))):
            methods = [f"{','.join(map(str, s.index))}{'*' if s.indirect else ''} {s}" for s in method_set(typ)]
            self.facts[f"m {about} {stars}"] = "; ".join(methods)

    def _write_scopes(self) -> None:
        places: dict[Scope, str] = {}
        for node, scope in self.info.scopes.items():
            # The ends of a file are told differently by go/ast; its number is enough.
            places[scope] = f"{self.bases[node.source.base]} 0 0" if isinstance(node, nodes.File) else self.range(node)
            self.scopes[scope] = places[scope].replace(" ", ":")
        for scope, place in places.items():
            parent = "none" if scope.parent is None else self.scopes.get(scope.parent, "unknown")
            self.facts[f"c {place}"] = f"in {parent}: {' '.join(scope.names())}"


def _has_size(t: Type) -> bool:
    """Whether nothing that a value of the type holds is of a type parameter's type."""
    t = unalias(t)
    if isinstance(t, Array):
        return _has_size(t.elem)
    if isinstance(t, Struct):
        return all(_has_size(f.typ) for f in t.fields)
    if isinstance(t, Named):
        return (not t.tparams or bool(t.targs)) and _has_size(t.underlying())
    return not isinstance(t, (TypeParam, Union))


def write(fset: FileSet, package: Package, files: Sequence[nodes.File], info: Info) -> Facts:
    """Our facts of a package that was checked; `files` in the order in which they were."""
    return _Writer(fset, package, files, info).write()


@dataclass
class Comparison:
    """What came of comparing facts: by letter, how many stock has, how many of ours are equal, and how many are ours alone."""

    stock: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    equal: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    extra: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    differences: list[str] = field(default_factory=list)

    def add(self, other: Comparison) -> None:
        """Count another package in."""
        for letter in KINDS:
            self.stock[letter] += other.stock[letter]
            self.equal[letter] += other.equal[letter]
            self.extra[letter] += other.extra[letter]


def _order(about: str) -> tuple[str, list[int]]:
    letter, *numbers = about.split(" ")
    return letter, list(map(int, numbers))


def compare(stock: Facts, ours: Facts, keep: int | None = None, name: Callable[[str], str] = str) -> Comparison:
    """Compare the facts of a package; at most `keep` differences are put into words, those first in their file first.

    `name` puts what a fact is about into words.
    """
    found = Comparison()
    wrong: list[str] = []
    for about, said in stock.items():
        letter = about[0]
        found.stock[letter] += 1
        if ours.get(about) == said:
            found.equal[letter] += 1
        else:
            wrong.append(about)
    extra = [about for about in ours if about not in stock]
    for about in extra:
        found.extra[about[0]] += 1
    for about in sorted(wrong + extra, key=_order)[:keep]:
        found.differences.append(f"{name(about)}\n    stock: {stock.get(about, 'nothing')}\n    ours:  {ours.get(about, 'nothing')}")
    return found
