# SPDX-License-Identifier: BSD-3-Clause
"""Mach-O executables are written byte for byte as stock Go's internal linker writes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from stock import decode, stock_hello

from pygo_cross.diag import InternalError
from pygo_cross.link import binfile
from pygo_cross.link.image import SYMBOL_IMPORT, ImageSymbol, header_size
from pygo_cross.link.macho import write_macho
from pygo_cross.link.output import executable_bytes, write_executable

MODES = ("-s -w", "-w", "", "-buildid=")


@pytest.mark.parametrize("ldflags", MODES)
@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_same_bytes_as_stock(goarch: str, ldflags: str) -> None:
    data = stock_hello("darwin", goarch, ldflags)
    image = decode(data)
    assert executable_bytes(image) == data
    assert executable_bytes(image) == data  # an image can be written more than once


@pytest.mark.parametrize("ldflags", ["-s -w", ""])
@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_objdump_is_content(goarch: str, ldflags: str, tmp_path: Path) -> None:
    if shutil.which("llvm-objdump") is None:
        pytest.skip("llvm-objdump is not installed")
    path = tmp_path / "hello"
    write_executable(str(path), executable_bytes(decode(stock_hello("darwin", goarch, ldflags))))
    command = ["llvm-objdump", "--macho", "--all-headers", "--rebase", "--bind", "--indirect-symbols", str(path)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    assert listing.stderr == ""
    assert "_pthread_create" in listing.stdout


def test_many_libraries() -> None:
    """From the 16th library on its number takes an opcode of its own; a library that is not loaded is searched for everywhere."""
    image = decode(stock_hello("darwin", "arm64", "-s -w"))
    image.dylibs += [f"/usr/lib/libtest{number}.dylib" for number in range(20)]
    image.binds = [(address, symbol) for address, symbol in image.binds if symbol.name not in ("open", "close")]
    imported = {symbol.name: symbol for symbol in image.symbols}
    imported["open"].dylib = image.dylibs[19]
    imported["close"].dylib = ""
    places = [image.data.address, image.data.address + 8]
    image.binds += [(places[0], imported["open"]), (places[1], imported["close"])]
    _, binds = binfile.dyld_fixups(binfile.read(executable_bytes(image)))
    assert binds[-2:] == [(places[0], 20, "_open"), (places[1], -2, "_close")]


def test_header_grows_with_libraries() -> None:
    """A library of 26 letters takes 56 bytes of the 2048 that the first page has for them."""
    name = "/usr/lib/libSystem.B.dylib"
    assert header_size("darwin", [name] * 36) == 4096
    assert header_size("darwin", [name] * 37) == 8192
    assert header_size("linux", []) == 4096


def test_symbols_do_not_depend_on_the_order_they_come_in() -> None:
    """Names decide; only equal names, which stripped programs do not have, keep traces of the order before."""
    data = stock_hello("darwin", "amd64", "-s -w")
    image = decode(data)
    image.symbols.reverse()
    assert executable_bytes(image) == data


def test_pointer_outside_the_data_is_refused() -> None:
    image = decode(stock_hello("darwin", "amd64", "-s -w"))
    image.rebases.append(image.text.address)
    with pytest.raises(InternalError, match="not in the file's data"):
        write_macho(image)


def test_headers_that_do_not_fit_are_refused() -> None:
    image = decode(stock_hello("darwin", "amd64", "-s -w"))
    image.dylibs += ["/usr/lib/libtest.dylib"] * 60
    with pytest.raises(InternalError, match="do not fit"):
        write_macho(image)


def test_symbol_without_section_is_refused() -> None:
    image = decode(stock_hello("darwin", "amd64", "-w"))
    image.symbols.append(ImageSymbol("main.x", SYMBOL_IMPORT - 1, image.data.address))
    with pytest.raises(InternalError, match="needs a section"):
        write_macho(image)
