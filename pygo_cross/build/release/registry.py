# SPDX-License-Identifier: BSD-3-Clause
"""Pushes layouts to registries and pulls bases from them, by the OCI distribution API.

A registry is not trusted: what it sends is bounded in size and in time, and is believed when its digest is right. Credentials
go to the registry itself and to the token service that it names over TLS, never along a redirect to another origin.
What a push finds there already it leaves as it is, so that a second push of an image sends nothing.

Plain HTTP is for this machine and for the registries that PYGO_CROSS_INSECURE_REGISTRIES names (HOST[:PORT], separated by commas):
these are tried with TLS first. Proxies are those of the environment; so are certificates: REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or
SSL_CERT_FILE. Credentials are those of `docker login`: DOCKER_CONFIG's config.json, with its helpers.

Source of the facts: the OCI distribution specification 1.1, Docker's token authentication (spec/auth/token.md, oauth.md), RFC 9110.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from pygo_cross import __version__
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
from pygo_cross.diag import UserError

if TYPE_CHECKING:
    import requests

_PIECE: Final = 1 << 16
_MAX_ERROR: Final = 1 << 16
"""Bytes of an answer that is not the document or blob that was asked for."""
_REDIRECTS: Final = 5
_LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a client is: seconds without a byte, tries of a request, seconds before the second try (doubled each time), the
    longest wait that a registry may ask for, the slowest transfer in bytes a second (after `grace` seconds), and the bytes of
    one request of an upload."""

    silence: float = 60.0
    tries: int = 5
    pause: float = 1.0
    longest: float = 120.0
    slowest: int = 4096
    grace: float = 120.0
    chunk: int = 32 << 20


def failed(registry: str, message: str, hint: str = "") -> UserError:
    """A registry that did not do what was asked."""
    return UserError.one("registry", f"{registry}: {message}", hint)


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


