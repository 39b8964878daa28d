# SPDX-License-Identifier: GPL-2.0-or-later
"""macOS user space: libSystem functions by symbol, signal frames, what dyld leaves in registers."""
