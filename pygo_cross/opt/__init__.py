# SPDX-License-Identifier: BSD-3-Clause
"""Passes over SSA: each a file with `def NAME(func: Func) -> None`, and a row in `pipeline`, which says why it stands where it stands.

A pass leaves the function well-formed (`ssa.verify`), is deterministic, and has tests in the text form of SSA (`tests/opt`).
"""
