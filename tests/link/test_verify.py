# SPDX-License-Identifier: BSD-3-Clause
"""The check after each link finds whatever is wrong in the file."""

from __future__ import annotations

import random

import full
import pytest
from stock import TARGETS, decode, stock_hello

from pygo_cross.diag import InternalError
from pygo_cross.link import binfile
from pygo_cross.link.image import Section
from pygo_cross.link.output import executable_bytes
from pygo_cross.link.verify import verify


@pytest.mark.parametrize(
    ("goos", "goarch", "ldflags"),
    [
        ("linux", "amd64", "-s -w"), ("linux", "arm64", ""), ("darwin", "amd64", ""), ("darwin", "arm64", "-s -w"),
        *full.more(
            "each target is there once",
            ("linux", "amd64", ""), ("linux", "arm64", "-s -w"), ("darwin", "amd64", "-s -w"), ("darwin", "arm64", ""),
        ),
    ],
)  # fmt: skip
def test_every_changed_byte_is_found(goos: str, goarch: str, ldflags: str) -> None:
    """A sample of the header area, which a step of 7 covers unevenly enough, and of all the rest."""
    data = stock_hello(goos, goarch, ldflags)
    image = decode(data)
    verify(image, data)
    source = random.Random(1)
    header = range(source.randrange(37), 4096, 37)
    for place in [*header, *(source.randrange(len(data)) for _ in range(30))]:
        changed = bytearray(data)
        changed[place] ^= source.randrange(1, 256)
        with pytest.raises(InternalError):
            verify(image, bytes(changed))


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_cut_or_lengthened_file_is_found(goos: str, goarch: str) -> None:
    data = stock_hello(goos, goarch, "-s -w")
    image = decode(data)
    for wrong in (b"", data[:40], data[:5000], data[:-1], data + b"\0"):
        with pytest.raises(InternalError):
            verify(image, wrong)


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_change_of_the_image_is_found(goos: str, goarch: str) -> None:
    data = stock_hello(goos, goarch, "-w")
    image = decode(data)
    image.entry += 16
    with pytest.raises(InternalError, match="entry"):
        verify(image, data)
    image = decode(data)
    image.symbols[5].address += 1
    with pytest.raises(InternalError, match="symbol"):
        verify(image, data)
    image = decode(data)
    section = image.data.sections[3]
    assert section.content is not None
    section.content = bytes(section.size)
    with pytest.raises(InternalError, match="content"):
        verify(image, data)


@pytest.mark.parametrize("place", [0, 3, -1])
@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_empty_sections_are_written(goos: str, goarch: str, place: int) -> None:
    """Where a section is empty, two begin at one offset; the last in the data segment holds no bytes of the file."""
    image = decode(stock_hello(goos, goarch, "-w"))
    sections = image.data.sections
    neighbour = sections[place]
    sections.insert(sections.index(neighbour), Section(".empty", neighbour.address, 0, 8, neighbour.rwx, b"" if place >= 0 else None))
    file = binfile.read(executable_bytes(image))
    assert [found.size for found in file.sections if found.name.endswith("empty")] == [0]
