# SPDX-License-Identifier: BSD-3-Clause
"""Scores our assembler against the test data of Go's own: expected bytes, printed forms and expected errors, line by line.

A line of a data file is `INSTRUCTION [// printed form] [// hex]`; hex may be several, joined by "or", or `empty`. In files of
errors, `// ERROR "part of the message"` stands behind every line that has one. A line is scored by the first Prog of it,
as GOROOT/src/cmd/asm/internal/asm/endtoend_test.go does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pygo_cross.arch.machine import machine
from pygo_cross.asm.assemble import Options, make_context, read
from pygo_cross.asm.parser import Parser
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.asm.preprocess import Source
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.prog import BRANCH, Addr, Prog

_ERROR: Final = re.compile(r"// ERROR ?(.*)")
_QUOTED: Final = re.compile(r'"([^"]*)"')
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+\Z")

ENCODINGS: Final = {
    "amd64": ("amd64enc", "amd64enc_extra", "amd64", "avx512enc/*"),
    "arm64": ("arm64", "arm64enc", "arm64sveenc"),
}
ERRORS: Final = {
    "amd64": (("amd64error", ()), ("amd64dynlinkerror", ("dynlink",)), ("buildtagerror", ()), ("duperror", ())),
    "arm64": (("arm64error", ()), ("arm64sveerror", ())),
}


@dataclass
class Score:
    """How many of a file's lines were as expected, and what was wrong of the others."""

    name: str
    good: int = 0
    total: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, good: bool, message: str) -> None:
        """One line."""
        self.total += 1
        if good:
            self.good += 1
        else:
            self.wrong.append(message)


def files(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The data files that the patterns name, in order."""
    return [path for pattern in patterns for path in sorted(folder.glob(pattern + ".s"))]


def _options(arch: str, goroot: Path) -> Options:
    options = Options(arch, "linux", includes=[str(goroot / "pkg/include")])
    options.all_errors = options.keep_going = options.simd = True
    return options


def _hexes(note: str) -> list[str] | None:
    """The encodings that a note gives, None if it is something else."""
    if note == "empty":
        return [""]
    parts = note.split(" or ")
    return parts if all(map(_HEX.match, parts)) else None


def score_encodings(path: Path, arch: str, goroot: Path) -> Score:
    """Scores the lines of a file that have expected bytes."""
    expected: dict[int, list[str]] = {}
    text: dict[int, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        parts = line.split("//")
        if line.startswith(("#include ", "GLOBL ")) or not parts[0].strip() or len(parts) == 1:
            continue
        hexes = _hexes(parts[-1].strip())
        if hexes is not None:
            expected[number] = hexes
            text[number] = parts[0].strip()
    options = _options(arch, goroot)
    context = make_context(options)
    read([str(path)], context, options)
    have: dict[int, str] = {}
    for symbol in context.text:
        assert symbol.func is not None
        progs = symbol.func.progs
        for at, prog in enumerate(progs):
            if prog.line in have:
                continue
            end = progs[at + 1].pc if at + 1 < len(progs) else prog.pc + prog.size
            have[prog.line] = bytes(symbol.data[prog.pc : end]).hex()
    errors = {diagnostic.pos.line: diagnostic.message for diagnostic in context.errors}
    score = Score(path.stem)
    for number, hexes in expected.items():
        found = have.get(number)
        what = errors.get(number) or f"have {found}, want {' or '.join(hexes)}"
        score.add(found in hexes and number not in errors, f"{path.name}:{number}: {text[number]}: {what}")
    return score


class _Forgetful(dict[tuple[str, ...], tuple[str, str, tuple[Addr, ...]]]):
    """Knows nothing, so that every instruction goes the whole way."""

    def get(self, key: object, default: object = None) -> None:  # type: ignore[override]
        return None


class _PrintingParser(Parser):
    """Prints each instruction when it is parsed: labels further on are not known then."""

    printed: dict[int, str]

    def append(self, prog: Prog) -> None:
        super().append(prog)
        args = prog.args
        if prog.target is None:
            prog.args = tuple(arg for arg in args if arg.type != BRANCH or arg.offset or arg.sym is not None)
        self.__dict__.setdefault("printed", {}).setdefault(prog.line, obj_format.instruction(prog, self.machine.show_operand))
        prog.args = args


def score_printing(path: Path, arch: str, goroot: Path) -> Score:
    """Scores the printed form of all instructions of a file, as they are parsed."""
    options = _options(arch, goroot)
    context = make_context(options)
    target = machine(arch)
    parser = _PrintingParser(context, target, Source(str(path), options.includes, [], PathRewriter("")), True)
    parser.placed = _Forgetful()
    parser.parse()
    printed = parser.printed
    score = Score(path.stem)
    sequence = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        parts = line.split("//")
        wanted = parts[0].strip()
        if line.startswith(("#include ", "GLOBL ")) or not wanted or wanted.endswith(":"):
            continue
        sequence += 1
        notes = [part.strip() for part in parts[1:]]
        if len(notes) == 2 or (len(notes) == 1 and _hexes(notes[0]) is None):
            wanted = notes[0]
        wanted = _canonical(wanted, sequence)
        score.add(printed.get(number) == wanted, f"{path.name}:{number}: have {printed.get(number)!r}, want {wanted!r}")
    return score


def _canonical(printed: str, sequence: int) -> str:
    """A printed form with the spacing of Go's printer, and with absolute branch targets."""
    out: list[str] = []
    nesting = 0
    for word in re.split(r"(,[ \t]*|[\[\]{}])", printed):
        if word[:1] in ("[", "{"):
            nesting += 1
        elif word[:1] in ("]", "}"):
            nesting -= 1
        out.append(("," if nesting else ", ") if word.startswith(",") else word)
    fields = "".join(out).split()
    for at in range(len(fields) - 1, -1, -1):
        match = re.fullmatch(r"(-?\d+)(\(PC\),?)", fields[at])
        if match:
            fields[at] = f"{sequence + int(match[1])}{match[2]}"
            break
    return fields[0] if len(fields) == 1 else fields[0] + "\t" + " ".join(fields[1:])


def score_errors(path: Path, arch: str, goroot: Path, flags: tuple[str, ...]) -> Score:
    """Scores every line: one with an expected error by its message, any other by having none."""
    options = _options(arch, goroot)
    options.dynlink = "dynlink" in flags
    context = make_context(options)
    read([str(path)], context, options)
    told: dict[int, list[str]] = {}
    for diagnostic in context.errors:
        told.setdefault(diagnostic.pos.line, []).append(diagnostic.message)
    score = Score(path.stem)
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        match = _ERROR.search(line)
        messages = told.get(number, [])
        if match:
            wanted = _QUOTED.findall(match[1])[0]
            score.add(any(wanted in message for message in messages), f"{path.name}:{number}: have {messages}, want {wanted!r}")
        elif messages:
            score.add(False, f"{path.name}:{number}: have {messages}, want no error")
    return score
