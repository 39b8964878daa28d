# SPDX-License-Identifier: BSD-3-Clause
"""What of the host's environment a build in a container has: the variables that change what is built or how it is shown, and no other.

Names of what users may have set with `go env -w` and in git's own configuration count as the environment: both change a build.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pygo_cross.records import usage_error

_GO: Final = (
    *("GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOFLAGS", "GOEXPERIMENT", "GODEBUG", "GOFIPS140", "GOWORK", "GO111MODULE"),
    *("GOPROXY", "GOPRIVATE", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS"),
)
_OTHER: Final = ("SOURCE_DATE_EPOCH", "NO_COLOR", "CI", "TERM", "TZ", "PYGO_CROSS_CONFIG", "PYGO_CROSS_DEBUG", "PYGO_CROSS_STOCK")
PASSED: Final = (*_GO, *_OTHER)
"""Variables that are passed on where they are set."""

_GIT: Final = (
    *("core.autocrlf", "core.eol", "core.safecrlf", "core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode"),
    *("core.excludesfile", "core.attributesfile", "status.showuntrackedfiles", "core.quotepath"),
)
"""Settings of the user's that change what `git status` finds, and so whether a build is stamped as modified."""
_ENV_NAME: Final = re.compile(r"\.Env\.([A-Za-z_][A-Za-z0-9_]*)|\b(?:envOrDefault|isEnvSet)\s+\"([A-Za-z_][A-Za-z0-9_]*)\"")


def environment(env: Mapping[str, str], template: str, more: Iterable[str]) -> dict[str, str]:
    """The variables for the container: those of `PASSED`, those that `template` (the text of a configuration) asks for, and `more` of the
    user's (NAME or NAME=VALUE). Raises `UserError` for one that is not set."""
    base = {**go_env_file(env), **env}
    names = [*PASSED, *(first or second for first, second in _ENV_NAME.findall(template))]
    passed = {name: base[name] for name in names if name in base}
    for setting in more:
        name, equals, value = setting.partition("=")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise usage_error("bad-env", f"--container-env {setting}: not a variable's name", "write NAME or NAME=VALUE")
        if not equals and name not in env:
            raise usage_error("bad-env", f"--container-env {name}: it is not set here", f"write {name}=VALUE")
        passed[name] = value if equals else env[name]
    return passed


def go_env_file(env: Mapping[str, str]) -> dict[str, str]:
    """What `go env -w` has set (src/cmd/go/internal/cfg/cfg.go, EnvFile): the Go variables of `PASSED` alone."""
    named = env.get("GOENV", "")
    if named == "off":
        return {}
    if not named:
        home = env.get("HOME", "")
        folder = f"{home}/Library/Application Support" if sys.platform == "darwin" else env.get("XDG_CONFIG_HOME") or f"{home}/.config"
        named = f"{folder}/go/env"
    try:
        text = Path(named).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return {}
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name: value for name, _, value in lines if name in _GO}


def git_settings() -> tuple[dict[str, str], list[Path]]:
    """The user's git settings that matter, as variables (git-config, GIT_CONFIG_COUNT), and the files that they name."""
    try:
        done = subprocess.run(
            ["git", "config", "--list", "--includes", "-z"],
            cwd="/",  # the repository's own are in the repository
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        listed = done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
    except OSError:
        listed = ""
    found: dict[str, str] = {}
    for entry in listed.split("\0"):
        name, _, value = entry.partition("\n")
        if name in _GIT:
            found[name] = value
    configs = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    for name, default in (("core.excludesfile", "ignore"), ("core.attributesfile", "attributes")):
        path = os.path.expanduser(found.pop(name, f"{configs}/git/{default}"))
        if os.path.isfile(path):
            found[name] = os.path.abspath(path)
    settings = {"GIT_CONFIG_COUNT": str(len(found))} if found else {}
    for at, (name, value) in enumerate(sorted(found.items())):
        settings[f"GIT_CONFIG_KEY_{at}"], settings[f"GIT_CONFIG_VALUE_{at}"] = name, value
    return settings, [Path(found[name]) for name in ("core.excludesfile", "core.attributesfile") if name in found]
