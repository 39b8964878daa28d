# SPDX-License-Identifier: BSD-3-Clause
"""The image's software bill of materials: `python -m pygo_cross.build.image.sbom ROOTFS`, with the Python of the image.

CycloneDX 1.6 as JSON, in `own` of the trees that `rootfs` made, at `PLACE`. It lists what was put into the image, by where
it came from: the base's Debian packages of which files were picked, Python distributions, the Go release and the modules
that it vendors, the Python itself where no package of the base has it. Licences are those that each says of itself: of a
package's machine-readable copyright file, else the common licences that the file refers to. Equal inputs give equal bytes: the
time is that of the tree, the serial number comes from the content.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.image.goroot import GOROOT

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

PLACE: Final = "opt/pygo-cross/share/sbom.cdx.json"

_NAMESPACE: Final = uuid.UUID("0b7f6ce5-6a0c-5a0e-9d8b-4c4bfa1c9f32")
"""Ours, for serial numbers."""

_SPDX: Final = (
    {"Expat": "MIT", "MIT/X11": "MIT", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause"}
    | {f"{kind}-{number}": f"{kind}-{number}.0-only" for kind in ("GPL", "LGPL", "AGPL") for number in (1, 2, 3)}
    | {f"{kind}-{number}+": f"{kind}-{number}.0-or-later" for kind in ("GPL", "LGPL", "AGPL") for number in (1, 2, 3)}
    | {"LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later", "Apache-2": "Apache-2.0", "PSF-2": "PSF-2.0"}
)
"""Debian's short names of licences (its copyright-format 1.0) as SPDX has them, where the two differ."""


def licence_names(copyright_file: str) -> list[str]:
    """What a Debian copyright file says: names of its License fields, or of the common licences it refers to."""
    if re.match(r"Format(-Specification)?:", copyright_file):
        found = [name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", copyright_file, re.MULTILINE)]
    else:
        found = [name.rstrip(".") for name in re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.+-]+)", copyright_file)]
    return sorted({_SPDX.get(name, name) for name in found})


def debian(record: dict[str, Any], root: Path) -> Iterator[Component]:
    """The packages of the base of which there are files."""
    from packageurl import PackageURL

    system = os_release(root)
    for name, fields in record["packages"].items():
        text = root / f"usr/share/doc/{name}/copyright"
        names = licence_names(text.read_text(encoding="utf-8", errors="replace")) if text.is_file() else []
        qualifiers = {"arch": fields["Architecture"], "distro": f"{system['ID']}-{system.get('VERSION_ID', '')}".rstrip("-")}
        purl = PackageURL("deb", system["ID"], name, fields["Version"], qualifiers)
        files = sum(owner == name for owner in record["files"].values())
        facts = {"pygo-cross:files": str(files), "pygo-cross:source": fields.get("Source", name).partition(" ")[0]}
        yield component(name, fields["Version"], purl, names, facts)


def python(site: Iterable[Path]) -> Iterator[Component]:
    """The distributions in these folders."""
    from packageurl import PackageURL

    for found in importlib.metadata.distributions(path=[str(folder) for folder in site]):
        metadata: Any = found.metadata
        name = re.sub(r"[-_.]+", "-", metadata["Name"]).lower()
        said = metadata["License-Expression"] or metadata["License"] or ""
        if not said or "\n" in said:
            classes = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
            said = classes[0] if classes else ""
        yield component(metadata["Name"], found.version, PackageURL("pypi", None, name, found.version), [said] if said else [])


def go() -> Iterator[Component]:
    """The Go release, and the modules whose source is in it."""
    from packageurl import PackageURL

    purl = PackageURL("generic", None, "go", GO_RELEASE)
    yield component("go", GO_RELEASE, purl, ["BSD-3-Clause"], {"pygo-cross:folder": GOROOT})
    seen = set()
    for listing in ("src/vendor/modules.txt", "src/cmd/vendor/modules.txt"):
        for name, version in re.findall(r"^# (\S+) (v\S+)$", Path(GOROOT, listing).read_text(encoding="utf-8"), re.MULTILINE):
            if (name, version) not in seen:
                seen.add((name, version))
                yield component(name, version, PackageURL.from_string(f"pkg:golang/{name}@{version}"), [])


def interpreter(record: dict[str, Any]) -> Iterator[Component]:
    """The Python, where the base did not install it as a package."""
    from packageurl import PackageURL

    if os.path.realpath(sys.executable) not in record["files"]:
        version = platform.python_version()
        yield component("cpython", version, PackageURL("generic", None, "cpython", version), ["PSF-2.0"])


def component(
    name: str, version: str, purl: PackageURL, licences: Iterable[str], facts: dict[str, str] | None = None, kind: str = "library"
) -> Component:
    """One part of the image."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense

    names = list(licences)
    factory = LicenseFactory()
    # An expression stands alone; of several, each is by its identifier or its name.
    made = [factory.make_from_string(names[0])] if len(names) == 1 else [named(factory, text) for text in names]
    assert len(made) < 2 or all(isinstance(licence, DisjunctiveLicense) for licence in made)
    return Component(
        name=name,
        version=version,
        type=ComponentType(kind),
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=made,
        properties=[Property(name=key, value=value) for key, value in (facts or {}).items()],
    )


def named(factory: Any, text: str) -> Any:
    """A licence by its SPDX identifier, or by its name where it has none."""
    from cyclonedx.exception.factory import InvalidSpdxLicenseException

    try:
        return factory.make_with_id(text)
    except InvalidSpdxLicenseException:
        return factory.make_with_name(text)


def os_release(root: Path) -> dict[str, str]:
    """The fields of os-release."""
    try:
        text = (root / "etc/os-release").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = {name: value.strip('"') for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)}
    return {"ID": "linux", "NAME": "Linux", **found}


def document(parts: Sequence[Component], system: dict[str, str], epoch: int) -> str:
    """The document about an image of these parts, at a time in seconds since 1970."""
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    base = Component(name=system["NAME"], version=system.get("VERSION_ID"), type=ComponentType.OPERATING_SYSTEM, bom_ref="system")

    def made(serial: uuid.UUID) -> str:
        image = Component(name="pygo-cross", version=__version__, type=ComponentType.CONTAINER, bom_ref="image")
        bom = Bom(
            serial_number=serial,
            metadata=BomMetaData(component=image, timestamp=datetime.fromtimestamp(epoch, UTC)),
            components=[base, *parts],
        )
        bom.register_dependency(image, [base, *parts])
        return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)

    return made(uuid.uuid5(_NAMESPACE, made(uuid.UUID(int=0)))) + "\n"


def main(argv: Sequence[str]) -> int:
    """The command."""
    if len(argv) != 1:
        print("usage: sbom ROOTFS", file=sys.stderr)
        return 2
    out = Path(argv[0])
    base, own = out / "base", out / "own"
    record = json.loads((own / "opt/pygo-cross/share/files.json").read_text(encoding="utf-8"))
    site = [*(out / "packages").glob("opt/pygo-cross/lib/python3*/site-packages"), *own.glob("opt/pygo-cross/lib/python3*/site-packages")]
    parts = [*debian(record, base), *python(site), *go(), *interpreter(record)]
    place = own / PLACE
    when = place.parent.stat().st_mtime_ns
    place.write_text(document(parts, os_release(base), when // 10**9), encoding="utf-8")
    place.chmod(0o644)
    for path in (place, place.parent):
        os.utime(path, ns=(when, when))
    print(f"sbom: {len(parts)} parts in /{PLACE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
