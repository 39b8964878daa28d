# SPDX-License-Identifier: BSD-3-Clause
"""Programs and tests of Go's distribution built with our assembler: the same bytes as with stock's, and they run.

    python3 scripts/conformance asmstd [--targets linux/amd64,...] [--packages A,B/...] [--no-programs] [--no-run] [--jobs N]

Packages: `go test -short` with our assembler as `builder: pygo` puts it in, stock's compiler and linker; then the same with stock's
assembler. Every test binary of the two is compared byte for byte. Ours run: natively where the host can, else under emulation. Where bytes
are the same, a test that fails does so under stock Go too, and is told as such.

Programs: hello, gofmt and the go command, likewise; and built once more with our linker too, run, and what they say compared with what
stock's binary says natively.

Exit code 0: the same bytes everywhere and every run as stock's; 1: a difference; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pygo_cross.build.builders import quote_words, toolexec_flag, toolexec_variables
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.gotest import TargetTests, read_events
from pygo_cross.build.matrix import host_target

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TARGETS: Final = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")

NATIVE: Final = (
    "crypto/... math math/big hash/... internal/abi internal/bytealg internal/chacha8rand internal/cpu internal/reflectlite"
    " internal/runtime/... runtime runtime/debug reflect bytes strings sync/atomic"
)
"""What is tested where the host can run it: all packages with assembly, and those that stand on them."""
EMULATED: Final = (
    "internal/bytealg internal/runtime/atomic bytes strings sync/atomic hash/... math math/big reflect crypto/md5 crypto/sha1 crypto/sha256"
    " crypto/sha512 crypto/sha3 crypto/subtle crypto/aes crypto/cipher crypto/rc4 crypto/hmac crypto/elliptic crypto/ecdh crypto/ed25519"
    " crypto/internal/fips140/..."
)
"""What is tested under emulation: the smaller of them."""

PROGRAMS: Final = {"hello": ".", "gofmt": "cmd/gofmt", "go": "cmd/go"}
_RECORD: Final = "PYGO_CROSS_CONFORMANCE_RECORD"
_THEN: Final = "PYGO_CROSS_CONFORMANCE_THEN"


def main(argv: list[str]) -> int:
    """Prints what came of it; status 1 for any difference."""
    if argv[:1] == ["--record"]:
        return _record(argv[1:])
    parser = argparse.ArgumentParser(
        prog="python3 scripts/conformance asmstd", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", default=",".join(TARGETS), help="default: all four")
    parser.add_argument(
        "--packages", default="", help="import paths and patterns (default: a list for the host, a shorter one for emulation)"
    )
    parser.add_argument("--no-packages", dest="tests", action="store_false", help="only the programs")
    parser.add_argument("--no-programs", dest="programs", action="store_false", help="only the packages")
    parser.add_argument("--no-run", dest="run", action="store_false", help="only compare bytes")
    parser.add_argument("--jobs", type=int, default=1, help="tools and tests at a time (default 1)")
    options = parser.parse_args(argv)
    targets = options.targets.split(",")
    for target in targets:
        if target not in TARGETS:
            print(f"asmstd: {target} is not one of {', '.join(TARGETS)}", file=sys.stderr)
            return 2
    good = True
    with tempfile.TemporaryDirectory() as temporary:
        for target in targets:
            setting = Setting(target, Path(temporary), options.jobs)
            if options.programs:
                good &= programs(setting, options.run)
            if options.tests:
                patterns = options.packages.split(",") if options.packages else (NATIVE if target == host_target() else EMULATED).split()
                good &= packages(setting, patterns, options.run)
    return 0 if good else 1


@dataclass
class Setting:
    """A target, a folder for what is made, and how many tools may run at a time."""

    target: str
    scratch: Path
    jobs: int

    @property
    def emulated(self) -> bool:
        """Whether the host can't run what is built."""
        return self.target != host_target()

    def environment(self, stages: Sequence[str], target: str = "") -> dict[str, str]:
        """For the go command, with these stages of ours."""
        goos, _, goarch = (target or self.target).partition("/")
        env = go_environment(find_goroot(), {"GOOS": goos, "GOARCH": goarch}, {})
        env |= {"PYTHONPATH": str(ROOT), "GOFLAGS": ""}
        return env | {name: word if name.split("_")[2].lower() in stages else "" for name, word in toolexec_variables("all").items()}

    def go(self, *words: str, stages: Sequence[str] = (), cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """The go command, with these stages of ours."""
        argv = [str(find_goroot() / "bin/go"), words[0], f"-p={self.jobs}", *([toolexec_flag()] if stages else []), *words[1:]]
        env = {**self.environment(stages), **more, "PWD": str(cwd)}
        return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- packages


def _record(argv: list[str]) -> int:
    """What `go test -exec` starts in the package's folder: notes the digest of the test binary, then runs it or not."""
    folder = Path(os.environ[_RECORD])
    package = os.path.relpath(os.getcwd(), find_goroot() / "src")
    (folder / package.replace("/", "!")).write_text(digest(Path(argv[0])))
    then = os.environ[_THEN]
    if then == "none":
        return 0
    for name in (_RECORD, _THEN):
        del os.environ[name]
    if then == "native":
        os.execv(argv[0], argv)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "pygo_cross.emulate.goexec", *argv])


