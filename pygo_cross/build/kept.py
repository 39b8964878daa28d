# SPDX-License-Identifier: BSD-3-Clause
"""A compilation that is kept, to be done again without the go command: `-d ssa/keep=FOLDER` under -toolexec.

The go command removes its scratch folders, and what lies there (which archives are imported, what the assembly needs, sources that tools
have written) is a part of the compilation. The folder then has these files, under numbers, and `command.json`: the arguments, the target,
and the fingerprint by which importers know the object. `Kept.compile` makes the archive again, with other switches: what bisection does,
and whoever wants to see a bug again. A package's own tests are another compilation of it: each has a folder in that folder.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pygo_cross.compile import Compilation
from pygo_cross.compileflags import Flags
from pygo_cross.frontend.record import Store
from pygo_cross.obj.archive import members, split_object
from pygo_cross.obj.goobj import STEXT
from pygo_cross.obj.reader import Object

SWITCH: Final = "ssa/keep"
_COMMAND: Final = "command.json"
_TARGET: Final = ("GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOROOT", "CGO_ENABLED")


class Kept(NamedTuple):
    """What a compilation needs: arguments, working folder, variables of the environment, and the object's fingerprint."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    fingerprint: str

    @staticmethod
    def read(folder: Path) -> Kept:
        """What is kept in a folder."""
        return Kept(**json.loads((folder / _COMMAND).read_text()))

    def flags(self, *switches: str) -> Flags:
        """The command line, with more switches of -d."""
        return Flags([*(f"-d={switch}" for switch in switches), *self.words])

    def compile(self, goroot: Path, store: Store, *switches: str) -> bytes:
        """The archive, without stock's export data. Raises as the compiler does."""
        compilation = Compilation(self.flags(*switches), self.environment, goroot, store, self.folder)
        return compilation.compile(bytes.fromhex(self.fingerprint)).archive(b"")


def keep(folder: Path, words: Sequence[str], flags: Flags, environment: Mapping[str, str], fingerprint: bytes) -> None:
    """Keep a compilation. What lies beside its output, or below, is copied."""
    folder /= "tests" if any(name.endswith("_test.go") for name in flags.files) else "package"
    folder.mkdir(parents=True, exist_ok=True)
    scratch = os.path.dirname(os.path.abspath(flags.output)) + os.sep
    result: list[str] = []
    for word in words:
        if word.startswith("-d") and SWITCH in word:
            continue
        if os.path.abspath(word).startswith(scratch) and os.path.isfile(word) and word != flags.output:
            copy = folder / f"{len(result)}-{os.path.basename(word)}"
            shutil.copyfile(word, copy)
            word = str(copy)
        result.append(word)
    target = {name: environment[name] for name in _TARGET if name in environment}
    kept = Kept(result, os.getcwd(), target, fingerprint.hex())
    (folder / _COMMAND).write_text(json.dumps(kept._asdict(), indent=1))


def functions(archive: bytes) -> list[str]:
    """The link names of the functions in an archive of ours, sorted."""
    (body,) = (member.body for member in members("archive", memoryview(archive)) if member.name == "_go_.o")
    found = Object("archive", split_object("archive", body)[1])
    kinds = found.kinds()
    return sorted({found.name(index) for index in range(found.nall) if kinds[index] == STEXT})
