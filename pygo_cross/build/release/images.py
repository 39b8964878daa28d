# SPDX-License-Identifier: BSD-3-Clause
"""The step `image`: from `kos` of the configuration to OCI layouts in dist/.

An image has the binaries that the matrix built; nothing is built again. `publish` pushes the layout as it is, to the repositories
and tags that are recorded with it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from pygo_cross.build.artifacts import BINARY, IMAGE
from pygo_cross.build.files import writing
from pygo_cross.build.matrix import select
from pygo_cross.build.release.context import Planned, Release
from pygo_cross.build.release.oci import Platform, bad_image
from pygo_cross.build.release.ocibase import SCRATCH, Base, from_disk
from pygo_cross.build.release.ociimage import DATA_FOLDER, Program, Spec, platform_of, write_image
from pygo_cross.build.release.ocilayer import Member
from pygo_cross.build.release.outputs import Ko
from pygo_cross.build.release.reference import parse_reference
from pygo_cross.diag import Pos, UserError
from pygo_cross.exe.buildinfo import BadBuildInfo, read_build_info_of
from pygo_cross.records import nearest, usage_error

SUFFIX: Final = ".oci"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
NO_CERTIFICATES: Final = "none"
_DATA: Final = "kodata"


# ---- planning


def plan(release: Release) -> list[Planned]:
    """One layout for each record whose build has binaries for Linux."""
    items: list[Planned] = []
    ids: dict[str, Pos] = {}
    for record in release.config.project.kos:
        name = record.id or release.config.project.project
        pos = record.place("id")
        if ids.setdefault(name, pos) is not pos:
            release.wrong(
                pos, "duplicate-id", f"a second image called {name}; the first is at line {ids[name].line}", "give each its own id"
            )
        elif not record.disable:
            items += _plan_one(release, record, name)
    return items


def _plan_one(release: Release, record: Ko, name: str) -> list[Planned]:
    known = [build.id or release.config.project.project for build in release.config.project.builds] or [release.config.project.project]
    build = record.build or (name if name in known else release.config.project.project)
    if build not in known:
        hint = nearest(build, known) or "there are " + ", ".join(known)
        release.wrong(record.place("build"), "unknown-id", f"build: no build is called {build}", hint)
        return []
    if sum((record.bare, record.base_import_paths, record.preserve_import_paths)) > 1:
        pos = record.place("bare" if record.bare else "base_import_paths")
        release.wrong(pos, "both-given", "bare, base_import_paths and preserve_import_paths exclude each other", "keep one")
    programs = _programs(release, record, build)
    if not programs:
        return []
    sample = programs[0]
    return [
        Planned(
            type=IMAGE,
            path=f"{name}{SUFFIX}",
            pos=record.place(),
            record=record,
            id=name,
            build=build,
            inputs=tuple(programs),
            extra={
                "Binary": sample.extra["Binary"],
                "Tags": _tags(release, record, sample),
                "Platforms": [str(_platform(item)) for item in programs],
                **_expanded(release, record, sample),
            },
        )
    ]


def _platform(item: Planned) -> Platform:
    return platform_of(item.goos, item.goarch, item.variant)


def _programs(release: Release, record: Ko, build: str) -> list[Planned]:
    """The binaries that go in, one for each platform."""
    there = {str(_platform(item)): item for item in release.find(BINARY, ids=[build]) if item.goos == "linux"}
    wanted = [name for name in record.platforms if name != "all"]
    if not wanted:
        return [there[name] for name in sorted(there)]
    jobs = select(release.config, [build], git=release.git)
    possible = {str(platform_of(job.target.os, job.target.arch, job.variant)) for job in jobs if job.target.os == "linux"}
    # arm64 says the same as arm64/v8.
    names = {name: name + "/v8" if name == "linux/arm64" else name for name in wanted}
    for at, name in enumerate(record.platforms):
        if name in names and names[name] not in possible:
            hint = "it has " + ", ".join(sorted(possible)) if possible else "it has none for Linux"
            release.wrong(record.place(f"platforms[{at}]"), "unknown-target", f"platforms: the build {build} has no {name}", hint)
    return [there[name] for name in sorted(set(names.values())) if name in there]


def _tags(release: Release, record: Ko, sample: Planned) -> list[str]:
    found: list[str] = []
    for at, raw in enumerate(record.tags):
        pos = record.places.get(f"tags[{at}]", record.place("tags"))
        tag = release.expand(raw, pos, sample).strip()
        if tag and not _TAG.match(tag):
            release.wrong(pos, "bad-value", f"tags: {tag[:140]!r} can't be a tag", "128 letters, digits and . _ - at most")
        elif tag and tag not in found:
            found.append(tag)
    return found


def _expanded(release: Release, record: Ko, sample: Planned) -> dict[str, Any]:
    """The record's texts with their templates expanded."""

    def texts(name: str) -> dict[str, str]:
        values: Mapping[str, str] = getattr(record, name) or {}
        return {key: release.expand(text, record.place(f"{name}.{key}"), sample) for key, text in values.items()}

    repositories: list[str] = []
    for at, raw in enumerate(record.repositories):
        pos = record.places.get(f"repositories[{at}]", record.place("repositories"))
        repository = release.expand(raw, pos, sample)
        try:
            found = parse_reference(repository)
            if found.tag or found.digest:
                release.wrong(pos, "bad-value", f"repositories: {repository!r} has a tag", "write it under tags")
        except UserError as error:
            release.wrong(pos, "bad-value", f"repositories: {error}")
        repositories.append(repository)
    base = release.expand(record.base_image, record.place("base_image"), sample)
    time = release.expand(record.creation_time, record.place("creation_time"), sample)
    if not re.fullmatch(r"[0-9]{0,11}", time):
        release.wrong(record.place("creation_time"), "bad-value", f"creation_time: {time!r} is not seconds since 1970")
    user = release.expand(record.user, record.place("user"), sample)
    if not re.fullmatch(r"[A-Za-z0-9_.:-]*", user):
        release.wrong(record.place("user"), "bad-value", f"user: {user!r} is not USER or USER:GROUP", "give numbers where you can")
    folder = release.config.folder
    if base != SCRATCH and not (folder / base).exists():
        hint = "scratch, a file or folder, or HOST/REPOSITORY:TAG"
        if base.startswith((".", "/")):
            release.wrong(record.place("base_image"), "no-such-file", f"base_image: {base} is not there", hint)
        else:
            try:
                parse_reference(base)
            except UserError as error:
                release.wrong(record.place("base_image"), "bad-value", f"base_image: {error}", hint)
    if record.ca_certificates not in ("", NO_CERTIFICATES) and not (folder / record.ca_certificates).is_file():
        pos = record.place("ca_certificates")
        release.wrong(pos, "no-such-file", f"ca_certificates: {record.ca_certificates} is not there", f"name a file, or {NO_CERTIFICATES}")
    return {
        "Repositories": repositories,
        "BaseImage": base,
        "Labels": texts("labels"),
        "Annotations": texts("annotations"),
        "User": user,
        "Created": time,
    }


