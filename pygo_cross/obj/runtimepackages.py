# SPDX-License-Identifier: BSD-3-Clause
"""Package runtime and what it is made of: compiled by rules of their own, preempted nowhere but in prologues, and their code lies first.

Facts: GOROOT/src/cmd/internal/objabi/pkgspecial.go (runtimePkgs).
"""

from __future__ import annotations

from typing import Final

RUNTIME_PACKAGES: Final = frozenset(
    (
        "runtime",
        "internal/runtime/atomic",
        "internal/runtime/cgroup",
        "internal/runtime/exithook",
        "internal/runtime/gc",
        "internal/runtime/gc/scan",
        "internal/runtime/maps",
        "internal/runtime/math",
        "internal/runtime/sys",
        "internal/runtime/syscall/linux",
        "internal/runtime/syscall/windows",
        "internal/abi",
        "internal/bytealg",
        "internal/byteorder",
        "internal/chacha8rand",
        "internal/coverage/rtcov",
        "internal/cpu",
        "internal/goarch",
        "internal/godebugs",
        "internal/goexperiment",
        "internal/goos",
        "internal/profilerecord",
        "internal/strconv",
        "internal/stringslite",
    )
)
