# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads binaries: what they hold, or why they cannot be run."""
