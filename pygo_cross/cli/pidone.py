# SPDX-License-Identifier: BSD-3-Clause
"""What a command must do beside its work when it is process 1 of a container.

The kernel gives no default action to a signal that process 1 has no handler for, so that ^C and `docker stop` would do
nothing to a program that counts on them; and whoever loses a parent becomes a child of process 1, which has to wait for
it. So process 1 stays what it is: it starts a second process for the work, passes signals on, and waits.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Final

PASSED_ON: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


def leave_process_one() -> None:
    """Returns in a new process, where this one is process 1; at once in any other. Process 1 ends here, with the other's status."""
    if os.getpid() != 1:
        return
    # A signal that comes before we can pass it on waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    child = os.fork()
    if child == 0:
        _take_the_terminal()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return

    def pass_on(number: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(128 - code if code < 0 else code)


def _take_the_terminal() -> None:
    """A process group of our own, in the foreground: what is typed comes to us and once, not by way of process 1 as well."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
        if os.isatty(0):
            # Only the group in the foreground may do this without being stopped.
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            try:
                os.tcsetpgrp(0, os.getpgrp())
            finally:
                signal.signal(signal.SIGTTOU, before)
