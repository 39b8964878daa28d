# SPDX-License-Identifier: BSD-3-Clause
"""A `Target`: everything about an operating system and architecture that is data, read from targets/*.yaml.

One file a target, named `os_arch.yaml`; a file whose name starts with an underscore is a base that others name under
`inherits`. What a file says itself wins over its bases, and a later base over an earlier one. The same files sit at
the top of a checkout and, in an installed package, under pygo_cross/data/targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pygo_cross.diag import Diagnostic, InternalError, UserError
from pygo_cross.records import Node, Record, key, load_yaml, nearest, read_record, usage_error

_VERSION = r"^[0-9]+(\.[0-9]+){1,2}$"
_SUCH_AS = "a version such as 13.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulation(Record):
    """What can run the target's binaries when the host is another machine."""

    variants: tuple[str, ...] = key("The values of the target's variant variable whose instructions our emulator has.", least=1)
    qemu: str = key("The qemu user-mode command that runs the target's binaries on Linux; empty where there is none.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Record):
    """One operating system on one architecture. Addresses and sizes are in bytes.

    Sources of the facts: base addresses and page sizes src/cmd/link/internal/{amd64,arm64}/obj.go (archinit), minimum
    and SDK versions src/cmd/link/internal/ld/macho.go (macOS, macSDK), libraries the cgo_import_dynamic lines of the
    standard library, variants src/internal/buildcfg/cfg.go.
    """

    os: Literal["linux", "darwin"] = key("GOOS.")
    arch: Literal["amd64", "arm64"] = key("GOARCH.")
    format: Literal["elf", "macho"] = key("The executable's file format.")
    pointer_size: Literal[4, 8] = key("Bytes in a pointer.")
    page_size: int = key("The alignment of segments in the file and in memory.", minimum=4096, maximum=1 << 20)
    base_address: int = key("Where the image starts, its headers included.", minimum=0, maximum=1 << 40)
    variable: Literal["GOAMD64", "GOARM64"] = key("The environment variable that picks the architecture's level.")
    variant: str = key("That variable's default.")
    variants: tuple[str, ...] = key("Every value that the variable may have.", least=1)
    minimum_os: str = key("The oldest release of the system that the binary claims to run on", default="", pattern=_VERSION, means=_SUCH_AS)
    sdk: str = key("The SDK release that the binary says it was made with.", default="", pattern=_VERSION, means=_SUCH_AS)
    dylibs: tuple[str, ...] = key("The system libraries that Go's standard library imports from; the first is in every binary.", default=())
    emulation: Emulation = key("What runs the binaries elsewhere.")

    @property
    def name(self) -> str:
        """`os/arch`, the way the go command spells it."""
        return f"{self.os}/{self.arch}"

    @property
    def file_name(self) -> str:
        """`os_arch`, for names of files and folders."""
        return f"{self.os}_{self.arch}"


def version_triple(text: str) -> tuple[int, int, int]:
    """`13.0` as (13, 0, 0)."""
    parts = [int(part) for part in text.split(".")] + [0, 0]
    return parts[0], parts[1], parts[2]


def targets_folder() -> Path:
    """Where the targets' files are. Raises `InternalError` when the installation has lost them."""
    package = Path(__file__).resolve().parent
    for folder in (package.parent / "targets", package / "data" / "targets"):
        if (folder / "linux_amd64.yaml").is_file():
            return folder
    raise InternalError("target", "neither targets/ beside the package nor data/targets inside it is there; install pygo-cross again")


@cache
def load_targets() -> Mapping[str, Target]:
    """The targets that ship with pygo_cross, by `os/arch`, sorted."""
    return read_targets(targets_folder())


def find_target(name: str) -> Target:
    """The target called `os/arch` (or `os_arch`). Raises `UserError` with the nearest name where there is none."""
    targets = load_targets()
    found = targets.get(name.replace("_", "/", 1))
    if found is None:
        raise usage_error("unknown-target", f"unknown target {name}", nearest(name, targets) or "there are " + ", ".join(targets))
    return found


def read_targets(folder: Path) -> dict[str, Target]:
    """Every target in `folder`, by `os/arch`, sorted. Raises `UserError` with all mistakes of all files."""
    problems: list[Diagnostic] = []
    files: dict[str, Node] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            node = load_yaml(path)
        except UserError as error:
            problems += error.diagnostics
            continue
        if node.kind != "map":
            problems.append(Diagnostic(node.pos, "wrong-type", "expected a mapping of keys to values"))
            continue
        files[path.stem] = node
    targets: dict[str, Target] = {}
    for stem, node in files.items():
        if stem.startswith("_"):
            continue
        merged = _inherit(stem, files, (), problems)
        target = read_record(Target, merged, problems) if merged is not None else None
        if target is None:
            continue
        if target.file_name != stem:
            problems.append(Diagnostic(node.pos, "bad-value", f"the file of {target.name} is named {target.file_name}.yaml"))
        for where, names in (("variant", (target.variant,)), ("emulation", target.emulation.variants)):
            for name in names:
                if name not in target.variants:
                    hint = nearest(name, target.variants)
                    problems.append(Diagnostic(target.place(where), "bad-value", f"{name} is not among the variants", hint))
        targets[target.name] = target
    if problems:
        raise UserError(problems, 2)
    return dict(sorted(targets.items()))


def _inherit(stem: str, files: Mapping[str, Node], above: tuple[str, ...], problems: list[Diagnostic]) -> Node | None:
    """The file `stem` laid over its bases, without `inherits`; None after adding a problem."""
    node = files[stem]
    result = Node("map", {}, node.pos)
    named = node.value.get("inherits")
    names = [] if named is None else named.value if named.kind == "list" else [named]
    for item in names:
        if item.kind != "str":
            problems.append(Diagnostic(item.pos, "wrong-type", "inherits: expected the name of a base, or a list of them"))
            return None
        if item.value not in files:
            problems.append(Diagnostic(item.pos, "unknown-base", f"there is no {item.value}.yaml", nearest(item.value, files)))
            return None
        if item.value in (*above, stem):
            problems.append(Diagnostic(item.pos, "inherits-cycle", "inherits in a circle: " + " -> ".join((*above, stem, item.value))))
            return None
        base = _inherit(item.value, files, (*above, stem), problems)
        if base is None:
            return None
        _overlay(result, base)
    _overlay(result, node)
    result.value.pop("inherits", None)
    return result


def _overlay(under: Node, over: Node) -> None:
    """Puts the keys of `over` on those of `under`; a mapping is merged key by key, anything else replaced."""
    for name, value in over.value.items():
        old = under.value.get(name)
        if value.kind == "map":
            merged = Node("map", {}, value.pos)
            if old is not None and old.kind == "map":
                _overlay(merged, old)
            _overlay(merged, value)
            value = merged
        under.value[name] = value
        under.keys[name] = over.keys[name]
