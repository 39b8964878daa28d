# SPDX-License-Identifier: BSD-3-Clause
"""Whatever is wrong with the input, it ends with lines that say what and where, and never with a half-written file."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygo_cross.asm.assemble import Options, assemble
from pygo_cross.diag import UserError

F = "TEXT ·f(SB), 4, $0\n"

# Source, and the start of stock's message for it, without its place.
SAME_WORDS = {
    "unknown instruction": (F + "\tFROB AX\n", 'unrecognized instruction "FROB"'),
    "bad operands": (F + "\tMOVQ X1, $1\n", "main.f: invalid instruction: 00000 (a.s:2)\tMOVQ\tX1, $1"),
    "no label": (F + "\tJMP nowhere\n", "undefined label nowhere"),
    "label twice": (F + "a:\n\tNOP\na:\n\tRET\n", 'label "a" multiply defined'),
    "branch too far": (F + "\tJMP 10(PC)\n", "branch out of range (0xc)"),
    "loop too far": (F + "a:\n" + "\tMOVQ $0x123456789a, AX\n" * 20 + "\tLOOP a\n", "loop too far"),
    "function twice": (F + F, "symbol main.f redeclared"),
    "data twice": ("GLOBL x(SB), $8\nGLOBL x(SB), $8\n", "symbol x redeclared"),
    "text arguments": ("TEXT ·f(SB)\n", "expect two or three operands for TEXT"),
    "text name": ("TEXT AX, 4, $0\n", 'TEXT symbol "<erroneous symbol>" must be a symbol(SB)'),
    "text offset": ("TEXT ·f+8(SB), 4, $0\n", 'TEXT symbol "main.f" must not be offset from SB'),
    "text size": ("TEXT ·f(SB), 4, 8\n", "TEXT main.f: frame size must be an immediate constant"),
    "text args": ("TEXT ·f(SB), 4, $8+8\n", "TEXT main.f: argument size must be of form -integer"),
    "unaligned frame": ("TEXT ·f(SB), 0, $12-0\n\tRET\n", "unaligned stack size"),
    "unbalanced": (F + "\tPUSHQ AX\n\tRET\n", "main.f: unbalanced PUSH/POP"),
    "data size": ("DATA x(SB), $1\n", "expect /size for DATA argument"),
    "data int": ("DATA x+0(SB)/3, $1\n", "bad int size for DATA argument: 3"),
    "data overlap": ("DATA x+0(SB)/8, $1\nDATA x+4(SB)/8, $1\n", "overlapping DATA entry for x"),
    "data value": ("DATA x+0(SB)/8, AX\n", "DATA value must be an immediate constant or address"),
    "data offset": ("DATA x+0x40000000(SB)/8, $1\n", "prepwrite: bad off=1073741824 siz=8 s=x"),
    "globl size": ("GLOBL x(SB), 8\n", "GLOBL: expected immediate constant; found 8"),
    "pcalign": (F + "\tPCALIGN $7\n", "alignment value of an instruction must be a power of two and in the range [8, 2048], got 7"),
    "abi": ("TEXT ·f<ABIInternal>(SB), 4, $0\n", 'ABI selector only permitted when compiling runtime, reference was to "main.f"'),
    "no mode": (F + "\tMOVQ x, AX\n", "illegal or missing addressing mode for symbol x"),
    "bad scale": (F + "\tMOVQ (AX)(BX*3), AX\n", "bad scale: 3"),
    "division": (F + "\tMOVQ $(1/0), AX\n", "division by zero"),
    "open parenthesis": (F + "\tMOVQ $(1, AX\n", "missing closing paren"),
    "operand missing": (F + "\tMOVQ AX,\n", "missing operand"),
    "large number": (F + "\tMOVQ $18446744073709551616, AX\n", 'strconv.ParseUint: parsing "18446744073709551616": value out of range'),
    "large offset": (F + "\tMOVQ 0x100000000(AX), BX\n", "offset too large in"),
    "suffix": (F + "\tVADDPD.FOO X1, X2, X3\n", 'unknown suffix "FOO"'),
    "suffix misplaced": (F + "\tVADDPD.Z X1, X2, X3\n", "mask register must be specified for .Z instructions"),
    "not for 64 bits": (F + "\tDAA\n", "asmins: illegal in 64-bit mode"),
    "no such include": ('#include "missing.h"\n', "#include: open "),
    "include itself": ('#include "a.s"\n', "input recursion"),
    "define twice": ("#define A 1\n#define A 2\n", "redefinition of macro: A"),
    "macro in itself": ("#define A A\n" + F + "\tA\n", "recursive macro invocation"),
    "macro arguments": ("#define A(x) x\n" + F + "\tA(1, 2)\n", "wrong arg count for macro A"),
    "macro open": ("#define A(x) x\n" + F + "\tA(NOP\n", "unterminated arg list invoking macro: A"),
    "macro definition": ("#define A(x x\n", "bad syntax in definition for macro: A"),
    "macro no newline": ("#define A \\", "can only escape"),
    "ifdef open": ("#ifdef A\n", "unclosed #ifdef or #ifndef"),
    "else alone": ("#else\n", "unmatched #else"),
    "endif alone": ("#endif\n", "unmatched #endif"),
    "undef": ("#undef A\n", "#undef for undefined macro: A"),
    "hash": ("#frob\n", "unexpected token after '#': frob"),
    "hash number": ("#1\n", "expected identifier after '#' ; got \"1\""),
    "line": ("#line x\n", 'expected line number after #line ; got "x"'),
    "no newline at the end": (F + "\tRET", "unexpected EOF"),
    "colons": (F + "\tMOVQ AX:BX:CX, DX\n", "invalid ':' in operand"),
    "register list": (F + "\tVP4DPWSSD [Z0-Q1], (AX), Z1\n", "register list: bad high register in `[Z0-Q1`"),
}  # fmt: skip


def messages(assemblers) -> list[str]:
    """What we say of a.s."""
    with pytest.raises(UserError) as caught:
        assemblers.ours()
    return [str(diagnostic) for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize("name", SAME_WORDS)
def test_words_are_stocks(assemblers, name):
    source, words = SAME_WORDS[name]
    assemblers.write(source)
    done = assemblers.stock()
    assert done.returncode
    stock = re.sub(r"^asm: ", "", done.stderr, flags=re.MULTILINE)
    assert words in stock
    ours = messages(assemblers)
    assert any(words in message for message in ours), ours
    assert all(re.match(r"(a|missing)\.[sh](:\d+)?: ", message) for message in ours), ours
    place = re.match(r"a\.s:\d+", stock)
    if place and "#" not in source and name != "no label":
        # Stock's preprocessor tells the line behind, ours the line itself; and ours that of the jump.
        assert any(message.startswith(place.group() + ": ") for message in ours), (stock, ours)


def test_at_most_ten(assemblers):
    assemblers.write(F + "\tFROB\n" * 50)
    ours = messages(assemblers)
    assert len(ours) == 11
    assert "too many errors" in ours[0]
    options = assemblers.options()
    options.all_errors = True
    with pytest.raises(UserError) as caught:
        assemblers.ours(options=options)
    assert len(caught.value.diagnostics) == 50


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"TEXT \xff(SB), 4, $0\n", "a.s:1: invalid UTF-8 encoding"),
        (b"\n\nNOP\0\n", "a.s:3: invalid character"),
        (b"\n/* open\n\n", "a.s:2: comment not terminated"),
        (b'\n\tMOVQ $"open, AX\n', "a.s:2:8: literal not terminated"),
        (b"TEXT f(SB), 4, $0\n\tMOVQ $" + b"(" * 5000 + b"1" + b")" * 5000 + b", AX\n", "a.s:2: expression nested too deeply"),
        (b"TEXT f(SB), 4, $0\n\tMOVQ $" + b"-" * 100000 + b"1, AX\n", "a.s:2: expression nested too deeply"),
        (b"TEXT f(SB), 4, $0\n\tMOVSD $" + b"(" * 5000 + b"1.0" + b")" * 5000 + b", X0\n", "a.s:2: expression nested too deeply"),
        (b"\xef\xbb\xbfTEXT f(SB), 4, $0\n", "a.s:1: expected identifier, found"),
    ],
)
def test_odd_bytes(assemblers, data, words):
    (assemblers.folder / "a.s").write_bytes(data)
    assert any(message.startswith(words) for message in messages(assemblers)), messages(assemblers)


def test_giant_macro(assemblers):
    lines = ["#define A0 NOP; NOP"] + [f"#define A{n} A{n - 1}; A{n - 1}" for n in range(1, 60)]
    assemblers.write("\n".join(lines) + "\n" + F + "\tA59\n")
    assert "expansion of macro is too large" in messages(assemblers)[0]


def test_giant_argument(assemblers):
    twice = "#define T(x) x x x x x x x x x x x x x x x x\n"
    assemblers.write(twice + F + "\t" + "T(" * 12 + "NOP;" + ")" * 12 + "\n")
    assert "expansion of macro is too large" in messages(assemblers)[0]


def test_includes_without_end(assemblers):
    """Twenty files, each of which includes the next one twice: a million in all."""
    for number in range(20):
        assemblers.write(f'#include "{number + 1}.h"\n' * 2, f"{number}.h")
    assemblers.write("", "20.h")
    assemblers.write('#include "0.h"\n')
    assert messages(assemblers)[0].endswith("more than 10000 files are included")


def test_include_cycle_of_two(assemblers):
    assemblers.write('#include "b.h"\n')
    assemblers.write('#include "c.h"\n', "b.h")
    assemblers.write('#include "b.h"\n', "c.h")
    assert messages(assemblers)[0].endswith("input recursion")


# The command.


def command(assemblers, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs pygo-cross asm."""
    environment = os.environ | {"GOOS": "linux", "GOARCH": "amd64", "PYTHONPATH": os.pathsep.join(sys.path)} | variables
    done = subprocess.run(
        [sys.executable, "-m", "pygo_cross", "asm", *args], cwd=assemblers.folder, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr and "internal error" not in done.stderr, done.stderr
    return done


def test_command(assemblers):
    assemblers.write(F + "\tRET\n")
    assert command(assemblers, "-p", "main", "a.s").returncode == 0
    assert assemblers.stock().returncode == 0
    assert (assemblers.folder / "a.o").read_bytes() == (assemblers.folder / "stock.o").read_bytes()


def test_listing(assemblers):
    assemblers.write('DATA x<>+0(SB)/8, $"abc"\nGLOBL x<>(SB), 8, $8\nTEXT ·f(SB), 0, $256-8\n\tCALL ·g(SB)\n\tMOVQ $x<>(SB), AX\n\tRET\n')
    done = command(assemblers, "-S", "-p", "main", "a.s")
    assert done.stdout == assemblers.stock(flags=("-S",)).stdout


def test_symbol_abis(assemblers):
    assemblers.write(F + "\tCALL ·g(SB)\n\tMOVQ $·h+8(SB), AX\n\tMOVQ ·i<>(SB), AX\n\tRET\nDATA x+0(SB)/8, $·y(SB)\nGLOBL x(SB), $8\n")
    assert command(assemblers, "-gensymabis", "-p", "main", "-o", "ours.txt", "a.s").returncode == 0
    assert assemblers.stock(flags=("-gensymabis",)).returncode == 0
    assert (assemblers.folder / "ours.txt").read_bytes() == (assemblers.folder / "stock.o").read_bytes()


def test_nothing_is_left_behind(assemblers):
    assemblers.write(F + "\tFROB\n")
    assemblers.write("kept", "a.o")
    done = command(assemblers, "a.s")
    assert done.returncode == 1
    assert done.stderr == 'a.s:2: unrecognized instruction "FROB"\n'
    assert (assemblers.folder / "a.o").read_text() == "kept"
    assert sorted(path.name for path in assemblers.folder.iterdir()) == ["a.o", "a.s"]


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        ([], 2, "no file to assemble"),
        (["-frob"], 2, "flag provided but not defined: -frob"),
        (["-o"], 2, "flag needs an argument: -o"),
        (["a.s", "b.s"], 2, "-o is needed for several files"),
        (["-D", "1x", "a.s"], 2, 'parsing -D: "1x" is not a valid identifier name'),
        (["-shared=maybe", "a.s"], 2, "invalid boolean value"),
        (["-spectre=some", "a.s"], 2, "unknown setting -spectre=some"),
        (["missing.s"], 1, "missing.s: cannot open: No such file or directory"),
        (["-o", "x.o", "."], 1, ".: cannot open: Is a directory"),
        (["-o", "no/such/x.o", "a.s"], 1, "no/such/x.o: cannot write: No such file or directory"),
        (["@missing"], 1, "missing: cannot open"),
    ],
    ids=str,
)
def test_usage(assemblers, args, status, words):
    assemblers.write(F + "\tRET\n")
    done = command(assemblers, *args)
    assert done.returncode == status
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"GOARCH": "386"}, "unrecognized architecture 386"),
        ({"GOOS": "plan9"}, "unknown operating system plan9"),
        ({"GOAMD64": "v9"}, "invalid GOAMD64: v9"),
        ({"GOEXPERIMENT": "frob"}, "unknown GOEXPERIMENT frob"),
    ],
    ids=str,
)
def test_environment(assemblers, variables, words):
    assemblers.write(F + "\tRET\n")
    done = command(assemblers, "a.s", **variables)
    assert done.returncode == 2
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


