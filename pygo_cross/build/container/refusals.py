# SPDX-License-Identifier: BSD-3-Clause
"""What engines and registries say when they refuse, as one line: what went wrong, and what to do about it.

Engines answer with an HTTP status and a message, or with an `error` in the middle of a stream that began well. The messages are
words of the engine, of containerd, of the kernel or of a registry, and no list of them is written down anywhere; the rules
below are those that have been met, by what they have in common. What matches none is shown as it came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.diag import EXIT_BUILD, EXIT_USAGE, UserError

if TYPE_CHECKING:
    from pygo_cross.build.container.endpoint import Endpoint
    from pygo_cross.build.container.engine import Engine

_LONGEST: Final = 300
_NEWER: Final = "use Docker 20.10, Podman 4 or newer"

# (what the message has in it, code, what, what to do, exit status). {subject}, {said} and {registry} are filled in.
_RULES: Final[list[tuple[str, str, str, str, int]]] = [
    (
        r"no space left on device|not enough space|disk quota exceeded",
        "disk-full",
        "{subject}: the engine's disk is full",
        "free space: docker system df shows what takes it, docker system prune removes what is not used",
        EXIT_BUILD,
    ),
    (
        r"toomanyrequests|too many requests|rate limit|(code|status|http) 429\b",
        "registry-limit",
        "{subject}: {registry} has had too many requests (429)",
        "wait, or log in for a higher limit: docker login {registry}",
        EXIT_BUILD,
    ),
    (
        r"no basic auth credentials|unauthorized|authentication required|incorrect username or password|(code|status|http) 401\b",
        "registry-login",
        "{subject}: {registry} wants a login (401)",
        "docker login {registry}",
        EXIT_BUILD,
    ),
    (
        r"pull access denied|repository does not exist|requested access to the resource is denied|insufficient_scope",
        "registry-denied",
        "{subject}: {registry} refuses: there is no such repository, or it is not for you",
        "check the name, or docker login {registry}",
        EXIT_BUILD,
    ),
    (
        r"\bdenied\b|forbidden|(code|status|http) 403\b",
        "registry-denied",
        "{subject}: {registry} refuses (403)",
        "log in as somebody who may: docker login {registry}",
        EXIT_BUILD,
    ),
    (
        r"x509: |certificate signed by unknown authority|tls: failed to verify|certificate is not trusted|certificate has expired",
        "registry-tls",
        "{subject}: the certificate of {registry} is not trusted: {said}",
        "give the engine its CA, in /etc/docker/certs.d/{registry}/ca.crt for Docker",
        EXIT_BUILD,
    ),
    (
        r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake",
        "registry-tls",
        "{subject}: {registry} speaks plain HTTP",
        "list it under insecure-registries in the engine's configuration, or give it a certificate",
        EXIT_BUILD,
    ),
    (
        r"no matching manifest for|no image found in (manifest|image index) list|does not match the specified platform|"
        r"image operating system .* cannot be used|no match for platform",
        "no-platform",
        "{subject}: there is none for this platform: {said}",
        "pick another with --platform, or build it here: pygo-cross image build",
        EXIT_BUILD,
    ),
    (
        r"exec format error",
        "wrong-architecture",
        "{subject} is for another architecture than the engine's",
        "build or pull it for the engine's, or register qemu-user with binfmt_misc on the engine's machine",
        EXIT_BUILD,
    ),
    (
        r"manifest unknown|manifest for .* not found|name unknown|name_unknown|not found: manifest|failed to resolve reference .*not found",
        "no-image",
        "{subject}: {registry} has no such image",
        "check its name and tag",
        EXIT_USAGE,
    ),
    (
        r"lookup .* no such host|no such host|server misbehaving|temporary failure in name resolution|name or service not known",
        "registry-unreachable",
        "{subject}: the engine can't find {registry}: {said}",
        "check the name, and the engine's network",
        EXIT_BUILD,
    ),
    (
        r"dial tcp|connection refused|i/o timeout|TLS handshake timeout|network is unreachable|Client\.Timeout exceeded|connection reset|"
        r"no route to host|pinging container registry",
        "registry-unreachable",
        "{subject}: the engine can't reach {registry}: {said}",
        "check the engine's network and proxy",
        EXIT_BUILD,
    ),
    (
        r"invalid reference format|invalid tag|repository name must be lowercase|must be lower ?case",
        "bad-name",
        "{subject} is not an image's name",
        "write NAME:TAG, in small letters",
        EXIT_USAGE,
    ),
    (
        r"no such image|image not known|unable to find a name|an image does not exist locally|image .* not found",
        "no-image",
        "the engine has no image {subject}",
        "pygo-cross image build makes it",
        EXIT_USAGE,
    ),
    (
        r"executable file not found|exec: \"pygo-cross\"|no such file or directory: OCI",
        "not-our-image",
        "there is no pygo-cross in {subject}",
        "name an image of ours: pygo-cross image ls",
        EXIT_USAGE,
    ),
    (
        r"bind source path does not exist|(statfs|stat) .*: no such file or directory|mounts denied|is not shared from the host",
        "no-mount",
        "the engine does not see this machine's files: {said}",
        "share the folder with it, or have files copied to it: --container-copy",
        EXIT_BUILD,
    ),
    (
        r"cannot allocate memory|out of memory",
        "engine-memory",
        "{subject}: the engine is out of memory",
        "give it more, or build fewer at a time with -p",
        EXIT_BUILD,
    ),
]
_OF_REGISTRIES: Final = ("pull", "push", "build")
"""What an engine may have to ask a registry for."""
_COMPILED: Final = [(re.compile(rule[0], re.IGNORECASE), *rule[1:]) for rule in _RULES]


def one_line(text: str) -> str:
    """A message without what has no place in a line."""
    flat = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]", " ", text).split()).rstrip(".")
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def registry_of(name: str) -> str:
    """The registry that an image's name leads to, in words."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return "the registry"


