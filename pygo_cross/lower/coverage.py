# SPDX-License-Identifier: BSD-3-Clause
"""Coverage: what a package has to have besides the counters that `go tool cover` has written into its sources.

That tool declares variables (counters, the description of what they count, the package's number) and says in a file (-coveragecfg) what
they are called. Counters lie together in programs, where the runtime finds them; the package's initialisation registers the description
first of all, and that of a program at last asks for counters to be written at its end.
Facts: src/cmd/compile/internal/coverage/cover.go, src/internal/coverage/{defs,pkid}.go, src/cmd/internal/cov/covcmd/cmddefs.go.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pygo_cross.diag import Pos, UserError
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import I8, I32, P
from pygo_cross.ssa.refs import BytesRef, CallInfo, DataRef, TextRef
from pygo_cross.ssa.unit import COUNTER, Data
from pygo_cross.types.types import BOOL, STRING, TYP, UINT32

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering
    from pygo_cross.lower.package import PackageLowering

_TEST_MAIN: Final = "testmain"
_MODES: Final = {"set": 1, "count": 2, "atomic": 3, "regonly": 4, _TEST_MAIN: 5}
_GRANULARITIES: Final = {"perblock": 1, "perfunc": 2}
_HASH: Final = 16
_HOOK: Final = CallInfo(TextRef("runtime/coverage.initHook"), (TYP[BOOL],), ())
_NUMBERED: Final = (
    *("internal/asan", "internal/byteorder", "internal/coverage/rtcov", "internal/cpu", "internal/bytealg", "internal/goarch"),
    *("internal/abi", "internal/chacha8rand", "internal/godebugs", "internal/goexperiment", "internal/goos", "internal/msan"),
    *("internal/profilerecord", "internal/race", "internal/runtime/atomic", "internal/runtime/exithook", "internal/runtime/gc"),
    *("internal/runtime/math", "internal/runtime/sys", "internal/runtime/maps", "internal/runtime/syscall/linux"),
    *("internal/runtime/syscall/windows", "internal/runtime/cgroup", "internal/strconv", "internal/stringslite", "runtime"),
)
"""Packages whose number is known: they are initialised before anything could count. The first has -2, the next -3."""
_UNNUMBERED: Final = -1


class Coverage(NamedTuple):
    """What -coveragecfg says."""

    description: str
    size: int
    hash: bytes
    number: str
    counters: str
    mode: str
    granularity: str

    @staticmethod
    def read(text: bytes, name: str) -> Coverage:
        """What a file of that name says. Raises UserError."""
        try:
            found: Any = json.loads(text)
            size, digest = found["MetaLen"], bytes.fromhex(found["MetaHash"])
            names = [found[key] for key in ("MetaVar", "PkgIdVar", "CounterPrefix", "CounterMode", "CounterGranularity")]
        except (ValueError, TypeError, KeyError) as error:
            raise UserError.one("bad-coveragecfg", f"-coveragecfg: {type(error).__name__}: {error}", pos=Pos(name)) from None
        description, number, counters, mode, granularity = names
        if not isinstance(size, int) or not all(isinstance(one, str) for one in names) or len(digest) != _HASH or not counters:
            raise UserError.one("bad-coveragecfg", "-coveragecfg: a value is not of its type", pos=Pos(name))
        if mode not in _MODES or granularity not in _GRANULARITIES:
            raise UserError.one("bad-coveragecfg", f"-coveragecfg: bad mode or granularity: {mode}, {granularity}", pos=Pos(name))
        return Coverage(description, size, digest, number, counters, mode, granularity)


def variable(coverage: Coverage, name: str, data: Data) -> None:
    """Say what a package-level variable is for, if it is for coverage."""
    if name == coverage.description:
        data.read_only = True
    elif name.startswith(coverage.counters) and name != coverage.number:
        data.section = COUNTER


def register(f: FuncLowering, coverage: Coverage) -> None:
    """Tell the runtime of the package, before anything of it is executed."""
    if coverage.mode == _TEST_MAIN:
        return
    package: PackageLowering = f.package
    path = package.package.path
    number = -2 - _NUMBERED.index(path) if path in _NUMBERED else _UNNUMBERED
    text = path.encode()
    info = package.runtime.call("addCovMeta")
    digest = package.read_only(coverage.hash, (), 1, info.params[2])
    given = f.runtime(
        "addCovMeta",
        f.emit(ops.ADDR, P, (), 0, DataRef(f"{package.unit.path}.{coverage.description}")),
        f.b.const(I32, coverage.size),
        Val(info.params[2], address=f.emit(ops.ADDR, P, (), 0, digest)),
        Val(TYP[STRING], (f.emit(ops.ADDR, P, (), 0, BytesRef(text)), f.int_const(len(text)))),
        f.int_const(number),
        f.b.const(I8, _MODES[coverage.mode]),
        f.b.const(I8, _GRANULARITIES[coverage.granularity]),
    )
    if number == _UNNUMBERED:
        address = f.emit(ops.ADDR, P, (), 0, DataRef(f"{package.unit.path}.{coverage.number}"))
        f.write(Place(TYP[UINT32], address=address), given[0])


def hook(f: FuncLowering, coverage: Coverage) -> None:
    """Ask, in a program, for what was counted to be written."""
    if f.package.package.path == "main":
        f.call(ops.CALL_STATIC, _HOOK, (), [Val(TYP[BOOL], (f.bool_const(coverage.mode == _TEST_MAIN),))])
