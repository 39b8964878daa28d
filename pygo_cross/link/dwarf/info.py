# SPDX-License-Identifier: BSD-3-Clause
"""What goes into `.debug_info`: the compilation units with their functions, constants and variables, and all types.

The compiler wrote the entry of each function as an auxiliary symbol of it, with those of inlined functions (abstract
entries) and types as references. Going through the functions of the image in order finds both; then come the global
variables, by number. Everything of this can be known once reachability and the order of functions are; nothing of it
needs an address. Facts: GOROOT/src/cmd/link/internal/ld/dwarf.go (dwarfGenerateDebugInfo).
"""

from __future__ import annotations

from collections.abc import Iterator

from pygo_cross import GO_RELEASE
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.dwarf.synthesize import synthesize
from pygo_cross.link.dwarf.types import TypeEntries
from pygo_cross.link.loader import Loader, ObjFile, Reloc
from pygo_cross.obj import goobj
from pygo_cross.obj.reloctype import R_DWARFSECREF, R_USEIFACE, R_USETYPE

_COMPILER = "Go cmd/compile go"


class Function:
    """A function of the image, with its auxiliary symbols, 0 where missing.

    `info` is its function information and `pcsp` its table of frame sizes; `entry`, `location`, `ranges` and `lines` are
    its parts of debug sections. `relocs` are the entry's; `listed_location` is the location list that the entry refers to.
    """

    __slots__ = ("entry", "info", "lines", "listed_location", "location", "pcsp", "ranges", "relocs", "sym")

    def __init__(self, sym: int) -> None:
        self.sym = sym
        self.info = self.pcsp = self.entry = self.location = self.ranges = self.lines = self.listed_location = 0
        self.relocs: list[Reloc] = []


class Unit:
    """One compilation unit: what one object brings along.

    `functions` has all functions in address order; `abstract`, `constants` and `variables` are symbols of entries.
    """

    __slots__ = ("abstract", "constants", "file", "functions", "package", "package_name", "producer", "variables")

    def __init__(self, file: ObjFile, package: str, producer: str, package_name: str) -> None:
        self.file = file
        self.package = package
        self.producer = producer
        self.package_name = package_name
        self.functions: list[Function] = []
        self.abstract: list[int] = []
        self.constants = 0
        self.variables: list[int] = []


class DebugInfo:
    """The debug information of an image.

    `version` is DWARF's; `types_unit` is the unit that types are put into; `functions` are those of all units, by symbol.
    """

    __slots__ = ("functions", "types", "types_unit", "units", "version")

    def __init__(self, version: int, types: TypeEntries) -> None:
        self.version = version
        self.types = types
        self.units: list[Unit] = []
        self.functions: dict[int, Function] = {}
        self.types_unit: Unit | None = None


def dwarf_version(goos: str, experiments: str) -> int:
    """5, or 4 where tools can't read 5 (macOS) or the dwarf5 experiment is off (GOROOT/src/internal/buildcfg/exp.go)."""
    version = 4 if goos == "darwin" else 5
    for word in experiments.split(","):
        if word == "dwarf5":
            version = 5
        elif word in ("nodwarf5", "none"):
            version = 4
    return version


def generate_debug_info(link: Link) -> DebugInfo:
    """Collect the units of the link and make all entries of types.

    Call it when reachability is final, `link.libraries` is in postorder and functions have their order. Marks the
    symbols of types' entries (`go:info.T`) as reachable. Raises UserError when the runtime's types are missing.
    """
    loader = link.loader
    info = DebugInfo(dwarf_version(link.options.goos, link.options.experiments), TypeEntries(loader))
    types = info.types
    collector = _Collector(loader, types)
    unit_of: dict[int, Unit] = {}
    for library in link.libraries:
        package = library.package
        constants = loader.lookup("go:constinfo." + package)
        flags = _text(loader, "go:cuinfo.producer." + package)
        producer = _COMPILER + GO_RELEASE + ("; " + flags if flags else "")
        package_name = _text(loader, "go:cuinfo.packagename." + package)
        for file in library.files:
            unit = Unit(file, package, producer, package_name)
            if constants:
                unit.constants = constants
                collector.follow(constants)
                constants = 0
            info.units.append(unit)
            unit_of[id(file)] = unit
            if package == "runtime":
                info.types_unit = unit
            for sym in file.textp:
                function = info.functions[sym] = collector.function(sym, unit)
                unit.functions.append(function)
    for sym in _data_symbols(loader):
        _variable(loader, types, unit_of, sym)
    synthesize(types)
    return info


