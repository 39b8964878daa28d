# SPDX-License-Identifier: BSD-3-Clause
"""amd64: how its relocations are applied."""
