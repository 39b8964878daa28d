# SPDX-License-Identifier: BSD-3-Clause
"""Go's object and archive format: reader, pc tables."""
