# SPDX-License-Identifier: BSD-3-Clause
"""What the environment says about loading: the go command's variables, its files of defaults, and its flags in GOFLAGS.

A variable comes from the environment, else from the user's file of settings (GOENV), else from go.env in GOROOT.
Facts: src/cmd/go/internal/cfg/cfg.go, src/cmd/go/internal/base/goflags.go.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.load.context import Context
from pygo_cross.target import Target

_FLAG: Final = re.compile(r"""--?([^=\s"']+)(?:=(.*))?""", re.DOTALL)


def _read_env(path: str) -> dict[str, str]:
    """The NAME=value lines of a file of settings; nothing where it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        line = line.strip()
        name, equals, value = line.partition("=")
        if equals and re.fullmatch("[A-Z][A-Z0-9_]*", name):
            found[name] = value
    return found


def split_flags(text: str) -> list[str]:
    """GOFLAGS as words: separated by space, a word may be in quotes of either kind. Raises `UserError` for a quote that doesn't end."""
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in "\"'":
            stop = text.find(text[at], at + 1)
            if stop < 0:
                raise UserError.one("bad-env", f"GOFLAGS={text}: unterminated {text[at]} string", "end it")
            words.append(text[at + 1 : stop])
            at = stop + 1
        else:
            stop = at
            while stop < len(text) and not text[stop].isspace():
                stop += 1
            words.append(text[at:stop])
            at = stop
    return words


class Settings:
    """How to load: where, for which target, and with which of the go command's variables and flags.

    `mod` is `readonly`, `vendor`, `mod` or nothing (the default, which depends on the module). Flags given here win over GOFLAGS.
    """

    __slots__ = (
        "_env", "_files", "context", "cwd", "goroot", "mod", "mod_cache_rw", "mod_file", "offline", "src", "target", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        goroot: str | os.PathLike[str],
        target: Target,
        cwd: str | os.PathLike[str] = "",
        *,
        env: Mapping[str, str] | None = None,
        tags: Iterable[str] | None = None,
        mod: str = "",
        timeout: float = 30.0,
    ) -> None:
        """Raises `UserError` where a variable or flag can't be as it is."""
        self.goroot = os.fspath(goroot)
        self.src = os.path.join(self.goroot, "src")
        self.cwd = os.path.normpath(os.path.join(os.getcwd(), os.fspath(cwd)))
        self._env = dict(os.environ if env is None else env)
        if env is None and not cwd and self._env.get("PWD") and _same(self._env["PWD"], self.cwd):
            self.cwd = self._env["PWD"]
        self._files = [_read_env(os.path.join(self.goroot, "go.env"))]
        if path := self._user_file():
            self._files.insert(0, _read_env(path))
        self.timeout = timeout
        """How long a proxy may be silent, in seconds."""
        flags = self._flags()
        self.mod = mod or flags.get("mod", "")
        if self.mod not in ("", "readonly", "vendor", "mod"):
            raise UserError.one("bad-flag", f"-mod={self.mod} not supported", "it is readonly, vendor or mod")
        self.mod_file = flags.get("modfile", "")
        if self.mod_file and not self.mod_file.endswith(".mod"):
            raise UserError.one("bad-flag", f"-modfile={self.mod_file}: file does not have .mod extension", "name one that has")
        if self.mod_file:
            self.mod_file = os.path.join(self.cwd, self.mod_file)
        self.mod_cache_rw = flags.get("modcacherw", "false") in ("", "true", "1")
        self.target = target
        words = flags.get("tags", "").replace(",", " ").split() if tags is None else list(tags)
        self.context = Context(target, words, self.get(target.variable), self.get("GOEXPERIMENT"))
        if self.get("GOFIPS140", "off") != "off":
            raise UserError.one("not-supported", f"GOFIPS140={self.get('GOFIPS140')} is not supported", "unset it")
        if self.get("GO111MODULE", "on") not in ("on", "auto"):
            raise UserError.one("not-supported", f"GO111MODULE={self.get('GO111MODULE')}: packages are found by modules only", "unset it")

    def get(self, name: str, default: str = "") -> str:
        """A variable; one that is empty counts as unset."""
        if value := self._env.get(name):
            return value
        for file in self._files:
            if value := file.get(name):
                return value
        return default

    def _user_file(self) -> str:
        named = self._env.get("GOENV")
        if named == "off":
            return ""
        if named:
            return named
        home = self._env.get("HOME", "")
        if sys.platform == "darwin":
            return os.path.join(home, "Library/Application Support/go/env") if home else ""
        config = self._env.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
        return os.path.join(config, "go/env") if config else ""

    def _flags(self) -> dict[str, str]:
        text = self.get("GOFLAGS")
        found: dict[str, str] = {}
        for word in split_flags(text):
            flag = _FLAG.fullmatch(word)
            if flag is None:
                raise UserError.one("bad-env", f"parsing GOFLAGS: non-flag {word!r}", "each word begins with a dash")
            found[flag[1]] = flag[2] if flag[2] is not None else ""
        return found

    @property
    def gopath(self) -> str:
        """The first folder of GOPATH, or its default; nothing where there is no home."""
        value = self.get("GOPATH")
        if value:
            return value.split(os.pathsep)[0]
        home = self._env.get("HOME", "")
        default = os.path.join(home, "go") if home else ""
        return "" if os.path.normpath(default or "/") == os.path.normpath(self.goroot) else default

    @property
    def module_cache(self) -> str:
        """The folder that modules are unpacked in. Raises `UserError` where there is none."""
        named = self.get("GOMODCACHE")
        if not named and self.gopath:
            named = os.path.join(self.gopath, "pkg/mod")
        if not named:
            raise UserError.one("no-module-cache", "module cache not found: neither GOMODCACHE nor GOPATH is set", "set GOMODCACHE")
        if not os.path.isabs(named):
            raise UserError.one("bad-env", f"GOMODCACHE entry is relative; must be absolute path: {named!r}", "give the whole path")
        return named

    def absolute(self, path: str) -> str:
        """A path as seen from the working directory, cleaned."""
        return os.path.normpath(os.path.join(self.cwd, path))

    def short(self, path: str) -> str:
        """The path as errors name it: relative to the working directory where that is shorter."""
        if not os.path.isabs(path):
            return path
        relative = os.path.relpath(path, self.cwd)
        return relative if len(relative) < len(path) else path


def _same(one: str, other: str) -> bool:
    try:
        return os.path.isabs(one) and os.path.samefile(one, other)
    except OSError:
        return False
