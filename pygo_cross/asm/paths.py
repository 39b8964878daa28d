# SPDX-License-Identifier: BSD-3-Clause
"""How objects name source files: absolute, with prefixes rewritten as -trimpath says, and GOROOT by its name.

Facts: GOROOT/src/cmd/internal/objabi/line.go (AbsFile, ApplyRewrites).
"""

from __future__ import annotations

import os


class PathRewriter:
    """`folder` is where relative names start; `rewrites` a ;-separated list of PREFIX or PREFIX=>REPLACEMENT."""

    def __init__(self, folder: str, rewrites: str = "", goroot: str = "") -> None:
        self.folder = folder
        self.goroot = goroot
        self.rewrites: list[tuple[str, str]] = []
        for rewrite in rewrites.split(";"):
            prefix, _, replacement = rewrite.rpartition("=>") if "=>" in rewrite else (rewrite, "", "")
            self.rewrites.append((prefix, replacement))

    def absolute(self, file: str) -> str:
        """The name that is recorded for `file`; `??` for one that is rewritten to nothing."""
        if self.folder and not file.startswith("/"):
            file = os.path.normpath(os.path.join(self.folder, file))
        return self.rewritten(file)

    def rewritten(self, path: str) -> str:
        """The name that is recorded for a file that a line directive names, which no folder goes in front of."""
        for prefix, replacement in self.rewrites:
            if prefix and _within(path, prefix):
                if len(path) == len(prefix):
                    path = replacement
                elif not replacement:
                    path = path[len(prefix) + 1 :]
                else:
                    path = replacement + path[len(prefix) :]
                break
        else:
            if self.goroot and _within(path, self.goroot):
                path = "$GOROOT" + path[len(self.goroot) :]
        return path or "??"


def _within(path: str, prefix: str) -> bool:
    """Whether `prefix` is a leading run of elements of `path`, in any case of ASCII letters."""
    if len(prefix) > len(path) or path[: len(prefix)].lower() != prefix.lower():
        return False
    return len(path) == len(prefix) or path[len(prefix)] in "/\\"
