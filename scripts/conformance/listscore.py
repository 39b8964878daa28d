# SPDX-License-Identifier: BSD-3-Clause
"""How much of what `go list -deps -json` says of packages ours says too: std, cmd, and modules with dependencies.

    scripts/conformance list [--target linux/amd64] [--show N] [PATTERN...]
    scripts/conformance list --scripts [--show N] [NAME...]
    scripts/conformance list --tree /usr/share/gocode/src [--show N] [MODULE...]

With --scripts: the files of the go command's own test scripts (NAME may be the start of names), listed with tests wherever there
is a go.mod or go.work: as they are, and after `go mod tidy`, then also `all`. Modules come from the proxy that testdata/mod is.

With --tree: modules in a folder of sources by import path, made into a proxy of themselves; each (MODULE may be the start of their
paths) is listed with its tests after `go mod tidy`, and again after `go mod vendor`, and all of them as one workspace.

Without patterns: std and cmd, with and without their tests, for all targets, then every module tree below --modules FOLDER
(`go list ./...` in each folder that has a go.mod), for one target. A field counts as right where name and value are equal;
left out are Doc, Stale, StaleReason, and the file that the test program has in the go command's own cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from conformance import listtrees
from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError
from pygo_cross.load.listing import finish
from pygo_cross.load.loader import Loader
from pygo_cross.load.package import Package
from pygo_cross.load.settings import Settings
from pygo_cross.load.testvariants import with_tests
from pygo_cross.target import find_target, load_targets

LEFT_OUT = ("Doc", "Stale", "StaleReason", "ImportComment")


def stock(goroot: Path, target: str, cwd: Path, patterns: list[str], tests: bool, env: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """What the go command lists, and what it says beside."""
    goos, goarch = target.split("/")
    settings = {**os.environ, **env, "GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "PWD": str(cwd)}
    fields = "-json=" + ",".join(FIELDS)
    command = [str(goroot / "bin/go"), "list", "-e", "-deps", fields, *(["-test"] if tests else []), *patterns]
    done = subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, errors="surrogateescape", check=False)
    decoder, at, text = json.JSONDecoder(), 0, done.stdout.strip()
    found: list[dict[str, Any]] = []
    while at < len(text):
        record, at = decoder.raw_decode(text, at)
        found.append(record)
        while at < len(text) and text[at].isspace():
            at += 1
    return found, done.stderr


def ours(goroot: Path, target: str, cwd: Path, patterns: list[str], tests: bool, env: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """What we list; a load that fails as a whole is told as the go command tells it."""
    loader = None
    packages: list[Package] = []
    failure = ""
    try:
        loader = Loader(Settings(goroot, find_target(target), cwd, env={**os.environ, **env}))
        packages = loader.load(patterns, tests)
        packages = finish(with_tests(loader, packages) if tests else packages, loader)
    except UserError as error:
        packages, failure = [], f"go: {error}\n"
    warnings = loader.warnings if loader is not None else []
    return [package.record() for package in packages], "".join(line + "\n" for line in warnings) + failure


FIELDS = [
    "Dir", "ImportPath", "Name", "Target", "Root", "ForTest", "Module", "Match", "Goroot", "Standard", "DepOnly", "Incomplete",
    "DefaultGODEBUG", "GoFiles", "CgoFiles", "IgnoredGoFiles", "InvalidGoFiles", "IgnoredOtherFiles", "CFiles", "CXXFiles", "MFiles",
    "HFiles", "FFiles", "SFiles", "SwigFiles", "SwigCXXFiles", "SysoFiles", "EmbedPatterns", "EmbedFiles", "Imports", "ImportMap",
    "Deps", "Error", "DepsErrors", "TestGoFiles", "TestImports", "TestEmbedPatterns", "TestEmbedFiles", "XTestGoFiles",
    "XTestImports", "XTestEmbedPatterns", "XTestEmbedFiles",
]  # fmt: skip


def normal(record: dict[str, Any]) -> dict[str, Any]:
    """A record as it is compared."""
    found = {name: value for name, value in record.items() if name not in LEFT_OUT}
    if found.get("ImportPath", "").endswith(".test") and len(found.get("GoFiles", [])) == 1:
        found["GoFiles"] = ["_testmain.go"]
    if "DepsErrors" in found:  # sorted by the importing package alone, so in any order where that is the same
        found["DepsErrors"] = sorted(found["DepsErrors"], key=json.dumps)
    return found


def compare(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> tuple[int, int, list[str]]:
    """Fields that are equal, fields in all, and a line for each difference. The order of the packages counts as one field."""
    good = total = 0
    wrong: list[str] = []
    by_path: dict[str, list[dict[str, Any]]] = {}
    for record in mine:
        by_path.setdefault(record.get("ImportPath", ""), []).append(normal(record))
    for record in theirs:
        expected = normal(record)
        path = expected.get("ImportPath", "")
        same = by_path.get(path)
        found = same.pop(0) if same else {}
        for name in dict.fromkeys([*expected, *found]):
            total += 1
            if expected.get(name) == found.get(name):
                good += 1
            else:
                wrong.append(f"{path}: {name}: {_shown(found.get(name))} instead of {_shown(expected.get(name))}")
    for path, left in by_path.items():
        total += len(left)
        wrong += [f"{path}: is not listed by stock"] * len(left)
    total += 1
    if [record.get("ImportPath", "") for record in mine] == [record.get("ImportPath", "") for record in theirs]:
        good += 1
    else:
        wrong.append("the packages are in another order")
    return good, total, wrong


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 300 else text[:300] + "..."


def main(argv: list[str]) -> int:
    """Prints the scores; status 1 if a field differs."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/conformance list", description=__doc__, formatter_class=form)
    parser.add_argument("--target", choices=sorted(load_targets()), action="append")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("--modules", type=Path, metavar="FOLDER")
    parser.add_argument("--scripts", action="store_true", help="list the trees of the go command's test scripts")
    parser.add_argument("--tree", type=Path, metavar="FOLDER", help="list modules that need each other")
    parser.add_argument("--test", action="store_true", help="with the packages' tests")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    arguments = parser.parse_args(argv)
    goroot = find_goroot()
    if arguments.scripts:
        return score_scripts(goroot, arguments.patterns, arguments.show)
    if arguments.tree:
        return score_tree(goroot, arguments.tree, arguments.patterns, arguments.show)
    cases: list[tuple[str, Path, list[str], bool]] = []
    here = Path.cwd()
    for target in arguments.target or sorted(load_targets()):
        if arguments.patterns:
            cases.append((target, here, arguments.patterns, arguments.test))
        elif not arguments.modules:
            cases += [(target, Path("/"), ["std"], False), (target, Path("/"), ["cmd"], False)]
            cases += [(target, Path("/"), ["std"], True), (target, Path("/"), ["cmd"], True)]
    if arguments.modules:
        for folder in sorted(path.parent for path in arguments.modules.rglob("go.mod")):
            cases.append(((arguments.target or ["linux/amd64"])[0], folder, ["./..."], arguments.test))
    all_good = all_total = 0
    for target, cwd, patterns, tests in cases:
        begun = time.process_time()
        mine, said = ours(goroot, target, cwd, patterns, tests, {})
        spent = time.process_time() - begun
        theirs, stock_said = stock(goroot, target, cwd, patterns, tests, {})
        good, total, wrong = compare(mine, theirs)
        total += 1
        if said.strip() == stock_said.strip():
            good += 1
        else:
            wrong.append(f"said {said!r} instead of {stock_said!r}")
        all_good, all_total = all_good + good, all_total + total
        name = " ".join(patterns) + (" -test" if tests else "")
        where = "" if len(cases) < 20 and not arguments.modules else f" in {cwd}"
        print(f"{target:<13} {name:<12} {good:>7} of {total:>7}  {len(theirs):>5} packages  {spent:5.2f} s{where}", flush=True)
        for line in wrong[: arguments.show]:
            print(f"    {line}")
    print(f"{'all':<26} {all_good:>7} of {all_total:>7}")
    return 0 if all_good == all_total else 1


