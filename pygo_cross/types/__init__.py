# SPDX-License-Identifier: BSD-3-Clause
"""The type checker: constants, types, objects, scopes, and what a package's expressions mean."""
