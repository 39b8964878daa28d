# SPDX-License-Identifier: BSD-3-Clause
"""The errorcheck programs of Go 1.19's test directory, and what stock's compiler says of them today.

Debian's golang-1.19-src has the directory, in /usr/share/go-1.19/test. A program is kept if stock reports errors at exactly the lines
that its ERROR comments name: the language and its messages have moved on, and what stock does now is what counts.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance import gopackages
from conformance.expectations import error_lines
from pygo_cross.build.goroot import find_goroot

FOLDER = Path("/usr/share/go-1.19/test")

_MESSAGE = re.compile(r"^(?:.*/)?([^/:]+\.go):(\d+)(?::(\d+))?: (.*)$")
_IMPORT = re.compile(r'^\s*(?:import\s+)?(?:[\w.]+\s+)?["`]([\w/]+)["`]\s*;?\s*(?://.*)?$', re.MULTILINE)


@dataclass
class Program:
    """A program that must not compile: `flags` for the compiler, and the lines that it expects errors at."""

    path: Path
    flags: list[str]
    lines: set[int]

    @property
    def lang(self) -> str:
        """The language version that is asked for, or the newest."""
        return next((flag.removeprefix("-lang=") for flag in self.flags if flag.startswith("-lang=")), "go1.27")


def programs(folder: Path = FOLDER) -> Iterator[Program]:
    """The programs that a front end alone can judge: those that must be refused, with no flag for what comes behind it."""
    for path in sorted(folder.rglob("*.go")):
        source = path.read_text(encoding="utf-8", errors="surrogateescape")
        head = source.partition("\n\n")[0].split("\n")
        if "+build" in head[0] and len(head) > 1:
            head = head[1:]
        words = head[0].removeprefix("//").split()
        if words[:1] != ["errorcheck"] or "-0" in words:
            continue
        flags = [word for word in words[1:] if word.startswith("-") and word not in ("-t", "-d=panic")]
        lines = set(error_lines(source))
        if lines and not source.startswith("\n"):
            yield Program(path, flags, lines)


@dataclass
class Message:
    """What a compiler said: place, text, and further lines that belong to it."""

    line: int
    column: int
    text: str


def messages(output: str) -> list[Message]:
    """The messages in a compiler's output, in its order."""
    found: list[Message] = []
    for line in output.splitlines():
        if line.startswith("\t"):
            if found:
                found[-1].text += "\n" + line
        elif match := _MESSAGE.match(line):
            found.append(Message(int(match[2]), int(match[3] or 0), match[4]))
    return found


def _stock(program: Program, importcfg: Path, scratch: Path) -> list[Message]:
    command = [str(find_goroot() / "bin/go"), "tool", "compile", "-p=p", "-e", f"-importcfg={importcfg}", f"-o={scratch / 'a.o'}"]
    done = subprocess.run(
        [*command, *program.flags, program.path.name], cwd=program.path.parent, capture_output=True, text=True, check=False
    )
    return messages(done.stdout + done.stderr) if done.returncode else []


def stock_messages(wanted: list[Program], cache: Path) -> dict[Path, list[Message]]:
    """What stock's compiler says of each program; kept in `cache`."""
    digest = hashlib.sha256()
    for program in wanted:
        digest.update(f"{program.path} {program.flags}\n".encode() + program.path.read_bytes())
    digest.update((find_goroot() / "VERSION").read_bytes())
    kept = cache / f"errorcheck-{digest.hexdigest()[:32]}.json"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as name:
            scratch = Path(name)
            (scratch / "importcfg").write_text(_importcfg(imports(wanted)), encoding="utf-8")
            said = {str(program.path): _stock(program, scratch / "importcfg", scratch) for program in wanted}
            rows = {path: [[message.line, message.column, message.text] for message in found] for path, found in said.items()}
            (scratch / "said.json").write_text(json.dumps(rows), encoding="utf-8")
            (scratch / "said.json").replace(kept)
    loaded = json.loads(kept.read_text(encoding="utf-8"))
    return {Path(path): [Message(*row) for row in rows] for path, rows in loaded.items()}


def imports(wanted: list[Program]) -> list[str]:
    """The packages of std that programs import."""
    found = set()
    for program in wanted:
        found |= set(_IMPORT.findall(program.path.read_text(encoding="utf-8", errors="surrogateescape")))
    return sorted(name for name in found if (find_goroot() / "src" / name).is_dir() and name not in ("unsafe", "C", "internal"))


def _importcfg(packages: list[str]) -> str:
    command = [
        str(find_goroot() / "bin/go"),
        "list",
        "-deps",
        "-export",
        "-f",
        "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}",
    ]
    settings = gopackages.environment("linux/amd64")
    return subprocess.run([*command, *packages], env=settings, capture_output=True, text=True, check=True).stdout


def still_reported(cache: Path) -> list[tuple[Program, list[Message]]]:
    """The programs that are kept, with what stock says of them."""
    wanted = list(programs())
    said = stock_messages(wanted, cache)
    return [(program, said[program.path]) for program in wanted if {message.line for message in said[program.path]} == program.lines]
