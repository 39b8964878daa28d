# SPDX-License-Identifier: BSD-3-Clause
"""From finished binaries to what is published: archives, universal binaries, SBOMs, images, checksums."""
