# SPDX-License-Identifier: BSD-3-Clause
"""The linker makes the bytes that stock Go's linker makes of the same inputs, and what it makes runs.

scripts/linksuite does the same with larger programs.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import full
import pytest
from capture import Captured, Captures
from programs import COVERED, DYNAMIC, FEATURES, FEATURES_OUTPUT, FIPS, FUZZED, GOROOT, HELLO, TINY
from stock import TARGETS

from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.link import binfile, diff

STRIPPED = ("-s", "-w")
HOST = ("linux", {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), ""))
native = pytest.mark.skipif(platform.system() != "Linux" or HOST not in TARGETS, reason="runs what it links, so needs a Linux host")


def link_both(captured: Captured, *flags: str) -> bytes:
    """The program, after both linkers made the same of it."""
    stock = captured.stock(*flags)
    assert stock.status == 0, stock.messages
    ours = captured.ours(*flags)
    if ours != stock.executable:
        found = diff.compare(binfile.read(stock.executable), binfile.read(ours), 5)
        pytest.fail("\n".join(f"{item.where}: {item.text}" for item in found))
    return ours


def run(program: bytes, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program natively."""
    path = folder / "program"
    path.write_bytes(program)
    path.chmod(0o755)
    return subprocess.run([path, *arguments], env=environment, cwd=folder, check=False, capture_output=True, text=True)


