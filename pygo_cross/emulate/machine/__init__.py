# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine: processor, physical memory, and address spaces over them."""
