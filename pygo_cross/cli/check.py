# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross check`: is the configuration right?"""

from __future__ import annotations

import json
import sys

from pygo_cross.build.config import Config
from pygo_cross.build.matrix import Job, select
from pygo_cross.cli.options import add_config, config_of, parser
from pygo_cross.diag import EXIT_USAGE, Diagnostic, UserError


def run(argv: list[str]) -> int:
    """Loads the configuration, expands it for every target, and says what is wrong."""
    made = parser("check", "[-f FILE] [--print] [--json] [-q]", "Checks the configuration: every key, target, template and path in it.")
    add_config(made)
    made.add_argument("--print", action="store_true", help="list the artifacts that it describes")
    made.add_argument("--json", action="store_true", help="list them as JSON")
    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    options = made.parse_args(argv)
    config = config_of(options)
    jobs = select(config)
    problems = missing_paths(config, jobs)
    if problems:
        raise UserError(problems, EXIT_USAGE)
    if options.json:
        print(
            json.dumps(
                [{"build": job.build, "target": job.target.name, "variant": job.variant, "path": job.path} for job in jobs], indent=2
            )
        )
    elif options.print:
        print("\n".join(f"{job.build} {job.label} {job.path}" for job in jobs))
    if not options.quiet:
        builds = len({job.build for job in jobs})
        print(f"{config.path}: ok: {count(builds, 'build')}, {count(len(jobs), 'artifact')}", file=sys.stderr)
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
