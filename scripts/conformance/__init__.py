# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/emu_conformance is made of: building test binaries, running them test by test, comparing, reporting."""
