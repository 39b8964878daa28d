# SPDX-License-Identifier: BSD-3-Clause
"""Any bytes at all: findings, never a traceback; and no number in a file makes time or memory out of proportion to its size.

PYGO_CROSS_TEST_FUZZ is the number of rounds for each sample.
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples import ElfPatch, MachPatch, compiled, pie, stock, universal

from pygo_cross.lint.check import check
from pygo_cross.lint.output import document, lines

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("PYGO_CROSS_TEST_FUZZ", "20"))
VALUES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
)


def samples() -> dict[str, Callable[[], bytes]]:
    return {
        "elf": lambda: stock("linux/amd64", "-trimpath", "-ldflags=-s"),
        "elf with symbols": lambda: stock("linux/arm64"),
        "pie": lambda: pie("linux/amd64"),
        "macho": lambda: stock("darwin/amd64", "-trimpath", "-ldflags=-s"),
        "signed": lambda: stock("darwin/arm64"),
        "universal": universal,
        "c": lambda: compiled("-g") or stock("linux/amd64"),
    }


def interesting(data: bytes) -> list[tuple[int, int]]:
    """Where headers and tables are: most of a program is code, in which damage is seen by no reader."""
    if data[:4] == b"\x7fELF":
        patch = ElfPatch(data)
        file = patch.file
        places = [(0, 64 + 56 * file.phnum), (file.shoff, 64 * len(file.sections))]
        names = (
            ".dynamic",
            ".gopclntab",
            ".go.buildinfo",
            ".symtab",
            ".dynsym",
            ".rela",
            ".rela.dyn",
            ".gnu.version_r",
            ".note.go.buildid",
            ".interp",
        )
        places += [(s.offset, min(s.size, 4096)) for s in file.sections if s.name in names]
        return [place for place in places if place[1]]
    if data[:4] == b"\xca\xfe\xba\xbe":
        return [(0, 64), (0x1000, 2048)]
    macho = MachPatch(data)
    places = [(0, 32 + macho.get(20, 4))] + [(part.offset, min(part.size, 2048)) for part in macho.file.parts if part.size]
    return [*places, (macho.get_section("__go_buildinfo").offset, 256), (macho.get_section("__gopclntab").offset, 4096)]


def look(data: bytes) -> None:
    """Everything that the command does with a file."""
    records = check("sample", data)
    lines(records, facts=True)
    json.dumps(document(records, []))


@pytest.mark.parametrize("name", samples())
def test_damaged_numbers(name: str) -> None:
    data = samples()[name]()
    random_ = random.Random(name)
    places = interesting(data)
    for _ in range(ROUNDS):
        patch = ElfPatch(data)
        for _ in range(random_.choice((1, 1, 1, 2, 8))):
            start, size = random_.choice(places)
            at = min(start + random_.randrange(size), len(data) - 8)
            width = random_.choice((1, 2, 4, 8))
            patch.set(at - at % width, width, random_.choice((*VALUES, random_.getrandbits(64))))
        look(patch.bytes())


@pytest.mark.parametrize("name", samples())
def test_cut(name: str) -> None:
    data = samples()[name]()
    random_ = random.Random(name)
    for size in [*range(0, 100, 7), *(random_.randrange(len(data)) for _ in range(6))]:
        look(data[:size])
    at = random_.randrange(len(data))
    look(data[:at] + data[at + 4096 :])
    look(data[:at] + bytes(4096) + data[at:])


def test_noise() -> None:
    random_ = random.Random(1)
    for head in (
        b"\x7fELF\2\1\1",
        b"\x7fELF\1\2\1",
        b"\xcf\xfa\xed\xfe",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe\0\0\0\2",
        b"\xca\xfe\xba\xbf\0\0\0\2",
        b"",
    ):
        for _ in range(40):
            look(head + random_.randbytes(random_.choice((8, 60, 64, 200, 5000))))


# Reads names, and does what each is about in a process of its own, of a gigabyte and a minute of processor time.
HOSTILE = """
import json, os, resource, sys, traceback
from pathlib import Path
from samples import *
from test_damaged_macho import bind_code, rebase_code
from test_fuzz import NUMBERS, many_sections, many_segments, many_tables
from pygo_cross.lint.check import check

folder = Path(sys.argv[1])
DATA, MACHO = (folder / "elf").read_bytes(), (folder / "macho").read_bytes()
universal = (folder / "universal").read_bytes
for name in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
            exec(NUMBERS[name.strip()])
            check("sample", p.bytes())
            os._exit(0)
        except BaseException:
            os.write(write, traceback.format_exc().encode()[-4096:])
            os._exit(1)
    os.close(write)
    said = os.fdopen(read, "rb").read().decode()
    print(json.dumps([os.waitpid(child, 0)[1], said]), flush=True)
