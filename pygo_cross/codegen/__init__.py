# SPDX-License-Identifier: BSD-3-Clause
"""From SSA and types to the symbols of an object: what the runtime and the linker read beside code is made here."""
