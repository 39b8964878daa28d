# SPDX-License-Identifier: BSD-3-Clause
"""Container engines: finding one, our image in it, and our own commands inside that image."""
