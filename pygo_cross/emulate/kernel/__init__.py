# SPDX-License-Identifier: GPL-2.0-or-later
"""What Linux and macOS have in common: processes, threads, signals, time, and the loop that runs them."""
