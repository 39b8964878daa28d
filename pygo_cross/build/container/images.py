# SPDX-License-Identifier: BSD-3-Clause
"""Our image in an engine: built, pulled, pushed and listed.

Which image is ours is told by its label `org.opencontainers.image.title`. The one that commands use when none is named is
`pygo-cross:VERSION`, or what PYGO_CROSS_IMAGE names: never something that would be looked for in a registry of its own accord, for
nobody knows who owns a name there.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pygo_cross import __version__
from pygo_cross.build.container.context import checkout, dockerfile, sources, wheels, write_tar
from pygo_cross.build.container.engine import Engine, quiet_helpers
from pygo_cross.build.container.layers import Layers, follow_build
from pygo_cross.build.template import GitFacts
from pygo_cross.diag import EXIT_BUILD, UserError
from pygo_cross.records import usage_error

TITLE: Final = "org.opencontainers.image.title"
VERSION: Final = "org.opencontainers.image.version"
OURS: Final = "pygo-cross"
VARIABLE: Final = "PYGO_CROSS_IMAGE"

_NAME: Final = re.compile(
    r"(?:(?P<host>(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""The grammar of names (github.com/distribution/reference)."""
_ID: Final = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
_PLATFORM: Final = re.compile(r"linux/(amd64|arm64)(?:/v[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image: its `names`, `id`, `size` in bytes, our `version` in it, `platform` as os/arch, and when it was `created` (RFC 3339)."""

    names: list[str]
    id: str
    size: int
    version: str
    platform: str
    created: str


def default_image(env: Mapping[str, str] | None = None) -> str:
    """The image that is meant where none is named."""
    return (os.environ if env is None else env).get(VARIABLE) or f"{OURS}:{__version__}"


def check_name(name: str, ids: bool = False) -> str:
    """`name`, where it can be an image's (or with `ids` an image's id). Raises `UserError`."""
    if not _NAME.fullmatch(name) and not (ids and _ID.fullmatch(name)):
        lower = name.lower()
        hint = f"write {lower}" if name != lower and _NAME.fullmatch(lower) else "write [REGISTRY/]NAME[:TAG], in small letters"
        raise usage_error("bad-name", f"{name!r} is not an image's name", hint)
    return name


def split_name(name: str) -> tuple[str, str]:
    """Repository and tag (or digest) of a name; the tag is `latest` where it has none."""
    repository, at, digest = name.partition("@")
    if at:
        return repository, digest
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


def check_platform(platform: str) -> str:
    """`platform`, where our image can be for it. Raises `UserError`."""
    if not _PLATFORM.fullmatch(platform):
        raise usage_error("bad-platform", f"--platform {platform}: the image is for linux/amd64 and linux/arm64", "name one of the two")
    return platform


def within(platform: str, other: str) -> bool:
    """Whether an image for the platform `other` is one for `platform`: variants aside."""
    return platform.split("/")[:2] == other.split("/")[:2]


def has_registry(name: str) -> bool:
    """Whether a name says which registry it is in."""
    first, slash, _ = name.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def record(found: Mapping[str, Any]) -> Image:
    """The record of an image from what the engine's inspect says."""
    config = found.get("Config") or {}
    labels = config.get("Labels") or {}
    return Image(
        names=sorted(str(tag) for tag in found.get("RepoTags") or [] if tag != "<none>:<none>"),
        id=str(found.get("Id", "")),
        size=int(found.get("Size") or 0),
        version=str(labels.get(VERSION, "")) if labels.get(TITLE) == OURS else "",
        platform=f"{found.get('Os', '?')}/{found.get('Architecture', '?')}",
        created=str(found.get("Created", "")),
    )


def list_images(engine: Engine) -> list[Image]:
    """Our images, the newest first."""
    with engine.doing("list", "images") as client:
        found = client.images(filters={"label": f"{TITLE}={OURS}"})
        records = []
        for identity in sorted({str(item["Id"]) for item in found}):
            image = engine.image(identity)
            if image is not None:  # it may have been removed since
                records.append(record(image))
    return sorted(records, key=lambda image: (image.created, image.id), reverse=True)


def age(created: str, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    try:
        # Engines write nanoseconds.
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", created))
    except ValueError:
        return "?"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year < 1971:
        return "-"  # made reproducibly, without a time
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "a moment"


def pull(engine: Engine, name: str, platform: str, mode: str) -> Image:
    """Pulls an image. Raises `UserError`, also where it is not one of ours."""
    check_name(name)
    shown = Layers("pull", name, mode)
    with engine.doing("pull", name) as client, quiet_helpers():
        repository, tag = split_name(name)
        shown.follow(client.pull(repository, tag=tag, stream=True, decode=True, platform=platform or None))
    found = engine.image(name)
    if found is None:
        message = f"pull {name}: the engine says that all is well, and has no such image"
        raise UserError.one("engine", message, "see its log", status=EXIT_BUILD)
    made = record(found)
    if not made.version:
        hint = f"it has no label {TITLE}={OURS}: check the name"
        raise usage_error("not-our-image", f"{name} was pulled, and is no image of pygo-cross", hint)
    wanted = platform or f"{engine.os}/{engine.arch}"
    if not within(wanted, made.platform):
        # An engine takes an image that is for one platform alone, whatever it was asked for.
        raise usage_error(
            "no-platform", f"{name} was pulled, and is for {made.platform}, not for {wanted}", "pick another, or build it here"
        )
    return made


def push(engine: Engine, name: str, source: str, mode: str) -> tuple[Image, str]:
    """Pushes the image `source` as `name`; returns it with the digest that the registry gave. Raises `UserError`."""
    check_name(name)
    check_name(source, ids=True)
    if "@" in name:
        raise usage_error("bad-name", f"{name}: an image is pushed under a tag", "leave the digest out")
    if not has_registry(name):
        raise usage_error("no-registry", f"{name} names no registry", f"write HOST/{name}")
    repository, tag = split_name(name)
    found = engine.image(source)
    if found is None:
        raise no_image(source)
    with engine.doing("push", name) as client, quiet_helpers(), engine.without_limit():
        if name not in (found.get("RepoTags") or []):
            client.tag(source, repository, tag)
        shown = Layers("push", name, mode)
        shown.follow(client.push(repository, tag=tag, stream=True, decode=True))
    return record(engine.image(name) or found), shown.digest


def no_image(name: str) -> UserError:
    """The engine has no such image, and what to do about it."""
    if has_registry(name):
        how = f"pygo-cross image pull {name}"
    elif name == default_image({}):
        how = "pygo-cross image build makes it; or pull one and name it with --in-container=IMAGE or PYGO_CROSS_IMAGE"
    else:
        how = f"pygo-cross image ls lists those that are there; pygo-cross image build --tag {name} makes it"
    return usage_error("no-image", f"there is no image {name} in the engine", how)


def facts() -> dict[str, str]:
    """Build arguments that nobody has to give: what the labels say. The time is never the clock's, so that an image can be made again."""
    found = {"VERSION": __version__}
    when = os.environ.get("SOURCE_DATE_EPOCH", "")
    root = checkout()
    if root is not None:
        git = GitFacts(root)
        if git.answer("FullCommit") != "none":
            found["REVISION"] = git.answer("FullCommit") + ("-dirty" if git.answer("IsGitDirty") == "true" else "")
            when = git.answer("CommitTimestamp")
    if re.fullmatch(r"[0-9]{1,11}", when):
        found["SOURCE_DATE_EPOCH"] = when
        found["CREATED"] = datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def build(
    engine: Engine,
    tags: Sequence[str],
    arguments: Mapping[str, str],
    wheelhouse: Path | None,
    platform: str,
    network: str,
    fresh: bool,
    refresh: bool,
    mode: str,
) -> Image:
    """Builds our image under the `tags`, from the Dockerfile of this checkout or package.

    `arguments` are build arguments; `fresh` leaves out the engine's cache, `refresh` pulls the base anew. Raises `UserError`.
    """
    for tag in tags:
        check_name(tag)
        if "@" in tag:
            raise usage_error("bad-name", f"--tag {tag}: an image is built under a tag", "leave the digest out")
    text = dockerfile()
    declared = set(re.findall(r"^\s*ARG\s+([A-Za-z_][A-Za-z0-9_]*)", text, re.MULTILINE | re.IGNORECASE))
    predefined = {f"{name}_proxy" for name in ("http", "https", "ftp", "no", "all")}
    for argument in arguments:
        if argument not in declared and argument.lower() not in predefined:
            raise usage_error("bad-build-arg", f"the Dockerfile has no argument {argument}", "it has " + ", ".join(sorted(declared)))
    files = sources()
    given = {**{name: value for name, value in facts().items() if name in declared}, **arguments}
    if wheelhouse is not None:
        files.update(wheels(wheelhouse))
        if "PIP_NO_INDEX" in declared:
            given.setdefault("PIP_NO_INDEX", "1")
    with tempfile.TemporaryFile() as context:
        write_tar(files, context)
        context.seek(0)
        with engine.doing("build", tags[0]) as client, quiet_helpers(), engine.without_limit():
            events = client.build(
                fileobj=context,
                custom_context=True,
                tag=tags[0],
                rm=True,
                forcerm=True,
                nocache=fresh,
                pull=refresh,
                buildargs=given,
                platform=platform or None,
                network_mode=network or None,
                decode=True,
            )
            made = follow_build(events, tags[0], mode)
            for tag in tags[1:]:
                client.tag(tags[0], *split_name(tag))
    found = engine.image(made or tags[0])
    if found is None:
        raise UserError.one("engine", f"build {tags[0]}: the engine ended without an image", "see what it said above", status=EXIT_BUILD)
    return record(found)