"""


def many_segments(kind: int, content: bytes) -> bytes:
    """An ELF file of 65000 segments, each of which has all of its content."""
    start = 64 + 56 * 65000
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0, 64, 0, 0, 64, 56, 65000, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", kind, 5, start, 0x400000, 0, len(content), len(content), 4096) * 65000 + content


def many_sections(kind: int, content: bytes, name: bytes = b".symtab") -> bytes:
    """An ELF file of 60000 sections, each of which has all of its content."""
    names = b"\0" + name + b"\0.strtab\0"
    start = 64 + 64 * 60000
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0, 0, 64, 0, 64, 56, 0, 64, 60000, 1)
    rows = bytes(64) + struct.pack("<IIQQQQIIQQ", len(name) + 2, 3, 0, 0, start + len(content), len(names), 0, 0, 1, 0)
    rows += struct.pack("<IIQQQQIIQQ", 1, kind, 0, 0, start, len(content), 1, 0, 1, 24) * 59998
    return head + rows + content + names


def many_tables(count: int) -> bytes:
    """Headers of tables of functions, one behind the other, each of which says to have all that follows."""
    return (b"\xf1\xff\xff\xff\0\0\1\x08" + struct.pack("<8Q", 1 << 18, 1, 0, 80, 80, 80, 80, 80)) * count


# Numbers that a careless reader would loop over, or allocate.
NUMBERS = {
    "sections": "p = ElfPatch(DATA); p.header(shnum=0); at = p.file.shoff; p.set(at + 32, 8, 1 << 62)",
    "segments": "p = ElfPatch(DATA); p.header(phnum=0xffff)",
    "symbols": "p = ElfPatch(DATA); p.section('.symtab', size=1 << 62)",
    "functions": "p = ElfPatch(DATA); p.set(p.get_section('.gopclntab').offset + 8, 8, 1 << 61)",
    "files": "p = ElfPatch(DATA); p.set(p.get_section('.gopclntab').offset + 16, 8, 1 << 61)",
    "build information": "p = ElfPatch(DATA); p.data[(a := p.get_section('.go.buildinfo').offset + 32) : a + 9] = b'\\xff' * 8 + b'\\x7f'",
    "rebases": "p = MachPatch(MACHO); rebase_code(p, 1, 0x23, 0x00, 0x60, *[0xFF] * 8, 0x7F, 0x00)",
    "skipped rebases": "p = MachPatch(MACHO); rebase_code(p, 1, 0x23, 0x00, 0x80, *[0xFF] * 8, 0x7F, 0x00)",
    "binds": "p = MachPatch(MACHO); bind_code(p, 1, 0x73, 0x00, 0x11, 0x40, 0x41, 0x00, 0xC0, *[0xFF] * 8, 0x7F, 0x00)",
    "hashes": "p = MachPatch(MACHO); p.directory_field(28, 0xFFFFFFFF)",
    "blobs": "p = MachPatch(MACHO); p.set(p.directory() - 12, 4, 0xFFFFFFFF, big=True)",
    "commands": "p = MachPatch(MACHO); p.header(ncmds=0xFFFFFFFF)",
    # Tables that are there many times over, each of which is all of the file.
    "notes": "p = ElfPatch(many_segments(4, b'\\0' * (4 << 20)))",
    "loads": "p = ElfPatch(many_segments(1, b'\\0' * 4096))",
    "tables of symbols": "p = ElfPatch(many_sections(2, b'\\0' * (4 << 20)))",
    "debug information": "p = ElfPatch(many_sections(1, b'\\0' * (4 << 20), name=b'.debug_info'))",
    "tables of functions": "p = ElfPatch(many_segments(1, many_tables(60000)))",
    "words": "p = Patch(DATA + b''.join(word * (1 << 17) for word in (b'eyJ', b'TOKEN=', b'sk-ant-', b'://a:', b'/home/x')))",
    "architectures": "p = MachPatch(universal()); p.set(4, 4, 44, big=True)",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[int, str]]]:
    """How checking one of `NUMBERS` ended, and what it said."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "elf").write_bytes(stock("linux/amd64"))
    (folder / "macho").write_bytes(stock("darwin/arm64"))
    (folder / "universal").write_bytes(universal())
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "tests/lint")))}
    command = [sys.executable, "-c", HOSTILE, str(folder)]
    with subprocess.Popen(command, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(name: str) -> tuple[int, str]:
            stdin.write(f"{name}\n")
            stdin.flush()
            status, said = json.loads(stdout.readline())
            return status, said

        yield ask
        stdin.close()


@pytest.mark.parametrize("name", NUMBERS)
def test_hostile_numbers(name: str, hostile: Callable[[str], tuple[int, str]]) -> None:
    assert hostile(name) == (0, "")
