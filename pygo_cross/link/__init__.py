# SPDX-License-Identifier: BSD-3-Clause
"""The linker: Go objects in, one executable image out."""