# ---- making


def make(release: Release, item: Planned, out: Path) -> Mapping[str, Any]:
    """Writes the layout."""
    record = cast(Ko, item.record)
    extra = item.extra
    scratch = out.parent / "base"
    with writing(release.path(item)):
        scratch.mkdir()
        programs = [Program(release.path(part), _platform(part)) for part in item.inputs]
        data = _data(release, item)
        spec = Spec(
            name=str(extra["Binary"]),
            epoch=int(extra["Created"] or release.epoch),
            user=str(extra["User"]),
            labels=extra["Labels"],
            annotations={**_facts(release, item), **extra["Annotations"]},
            certificates=_certificates(release.config.folder, record) if extra["BaseImage"] == SCRATCH else b"",
            reference=str(extra["BaseImage"]),
            tag=extra["Tags"][0] if extra["Tags"] else "",
            data=data,
        )
        base_for = _base(release.config.folder, str(extra["BaseImage"]), scratch)
        top = write_image(out, programs, base_for, spec)
    path = _import_path(programs[0].path)
    names = [name_of(repository, record, path) for repository in extra["Repositories"]]
    return {"Digest": top.digest, "MediaType": top.media_type, "Repositories": names}


def name_of(repository: str, record: Ko, import_path: str) -> str:
    """Where an image goes, by the rules of ko (pkg/publish/options.go): by default the last part of the main package's path and the
    MD5 of the whole, below the repository."""
    if record.bare:
        return repository
    last = import_path.rpartition("/")[2].lower()
    if record.preserve_import_paths:
        return f"{repository}/{import_path.lower()}"
    if record.base_import_paths:
        return f"{repository}/{last}"
    return f"{repository}/{last}-{hashlib.md5(import_path.encode(), usedforsecurity=False).hexdigest()}"


