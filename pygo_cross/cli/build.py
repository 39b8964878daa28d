# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross build`: the matrix of a configuration, or one package without any."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from pygo_cross.build.artifacts import BINARY
from pygo_cross.build.builders import build_command, shown, stages_of
from pygo_cross.build.driver import BuildFailed, build_direct
from pygo_cross.build.files import copy_out
from pygo_cross.build.matrix import Job, default_target, facts_of, match_or_fail, refused_flags, select
from pygo_cross.build.progress import table
from pygo_cross.build.release.commands import run_before
from pygo_cross.build.release.context import Release
from pygo_cross.build.release.pipeline import STEP_NAMES, plan_release, run_release
from pygo_cross.cli.ci import add_summary, tell_failed, without_summary, write_summary
from pygo_cross.cli.container import add_container, before_here, check_flags, run_config, run_direct, spelled, without_out
from pygo_cross.cli.options import (
    add_config,
    add_running,
    add_selection,
    add_skip,
    add_stock,
    config_of,
    join_go_flags,
    mode_of,
    parser,
    skipped,
    take_stock,
)
from pygo_cross.diag import EXIT_BUILD, EXIT_OK, EXIT_USAGE, UserError
from pygo_cross.records import usage_error
from pygo_cross.target import load_targets

ABOUT = """With PACKAGE or FILES, builds that one program as go build does, for --target (GOOS/GOARCH, or the host's), into -o; for several
targets, into a folder for each. Without, builds every program of toolchain.yaml for every target, and writes dist/ with the
binaries, what the file makes of them (archives, images, ...), sums and artifacts.json. Flags beat environment beats file."""

_GO_VALUES = ("tags", "ldflags", "gcflags", "asmflags", "buildmode", "buildvcs", "mod", "modfile", "overlay", "pgo")
_GO_SWITCHES = ("trimpath", "race", "msan", "asan")


def run(argv: list[str]) -> int:
    """Builds."""
    made = parser("build", "[FLAGS] [PACKAGE | FILES...]", ABOUT)
    add_config(made)
    add_selection(made)
    add_running(made)
    made.add_argument("-o", metavar="OUT", help="where the one program goes (too): a file, or a folder that is there or ends in /")
    made.add_argument("--builder", choices=("pygo", "go"), help="instead of what the file says; without one, pygo")
    add_stock(made)
    add_skip(made, STEP_NAMES)
    made.add_argument("--snapshot", action="store_true", help="a version that says so, even where HEAD has a tag")
    made.add_argument("--clean", action="store_true", help="empty dist/ first")
    made.add_argument("--print", action="store_true", help="print the plan and build nothing")
    made.add_argument("--json", action="store_true", help="print the artifacts (with --print, the plan) as JSON")
    add_summary(made)
    made.add_argument("--verbose", action="store_true", help="show each command")
    own = made.add_argument_group("go build's own, without a configuration")
    for name in _GO_VALUES:
        own.add_argument(f"-{name}", f"--{name}", metavar="X", help="as go help build says")
    for name in _GO_SWITCHES:
        text = "as go help build says" if name == "trimpath" else "refused: needs cgo"
        own.add_argument(f"-{name}", f"--{name}", action="store_true", help=text)
    made.add_argument("packages", metavar="PACKAGE", nargs="*", help="a package, or the .go files of one")
    add_container(made)
    argv = spelled(join_go_flags(argv, _GO_VALUES))
    options = made.parse_args(argv)
    take_stock(options)
    check_flags(options)
    go_flags = [f"-{name}={getattr(options, name)}" for name in _GO_VALUES if getattr(options, name) is not None]
    go_flags += [f"-{name}" for name in _GO_SWITCHES if getattr(options, name)]
    refused = refused_flags(go_flags)
    if refused:
        raise UserError(refused, EXIT_USAGE)
    if options.in_container is not None:
        if options.packages:
            files = [path for path in (options.modfile, options.overlay, options.pgo) if path]
            return run_direct(argv, options, options.o, options.packages, files)
        return _matrix_inside(options, argv)
    if options.packages:
        try:
            return _direct(options, go_flags)
        except BuildFailed as error:
            tell_failed(error)
            return EXIT_BUILD
    return _matrix(options, go_flags)


def _direct(options: argparse.Namespace, go_flags: list[str]) -> int:
    extra = ((options.snapshot, "--snapshot"), (options.skip, "--skip"))
    for flag, name in ((options.id, "--id"), (options.clean, "--clean"), (options.config, "-f"), *extra):
        if flag:
            raise usage_error("bad-flag", f"{name} is for builds of a configuration", "leave it out, or name no package")
    pairs = sorted({pair for pattern in options.target for pair in match_or_fail(pattern)}) or [default_target()]
    jobs = [
        Job(
            build=" ".join(options.packages),
            target=load_targets()[name],
            variant=variant,
            builder=options.builder or "pygo",
            folder=Path("."),
            packages=tuple(options.packages),
            path=options.o or "",
            flags=tuple(go_flags),
            env={},
        )
        for name, variant in pairs
    ]
    if options.print:
        return _print_plan(jobs, Path(), options.json)
    if options.verbose:
        _show(jobs)
    made = build_direct(jobs, options.o, options.parallelism, mode_of(options))
    if options.json:
        listed = [
            {"target": job.target.name, "variant": job.variant, "path": str(path), "stages": stages_of(job.builder, job.target.arch)}
            for job, path in made
        ]
        print(json.dumps(listed, indent=2, sort_keys=True))
    return 0


