# SPDX-License-Identifier: BSD-3-Clause
"""How many type descriptors, method tables and what they refer to are those of stock's objects, byte by byte.

    python3 scripts/conformance typedata [--target linux/amd64] [--deps] [--show N] [PATTERN...]

Of each package that matches (fmt, unless others are named; with --deps what they import too), stock's object is read, every type that it
has a descriptor of is found again among the types of our checker, and its symbols are made and laid beside stock's: size, alignment,
kind, flags, contents and relocations. --show prints the first N differences of each package.

One thing may differ: whether a pointer type refers, weakly, to the pointer to it. Stock's does only where the compiler happened to make the
second type before it wrote the first. How many differ in it is told.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from conformance import gopackages
from conformance.checking import Checked, Session
from conformance.gopackages import GoPackage
from conformance.linktypes import LinkTypes, Unknown
from pygo_cross.build.goroot import find_goroot
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.obj import archive, goobj
from pygo_cross.obj.builtins import BUILTINS
from pygo_cross.obj.context import Context, path_to_prefix
from pygo_cross.obj.reader import Object
from pygo_cross.obj.writer import write
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.localtypes import number_local_types
from pygo_cross.types.objects import TypeName
from pygo_cross.types.types import Type
from pygo_cross.types.universe import UNSAFE

KINDS = {
    "type:.namedata.": "names",
    "type:.importpath.": "import paths",
    "type:.eqfunc.": "equality functions",
    "type:.hashfunc.": "hash functions",
    "type:.gcmask.": "masks on demand",
    "type:.": "",  # code, and its tables
    "type:": "descriptors",
    "go:itab.": "method tables",
    "runtime.gcbits.": "masks",
}

_KIND = 23  # where a descriptor has its kind
_POINTER_KIND = 22
_POINTER_TO_THIS = 44


class Found(NamedTuple):
    """A symbol of an object, with relocations by name."""

    abi: int
    kind: int
    flags: tuple[int, int]
    size: int
    align: int
    data: bytes
    relocs: tuple[tuple[int, int, int, int, str, int], ...]


def kind_of(name: str) -> str:
    """What a symbol is, empty for what is not compared."""
    if name.startswith("runtime.") and name.endswith("·f"):
        return "functions of the runtime"
    return next((kind for prefix, kind in KINDS.items() if name.startswith(prefix)), "")


def symbols(obj: Object, path: str) -> dict[str, Found]:
    """The symbols of an object that are compared. Names that belong to no other object are said by their content."""
    others = {(package, index): name for package, index, name in obj.ref_names()}
    starts = {
        goobj.PKG_SELF: 0,
        goobj.PKG_HASHED64: obj.ndef,
        goobj.PKG_HASHED: obj.ndef + obj.nhashed64,
        goobj.PKG_NONE: obj.ndef + obj.nhashed64 + obj.nhashed,
    }
    private = f"type:.namedata.{path_to_prefix(path)}."

    def name_of(index: int) -> str:
        name = obj.name(index)
        if name.startswith(private) and name[len(private) :].isdigit():
            (reloc,) = obj.relocs(index)
            return f"type:.namedata. {bytes(obj.data(index)).hex()} {target(reloc[4], reloc[5])[0]}"
        return name

    def target(package: int, index: int) -> tuple[str, int]:
        if package == goobj.PKG_BUILTIN:
            return BUILTINS[index]
        if package in starts:
            return name_of(starts[package] + index), obj.sym(starts[package] + index)[1]
        return others[package, index], 0

    found = {}
    for index in range(obj.nall):
        if not kind_of(obj.name(index)):
            continue
        _, abi, kind, flag, flag2, size, align = obj.sym(index)
        data = bytes(obj.data(index)).ljust(size, b"\0")
        relocs = tuple((*reloc[:4], *target(reloc[4], reloc[5])) for reloc in obj.relocs(index))
        found[name_of(index)] = Found(abi, kind, (flag, flag2), size, align, data, relocs)
    return found


def stock_object(path: str) -> Object:
    """The compiler's object in a package's archive."""
    view = archive.map_file(path)
    member = next(member for member in archive.members(path, view) if member.name == "_go_.o")
    return Object(path, archive.split_object(path, member.body)[1])


def exports(patterns: list[str], target: str, deps: bool, folder: Path | None = None) -> dict[str, str]:
    """The archives of packages that stock has compiled, by import path."""
    command = [
        str(find_goroot() / "bin/go"),
        "list",
        "-export",
        *(["-deps"] if deps else []),
        "-f",
        "{{.ImportPath}}\t{{.Export}}",
        *patterns,
    ]
    done = subprocess.run(command, cwd=folder, env=gopackages.environment(target), capture_output=True, text=True, check=True)
    rows = (line.partition("\t") for line in done.stdout.splitlines())
    return {path: file for path, _, file in rows if file}


class Ours:
    """Our symbols for what stock has in a package."""

    def __init__(self, session: Session, target: str, path: str, numbers: dict[TypeName, int]) -> None:
        goos, _, arch = target.partition("/")
        self.context = Context(arch, goos, path)
        self.context.assembly = False
        self.groups = Groups(session.sizes)
        self.names = TypeNames(self.groups.maps, numbers)
        self.descriptors = Descriptors(self.context, session.sizes, self.names, self.groups)
        packages = {**session.packages, "unsafe": UNSAFE}
        local = {(obj.pkg.path, obj.name, number): obj for obj, number in numbers.items() if obj.pkg is not None}
        self.types = LinkTypes(packages, local, self.names)
        self.unknown: list[str] = []

    def _read(self, name: str) -> Type | None:
        try:
            return self.types.read(name)
        except Unknown as error:
            self.unknown.append(str(error))
            return None

    def make(self, stock: dict[str, Found]) -> dict[str, Found]:
        """The symbols."""
        descriptors = self.descriptors
        if self.context.package == "runtime":
            descriptors.predeclared()
        for name in stock:
            if name.startswith("go:itab."):
                try:
                    descriptors.itab(*self.types.read_pair(name.removeprefix("go:itab.")))
                except Unknown as error:
                    self.unknown.append(str(error))
            elif kind_of(name) == "descriptors":
                text = name.removeprefix("type:")
                # What is made of groups comes with their maps; other types without equality are closures and what slices are made of.
                unwanted = text.startswith("noalg.")
                text = text.removeprefix("noalg.").removeprefix("*" if unwanted else "")
                if "map.group[" in text:
                    continue
                typ = self._read(text)
                if typ is None or self.types.made_up:
                    continue
                if unwanted:
                    self.groups.without_equality.add(typ)
                descriptors.type(typ)
        descriptors.finish()
        return symbols(Object("ours", memoryview(write(self.context))), self.context.package)


def without_pointer(symbol: Found) -> Found:
    """A pointer type's descriptor without its reference to the pointer to it."""
    if len(symbol.data) <= _KIND or symbol.data[_KIND] != _POINTER_KIND:
        return symbol
    return symbol._replace(relocs=tuple(reloc for reloc in symbol.relocs if reloc[0] != _POINTER_TO_THIS))


