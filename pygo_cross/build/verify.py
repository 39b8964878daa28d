# SPDX-License-Identifier: BSD-3-Clause
"""Is dist/ what its sources and its record say?

Two questions, each answered for every artifact. Is the folder what artifacts.json says: every file there, with its digest, and
no other; archives, images and sums holding what they say? And does the source give it: everything is built again, in a scratch
folder, with what the record has of the first build (targets, builders, what git answered), and compared byte for byte. A macOS
binary may have been signed since: then all but the signature has to be equal (`build/compare.py`).

Whoever can change a file can change the record beside it; the second question is the one that they can't answer for us.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.artifacts import ARCHIVE, BINARY, CHECKSUM, IMAGE, RECORD, SBOM, UNIVERSAL, UPLOADABLE, Artifact, digest_of
from pygo_cross.build.builders import OURS, RELEASE
from pygo_cross.build.compare import compare, explain_text
from pygo_cross.build.config import Config
from pygo_cross.build.files import temporary_folder
from pygo_cross.build.matrix import Job, facts_of, select
from pygo_cross.build.members import BadArchive, Member, archive_members, image_members
from pygo_cross.build.release.checksums import line_of, sum_of
from pygo_cross.build.release.folder import JOURNAL
from pygo_cross.build.release.pipeline import STEPS, plan_release, run_release
from pygo_cross.build.report.page import NAME as PAGE
from pygo_cross.diag import UserError
from pygo_cross.exe import fat
from pygo_cross.exe.view import FormatError
from pygo_cross.records import usage_error

_PROGRAMS: Final = (BINARY, UNIVERSAL, UPLOADABLE)
_STEP_TYPES: Final = {"universal": UNIVERSAL, "archive": ARCHIVE, "image": IMAGE, "sbom": SBOM}
"""What each step that may be skipped makes."""
_OTHER_FILE: Final = "it is not the file that the record has"
_SPARE: Final = 64 << 20
"""Bytes that an archive may hold beyond four times what was built: READMEs and the like."""


@dataclass(slots=True)
class Verdict:
    """One artifact: `problems` is empty where it is what it should be, `notes` has what people should know all the same; `signed`
    says that a signature is all in which it parts from what was built."""

    path: str
    type: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signed: bool = False

    @property
    def status(self) -> str:
        """`differs`, `signed` or `same`."""
        return "differs" if self.problems else "signed" if self.signed else "same"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"path": self.path, "type": self.type, "status": self.status, "problems": self.problems, "notes": self.notes}


@dataclass(slots=True)
class Report:
    """What came of it: verdicts in the order of the record, `problems` and `notes` of the folder as a whole."""

    dist: Path
    rebuilt: bool = False
    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not any(verdict.problems for verdict in self.verdicts)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "dist": str(self.dist),
            "verified": self.verified,
            "rebuilt": self.rebuilt,
            "problems": self.problems,
            "notes": self.notes,
            "artifacts": [verdict.as_json() for verdict in self.verdicts],
        }


def verify(config: Config | None, dist: Path, workers: int, mode: str, clean_cache: bool = False) -> Report:
    """Checks the folder against its record and, where there is a configuration, against what it builds.

    `clean_cache` has the rebuild compile everything anew instead of trusting the go command's cache. Raises `BuildFailed` and
    `UserError` where nothing can be verified.
    """
    report = Report(dist)
    record = _record(report)
    if record is None:
        return report
    artifacts = _artifacts(report, record)
    known = {artifact.path: Verdict(artifact.path, artifact.type) for artifact in artifacts}
    report.verdicts = list(known.values())
    _folder(report, artifacts)
    for artifact in artifacts:
        _against_record(known[artifact.path], dist, artifact, artifacts)
    if config is not None:
        _against_source(report, known, record, artifacts, config, workers, mode, clean_cache)
    return report


# ---- the folder and its record


def _record(report: Report) -> dict[str, Any] | None:
    """artifacts.json, held to what can be in one. Where it is broken, that is a finding; where it is missing, a `UserError`."""
    path = report.dist / RECORD
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise usage_error("not-built", f"{path} is not there", "name the folder of a finished build") from None
    except OSError as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("artifacts"), list) or not isinstance(record.get("facts"), dict):
        report.problems.append(f"{RECORD} is not a record of a build")
        return None
    if record.get("version") != 2:
        raise usage_error(
            "other-record", f"{path} is a record of version {record.get('version')!r}, not 2", "use the pygo-cross that wrote it"
        )
    if record.get("go") != GO_RELEASE:
        raise usage_error("other-release", f"{path}: it was built by Go {record.get('go')}, and this speaks {GO_RELEASE}")
    tool = f"pygo-cross {__version__}"
    if record.get("tool") != tool:
        report.notes.append(f"it was built by {record.get('tool')}, and this is {tool}: what differs may be the tool's")
    if not all(isinstance(value, str) for value in record["facts"].values()):
        report.problems.append(f"{RECORD}: its facts are not texts")
        return None
    return record


def _artifacts(report: Report, record: Mapping[str, Any]) -> list[Artifact]:
    """The record's entries that can be entries; the others are problems."""
    found: list[Artifact] = []
    types = {item.name: item.type for item in dataclasses.fields(Artifact)}
    for at, entry in enumerate(record["artifacts"]):
        try:
            artifact = Artifact(**entry)
            for name, kind in types.items():
                value = getattr(artifact, name)
                wanted = {"str": str, "int": int, "list[str]": list, "dict[str, str]": dict, "dict[str, Any]": dict}.get(str(kind))
                if wanted is not None and type(value) is not wanted:
                    raise TypeError(name)
            if (
                not artifact.path
                or posixpath.normpath(artifact.path) != artifact.path
                or artifact.path.startswith(("/", ".."))
                or "\0" in artifact.path
            ):
                raise ValueError(artifact.path)
        except (TypeError, ValueError):
            report.problems.append(f"{RECORD}: entry {at} is not one that a build writes")
            continue
        if any(other.path == artifact.path for other in found):
            report.problems.append(f"{RECORD}: two entries for {artifact.path}")
            continue
        found.append(artifact)
    return found