def score_scripts(goroot: Path, names: list[str], show: int) -> int:
    """Compares the trees of the go command's test scripts; status 1 if anything differs."""
    with tempfile.TemporaryDirectory(prefix="pygo-list-") as name:
        scratch = Path(name).resolve()
        proxy = listtrees.make_proxy(goroot, scratch / "proxy")
        env = {"GOPROXY": proxy.as_uri(), "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "GOWORK": "", "GOMODCACHE": str(scratch / "cache")}
        good = total = 0
        for script, files in listtrees.scripts(goroot, names):
            folder = scratch / "tree" / script
            listtrees.write_tree(files, folder)
            for root in listtrees.roots(folder):
                label = f"{script} {root.relative_to(folder)}"
                one, many = _score_tree(goroot, root, ["./..."], True, env, show, label)
                good, total = good + one, total + many
                if not (root / "go.mod").exists():
                    continue
                command = [str(goroot / "bin/go"), "mod", "tidy", "-e"]
                subprocess.run(command, cwd=root, env={**os.environ, **env, "GOWORK": "off"}, capture_output=True, check=False)
                for patterns, tests in ((["./..."], True), (["all"], False)):
                    one, many = _score_tree(goroot, root, patterns, tests, env, show, label + " tidied")
                    good, total = good + one, total + many
            shutil.rmtree(folder)
        print(f"{'all':<26} {good:>7} of {total:>7}")
    return 0 if good == total else 1


def score_tree(goroot: Path, tree: Path, names: list[str], show: int) -> int:
    """Compares modules that need each other; status 1 if anything differs."""
    with tempfile.TemporaryDirectory(prefix="pygo-list-") as name:
        scratch = Path(name).resolve()
        modules = listtrees.publish_tree(tree, scratch / "proxy")
        env = {"GOPROXY": (scratch / "proxy").as_uri(), "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "GOMODCACHE": str(scratch / "cache")}
        good = total = 0

        def score(root: Path, label: str, patterns: list[str]) -> None:
            nonlocal good, total
            one, many = _score_tree(goroot, root, patterns, True, env, show, label)
            good, total = good + one, total + many
            print(f"{label:<60} {one:>6} of {many:>6}", flush=True)

        used: list[str] = []
        for number, (module, source) in enumerate(modules.items()):
            size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
            if (names and not module.startswith(tuple(names))) or size > 10 << 20:
                continue
            root = scratch / "tree" / str(number)
            shutil.copytree(source, root, symlinks=True)
            for path in [*root.glob("*/**/go.mod"), *root.rglob("go.sum")]:
                path.unlink()  # sums are of other contents, and modules inside are modules of their own
            for path in root.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    listtrees.settle(path)
            go = {**os.environ, **env, "GOWORK": "off"}
            subprocess.run([str(goroot / "bin/go"), "mod", "tidy", "-e"], cwd=root, env=go, capture_output=True, check=False)
            score(root, module, ["./..."])
            done = subprocess.run([str(goroot / "bin/go"), "mod", "vendor", "-e"], cwd=root, env=go, capture_output=True, check=False)
            if done.returncode == 0 and (root / "vendor").is_dir():
                score(root, module + " vendored", ["./..."])
                shutil.rmtree(root / "vendor")
            used.append(str(number))
        work = "go 1.27\n\nuse (\n" + "".join(f"\t./{number}\n" for number in used) + ")\n"
        (scratch / "tree/go.work").write_text(work)
        score(scratch / "tree", "all as a workspace", [f"./{number}/..." for number in used])
        print(f"{'all':<60} {good:>6} of {total:>6}")
    return 0 if good == total else 1


def _bare(said: str) -> str:
    """What was said, without the name of the command that most messages begin with; in order, as warnings come in any."""
    lines = [line.removeprefix("go: ").replace("; GOTOOLCHAIN=local", "") for line in said.strip().splitlines()]
    return "\n".join(sorted(lines))


def _score_tree(goroot: Path, root: Path, patterns: list[str], tests: bool, env: dict[str, str], show: int, name: str) -> tuple[int, int]:
    try:
        mine, said = ours(goroot, "linux/amd64", root, patterns, tests, env)
    except Exception as error:  # a traceback is a difference, and the others are still of interest
        mine, said = [], f"{type(error).__name__}: {error}"
    theirs, stock_said = stock(goroot, "linux/amd64", root, patterns, tests, env)
    good, total, wrong = compare(mine, theirs)
    total += 1
    stock_said = "".join(line + "\n" for line in stock_said.splitlines() if not line.startswith("go: downloading "))
    if _bare(said) == _bare(stock_said):
        good += 1
    else:
        wrong.append(f"said {_bare(said)!r} instead of {_bare(stock_said)!r}")
    if wrong and show:
        print(f"{name}: {' '.join(patterns)}{' -test' if tests else ''}", flush=True)
        for line in wrong[:show]:
            print(f"    {line}", flush=True)
    return good, total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
