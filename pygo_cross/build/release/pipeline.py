# SPDX-License-Identifier: BSD-3-Clause
"""Everything that a build leaves in dist/, in one table of steps.

Planning runs the whole table before anything is compiled; then the matrix is built, then each step makes what it planned,
several at a time. What is made appears in dist/ by one rename, and artifacts.json comes last: an interrupt at any moment
leaves whole files and no record.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.artifacts import BINARY, RECORD, Artifact, digest_of, record_of
from pygo_cross.build.builders import build_command, stages_of
from pygo_cross.build.config import Config
from pygo_cross.build.driver import Built, build_jobs, in_parallel
from pygo_cross.build.files import place, temporary_folder, write_json, writing
from pygo_cross.build.matrix import Job
from pygo_cross.build.process import Stopped
from pygo_cross.build.progress import Progress
from pygo_cross.build.release import archive, checksums, images, sbom, universal
from pygo_cross.build.release.context import Planned, Release
from pygo_cross.build.release.folder import opened
from pygo_cross.build.report import update as report
from pygo_cross.build.report.page import NAME as PAGE
from pygo_cross.build.template import GitFacts
from pygo_cross.diag import EXIT_USAGE, UserError

Plan = Callable[[Release], list[Planned]]
Make = Callable[[Release, Planned, Path], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One row: its name (as in --skip), why it stands where it stands, and its two functions.

    `plan` returns what it will make out of what is planned before it. `make` writes one of those to the path it is given,
    a file or a folder, and returns more for the artifact's `extra`; several may run at a time. Both raise `UserError`.
    """

    name: str
    why: str
    plan: Plan
    make: Make


STEPS: Final[tuple[Step, ...]] = (
    Step("universal", "archives may hold it in place of the two it is made of", universal.plan, universal.make),
    Step("archive", "packs binaries, which are all there now", archive.plan, archive.make),
    Step("image", "images of the Linux binaries", images.plan, images.make),
    Step("sbom", "documents about all of the above; an image's has its digest", sbom.plan, sbom.make),
    Step("checksum", "has the sums of all files above", checksums.plan, checksums.make),
)

STEP_NAMES: Final = ("before", *(step.name for step in STEPS if step.name != "checksum"), "report")
"""What --skip takes; for sums there is the key `disable`."""
SKIPPABLE: Final = (*STEP_NAMES, "smoke", "publish")
"""What --skip of a whole release takes."""

_RESERVED: Final = (RECORD, PAGE, ".gitignore")


def plan_release(config: Config, jobs: Sequence[Job], git: GitFacts, snapshot: bool = False, skip: Sequence[str] = ()) -> Release:
    """Plans everything that these jobs and the configuration lead to. Raises `UserError` with every mistake."""
    release = Release(config, git, snapshot, skip)
    release.planned = [planned_binary(job) for job in jobs]
    for step in STEPS:
        if step.name not in release.skip:
            release.steps[step.name] = [item for item in step.plan(release) if _sound(release, item)]
            release.planned += release.steps[step.name]
    _check_names(release)
    if release.problems:
        raise UserError(release.problems, EXIT_USAGE)
    for name in ("IsSnapshot", "IsGitDirty"):
        git.answer(name)  # for the record: what may be published depends on them
    return release


def planned_binary(job: Job) -> Planned:
    """The binary of a job."""
    return Planned(
        type=BINARY,
        path=job.path,
        pos=job.pos,
        id=job.build,
        build=job.build,
        target=job.target.name,
        variant=job.variant,
        extra={"Binary": os.path.basename(job.path)},
    )


def _sound(release: Release, item: Planned) -> bool:
    """Whether a path can be one in dist/; says so where it can't."""
    parts = item.path.split("/")
    if "" in parts or "." in parts or ".." in parts or "\0" in item.path or parts[0] in _RESERVED or parts[0].startswith("."):
        release.wrong(item.pos, "bad-value", f"{item.path!r} can't be the name of an artifact", "correct its template")
        return False
    return True


def _check_names(release: Release) -> None:
    """Two artifacts may not have one path, nor one lie in the other's. Case makes no difference: for file systems of macOS it has none."""
    taken: dict[str, Planned] = {}
    for item in release.planned:
        first = taken.setdefault(item.path.casefold(), item)
        if first is not item:
            _clash(release, item, first)
    for item in release.planned:
        parent = os.path.dirname(item.path.casefold())
        while parent:
            if parent in taken:
                _clash(release, item, taken[parent])
            parent = os.path.dirname(parent)