# Fuzzing: whatever comes out, it is an object or a UserError.

_split = str.split
WORDS = _split(
    """
    TEXT DATA GLOBL PCDATA FUNCDATA PCALIGN MOVQ ADDQ JMP CALL JNE RET VADDPD.Z LOOP XBEGIN AX SP TLS X1 Z31 K1 FP SB PC ·f x<> $1 $-8
    $1.5 $"s" ( ) , : ; + - * / << < > [ ] [Z0-Z3] (AX)(BX*4) x+8(FP) ·g(SB) $x(SB) 2(PC) a: a #define #include #ifdef #else #endif
    #line A(x) \\ " ' /* */ // 0x 09 1e999 . @> % ~
    """
)


def assembled(text: str) -> bytes | None:
    """The object of a text; None if it is refused."""
    options = Options("amd64", "linux", "main")
    try:
        return assemble([text], options)
    except UserError as error:
        assert error.diagnostics
        return None


@settings(max_examples=150)
@given(lines=st.lists(st.lists(st.sampled_from(WORDS), max_size=8), max_size=12), seed=st.integers(0, 1 << 30))
def test_fuzz(tmp_path_factory, lines, seed):
    path = tmp_path_factory.getbasetemp() / "fuzz.s"
    chance = random.Random(seed)
    text = "\n".join(chance.choice(("", "\t", F)) + chance.choice((" ", ", ", "")).join(words) for words in lines)
    path.write_text(text + chance.choice(("", "\n")), encoding="utf-8")
    assembled(str(path))


@settings(max_examples=50)
@given(data=st.binary(max_size=200))
def test_fuzz_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.s"
    path.write_bytes(data)
    assembled(str(path))
