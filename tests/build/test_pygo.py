# SPDX-License-Identifier: BSD-3-Clause
"""builder: pygo. First the way it is put together, with stock Go's tools in the place of ours; then with ours."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import full
import pytest

import pygo_cross
from pygo_cross.build.builders import OURS, quote_words, toolexec_variables
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.stageid import STAGES, modules
from pygo_cross.target import load_targets

ROOT = Path(__file__).parent.parent.parent
GOROOT = find_goroot()
SCRIPT = ROOT / "pygo_cross/build/toolexec.sh"
# The standard library is compiled for each, where the build cache is cold.
TARGETS = list(load_targets()) if full.asked() else ["linux/amd64", "darwin/arm64"]
CHOSEN = [f"--target={target}" for target in TARGETS]


def go(*args: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The go command itself."""
    settings = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOROOT": str(GOROOT), **env}
    command = [str(GOROOT / "bin/go"), *map(str, args)]
    return subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, check=False)


def info(binary: Path) -> list[str]:
    """What `go version -m` says, but for the file's name."""
    done = go("version", "-m", binary, cwd=binary.parent)
    assert done.returncode == 0, done.stderr
    return [done.stdout.split(": ")[1].splitlines()[0], *done.stdout.splitlines()[1:]]


def variables(target: str) -> dict[str, str]:
    goos, goarch = target.split("/")
    return {"GOOS": goos, "GOARCH": goarch}


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A `python` that is called as ours would be and runs stock Go's linker; in a folder with a space and a quote in its name."""
    folder = tmp_path / "it's here"
    folder.mkdir()
    tools = next((GOROOT / "pkg/tool").iterdir())
    script = folder / "python"
    script.write_text(f"#!/bin/sh\necho \"$@\" >>'{tmp_path}/calls'\nshift 4\nexec '{tools}/link' \"$@\"\n")
    script.chmod(0o755)
    return script


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_only_the_build_id_differs(target: str, stand_in: Path, hello: Path, tmp_path: Path) -> None:
    """With the same linker behind it, -toolexec changes the link's action id (the build id's first part) and nothing else."""
    toolexec = "-toolexec=" + quote_words("sh", str(SCRIPT), str(stand_in))
    plain, wrapped = tmp_path / "plain", tmp_path / "wrapped"
    flags = ("build", "-trimpath", "-ldflags=-X main.version=1")
    assert go(*flags, "-o", plain, ".", cwd=hello, **variables(target)).returncode == 0
    done = go(*flags, toolexec, "-o", wrapped, ".", cwd=hello, PYGO_CROSS_LINK_ID="other-linker-1", **variables(target))
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 1 and calls[0].startswith("-P -m pygo_cross link -o ")
    assert info(plain) == info(wrapped)
    ids = [go("tool", "buildid", path, cwd=hello).stdout.strip() for path in (plain, wrapped)]
    assert ids[0].split("/")[1:] == ids[1].split("/")[1:] and ids[0] != ids[1]
    before, after = plain.read_bytes(), wrapped.read_bytes()
    first, second = (one.split("/")[0].encode() for one in ids)
    if target.startswith("darwin"):
        check_signature(after)
        before, after = unsigned(before), unsigned(after)
    assert without_host_id(before).replace(first, second) == without_host_id(after)


def without_host_id(data: bytes) -> bytes:
    """The file with zeros for the system's own build id (ELF's GNU note, Mach-O's UUID), which is made from Go's."""
    if data[:4] == b"\x7fELF":
        at, size = data.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16, 20
    else:
        at, size = data.index(b"\x1b\0\0\0\x18\0\0\0") + 8, 16
    return data[:at] + bytes(size) + data[at + size :]


def unsigned(data: bytes) -> bytes:
    return data[: signature_of(data)[0]]


def signature_of(data: bytes) -> tuple[int, int]:
    """Offset and size of a Mach-O file's signature (LC_CODE_SIGNATURE, 0x1d)."""
    count = struct.unpack_from("<I", data, 16)[0]
    at = 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        if command == 0x1D:
            return struct.unpack_from("<II", data, at + 8)
        at += size
    raise AssertionError("no signature")


