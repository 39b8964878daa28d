# SPDX-License-Identifier: BSD-3-Clause
"""A connection to a registry: requests, logging in, patience, and nothing taken on trust.

What a registry sends is bounded in size and in time. Credentials go to the registry itself and to the token service that it
names, over TLS, and never along a redirect to another origin. What may go away (a broken line, 429, 5xx) is tried again, after
as long as the registry asks for.

Plain HTTP is for this machine and for the registries that PYGO_CROSS_INSECURE_REGISTRIES names (HOST[:PORT], separated by commas):
these are tried with TLS first. Proxies are those of the environment; so are certificates: REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or
SSL_CERT_FILE. Credentials are those of `docker login`: config.json of DOCKER_CONFIG, with its helpers.

Source of the facts: Docker's token authentication (distribution's spec/auth/token.md, oauth.md), RFC 9110, RFC 7617.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from pygo_cross import __version__
from pygo_cross.build.release.oci import parse
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


class Again(Exception):
    """A try that failed in a way that another may not: why, and how long the registry asks to wait."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class Connection:
    """A connection to the registry `host`. `sleep` is for tests."""

    def __init__(self, host: str, limits: Limits | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        import requests

        self.host, self.limits, self.sleep = host, limits or Limits(), sleep
        self.session = requests.Session()
        # Redirects are followed here. Even when told not to, requests would read the whole body of one to see where it leads.
        self.session.get_redirect_target = lambda response: None  # type: ignore[method-assign, assignment]
        self.session.headers.update({"User-Agent": f"pygo-cross/{__version__}", "Accept-Encoding": "identity"})
        # Anything in place of None keeps requests from looking for credentials of its own in ~/.netrc.
        self.session.auth = lambda request: request
        if _is_local(host):
            self.session.trust_env = False  # no proxy is on the way to this machine
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        if bundle:
            if not os.path.exists(bundle):
                raise failed(
                    host,
                    f"{bundle}, which is to have the certificate authorities, is not there",
                    "correct SSL_CERT_FILE or REQUESTS_CA_BUNDLE",
                )
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
        return _may_be_plain(self.host)

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
        except requests.exceptions.Timeout:
            raise failed(self.host, "no answer in time", "try again later") from None
        except (requests.exceptions.RequestException, OSError):
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
        pause, left = self.limits.pause, self.limits.tries if retry else 1
        while True:
            try:
                return self.attempt(method, urljoin(self.root, url), scope, headers, body, ok)
            except Again as again:
                left -= 1
                if not left:
                    raise failed(self.host, f"{again}" + (f", {self.limits.tries} times" if retry else ""), "try again later") from None
                pause = self.wait_for(again, pause)

    def wait_for(self, again: Again, pause: float) -> float:
        """Sleeps `pause` seconds, or as long as the registry asks for, within the limit. Returns the next pause."""
        self.sleep(min(max(again.wait, pause), self.limits.longest))
        return pause * 2

    def attempt(
        self, method: str, url: str, scope: str, headers: Mapping[str, str], body: Callable[[], Any] | None, ok: Sequence[int]
    ) -> requests.Response:
        """One try: logs in when asked to, and follows redirects, without credentials where they lead elsewhere."""
        import requests
        import urllib3

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
                if "UNEXPECTED_EOF" in str(error):
                    raise Again("the line broke off") from None
                raise failed(
                    self.host, "it does not speak TLS as it should", "for a registry without TLS, set PYGO_CROSS_INSECURE_REGISTRIES"
                ) from None
            except requests.exceptions.ProxyError:
                raise failed(self.host, "the proxy can't be reached", "correct HTTPS_PROXY, or add the registry to NO_PROXY") from None
            except requests.exceptions.InvalidURL:
                raise failed(self.host, "an address that is none") from None
            except requests.exceptions.Timeout:
                raise Again("no answer in time") from None
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise Again(f"can't be reached: {_reason(error)}") from None
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
                    raise Again(self._said(answer), _wait(answer.headers.get("Retry-After", "")))
                else:
                    raise self._refused(answer)
        raise failed(self.host, "redirects without end")

    def _at_home(self, url: str) -> bool:
        """Whether an address is the registry's own."""
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc) == (self.scheme, self.host)

    def _next(self, url: str, location: str) -> str:
        """Where a redirect leads. Raises `UserError` where we do not follow."""
        try:
            target = urljoin(url, location)
            scheme = urlsplit(target).scheme
        except ValueError:
            target = scheme = ""
        if not location or scheme not in ("http", "https") or (scheme == "http" and self.scheme == "https"):
            raise failed(self.host, f"a redirect to {clean(location, 100)!r}, which is not followed")
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
        text = f"{answer.status_code} {clean(answer.reason or '', 40)}".rstrip()
        try:
            told = json.loads(self.body(answer, _MAX_ERROR))
            first = told["errors"][0]
            detail = first.get("detail")
            message = ": ".join(
                str(part) for part in (first.get("code"), first.get("message"), detail if isinstance(detail, str) else "") if part
            )
        except (UserError, Again, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return text
        return f"{text}: {clean(message, 300)}" if message else text

    def place_of(self, answer: requests.Response) -> str:
        """The address that an upload goes on at."""
        return self._next(answer.url, answer.headers.get("Location", ""))

    # ---- bodies

    def pieces(self, answer: requests.Response, limit: int) -> Iterator[bytes]:
        """The body as it comes, not decompressed: at most `limit` bytes, and not slower than is bearable."""
        import urllib3

        start, size = time.monotonic(), 0
        while True:
            try:
                piece = answer.raw.read1(_PIECE, decode_content=False)  # not read(), which waits for all of it
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise Again(f"the answer broke off: {_reason(error)}") from None
            if not piece:
                return
            size += len(piece)
            if size > limit:
                raise failed(self.host, f"an answer of more than {limit:,} bytes", "this is not what was asked for")
            if size / max(1, self.limits.slowest) + self.limits.grace < time.monotonic() - start:
                raise failed(self.host, f"{size:,} bytes in {time.monotonic() - start:.0f} s", "try again on a better line")
            yield piece

    def body(self, answer: requests.Response, limit: int) -> bytes:
        return b"".join(self.pieces(answer, limit))

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
        import urllib3

        if login.get("registrytoken"):
            return str(login["registrytoken"])
        realm = challenge.get("realm", "")
        try:
            parts = urlsplit(realm)
        except ValueError:
            parts = urlsplit("")
        plain = parts.scheme == "http" and self.insecure and _may_be_plain(parts.netloc)
        if not parts.netloc or (parts.scheme != "https" and not plain):
            raise failed(self.host, f"its token service is at {clean(realm, 100)!r}, which is not HTTPS")
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
            raise Again("its token service does not answer in time") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Again(f"its token service can't be reached: {_reason(error)}") from None
        with answer:
            if answer.status_code in (429, 500, 502, 503, 504):
                raise Again(f"its token service: {self._said(answer)}", _wait(answer.headers.get("Retry-After", "")))
            if answer.status_code != 200:
                raise failed(self.host, f"its token service: {self._said(answer)}", "log in again with docker login")
            told = parse(self.body(answer, 1 << 20), f"{self.host}: its token service")
        token = told.get("token") or told.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise failed(self.host, "its token service gave no token")
        return token


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
    except (DockerException, StoreError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError) as error:
        reason = clean(str(error.__cause__ or error), 200)
        raise failed(host, f"its credentials can't be had: {reason}", "log in again with docker login") from None
    if not isinstance(found, dict):
        return {}
    return {str(name).lower(): value for name, value in found.items() if value}


def _is_local(host: str) -> bool:
    """Whether HOST[:PORT] is this machine."""
    return host in _LOCAL or (host.rpartition(":")[0] in _LOCAL and not host.endswith("]"))


def _may_be_plain(host: str) -> bool:
    """Whether plain HTTP may be spoken to HOST[:PORT]."""
    named = os.environ.get("PYGO_CROSS_INSECURE_REGISTRIES", "")
    return _is_local(host) or host in [item.strip() for item in named.split(",") if item.strip()]


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


def clean(text: str, size: int) -> str:
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
    return clean(type(error).__name__, 60)
