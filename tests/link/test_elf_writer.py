# SPDX-License-Identifier: BSD-3-Clause
"""ELF executables are written byte for byte as stock Go writes them."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from stock import decode, stock_hello

from pygo_cross.diag import InternalError
from pygo_cross.link.elf import write_elf
from pygo_cross.link.image import SYMBOL_DATA, SYMBOL_IMPORT, Image, ImageSymbol
from pygo_cross.link.output import executable_bytes, write_executable

MODES = ("-s -w", "-w", "", "-buildid=")


@pytest.mark.parametrize("ldflags", MODES)
@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_same_bytes_as_stock(goarch: str, ldflags: str) -> None:
    data = stock_hello("linux", goarch, ldflags)
    image = decode(data)
    assert executable_bytes(image) == data
    assert executable_bytes(image) == data  # an image can be written more than once


def test_data_symbols_may_come_between_functions() -> None:
    """Local symbols go first, whatever the order of the image, and their order among themselves stays."""
    data = stock_hello("linux", "amd64", "-w")
    image = decode(data)
    image.symbols.sort(key=lambda symbol: not symbol.local)
    assert executable_bytes(image) == data
    image.symbols.sort(key=lambda symbol: symbol.local)
    assert executable_bytes(image) == data


@pytest.mark.parametrize("ldflags", ["-s -w", ""])
@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_readelf_is_content(goarch: str, ldflags: str, tmp_path: Path) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("readelf is not installed")
    path = tmp_path / "hello"
    write_executable(str(path), executable_bytes(decode(stock_hello("linux", goarch, ldflags))))
    listing = subprocess.run(["readelf", "-aW", path], capture_output=True, text=True, check=True)
    assert listing.stderr == ""
    assert "Build ID" in listing.stdout


@pytest.mark.skipif(platform.system() != "Linux", reason="runs a program for Linux")
def test_program_runs(tmp_path: Path) -> None:
    goarch = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    path = tmp_path / "hello"
    write_executable(str(path), executable_bytes(decode(stock_hello("linux", goarch, ""))))
    assert subprocess.run([path], capture_output=True, check=True).stdout == b"hello\n"


def _import_symbol(image: Image) -> None:
    symbol = ImageSymbol("write", SYMBOL_IMPORT, dylib="libc.so.6")
    image.symbols.append(symbol)
    image.binds.append((image.data.address, symbol))


def _lost_symbol(image: Image) -> None:
    image.symbols.append(ImageSymbol("main.x", SYMBOL_DATA, image.data.address, 8))


def _short_content(image: Image) -> None:
    section = image.data.sections[0]
    assert section.content is not None
    section.content = memoryview(section.content)[:-1]


def _no_content(image: Image) -> None:
    image.text.sections[0].content = None


def _long_build_id(image: Image) -> None:
    image.build_id = "x" * 3000


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_import_symbol, "needs a dynamic linker"),
        (_lost_symbol, "needs a section"),
        (_short_content, "bytes given for"),
        (_no_content, "no content"),
        (_long_build_id, "do not fit"),
    ],
)
def test_wrong_image_is_refused(spoil: Callable[[Image], None], message: str) -> None:
    image = decode(stock_hello("linux", "amd64", "-w"))
    spoil(image)
    with pytest.raises(InternalError, match=message):
        write_elf(image)
