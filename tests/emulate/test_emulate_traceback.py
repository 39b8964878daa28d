# SPDX-License-Identifier: BSD-3-Clause
"""Post-mortems. The oracle is the traceback that Go's runtime prints of itself at the same point: ours must name the same calls."""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import AMD64_EXIT, TARGETS, arm64, elf

from pygo_cross.emulate import Limits, Result, Stack, run
from pygo_cross.emulate.loader import buildinfo, image
from pygo_cross.emulate.postmortem import pclntab, symbols

Build = Callable[[str, str], Path]

_HEADER = re.compile(r"goroutine (\d+)[^[]*\[([^]]*)\]:")

Calls = list[tuple[str, str]]


@pytest.fixture(scope="session")
def named(goroot: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """testdata/stacks.go with its symbol table."""
    folder = tmp_path_factory.mktemp("named")

    def make(target: str) -> Path:
        system, arch = target.split("/")
        out = folder / f"stacks-{system}-{arch}"
        if not out.exists():
            environment = {**os.environ, "GOOS": system, "GOARCH": arch, "CGO_ENABLED": "0", "GOFLAGS": ""}
            source = Path(__file__).parent / "testdata/stacks.go"
            command = [str(goroot / "bin/go"), "build", "-trimpath", "-o", str(out), str(source)]
            subprocess.run(command, env=environment, check=True, capture_output=True)
        return out

    return make


def printed(text: str) -> dict[int, Calls]:
    """What the guest printed: by goroutine, each call and where it is."""
    found: dict[int, Calls] = {}
    calls: Calls = []
    name = ""
    for line in text.splitlines():
        header = _HEADER.match(line)
        if header:
            calls = found.setdefault(int(header[1]), [])
            name = ""
        elif line.startswith("\t") and name:
            calls.append((name, line.split()[0]))
            name = ""
        elif line.endswith(")"):
            name = re.sub(r"\((?:[^()]|\{|\})*\)$", "", line)
        elif line.startswith("created by "):
            name = re.sub(r" in goroutine \d+$", "", line)
        else:
            name = ""
    return found


def told(stack: Stack) -> Calls:
    """The same of ours."""
    calls = [(frame.function, f"{frame.file.rsplit('/', 1)[-1] if not frame.line else frame.file}:{frame.line}") for frame in stack.frames]
    if stack.created_by is not None:
        calls.append((f"created by {stack.created_by.function}", f"{stack.created_by.file}:{stack.created_by.line}"))
    return calls


def crash(binary: Path, *arguments: str, limits: Limits | None = None, level: str = "crash") -> Result:
    return run(binary, arguments, env={"GOTRACEBACK": level}, limits=limits)


def compare(result: Result, whole: bool) -> int:
    """Hold our stacks to the guest's own; returns how many goroutines were compared. `whole`: those that are on no thread, too."""
    theirs = printed(result.stderr.decode())
    ours = {stack.goroutine: stack for stack in result.stacks if stack.goroutine}
    compared = 0
    for number, calls in theirs.items():
        stack = ours.get(number)
        if stack is None:
            last = calls[-2:]
            assert not whole or any(name.startswith("runtime.") for name, _ in last), (number, calls)
            continue
        mine = told(stack)
        # Of a goroutine that runs, the runtime begins at the panic; we begin at the system call that ended the program.
        assert mine[-len(calls) :] == calls, number
        assert stack.note == ""
        compared += 1
    return compared


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("mode", ["panic", "again", "nil", "throw"])
def test_stacks_are_those_that_the_runtime_prints(named: Callable[[str], Path], target: str, mode: str) -> None:
    result = crash(named(target), mode)
    assert result.signal == 6
    assert compare(result, True) >= 5
    assert "main.waiter(...)\n" in result.traceback and "[sync.Mutex.Lock]:" in result.traceback and "[sleep]:" in result.traceback
    reasons = {stack.state for stack in result.stacks if not stack.thread}
    assert reasons == {"sync.Mutex.Lock", "sleep", "chan receive"} or mode == "throw"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("mode", ["panic", "nil"])
def test_stacks_of_stripped_binaries(build: Build, target: str, mode: str) -> None:
    result = crash(build("stacks", target), mode)
    assert result.signal == 6
    assert compare(result, False) >= 1
    assert "cannot be found without a symbol table" in result.traceback


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_long_stacks_are_shown_by_their_ends(named: Callable[[str], Path], target: str) -> None:
    result = crash(named(target), "long")
    stack = next(stack for stack in result.stacks if stack.goroutine == 1)
    assert len(stack.frames) == 100 and stack.elided > 250
    assert stack.frames[-1].function == "runtime.goexit"
    assert f"...{stack.elided} frames elided..." in result.traceback


@pytest.mark.parametrize("target", TARGETS)
def test_where_a_limit_stops_the_guest(named: Callable[[str], Path], build: Build, target: str) -> None:
    for binary in (named(target), build("stacks", target)):
        result = crash(binary, "spin", limits=Limits(instructions=20_000_000))
        assert (result.status, result.error_code) == (124, "limit-instructions")
        first = result.stacks[0]
        assert first.goroutine == 1 and first.thread
        names = [frame.function for frame in first.frames]
        assert names[-4:] == ["main.spin", "main.main", "runtime.main", "runtime.goexit"], names
        assert len({stack.thread for stack in result.stacks if stack.thread}) >= 3
        assert all(stack.frames and not stack.note for stack in result.stacks)


@pytest.mark.parametrize("target", TARGETS)
def test_missing_calls_are_reported_where_they_are_made(named: Callable[[str], Path], target: str) -> None:
    result = run(named(target), ["call"])
    if target.startswith("linux"):
        assert result.missing == {"syscall 9999": 1}
        name = "syscall 9999"
    else:
        # macOS has no system calls but through libSystem: the function that makes one is what is missing.
        (name,) = result.missing
    frames = result.missing_at[name].frames
    assert "main.main" in [frame.function for frame in frames]
    assert frames[-1].function == "runtime.goexit"


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_guest_tells_itself_is_not_told_again(named: Callable[[str], Path], target: str) -> None:
    result = crash(named(target), "panic", level="single")
    assert (result.status, result.signal, result.stacks, result.traceback) == (2, 0, [], "")
    killed = run(named(target).parent / named(target).name, ["read"], stdin=b"")
    assert (killed.status, killed.traceback) == (0, "")


def test_without_tables_frame_pointers_are_followed() -> None:
    # A: bl B; B: stp x29, x30, [sp, -16]!; mov x29, sp; udf 0
    code = arm64(0xD2800000, 0x94000002, 0xD503201F, 0xA9BF7BFD, 0x910003FD, 0x00000000)
    result = run(elf("arm64", code))
    assert result.signal == 4
    pcs = [frame.pc for frame in result.stacks[0].frames]
    assert pcs == [0x400014, 0x400008]
    assert "frame pointers" in result.traceback


def test_a_wild_stack_pointer_ends_the_traceback() -> None:
    # mov sp, x1 (0); ldr x0, [x1]
    result = run(elf("arm64", arm64(0x9100003F, 0xF9400020)))
    assert result.signal == 11
    assert result.stacks[0].frames[0].pc == 0x400004


def test_damaged_tables_are_survived(build: Build) -> None:
    """Flip bytes of pclntab in every manner: a traceback may become poor, and that is all."""
    data = build("stacks", "linux/arm64").read_bytes()
    loaded = image.load(data)
    table, _ = pclntab.find_table(loaded)
    assert table is not None
    (segment,) = (s for s in loaded.segments if s.address <= table.address < s.address + len(s.data))
    start = data.index(segment.data[:4096]) + table.address - segment.address
    generator = random.Random(5)
    entries = [struct.unpack_from("<II", data, start + table._funcs + 8 * i) for i in range(table.count)]
    for round_ in range(60):
        damaged = bytearray(data)
        for _ in range(generator.randrange(1, 200)):
            kind = generator.randrange(3)
            if kind == 0:
                at = start + 8 + generator.randrange(64)  # the header
                if round_ % 8:
                    continue
            elif kind == 1:
                at = start + table._func + generator.choice(entries)[1] + generator.randrange(64)
            else:
                at = start + table._pcs + generator.randrange(table._func - table._pcs)
            damaged[at] = generator.randrange(256)
        loaded = image.load(bytes(damaged))
        found, why = pclntab.find_table(loaded)
        assert found is not None or why
        if found is None:
            continue
        for entry, _ in generator.sample(entries, 50):
            for offset in (0, 4, 40):
                try:
                    function = found.find(0x11000 + entry + offset)
                    if function is not None:
                        found.calls(function, function.entry + offset)
                        found.frame_size(function, function.entry + offset)
                except pclntab.BadTable:
                    pass
    # And in a run, where the unwinder meets them, or the runtime's own: it then dies of its checks.
    for _ in range(4):
        damaged = bytearray(data)
        for _ in range(3000):
            damaged[start + table._pcs + generator.randrange(table._func - table._pcs)] = generator.randrange(256)
        result = run(bytes(damaged), ["spin"], limits=Limits(instructions=3_000_000))
        assert result.traceback or result.status == 2


def test_tables_of_other_releases_are_named() -> None:
    header = struct.pack("<IBBBBQQ", 0xFFFFFFF7, 0, 0, 1, 8, 10, 10)
    found, why = pclntab.find_table(image.load(elf("amd64", AMD64_EXIT + header.rjust(64, b"\0"))))
    assert found is None and "no pclntab of a known version" in why
    header = struct.pack("<IBBBBQQ", 0xFFFFFFF1, 0, 0, 1, 8, 1 << 60, 10)
    found, why = pclntab.find_table(image.load(elf("amd64", AMD64_EXIT.ljust(64, b"\0") + header)))
    assert found is None and "makes no sense" in why


@pytest.mark.parametrize("target", TARGETS)
def test_symbols_and_build_information(named: Callable[[str], Path], build: Build, target: str, goroot: Path) -> None:
    data = named(target).read_bytes()
    listed = subprocess.run([str(goroot / "bin/go"), "tool", "nm", str(named(target))], capture_output=True, text=True, check=True).stdout
    table = symbols.read(data)
    compared = 0
    for line in listed.splitlines():
        *address, kind, name = line.split(maxsplit=2)
        if address and kind in "TtDdBb" and name.startswith(("runtime.", "main.")):
            assert table.by_name[name] <= int(address[0], 16)
            compared += 1
    assert compared > 500
    assert not symbols.read(build("stacks", target).read_bytes()).by_name.get("runtime.allgs")
    assert not symbols.read(data[: len(data) // 2])
    info = buildinfo.read(image.load(data))
    system, arch = target.split("/")
    assert info.version.startswith("go1.") and info.minor >= 27
    assert (info.settings["GOOS"], info.settings["GOARCH"], info.settings["CGO_ENABLED"]) == (system, arch, "0")


def test_a_deadlock_shows_what_each_thread_waits_for() -> None:
    # futex(0x400100, FUTEX_WAIT_PRIVATE, 0, NULL)
    code = arm64(0xD2A00800, 0x91040000, 0xD2801001, 0xD2800002, 0xD2800003, 0xD2800C48, 0xD4000001)
    result = run(elf("arm64", code))
    assert (result.status, result.error_code) == (125, "deadlock")
    (stack,) = result.stacks
    assert stack.state == "in futex" and stack.frames[0].pc == 0x40001C
    assert "thread 1000 [in futex]:" in result.traceback


@pytest.mark.parametrize("target", ["linux/amd64", "darwin/arm64"])
def test_a_read_without_end_shows_its_goroutine(named: Callable[[str], Path], target: str) -> None:
    result = crash(named(target), "wait", limits=Limits(virtual_seconds=600))
    assert (result.status, result.error_code) == (124, "limit-virtual-seconds")
    (stack,) = (stack for stack in result.stacks if stack.thread and any(f.function == "main.main" for f in stack.frames))
    assert stack.goroutine == 1 and stack.state == "in read"