def printed(program: bytes, folder: Path, *arguments: str, **environment: str) -> str:
    """What a program prints that ends well."""
    done = run(program, folder, *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


SOME = (("linux", "amd64"), ("darwin", "arm64"), *full.more("test_features has all targets", ("linux", "arm64"), ("darwin", "amd64")))


# Programs.


@pytest.mark.parametrize("flags", [STRIPPED, *full.more("test_features has its symbols", (("-w",),))], ids=" ".join)
@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_hello(goos: str, goarch: str, flags: tuple[str, ...], captures: Captures) -> None:
    link_both(captures.get(goos, goarch, HELLO), *flags)


@pytest.mark.parametrize(("goos", "goarch"), SOME)
def test_gofmt(goos: str, goarch: str, captures: Captures) -> None:
    link_both(captures.get(goos, goarch, HELLO, package="cmd/gofmt"), *STRIPPED)


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_features(goos: str, goarch: str, captures: Captures) -> None:
    """Map initialisers, generics, methods, embedded files, linkname, assembly, dots in a package's path, all with their symbols."""
    link_both(captures.get(goos, goarch, FEATURES), "-w")


@native
def test_features_run(captures: Captures, tmp_path: Path) -> None:
    captured = captures.get(*HOST, FEATURES)
    program = link_both(captured, *STRIPPED)
    assert printed(program, tmp_path, GODEBUG="gccheckmark=1,clobberfree=1", GOGC="1") == FEATURES_OUTPUT
    trace = run(program, tmp_path, "trace")
    assert trace.returncode == 2 and "panic: traced" in trace.stderr
    assert "main.main()\n\texample.com/program/main.go:" in trace.stderr


def function_names(executable: bytes) -> set[str]:
    return {symbol.name.removeprefix("_") for symbol in binfile.read(executable).symbols}


def test_features_are_kept_and_dropped(captures: Captures) -> None:
    """The program has what its tests are about: some methods and map initialisers stay, others go."""
    captured = captures.get("linux", "amd64", FEATURES)
    names = function_names(captured.ours("-w"))
    assert "main.caller.Greet" in names and "main.caller.Unused" not in names
    assert "main.map.init.1" in names and "main.map.init.0" not in names
    assert {"main.add.abi0", "example.com/program/kit.pulled", "example.com/program/v1.2/dotted%2epkg.name"} <= names
    assert "main.pushed" not in names
    assert {"example.com/program/kit.Double[go.shape.int]", "example.com/program/kit.Double[go.shape.string]"} <= names


@pytest.mark.parametrize(("goos", "goarch"), [("linux", "amd64"), ("darwin", "arm64")])
def test_methods_by_unknown_name(goos: str, goarch: str, captures: Captures, tmp_path: Path) -> None:
    program = link_both(captures.get(goos, goarch, DYNAMIC), "-w")
    assert {"main.service.Alpha", "main.service.Beta"} <= function_names(program)
    if (goos, goarch) == HOST:
        assert printed(program, tmp_path, "Beta") == "beta\n"


@pytest.mark.parametrize(("goos", "goarch"), SOME)
def test_fips(goos: str, goarch: str, captures: Captures, tmp_path: Path) -> None:
    """With fips140=on the program compares itself with the sum that the linker computed."""
    program = link_both(captures.get(goos, goarch, FIPS), *STRIPPED)
    if (goos, goarch) == HOST:
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert printed(program, tmp_path, GODEBUG="fips140=on") == f"true {digest}\n"
        at = program.index(b"\xff Go fipsinfo \xff\0") + 16
        broken = program[:at] + bytes([program[at] ^ 1]) + program[at + 1 :]
        assert "fips140" in run(broken, tmp_path, GODEBUG="fips140=on").stderr


@pytest.mark.parametrize(
    ("goos", "goarch", "mode"),
    [
        ("linux", "amd64", "set"),
        ("darwin", "amd64", "atomic"),
        *full.more("each mode and system is there once", ("linux", "amd64", "atomic"), ("darwin", "amd64", "set")),
    ],
)
def test_coverage_counters(goos: str, goarch: str, mode: str, captures: Captures, tmp_path: Path) -> None:
    program = link_both(captures.get(goos, goarch, COVERED, command=("build", "-trimpath", "-cover", f"-covermode={mode}")), "-w")
    if (goos, goarch) == HOST:
        assert printed(program, tmp_path, GOCOVERDIR=str(tmp_path)) == "1 -1\n"
        written = [name for name in os.listdir(tmp_path) if name.startswith("cov")]
        assert {name.partition(".")[0] for name in written} == {"covmeta", "covcounters"}


@pytest.mark.parametrize(("goos", "goarch"), [("linux", "amd64"), *full.more("what runs is better", ("darwin", "arm64"))])
def test_fuzzing_counters(goos: str, goarch: str, captures: Captures, tmp_path: Path) -> None:
    program = link_both(captures.get(goos, goarch, FUZZED, command=("test", "-c", "-trimpath", "-fuzz=FuzzSign"), package="./lib"), "-w")
    if (goos, goarch) == HOST:
        settings = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        done = run(program, tmp_path, "-test.fuzz=FuzzSign", "-test.fuzztime=20x", f"-test.fuzzcachedir={tmp_path}", **settings)
        assert done.returncode == 0 and done.stdout == "PASS\n"
        assert "gathering baseline coverage: 1/1 completed" in done.stderr and "not instrumented" not in done.stderr + done.stdout


@pytest.mark.parametrize(("goos", "goarch"), [("linux", "amd64"), ("darwin", "arm64")])
def test_plain_build(goos: str, goarch: str, captures: Captures, tmp_path: Path) -> None:
    """Without -trimpath the program knows where GOROOT was, and names files by their full paths."""
    captured = captures.get(goos, goarch, GOROOT, command=("build",))
    assert captured.environment["GOROOT"]
    program = link_both(captured, *STRIPPED)
    if (goos, goarch) == HOST:
        assert run(program, tmp_path).stderr == f"{captured.environment['GOROOT']}\n"


# Flags.


@native
@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (("-X", "main.text=other"), "other/"),
        (("-X=main.text=two words", "-X", "main.empty=full=really"), "two words/full=really"),
        (("-X", "main.text=first", "-X", "main.text=last"), "last/"),
        (("-X", "main.text="), "/"),
        (("-X", "main.missing=x"), "unset/"),
    ],
)
def test_strings(flags: tuple[str, ...], line: str, captures: Captures, tmp_path: Path) -> None:
    sources = {"main.go": 'package main\n\nvar text, empty = "unset", ""\n\nfunc main() { println(text + "/" + empty) }\n'}
    done = run(link_both(captures.get(*HOST, sources), *STRIPPED, *flags), tmp_path)
    assert (done.returncode, done.stderr) == (0, f"{line}\n")


