# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stacks of a guest look like."""
