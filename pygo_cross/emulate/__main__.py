# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m pygo_cross.emulate [OPTIONS] FILE ARGS...`: run a binary under emulation."""

from __future__ import annotations

import signal
import sys

from pygo_cross.emulate.command import main

if __name__ == "__main__":
    # An interrupt ends us as it would end the program itself, with no traceback of ours.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
