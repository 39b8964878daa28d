# SPDX-License-Identifier: BSD-3-Clause
"""Where a container engine is to be found, by the rules of the docker command.

DOCKER_HOST comes first, then DOCKER_CONTEXT, then `currentContext` of docker's config.json, as `docker context` has it
(docs.docker.com, "Docker contexts"). Where none of them names anything, the sockets that engines are known to open are
tried in turn: Docker's own, a rootless Docker's, Docker Desktop's, then Podman's. Nothing is connected to here: this is
files and environment alone, so every mistake in those is told before anything hangs on a network.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pygo_cross.records import nearest, usage_error

_SCHEMES: Final = ("unix", "tcp", "http", "https", "ssh")
_LATER: Final = {"npipe": "a Windows pipe", "fd": "systemd's own"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The files of a TLS connection, each empty where there is none. `verify` is whether the engine must show a certificate of `ca`."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One place to look for an engine: its `url`, and `why` it is looked for there (for people)."""

    url: str
    why: str
    tls: Tls | None = None

    @property
    def local(self) -> bool:
        """Whether the engine is reached through a socket of this machine, so that its mounts are of this machine's files."""
        return self.url.startswith("unix://")

    @property
    def socket(self) -> Path:
        """The socket's path, for a local one."""
        return Path(self.url.removeprefix("unix://"))


def config_folder(env: Mapping[str, str]) -> Path:
    """Where the docker command keeps config.json and its contexts."""
    return Path(env.get("DOCKER_CONFIG") or home(env) / ".docker")


def home(env: Mapping[str, str]) -> Path:
    """The user's own folder."""
    return Path(env.get("HOME") or os.path.expanduser("~"))


def read_config(env: Mapping[str, str]) -> dict[str, Any]:
    """Docker's config.json, empty where there is none. Raises `UserError` where it is not one: the docker command would warn and go on
    without credentials, which then looks like a registry that refuses."""
    path = config_folder(env) / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise usage_error("bad-docker-config", f"{path} is not JSON", "correct or remove it; docker login writes a new one")
    return config


def candidates(env: Mapping[str, str]) -> list[Endpoint]:
    """The places where an engine may be, best first: one where something names it. Raises `UserError` for a name that leads nowhere."""
    host = env.get("DOCKER_HOST", "").strip()
    if host:
        return [_named(host, "DOCKER_HOST", _tls_of_environment(env))]
    context, source = env.get("DOCKER_CONTEXT", ""), "DOCKER_CONTEXT"
    if not context:
        found = read_config(env).get("currentContext")
        context, source = found if isinstance(found, str) else "", f"currentContext in {config_folder(env) / 'config.json'}"
    if context and context != "default":
        return [_of_context(env, context, source)]
    podman = env.get("CONTAINER_HOST", "").strip()
    if podman:
        return [_named(podman, "CONTAINER_HOST", None)]
    return _sockets(env)


def _sockets(env: Mapping[str, str]) -> list[Endpoint]:
    runtime = env.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    places = [
        ("/var/run/docker.sock", "Docker's own socket"),
        (f"{runtime}/docker.sock", "rootless Docker's socket"),
        (f"{home(env)}/.docker/run/docker.sock", "Docker Desktop's socket"),
        (f"{runtime}/podman/podman.sock", "rootless Podman's socket"),
        ("/run/podman/podman.sock", "Podman's socket"),
    ]
    return [Endpoint(url=f"unix://{path}", why=why) for path, why in places]