def refusal(message: str, what: str, subject: str) -> UserError:
    """One line for what an engine or a registry said (`message`) when asked to do `what` with `subject`."""
    said = one_line(message)
    registry = registry_of(subject)
    for pattern, code, text, hint, status in _COMPILED:
        if code.startswith("registry-") and what not in _OF_REGISTRIES:
            continue
        if pattern.search(message):
            # `docker login the registry` is no command.
            advice = hint.replace(" {registry}", "").replace("{registry}", "HOST") if registry == "the registry" else hint
            return UserError.one(
                code,
                text.format(subject=subject or what, said=said, registry=registry),
                advice.format(registry=registry),
                status=status,
            )
    return UserError.one("engine", f"{what} {subject}: the engine says: {said or 'nothing'}".replace("  ", " "), status=EXIT_BUILD)


def explain(error: Exception, engine: Engine | Endpoint, what: str, subject: str) -> UserError | None:
    """`error`, raised while asking an engine to do `what` with `subject`, as one line; None where it is a bug of ours."""
    import http.client
    import json
    import ssl

    import requests
    import urllib3
    from docker import errors

    where = engine.url if hasattr(engine, "url") else engine.endpoint.url
    chain = _chain(error)
    text = " ".join(str(link) for link in chain)
    network = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
    slow = (requests.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)

    def line(code: str, message: str, hint: str, status: int = EXIT_USAGE) -> UserError:
        return UserError.one(code, message, hint, status=status)

    def among(kinds: tuple[type[BaseException], ...]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    def no_engine() -> UserError:
        return line("not-an-engine", f"what answers at {where} is not a container engine", "check DOCKER_HOST")

    for link in chain:
        if isinstance(link, errors.APIError):
            return _answered(link, what, subject, where)
    if "paramiko" in text:
        return line("no-paramiko", f"{where}: the docker package needs paramiko for ssh", "pip install paramiko")
    if isinstance(error, errors.InvalidVersion):
        return line("engine-too-old", f"the engine at {where} is too old: {one_line(str(error))}", _NEWER)
    if "Credentials store" in text or "docker-credential-" in text:
        hint = "install the helper, or take it out of docker's config.json (credsStore, credHelpers)"
        return line("bad-credentials", one_line(str(error)), hint)
    if "HTTP request to an HTTPS server" in text:
        return line("bad-tls", f"{where} speaks TLS", "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH")
    if isinstance(error, errors.TLSParameterError) or among((ssl.SSLError, requests.exceptions.SSLError)):
        hint = "check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the context's certificates"
        return line("bad-tls", f"{where}: TLS: {_short(chain)}", hint)
    if among(slow) and not among((ConnectionRefusedError,)):
        hint = "see whether docker version does; else start it anew"
        return line("engine-hangs", f"the engine at {where} does not answer", hint, EXIT_BUILD)
    if among((json.JSONDecodeError, requests.exceptions.JSONDecodeError)) or "StreamParseError" in text:
        return no_engine()
    if among(network):
        if what == "connect":
            hint = "start it, or name another with DOCKER_HOST"
            return line("no-engine", f"no container engine answers at {where}: {_short(chain)}", hint)
        hint = "see whether it still runs, and try again"
        return line("engine-gone", f"the connection to the engine at {where} broke off: {_short(chain)}", hint, EXIT_BUILD)
    if isinstance(error, (ValueError, KeyError, TypeError, AttributeError, errors.StreamParseError)) and _from_library(error):
        return no_engine()
    if isinstance(error, errors.DockerException):
        if what == "connect":
            return no_engine()
        return refusal(str(error), what, subject)
    return None


def _answered(error: Any, what: str, subject: str, where: str) -> UserError:
    """An answer with a status that is no success."""
    message = str(error.explanation or "")
    status = int(getattr(error.response, "status_code", 0) or 0)
    if not message.strip() or message.lstrip().startswith("<"):
        return UserError.one("engine", f"the engine at {where} answers {status or 'nothing'} to {what}", "see its log", status=EXIT_BUILD)
    return refusal(message, what, subject)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and those that led to it, outermost first."""
    links: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in links and len(links) < 12:
        links.append(at)
        inner = [arg for arg in at.args if isinstance(arg, BaseException)]
        reason = getattr(at, "reason", None)
        at = reason if isinstance(reason, BaseException) else inner[0] if inner else at.__cause__ or at.__context__
    return links


def _short(chain: list[BaseException]) -> str:
    """The innermost reason that says something."""
    for link in reversed(chain):
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
    return one_line(str(chain[-1]) or type(chain[-1]).__name__)


def _from_library(error: BaseException) -> bool:
    """Whether it was raised by the docker package or below it: what it could not read is then the engine's answer, not a bug of ours."""
    frames: list[str] = []
    at = error.__traceback__
    while at is not None:
        frames.append(at.tb_frame.f_code.co_filename.replace("\\", "/"))
        at = at.tb_next
    return any("/docker/" in name or "/requests/" in name or "/json/" in name for name in frames)
