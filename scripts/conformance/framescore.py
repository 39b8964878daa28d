# SPDX-License-Identifier: BSD-3-Clause
"""What the runtime is told of functions' arguments, beside what stock's objects tell it.

    python3 scripts/conformance frame [--target linux/amd64] [--show N] [PATTERN...]

Every package that matches (fmt, unless others are named) is lowered. Of each function that stock's object has too: where tracebacks find
arguments (`arginfo`), the size of the argument area, the line of the declaration, what kind of function the runtime takes it for, and how
many words the maps of its arguments have; the map of the entry may have more pointers than stock's, which knows what is used, but no
fewer. For functions that are written in assembly, `args_stackmap` and `arginfo0`.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections import Counter

from conformance import gopackages
from conformance.lowerscore import Session
from conformance.typedatascore import exports, stock_object
from pygo_cross.arch.amd64.registers import CONVENTION
from pygo_cross.build.goroot import find_goroot
from pygo_cross.codegen import argsinfo, stackmaps
from pygo_cross.codegen.abi import ABI0, Assigner, Convention
from pygo_cross.codegen.frame import Layout
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.frontend.package import hide_unexported
from pygo_cross.lower.package import PackageLowering
from pygo_cross.obj import funcinfo, goobj
from pygo_cross.obj.context import Context, func_id
from pygo_cross.obj.reader import Object
from pygo_cross.ssa import unit
from pygo_cross.ssa.shape import Shapes


class StockFunction:
    """What an object tells of a function."""

    def __init__(self, obj: Object, index: int) -> None:
        self.info: funcinfo.FuncInfo | None = None
        self.arginfo: bytes | None = None
        self.args_maps = b""
        number = 0
        for kind, package, symbol in obj.auxs(index):
            at = _local(obj, package, symbol)
            if kind == goobj.AUX_FUNCINFO:
                self.info = funcinfo.decode(obj.path, obj.data(at))
            elif kind == goobj.AUX_FUNCDATA:
                if at >= 0 and package:
                    if number == 0:
                        self.args_maps = bytes(obj.data(at))
                    elif obj.name(at).endswith(".arginfo1"):
                        self.arginfo = bytes(obj.data(at))
                number += 1


def _local(obj: Object, package: int, symbol: int) -> int:
    starts = {
        goobj.PKG_SELF: 0,
        goobj.PKG_HASHED64: obj.ndef,
        goobj.PKG_HASHED: obj.ndef + obj.nhashed64,
        goobj.PKG_NONE: obj.ndef + obj.nhashed64 + obj.nhashed,
    }
    return starts[package] + symbol if package in starts else -1


def stock_functions(obj: Object) -> tuple[dict[str, StockFunction], dict[str, bytes]]:
    """The functions of ABIInternal of an object, and the data symbols that assembly asks for."""
    functions, data = {}, {}
    for index in range(obj.nall):
        if not obj.has_name(index):
            continue
        name, abi, kind, *_ = obj.sym(index)
        if kind in (goobj.STEXT, goobj.STEXTFIPS) and abi == 1 and obj.size(index):
            functions[name] = StockFunction(obj, index)
        elif name.endswith((".args_stackmap", ".arginfo0")):
            data[name] = bytes(obj.data(index))
    return functions, data


class Score:
    """What has been compared so far."""

    def __init__(self, show: int) -> None:
        self.show = show
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def check(self, name: str, what: str, ours: object, stock: object, right: bool | None = None) -> None:
        """One fact of one function."""
        if right if right is not None else ours == stock:
            self.right[what] += 1
            return
        self.wrong[what] += 1
        if self.wrong[what] <= self.show:
            print(f"  {name}: {what}: ours {ours}, stock's {stock}")


def compare(score: Score, session: Session, lowered: unit.Unit, obj: Object) -> None:
    """Compare the functions of a package."""
    functions, data = stock_functions(obj)
    facts = TypeFacts(session.sizes, Groups(session.sizes))
    shapes = Shapes(session.sizes)
    assigner = Assigner(Convention(*CONVENTION), shapes)
    nothing = stackmaps.Liveness({}, 0, 0, 0)
    for func in lowered.funcs:
        stock = functions.get(func.symbol)
        info = func.info
        if stock is None or stock.info is None or not isinstance(info, unit.FuncInfo) or "[" in func.symbol:
            continue
        params = assigner.types(info.params, info.results)
        arginfo = argsinfo.data(facts, params, False) if info.params else None
        score.check(func.symbol, "arginfo", arginfo, stock.arginfo)
        maps = stackmaps.StackMaps(facts, Layout(0, 0, 0, []), nothing, params).args_data()
        ours_n, stock_n = struct.unpack_from("<I", maps, 4), struct.unpack_from("<I", stock.args_maps, 4)
        score.check(func.symbol, "words of argument maps", ours_n, stock_n)
        size = (ours_n[0] + 7) // 8
        entry = int.from_bytes(maps[8 : 8 + size], "little")
        stock_entry = int.from_bytes(stock.args_maps[8 : 8 + size], "little")
        score.check(func.symbol, "entry map", bin(entry), bin(stock_entry), not stock_entry & ~entry)
        score.check(func.symbol, "argument size", params.size, stock.info.args)
        wrapper = bool(info.flags & unit.WRAPPER)
        score.check(func.symbol, "start line", session.fset.position(info.pos).line if info.pos else 1, stock.info.start_line)
        # Stock's wrapper is none where it jumps to the method: it has no frame that tracebacks could show.
        score.check(func.symbol, "function id", func_id(func.symbol, wrapper and stock.info.func_id != 0), stock.info.func_id)
    abi0 = Assigner(ABI0, shapes)
    context = Context("amd64", "linux")
    for info in lowered.bodiless:
        params = abi0.types(info.params, info.results)
        name = info.linkname or info.name
        found = data.get(name + ".args_stackmap")
        if found is not None:
            score.check(name, "args_stackmap", bytes(argsinfo.pointers(context, facts, name, params).data), found)
        found = data.get(name + ".arginfo0")
        if found is not None:
            score.check(name, "arginfo0", argsinfo.data(facts, params, False), found)


def main(argv: list[str]) -> int:
    """Compare packages; the status says whether all are equal."""
    parser = argparse.ArgumentParser(prog="conformance frame", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="linux/amd64")
    parser.add_argument("--show", type=int, default=5, metavar="N")
    parser.add_argument("pattern", nargs="*", default=["fmt"])
    options = parser.parse_args(argv)
    stock = exports(options.pattern, options.target, True)
    session, score = Session(), Score(options.show)
    for package in gopackages.load(options.pattern, options.target, False):
        checked = session.check(package, package.wanted)
        if package.wanted and package.id in stock:
            lowering = PackageLowering(find_goroot(), session.fset, checked.package, checked.files, checked.info, session.sizes, session)
            lowering.failed = lambda error: None
            lowering.lower()
            compare(score, session, lowering.unit, stock_object(stock[package.id]))
        hide_unexported(checked.package)
    for what in sorted(score.right | score.wrong):
        print(f"{what}: {score.right[what]} equal, {score.wrong[what]} not")
    return 1 if score.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
