# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux user space: system calls by number, signal frames, what execve leaves on the stack."""
