# SPDX-License-Identifier: BSD-3-Clause
"""Debug information in DWARF: version 5, and 4 on macOS.

Part of it comes ready from the objects: the entries of functions and variables, location lists, ranges, line number
programs, each an auxiliary symbol of what it describes. The linker adds what concerns the whole program: units, types,
headers, frames, and puts all in order. Two calls do it, if the options ask for debug information at all
(`options.no_dwarf`): `generate_debug_info` once reachability and the order of functions are final, `debug_sections` once
addresses are. Abbreviations are in abbrev.py, types in types.py and synthesize.py, units in info.py, the sections in
lines.py, frames.py and sections.py.
"""

from pygo_cross.link.dwarf.info import DebugInfo, generate_debug_info
from pygo_cross.link.dwarf.sections import debug_sections

__all__ = ["DebugInfo", "debug_sections", "generate_debug_info"]
