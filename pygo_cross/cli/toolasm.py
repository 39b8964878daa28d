# SPDX-License-Identifier: BSD-3-Clause
"""What toolexec.sh runs as `asm`: `pygo-cross asm`, found by this file's own place.

It is started with -S: the assembler needs nothing but Python, and looking for what else is installed takes longer than assembling
most files does.
"""

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    import pygo_cross  # noqa: F401

    # From here on the package is found; no other folder's modules may stand in front of Python's own.
    del sys.path[0]
    from pygo_cross.cli.main import entry

    sys.argv[1:1] = ["asm"]
    entry()
