# SPDX-License-Identifier: BSD-3-Clause
"""What an image of a program stands on: nothing (`scratch`), an image in a file or folder on disk, or one from a registry.

A base on disk is an OCI image layout, as a folder or as a tar of one, or what `docker save` writes. Everything of a base is
checked before it is used: digests and sizes of all blobs, the layers' content against the config, and that no layer leads out of
the image (`ocilayer.py`). Files are read out of tars by name, and nothing is unpacked to a path that a tar chose.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.release.oci import (
    INDEXES,
    LAYER,
    LAYERS,
    MANIFESTS,
    MAX_DOCUMENT,
    Descriptor,
    Layout,
    Platform,
    bad_image,
    children,
    parse,
)
from pygo_cross.build.release.ocilayer import check_layer, compress

SCRATCH: Final = "scratch"

_ALIASES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_DEFAULTS: Final = {"amd64": "v1", "arm64": "v8"}
_MAX_LAYERS: Final = 127
"""What overlay file systems take."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a base: its file, its media type as we call it, its two digests."""

    path: Path
    media_type: str
    digest: str
    diff_id: str


@dataclass(frozen=True, slots=True)
class Base:
    """A base for one platform: its config as it is, its layers from the lowest up, and the digest that names it (none for scratch)."""

    config: dict[str, Any]
    layers: tuple[Layer, ...] = ()
    digest: str = ""


def choose(found: list[Descriptor], platform: Platform, where: str) -> Descriptor:
    """The manifest of an index that fits a platform best: the same variant, else the highest one below it. Raises `UserError`."""
    fitting: list[tuple[str, Descriptor]] = []
    level = platform.variant or _DEFAULTS.get(platform.architecture, "")
    for item in found:
        if item.platform is None or item.media_type not in MANIFESTS:
            continue
        arch = _ALIASES.get(item.platform.architecture, item.platform.architecture)
        own = item.platform.variant or _DEFAULTS.get(arch, "")
        if (item.platform.os, arch) == (platform.os, platform.architecture) and own <= level:
            fitting.append((own, item))
    if not fitting:
        there = ", ".join(sorted({str(item.platform) for item in found if item.platform})) or "none"
        raise bad_image(
            where, f"the base image has nothing for {platform}", f"it has {there}: choose another base_image, or fewer platforms"
        )
    return max(fitting, key=lambda pair: pair[0])[1]


def from_layout(layout: Layout, top: Descriptor, platform: Platform, where: str, fetch: Callable[[Descriptor], None]) -> Base:
    """The base in a layout for a platform; `fetch` makes sure that a blob is there. Raises `UserError`."""
    at = top
    for _ in range(4):
        if at.media_type not in INDEXES:
            break
        fetch(at)
        at = choose(children(layout.document(at), where), platform, where)
    if at.media_type not in MANIFESTS:
        raise bad_image(where, f"a manifest of the type {at.media_type[:100]!r}", "use a base image of OCI's or Docker's second format")
    fetch(at)
    manifest = layout.document(at)
    config_at, *layers = children(manifest, where)
    fetch(config_at)
    config = layout.document(config_at)
    _check_config(config, len(layers), platform, where)
    made: list[Layer] = []
    for item, diff_id in zip(layers, config["rootfs"]["diff_ids"], strict=True):
        if item.media_type not in LAYERS:
            hint = "use a base image whose layers are in gzip"
            raise bad_image(where, f"a layer of the type {item.media_type[:100]!r}, which can't be checked here", hint)
        fetch(item)
        path = layout.check_blob(item)
        check_layer(path, where, diff_id)
        made.append(Layer(path, LAYERS[item.media_type], item.digest, diff_id))
    return Base(config, tuple(made), top.digest)


def from_disk(path: Path, scratch: Path) -> Callable[[Platform], Base]:
    """The base at `path`, by platform: a layout, a tar of one, or what `docker save` wrote. `scratch` is an empty folder for what
    has to be taken out of a tar. Raises `UserError`."""
    where = str(path)
    if path.is_dir():
        layout = Layout(path)
    elif path.is_file():
        found = _tar(path, scratch, where)
        if isinstance(found, Base):
            saved = found

            def of_saved(platform: Platform) -> Base:
                _check_config(saved.config, len(saved.layers), platform, where)
                return saved

            return of_saved
        layout = found
    else:
        raise bad_image(where, "there is no such base image", "scratch, a file or folder, or HOST/REPOSITORY:TAG")
    top = layout.top()
    return lambda platform: from_layout(layout, top, platform, where, lambda _: None)


