# SPDX-License-Identifier: BSD-3-Clause
"""The ad-hoc signature: the same bytes as stock Go's, and right by a reader that shares no code with the signer."""

from __future__ import annotations

import hashlib
import random

import pytest
from signature_reader import BadSignature, check_signature
from stock import decode, stock_hello

from pygo_cross.link import binfile
from pygo_cross.link.output import executable_bytes
from pygo_cross.link.sign import sign, signature_size


@pytest.mark.parametrize("ldflags", ["-s -w", ""])
def test_written_program_is_signed(ldflags: str) -> None:
    assert check_signature(executable_bytes(decode(stock_hello("darwin", "arm64", ldflags)))) == "a.out"


def test_stock_program_is_signed() -> None:
    """The reader accepts what macOS accepts."""
    assert check_signature(stock_hello("darwin", "arm64", "-s -w")) == "a.out"


def test_same_signature_as_stock() -> None:
    data = stock_hello("darwin", "arm64", "-s -w")
    file = binfile.read(data)
    command = file.command(0x1D)
    assert command is not None
    start = int.from_bytes(command[8:12], "little")
    text = next(segment for segment in file.segments if segment.name == "__TEXT")
    assert sign(data[:start], text.offset, text.file_size) == data[start:]


def test_amd64_is_not_signed() -> None:
    with pytest.raises(BadSignature, match="no LC_CODE_SIGNATURE"):
        check_signature(executable_bytes(decode(stock_hello("darwin", "amd64", "-s -w"))))


def test_reader_finds_any_change() -> None:
    """In what is signed, or in the hashes."""
    data = stock_hello("darwin", "arm64", "-s -w")
    source = random.Random(1)
    for place in [4095, 4096, len(data) - 1, *(source.randrange(4096, len(data) - 4096) for _ in range(40))]:
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(BadSignature, match="another hash"):
            check_signature(bytes(changed))


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 3 * 4096, 3 * 4096 + 7])
def test_size_and_last_page(size: int) -> None:
    """The last hash is that of the rest alone, and an exact multiple of the page size has no empty page."""
    code = random.Random(size).randbytes(size)
    signature = sign(code, 0, size)
    assert len(signature) == signature_size(size)
    pages = [hashlib.sha256(code[start : start + 4096]).digest() for start in range(0, size, 4096)]
    assert signature.endswith(b"a.out\0" + b"".join(pages))


def test_any_buffer_is_signed_alike() -> None:
    code = bytes(range(256)) * 40
    assert sign(bytearray(code), 0, 4096) == sign(memoryview(code), 0, 4096) == sign(code, 0, 4096)
