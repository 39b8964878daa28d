# SPDX-License-Identifier: BSD-3-Clause
"""What stands in place of `go tool compile` under the go command: our compiler, stock's, or both.

Every package's archive has a record (`frontend/record.py`), whoever compiled it, so that packages that we compile can import it. A package
that is ours has stock's export data besides, for `go vet` and for packages that are stock's and import it; `PYGO_CROSS_STOCK` says which
are stock's: patterns of import paths, separated by commas, where `all` is every package and `std` the standard library. The runtime's
own closure is stock's always.

Importers that stock compiles refer to symbols of a package by their index in stock's object, which ours has not got: so where some packages
but for the runtime's are stock's, stock compiles as for shared libraries, whose symbols are known by name. By name, too, are then the
contents of what several packages have one copy of. A package of ours has no bodies that stock's importers might inline.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pygo_cross import wholefile
from pygo_cross.build.caches import tend
from pygo_cross.build.stockcache import StockCache
from pygo_cross.diag import InternalError, Pos, UserError, report_of
from pygo_cross.obj import archive as archives
from pygo_cross.obj.reader import Object
from pygo_cross.obj.runtimepackages import RUNTIME_PACKAGES

if TYPE_CHECKING:
    from pygo_cross.frontend.record import Record

STOCK: Final = "PYGO_CROSS_STOCK"
MIXED: Final = "PYGO_CROSS_MIXED"
"""Set, it has stock's packages refer to all others by name: archives of either compiler then fit together (scripts/bisect_packages.py)."""
COMPILED: Final = frozenset(("amd64",))
"""The architectures that our compiler makes code for."""
RUNTIME: Final = RUNTIME_PACKAGES | {
    *("internal/asan", "internal/msan", "internal/race", "internal/runtime/pprof/label", "internal/runtime/wasitest"),
    *("internal/trace/tracev2", "math/bits", "runtime/cgo", "runtime/race", "runtime/msan", "runtime/asan", "unsafe"),
}
"""What package runtime depends on, and what is compiled as the runtime is: stock's, until our compiler makes the runtime too."""


_OURS: Final = ("ssa/",)
"""How settings of -d begin that are for our passes."""
_TELLING: Final = frozenset(("m", "live", "W", "w", "v"))
"""Flags by which a compiler tells what it does."""


def patterns_of(text: str) -> list[str]:
    """The patterns in a text, sorted."""
    return sorted({word.strip() for word in text.split(",")} - {""})


def is_stock(path: str, std: bool, patterns: str) -> bool:
    """Whether stock Go compiles a package. `patterns` is as in PYGO_CROSS_STOCK."""
    if path in RUNTIME:
        return True
    for pattern in patterns_of(patterns):
        if pattern == "all" or (pattern == "std" and std) or pattern == path:
            return True
        if pattern.endswith("/...") and (path == pattern[:-4] or path.startswith(pattern[:-3])):
            return True
        if "*" in pattern and _matches(path, pattern):
            return True
    return False


def _matches(path: str, pattern: str) -> bool:
    import fnmatch

    return fnmatch.fnmatchcase(path, pattern)


