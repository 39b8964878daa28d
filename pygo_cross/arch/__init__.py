# SPDX-License-Identifier: BSD-3-Clause
"""Machine facts as data, one sub-package an architecture."""
