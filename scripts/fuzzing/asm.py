# SPDX-License-Identifier: BSD-3-Clause
"""Assembly of GOROOT with mistakes put in: ours says what go tool asm says, at the same line, or makes the same object.

    scripts/fuzz asm [--arch arm64] [--count 1000] [--seed 1] [--keep FOLDER] [--only NUMBER]

A case is a part of a real file in which one to three lines were changed by chance; its number and the seed make it again. Stock
prints its messages at once and at times the same again, ours are sorted and each is there once: they are compared as sets, and where stock
tells no line, ours may.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from pygo_cross.asm.assemble import Options, assemble
from pygo_cross.asm.goenv import GoEnv
from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError

_SECONDS = 20  # for what takes a hundredth of one
_LINES = 14
_TOKEN = re.compile(r"[\w\u00b7\u2215.]+|\s+|.")
_LABEL = re.compile(r"([A-Za-z_]\w*):")
_JUMP = re.compile(r"\t(?:J\w+|B\w*|CBN?ZW?|TBN?Z|LOOP)\b[^;]*?[\s,]([a-zA-Z]\w{3,})$")
_NUMBERS = (
    "0", "1", "-1", "3", "7", "8", "15", "16", "31", "32", "63", "64", "127", "128", "255", "256", "4095", "4096", "0x7fff", "0x8000",
    "0xffff", "0x10000", "0x7fffffff", "0x80000000", "0xffffffff", "0x100000000", "-0x80000000", "-0x80000001", "0x7fffffffffffffff",
    "0x8000000000000000", "0xffffffffffffffff", "0x10000000000000000", "1.5", "0x", "1e999", "'a'", '"x"', "0b12", "1_000",
)  # fmt: skip
_PUNCTUATION = (
    "(", ")", "[", "]", ",", ":", ";", "$", "*", "/", "+", "-", "<<", ">>", "<>", "~", "%", "@", "#", "=", "&", "|", "^", "->", "'", '"',
)  # fmt: skip
_OPERANDS = (
    "AX", "X1", "Z31", "K1", "SP", "FP", "SB", "PC", "R0", "R31", "F1", "V1.B16", "V2.D[1]", "ZR", "RSP", "g", "x+8(FP)", "y-8(SP)",
    "·f(SB)", "$·f(SB)", "$x+4(SB)", "z<>(SB)", "(AX)(BX*4)", "8(R1)", "(R1)(R2<<3)", "8(R1)!", "R1<<2",
    "R1.UXTW<<1", "(R1, R2)", "[V1.B16, V2.B16]", "[X0-X3]",
    "$1", "$-8", "$1.5", '$"abc"', "4(PC)", "label", "2(SB)", "(TLS)", "0(GS)", "*8(AX)", "EQ", "Z1.B", "P1.M",
)  # fmt: skip


@dataclass
class Sources:
    """Where cases come from: parts of files, and the lines of all, as spare parts."""

    parts: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def sources(goroot: Path, arch: str) -> Sources:
    """The functions of std and the test data of Go's assembler for an architecture, but for files that need go_asm.h."""
    found = Sources()
    data = goroot / "src/cmd/asm/internal/asm/testdata"
    paths = sorted(path for path in (goroot / "src").rglob(f"*_{arch}.s") if "testdata" not in path.parts)
    for path in [*paths, *sorted(data.glob(f"{arch}*.s")), *sorted(data.glob(f"{arch}enc/*.s"))]:
        text = path.read_text(encoding="utf-8")
        if "go_asm.h" in text or "asm_ppc" in text:
            continue
        text = re.sub(r'#include "\.\./[./]*runtime/', '#include "', text)
        lines = [line.split("//")[0].rstrip() for line in text.splitlines() if not line.startswith("//go:build")]
        starts = [number for number, line in enumerate(lines) if line.startswith("TEXT")]
        if not starts:
            continue
        head = [line for line in lines[: starts[0]] if line]
        if len(head) > 60:
            head = [line for line in head if line.startswith("#include")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            body = [line for line in lines[start + 1 : end] if line]
            for at in range(0, len(body), _LINES):
                found.parts.append([*head, lines[start], *body[at : at + _LINES]])
            found.lines += [line for line in body if line.startswith("\t")]
    return found


def _spare(pool: Sources, chance: random.Random) -> str:
    """A word, an operand or a sign that could stand anywhere."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(_NUMBERS)
    if kind == 1:
        return chance.choice(_PUNCTUATION)
    if kind == 2:
        return chance.choice(_OPERANDS)
    words = _TOKEN.findall(chance.choice(pool.lines))
    return chance.choice(words)


def _change(line: str, pool: Sources, chance: random.Random) -> str:
    """A line with one mistake in it, most of the time."""
    kind = chance.randrange(11)
    tokens = _TOKEN.findall(line)
    words = [at for at, token in enumerate(tokens) if not token.isspace()]
    if not words or kind == 0:
        return chance.choice(pool.lines)
    at = chance.choice(words)
    if kind == 1:
        tokens[at] = ""
    elif kind == 2:
        tokens[at] = _spare(pool, chance)
    elif kind == 3:
        tokens.insert(at, _spare(pool, chance))
    elif kind == 4:
        other = chance.choice(words)
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind in (5, 6):  # another instruction with these operands
        tokens[words[0]] = chance.choice(pool.lines).split()[0]
    elif kind in (7, 8, 9):  # the operands one by one
        name, _, rest = line.strip().partition("\t" if "\t" in line.strip() else " ")
        operands = rest.split(",")
        where = chance.randrange(len(operands))
        if kind == 7:
            operands[where] = " " + chance.choice(_OPERANDS)
        elif kind == 8:
            other = chance.choice(pool.lines).strip().partition(" ")[2].split(",")
            operands[where] = " " + chance.choice(other).strip()
        elif chance.random() < 0.5:
            del operands[where]
        else:
            operands.insert(where, " " + chance.choice(_OPERANDS))
        return f"\t{name} {','.join(operands).strip()}"
    else:
        numbers = [at for at in words if tokens[at][0].isdigit()]
        tokens[chance.choice(numbers or words)] = chance.choice(_NUMBERS)
    return "".join(tokens)


def make(pool: Sources, chance: random.Random) -> str:
    """A program, wrong as a rule."""
    lines = list(chance.choice(pool.parts))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        # What is wrong with a macro or a directive is told by another part than what is wrong with an instruction.
        candidates = [at for at, line in enumerate(lines) if line.startswith("\t")] if chance.random() < 0.85 else []
        at = chance.choice(candidates or range(len(lines)))
        lines[at] = _change(lines[at], pool, chance)
    # Labels that are in another part.
    labels = {match.group(1) for line in lines if (match := _LABEL.match(line))}
    wanted = {match.group(1) for line in lines if (match := _JUMP.match(line))}
    lines += [f"{label}:" for label in sorted(wanted - labels)]
    return "\n".join(lines) + ("\n" if chance.random() < 0.99 else "")


class Pair:
    """Both assemblers on one file, `a.s` of a folder."""

    def __init__(self, folder: Path, goroot: Path, arch: str) -> None:
        self.folder, self.include = folder, str(goroot / "pkg/include")
        self.tool = next((goroot / "pkg/tool").iterdir()) / "asm"
        self.env = GoEnv({"GOOS": "linux", "GOARCH": arch})
        self.environment = {**os.environ, "GOOS": "linux", "GOARCH": arch, "GOROOT": str(goroot), "GOEXPERIMENT": ""}
        self.options = Options(arch, "linux", "main", [self.include], folder=str(folder))
        self.options.dwarf5 = "dwarf5" in self.env.experiments
        self.options.simd = "simd" in self.env.experiments
        self.options.goroot = str(goroot)
        self.options.all_errors = True

    def stock(self) -> tuple[bytes, list[str]]:
        """The object, or what is wrong."""
        command = [self.tool, "-e", "-p", "main", "-I", self.include, "-o", "stock.o", "a.s"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=False)
        if done.returncode == 0:
            return (self.folder / "stock.o").read_bytes(), []
        text = done.stderr.decode("utf-8", "surrogateescape")
        lines = [line.removeprefix("asm: ") for line in text.split("\n") if line]
        return b"", [line for line in lines if not re.fullmatch(r"assembly (of a\.s )?failed", line)]

    def ours(self) -> tuple[bytes, list[str]]:
        """The same; what is no UserError is a message that stock never has."""

        def late(_: int, __: FrameType | None) -> None:
            raise TimeoutError

        before = signal.signal(signal.SIGALRM, late)
        signal.alarm(_SECONDS)
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            return self.env.header().encode() + b"!\n" + assemble(["a.s"], self.options), []
        except UserError as error:
            return b"", [line for diagnostic in error.diagnostics for line in str(diagnostic).split("\n")]
        except TimeoutError:
            return b"", [f"HANG: no end after {_SECONDS} s"]
        except Exception:
            return b"", ["CRASH: " + traceback.format_exc().strip().replace("\n", " | ")[-400:]]
        finally:
            os.chdir(here)
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    def compare(self, text: str) -> tuple[str, list[str], list[str]]:
        """How it went ("same object", "same words", or what is wrong), and what stock alone and we alone say."""
        (self.folder / "a.s").write_text(text, encoding="utf-8", errors="surrogateescape")
        theirs, said = self.stock()
        ours, told = self.ours()
        broken = [message for message in told if message.startswith(("CRASH", "HANG"))]
        if broken:
            return "broken", said, told
        if any(line.startswith("goroutine ") for line in said):
            return "same or better: go tool asm panics", said, told
        if bool(said) != bool(told):
            return ("refused by stock alone" if said else "refused by us alone"), said, told
        if not said:
            return ("same object" if theirs == ours else "another object"), [], []
        return same_words(said, told)


_HINT = re.compile(r"; SVE needs GOEXPERIMENT=simd$")
# Stock tells the line behind a directive, where it stands when the line is read; ours that of the directive.
_NUMBERED = re.compile(r"(\S+?):(\d+): (.*)")
_PREPROCESSOR = re.compile(r"#|macro|; got")
_UNDEFINED = re.compile(r"undefined label (.*)")
_PLACE = re.compile(r"[^\s:]+:\d+: ")


def same_words(said: list[str], told: list[str]) -> tuple[str, list[str], list[str]]:
    """Messages as sets; ours may have a place in front where stock's has none."""
    wanted = {line.strip() for line in said if line.strip()}
    have = {_HINT.sub("", line.strip()) for line in told if line.strip()}
    missing = {match.group(1) for line in wanted if (match := _UNDEFINED.search(line))}
    if missing:
        # Stock tells one where the function ends, and goes on to encode; ours all, each where it is, and ends there.
        return (
            ("same words" if missing <= {match.group(1) for line in have if (match := _UNDEFINED.search(line))} else "other words"),
            said,
            told,
        )
    for line in list(have):
        bare = _PLACE.sub("", line, count=1)
        if line not in wanted and bare in wanted:
            have = have - {line} | {bare}
    for line in wanted - have:
        found = _NUMBERED.fullmatch(line)
        if found and _PREPROCESSOR.search(line):
            own = f"{found[1]}:{int(found[2]) - 1}: {found[3]}"
            have = have - {own} | {line} if own in have else have
    if wanted == have:
        return "same words", [], []
    return "other words", sorted(wanted - have), sorted(have - wanted)


def main(argv: list[str]) -> int:
    """Prints a score and the first differences; status 1 if there are any."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz asm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="amd64", choices=("amd64", "arm64"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--shown", type=int, default=20, help="how many differences are shown")
    parser.add_argument("--keep", type=Path, help="a folder for the sources that differ")
    parser.add_argument("--only", type=int, help="one case alone, and its source")
    arguments = parser.parse_args(argv)
    goroot = find_goroot()
    pool = sources(goroot, arguments.arch)
    scores: Counter[str] = Counter()
    shown = 0
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder), goroot, arguments.arch)
        for number in range(arguments.count) if arguments.only is None else [arguments.only]:
            text = make(pool, random.Random(f"{arguments.seed}/{arguments.arch}/{number}"))
            verdict, said, told = pair.compare(text)
            scores[verdict] += 1
            if arguments.only is not None:
                print(text)
            if verdict.startswith("same"):
                continue
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"{arguments.arch}-{number}.s").write_text(text, encoding="utf-8", errors="surrogateescape")
            if shown < arguments.shown:
                shown += 1
                print(f"{number}: {verdict}", *(f"  stock  {line}" for line in said), *(f"  ours   {line}" for line in told), sep="\n")
    for verdict, count in scores.most_common():
        print(f"{count:7} {verdict}")
    return 0 if all(verdict.startswith("same") for verdict in scores) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
