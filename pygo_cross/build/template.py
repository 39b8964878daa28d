# SPDX-License-Identifier: BSD-3-Clause
"""Values with variables in them, in the notation of Go templates: `{{ .Version }}`.

What the notation means is in `gotemplate.py`; here are the variables and GoReleaser's functions. A variable that does not
exist is a mistake at the place of the value that names it, never an empty text. Nothing tells the time of day: builds repeat.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.gotemplate import EnvMapping, Function, TemplateError, run
from pygo_cross.diag import NO_POS, Diagnostic, Pos, UserError
from pygo_cross.records import nearest, usage_error

SNAPSHOT: Final = "{{ .Version }}-SNAPSHOT-{{ .ShortCommit }}"
"""The version where HEAD has no tag."""
_SEMVER = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\Z", re.ASCII)


class GitFacts:
    """What git says about the folder that holds the configuration; each answer is asked for once, when it is needed.

    `answers` are those given so far. A build keeps them in its record, and whoever looks at the build later starts from
    them, so that a commit in between changes nothing. Where HEAD has no tag, or `snapshot` is set, the version is what
    `template` makes of the nearest tag's.
    """

    def __init__(
        self, folder: Path, answers: Mapping[str, str] | None = None, snapshot: bool = False, template: str = SNAPSHOT, pos: Pos = NO_POS
    ) -> None:
        self.folder, self.snapshot, self.template, self.pos = folder, snapshot, template, pos
        self.answers = dict(answers or {})

    def answer(self, name: str) -> str:
        """The value of one of `GIT_VARIABLES`."""
        found = self.answers.get(name)
        if found is None:
            found = self.answers[name] = self._find(name)
        return found

    def _find(self, name: str) -> str:
        if name in ("Commit", "FullCommit"):
            return self._git("rev-parse", "--verify", "-q", "HEAD") or "none"
        if name == "ShortCommit":
            commit = self.answer("Commit")
            return commit if commit == "none" else commit[:7]
        if name == "Tag":  # the nearest that HEAD descends from
            return self._git("describe", "--tags", "--abbrev=0") or "v0.0.0"
        if name == "ExactTag":
            return self._git("describe", "--tags", "--exact-match")
        if name == "IsSnapshot":
            return "false" if self.answer("ExactTag") and not self.snapshot else "true"
        if name == "IsGitDirty":
            return "true" if self._git("status", "--porcelain") else "false"
        if name == "Version":  # the tag where HEAD has one, without its v
            if self.answer("IsSnapshot") == "false":
                return _bare(self.answer("ExactTag"))
            return expand_one(self.template, Variables({"Version": _bare(self.answer("Tag"))}, os.environ, self), self.pos)
        if name == "Branch":
            return self._git("rev-parse", "--abbrev-ref", "HEAD") or "none"
        # CommitTimestamp. Never the wall clock, so that builds repeat.
        given = os.environ.get("SOURCE_DATE_EPOCH")
        if given and not re.fullmatch(r"[0-9]{1,11}", given, re.ASCII):
            raise usage_error("bad-env", f"SOURCE_DATE_EPOCH={given[:40]} is not a number of seconds since 1970", "unset it, or correct it")
        return given or self._git("show", "-s", "--format=%ct", "HEAD") or "0"

    def _git(self, *args: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.folder), *args], stdin=subprocess.DEVNULL, capture_output=True, check=False, start_new_session=True
            )
        except OSError:
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def _bare(tag: str) -> str:
    return re.sub(r"^v(?=\d)", "", tag)


GIT_VARIABLES: Final = (
    *("Version", "Tag", "Commit", "FullCommit", "ShortCommit", "Branch", "CommitTimestamp", "CommitDate"),
    *("RawVersion", "Major", "Minor", "Patch", "Prerelease", "IsSnapshot", "IsGitDirty", "IsGitClean"),
)
"""`CommitTimestamp` is seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, else 0."""
VARIABLES: Final = (
    *("ProjectName", "Target", "Os", "Arch", "Amd64", "Arm64", "Arm", "Mips", "BuildID", "Binary", "GoVersion", "Env"),
    *("ArtifactName", "ArtifactPath", "Algorithm"),
    *GIT_VARIABLES,
)
_CLOCK: Final = {"Date": ".CommitDate", "Timestamp": ".CommitTimestamp", "Now": ".CommitDate"}


class Variables:
    """The values that one artifact's templates see. `known` holds the fixed ones, the rest comes from git and the environment."""

    def __init__(self, known: Mapping[str, str], env: Mapping[str, str], git: GitFacts) -> None:
        self.known, self.env, self.git = known, EnvMapping(env), git

    def look_up(self, name: str) -> Any:
        """The value of `.name`. Raises `TemplateError`."""
        if name == "Env":
            return self.env
        found = self.known.get(name)
        if found is not None:
            return found
        if name in ("Arm", "Mips") and "Os" in self.known:
            return ""  # targets that GoReleaser's own templates ask about
        if name not in GIT_VARIABLES:
            choices = [variable for variable in VARIABLES if variable in self.known or variable in GIT_VARIABLES or variable == "Env"]
            hint = (
                f"builds repeat: write {_CLOCK[name]}" if name in _CLOCK else nearest(name, choices) or "known here: " + ", ".join(choices)
            )
            raise TemplateError(f"unknown variable {{{{ .{name} }}}}", hint, "unknown-variable")
        if name in ("Major", "Minor", "Patch", "Prerelease", "RawVersion"):
            parts = _semver(self.git.answer("Tag"))
            if name == "RawVersion":
                return ".".join(str(part) for part in parts[:3])
            return parts[("Major", "Minor", "Patch", "Prerelease").index(name)]
        if name == "CommitDate":
            return self.when().strftime("%Y-%m-%dT%H:%M:%SZ")
        if name == "IsGitClean":
            return self.git.answer("IsGitDirty") == "false"
        if name.startswith("Is"):
            return self.git.answer(name) == "true"
        return self.git.answer(name)

    def when(self) -> datetime:
        """The commit's time."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(self.git.answer("CommitTimestamp")))

    def functions(self) -> dict[str, Function]:
        """GoReleaser's functions."""
        return {
            **_FUNCTIONS,
            "time": Function(lambda layout: go_time(self.when(), layout), (str,)),
            "envOrDefault": Function(lambda name, value: self.env.get(name, value), (str, str)),
            "isEnvSet": Function(lambda name: bool(self.env.get(name)), (str,)),
        }


