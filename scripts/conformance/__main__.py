# SPDX-License-Identifier: BSD-3-Clause
"""`python3 scripts/conformance NAME [options]`: a score against stock Go; without a name, say which there are.

Each is a module NAMEscore.py of this folder with `main(argv) -> exit status` and a first line that says what it compares.
Programs under emulation have scripts/emu_conformance.
"""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]


def main(argv: list[str]) -> int:
    """Run the comparison that the first argument names."""
    names = {path.stem.removesuffix("score"): path for path in sorted(HERE.glob("*score.py"))}
    if not argv or argv[0] not in names:
        print("usage: python3 scripts/conformance NAME [options]; --help after a name tells its options", file=sys.stderr)
        for name, path in names.items():
            purpose = path.read_text(encoding="utf-8").splitlines()[1].strip('"')
            print(f"  {name:12}{purpose}", file=sys.stderr)
        return 0 if argv in ([], ["-h"], ["--help"]) else 2
    status: int = importlib.import_module(f"conformance.{argv[0]}score").main(argv[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
