# SPDX-License-Identifier: BSD-3-Clause
"""Tries finished artifacts: runs each as its build's `smoke` says and compares what came of it.

A run has a folder of its own with copies of the files that it asks for, and sees nothing else of the host. Its
transcript says what ran it, so that nobody takes `ran under emulation` for `works on a Mac`, and the SHA-256 of the file
that ran: `publish` takes nothing else. Of a universal binary both slices run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.artifacts import UNIVERSAL, Artifact, load, save_smoke, still
from pygo_cross.build.config import Config
from pygo_cross.build.driver import in_parallel
from pygo_cross.build.emulator import LACKS, LIMIT, emulator_command, pick_runner, qemu_command
from pygo_cross.build.files import temporary_folder, writing
from pygo_cross.build.matrix import Job, Run
from pygo_cross.build.process import Children, Finished
from pygo_cross.build.progress import Progress
from pygo_cross.build.report.update import update_report
from pygo_cross.diag import EXIT_EMULATOR, EXIT_OK, EXIT_SMOKE, EXIT_TIMEOUT, UserError
from pygo_cross.records import usage_error

GUEST_FOLDER: Final = "/smoke"
_GRACE: Final = 60
"""Seconds that the emulator gets to notice its own limit before it is killed."""
_REPORT: Final = "report.json"
_SHOWN: Final = 64 * 1024
"""Bytes of each output that a transcript keeps."""


@dataclass(frozen=True, slots=True)
class Result:
    """One artifact's runs: their transcript, what went wrong in each, the seconds they took, the exit status they call for."""

    artifact: Artifact
    transcript: list[dict[str, Any]]
    failures: list[str]
    seconds: float
    status: int
    arch: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """An artifact with the job whose runs it has to pass; `arch` picks the slice of a universal binary."""

    artifact: Artifact
    job: Job
    arch: str = ""

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.artifact.id} {self.artifact.target} ({self.arch})" if self.arch else f"{self.job.build} {self.job.label}"


def smoke_all(config: Config, jobs: Sequence[Job], workers: int, mode: str, runner: str | None = None) -> list[Result]:
    """Runs the smoke runs of every artifact that one of `jobs` made, and adds the transcripts to the record.

    `runner` overrides the file's. Raises `UserError` where there is no finished build with these artifacts.
    """
    trials = _trials(config, jobs)
    children = Children()
    progress = Progress("smoke", len(trials), mode)

    def one(trial: Trial) -> Result:
        artifact, job = trial.artifact, trial.job
        progress.start(trial.label)
        outcome, status = "failed", EXIT_SMOKE
        transcript: list[dict[str, Any]] = []
        failures: list[str] = []
        try:
            status = EXIT_OK
            for run in job.smoke:
                entry, failure, code = try_once(run, job, config.dist / artifact.path, children, runner, trial.arch)
                entry |= {"sha256": artifact.sha256, "run": fingerprint(run), "target": job.target.name}
                transcript.append(entry)
                if failure:
                    failures.append(f"{run.pos}: {trial.label}: {failure}")
                    status = code if status in (EXIT_OK, code) else EXIT_SMOKE
            if job.smoke and not still(config.dist, artifact):
                raise usage_error("changed", f"{config.dist / artifact.path} changed while it ran", "build again")
            outcome = "no runs" if not job.smoke else "ok" if not failures else f"{len(failures)} of {len(job.smoke)} failed"
        except UserError:
            status = EXIT_SMOKE
            raise
        finally:
            seconds = progress.finish(trial.label, outcome, status == EXIT_OK)
        return Result(artifact, transcript, failures, seconds, status, trial.arch)

    results: list[Result] = []
    for result in in_parallel(trials, one, children, workers, progress):
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    transcripts: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for result in results:
        transcripts.setdefault(result.artifact.path, (result.artifact.sha256, []))[1].extend(result.transcript)
    save_smoke(config.dist, transcripts)
    seconds: dict[str, float] = {}
    for result in results:
        if result.transcript:
            seconds[result.artifact.path] = seconds.get(result.artifact.path, 0.0) + result.seconds
    update_report(config.dist, {path: {"smoke": time} for path, time in seconds.items()})
    return results


def _trials(config: Config, jobs: Sequence[Job]) -> list[Trial]:
    """What is to be tried: each job's binary, and the slices of those universal binaries whose jobs are all there."""
    artifacts = load(config.dist)
    by_path = {artifact.path: artifact for artifact in artifacts}
    missing = [job for job in jobs if job.path not in by_path]
    if missing:
        labels = ", ".join(f"{job.build} {job.label}" for job in missing)
        raise usage_error("not-built", f"{config.dist} has no artifact of {labels}", "run pygo-cross build first")
    trials = [Trial(by_path[job.path], job) for job in jobs]
    inside = {trial.artifact.sha256: trial.job for trial in trials}
    for artifact in artifacts:
        if artifact.type == UNIVERSAL and all(digest in inside for digest in artifact.contains):
            slices = [inside[digest] for digest in artifact.contains]
            trials += [Trial(artifact, job, job.target.arch) for job in sorted(slices, key=lambda job: job.target.name)]
    return trials


def fingerprint(run: Run) -> str:
    """What a run is, in short: what it is given and what must come of it. Another run has another."""
    files = [guest for _, guest in run.files]
    said = [run.args, files, run.env, run.stdin, run.exit, run.stdout, run.stderr]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def exit_status(results: Sequence[Result]) -> int:
    """The one status of several results: a wrong answer before an emulator that lacks something before anything else."""
    statuses = {result.status for result in results}
    for status in (EXIT_SMOKE, EXIT_EMULATOR):
        if status in statuses:
            return status
    return max(statuses, default=EXIT_OK)


