# SPDX-License-Identifier: BSD-3-Clause
"""CPU time and memory of our front end over all packages that a program is made of, and of Go's own parsers and checker.

    scripts/bench frontend [--runs N] [PACKAGE...]

For each package (fmt and cmd/compile, if none is named) all files of its closure for linux/amd64. `scan` is the scanner alone, `parse`
the scanner and the parser. Each run is a process of its own, without the garbage collector, that has read the files before; the first
pass of a process is counted, so nothing is remembered from another. The best of the runs counts; beside it go/parser and cmd/compile's
parser on the same files, in one thread.

`check` is the type checker over all these packages, the bodies of all functions included, after they were parsed; its memory is what the
process has at most, trees and results of all packages held at once. Beside it go/types. `reload` is the same packages from what was kept
of them: files are read and digested, and their exports opened.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pygo_cross.build.goroot import find_goroot

ROOT = Path(__file__).resolve().parents[2]


def closure(package: str) -> list[str]:
    """The files of a package and all that it imports."""
    settings = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    settings.pop("GOROOT", None)
    form = '{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\\n"}}{{end}}'
    command = [str(find_goroot() / "bin/go"), "list", "-deps", "-f", form, package]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout.split()


def measure(stage: str, files: list[str]) -> dict[str, float]:
    """One pass over the files in this process: CPU seconds, and MiB that it took beyond what was there before."""
    from pygo_cross.syntax.directives import DirectiveRules
    from pygo_cross.syntax.parser import parse
    from pygo_cross.syntax.scanner import scan
    from pygo_cross.syntax.source import FileSet

    sources = [Path(name).read_bytes() for name in files]
    gc.disable()
    fset = FileSet()
    rules = DirectiveRules(std=True, runtime=True)
    kept: list[object] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    for name, source in zip(files, sources, strict=True):
        if stage == "scan":
            scan(source, 1)
        else:
            kept.append(parse(fset.add(name, source), rules))
    spent = time.process_time() - start
    return {"seconds": spent, "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def measure_check(stage: str, package: str) -> dict[str, float]:
    """One pass of the checker over a package's closure, or of reading it back from what is kept."""
    from pygo_cross.frontend.exports import Exports
    from pygo_cross.frontend.program import Program, language
    from pygo_cross.load.listing import list_packages
    from pygo_cross.load.settings import Settings
    from pygo_cross.syntax.parser import parse
    from pygo_cross.syntax.source import FileSet
    from pygo_cross.target import find_target
    from pygo_cross.types.check.checker import Checker, Config
    from pygo_cross.types.package import Package
    from pygo_cross.types.sizes import Sizes
    from pygo_cross.types.universe import UNSAFE

    settings = Settings(find_goroot(), find_target("linux/amd64"), find_goroot(), env={"GOPROXY": "off", "GOENV": "off"})
    packages, _ = list_packages(settings, [package])
    packages = [files for files in packages if files.import_path != "unsafe"]
    gc.disable()
    if stage == "reload":
        for files in packages:
            files.dep_only = files is not packages[-1]
        with tempfile.TemporaryDirectory(prefix="pygo-exports-") as folder:
            list(Program(Exports(Path(folder))).check(packages))
            packages[-1].dep_only = True
            start = time.process_time()
            again = Program(Exports(Path(folder)))
            for files in packages:
                again._check(files)
            spent = time.process_time() - start
        return {"seconds": spent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    fset, sizes = FileSet(), Sizes()
    trees = []
    for files in packages:
        named = [(f"{files.directory}/{name}", name) for name in files.go_files]
        trees.append([parse(fset.add(full, Path(full).read_bytes())).file for full, _ in named])
    done: dict[str, Package] = {"unsafe": UNSAFE}
    errors: list[object] = []
    kept = []
    start = time.process_time()
    for files, parsed in zip(packages, trees, strict=True):
        config = Config(lambda path, files=files: done[files.import_map.get(path, path)], sizes, errors.append, language(files))
        made = done[files.import_path] = Package(files.import_path, "")
        checker = Checker(config, fset, made)
        checker.check_files([tree for tree in parsed if tree is not None])
        kept.append(checker.info)
    spent = time.process_time() - start
    if errors:
        raise SystemExit(f"{package}: {len(errors)} errors")
    return {"seconds": spent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def stock_check(program: Path, package: str) -> dict[str, float]:
    """What scripts/benchmarks/stockcheck measures of a package's closure, in one thread."""
    settings = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    settings.pop("GOROOT", None)
    form = "{{.ImportPath}}\t{{.Dir}}\t{{range .GoFiles}}{{.}} {{end}}\t{{range $from, $to := .ImportMap}}{{$from}}={{$to}} {{end}}"
    command = [str(find_goroot() / "bin/go"), "list", "-deps", "-f", form, package]
    rows = subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout.splitlines()
    requests = []
    for row in rows:
        path, folder, files, renamed = row.split("\t")
        if path != "unsafe":
            mapped = dict(pair.split("=") for pair in renamed.split())
            requests.append({"ID": path, "Path": path, "Dir": folder, "Files": files.split(), "ImportMap": mapped, "GoVersion": "go1.27"})
    told = "\n".join(map(json.dumps, requests))
    done = subprocess.run([str(program)], input=told, env={**os.environ, "GOMAXPROCS": "1"}, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(argv: list[str]) -> int:
    """Measure and print."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/bench frontend", description=__doc__, formatter_class=form)
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("packages", nargs="*", default=["fmt", "cmd/compile"], metavar="PACKAGE")
    parser.add_argument("--stage", choices=["scan", "parse", "check", "reload"], help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.stage in ("check", "reload"):
        sys.setrecursionlimit(20_000)
        print(json.dumps(measure_check(arguments.stage, arguments.packages[0])))
        return 0
    if arguments.stage:
        print(json.dumps(measure(arguments.stage, sys.stdin.read().split())))
        return 0
    sys.path.append(str(ROOT / "tests/syntax"))
    import goparsers

    with tempfile.TemporaryDirectory(prefix="pygo-frontend-") as scratch:
        oracle = goparsers.build_oracle(Path(scratch))
        checker = Path(scratch) / "stockcheck"
        source = ROOT / "scripts/benchmarks/stockcheck/main.go"
        subprocess.run([str(find_goroot() / "bin/go"), "build", "-o", str(checker), str(source)], check=True)
        for package in arguments.packages:
            files = closure(package)
            lines = sum(Path(name).read_bytes().count(b"\n") for name in files)
            print(f"{package}: {len(files)} files, {lines:,} lines")
            for stage in ("scan", "parse"):
                command = [sys.executable, str(ROOT / "scripts/bench"), "frontend", "--stage", stage]
                runs = [
                    json.loads(subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True).stdout)
                    for _ in range(arguments.runs)
                ]
                seconds, memory = min(run["seconds"] for run in runs), min(run["memory"] for run in runs)
                print(f"  {stage:<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second {memory:7.0f} MiB")
            times = []
            for _ in range(arguments.runs):
                with goparsers.Oracle(oracle) as running:
                    times.append([float(word) for word in running.ask("time", "x", "\n".join(files).encode()).split()])
            for number, name in enumerate(("go/parser", "cmd/compile")):
                seconds = min(found[number] for found in times)
                print(f"  {name:<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second")
            for stage in ("check", "reload"):
                command = [sys.executable, str(ROOT / "scripts/bench"), "frontend", "--stage", stage, package]
                said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(arguments.runs)]
                runs = [json.loads(text) for text in said]
                seconds, memory = min(run["seconds"] for run in runs), min(run["memory"] for run in runs)
                print(f"  {stage:<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second {memory:7.0f} MiB in all")
            stock = [stock_check(checker, package) for _ in range(arguments.runs)]
            seconds, memory = min(run["check"] for run in stock), min(run["memory"] for run in stock) / (1 << 20)
            print(f"  {'go/types':<12} {seconds:7.2f} s {lines / seconds:12,.0f} lines a second {memory:7.0f} MiB in all")
    return 0
