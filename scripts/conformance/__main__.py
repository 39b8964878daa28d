# SPDX-License-Identifier: BSD-3-Clause
"""`python3 scripts/conformance asm`: the score of the assembler. Programs under emulation have scripts/emu_conformance."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent)]

from conformance import asmscore  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1:2] != ["asm"]:
        print("usage: python3 scripts/conformance asm [options]", file=sys.stderr)
        sys.exit(2)
    sys.exit(asmscore.main(sys.argv[2:]))
