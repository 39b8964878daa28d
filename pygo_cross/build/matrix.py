# SPDX-License-Identifier: BSD-3-Clause
"""From a configuration to the list of jobs: one job is one program for one target, with nothing left to decide.

The order of jobs is that of the file's builds and, within one, that of target names, whatever order the file lists
them in. Two jobs never write the same file.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.build.config import Build, Config, Override, Project, Smoke, match_targets
from pygo_cross.build.template import GitFacts, Variables, expand
from pygo_cross.diag import EXIT_USAGE, NO_POS, Diagnostic, Pos, UserError
from pygo_cross.records import nearest, usage_error
from pygo_cross.target import Target, load_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A smoke run with its templates expanded. `files` are absolute host paths with the names they get in the guest."""

    args: tuple[str, ...]
    files: tuple[tuple[Path, str], ...]
    env: tuple[str, ...]
    stdin: str
    exit: int
    stdout: str | None
    stderr: str | None
    timeout: int
    runner: str
    pos: Pos


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program for one target. `path` is where the binary goes, relative to the output folder."""

    build: str
    target: Target
    variant: str
    builder: str
    folder: Path
    packages: tuple[str, ...]
    path: str
    flags: tuple[str, ...]
    env: Mapping[str, str]
    smoke: tuple[Run, ...] = ()
    pos: Pos = NO_POS

    @property
    def label(self) -> str:
        """`os/arch`, with the variant where it is not the default."""
        return self.target.name if self.variant == self.target.variant else f"{self.target.name}/{self.variant}"


def select(
    config: Config, ids: Iterable[str] = (), targets: Iterable[str] = (), single: bool = False, git: GitFacts | None = None
) -> list[Job]:
    """The jobs of a configuration: of the builds in `ids` (all when empty) for targets that match one of `targets`.

    `single` keeps only the host's target (or GOOS/GOARCH's where set), as GoReleaser's --single-target does. `git` answers
    what templates ask about the commit. Raises
    `UserError` with every mistake in templates and selections.
    """
    problems: list[Diagnostic] = []
    builds = builds_of(config)
    wanted = list(ids)
    names = [build.id or config.project.project for build in builds]
    for name in wanted:
        if name not in names:
            raise usage_error("unknown-id", f"no build is called {name}", nearest(name, names) or "there are " + ", ".join(names))
    filters: set[tuple[str, str]] | None = None
    patterns = list(targets)
    if patterns or single:
        filters = set()
        for pattern in patterns:
            # os/arch picks every level that a build has; os_arch_variant picks one.
            filters |= {(name, variant if pattern.count("_") > 1 else "") for name, variant in match_or_fail(pattern)}
        if single:
            filters.add((default_target()[0], ""))
    git = git or facts_of(config)
    jobs: list[Job] = []
    for name, build in zip(names, builds, strict=True):
        if wanted and name not in wanted:
            continue
        for target_name, variant in pairs_of(build):
            if filters is None or (target_name, variant) in filters or (target_name, "") in filters:
                jobs.append(_job(config, build, name, load_targets()[target_name], variant, git, problems))
    if problems:
        raise UserError(problems, EXIT_USAGE)
    if not jobs:
        raise usage_error("nothing-to-do", "no build has a target that matches", "see the list with pygo-cross check --print")
    return jobs


def facts_of(config: Config, answers: Mapping[str, str] | None = None, snapshot: bool = False) -> GitFacts:
    """What git says about a project, beginning with the `answers` of a finished build."""
    record = config.project.snapshot
    return GitFacts(config.folder, answers, snapshot, record.version_template, record.place("version_template"))


def builds_of(config: Config) -> tuple[Build, ...]:
    """The builds of a file, or the one it means when it lists none."""
    return config.project.builds or (Build(places={"": config.project.place()}),)


def match_or_fail(pattern: str) -> list[tuple[str, str]]:
    """The targets of a pattern given on the command line. Raises `UserError` where there is none."""
    found = match_targets(pattern)
    if not found:
        names = list(load_targets())
        raise usage_error("unknown-target", f"unknown target {pattern}", nearest(pattern, names) or "there are " + ", ".join(names))
    return found


_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def host_target() -> str:
    """`os/arch` of the machine this runs on, whether or not it is a target."""
    machine = os.uname().machine.lower()
    return f"{os.uname().sysname.lower()}/{_MACHINES.get(machine, machine)}"


def default_target() -> tuple[str, str]:
    """The target when none is named: GOOS and GOARCH where set, else the host's; with GOAMD64 or GOARM64 where set."""
    host_os, host_arch = host_target().split("/")
    name = f"{os.environ.get('GOOS') or host_os}/{os.environ.get('GOARCH') or host_arch}"
    target = load_targets().get(name)
    if target is None:
        hint = nearest(name, load_targets()) or "there are " + ", ".join(load_targets())
        raise usage_error("unknown-target", f"{name} is not a target", hint)
    variant = os.environ.get(target.variable, "") or target.variant
    if variant not in target.variants:
        raise usage_error("unknown-target", f"{target.variable}={variant} is not supported", nearest(variant, target.variants))
    return name, variant


