# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross release`: from a tag to published artifacts, in one command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from pygo_cross.build.artifacts import read_record_file
from pygo_cross.build.config import Config
from pygo_cross.build.driver import BuildFailed
from pygo_cross.build.matrix import facts_of, select
from pygo_cross.build.progress import good
from pygo_cross.build.release.commands import run_before
from pygo_cross.build.release.pipeline import SKIPPABLE, STEP_NAMES, plan_release, run_release
from pygo_cross.build.release.publish import check_facts, check_tag, deliver
from pygo_cross.build.smoke import exit_status, smoke_all
from pygo_cross.build.template import GitFacts
from pygo_cross.cli.ci import add_summary, tell_failed, write_summary
from pygo_cross.cli.container import add_container, before_here, check_flags, run_config, spelled
from pygo_cross.cli.options import add_config, add_running, add_selection, add_skip, config_of, mode_of, parser, skipped
from pygo_cross.cli.publish import prepare
from pygo_cross.cli.smoke import summary
from pygo_cross.diag import EXIT_BUILD, EXIT_OK
from pygo_cross.records import usage_error

ABOUT = """Builds everything, runs the smoke runs of every binary, and publishes: build, smoke and publish one after the other, each
only when the one before it went well. HEAD has to be a clean, tagged commit. With --snapshot it need not be: then nothing is
published, and the version says so."""


def run(argv: list[str]) -> int:
    """Builds, tries, publishes."""
    made = parser("release", "[FLAGS]", ABOUT)
    add_config(made)
    add_selection(made)
    add_running(made)
    add_skip(made, SKIPPABLE)
    made.add_argument("--snapshot", action="store_true", help="for any commit, tagged or not; publishes nothing")
    made.add_argument("--clean", action="store_true", help="empty dist/ first")
    made.add_argument("--json", action="store_true", help="print the artifacts as JSON")
    add_summary(made)
    add_container(made)
    options = made.parse_args(spelled(argv))
    check_flags(options)
    skip = skipped(options, SKIPPABLE)
    publishing = not options.snapshot and "publish" not in skip
    if publishing and "smoke" in skip:
        raise usage_error("bad-flag", "what has not passed its smoke runs is not published", "skip publish too, or neither")
    if publishing and (options.id or options.target or options.single_target):
        raise usage_error("bad-flag", "a part of a release is not published", "give --snapshot, or --skip=publish")
    config = config_of(options)
    git = facts_of(config, snapshot=options.snapshot)
    if publishing:
        check_tag(git)
    failures: list[tuple[str, list[str]]] = []
    try:
        status = _make(options, config, git, skip) if options.in_container is None else _make_inside(options, config, skip)
    except BuildFailed as error:
        tell_failed(error, (job.folder for job in select(config, options.id, options.target, options.single_target, git)))
        status, failures = EXIT_BUILD, error.failures
    if status != EXIT_OK:
        if publishing and not failures:
            print("pygo-cross: not published", file=sys.stderr)
        return write_summary(options, "release", config.dist, status, failures)
    record = read_record_file(config.dist)
    if publishing:
        if options.in_container is not None and record["facts"].get("Commit") == "none":
            raise usage_error("no-git", "the image has no git, so the build knows of no tag", "give an image that has it")
        check_facts(record["facts"])
        deliveries = prepare(config, record["facts"])
        deliver(deliveries, mode_of(options))
        if not options.quiet:
            said = f"published: {len(deliveries)} deliveries" if deliveries else "nothing says where it goes: it stays in dist"
            print(good(said), file=sys.stderr)
    if options.json:
        print(json.dumps(record["artifacts"], indent=2, sort_keys=True))
    return write_summary(options, "release", config.dist, EXIT_OK)


def _make(options: argparse.Namespace, config: Config, git: GitFacts, skip: Sequence[str]) -> int:
    """Builds and tries. Returns the exit status; raises `BuildFailed`."""
    if "before" not in skip:
        run_before(config, git, mode_of(options))
    jobs = select(config, options.id, options.target, options.single_target, git)
    release = plan_release(config, jobs, git, options.snapshot, skip)
    run_release(release, jobs, options.parallelism, mode_of(options), options.clean)
    if "smoke" in skip:
        return EXIT_OK
    results = smoke_all(config, jobs, options.parallelism, mode_of(options))
    for result in results:
        for failure in result.failures:
            print(failure, file=sys.stderr)
    if not options.quiet:
        print("\n".join(summary(results)), file=sys.stderr)
    return exit_status(results)


def _make_inside(options: argparse.Namespace, config: Config, skip: Sequence[str]) -> int:
    """The same in a container, which knows no credentials: publishing is done out here."""
    common = ["-f", str(config.path), "-p", str(options.parallelism), "--progress", options.progress]
    common += ["-q"] * options.quiet + ["--single-target"] * options.single_target
    for name in options.id:
        common += ["--id", name]
    for name in options.target:
        common += ["--target", name]
    steps = [name for name in skip if name in STEP_NAMES]
    build = [*common, *(["--skip", ",".join(steps)] if steps else []), *["--snapshot"] * options.snapshot, *["--clean"] * options.clean]
    quiet = argparse.Namespace(**{**vars(options), "json": False})
    status = run_config("build", before_here(build, options, config, skip), quiet, config)
    if status == EXIT_OK and "smoke" not in skip:
        status = run_config("smoke", common, quiet, config)
    return status
