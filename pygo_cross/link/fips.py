# SPDX-License-Identifier: BSD-3-Clause
"""The checksum over the FIPS module, which the program compares with itself at start.

HMAC-SHA-256 with a key of zeros over a heading and, for each of the four marked ranges, its length (8 bytes, big
endian) and its bytes as they are in the file. Facts: GOROOT/src/cmd/link/internal/ld/fips140.go (asmbfips).
"""

from __future__ import annotations

import hashlib
import hmac

from pygo_cross.diag import InternalError
from pygo_cross.link.context import Link
from pygo_cross.link.image import Section
from pygo_cross.link.prepare import FIPS_SUM_AT

_HEADING = b"go fips object v1\n"


def _range(section: Section, start: int, end: int) -> memoryview:
    if section.content is None or not section.address <= start <= end <= section.address + section.size:
        raise InternalError("fips", f"the range {start:#x} to {end:#x} is not in section {section.name}")
    return memoryview(section.content)[start - section.address : end - section.address]


def set_checksum(link: Link) -> None:
    """Compute the sum over the relocated sections and put it into go:fipsinfo."""
    loader = link.loader
    digest = hmac.new(bytes(32), _HEADING, hashlib.sha256)
    marks = link.fips_marks
    for first, last in zip(marks[::2], marks[1::2], strict=True):
        data = _range(link.section_of[first], loader.value[first], loader.value[last])
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    section = link.section_of[link.fips_info]
    if not isinstance(section.content, bytearray):
        raise InternalError("fips", f"section {section.name} has no content")
    at = loader.value[link.fips_info] - section.address + FIPS_SUM_AT
    section.content[at : at + 32] = digest.digest()
