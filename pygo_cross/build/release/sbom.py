# SPDX-License-Identifier: BSD-3-Clause
"""Software bills of materials, from nothing but the build information inside the binaries that ship.

What is written is what the go command recorded: every module whose packages were linked, the module that stood in for a
replaced one, the standard library of the release, and the settings of the build. The record has no licences and does not say which
module needs which, so neither does the document: each program depends on all its modules.

Equal inputs give equal bytes: the document's time is the release's and its serial number is derived from its content.
A go.sum hash (`h1:`) is the SHA-256 of a list of a module's files, not of one file; it is given as the module's SHA-256, as other
tools for Go do, and as text in a property.

Names of properties: `cdx:gomod:…` are CycloneDX's registered ones for Go, `pygo-cross:…` are ours.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from pygo_cross import __version__
from pygo_cross.build.artifacts import ARCHIVE, BINARY, IMAGE, SBOM, UNIVERSAL, UPLOADABLE
from pygo_cross.build.files import write_whole
from pygo_cross.build.release.context import Planned, Release
from pygo_cross.build.release.outputs import Ko, Sbom
from pygo_cross.diag import Pos, UserError
from pygo_cross.exe.buildinfo import BadBuildInfo, BuildInfo, Module, read_build_infos

if TYPE_CHECKING:
    from cyclonedx.model import HashType, Property
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

CYCLONEDX_TYPE: Final = "application/vnd.cyclonedx+json"
SPDX_TYPE: Final = "application/spdx+json"
"""Media types of the two kinds of document."""

_NAMESPACE: Final = uuid.UUID("6f0c2b1e-8d0a-5c57-9a43-2f6c5d1f7a10")
"""Ours, for serial numbers."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Go binary: its name, its SHA-256 and the build information of each executable in it (two in a universal binary)."""

    name: str
    sha256: str
    infos: tuple[BuildInfo, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a document is about: an artifact and the programs in it. `kind` is `binary`, `archive` or `image`."""

    name: str
    kind: str
    version: str
    sha256: str
    programs: tuple[Program, ...]


def document(subject: Subject, epoch: int, spdx: bool = False) -> bytes:
    """The document about an artifact, as JSON: SPDX 2.3 or CycloneDX 1.6. `epoch` is its time, in seconds since 1970."""
    return _spdx(subject, epoch) if spdx else _cyclonedx(subject, epoch)


@dataclass(frozen=True, slots=True, order=True)
class _Library:
    """One module, once in a document however many programs have it."""

    path: str
    version: str
    sum: str
    replaced: tuple[str, str]

    @property
    def ref(self) -> str:
        """The reference of it within a document."""
        text = f"{self.path}@{self.version}" if self.version else self.path
        return f"{text}#for:{self.replaced[0]}@{self.replaced[1]}" if self.replaced[0] else text

    @property
    def local(self) -> bool:
        """Whether a folder stood in for the module, which no address leads to."""
        return bool(self.replaced[0]) and not self.version

    @property
    def digest(self) -> str:
        """The go.sum hash in hexadecimal; empty where there is none."""
        if not self.sum.startswith("h1:"):
            return ""
        try:
            raw = base64.b64decode(self.sum[3:], validate=True)
        except (binascii.Error, ValueError):
            return ""
        return raw.hex() if len(raw) == 32 else ""


def _library(module: Module) -> _Library:
    used = module.used
    version = "" if used.version == "(devel)" else used.version
    return _Library(used.path, version, used.sum, (module.path, module.version) if module.replace else ("", ""))


def _libraries(program: Program) -> list[_Library]:
    """The modules of a program that are not its own, sorted."""
    return sorted({_library(module) for info in program.infos for module in info.deps})


def _releases(program: Program) -> list[str]:
    """The Go releases that built a program, without `go`."""
    return sorted({info.go_version.partition(" ")[0].removeprefix("go") for info in program.infos})


def _unique(texts: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(texts))


def _settings(program: Program) -> list[tuple[str, str]]:
    """What is known of the builds of a program, as names and values."""

    def each() -> Iterator[tuple[str, str]]:
        yield "cdx:gomod:binary:name", program.name
        yield "cdx:gomod:binary:hash:SHA-256", program.sha256
        for info in program.infos:
            yield "cdx:gomod:build:env:GOVERSION", info.go_version
            yield "pygo-cross:build:path", info.path
            for name, value in info.settings:
                if name == "-tags":
                    for tag in value.split(","):
                        yield "cdx:gomod:build:tag", tag
                elif name.startswith(("GO", "CGO")):
                    yield f"cdx:gomod:build:env:{name}", value
                else:
                    yield f"pygo-cross:build:{name}", value

    return _unique(each())


def _identity(program: Program) -> str:
    """The reference of a program within a document."""
    return f"program:{program.name}:{program.sha256}"


def _main(program: Program) -> _Library | None:
    """The main module of a program; None outside module mode, as for the release's own commands."""
    found = [info.main for info in program.infos if info.main is not None]
    return _library(found[0]) if found else None


# ---- the step

BINARY_NAME: Final = "{{ .Binary }}_{{ .Version }}_{{ .Os }}_{{ .Arch }}.sbom.json"
NAME: Final = "{{ .ArtifactName }}.sbom.json"
_SPDX_ENDING: Final = ".spdx.json"
_KINDS: Final = {"archive": (ARCHIVE,), "binary": (BINARY, UNIVERSAL, UPLOADABLE), "any": (ARCHIVE, BINARY, UNIVERSAL, UPLOADABLE)}


def plan(release: Release) -> list[Planned]:
    """The documents that `sboms` asks for, and one for each image."""
    items: list[Planned] = []
    ids: dict[str, Pos] = {}
    for record in release.config.project.sboms:
        pos = record.place("id")
        if ids.setdefault(record.id, pos) is not pos:
            message = f"a second sbom called {record.id}; the first is at line {ids[record.id].line}"
            release.wrong(pos, "duplicate-id", message, "give each its own id")
        _check(release, record)
        subjects = release.find(*_KINDS[record.artifacts], ids=record.ids)
        if record.artifacts == "binary":
            # A binary that is published as such is the one that was built.
            subjects = [item for item in subjects if item.type != UPLOADABLE]
        for item in subjects:
            for at, raw in enumerate(record.documents or (BINARY_NAME if record.artifacts == "binary" else NAME,)):
                place = record.places.get(f"documents[{at}]", record.place("documents"))
                name = release.expand(raw.replace("${artifact}", item.name), place, item)
                items.append(_planned(item, name, record, record.id, place))
    for item in release.find(IMAGE):
        kind = cast(Ko, item.record).sbom
        if kind != "none":
            items.append(_planned(item, f"{item.path}{_SPDX_ENDING if kind == 'spdx' else '.cdx.json'}", item.record, item.id, item.pos))
    return items


def _check(release: Release, record: Sbom) -> None:
    """What can't come to anything is a mistake, and not a release without its documents."""
    archives = release.config.project.archives
    if record.artifacts == "archive" and not archives:
        message = "an sbom of archives, and the file has no archives"
        release.wrong(record.place("artifacts"), "nothing-to-do", message, "give archives, or artifacts: binary")
    known = [*release.all_ids(), *(archive.id for archive in archives)]
    for at, name in enumerate(record.ids):
        if name not in known:
            pos = record.places.get(f"ids[{at}]", record.place("ids"))
            release.wrong(pos, "unknown-id", f"ids: nothing is called {name}", "there are " + ", ".join(dict.fromkeys(known)))


def _planned(item: Planned, path: str, record: Sbom | Ko | Any, name: str, pos: Pos) -> Planned:
    spdx = path.endswith(_SPDX_ENDING)
    extra = {"MediaType": SPDX_TYPE if spdx else CYCLONEDX_TYPE, "Subject": item.path, "Binary": item.extra.get("Binary", "")}
    return Planned(
        type=SBOM,
        path=path,
        pos=pos,
        record=record,
        id=name,
        build=item.build,
        target=item.target,
        variant=item.variant,
        inputs=(item,),
        contains=False,
        extra=extra,
    )


def make(release: Release, item: Planned, out: Path) -> Mapping[str, Any] | None:
    """Writes one document."""
    (about,) = item.inputs
    kind = {ARCHIVE: "archive", IMAGE: "image"}.get(about.type, "binary")
    made = release.made(about)
    # An image is known by the digest of its manifest.
    digest = str(made.extra["Digest"]).removeprefix("sha256:") if kind == "image" else made.sha256
    version = release.variables(about).look_up("Version")
    programs = tuple(_program(release, part) for part in _binaries(about))
    subject = Subject(about.name, kind, version, digest, programs)
    write_whole(out, document(subject, release.epoch, item.path.endswith(_SPDX_ENDING)))
    return None


def _binaries(item: Planned) -> list[Planned]:
    """The binaries in something, in order and each once; a universal binary is one."""
    if item.type in (BINARY, UNIVERSAL):
        return [item]
    return list(dict.fromkeys(part for inner in item.inputs for part in _binaries(inner)))


def _program(release: Release, item: Planned) -> Program:
    path = release.path(item)
    try:
        infos = tuple(info for _, info in read_build_infos(path.read_bytes()))
    except BadBuildInfo as error:
        raise UserError.one("no-build-info", f"{path}: {error}", "build it again") from None
    except OSError as error:
        raise UserError.one("unreadable", f"{path}: can't be read: {error.strerror}") from None
    if not infos:
        raise UserError.one("no-build-info", f"{path}: no build information, so nothing is known of its modules", "build it again")
    return Program(str(item.extra.get("Binary") or item.name), release.made(item).sha256, infos)


# ---- CycloneDX


def _cyclonedx(subject: Subject, epoch: int) -> bytes:
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    kinds = {"binary": ComponentType.APPLICATION, "archive": ComponentType.FILE, "image": ComponentType.CONTAINER}
    programs = [(_component_of(program, _identity(program)), program) for program in subject.programs]
    if subject.kind == "binary":
        root = programs[0][0]
        root.name, root.version, root.bom_ref.value = subject.name, subject.version, "subject"
        top: list[Component] = []
    else:
        root = Component(
            name=subject.name, type=kinds[subject.kind], version=subject.version, bom_ref="subject", hashes=_hashes(subject.sha256)
        )
        top = [component for component, _ in programs]
    parts: dict[str, Component] = {}
    needs: list[tuple[Component, list[Component]]] = []
    for component, program in programs:
        needed: list[Component] = []
        for library in _libraries(program):
            needed.append(parts.setdefault(library.ref, _module(library)))
        for release in _releases(program):
            needed.append(parts.setdefault(f"stdlib@{release}", _stdlib(release)))
        needs.append((component, needed))

    def made(serial: uuid.UUID) -> str:
        metadata = BomMetaData(
            component=root,
            timestamp=datetime.fromtimestamp(epoch, UTC),
            tools=ToolRepository(
                components=[Component(name="pygo-cross", type=ComponentType.APPLICATION, version=__version__, bom_ref="tool")]
            ),
        )
        bom = Bom(serial_number=serial, metadata=metadata, components=[*top, *parts.values()])
        if top:
            bom.register_dependency(root, top)
        for component, needed in needs:
            bom.register_dependency(component, needed)
        return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)

    serial = uuid.uuid5(_NAMESPACE, made(uuid.UUID(int=0)))
    return (made(serial) + "\n").encode("utf-8", "backslashreplace")


