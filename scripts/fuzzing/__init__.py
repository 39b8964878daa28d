# SPDX-License-Identifier: BSD-3-Clause
"""What `scripts/fuzz` runs."""
