# SPDX-License-Identifier: BSD-3-Clause
"""What stack checks go by on every architecture. Facts: GOROOT/src/internal/abi/stack.go, runtime/runtime2.go (g)."""

from __future__ import annotations

from typing import Final

STACK_SMALL: Final = 128
"""Bytes below the limit that a frame may use unchecked."""
STACK_BIG: Final = 4096
"""The frame size above which the check must not wrap around."""
STACK_GUARD: Final = 16
"""Where in a goroutine's record its stack limit is."""
STACK_GUARD_SYSTEM: Final = 24
"""Where it has the limit for functions that run on the thread's stack alone."""
