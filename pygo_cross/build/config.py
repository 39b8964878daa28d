# SPDX-License-Identifier: BSD-3-Clause
"""toolchain.yaml as typed records: what a project builds, for which targets, and how it is tried.

Names of keys are GoReleaser's where it has one. Loading collects every mistake of the file and raises them together;
what a loaded `Project` says is well-formed, and its targets exist. Templates are expanded later, for each artifact
(`build/matrix.py`), which is the second and last place where a configuration can be found wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pygo_cross import GO_RELEASE
from pygo_cross.build.release.outputs import Archive, Before, Checksum, Ko, Publisher, Sbom, Snapshot, UniversalBinary
from pygo_cross.diag import EXIT_USAGE, Diagnostic, Pos, UserError
from pygo_cross.records import Node, Record, key, load_yaml, nearest, parse_yaml, read_record, schema_of, usage_error
from pygo_cross.target import load_targets

CONFIG_NAMES = ("toolchain.yaml", "toolchain.yml")

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"
_NAME_MEANS = "a name of letters, digits and . _ + -"
_ASSIGNMENT = r"^[A-Za-z_][A-Za-z0-9_]*="
_ASSIGNMENT_MEANS = "NAME=value"

Runner = Literal["emulated", "native", "qemu"]
Os = Literal["linux", "darwin"]
Arch = Literal["amd64", "arm64"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke(Record):
    """One run of the finished binary, and what must come of it."""

    args: tuple[str, ...] = key("The arguments.", default=())
    files: tuple[str, ...] = key(
        "Files and folders, relative to this file, that are copied to the folder in which the binary runs.",
        default=(),
        pattern=".",
        means="a path",
    )
    env: tuple[str, ...] = key(
        "NAME=value settings; nothing else of the environment is passed on.", default=(), pattern=_ASSIGNMENT, means=_ASSIGNMENT_MEANS
    )
    stdin: str = key("What the program reads from its standard input.", default="")
    exit: int = key("The exit status that is expected; 128+n for a signal.", default=0, minimum=0, maximum=255)
    stdout: str | None = key("Its whole standard output; not compared when absent.", default=None)
    stderr: str | None = key("Its whole standard error; not compared when absent.", default=None)
    timeout: int = key("Seconds after which the run is given up.", default=300, minimum=1, maximum=86400)
    runner: Runner = key(
        "emulated: our emulator. native: directly where the host is the target. qemu: qemu-user, for Linux. Else emulated.",
        default="emulated",
    )
    targets: tuple[str, ...] = key("Only for the targets that match one of these.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore(Record):
    """A combination of goos and goarch that is left out."""

    goos: Os | None = key("GOOS of what is left out; any when absent.", default=None)
    goarch: Arch | None = key("GOARCH of what is left out; any when absent.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Record):
    """What is different for some targets. Lists replace the build's; env adds to it."""

    target: str = key("The targets this is for, as under targets.")
    binary: str | None = key("The binary's name.", default=None)
    tags: tuple[str, ...] | None = key("Build tags.", default=None, one_or_many=True)
    flags: tuple[str, ...] | None = key("Flags of go build.", default=None, one_or_many=True)
    ldflags: tuple[str, ...] | None = key("Flags of the linker.", default=None, one_or_many=True)
    gcflags: tuple[str, ...] | None = key("Flags of the compiler.", default=None, one_or_many=True)
    asmflags: tuple[str, ...] | None = key("Flags of the assembler.", default=None, one_or_many=True)
    env: tuple[str, ...] = key("NAME=value settings for the build.", default=(), pattern=_ASSIGNMENT, means=_ASSIGNMENT_MEANS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build(Record):
    """One program, built for each of its targets."""

    LATER: ClassVar[Mapping[str, str]] = {
        "hooks": "before has hooks for the whole build",
        "mod_timestamp": "files carry the time of their making",
        "no_unique_dist_dir": "each artifact has a folder of its own",
        "skip": "leave the build out of the file",
        "buildmode": "programs are all there is",
        "gobinary": "GOROOT picks the release",
        "command": "build is the only one",
    }

    id: str | None = key(
        "The build's name, unique in the file; the project's name when absent.", default=None, pattern=_NAME, means=_NAME_MEANS
    )
    main: str = key("What is built: an import path, ./folder or one .go file.", default=".", pattern=r"^[^-\s]", means="a package")
    dir: str = key("The folder of the Go module, relative to this file.", default=".")
    binary: str | None = key("The binary's name; the build's id when absent.", default=None)
    builder: Literal["pygo", "go"] | None = key("As at the top, for this build alone.", default=None)
    targets: tuple[str, ...] = key(
        "os/arch, os_arch or os_arch_variant; * and ? match anything. All targets when absent, and goos and goarch are too.", default=()
    )
    goos: tuple[Os, ...] = key("GOOS list; combined with goarch.", default=())
    goarch: tuple[Arch, ...] = key("GOARCH list; combined with goos.", default=())
    goamd64: tuple[str, ...] = key("GOAMD64 levels for amd64 targets.", default=(), pattern=r"^v[1-4]$", means="v1 to v4")
    goarm64: tuple[str, ...] = key("GOARM64 levels for arm64 targets.", default=(), pattern=r"^v[89]\.[0-9]$", means="a level such as v8.0")
    ignore: tuple[Ignore, ...] = key("Combinations of goos and goarch that are left out.", default=())
    tags: tuple[str, ...] = key("Build tags.", default=(), one_or_many=True)
    flags: tuple[str, ...] = key("Flags of go build.", default=("-trimpath",), one_or_many=True)
    ldflags: tuple[str, ...] = key("Flags of the linker, joined by spaces.", default=(), one_or_many=True)
    gcflags: tuple[str, ...] = key("Flags of the compiler, joined by spaces.", default=(), one_or_many=True)
    asmflags: tuple[str, ...] = key("Flags of the assembler, joined by spaces.", default=(), one_or_many=True)
    env: tuple[str, ...] = key("NAME=value settings for the build.", default=(), pattern=_ASSIGNMENT, means=_ASSIGNMENT_MEANS)
    overrides: tuple[Override, ...] = key("What is different for some targets.", default=())
    smoke: tuple[Smoke, ...] = key("Runs of every finished binary.", default=())
    untested: bool = key("Let its binaries be published where there are no smoke runs for them.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Record):
    """The whole file."""

    LATER: ClassVar[Mapping[str, str]] = {
        "release": "give publishers a command that uploads",
        "blobs": "give publishers a command that uploads",
        "uploads": "give publishers a command that uploads",
        "brews": "give publishers a command that uploads",
        "dockers": "write kos",
        "docker_manifests": "write kos: its images are for all platforms",
        "nfpms": "give publishers a command that packs",
        "source": "name the sources under an archive's files, with meta: true",
        "signs": "sign in a publisher's command; checksum: true gives it the list of sums",
        "changelog": "write it beside the release",
        "metadata": "artifacts.json has no such part",
        "upx": "binaries ship as they were tested",
        "project_name": "write project",
        "gomod": "set GOPROXY and its siblings in the environment",
        "includes": "keep to one file",
        "git": "the version is the tag of HEAD",
        "report_sizes": "the report has them",
    }

    version: Literal[1] = key("The version of this file's format: 1.")
    project: str = key("The project's name.", pattern=_NAME, means=_NAME_MEANS)
    go: str = key(f"The Go release; {GO_RELEASE} is the one that this version speaks.", default=GO_RELEASE)
    builder: Literal["pygo", "go"] = key(
        "pygo: each stage that we have is ours, the others stock Go's. go: the stock toolchain from end to end.", default="pygo"
    )
    dist: str = key("The folder for what is made, relative to this file.", default="dist", pattern=".", means="a folder")
    env: tuple[str, ...] = key("NAME=value settings for every build.", default=(), pattern=_ASSIGNMENT, means=_ASSIGNMENT_MEANS)
    before: Before = key("What is run before anything else.", default=Before())
    builds: tuple[Build, ...] = key("The programs. One, of the package in this folder, when absent.", default=(), least=1)
    universal_binaries: tuple[UniversalBinary, ...] = key("macOS binaries for both architectures.", default=())
    archives: tuple[Archive, ...] = key("Archives of the binaries; none when absent.", default=())
    kos: tuple[Ko, ...] = key("OCI images of the Linux binaries; none when absent.", default=())
    sboms: tuple[Sbom, ...] = key("SBOMs of archives or binaries; none when absent.", default=())
    checksum: Checksum = key("The list of checksums.", default=Checksum())
    publishers: tuple[Publisher, ...] = key("Commands that publish what is in dist/.", default=())
    snapshot: Snapshot = key("What is different without a tag.", default=Snapshot())


@dataclass(frozen=True, slots=True)
class Config:
    """A loaded file: its `project`, the `path` as the user named it, and the `folder` that relative paths start from."""

    project: Project
    path: Path
    folder: Path

    @property
    def dist(self) -> Path:
        """The folder for what is made."""
        return self.folder / self.project.dist


def json_schema() -> dict[str, Any]:
    """The JSON Schema of toolchain.yaml."""
    return schema_of(Project, "toolchain.yaml of pygo-cross")


def find_config(named: str | None) -> Path | None:
    """The file to read: the one `named`, else PYGO_CROSS_CONFIG, else toolchain.yaml here; None where a Go module is here without one.

    Raises `UserError` where there is neither.
    """
    named = named or os.environ.get("PYGO_CROSS_CONFIG")
    if named:
        return Path(named)
    for name in CONFIG_NAMES:
        if Path(name).exists():
            return Path(name)
    if Path("go.mod").is_file():
        return None
    hint = "name one with -f, or name a package to build without one"
    raise usage_error("no-config", "there is no toolchain.yaml here, and no go.mod", hint)


def load_config(path: Path) -> Config:
    """The configuration in `path`. Raises `UserError` with every mistake in it."""
    return Config(read_project(load_yaml(path)), path, path.parent)


def parse_config(data: bytes, name: str = "toolchain.yaml") -> Project:
    """The project that the bytes of a file describe. Raises `UserError` with every mistake in it."""
    return read_project(parse_yaml(data, name))


def read_project(node: Node) -> Project:
    """The project of a document."""
    problems: list[Diagnostic] = []
    project = read_record(Project, node, problems, Project.LATER)
    if project is not None:
        _check(project, problems)
    if problems or project is None:
        raise UserError(problems, EXIT_USAGE)
    return project


def _check(project: Project, problems: list[Diagnostic]) -> None:
    """What the types alone don't say."""

    def wrong(pos: Pos, code: str, message: str, hint: str = "") -> None:
        problems.append(Diagnostic(pos, code, message, hint))

    if project.go.removeprefix("go") != GO_RELEASE:
        wrong(
            project.place("go"), "other-release", f"Go {project.go} is not the release that this version speaks", f"write go: {GO_RELEASE}"
        )
    if os.path.normpath(project.dist) in (".", "/") or ".." in Path(project.dist).parts:
        wrong(project.place("dist"), "bad-value", "dist: expected a folder of its own inside the project's", "write dist: dist")
    ids: dict[str, Pos] = {}
    for build in project.builds:
        name = build.id or project.project
        first = ids.setdefault(name, build.place("id"))
        if first is not build.place("id"):
            wrong(
                build.place("id"),
                "duplicate-id",
                f"a second build called {name}; the first is at line {first.line}",
                "give each its own id",
            )
        _check_targets(build, problems)
        for index, smoke in enumerate(build.smoke):
            for at, file in enumerate(smoke.files):
                if Path(file).is_absolute() or ".." in Path(file).parts or "\0" in file:
                    wrong(
                        build.smoke[index].place(f"files[{at}]"),
                        "bad-value",
                        f"files: {file!r} leads out of the project",
                        "name a path inside it",
                    )
            for at, pattern in enumerate(smoke.targets):
                check_pattern(pattern, smoke.place(f"targets[{at}]"), problems)


def _check_targets(build: Build, problems: list[Diagnostic]) -> None:
    seen: set[str] = set()
    for at, pattern in enumerate(build.targets):
        pos = build.place(f"targets[{at}]")
        if pattern in seen:
            problems.append(Diagnostic(pos, "duplicate-target", f"the target {pattern} is already in the list", "remove one of the two"))
        seen.add(pattern)
        check_pattern(pattern, pos, problems)
    for other in ("goos", "goarch", "ignore", "goamd64", "goarm64"):
        if build.targets and getattr(build, other):
            message = f"{other} and targets exclude each other"
            problems.append(
                Diagnostic(build.place(other), "both-given", message, f"put it into targets, or leave only goos, goarch and {other}")
            )
    for override in build.overrides:
        check_pattern(override.target, override.place("target"), problems)
    for variable, values in (("GOAMD64", build.goamd64), ("GOARM64", build.goarm64)):
        known = {variant for target in load_targets().values() if target.variable == variable for variant in target.variants}
        for at, value in enumerate(values):
            if value not in known:
                pos = build.place(f"{variable.lower()}[{at}]")
                problems.append(Diagnostic(pos, "bad-value", f"{variable.lower()}: there is no {value}", nearest(value, known)))


def full_names() -> dict[str, tuple[str, str]]:
    """Each target with each of its variants, `os_arch_variant` to (`os/arch`, variant)."""
    return {f"{target.file_name}_{variant}": (target.name, variant) for target in load_targets().values() for variant in target.variants}


def match_targets(pattern: str) -> list[tuple[str, str]]:
    """The (`os/arch`, variant) pairs that a pattern stands for, sorted; the default variant where the pattern names none."""
    glob = re.compile(re.sub(r"\\\*", "[^/]*", re.sub(r"\\\?", "[^/]", re.escape(pattern))) + r"\Z")
    found = {(target.name, target.variant) for target in load_targets().values() if glob.match(target.name) or glob.match(target.file_name)}
    if found:
        return sorted(found)
    return sorted(pair for name, pair in full_names().items() if glob.match(name))


def check_pattern(pattern: str, pos: Pos, problems: list[Diagnostic]) -> None:
    """Adds a problem where the pattern stands for no target."""
    if not match_targets(pattern):
        names = list(load_targets())
        choices = full_names() if pattern.count("_") > 1 else [name.replace("/", "_") for name in names] if "_" in pattern else names
        hint = nearest(pattern, choices) or "there are " + ", ".join(names)
        problems.append(Diagnostic(pos, "unknown-target", f"unknown target {pattern[:60]!r}", hint))
