# SPDX-License-Identifier: BSD-3-Clause
"""Argument parsing and printing, one file a sub-command."""
