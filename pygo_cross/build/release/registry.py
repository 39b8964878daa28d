# SPDX-License-Identifier: BSD-3-Clause
"""Pushes layouts to registries and pulls bases from them, by the OCI distribution API.

What a registry sends is believed when its digest is right. What a push finds there already it leaves as it is, so that a second
push of an image sends nothing; blobs go first and tags last, so that a push which is cut off leaves nothing that anybody pulls.

Source of the facts: the OCI distribution specification 1.1 (uploads, mounts, referrers and their tag schema).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlencode, urlsplit

from pygo_cross.build.files import make_folder, temporary_folder, writing
from pygo_cross.build.release.oci import (
    EMPTY,
    EMPTY_BYTES,
    INDEX,
    INDEXES,
    MANIFEST,
    MANIFESTS,
    MAX_DOCUMENT,
    Descriptor,
    Layout,
    Platform,
    children,
    digest_of,
    dump,
    parse,
)
from pygo_cross.build.release.ocibase import Base, from_layout
from pygo_cross.build.release.reference import Reference, parse_reference
from pygo_cross.build.release.registryhttp import Again, Connection, Limits, clean, failed
from pygo_cross.diag import UserError


@dataclass(slots=True)
class Pushed:
    """What a push came to: the image's name and digest, the bytes and blobs sent, and what was there already."""

    name: str
    digest: str
    tags: list[str] = field(default_factory=list)
    sent: int = 0
    uploaded: int = 0
    mounted: int = 0
    present: int = 0
    manifests: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document about an image, which is pushed as its referrer."""

    media_type: str
    data: bytes
    title: str


_NO_BODY: Final = {"Content-Length": "0"}


class Registry(Connection):
    """A registry's repositories."""

    # ---- reading

    def manifest(self, repository: str, wanted: str) -> tuple[Descriptor, bytes]:
        """A manifest or index by tag or digest, with its bytes. Raises `UserError`."""
        headers = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
        where = f"{self.host}/{repository}"
        for left in range(self.limits.tries - 1, -1, -1):
            with self.call("GET", f"/v2/{repository}/manifests/{wanted}", _scope(repository), headers=headers) as answer:
                try:
                    data = self.body(answer, MAX_DOCUMENT)
                except Again as again:
                    if not left:
                        raise failed(self.host, str(again), "try again later") from None
                    continue
                kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            break
        digest = digest_of(data)
        if wanted.startswith("sha256:") and digest != wanted:
            raise failed(where, f"sent a manifest of the digest {digest[:19]}, not {wanted[:19]}", "do not use this registry")
        told = parse(data, where).get("mediaType")
        return Descriptor(told if isinstance(told, str) else kind, digest, len(data)), data

    def head(self, repository: str, wanted: str, scope: str) -> str:
        """The digest that a tag or digest has there; empty where there is none."""
        headers = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
        with self.call("HEAD", f"/v2/{repository}/manifests/{wanted}", scope, headers=headers, ok=(200, 404)) as answer:
            return answer.headers.get("Docker-Content-Digest", "") if answer.status_code == 200 else ""

    def fetch(self, repository: str, blob: Descriptor, to: Path) -> None:
        """Writes a blob to the file `to`, which comes to be when it is whole. Raises `UserError`."""
        where = f"{self.host}/{repository}"
        pause = self.limits.pause
        for left in range(self.limits.tries - 1, -1, -1):
            digest, size = hashlib.sha256(), 0
            with self.call("GET", f"/v2/{repository}/blobs/{blob.digest}", _scope(repository)) as answer:
                try:
                    with writing(to), temporary_folder(to.parent) as beside:
                        part = beside / "blob"
                        with part.open("wb") as file:
                            for piece in self.pieces(answer, blob.size):
                                file.write(piece)
                                digest.update(piece)
                                size += len(piece)
                        if size == blob.size and f"sha256:{digest.hexdigest()}" == blob.digest:
                            os.replace(part, to)
                            return
                    if size == blob.size:
                        raise failed(where, f"sent a blob that is not {blob.digest[:19]}", "do not use this registry")
                    why = f"{size:,} bytes of {blob.size:,}"
                except Again as again:
                    why = str(again)
            if left:
                self.sleep(pause)
                pause *= 2
        raise failed(where, f"{blob.digest[:19]} did not come whole: {why}", "try again later")

    # ---- writing

    def push(
        self, layout: Layout, repository: str, tags: Sequence[str], attachments: Sequence[Attachment] = (), near: Sequence[str] = ()
    ) -> Pushed:
        """Pushes the image of a layout, with its tags and documents. `near` are repositories of this registry that may have its blobs.

        Raises `UserError`. A push that is cut off leaves blobs, no tag: the next goes on from there.
        """
        top = layout.check()
        scope = " ".join([f"repository:{repository}:pull,push", *(f"repository:{item}:pull" for item in near)])
        done = Pushed(f"{self.host}/{repository}", top.digest)
        wanted = list(tags) or [top.digest]
        if not all(self.head(repository, tag, scope) == top.digest for tag in [top.digest, *wanted]):
            for descriptor, document in layout.manifests(top):
                if descriptor.media_type in MANIFESTS:
                    for blob in children(document, str(layout.path)):
                        self._push_blob(repository, blob.digest, layout.blob_path(blob.digest), scope, done, near)
                if descriptor.digest != top.digest:
                    self._put_manifest(repository, descriptor.digest, descriptor, self._bytes(layout, descriptor), scope, done)
            for tag in [top.digest, *(tag for tag in wanted if tag != top.digest)]:
                self._put_manifest(repository, tag, top, self._bytes(layout, top), scope, done)
        done.tags = list(tags)
        for attachment in attachments:
            try:
                self._attach(repository, top, attachment, scope, done)
            except UserError as error:
                hint = "where a registry takes no documents, set sbom: none"
                raise failed(done.name, f"the image is there, its document {attachment.title} is not: {error}", hint) from None
        return done

    def _bytes(self, layout: Layout, descriptor: Descriptor) -> bytes:
        with writing(layout.path):
            return layout.blob_path(descriptor.digest).read_bytes()

    def _push_blob(self, repository: str, digest: str, path: Path | bytes, scope: str, done: Pushed, near: Sequence[str] = ()) -> None:
        with self.call("HEAD", f"/v2/{repository}/blobs/{digest}", scope, ok=(200, 404)) as answer:
            if answer.status_code == 200:
                done.present += 1
                return
        location = ""
        for other in near:
            query = urlencode({"mount": digest, "from": other})
            url = f"/v2/{repository}/blobs/uploads/?{query}"
            # A registry that does not let us, for whatever reason, is sent the blob.
            with contextlib.suppress(UserError), self.call("POST", url, scope, headers=_NO_BODY, ok=(201, 202), retry=False) as answer:
                if answer.status_code == 201:
                    done.mounted += 1
                    return
                location = self.place_of(answer)
        size = len(path) if isinstance(path, bytes) else path.stat().st_size
        if size <= self.limits.chunk:
            self._upload_whole(repository, digest, path, size, location, scope)
        else:
            self._upload_chunks(repository, digest, path, size, location, scope)
        done.uploaded += 1
        done.sent += size

    def _open(self, repository: str, scope: str) -> tuple[str, int]:
        """Begins an upload: its address, and the least bytes that a chunk may have."""
        with self.call("POST", f"/v2/{repository}/blobs/uploads/", scope, headers=_NO_BODY, ok=(202,)) as answer:
            least = answer.headers.get("OCI-Chunk-Min-Length", "")
            return self.place_of(answer), int(least) if least.isdigit() and len(least) < 12 else 0

    def _upload_whole(self, repository: str, digest: str, path: Path | bytes, size: int, location: str, scope: str) -> None:
        """One request with everything; each try begins an upload of its own."""
        pause = self.limits.pause
        for left in range(self.limits.tries - 1, -1, -1):
            if not location:
                location, _ = self._open(repository, scope)
            try:
                with _opened(path) as source:

                    def body(source: IO[bytes] = source) -> Any:
                        source.seek(0)
                        return source if size else b""

                    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
                    self.attempt("PUT", _with(location, digest), scope, headers, body, (201,)).close()
                    return
            except Again as again:
                location = ""
                pause = self._next_try(again, digest, left, pause)

    def _upload_chunks(self, repository: str, digest: str, path: Path | bytes, size: int, location: str, scope: str) -> None:
        """Several requests; where one fails, goes on from what the registry says it has."""
        least = 0
        if not location:
            location, least = self._open(repository, scope)
        step = max(self.limits.chunk, least)
        at, furthest, pause, left = 0, 0, self.limits.pause, self.limits.tries
        with _opened(path) as source:
            while True:
                try:
                    while at < size:
                        source.seek(at)
                        piece = source.read(step)
                        headers = {
                            "Content-Type": "application/octet-stream",
                            "Content-Range": f"{at}-{at + len(piece) - 1}",
                            "Content-Length": str(len(piece)),
                        }
                        with self.attempt("PATCH", location, scope, headers, lambda piece=piece: piece, (202,)) as answer:  # type: ignore[misc]
                            location = self.place_of(answer)
                        at += len(piece)
                        if at > furthest:  # what was sent before and is gone is no progress
                            furthest, left, pause = at, self.limits.tries, self.limits.pause
                    with self.attempt("PUT", _with(location, digest), scope, _NO_BODY, None, (201,)):
                        return
                except Again as again:
                    left -= 1
                    pause = self._next_try(again, digest, left, pause)
                    location, at = self._resumed(repository, location, scope)

    def _next_try(self, again: Again, digest: str, left: int, pause: float) -> float:
        """Waits before the next of `left` tries to send a blob. Returns the pause after that. Raises `UserError` where none is left."""
        if not left:
            raise failed(self.host, f"{digest[:19]} can't be uploaded: {again}", "push again: what is there is not sent twice") from None
        return self.wait_for(again, pause)

    def _resumed(self, repository: str, location: str, scope: str) -> tuple[str, int]:
        """Where a broken upload stands; a new one where the registry has forgotten it."""
        with contextlib.suppress(UserError), self.call("GET", location, scope, ok=(204, 404), retry=False) as answer:
            found = re.fullmatch(r"(?:bytes=)?0-([0-9]{1,18})", answer.headers.get("Range", ""))
            if answer.status_code == 204 and found:
                at = int(found[1])
                return self.place_of(answer) if answer.headers.get("Location") else location, at + 1 if at else 0
        return self._open(repository, scope)[0], 0

    def _put_manifest(self, repository: str, tag: str, descriptor: Descriptor, data: bytes, scope: str, done: Pushed) -> str:
        """Puts a manifest at a tag or its digest where it isn't. Returns the digest of the subject that the registry took note of."""
        if self.head(repository, tag, scope) == descriptor.digest:
            return ""
        headers = {"Content-Type": descriptor.media_type}
        with self.call("PUT", f"/v2/{repository}/manifests/{tag}", scope, headers=headers, body=lambda: data, ok=(201,)) as answer:
            told = answer.headers.get("Docker-Content-Digest", descriptor.digest)
            if told != descriptor.digest:
                raise failed(
                    f"{self.host}/{repository}", f"took {descriptor.digest[:19]} for {clean(told, 19)}", "do not use this registry"
                )
            done.manifests += 1
            done.sent += len(data)
            return answer.headers.get("OCI-Subject", "")

    def _attach(self, repository: str, top: Descriptor, attachment: Attachment, scope: str, done: Pushed) -> None:
        """Pushes a document as a referrer of the image, and lists it under the image's own tag where the registry keeps no lists."""
        blob = digest_of(attachment.data)
        self._push_blob(repository, digest_of(EMPTY_BYTES), EMPTY_BYTES, scope, done)
        self._push_blob(repository, blob, attachment.data, scope, done)
        data = dump(attachment_manifest(top, attachment))
        referrer = Descriptor(MANIFEST, digest_of(data), len(data), artifact_type=attachment.media_type)
        if self._put_manifest(repository, referrer.digest, referrer, data, scope, done) == top.digest:
            return
        known, entries = self._referrers(repository, top, scope)
        if known or any(entry.get("digest") == referrer.digest for entry in entries):
            return
        listed = dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries, referrer.as_json()]})
        self._put_manifest(repository, _list_tag(top), Descriptor(INDEX, digest_of(listed), len(listed)), listed, scope, done)

    def _referrers(self, repository: str, top: Descriptor, scope: str) -> tuple[bool, list[dict[str, Any]]]:
        """Whether the registry keeps lists of referrers itself; else the list under the image's own tag."""
        with self.call("GET", f"/v2/{repository}/referrers/{top.digest}", scope, ok=(200, 404)) as answer:
            if answer.status_code == 200:
                return True, []
        if not self.head(repository, _list_tag(top), scope):
            return False, []
        _, data = self.manifest(repository, _list_tag(top))
        entries = parse(data, f"{self.host}/{repository}").get("manifests")
        return False, [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def attachment_manifest(top: Descriptor, attachment: Attachment) -> dict[str, Any]:
    """The manifest of a document about an image (the image specification's `Guidelines for Artifact Usage`)."""
    blob = Descriptor(
        attachment.media_type,
        digest_of(attachment.data),
        len(attachment.data),
        annotations={"org.opencontainers.image.title": attachment.title},
    )
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": attachment.media_type,
        "config": Descriptor(EMPTY, digest_of(EMPTY_BYTES), len(EMPTY_BYTES)).as_json(),
        "layers": [blob.as_json()],
        "subject": {"mediaType": top.media_type, "digest": top.digest, "size": top.size},
    }