def compile_main(argv: list[str], environment: Mapping[str, str]) -> int:
    """Runs `TOOL FLAGS FILES` as the go command gives it, and returns the exit status. Raises UserError and InternalError."""
    gc.disable()
    from pygo_cross.compileflags import Flags
    from pygo_cross.frontend.record import default_store

    tool, words = argv[0], argv[1:]
    if not any(word == "-pack" for word in words):
        os.execv(tool, argv)  # some question, not the compilation of a package
    flags = Flags(words)
    patterns = environment.get(STOCK, "")
    stock = is_stock(flags.package, flags.std, patterns)
    goroot = Path(tool).resolve().parents[3]
    with tempfile.TemporaryDirectory(prefix="pygo", dir=os.path.dirname(flags.output) or ".") as scratch:
        made = os.path.join(scratch, "stock.a")
        command = [tool, *for_stock(_with_output(words, made), stock)]
        if flags.package == "internal/strconv":
            command[1:1] = ["-linkshared"]  # values of its error type are compared with values that strconv, which is ours, has made
        elif flags.package not in RUNTIME and (environment.get(MIXED) or patterns):
            # Either compiler's archives of a package have one fingerprint, since both have that of the same export data.
            command[1:1] = ["-linkshared"] if stock and not environment.get(MIXED) else ["-linkshared", "-l"]
        store = default_store(environment)
        kept = StockCache(store.folder.with_name("stock") if store.folder is not None else None)
        key = kept.key(tool, [word for word in command[1:] if word != made], flags.files, flags.output, environment)
        if not kept.get(key, flags.build_id, made, flags.asm_header):
            done = subprocess.run(command, check=False)
            if done.returncode:
                return done.returncode
            kept.put(key, flags.build_id, made, flags.asm_header)
            if store.folder is not None:
                tend(store.folder.parent)
        from pygo_cross.compile import Compilation

        compilation = Compilation(flags, environment, goroot, store, os.getcwd())
        if stock:
            # Of the runtime's closure, what is ours can know and inline the small packages' functions; package runtime has few of these.
            record = compilation.declarations(flags.package in RUNTIME and flags.package not in ("runtime", "unsafe"))
            result = with_record(made, record)
        else:
            members = {member.name: member.body for member in archives.members(made, archives.map_file(made))}
            _, data = archives.split_object(made, members["_go_.o"])
            if "ssa/keep" in flags.debug:
                from pygo_cross.build.kept import keep

                keep(Path(flags.debug["ssa/keep"]), words, flags, environment, bytes(data[8:16]))
            compiled = compilation.compile(bytes(data[8:16]))
            result = compiled.archive(_exports(bytes(members[archives.PKGDEF])))
    try:
        wholefile.put(flags.output, result)
    except OSError as error:
        raise UserError.one("cannot-write", f"cannot write: {error.strerror}", pos=Pos(flags.output)) from None
    return 0


def for_stock(words: list[str], stock: bool = False) -> list[str]:
    """The flags without those settings of -d that are for our passes, which stock's compiler does not have; and, where its code is not
    what is used, without those that have it tell of its own.
    """
    result: list[str] = []
    for word in words:
        if not stock and word.lstrip("-").partition("=")[0] in _TELLING and word.startswith("-"):
            continue
        before = result[-1] if result else ""
        if word.startswith(("-d=", "--d=")) or before in ("-d", "--d"):
            flag, _, value = word.partition("=") if before not in ("-d", "--d") else ("", "", word)
            kept = ",".join(one for one in value.split(",") if not one.startswith(_OURS))
            if not kept:
                del result[len(result) - (not flag) :]
                continue
            word = f"{flag}={kept}" if flag else kept
        result.append(word)
    return result


def with_record(made: str, record: Record) -> bytes:
    """Stock's archive `made`, with our record of its package, which is told what stock's object says of it."""
    from pygo_cross.codegen.object import archive
    from pygo_cross.frontend.record import section

    members = {member.name: member.body for member in archives.members(made, archives.map_file(made))}
    text, data = archives.split_object(made, members["_go_.o"])
    record.fingerprint = bytes(data[8:16])
    record.initialised = _initialised(Object(made, data), record.path)
    body = text.encode("utf-8", "surrogateescape").rstrip(b"\n") + b"\n\n" + section(record.encode()) + b"\n!\n" + bytes(data)
    return archive([(archives.PKGDEF, bytes(members[archives.PKGDEF])), ("_go_.o", body)])


def _with_output(words: list[str], output: str) -> list[str]:
    """The flags with another place for the archive."""
    result = list(words)
    for at, word in enumerate(result):
        if word == "-o":
            result[at + 1] = output
            return result
    raise InternalError("toolexec", "a compilation without -o", " ".join(words))


def _exports(member: bytes) -> bytes:
    """Stock's export data: what stands behind the head of its member."""
    return member[member.index(b"\n\n") + 2 :]


def _initialised(theirs: Object, package: str) -> bool:
    """Whether stock's object has the record of its package's initialisation."""
    from pygo_cross.obj.context import path_to_prefix

    wanted = path_to_prefix(package) + "..inittask"
    return any(theirs.name(index) == wanted for index in range(theirs.nall))


def main() -> int:
    """What toolexec.sh runs: mistakes are told as the compiler tells them."""
    try:
        return compile_main(sys.argv[1:], os.environ)
    except UserError as error:
        for diagnostic in error.diagnostics:
            print(diagnostic, file=sys.stderr)
        return error.status
    except OSError as error:  # a full disk, a folder that is gone
        print(f"compile: {error.filename or 'cannot write'}: {error.strerror}", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("PYGO_CROSS_DEBUG"):
            raise
        print(report_of(error), file=sys.stderr)
        package = next((after for before, after in zip(sys.argv, sys.argv[1:], strict=False) if before == "-p"), "")
        print(f"{STOCK}={package} has stock Go compile the package.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
