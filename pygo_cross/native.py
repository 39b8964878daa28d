# SPDX-License-Identifier: BSD-3-Clause
"""The compiler as machine code: where scripts/build_native has compiled its modules, `use` has Python import these instead of the sources.

A build is a folder with one extension module for each of ours, and a list of the sources that it was made of, with their size and time
of change. If any source is another one now, or the Python, the sources are what runs: what was made of old sources is never used. Both
give the same output, so nothing that is kept depends on which it was.

A class is compiled or it is not: so `use` has to come before any of the compiled modules is imported, and does nothing if it comes late.
`python -m pygo_cross.native TOOL ARGUMENTS` is `python -m pygo_cross.build.toolexec`, with `use` in front.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

SWITCH: Final = "PYGO_CROSS_NATIVE"
"""In the environment, `0` has the sources run, whatever is built; `check` has what is built used or the compiler fail."""
LIST: Final = "sources"
"""The file of a build that lists: (tag, suffix, package of the extension modules, [(module, size, nanoseconds of its change)])."""
_HERE: Final = os.path.dirname(os.path.abspath(__file__))
FOLDER: Final = os.path.join(_HERE, "data", "native")


def tag() -> str:
    """Which Python an extension module is for."""
    return f"{sys.implementation.cache_tag}-{sys.platform}-{os.uname().machine}"


def source(module: str) -> str:
    """The file of a module of ours."""
    return os.path.join(_HERE, *module.split(".")[1:]) + ".py"


def facts(module: str) -> tuple[str, int, int]:
    """What a list says of a module. Raises OSError."""
    found = os.stat(source(module))
    return module, found.st_size, found.st_mtime_ns


class _Finder:
    """Finds extension modules by name (importlib.abc.MetaPathFinder)."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module is, None if it is not one of these."""
        file = self._files.get(name)
        if file is None:
            return None
        from importlib.util import spec_from_file_location

        return spec_from_file_location(name, file)


def use(folder: str = FOLDER) -> str:
    """Have the modules of a build imported from now on; why that can't be, or nothing."""
    asked = os.environ.get(SWITCH, "")
    why = "it is switched off" if asked == "0" else _use(folder)
    if why and asked == "check":
        raise SystemExit(f"pygo-cross: the compiler's own code is not native: {why}")
    return why


def _use(folder: str) -> str:
    try:
        with open(os.path.join(folder, LIST), "rb") as file:
            listed: tuple[str, str, str, list[tuple[str, int, int]]] = marshal.loads(file.read())
        made, suffix, shared, modules = listed
        if made != tag():
            return f"it was built for {made}"
        for row in modules:
            if facts(row[0]) != row:
                return f"{row[0]} has changed since it was built"
            if row[0] in sys.modules:
                return f"{row[0]} is imported already"
    except (OSError, EOFError, ValueError, TypeError) as error:
        return f"there is none: {error}"
    files = {row[0]: os.path.join(folder, row[0] + suffix) for row in modules}
    files[shared] = os.path.join(folder, shared + suffix)
    finder: Any = _Finder(files)
    sys.meta_path.insert(0, finder)
    return ""


def main() -> int:
    """What toolexec.sh runs."""
    use()
    from pygo_cross.build.toolexec import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
