# SPDX-License-Identifier: BSD-3-Clause
"""Programs of one package compiled by us in this process, with all else from stock Go: seconds a program instead of a build.

`Kit` has the archives of the standard library as the go command's cache has them, each with our record of its declarations, made once and
kept in a folder; a program is compiled in a forked child, and linked by stock's linker. Programs may have several packages
(`conformance/testprograms.py`), and `Kit` builds them by stock's compiler as well.
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
from conformance.testprograms import Package
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
    """The standard library of a target, or a part of it, to compile against: the packages that match `patterns`, and what they import."""

    def __init__(self, folder: Path, patterns: list[str], target: str = "linux/amd64") -> None:
        self.folder = folder = folder / _format() / ("" if target == "linux/amd64" else target.replace("/", "_"))
        self.goroot = find_goroot()
        self.target = target
        self.environment = {**environment(target), "GOROOT": str(self.goroot)}
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
            "-gcflags=std=-linkshared",  # by name, as when we compile beside stock: else each has a method table of its own for one type
            "-json=ImportPath,Export,Dir,GoFiles,ImportMap,Imports",
            *patterns,
        ]
        done = subprocess.run(command, env=environment(self.target), capture_output=True, text=True, check=True)
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
        return self.build([Package("main", sources)], out, [f"-d={word}" for word in debug or []], strip=strip)

    def build(
        self,
        packages: list[Package],
        out: str,
        flags: list[str],
        link_flags: list[str] | None = None,
        strip: bool = True,
        stock: bool = False,
        link: bool = True,
    ) -> str:
        """The packages of a program, each behind what it imports, compiled by us or by stock and linked; what went wrong, or nothing."""
        config, archives = out + ".importcfg", [f"{out}.{number}.a" for number in range(len(packages))]
        try:
            ours = self.config.read_text(encoding="utf-8")
            theirs = "".join(f"packagefile {path}={export}\n" for path, export in self.stock.items())
            for package, archive in zip(packages, archives, strict=True):
                Path(config).write_text(theirs if stock else ours, encoding="utf-8")
                words = ["-p", package.path, "-D", "test", "-pack", "-importcfg", config, "-o", archive, *flags, *package.files]
                message = self._by_stock(words) if stock else self._by_us([f"-lang={LANGUAGE}", *words])
                if message:
                    return message
                ours += f"packagefile {package.path}={archive}\n"
                theirs += f"packagefile {package.path}={archive}\n"
            if not link:
                return ""
            Path(config).write_text(theirs, encoding="utf-8")
            tool = next((self.goroot / "pkg/tool").glob("*/link"))
            command = [str(tool), "-o", out, "-importcfg", config, *(("-s", "-w") if strip else ()), *(link_flags or []), archives[-1]]
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
            return "link: " + (done.stderr + done.stdout)[-2000:] if done.returncode else ""
        finally:
            for name in (config, *archives):
                Path(name).unlink(missing_ok=True)

    def _by_stock(self, words: list[str]) -> str:
        tool = next((self.goroot / "pkg/tool").glob("*/compile"))
        done = subprocess.run([str(tool), *words], env=self.environment, capture_output=True, text=True, errors="replace", check=False)
        return done.stdout + done.stderr or f"exit status {done.returncode}" if done.returncode else ""

    def _by_us(self, words: list[str]) -> str:
        pipe, end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(pipe)
            status = 1
            try:
                message = self._compile(words)
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
        return ""

    def _compile(self, words: list[str]) -> str:
        try:
            flags = Flags(words)
            compilation = Compilation(flags, self.environment, self.goroot, Store(None), os.path.dirname(flags.files[0]))
            wholefile.put(flags.output, compilation.compile().archive(b""))
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