def expand(text: str, variables: Variables, pos: Pos, problems: list[Diagnostic]) -> str:
    """`text` with its actions replaced; mistakes are added to `problems` at `pos`, and then the result is none to use."""
    if "{{" not in text:
        return text
    try:
        return run(text, variables, variables.functions())
    except TemplateError as error:
        problems.append(Diagnostic(pos, error.code, error.message, error.hint))
        return text


def expand_one(text: str, variables: Variables, pos: Pos) -> str:
    """`expand`, raising `UserError` at once."""
    problems: list[Diagnostic] = []
    result = expand(text, variables, pos, problems)
    if problems:
        raise UserError(problems, usage_error("", "").status)
    return result


# ---- functions

_WHITE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_WORD = re.compile(r"\w+(?:[.:'\u2019]\w+)*")


def _one_by_one(text: str, change: str) -> str:
    """Each letter in another case, where that is one letter, as Go's mapping of single runes has it."""
    return "".join(other if len(other := getattr(letter, change)()) == 1 else letter for letter in text)


def _title(text: str) -> str:
    """Every word with its first letter in title case and the others in lower case."""

    def one(match: re.Match[str]) -> str:
        word = match.group()
        at = next((at for at, letter in enumerate(word) if letter.isalpha()), len(word))
        return word[:at] + word[at : at + 1].title() + word[at + 1 :].lower()

    return _WORD.sub(one, text)