def try_once(run: Run, job: Job, binary: Path, children: Children, override: str | None, arch: str = "") -> tuple[dict[str, Any], str, int]:
    """One run: its transcript, what is wrong with it (nothing when all is well), and the exit status that calls for."""
    entry: dict[str, Any] = {"args": list(run.args), "ok": False}
    try:
        how = pick_runner(override or run.runner, job.target, job.variant)
        entry["runner"] = how
        with temporary_folder() as scratch:
            done = _run(run, job, binary, how, scratch, children, arch)
            said = _report(scratch) if how == "emulated" else None
    except UserError as error:
        entry["error"] = str(error)
        return entry, str(error), error.status
    if done.status < 0 and how != "emulated":
        done = dataclasses.replace(done, status=128 - done.status)
    entry.update({"exit": done.status, "stdout": _text(done.stdout), "stderr": _text(done.stderr)})
    if said:
        entry["instructions"] = said["counters"]["instructions"]
        if said["missing"]:
            entry["missing"] = said["missing"]
    failure, status = _judge(run, how, done, said)
    entry["ok"] = not failure
    if failure:
        entry["error"] = failure
    return entry, failure, status


def _run(run: Run, job: Job, binary: Path, how: str, scratch: Path, children: Children, arch: str) -> Finished:
    folder, stdin = scratch / "files", scratch / "stdin"
    with writing(scratch):
        folder.mkdir()
        stdin.write_bytes(run.stdin.encode("utf-8", "surrogateescape"))
        for host, guest in run.files:
            _copy(host, folder / guest)
    env: Mapping[str, str] | None = dict(setting.partition("=")[::2] for setting in run.env)
    cwd: Path | None = folder
    if how == "native":
        argv = [str(binary.absolute()), *run.args]
    elif how == "qemu":
        argv = qemu_command(job.target, binary.absolute(), run.args)
    else:
        flags = ["--mount", f"{folder}:{GUEST_FOLDER}", "--cwd", GUEST_FOLDER, "--stdin", str(stdin), "--timeout", str(run.timeout)]
        flags += ["--json", str(scratch / _REPORT), *([f"--arch={arch}"] if arch else [])]
        for setting in run.env:
            flags += ["--env", setting]
        argv = emulator_command([*flags, str(binary.absolute()), *run.args])
        env = cwd = None  # the emulator is a program of ours, in our environment; what the guest sees is in the flags
    with stdin.open("rb") as source:
        try:
            return children.run(argv, cwd, env, source, run.timeout + (_GRACE if how == "emulated" else 0))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise usage_error("not-runnable", f"{argv[0]}: can't be run: {reason}") from None


def _copy(host: Path, to: Path) -> None:
    if not host.exists():
        raise usage_error("no-such-file", f"files: {host} is not there")
    to.parent.mkdir(parents=True, exist_ok=True)
    if host.is_dir():
        shutil.copytree(host, to, dirs_exist_ok=True)
    else:
        shutil.copyfile(host, to)


def _report(scratch: Path) -> dict[str, Any] | None:
    """What the emulator says of a run, None where it did not get to saying it. It alone tells a guest that exits with 125 from an
    emulator that does."""
    try:
        report = json.loads((scratch / _REPORT).read_bytes())
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def _judge(run: Run, how: str, done: Finished, said: dict[str, Any] | None) -> tuple[str, int]:
    """What is wrong with a run, and the exit status that calls for."""
    status = done.status
    if done.cut:
        return (f"stopped after {run.timeout} s", EXIT_TIMEOUT) if done.cut == "time" else ("its output has no end", EXIT_SMOKE)
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    last = lines[-1][:300] if lines else ""
    if how == "emulated":
        if said is None:
            return f"the emulator broke, with status {status}: {last}", EXIT_EMULATOR
        if said["error"]:
            if status == LIMIT:
                return f"stopped: {said['error']}", EXIT_TIMEOUT
            what = "the emulator lacks something" if status == LACKS else "the emulator can't run it"
            return f"{what}: {said['error']}", EXIT_EMULATOR
    if status != run.exit:
        return f"exit status {status}, expected {run.exit}" + (f": {last}" if last else ""), EXIT_SMOKE
    for name, expected, found in (("stdout", run.stdout, done.stdout), ("stderr", run.stderr, done.stderr)):
        if expected is not None and expected.encode("utf-8", "surrogateescape") != found:
            return f"{name} differs: {first_difference(expected, _text(found))}", EXIT_SMOKE
    return "", EXIT_OK


def first_difference(expected: str, found: str) -> str:
    """The first line in which two texts differ, for people."""
    left, right = expected.splitlines(keepends=True), found.splitlines(keepends=True)
    for at in range(max(len(left), len(right))):
        one = left[at] if at < len(left) else None
        other = right[at] if at < len(right) else None
        if one != other:
            return f"line {at + 1}: expected {_quoted(one)}, found {_quoted(other)}"
    return "in bytes that are not text"


def _quoted(line: str | None) -> str:
    return "the end" if line is None else repr(line[:120])


def _text(data: bytes) -> str:
    shown = data[:_SHOWN].decode("utf-8", "backslashreplace")
    return shown if len(data) <= _SHOWN else f"{shown}… ({len(data) - _SHOWN} bytes more)"
