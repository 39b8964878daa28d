# SPDX-License-Identifier: BSD-3-Clause
"""`python -m pygo_cross`: the command pygo-cross."""

from pygo_cross.cli.main import entry

if __name__ == "__main__":
    entry()