def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _dir(path: str) -> str:
    folder = path[: path.rfind("/") + 1]
    return re.sub(r"^//", "/", posixpath.normpath(folder))


def _semver(text: str) -> tuple[int, int, int, str]:
    match = _SEMVER.match(text)
    if match is None:
        raise TemplateError(f"{text[:60]} is not a semantic version", "a tag such as v1.2.3 is")
    return int(match.group(1)), int(match.group(2)), int(match.group(3)), match.group(4) or ""


def _next(text: str, part: int) -> str:
    """The version after `text` in its major (0), minor (1) or patch (2) number. What comes after a pre-release is the release."""
    numbers, prerelease = list(_semver(text)[:3]), _semver(text)[3]
    if part < 2 or not prerelease:
        numbers[part] += 1
    numbers[part + 1 :] = [0] * (2 - part)
    return ("v" if text.startswith("v") else "") + ".".join(map(str, numbers))


_FUNCTIONS: Final[Mapping[str, Function]] = {
    "replace": Function(lambda text, old, new: text.replace(old, new), (str, str, str)),
    "split": Function(lambda text, sep: text.split(sep) if sep else list(text), (str, str)),
    "contains": Function(lambda text, part: part in text, (str, str)),
    "title": Function(_title, (str,)),
    "tolower": Function(lambda text: _one_by_one(text, "lower"), (str,)),
    "toupper": Function(lambda text: _one_by_one(text, "upper"), (str,)),
    "trim": Function(lambda text: text.strip(_WHITE), (str,)),
    "trimprefix": Function(lambda text, part: text.removeprefix(part), (str, str)),
    "trimsuffix": Function(lambda text, part: text.removesuffix(part), (str, str)),
    "base": Function(_base, (str,)),
    "dir": Function(_dir, (str,)),
    "incmajor": Function(lambda text: _next(text, 0), (str,)),
    "incminor": Function(lambda text: _next(text, 1), (str,)),
    "incpatch": Function(lambda text: _next(text, 2), (str,)),
}

_LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00:00|-07:00|-070000|-0700|-07|Z07:00:00|Z07:00|Z070000|Z0700|Z07"
    r"|__2|002|01|02|03|04|05|06|15|PM|pm|_2(?!006)|[.,](?:0+|9+)(?![0-9])|1|2|3|4|5"
)


def go_time(when: datetime, layout: str) -> str:
    """A time in UTC as Go's `Time.Format` writes it (src/time/format.go). `when` has whole seconds."""
    hour = when.hour % 12 or 12
    months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    month, day, yearday = months[when.month - 1], days[when.weekday()], when.timetuple().tm_yday
    known = {
        "January": month,
        "Jan": month[:3],
        "1": str(when.month),
        "01": f"{when.month:02}",
        "Monday": day,
        "Mon": day[:3],
        "2": str(when.day),
        "_2": f"{when.day:2}",
        "02": f"{when.day:02}",
        "002": f"{yearday:03}",
        "__2": f"{yearday:3}",
        "2006": f"{when.year:04}",
        "06": f"{when.year % 100:02}",
        "15": f"{when.hour:02}",
        "3": str(hour),
        "03": f"{hour:02}",
        "4": str(when.minute),
        "04": f"{when.minute:02}",
        "5": str(when.second),
        "05": f"{when.second:02}",
        "PM": "PM" if when.hour >= 12 else "AM",
        "pm": "pm" if when.hour >= 12 else "am",
        "MST": "UTC",
        "-07:00:00": "+00:00:00",
        "-07:00": "+00:00",
        "-070000": "+000000",
        "-0700": "+0000",
        "-07": "+00",
    }

    def one(match: re.Match[str]) -> str:
        found = match.group()
        if found in known:
            return known[found]
        return "Z" if found[0] == "Z" else "" if "9" in found else found  # zeros stand for themselves, nines for nothing

    return _LAYOUT.sub(one, layout)
