# SPDX-License-Identifier: BSD-3-Clause
"""From import paths and folders to packages of files, as the go command finds them; `listing.list_packages` is the way in.

docs/frontend.md has the map. Nothing here parses Go beyond a file's imports, and nothing is written but the module cache.
"""