def _text(loader: Loader, name: str) -> str:
    sym = loader.lookup(name)
    return str(loader.data(sym), "utf-8", "surrogateescape") if sym else ""


class _Collector:
    """Goes through entries that the compiler wrote. `seen` has the references that need no second look."""

    def __init__(self, loader: Loader, types: TypeEntries) -> None:
        self.loader = loader
        self.types = types
        self.seen: set[int] = set()

    def function(self, sym: int, unit: Unit) -> Function:
        """What a function has of debug information; its abstract entries go to the unit that is the first to refer to them."""
        loader = self.loader
        function = Function(sym)
        for kind, aux in loader.auxs(sym):
            if kind == goobj.AUX_DWARFINFO:
                function.entry = aux
            elif kind == goobj.AUX_DWARFLOC:
                function.location = aux
            elif kind == goobj.AUX_DWARFRANGES:
                function.ranges = aux
            elif kind == goobj.AUX_DWARFLINES:
                function.lines = aux
            elif kind == goobj.AUX_FUNCINFO:
                function.info = aux
            elif kind == goobj.AUX_PCSP:
                function.pcsp = aux
        if not function.entry:
            return function
        function.relocs = relocs = loader.relocs(function.entry)
        seen, kind_of, done = self.seen, loader.kind, self.types.done
        for _offset, _size, kind, _addend, target in relocs:
            if kind == R_DWARFSECREF:
                if target in seen:
                    continue
                target_kind = kind_of[target]
                if target_kind == kinds.SDWARFLOC:
                    function.listed_location = function.listed_location or target
                elif target_kind == kinds.SDWARFABSFCN:
                    seen.add(target)
                    unit.abstract.append(target)
                    self.follow(target)
                elif target_kind == kinds.SDWARFTYPE or target_kind == kinds.SXXX:
                    seen.add(target)
                    if target not in done:
                        self.types.define_named(target)
            elif kind == R_USETYPE:
                # The type of a variable that was optimised away.
                self.types.define(target)
        return function

    def follow(self, sym: int) -> None:
        """Make the types that an abstract entry, or the entries of constants, refer to."""
        seen, types = self.seen, self.types
        for _offset, _size, kind, _addend, target in self.loader.relocs(sym):
            if kind == R_DWARFSECREF and target not in seen:
                seen.add(target)
                if target not in types.done:
                    types.define_named(target)


# Kinds that variables have, and dictionaries of generic functions.
_DATA_KINDS = bytes(
    1 if kinds.SRODATA <= kind <= kinds.SRODATAEND or kind in (kinds.STYPE, kinds.SMODULEDATA, kinds.STLSBSS) or kinds.is_data(kind) else 0
    for kind in range(256)
)


def _data_symbols(loader: Loader) -> Iterator[int]:
    """The reachable data symbols that objects define, by number."""
    count = loader.nobject_syms
    data = int.from_bytes(loader.kind[:count].translate(_DATA_KINDS), "little")
    wanted = (data & int.from_bytes(loader.reachable[:count], "little")).to_bytes(count, "little")
    sym = wanted.find(1)
    while sym >= 0:
        yield sym
        sym = wanted.find(1, sym + 1)


def _variable(loader: Loader, types: TypeEntries, unit_of: dict[int, Unit], sym: int) -> None:
    """Take a variable's entry into its unit, and make its type; of a dictionary, make the types that it names."""
    descriptor = entry = 0
    for kind, aux in loader.auxs(sym):
        if kind == goobj.AUX_GOTYPE:
            descriptor = aux
        elif kind == goobj.AUX_DWARFINFO:
            entry = aux
    if not descriptor:
        if loader.flag2(sym, goobj.DICT) and loader.kind[sym] == kinds.SRODATA:
            for reloc in loader.relocs(sym):
                if reloc[2] == R_USEIFACE:
                    types.define(reloc[4])
        return
    file = loader.file_of(sym)
    if not entry or file is None or loader.version(sym) > goobj.ABI_INTERNAL:
        return
    types.define(descriptor)
    unit_of[id(file)].variables.append(entry)
