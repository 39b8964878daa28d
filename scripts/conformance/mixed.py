# SPDX-License-Identifier: BSD-3-Clause
"""Programs of one package compiled by us in this process, with all else from stock Go: seconds a program instead of a build.

`Kit` has the archives of the standard library as the go command's cache has them, each with our record of its declarations, made once and
kept in a folder; a program is compiled in a forked child, and linked by stock's linker.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from conformance.gopackages import environment
from pygo_cross import wholefile
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.toolexec import with_record
from pygo_cross.compile import Compilation
from pygo_cross.compileflags import Flags
from pygo_cross.diag import InternalError, UserError
from pygo_cross.frontend import record
from pygo_cross.frontend.record import Store
from pygo_cross.types import exportformat, exportwrite

LANGUAGE = "go1.27"


def _format() -> str:
    """A name that changes when what records are made of changes."""
    sources = [Path(str(module.__file__)).read_bytes() for module in (exportformat, exportwrite, record)]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:12]


class Kit:
    """The standard library, or a part of it, to compile against: the packages that match `patterns`, and what they import."""

    def __init__(self, folder: Path, patterns: list[str]) -> None:
        self.folder = folder = folder / _format()
        self.goroot = find_goroot()
        self.environment = {**environment("linux/amd64"), "GOROOT": str(self.goroot)}
        folder.mkdir(parents=True, exist_ok=True)
        gc.disable()
        self.stock: dict[str, str] = {}
        self.config = folder / "importcfg"
        self._prepare(patterns)

    def _prepare(self, patterns: list[str]) -> None:
        command = [
            str(self.goroot / "bin/go"),
            "list",
            "-export",
            "-deps",
            "-json=ImportPath,Export,Dir,GoFiles,ImportMap,Imports",
            *patterns,
        ]
        done = subprocess.run(command, env=environment("linux/amd64"), capture_output=True, text=True, check=True)
        decoder, at, packages = json.JSONDecoder(), 0, []
        while at < len(done.stdout):
            found, at = decoder.raw_decode(done.stdout, at)
            packages.append(found)
            while at < len(done.stdout) and done.stdout[at].isspace():
                at += 1
        lines: list[str] = []
        for package in packages:
            path = package["ImportPath"]
            if path == "unsafe":
                continue
            self.stock[path] = package["Export"]
            place = self.folder / (path.replace("/", "%") + ".a")
            if not place.exists() or place.stat().st_mtime < Path(package["Export"]).stat().st_mtime:
                self._record(package, place, lines)
            lines.append(f"packagefile {path}={place}\n")
        wholefile.put(str(self.config), "".join(lines).encode())

    def _record(self, package: dict[str, Any], place: Path, before: list[str]) -> None:
        path = package["ImportPath"]
        config = self.folder / f"importcfg.{os.getpid()}"
        mapped = [f"importmap {a}={b}\n" for a, b in package.get("ImportMap", {}).items()]
        config.write_text("".join([*mapped, *before]), encoding="utf-8")
        files = [os.path.join(package["Dir"], name) for name in package["GoFiles"]]
        flags = Flags(["-p", path, "-std", f"-lang={LANGUAGE}", "-pack", "-importcfg", str(config), "-o", str(place), *files])
        compilation = Compilation(flags, self.environment, self.goroot, Store(None), str(self.folder))
        wholefile.put(str(place), with_record(package["Export"], compilation.declarations()))

    def compile(self, sources: list[str], out: str, debug: list[str] | None = None, strip: bool = True) -> str:
        """A program, compiled in a child of this process and linked, stripped or not; what went wrong, or nothing."""
        object_file = out + ".a"
        pipe, end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(pipe)
            status = 1
            try:
                message = self._compile(sources, object_file, debug or [])
                os.write(end, message.encode("utf-8", "replace")[:60000])
                status = 0
            finally:
                os._exit(status)
        os.close(end)
        with os.fdopen(pipe, "rb") as reader:
            message = reader.read().decode("utf-8", "replace")
        _pid, code = os.waitpid(child, 0)
        if message or code:
            return message or f"the compiler ended with {os.waitstatus_to_exitcode(code)}"
        config = out + ".link"
        lines = [f"packagefile main={object_file}\n", *(f"packagefile {path}={export}\n" for path, export in self.stock.items())]
        Path(config).write_text("".join(lines), encoding="utf-8")
        tool = next((self.goroot / "pkg/tool").glob("*/link"))
        command = [str(tool), "-o", out, "-importcfg", config, *(("-s", "-w") if strip else ()), "-buildmode=exe", object_file]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        for name in (config, object_file):
            os.unlink(name)
        return "link: " + (done.stderr + done.stdout)[-2000:] if done.returncode else ""

    def _compile(self, sources: list[str], object_file: str, debug: list[str]) -> str:
        words = ["-p", "main", f"-lang={LANGUAGE}", "-complete", "-pack", "-importcfg", str(self.config), "-o", object_file]
        words += [f"-d={word}" for word in debug]
        try:
            flags = Flags([*words, *sources])
            compiled = Compilation(flags, self.environment, self.goroot, Store(None), os.path.dirname(sources[0])).compile()
            wholefile.put(object_file, compiled.archive(b""))
        except UserError as error:
            return "\n".join(str(diagnostic) for diagnostic in error.diagnostics)
        except InternalError as error:
            return str(error)
        except Exception:
            return traceback.format_exc()
        return ""


PATTERNS = [
    "fmt",
    "os",
    "sort",
    "strings",
    "strconv",
    "reflect",
    "math/rand",
    "math/big",
    "math/cmplx",
    "time",
    "errors",
    "sync/atomic",
    "bytes",
    "log",
    "io",
    "text/tabwriter",
    "encoding/json",
    "encoding/xml",
    "encoding/binary",
    "encoding/gob",
    "context",
    "regexp",
    "crypto/md5",
    "crypto/sha256",
    "container/...",
    "runtime/...",
    "go/ast",
    "bufio",
    "unicode/utf8",
    "unicode/utf16",
    "slices",
    "maps",
    "iter",
    "testing",
    "hash/crc32",
    "os/exec",
    "os/signal",
    "path/filepath",
    "io/ioutil",
    "unicode",
    "cmp",
    "flag",
    "html/template",
    "compress/gzip",
    "net/http",
    "go/types",
    "go/parser",
    "go/token",
    "crypto/sha1",
    "hash/fnv",
    "unique",
    "weak",
]
"""What test programs import."""


def main(argv: list[str]) -> int:
    """`python3 scripts/conformance/mixed.py FOLDER OUT SOURCE...`: one program."""
    kit = Kit(Path(argv[0]), PATTERNS)
    problem = kit.compile(
        [os.path.abspath(name) for name in argv[2:] if not name.startswith("-")],
        os.path.abspath(argv[1]),
        [name[1:] for name in argv[2:] if name.startswith("-")],
    )
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
