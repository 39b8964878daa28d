# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross check`: is the configuration right?"""

from __future__ import annotations

import json
import sys

from pygo_cross.build.artifacts import BINARY
from pygo_cross.build.config import Config
from pygo_cross.build.matrix import Job, facts_of, select
from pygo_cross.build.release.pipeline import plan_release
from pygo_cross.cli.options import add_config, config_of, parser
from pygo_cross.diag import EXIT_USAGE, Diagnostic, UserError


def run(argv: list[str]) -> int:
    """Loads the configuration, expands it for every target, and says what is wrong."""
    made = parser(
        "check",
        "[-f FILE] [--print] [--json] [-q]",
        "Checks the configuration: every key, target, template, path and name of an artifact in it.",
    )
    add_config(made)
    made.add_argument("--print", action="store_true", help="list the artifacts that it describes")
    made.add_argument("--json", action="store_true", help="list them as JSON")
    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    options = made.parse_args(argv)
    config = config_of(options)
    git = facts_of(config)
    jobs = select(config, git=git)
    problems = missing_paths(config, jobs)
    if problems:
        raise UserError(problems, EXIT_USAGE)
    planned = [item for item in plan_release(config, jobs, git).planned if item.type != BINARY]
    if options.json:
        listed = [{"type": BINARY, "build": job.build, "target": job.target.name, "variant": job.variant, "path": job.path} for job in jobs]
        listed += [
            {"type": item.type, "build": item.build, "target": item.target, "variant": item.variant, "path": item.path} for item in planned
        ]
        print(json.dumps(listed, indent=2))
    elif options.print:
        lines = [f"{job.build} {job.label} {job.path}" for job in jobs]
        print("\n".join(lines + [f"{item.type}{' ' * bool(item.target)}{item.target} {item.path}" for item in planned]))
    if not options.quiet:
        builds = len({job.build for job in jobs})
        print(f"{config.path}: ok: {count(builds, 'build')}, {count(len(jobs) + len(planned), 'artifact')}", file=sys.stderr)
    return 0


def count(number: int, what: str) -> str:
    """`1 build`, `2 builds`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def missing_paths(config: Config, jobs: list[Job]) -> list[Diagnostic]:
    """Folders and files that the configuration names and that are not there."""
    problems: list[Diagnostic] = []
    builds = {build.id or config.project.project: build for build in config.project.builds}
    for job in jobs:
        build = builds.get(job.build)
        where = build.place("dir") if build else config.project.place()
        if not job.folder.is_dir():
            problems.append(Diagnostic(where, "no-such-folder", f"dir: {job.folder} is not a folder"))
            continue
        main = job.packages[0]
        if main.startswith(("./", "../")) and not (job.folder / main).exists():
            problems.append(Diagnostic(build.place("main") if build else where, "no-such-folder", f"main: {main} is not in {job.folder}"))
        for run in job.smoke:
            problems += [
                Diagnostic(run.pos, "no-such-file", f"files: {shown} is not in {config.folder}")
                for host, shown in run.files
                if not host.exists()
            ]
    return problems