def _check_config(config: dict[str, Any], layers: int, platform: Platform, where: str) -> None:
    rootfs = config.get("rootfs")
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(diff_ids, list) or not all(isinstance(item, str) for item in diff_ids) or len(diff_ids) != layers:
        raise bad_image(where, "a config that does not know its layers", "get the image again")
    if layers > _MAX_LAYERS - 2:
        raise bad_image(where, f"{layers} layers, and engines take {_MAX_LAYERS} at most", "use another base image")
    arch = _ALIASES.get(str(config.get("architecture")), config.get("architecture"))
    if (config.get("os"), arch) != (platform.os, platform.architecture):
        raise bad_image(
            where, f"the base image is for {config.get('os')}/{arch}, not for {platform}", "choose another base_image, or fewer platforms"
        )
    for name in ("config", "history"):
        if not isinstance(config.get(name) or {}, dict if name == "config" else (list, dict)):
            raise bad_image(where, f"a config whose {name} is of the wrong type")


def _tar(path: Path, scratch: Path, where: str) -> Layout | Base:
    """A tar of a layout, taken apart into `scratch`, or the one image that `docker save` wrote."""
    try:
        with tarfile.open(path, "r:*") as archive:
            members: dict[str, tarfile.TarInfo] = {}
            for member in archive:
                members[member.name.removeprefix("./")] = member
                if len(members) > 10_000:
                    raise bad_image(where, "a tar of more than 10,000 files")
            if "oci-layout" in members and "index.json" in members:
                return _unpack_layout(archive, members, scratch)
            if "manifest.json" in members:
                return _saved(archive, members, scratch, where)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a whole tar"
        raise bad_image(where, f"can't be read: {reason}", "name an image layout or what docker save wrote") from None
    raise bad_image(where, "neither an OCI image layout nor what docker save writes", "name one of these")


def _unpack_layout(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], scratch: Path) -> Layout:
    layout = Layout(scratch)
    (scratch / "blobs/sha256").mkdir(parents=True)
    for name, member in members.items():
        folder, _, leaf = name.rpartition("/")
        if name in ("oci-layout", "index.json") or (folder == "blobs/sha256" and len(leaf) == 64 and leaf.isalnum()):
            _take(archive, member, scratch / name)
    return layout


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    source = archive.extractfile(member) if member.isfile() else None
    if source is None:
        return
    with to.open("xb") as file:
        while piece := source.read(1 << 20):
            file.write(piece)


def _saved(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], scratch: Path, where: str) -> Base:
    """What `docker save` writes: manifest.json names the config and the layers, which are plain tars or gzip."""

    def small(name: str) -> bytes:
        member = members.get(name)
        source = archive.extractfile(member) if member is not None and member.isfile() else None
        data = source.read(MAX_DOCUMENT + 1) if source is not None else b""
        if not data or len(data) > MAX_DOCUMENT:
            raise bad_image(where, f"{name[:100]} is missing or too large", "save the image again")
        return data

    listed = parse(b'{"images":' + small("manifest.json") + b"}", where)["images"]
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
        raise bad_image(where, "not one image", "save one image to a file")
    entry = listed[0]
    layers = entry.get("Layers")
    if not isinstance(entry.get("Config"), str) or not isinstance(layers, list) or not all(isinstance(item, str) for item in layers):
        raise bad_image(where, "a manifest.json without Config and Layers", "save the image again")
    config = parse(small(entry["Config"]), where)
    rootfs = config.get("rootfs")
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(diff_ids, list) or len(diff_ids) != len(layers):
        raise bad_image(where, "a config that does not know its layers", "save the image again")
    made: list[Layer] = []
    for at, (name, diff_id) in enumerate(zip(layers, diff_ids, strict=True)):
        member = members.get(name)
        if member is not None and member.islnk():
            member = members.get(member.linkname.removeprefix("./"))  # equal layers are saved once
        if member is not None and member.issym():
            # `../DIGEST/layer.tar`, as Docker writes a layer that an image has twice.
            member = members.get("/".join([*member.linkname.split("/")[1:]]) if member.linkname.startswith("../") else member.linkname)
        if member is None or not member.isfile():
            raise bad_image(where, f"the layer {name[:100]} is missing", "save the image again")
        plain = scratch / f"{at}.tar"
        _take(archive, member, plain)
        check_layer(plain, where, str(diff_id))
        packed = scratch / f"{at}.tar.gz"
        with plain.open("rb") as source:
            if source.read(2) == b"\x1f\x8b":
                import gzip

                source.seek(0)
                with gzip.open(source) as inner:
                    written = compress(inner, packed)  # type: ignore[arg-type]
            else:
                source.seek(0)
                written = compress(source, packed)
        plain.unlink()
        made.append(Layer(packed, LAYER, written.digest, written.diff_id))
    return Base(config, tuple(made))
