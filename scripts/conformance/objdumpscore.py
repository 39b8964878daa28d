# SPDX-License-Identifier: BSD-3-Clause
"""Our objdump of whole programs: against go tool objdump line by line, and assembled again.

    scripts/conformance objdump [--os linux|darwin] [--arch amd64|arm64] [--program cmd/gofmt] [--show N] [--no-stock] [--no-assembly]

The program is built by the stock go command, without cgo. For arm64 every instruction's text is compared with what go tool objdump says
(of what that prints for amd64 the assembler takes little: numbers are hexadecimal, jumps have Intel's names). The two differ on purpose
where stock's text is none that its assembler takes, or one that it makes other bytes of; such differences are counted by their reasons.
Then every function is assembled from our text: an instruction that is told without `?` must give the bytes that it was read from, but for
what the linker fills in.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from conformance.asmagain import assemble_again
from pygo_cross.asm.disassemble import Binary, Function, lines, read

_STOCK_LINE = re.compile(r"  (\S+)\s+0x([0-9a-f]+)\s+[0-9a-f ]+?\t+(.*?)\s*$")
_NAMES = re.compile(r"\bg\b|\bR18_PLATFORM\b")

_END = (-1, "", "")

# What stock says, what we say, and why.
REASONS = (
    (r"\?", r"UNDEF", "stock names no UNDEF, which is a zero word"),
    (r"\?", r"(?!WORD)", "instructions that golang.org/x/arch doesn't know"),
    (r"", r"WORD ", "words that Go's assembler has no instruction for"),
    (r"MOVW \w+, \w+$", r"MOVWU ", "MOVW between registers extends the sign when it is assembled"),
    (r"LDPSW ", r"LDPSW .*\(\w+, \w+\)$", "a pair of registers has parentheses"),
    (r"(MRS|MSR) ", r"(MRS|MSR) ", "system registers have names"),
    (r"FMOV[SD] \$", r"FMOV[SD] \$\(", "floats stand in parentheses"),
    (r"RET R", r"RET \(R", "registers that are jumped to stand in parentheses"),
    (r"LDUR|STUR", r"F?MOV", "Go's assembler calls them MOV"),
    (r"(JMP|CALL) _", r"(JMP|CALL) [^_]", "in Mach-O files some names have an underscore in front that is not Go's"),
    (r"MOV[DW] \$", r"MOV[ZN]W? \$", "MOVD of such a number is assembled to another instruction"),
)


def _go() -> str:
    beside = Path(sys.executable).with_name("go")
    return str(beside) if beside.exists() else "go"


def build(go: str, goos: str, goarch: str, package: str, folder: Path) -> Path:
    """A stock program."""
    output = folder / f"{Path(package).name}-{goos}-{goarch}"
    if not output.exists():
        environment = {**os.environ, "GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0"}
        subprocess.run([go, "build", "-o", output, package], check=True, env=environment)
    return output


def stock_lines(go: str, program: Path, only: str = "") -> Iterator[tuple[int, str, str]]:
    """Address, text and source line of what go tool objdump prints."""
    with subprocess.Popen([go, "tool", "objdump", *(["-s", only] if only else []), program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            match = _STOCK_LINE.match(line)
            if match:
                yield int(match[2], 16), match[3], match[1]


def compare(functions: list[Function], binary: Binary, stock: Iterator[tuple[int, str, str]], show: int) -> bool:
    """Prints how many lines are equal, and why others aren't; whether all that differ are explained."""
    same = places = 0
    reasons: Counter[str] = Counter()
    strange: list[str] = []
    address, theirs, place = next(stock, _END)
    for function in functions:
        for line in lines(function, binary):
            while 0 <= address < line.address:
                strange.append(f"{address:#x}: only stock has {theirs}")
                address, theirs, place = next(stock, _END)
            if address != line.address:
                # Functions that the linker made no code for, and what lies behind the last.
                continue
            # What stock says of these is another function's.
            if (
                place.startswith(":-")
                or function.name.startswith("go:")
                or function.name == "runtime.etext"
                or place == f"{os.path.basename(line.file)}:{line.line}"
            ):
                places += 1
            else:
                strange.append(f"{line.address:#x}: stock says {place}, we {os.path.basename(line.file)}:{line.line}")
            ours = line.text.replace("\t", " ")
            if ours == theirs or _NAMES.sub(lambda match: "R28" if match[0] == "g" else "R18", ours) == theirs:
                same += 1
            else:
                reason = next(
                    (why for stock_text, our_text, why in REASONS if re.match(stock_text, theirs) and re.match(our_text, ours)), ""
                )
                reasons[reason] += 1
                if not reason:
                    strange.append(f"{line.address:#x} {line.code[::-1].hex()}: stock {theirs}, we {ours}")
            address, theirs, place = next(stock, _END)
    strange += [f"{address:#x}: only stock has {theirs}" for address, theirs, _ in ((address, theirs, place), *stock) if address >= 0]
    print(f"{same} lines are go tool objdump's, {sum(reasons.values())} differ; {places} have its source line")
    for reason, count in sorted(reasons.items()):
        print(f"  {count:>7}  {reason or 'WITHOUT A REASON'}")
    for text in strange[:show]:
        print(f"  {text}")
    return not strange


def main(argv: list[str]) -> int:
    """Prints the scores; status 1 if something differs that shouldn't."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/conformance objdump", description=__doc__, formatter_class=form)
    parser.add_argument("--os", choices=["linux", "darwin"], default="linux")
    parser.add_argument("--arch", choices=["amd64", "arm64"], default="arm64")
    parser.add_argument("--program", default="cmd/gofmt")
    parser.add_argument("--show", type=int, default=10, metavar="N")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "pygo-objdump-programs")
    parser.add_argument("--no-stock", action="store_true")
    parser.add_argument("--no-assembly", action="store_true")
    arguments = parser.parse_args(argv)
    go = _go()
    arguments.folder.mkdir(exist_ok=True)
    program = build(go, arguments.os, arguments.arch, arguments.program, arguments.folder)
    binary = read(str(program))
    sound = True
    print(f"{arguments.program} for {arguments.os}/{arguments.arch}: {sum(len(function.code) for function in binary.functions)} bytes")
    if arguments.arch == "arm64" and not arguments.no_stock:
        sound = compare(binary.functions, binary, stock_lines(go, program), arguments.show)
    if not arguments.no_assembly:
        result = assemble_again(binary.functions, arguments.arch, arguments.os)
        print(f"{result.same} instructions assemble to what they were, {len(result.wrong)} don't")
        for reason, count in sorted(result.left_out.items()):
            print(f"  {count:>7}  not tried: {reason}")
        for text in result.wrong[: arguments.show]:
            print(f"  {text}")
        sound = sound and not result.wrong
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
