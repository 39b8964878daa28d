# SPDX-License-Identifier: BSD-3-Clause
"""Which files of a folder belong to a build: a target, and the tags that hold for it.

Facts: src/go/build/build.go (matchTag, goodOSArchFile), src/internal/syslist, src/internal/buildcfg/{cfg,exp}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.diag import UserError
from pygo_cross.target import Target

# Every GOOS and GOARCH that a file name's end can mean, past and future ones included.
KNOWN_OS: Final = frozenset([
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd", "openbsd", "plan9",
    "solaris", "wasip1", "windows", "zos",
])  # fmt: skip
KNOWN_ARCH: Final = frozenset([
    "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le", "mips64p32",
    "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
])  # fmt: skip

# The experiments that there are, in the order of src/internal/goexperiment/flags.go.
_EXPERIMENTS: Final = [
    "fieldtrack", "preemptibleloops", "staticlockranking", "boringcrypto", "regabiwrappers", "regabiargs", "heapminimum512kib",
    "arenas", "cgocheck2", "loopvar", "newinliner", "dwarf5", "jsonv2", "greenteagc", "randomizedheapbase64", "runtimefreegc",
    "sizespecializedmalloc", "simd", "runtimesecret", "mapsplitgroup",
]  # fmt: skip
_ALWAYS: Final = ("regabiwrappers", "regabiargs")
_BASELINE: Final = (*_ALWAYS, "randomizedheapbase64", "greenteagc", "jsonv2", "sizespecializedmalloc")


def experiments(goos: str, setting: str) -> list[str]:
    """The experiments that are on, by `GOEXPERIMENT`. Raises `UserError` for a name that there isn't."""
    on = set(_BASELINE) | ({"dwarf5"} if goos != "darwin" else set())
    for word in setting.split(","):
        if word == "none":
            on = set()
            continue
        name = word[2:] if word.startswith("no") else word
        if name == "regabi":
            names = set(_ALWAYS)
        elif name in _EXPERIMENTS:
            names = {name}
        elif not word:
            continue
        else:
            raise UserError.one("bad-env", f"unknown GOEXPERIMENT {name}", "set GOEXPERIMENT to experiments of Go " + GO_RELEASE)
        on = on - names if word.startswith("no") else on | names
    on |= set(_ALWAYS)
    return [name for name in _EXPERIMENTS if name in on]


def level_tags(target: Target, variant: str) -> list[str]:
    """`amd64.v1`, `amd64.v2` for GOAMD64=v2; for GOARM64 the levels up to this one, those of v8 that a v9 includes too.

    Raises `UserError` for a level that there isn't. What follows a comma in GOARM64 (`lse`, `crypto`) makes no tag.
    """
    name, *options = variant.split(",")
    if name not in target.variants or any(target.arch != "arm64" or option not in ("lse", "crypto") for option in options):
        raise UserError.one("bad-env", f"invalid {target.variable}: {variant}", "it is one of " + ", ".join(target.variants))
    if target.arch == "amd64":
        return [f"amd64.v{level}" for level in range(1, int(name[1:]) + 1)]
    major, minor = int(name[1]), int(name[3])
    tags = [f"arm64.v{major}.{level}" for level in range(minor + 1)]
    if major == 9:
        tags += [f"arm64.v8.{level}" for level in range(min(minor + 5, 9) + 1)]
    return tags


class Context:
    """A target and the tags that hold: answers whether a tag does, and whether a file's name fits.

    `goos` and `goarch` are the target's. `tags` are the user's own. cgo is never on.
    """

    __slots__ = ("_true", "goarch", "goos", "release_tags", "tags", "target", "tool_tags", "variant")

    def __init__(self, target: Target, tags: Iterable[str] = (), variant: str = "", experiment: str = "") -> None:
        self.target = target
        self.goos, self.goarch = target.os, target.arch
        self.variant = variant or target.variant
        self.tags = tuple(tags)
        self.tool_tags = ["goexperiment." + name for name in experiments(target.os, experiment)] + level_tags(target, self.variant)
        self.release_tags = [f"go1.{minor}" for minor in range(1, int(GO_RELEASE.split(".")[1]) + 1)]
        true = {self.goos, self.goarch, "gc", "unix", *self.tags, *self.tool_tags, *self.release_tags}
        if "goexperiment.boringcrypto" in true:
            true.add("boringcrypto")
        self._true = frozenset(true)

    def match(self, tag: str) -> bool:
        """Whether a tag holds."""
        return tag in self._true

    def fits(self, name: str) -> bool:
        """Whether the end of a file's name (`_linux`, `_arm64`, `_linux_arm64`, with `_test` behind or not) fits the target."""
        stem = name.partition(".")[0]
        words = stem.split("_")
        if len(words) < 2:
            return True
        del words[0]
        if words[-1] == "test":
            del words[-1]
            if not words:
                return True
        last = words[-1]
        if len(words) >= 2 and last in KNOWN_ARCH and words[-2] in KNOWN_OS:
            return last in self._true and words[-2] in self._true
        if last in KNOWN_OS or last in KNOWN_ARCH:
            return last in self._true
        return True
