# SPDX-License-Identifier: BSD-3-Clause
"""Go programs that tests of readers and SBOMs look into, built by the stock toolchain; what it says of them is the oracle."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from pygo_cross.build.goroot import find_goroot

TARGETS = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")


def go(*args: str, cwd: Path | None = None, **env: str) -> str:
    """What a go command prints; nothing is asked of the network."""
    settings = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOSUMDB": "off", "GOWORK": "off", **env}
    for name in ("GOOS", "GOARCH", "GOROOT"):
        if name not in env:
            settings.pop(name, None)
    done = subprocess.run([str(find_goroot() / "bin/go"), *args], cwd=cwd, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stock_info(file: Path) -> dict[str, Any]:
    """`go version -m -json FILE`."""
    found: dict[str, Any] = json.loads(go("version", "-m", "-json", str(file)))
    return found


def module_with_dependencies(folder: Path) -> Path:
    """A module that needs three others: one found by its sums in a proxy of files, one replaced by a folder, one by another module."""
    proxy, module = folder / "proxy", folder / "module"
    for path, version, imports in (
        ("example.com/plain", "v1.2.3", ""),
        ("example.com/other/v2", "v2.0.0-rc.1", ""),
        ("example.com/Upper/indirect", "v0.0.0-20200102030405-0123456789ab", 'import _ "example.com/plain"\n'),
    ):
        _publish(proxy, path, version, f"package {path.split('/')[1].lower()}\n{imports}\nconst Name = {json.dumps(path)}\n")
    (module / "local").mkdir(parents=True)
    (module / "local/go.mod").write_text("module example.com/local\n\ngo 1.21\n")
    (module / "local/local.go").write_text('package local\n\nconst Name = "local"\n')
    (module / "main.go").write_text(
        'package main\n\nimport (\n\tindirect "example.com/Upper/indirect"\n\t"example.com/local"\n\told "example.com/old"\n)\n\n'
        "func main() { println(indirect.Name, local.Name, old.Name) }\n"
    )
    (module / "go.mod").write_text(
        "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/Upper/indirect v0.0.0-20200102030405-0123456789ab\n"
        "\texample.com/local v1.0.0\n\texample.com/old v1.0.0\n\texample.com/plain v1.2.3\n)\n\nreplace (\n\texample.com/local => ./local\n"
        "\texample.com/old v1.0.0 => example.com/other/v2 v2.0.0-rc.1\n)\n"
    )
    return module


def build(module: Path, out: Path, target: str = "linux/amd64", *flags: str, cache: Path | None = None) -> Path:
    """Builds a module of `module_with_dependencies`, or any, for a target."""
    os_name, arch = target.split("/")
    env = {"GOOS": os_name, "GOARCH": arch}
    proxy = module.parent / "proxy"
    if proxy.is_dir():
        env |= {"GOPROXY": proxy.as_uri(), "GOMODCACHE": str(cache or module.parent / "modcache"), "GOFLAGS": "-mod=mod -modcacherw"}
    go("build", "-trimpath", *flags, "-o", str(out), ".", cwd=module, **env)
    return out


def _publish(proxy: Path, path: str, version: str, source: str) -> None:
    """A module of one file in a folder that the go command reads as a module proxy."""
    import zipfile

    escaped = "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in path)
    folder = proxy / escaped / "@v"
    folder.mkdir(parents=True)
    (folder / "list").write_text(f"{version}\n")
    (folder / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2020-01-02T03:04:05Z"}))
    requires = "require example.com/plain v1.2.3\n" if "example.com/plain" in source and path != "example.com/plain" else ""
    mod = f"module {path}\n\ngo 1.21\n{requires}"
    (folder / f"{version}.mod").write_text(mod)
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
        archive.writestr(f"{path}@{version}/go.mod", mod)
        archive.writestr(f"{path}@{version}/x.go", source)
