# SPDX-License-Identifier: GPL-2.0-or-later
"""The file tree of the guest and what is open in it."""
