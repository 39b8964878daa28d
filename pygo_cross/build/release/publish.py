# SPDX-License-Identifier: BSD-3-Clause
"""Publishing: what may leave, and where it goes.

The bytes that were tested are the bytes that ship. A file is published when it still has the digest that the build recorded,
and when every binary in it, found by digest through whatever packs it, has passed all the smoke runs that the configuration
has for it now; the transcript of each run names the digest of the file that ran. A build without smoke runs is not
published unless its key `untested` says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.build.artifacts import ARCHIVE, BINARY, CHECKSUM, IMAGE, SBOM, UNIVERSAL, UPLOADABLE, Artifact, load, still
from pygo_cross.build.config import Config
from pygo_cross.build.matrix import Job, builds_of, select
from pygo_cross.build.process import Children
from pygo_cross.build.progress import Progress
from pygo_cross.build.release.commands import run_command, split_command
from pygo_cross.build.release.outputs import Publisher
from pygo_cross.build.smoke import fingerprint
from pygo_cross.build.template import GitFacts, Variables, expand
from pygo_cross.diag import EXIT_SMOKE, EXIT_USAGE, NO_POS, Diagnostic, UserError
from pygo_cross.records import usage_error

PASSED_ON: Final = ("PATH", "HOME", "USER", "TMPDIR")
"""What a publisher sees of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One artifact on its way to one place. `send` returns what people should know of it; raises `UserError`."""

    artifact: Artifact
    to: str
    send: Callable[[Children], str]


# ---- what may leave


def check_tag(git: GitFacts) -> None:
    """Raises `UserError` where HEAD is not a clean, tagged commit."""
    if git.answer("Commit") == "none":
        raise usage_error("not-tagged", f"{git.folder} is not in a git repository with a commit", "commit and tag, or give --snapshot")
    if not git.answer("ExactTag"):
        near = git.answer("Tag")
        hint = f"git tag v1.2.3 (the last tag is {near}), or give --snapshot" if near != "v0.0.0" else "git tag v0.1.0, or give --snapshot"
        raise usage_error("not-tagged", f"HEAD ({git.answer('ShortCommit')}) has no tag", hint)
    if not re.match(r"v?\d+\.\d+\.\d+(-|\+|\Z)", git.answer("ExactTag"), re.ASCII):
        raise usage_error("bad-tag", f"the tag {git.answer('ExactTag')} is not a semantic version", "tag v1.2.3, or give --snapshot")
    if git.answer("IsGitDirty") == "true":
        raise usage_error(
            "dirty",
            "the working tree has changes that are not committed",
            "commit or stash them (git status lists them), or give --snapshot",
        )


def check_facts(facts: Mapping[str, str]) -> None:
    """Raises `UserError` where a finished build is not of a clean, tagged commit."""
    if facts.get("IsSnapshot") != "false":
        raise usage_error("snapshot", f"the build in dist is a snapshot ({facts.get('Version', 'no version')})", "tag, and build again")
    if facts.get("IsGitDirty") != "false":
        raise usage_error("dirty", "the build in dist is of a working tree with changes", "commit them, and build again")


def shipped(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """The artifacts that people get."""
    packed = any(artifact.type in (ARCHIVE, UPLOADABLE) for artifact in artifacts)
    kinds = {ARCHIVE, UPLOADABLE, SBOM, IMAGE} if packed else {BINARY, UNIVERSAL, SBOM, IMAGE}
    return [artifact for artifact in artifacts if artifact.type in kinds]


def untested(config: Config, artifacts: Sequence[Artifact], jobs: Sequence[Job]) -> list[Diagnostic]:
    """Why artifacts that would ship may not: each as a diagnostic. None is a pass."""
    by_digest: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        by_digest.setdefault(artifact.sha256, []).append(artifact)
    job_of = {job.path: job for job in jobs}
    allowed = {build.id or config.project.project for build in builds_of(config) if build.untested}
    problems: list[Diagnostic] = []
    seen: set[str] = set()

    def follow(artifact: Artifact, because: str) -> None:
        if artifact.path in seen:
            return
        seen.add(artifact.path)
        if artifact.type == BINARY:
            problems.extend(_check_runs(artifact, [job_of.get(artifact.path)], allowed, because))
        elif artifact.type == UNIVERSAL:
            slices = [part for digest in artifact.contains for part in by_digest.get(digest, ()) if part.type == BINARY]
            problems.extend(_check_runs(artifact, [job_of.get(part.path) for part in slices], allowed, because))
        for digest in artifact.contains:
            if digest not in by_digest:
                problems.append(Diagnostic(NO_POS, "unknown-content", f"{artifact.path} contains what is in no record", "build again"))
            for part in by_digest.get(digest, ()):
                # Another name of the same bytes is the same artifact, but for what ran under that name.
                if part.type in (BINARY, UNIVERSAL):
                    follow(part, artifact.path)

    for artifact in shipped(artifacts):
        follow(artifact, artifact.path)
    return problems


def _check_runs(artifact: Artifact, jobs: Iterable[Job | None], allowed: set[str], because: str) -> list[Diagnostic]:
    what = artifact.path if because == artifact.path else f"{artifact.path} (in {because})"
    found: list[Diagnostic] = []
    done = artifact.smoke or []
    for job in jobs:
        if job is None:
            found.append(Diagnostic(NO_POS, "not-tested", f"{what} is of no build that the configuration has", "build again"))
            continue
        if not job.smoke and job.build not in allowed:
            hint = "give the build smoke runs, or set its key untested: true"
            found.append(Diagnostic(job.pos, "not-tested", f"{what} has no smoke runs for {job.target.name}", hint))
        slice_ = f" as {job.target.arch}" if artifact.type == UNIVERSAL else ""
        for run in job.smoke:
            mark = fingerprint(run)
            entries = [entry for entry in done if entry.get("run") == mark and entry.get("target") == job.target.name]
            if not any(entry.get("sha256") == artifact.sha256 for entry in entries):
                found.append(
                    Diagnostic(run.pos, "not-tested", f"{what} has not been through this smoke run{slice_}", "run pygo-cross smoke")
                )
            elif not all(entry.get("ok") is True for entry in entries):
                found.append(
                    Diagnostic(run.pos, "not-tested", f"{what} did not pass this smoke run{slice_}", "see the report of pygo-cross smoke")
                )
    return found


def check_tested(config: Config, git: GitFacts) -> list[Artifact]:
    """The artifacts of the finished build, all of them as they were built and tested. Raises `UserError`."""
    try:
        artifacts = load(config.dist)
    except UserError as error:
        changed = any(item.code == "changed" for item in error.diagnostics)
        raise UserError(error.diagnostics, EXIT_SMOKE if changed else error.status) from None
    jobs = select(config, git=git)
    lacking = sorted({job.path for job in jobs} - {artifact.path for artifact in artifacts})
    if lacking:
        raise usage_error("not-built", f"the build in {config.dist} lacks {', '.join(lacking)}", "build again, without --id and --target")
    problems = untested(config, artifacts, jobs)
    if problems:
        raise UserError(problems, EXIT_SMOKE)
    return artifacts


# ---- where it goes


def plan_deliveries(config: Config, artifacts: Sequence[Artifact], git: GitFacts) -> list[Delivery]:
    """Everything that the configuration sends, in order: images first, for a publisher may announce them. Raises `UserError`."""
    problems: list[Diagnostic] = []
    found = _images(config, artifacts)
    for record in config.project.publishers:
        found += _commands(config, record, artifacts, git, problems)
    if problems:
        raise UserError(problems, EXIT_USAGE)
    return found


def _images(config: Config, artifacts: Sequence[Artifact]) -> list[Delivery]:
    from pygo_cross.build.release.registry import Attachment, push_image

    found: list[Delivery] = []
    for artifact in artifacts:
        if artifact.type != IMAGE:
            continue
        sent: list[str] = []
        papers = [paper for paper in artifacts if paper.type == SBOM and paper.extra.get("Subject") == artifact.path]
        for name in artifact.extra.get("Repositories", ()):

            def send(
                children: Children,
                artifact: Artifact = artifact,
                papers: list[Artifact] = papers,
                name: str = name,
                sent: list[str] = sent,
            ) -> str:
                for item in (artifact, *papers):
                    if not still(config.dist, item):
                        raise usage_error("changed", f"{config.dist / item.path} is not what was built", "build again")
                attached = [
                    Attachment(str(paper.extra.get("MediaType", "application/json")), (config.dist / paper.path).read_bytes(), paper.name)
                    for paper in papers
                ]
                (pushed,) = push_image(config.dist / artifact.path, [name], artifact.extra.get("Tags", ()), attached, near=sent)
                sent.append(name)
                return f"{pushed.name}@{pushed.digest}, {pushed.sent:,} bytes sent"

            found.append(Delivery(artifact=artifact, to=name, send=send))
    return found


def _commands(
    config: Config, record: Publisher, artifacts: Sequence[Artifact], git: GitFacts, problems: list[Diagnostic]
) -> list[Delivery]:
    general = Variables({"ProjectName": config.project.project, "GoVersion": GO_RELEASE}, os.environ, git)
    disable = record.disable
    if isinstance(disable, str):
        disable = expand(disable, general, record.place("disable"), problems).strip().lower() == "true"
    if disable:
        return []
    wanted = [item for item in shipped(artifacts) if item.type != IMAGE]
    wanted += [item for item in artifacts if item.type == CHECKSUM and record.checksum]
    known = {item.id for item in artifacts} | {item.build for item in artifacts}
    for at, name in enumerate(record.ids):
        if name not in known:
            problems.append(Diagnostic(record.place(f"ids[{at}]"), "unknown-id", f"ids: nothing is called {name}"))
    found: list[Delivery] = []
    for item in sorted(wanted, key=lambda item: item.path):
        if record.ids and item.type != CHECKSUM and not {item.id, item.build} & set(record.ids):
            continue
        variables = Variables({**general.known, **_about(config, item)}, os.environ, git)
        argv = split_command(record.cmd, variables, record.place("cmd"), problems)
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        for at, setting in enumerate(record.env):
            name, _, value = setting.partition("=")
            env[name] = expand(value, variables, record.place(f"env[{at}]"), problems)
        folder = config.folder / expand(record.dir, variables, record.place("dir"), problems)

        def send(
            children: Children, argv: list[str] = argv, env: dict[str, str] = env, folder: Path = folder, item: Artifact = item
        ) -> str:
            if not still(config.dist, item):
                raise usage_error("changed", f"{config.dist / item.path} is not the file that was built", "build again")
            return run_command(f"{record.name}: {item.name}", argv, env, folder, record.place("cmd"), children)

        found.append(Delivery(artifact=item, to=record.name, send=send))
    return found


def _about(config: Config, item: Artifact) -> dict[str, str]:
    return {
        "ArtifactName": item.name,
        "ArtifactPath": str((config.dist / item.path).absolute()),
        "Os": item.goos,
        "Arch": item.goarch,
        "Amd64": item.variant if item.goarch == "amd64" else "",
        "Arm64": item.variant if item.goarch == "arm64" else "",
        "Target": "_".join(part for part in (item.goos, item.goarch, item.variant) if part),
        "BuildID": item.build,
        "Binary": str(item.extra.get("Binary", config.project.project)),
    }


def deliver(deliveries: Sequence[Delivery], mode: str) -> None:
    """Sends everything, one after the other; stops at the first that fails. Raises `UserError`."""
    children = Children()
    progress = Progress("publish", len(deliveries), mode)
    try:
        for item in deliveries:
            label = f"{item.artifact.name} to {item.to}"
            progress.start(label)
            outcome, ok = "failed", False
            try:
                outcome, ok = item.send(children), True
            finally:
                progress.finish(label, outcome, ok)
    except BaseException:
        children.stop()
        raise
    finally:
        progress.close()