class _Again(Exception):
    """A try that failed in a way that another may not: why, and how long the registry asks to wait."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class Registry:
    """A connection to the registry `host`. `sleep` is for tests."""

    def __init__(self, host: str, limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        import requests

        self.host, self.limits, self.sleep = host, limits or Limits(), sleep
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": f"pygo-cross/{__version__}", "Accept-Encoding": "identity"})
        # Anything in place of None keeps requests from looking for credentials of its own in ~/.netrc.
        self.session.auth = lambda request: request
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        if bundle:
            self.session.verify = bundle
        self.scheme = "https"
        self.settled = False
        self.tokens: dict[str, str] = {}  # Authorization headers, by scope
        self.login: Mapping[str, Any] | None = None
        self.asked = False

    # ---- requests

    @property
    def insecure(self) -> bool:
        """Whether plain HTTP may be spoken."""
        named = os.environ.get("PYGO_CROSS_INSECURE_REGISTRIES", "")
        bare = self.host if self.host.endswith("]") else self.host.rpartition(":")[0] or self.host
        return bare in _LOCAL or self.host in [item.strip() for item in named.split(",")]

    @property
    def root(self) -> str:
        """The address of the registry."""
        return f"{self.scheme}://{self.host}"

    def settle(self) -> None:
        """Finds out whether a registry that may speak plain HTTP does."""
        import requests

        if self.settled:
            return
        self.settled = True
        if not self.insecure:
            return
        try:
            with self._send("GET", f"{self.root}/v2/", {}):
                pass
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise self._untrusted() from None
            self.scheme = "http"
        except requests.exceptions.ConnectionError:
            self.scheme = "http"

    def _send(self, method: str, url: str, headers: Mapping[str, str], data: Any = None) -> requests.Response:
        return self.session.request(
            method,
            url,
            headers=dict(headers),
            data=data,
            allow_redirects=False,
            stream=True,
            timeout=(min(20.0, self.limits.silence), self.limits.silence),
        )

    def _untrusted(self) -> UserError:
        hint = "name its certificate authority by SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
        return failed(self.host, "its certificate is not signed by anybody known here", hint)

    @contextlib.contextmanager
    def call(
        self,
        method: str,
        url: str,
        scope: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], Any] | None = None,
        ok: Sequence[int] = (200,),
        retry: bool = True,
    ) -> Iterator[requests.Response]:
        """One request with its answer, whose status is one of `ok`; the body of the answer is still to be read.

        `scope` is what a token has to allow. `body` is called for each try. Raises `UserError`.
        """
        answer = self._tried(method, url, scope, headers or {}, body, ok, retry)
        try:
            yield answer
        finally:
            answer.close()

    def _tried(
        self, method: str, url: str, scope: str, headers: Mapping[str, str], body: Callable[[], Any] | None, ok: Sequence[int], retry: bool
    ) -> requests.Response:
        self.settle()
        pause = self.limits.pause
        for left in range(self.limits.tries - 1 if retry else 0, -1, -1):
            try:
                return self._followed(method, urljoin(self.root, url), scope, headers, body, ok)
            except _Again as again:
                if not left:
                    raise failed(self.host, f"{again}" + (f", {self.limits.tries} times" if retry else ""), "try again later") from None
                self.sleep(min(max(again.wait, pause), self.limits.longest))
                pause *= 2
        raise failed(self.host, "no answer")

    def _followed(
        self, method: str, url: str, scope: str, headers: Mapping[str, str], body: Callable[[], Any] | None, ok: Sequence[int]
    ) -> requests.Response:
        """One try: logs in when asked to, and follows redirects, without credentials where they lead elsewhere."""
        import requests

        logins = 0
        for _ in range(_REDIRECTS + 2):
            home = self._at_home(url)
            sent = dict(headers)
            if home and scope in self.tokens:
                sent["Authorization"] = self.tokens[scope]
            try:
                answer = self._send(method, url, sent, body() if body else None)
            except requests.exceptions.SSLError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise self._untrusted() from None
                raise failed(
                    self.host, "it does not speak TLS as it should", "for a registry without TLS, set PYGO_CROSS_INSECURE_REGISTRIES"
                ) from None
            except requests.exceptions.ProxyError:
                raise failed(self.host, "the proxy can't be reached", "correct HTTPS_PROXY, or add the registry to NO_PROXY") from None
            except requests.exceptions.InvalidURL:
                raise failed(self.host, "an address that is none") from None
            except requests.exceptions.Timeout:
                raise _Again("no answer in time") from None
            except (requests.exceptions.RequestException, OSError) as error:
                raise _Again(f"can't be reached: {_reason(error)}") from None
            status = answer.status_code
            if status in ok:
                return answer
            with answer:
                if status == 401 and home and not logins:
                    logins += 1
                    self._log_in(answer, scope)
                elif status in (301, 302, 303, 307, 308) and method in ("GET", "HEAD"):
                    url = self._next(url, answer.headers.get("Location", ""))
                elif status in (408, 429, 500, 502, 503, 504):
                    raise _Again(self._said(answer), _wait(answer.headers.get("Retry-After", "")))
                else:
                    raise self._refused(answer)
        raise failed(self.host, "redirects without end")

    def _at_home(self, url: str) -> bool:
        """Whether an address is the registry's own."""
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc) == (self.scheme, self.host)

    def _next(self, url: str, location: str) -> str:
        """Where a redirect leads. Raises `UserError` where we do not follow."""
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
        if not location or scheme not in ("http", "https") or (scheme == "http" and self.scheme == "https"):
            raise failed(self.host, f"a redirect to {_clean(location, 100)!r}, which is not followed")
        return target

    def _refused(self, answer: requests.Response) -> UserError:
        said = self._said(answer)
        hint = {
            401: "log in with docker login, or pass DOCKER_CONFIG",
            403: "ask for the right to do that, or log in as somebody else",
            404: "check the name",
            413: "the registry, or a proxy before it, takes no blob of this size",
        }.get(answer.status_code, "")
        return failed(self.host, said, hint)

    def _said(self, answer: requests.Response) -> str:
        """An answer as one line: its status, and what the registry says about it."""
        text = f"{answer.status_code} {_clean(answer.reason or '', 40)}".rstrip()
        try:
            told = json.loads(self._body(answer, _MAX_ERROR))
            first = told["errors"][0]
            detail = first.get("detail")
            message = ": ".join(
                str(part) for part in (first.get("code"), first.get("message"), detail if isinstance(detail, str) else "") if part
            )
        except (UserError, _Again, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return text
        return f"{text}: {_clean(message, 300)}" if message else text

    # ---- bodies

    def _pieces(self, answer: requests.Response, limit: int) -> Iterator[bytes]:
        """The body as it comes, not decompressed: at most `limit` bytes, and not slower than is bearable."""
        import urllib3

        start, size = time.monotonic(), 0
        while True:
            try:
                piece = answer.raw.read(_PIECE, decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _Again(f"the answer broke off: {_reason(error)}") from None
            if not piece:
                return
            size += len(piece)
            if size > limit:
                raise failed(self.host, f"an answer of more than {limit:,} bytes", "this is not what was asked for")
            if size / max(1, self.limits.slowest) + self.limits.grace < time.monotonic() - start:
                raise failed(self.host, f"{size:,} bytes in {time.monotonic() - start:.0f} s", "try again on a better line")
            yield piece

    def _body(self, answer: requests.Response, limit: int) -> bytes:
        return b"".join(self._pieces(answer, limit))

    # ---- credentials

    def _log_in(self, answer: requests.Response, scope: str) -> None:
        """Gets what the registry asks for, for `scope`. Raises `UserError`."""
        challenges = _challenges(answer.headers.get("WWW-Authenticate", ""))
        login = self._login()
        if "bearer" in challenges:
            self.tokens[scope] = f"Bearer {self._token(challenges['bearer'], scope, login)}"
        elif "basic" in challenges and login.get("username"):
            if self.scheme != "https" and not self.insecure:
                raise failed(self.host, "it asks for a password without TLS")
            self.tokens[scope] = _basic(login)
        else:
            raise self._refused(answer)

    def _login(self) -> Mapping[str, Any]:
        """The user's credentials for this registry, from Docker's configuration and helpers; none is an empty mapping."""
        if not self.asked:
            self.asked = True
            self.login = credentials(self.host)
        return self.login or {}

    def _token(self, challenge: Mapping[str, str], scope: str, login: Mapping[str, Any]) -> str:
        import requests

        if login.get("registrytoken"):
            return str(login["registrytoken"])
        realm = challenge.get("realm", "")
        parts = urlsplit(realm)
        if parts.scheme not in ("https", "http") or not parts.netloc or (parts.scheme == "http" and not self.insecure):
            raise failed(self.host, f"its token service is at {_clean(realm, 100)!r}, which is not HTTPS")
        fields = [("service", challenge.get("service", ""))]
        for item in filter(None, scope.split(" ")):
            fields.append(("scope", item))
        identity = str(login.get("identitytoken") or login.get("IdentityToken") or "")
        headers: dict[str, str] = {}
        try:
            if identity:
                form = [*fields, ("grant_type", "refresh_token"), ("refresh_token", identity), ("client_id", "pygo-cross")]
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                answer = self._send("POST", realm, headers, urlencode([*_joined(form)]))
            else:
                if login.get("username"):
                    headers["Authorization"] = _basic(login)
                    fields.append(("account", str(login["username"])))
                answer = self._send("GET", f"{realm}{'&' if parts.query else '?'}{urlencode(fields)}", headers)
        except requests.exceptions.Timeout:
            raise _Again("its token service does not answer in time") from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise _Again(f"its token service can't be reached: {_reason(error)}") from None
        with answer:
            if answer.status_code in (429, 500, 502, 503, 504):
                raise _Again(f"its token service: {self._said(answer)}", _wait(answer.headers.get("Retry-After", "")))
            if answer.status_code != 200:
                raise failed(self.host, f"its token service: {self._said(answer)}", "log in again with docker login")
            told = parse(self._body(answer, 1 << 20), f"{self.host}: its token service")
        token = told.get("token") or told.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise failed(self.host, "its token service gave no token")
        return token

    # ---- reading

    def manifest(self, repository: str, wanted: str) -> tuple[Descriptor, bytes]:
        """A manifest or index by tag or digest, with its bytes. Raises `UserError`."""
        headers = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
        where = f"{self.host}/{repository}"
        for left in range(self.limits.tries - 1, -1, -1):
            with self.call("GET", f"/v2/{repository}/manifests/{wanted}", _scope(repository), headers=headers) as answer:
                try:
                    data = self._body(answer, MAX_DOCUMENT)
                except _Again as again:
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
                            for piece in self._pieces(answer, blob.size):
                                file.write(piece)
                                digest.update(piece)
                                size += len(piece)
                        if size == blob.size and f"sha256:{digest.hexdigest()}" == blob.digest:
                            os.replace(part, to)
                            return
                    if size == blob.size:
                        raise failed(where, f"sent a blob that is not {blob.digest[:19]}", "do not use this registry")
                    why = f"{size:,} bytes of {blob.size:,}"
                except _Again as again:
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
            self._attach(repository, top, attachment, scope, done)
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
            if other != repository:
                query = urlencode({"mount": digest, "from": other})
                with self.call(
                    "POST", f"/v2/{repository}/blobs/uploads/?{query}", scope, headers={"Content-Length": "0"}, ok=(201, 202)
                ) as answer:
                    if answer.status_code == 201:
                        done.mounted += 1
                        return
                    location = self._place(answer)
        size = len(path) if isinstance(path, bytes) else path.stat().st_size
        if size <= self.limits.chunk:
            self._upload_whole(repository, digest, path, size, location, scope)
        else:
            self._upload_chunks(repository, digest, path, size, location, scope)
        done.uploaded += 1
        done.sent += size

    def _open(self, repository: str, scope: str) -> tuple[str, int]:
        """Begins an upload: its address, and the least bytes that a chunk may have."""
        with self.call("POST", f"/v2/{repository}/blobs/uploads/", scope, headers={"Content-Length": "0"}, ok=(202,)) as answer:
            least = answer.headers.get("OCI-Chunk-Min-Length", "")
            return self._place(answer), int(least) if least.isdigit() and len(least) < 12 else 0

    def _place(self, answer: requests.Response) -> str:
        """The address that an upload goes on at."""
        return self._next(answer.url, answer.headers.get("Location", ""))

    def _upload_whole(self, repository: str, digest: str, path: Path | bytes, size: int, location: str, scope: str) -> None:
        """One request with everything; each try begins an upload of its own."""
        pause = self.limits.pause
        for left in range(self.limits.tries - 1, -1, -1):
            if not location:
                location, _ = self._open(repository, scope)
            try:
                with contextlib.ExitStack() as stack:
                    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
                    opened = stack.enter_context(_opened(path))

                    def body(opened: IO[bytes] = opened) -> Any:
                        opened.seek(0)
                        return opened if size else b""

                    answer = self._followed("PUT", _with(location, digest), scope, headers, body, (201,))
                    answer.close()
                    return
            except _Again as again:
                location = ""
                if not left:
                    raise failed(
                        self.host, f"{digest[:19]} can't be uploaded: {again}", "push again: what is there is not sent twice"
                    ) from None
                self.sleep(min(max(again.wait, pause), self.limits.longest))
                pause *= 2

    def _upload_chunks(self, repository: str, digest: str, path: Path | bytes, size: int, location: str, scope: str) -> None:
        """Several requests; where one fails, goes on from what the registry says it has."""
        least = 0
        if not location:
            location, least = self._open(repository, scope)
        step = max(self.limits.chunk, least)
        at, pause, left = 0, self.limits.pause, self.limits.tries
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
                        with self._followed("PATCH", location, scope, headers, lambda piece=piece: piece, (202,)) as answer:  # type: ignore[misc]
                            location = self._place(answer)
                        at, left, pause = at + len(piece), self.limits.tries, self.limits.pause
                    with self._followed("PUT", _with(location, digest), scope, {"Content-Length": "0"}, None, (201,)):
                        return
                except _Again as again:
                    left -= 1
                    if not left:
                        raise failed(
                            self.host, f"{digest[:19]} can't be uploaded: {again}", "push again: what is there is not sent twice"
                        ) from None
                    self.sleep(min(max(again.wait, pause), self.limits.longest))
                    pause *= 2
                    location, at = self._resumed(repository, location, scope)

    def _resumed(self, repository: str, location: str, scope: str) -> tuple[str, int]:
        """Where a broken upload stands; a new one where the registry has forgotten it."""
        with contextlib.suppress(UserError), self.call("GET", location, scope, ok=(204, 404), retry=False) as answer:
            found = re.fullmatch(r"(?:bytes=)?0-([0-9]{1,18})", answer.headers.get("Range", ""))
            if answer.status_code == 204 and found:
                at = int(found[1])
                return self._place(answer) if answer.headers.get("Location") else location, at + 1 if at else 0
        return self._open(repository, scope)[0], 0

    def _put_manifest(self, repository: str, tag: str, descriptor: Descriptor, data: bytes, scope: str, done: Pushed) -> str:
        """Puts a manifest at a tag or its digest where it isn't. Returns the digest of the subject that the registry took note of."""
        if self.head(repository, tag, scope) == descriptor.digest:
            return ""
        headers = {"Content-Type": descriptor.media_type}
        with self.call("PUT", f"/v2/{repository}/manifests/{quote(tag)}", scope, headers=headers, body=lambda: data, ok=(201,)) as answer:
            told = answer.headers.get("Docker-Content-Digest", descriptor.digest)
            if told != descriptor.digest:
                raise failed(
                    f"{self.host}/{repository}", f"took {descriptor.digest[:19]} for {_clean(told, 19)}", "do not use this registry"
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
        if self.head(repository, referrer.digest, scope) == referrer.digest and self._listed(repository, top, referrer, scope):
            return
        if self._put_manifest(repository, referrer.digest, referrer, data, scope, done) == top.digest:
            return
        known, entries = self._referrers(repository, top, scope)
        if known or any(entry.get("digest") == referrer.digest for entry in entries):
            return
        listed = dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries, referrer.as_json()]})
        self._put_manifest(repository, _list_tag(top), Descriptor(INDEX, digest_of(listed), len(listed)), listed, scope, done)

    def _listed(self, repository: str, top: Descriptor, referrer: Descriptor, scope: str) -> bool:
        known, entries = self._referrers(repository, top, scope)
        return known or any(entry.get("digest") == referrer.digest for entry in entries)

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
) -> list[Pushed]:
    """Pushes a layout to each of `repositories` (HOST/REPOSITORY) under each tag. Raises `UserError`.

    A repository after another of the same registry gets its blobs from there, without sending them.
    """
    done: list[Pushed] = []
    registries: dict[str, Registry] = {}
    before: dict[str, list[str]] = {}
    for name in repositories:
        reference = parse_reference(name)
        registry = registries.setdefault(reference.host, Registry(reference.host, limits))
        near = before.setdefault(reference.host, [])
        done.append(registry.push(Layout(layout), reference.repository, tags, attachments, list(near)))
        near.append(reference.repository)
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


