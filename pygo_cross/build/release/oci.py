# SPDX-License-Identifier: BSD-3-Clause
"""OCI images as files: descriptors, manifests, and image layouts on disk, read and written.

A layout is a folder with `oci-layout`, `index.json` and `blobs/sha256/`. It is written so that equal images are equal files: JSON
with sorted keys, nothing of the machine or the moment. It is read as if somebody hostile had written it: every blob is
held to its descriptor's size and digest before a byte of it is believed, and numbers of blobs, sizes of manifests and depths are
bounded.

Source of the facts: the OCI image specification 1.1 (descriptor, manifest, image-index, config, image-layout).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross.diag import UserError

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_TAR: Final = "application/vnd.oci.image.layer.v1.tar"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
EMPTY_BYTES: Final = b"{}"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"

MANIFESTS: Final = (MANIFEST, DOCKER_MANIFEST)
INDEXES: Final = (INDEX, DOCKER_LIST)
LAYERS: Final = {LAYER: LAYER, DOCKER_LAYER: LAYER, LAYER_TAR: LAYER_TAR}
"""Media types of layers that are understood, with the one that each is called by in what we write."""

MAX_DOCUMENT: Final = 4 << 20
"""Bytes of a manifest, an index or a config: what registries take."""
_MAX_BLOBS: Final = 4096

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def bad_image(where: str, message: str, hint: str = "") -> UserError:
    """A file or a registry that does not hold what it should."""
    return UserError.one("bad-image", f"{where}: {message}", hint)


@dataclass(frozen=True, slots=True)
class Platform:
    """What a program runs on, in Go's words; `variant` is `v2` and up for amd64, `v8` for arm64, or nothing."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """`os/arch` or `os/arch/variant`."""
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))

    def as_json(self) -> dict[str, str]:
        """As descriptors have it."""
        made = {"architecture": self.architecture, "os": self.os}
        return made | ({"variant": self.variant} if self.variant else {})


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A blob by its content. `digest` is `sha256:` and 64 hexadecimal digits, `size` in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""

    def as_json(self) -> dict[str, Any]:
        """As manifests and indexes have it."""
        made: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.platform is not None:
            made["platform"] = self.platform.as_json()
        if self.annotations:
            made["annotations"] = dict(self.annotations)
        if self.artifact_type:
            made["artifactType"] = self.artifact_type
        return made


def descriptor_of(value: Any, where: str) -> Descriptor:
    """A descriptor as JSON has it. Raises `UserError` where it is none, or of an algorithm other than SHA-256."""
    if not isinstance(value, dict):
        raise bad_image(where, "a descriptor that is no object")
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str) or not isinstance(digest, str) or type(size) is not int or size < 0:
        raise bad_image(where, "a descriptor without mediaType, digest and size")
    if not _DIGEST.match(digest):
        raise bad_image(where, f"the digest {digest[:100]!r} is not one of SHA-256")
    platform = None
    told = value.get("platform")
    if isinstance(told, dict) and isinstance(told.get("os"), str) and isinstance(told.get("architecture"), str):
        platform = Platform(told["os"], told["architecture"], str(told.get("variant") or ""))
    annotations = value.get("annotations")
    kept = {str(key): str(text) for key, text in annotations.items()} if isinstance(annotations, dict) else {}
    return Descriptor(media_type, digest, size, platform, kept, str(value.get("artifactType") or ""))


def dump(value: Any) -> bytes:
    """JSON, the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def parse(data: bytes, where: str) -> dict[str, Any]:
    """A JSON object. Raises `UserError` where it is anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise bad_image(where, "not a JSON object")
    return value


