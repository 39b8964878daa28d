# SPDX-License-Identifier: BSD-3-Clause
"""From import paths and folders to packages of files, as the go command finds them (docs/frontend.md).

Files go from the bottom up: versions and paths (`semver`, `gover`, `modpath`), what is read (`constraint`, `header`,
`directory`, `modsyntax`, `modfile`). Nothing here compiles or parses Go beyond a file's imports.
"""