def _tests(setting: Setting, patterns: Sequence[str], stages: Sequence[str], then: str) -> tuple[dict[str, str], TargetTests]:
    """`go test` of packages: the digests of test binaries by package, and what came of the tests."""
    folder = setting.scratch / f"{setting.target.replace('/', '_')}-{'-'.join(stages) or 'stock'}-{len(os.listdir(setting.scratch))}"
    folder.mkdir()
    recorder = quote_words(sys.executable, str(Path(__file__).parent), "asmstd", "--record")
    done = setting.go(
        *("test", "-json", "-short", "-vet=off", "-count=1", "-timeout=90m", f"-exec={recorder}", *patterns),
        stages=stages,
        cwd=find_goroot() / "src",
        **{_RECORD: str(folder), _THEN: then},
    )
    tested = TargetTests(setting.target, "", setting.emulated)
    read_events(tested, done.stdout)
    tested.said = done.stderr.strip()
    return {path.name.replace("!", "/"): path.read_text() for path in sorted(folder.iterdir())}, tested


def packages(setting: Setting, patterns: Sequence[str], run: bool) -> bool:
    """Builds, compares and runs the tests of packages; whether all is as with stock's assembler."""
    then = "none" if not run else "emulated" if setting.emulated else "native"
    ours, tested = _tests(setting, patterns, ["asm"], then)
    stock, others = _tests(setting, patterns, [], "none")
    different = [name for name in sorted({*ours, *stock}) if ours.get(name) != stock.get(name)]
    print(f"{setting.target}: {len(ours)} test binaries, {len(ours) - len(different)} with the same bytes as with stock's assembler")
    for name in different:
        print(f"    {name}: {'not built with ours' if name not in ours else 'not built with stock' if name not in stock else 'DIFFERS'}")
    good = bool(ours) and not different
    if not good:
        for each in (tested, others):
            print("\n".join(each.said.splitlines()[-20:] + (each.failures[-5:] if each is others else [])))
    if run:
        counts = ", ".join(f"{count} {end}" for end, count in tested.tests.items())
        print(f"{setting.target}: {'under emulation' if setting.emulated else 'natively'}: tests: {counts}")
        failed = [name for name, end in tested.packages.items() if end == "fail"]
        for name in failed:
            same = ours.get(name) is not None and ours.get(name) == stock.get(name)
            print(f"    {name}: FAIL{', and the binary is the one that stock Go makes' if same else ''}")
            good &= same
        for text in tested.failures:
            print("      " + "\n      ".join(text.splitlines()[-12:]))
    sys.stdout.flush()
    return good


# ---- programs


