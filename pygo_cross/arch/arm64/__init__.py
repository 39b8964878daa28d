# SPDX-License-Identifier: BSD-3-Clause
"""arm64: its registers and instructions as tables, the encoder of the assembler, and how its relocations are applied."""