def _named(url: str, source: str, tls: Tls | None) -> Endpoint:
    """An address that somebody wrote down."""
    scheme = url.partition("://")[0] if "://" in url else "tcp"
    if scheme in _LATER:
        raise usage_error("bad-engine-address", f"{source}={url}: {_LATER[scheme]} can't be used here", "name a unix, tcp or ssh address")
    if scheme not in _SCHEMES:
        hint = nearest(scheme, _SCHEMES) or "write unix:///PATH, tcp://HOST:PORT or ssh://HOST"
        raise usage_error("bad-engine-address", f"{source}={url} is not an engine's address", hint)
    address = url if "://" in url else f"tcp://{url}"
    if scheme == "unix":
        path = address.removeprefix("unix://") or "/var/run/docker.sock"
        return Endpoint(url=f"unix://{path if path.startswith('/') else '/' + path}", why=f"{source} names it")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise usage_error("bad-engine-address", f"{source}={url} is not an engine's address", f"write {scheme}://HOST:PORT") from None
    if not parts.hostname or (scheme != "ssh" and port is None):
        raise usage_error("bad-engine-address", f"{source}={url} has no host and port", f"write {scheme}://HOST:PORT")
    if scheme == "ssh":
        if parts.path not in ("", "/") or parts.password:
            raise usage_error("bad-engine-address", f"{source}={url}: only user, host and port may be given", "write ssh://USER@HOST")
        return Endpoint(url=address.rstrip("/"), why=f"{source} names it")
    if scheme == "https" and tls is None:
        tls = Tls()
    return Endpoint(url=f"tcp://{parts.netloc}{parts.path}".rstrip("/"), why=f"{source} names it", tls=tls)


def _tls_of_environment(env: Mapping[str, str]) -> Tls | None:
    """What DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH ask for."""
    verify = bool(env.get("DOCKER_TLS_VERIFY"))
    if not verify and not env.get("DOCKER_TLS"):
        return None
    folder = Path(env.get("DOCKER_CERT_PATH") or config_folder(env))
    return _tls_files(folder, verify, "DOCKER_CERT_PATH" if env.get("DOCKER_CERT_PATH") else "DOCKER_TLS_VERIFY")


def _tls_files(folder: Path, verify: bool, source: str) -> Tls:
    paths = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key")}
    there = {name: str(path) if path.is_file() else "" for name, path in paths.items()}
    if bool(there["cert"]) != bool(there["key"]):
        missing = paths["key" if there["cert"] else "cert"]
        raise usage_error("bad-tls", f"{source}: {missing} is not there", "a client certificate needs both cert.pem and key.pem")
    if verify and not there["ca"]:
        raise usage_error("bad-tls", f"{source}: {paths['ca']} is not there", "it must hold the certificate that the engine's is signed by")
    return Tls(**there, verify=verify)


def _of_context(env: Mapping[str, str], name: str, source: str) -> Endpoint:
    """The engine of one of docker's contexts: contexts/meta/ID/meta.json, with TLS files in contexts/tls/ID/docker."""
    folder = config_folder(env) / "contexts"
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    path = folder / "meta" / digest / "meta.json"
    try:
        meta = json.loads(path.read_bytes())
        docker = meta["Endpoints"]["docker"]
        host = docker["Host"]
        skip = bool(docker.get("SkipTLSVerify"))
        if not isinstance(host, str):
            raise TypeError(host)
    except (FileNotFoundError, NotADirectoryError):
        hint = nearest(name, _contexts(folder)) or "docker context ls lists those that are there"
        raise usage_error("no-such-context", f"there is no docker context {name}, which {source} names", hint) from None
    except OSError as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        hint = f"make it again: docker context create {name}"
        raise usage_error("bad-context", f"{path}: not a docker context with an engine", hint) from None
    files = folder / "tls" / digest / "docker"
    # A context without TLS files has SkipTLSVerify false as well: the files are what asks for TLS.
    tls = _tls_files(files, not skip, f"context {name}") if files.is_dir() and any(files.iterdir()) else Tls(verify=False) if skip else None
    found = _named(host or "unix:///var/run/docker.sock", f"context {name}", tls)
    return Endpoint(url=found.url, why=f"context {name}, which {source} names", tls=found.tls)


def _contexts(folder: Path) -> list[str]:
    """The names of the contexts that are there."""
    names: list[str] = []
    for path in sorted(folder.glob("meta/*/meta.json")):
        try:
            names.append(str(json.loads(path.read_bytes())["Name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return names
