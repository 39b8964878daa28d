# SPDX-License-Identifier: BSD-3-Clause
"""Runs the jobs of a matrix, several at a time, and leaves either whole artifacts or none.

A job builds into a folder of its own and its binary is moved into place when it is whole. The result does not depend on
how many run at a time: artifacts are in the order of the jobs. When one fails the others still run, so that
one call shows everything that is wrong; no record is written then. An interrupt stops the children and removes what
they were making.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pygo_cross.build.artifacts import Artifact
from pygo_cross.build.builders import Command, build_command
from pygo_cross.build.files import place, temporary_folder, writing
from pygo_cross.build.matrix import Job
from pygo_cross.build.process import Children, Finished, Stopped
from pygo_cross.build.progress import Progress
from pygo_cross.diag import EXIT_BUILD, UserError
from pygo_cross.records import usage_error

T = TypeVar("T")
U = TypeVar("U")


class BuildFailed(Exception):
    """Jobs whose program did not build: what the tools said, and the labels of the jobs they said it for."""

    def __init__(self, failures: Sequence[tuple[str, list[str]]]) -> None:
        self.failures = list(failures)
        super().__init__(f"{sum(len(labels) for _, labels in failures)} jobs failed")


class JobFailed(Exception):
    """One job's program did not build: what the tool said."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of one job: the binary, the seconds that it took, and what our linker reported of it (None of another's)."""

    path: Path
    seconds: float
    report: Path | None


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(
    tasks: Sequence[T], work: Callable[[T], U], children: Children, workers: int, progress: Progress
) -> list[U | BaseException]:
    """`work` of every task on up to `workers` threads: results, or what was raised, in the order of the tasks.

    When this thread is interrupted the children are stopped, and the interrupt goes on once all threads have ended.
    """
    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(tasks))))
    futures: list[Future[U]] = []
    try:
        futures = [pool.submit(work, task) for task in tasks]
        waiting: set[Future[U]] = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=0.25, return_when=FIRST_COMPLETED)
            progress.tick()
    except BaseException:
        children.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        progress.close()
    results: list[U | BaseException] = []
    for future in futures:
        error = future.exception()
        results.append(error if error is not None else future.result())
    return results


def compile_job(job: Job, scratch: Path, children: Children, workers: int, report: Path | None = None) -> list[Path]:
    """Builds one job in `scratch`: the binaries that the go command left, sorted. `report` is for our linker's (builders.py).

    Raises `JobFailed` and `UserError`.
    """
    scratch = scratch.absolute()  # the go command runs elsewhere
    out, work = scratch / "out", scratch / "work"
    with writing(scratch):
        out.mkdir()
        work.mkdir()
    command = build_command(job, out, work, workers, report)
    done = _start(command, children)
    if done.status != 0:
        said = (done.stdout + done.stderr).decode("utf-8", "replace").rstrip("\n")
        raise JobFailed(said or f"go build ended with status {done.status}")
    return sorted(out.iterdir())


def _start(command: Command, children: Children) -> Finished:
    try:
        return children.run(command.argv, command.folder, command.env)
    except FileNotFoundError as error:
        if not command.folder.is_dir():
            raise usage_error("no-such-folder", f"{command.folder} is not a folder", "correct dir") from None
        raise usage_error("unreadable", f"{error.filename}: can't be run: {error.strerror}") from None
    except OSError as error:
        raise usage_error("unreadable", f"{error.filename or command.argv[0]}: can't be run: {error.strerror}") from None


def build_jobs(
    jobs: Sequence[Job],
    scratch: Path,
    children: Children,
    workers: int,
    mode: str,
    finish: Callable[[Job, Built], Artifact],
    *,
    reports: bool = False,
) -> list[Artifact]:
    """Builds every job; `finish` gets each binary as soon as it is there, with our linker's report if `reports`.

    Raises `BuildFailed` and `UserError`.
    """
    progress = Progress("build", len(jobs), mode)
    share = max(1, processors() // max(1, min(workers, len(jobs))))

    def one(task: tuple[int, Job]) -> Artifact:
        at, job = task
        label = f"{job.build} {job.label}"
        folder = scratch / str(at)
        progress.start(label)
        outcome, ok = "failed", False
        try:
            with writing(folder):
                folder.mkdir()
            began = time.monotonic()
            report = folder / "report"
            made = compile_job(job, folder, children, share, report if reports else None)
            if len(made) != 1:
                raise JobFailed(f"{' '.join(job.packages)} is {len(made)} programs, one was expected")
            artifact = finish(job, Built(made[0], time.monotonic() - began, report if report.exists() else None))
            outcome, ok = f"{artifact.size:,} bytes", True
            return artifact
        finally:
            progress.finish(label, outcome, ok)
            shutil.rmtree(folder, ignore_errors=True)

    return sift(jobs, in_parallel(list(enumerate(jobs)), one, children, workers, progress))


def sift(jobs: Sequence[Job], results: Sequence[U | BaseException]) -> list[U]:
    """The results, when all are there. Raises what matters most among the errors: ours, a user's mistake, failed builds."""
    good: list[U] = []
    mistakes: list[UserError] = []
    failures: dict[str, list[str]] = {}
    for job, result in zip(jobs, results, strict=True):
        if isinstance(result, JobFailed):
            failures.setdefault(str(result), []).append(f"{job.build} {job.label}")
        elif isinstance(result, UserError):
            mistakes.append(result)
        elif isinstance(result, BaseException):
            if not isinstance(result, Stopped):
                raise result
        else:
            good.append(result)
    if mistakes:
        raise UserError([item for mistake in mistakes for item in mistake.diagnostics], max(mistake.status for mistake in mistakes))
    if failures:
        raise BuildFailed(list(failures.items()))
    return good


def build_direct(jobs: Sequence[Job], out: str | None, workers: int, mode: str) -> list[tuple[Job, Path]]:
    """Builds without a configuration, as `go build` does: into `out` (a folder where it is one), else the current folder.

    Programs for several targets go into a folder for each, named os_arch, in `out`. Returns the jobs with their binaries, one
    each where a job is one program. Raises `BuildFailed` and `UserError`.
    """
    if len(jobs) > 1 and out is not None and os.path.lexists(out) and not Path(out).is_dir():
        raise usage_error("bad-flag", f"-o {out} is not a folder", "programs for several targets need one")
    children = Children()
    progress = Progress("build", len(jobs), mode)
    share = 0 if len(jobs) == 1 else max(1, processors() // max(1, min(workers, len(jobs))))
    with temporary_folder() as scratch:

        def one(task: tuple[int, Job]) -> list[Path]:
            at, job = task
            progress.start(job.label)
            ok = False
            try:
                folder = scratch / str(at)
                with writing(folder):
                    folder.mkdir()
                made = compile_job(job, folder, children, share)
                ok = True
                return made
            finally:
                progress.finish(job.label, "built" if ok else "failed", ok)

        results = sift(jobs, in_parallel(list(enumerate(jobs)), one, children, workers, progress))
        placed: list[tuple[Job, Path]] = []
        for job, made in zip(jobs, results, strict=True):
            if len(jobs) > 1:
                into = Path(out or ".") / job.label.replace("/", "_")
            elif out is not None and (out.endswith(os.sep) or Path(out).is_dir()):
                into = Path(out)
            elif len(made) > 1:
                raise UserError.one("many-programs", f"{len(made)} programs for one file", "give -o a folder", status=EXIT_BUILD)
            else:
                into = None
            for file in made:
                path = into / file.name if into is not None else Path(out or file.name)
                place(file, path)
            placed.append((job, path))
        return placed
