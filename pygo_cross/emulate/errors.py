# SPDX-License-Identifier: GPL-2.0-or-later
"""What can end an emulation other than the guest itself, and how a system call fails.

Every `EmulatorError` carries the exit status that `run` reports for it, which are those of docker and timeout: 124 a limit was
reached, 125 the emulator lacks something, 126 not a binary that can be run, 127 not found. `Errno` and `GuestFault` never leave the
emulator: the dispatcher of the guest's system turns them into that system's error number.
"""

from __future__ import annotations

from typing import Final

STATUS_LIMIT: Final = 124
STATUS_LACKING: Final = 125
STATUS_NOT_RUNNABLE: Final = 126
STATUS_NOT_FOUND: Final = 127


class EmulatorError(Exception):
    """The emulation could not start or go on. `status` is the exit status to report, `code` a stable name in kebab-case."""

    status = STATUS_LACKING

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class LimitReached(EmulatorError):
    """A limit of `result.Limits` was reached; `code` is `limit-` and the limit's name."""

    status = STATUS_LIMIT


class Lacking(EmulatorError):
    """The guest needs something that the emulator does not provide."""

    status = STATUS_LACKING


class NotRunnable(EmulatorError):
    """The file is not a binary of the four targets, or a damaged one."""

    status = STATUS_NOT_RUNNABLE


class NotFound(EmulatorError):
    """The file to run, or a host path that was to be mounted, is not there or cannot be read."""

    status = STATUS_NOT_FOUND


class Errno(Exception):
    """A system call fails with the error of this name (`ENOENT`); the number belongs to the guest's system."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class GuestFault(Errno):
    """A system call was given memory that the guest cannot access: EFAULT."""

    def __init__(self, address: int) -> None:
        self.address = address
        super().__init__("EFAULT")


class ProcessExit(Exception):
    """The guest process ended: with exit status `status`, or by `signal` where that is not 0."""

    def __init__(self, status: int, signal: int = 0) -> None:
        self.status = status
        self.signal = signal
        super().__init__(status, signal)