def _folder(report: Report, artifacts: Sequence[Artifact]) -> None:
    """What is in the folder and not in the record."""
    files = {artifact.path for artifact in artifacts if artifact.type != IMAGE}
    folders = tuple(f"{artifact.path}/" for artifact in artifacts if artifact.type == IMAGE)

    def failed(error: OSError) -> None:
        report.problems.append(f"{error.filename}: can't be read: {error.strerror}")

    for folder, names, others in os.walk(report.dist, onerror=failed):
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*others, *links]):
            path = Path(os.path.relpath(os.path.join(folder, name), report.dist)).as_posix()
            if path in files or path == RECORD or path.startswith(folders):
                continue
            if path == ".gitignore" and (report.dist / path).read_bytes() == b"*\n":
                continue
            if path == PAGE:
                report.notes.append(f"{PAGE} is a view of the build, with the times of one machine: it is not verified")
            elif path == JOURNAL:
                report.problems.append("a build is at work in the folder, or was killed in it")
            else:
                report.problems.append(f"{path!r} is not in the record" if not path.isprintable() else f"{path} is not in the record")


def _against_record(verdict: Verdict, dist: Path, artifact: Artifact, artifacts: Sequence[Artifact]) -> None:
    """One artifact's file against its entry, and what is inside."""
    path = dist / artifact.path
    inside = {other.sha256 for other in artifacts} - {artifact.sha256}
    unknown = [digest for digest in artifact.contains if digest not in inside]
    if unknown:
        verdict.problems.append(f"the record says that it holds {unknown[0][:16]}…, which is no artifact")
    try:
        if path.is_symlink() or not (path.is_dir() if artifact.type == IMAGE else path.is_file()):
            verdict.problems.append("it is not there" if not os.path.lexists(path) else "it is not a plain file")
            return
        size, digest = digest_of(path)
    except OSError as error:
        verdict.problems.append(f"it can't be read: {error.strerror}")
        return
    if (size, digest) != (artifact.size, artifact.sha256):
        # A binary may have been signed since: the rebuild takes this back then.
        verdict.problems.append(f"{_OTHER_FILE}: sha256 {digest[:16]}…, not {artifact.sha256[:16]}…")
        return
    try:
        if artifact.type in (ARCHIVE, IMAGE):
            limit = _SPARE + 4 * sum(other.size for other in artifacts)
            _holds(verdict, artifact, archive_members(path, limit) if artifact.type == ARCHIVE else image_members(path, limit))
        elif artifact.type == UNIVERSAL:
            _slices(verdict, artifact, path.read_bytes())
        elif artifact.type == CHECKSUM:
            _sums(verdict, dist, artifact, path, artifacts)
        elif artifact.type == SBOM:
            json.loads(path.read_bytes())
    except (BadArchive, FormatError) as error:
        verdict.problems.append(str(error))
    except UserError as error:
        verdict.problems += [line.message for line in error.diagnostics]
    except (ValueError, RecursionError):
        verdict.problems.append("it is not JSON")
    except OSError as error:
        verdict.problems.append(f"it can't be read: {error.strerror}")


