# SPDX-License-Identifier: BSD-3-Clause
"""Looks at release binaries of any origin for what is damaged, refused by an operating system, unsafe, or not meant to be shipped.

`walk` finds the binaries in files, archives and folders; `check` looks at one; `rules` is the one list of what can be found. Checks are
functions over what `pygo_cross.exe` reads. They judge nothing by who made the file, and never change anything.
"""
