# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and peak memory of our compiler and of stock's over all packages of a program that we compile, and functions a second.

    scripts/bench compile [--large] [--keep FOLDER] [--only PACKAGE[,PACKAGE...]] [--command COMMAND] [PACKAGE...]

For fmt, or the programs that are named (--large: cmd/compile): stock's go command builds its closure for linux/amd64 once, with
each call of its compiler measured and kept. Then ours is given the same calls in the same order, each a process of its own that reads the
archives that it has made before; what stock compiles for us (the runtime's closure) has our records, which are made here without being
counted. So neither the go command nor the other compiler has a part in the figures. CPU seconds are of both kinds, on one core each: stock
runs with GOMAXPROCS=1, whose collector is then part of it; memory is the most that any of the processes had.

--keep FOLDER leaves calls and archives there, where the next run finds the calls; with --only, just these packages are compiled again
there. --command is what stands in place of `python -P -m pygo_cross compile`. --details prints a line for each package.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "PYGO_COMPILE_CAPTURE"
_INPUTS = ("-importcfg", "-embedcfg", "-symabis")
_OUTPUTS = ("-o", "-asmhdr")


@dataclass
class Cost:
    """What processes cost: CPU seconds, and the most KiB that one of them had."""

    seconds: float = 0.0
    memory: int = 0

    def add(self, other: Cost) -> None:
        """Another process, run after this one."""
        self.seconds += other.seconds
        self.memory = max(self.memory, other.memory)


@dataclass
class Call:
    """One call of `go tool compile`: its words, with files in the call's own folder, the folder it ran in, and what it cost."""

    package: str
    words: list[str]
    folder: str
    stock: Cost = field(default_factory=Cost)
    functions: int = 0


def measured(argv: list[str], folder: str, environment: dict[str, str]) -> Cost:
    """Runs a command. Raises SystemExit if it fails."""
    process = subprocess.Popen(argv, cwd=folder, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"bench: {shlex.join(argv)} ended with status {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def toolexec(argv: list[str]) -> int:
    """What the go command runs in place of each tool: calls of the compiler are measured and kept."""
    if Path(argv[0]).stem != "compile" or "-pack" not in argv:
        os.execv(argv[0], argv)
    words = argv[1:]
    package = words[words.index("-p") + 1]
    cost = measured([argv[0], "-c=1", *(word for word in words if not word.startswith("-c="))], ".", {**os.environ, "GOMAXPROCS": "1"})
    place = Path(os.environ[FOLDER]) / package.replace("/", "%")
    place.mkdir()
    kept = list(words)
    for at, word in enumerate(words[:-1]):
        if word in _INPUTS:
            kept[at + 1] = str(place / word[1:])
            shutil.copy(words[at + 1], kept[at + 1])
        elif word in _OUTPUTS:
            kept[at + 1] = str(place / ("pkg.a" if word == "-o" else "go_asm.h"))
            if word == "-o":
                shutil.copy(words[at + 1], place / "stock.a")
    (place / "call.json").write_text(json.dumps(asdict(Call(package, kept, os.getcwd(), cost))), encoding="utf-8")
    with open(place.parent / "order", "a", encoding="utf-8") as file:
        file.write(place.name + "\n")
    return 0


def capture(program: str, folder: Path) -> list[Call]:
    """The calls that a build of a program makes, in their order; from `folder` if they are there."""
    from pygo_cross.build.goroot import find_goroot

    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        settings = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0", "GOFLAGS": "", "GO111MODULE": "off"}
        settings[FOLDER] = str(folder.resolve())
        settings.pop("GOROOT", None)
        with tempfile.TemporaryDirectory() as cache:
            settings["GOCACHE"] = cache
            flag = "-toolexec=" + shlex.join([sys.executable, str(Path(__file__).resolve())])
            subprocess.run([str(find_goroot() / "bin/go"), "build", "-p=1", flag, "-o", os.devnull, program], env=settings, check=True)
        (folder / "done").touch()
    calls = []
    for name in (folder / "order").read_text(encoding="utf-8").split():
        columns = json.loads((folder / name / "call.json").read_text(encoding="utf-8"))
        columns["stock"] = Cost(**columns["stock"])
        calls.append(Call(**columns))
    return calls


def refer(calls: list[Call], folder: Path) -> None:
    """Have the lists of imported packages name our archives."""
    for call in calls:
        config = folder / call.package.replace("/", "%") / "importcfg"
        lines = config.read_text(encoding="utf-8").splitlines()
        for at, line in enumerate(lines):
            verb, _, rest = line.partition(" ")
            if verb == "packagefile":
                path = rest.partition("=")[0]
                lines[at] = f"packagefile {path}={folder / path.replace('/', '%') / 'pkg.a'}"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_record(call: Call, folder: Path) -> None:
    """Stock's archive of a package, with our record."""
    from pygo_cross.build.goroot import find_goroot
    from pygo_cross.build.toolexec import with_record
    from pygo_cross.compile import Compilation
    from pygo_cross.compileflags import Flags
    from pygo_cross.frontend.record import Store

    place = folder / call.package.replace("/", "%")
    compilation = Compilation(Flags(call.words), environment(folder), find_goroot(), Store(folder / "records"), call.folder)
    record = compilation.declarations(call.package not in ("runtime", "unsafe"))
    (place / "pkg.a").write_bytes(with_record(str(place / "stock.a"), record))


def environment(folder: Path) -> dict[str, str]:
    """The environment of our compiler: a build's, with its records in `folder`, with modules compiled once, as where it is installed."""
    from pygo_cross.build.goroot import find_goroot

    settings = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "GOROOT": str(find_goroot()), "PYGO_CROSS_CACHE": str(folder)}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**settings, "PYTHONPATH": str(ROOT)} if "PYTHONPATH" not in settings else settings