def check_signature(data: bytes) -> None:
    """Holds every page to its hash in the code directory, as macOS does before it runs a page."""
    offset, size = signature_of(data)
    assert offset + size == len(data)
    magic, length, blobs = struct.unpack_from(">III", data, offset)
    assert (magic, blobs) == (0xFADE0CC0, 1) and length <= size
    kind, where = struct.unpack_from(">II", data, offset + 12)
    assert kind == 0
    at = offset + where
    fields = struct.unpack_from(">IIIIIIIIIBBBB", data, at)
    magic, _, _, flags, hashes, identifier, special, slots, limit, hash_size, hash_type, _, page = fields
    assert (magic, flags, special, hash_size, hash_type, page) == (0xFADE0C02, 0x20002, 0, 32, 2, 12)
    assert data[at + identifier :].startswith(b"a.out\0")
    assert limit == offset and slots == -(-limit // 4096)
    for slot in range(slots):
        content = data[slot * 4096 : min((slot + 1) * 4096, limit)]
        start = at + hashes + slot * 32
        assert data[start : start + 32] == hashlib.sha256(content).digest(), f"page {slot}"


def test_other_tools_pass_and_versions_differ_only_for_ours(stand_in: Path, tmp_path: Path) -> None:
    tools = next((GOROOT / "pkg/tool").iterdir())
    ids = {"PYGO_CROSS_ASM_ID": "pygo-1", "PYGO_CROSS_LINK_ID": "pygo-2"}
    for env, expected in (
        (ids, {"compile": "", "asm": " pygo-1", "link": " pygo-2"}),
        ({**ids, "PYGO_CROSS_ASM_ID": ""}, {"compile": "", "asm": "", "link": " pygo-2"}),
    ):
        for tool, more in expected.items():
            command = ["sh", str(SCRIPT), str(stand_in), str(tools / tool), "-V=full"]
            done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=True)
            stock = subprocess.run([tools / tool, "-V=full"], capture_output=True, text=True, check=True).stdout.strip()
            assert done.stdout == f"{stock}{more}\n"
    failing = ["sh", str(SCRIPT), str(stand_in), "/nowhere/link", "-V=full"]
    assert subprocess.run(failing, capture_output=True, check=False).returncode != 0


