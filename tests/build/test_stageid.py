# SPDX-License-Identifier: BSD-3-Clause
"""The words for the go command's cache keys follow all that a stage's bytes come from, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross.build import stageid
from pygo_cross.build.stageid import STAGES, modules
from pygo_cross.cli import toolexec

ROOT = Path(__file__).parent.parent.parent
LOADED = """
import sys
opened = set()
def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".txt"):
        opened.add(str(arguments[0]))
sys.addaudithook(note)
from pygo_cross.asm.main import asm_main
status = asm_main(sys.argv[1:])
print(*sorted(name for name in sys.modules if name.startswith("pygo_cross")), *sorted(opened))
sys.exit(status)
"""


def reached(starts: tuple[str, ...]) -> set[str]:
    """What these modules import, as Python's own parser reads them."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        path = ROOT.joinpath(*name.split("."))
        file = next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
        if file is None or name in found or not name.startswith("pygo_cross"):
            continue
        found.add(name)
        waiting.append(name.rpartition(".")[0])
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                package = name if file.name == "__init__.py" else name.rpartition(".")[0]
                source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
                waiting += [source, *(f"{source}.{one.name}" for one in node.names)]
            elif isinstance(node, ast.Import):
                waiting += [one.name for one in node.names]
    return found


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_all_that_is_imported_counts(stage: str) -> None:
    without = {"pygo_cross.diag", "pygo_cross.obj.listing"}
    assert set(modules(STAGES[stage])) == reached(STAGES[stage]) - without


def test_stages_do_not_count_each_other() -> None:
    asm, link = (set(modules(STAGES[stage])) for stage in ("asm", "link"))
    assert "pygo_cross.asm.parser" in asm - link and "pygo_cross.link.text" in link - asm and "pygo_cross.obj.goobj" in asm & link
    assert not any(name.startswith(("pygo_cross.build", "pygo_cross.cli", "pygo_cross.emulate")) for name in asm | link)
    assert not {"pygo_cross.arch.amd64.decode", "pygo_cross.asm.disassemble"} & (asm | link)
    assert "pygo_cross.arch.amd64.table" in asm - link


SOME = {"amd64": "MOVQ AX, BX\n\tVPADDD Z1, Z2, Z3", "arm64": "MOVD R1, R2\n\tVADD V1.S4, V2.S4, V3.S4"}


@pytest.mark.parametrize(("arch", "text"), SOME.items())
def test_what_runs_counts(arch: str, text: str, tmp_path: Path) -> None:
    """Modules and tables that are really loaded to assemble."""
    source = tmp_path / "f.s"
    source.write_text(f"TEXT ·f(SB),4,$16-8\n\t{text}\n\tRET\n")
    env = {**os.environ, "GOOS": "linux", "GOARCH": arch, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", LOADED, "-p", "x", "-o", str(tmp_path / "f.o"), str(source)]
    words = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
    tables = [Path(word) for word in words if word.endswith(".txt")]
    assert tables and {table.parent for table in tables} == {ROOT / "pygo_cross/arch" / arch}
    assert {word for word in words if not word.endswith(".txt")} - {"pygo_cross.diag"} <= set(modules(STAGES["asm"]))


def test_what_runs_to_compile_counts(tmp_path: Path) -> None:
    """Modules that are loaded by name included; and no other file of ours is read but tables."""
    (tmp_path / "p.go").write_text("package p\n\nimport \"unsafe\"\n\ntype T struct{ x any }\n\n"
                                   "func F(t *T, x float64) (uintptr, bool) {\n\tdefer println(x)\n\tm := map[T]int{*t: 1}\n"
                                   "\treturn unsafe.Sizeof(m[T{x}]), *t == T{}\n}\n")
    program = LOADED.replace('".txt"', 'tuple(".txt .json .bin .dat .toml .yaml".split())')
    program = program.replace("pygo_cross.asm.main import asm_main", "pygo_cross.cli.compile import run as asm_main")
    env = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "PYTHONPATH": str(ROOT), "PYGO_CROSS_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-P", "-c", program, "-p", "p", "-o", str(tmp_path / "p.a"), str(tmp_path / "p.go")]
    words = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
    assert {Path(word).parent for word in words if "/" in word and Path(word).is_relative_to(ROOT)} == {ROOT / "pygo_cross/arch/amd64"}
    # Which GOROOT and which command asked are the go command's to know.
    outside = {"pygo_cross.diag", "pygo_cross.records", "pygo_cross.build.goroot", "pygo_cross.cli", "pygo_cross.cli.compile"}
    assert {word for word in words if "/" not in word} - outside <= set(modules(STAGES["compile"]))


def test_code_and_tables_change_the_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pygo_cross"
    folder = package / "arch/amd64"
    (package / "asm").mkdir(parents=True)
    folder.mkdir(parents=True)
    for path in (package, package / "asm", package / "arch", folder):
        (path / "__init__.py").write_text("")
    (package / "asm/main.py").write_text("from pygo_cross.asm import (\n    lexer,\n)\n")
    (package / "asm/lexer.py").write_text("ONE = 1\n")
    (package / "asm/unused.py").write_text("TWO = 2\n")
    (folder / "machine.py").write_text("")
    (folder / "table.txt").write_text("ADD 01\n")
    monkeypatch.setattr(stageid, "_PACKAGE", package)
    ids: list[str] = []
    for file, text in (
        ("asm/unused.py", "TWO = 3\n"),
        ("asm/lexer.py", "ONE = 2\n"),
        ("arch/amd64/table.txt", "ADD 02\n"),
        ("arch/amd64/machine.py", "import pygo_cross.asm.unused\n"),
        ("asm/unused.py", "TWO = 4\n"),
    ):
        stageid.stage_id.cache_clear()
        ids.append(stageid.stage_id("asm"))
        (package / file).write_text(text)
    stageid.stage_id.cache_clear()
    ids.append(stageid.stage_id("asm"))
    stageid.stage_id.cache_clear()
    assert ids[0] == ids[1] and len(set(ids)) == 5


def test_words_of_a_build_around_this_one_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects would be found under the word of another compiler, or of other packages that are stock's."""
    seen: dict[str, str] = {}
    monkeypatch.setattr(os, "execv", lambda *words: seen.update(os.environ))
    monkeypatch.setenv("PYGO_CROSS_COMPILE_ID", "pygo-cross-0.0.1-older")
    monkeypatch.setenv("PYGO_CROSS_LINK_ID", "")
    monkeypatch.setenv("PYGO_CROSS_ASM_ID", "another")
    monkeypatch.setenv("PYGO_CROSS_STOCK", "a,b")
    toolexec.run(["compile", "-V=full"])
    assert seen["PYGO_CROSS_COMPILE_ID"].startswith(stageid.stage_id("compile") + "-")
    assert seen["PYGO_CROSS_ASM_ID"] == stageid.stage_id("asm")
    assert seen["PYGO_CROSS_LINK_ID"] == ""