def differences(stock: Found, ours: Found) -> list[str]:
    """In what two symbols of one name differ."""
    found = [
        f"{field}: {a} | {b}"
        for field, a, b in zip(Found._fields[:5], stock[:5], ours[:5], strict=True)
        if a != b
    ]  # fmt: skip
    if stock.data != ours.data:
        at = next((i for i, (a, b) in enumerate(zip(stock.data, ours.data, strict=False)) if a != b), 0)
        found.append(f"data from {at}: {stock.data[at : at + 16].hex()} | {ours.data[at : at + 16].hex()}")
    # The ABI of what other packages define is not in the object.
    a, b = ([reloc[:5] for reloc in relocs] for relocs in (stock.relocs, ours.relocs))
    found += [f"stock's relocation {reloc}" for reloc in a if reloc not in b]
    found += [f"our relocation {reloc}" for reloc in b if reloc not in a]
    return found


def main(argv: list[str]) -> int:
    """Prints the score; status 1 if a symbol differs."""
    parser = argparse.ArgumentParser(
        prog="scripts/conformance typedata", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", default="linux/amd64", metavar="GOOS/GOARCH")
    parser.add_argument("--deps", action="store_true", help="packages that are imported too")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="differences to print of each package")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = parser.parse_args(argv)
    sys.setrecursionlimit(20_000)
    patterns = options.patterns or ["fmt"]
    return compare(patterns, options.target, options.deps, options.show)


def compare(patterns: list[str], target: str, deps: bool = False, show: int = 0, folder: Path | None = None) -> int:
    """Compare the packages that match, seen from a folder; returns the status."""
    files = exports(patterns, target, deps, folder)
    return run(gopackages.load(patterns, target, False, folder), files, target, show)


def run(packages: list[GoPackage], files: dict[str, str], target: str, show: int) -> int:
    """Compare the packages that have a file; returns the status."""
    session = Session(target.partition("/")[2])
    numbers: dict[TypeName, int] = {}
    stock_count: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    loose = 0
    began = time.process_time()
    for package in packages:
        package.wanted = package.path in files
        checked: Checked = session.check(package)
        numbers |= number_local_types(checked.files, checked.info.defs)
        if not package.wanted:
            continue
        stock = symbols(stock_object(files[package.path]), package.path)
        ours = Ours(session, target, package.path, numbers)
        made = ours.make(stock)
        lines = [f"unknown {text}" for text in ours.unknown]
        for name, symbol in stock.items():
            kind = kind_of(name)
            if kind in ("masks", "functions of the runtime") and name not in made:
                continue  # code has masks and functions too
            stock_count[kind] += 1
            mine = made.get(name)
            wrong = ["not made"] if mine is None else differences(symbol, mine)
            if mine is not None and wrong and kind == "descriptors" and not differences(without_pointer(symbol), without_pointer(mine)):
                wrong = []
                loose += 1
            equal[kind] += not wrong
            lines += [f"{name}: {text}" for text in wrong]
        for name in made:
            if name not in stock:
                extra[kind_of(name)] += 1
                lines.append(f"{name}: of ours alone")
        if show and lines:
            print(f"{package.path}: {len(lines)} differences")
            print("\n".join(f"  {line[:1000]}" for line in lines[:show]))
    print(f"{target}: {len(files)} packages, {time.process_time() - began:.0f} s of CPU")
    for kind in stock_count:
        print(f"  {kind:26}{stock_count[kind]:8,} of stock's {equal[kind]:8,} equal {extra[kind]:6,} of ours alone")
    print(f"  {loose} pointer types with the one, or the other, alone referring to the pointer to them")
    total, same = sum(stock_count.values()), sum(equal.values())
    print(f"  {'all':26}{total:8,} of stock's {same:8,} equal, {100 * same / max(1, total):.3f}%")
    return 0 if total == same and not sum(extra.values()) else 1
