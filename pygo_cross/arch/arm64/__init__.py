# SPDX-License-Identifier: BSD-3-Clause
"""arm64: how its relocations are applied."""
