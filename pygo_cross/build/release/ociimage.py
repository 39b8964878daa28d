# SPDX-License-Identifier: BSD-3-Clause
"""An image of a program for all its platforms, as a layout on disk. Nothing runs and nothing is fetched here.

The image is laid out as ko's are: the program at /ko-app/NAME, which is the entry point and in PATH, over the layers of the
base, with their config. Where the base is `scratch` there is one layer below it with what a static Go program may look for:
certificates (where some are given), users with `nonroot` (65532) among them, /tmp, and the user's home; and the program then runs
as nonroot. There are no time zones: a program that needs them embeds time/tzdata.

One platform makes a manifest, several an index of manifests. All times are the release's.

Source of the facts: the OCI image specification 1.1 (config, manifest, image-index, annotations), ko's and distroless's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.release.oci import CONFIG, INDEX, LAYER, MANIFEST, Descriptor, Layout, Platform, dump
from pygo_cross.build.release.ocibase import Base
from pygo_cross.build.release.ocilayer import Member, write_layer

NONROOT: Final = 65532
APP_FOLDER: Final = "/ko-app"
DATA_FOLDER: Final = "/var/run/ko"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
"""Where Go looks first on Linux (src/crypto/x509/root_linux.go)."""

_PASSWD: Final = f"""root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:{NONROOT}:{NONROOT}:nonroot:/home/nonroot:/sbin/nologin
"""
_GROUP: Final = f"root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:{NONROOT}:\n"
_NSSWITCH: Final = "hosts: files dns\n"


@dataclass(frozen=True, slots=True)
class Program:
    """A binary and what it runs on."""

    path: Path
    platform: Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What an image is to be. `name` is the program's, `epoch` the time in seconds since 1970.

    `labels` go into the configs, `annotations` to the top and to each manifest. `user` and `certificates` (PEM) may be empty.
    `reference` is what the base is called, `tag` the layout's one name, `data` the files below `DATA_FOLDER`.
    """

    name: str
    epoch: int
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    certificates: bytes = b""
    reference: str = ""
    tag: str = ""
    data: tuple[Member, ...] = ()


def platform_of(goos: str, goarch: str, variant: str) -> Platform:
    """A target as images name it: GOAMD64=v1 is what amd64 means, GOARM64=v8.0 is v8."""
    if goarch == "amd64":
        return Platform(goos, goarch, "" if variant in ("", "v1") else variant)
    return Platform(goos, goarch, variant.partition(".")[0] or "v8")


def write_image(out: Path, programs: Sequence[Program], base_for: Callable[[Platform], Base | None], spec: Spec) -> Descriptor:
    """Writes the layout of an image to the new folder `out`, and returns what it is known by. `base_for` gives None for scratch.

    Raises `UserError` where a base is not as it should be, `OSError` where a file can't be read or written.
    """
    layout = Layout(out)
    layout.create()
    images: list[Descriptor] = []
    for program in sorted(programs, key=lambda item: str(item.platform)):
        images.append(_one(layout, program, base_for(program.platform), spec))
    if len(images) == 1:
        top = images[0]
    else:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [image.as_json() for image in images]}
        top = layout.add(INDEX, dump(index | ({"annotations": dict(spec.annotations)} if spec.annotations else {})))
    layout.finish(top, spec.tag)
    return top


def _one(layout: Layout, program: Program, base: Base | None, spec: Spec) -> Descriptor:
    """The image of one platform."""
    layers: list[Descriptor] = []
    diff_ids: list[str] = []
    history: list[dict[str, Any]] = []
    created = datetime.fromtimestamp(spec.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def add(members: list[Member], said: str) -> None:
        part = layout.path / "layer.part"
        written = write_layer(part, members, spec.epoch)
        layers.append(layout.adopt(LAYER, part, written.digest))
        diff_ids.append(written.diff_id)
        history.append({"created": created, "created_by": "pygo-cross", "comment": said})

    config: dict[str, Any] = {}
    annotations = dict(spec.annotations)
    if base is None:
        add(_ground(spec), "certificates, users and /tmp" if spec.certificates else "users and /tmp")
    else:
        for layer in base.layers:
            layers.append(layout.copy(layer.media_type, layer.path, layer.digest))
            diff_ids.append(layer.diff_id)
        history += base.config.get("history") or []
        config |= base.config.get("config") or {}
        if base.digest:
            annotations |= {"org.opencontainers.image.base.digest": base.digest}
            annotations |= {"org.opencontainers.image.base.name": spec.reference} if spec.reference else {}
    if spec.data:
        add(list(spec.data), DATA_FOLDER)
    add([Member(name=f"{APP_FOLDER[1:]}/{spec.name}", source=program.path)], f"{APP_FOLDER}/{spec.name}")
    kept = {name: config[name] for name in ("Volumes", "ExposedPorts", "StopSignal", "WorkingDir", "User", "Labels") if config.get(name)}
    made = {
        **kept,
        "Entrypoint": [f"{APP_FOLDER}/{spec.name}"],
        "Env": _env(config.get("Env") or [], bool(base is None and spec.certificates), bool(spec.data)),
        "Labels": {**_texts(kept.get("Labels")), **spec.labels},
        "User": spec.user or str(kept.get("User") or "") or (f"{NONROOT}:{NONROOT}" if base is None else ""),
        "WorkingDir": str(kept.get("WorkingDir") or "/"),
    }
    document = {
        "architecture": program.platform.architecture,
        "os": program.platform.os,
        **({"variant": program.platform.variant} if program.platform.variant else {}),
        "created": created,
        "author": "pygo-cross",
        "config": {name: value for name, value in made.items() if value},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    }
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.add(CONFIG, dump(document)).as_json(),
        "layers": [layer.as_json() for layer in layers],
    }
    if annotations:
        manifest["annotations"] = annotations
    return layout.add(MANIFEST, dump(manifest), platform=program.platform)


def _ground(spec: Spec) -> list[Member]:
    """What stands in for a base."""
    members = [
        Member(name="etc/passwd", source=_PASSWD.encode(), mode=0o644),
        Member(name="etc/group", source=_GROUP.encode(), mode=0o644),
        Member(name="etc/nsswitch.conf", source=_NSSWITCH.encode(), mode=0o644),
        Member(name="home/nonroot", mode=0o700, owner=NONROOT),
        Member(name="root", mode=0o700),
        Member(name="tmp", mode=0o1777),
    ]
    if spec.certificates:
        members.append(Member(name=CERTIFICATES[1:], source=spec.certificates, mode=0o644))
    return members


def _env(base: Sequence[Any], certificates: bool, data: bool) -> list[str]:
    """The base's environment, with the program's folder in PATH."""
    settings = dict(str(item).partition("=")[::2] for item in base)
    path = settings.get("PATH") or _PATH
    settings["PATH"] = path if APP_FOLDER in path.split(":") else f"{path}:{APP_FOLDER}"
    if certificates:
        settings["SSL_CERT_FILE"] = CERTIFICATES
    if data:
        settings["KO_DATA_PATH"] = DATA_FOLDER
    return [f"{name}={value}" for name, value in settings.items()]


def _texts(value: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