@native
def test_string_of_a_package_whose_path_is_escaped(captures: Captures, tmp_path: Path) -> None:
    program = link_both(captures.get(*HOST, FEATURES), *STRIPPED, "-X", "example.com/program/v1.2/dotted.pkg.name=changed")
    assert "42 changed local\n" in printed(program, tmp_path)


def test_what_is_no_string_cannot_be_set(captures: Captures) -> None:
    captured = captures.get("linux", "amd64", FEATURES)
    assert captured.stock("-X", "main.number=5").status
    with pytest.raises(UserError) as caught:
        captured.ours("-X", "main.number=5")
    assert str(caught.value) == "cannot set main.number with -X: not a var of type string (int); name a string variable"


_DIGITS = "0x00112233445566778899aabbccddeeff"


@pytest.mark.parametrize(("goos", "goarch"), [("linux", "amd64"), ("darwin", "arm64")])
@pytest.mark.parametrize(
    "flags",
    [
        ("-buildid=x/y",), ("-buildid=",), ("-B", "none"), ("-B", _DIGITS), ("-B", "0x1234"),
        ("-B", "0x1234", "-buildid="), ("-B", "none", "-buildid="), ("-B", "0x"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_ids(goos: str, goarch: str, flags: tuple[str, ...], captures: Captures) -> None:
    link_both(captures.get(goos, goarch, TINY), *STRIPPED, *flags)


@pytest.mark.parametrize(
    ("goos", "goarch", "flags"),
    [
        ("linux", "amd64", ("-E", "runtime.rt0_go")),
        ("darwin", "arm64", ("-E", "runtime.rt0_go")),
        ("linux", "amd64", ("-funcalign=64",)),
        ("darwin", "arm64", ("-funcalign=8",)),
        ("linux", "arm64", ("-debugtramp=2",)),
        ("darwin", "arm64", ("-debugtramp=2",)),
        ("darwin", "amd64", ("-buildmode=exe",)),
        ("linux", "amd64", ("-checklinkname=0",)),
        ("linux", "amd64", ("-strictdups=0", "-linkmode=internal", "-extld=gcc", "-H=linux", "-installsuffix=x")),
        ("linux", "amd64", ("-pruneweakmap=0",)),
        ("linux", "arm64", ("-w=0", "-compressdwarf=0")),
    ],
    ids=str,
)
def test_flags(goos: str, goarch: str, flags: tuple[str, ...], captures: Captures) -> None:
    link_both(captures.get(goos, goarch, FEATURES if "-checklinkname=0" in flags else TINY), *STRIPPED, *flags)


@native
def test_map(captures: Captures, tmp_path: Path) -> None:
    """-d link/map tells why a function is in the program, and the program is the same as without."""
    captured = captures.get(*HOST, FEATURES)
    path = tmp_path / "map"
    assert captured.ours(*STRIPPED, "-d", f"link/map={path}") == captured.stock(*STRIPPED).executable
    assert os.listdir(tmp_path) == ["map"]
    rows = {row[3]: row[4:] for line in path.read_text().splitlines() if len(row := line.split(" ")) > 3 and line[0] != "#"}
    assert rows["main.add"][:2] == ["<", "main.main"]
    assert rows["main.caller.Greet"][-1] == f"_rt0_{HOST[1]}_linux"


@pytest.mark.parametrize(
    ("goos", "goarch", "flags", "seeds"),
    [("darwin", "arm64", ("-w=0", "-s=0"), ["1", "4711"]), ("linux", "amd64", STRIPPED, ["0", "0"])],
    ids=["full", "stripped"],
)
def test_same_bytes_every_time(goos: str, goarch: str, flags: tuple[str, ...], seeds: list[str], captures: Captures) -> None:
    captured = captures.get(goos, goarch, TINY)
    runs = [captured.run_ours(*flags, settings={"PYTHONHASHSEED": seed}) for seed in seeds]
    assert all(outcome.status == 0 and not outcome.messages for outcome in runs), runs[0].messages
    assert len({outcome.executable for outcome in runs}) == 1


def refused(captured: Captured, *flags: str) -> str:
    with pytest.raises(UserError) as caught:
        captured.ours(*flags)
    assert caught.value.status == EXIT_USAGE
    return str(caught.value)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("-race",), "-race: the race detector needs cgo; build without it"),
        (("-linkshared",), "-linkshared: shared Go libraries are not supported; build without it"),
        (("-linkmode=external",), "-linkmode=external is not supported; link internally"),
        (("-buildmode=pie",), "-buildmode=pie is not supported on linux/amd64; build with -buildmode=exe"),
        (("-buildmode=c-archive",), "-buildmode=c-archive is not supported on linux/amd64; build with -buildmode=exe"),
        (("-strictdups=1",), "-strictdups=1: contents of duplicate symbols are not compared; link without it"),
        (("-strictdups=x",), "invalid -strictdups value x"),
        (("-funcalign=3",), "invalid -funcalign value 3"),
        (("-funcalign=-1",), "invalid -funcalign value -1"),
        (("-funcalign=8192",), "-funcalign=8192 is more than 4096"),
        (("-H", "windows"), "-H=windows is not the header type of linux"),
        (("-X", "main.text"), "-X flag requires argument of the form importpath.name=value"),
        (("-X", "text=1"), "-X flag requires argument of the form importpath.name=value"),
        (("-B", "1234"), "-B argument must start with 0x: 1234"),
        (("-B", "0x123"), "-B argument must have an even number of digits: 0x123"),
        (("-B", "0xzz"), "-B argument contains invalid hexadecimal digit z: 0xzz"),
        (("-B", "0x" + "11" * 33), "-B option too long (at most 64 digits)"),
        (("-B", "gobuildid", "-buildid="), "-B gobuildid requires a Go build ID; give one with -buildid"),
        (("-s=perhaps",), "invalid boolean value 'perhaps' for -s; write true or false"),
        (("-nosuch",), "flag provided but not defined: -nosuch"),
        (("other.a",), "name one archive, that of package main"),
    ],
)
def test_flags_that_are_refused(flags: tuple[str, ...], message: str, captures: Captures) -> None:
    text = refused(captures.get("linux", "amd64", TINY), *flags)
    assert text.startswith(message) and "\n" not in text


