# SPDX-License-Identifier: BSD-3-Clause
"""Configuration, matrix, stages, builders and their artifacts."""
