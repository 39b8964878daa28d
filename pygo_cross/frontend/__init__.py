# SPDX-License-Identifier: BSD-3-Clause
"""The front end of the compiler as a whole: a package's files, parsed and type-checked, with the mistakes that cmd/compile reports."""
