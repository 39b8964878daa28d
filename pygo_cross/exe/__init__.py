# SPDX-License-Identifier: BSD-3-Clause
"""Readers of finished executables, whoever made them: they trust nothing that a file says of itself."""