def _component_of(program: Program, ref: str) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    main = _main(program)
    return Component(
        name=program.name,
        type=ComponentType.APPLICATION,
        version=main.version if main and main.version else None,
        bom_ref=ref,
        purl=_purl(main.path, main.version) if main and not main.local else None,
        hashes=_hashes(program.sha256),
        properties=_properties(_settings(program)),
    )


def _module(library: _Library) -> Component:
    from cyclonedx.model.component import Component, ComponentType, Pedigree

    facts = [("pygo-cross:go.sum", library.sum)] if library.sum else []
    pedigree = None
    name, version, purl = library.path, library.version, None if library.local else _purl(library.path, library.version)
    if library.replaced[0]:
        before, at = library.replaced
        ancestor = Component(
            name=before, type=ComponentType.LIBRARY, version=at or None, bom_ref=f"{library.ref}#replaced", purl=_purl(before, at)
        )
        pedigree = Pedigree(ancestors=[ancestor], notes="replaced by a replace directive of go.mod")
        if library.local:
            # A folder is no name to look up: the module keeps its own, and says what stood in.
            name, version = before, at
            facts.append(("pygo-cross:replaced-by", library.path))
    return Component(
        name=name,
        type=ComponentType.LIBRARY,
        version=version or None,
        bom_ref=library.ref,
        purl=purl,
        hashes=_hashes(library.digest),
        pedigree=pedigree,
        properties=_properties(facts),
    )