def digest_of(data: bytes) -> str:
    """`sha256:…` of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def children(manifest: Mapping[str, Any], where: str) -> list[Descriptor]:
    """What a manifest or an index refers to: manifests of an index; of a manifest, its config and layers."""
    told = manifest.get("manifests")
    if told is None:
        layers = manifest.get("layers")
        if not isinstance(layers, list):
            raise bad_image(where, "a manifest without layers")
        told = [manifest.get("config"), *layers]
    if not isinstance(told, list) or len(told) > _MAX_BLOBS:
        raise bad_image(where, f"more than {_MAX_BLOBS} blobs" if isinstance(told, list) else "an index without manifests")
    return [descriptor_of(item, where) for item in told]


class Layout:
    """An image layout in the folder `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def blob_path(self, digest: str) -> Path:
        """Where a blob is."""
        return self.path / "blobs/sha256" / digest.removeprefix("sha256:")

    # ---- writing

    def create(self) -> None:
        """An empty layout: the folder must not be there. Raises `OSError`."""
        (self.path / "blobs/sha256").mkdir(parents=True)
        (self.path / "oci-layout").write_bytes(dump({"imageLayoutVersion": "1.0.0"}))

    def add(self, media_type: str, data: bytes, **more: Any) -> Descriptor:
        """Puts bytes in. Raises `OSError`."""
        digest = digest_of(data)
        self.blob_path(digest).write_bytes(data)
        return Descriptor(media_type, digest, len(data), **more)

    def adopt(self, media_type: str, made: Path, digest: str) -> Descriptor:
        """Moves a finished file in. Raises `OSError`."""
        size = made.stat().st_size
        os.replace(made, self.blob_path(digest))
        return Descriptor(media_type, digest, size)

    def copy(self, media_type: str, source: Path, digest: str) -> Descriptor:
        """Copies a file in that was checked to have this digest. Raises `OSError`."""
        to = self.blob_path(digest)
        if not to.exists():
            shutil.copyfile(source, to)
        return Descriptor(media_type, digest, to.stat().st_size)

    def finish(self, top: Descriptor, name: str) -> None:
        """Writes index.json, the last file: the one image, with a name where it has one. Raises `OSError`."""
        entry = top.as_json()
        if name:
            entry["annotations"] = {**entry.get("annotations", {}), "org.opencontainers.image.ref.name": name}
        (self.path / "index.json").write_bytes(dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}))

    # ---- reading

    def tops(self) -> list[Descriptor]:
        """What index.json lists. Raises `UserError` where this is no layout."""
        where = str(self.path)
        marker = parse(self._read(self.path / "oci-layout", 4096), f"{where}/oci-layout")
        if marker.get("imageLayoutVersion") != "1.0.0":
            raise bad_image(where, "not an image layout of version 1.0.0")
        index = parse(self._read(self.path / "index.json", MAX_DOCUMENT), f"{where}/index.json")
        if not isinstance(index.get("manifests"), list):
            raise bad_image(where, "an index.json without manifests")
        return children(index, f"{where}/index.json")

    def top(self) -> Descriptor:
        """The one image of the layout. Raises `UserError` where there are none or several."""
        found = self.tops()
        if len({item.digest for item in found}) != 1:
            raise bad_image(str(self.path), f"{len(found)} images, one was expected", "keep one image to a layout")
        return found[0]

    def document(self, descriptor: Descriptor) -> dict[str, Any]:
        """A manifest, an index or a config, checked to be what its descriptor says. Raises `UserError`."""
        where = f"{self.path}: {descriptor.digest[:19]}"
        if descriptor.size > MAX_DOCUMENT:
            raise bad_image(where, f"a document of {descriptor.size:,} bytes", f"{MAX_DOCUMENT:,} is the most")
        data = self._read(self.blob_path(descriptor.digest), MAX_DOCUMENT)
        if len(data) != descriptor.size or digest_of(data) != descriptor.digest:
            raise bad_image(where, "the blob is not what its digest says", "get the image again")
        return parse(data, where)

    def check_blob(self, descriptor: Descriptor) -> Path:
        """The file of a blob, checked to be what its descriptor says. Raises `UserError`."""
        path = self.blob_path(descriptor.digest)
        where = f"{self.path}: {descriptor.digest[:19]}"
        try:
            if not path.is_file() or path.stat().st_size != descriptor.size:
                raise bad_image(where, "the blob is missing or has another size", "get the image again")
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise bad_image(where, f"can't be read: {error.strerror}") from None
        if f"sha256:{digest}" != descriptor.digest:
            raise bad_image(where, "the blob is not what its digest says", "get the image again")
        return path

    def manifests(self, top: Descriptor, depth: int = 0) -> Iterator[tuple[Descriptor, dict[str, Any]]]:
        """Every manifest and index below `top`, children first. Raises `UserError`."""
        if depth > 4:
            raise bad_image(str(self.path), "indexes nested deeper than 4 levels")
        document = self.document(top)
        if top.media_type in INDEXES:
            for child in children(document, str(self.path)):
                yield from self.manifests(child, depth + 1)
        elif top.media_type not in MANIFESTS:
            raise bad_image(str(self.path), f"a manifest of the type {top.media_type[:100]!r}")
        yield top, document

    def check(self) -> Descriptor:
        """Checks every blob that the one image refers to, and returns its descriptor. Raises `UserError`."""
        top = self.top()
        for descriptor, document in self.manifests(top):
            if descriptor.media_type in MANIFESTS:
                for blob in children(document, str(self.path)):
                    self.check_blob(blob)
        return top

    def _read(self, path: Path, limit: int) -> bytes:
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise bad_image(str(self.path), f"{path.name[:19]} can't be read: {error.strerror}", "name an OCI image layout") from None
        if len(data) > limit:
            raise bad_image(str(self.path), f"{path.name[:19]} has more than {limit:,} bytes")
        return data
