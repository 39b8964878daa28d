# SPDX-License-Identifier: BSD-3-Clause
"""Classes of characters as Go's package unicode has them. Python's own tables are those of another version of Unicode."""