def _stdlib(release: str) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    return Component(
        name="stdlib",
        type=ComponentType.LIBRARY,
        version=release,
        bom_ref=f"stdlib@{release}",
        purl=_purl("stdlib", release),
        cpe=_cpe(release),
    )


def _cpe(release: str) -> str | None:
    """The name by which advisories know a release; None for one that is not a plain release."""
    return f"cpe:2.3:a:golang:go:{release}:*:*:*:*:*:*:*" if release.replace(".", "").isdigit() else None


def _purl(path: str, version: str) -> PackageURL:
    from packageurl import PackageURL

    namespace, _, name = path.rpartition("/")
    return PackageURL(type="golang", namespace=namespace or None, name=name or "unknown", version=version or None)


def _hashes(digest: str) -> list[HashType]:
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else []


def _properties(facts: Sequence[tuple[str, str]]) -> list[Property]:
    from cyclonedx.model import Property

    return [Property(name=name, value=value) for name, value in facts]


# ---- SPDX


def _spdx(subject: Subject, epoch: int) -> bytes:
    """SPDX 2.3 as JSON (the specification's `SPDX in JSON`, chapters 6, 7 and 11)."""
    packages: dict[str, dict[str, Any]] = {}
    relations: list[tuple[str, str, str]] = []

    def package(key: str, name: str, version: str, **more: Any) -> str:
        """The id of a package, made at its first mention."""
        known = packages.setdefault(
            key,
            {
                "SPDXID": f"SPDXRef-Package-{len(packages)}",
                "name": name,
                **({"versionInfo": version} if version else {}),
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                **{key: value for key, value in more.items() if value},
            },
        )
        return str(known["SPDXID"])

    def sums(digest: str) -> list[dict[str, str]]:
        return [{"algorithm": "SHA256", "checksumValue": digest}] if digest else []

    def address(kind: str, category: str, locator: str) -> dict[str, str]:
        return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}

    def purl(path: str, version: str) -> dict[str, str]:
        return address("purl", "PACKAGE-MANAGER", _purl(path, version).to_string())

    purposes = {"binary": "APPLICATION", "archive": "ARCHIVE", "image": "CONTAINER"}
    whole = ""
    if subject.kind != "binary":
        whole = package(
            "subject", subject.name, subject.version, primaryPackagePurpose=purposes[subject.kind], checksums=sums(subject.sha256)
        )
    for program in subject.programs:
        main = _main(program)
        own = subject.kind == "binary"
        identity = package(
            _identity(program),
            subject.name if own else program.name,
            subject.version if own else main.version if main else "",
            primaryPackagePurpose="APPLICATION",
            checksums=sums(program.sha256),
            externalRefs=[purl(main.path, main.version)] if main and not main.local else [],
            comment="\n".join(f"{name}={value}" for name, value in _settings(program)),
        )
        if whole:
            relations.append((whole, "CONTAINS", identity))
        else:
            whole = identity
        for library in _libraries(program):
            before, at = library.replaced
            said = f"go.mod replaces {before} {at}".rstrip() + f" by {library.path} {library.version}".rstrip() if before else ""
            needed = package(
                library.ref,
                before if library.local else library.path,
                at if library.local else library.version,
                checksums=sums(library.digest),
                externalRefs=[] if library.local else [purl(library.path, library.version)],
                comment=said,
            )
            relations.append((identity, "DEPENDS_ON", needed))
        for release in _releases(program):
            cpe = _cpe(release)
            refs = [purl("stdlib", release), *([address("cpe23Type", "SECURITY", cpe)] if cpe else [])]
            relations.append((identity, "DEPENDS_ON", package(f"stdlib@{release}", "stdlib", release, externalRefs=refs)))
    relations.insert(0, ("SPDXRef-DOCUMENT", "DESCRIBES", whole))
    made: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": subject.name,
        "creationInfo": {
            "created": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: pygo-cross-{__version__}"],
        },
        "packages": list(packages.values()),
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} for one, kind, other in dict.fromkeys(relations)
        ],
    }
    made["documentNamespace"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(made, sort_keys=True))}"
    return (json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