def _holds(verdict: Verdict, artifact: Artifact, members: Sequence[Member]) -> None:
    """An archive or image holds the artifacts that the record says, and no other program."""
    digests = {member.sha256 for member in members}
    for digest in artifact.contains:
        if digest not in digests:
            verdict.problems.append(f"it does not hold {digest[:16]}…, which the record says it does")
    seen: set[str] = set()
    for member in members:
        if artifact.type == ARCHIVE and member.name in seen:
            verdict.problems.append(f"it holds {member.name} twice")
        seen.add(member.name)
        if artifact.type == ARCHIVE and member.program and member.sha256 not in artifact.contains:
            verdict.problems.append(f"it holds a program that is no artifact: {member.name}")


def _slices(verdict: Verdict, artifact: Artifact, data: bytes) -> None:
    file = fat.read(data)
    found = sorted(hashlib.sha256(file.content(part)).hexdigest() for part in file.slices)
    if found != sorted(artifact.contains):
        verdict.problems.append("its slices are not the binaries that the record says")


def _sums(verdict: Verdict, dist: Path, artifact: Artifact, path: Path, artifacts: Sequence[Artifact]) -> None:
    """A list of sums against the files that it lists, where they still are what the record has."""
    algorithm = str(artifact.extra.get("Algorithm", "sha256"))
    lines = path.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
    if lines and "  " not in lines[0]:
        return  # one sum without a name: the rebuild tells whose it is
    wanted = {other.path: other.sha256 for other in artifacts if other.type not in (IMAGE, CHECKSUM)}
    right = {line_of(digest if algorithm == "sha256" else sum_of(dist / name, algorithm), name) for name, digest in wanted.items()}
    for line in lines:
        if line not in right:
            verdict.problems.append(f"its line is of no artifact: {line.strip()[:100]}")


# ---- the source


def _against_source(
    report: Report,
    verdicts: Mapping[str, Verdict],
    record: Mapping[str, Any],
    artifacts: Sequence[Artifact],
    config: Config,
    workers: int,
    mode: str,
    clean_cache: bool,
) -> None:
    """Builds everything again and compares."""
    jobs = _jobs(report, config, record["facts"], artifacts)
    if not jobs:
        report.problems.append("the configuration describes none of the programs in the record")
        return
    with temporary_folder() as scratch:
        if clean_cache:
            jobs = [dataclasses.replace(job, env={**job.env, "GOCACHE": str(scratch / "cache")}) for job in jobs]
        again = Config(dataclasses.replace(config.project, dist=str(scratch / "dist")), config.path, config.folder)
        facts = facts_of(config, record["facts"])
        skip = ["report", "smoke", "publish"]
        types = {artifact.type for artifact in artifacts}
        skip += [step.name for step in STEPS if step.name in _STEP_TYPES and not _made(step.name, types)]
        release = plan_release(again, jobs, facts, False, skip)
        rebuilt = {artifact.path: artifact for artifact in run_release(release, jobs, workers, mode)}
        report.rebuilt = True
        if config.project.before.hooks:
            report.notes.append("the hooks of before were not run: what they make was taken as it is here")
        for path in rebuilt:
            if path not in verdicts:
                report.problems.append(f"{path} is what the source gives, and is not in the record")
        for artifact in artifacts:
            if artifact.path not in rebuilt:
                verdicts[artifact.path].problems.append("the configuration does not describe it")
                continue
            _against_rebuilt(verdicts[artifact.path], report.dist, artifact, again.dist, rebuilt[artifact.path])
    _skipped(report, config, types)


def _made(step: str, types: set[str]) -> bool:
    return _STEP_TYPES[step] in types or (step == "archive" and UPLOADABLE in types)


def _skipped(report: Report, config: Config, types: set[str]) -> None:
    """What the configuration describes and the record has nothing of: a build may have been told to skip it."""
    project = config.project
    described = {"universal": project.universal_binaries, "archive": project.archives, "image": project.kos, "sbom": project.sboms}
    steps = [step for step, records in described.items() if records and not _made(step, types)]
    if steps:
        report.notes.append(f"the configuration describes more than the record has, as after --skip={','.join(steps)}")