@pytest.mark.parametrize("entry", ["nosuch", "main.main", "runtime.buildVersion", ""])
def test_entry_must_be_a_function_of_assembly(entry: str, captures: Captures) -> None:
    """Without an address it would be 0. Stock refuses the same, but for the empty name, which is its default."""
    captured = captures.get("linux", "amd64", HELLO)
    assert captured.stock("-E", entry).status or not entry
    with pytest.raises(UserError, match=r"entry point .* is not defined as a function of ABI0; name one of assembly with -E"):
        captured.ours("-E", entry)


@native
def test_command(captures: Captures, tmp_path: Path) -> None:
    """As a command: an executable file, status 0, nothing printed; a message on stderr and no file if it fails."""
    captured = captures.get(*HOST, HELLO)
    output = tmp_path / "hello"
    done = captured.run_ours(*STRIPPED, output=output)
    assert (done.status, done.messages) == (0, "") and done.executable == captured.stock(*STRIPPED).executable
    assert not os.listdir(tmp_path)
    failed = captured.run_ours("-E", "nosuch", output=output)
    assert failed.status == 1 and failed.messages.count("\n") == 1 and not os.listdir(tmp_path)
    usage = captured.run_ours("-B", "x", output=output)
    assert usage.status == EXIT_USAGE and usage.messages.count("\n") == 1 and not os.listdir(tmp_path)


@native
@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs readelf")
def test_readelf_finds_nothing_wrong(captures: Captures, tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(captures.get(*HOST, HELLO).ours())
    done = subprocess.run(["readelf", "--wide", "--headers", "--notes", "--lint", path], check=True, capture_output=True, text=True)
    assert "Warning" not in done.stderr + done.stdout, done.stderr
