# SPDX-License-Identifier: BSD-3-Clause
"""Positions, diagnostics and the two kinds of failure.

A *user's* mistake is a `Diagnostic`: a position where one is known, what is wrong, and what to do about it. Stages
collect diagnostics and raise them together, sorted, as one `UserError`; the command line prints them and exits with
`UserError.status`. A mistake of *ours* is an `InternalError`: it names pass, function and position, so that a report
of it can be acted on. Nothing else may leave a stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pygo_cross import __version__

# Exit codes of the command (docs/interface.md); `run` alone uses those of docker and timeout (124 to 127).
EXIT_OK = 0
EXIT_BUILD = 1
EXIT_USAGE = 2
EXIT_SMOKE = 3
EXIT_VERIFY = 4
EXIT_EMULATOR = 5
EXIT_TIMEOUT = 124


class Pos(NamedTuple):
    """A place in a file. `line` and `column` count from 1, columns in bytes; 0 means not known."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, leaving out what is not known."""
        parts = [self.file] if self.file else []
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


NO_POS = Pos()


class Diagnostic(NamedTuple):
    """One mistake of the user's.

    `code` is a stable name in kebab-case (`unknown-key`, `undefined-symbol`) that scripts may match on; `message` says
    what is wrong, `hint` what to do, both without a full stop or a newline.
    """

    pos: Pos
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """The line as it is printed: `file:line:column: what; what to do`."""
        where = str(self.pos)
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        return f"{where}: {text}" if where else text


class UserError(Exception):
    """What the user can mend: `diagnostics`, sorted unless they are `in_order`, without repeats, and the exit `status` they lead to."""

    def __init__(self, diagnostics: Iterable[Diagnostic], status: int = EXIT_BUILD, in_order: bool = False) -> None:
        self.diagnostics = list(dict.fromkeys(diagnostics)) if in_order else sorted(set(diagnostics))
        self.status = status
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))

    @classmethod
    def one(cls, code: str, message: str, hint: str = "", pos: Pos = NO_POS, status: int = EXIT_BUILD) -> UserError:
        """A `UserError` of a single diagnostic."""
        return cls([Diagnostic(pos, code, message, hint)], status)


class InternalError(Exception):
    """A bug of ours, found by a check of ours, in `stage` (a pass) while it worked on `subject` (a function, a symbol)."""

    def __init__(self, stage: str, message: str, subject: str = "", pos: Pos = NO_POS) -> None:
        self.stage, self.subject, self.pos = stage, subject, pos
        self.message = message
        about = f" in {subject}" if subject else ""
        where = f" at {pos}" if str(pos) else ""
        super().__init__(f"internal error: {stage}{about}{where}: {message}")


def report_of(error: Exception) -> str:
    """What is told of a mistake of ours: what it is, and how to report it."""
    text = str(error) if isinstance(error, InternalError) else f"internal error: {type(error).__name__}: {error}"
    return (
        f"{text}\nThis is a bug in pygo-cross {__version__}: report it with these lines and the source that they name; "
        "PYGO_CROSS_DEBUG=1 shows where."
    )


def located(error: Exception, stage: str, subject: str, pos: Pos) -> InternalError:
    """The InternalError for whatever went wrong in a stage: one that names stage, subject and position keeps what it says."""
    if not isinstance(error, InternalError):
        told = f": {error}" if str(error) else ""
        return InternalError(stage, f"{type(error).__name__}{told}", subject, pos)
    about = error.subject if subject in error.subject else f"{subject} {error.subject}".rstrip()
    return InternalError(error.stage, error.message, about, error.pos if error.pos.line else pos)
