# SPDX-License-Identifier: BSD-3-Clause
"""A Go cross-compilation toolchain in Python; docs/architecture.md is the map of it."""

__version__ = "0.1.0"

GO_RELEASE = "1.27.3"
"""The one Go release whose object format, runtime contract and standard library this version speaks."""