def credentials(host: str) -> Mapping[str, Any]:
    """What `docker login` left for a registry: username and password, or a token; nothing where it left nothing.

    Raises `UserError` where a helper fails.
    """
    import warnings

    from docker import auth
    from docker.credentials.errors import StoreError
    from docker.errors import DockerException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = auth.load_config().resolve_authconfig(host)
    except (DockerException, StoreError, ValueError, TypeError, KeyError, OSError) as error:
        reason = _clean(str(error.__cause__ or error), 200)
        raise failed(host, f"its credentials can't be had: {reason}", "log in again with docker login") from None
    if not isinstance(found, dict):
        return {}
    return {str(name).lower(): value for name, value in found.items() if value}


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


def _joined(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a token's form: there, scopes are one field."""
    scopes = " ".join(value for name, value in fields if name == "scope")
    return [*((name, value) for name, value in fields if name != "scope"), ("scope", scopes)]


def _basic(login: Mapping[str, Any]) -> str:
    import base64

    pair = f"{login.get('username', '')}:{login.get('password', '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


_CHALLENGE = re.compile(r'\s*([A-Za-z]+)\s+((?:[A-Za-z]+=(?:"[^"]*"|[^",\s]*)\s*,?\s*)*)')
_FIELD = re.compile(r'([A-Za-z]+)=(?:"([^"]*)"|([^",\s]*))')


def _challenges(header: str) -> dict[str, dict[str, str]]:
    """What a registry asks for: schemes in small letters, with their fields."""
    found: dict[str, dict[str, str]] = {}
    for scheme, fields in _CHALLENGE.findall(header[:4096]):
        found.setdefault(scheme.lower(), {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(fields)})
    return found


def _wait(header: str) -> float:
    """Seconds that Retry-After asks for."""
    if header.isdigit() and len(header) < 10:
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _clean(text: str, size: int) -> str:
    """What somebody else says, on one line and without what a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: size * 4])
    shown = " ".join(shown.split())
    return shown if len(shown) <= size else f"{shown[:size]}…"


def _reason(error: BaseException) -> str:
    """Why a connection failed, in a few words: what the system said, where it did."""
    seen: list[BaseException] = [error]
    for found in seen:
        if len(seen) > 64:
            break
        if isinstance(found, OSError) and found.strerror:
            return found.strerror.lower()
        inner = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
        seen += [item for item in inner if isinstance(item, BaseException)]
    return _clean(type(error).__name__, 60)