def pairs_of(build: Build) -> list[tuple[str, str]]:
    """The (`os/arch`, variant) pairs of a build, sorted."""
    if build.targets:
        return sorted({pair for pattern in build.targets for pair in match_targets(pattern)})
    pairs: list[tuple[str, str]] = []
    for target in load_targets().values():
        if (build.goos and target.os not in build.goos) or (build.goarch and target.arch not in build.goarch):
            continue
        if any((rule.goos or target.os) == target.os and (rule.goarch or target.arch) == target.arch for rule in build.ignore):
            continue
        levels = build.goamd64 if target.variable == "GOAMD64" else build.goarm64
        pairs += [(target.name, level) for level in levels or (target.variant,)]
    return sorted(set(pairs))


def _job(config: Config, build: Build, name: str, target: Target, variant: str, git: GitFacts, problems: list[Diagnostic]) -> Job:
    project = config.project
    applying = [override for override in build.overrides if (target.name, variant) in match_targets(override.target)]
    variables = Variables(
        {
            "ProjectName": project.project,
            "Target": f"{target.file_name}_{variant}",
            "Os": target.os,
            "Arch": target.arch,
            "Amd64": variant if target.arch == "amd64" else "",
            "Arm64": variant if target.arch == "arm64" else "",
            "BuildID": name,
            "GoVersion": GO_RELEASE,
        },
        os.environ,
        git,
    )
    env: dict[str, str] = {}
    holders: list[Project | Build | Override] = [project, build, *applying]
    for holder in holders:
        for at, setting in enumerate(holder.env):
            variable, _, value = setting.partition("=")
            # Later settings see earlier ones.
            variables = Variables(variables.known, {**os.environ, **env}, git)
            env[variable] = expand(value, variables, holder.place(f"env[{at}]"), problems)
    variables = Variables(variables.known, {**os.environ, **env}, git)

    def of(field: str) -> tuple[list[str], Pos]:
        """A list of the build or of the last override that has it, expanded; and where it stands."""
        record: Build | Override = build
        for override in applying:
            if getattr(override, field) is not None:
                record = override
        raw = getattr(record, field)
        places = [record.places.get(f"{field}[{at}]", record.place(field)) for at in range(len(raw))]
        return [expand(text, variables, pos, problems) for text, pos in zip(raw, places, strict=True)], record.place(field)

    binary_raw, binary_pos = build.binary or name, build.place("binary")
    for override in applying:
        if override.binary is not None:
            binary_raw, binary_pos = override.binary, override.place("binary")
    binary = expand(binary_raw, variables, binary_pos, problems)
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._+-]*", binary) or binary in (".", ".."):
        problems.append(
            Diagnostic(binary_pos, "bad-value", f"binary: {binary!r} can't be a file's name", "use letters, digits and . _ + -")
        )
    variables = Variables({**variables.known, "Binary": binary}, variables.env, git)

    flags, flags_pos = of("flags")
    problems += refused_flags(flags, flags_pos)
    tags, _ = of("tags")
    if tags:
        flags.append("-tags=" + ",".join(tags))
    for field in ("ldflags", "gcflags", "asmflags"):
        values, _ = of(field)
        if values:
            flags.append(f"-{field}=" + " ".join(values))
    main = expand(build.main, variables, build.place("main"), problems)
    if not main or main.startswith("-"):
        problems.append(Diagnostic(build.place("main"), "bad-value", f"main: expected a package, found {main!r}"))
    folder = config.folder / expand(build.dir, variables, build.place("dir"), problems)
    unique = f"{name}_{target.file_name}" if variant == target.variant else f"{name}_{target.file_name}_{variant}"
    return Job(
        build=name,
        target=target,
        variant=variant,
        builder=build.builder or project.builder,
        folder=folder,
        packages=(main,),
        path=posixpath.join(unique, binary),
        flags=tuple(flags),
        env=env,
        smoke=_runs(config, build, target, variant, variables, problems),
        pos=build.place("id"),
    )


