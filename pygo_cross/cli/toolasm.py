# SPDX-License-Identifier: BSD-3-Clause
"""What toolexec.sh runs as `asm`: `pygo-cross asm`, found by this file's own place, with as little around it as can be.

It runs once or twice for every package with assembly, most of which take less time than Python's start and end. So it is started with -S
(the assembler needs nothing but Python), nothing is collected on the way in or taken apart on the way out, and what the command
has for mistakes is there when there is one: then the command itself is run, which says what is wrong.
"""

import gc
import io
import os
import sys

if __name__ == "__main__":
    gc.disable()
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    import pygo_cross  # noqa: F401

    # From here on the package is found; no other folder's modules may stand in front of Python's own.
    del sys.path[0]
    from pygo_cross.cli.asm import run

    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except Exception:
        from pygo_cross.cli.main import entry

        sys.argv[1:1] = ["asm"]
        try:
            entry()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        sys.stderr.flush()
    os._exit(status)