def _import_path(binary: Path) -> str:
    try:
        info = read_build_info_of(binary)
    except (BadBuildInfo, OSError):
        info = None
    return (info.path if info is not None else "") or binary.name


def _facts(release: Release, item: Planned) -> dict[str, str]:
    """The annotations that every image gets."""
    variables = release.variables(item)
    told = {
        "org.opencontainers.image.title": str(item.extra["Binary"]),
        "org.opencontainers.image.version": variables.look_up("Version"),
        "org.opencontainers.image.revision": variables.look_up("FullCommit"),
    }
    return {name: text for name, text in told.items() if text not in ("", "none")}


def _certificates(folder: Path, record: Ko) -> bytes:
    if record.ca_certificates == NO_CERTIFICATES:
        return b""
    if record.ca_certificates:
        path, pos = folder / record.ca_certificates, record.place("ca_certificates")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise usage_error("unreadable", f"ca_certificates: {path}: can't be read: {error.strerror}", "", pos) from None
        if b"-----BEGIN CERTIFICATE-----" not in data or b"PRIVATE KEY-----" in data:
            hint = "name a file of certificates alone"
            raise usage_error("bad-value", f"ca_certificates: {path} is not a list of PEM certificates", hint, pos)
        return data
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return Path(DEFAULT_CA_BUNDLE_PATH).read_bytes()


def _base(folder: Path, base: str, scratch: Path) -> Callable[[Platform], Base | None]:
    if base == SCRATCH:
        return lambda platform: None
    if base.startswith((".", "/")) or (folder / base).exists():
        return from_disk(folder / base, scratch)
    from pygo_cross.build.release.registry import pull_base

    return pull_base(parse_reference(base))


def _data(release: Release, item: Planned) -> tuple[Member, ...]:
    """The files of the folder `kodata` beside the main package, which the program finds by KO_DATA_PATH, as ko has it."""
    (job,) = {(job.folder, job.packages[0]) for job in select(release.config, [item.build], git=release.git)}
    main = job[0] / job[1]
    folder = (main.parent if main.suffix == ".go" else main) / _DATA
    if not job[1].startswith(".") and main.suffix != ".go":
        return ()
    if not folder.is_dir():
        return ()
    return tuple(sorted(_walk(folder, release.config.folder.resolve()), key=lambda member: member.name))


def _walk(folder: Path, inside: Path) -> Iterator[Member]:
    for at, folders, names in os.walk(folder):
        for name in (*names, *(name for name in folders if (Path(at) / name).is_symlink())):
            path = Path(at) / name
            real = path.resolve()
            if inside not in real.parents or not real.is_file():
                raise bad_image(str(path), "leads out of the project, or is no file", "copy what it leads to into kodata")
            mode = 0o755 if os.access(real, os.X_OK) else 0o644
            yield Member(name=f"{DATA_FOLDER[1:]}/{path.relative_to(folder).as_posix()}", source=real, mode=mode)