def push_image(
    layout: Path,
    repositories: Sequence[str],
    tags: Sequence[str],
    attachments: Sequence[Attachment] = (),
    limits: Limits | None = None,
    near: Sequence[str] = (),
) -> list[Pushed]:
    """Pushes a layout to each of `repositories` (HOST/REPOSITORY) under each tag. Raises `UserError`.

    A repository gets blobs that others of its registry have, those before it and those in `near`, from there without sending them.
    """
    done: list[Pushed] = []
    registries: dict[str, Registry] = {}
    before = [parse_reference(name) for name in near]
    for name in repositories:
        reference = parse_reference(name)
        registry = registries.setdefault(reference.host, Registry(reference.host, limits))
        others = [other.repository for other in before if other.host == reference.host and other.repository != reference.repository]
        done.append(registry.push(Layout(layout), reference.repository, tags, attachments, others))
        before.append(reference)
    return done


def pull_base(reference: Reference, cache: Path | None = None, limits: Limits | None = None) -> Callable[[Platform], Base]:
    """A base image in a registry, by platform. Blobs are kept in `cache`, and those that are there are not fetched.

    Where the reference has a digest and everything is there, the registry is not asked. Raises `UserError`.
    """
    layout = Layout(cache or cache_folder())
    make_folder(layout.path / "blobs/sha256")
    registry = Registry(reference.host, limits)
    where = str(reference)

    def have(blob: Descriptor) -> bool:
        try:
            with layout.blob_path(blob.digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == blob.digest.removeprefix("sha256:")
        except OSError:
            return False

    def fetch(blob: Descriptor) -> None:
        if have(blob):
            return
        if blob.media_type in (*MANIFESTS, *INDEXES):
            _, data = registry.manifest(reference.repository, blob.digest)
            keep(blob.digest, data)
        else:
            registry.fetch(reference.repository, blob, layout.blob_path(blob.digest))

    def keep(digest: str, data: bytes) -> None:
        path = layout.blob_path(digest)
        with writing(path), temporary_folder(path.parent) as beside:
            (beside / "blob").write_bytes(data)
            os.replace(beside / "blob", path)

    kept = Descriptor("", reference.digest, 0)
    if reference.digest and have(kept):
        data = layout.blob_path(reference.digest).read_bytes()
        told = parse(data, where)
        media_type = told.get("mediaType") or (INDEX if "manifests" in told else MANIFEST)
        top = Descriptor(str(media_type), reference.digest, len(data))
    else:
        top, data = registry.manifest(reference.repository, reference.wanted)
        keep(top.digest, data)
    return lambda platform: from_layout(layout, top, platform, where, fetch)


def cache_folder() -> Path:
    """Where blobs of bases are kept: `images` beside the cache of builds where PYGO_CROSS_CACHE names one, else the user's caches."""
    named = os.environ.get("PYGO_CROSS_CACHE")
    if named:
        return Path(named) / "images"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pygo-cross/images"


# ---- small things


def _scope(repository: str) -> str:
    return f"repository:{repository}:pull"


def _list_tag(top: Descriptor) -> str:
    """The tag of the list of an image's referrers (the distribution specification's `Referrers Tag Schema`)."""
    return top.digest.replace(":", "-")


def _with(location: str, digest: str) -> str:
    return f"{location}{'&' if urlsplit(location).query else '?'}{urlencode({'digest': digest})}"


def _opened(source: Path | bytes) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
