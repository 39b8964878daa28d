# SPDX-License-Identifier: BSD-3-Clause
"""Values with variables in them, in the notation of Go templates: `{{ .Version }}`.

Only variables and string literals are there, no functions and no pipelines. A variable that does not exist is a
mistake at the place of the value that names it, never an empty string. `{{-` and `-}}` trim the space beside them, as
text/template does; `{{ "{{" }}` writes the braces themselves.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.records import nearest, usage_error

_ACTION = re.compile(r'\{\{(-(?=\s))?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)((?<=\s)-)?\}\}', re.DOTALL)
_LITERAL = re.compile(r'\s*(?:"((?:[^"\\\n]|\\["\\nt])*)"|`([^`]*)`)\s*\Z')
_VARIABLE = re.compile(r"\s*\.([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?\s*\Z", re.ASCII)
_ESCAPES: Final = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}


class GitFacts:
    """What git says about the folder that holds the configuration; each answer is asked for once, when it is needed.

    `answers` are those given so far. A build keeps them in its record, and whoever looks at the build later starts from
    them, so that a commit in between changes nothing.
    """

    def __init__(self, folder: Path, answers: Mapping[str, str] | None = None) -> None:
        self.folder = folder
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
        if name == "Version":  # the tag where HEAD has one, else TAG-SNAPSHOT-COMMIT; without its v
            exact = self._git("describe", "--tags", "--exact-match")
            return re.sub(r"^v(?=\d)", "", exact or f"{self.answer('Tag')}-SNAPSHOT-{self.answer('ShortCommit')}")
        if name == "Branch":
            return self._git("rev-parse", "--abbrev-ref", "HEAD") or "none"
        # CommitTimestamp. Never the wall clock, so that builds repeat.
        return os.environ.get("SOURCE_DATE_EPOCH") or self._git("show", "-s", "--format=%ct", "HEAD") or "0"

    def _git(self, *args: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.folder), *args], stdin=subprocess.DEVNULL, capture_output=True, check=False, start_new_session=True
            )
        except OSError:
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


GIT_VARIABLES: Final = ("Version", "Tag", "Commit", "FullCommit", "ShortCommit", "Branch", "CommitTimestamp")
"""`CommitTimestamp` is seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, else 0."""
VARIABLES: Final = (
    *("ProjectName", "Target", "Os", "Arch", "Amd64", "Arm64", "BuildID", "Binary", "GoVersion", "Env"),
    *GIT_VARIABLES,
)


class Variables:
    """The values that one artifact's templates see. `known` holds the fixed ones, the rest comes from git and the environment."""

    def __init__(self, known: Mapping[str, str], env: Mapping[str, str], git: GitFacts) -> None:
        self.known, self.env, self.git = known, env, git

    def look_up(self, name: str, inner: str | None) -> str:
        """The value of `.name` or `.name.inner`. Raises `KeyError` with a message and a hint."""
        if name == "Env":
            if inner is None:
                raise KeyError("{{ .Env }} needs the name of a variable", "write {{ .Env.NAME }}")
            if inner not in self.env:
                raise KeyError(f"the environment variable {inner} is not set", f"set {inner}, or give it under env")
            return self.env[inner]
        found = self.known.get(name)
        if found is None and inner is None and name in GIT_VARIABLES:
            found = self.git.answer(name)
        if found is None or inner is not None:
            shown = f"{name}.{inner}" if inner else name
            choices = [variable for variable in VARIABLES if variable in self.known or variable in GIT_VARIABLES or variable == "Env"]
            hint = nearest(name, choices)
            raise KeyError(f"unknown variable {{{{ .{shown} }}}}", hint or "known here: " + ", ".join(choices))
        return found


def expand(text: str, variables: Variables, pos: Pos, problems: list[Diagnostic]) -> str:
    """`text` with its variables replaced; mistakes are added to `problems` at `pos`."""
    if "{{" not in text:
        return text
    result: list[str] = []
    at = 0
    trim = False

    def literal(piece: str, trim_left: bool, trim_right: bool) -> None:
        piece = piece.lstrip() if trim_left else piece
        result.append(piece.rstrip() if trim_right else piece)

    for match in _ACTION.finditer(text):
        literal(text[at : match.start()], trim, bool(match.group(1)))
        at, trim = match.end(), bool(match.group(3))
        body = match.group(2)
        if found := _LITERAL.match(body):
            quoted, raw = found.groups()
            result.append(raw if quoted is None else re.sub(r"\\.", lambda escape: _ESCAPES[escape.group()], quoted))
        elif found := _VARIABLE.match(body):
            try:
                result.append(variables.look_up(found.group(1), found.group(2)))
            except KeyError as error:
                problems.append(Diagnostic(pos, "unknown-variable", *error.args))
        else:
            shown = " ".join(body.split())[:60]
            problems.append(
                Diagnostic(
                    pos, "bad-template", f"{{{{ {shown} }}}} is not a variable", "only variables such as {{ .Version }} are supported"
                )
            )
    rest = text[at:]
    if "{{" in rest:
        problems.append(Diagnostic(pos, "bad-template", "{{ without its }}"))
    literal(rest, trim, False)
    return "".join(result)


def expand_one(text: str, variables: Variables, pos: Pos) -> str:
    """`expand`, raising `UserError` at once."""
    problems: list[Diagnostic] = []
    result = expand(text, variables, pos, problems)
    if problems:
        raise UserError(problems, usage_error("", "").status)
    return result