def functions(archive: Path) -> int:
    """How many functions an archive of ours has."""
    from pygo_cross.obj import archive as archives
    from pygo_cross.obj.goobj import STEXT, STEXTFIPS
    from pygo_cross.obj.reader import Object

    members = {member.name: member.body for member in archives.members(str(archive), archives.map_file(str(archive)))}
    _, data = archives.split_object(str(archive), members["_go_.o"])
    made = Object(str(archive), data)
    return sum(kind in (STEXT, STEXTFIPS) for kind in made.kinds())


def measure(program: str, folder: Path, command: list[str], only: set[str], details: bool) -> dict[str, float]:
    """One program. What is in `only` is compiled, and everything if that is empty."""
    from pygo_cross.build.toolexec import RUNTIME

    calls = capture(program, folder)
    refer(calls, folder)
    ours, stock, count = Cost(), Cost(), 0
    for call in calls:
        place = folder / call.package.replace("/", "%") / "pkg.a"
        if call.package in RUNTIME:
            if not place.exists() or not only:
                child = os.fork()
                if child == 0:
                    status = 1
                    try:
                        add_record(call, folder)
                        status = 0
                    finally:
                        os._exit(status)
                if os.waitpid(child, 0)[1]:
                    raise SystemExit(f"bench: no record of {call.package}")
        elif not only or call.package in only:
            cost = measured([*command, *call.words], call.folder, environment(folder))
            found = functions(place)
            ours.add(cost)
            stock.add(call.stock)
            count += found
            if details:
                rate, ratio = found / cost.seconds, cost.seconds / max(call.stock.seconds, 0.01)
                memory = cost.memory / 1024
                print(
                    f"  {call.package:40} {cost.seconds:7.2f} s {memory:6.0f} MiB {found:6} functions {rate:6.0f}/s {ratio:5.1f} times",
                    flush=True,
                )
    return {
        "functions": count,
        "seconds": round(ours.seconds, 2),
        "memory": round(ours.memory / 1024),
        "rate": round(count / ours.seconds),
        "stock seconds": round(stock.seconds, 2),
        "stock memory": round(stock.memory / 1024),
        "ratio": round(ours.seconds / stock.seconds, 2),
    }


def main(argv: list[str]) -> int:
    """Measure and print."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/bench compile", description=__doc__, formatter_class=form)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="", metavar="PACKAGES")
    parser.add_argument("--command", default=shlex.join([sys.executable, "-P", "-m", "pygo_cross", "compile"]))
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--json", action="store_true", help="print a record for each program")
    parser.add_argument("programs", nargs="*", metavar="PACKAGE")
    options = parser.parse_args(argv)
    rows = {}
    with tempfile.TemporaryDirectory(prefix="pygo-compile-") as scratch:
        for program in options.programs or (["cmd/compile"] if options.large else ["fmt"]):
            folder = (options.keep.resolve() if options.keep else Path(scratch)) / program.replace("/", "%")
            only = {word for word in options.only.split(",") if word}
            found = rows[program] = measure(program, folder, shlex.split(options.command), only, options.details)
            if not options.json:
                print(f"{program}: {found['functions']} functions")
                print(f"  pygo-cross {found['seconds']:8.2f} s {found['memory']:6} MiB {found['rate']:8} functions a second")
                print(f"  stock      {found['stock seconds']:8.2f} s {found['stock memory']:6} MiB {found['ratio']:8} times")
    if options.json:
        print(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(toolexec(sys.argv[1:]))