def _runs(config: Config, build: Build, target: Target, variant: str, variables: Variables, problems: list[Diagnostic]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for smoke in build.smoke:
        if smoke.targets and not any((target.name, variant) in match_targets(pattern) for pattern in smoke.targets):
            continue
        runs.append(_run(config, smoke, variables, problems))
    return tuple(runs)


def _run(config: Config, smoke: Smoke, variables: Variables, problems: list[Diagnostic]) -> Run:
    def text(field: str) -> str | None:
        raw = getattr(smoke, field)
        return raw if raw is None else expand(raw, variables, smoke.place(field), problems)

    def texts(field: str) -> tuple[str, ...]:
        return tuple(expand(raw, variables, smoke.place(f"{field}[{at}]"), problems) for at, raw in enumerate(getattr(smoke, field)))

    return Run(
        args=texts("args"),
        files=tuple((config.folder / file, posixpath.normpath(file)) for file in texts("files")),
        env=texts("env"),
        stdin=text("stdin") or "",
        exit=smoke.exit,
        stdout=text("stdout"),
        stderr=text("stderr"),
        timeout=smoke.timeout,
        runner=smoke.runner,
        pos=smoke.place(),
    )


_OURS: Final = {
    "o": "the output's place is dist/ or -o",
    "toolexec": "pygo-cross uses it itself",
    "n": "use --print",
    "C": "use dir",
    "p": "use -p",
}
_IMPOSSIBLE: Final = {
    "race": "the race detector needs cgo and a C library",
    "msan": "the memory sanitizer needs cgo and a C compiler",
    "asan": "the address sanitizer needs cgo and a C compiler",
    "linkshared": "shared Go libraries are not supported",
    "compiler": "gc is the only compiler",
}
_BUILDMODES: Final = ("default", "exe", "pie")


def refused_flags(flags: Iterable[str], pos: Pos = NO_POS) -> list[Diagnostic]:
    """What `go build` flags ask for that can't be: each as a diagnostic."""
    problems: list[Diagnostic] = []
    listed = list(flags)
    for at, flag in enumerate(listed):
        if not flag.startswith("-") or flag == "-":
            continue
        name, equals, value = flag.lstrip("-").partition("=")
        if name in _IMPOSSIBLE and value.lower() not in ("false", "0", "f") and not (name == "compiler" and value == "gc"):
            problems.append(Diagnostic(pos, "not-supported", f"-{name} is not supported: {_IMPOSSIBLE[name]}", f"remove -{name}"))
        elif name in _OURS:
            problems.append(Diagnostic(pos, "bad-flag", f"-{name} can't be given here", _OURS[name]))
        elif name == "buildmode":
            mode = value if equals else listed[at + 1] if at + 1 < len(listed) else ""
            if mode not in _BUILDMODES:
                problems.append(
                    Diagnostic(pos, "not-supported", f"-buildmode={mode} is not supported", "programs are all there is: remove it")
                )
    return problems