def _runs(name: str, folder: Path) -> list[list[str]]:
    """What a program is asked: arguments."""
    if name == "gofmt":
        (folder / "input.go").write_text("package   p\nfunc  f( a int,b   string )  {\nif a>1 {return\n}\n}\n")
        return [["-d", "input.go"], ["-l", "."], ["-s", "input.go"]]
    if name == "go":
        return [["version"], ["env", "GOVERSION"], ["list", "-deps", "strings"], ["help", "build"]]
    return [[], ["-name", "Ada"], ["-version"], ["-name", ""]]


def programs(setting: Setting, run: bool) -> bool:
    """Builds, compares and runs hello, gofmt and the go command; whether all is as with stock's assembler."""
    good = True
    label = setting.target.replace("/", "_")
    hello = ROOT / "examples/hello"
    for name, package in PROGRAMS.items():
        cwd = hello if name == "hello" else find_goroot() / "src"
        made: dict[str, Path] = {}
        for kind, stages in {"stock": [], "asm": ["asm"], "pygo": ["asm", "link"]}.items():
            made[kind] = setting.scratch / f"{label}-{name}-{kind}"
            done = setting.go("build", "-trimpath", "-buildvcs=false", "-o", str(made[kind]), package, stages=stages, cwd=cwd)
            if done.returncode:
                print(f"{setting.target}: {name}: {kind}: {done.stderr.strip()}")
                return False
        same = digest(made["stock"]) == digest(made["asm"])
        print(f"{setting.target}: {name}: {'the same bytes as' if same else 'DIFFERS from that'} with stock's assembler", flush=True)
        good &= same
        if run:
            good &= _run(setting, name, made["pygo"])
    return good


def _run(setting: Setting, name: str, binary: Path) -> bool:
    """Whether a binary of ours says what stock's native one does."""
    native = setting.scratch / f"native-{name}"
    if not native.exists():
        host = Setting(host_target(), setting.scratch, setting.jobs)
        cwd = ROOT / "examples/hello" if name == "hello" else find_goroot() / "src"
        host.go("build", "-trimpath", "-buildvcs=false", "-o", str(native), PROGRAMS[name], cwd=cwd).check_returncode()
    good = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for arguments in _runs(name, folder):
            expected = _answer([str(native)], arguments, folder, setting.environment((), host_target()))
            if setting.emulated:
                root = find_goroot()
                flags = [
                    "--mount",
                    str(folder),
                    "--cwd",
                    str(folder),
                    "--mount",
                    str(root),
                    "--env",
                    f"GOROOT={root}",
                    "--env",
                    "GOFLAGS=-p=1",
                ]
                flags += ["--env", "GOTOOLCHAIN=local", "--env", "CGO_ENABLED=0", "--env", "GOOS=linux", "--env", "GOARCH=amd64"]
                command = [sys.executable, "-P", "-m", "pygo_cross", "run", *flags, str(binary)]
                found = _answer(command, arguments, folder, {**os.environ, "PYTHONPATH": str(ROOT)})
            else:
                found = _answer([str(binary)], arguments, folder, setting.environment(()))
            same = _plain(found) == _plain(expected)
            good &= same
            how = "under emulation" if setting.emulated else "natively"
            print(f"    {name} {' '.join(arguments)} {how}: {'as stock' if same else _shown(found, expected)}", flush=True)
    return good


def _answer(command: Sequence[str], arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    done = subprocess.run([*command, *arguments], cwd=folder, env={**env, "PWD": str(folder)}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def _plain(answer: tuple[int, str, str]) -> tuple[int, str, str]:
    """An answer without names of targets, since programs print their own."""
    status, out, said = answer
    for target in TARGETS:
        out, said = out.replace(target, "OS/ARCH"), said.replace(target, "OS/ARCH")
    return status, out, said


def _shown(found: tuple[int, str, str], expected: tuple[int, str, str]) -> str:
    """What differs, of each no more than fits a few lines."""
    return "DIFFERS: " + " and not ".join(f"{status}, {out[:200]!r}, {said[:200]!r}" for status, out, said in (found, expected))