def _clash(release: Release, item: Planned, first: Planned) -> None:
    where = f"line {first.pos.line}" if first.pos.line else "another"
    message = f"two artifacts called {item.path}: this {item.type} and the {first.type} of {where}"
    release.wrong(item.pos, "duplicate-name", message, "give each its own name_template, id or binary")


def run_release(release: Release, jobs: Sequence[Job], workers: int, mode: str, clean: bool = False) -> list[Artifact]:
    """Builds the jobs and makes everything that is planned. Raises `BuildFailed` and `UserError`."""
    for job in jobs:
        build_command(job, Path("out"), Path("work"))  # what is wrong with all of them shows before the first one runs
    release.workers, release.mode = workers, mode
    planned = [*(item.path for item in release.planned), PAGE]
    binaries = {item.path: item for item in release.planned if item.type == BINARY}
    with opened(release.dist, clean, planned, binaries), temporary_folder(release.dist) as release.scratch:

        def finished(job: Job, made: Built) -> Artifact:
            release.times[job.path] = {"build": made.seconds}
            if made.report is not None:
                with writing(made.report):
                    release.reports[job.path] = made.report.read_bytes()
            return finish(release, binaries[job.path], made.path, {}, stages_of(job.builder, job.target.arch))

        paged = "report" not in release.skip
        for artifact in build_jobs(jobs, release.scratch, release.children, workers, mode, finished, reports=paged):
            release.artifacts[artifact.path] = artifact
        for step in STEPS:
            _run_step(release, step, release.steps.get(step.name, ()))
        if paged:
            _write_page(release)
        save(release)
    return list(release.artifacts.values())


def _run_step(release: Release, step: Step, items: Sequence[Planned]) -> None:
    if not items:
        return
    progress = Progress(step.name, len(items), release.mode)

    def one(task: tuple[int, Planned]) -> Artifact:
        at, item = task
        folder = release.scratch / f"{step.name}-{at}"
        out = folder / item.name
        progress.start(item.path)
        outcome, ok = "failed", False
        try:
            with writing(release.dist / item.path):
                folder.mkdir()
                extra = step.make(release, item, out) or {}
                made = finish(release, item, out, extra)
            outcome, ok = f"{made.size:,} bytes", True
            return made
        finally:
            progress.finish(item.path, outcome, ok)
            shutil.rmtree(folder, ignore_errors=True)

    mistakes = []
    for item, result in zip(items, in_parallel(list(enumerate(items)), one, release.children, release.workers, progress), strict=True):
        if isinstance(result, UserError):
            mistakes.append(result)
        elif isinstance(result, BaseException):
            if not isinstance(result, Stopped):
                raise result
        else:
            release.artifacts[item.path] = result
    if mistakes:
        raise UserError([line for mistake in mistakes for line in mistake.diagnostics], max(mistake.status for mistake in mistakes))


def finish(release: Release, item: Planned, made: Path, extra: Mapping[str, Any], stages: Mapping[str, str] | None = None) -> Artifact:
    """Puts what was made into its place, and describes it."""
    with writing(release.path(item)):
        size, digest = digest_of(made)
        if release.path(item).is_dir() and made.is_dir():
            release.path(item).rename(release.scratch / f"old-{digest}")
    place(made, release.path(item))
    inside = {release.made(part).sha256 for part in item.inputs} if item.contains else set()
    return Artifact(
        type=item.type,
        name=item.name,
        path=item.path,
        size=size,
        sha256=digest,
        id=item.id,
        build=item.build,
        target=item.target,
        goos=item.goos,
        goarch=item.goarch,
        variant=item.variant,
        contains=sorted(inside),
        stages=dict(stages or {}),
        extra={**item.extra, **extra},
    )


def _write_page(release: Release) -> None:
    """Writes the page for people. It is no artifact: it has times, which no record may have."""
    progress = Progress("report", 1, release.mode)
    progress.start(PAGE)
    git = copy.copy(release.git)
    git.answers = dict(release.git.answers)  # what the page alone asks is not for the record
    ok = False
    try:
        facts = {name: git.answer(name) for name in report.FACTS}
        report.write_report(release.dist, _record(release), facts, release.times, release.reports)
        ok = True
    finally:
        progress.finish(PAGE, "written" if ok else "failed", ok)
        progress.close()


def _record(release: Release) -> dict[str, Any]:
    return record_of(release.config.project.project, release.artifacts.values(), release.git.answers)


def save(release: Release) -> None:
    """Writes the record, last."""
    write_json(release.dist / RECORD, _record(release))
