# SPDX-License-Identifier: BSD-3-Clause
"""`go test` for several targets, and what came of it.

The go command compiles and links the tests; what this machine can't run itself is started under emulation, by the program that
also stands behind go_linux_arm64_exec and its siblings (`go test -exec`). Results are read from the go command's own JSON
(`go doc test2json`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.builders import quote_words, stock_packages, toolexec_flag, toolexec_variables
from pygo_cross.build.driver import in_parallel
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.matrix import host_target, refused_flags
from pygo_cross.build.process import Children
from pygo_cross.build.progress import Progress
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import usage_error
from pygo_cross.target import load_targets

_LIMIT: Final = 512 << 20
"""Bytes of output of one target's tests."""
_ENDS: Final = ("pass", "fail", "skip")


@dataclass(slots=True)
class TargetTests:
    """One target's tests: how many ended how, by package and by test; the events; what the go command said beside them."""

    target: str
    variant: str
    emulated: bool
    status: int = 0
    seconds: float = 0.0
    packages: dict[str, str] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ENDS, 0))
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def ok(self) -> bool:
        """Whether all went well."""
        return self.status == 0


def test_all(
    pairs: Sequence[tuple[str, str]], arguments: Sequence[str], folder: Path, builder: str, emulate_all: bool, mode: str
) -> list[TargetTests]:
    """Runs `go test ARGUMENTS` for each (`os/arch`, variant), one after the other. Raises `UserError` for what can't be asked for."""
    refused = [item for item in refused_flags(arguments) if item.code == "not-supported"]
    if refused:
        raise UserError(refused, EXIT_USAGE)
    children = Children()
    progress = Progress("test", len(pairs), mode)

    def one(pair: tuple[str, str]) -> TargetTests:
        tested = TargetTests(*pair, emulated=emulate_all or pair[0] != host_target())
        progress.start(tested.target)
        try:
            _run(tested, arguments, folder, builder, children)
        finally:
            bad = tested.tests["fail"] or sum(end == "fail" for end in tested.packages.values())
            tested.seconds = progress.finish(tested.target, "ok" if tested.ok else f"{bad or 'something'} failed", tested.ok)
        return tested

    results: list[TargetTests] = []
    for result in in_parallel(pairs, one, children, 1, progress):
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    return results


def command_of(tested: TargetTests, arguments: Sequence[str], builder: str) -> tuple[list[str], dict[str, str]]:
    """The `go test` of one target and its environment."""
    target = load_targets()[tested.target]
    if tested.emulated and tested.variant not in target.emulation.variants:
        have = ", ".join(target.emulation.variants)
        raise usage_error("not-emulated", f"{target.variable}={tested.variant} has instructions that the emulator lacks", f"it has {have}")
    root = find_goroot()
    env = go_environment(root, {"GOOS": target.os, "GOARCH": target.arch, target.variable: tested.variant}, {})
    argv = [str(root / "bin/go"), "test", "-json"]
    if builder == "pygo":
        argv.append(toolexec_flag())
        env |= toolexec_variables(stock_packages(target.arch))
    own = any(word.lstrip("-").partition("=")[0] == "exec" for word in arguments if word.startswith("-"))
    if tested.emulated and not own:
        argv.append("-exec=" + quote_words(sys.executable, "-P", "-m", "pygo_cross.emulate.goexec"))
    return [*argv, *arguments], env


def _run(tested: TargetTests, arguments: Sequence[str], folder: Path, builder: str, children: Children) -> None:
    argv, env = command_of(tested, arguments, builder)
    try:
        done = children.run(argv, folder, {**env, "PWD": str(folder.absolute())}, limit=_LIMIT)
    except OSError as error:
        raise usage_error("unreadable", f"{error.filename}: can't be run: {error.strerror}") from None
    tested.status = done.status if done.status >= 0 else 128 - done.status
    if done.cut:
        tested.status = tested.status or 1
        tested.failures.append(f"stopped: more than {_LIMIT >> 20} MiB of output")
    read_events(tested, done.stdout.decode("utf-8", "replace"))
    tested.said = done.stderr.decode("utf-8", "replace").strip()


def read_events(tested: TargetTests, text: str) -> None:
    """Takes the go command's events: results by package and test, and the output of what failed."""
    outputs: dict[tuple[str, str], list[str]] = {}
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or not isinstance(event.get("Action"), str):
            tested.failures.append(line)  # not an event: the go command itself, in words
            continue
        tested.events.append(event)
        package = str(event.get("Package") or event.get("ImportPath") or "").partition(" [")[0]
        test, action = str(event.get("Test", "")), event["Action"]
        if action in ("output", "build-output"):
            outputs.setdefault((package, test), []).append(str(event.get("Output", "")))
        elif action in _ENDS:
            if test:
                tested.tests[action] += 1
            else:
                tested.packages[package] = action
            if action == "fail":
                said = "".join(outputs.get((package, test), ()))
                tested.failures.append(said.rstrip("\n"))
    failed = {package for package, end in tested.packages.items() if end == "fail"}
    # A package that did not build has its words under its import path, before it fails.
    tested.failures = [text for text in tested.failures if text.strip()]
    if failed and not tested.failures:
        tested.failures = [f"FAIL {package}" for package in sorted(failed)]


def counts(tested: TargetTests) -> Mapping[str, int]:
    """Packages by how they ended."""
    return {end: sum(value == end for value in tested.packages.values()) for end in _ENDS}
