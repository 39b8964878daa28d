# SPDX-License-Identifier: BSD-3-Clause
"""The assembly of the standard library: what we make of it is what go tool asm does, byte for byte.

These are the files that need no go_asm.h; `scripts/asm_conformance --std` has them all.
"""

from __future__ import annotations

import pytest

FEWEST = {"crypto": 14, "internal": 3, "math": 2, "vendor": 1}


@pytest.mark.parametrize("folder", FEWEST)
@pytest.mark.parametrize("level", ["v1", "v3"])
def test_same_objects(assemblers, goroot, folder, level):
    source = goroot / "src"
    count = 0
    for path in sorted((source / folder).rglob("*_amd64.s")):
        if "go_asm.h" in path.read_text(encoding="utf-8"):
            continue
        package = str(path.parent.relative_to(source))
        defines = ["GOOS_linux", "GOARCH_amd64", *(f"GOAMD64_v{number}" for number in range(1, int(level[1]) + 1))]
        options = assemblers.options(package)
        options.std = True
        options.defines += defines
        flags = ("-std", *(f"-D={word}" for word in defines))
        if package == "internal/bytealg":
            options.defines += ["GOEXPERIMENT_" + name for name in assemblers.experiments]
        assert assemblers.stock(str(path), flags=flags, package=package).returncode == 0
        assert assemblers.ours(str(path), options=options) == (assemblers.folder / "stock.o").read_bytes(), path
        count += 1
    assert count >= FEWEST[folder]
