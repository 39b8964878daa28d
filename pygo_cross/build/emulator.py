# SPDX-License-Identifier: BSD-3-Clause
"""How a binary is run: by our emulator in a process of its own, by qemu-user, or directly.

The emulator is never imported here. It is another program (`python -m pygo_cross.emulate`) that speaks through its
command line and its exit status: the guest's own, 128+n for a signal, 124 when a limit was reached, 125 when it lacks
something, 126 for a file that it can't run, 127 for none.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pygo_cross.build.matrix import host_target
from pygo_cross.diag import EXIT_EMULATOR, UserError
from pygo_cross.target import Target

LIMIT: Final = 124
LACKS: Final = 125


def emulator_command(argv: Sequence[str]) -> list[str]:
    """The command line of our emulator with these flags, file and arguments. Raises `UserError` where this installation has none."""
    if importlib.util.find_spec("pygo_cross.emulate.__main__") is None:
        raise UserError.one("no-emulator", "this pygo-cross has no emulator", "install it again", status=EXIT_EMULATOR)
    # -P: a yaml.py in the current folder must not stand in for ours.
    return [sys.executable, "-P", "-m", "pygo_cross.emulate", *argv]


def pick_runner(wanted: str, target: Target, variant: str) -> str:
    """What `wanted` comes to for a target on this host: emulated, native or qemu. Raises `UserError` where nothing can run it."""
    if wanted == "native" and host_target() == target.name:
        return "native"
    if wanted == "qemu" and target.emulation.qemu:
        return "qemu"
    if variant not in target.emulation.variants:
        have = ", ".join(target.emulation.variants)
        message = f"{target.name}: {target.variable}={variant} has instructions that the emulator lacks"
        raise UserError.one("not-emulated", message, f"it has {have}; pick one, or another runner", status=EXIT_EMULATOR)
    return "emulated"


def qemu_command(target: Target, file: Path, args: Sequence[str]) -> list[str]:
    """The command line that runs `file` under qemu-user. Raises `UserError` where it is not installed."""
    for name in (target.emulation.qemu, f"{target.emulation.qemu}-static"):
        found = shutil.which(name)
        if found:
            return [found, str(file), *args]
    raise UserError.one("no-qemu", f"{target.emulation.qemu} is not installed", "install qemu-user", status=EXIT_EMULATOR)