def _matrix(options: argparse.Namespace, go_flags: list[str]) -> int:
    if go_flags:
        raise usage_error(
            "bad-flag", f"{go_flags[0].partition('=')[0]} is for builds without a configuration", "put it into toolchain.yaml"
        )
    skip = skipped(options, STEP_NAMES)
    config = config_of(options)
    git = facts_of(config, snapshot=options.snapshot)
    if "before" not in skip and not options.print:
        run_before(config, git, mode_of(options))
    jobs = select(config, options.id, options.target, options.single_target, git)
    if options.builder:
        jobs = [dataclasses.replace(job, builder=options.builder) for job in jobs]
    _check_out(options, jobs)
    release = plan_release(config, jobs, git, options.snapshot, skip)
    if options.print:
        return _print_plan(jobs, config.dist, options.json, release)
    if options.verbose:
        _show(jobs)
    try:
        artifacts = run_release(release, jobs, options.parallelism, mode_of(options), options.clean)
    except BuildFailed as error:
        tell_failed(error, (job.folder for job in jobs))
        return write_summary(options, "build", config.dist, EXIT_BUILD, error.failures)
    if options.o:
        copy_out(config.dist / jobs[0].path, options.o)
    if options.json:
        print(json.dumps([dataclasses.asdict(artifact) for artifact in artifacts], indent=2, sort_keys=True))
    elif not options.quiet:
        rows = [["TYPE", "TARGET", "ID", "SIZE", "LINKED BY", "PATH"]]
        for artifact in artifacts:
            path = str(config.dist / artifact.path)
            rows.append([artifact.type, artifact.target, artifact.id, f"{artifact.size:,}", artifact.stages.get("link", ""), path])
        print("\n".join(table(rows, right=(3,))), file=sys.stderr)
    return write_summary(options, "build", config.dist, EXIT_OK)


def _check_out(options: argparse.Namespace, jobs: list[Job]) -> None:
    if options.o and len(jobs) > 1:
        raise usage_error("bad-flag", f"-o is for one program, this is {len(jobs)}", "pick one with --id and --single-target or --target")


def _matrix_inside(options: argparse.Namespace, argv: list[str]) -> int:
    """The same in a container. What is outside of dist is written out here."""
    config = config_of(options)
    skip = skipped(options, STEP_NAMES)
    jobs: list[Job] = []
    if options.o:
        git = facts_of(config, snapshot=options.snapshot)
        jobs = select(config, options.id, options.target, options.single_target, git)
        _check_out(options, jobs)
    inner = before_here(without_out(without_summary(argv)), options, config, skip)
    status = run_config("build", inner, options, config)
    if status == EXIT_OK and jobs and not options.print:
        copy_out(config.dist / jobs[0].path, options.o)
    return write_summary(options, "build", config.dist, status)


def _show(jobs: list[Job]) -> None:
    for job in jobs:
        print(shown(build_command(job, Path("OUT"), Path("TMP"))), file=sys.stderr)


def _print_plan(jobs: list[Job], dist: Path, as_json: bool, release: Release | None = None) -> int:
    plan: list[dict[str, Any]] = []
    for job in jobs:
        command = build_command(job, Path("OUT"), Path("TMP"))
        plan.append(
            {
                "type": BINARY,
                "build": job.build,
                "target": job.target.name,
                "variant": job.variant,
                "path": str(dist / job.path) if job.path else "",
                "stages": stages_of(job.builder, job.target.arch),
                "command": list(command.argv),
                "folder": str(command.folder),
                "smoke": [list(smoke.args) for smoke in job.smoke],
            }
        )
    made = [item for item in release.planned if item.type != BINARY] if release else []
    if as_json:
        for item in made:
            inputs = [str(dist / part.path) for part in item.inputs]
            plan.append({"type": item.type, "id": item.id, "target": item.target, "path": str(dist / item.path), "from": inputs})
        print(json.dumps(plan, indent=2, sort_keys=True))
        return 0
    for job, entry in zip(jobs, plan, strict=True):
        stages = ", ".join(f"{stage} by {who}" for stage, who in stages_of(job.builder, job.target.arch).items())
        print(f"{job.build} {job.label}: {stages}")
        print(f"  {shlex.join(str(word) for word in build_command(job, Path('OUT'), Path('TMP')).argv)}")
        if entry["path"]:
            print(f"  -> {entry['path']}")
        for smoke in job.smoke:
            print(f"  smoke ({smoke.runner}): {shlex.join(smoke.args)}")
    for item in made:
        print(f"{item.type} {item.target}".rstrip() + f"\n  -> {dist / item.path}")
    return 0
