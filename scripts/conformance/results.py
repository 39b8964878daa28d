# SPDX-License-Identifier: BSD-3-Clause
"""What the conformance runs found: the file that it is kept in, and the comparison of emulated runs with native ones.

The file holds, by mode (short, full), what each package's tests did natively on linux/amd64 and under emulation for each target. Several
harnesses may add to one file at a time.

A test counts where it passes natively and the target's binary has it. A test that only another target's binary has is without a native
counterpart: it does not count, but is named if it goes wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

NATIVE: Final = "native"

Tests = dict[str, dict[str, Any]]


class Store:
    """A file of results; every change is read, made and written under a lock."""

    def __init__(self, path: Path, mode: str) -> None:
        self.path = path
        self.mode = mode

    def _load(self) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            return value
        except FileNotFoundError:
            return {}

    def get(self, target: str, package: str) -> dict[str, Any] | None:
        """What is known of a package's tests on a target (or NATIVE): `binary`, `seconds`, `note`, `tests`."""
        found: dict[str, Any] | None = self._load().get(self.mode, {}).get(target, {}).get(package)
        return found

    def all(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Everything of this mode, by target and package."""
        found: dict[str, dict[str, dict[str, Any]]] = self._load().get(self.mode, {})
        return found

    @contextlib.contextmanager
    def _change(self) -> Iterator[dict[str, Any]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{self.path}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            value = self._load()
            yield value
            scratch = self.path.with_name(f"{self.path.name}.{os.getpid()}")
            scratch.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            scratch.replace(self.path)

    def put(self, target: str, package: str, entry: dict[str, Any]) -> None:
        """Replace what is known of a package on a target."""
        with self._change() as value:
            value.setdefault(self.mode, {}).setdefault(target, {})[package] = entry

    def merge(self, other: Store) -> list[str]:
        """Take over what another file has of packages and targets that this one has not, or of the same binary with more tests passing."""
        taken = []
        with self._change() as value:
            mine = value.setdefault(self.mode, {})
            for target, packages in other.all().items():
                for package, entry in packages.items():
                    known = mine.setdefault(target, {}).get(package)
                    if known is None or (known["binary"] == entry["binary"] and _passing(entry) > _passing(known)):
                        mine[target][package] = entry
                        taken.append(f"{package} {target}")
        return taken


def _passing(entry: dict[str, Any]) -> int:
    return sum(test["result"] == "pass" for test in entry["tests"].values())


@dataclass
class Comparison:
    """A package on a target: how many tests count, how many of them pass, and what became of the others."""

    expected: int = 0
    passed: int = 0
    different: Tests = field(default_factory=dict)
    unreferenced: Tests = field(default_factory=dict)
    note: str = ""


def compare(native: dict[str, Any], emulated: dict[str, Any]) -> Comparison:
    """Lay the emulated run of a package beside the native one."""
    found = Comparison(note=emulated.get("note", ""))
    if not emulated["tests"]:
        # The binary did not even say which tests it has.
        passing = [name for name, test in native["tests"].items() if test["result"] == "pass"]
        found.different = {name: {"result": "not run", "text": found.note} for name in passing}
        found.expected = len(found.different)
    for name, test in emulated["tests"].items():
        reference = native["tests"].get(name)
        if reference is None:
            if test["result"] not in ("pass", "skip"):
                found.unreferenced[name] = test
        elif reference["result"] == "pass":
            found.expected += 1
            if test["result"] == "pass":
                found.passed += 1
            else:
                found.different[name] = test
    return found


_PLACE: Final = re.compile(r"^\s*[\w.-]+\.go:\d+: ")


def first_words(test: dict[str, Any]) -> str:
    """The line of a test's output that tells most: why it was skipped, or the first thing that it complained about."""
    lines = [line for line in test.get("text", "").splitlines() if line.strip() and not line.startswith("===")]
    said = [_PLACE.sub("", line).strip() for line in lines if _PLACE.match(line)]
    if test["result"] == "skip":
        return said[-1] if said else ""
    for line in lines:
        if line.startswith(("panic:", "fatal error:", "SIG", "[ended by")) or ".test: " in line:
            return line.strip()
    return said[0] if said else (lines[-1].strip() if lines else "")


@dataclass(frozen=True)
class Reason:
    """Why tests do not pass: patterns (as of a shell) of package, test and target, and a sentence."""

    package: str
    tests: tuple[str, ...]
    targets: tuple[str, ...]
    says: tuple[str, ...]
    text: str

    def fits(self, package: str, test: str, target: str, said: str) -> bool:
        """Whether this is about that test."""
        return (
            fnmatch.fnmatchcase(package, self.package)
            and any(fnmatch.fnmatchcase(test, pattern) for pattern in self.tests)
            and any(fnmatch.fnmatchcase(target, pattern) for pattern in self.targets)
            and (not self.says or any(word in said for word in self.says))
        )


def load_reasons(path: Path) -> list[Reason]:
    """The known reasons. Raises `SystemExit` for a file that is not made as its head says."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    reasons = []
    for number, entry in enumerate(entries, 1):
        unknown = set(entry) - {"package", "tests", "targets", "says", "reason"}
        if unknown or not entry.get("reason"):
            raise SystemExit(f"{path}: entry {number}: {'unknown keys ' + ', '.join(sorted(unknown)) if unknown else 'no reason'}")
        lists = [tuple(entry.get(key, default)) for key, default in (("tests", ["*"]), ("targets", ["*"]), ("says", []))]
        reasons.append(Reason(entry.get("package", "*"), lists[0], lists[1], lists[2], " ".join(entry["reason"].split())))
    return reasons


def reason_for(reasons: list[Reason], package: str, name: str, target: str, test: dict[str, Any]) -> str:
    """The first known reason that fits, or ""."""
    for reason in reasons:
        if reason.fits(package, name, target, test.get("text", "")):
            return reason.text
    return ""