def test_a_failed_link_is_a_failed_build(hello: Path, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'main.main: no such luck' >&2\nexit 1\n")
    broken.chmod(0o755)
    done = go(
        "build", "-toolexec=" + quote_words("sh", str(SCRIPT), str(broken)), "-o", tmp_path / "x", ".", cwd=hello, PYGO_CROSS_LINK_ID="x"
    )
    assert done.returncode == 1
    assert "main.main: no such luck" in done.stderr
    assert not (tmp_path / "x").exists()


def test_every_stage_of_ours_has_its_own_id() -> None:
    ids = toolexec_variables("all")
    assert not ids.pop("PYGO_CROSS_COMPILE_ID")  # stock's compiler shares its results with stock builds
    assert set(ids) == {"PYGO_CROSS_ASM_ID", "PYGO_CROSS_LINK_ID"} and len(set(ids.values())) == 2
    for word in ids.values():
        assert word.startswith(OURS.replace(" ", "-") + "-") and " " not in word


def test_the_id_of_the_compiler_has_all_of_it() -> None:
    package = Path(pygo_cross.__file__).parent
    found = modules(STAGES["compile"])
    unused = {"pygo_cross.arch.amd64.decode", "pygo_cross.ssa.parser"}
    for folder in ("lower", "opt", "ssa", "codegen", "arch/amd64"):
        for path in (package / folder).glob("[a-z]*.py"):
            name = ".".join(["pygo_cross", *folder.split("/"), path.stem])
            assert name in found or name in unused, name


# ---- with our assembler


RECORDER = """#!/bin/sh
# As toolexec.sh, and notes for each object whether it is the one that stock Go's assembler makes from the same.
sh '{script}' "$@" || exit
case $2 in */asm) ;; *) exit 0 ;; esac
[ "$3" = -V=full ] && exit
shift
for word in "$@"; do
    object=$last last=$word
done
out=
for word in "$@"; do
    [ "$out" = next ] && out=$word
    [ "$word" = -o ] && out=next
done
cp "$out" "$out.ours" && "$@" && cmp -s "$out" "$out.ours" && result=same || result=differs
printf '%s %s %s\\n' "$result" "${{out##*/}}" "$last" >>'{log}'
cp "$out.ours" "$out"
"""


# Most assembly of a small program. The runtime itself is in the full run: it takes the compiler ten seconds.
ASSEMBLED = (
    *("math", "internal/bytealg", "internal/chacha8rand", "internal/runtime/gc/scan", "internal/runtime/maps"),
    *("internal/runtime/atomic", "internal/runtime/syscall/linux", *(["reflect"] if full.asked() else [])),
)


def test_every_object_is_ours_and_equals_stock_s(tmp_path: Path) -> None:
    """A build in which all assembly is assembled anew: what was asked for, who made it, and what came of it."""
    log, starts = tmp_path / "log", tmp_path / "starts"
    python, recorder = tmp_path / "python", tmp_path / "recorder"
    python.write_text(f"#!/bin/sh\necho \"$@\" >>'{starts}'\nexec '{sys.executable}' \"$@\"\n")
    recorder.write_text(RECORDER.format(script=SCRIPT, log=log))
    for path in (python, recorder):
        path.chmod(0o755)
    env = {**variables("linux/amd64"), **toolexec_variables("all"), "PYGO_CROSS_ASM_ID": f"test-{tmp_path}", "PYGO_CROSS_LINK_ID": ""}
    toolexec = "-toolexec=" + quote_words("sh", str(recorder), str(python))
    done = go("build", "-trimpath", toolexec, *ASSEMBLED, cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    template = '{{if .SFiles}}{{.Dir}} {{join .SFiles " "}}{{end}}'
    listed = go("list", "-deps", "-f", template, *ASSEMBLED, cwd=tmp_path, **env).stdout.splitlines()
    files = {f"{folder}/{name}" for folder, *names in map(str.split, listed) for name in names}
    records = [line.split(" ", 2) for line in log.read_text().splitlines()]
    assert len(files) > 20 and {file for _, out, file in records if out != "symabis"} == files
    assert len(records) == len(files) + len(listed) and {result for result, *_ in records} == {"same"}
    # A package's symbols, and then all its files.
    calls = starts.read_text().splitlines()
    assert len(calls) == 2 * len(listed) and all(call.startswith("-P -S ") and "/toolasm.py -p " in call for call in calls)


# ---- with our linker


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cli: Any) -> Path:
    """examples/hello, built by builder: pygo, and by stock Go beside it (stock/OS_ARCH)."""
    import shutil

    folder = tmp_path_factory.mktemp("pygo") / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    done = cli("build", "-q", *CHOSEN, cwd=folder)
    assert done.returncode == 0, done.stderr
    for target in TARGETS:
        flags = "-w -X main.version=0.0.0-SNAPSHOT-none-mac" if "darwin" in target else "-s -w -X main.version=0.0.0-SNAPSHOT-none"
        out = folder / "stock" / target.replace("/", "_")
        assert go("build", "-trimpath", f"-ldflags={flags}", "-o", out, ".", cwd=folder, **variables(target)).returncode == 0
    return folder


def artifact(folder: Path, target: str) -> Any:
    record = json.loads((folder / "dist/artifacts.json").read_text())
    return next(item for item in record["artifacts"] if item["target"] == target)


@pytest.mark.parametrize("target", TARGETS)
def test_build_info_is_stock_go_s(target: str, built: Path) -> None:
    item = artifact(built, target)
    assert item["stages"] == {"compile": "go1.27.3", "assemble": OURS, "link": OURS}
    assert info(built / "dist" / item["path"]) == info(built / "stock" / target.replace("/", "_"))


def test_the_signature_holds_after_the_go_command_s_change(built: Path) -> None:
    check_signature((built / "dist" / artifact(built, "darwin/arm64")["path"]).read_bytes())


def test_it_is_linked_by_us(built: Path) -> None:
    """The build id's action part is the one of our linker, so that the cache never takes one for the other."""
    for target in TARGETS:
        ours = go("tool", "buildid", built / "dist" / artifact(built, target)["path"], cwd=built).stdout
        stock = go("tool", "buildid", built / "stock" / target.replace("/", "_"), cwd=built).stdout
        assert ours.split("/")[1:3] == stock.split("/")[1:3]
        assert ours.split("/")[0] != stock.split("/")[0]


def test_smoke(built: Path, cli: Any) -> None:
    done = cli("smoke", *CHOSEN, cwd=built)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ok (emulated)") == len(TARGETS)


def test_the_same_bytes_again(built: Path, cli: Any, tmp_path: Path) -> None:
    import shutil

    again = tmp_path / "elsewhere"
    shutil.copytree(built, again, ignore=shutil.ignore_patterns("dist", "stock"))
    assert cli("build", "-q", *CHOSEN, "-p", "1", cwd=again, env={"PYTHONHASHSEED": "7"}).returncode == 0
    for target in TARGETS:
        assert artifact(again, target)["sha256"] == artifact(built, target)["sha256"]


def test_the_linker_s_mistakes_come_through(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc missing()\n\nfunc main() { missing() }\n")
    (tmp_path / "empty.s").write_text("")
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.27\n")
    done = cli("build", "-q", "-trimpath", "-o", "x", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert "main.missing" in done.stderr and "not defined" in done.stderr
    assert not (tmp_path / "x").exists()


def test_python_is_the_one_that_runs_us(cli: Any, hello: Path) -> None:
    plan = json.loads(cli("build", "--builder=pygo", "--print", "--json", cwd=hello).stdout)
    assert any(word.startswith("-toolexec=/bin/sh ") and sys.executable in word for word in plan[0]["command"])
