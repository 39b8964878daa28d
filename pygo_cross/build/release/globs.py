# SPDX-License-Identifier: BSD-3-Clause
"""Which files of a project a pattern of toolchain.yaml stands for.

`*`, `?`, `[a-z]`, `{a,b}` and `**` (any number of folders) as GoReleaser has them; a folder stands for the files below it.
Only regular files that lie in the project are ever found: a path that leads out of it, by `..` or through a link, and a
device, a socket or a FIFO are mistakes that are told, not left out. A link to a file inside stands for that file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MAGIC: Final = re.compile(r"[*?\[{]")
_MAX_ALTERNATIVES: Final = 1000
_LEFT_OUT: Final = (".git",)


class BadPattern(Exception):
    """What is wrong with a pattern or a file that it finds, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def has_magic(pattern: str) -> bool:
    """Whether a pattern is more than a path."""
    return bool(_MAGIC.search(pattern))


def find_files(root: Path, pattern: str, without: Path | None = None) -> list[str]:
    """The files below `root` that `pattern` stands for: sorted paths relative to it, with slashes.

    `without` is a folder that is never looked into. Raises `BadPattern`; also where a path without magic is not there.
    """
    found: set[str] = set()
    for plain in _alternatives(pattern):
        if "\0" in plain or plain.startswith("/") or ".." in plain.split("/"):
            raise BadPattern(f"{plain!r} leads out of the project", "name files inside it")
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        if not has_magic(plain):
            path = root.joinpath(*parts)
            if not os.path.lexists(path):
                raise BadPattern(f"{plain!r} is not there", "correct the path, or end it with * where it may be absent")
        for match in _walk(root, "", parts):
            found.update(_files(root, match, without))
    return sorted(found)


def _alternatives(pattern: str) -> list[str]:
    """`a{b,c}` as `ab` and `ac`."""
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        text = waiting.pop()
        match = re.search(r"\{([^{}]*)\}", text)
        if match is None:
            if "{" in text or "}" in text:
                raise BadPattern(f"{pattern!r} has a brace without its partner")
            done.append(text)
        else:
            waiting += [text[: match.start()] + choice + text[match.end() :] for choice in match.group(1).split(",")]
        if len(done) + len(waiting) > _MAX_ALTERNATIVES:
            raise BadPattern(f"{pattern[:60]!r} has more than {_MAX_ALTERNATIVES} alternatives")
    return done


def _segment(text: str) -> re.Pattern[str]:
    """One part of a pattern as a regular expression."""
    out, at = "", 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "*":
            out += ".*"
        elif letter == "?":
            out += "."
        elif letter == "[":
            end = text.find("]", at + 1)
            inner = text[at:end]
            if end < 0:
                raise BadPattern(f"{text!r} has a [ without its ]")
            negated, inner = inner[0] in "!^", inner.lstrip("!^")
            ranges = re.findall(r"(.)-(.)|(.)", inner, re.DOTALL)
            if any(low > high for low, high, _ in ranges):
                raise BadPattern(f"[{inner}] has a range that runs backwards")
            members = "".join(f"{re.escape(low)}-{re.escape(high)}" if low else re.escape(one) for low, high, one in ranges)
            out += f"[{'^' if negated else ''}{members}]" if members else "(?!)"
            at = end + 1
        else:
            out += re.escape(letter)
    return re.compile(out + r"\Z", re.DOTALL)


def _walk(root: Path, base: str, parts: list[str]) -> Iterator[str]:
    """The paths below `base` that match."""
    if not parts:
        yield base
        return
    first, rest = parts[0], parts[1:]
    if not has_magic(first):
        inner = f"{base}/{first}" if base else first
        if os.path.lexists(root / inner):
            yield from _walk(root, inner, rest)
        return
    if not _enterable(root / base):
        return
    names = [name for name in sorted(os.listdir(root / base)) if name not in _LEFT_OUT]
    if first == "**":
        yield from _walk(root, base, rest)
        for name in names:
            inner = f"{base}/{name}" if base else name
            if _enterable(root / inner):
                yield from _walk(root, inner, parts)
            elif not rest:
                yield inner
        return
    matches = _segment(first).match
    for name in names:
        if matches(name):
            yield from _walk(root, f"{base}/{name}" if base else name, rest)


def _enterable(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _files(root: Path, match: str, without: Path | None) -> Iterator[str]:
    """The files that a match stands for."""
    path = root / match
    if without is not None and (path == without or without in path.parents):
        return
    if _enterable(path):
        for name in sorted(os.listdir(path)):
            if name not in _LEFT_OUT:
                yield from _files(root, f"{match}/{name}" if match else name, without)
        return
    real = Path(os.path.realpath(path))
    home = Path(os.path.realpath(root))
    if home not in real.parents:
        raise BadPattern(f"{match!r} leads out of the project, to {real}", "copy the file into it")
    try:
        mode = real.stat().st_mode
    except OSError as error:
        raise BadPattern(f"{match!r} can't be read: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise BadPattern(f"{match!r} is a link to a folder", "name the folder itself")
    if not stat.S_ISREG(mode):
        raise BadPattern(f"{match!r} is no regular file", "leave it out")
    try:
        match.encode()
    except UnicodeEncodeError:
        raise BadPattern(f"{match!r} has a name that is not UTF-8", "rename it") from None
    yield match
