# SPDX-License-Identifier: BSD-3-Clause
"""What the environment says of the target: GOOS, GOARCH, the architecture's level and GOEXPERIMENT.

The first line of every object tells all of it, and the linker refuses objects whose lines differ.
Facts: GOROOT/src/internal/buildcfg/{cfg,exp}.go, internal/goexperiment/flags.go, cmd/internal/objabi/util.go (HeaderString).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.diag import EXIT_USAGE, UserError

EXPERIMENTS: Final = (
    "FieldTrack",
    "PreemptibleLoops",
    "StaticLockRanking",
    "BoringCrypto",
    "RegabiWrappers",
    "RegabiArgs",
    "HeapMinimum512KiB",
    "Arenas",
    "CgoCheck2",
    "LoopVar",
    "NewInliner",
    "Dwarf5",
    "JSONv2",
    "GreenTeaGC",
    "RandomizedHeapBase64",
    "RuntimeFreegc",
    "SizeSpecializedMalloc",
    "SIMD",
    "RuntimeSecret",
    "MapSplitGroup",
)
"""All experiments of the release, in Go's order."""

_DEFAULT: Final = ("regabiwrappers", "regabiargs", "dwarf5", "jsonv2", "greenteagc", "randomizedheapbase64", "sizespecializedmalloc")
_ALWAYS: Final = ("regabiwrappers", "regabiargs")
_LEVELS: Final = {"amd64": ("GOAMD64", "v1"), "arm64": ("GOARM64", "v8.0")}
_VALID_LEVEL: Final = {"GOAMD64": re.compile("v[1-4]"), "GOARM64": re.compile(r"v(8\.[0-9]|9\.[0-5])(,lse|,crypto){0,2}")}
_HOSTS: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class GoEnv:
    """A target. `experiments` are those that are on, in Go's order and in small letters."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.goos = environment.get("GOOS") or ("darwin" if sys.platform == "darwin" else "linux")
        self.goarch = environment.get("GOARCH") or _HOSTS.get(os.uname().machine.lower(), "amd64")
        if self.goarch not in _LEVELS:
            what = f"unrecognized architecture {self.goarch}"
            raise UserError.one("unknown-arch", what, "set GOARCH to amd64 or arm64", status=EXIT_USAGE)
        if self.goos not in ("linux", "darwin"):
            raise UserError.one("unknown-os", f"unknown operating system {self.goos}", "set GOOS to linux or darwin", status=EXIT_USAGE)
        variable, level = _LEVELS[self.goarch]
        chosen = environment.get(variable) or level
        if not _VALID_LEVEL[variable].fullmatch(chosen):
            what = f"invalid {variable}: {chosen}"
            raise UserError.one("unknown-level", what, f"leave it out for {level}", status=EXIT_USAGE)
        self.level = f"{variable}={chosen}"
        self.experiments = _experiments(self.goos, environment.get("GOEXPERIMENT", ""))

    def header(self) -> str:
        """The first line of an object."""
        return f"go object {self.goos} {self.goarch} go{GO_RELEASE} {self.level} X:{','.join(self.experiments)}\n"


def _experiments(goos: str, wanted: str) -> list[str]:
    """The experiments that are on when GOEXPERIMENT is `wanted`. Raises UserError for one that there is not."""
    known = [name.lower() for name in EXPERIMENTS]
    on = set(_DEFAULT)
    if goos == "darwin":
        on.discard("dwarf5")
    for word in filter(None, wanted.split(",")):
        if word == "none":
            on.clear()
            continue
        name, value = (word[2:], False) if word.startswith("no") else (word, True)
        names = _ALWAYS if name == "regabi" else (name,)
        for one in names:
            if one not in known:
                raise UserError.one("unknown-experiment", f"unknown GOEXPERIMENT {word}", status=EXIT_USAGE)
            (on.add if value else on.discard)(one)
    on.update(_ALWAYS)
    return [name for name in known if name in on]
