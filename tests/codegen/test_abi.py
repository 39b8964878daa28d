# SPDX-License-Identifier: BSD-3-Clause
"""The calling convention: the areas that stock's compiler and the assembly of std reserve, and the example of Go's own description."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from conformance import gopackages
from conformance.checking import Session

from pygo_cross.arch.amd64 import registers as amd64
from pygo_cross.arch.arm64 import registers as arm64
from pygo_cross.build.goroot import find_goroot
from pygo_cross.codegen.abi import ABI0, Assigner, Convention
from pygo_cross.obj import archive, funcinfo, goobj
from pygo_cross.obj.reader import Object
from pygo_cross.ssa.shape import Shapes
from pygo_cross.syntax import nodes
from pygo_cross.types.objects import FIELD_VAR, Func, Var
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import FLOAT64, STRING, TYP, UINT8, UINTPTR, Array, Pointer, Signature, Struct, Tuple, Type, as_named
from pygo_cross.types.typestring import type_string

CONVENTIONS = {"amd64": Convention(*amd64.CONVENTION), "arm64": Convention(*arm64.CONVENTION)}
PACKAGES = ["strings", "runtime", "math/cmplx", "image/color", "internal/runtime/atomic"]
TEXT = re.compile(r"^TEXT\s+·(\w+)\(SB\)\s*,(?:[^,]*,)?\s*\$-?\w+-(\d+)", re.MULTILINE)


def functions(session: Session, package: gopackages.GoPackage) -> list[tuple[str, Signature, bool]]:
    """The functions and methods that a package declares, by their names in objects, without generic ones; and whether they have bodies."""
    checked = session.check(package)
    assert not checked.errors and not checked.crash
    found = []
    for file in checked.files:
        for decl in file.decl_list:
            if not isinstance(decl, nodes.FuncDecl):
                continue
            func = checked.info.defs.get(decl.name)
            if not isinstance(func, Func) or func.name in ("_", "init"):
                continue
            sig = func.signature
            if sig.tparams or sig.rparams:
                continue
            name = f"{package.path}.{func.name}"
            if sig.recv is not None:
                typ = sig.recv.typ
                named = as_named(typ.elem if isinstance(typ, Pointer) else typ)
                assert named is not None
                inside = f"(*{named.obj.name})" if isinstance(typ, Pointer) else named.obj.name
                name = f"{package.path}.{inside}.{func.name}"
            found.append((name, sig, decl.body is not None))
    return found


def argument_sizes(path: str) -> dict[str, int]:
    """What the functions of stock's object say of the size of their arguments."""
    view = archive.map_file(path)
    member = next(member for member in archive.members(path, view) if member.name == "_go_.o")
    obj = Object(path, archive.split_object(path, member.body)[1])
    sizes = {}
    for index in range(obj.ndef):
        for kind, package, symbol in obj.auxs(index):
            if kind == goobj.AUX_FUNCINFO:
                assert package in (goobj.PKG_SELF, goobj.PKG_HASHED64, goobj.PKG_HASHED, goobj.PKG_NONE)
                base = {goobj.PKG_HASHED64: obj.ndef, goobj.PKG_HASHED: obj.ndef + obj.nhashed64}.get(package, 0)
                if package == goobj.PKG_NONE:
                    base = obj.ndef + obj.nhashed64 + obj.nhashed
                if obj.sym(index)[1] == 1:
                    sizes[obj.name(index)] = funcinfo.decode(path, obj.data(base + symbol)).args
    return sizes


@pytest.fixture(scope="module", params=sorted(CONVENTIONS))
def arch(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_areas_are_those_of_stocks_objects_and_of_assembly(arch: str) -> None:
    env = {**os.environ, "GOOS": "linux", "GOARCH": arch, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
    env.pop("GOROOT", None)
    command = [str(find_goroot() / "bin/go"), "list", "-export", "-f", "{{.ImportPath}}={{.Export}}", *PACKAGES]
    listed = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    exports = dict(line.split("=", 1) for line in listed.splitlines())
    session = Session(arch)
    assigner, stack = Assigner(CONVENTIONS[arch], Shapes(Sizes())), Assigner(ABI0, Shapes(Sizes()))
    compared = written = in_registers = 0
    for package in gopackages.load(PACKAGES, target=f"linux/{arch}", tests=False):
        package.wanted = False  # bodies say nothing here
        if package.path not in exports:
            session.check(package)
            continue
        stock = argument_sizes(exports[package.path])
        sources = [path.read_text() for path in Path(package.folder).glob("*.s") if _is_for(path, arch)]
        assembly = {name: int(size) for text in sources for name, size in TEXT.findall(text)}
        for name, sig, has_body in functions(session, package):
            if has_body and name in stock:
                assigned = assigner.signature(sig)
                assert assigned.size == stock[name], (name, type_string(sig))
                in_registers += any(where.registers for where in assigned.args)
                compared += 1
            elif not has_body and name.rpartition(".")[2] in assembly:
                declared = assembly[name.rpartition(".")[2]]  # what follows is aligned, which assembly doesn't write
                assert stack.signature(sig).results_end == -(-declared // 8) * 8, (name, type_string(sig))
                written += 1
    assert compared > 2000 and in_registers > 2000 and written > 50


def test_arrays_and_what_has_no_size_are_on_the_stack_and_arguments_in_registers_have_spill_space() -> None:
    def variables(*types: Type) -> list[Var]:
        return [Var(FIELD_VAR, 0, None, f"v{number}", typ) for number, typ in enumerate(types)]

    byte, word, text, real, pair = TYP[UINT8], TYP[UINTPTR], TYP[STRING], TYP[FLOAT64], Array(TYP[UINTPTR], 2)
    convention = Convention((10, 11, 12), (20,))
    assigner = Assigner(convention, Shapes(Sizes()))
    first = Struct(variables(word, pair))
    found = assigner.signature(Signature(Tuple(variables(byte, pair, byte)), Tuple(variables(first, text))))
    assert [where[1:] for where in found.args] == [((10,), 40), ((), 0), ((11,), 41)]
    assert [where[1:] for where in found.results] == [((), 16), ((10, 11), -1)]
    assert (found.results_end, found.size) == (40, 48)
    # What doesn't fit leaves its registers to what follows.
    found = assigner.types([word, word, text, real, byte, real], [])
    assert [where.registers for where in found.args] == [(10,), (11,), (), (20,), (12,), ()]
    empty = Struct([])
    found = assigner.types([byte, empty, Array(empty, 3)], [empty])
    assert [where[1:] for where in found.args] == [((10,), 0), ((), 0), ((), 0)]
    assert (found.results_end, found.size) == (0, 8)


def _is_for(path: Path, arch: str) -> bool:
    return path.stem == "asm" or path.stem.endswith(f"_{arch}")
