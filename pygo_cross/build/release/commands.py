# SPDX-License-Identifier: BSD-3-Clause
"""Commands that a configuration names: hooks before the build, and publishers."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from pygo_cross import GO_RELEASE
from pygo_cross.build.config import Config
from pygo_cross.build.process import Children
from pygo_cross.build.progress import Progress
from pygo_cross.build.template import GitFacts, Variables, expand, expand_one
from pygo_cross.diag import EXIT_USAGE, Diagnostic, Pos, UserError

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def split_command(text: str, variables: Variables, pos: Pos, problems: list[Diagnostic]) -> list[str]:
    """The words of a command. What an action comes to stays in its word, whatever is in it; only where actions enclose whole words
    (`if`, `with`) they are expanded before the text is split."""
    actions: list[str] = []

    def keep(match: re.Match[str]) -> str:
        actions.append(match.group())
        return f"\0{len(actions) - 1}\0"

    enclosing = re.search(r"\{\{-?\s*(if|with|else|end)\b", text)
    held = expand(text, variables, pos, problems) if enclosing else _ACTION.sub(keep, text)
    try:
        words = shlex.split(held)
    except ValueError as error:
        problems.append(Diagnostic(pos, "bad-value", f"cmd can't be split into words: {error}"))
        return [""]
    if not enclosing:
        words = [re.sub(r"\0(\d+)\0", lambda match: actions[int(match.group(1))], word) for word in words]
        words = [expand(word, variables, pos, problems) for word in words]
    if not words or not words[0]:
        problems.append(Diagnostic(pos, "bad-value", "cmd comes to no command"))
        return [""]
    return words


def run_command(what: str, argv: Sequence[str], env: Mapping[str, str], folder: Path, pos: Pos, children: Children) -> str:
    """Runs a command. Its arguments are never shown: they may hold what is secret. Raises `UserError` where it fails, with the last
    line of what it said."""
    try:
        done = children.run(argv, folder, env)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError.one("command", f"{what}: {argv[0]}: can't be run: {reason}", "correct cmd or dir", pos) from None
    if done.status:
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
        last = f": {said[-1][:300]}" if said else ""
        how = f"status {done.status}" if done.status > 0 else f"signal {-done.status}"
        raise UserError.one("command", f"{what}: {argv[0]} ended with {how}{last}", "", pos)
    return "done"


def run_before(config: Config, git: GitFacts, mode: str) -> None:
    """Runs the hooks of `before`, one after the other. Raises `UserError` at the first that fails."""
    hooks = config.project.before.hooks
    if not hooks:
        return
    children = Children()
    progress = Progress("before", len(hooks), mode)
    try:
        for hook in hooks:
            variables = Variables({"ProjectName": config.project.project, "GoVersion": GO_RELEASE}, os.environ, git)
            env = dict(os.environ)
            for holder in (config.project, hook):
                for at, setting in enumerate(holder.env):
                    name, _, value = setting.partition("=")
                    env[name] = expand_one(value, variables, holder.place(f"env[{at}]"))
            problems: list[Diagnostic] = []
            argv = split_command(hook.cmd, Variables(variables.known, env, git), hook.place("cmd"), problems)
            folder = config.folder / expand(hook.dir, variables, hook.place("dir"), problems)
            if problems:
                raise UserError(problems, EXIT_USAGE)
            outcome, ok = "failed", False
            progress.start(argv[0])
            try:
                outcome, ok = run_command("before", argv, env, folder, hook.place("cmd"), children), True
            finally:
                progress.finish(argv[0], outcome, ok)
    except BaseException:
        children.stop()
        raise
    finally:
        progress.close()