def _jobs(report: Report, config: Config, facts: Mapping[str, str], artifacts: Sequence[Artifact]) -> list[Job]:
    """The jobs of the binaries in the record, by the builders that the record says."""
    jobs = {(job.build, job.target.name, job.variant): job for job in select(config, git=facts_of(config, facts))}
    wanted: list[Job] = []
    for artifact in artifacts:
        if artifact.type != BINARY:
            continue
        job = jobs.pop((artifact.build, artifact.target, artifact.variant), None)
        link = artifact.stages.get("link", "")
        builder = "go" if link == RELEASE else "pygo" if link.partition(" ")[0] == OURS.partition(" ")[0] else ""
        if job is None:
            continue  # told when it is missed among what was rebuilt
        if not builder:
            report.problems.append(f"{RECORD}: {artifact.path} was linked by {link[:60]!r}, which is unknown")
            continue
        wanted.append(dataclasses.replace(job, builder=builder))
    order = [job.path for job in select(config, git=facts_of(config, facts))]
    return sorted(wanted, key=lambda job: order.index(job.path))


def _against_rebuilt(verdict: Verdict, dist: Path, artifact: Artifact, scratch: Path, again: Artifact) -> None:
    """One artifact against what the source gives."""
    one, two = dataclasses.asdict(artifact), dataclasses.asdict(again)
    for name in ("smoke", "size", "sha256", "contains"):
        one.pop(name), two.pop(name)
    for name in one:
        if one[name] != two[name]:
            verdict.problems.append(f"the record says {name}: {_short(one[name])}, and the source gives {_short(two[name])}")
    built, source = dist / artifact.path, scratch / artifact.path
    if not os.path.lexists(built) or built.is_symlink():
        return
    outside = [problem for problem in verdict.problems if problem.startswith(_OTHER_FILE)]
    try:
        if artifact.type == IMAGE:
            verdict.problems += _compare_folders(built, source)
        elif artifact.type in _PROGRAMS:
            outcome = compare(built.read_bytes(), source.read_bytes())
            verdict.problems += outcome.differences
            verdict.notes += outcome.notes
            recorded = (artifact.size, artifact.sha256, artifact.contains) == (again.size, again.sha256, again.contains)
            verdict.signed = outcome.same and bool(outcome.notes)
            if verdict.signed and recorded:
                for problem in outside:  # the record has it as it was before somebody signed it
                    verdict.problems.remove(problem)
            elif outcome.same and not recorded:
                verdict.problems.append("the record has another digest than the source gives")
        elif built.read_bytes() != source.read_bytes():
            verdict.problems += _explain(artifact, built, source)
        if artifact.type not in _PROGRAMS and artifact.contains != again.contains and not verdict.problems:
            verdict.problems.append("the record says that it holds other artifacts than the source gives")
    except OSError as error:
        verdict.problems.append(f"it can't be read: {error.strerror}")


def _short(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= 100 else text[:100] + "…"


def _explain(artifact: Artifact, built: Path, source: Path) -> list[str]:
    """Where a file that is no program parts from what the source gives."""
    if artifact.type != ARCHIVE:
        return explain_text(built.read_bytes(), source.read_bytes(), artifact.name) or ["its bytes differ"]
    limit = _SPARE + 8 * max(built.stat().st_size, source.stat().st_size)
    try:
        one, two = ({member.name: member for member in archive_members(path, limit)} for path in (built, source))
    except BadArchive as error:
        return [str(error)]
    found: list[str] = []
    for name in sorted(one.keys() | two.keys()):
        left, right = one.get(name), two.get(name)
        if left is None or right is None:
            found.append(f"{name} is {'missing' if left is None else 'not what the source puts in'}")
        elif left.sha256 != right.sha256:
            found.append(f"{name} has other bytes")
        elif left.about != right.about:
            found.append(f"{name}: {left.about}; the source gives {right.about}")
    return found or ["its members are equal, and their order or compression differs"]


def _compare_folders(built: Path, source: Path) -> list[str]:
    """Images, file by file."""
    one, two = ({path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()} for folder in (built, source))
    found = [f"{name} is {'missing' if name in two else 'not what the source gives'}" for name in sorted(one.keys() ^ two.keys())]
    found += [f"{name} has other bytes" for name in sorted(one.keys() & two.keys()) if one[name].read_bytes() != two[name].read_bytes()]
    return found[:10]
